"""The best range tables against all tables there are, on small sizes, and by hand."""

from functools import cache
from itertools import pairwise, permutations

import numpy as np
import pytest

from hwgen_models.range_choice import optimal_ranges, within_error
from hwgen_models.ranges import bounded_decisions
from hwgen_models.search import Range, SearchTree


@cache
def all_tables(bits, bound, most, *, lossy, aligned, free):
    """Decisions by bound and count, decisions without bound, and errors of every legal table."""
    found = []

    def extend(table, edge):
        if edge > bound:
            orders = permutations(range(len(table) - 1)) if free else [None]
            found.extend((tuple(table), order) for order in orders)
        elif len(table) < most:
            for payload in range(bits + 1):
                for base in range(edge + 1):
                    if not edge < base + 2**payload <= 2**bits or (aligned and base % 2**payload):
                        continue
                    for truncation in range(payload + 1 if lossy else 1):
                        one = Range(base, payload, truncation)
                        extend([*table, one], one.edge)

    extend([], 0)
    clipped, plain, errors = [], [], []
    for table, order in found:
        tree = SearchTree.ranges(table, bits=bits, bound=bound, order=order)
        plain.append(tree.depths)
        errors.append((tree.values - np.arange(bound + 1)) ** 2)
        clipped.append(bounded_decisions(table, bits=bits, bound=bound, order=order))
    return np.array(clipped), np.array(plain), np.array(errors)


CASES = [
    {"bits": 3, "bound": 7, "most": 3, "lossy": False, "aligned": False, "free": True},
    {"bits": 3, "bound": 6, "most": 4, "lossy": False, "aligned": True, "free": True},
    {"bits": 3, "bound": 5, "most": 3, "lossy": False, "aligned": False, "free": False},
    {"bits": 4, "bound": 11, "most": 3, "lossy": False, "aligned": False, "free": False},
    {"bits": 4, "bound": 15, "most": 3, "lossy": False, "aligned": True, "free": False},
    {"bits": 3, "bound": 6, "most": 2, "lossy": True, "aligned": False, "free": False},
    {"bits": 3, "bound": 7, "most": 3, "lossy": True, "aligned": True, "free": True},
]


def random_joint(rng, bound):
    """Conversions by bound and count; no count above its bound, many of none at all."""
    joint = rng.integers(0, 30, (bound + 1, bound + 1)) * (rng.random((bound + 1, bound + 1)) < 0.5)
    return np.tril(joint)


def chosen(case, histogram, weight):
    return optimal_ranges(
        histogram,
        bits=case["bits"],
        bound=case["bound"],
        count=case["most"],
        bases="aligned" if case["aligned"] else "any",
        order="free" if case["free"] else "ascending",
        error_weight=weight,
    )


@pytest.mark.parametrize("case", CASES)
def test_no_table_is_better(case):
    clipped, plain, errors = all_tables(**case)
    rng = np.random.default_rng(12)
    for _ in range(12):
        joint = random_joint(rng, case["bound"])
        histogram = joint.sum(axis=0)
        weight = float(rng.choice([0.1, 0.5, 2.0])) if case["lossy"] else 0.0

        bounded, unbounded = (chosen(case, h, weight) for h in (joint, histogram))

        cheapest = (clipped * joint).sum(axis=(1, 2)) + weight * (errors @ histogram)
        assert bounded.decisions + weight * bounded.error == pytest.approx(cheapest.min())
        cheapest = plain @ histogram + weight * (errors @ histogram)
        assert unbounded.decisions + weight * unbounded.error == pytest.approx(cheapest.min())


@pytest.mark.parametrize("case", CASES)
def test_a_choice_costs_what_it_says(case):
    rng = np.random.default_rng(13)
    bits, bound = case["bits"], case["bound"]
    for _ in range(12):
        joint = random_joint(rng, bound)
        weight = 0.4 if case["lossy"] else 0.0
        best = chosen(case, joint, weight)

        decisions = bounded_decisions(best.ranges, bits=bits, bound=bound, order=best.order)
        values = SearchTree.ranges(best.ranges, bits=bits, bound=bound).values

        assert (decisions * joint).sum() == best.decisions
        error = joint.sum(axis=0) @ (values - np.arange(bound + 1)) ** 2
        assert error == pytest.approx(best.error)
        assert len(best.ranges) <= case["most"]
        if not case["lossy"]:
            assert best.error == 0
            assert isinstance(best.decisions, int)


def test_eight_bits_are_no_worse_than_tables_tried_at_random():
    rng = np.random.default_rng(14)
    histogram = (1e5 * 0.8 ** np.arange(129)).astype(int)
    joint = np.tril(rng.integers(0, 9, (129, 129)) * histogram)
    best = {
        order: optimal_ranges(joint, bits=8, bound=128, count=4, order=order)
        for order in ("ascending", "free")
    }
    assert best["free"].decisions <= best["ascending"].decisions
    for _ in range(200):
        edges = [0, *np.cumsum(2 ** rng.integers(0, 5, 3)).tolist()]
        table = [Range(a, (b - a).bit_length() - 1, 0) for a, b in pairwise(edges)]
        table.append(Range(edges[-1], 7, 0))
        tried = bounded_decisions(table, bits=8, bound=128)

        assert (tried * joint).sum() >= best["ascending"].decisions


def test_two_ranges_by_hand():
    """Zero in half of all conversions, the rest evenly on 1 .. 8: one test, then three bits."""
    best = optimal_ranges([8] + [1] * 8, bits=4, bound=8, count=2)

    assert best.ranges == (Range(0, 0, 0), Range(1, 3, 0))
    assert best.decisions == 16 + 8 * 3


def test_aligned_bases_cost_a_bit_more_on_the_same_counts():
    """The rest starts at 0 as well, and needs four bits."""
    best = optimal_ranges([8] + [1] * 8, bits=4, bound=8, count=2, bases="aligned")

    assert best.ranges == (Range(0, 0, 0), Range(0, 4, 0))
    assert best.decisions == 16 + 8 * 4


def test_most_probable_range_is_tested_first_when_the_order_is_free():
    """Nearly all counts are 6 or 7: the edge below them comes first, then the others."""
    histogram = [1, 1, 1, 1, 1, 1, 50, 50]
    free = optimal_ranges(histogram, bits=3, bound=7, count=3, order="free")
    ascending = optimal_ranges(histogram, bits=3, bound=7, count=3)

    # 6 and 7 cost two, 0 .. 3 a test more and two bits, 4 and 5 a test more and one bit.
    assert free.decisions == 100 * 2 + 4 * 4 + 2 * 3
    assert free.order[0] == len(free.ranges) - 2
    assert ascending.decisions > free.decisions


def test_a_bound_makes_one_range_enough():
    """Every count has exactly as many bits as its bound: a binary search under the bound."""
    joint = np.zeros((9, 9), dtype=int)
    joint[1, :2] = joint[3, :4] = joint[7, :8] = 5

    best = optimal_ranges(joint, bits=4, bound=8, count=1)

    assert best.decisions == 5 * (2 * 1 + 4 * 2 + 8 * 3)


def test_free_errors_leave_a_single_comparison():
    """Truncated as far as pays: two bins of many counts, told apart by one test."""
    best = optimal_ranges([100, 0, 0, 0, 0, 0, 100, 0], bits=3, bound=7, count=2, error_weight=1.0)

    assert (best.decisions, best.error) == (200, 0.0)
    assert SearchTree.ranges(best.ranges, bits=3, bound=7).values[[0, 6]].tolist() == [0, 6]


def test_a_larger_weight_never_buys_a_larger_error():
    histogram = (1e4 * 0.85 ** np.arange(65)).astype(int)
    found = [
        optimal_ranges(histogram, bits=7, bound=64, count=3, error_weight=weight)
        for weight in 2.0 ** np.arange(-12, 6, 2)
    ]

    assert all(a.error >= b.error for a, b in pairwise(found))
    assert all(a.decisions <= b.decisions for a, b in pairwise(found))
    assert found[0].error > found[-1].error


def test_a_budget_is_kept_and_nearly_used_up():
    histogram = (1e4 * 0.85 ** np.arange(65)).astype(int)

    def solve(weight):
        best = optimal_ranges(histogram, bits=7, bound=64, count=3, error_weight=weight)
        return best.decisions, best.error

    weight = within_error(solve, 20_000.0)

    assert solve(weight)[1] <= 20_000.0 < solve(weight / 1.01)[1]
    assert within_error(lambda weight: (weight, 5.0), 1.0) == float("inf")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bases": "odd"}, "bases must be aligned or any, not 'odd'"),
        ({"order": "odd"}, "order must be ascending or free, not 'odd'"),
        ({"bound": 8}, "bound must be between 1 and 7, not 8"),
        ({"count": 0}, "Range count must be at least 1, not 0"),
        ({"error_weight": -1.0}, r"error_weight must be at least 0, not -1\.0"),
        ({"histogram": [1] * 9}, "Histogram must have at most 8 counts, not 9"),
        ({"histogram": [-1]}, "Histogram must not be negative, not -1"),
        ({"histogram": [[[1]]]}, r"Histogram must have one or two axes of numbers, not .*"),
    ],
)
def test_rejects_what_makes_no_sense(keys, message):
    keys = {"histogram": [1, 2], "bits": 3, "bound": 7, "count": 2} | keys
    with pytest.raises(ValueError, match=rf"^{message}"):
        optimal_ranges(keys.pop("histogram"), **keys)
