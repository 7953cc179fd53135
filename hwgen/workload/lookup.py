r"""What counts read as, in the form that `hwgen.workload.kernels` adds up fastest.

The value of a range search is piecewise a count with its low bits replaced,

.. math:: v(c) = (c \wedge mask) + offset, \qquad start \le c

so a few pieces in vector arithmetic take the place of a look-up per count.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = ["EXACT", "SCATTERED", "Lookup"]

MOST_PIECES = 8  # as long as a look-up one by one is slower
EXACT, SCATTERED = 0, -1  # in place of a number of pieces: counts read as themselves; too many


class Lookup(NamedTuple):
    """Tables of a tile by slice and plane; just one where all slices or all planes have the same.

    Parameters
    ----------
    values : numpy.ndarray of int32, shape (slices or 1, planes or 1, counts)
        What every count reads as.
    pieces : numpy.ndarray of int32, shape (slices or 1, planes or 1, MOST_PIECES, 3)
        Start, mask, offset; a piece holds for counts from its start on, up to that of the next.
    used : numpy.ndarray of int64, shape (slices or 1, planes or 1)
        Number of pieces, `EXACT` or `SCATTERED`.
    weights : numpy.ndarray of int64, shape (planes,)
        Of the planes (`hwgen_models.row_drive.plane_weights`).
    """

    values: NDArray[np.int32]
    pieces: NDArray[np.int32]
    used: NDArray[np.int64]
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, values: ArrayLike, weights: NDArray[np.int64]) -> "Lookup":
        """Prepare tables: values of shape (slices or 1, planes or 1, counts)."""
        values = np.asarray(values, dtype=np.int32)
        for axis in (0, 1):
            first = values.take([0], axis=axis)
            values = first if (values == first).all() else values
        values = np.ascontiguousarray(values)
        pieces = np.zeros((*values.shape[:2], MOST_PIECES, 3), dtype=np.int32)
        used = np.empty(values.shape[:2], dtype=np.int64)
        _find_pieces(values, pieces, used)
        return cls(values=values, pieces=pieces, used=used, weights=weights)


@njit(nogil=True, cache=True)
def _find_pieces(
    values: NDArray[np.int32], pieces: NDArray[np.int32], used: NDArray[np.int64]
) -> None:
    """Cut every table into the fewest pieces: each reaches as far as any that begins there."""
    counts = values.shape[2]
    for s, plane in np.ndindex(used.shape):
        value, start, found = values[s, plane], 0, 0
        while start < counts and found < len(pieces[s, plane]):
            reach = start
            for truncation in range(31):
                mask = -(1 << truncation)
                offset = value[start] - (start & mask)
                end = start + 1
                while end < counts and value[end] == (end & mask) + offset:
                    end += 1
                if end > reach:
                    reach = end
                    pieces[s, plane, found] = start, mask, offset
                if (counts - 1) & mask == 0:  # the piece is constant
                    break
            start, found = reach, found + 1
        used[s, plane] = found if start == counts else SCATTERED
        if found == 1 and start == counts and pieces[s, plane, 0, 1] == -1 and value[0] == 0:
            used[s, plane] = EXACT
