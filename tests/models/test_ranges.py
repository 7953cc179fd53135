"""Order of tests and the bound of active rows, against plain python that shares no code."""

from itertools import permutations, product

import numpy as np
import pytest

from hwgen_models.ranges import (
    bound_classes,
    bounded_decisions,
    check_order,
    check_ranges,
    check_whole_bins,
    implied_bases,
)
from hwgen_models.search import Range, SearchTree, entropy


def plain_search(count, table, order, limit, clip):
    """Search one count by the words of the architecture: value and thresholds."""
    edges = [base + 2**payload for base, payload, _ in table]
    open_edges = [index for index in order if edges[index] <= limit]
    asked, first = [], 0
    while open_edges:
        index = open_edges[0]
        asked.append(edges[index])
        if count >= edges[index]:
            first = index + 1
            open_edges = [other for other in open_edges if other > index]
        else:
            open_edges = [other for other in open_edges if other < index]
    base, payload, truncation = table[first]
    if clip:
        while payload and base + 2 ** (payload - 1) > limit:
            payload -= 1
    level = base
    for bit in range(payload - 1, truncation - 1, -1):
        asked.append(level + 2**bit)
        if count >= asked[-1]:
            level = asked[-1]
    if first == 0 or truncation == 0:
        return level, asked
    start = max(level, edges[first - 1])
    return (start + level + 2**truncation) // 2, asked


def random_table(rng, bits, bound):
    """A legal table of one to five ranges, the last one reaching beyond the bound."""
    while True:
        edge, table = 0, []
        for _ in range(rng.integers(1, 6)):
            payload = int(rng.integers(0, bits + 1))
            base = int(rng.integers(max(0, edge - 2**payload + 1), edge + 1))
            table.append(Range(base, payload, int(rng.integers(0, payload + 1))))
            edge = table[-1].edge
        try:
            return check_ranges(table, bits=bits, bound=bound)
        except ValueError:
            continue


@pytest.mark.parametrize("clip", [False, True])
def test_random_tables_in_random_order_are_walked_as_the_words_say(clip):
    rng = np.random.default_rng(6)
    for _ in range(400):
        bits = int(rng.integers(1, 8))
        bound = int(rng.integers(1, 2**bits))
        table = random_table(rng, bits, bound)
        order = rng.permutation(len(table) - 1).tolist()
        active = int(rng.integers(0, bound + 3)) if clip else None
        limit = min(bound, active) if clip else bound

        tree = SearchTree.ranges(table, bits=bits, bound=bound, order=order, active=active)

        counts = np.arange(limit + 1)
        expected = [plain_search(count, table, order, limit, clip) for count in counts]
        walk = tree.walk(counts)
        assert walk.values.tolist() == [value for value, _ in expected]
        for path, decisions, (_, asked) in zip(
            walk.thresholds.tolist(), walk.decisions.tolist(), expected, strict=True
        ):
            assert path[:decisions] == asked


def test_a_bound_never_changes_a_value_and_never_costs_a_decision():
    rng = np.random.default_rng(7)
    for _ in range(100):
        table = random_table(rng, 6, 40)
        order = rng.permutation(len(table) - 1).tolist()
        whole = SearchTree.ranges(table, bits=6, bound=40, order=order)
        for active in range(41):
            tree = SearchTree.ranges(table, bits=6, bound=40, order=order, active=active)

            np.testing.assert_array_equal(tree.values, whole.values[: active + 1])
            assert (tree.depths <= whole.depths[: active + 1]).all()


def test_decisions_under_all_bounds_at_once_are_those_of_the_trees():
    rng = np.random.default_rng(10)
    for bits, bound in [(6, 40)] * 40 + [(5, 45)] * 5:
        table = random_table(rng, bits, min(bound, 2**bits - 1))
        order = rng.permutation(len(table) - 1).tolist()

        decisions = bounded_decisions(table, bits=bits, bound=bound, order=order)

        for active in range(bound + 1):
            tree = SearchTree.ranges(table, bits=bits, bound=bound, order=order, active=active)
            assert decisions[active, : active + 1].tolist() == tree.depths.tolist()
            assert not decisions[active, active + 1 :].any()


def test_one_active_row_takes_one_decision_and_none_takes_none():
    table = [Range(0, 1, 0), Range(2, 2, 0), Range(6, 7, 0)]

    assert SearchTree.ranges(table, bits=8, bound=128, active=1).depths.tolist() == [1, 1]
    assert SearchTree.ranges(table, bits=8, bound=128, active=0).depths.tolist() == [0]


def test_every_order_of_four_ranges_is_one_of_five_trees():
    table = [Range(0, 2, 0), Range(4, 2, 0), Range(8, 2, 0), Range(12, 2, 0)]
    trees = {
        tuple(SearchTree.ranges(table, bits=4, bound=15, order=order).leaf_path.ravel().tolist())
        for order in permutations(range(3))
    }

    assert len(trees) == 5  # of Catalan's numbers: alphabetic trees with four leaves


def test_most_probable_range_may_be_tested_first():
    table = [Range(0, 2, 0), Range(4, 1, 0), Range(6, 4, 0)]

    in_order = SearchTree.ranges(table, bits=5, bound=20)
    from_above = SearchTree.ranges(table, bits=5, bound=20, order=[1, 0])

    assert in_order.depths[[0, 4, 9]].tolist() == [1 + 2, 2 + 1, 2 + 4]
    assert from_above.depths[[0, 4, 9]].tolist() == [2 + 2, 2 + 1, 1 + 4]


def test_codes_are_flags_and_payload_and_none_starts_another():
    rng = np.random.default_rng(8)
    for _ in range(50):
        table = random_table(rng, 5, 25)
        tree = SearchTree.ranges(table, bits=5, bound=25)
        for index, one in enumerate(table):
            flags = "1" * index + ("0" if index < len(table) - 1 else "")
            codes = [tree.leaf_code[k] for k in np.flatnonzero(tree.leaf_range == index)]
            bits = one.payload - one.truncation
            assert codes == [flags + (f"{k:0{bits}b}" if bits else "") for k in range(2**bits)]
        assert sum(2.0 ** -len(code) for code in tree.leaf_code) == 1  # Kraft: nothing is wasted
        np.testing.assert_array_equal(tree.code_bits, tree.depths)


def test_no_code_is_shorter_on_average_than_the_entropy():
    histogram = np.random.default_rng(9).integers(0, 99, 26)
    tree = SearchTree.ranges([Range(0, 2, 0), Range(4, 5, 0)], bits=6, bound=25)

    assert histogram @ tree.code_bits / histogram.sum() >= entropy(histogram)


def test_a_base_is_aligned_when_it_is_a_multiple_of_the_size():
    assert [base for base in range(9) if Range(base, 2, 0).aligned] == [0, 4, 8]


@pytest.mark.parametrize("order", [[0], [0, 0, 1], [0, 2], [1, 2]])
def test_rejects_orders_that_leave_an_edge_out_or_name_one_twice(order):
    with pytest.raises(ValueError, match=r"^order must name every edge 0 to 1 once, not \["):
        check_order(order, edges=2)


@pytest.mark.parametrize("bits_bound", [(4, 15), (4, 11), (3, 9), (6, 40)])
def test_bounds_of_a_class_leave_the_same_tree(bits_bound):
    bits, bound = bits_bound
    rng = np.random.default_rng(2024)
    for _ in range(20):
        table = some_table(rng, bits=bits, bound=bound)
        largest, class_of = bound_classes(table, bits=bits, bound=bound)

        assert class_of.shape == (bound + 1,)
        assert (np.diff(class_of) >= 0).all()
        assert class_of[largest].tolist() == list(range(len(largest)))
        for active in range(bound + 1):
            tree = SearchTree.ranges(table, bits=bits, bound=bound, active=active)
            other = SearchTree.ranges(
                table, bits=bits, bound=bound, active=int(largest[class_of[active]])
            )
            assert tree.leaf_path.tolist() == other.leaf_path.tolist()
            assert tree.leaf_value.tolist() == other.leaf_value.tolist()
        # and another class has another tree
        paths = [
            tuple(
                map(tuple, SearchTree.ranges(table, bits=bits, bound=bound, active=one).leaf_path)
            )
            for one in largest.tolist()
        ]
        assert len(set(paths)) == len(paths)


def some_table(rng, *, bits, bound):
    """Return a legal table of three or more aligned ranges."""
    while True:
        sizes = [*rng.integers(0, bits, size=3).tolist(), bits]
        bases = implied_bases([Range(0, size, 0) for size in sizes])
        cuts = [int(rng.integers(0, size + 1)) * int(rng.integers(0, 2)) for size in sizes]
        table = [Range(*one) for one in zip(bases, sizes, cuts, strict=True)]
        try:
            check_ranges(table, bits=bits, bound=bound)
        except ValueError:
            continue
        return table


def test_aligned_bases_are_the_only_ones_that_the_payloads_allow():
    bits, bound = 4, 15
    choices = [Range(base, size, 0) for size in range(bits) for base in range(0, 16, 1 << size)]
    for second in choices:
        for first in range(bits):
            table = [Range(0, first, 0), second, Range(0, bits, 0)]
            try:
                used = check_ranges(table, bits=bits, bound=bound)
            except ValueError:
                continue
            assert [one.base for one in used] == implied_bases(used)


@pytest.mark.parametrize("bases", ["aligned", "any"])
def test_bins_are_whole_just_when_every_leaf_is_its_level_and_half_a_bin(bases):
    bits, bound, cut = 3, 7, 0
    for size, base, truncation in product(range(bits), range(8), range(bits + 1)):
        if bases == "aligned":
            base = 0
        table = [Range(0, size, 0), Range(base, bits, truncation)]
        try:
            check_ranges(table, bits=bits, bound=bound)
        except ValueError:
            continue
        tree = SearchTree.ranges(table, bits=bits, bound=bound)
        plain = tree.leaf_level + np.where(tree.leaf_range > 0, (1 << truncation) >> 1, 0)
        reached = np.unique(tree.walk(np.arange(bound + 1)).leaf)
        whole = bool((tree.leaf_value == plain)[reached].all())
        try:
            check_whole_bins(table)
        except ValueError:
            cut += 1
            continue
        assert whole, table
    assert cut


def test_a_search_that_decodes_itself_ends_at_the_value():
    table = [Range(0, 2, 1), Range(4, 2, 2), Range(8, 3, 2)]
    plain = SearchTree.ranges(table, bits=4, bound=15)
    shown = SearchTree.ranges(table, bits=4, bound=15, shows_value=True)

    assert shown.leaf_level.tolist() == plain.leaf_value.tolist() != plain.leaf_level.tolist()
    assert shown.leaf_value.tolist() == plain.leaf_value.tolist()
