"""Decision trees over thresholds: what every readout walks, whatever its scheme.

A conversion asks "count >= threshold?" until one leaf is left. From the tree follow exactly the
value of every count, its decisions and their thresholds, and what a distribution of counts costs. A
scheme is a constructor of `SearchTree`: nothing else in the project knows how it searches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.interval_decode import interval_value

__all__ = [
    "Error",
    "Leaf",
    "Range",
    "SearchTree",
    "Split",
    "Walk",
    "check_ranges",
    "entropy",
    "expected_decisions",
    "optimal_decisions",
    "twin_ranges",
]

Error = Callable[[int], ArrayLike] | ArrayLike  # of the comparator, by decision; in counts


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
    """A decision "count >= threshold": `low` follows a no, `high` a yes."""

    threshold: int
    low: "Split | Leaf"
    high: "Split | Leaf"


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
        The table, in the order of its tests.
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


@dataclass(frozen=True)
class Walk:
    """Where conversions ended; everything else about them follows from the leaf.

    Parameters
    ----------
    tree : SearchTree
        The tree that was walked.
    leaf : numpy.ndarray of int64, shape (...)
        Leaf of every conversion, shaped like the counts.
    """

    tree: "SearchTree"
    leaf: NDArray[np.int64]

    @property
    def values(self) -> NDArray[np.int64]:
        """Values in counts, shape (...)."""
        return self.tree.leaf_value[self.leaf]

    @property
    def decisions(self) -> NDArray[np.int64]:
        """Number of decisions, shape (...)."""
        return self.tree.leaf_depth[self.leaf]

    @property
    def thresholds(self) -> NDArray[np.int64]:
        """Codes asked for, in order, shape (..., depth of the tree); zeros behind the last."""
        return self.tree.leaf_path[self.leaf]

    @property
    def ranges(self) -> NDArray[np.int64]:
        """Range in which the search ended, shape (...)."""
        return self.tree.leaf_range[self.leaf]

    @property
    def levels(self) -> NDArray[np.int64]:
        """What ``dac`` shows after the last answer, shape (...)."""
        return self.tree.leaf_level[self.leaf]


class SearchTree:
    r"""A decision tree over thresholds.

    A decision with threshold code k answers yes when

    .. math:: count + error \ge k - 1/2

    so without an error it asks "count >= k". Leaves that no count reaches exist and have values: a
    comparator that errs reaches them.

    Parameters
    ----------
    root : Split or Leaf
        The tree, nested.
    bound : int
        Largest count of interest; `values` and `depths` go from 0 to it. It may exceed every
        threshold: a readout saturates at its last leaf.

    Attributes
    ----------
    threshold, low, high : numpy.ndarray of int64, shape (nodes,)
        The decisions, root first. A child *c* >= 0 is a node, a child *c* < 0 the leaf *~c*.
    leaf_value, leaf_range, leaf_level, leaf_depth : numpy.ndarray of int64, shape (leaves,)
        The leaves, lowest first: value in counts, range, level, number of decisions to get there.
    depth : int
        Largest number of decisions.
    bound : int
        As given.

    Raises
    ------
    ValueError
        When a threshold is not a code, i.e. below 1.

    Examples
    --------
    >>> tree = SearchTree.twin_range(1, 0, 3, 0, bits=3, bound=7)
    >>> tree.depths.tolist()
    [2, 2, 4, 4, 4, 4, 4, 4]
    >>> tree.walk(5).thresholds.tolist()
    [2, 4, 6, 5]
    """

    def __init__(self, root: Split | Leaf, *, bound: int) -> None:
        if bound < 0:
            raise ValueError(f"Bound must be at least 0, not {bound!r}")
        self.bound = bound
        nodes: list[list[int]] = []
        leaves: list[Leaf] = []
        depths: list[int] = []
        # Depth first, low before high; a parent learns where its child went.
        todo: list[tuple[Split | Leaf, int, int, int]] = [(root, -1, 0, 0)]
        while todo:
            tree, parent, side, depth = todo.pop()
            if isinstance(tree, Leaf):
                place = ~len(leaves)
                leaves.append(tree)
                depths.append(depth)
            else:
                if tree.threshold < 1:
                    raise ValueError(f"Threshold must be at least 1, not {tree.threshold!r}")
                place = len(nodes)
                nodes.append([tree.threshold, 0, 0])
                todo += [(tree.high, place, 2, depth + 1), (tree.low, place, 1, depth + 1)]
            if parent >= 0:
                nodes[parent][side] = place
        table = np.array(nodes, dtype=np.int64).reshape(-1, 3)
        ends = np.array(leaves, dtype=np.int64)
        self.threshold, self.low, self.high = _columns(table)
        self.leaf_value, self.leaf_range, self.leaf_level = _columns(ends)
        self.leaf_depth: NDArray[np.int64] = np.array(depths, dtype=np.int64)
        self.depth = int(self.leaf_depth.max())

    # Schemes

    @classmethod
    def binary(cls, bits: int, bound: int | None = None) -> "SearchTree":
        """Build the balanced tree of successive approximation: N decisions for every count.

        Parameters
        ----------
        bits : int
            Width of a threshold code, N.
        bound : int, optional
            Largest count; without one, 2^N - 1. Larger counts read as 2^N - 1.
        """
        top = (1 << bits) - 1
        root = _bisect(0, high_bit=bits, low_bit=0, leaf=lambda level: Leaf(level, 0, level))
        return cls(root, bound=top if bound is None else bound)

    @classmethod
    def ranges(cls, ranges: Sequence[Range], *, bits: int, bound: int) -> "SearchTree":
        r"""Build a range search: test the edges in order, then search inside one range.

        A count in range i of K costs :math:`\min(i + 1, K - 1)` tests and
        :math:`payload_i - truncation_i` decisions inside. Leaves have the values of
        `interval_value`: floor in range 0, mid-point in later ones.

        Two ranges are TRQ (DATE 2024, arXiv 2402.06164): the order of decisions is a
        reconstruction. More ranges, with bases of their own, are this project's.

        Parameters
        ----------
        ranges : sequence of Range
            A legal table (`check_ranges`).
        bits : int
            Width of a threshold code, N.
        bound : int
            Largest count.

        Raises
        ------
        ValueError
            When the table is not legal, with the reason.
        """
        used = check_ranges(ranges, bits=bits, bound=bound)

        def inside(index: int) -> Split | Leaf:
            base, payload, truncation = used[index]
            edge = used[index - 1].edge if index else None

            def leaf(level: int) -> Leaf:
                value = interval_value(level, truncation=truncation, edge=edge)
                return Leaf(value, index, level)

            return _bisect(base, high_bit=payload, low_bit=truncation, leaf=leaf)

        root = inside(len(used) - 1)
        for index in reversed(range(len(used) - 1)):
            root = Split(used[index].edge, low=inside(index), high=root)
        return cls(root, bound=bound)

    @classmethod
    def twin_range(
        cls,
        payload_0: int,
        truncation_0: int,
        payload_1: int,
        truncation_1: int,
        *,
        bits: int,
        bound: int,
    ) -> "SearchTree":
        r"""Build the two-range search of TRQ: `ranges` with `twin_ranges`.

        In the paper's letters, with :math:`n_1 = payload_0 - truncation_0`,
        :math:`d_2 = truncation_1`, :math:`W = 2^{payload_0}` and one test (:math:`\nu = 1`):

        .. math:: E[\text{ops}] = \nu + P_1 n_1 + (1 - P_1)(N - d_2), \quad P_1 = P(x < W)

        Parameters
        ----------
        payload_0, truncation_0, payload_1, truncation_1 : int
            The table. A `payload_0` that covers the bound makes it a plain search.
        bits : int
            Width of a threshold code, N.
        bound : int
            Largest count.
        """
        table = twin_ranges(payload_0, truncation_0, payload_1, truncation_1)
        return cls.ranges(table, bits=bits, bound=bound)

    @classmethod
    def alphabetic(cls, histogram: ArrayLike) -> "SearchTree":
        """Build the optimal tree for a histogram: no lossless search takes fewer decisions.

        Lossless means exact for every count that the histogram covers, those that never occurred
        too. Garsia-Wachs algorithm (Knuth, The Art of Computer Programming, vol. 3, section 6.2.2,
        algorithm G).

        Parameters
        ----------
        histogram : array_like, shape (bound + 1,)
            How often every count occurs.
        """
        depths = _alphabetic_depths(_weights(histogram))
        # Two neighbours of equal depth share a parent; (depth, lowest count, tree) of what is open.
        done: list[tuple[int, int, Split | Leaf]] = []
        for count, leaf_depth in enumerate(depths):
            depth, first = leaf_depth, count
            tree: Split | Leaf = Leaf(count, 0, count)
            while done and done[-1][0] == depth:
                _, low_first, low = done.pop()
                tree = Split(first, low=low, high=tree)
                depth, first = depth - 1, low_first
            done.append((depth, first, tree))
        return cls(done[0][2], bound=len(depths) - 1)

    # What follows from a tree

    def walk(self, counts: ArrayLike, error: Error | None = None) -> Walk:
        """Convert counts.

        Parameters
        ----------
        counts : array_like, shape (...)
            Held values in counts; fractions occur where an array is not ideal.
        error : callable, array_like or None
            Comparator error in counts. A callable gives that of decision i (from 0), broadcastable
            to `counts`; an array has the decisions as its last axis, a number holds for all.
            A decision that a conversion does not come to ignores its error.

        Returns
        -------
        Walk
            Leaves reached; their values, decisions and thresholds.
        """
        held = np.asarray(counts)
        if error is None:
            # floor(count + 1/2) >= k just when count >= k - 1/2
            levels = held if held.dtype.kind in "iu" else np.floor(held + 0.5)
            levels = np.clip(levels, 0, len(self._leaf_of_level) - 1).astype(np.int64)
            return Walk(self, self._leaf_of_level[levels])
        error_of = _by_decision(error)
        at = np.full(held.shape, 0 if len(self.threshold) else ~0, dtype=np.int64)
        for decision in range(self.depth):
            searching = at >= 0
            if not searching.any():
                break
            node = np.where(searching, at, 0)
            error_now = np.asarray(error_of(decision), dtype=np.float64)
            above = held + error_now >= self.threshold[node] - 0.5
            at = np.where(searching, np.where(above, self.high[node], self.low[node]), at)
        return Walk(self, ~at)

    @cached_property
    def leaf_path(self) -> NDArray[np.int64]:
        """Thresholds on the way to every leaf, shape (leaves, depth); zeros behind the last."""
        paths = np.zeros((len(self.leaf_value), self.depth), dtype=np.int64)
        todo: list[tuple[int, list[int]]] = [(0 if len(self.threshold) else ~0, [])]
        while todo:
            at, path = todo.pop()
            if at < 0:
                paths[~at, : len(path)] = path
            else:
                longer = [*path, int(self.threshold[at])]
                todo += [(int(self.low[at]), longer), (int(self.high[at]), longer)]
        return paths

    @cached_property
    def values(self) -> NDArray[np.int64]:
        """Value of every count from 0 to the bound, shape (bound + 1,)."""
        return self.walk(np.arange(self.bound + 1)).values

    @cached_property
    def depths(self) -> NDArray[np.int64]:
        """Decisions of every count from 0 to the bound, shape (bound + 1,)."""
        return self.walk(np.arange(self.bound + 1)).decisions

    @property
    def lossless(self) -> bool:
        """Whether every count from 0 to the bound is read as itself."""
        return bool((self.values == np.arange(self.bound + 1)).all())

    def expected_decisions(self, histogram: ArrayLike) -> float:
        """Return the mean number of decisions, see `expected_decisions`."""
        return expected_decisions(histogram, self.depths)

    @cached_property
    def _leaf_of_level(self) -> NDArray[np.int64]:
        """Leaf of every integer count, up to where nothing changes any more."""
        counts = np.arange(int(self.threshold.max(initial=0)) + 1)
        return self.walk(counts, error=0.0).leaf


def expected_decisions(histogram: ArrayLike, depths: ArrayLike) -> float:
    r"""Return the mean number of decisions of a distribution of counts.

    .. math:: E = \sum_c h_c\, depth_c / \sum_c h_c

    Parameters
    ----------
    histogram : array_like, shape (counts,)
        How often every count from 0 up occurs; may be shorter than `depths`.
    depths : array_like of int
        Decisions of every count, e.g. `SearchTree.depths`.

    Returns
    -------
    float
        Decisions per conversion; 0 for an empty histogram.

    Examples
    --------
    >>> expected_decisions([3, 1], SearchTree.twin_range(0, 0, 2, 0, bits=2, bound=3).depths)
    1.5
    """
    weights = _weights(histogram)
    depths = np.asarray(depths, dtype=np.int64)
    if len(weights) > len(depths):
        raise ValueError(f"Histogram must have at most {len(depths)} counts, not {len(weights)}")
    total = weights.sum()
    return float(weights @ depths[: len(weights)] / total) if total else 0.0


def entropy(histogram: ArrayLike) -> float:
    r"""Return the entropy of a distribution of counts in bits, below which no search can go.

    .. math:: H = -\sum_c p_c \log_2 p_c

    Parameters
    ----------
    histogram : array_like
        How often every count occurs; any shape.

    Examples
    --------
    >>> entropy([2, 1, 1])
    1.5
    """
    weights = _weights(np.ravel(histogram))
    present = weights[weights > 0]
    if not len(present):
        return 0.0
    p = present / present.sum()
    return float(max(0.0, -(p * np.log2(p)).sum()))


def optimal_decisions(histogram: ArrayLike) -> float:
    """Return the mean number of decisions of the optimal tree, `SearchTree.alphabetic`; exact.

    Parameters
    ----------
    histogram : array_like, shape (bound + 1,)
        How often every count occurs. Counts that never do have a leaf as well.

    Examples
    --------
    >>> optimal_decisions([2, 1, 1])
    1.5
    """
    weights = _weights(histogram)
    return expected_decisions(weights, _alphabetic_depths(weights))


def _bisect(
    level: int, *, high_bit: int, low_bit: int, leaf: Callable[[int], Leaf]
) -> Split | Leaf:
    """Search bits `high_bit` - 1 down to `low_bit` above `level`."""
    if high_bit == low_bit:
        return leaf(level)
    middle = level + (1 << (high_bit - 1))
    low = _bisect(level, high_bit=high_bit - 1, low_bit=low_bit, leaf=leaf)
    high = _bisect(middle, high_bit=high_bit - 1, low_bit=low_bit, leaf=leaf)
    return Split(middle, low, high)


def _columns(table: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return list(table.T.copy())


def _by_decision(error: Error) -> Callable[[int], ArrayLike]:
    """Make a comparator error a function of the decision."""
    if callable(error):
        return error
    errors = np.asarray(error, dtype=np.float64)
    return lambda decision: errors[..., decision] if errors.ndim else errors


def _weights(histogram: ArrayLike) -> NDArray[np.int64] | NDArray[np.float64]:
    """Take a histogram, integers as they are."""
    weights = np.asarray(histogram)
    if weights.ndim != 1 or not len(weights) or weights.dtype.kind not in "iuf":
        raise ValueError(f"Histogram must be a row of numbers, not {histogram!r}")
    if not (weights >= 0).all():
        raise ValueError(f"Histogram must not be negative, not {weights.min()!r}")
    return weights.astype(np.float64) if weights.dtype.kind == "f" else weights.astype(np.int64)


def _alphabetic_depths(weights: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
    """Return the depths of the leaves of an optimal alphabetic tree (Garsia-Wachs)."""
    # Combine: join the first pair whose left weight is at most the weight right of the pair, move
    # it left past what is lighter. Joined trees have optimal depths, though not in order.
    work: list[tuple[float, int]] = [(weight, k) for k, weight in enumerate(weights.tolist())]
    children: list[tuple[int, int]] = []
    leaves = len(work)
    at = 0
    while len(work) > 1:
        while at + 2 < len(work) and work[at][0] > work[at + 2][0]:
            at += 1
        (left, low), (right, high) = work[at : at + 2]
        del work[at : at + 2]
        place = at
        while place and work[place - 1][0] < left + right:
            place -= 1
        work.insert(place, (left + right, leaves + len(children)))
        children.append((low, high))
        at = max(place - 2, 0)
    # A parent is always younger than its children.
    depths = [0] * (leaves + len(children))
    for k in reversed(range(len(children))):
        for child in children[k]:
            depths[child] = depths[leaves + k] + 1
    return depths[:leaves]
