"""Golden model of one conversion: what its pins do in every cycle, and when it ends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.search import Error, SearchTree

if TYPE_CHECKING:
    from hwgen_models.spec import TileSpec

__all__ = ["Conversion", "Pins", "Sar"]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One conversion. Cycles count from its first one, 0.

    Parameters
    ----------
    value : int
        What it yields, in counts.
    range_index, level : int
        Where the search ended; `level` stays on ``dac`` afterwards.
    thresholds : tuple of int
        Codes on ``dac``, one per decision.
    decided : tuple of int
        First cycle of each decision: its code is on ``dac`` from here on.
    strobes : tuple of int
        Cycles in which ``strobe`` is high.
    captures : tuple of int
        Cycles at whose end the pin ``compare`` is captured.
    acts : tuple of int
        Cycles at whose end an answer is acted upon: the last ones of their decisions.
    cycles : int
        Length; the next conversion may start in this cycle, and the value is added in it.
    """

    value: int
    range_index: int
    level: int
    thresholds: tuple[int, ...]
    decided: tuple[int, ...]
    strobes: tuple[int, ...]
    captures: tuple[int, ...]
    acts: tuple[int, ...]
    cycles: int

    @property
    def decisions(self) -> int:
        """Number of decisions."""
        return len(self.thresholds)


@dataclass(frozen=True, kw_only=True)
class Pins:
    """Output pins of a converter, one entry per cycle."""

    busy: tuple[int, ...]
    acquire: tuple[int, ...]
    strobe: tuple[int, ...]
    dac: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Sar:
    r"""The timing of a conversion around a search.

    .. math:: T(k) = \text{settle\_mux} + \text{acquire\_cycles} + k D, \qquad
              D = \text{settle\_dac} + \text{compare\_latency}

    for k decisions. ``column`` and ``bank`` are stable for `settle_mux` cycles, then ``acquire`` is
    high for `acquire_cycles`, then come the decisions. In a decision ``dac`` is stable from its
    first cycle, ``strobe`` is high in cycle `settle_dac`, ``compare`` is captured at the end of
    cycle D - 2 - `compare_stages`, and the search goes on at the end of cycle D - 1.

    The architecture is this project's own (``docs/architecture.md``, section 5).

    Parameters
    ----------
    settle_mux, acquire_cycles, settle_dac, compare_latency, compare_stages : int
        As of `TileSpec`; in cycles.

    Examples
    --------
    >>> sar = Sar()
    >>> sar.conversion(SearchTree.binary(2), 3).strobes
    (2, 4)
    >>> int(sar.conversion_cycles(8))
    18
    """

    settle_mux: int = 1
    acquire_cycles: int = 1
    settle_dac: int = 0
    compare_latency: int = 2
    compare_stages: int = 0

    def __post_init__(self) -> None:
        for name, least in (
            ("settle_mux", 0),
            ("acquire_cycles", 1),
            ("settle_dac", 0),
            ("compare_stages", 0),
            ("compare_latency", 2 + self.compare_stages),
        ):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value!r}")

    @classmethod
    def of(cls, spec: "TileSpec") -> "Sar":
        """Take the times of a tile."""
        return cls(
            settle_mux=spec.settle_mux,
            acquire_cycles=spec.acquire_cycles,
            settle_dac=spec.settle_dac,
            compare_latency=spec.compare_latency,
            compare_stages=spec.compare_stages,
        )

    @property
    def decision_cycles(self) -> int:
        """Cycles of a decision, D."""
        return self.settle_dac + self.compare_latency

    @property
    def overhead_cycles(self) -> int:
        """Cycles before the first decision."""
        return self.settle_mux + self.acquire_cycles

    def conversion_cycles(self, decisions: ArrayLike) -> NDArray[np.int64]:
        """Return the cycles of conversions with so many decisions, T(k)."""
        decisions = np.asarray(decisions, dtype=np.int64)
        return self.overhead_cycles + decisions * self.decision_cycles

    def conversion(self, tree: SearchTree, count: float, error: Error | None = None) -> Conversion:
        """Convert one count.

        Parameters
        ----------
        tree : SearchTree
            The search.
        count : float
            Held value, in counts.
        error : callable, array_like or None
            Comparator error by decision, see `SearchTree.walk`.
        """
        walk = tree.walk(count, error)
        decisions = int(walk.decisions)
        period = self.decision_cycles
        starts = range(self.overhead_cycles, int(self.conversion_cycles(decisions)), period)
        return Conversion(
            value=int(walk.values),
            range_index=int(walk.ranges),
            level=int(walk.levels),
            thresholds=tuple(walk.thresholds[:decisions].tolist()),
            decided=tuple(starts),
            strobes=tuple(start + self.settle_dac for start in starts),
            captures=tuple(start + period - 2 - self.compare_stages for start in starts),
            acts=tuple(start + period - 1 for start in starts),
            cycles=int(self.conversion_cycles(decisions)),
        )

    def pins(self, conversion: Conversion, *, dac_before: int = 0) -> Pins:
        """Return the pins during a conversion, cycle by cycle.

        ``dac`` keeps what it showed until the first decision (`dac_before`: the level of the
        conversion before, 0 after reset); in the cycle after the last decision it shows the level.
        A conversion without decisions sets it to its level right after ``acquire``.
        """
        cycles = range(conversion.cycles)
        acquiring = range(self.settle_mux, self.overhead_cycles)
        thresholds = [code for code in conversion.thresholds for _ in range(self.decision_cycles)]
        return Pins(
            busy=(1,) * conversion.cycles,
            acquire=tuple(int(cycle in acquiring) for cycle in cycles),
            strobe=tuple(int(cycle in conversion.strobes) for cycle in cycles),
            dac=tuple([dac_before] * self.overhead_cycles + thresholds),
        )
