"""Values of leaves by hand, and as the middle or the floor of the counts that reach them."""

import numpy as np
import pytest

from hwgen_models.interval_decode import interval_decode, interval_value
from hwgen_models.search import SearchTree, twin_ranges


@pytest.mark.parametrize(
    ("level", "truncation", "edge", "value"),
    [
        (0, 0, None, 0),
        (0, 3, None, 0),  # zero is exactly zero, whatever is truncated
        (24, 3, None, 24),
        (24, 3, 4, 28),  # middle of 24 .. 31
        (24, 0, 4, 24),
        (25, 0, 4, 25),
        (0, 3, 4, 6),  # cut: 4 .. 7
        (0, 3, 1, 4),  # cut: 1 .. 7, rounded down
        (0, 3, 8, 4),  # not cut, and not reachable: the edge is its end
        (8, 3, 8, 12),  # not cut: the edge is its begin
        (0, 8, 128, 192),
    ],
)
def test_values_by_hand(level, truncation, edge, value):
    assert interval_value(level, truncation=truncation, edge=edge) == value


def test_arrays_decode_element_by_element():
    table = twin_ranges(2, 0, 8, 3)

    values = interval_decode([[0, 1], [1, 1]], [[3, 0], [8, 248]], table)

    assert values.tolist() == [[3, 6], [12, 252]]
    assert values.dtype == np.int64


@pytest.mark.parametrize("table", [(2, 0, 5, 3), (0, 0, 5, 2), (3, 1, 5, 2), (4, 2, 5, 5)])
def test_second_range_stands_for_the_middle_of_what_reaches_it_and_the_first_for_its_floor(table):
    tree = SearchTree.twin_range(*table, bits=5, bound=31)
    walk = tree.walk(np.arange(32))
    for leaf in np.unique(walk.leaf):
        counts = np.flatnonzero(walk.leaf == leaf)
        floor, end = counts.min(), counts.max() + 1

        in_first = tree.leaf_range[leaf] == 0

        assert tree.leaf_value[leaf] == (floor if in_first else (floor + end) // 2)


@pytest.mark.parametrize("table", [(2, 0, 5, 3), (0, 0, 5, 2), (3, 1, 5, 2), (5, 2, 9, 9)])
def test_decoding_range_and_level_gives_the_values_of_all_leaves(table):
    tree = SearchTree.twin_range(*table, bits=5, bound=31)

    values = interval_decode(tree.leaf_range, tree.leaf_level, twin_ranges(*table))

    np.testing.assert_array_equal(values, tree.leaf_value)
