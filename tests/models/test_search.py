"""Trees against hand-worked cases, published formulas and plain python that shares no code."""

import math
import re
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from hwgen_models.search import (
    Leaf,
    Range,
    SearchTree,
    Split,
    check_ranges,
    conditional_entropy,
    entropy,
    expected_decisions,
    optimal_decisions,
    twin_ranges,
)


def plain_binary(count, bits):
    """Textbook successive approximation: value and thresholds."""
    code, asked = 0, []
    for bit in reversed(range(bits)):
        asked.append(code | 1 << bit)
        if count >= asked[-1]:
            code = asked[-1]
    return code, asked


def plain_ranges(count, ranges, bits, bound):
    """Range search of one count by the words of the architecture: value and thresholds."""
    asked, edge_before = [], 0
    for index, (base, payload, truncation) in enumerate(ranges):
        edge = base + 2**payload
        if edge <= min(bound, 2**bits - 1):
            asked.append(edge)
            if count >= edge:
                edge_before = edge
                continue
        level = base
        for bit in range(payload - 1, truncation - 1, -1):
            asked.append(level + 2**bit)
            if count >= asked[-1]:
                level = asked[-1]
        bin_end = level + 2**truncation
        if index == 0:
            return level, asked
        if level < edge_before < bin_end:
            return (edge_before + bin_end) // 2, asked
        return (level + bin_end) // 2, asked
    raise AssertionError("table does not cover the bound")


def assert_walks(tree, expected, counts):
    """Values, numbers of decisions and thresholds of `counts` are the expected ones."""
    walk = tree.walk(counts)
    padded = [asked + [0] * (tree.depth - len(asked)) for _, asked in expected]

    np.testing.assert_array_equal(walk.values, [value for value, _ in expected])
    np.testing.assert_array_equal(walk.decisions, [len(asked) for _, asked in expected])
    np.testing.assert_array_equal(walk.thresholds, np.array(padded).reshape(len(counts), -1))


# Binary search


@pytest.mark.parametrize("bits", [1, 2, 5, 8])
def test_binary_is_successive_approximation(bits):
    counts = np.arange(2**bits + 3)

    assert_walks(SearchTree.binary(bits), [plain_binary(c, bits) for c in counts], counts)


def test_binary_takes_n_decisions_and_is_lossless_up_to_its_codes():
    tree = SearchTree.binary(8, 128)

    assert tree.depths.tolist() == [8] * 129
    assert tree.lossless
    assert (len(tree.threshold), len(tree.leaf_value), tree.depth) == (255, 256, 8)


def test_count_128_needs_all_eight_bits():
    tree = SearchTree.binary(8, 128)

    assert tree.walk(128).thresholds.tolist() == [128, 192, 160, 144, 136, 132, 130, 129]
    assert int(tree.walk(128).values) == 128
    assert int(SearchTree.binary(7, 128).values[128]) == 127


def test_saturating_readout_yields_the_smaller_of_count_and_largest_code():
    tree = SearchTree.binary(5, 128)

    np.testing.assert_array_equal(tree.values, np.minimum(np.arange(129), 31))
    assert not tree.lossless


# Ranges: cases by hand


def test_twin_range_count_by_count():
    """N = 4, W = 4, bins of 4 above: tests 4, then bits 1..0, or bits 3..2."""
    tree = SearchTree.twin_range(2, 0, 4, 2, bits=4, bound=15)

    assert tree.values.tolist() == [0, 1, 2, 3] + [6] * 4 + [10] * 4 + [14] * 4
    assert tree.depths.tolist() == [3] * 16
    assert tree.walk(0).thresholds.tolist() == [4, 2, 1]
    assert tree.walk(3).thresholds.tolist() == [4, 2, 3]
    assert tree.walk(4).thresholds.tolist() == [4, 8, 4]
    assert tree.walk(15).thresholds.tolist() == [4, 8, 12]


def test_tie_at_the_edge_belongs_to_the_second_range():
    walk = SearchTree.twin_range(3, 0, 8, 0, bits=8, bound=128).walk([7, 8])

    assert walk.ranges.tolist() == [0, 1]
    assert walk.decisions.tolist() == [4, 9]
    assert walk.values.tolist() == [7, 8]


def test_truncated_first_range_decodes_to_its_floor_and_zero_to_zero():
    tree = SearchTree.twin_range(4, 1, 8, 3, bits=8, bound=128)

    assert tree.values[:16].tolist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14]
    assert tree.depths[:16].tolist() == [1 + 3] * 16
    assert tree.values[16:24].tolist() == [20] * 8
    assert tree.depths[16:].tolist() == [1 + 5] * 113


def test_bin_cut_by_the_edge_decodes_to_the_middle_of_what_is_left():
    """(n1, d1, d2) = (2, 0, 3): the bin [0, 8) holds only 4..7, not its mid-point 4."""
    tree = SearchTree.twin_range(2, 0, 8, 3, bits=8, bound=128)

    assert tree.values[:4].tolist() == [0, 1, 2, 3]
    assert tree.values[4:8].tolist() == [(4 + 8) // 2] * 4
    assert tree.values[8:16].tolist() == [12] * 8
    assert int(tree.values[128]) == 132


def test_middle_of_an_odd_cut_bin_rounds_down():
    tree = SearchTree.twin_range(0, 0, 4, 3, bits=4, bound=15)

    assert tree.values.tolist() == [0] + [(1 + 8) // 2] * 7 + [12] * 8
    assert tree.depths.tolist() == [1] + [2] * 15


def test_first_range_above_the_bound_is_a_binary_search_without_a_test():
    """The reset value of the table."""
    tree = SearchTree.twin_range(8, 0, 8, 0, bits=8, bound=128)
    binary = SearchTree.binary(8, 128)
    counts = np.arange(256)

    np.testing.assert_array_equal(tree.walk(counts).thresholds, binary.walk(counts).thresholds)
    np.testing.assert_array_equal(tree.walk(counts).values, binary.walk(counts).values)


def test_first_range_may_hold_only_zero():
    tree = SearchTree.twin_range(0, 0, 3, 0, bits=3, bound=7)

    assert tree.depths.tolist() == [1] + [4] * 7
    assert tree.lossless


def test_nothing_to_search_costs_nothing():
    tree = SearchTree.twin_range(3, 3, 3, 0, bits=3, bound=7)

    assert tree.depth == 0
    assert tree.values.tolist() == [0] * 8
    assert tree.walk([[5, 6]]).thresholds.shape == (1, 2, 0)
    assert tree.walk([5.0, 6.0], error=1.0).values.tolist() == [0, 0]


def test_one_test_may_be_all():
    """Both ranges truncated away: a comparator and two values."""
    tree = SearchTree.twin_range(2, 2, 3, 3, bits=3, bound=7)

    assert tree.values.tolist() == [0] * 4 + [6] * 4
    assert tree.depths.tolist() == [1] * 8


def test_four_ranges_with_bases_of_their_own():
    ranges = [Range(0, 0, 0), Range(1, 1, 0), Range(3, 2, 0), Range(7, 4, 1)]
    tree = SearchTree.ranges(ranges, bits=5, bound=22)

    assert tree.depths.tolist() == [1] + [3] * 2 + [5] * 4 + [6] * 16
    assert tree.values[:7].tolist() == list(range(7))
    # Mid-points of bins of 2 are their upper counts; what is one off is off by one.
    assert tree.values[7:].tolist() == [
        8,
        8,
        10,
        10,
        12,
        12,
        14,
        14,
        16,
        16,
        18,
        18,
        20,
        20,
        22,
        22,
    ]
    assert tree.walk(9).thresholds.tolist() == [1, 3, 7, 15, 11, 9]


def test_leaves_that_no_count_reaches_exist():
    """Range 1 is searched over all its bits, so a comparator that errs ends below the edge."""
    tree = SearchTree.twin_range(2, 0, 3, 0, bits=3, bound=7)
    reachable = set(tree.walk(np.arange(8)).leaf.tolist())

    assert len(tree.leaf_value) == 4 + 8
    assert len(reachable) == 8
    # Wrongly above 4 at the test, rightly below 4, 2 and 1 afterwards.
    walk = tree.walk(0, error=[4.0, 0.0, 0.0, 0.0])
    assert int(walk.leaf) not in reachable
    assert (int(walk.values), int(walk.ranges), int(walk.levels)) == (0, 1, 0)


# Ranges: everything small, and random tables


def legal_by_hand(ranges, bits, bound):
    """Legality in the words of the architecture, without code of the model."""
    bound = min(bound, 2**bits - 1)
    if ranges[0][0] != 0:
        return False
    edge = None
    for base, payload, truncation in ranges:
        if payload > bits or truncation > payload or base + 2**payload > 2**bits:
            return False
        if edge is not None and not base <= edge < base + 2**payload:
            return False
        edge = base + 2**payload
        if edge > bound:
            return True
    return False


def twin_tables(bits):
    for fields in product(range(bits + 1), repeat=4):
        yield [(0, *fields[:2]), (0, *fields[2:])]


CASES = [(bits, bound) for bits in (1, 2, 3, 4) for bound in range(1, 2**bits)]
CASES += [(3, 8), (3, 20), (4, 16), (5, 12), (5, 16), (5, 31), (5, 40)]


@pytest.mark.parametrize(("bits", "bound"), CASES)
def test_all_twin_range_tables_of_up_to_five_bits(bits, bound):
    counts = np.arange(bound + 1)
    legal = 0
    for ranges in twin_tables(bits):
        table = [Range(*one) for one in ranges]
        if not legal_by_hand(ranges, bits, bound):
            with pytest.raises(ValueError, match=r"^range \d"):
                check_ranges(table, bits=bits, bound=bound)
            continue
        legal += 1
        tree = SearchTree.ranges(table, bits=bits, bound=bound)
        assert_walks(tree, [plain_ranges(c, ranges, bits, bound) for c in counts], counts)
        assert tree.leaf_value.max() <= 2**bits - 1
        assert tree.leaf_value.min() >= 0
        assert tree.threshold.min(initial=1) >= 1
        assert tree.threshold.max(initial=1) <= 2**bits - 1
        assert tree.depth <= bits + 1
    assert legal


def test_random_tables_of_up_to_six_ranges():
    rng = np.random.default_rng(2024)
    legal = 0
    for _ in range(3000):
        bits = int(rng.integers(1, 9))
        bound = int(rng.integers(1, 2**bits + 5))
        edge, ranges = 0, []
        for _ in range(rng.integers(1, 7)):
            base = int(rng.integers(0, edge + 1)) if rng.random() < 0.5 else edge
            payload = int(rng.integers(0, bits + 1))
            ranges.append((base, payload, int(rng.integers(0, payload + 1))))
            edge = base + 2**payload
        table = [Range(*one) for one in ranges]
        if not legal_by_hand(ranges, bits, bound):
            with pytest.raises(ValueError, match=r"^range \d"):
                check_ranges(table, bits=bits, bound=bound)
            continue
        legal += 1
        counts = np.arange(bound + 1)
        tree = SearchTree.ranges(table, bits=bits, bound=bound)
        assert_walks(tree, [plain_ranges(c, ranges, bits, bound) for c in counts], counts)
    assert legal > 200


@pytest.mark.parametrize("payload_0", range(8))
def test_without_truncation_every_table_is_lossless(payload_0):
    assert SearchTree.twin_range(payload_0, 0, 8, 0, bits=8, bound=128).lossless


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((3, 0, 9, 0), "range 1: payload must be between 0 and 8, not 9"),
        ((3, 4, 8, 0), "range 0: truncation must be between 0 and its payload 3, not 4"),
        ((3, 0, 6, 0), "range 1 must reach beyond the bound 128, not end before 64"),
        (
            (3, 0, 3, 0),
            "range 1 must end above the range before it and at most at 256: after 8, not before 8",
        ),
    ],
)
def test_rejects_illegal_tables(fields, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        SearchTree.twin_range(*fields, bits=8, bound=128)


def test_rejects_ranges_that_leave_a_gap_or_do_not_start_at_zero():
    with pytest.raises(ValueError, match=r"^range 1: base must be between 0 and .* 4, not 5$"):
        check_ranges([Range(0, 2, 0), Range(5, 3, 0)], bits=4, bound=12)
    with pytest.raises(ValueError, match=r"^range 0: base must be between 0 and .* 0, not 1$"):
        check_ranges([Range(1, 3, 0)], bits=4, bound=8)


def test_ranges_behind_the_one_that_covers_the_bound_are_neither_used_nor_checked():
    table = [Range(0, 4, 0), Range(99, 99, 99)]

    assert check_ranges(table, bits=4, bound=15) == [Range(0, 4, 0)]


# Costs


def test_expected_decisions_follow_the_formula_of_trq():
    """E[ops] = nu + P1 n1 + (1 - P1) (N - d2), nu = 1 (arXiv 2402.06164, reconstructed)."""
    rng = np.random.default_rng(7)
    histogram = rng.integers(0, 1000, 129)
    for n1, d1, d2 in product(range(1, 6), range(3), range(6)):
        payload_0 = n1 + d1
        if 2**payload_0 > 128:
            continue
        tree = SearchTree.twin_range(payload_0, d1, 8, d2, bits=8, bound=128)
        inside = Fraction(int(histogram[: 2**payload_0].sum()), int(histogram.sum()))

        expected = 1 + inside * n1 + (1 - inside) * (8 - d2)

        assert tree.expected_decisions(histogram) == pytest.approx(float(expected), rel=1e-14)


# Shares of counts below 4, 8 and 16, measured on an int8 ResNet-20 (CIFAR-10, 128 rows), and the
# decisions per conversion that tables (n1, d1, d2) were measured to take on the same data.
DIFFERENTIAL = {4: 0.739, 8: 0.924, 16: 0.997}
OFFSET = {4: 0.360, 8: 0.622, 16: 0.883}


@pytest.mark.parametrize(
    ("shares", "n1", "d1", "d2", "decisions"),
    [
        (DIFFERENTIAL, 2, 0, 0, 4.57),
        (DIFFERENTIAL, 3, 0, 0, 4.38),
        (DIFFERENTIAL, 4, 0, 0, 5.01),
        (DIFFERENTIAL, 3, 0, 1, 4.30),
        (DIFFERENTIAL, 3, 0, 2, 4.23),
        (DIFFERENTIAL, 3, 0, 3, 4.15),
        (DIFFERENTIAL, 2, 0, 2, 4.04),
        (DIFFERENTIAL, 2, 0, 3, 3.78),
        (DIFFERENTIAL, 4, 0, 3, 5.00),
        (DIFFERENTIAL, 3, 1, 3, 4.01),
        (OFFSET, 2, 0, 0, 6.84),
        (OFFSET, 3, 0, 0, 5.89),
        (OFFSET, 4, 0, 0, 5.47),
    ],
)
def test_decisions_measured_on_resnet_20(shares, n1, d1, d2, decisions):
    histogram = np.zeros(129)
    below = 0.0
    for edge, share in shares.items():
        histogram[edge - 1] = share - below
        below = share
    histogram[128] = 1 - below

    tree = SearchTree.twin_range(n1 + d1, d1, 8, d2, bits=8, bound=128)

    assert tree.expected_decisions(histogram) == pytest.approx(decisions, abs=0.0055)


def test_histograms_may_be_shorter_than_the_bound_or_empty():
    depths = SearchTree.twin_range(1, 0, 3, 0, bits=3, bound=7).depths

    assert expected_decisions([1, 1, 2], depths) == (2 + 2 + 2 * 4) / 4
    assert expected_decisions([0, 0], depths) == 0.0
    assert entropy([0, 0]) == 0.0
    with pytest.raises(ValueError, match=r"^Histogram must have at most 8 counts, not 9$"):
        expected_decisions([1] * 9, depths)
    with pytest.raises(ValueError, match=r"^Histogram must not be negative"):
        entropy([1, -1])
    with pytest.raises(ValueError, match=r"^Histogram must be a row of numbers"):
        optimal_decisions([[1, 1]])


def test_known_entropies():
    assert entropy([7]) == 0.0
    assert entropy([5] * 16) == pytest.approx(4.0, rel=1e-15)
    assert entropy(2 ** np.arange(20, -1, -1)) == pytest.approx(2.0, abs=1e-4)  # geometric, 1/2
    assert entropy([89, 11]) == pytest.approx(0.4999, abs=1e-4)  # h(0.11) is one half, nearly
    assert entropy([[1, 1], [1, 1]]) == 2.0


def brute_force(weights):
    """Cheapest alphabetic tree by trying every root of every interval."""
    n = len(weights)
    cost = {(k, k + 1): 0 for k in range(n)}
    for length in range(2, n + 1):
        for first in range(n - length + 1):
            last = first + length
            best = min(cost[first, k] + cost[k, last] for k in range(first + 1, last))
            cost[first, last] = best + sum(weights[first:last])
    return cost[0, n]


@pytest.mark.parametrize("largest", [1, 3, 60])
def test_optimal_tree_is_no_worse_than_any_other(largest):
    rng = np.random.default_rng(11)
    for n in list(range(1, 12)) * 12:
        weights = rng.integers(0, largest + 1, n)

        tree = SearchTree.alphabetic(weights)

        assert tree.lossless
        assert tree.bound == n - 1
        assert int(weights @ tree.depths) == brute_force(weights.tolist())
        if weights.any():
            assert optimal_decisions(weights) == tree.expected_decisions(weights)


def test_optimal_tree_of_known_shape():
    """Counts 0 to 3 with probabilities 1/2, 1/4, 1/8, 1/8 cost their entropy."""
    tree = SearchTree.alphabetic([4, 2, 1, 1])

    assert tree.depths.tolist() == [1, 2, 3, 3]
    assert tree.walk(3).thresholds.tolist() == [1, 2, 3]
    assert optimal_decisions([4, 2, 1, 1]) == entropy([4, 2, 1, 1]) == 1.75
    assert SearchTree.alphabetic([1] * 16).depths.tolist() == [4] * 16


def test_optimal_tree_lies_between_entropy_and_every_other_lossless_search():
    rng = np.random.default_rng(3)
    for _ in range(20):
        histogram = rng.geometric(rng.uniform(0.05, 0.9), 2000)
        histogram = np.bincount(np.minimum(histogram - 1, 128), minlength=129)
        optimum = optimal_decisions(histogram)

        assert entropy(histogram) <= optimum
        assert optimum < entropy(histogram) + 2  # Gilbert and Moore
        for payload_0 in range(8):
            tree = SearchTree.twin_range(payload_0, 0, 8, 0, bits=8, bound=128)
            assert optimum <= tree.expected_decisions(histogram)


def test_very_skewed_histograms_make_deep_trees():
    histogram = [2**k for k in range(60)]

    assert SearchTree.alphabetic(histogram).depth == 59
    assert SearchTree.alphabetic([0] * 4000 + [1]).lossless


# Walking


def plain_walk(tree, count, error):
    """Node by node, in plain python."""
    at, asked = (0 if len(tree.threshold) else ~0), []
    while at >= 0:
        above = count + error[len(asked)] >= int(tree.threshold[at]) - 0.5
        asked.append(int(tree.threshold[at]))
        at = int(tree.high[at] if above else tree.low[at])
    return ~at, asked


@pytest.mark.parametrize(
    "tree",
    [
        SearchTree.binary(4),
        SearchTree.twin_range(2, 0, 4, 1, bits=4, bound=12),
        SearchTree.twin_range(1, 1, 4, 3, bits=4, bound=12),
        SearchTree.alphabetic([9, 5, 1, 1, 4, 1, 1, 1, 1]),
    ],
)
def test_noisy_walk_is_that_of_plain_python(tree):
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 13 * 8, (30, 20)) / 8  # an array that is not ideal
    errors = rng.normal(0, 1.5, (30, 20, tree.depth))

    walk = tree.walk(counts, errors)
    called = tree.walk(counts, lambda decision: errors[..., decision])

    np.testing.assert_array_equal(called.leaf, walk.leaf)
    assert len(np.unique(walk.leaf)) > len(tree.leaf_value) // 2
    for index in np.ndindex(counts.shape):
        leaf, asked = plain_walk(tree, counts[index], errors[index])
        assert walk.leaf[index] == leaf
        assert walk.thresholds[index][: len(asked)].tolist() == asked
        assert walk.decisions[index] == len(asked)
        assert walk.values[index] == tree.leaf_value[leaf]


def test_ideal_walk_of_fractions_compares_half_a_unit_below_the_code():
    tree = SearchTree.binary(4)
    counts = np.array([-3.0, 0.49, 0.5, 2.499, 2.5, 14.5, 99.0])

    assert tree.walk(counts).values.tolist() == [0, 0, 1, 2, 3, 15, 15]
    np.testing.assert_array_equal(tree.walk(counts, 0.0).leaf, tree.walk(counts).leaf)


def test_constant_offset_shifts_every_count():
    tree = SearchTree.binary(4)

    assert tree.walk(np.arange(4), 1.5).values.tolist() == [2, 3, 4, 5]
    assert tree.walk(np.arange(4), -0.5).values.tolist() == [0, 1, 2, 3]
    assert tree.walk(np.arange(4), -0.6).values.tolist() == [0, 0, 1, 2]


def test_walk_keeps_the_shape_of_counts():
    tree = SearchTree.twin_range(1, 0, 3, 0, bits=3, bound=7)

    assert tree.walk(3).values.shape == ()
    assert tree.walk(np.zeros((2, 0), dtype=int)).values.shape == (2, 0)
    assert tree.walk(np.zeros((2, 3, 4))).thresholds.shape == (2, 3, 4, 4)


# Any other scheme is only another root


def test_redundant_search_forgives_a_wrong_early_decision():
    """Thresholds 4, then 6 or 2 with overlap: a non-binary search, written out."""

    def tail(low, high):
        """Linear search of what is left."""
        leaf = Leaf(low, 0, low)
        return leaf if low == high else Split(low + 1, leaf, tail(low + 1, high))

    tree = SearchTree(Split(4, low=tail(0, 5), high=tail(2, 7)), bound=7)

    assert tree.lossless
    assert int(tree.walk(3, [2.0] + [0.0] * 9).values) == 3
    assert int(tree.walk(5, [-3.0] + [0.0] * 9).values) == 5
    assert int(tree.walk(0, [9.0] + [0.0] * 9).values) == 2  # too wrong to be forgiven


def test_ternary_sense_amplifier_is_two_decisions():
    low, middle, high = (Leaf(value, 0, value) for value in (-1, 0, 1))
    tree = SearchTree(Split(3, Split(2, low, middle), high), bound=4)

    assert tree.values.tolist() == [-1, -1, 0, 1, 1]
    assert tree.depths.tolist() == [2, 2, 2, 1, 1]


def test_rejects_thresholds_that_are_no_codes():
    leaf = Leaf(0, 0, 0)
    with pytest.raises(ValueError, match=r"^Threshold must be at least 1, not 0$"):
        SearchTree(Split(0, leaf, leaf), bound=1)
    with pytest.raises(ValueError, match=r"^Bound must be at least 0, not -1$"):
        SearchTree(leaf, bound=-1)


def test_twin_ranges_start_at_zero():
    assert twin_ranges(3, 1, 8, 2) == [Range(0, 3, 1), Range(0, 8, 2)]
    assert math.log2(Range(0, 3, 1).edge) == 3


# Flash


def test_a_flash_compares_all_thresholds_for_every_count():
    tree = SearchTree.flash([1, 4, 6], bound=9)

    assert tree.values.tolist() == [0, 1, 1, 1, 4, 4, 6, 6, 6, 6]
    assert set(tree.depths.tolist()) == {3}
    assert set(tree.leaf_steps.tolist()) == {1}
    assert tree.walk(0).thresholds.tolist() == tree.walk(9).thresholds.tolist() == [6, 4, 1]
    assert tree.leaf_code == ("00", "01", "10", "11")


def test_ternary_and_binary_sense_amplifiers_are_flashes():
    ternary = SearchTree.flash([2, 3], [-1, 0, 1], bound=4)
    sign = SearchTree.flash([3], [-1, 1], bound=4)

    assert ternary.values.tolist() == [-1, -1, 0, 1, 1]
    assert (ternary.depth, ternary.code_bits.max()) == (2, 2)
    assert sign.values.tolist() == [-1, -1, -1, 1, 1]
    assert (sign.depth, sign.code_bits.max()) == (1, 1)


def test_the_highest_comparator_that_says_yes_counts():
    """Errors are those of the comparators, the highest threshold first."""
    tree = SearchTree.flash([2, 3], [-1, 0, 1], bound=4)

    assert int(tree.walk(0, [5.0, 0.0]).values) == 1  # a bubble: high without low
    assert int(tree.walk(4, [-5.0, 0.0]).values) == 0
    assert int(tree.walk(4, [-5.0, -5.0]).values) == -1


def test_a_flash_without_thresholds_knows_its_value():
    tree = SearchTree.flash([], [7], bound=3)

    assert (tree.values.tolist(), tree.depth, tree.leaf_steps.tolist()) == ([7] * 4, 0, [0])
    assert tree.codes == [""] * 4


@pytest.mark.parametrize(
    ("thresholds", "values", "message"),
    [
        ([2, 2], None, "Thresholds must ascend, not [2, 2]"),
        ([1, 2], [0, 1], "Values must be 3 numbers, not 2"),
        ([0], None, "Threshold must be at least 1, not 0"),
    ],
)
def test_rejects_flashes_that_are_none(thresholds, values, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        SearchTree.flash(thresholds, values, bound=3)


def test_rejects_votes_without_a_majority():
    leaf = Leaf(0, 0, 0)
    with pytest.raises(ValueError, match=r"^Votes must be an odd number, not 2$"):
        SearchTree(Split(1, leaf, leaf, votes=2), bound=1)


def test_entropy_given_a_context_is_the_mean_over_its_values():
    joint = np.array([[[3, 1], [0, 0]], [[2, 2], [5, 0]]])

    expected = (4 * entropy([3, 1]) + 4 * 1.0 + 0.0) / 13

    assert conditional_entropy(joint) == pytest.approx(expected)
    assert conditional_entropy(joint) <= entropy(joint.sum(axis=(0, 1)))
    assert conditional_entropy(np.zeros((2, 3))) == 0.0
