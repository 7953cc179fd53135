"""Decision trees as they are written down: nested decisions with leaves at their ends."""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Leaf", "Split", "bisect"]


class Leaf(NamedTuple):
    """An end of a search.

    Parameters
    ----------
    value : int
        What the conversion yields, in counts.
    range_index : int
        Range in which the search ended; 0 where a scheme has no ranges.
    level : int
        What was decided, in place: what ``dac`` shows after the last answer.
    """

    value: int
    range_index: int
    level: int


class Split(NamedTuple):
    """A decision "count >= threshold": `low` follows a no, `high` a yes.

    Parameters
    ----------
    threshold : int
        The code that is asked for.
    low, high : Split or Leaf
        What follows.
    votes : int
        Comparisons whose majority is the answer; odd. Each of them is a decision.
    """

    threshold: int
    low: "Split | Leaf"
    high: "Split | Leaf"
    votes: int = 1


def bisect(level: int, *, high_bit: int, low_bit: int, leaf: Callable[[int], Leaf]) -> Split | Leaf:
    """Search bits `high_bit` - 1 down to `low_bit` above `level`.

    >>> bisect(4, high_bit=1, low_bit=0, leaf=lambda level: Leaf(level, 0, level)).threshold
    5
    """
    if high_bit == low_bit:
        return leaf(level)
    middle = level + (1 << (high_bit - 1))
    low = bisect(level, high_bit=high_bit - 1, low_bit=low_bit, leaf=leaf)
    high = bisect(middle, high_bit=high_bit - 1, low_bit=low_bit, leaf=leaf)
    return Split(middle, low, high)
