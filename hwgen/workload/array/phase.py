r"""Conversion phase: what elastic lanes gain over lanes in step, and where their cycles go.

Banks of lanes convert the same reads. With :math:`T` the cycles of a conversion:

* *elastic*, as generated: a lane takes its next column at once, and a read takes
  :math:`1 + \max_l \sum_k T_{l,k}`. With two sample-and-holds a column, lanes that are done go on
  to the next read meanwhile;
* *lock step*: all lanes take their k-th column together, each for as long as the slowest search of
  this step: :math:`1 + \sum_k \max_l T_{l,k}`. A second hold saves sampling, not converting;
* *binary*: lock step with the full search that savings refer to, the same for every count.

The elastic bank with the design's own holds is the tile: co-simulation checks its cycles. The
others are models, by the same recurrences (`hwgen_models.sequencer`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hwgen.power.analog.array import OnTime
from hwgen.workload.array.cycles import SteadyStream
from hwgen_models.spec import TileSpec

__all__ = ["Bank", "Phase", "Phases", "added", "as_json"]

Phases = Mapping[str, "Phase"]  # by bank: elastic with single or double holds, lock_step, binary


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Where the cycles of a bank go; those of crossbars add up.

    Parameters
    ----------
    cycles : int
        The conversion phase: cycles in which a lane has a read to convert.
    decisions : float
        Cycles of the phase in which the average lane decides; lanes without columns left out.
    overhead : float
        Cycles in which it looks at another column, samples that or turns to the next read.
    between : int or None
        Cycles of the steady stream besides, in which no lane has a read: rows settle, samples are
        taken, ``x`` comes. None where these are not worked out: of lanes in step.
    """

    cycles: int
    decisions: float
    overhead: float
    between: int | None = None

    @property
    def waiting(self) -> float:
        """Cycles in which the average lane waits for slower ones: the price of barriers."""
        return self.cycles - self.decisions - self.overhead

    def __add__(self, other: "Phase") -> "Phase":
        """Take two crossbars, or layers, together."""
        return Phase(
            cycles=self.cycles + other.cycles,
            decisions=self.decisions + other.decisions,
            overhead=self.overhead + other.overhead,
            between=None if self.between is None else self.between + other.between,
        )


class Bank:
    """The lanes of one crossbar in a steady stream, beside those of rivals.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    outputs : int
        Outputs used.
    used_columns : numpy.ndarray of int, shape (lanes,)
        Columns that a lane converts in every read.
    full_bits : int
        Decisions of the full search.
    """

    def __init__(
        self, spec: TileSpec, outputs: int, used_columns: NDArray[np.int64], *, full_bits: int
    ) -> None:
        self._spec, self._used, self._full_bits = spec, used_columns.astype(np.int32), full_bits
        self._streams = {
            "single": SteadyStream(spec, outputs, banks=1, lanes=1),  # all wait for the slowest
            "double": SteadyStream(spec, outputs, banks=2),
        }
        self._own = "single" if spec.banks == 1 else "double"
        self._reads = self._decisions = self._in_step = 0

    @property
    def cycles(self) -> int:
        """Of the tile, from the first beat of ``x`` to the last of ``y`` so far."""
        return self._streams[self._own].cycles

    @property
    def on_time(self) -> OnTime:
        """How long the tile's word lines have been driven so far."""
        return self._streams[self._own].on_time

    def take(
        self,
        active_rows: NDArray[np.int32],
        lane_decisions: NDArray[np.int32],
        step_decisions: NDArray[np.int32],
        counts: NDArray[np.int32],
    ) -> None:
        """Run some vectors through all banks.

        Parameters
        ----------
        active_rows : numpy.ndarray of int32, shape (planes, vectors)
            U; planes with zero are skipped.
        lane_decisions : numpy.ndarray of int32, shape (lanes, planes, vectors)
            Decisions of a lane after a read.
        step_decisions : numpy.ndarray of int32, shape (planes, vectors)
            Decisions of lanes in step: the slowest of every step, added up.
        counts : numpy.ndarray of int32, shape (planes, vectors)
            Sum of the counts of all columns in each read.
        """
        overhead = self._used[:, np.newaxis, np.newaxis] * np.int32(self._spec.overhead_cycles)
        cycles = lane_decisions * np.int32(self._spec.decision_cycles) + overhead
        self._streams["single"].take(active_rows, cycles.max(axis=0, keepdims=True), counts)
        self._streams["double"].take(active_rows, cycles, counts)
        self._reads += int(np.count_nonzero(active_rows))
        self._decisions += int(lane_decisions.sum())
        self._in_step += int(step_decisions.sum())

    @property
    def phases(self) -> Phases:
        """Where the cycles went so far."""
        spec, lanes = self._spec, int(np.count_nonzero(self._used))
        steps, columns = int(self._used.max()), int(self._used.sum())
        overhead = self._reads * (lanes + columns * spec.overhead_cycles) / lanes
        decisions = self._decisions * spec.decision_cycles / lanes
        full = self._reads * self._full_bits * spec.decision_cycles

        def in_step(deciding: int) -> int:
            return self._reads * (1 + steps * spec.overhead_cycles) + deciding

        elastic = {
            holds: Phase(
                cycles=stream.held,
                decisions=decisions,
                overhead=overhead,
                between=stream.cycles - stream.held,
            )
            for holds, stream in self._streams.items()
        }
        together = in_step(self._in_step * spec.decision_cycles)
        return {
            **elastic,
            "lock_step": Phase(cycles=together, decisions=decisions, overhead=overhead),
            "binary": Phase(
                cycles=in_step(full * steps), decisions=full * columns / lanes, overhead=overhead
            ),
        }


def added(parts: list[Phases]) -> Phases:
    """Add up crossbars, or layers."""
    return {name: reduce(Phase.__add__, (part[name] for part in parts)) for name in parts[0]}


def as_json(phases: Phases) -> dict[str, dict[str, float | None]]:
    """Keys of ``conversion_phase`` in ``hwgen run --json``."""
    binary = phases["binary"].cycles
    return {
        name: {
            "cycles": phase.cycles,
            "decisions": phase.decisions,
            "overhead": phase.overhead,
            "waiting": phase.waiting,
            "between": phase.between,
            "shorter": binary / phase.cycles if phase.cycles else None,
        }
        for name, phase in phases.items()
    }
