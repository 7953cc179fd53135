"""Simulation of a mapped netlist, 64 stimuli in every machine word, with counts of changes.

Values are 0 and 1 only: a simulation has to begin with a reset, and what that does not reach begins
with made-up values (`seed`). Time has no steps but the phases of the clock.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import UserError
from hwgen.gates.activity import Activity
from hwgen.gates.kernels import MOST_PASSES, NOT_SETTLED, Work, evaluate, run
from hwgen.gates.program import Program

__all__ = ["LANES", "Simulator", "not_settled", "pack_lanes", "unpack_lanes"]

LANES = 64  # stimuli of a word
EVERY = np.uint64(2**64 - 1)


class Simulator:
    """A netlist in as many copies as there are stimuli.

    Parameters
    ----------
    program : Program
        The netlist.
    words : int
        Words of `LANES` stimuli each.
    seed : int, optional
        Of what registers hold at first; without, zeros.

    Attributes
    ----------
    state : numpy.ndarray of uint64, shape (words, slots)
        Values. Bit k of a word belongs to its stimulus k.
    last : numpy.ndarray of uint64, same shape
        Values when they were counted last.
    toggles, ones : numpy.ndarray of int64, same shape
        Counts, see `hwgen.gates.kernels.count`.
    cycles : int
        Cycles counted, those of all stimuli added up.
    """

    def __init__(self, program: Program, *, words: int = 1, seed: int | None = None) -> None:
        self.program = program
        self.words = words
        self.state = np.zeros((words, program.slots), dtype=np.uint64)
        self.state[:, 1] = EVERY
        if seed is not None:
            rng = np.random.default_rng(seed)
            self.state[:, program.registers] = rng.integers(
                0, 2**64, (words, len(program.registers)), dtype=np.uint64
            )
        flip_flops = len(program.registers)
        self._kept = np.zeros((words, flip_flops), dtype=np.uint64)
        self._clocks = np.zeros((words, flip_flops), dtype=np.uint64)
        self._given: dict[str, NDArray[np.uint64]] = {}
        self._settle_everything()
        self.last = self.state.copy()
        self.toggles = np.zeros(self.state.shape, dtype=np.int64)
        self.ones = np.zeros(self.state.shape, dtype=np.int64)
        self.cycles = 0

    @property
    def stimuli(self) -> int:
        """Copies of the netlist."""
        return self.words * LANES

    def set(self, port: str, values: ArrayLike) -> None:
        """Give an input of the top the values that it takes just after the next rising edge.

        Parameters
        ----------
        port : str
            Its name.
        values : int or array_like of int, shape (stimuli,)
            For all stimuli, or for each.
        """
        slots = self.program.port(port)
        each = np.broadcast_to(np.asarray(values, dtype=np.int64), (self.stimuli,))
        self._given[port] = pack_lanes(each, bits=len(slots))

    def get(self, port: str) -> NDArray[np.int64]:
        """Return the values of a port of the top, shape (stimuli,); at most 63 bits."""
        return unpack_lanes(self.state[:, self.program.port(port)])

    def work(self, word: int) -> Work:
        """Return what kernels work on."""
        return Work(self.state[word], self.last[word], self._kept[word], self._clocks[word])

    def cycle(self, cycles: int = 1, *, counted: bool = True) -> None:
        """Run clock cycles, each a high phase and then a low one.

        Raises
        ------
        UserError
            When gates do not come to rest.
        """
        program = self.program
        slots = [program.port(port) for port in self._given] or [np.zeros(0, dtype=np.uint32)]
        words = [*self._given.values()] or [np.zeros((self.words, 0), dtype=np.uint64)]
        slots, words = np.concatenate(slots), np.concatenate(words, axis=1)
        self._given.clear()
        chosen = EVERY if counted else np.uint64(0)
        for word in range(self.words):
            tallies = (self.toggles[word], self.ones[word])
            given = (slots, words[word], cycles, chosen)
            if run(program.code, self.work(word), *given, *tallies) == NOT_SETTLED:
                raise not_settled(program)
        self.cycles += cycles * self.stimuli * counted

    def activity(self) -> Activity:
        """Return what has been counted so far."""
        of_net = self.program.slot_of
        return Activity(
            netlist=self.program.netlist,
            cycles=self.cycles,
            toggles=self.toggles.sum(axis=0)[of_net],
            half_cycles_high=self.ones.sum(axis=0)[of_net],
        )

    def _settle_everything(self) -> None:
        code = self.program.code
        for _ in range(MOST_PASSES):
            before = self.state.copy()
            for state in self.state:
                evaluate(code.everything, code.operands, state)
            if (before == self.state).all():
                return
        raise not_settled(self.program)


def not_settled(program: Program) -> UserError:
    """Say that gates do not come to rest."""
    return UserError(
        f"{program.netlist.top}: gates must come to rest, not go round a loop for ever"
    )


def pack_lanes(values: NDArray[np.int64], *, bits: int) -> NDArray[np.uint64]:
    """Return the words of a port, (words, bits), that stimuli give these values, (stimuli,).

    >>> pack_lanes(np.array([1, 2, 3] + 61 * [0]), bits=2).tolist()
    [[5, 6]]
    """
    lanes = (values.reshape(-1, LANES, 1) >> np.arange(bits) & 1).astype(np.uint8)
    octets = np.packbits(lanes.transpose(0, 2, 1), axis=-1, bitorder="little")
    return np.ascontiguousarray(octets).view("<u8")[..., 0]


def unpack_lanes(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the values of a port, (stimuli,), that words, (words, bits), give stimuli."""
    octets = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    lanes = np.unpackbits(octets.reshape(*words.shape, 8), axis=-1, bitorder="little")
    weights = np.int64(1) << np.arange(words.shape[1])
    return (lanes.transpose(0, 2, 1) @ weights).ravel()
