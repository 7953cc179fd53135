r"""Tables over counts, in the form that `hwgen.workload.array.kernels` adds up fastest.

The value of a range search is piecewise a count with its low bits replaced,

.. math:: v(c) = (c \wedge mask) + offset, \qquad start \le c

so a few pieces in vector arithmetic take the place of a look-up per count.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.workload.array.compiled import compiled

__all__ = ["Lookup"]

MOST_PIECES = 8  # as long as a look-up one by one is slower


class Lookup(NamedTuple):
    """Tables of a tile by slice and plane; just one where all slices or all planes have the same.

    What counts read as, or how many decisions they take.

    Parameters
    ----------
    values : numpy.ndarray of int32, shape (slices or 1, planes or 1, counts)
        Of every count.
    pieces : numpy.ndarray of int32, shape (slices or 1, planes or 1, MOST_PIECES, 3)
        Start, mask, offset; a piece holds for counts from its start on, up to that of the next.
    used : numpy.ndarray of int64, shape (slices or 1, planes or 1)
        Number of pieces; 0 where they are too many and every count has to be looked up.
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

    def runs(self) -> "list[tuple[int, Lookup]]":
        """Split into neighbouring planes with the same tables: the first of each, and its part."""
        if self.values.shape[1] == 1:
            return [(0, self)]
        changes = (np.diff(self.values, axis=1) != 0).any(axis=(0, 2))
        edges = [0, *(1 + np.flatnonzero(changes)).tolist(), len(self.weights)]
        return [
            (first, Lookup.of(self.values[:, first : first + 1], self.weights[first:last]))
            for first, last in pairwise(edges)
        ]


@compiled
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
        used[s, plane] = found if start == counts else 0
