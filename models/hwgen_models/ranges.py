"""Search ranges: the table of an adaptive readout, its legality, and the tree it means."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen_models.interval_decode import interval_value
from hwgen_models.trees import Leaf, Split, bisect

__all__ = [
    "Range",
    "bound_classes",
    "bounded_decisions",
    "check_order",
    "check_ranges",
    "check_whole_bins",
    "implied_bases",
    "range_root",
    "twin_ranges",
]


class Range(NamedTuple):
    """A range of counts from `base`, searched over `payload` bits but the lowest `truncation`.

    >>> Range(base=0, payload=3, truncation=1).edge
    8
    """

    base: int
    payload: int
    truncation: int

    @property
    def edge(self) -> int:
        """First count above the range."""
        return self.base + (1 << self.payload)

    @property
    def aligned(self) -> bool:
        """The base is a multiple of the size: base and payload bits need no adder."""
        return self.base & ((1 << self.payload) - 1) == 0


def twin_ranges(
    payload_0: int, truncation_0: int, payload_1: int, truncation_1: int
) -> list[Range]:
    """Return the ranges of a twin-range table: a short one, and "the rest", both from zero."""
    return [Range(0, payload_0, truncation_0), Range(0, payload_1, truncation_1)]


def check_ranges(ranges: Sequence[Range], *, bits: int, bound: int) -> list[Range]:
    """Check a range table; return the ranges that it uses.

    Legal: base 0 of the first range; every further base at most the edge before it, every edge
    above it; the last edge above the bound; payloads at most N and truncations at most the payload;
    no edge above 2^N, so that every threshold is a code. The first range with an edge above the
    bound is the last: what follows is neither used nor checked.

    Parameters
    ----------
    ranges : sequence of Range
        The table, lowest range first.
    bits : int
        Width of a threshold code, N.
    bound : int
        Largest count; where it exceeds 2^N - 1 the readout saturates there.

    Raises
    ------
    ValueError
        With the reason.

    Examples
    --------
    >>> check_ranges(twin_ranges(3, 0, 8, 0), bits=8, bound=128)
    [Range(base=0, payload=3, truncation=0), Range(base=0, payload=8, truncation=0)]
    >>> check_ranges(twin_ranges(3, 0, 6, 0), bits=8, bound=128)
    Traceback (most recent call last):
        ...
    ValueError: range 1 must reach beyond the bound 128, not end before 64
    """
    if not ranges:
        raise ValueError("table must have at least one range, not 0")
    bound = min(bound, (1 << bits) - 1)
    used = []
    edge = 0
    for index, one in enumerate(Range(*entry) for entry in ranges):
        where = f"range {index}"
        base, payload, truncation = one
        if not 0 <= payload <= bits:
            raise ValueError(f"{where}: payload must be between 0 and {bits}, not {payload!r}")
        if not 0 <= truncation <= payload:
            raise ValueError(
                f"{where}: truncation must be between 0 and its payload {payload}, "
                f"not {truncation!r}"
            )
        if not 0 <= base <= edge:
            raise ValueError(
                f"{where}: base must be between 0 and the edge before it, {edge}, not {base!r}"
            )
        if not edge < one.edge <= 1 << bits:
            raise ValueError(
                f"{where} must end above the range before it and at most at {1 << bits}: "
                f"after {edge}, not before {one.edge}"
            )
        edge = one.edge
        used.append(one)
        if edge > bound:
            return used
    raise ValueError(
        f"range {len(used) - 1} must reach beyond the bound {bound}, not end before {edge}"
    )


def check_whole_bins(ranges: Sequence[Range]) -> None:
    """Refuse a table with a bin that the edge of the range before cuts.

    Without such bins the value of a leaf is its level and, but for range 0, half a bin: what a
    search leaves in its register when it puts the next trial bit where it stops. A range of its own
    in front of the first whole bin does what a cut bin would.

    Parameters
    ----------
    ranges : sequence of Range
        As `check_ranges` returns them.

    Raises
    ------
    ValueError
        With the reason.

    Examples
    --------
    >>> check_whole_bins([Range(0, 2, 0), Range(0, 4, 2)])
    >>> check_whole_bins([Range(0, 2, 0), Range(0, 4, 3)])
    Traceback (most recent call last):
        ...
    ValueError: range 1: truncation must be at most 2 for the edge 4 before it to cut no bin, not 3
    """
    for index, (before, one) in enumerate(itertools.pairwise(ranges), start=1):
        offset = before.edge - one.base
        most = (offset & -offset).bit_length() - 1 if offset else one.payload
        if one.truncation > most:
            raise ValueError(
                f"range {index}: truncation must be at most {most} for the edge {before.edge} "
                f"before it to cut no bin, not {one.truncation}"
            )


def implied_bases(ranges: Sequence[Range]) -> list[int]:
    """Return the only aligned bases that the payloads allow: edges rounded down to the size after.

    >>> implied_bases([Range(0, 2, 0), Range(0, 3, 0), Range(8, 5, 0)])
    [0, 0, 0]
    """
    bases, edge = [], 0
    for one in ranges:
        bases.append(edge >> one.payload << one.payload)
        edge = bases[-1] + (1 << one.payload)
    return bases


def check_order(order: Sequence[int] | None, *, edges: int) -> tuple[int, ...]:
    """Return a legal order of tests: every edge once. Without one, the lowest edge first.

    Edge i lies between ranges i and i + 1. Edges that a table does not use may be listed.

    Raises
    ------
    ValueError
        With the reason.

    Examples
    --------
    >>> check_order([1, 0, 2], edges=3)
    (1, 0, 2)
    """
    if order is None:
        return tuple(range(edges))
    if len(set(order)) != len(order) or not set(range(edges)) <= set(order):
        raise ValueError(f"order must name every edge 0 to {edges - 1} once, not {list(order)}")
    return tuple(order)


def range_root(
    ranges: Sequence[Range],
    *,
    order: Sequence[int],
    limit: int,
    clip: bool,
    shows_value: bool = False,
) -> Split | Leaf:
    """Build the tree of a legal table for counts from 0 to `limit`.

    Parameters
    ----------
    ranges : sequence of Range
        As `check_ranges` returns them.
    order : sequence of int
        As `check_order` returns it.
    limit : int
        Largest count that can occur. Edges above it are not tested.
    clip : bool
        Search no more bits than `limit` leaves in the range that it cuts.
    shows_value : bool
        Leaves have their value as their level: ``dac`` ends at it.
    """
    edges = [one.edge for one in ranges]
    last = next(index for index, edge in enumerate(edges) if edge > limit)
    tests = [index for index in order if index < last]

    def inside(index: int) -> Split | Leaf:
        base, payload, truncation = ranges[index]
        if clip and index == last:
            payload = min(payload, (limit - base).bit_length())
        edge = edges[index - 1] if index else None

        def leaf(level: int) -> Leaf:
            value = interval_value(level, truncation=truncation, edge=edge)
            return Leaf(value, index, value if shows_value else level)

        return bisect(base, high_bit=payload, low_bit=min(truncation, payload), leaf=leaf)

    def among(first: int, final: int) -> Split | Leaf:
        for index in tests:
            if first <= index < final:
                return Split(edges[index], low=among(first, index), high=among(index + 1, final))
        return inside(first)

    return among(0, last)


def bounded_decisions(
    ranges: Sequence[Range], *, bits: int, bound: int, order: Sequence[int] | None = None
) -> NDArray[np.int64]:
    """Return the decisions of every count under every bound of the active rows, all trees at once.

    Row B is ``SearchTree.ranges(..., active=B).depths``, and 0 for counts above B. The order is
    gone through once: an edge that is not open when its turn comes never opens again.

    Parameters
    ----------
    ranges, bits, bound, order
        As of `SearchTree.ranges`.

    Returns
    -------
    numpy.ndarray of int64, shape (bound + 1, bound + 1)
        By B and count.

    Raises
    ------
    ValueError
        When the table or the order is not legal.

    Examples
    --------
    >>> bounded_decisions([Range(0, 1, 0), Range(2, 2, 0)], bits=3, bound=3).tolist()
    [[0, 0, 0, 0], [1, 1, 0, 0], [2, 2, 1, 0], [2, 2, 2, 2]]
    """
    used = check_ranges(ranges, bits=bits, bound=bound)
    order = check_order(order, edges=len(used) - 1)
    base, payload, truncation = np.array(used, dtype=np.int64).T
    edges = base + (1 << payload)
    active, held = np.ogrid[: bound + 1, : bound + 1]
    limit, count = (np.minimum(counts, (1 << bits) - 1) for counts in (active, held))

    first = np.zeros((bound + 1, bound + 1), dtype=np.int64)
    last = first + np.searchsorted(edges, limit, side="right")
    asked = np.zeros_like(first)
    for index in order:
        if index < len(used) - 1:
            is_open = (first <= index) & (index < last)
            yes = count >= edges[index]
            asked += is_open
            first = np.where(is_open & yes, index + 1, first)
            last = np.where(is_open & ~yes, index, last)
    left = np.maximum(limit - base[first], 0)
    needed = np.minimum(payload[first], np.frexp(left)[1])  # frexp: the bits of an integer
    return np.where(held <= active, asked + np.maximum(needed - truncation[first], 0), 0)


def bound_classes(
    ranges: Sequence[Range], *, bits: int, bound: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group the bounds of reads by the tree that they leave of a table.

    Two bounds leave the same tree when they cut the same range and leave as many bits in it; there
    are no more than ranges times bits, however large the array.

    Parameters
    ----------
    ranges, bits, bound
        As of `SearchTree.ranges`.

    Returns
    -------
    largest : numpy.ndarray of int64, shape (classes,)
        The largest bound of every class: the ``active`` of its tree.
    class_of : numpy.ndarray of int64, shape (bound + 1,)
        Class of every bound.

    Examples
    --------
    >>> largest, class_of = bound_classes([Range(0, 1, 0), Range(2, 2, 0)], bits=3, bound=5)
    >>> largest.tolist(), class_of.tolist()
    ([0, 1, 2, 3, 5], [0, 1, 2, 3, 4, 4])
    """
    used = check_ranges(ranges, bits=bits, bound=bound)
    base, payload, truncation = np.array(used, dtype=np.int64).T
    limit = np.minimum(np.arange(bound + 1), (1 << bits) - 1)
    last = np.searchsorted(base + (1 << payload), limit, side="right")
    needed = np.minimum(payload[last], np.frexp(limit - base[last])[1])
    searched = np.maximum(needed - truncation[last], 0)
    changes = (np.diff(last) != 0) | (np.diff(searched) != 0)
    return np.append(np.flatnonzero(changes), bound), np.append(0, np.cumsum(changes))
