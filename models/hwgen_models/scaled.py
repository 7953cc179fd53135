r"""Ranges in proportion to the size of a read: one table, halved with every octave of its bound.

Counts grow with the rows that are active. A table for the largest bound serves a read whose bound B
is shorter by s bits when every range is :math:`2^s` times smaller,

.. math:: payload_i(B) = \max(0,\ payload_i - s), \qquad s = bits(bound) - bits(B)

with aligned bases, which follow from the payloads. In hardware a mask of ones, of which a range has
as many as payload bits, is shifted right by s; s is worked out once for a read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    r"""Find the table with the fewest decisions, exactly.

    Tables that hold all counts of as many bits as the bound are looked at: then all their copies
    hold what they must. What a range costs depends only on where it begins in every octave, so of
    all beginnings of a table that end at the same edges just the cheapest is followed.

    Parameters
    ----------
    joint : array_like, shape (bound + 1, bound + 1) or smaller
        How often every count occurs under every bound.
    bits, bound
        As of `scaled_decisions`.
    count : int
        Most ranges.

    Examples
    --------
    >>> joint = np.zeros((9, 9), dtype=int)
    >>> joint[8, 3], joint[4, 1], joint[2, 0] = 9, 9, 9
    >>> best = optimal_scaled(joint, bits=4, bound=8, count=2)
    >>> [one.payload for one in best.ranges], best.decisions
    ([2, 4], 54)
    """
    octaves = _octaves(np.asarray(joint), bound=bound)
    best: tuple[float, tuple[int, ...]] | None = None
    found: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {(0,) * len(octaves): (0, ())}
    for number in range(count):
        longer: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
        for edges, (spent, payloads) in found.items():
            for payload in range(bits + 1):
                steps = [
                    octave.step(edge, payload) for octave, edge in zip(octaves, edges, strict=True)
                ]
                own = (spent + sum(cost for _, cost in steps), (*payloads, payload))
                ends = tuple(end for end, _ in steps)
                if ends[0] >> octaves[0].length:  # then it holds all counts of the others, too
                    best = min(best or own, own)
                elif number < count - 1:
                    longer[ends] = min(longer.get(ends, own), own)
        found = longer
    if best is None:
        raise ValueError(f"Range count must be at least 1, not {count!r}")
    return ScaledChoice(ranges=tuple(scaled_ranges(best[1])), decisions=best[0])


class _Octave:
    """Conversions under bounds of one length, and what ranges cost them.

    Parameters
    ----------
    joint : numpy.ndarray, shape (bounds, counts)
        How often every count occurs under every bound of this length.
    length : int
        Its bits.
    shift : int
        How many fewer than the longest.
    """

    def __init__(self, joint: NDArray[np.int64], *, length: int, shift: int) -> None:
        self.length, self.shift = length, shift
        self.bounds = np.arange(1 << (length - 1), 1 << length)
        self.from_count = np.zeros((len(self.bounds), (1 << length) + 1), dtype=joint.dtype)
        held = self.from_count[: joint.shape[0], : joint.shape[1]]
        held += joint[:, ::-1].cumsum(axis=1)[:, ::-1]
        self._steps: dict[tuple[int, int], tuple[int, float]] = {}

    def step(self, edge: int, payload: int) -> tuple[int, float]:
        """Return the end of a range that begins at `edge`, and the decisions that it adds."""
        own = max(0, payload - self.shift)
        if (edge, own) not in self._steps:
            self._steps[edge, own] = self._step(edge, own)
        return self._steps[edge, own]

    def _step(self, edge: int, payload: int) -> tuple[int, float]:
        if edge >> self.length:  # all counts are in ranges before
            return 1 << self.length, 0
        base = edge >> payload << payload
        end = base + (1 << payload)
        tested = end <= self.bounds
        reached = self.from_count[:, edge]
        beyond = self.from_count[:, min(end, 1 << self.length)]
        needed = np.frexp(np.maximum(self.bounds - base, 0))[1]  # frexp: the bits of an integer
        searched = np.where(tested, payload, np.minimum(payload, needed))
        decisions = (tested * reached + searched * (reached - beyond)).sum()
        return min(end, 1 << self.length), decisions.item()


def _octaves(joint: NDArray[np.int64], *, bound: int) -> list[_Octave]:
    """Cut a distribution by the length of its bounds, the longest first."""
    most = bound.bit_length()
    return [
        _Octave(
            joint[1 << (length - 1) : 1 << length, : 1 << length],
            length=length,
            shift=most - length,
        )
        for length in range(most, 0, -1)
    ]
