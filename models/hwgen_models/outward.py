"""Outward search: the first question is at the count that is expected, the next ones beside it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.trees import Leaf, Split

__all__ = ["outward_decisions", "outward_root"]


def outward_root(
    centre: int, *, limit: int, patience: int, step_bits: int = 0, truncation: int = 0
) -> Split | Leaf:
    r"""Build the tree of an outward search for counts from 0 to `limit`.

    The first decision asks "count >= `centre`?", the centre being moved into 1 .. `limit`. After a
    yes the threshold goes up by :math:`s = 2^{step\_bits}` until a no, after a no down until a yes;
    what lies between the last two thresholds is searched bit by bit. Two things end the walk early:

    * no threshold is left: fewer than s counts remain above the last yes or below the last no. They
      are searched with thresholds up to `limit` only;
    * `patience` steps are used up: all bits of `limit` are searched from zero, whatever is known.

    So with s = 1 a count costs its distance to the centre, and no count more than
    1 + `patience` + bits of `limit` decisions.

    With a truncation d all of this happens in bins of :math:`2^d` counts instead of counts: centre
    and limit are shifted right by d, thresholds left. The lowest bin reads as its floor, so zero as
    zero, the others as their mid-points, as in `interval_value`.

    Searching on from a guess with steps that do not depend on the size of the space is Bentley and
    Yao's unbounded search (Information Processing Letters 5(3), 1976) in its unary form; the binary
    search at the end, the clipping and the use in a converter are this project's own.

    Parameters
    ----------
    centre : int
        Expected count.
    limit : int
        Largest count that can occur.
    patience : int
        Most steps outward.
    step_bits : int
        Binary logarithm of a step, in bins.
    truncation : int
        Binary logarithm of a bin, d, in counts.

    Examples
    --------
    >>> tree = outward_root(3, limit=9, patience=8)
    >>> tree.threshold, tree.high.threshold, tree.low.threshold
    (3, 4, 2)
    >>> tree = outward_root(3, limit=9, patience=8, truncation=1)
    >>> tree.threshold, tree.high.threshold, tree.low
    (2, 4, Leaf(value=0, range_index=0, level=0))
    """
    centre, limit, step = centre >> truncation, limit >> truncation, 1 << step_bits

    def leaf(number: int) -> Leaf:
        level = number << truncation
        return Leaf(level + (1 << truncation >> 1 if level else 0), 0, level)

    def split(number: int, low: Split | Leaf, high: Split | Leaf) -> Split:
        return Split(number << truncation, low, high)

    def bit_by_bit(low: int, bits: int) -> Split | Leaf:
        if not bits:
            return leaf(low)
        middle = low + (1 << (bits - 1))
        return split(middle, bit_by_bit(low, bits - 1), bit_by_bit(middle, bits - 1))

    def clipped(low: int, high: int) -> Split | Leaf:
        if low == high:
            return leaf(low)
        middle = low + (1 << ((high - low).bit_length() - 1))
        return split(middle, clipped(low, middle - 1), clipped(middle, high))

    def up(low: int, steps: int) -> Split | Leaf:
        if limit - low < step:
            return clipped(low, limit)
        if not steps:
            return bit_by_bit(0, limit.bit_length())
        return split(low + step, bit_by_bit(low, step_bits), up(low + step, steps - 1))

    def down(high: int, steps: int) -> Split | Leaf:
        if high <= step:
            return clipped(0, high - 1)
        if not steps:
            return bit_by_bit(0, limit.bit_length())
        return split(high - step, down(high - step, steps - 1), bit_by_bit(high - step, step_bits))

    if not limit:
        return leaf(0)
    first = min(max(centre, 1), limit)
    return split(first, down(first, patience), up(first, patience))


def outward_decisions(
    count: ArrayLike,
    *,
    centre: ArrayLike,
    limit: ArrayLike,
    patience: int,
    step_bits: int = 0,
    truncation: int = 0,
) -> NDArray[np.int64]:
    """Return the decisions of counts in the trees of `outward_root`, without building them.

    Parameters
    ----------
    count, centre, limit : array_like of int, broadcast against each other
        Counts, at most `limit`; what else they mean is as of `outward_root`.
    patience, step_bits, truncation : int
        As of `outward_root`.

    Examples
    --------
    >>> outward_decisions([0, 2, 3, 5], centre=3, limit=9, patience=8).tolist()
    [3, 2, 2, 4]
    """
    count, centre, limit = (
        np.asarray(number, dtype=np.int64) >> truncation for number in (count, centre, limit)
    )
    start = np.clip(centre, 1, np.maximum(limit, 1))
    above = count >= start
    away = np.where(above, count - start, start - 1 - count)
    room = np.where(above, limit - start, start - 1)
    steps, most = away >> step_bits, room >> step_bits  # to the count, and to the far end

    asked = np.minimum(np.minimum(steps + 1, most), patience)
    found = steps < np.minimum(most, patience)
    ended = most <= patience
    rest = room - (most << step_bits)
    offset = away - (most << step_bits)
    offset = np.clip(np.where(above, offset, rest - offset), 0, rest)
    at_the_end = _CLIPPED[step_bits][rest, offset]
    inside = np.where(found, step_bits, np.where(ended, at_the_end, np.frexp(limit)[1]))
    return np.where(limit > 0, 1 + asked + inside, 0)


def _clipped_decisions(step_bits: int) -> NDArray[np.int64]:
    """Decisions of every offset in every room smaller than a step, as `outward_root` asks."""
    size = 1 << step_bits
    found = np.zeros((size, size), dtype=np.int64)
    for room in range(1, size):
        trial = 1 << (room.bit_length() - 1)
        found[room, :trial] = 1 + found[trial - 1, :trial]
        found[room, trial : room + 1] = 1 + found[room - trial, : room - trial + 1]
    return found


_CLIPPED = [_clipped_decisions(step_bits) for step_bits in range(8)]
