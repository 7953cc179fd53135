r"""Ranges in proportion to the size of a read: one table, halved with every octave of its bound.

Counts grow with the rows that are active. A table for the largest bound serves a read whose bound B
is shorter by s bits when every range is :math:`2^s` times smaller,

.. math:: payload_i(B) = \max(0,\ payload_i - s), \qquad s = bits(bound) - bits(B)

with aligned bases, which follow from the payloads. In hardware a mask of ones, of which a range has
as many as payload bits, is shifted right by s; s is worked out once for a read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.ranges import Range, bounded_decisions, check_ranges, implied_bases

__all__ = ["ScaledChoice", "optimal_scaled", "scaled_decisions", "scaled_ranges"]


@dataclass(frozen=True, kw_only=True)
class ScaledChoice:
    """A table for the largest bound and what its scaled copies cost on a distribution.

    Parameters
    ----------
    ranges : tuple of Range
        The table, lowest range first.
    decisions : int or float
        Of all conversions.
    """

    ranges: tuple[Range, ...]
    decisions: float


def scaled_ranges(payloads: Sequence[int], shift: int = 0) -> list[Range]:
    """Return the aligned ranges of these payloads, each smaller by a factor of 2^shift.

    >>> [tuple(one) for one in scaled_ranges([3, 2, 8], shift=1)]
    [(0, 2, 0), (4, 1, 0), (0, 7, 0)]
    """
    shrunk = [Range(0, max(0, payload - shift), 0) for payload in payloads]
    bases = implied_bases(shrunk)
    return [Range(base, one.payload, 0) for base, one in zip(bases, shrunk, strict=True)]


def scaled_decisions(payloads: Sequence[int], *, bits: int, bound: int) -> NDArray[np.int64]:
    """Return the decisions of every count under every bound, 0 for counts above it.

    Parameters
    ----------
    payloads : sequence of int
        Of a lossless aligned table for the largest bound.
    bits : int
        Width of a threshold code.
    bound : int
        Largest count, below 2^bits.

    Returns
    -------
    numpy.ndarray of int64, shape (bound + 1, bound + 1)
        By bound and count.

    Raises
    ------
    ValueError
        When the table is not legal.

    Examples
    --------
    >>> scaled_decisions([1, 3], bits=3, bound=4).tolist()[2]    # a bit shorter: ranges 0 and 0..3
    [1, 3, 3, 0, 0]
    """
    check_ranges(scaled_ranges(payloads), bits=bits, bound=bound)
    found = np.zeros((bound + 1, bound + 1), dtype=np.int64)
    for length in range(1, bound.bit_length() + 1):
        rows = slice(1 << (length - 1), min(1 << length, bound + 1))
        ranges = scaled_ranges(payloads, bound.bit_length() - length)
        largest = rows.stop - 1
        taken = bounded_decisions(ranges, bits=bits, bound=largest)
        found[rows, : largest + 1] = taken[rows]
    return found


def optimal_scaled(joint: ArrayLike, *, bits: int, bound: int, count: int) -> ScaledChoice:
    """Find the table with the fewest decisions by trying all.

    Parameters
    ----------
    joint : array_like, shape (bound + 1, bound + 1)
        How often every count occurs under every bound.
    bits, bound
        As of `scaled_decisions`.
    count : int
        Most ranges; the work grows with the power `count` - 1 of `bits`.

    Examples
    --------
    >>> joint = np.zeros((9, 9), dtype=int)
    >>> joint[8, 3], joint[4, 1], joint[2, 0] = 9, 9, 9
    >>> best = optimal_scaled(joint, bits=4, bound=8, count=2)
    >>> [one.payload for one in best.ranges], best.decisions
    ([2, 4], 54)
    """
    tables, decisions = _every_table(bits, bound, count)
    costs = np.tensordot(decisions, np.asarray(joint), axes=2)
    best = int(costs.argmin())
    return ScaledChoice(ranges=tuple(scaled_ranges(tables[best])), decisions=costs[best].item())


@cache
def _every_table(
    bits: int, bound: int, count: int
) -> tuple[list[tuple[int, ...]], NDArray[np.int64]]:
    """List all tables with at most so many ranges, and their decisions (tables, bounds, counts)."""
    tables = []
    for number in range(count):
        for short in product(range(bits), repeat=number):
            edges = [one.edge for one in scaled_ranges(short)]
            if all(edge <= bound for edge in edges):
                tables.append((*short, bound.bit_length()))
    return tables, np.array([scaled_decisions(one, bits=bits, bound=bound) for one in tables])
