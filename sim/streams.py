"""Stream endpoints: valid, ready and payload driven and watched under seeded stalls.

Every endpoint logs the cycle of each transfer. A stall pattern is a function of the cycle number
alone, so that a golden model can be given the very same one.
"""

from collections.abc import Callable, Iterable

import numpy as np
from cocotb.triggers import RisingEdge

from bench import Bench

__all__ = ["Sink", "Source", "Stalls"]


class Stalls:
    """When an endpoint is willing: in a fraction of all cycles, chosen once and for all.

    Parameters
    ----------
    seed : int
        Which cycles.
    busy : float
        How many of them: 1.0 is all.
    cycles : int
        By when everything must be over.
    """

    def __init__(self, seed: int, busy: float, cycles: int) -> None:
        self.willing = (np.random.default_rng(seed).random(cycles) < busy).tolist()

    def __call__(self, cycle: int) -> bool:
        """Tell whether the endpoint is willing in a cycle."""
        if cycle >= len(self.willing):
            raise AssertionError(f"expected an end by cycle {len(self.willing)}, got none")
        return self.willing[cycle]


class Source:
    """Offers words; once offered, a word stays until it is taken.

    Parameters
    ----------
    bench : Bench
        Whose clock counts.
    name : str
        Prefix of the pins.
    words : iterable of int
        Payloads, as unsigned integers.
    willing : callable, cycle -> bool
        Whether a new word may be offered from this cycle on.
    """

    def __init__(
        self, bench: Bench, name: str, words: Iterable[int], willing: Callable[[int], bool]
    ) -> None:
        self.bench = bench
        self.name = name
        self.words = list(words)
        self.willing = willing
        self.taken: list[int] = []  # cycle of each transfer

    async def run(self) -> None:
        """Offer all words; return when the last one has been taken."""
        bench = self.bench
        edge = RisingEdge(bench.dut.clk)
        valid, ready, payload = (
            getattr(bench.dut, f"{self.name}_{pin}") for pin in ("valid", "ready", "payload")
        )
        offered = False
        while len(self.taken) < len(self.words):
            await edge
            cycle = bench.cycle
            if offered and bench.level(ready):
                self.taken.append(cycle - 1)
                offered = False
            if not offered:
                left = len(self.taken) < len(self.words)
                offered = left and self.willing(cycle)
                valid.value = int(offered)
                if offered:
                    payload.value = self.words[len(self.taken)]


class Sink:
    """Takes words, and insists that an untaken word is neither withdrawn nor changed.

    Parameters
    ----------
    bench, name
        As of `Source`.
    willing : callable, cycle -> bool
        Whether ``ready`` is high in this cycle.
    """

    def __init__(self, bench: Bench, name: str, willing: Callable[[int], bool]) -> None:
        self.bench = bench
        self.name = name
        self.willing = willing
        self.words: list[int] = []
        self.taken: list[int] = []  # cycle of each transfer

    async def run(self, total: int) -> None:
        """Take `total` words, then hold ``ready`` low."""
        bench = self.bench
        edge = RisingEdge(bench.dut.clk)
        valid, ready, payload = (
            getattr(bench.dut, f"{self.name}_{pin}") for pin in ("valid", "ready", "payload")
        )
        open_now, waiting = False, None
        while len(self.words) < total:
            await edge
            cycle = bench.cycle
            is_valid = bench.level(valid)
            word = bench.level(payload) if is_valid else None
            if waiting is not None and word != waiting:
                raise AssertionError(
                    f"{self.name}, cycle {cycle - 1}: expected {waiting} still to be offered, "
                    f"got {'nothing' if word is None else word}"
                )
            if is_valid and open_now:
                self.words.append(word)
                self.taken.append(cycle - 1)
                waiting = None
            else:
                waiting = word
            open_now = len(self.words) < total and self.willing(cycle)
            ready.value = int(open_now)
