r"""The best range table for a distribution of counts, by dynamic programming.

What a range costs depends only on where it starts (the edge before it), its base, its payload and
its truncation; what the tests cost depends only on the edges. So the best table is found from the
best ranges between any two edges, and from the best trees over shorter intervals. Nothing is
enumerated but ranges, and the optimum is exact.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.ranges import Range

__all__ = ["BASES", "ORDERS", "RangeChoice", "optimal_ranges", "within_error"]

BASES = ("aligned", "any")
ORDERS = ("ascending", "free")
NEVER = 2**60  # decisions of what no table can do; sums of two stay within 64 bits


@dataclass(frozen=True, kw_only=True)
class RangeChoice:
    """A table and what it costs on the distribution that it was chosen for.

    Parameters
    ----------
    ranges : tuple of Range
        The table, lowest range first.
    order : tuple of int
        Edges in the order of their tests.
    decisions : int or float
        Of all conversions.
    error : float
        Sum of squared errors of all conversions, in counts; 0 without loss.
    """

    ranges: tuple[Range, ...]
    order: tuple[int, ...]
    decisions: float
    error: float


def optimal_ranges(
    histogram: ArrayLike,
    *,
    bits: int,
    bound: int,
    count: int,
    bases: str = "any",
    order: str = "ascending",
    error_weight: float = 0.0,
    error_histogram: ArrayLike | None = None,
    whole_bins: bool = False,
) -> RangeChoice:
    r"""Find the range table with the fewest decisions, or the best trade against error.

    Minimises

    .. math:: \sum_{B,c} h_{B,c}\, \big(decisions_B(c) + \lambda\, (value(c) - c)^2\big)

    over all tables that `check_ranges` accepts with at most K ranges, exactly; decisions as of
    `SearchTree.ranges`, values as of `interval_value`. Without `error_weight` only tables without
    truncation are looked at: every possible count is told exactly, seen or not.

    Takes O(K n^2) after O(n 2^N) for the ranges, n being the number of counts, and O(K^2 n^3) for a
    free order.

    Parameters
    ----------
    histogram : array_like, shape (counts,) or (bounds, counts)
        How often every count occurs. With two axes, row B holds the conversions that know that
        their count is at most B, and ranges are clipped at it; otherwise nothing is known.
    bits : int
        Width of a threshold code, N.
    bound : int
        Largest count, below 2^N; the table covers it.
    count : int
        Most ranges, K.
    bases : str
        ``"any"``, or ``"aligned"``: every base is a multiple of the size of its range.
    order : str
        ``"ascending"``: the lowest edge is tested first. ``"free"``: the best tree of tests.
    error_weight : float
        :math:`\lambda`, decisions per squared count; 0 for lossless tables.
    error_histogram : array_like, shape (counts,), optional
        How much an error of every count weighs, where that is not how often it occurs.
    whole_bins : bool
        Only tables that `check_whole_bins` accepts.

    Raises
    ------
    ValueError
        When an argument is out of range.

    Examples
    --------
    >>> best = optimal_ranges([8, 4, 2, 1, 1], bits=3, bound=4, count=3)
    >>> [tuple(one) for one in best.ranges], best.decisions
    ([(0, 0, 0), (1, 2, 0)], 32)
    """
    if bases not in BASES:
        raise ValueError(f"bases must be {' or '.join(BASES)}, not {bases!r}")
    if order not in ORDERS:
        raise ValueError(f"order must be {' or '.join(ORDERS)}, not {order!r}")
    if not 1 <= bound < 1 << bits:
        raise ValueError(f"bound must be between 1 and {(1 << bits) - 1}, not {bound!r}")
    if count < 1:
        raise ValueError(f"Range count must be at least 1, not {count!r}")
    if error_weight < 0:
        raise ValueError(f"error_weight must be at least 0, not {error_weight!r}")
    masses = Masses.of(histogram, bound=bound)
    if error_histogram is not None:
        masses = replace(masses, moments=_moments(error_histogram, counts=masses.counts))
    best = BestRanges.find(
        masses, bits=bits, aligned=bases == "aligned", weight=error_weight, whole_bins=whole_bins
    )
    edges = (_ascending if order == "ascending" else _free)(best.cost, masses, count)
    return best.choice(masses, edges)


def within_error(
    solve: Callable[[float], tuple[float, float]], budget: float, *, steps: int = 40
) -> float:
    r"""Return the smallest error weight under which the total error keeps within a budget.

    The usual Lagrangian bound: for its error, what `solve` finds has the fewest decisions, so
    several tables share one budget best when all are chosen with one weight.

    Parameters
    ----------
    solve : callable
        Decisions and error, in all, of the tables chosen with an error weight.
    budget : float
        Largest error.
    steps : int
        Halvings of the interval in which the weight lies, on a logarithmic scale.

    Returns
    -------
    float
        A weight whose error is within the budget; infinite where only lossless tables are.
    """
    low, high = -30.0, 30.0  # powers of two
    if solve(2.0**high)[1] > budget:
        return float("inf")
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if solve(2.0**middle)[1] <= budget else (middle, high)
    return 2.0**high


@dataclass(frozen=True, kw_only=True, eq=False)
class Masses:
    """Sums of a distribution over ranges of bounds and counts.

    Parameters
    ----------
    tail : numpy.ndarray, shape (counts + 1, counts + 1)
        ``tail[m, b]``: conversions with a bound of at least m and a count below b.
    moments : numpy.ndarray of float64, shape (3, counts + 1)
        Of counts below b: how many, their sum, the sum of their squares.
    clipped : bool
        Conversions know their bounds.
    """

    tail: NDArray
    moments: NDArray[np.float64]
    clipped: bool

    @classmethod
    def of(cls, histogram: ArrayLike, *, bound: int) -> "Masses":
        """Take a histogram with or without bounds."""
        given = np.asarray(histogram)
        if given.ndim not in {1, 2} or not given.size or given.dtype.kind not in "iuf":
            raise ValueError(
                f"Histogram must have one or two axes of numbers, not shape {given.shape}"
            )
        if (given < 0).any():
            raise ValueError(f"Histogram must not be negative, not {given.min()}")
        counts = bound + 1
        if given[..., counts:].any():
            raise ValueError(f"Histogram must have at most {counts} counts, not {given.shape[-1]}")
        clipped = given.ndim == 2
        known = np.minimum(np.arange(len(given)), bound) if clipped else [bound]
        rows = np.zeros((counts, counts), dtype=float if given.dtype.kind == "f" else np.int64)
        np.add.at(
            rows[:, : given.shape[-1]], known, np.atleast_2d(given)[:, :counts].astype(rows.dtype)
        )
        tail = np.zeros((counts + 1, counts + 1), dtype=rows.dtype)
        tail[:-1, 1:] = rows[::-1].cumsum(axis=0)[::-1].cumsum(axis=1)
        moments = _moments(rows.sum(axis=0), counts=counts)
        return cls(tail=tail, moments=moments, clipped=clipped)

    @property
    def counts(self) -> int:
        """Number of counts, bound + 1."""
        return len(self.tail) - 1

    def reached(self, threshold: ArrayLike, start: ArrayLike, end: ArrayLike) -> NDArray:
        """Conversions with counts from `start` below `end` for whom `threshold` is open."""
        threshold = np.minimum(threshold, self.counts)
        return self.tail[threshold, end] - self.tail[threshold, start]

    def decisions(self, start: ArrayLike, end: ArrayLike, base: ArrayLike, bit: int) -> NDArray:
        """Conversions from `start` below `end` that decide this bit above `base`."""
        return self.reached((base + (1 << bit)) if self.clipped else 0, start, end)

    def error(self, start: ArrayLike, end: ArrayLike, value: ArrayLike) -> NDArray[np.float64]:
        """Squared error of counts from `start` below `end` that read as `value`."""
        start, end = np.minimum(start, self.counts), np.minimum(end, self.counts)
        mass, total, square = self.moments[:, np.maximum(end, start)] - self.moments[:, start]
        return np.maximum(square - 2 * value * total + value * value * mass, 0.0)


def _moments(histogram: ArrayLike, *, counts: int) -> NDArray[np.float64]:
    """Add up mass, counts and squares of the counts below each."""
    given = np.asarray(histogram)
    if given.shape != (counts,) or (given < 0).any():
        raise ValueError(f"Histogram must have {counts} counts from 0 up, not {given.shape}")
    powers = np.arange(counts, dtype=np.float64) ** np.arange(3)[:, np.newaxis]
    moments = np.zeros((3, counts + 1))
    moments[:, 1:] = (given * powers).cumsum(axis=1)
    return moments


@dataclass(frozen=True, kw_only=True, eq=False)
class BestRanges:
    """The best single range between any two edges.

    Parameters
    ----------
    cost : numpy.ndarray, shape (counts, counts + 1)
        Of the best range from an edge (or zero) to the next one; to `counts` when it is the last.
    found : numpy.ndarray of int64, shape (counts, counts + 1, 3)
        Its base, payload and truncation.
    bins : Bins
        Errors of bins.
    whole_bins : bool
        No edge cuts a bin.
    """

    cost: NDArray
    found: NDArray[np.int64]
    bins: "Bins"
    whole_bins: bool = False

    @classmethod
    def find(
        cls, masses: Masses, *, bits: int, aligned: bool, weight: float, whole_bins: bool
    ) -> "BestRanges":
        """Try every range."""
        counts = masses.counts
        dtype = np.float64 if weight or masses.tail.dtype.kind == "f" else np.int64
        best = cls(
            cost=np.full((counts, counts + 1), NEVER, dtype=dtype),
            found=np.zeros((counts, counts + 1, 3), dtype=np.int64),
            bins=Bins(masses),
            whole_bins=whole_bins,
        )
        later = np.arange(1, counts)
        for payload in range(bits + 1):
            best._try(masses, np.zeros((1, 1), dtype=np.int64), 0, payload, bits, weight)
            size = 1 << payload
            before = np.arange(min(size, counts))[:, np.newaxis]
            bases = (later & -size)[np.newaxis] if aligned else later - before
            best._try(masses, np.broadcast_to(later, bases.shape), bases, payload, bits, weight)
        return best

    def _try(
        self,
        masses: Masses,
        start: NDArray[np.int64],
        base: ArrayLike,
        payload: int,
        bits: int,
        weight: float,
    ) -> None:
        """Try ranges of one payload with every truncation.

        `start` and `base` are of shape (bases, starts): every row has another base for each start,
        so only at the end of all counts do several ranges lie between the same two edges.
        """
        base = np.broadcast_to(base, start.shape)
        beyond = base + (1 << payload)
        illegal = (base < 0) | (beyond <= start) | (beyond > 1 << bits)
        end = np.minimum(beyond, masses.counts)
        last = end == masses.counts
        column = np.arange(start.shape[1])
        cost = np.zeros(start.shape, dtype=self.cost.dtype)
        for truncation in range(payload, -1, -1):
            if truncation < payload:
                cost = cost + masses.decisions(start, end, base, truncation)
            if truncation and not weight:
                continue
            total = cost
            if truncation:
                total = cost + weight * self.bins.error(start, base, payload, truncation)
            refused = illegal
            if self.whole_bins:
                refused = illegal | ((start > 0) & ((start - base) % (1 << truncation) > 0))
            total = np.where(refused, NEVER, total)
            self._keep(np.where(last, NEVER, total), start, end, base, payload, truncation)
            row = np.where(last, total, NEVER).argmin(axis=0)
            picked = (array[row, column] for array in (total, start, end, base))
            self._keep(*picked, payload, truncation)

    def _keep(
        self,
        total: NDArray,
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        base: NDArray[np.int64],
        payload: int,
        truncation: int,
    ) -> None:
        """Keep what is cheaper than what was found before."""
        better = total < self.cost[start, end]
        place = start[better], end[better]
        self.cost[place] = total[better]
        self.found[(*place, 0)] = base[better]
        self.found[(*place, 1)], self.found[(*place, 2)] = payload, truncation

    def choice(self, masses: Masses, questions: "Questions") -> RangeChoice:
        """Put a table together from its edges and the order of their tests."""
        edges = sorted(questions.edges)
        ranges, decisions, error = [], questions.cost, 0.0
        for start, end in zip([0, *edges], [*edges, masses.counts], strict=True):
            base, payload, truncation = self.found[start, end].tolist()
            ranges.append(Range(base, payload, truncation))
            bits = range(truncation, payload)
            decisions += sum(masses.decisions(start, end, base, bit) for bit in bits)
            if truncation:
                at = np.array([start]), np.array([base])
                error += self.bins.error(*at, payload, truncation).item()
        return RangeChoice(
            ranges=tuple(ranges),
            order=tuple(edges.index(edge) for edge in questions.edges),
            decisions=decisions.item() if isinstance(decisions, np.generic) else decisions,
            error=error,
        )


@dataclass(frozen=True, eq=False)
class Bins:
    """Squared errors of truncated ranges, bin by bin.

    Parameters
    ----------
    masses : Masses
        The distribution.
    """

    masses: Masses
    _from: dict[tuple[int, bool], NDArray[np.float64]] = field(default_factory=dict)

    def error(
        self, start: NDArray[np.int64], base: NDArray[np.int64], payload: int, truncation: int
    ) -> NDArray[np.float64]:
        """Error of ranges of a payload from `start`, with bins of 2^`truncation` above `base`."""
        size = 1 << truncation
        floor = not start.any()  # range 0
        level = start - (start - base) % size
        after = level + size
        # The first bin may be cut by the edge at which the range starts; the others are whole.
        value = np.where(level < start, (start + after) // 2, level + (0 if floor else size >> 1))
        cut = self.masses.error(start, after, value)
        whole = self._whole(truncation, floor=floor)
        last = len(whole) - 1
        end = base + (1 << payload)
        return cut + whole[np.minimum(after, last)] - whole[self._aligned_end(end, after, last)]

    @staticmethod
    def _aligned_end(
        end: NDArray[np.int64], after: NDArray[np.int64], last: int
    ) -> NDArray[np.int64]:
        """Where the bins of a range end, beyond all counts at the latest."""
        return np.minimum(np.maximum(end, after), last)

    def _whole(self, truncation: int, *, floor: bool) -> NDArray[np.float64]:
        """Error of all whole bins from a position on, by position; zero beyond all counts."""
        key = truncation, floor
        if key not in self._from:
            size, counts = 1 << truncation, self.masses.counts
            total = np.zeros(counts + 2 * size)
            at = np.arange(counts)
            total[:counts] = self.masses.error(at, at + size, at + (0 if floor else size >> 1))
            for position in range(counts - 1, -1, -1):
                total[position] += total[position + size]
            self._from[key] = total
        return self._from[key]


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Edges in the order of their tests, and the decisions that the tests take."""

    edges: tuple[int, ...]
    cost: float


def _ascending(cost: NDArray, masses: Masses, count: int) -> Questions:
    """Find the best edges when the lowest is tested first."""
    counts = masses.counts
    start, edge = np.arange(counts)[:, np.newaxis], np.arange(counts)
    test = masses.reached(edge, start, counts)
    step = np.where(edge > start, cost[:, :-1] + test, NEVER)
    best = [cost[:, -1]]  # of what is left from an edge on, by ranges that are left
    for _ in range(count - 1):
        best.append(np.minimum(best[-1], (step + best[-1]).min(axis=1)))
    edges: list[int] = []
    at, left = 0, count - 1
    while best[left][at] < best[0][at]:
        while best[left - 1][at] == best[left][at]:
            left -= 1
        left -= 1
        at = int((step[at] + best[left]).argmin())
        edges.append(at)
    spent = sum(test[at, to] for at, to in zip([0, *edges], edges, strict=False))
    return Questions(edges=tuple(edges), cost=spent)


def _free(cost: NDArray, masses: Masses, count: int) -> Questions:
    """Find the best edges and the best tree of their tests."""
    counts = masses.counts
    # A test of edge m among counts from a below b costs tail[m, b] - tail[m, a]: it separates.
    below = [cost]
    for ranges in range(2, count + 1):
        best = below[-1].copy()
        for low in range(1, ranges):
            left, right = below[low - 1], below[ranges - low - 1]
            for m in range(1, counts):
                ends = left[:m, m] - masses.tail[m, :m]
                begins = right[m, m + 1 :] + masses.tail[m, m + 1 :]
                part = best[:m, m + 1 :]
                np.minimum(part, ends[:, np.newaxis] + begins, out=part)
        below.append(best)

    edges: list[int] = []
    spent = 0
    todo = [(0, counts, count - 1)]
    while todo:
        a, b, left = todo.pop()
        while left and below[left - 1][a, b] == below[left][a, b]:
            left -= 1
        if not left:
            continue
        m = np.arange(a + 1, b)
        tests = masses.reached(m, a, b)
        totals = np.array([below[k][a, m] + below[left - 1 - k][m, b] + tests for k in range(left)])
        k, place = np.unravel_index(totals.argmin(), totals.shape)
        edges.append(int(m[place]))
        spent += tests[place]
        todo += [(edges[-1], b, left - 1 - int(k)), (a, edges[-1], int(k))]
    return Questions(edges=tuple(edges), cost=spent)
