r"""Tables over counts, in the form that `hwgen.workload.array.kernels` adds up fastest.

The value of a range search is piecewise a count with its low bits replaced,

.. math:: v(c) = (c \wedge mask) + offset, \qquad start \le c

so a few pieces in vector arithmetic take the place of a look-up per count.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.compiled import compiled

__all__ = ["Depths", "Lookup"]

MOST_PIECES = 8  # as long as a look-up one by one is slower


class Lookup(NamedTuple):
    """Tables of a tile by slice and plane; just one where all slices or all planes have the same.

    What counts read as.

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
        (values,) = _merged(np.asarray(values, dtype=np.int32))
        return cls(values, *_pieces_of(values), weights)

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


class Depths(NamedTuple):
    """Decisions of a tile's searches by slice and plane, merged as of `Lookup`.

    Where searches are bounded a table means several trees: one for each class of bounds.

    Parameters
    ----------
    values : numpy.ndarray of int32, shape (slices or 1, planes or 1, classes, counts)
        Of every count.
    pieces : numpy.ndarray of int32, shape (slices or 1, planes or 1, classes, MOST_PIECES, 3)
        As of `Lookup`.
    used : numpy.ndarray of int64, shape (slices or 1, planes or 1, classes)
        As of `Lookup`.
    begins : numpy.ndarray of int64, shape (slices or 1, planes or 1, classes)
        Smallest sum of driven digits U, from 1, of each class.
    """

    values: NDArray[np.int32]
    pieces: NDArray[np.int32]
    used: NDArray[np.int64]
    begins: NDArray[np.int64]

    @classmethod
    def of(cls, decisions: ArrayLike, bounds: ArrayLike, *, largest_digit: int) -> "Depths":
        """Prepare trees.

        Parameters
        ----------
        decisions : array_like, shape (slices or 1, planes or 1, classes, counts)
            Of every count.
        bounds : array_like, shape (slices or 1, planes or 1, classes)
            Largest bound of each class, ascending.
        largest_digit : int
            Of a cell: what an active row adds to a bound.
        """
        before = np.asarray(bounds, dtype=np.int64)[..., :-1]
        begins = np.insert(before // largest_digit + 1, 0, 1, axis=-1)
        values, begins = _merged(np.asarray(decisions, dtype=np.int32), begins)
        return cls(values, *_pieces_of(values), begins)


def _merged(*arrays: NDArray) -> list[NDArray]:
    """Keep one slice or one plane of arrays (slices, planes, ...) where all have the same."""
    kept = list(arrays)
    for axis in (0, 1):
        first = [one.take([0], axis=axis) for one in kept]
        if all((one == same).all() for one, same in zip(kept, first, strict=True)):
            kept = first
    return [np.ascontiguousarray(one) for one in kept]


def _pieces_of(values: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Cut tables (..., counts) into pieces (..., MOST_PIECES, 3); say how many, (...)."""
    tables = values.reshape(-1, values.shape[-1])
    pieces = np.zeros((len(tables), MOST_PIECES, 3), dtype=np.int32)
    used = np.empty(len(tables), dtype=np.int64)
    _find_pieces(tables, pieces, used)
    shape = values.shape[:-1]
    return pieces.reshape(*shape, MOST_PIECES, 3), used.reshape(shape)


@compiled
def _find_pieces(
    values: NDArray[np.int32], pieces: NDArray[np.int32], used: NDArray[np.int64]
) -> None:
    """Cut every table into the fewest pieces: each reaches as far as any that begins there."""
    counts = values.shape[1]
    for table in range(len(used)):
        value, start, found = values[table], 0, 0
        while start < counts and found < len(pieces[table]):
            reach = start
            for truncation in range(31):
                mask = -(1 << truncation)
                offset = value[start] - (start & mask)
                end = start + 1
                while end < counts and value[end] == (end & mask) + offset:
                    end += 1
                if end > reach:
                    reach = end
                    pieces[table, found] = start, mask, offset
                if (counts - 1) & mask == 0:  # the piece is constant
                    break
            start, found = reach, found + 1
        used[table] = found if start == counts else 0
