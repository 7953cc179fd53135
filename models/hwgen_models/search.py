"""Decision trees over thresholds: what every readout walks, whatever its scheme.

A conversion asks "count >= threshold?" until one leaf is left. From the tree follow exactly the
value of every count, its decisions and their thresholds, its code, and what a distribution of
counts costs. A scheme is a constructor of `SearchTree`: nothing else in the project knows how it
searches. Each has a module of its own (`ranges`, `alphabetic`, `outward`, `redundant`); their names
can be imported from here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.alphabetic import alphabetic_root, optimal_decisions
from hwgen_models.distributions import conditional_entropy, entropy, expected_decisions
from hwgen_models.outward import outward_root
from hwgen_models.ranges import Range, check_order, check_ranges, range_root, twin_ranges
from hwgen_models.redundant import Redundant
from hwgen_models.trees import Leaf, Split, bisect

__all__ = [
    "Error",
    "Leaf",
    "Range",
    "Redundant",
    "SearchTree",
    "Split",
    "Walk",
    "check_ranges",
    "conditional_entropy",
    "entropy",
    "expected_decisions",
    "optimal_decisions",
    "twin_ranges",
]

Error = Callable[[int], ArrayLike] | ArrayLike  # of the comparator, by decision; in counts


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

    A decision is one comparison, the unit of energy. A step is one strobe of the comparators, the
    unit of time. They are the same but for `flash`, whose comparators work at once: it takes as
    many decisions as it has thresholds, for every count, and one step.

    Parameters
    ----------
    root : Split or Leaf
        The tree, nested.
    bound : int
        Largest count of interest; `values` and `depths` go from 0 to it. It may exceed every
        threshold: a readout saturates at its last leaf.
    parallel : bool
        All thresholds are compared at once, each by a comparator of its own; the tree says which
        answers count.

    Attributes
    ----------
    threshold, low, high, votes : numpy.ndarray of int64, shape (nodes,)
        The decisions, root first, and the comparisons whose majority answers each. A child *c* >= 0
        is a node, a child *c* < 0 the leaf *~c*.
    leaf_value, leaf_range, leaf_level, leaf_depth : numpy.ndarray of int64, shape (leaves,)
        The leaves, lowest first: value in counts, range, level, number of decisions to get there.
    leaf_steps : numpy.ndarray of int64, shape (leaves,)
        Strobes in sequence to get there.
    leaf_code : tuple of str
        Codes of the leaves. In sequence the answers, in order, one bit of each decision or vote:
        flags of the tests first, then the bits searched, no code being the start of another. Of a
        parallel tree the number of the leaf, in as few bits as tell them apart.
    depth : int
        Largest number of decisions.
    bound : int
        As given.

    Raises
    ------
    ValueError
        When a threshold is not a code, i.e. below 1, or a number of votes is not odd.

    Examples
    --------
    >>> tree = SearchTree.twin_range(1, 0, 3, 0, bits=3, bound=7)
    >>> tree.depths.tolist()
    [2, 2, 4, 4, 4, 4, 4, 4]
    >>> tree.walk(5).thresholds.tolist()
    [2, 4, 6, 5]
    >>> tree.codes[0], tree.codes[5]
    ('00', '1101')
    """

    def __init__(self, root: Split | Leaf, *, bound: int, parallel: bool = False) -> None:
        if bound < 0:
            raise ValueError(f"Bound must be at least 0, not {bound!r}")
        self.bound = bound
        self.parallel = parallel
        nodes: list[list[int]] = []
        leaves: list[Leaf] = []
        depths: list[int] = []
        codes: list[str] = []
        # Depth first, low before high; a parent learns where its child went.
        todo: list[tuple[Split | Leaf, int, int, int, str]] = [(root, -1, 0, 0, "")]
        while todo:
            tree, parent, side, depth, code = todo.pop()
            if isinstance(tree, Leaf):
                place = ~len(leaves)
                leaves.append(tree)
                depths.append(depth)
                codes.append(code)
            else:
                threshold, low, high, votes = tree
                if threshold < 1:
                    raise ValueError(f"Threshold must be at least 1, not {threshold!r}")
                if votes < 1 or votes % 2 == 0:
                    raise ValueError(f"Votes must be an odd number, not {votes!r}")
                place = len(nodes)
                nodes.append([threshold, 0, 0, votes])
                todo += [
                    (high, place, 2, depth + votes, code + "1"),
                    (low, place, 1, depth + votes, code + "0"),
                ]
            if parent >= 0:
                nodes[parent][side] = place
        table = np.array(nodes, dtype=np.int64).reshape(-1, 4)
        ends = np.array(leaves, dtype=np.int64)
        self.threshold, self.low, self.high, self.votes = _columns(table)
        self.leaf_value, self.leaf_range, self.leaf_level = _columns(ends)
        self.leaf_depth: NDArray[np.int64] = np.array(depths, dtype=np.int64)
        self.leaf_steps = self.leaf_depth
        self.leaf_code = tuple(codes)
        if parallel:
            self.leaf_depth = np.full_like(self.leaf_depth, len(nodes))
            self.leaf_steps = np.full_like(self.leaf_depth, min(1, len(nodes)))
            width = (len(leaves) - 1).bit_length()
            self.leaf_code = tuple(f"{k:0{width}b}" if width else "" for k in range(len(leaves)))
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
        root = bisect(0, high_bit=bits, low_bit=0, leaf=lambda level: Leaf(level, 0, level))
        return cls(root, bound=top if bound is None else bound)

    @classmethod
    def ranges(
        cls,
        ranges: Sequence[Range],
        *,
        bits: int,
        bound: int,
        order: Sequence[int] | None = None,
        active: int | None = None,
        shows_value: bool = False,
    ) -> "SearchTree":
        r"""Build a range search: find the range by tests of its edges, then search inside it.

        The next test is the first edge in `order` that is still open. An edge is decided once an
        edge below it was answered no, or one above it yes; edges above the largest possible count
        B never open. So every order means a tree of tests, and every tree of tests has an order
        (its nodes, each before those below it). Without `order` the lowest edge is first: a count
        in range i of K costs :math:`\min(i + 1, K - 1)` tests. Inside a range follow
        :math:`payload_i - truncation_i` decisions. Leaves have the values of `interval_value`:
        floor in range 0, mid-point in later ones.

        With `active` given, a conversion knows :math:`B = \min(bound, active)`, and the range that
        B cuts is searched over no more than the bits of :math:`B - base_i`. Values do not depend on
        `active`. On the wire a count has its code of the tree without `active`, the answers that
        were known filled in: who decodes need not know B.

        Two ranges are TRQ (DATE 2024, arXiv 2402.06164): the order of decisions is a
        reconstruction. More ranges, with bases of their own, the order and the bound are this
        project's.

        Parameters
        ----------
        ranges : sequence of Range
            A legal table (`check_ranges`).
        bits : int
            Width of a threshold code, N.
        bound : int
            Largest count of the array.
        order : sequence of int, optional
            Edges in the order of their tests, edge i being that between ranges i and i + 1.
        active : int, optional
            Largest count that the active rows of this read allow, at least 0.
        shows_value : bool
            ``dac`` ends at the value of a leaf, not at its level: a search that decodes itself.

        Raises
        ------
        ValueError
            When the table or the order is not legal, with the reason.

        Examples
        --------
        >>> table = [Range(0, 1, 0), Range(2, 1, 0), Range(4, 2, 0)]
        >>> SearchTree.ranges(table, bits=3, bound=7).depths.tolist()
        [2, 2, 3, 3, 4, 4, 4, 4]
        >>> SearchTree.ranges(table, bits=3, bound=7, order=[1, 0]).depths.tolist()
        [3, 3, 3, 3, 3, 3, 3, 3]
        >>> SearchTree.ranges(table, bits=3, bound=7, active=4).depths.tolist()
        [2, 2, 3, 3, 2]
        """
        used = check_ranges(ranges, bits=bits, bound=bound)
        order = check_order(order, edges=len(used) - 1)
        largest = bound if active is None else min(bound, active)
        limit = min(largest, (1 << bits) - 1)
        root = range_root(
            used, order=order, limit=limit, clip=active is not None, shows_value=shows_value
        )
        return cls(root, bound=largest)

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
    def outward(
        cls,
        centre: int,
        *,
        bits: int,
        bound: int,
        patience: int,
        step_bits: int = 0,
        truncation: int = 0,
    ) -> "SearchTree":
        """Build the search that starts where the count is expected: `outward_root`.

        Parameters
        ----------
        centre : int
            Expected count, at least 0.
        bits : int
            Width of a threshold code, N.
        bound : int
            Largest count that can occur: of the array, or what the active rows of a read allow.
        patience : int
            Most steps outward.
        step_bits, truncation : int
            Binary logarithms of a step, in bins, and of a bin, in counts.

        Examples
        --------
        >>> SearchTree.outward(2, bits=3, bound=7, patience=3).depths.tolist()
        [2, 2, 2, 3, 4, 7, 7, 7]
        """
        limit = min(bound, (1 << bits) - 1)
        root = outward_root(
            centre, limit=limit, patience=patience, step_bits=step_bits, truncation=truncation
        )
        return cls(root, bound=bound)

    @classmethod
    def redundant(cls, search: Redundant, bound: int | None = None) -> "SearchTree":
        """Build a search with redundant weights: as many decisions for every count.

        Parameters
        ----------
        search : Redundant
            Start, weights and votes.
        bound : int, optional
            Largest count; without one, the largest that is told.

        Examples
        --------
        >>> search = Redundant(bits=3, start=4, weights=(2, 1))
        >>> SearchTree.redundant(search).walk(6).thresholds.tolist()
        [4, 6, 7]
        """
        return cls(search.root, bound=search.largest if bound is None else bound)

    @classmethod
    def flash(
        cls, thresholds: Sequence[int], values: Sequence[int] | None = None, *, bound: int
    ) -> "SearchTree":
        """Build a flash: all thresholds compared at once, the highest that says yes counts.

        With one threshold it is a sense amplifier, with two the ternary one of an ADC-less column.

        Parameters
        ----------
        thresholds : sequence of int
            Codes, ascending.
        values : sequence of int, optional
            What is read below the first threshold, from each threshold on; without them 0 and the
            thresholds.
        bound : int
            Largest count.

        Raises
        ------
        ValueError
            When thresholds do not ascend or values do not fit.

        Examples
        --------
        >>> tree = SearchTree.flash([2, 5], [-1, 0, 1], bound=6)
        >>> tree.values.tolist(), tree.depths.tolist(), tree.leaf_steps.tolist()
        ([-1, -1, 0, 0, 0, 1, 1], [2, 2, 2, 2, 2, 2, 2], [1, 1, 1])
        """
        values = [0, *thresholds] if values is None else list(values)
        if list(thresholds) != sorted(set(thresholds)):
            raise ValueError(f"Thresholds must ascend, not {list(thresholds)}")
        if len(values) != len(thresholds) + 1:
            raise ValueError(f"Values must be {len(thresholds) + 1} numbers, not {len(values)}")
        root: Split | Leaf = Leaf(values[0], 0, 0)
        for threshold, value in zip(thresholds, values[1:], strict=True):
            root = Split(threshold, low=root, high=Leaf(value, 0, threshold))
        return cls(root, bound=bound, parallel=True)

    @classmethod
    def alphabetic(cls, histogram: ArrayLike) -> "SearchTree":
        """Build the optimal tree for a histogram: no lossless search takes fewer decisions.

        Lossless means exact for every count that the histogram covers, those that never occurred
        too.

        Parameters
        ----------
        histogram : array_like, shape (bound + 1,)
            How often every count occurs.
        """
        return cls(alphabetic_root(histogram), bound=len(np.asarray(histogram)) - 1)

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
        yes, asked = np.zeros_like(at), np.zeros_like(at)
        for decision in range(self.depth):
            searching = at >= 0
            if not searching.any():
                break
            node = np.where(searching, at, 0)
            error_now = np.asarray(error_of(decision), dtype=np.float64)
            yes += held + error_now >= self.threshold[node] - 0.5
            asked += 1
            answered = searching & (asked == self.votes[node])
            child = np.where(2 * yes > asked, self.high[node], self.low[node])
            at = np.where(answered, child, at)
            yes[answered], asked[answered] = 0, 0
        return Walk(self, ~at)

    @cached_property
    def leaf_path(self) -> NDArray[np.int64]:
        """Thresholds on the way to every leaf, shape (leaves, depth); zeros behind the last."""
        paths = np.zeros((len(self.leaf_value), self.depth), dtype=np.int64)
        if self.parallel:
            paths[:] = self.threshold
            return paths
        todo: list[tuple[int, list[int]]] = [(0 if len(self.threshold) else ~0, [])]
        while todo:
            at, path = todo.pop()
            if at < 0:
                paths[~at, : len(path)] = path
            else:
                longer = [*path, *[int(self.threshold[at])] * int(self.votes[at])]
                todo += [(int(self.low[at]), longer), (int(self.high[at]), longer)]
        return paths

    @cached_property
    def values(self) -> NDArray[np.int64]:
        """Value of every count from 0 to the bound, shape (bound + 1,)."""
        return self.leaf_value[self._leaves]

    @cached_property
    def depths(self) -> NDArray[np.int64]:
        """Decisions of every count from 0 to the bound, shape (bound + 1,)."""
        return self.leaf_depth[self._leaves]

    @property
    def codes(self) -> list[str]:
        """Code of every count from 0 to the bound, see `leaf_code`."""
        return [self.leaf_code[leaf] for leaf in self._leaves.tolist()]

    @cached_property
    def code_bits(self) -> NDArray[np.int64]:
        """Bits of the code of every count from 0 to the bound, shape (bound + 1,)."""
        lengths = np.array([len(code) for code in self.leaf_code], dtype=np.int64)
        return lengths[self._leaves]

    @property
    def lossless(self) -> bool:
        """Whether every count from 0 to the bound is read as itself."""
        return bool((self.values == np.arange(self.bound + 1)).all())

    def expected_decisions(self, histogram: ArrayLike) -> float:
        """Return the mean number of decisions, see `expected_decisions`."""
        return expected_decisions(histogram, self.depths)

    @cached_property
    def _leaves(self) -> NDArray[np.int64]:
        """Leaf of every count from 0 to the bound."""
        return self.walk(np.arange(self.bound + 1)).leaf

    @cached_property
    def _leaf_of_level(self) -> NDArray[np.int64]:
        """Leaf of every integer count, up to where nothing changes any more."""
        counts = np.arange(int(self.threshold.max(initial=0)) + 1)
        return self.walk(counts, error=0.0).leaf


def _columns(table: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return list(table.T.copy())


def _by_decision(error: Error) -> Callable[[int], ArrayLike]:
    """Make a comparator error a function of the decision."""
    if callable(error):
        return error
    errors = np.asarray(error, dtype=np.float64)
    return lambda decision: errors[..., decision] if errors.ndim else errors
