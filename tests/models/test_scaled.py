"""Ranges in proportion to the read: against the trees, and against all other tables."""

from itertools import product

import numpy as np
import pytest

from hwgen_models.range_choice import optimal_ranges
from hwgen_models.scaled import optimal_scaled, scaled_decisions, scaled_ranges
from hwgen_models.search import SearchTree


@pytest.mark.parametrize(
    ("payloads", "bits", "bound"),
    [
        ((2, 1, 3, 5), 5, 20),
        ((1, 1, 2, 8), 8, 128),
        ((5,), 5, 16),
        ((3, 4), 4, 9),
        ((0, 0, 1), 1, 1),
    ],
)
def test_every_bound_has_the_tree_of_the_table_that_is_as_much_smaller(payloads, bits, bound):
    found = scaled_decisions(payloads, bits=bits, bound=bound)

    for limit in range(1, bound + 1):
        shift = len(f"{bound:b}") - len(f"{limit:b}")
        table = scaled_ranges(payloads, shift)
        tree = SearchTree.ranges(table, bits=bits, bound=limit, active=limit)
        walk = tree.walk(np.arange(limit + 1))
        np.testing.assert_array_equal(walk.values, np.arange(limit + 1))
        np.testing.assert_array_equal(found[limit, : limit + 1], walk.decisions)
        assert not found[limit, limit + 1 :].any()
    assert not found[0].any()


def test_reads_of_the_largest_octave_have_the_table_itself():
    assert scaled_ranges([3, 2, 8]) == [(0, 3, 0), (8, 2, 0), (0, 8, 0)]
    assert scaled_ranges([3, 2, 8], shift=3) == [(0, 0, 0), (1, 0, 0), (0, 5, 0)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_other_table_costs_less(count):
    rng = np.random.default_rng(7)
    joint = np.tril(rng.integers(0, 9, (14, 14)) ** 3)
    joint[:, 6:] //= 50

    best = optimal_scaled(joint, bits=4, bound=13, count=count)

    tried = []
    for number in range(1, count + 1):
        for payloads in product(range(5), repeat=number):
            try:
                tried.append((scaled_decisions(payloads, bits=4, bound=13) * joint).sum())
            except ValueError:
                continue
    assert best.decisions == min(tried)
    assert len(best.ranges) <= count


def test_counts_that_grow_with_the_read_take_fewer_decisions_than_any_fixed_table():
    joint = np.zeros((129, 129), dtype=int)
    for rows in range(1, 129):
        joint[rows, rows // 8 : rows // 4 + 1] = 1000

    scaled = optimal_scaled(joint, bits=8, bound=128, count=3)
    fixed = optimal_ranges(joint, bits=8, bound=128, count=3, bases="aligned")

    assert scaled.decisions < 0.97 * fixed.decisions


def test_a_table_that_is_not_legal_is_refused():
    with pytest.raises(ValueError, match=r"^range 1 must reach beyond the bound 128"):
        scaled_decisions([3, 4], bits=8, bound=128)
