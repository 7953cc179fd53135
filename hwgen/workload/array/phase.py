r"""Conversion phase: what elastic lanes gain over lanes in step, and where their cycles go.

Three banks of lanes convert the same reads, each with one or two sample-and-holds a column, all in
the steady stream of `hwgen.workload.array.cycles`. With :math:`T` the cycles of a conversion:

* *elastic*, as generated: a lane takes its next column at once; a read takes
  :math:`\max_l \sum_k T_{l,k}`;
* *lock step*: all lanes take their k-th column together, each for as long as the slowest search of
  this step; a read takes :math:`\sum_k \max_l T_{l,k}`;
* *binary*: lock step with the full search that savings refer to, the same for every count.

The elastic bank with the design's own holds is the tile: co-simulation checks its cycles. The
others are models, by the same recurrences (`hwgen_models.sequencer`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hwgen.workload.array.cycles import SteadyStream
from hwgen_models.spec import TileSpec

__all__ = ["Bank", "Phase", "Phases", "added", "as_json"]

HOLDS = {"single": 1, "double": 2}  # sample-and-holds of a column

Phases = Mapping[str, Mapping[str, "Phase"]]  # by holds, then by kind of bank


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Where the cycles of a bank go; those of crossbars add up.

    Parameters
    ----------
    cycles : int
        The conversion phase: cycles in which a lane has a read to convert.
    between : int
        Cycles of the steady stream in which none has: rows settle, samples are taken, ``x`` comes.
    decisions : float
        Cycles of the phase in which the average lane decides; lanes without columns left out.
    overhead : float
        Cycles in which it looks at another column, samples that or turns to the next read.
    """

    cycles: int
    between: int
    decisions: float
    overhead: float

    @property
    def waiting(self) -> float:
        """Cycles in which the average lane waits for slower ones: the price of barriers."""
        return self.cycles - self.decisions - self.overhead

    def __add__(self, other: "Phase") -> "Phase":
        """Take two crossbars, or layers, together."""
        return Phase(
            cycles=self.cycles + other.cycles,
            between=self.between + other.between,
            decisions=self.decisions + other.decisions,
            overhead=self.overhead + other.overhead,
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
        self._spec, self._used = spec, used_columns
        together = used_columns.max(keepdims=True)  # lanes in step are one lane
        self._full = full_bits * int(together[0])
        self._streams = {
            holds: {
                "elastic": SteadyStream(spec, outputs, used_columns, banks=banks),
                "lock_step": SteadyStream(spec, outputs, together, banks=banks),
                "binary": SteadyStream(spec, outputs, together, banks=banks),
            }
            for holds, banks in HOLDS.items()
        }
        self._own = next(name for name, banks in HOLDS.items() if banks == spec.banks)
        self._reads = self._decisions = 0

    @property
    def cycles(self) -> int:
        """Of the tile, from the first beat of ``x`` to the last of ``y`` so far."""
        return self._streams[self._own]["elastic"].cycles

    def take(
        self,
        active_rows: NDArray[np.int32],
        lane_decisions: NDArray[np.int32],
        step_decisions: NDArray[np.int32],
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
        """
        together = {
            "elastic": lane_decisions,
            "lock_step": step_decisions[np.newaxis],
            "binary": np.full((1, *active_rows.shape), self._full, dtype=np.int32),
        }
        for streams in self._streams.values():
            for kind, stream in streams.items():
                stream.take(active_rows, together[kind])
        self._reads += int(np.count_nonzero(active_rows))
        self._decisions += int(lane_decisions.sum())

    @property
    def phases(self) -> Phases:
        """Where the cycles went so far, by holds and kind of bank."""
        spec, lanes = self._spec, int(np.count_nonzero(self._used))
        conversions = self._reads * int(self._used.sum())
        decisions = dict.fromkeys(("elastic", "lock_step"), self._decisions)
        decisions["binary"] = conversions * self._full // int(self._used.max())
        overhead = conversions * spec.overhead_cycles / lanes + self._reads
        return {
            holds: {
                kind: Phase(
                    cycles=stream.held,
                    between=stream.cycles - stream.held,
                    decisions=decisions[kind] * spec.decision_cycles / lanes,
                    overhead=overhead,
                )
                for kind, stream in streams.items()
            }
            for holds, streams in self._streams.items()
        }


def added(parts: list[Phases]) -> Phases:
    """Add up crossbars, or layers."""
    return {
        holds: {
            kind: reduce(Phase.__add__, (part[holds][kind] for part in parts)) for kind in kinds
        }
        for holds, kinds in parts[0].items()
    }


def as_json(phases: Phases) -> dict[str, dict[str, dict[str, float | None]]]:
    """Keys of ``conversion_phase`` in ``hwgen run --json``."""
    return {
        holds: {
            kind: {
                "cycles": phase.cycles,
                "decisions": phase.decisions,
                "overhead": phase.overhead,
                "waiting": phase.waiting,
                "between": phase.between,
                "shorter": kinds["binary"].cycles / phase.cycles if phase.cycles else None,
            }
            for kind, phase in kinds.items()
        }
        for holds, kinds in phases.items()
    }
