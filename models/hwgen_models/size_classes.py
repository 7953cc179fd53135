"""Reads in classes of like size: a table for each, and where the classes are best parted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.range_choice import RangeChoice, optimal_ranges

__all__ = ["SizeClasses", "half_octaves", "optimal_partition", "optimal_size_classes"]


def half_octaves(most: int) -> list[int]:
    """Return the numbers up to `most` that have at most two leading ones and then zeros.

    Where classes may be parted: a comparison with one of these needs few gates.

    >>> half_octaves(24)
    [1, 2, 3, 4, 6, 8, 12, 16, 24]
    """
    numbers = (m << e for e in range(most.bit_length()) for m in (2, 3))
    return [1, *(number for number in numbers if number <= most)]


def optimal_partition(cost: ArrayLike, parts: int) -> tuple[tuple[int, ...], float]:
    r"""Part items that are in order into at most so many runs, at the least cost.

    .. math:: \min_{0 = i_0 < i_1 < \ldots < i_m = n,\ m \le parts} \sum_k cost_{i_k i_{k+1}}

    Parameters
    ----------
    cost : array_like, shape (n + 1, n + 1)
        ``cost[i, j]``: of items i to j - 1 as one run; looked at for i < j only.
    parts : int
        Most runs.

    Returns
    -------
    starts : tuple of int
        First item of every run but the first; as few runs as do.
    total : float
        What they cost.

    Examples
    --------
    >>> optimal_partition([[0, 1, 9, 9], [0, 0, 1, 2], [0, 0, 0, 1], [0] * 4], 2)
    ((1,), 3)
    """
    cost = np.asarray(cost)
    items = len(cost) - 1
    if items < 1 or parts < 1:
        raise ValueError(f"Items and parts must be at least 1, not {items} and {parts!r}")
    best = [[cost[0, j] for j in range(items + 1)]]  # of the first j items, by parts
    begins: list[list[int]] = [[0] * (items + 1)]
    for part in range(1, parts):
        best.append(list(best[-1]))
        begins.append(list(begins[-1]))
        for j in range(1, items + 1):
            for i in range(1, j):
                total = best[part - 1][i] + cost[i, j]
                if total < best[part][j]:
                    best[part][j], begins[part][j] = total, i
    starts: list[int] = []
    part, j = parts - 1, items
    while part and best[0][j] > best[part][j]:
        while best[part - 1][j] == best[part][j]:
            part -= 1
        j = begins[part][j]
        starts.insert(0, j)
        part -= 1
    total = best[-1][items]
    return tuple(starts), total.item() if isinstance(total, np.generic) else total


@dataclass(frozen=True, kw_only=True)
class SizeClasses:
    """Classes of reads by their bound, and the tables of each.

    Parameters
    ----------
    starts : tuple of int
        Smallest bound of every class but the first: a read belongs to class k when its bound is at
        least k of them.
    choices : tuple of tuple of RangeChoice
        Tables by context and class.
    decisions : int or float
        Of all conversions.
    """

    starts: tuple[int, ...]
    choices: tuple[tuple[RangeChoice, ...], ...]
    decisions: float


def optimal_size_classes(
    joints: Sequence[ArrayLike],
    *,
    bits: int,
    bound: int,
    count: int,
    classes: int,
    starts: Sequence[int] | None = None,
    bases: str = "any",
    order: str = "ascending",
    error_weights: Sequence[float] | None = None,
) -> SizeClasses:
    """Find the classes, common to all contexts, and the best range table of each.

    Parameters
    ----------
    joints : sequence of array_like, each of shape (bounds, counts)
        How often every count occurs under every bound, for each context (e.g. slice).
    bits, bound, count, bases, order
        As of `optimal_ranges`.
    classes : int
        Most classes.
    starts : sequence of int, optional
        Bounds at which a class may start, ascending; `half_octaves` without it.
    error_weights : sequence of float, optional
        Of each context; lossless without it.

    Examples
    --------
    >>> joint = np.zeros((9, 9), dtype=int)
    >>> joint[2, 0], joint[8, 8] = 5, 5
    >>> found = optimal_size_classes([joint], bits=4, bound=8, count=2, classes=2)
    >>> found.starts, found.decisions
    ((3,), 10)
    """
    cuts = [1, *(cut for cut in starts or half_octaves(bound) if 1 < cut <= bound)]
    ends = [*cuts[1:], bound + 1]
    weights = error_weights or [0.0] * len(joints)
    joints = [np.asarray(joint) for joint in joints]

    def chosen(joint: NDArray, weight: float, first: int, end: int) -> RangeChoice:
        """Choose a table for the reads with bounds from `first` below `end`."""
        inside = np.zeros_like(joint)
        inside[first:end] = joint[first:end]
        return optimal_ranges(
            inside,
            bits=bits,
            bound=bound,
            count=count,
            bases=bases,
            order=order,
            error_weight=weight,
        )

    # A read that knows its count to be 0 decides nothing under any table, so cuts start at 1.
    found: dict[tuple[int, int], tuple[RangeChoice, ...]] = {}
    cost = np.zeros((len(cuts) + 1, len(cuts) + 1))
    for i, first in enumerate(cuts):
        for j, end in enumerate(ends[i:], start=i + 1):
            tables = tuple(chosen(*one, first, end) for one in zip(joints, weights, strict=True))
            found[i, j] = tables
            cost[i, j] = sum(
                table.decisions + weight * table.error
                for table, weight in zip(tables, weights, strict=True)
            )
    parted, _ = optimal_partition(cost, classes)
    runs = list(zip([0, *parted], [*parted, len(cuts)], strict=True))
    return SizeClasses(
        starts=tuple(cuts[i] for i in parted),
        choices=tuple(zip(*(found[run] for run in runs), strict=True)),
        decisions=sum(table.decisions for run in runs for table in found[run]),
    )
