"""Golden model of interval decoding: from where a search ended to the value it stands for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["interval_decode", "interval_value"]


def interval_value(level: int, *, truncation: int, edge: int | None) -> int:
    r"""Return the value of one leaf of a range search.

    .. math:: v = \begin{cases}
        l & \text{range 0} \\
        \lfloor (W + l + 2^d) / 2 \rfloor & l < W < l + 2^d \\
        l + \lfloor 2^{d-1} \rfloor & \text{otherwise} \end{cases}

    with l the level, d = `truncation` and W the edge of the range before. Range 0 stands for its
    floor, so a count of zero decodes to exactly zero. A later range stands for the middle of its
    bins, and a bin that W cuts for the middle of what is left of it.

    After TRQ (DATE 2024, arXiv 2402.06164): two uniform steps, related by a power of two, are the
    paper's; floor, mid-point and the cut bin are a reconstruction.

    Parameters
    ----------
    level : int
        Payload bits in place above the range's base, truncated bits zero; in counts.
    truncation : int
        Bits that are not searched.
    edge : int or None
        First count above the range before; None for range 0.

    Examples
    --------
    >>> interval_value(8, truncation=2, edge=None)
    8
    >>> interval_value(8, truncation=2, edge=4)
    10
    >>> interval_value(0, truncation=3, edge=4)     # holds 4 .. 7 only
    6
    """
    if edge is None:
        return level
    end = level + (1 << truncation)
    if level < edge < end:
        return (edge + end) // 2
    return level + (1 << truncation >> 1)


def interval_decode(
    range_index: ArrayLike, level: ArrayLike, ranges: Sequence[tuple[int, int, int]]
) -> NDArray[np.int64]:
    """Decode many (range, level) pairs by `interval_value`.

    Parameters
    ----------
    range_index, level : array_like of int, any shape, broadcast against each other
        Range in which a search ended, and the level that it found there, in counts.
    ranges : sequence of (base, payload, truncation)
        The table.

    Returns
    -------
    numpy.ndarray of int64
        Values, in counts.

    Examples
    --------
    >>> interval_decode([0, 1, 1], [3, 8, 0], [(0, 2, 0), (0, 8, 3)]).tolist()
    [3, 12, 6]
    """
    edges = [None, *(base + (1 << payload) for base, payload, _ in ranges)]

    def value(index: int, at: int) -> int:
        return interval_value(int(at), truncation=ranges[index][2], edge=edges[index])

    return np.asarray(np.vectorize(value, otypes=[np.int64])(range_index, level))
