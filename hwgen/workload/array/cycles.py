"""Cycles of a steady stream: the recurrences of the sequencer, for millions of vectors.

The same events as `hwgen_models.sequencer` (``docs/architecture.md``, section 5) when nobody ever
stalls: ``x`` and ``y_in`` always offer the next beat, ``y`` is always taken.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen.power.analog.array import OnTime
from hwgen.workload.array import kernels
from hwgen_models.spec import TileSpec

__all__ = ["SteadyStream"]


class SteadyStream:
    """One crossbar that takes vectors as fast as it can.

    Parameters
    ----------
    spec : TileSpec
        Parameters of time, banks and beats.
    outputs : int
        Outputs used.
    banks : int, optional
        Sample-and-holds of a column, where they are others than the tile's.
    lanes : int, optional
        Lanes, where they are others than the tile's.
    """

    def __init__(
        self, spec: TileSpec, outputs: int, *, banks: int | None = None, lanes: int | None = None
    ) -> None:
        self._times = spec.beats, outputs, spec.settle_row, spec.sample_cycles
        # First cycles in which x is taken, the sequencer is idle, the buffer is empty, `ending` is
        # low (it was, before there was time); the next bank; cycles with a read to convert, and the
        # first one after them.
        self._state = np.array([0, 0, 0, -1, 0, 0, 0], dtype=np.int64)
        self._lane_free = np.zeros(lanes or spec.lanes, dtype=np.int64)
        self._bank_free = np.zeros(banks or spec.banks, dtype=np.int64)
        self._on_time = np.zeros(len(OnTime._fields), dtype=np.int64)

    @property
    def cycles(self) -> int:
        """From the first beat of ``x`` to the last of ``y`` so far, both included."""
        ending_low = int(self._state[3])
        return ending_low + 2 if ending_low >= 0 else 0

    @property
    def held(self) -> int:
        """Of these, the cycles in which a read is pending or converted: q + 1 to F - 1 of any."""
        return int(self._state[5])

    @property
    def on_time(self) -> OnTime:
        """How long the word lines have been driven so far."""
        return OnTime(*self._on_time.tolist())

    def take(
        self,
        active_rows: NDArray[np.int32],
        lane_cycles: NDArray[np.int32],
        counts: NDArray[np.int32] | None = None,
    ) -> None:
        """Run some vectors through the crossbar.

        Parameters
        ----------
        active_rows : numpy.ndarray of int32, shape (planes, vectors)
            U; planes with zero are skipped.
        lane_cycles : numpy.ndarray of int32, shape (lanes, planes, vectors)
            Cycles of all conversions that a lane makes in a read.
        counts : numpy.ndarray of int32, shape (planes, vectors), optional
            Sum of the counts of all columns in each read; without, `on_time` has none.
        """
        kernels.steady_stream(
            active_rows,
            lane_cycles,
            np.zeros_like(active_rows) if counts is None else counts,
            self._times,
            self._state,
            self._lane_free,
            self._bank_free,
            self._on_time,
        )
