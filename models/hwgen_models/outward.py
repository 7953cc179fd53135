"""Outward search: the first question is at the count that is expected, the next ones beside it."""

from hwgen_models.trees import Leaf, Split, bisect

__all__ = ["outward_root"]


def outward_root(centre: int, *, limit: int, patience: int, step_bits: int = 0) -> Split | Leaf:
    r"""Build the tree of an outward search for counts from 0 to `limit`.

    The first decision asks "count >= `centre`?", the centre being moved into 1 .. `limit`. After a
    yes the threshold goes up by :math:`s = 2^{step\_bits}` until a no, after a no down until a yes;
    what lies between the last two thresholds is searched bit by bit. Two things end the walk early:

    * no threshold is left: fewer than s counts remain above the last yes or below the last no. They
      are searched with thresholds up to `limit` only;
    * `patience` steps are used up: all bits of `limit` are searched from zero, whatever is known.

    So with s = 1 a count costs its distance to the centre, and no count more than
    1 + `patience` + bits of `limit` decisions. Searching on from a guess with steps that do not
    depend on the size of the space is Bentley and Yao's unbounded search (Information Processing
    Letters 5(3), 1976) in its unary form; the binary search at the end, the clipping and the use in
    a converter are this project's own.

    Parameters
    ----------
    centre : int
        Expected count.
    limit : int
        Largest count that can occur.
    patience : int
        Most steps outward.
    step_bits : int
        Binary logarithm of a step, in counts.

    Examples
    --------
    >>> tree = outward_root(3, limit=9, patience=8)
    >>> tree.threshold, tree.high.threshold, tree.low.threshold
    (3, 4, 2)
    """
    step = 1 << step_bits

    def from_zero() -> Split | Leaf:
        return bisect(0, high_bit=limit.bit_length(), low_bit=0, leaf=_leaf)

    def between(low: int) -> Split | Leaf:
        return bisect(low, high_bit=step_bits, low_bit=0, leaf=_leaf)

    def up(low: int, steps: int) -> Split | Leaf:
        if limit - low < step:
            return _clipped(low, limit)
        if not steps:
            return from_zero()
        return Split(low + step, low=between(low), high=up(low + step, steps - 1))

    def down(high: int, steps: int) -> Split | Leaf:
        if high <= step:
            return _clipped(0, high - 1)
        if not steps:
            return from_zero()
        return Split(high - step, low=down(high - step, steps - 1), high=between(high - step))

    if not limit:
        return _leaf(0)
    first = min(max(centre, 1), limit)
    return Split(first, low=down(first, patience), high=up(first, patience))


def _clipped(low: int, high: int) -> Split | Leaf:
    """Search bit by bit above `low`; thresholds above `high` are not asked for."""
    room = high - low
    if not room:
        return _leaf(low)
    trial = 1 << (room.bit_length() - 1)
    return Split(low + trial, low=_clipped(low, low + trial - 1), high=_clipped(low + trial, high))


def _leaf(level: int) -> Leaf:
    return Leaf(level, 0, level)
