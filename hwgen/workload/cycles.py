"""Cycles of a steady stream: the recurrences of the sequencer, for all crossbars of a layer.

The same events as `hwgen_models.sequencer` (``docs/architecture.md``, section 5) when nobody ever
stalls: ``x`` and ``y_in`` always offer the next beat, ``y`` is always taken. A loop over vectors
and planes remains; everything else is one numpy operation over crossbars and lanes.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen_models.spec import TileSpec

__all__ = ["SteadyStream"]


class SteadyStream:
    """Crossbars side by side, each taking vectors as fast as it can.

    Parameters
    ----------
    spec : TileSpec
        Parameters of time, banks and beats.
    outputs : numpy.ndarray of int, shape (crossbars,)
        Outputs used.

    Attributes
    ----------
    cycles : numpy.ndarray of int64, shape (crossbars,)
        From the first beat of ``x`` to the last of ``y`` so far, both included.
    """

    def __init__(self, spec: TileSpec, outputs: NDArray[np.int64]) -> None:
        self.spec = spec
        self.outputs = np.asarray(outputs)
        crossbars = len(self.outputs)
        self.cycles = np.zeros(crossbars, dtype=np.int64)
        # First cycles in which something is so; `ending` was low before there was time.
        self._x_ready, self._idle, self._buffer_empty = np.zeros((3, crossbars), dtype=np.int64)
        self._ending_low = np.full(crossbars, -1)
        self._lane_free = np.zeros((crossbars, spec.lanes), dtype=np.int64)
        self._bank_free = np.zeros((crossbars, spec.banks), dtype=np.int64)
        self._bank = np.zeros(crossbars, dtype=np.int64)

    def take(self, active_rows: NDArray[np.int64], lane_cycles: NDArray[np.int64]) -> None:
        """Run some vectors through all crossbars.

        Parameters
        ----------
        active_rows : numpy.ndarray of int, shape (crossbars, vectors, planes)
            Planes with zero are skipped.
        lane_cycles : numpy.ndarray of int, shape (crossbars, vectors, planes, lanes)
            Cycles that a lane converts after a read.
        """
        live = active_rows > 0
        for vector in range(live.shape[1]):
            self._take_one(live[:, vector], lane_cycles[:, vector])

    def _take_one(self, live: NDArray[np.bool_], lane_cycles: NDArray[np.int64]) -> None:
        spec, each = self.spec, np.arange(len(self.outputs))
        on_rows = np.maximum(self._x_ready + spec.beats, self._idle) + 1
        all_done = np.full(len(each), -1)  # lanes are, with the last read; none yet
        for plane in range(spec.planes):
            if plane == spec.planes - 1:
                self._x_ready = on_rows
            now, bank = live[:, plane], self._bank
            rises = np.maximum(on_rows + spec.settle_row, self._bank_free[each, bank])
            sampled = np.maximum(rises, self._ending_low + 1) + spec.sample_cycles - 1
            starts = np.maximum(sampled[:, np.newaxis] + 1, self._lane_free)
            done = starts + 1 + lane_cycles[:, plane]

            self._lane_free = np.where(now[:, np.newaxis], done, self._lane_free)
            all_done = np.where(now, done.max(axis=1), all_done)
            self._bank_free[each, bank] = np.where(now, all_done + 2, self._bank_free[each, bank])
            self._bank = np.where(now, (bank + 1) % spec.banks, bank)
            on_rows = np.where(now, sampled, on_rows) + 2
        self._idle = np.maximum(on_rows, self._ending_low) + 1
        drains = np.maximum(np.maximum(self._idle, all_done + 1), self._buffer_empty)
        self._ending_low = drains + self.outputs
        self._buffer_empty = self._ending_low + 1
        self.cycles = self._ending_low + 2
