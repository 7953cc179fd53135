"""Redundant weights: every code, every error that is covered, and one that is not."""

import re

import numpy as np
import pytest

from hwgen_models.redundant import SAR12, Redundant
from hwgen_models.search import Leaf, SearchTree, Split

BINARY = Redundant(bits=8, start=128, weights=(64, 32, 16, 8, 4, 2, 1))
SMALL = Redundant(bits=6, start=32, weights=(12, 8, 5, 3, 2, 1))


def plain_codes(search, count, answers):
    """Codes of one conversion, `answers` saying what step i makes of the truth."""
    codes = [search.start]
    for step, weight in enumerate(search.weights):
        yes = answers(step, count >= codes[-1], codes[-1])
        codes.append(codes[-1] + (weight if yes else -weight))
    return codes


def value_of(codes, count):
    """The last decision, rightly answered."""
    return codes[-1] if count >= codes[-1] else codes[-1] - 1


def test_sar12_tells_all_4096_codes_in_fifteen_decisions():
    tree = SearchTree.redundant(SAR12)

    assert (SAR12.lowest, SAR12.largest, tree.bound) == (0, 4095, 4095)
    assert tree.lossless
    assert set(tree.leaf_depth.tolist()) == {15}
    assert tree.walk(0).thresholds[:4].tolist() == [2048, 2048 - 806, 2048 - 1292, 2048 - 1587]


def test_sar12_recovers_errors_of_its_first_steps():
    """By hand: 2047 - 806 is left after the first step, 436 more than it has moved."""
    assert SAR12.recoverable[0] == (2047 - 806) + 1 - 806 == 436
    assert SAR12.recoverable == (436, 270, 166, 101, 61, 37, 22, 13, 8, 5, 2, 0, 0, 0)


def test_binary_weights_have_no_redundancy():
    assert BINARY.recoverable == (0,) * 7
    np.testing.assert_array_equal(SearchTree.redundant(BINARY).depths, SearchTree.binary(8).depths)


@pytest.mark.parametrize("search", [BINARY, SMALL, SAR12])
def test_any_answers_within_what_is_covered_are_recovered(search):
    """All codes that any choice of answers can lead to, for every count, end at the count.

    A step may answer either way while the count is within its reach of the threshold.
    """
    for count in range(search.lowest, search.largest + 1, 1 if search.bits < 12 else 7):
        codes = {search.start}
        for weight, covered in zip(search.weights, search.recoverable, strict=True):
            reached = set()
            for code in codes:
                if count >= code - covered:  # yes, or close enough
                    reached.add(code + weight)
                if count <= code - 1 + covered:
                    reached.add(code - weight)
            codes = reached
        assert {code if count >= code else code - 1 for code in codes} == {count}


@pytest.mark.parametrize("search", [SMALL, SAR12])
def test_single_wrong_answers_are_recovered_just_when_they_are_covered(search):
    """Every step turned round for every count: right in the end if and only if within q."""
    for count in range(search.lowest, search.largest + 1, 1 if search.bits < 12 else 5):
        for wrong, covered in enumerate(search.recoverable):
            codes = plain_codes(search, count, lambda step, yes, _, k=wrong: yes ^ (step == k))
            code = codes[wrong]
            distance = code - count if count < code else count - code + 1

            assert (value_of(codes, count) == count) == (distance <= covered)


def test_tree_recovers_comparator_errors_below_the_limit_and_not_above():
    tree = SearchTree.redundant(SMALL)
    counts = np.arange(SMALL.lowest, SMALL.largest + 1)
    for step, covered in enumerate(SMALL.recoverable):
        for sign in (1, -1):
            error = np.zeros(tree.depth)
            error[step] = sign * (covered + 0.49)
            np.testing.assert_array_equal(tree.walk(counts, error).values, counts)
            error[step] = sign * (covered + 1.01)
            assert (tree.walk(counts, error).values != counts).any()


def test_votes_count_as_decisions_and_the_majority_answers():
    search = Redundant(bits=3, start=4, weights=(2, 1), votes=(1, 3, 5))
    tree = SearchTree.redundant(search)

    assert set(tree.depths.tolist()) == {9}
    assert tree.walk(6).thresholds.tolist() == [4, 6, 6, 6, 7, 7, 7, 7, 7]
    assert {len(code) for code in tree.codes} == {3}
    # The second decision is asked three times: one wrong comparison does not matter, two do.
    one, two = [0.0] * 9, [0.0] * 9
    one[2] = -4.0
    two[1] = two[3] = -4.0
    assert int(tree.walk(6, one).values) == 6
    assert int(tree.walk(6, two).values) != 6


def test_votes_of_different_decisions_do_not_mix():
    """One threshold asked three times, the next once: noise is that of each comparison."""
    leaf = [Leaf(k, 0, k) for k in range(3)]
    tree = SearchTree(Split(1, leaf[0], Split(2, leaf[1], leaf[2]), votes=3), bound=2)
    rng = np.random.default_rng(1)
    counts, errors = rng.integers(0, 3, 500), rng.normal(0, 0.6, (500, 4))

    walk = tree.walk(counts, errors)

    for count, error, value in zip(counts, errors, walk.values, strict=True):
        above = sum(count + e >= 0.5 for e in error[:3]) >= 2
        expected = 0 if not above else 2 if count + error[3] >= 1.5 else 1
        assert value == expected
    assert tree.depths.tolist() == [3, 4, 4]


def every_result(search, held, errors):
    """All results that errors up to these can lead to."""
    codes = {search.start}
    for weight, error in zip((*search.weights, None), errors, strict=True):
        reached = set()
        for code in codes:
            edge = code - 0.5
            if held + error >= edge:
                reached.add(code if weight is None else code + weight)
            if held - error < edge:
                reached.add(code - 1 if weight is None else code - weight)
        codes = reached
    return codes


@pytest.mark.parametrize("search", [BINARY, SMALL])
def test_results_are_as_far_away_as_predicted_and_no_farther(search):
    rng = np.random.default_rng(8)
    decisions = len(search.weights) + 1
    held = np.arange(search.lowest, search.largest + 0.25, 0.25)
    for _ in range(12):
        errors = rng.integers(0, 12, decisions) / 4 * rng.integers(0, 2, decisions)
        predicted = search.worst_error(errors)
        farthest = max(
            abs(value - result) for value in held for result in every_result(search, value, errors)
        )
        assert predicted - 0.25 <= farthest <= predicted


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"weights": (2, 0)}, "weights must be at least 1, not 0"),
        (
            {"weights": (3, 1)},
            "start and weights must keep codes between 1 and 7, not between 0 and 8",
        ),
        ({"weights": (3,)}, "weight 0 must be at most 1 (what follows and one), not 3"),
        ({"weights": (2, 1), "votes": (1, 1)}, "votes must be 3 numbers, not 2"),
        ({"weights": (2, 1), "votes": (1, 2, 1)}, "votes must be odd numbers, not 2"),
    ],
)
def test_rejects_weights_that_leave_gaps_or_lead_outside(keys, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Redundant(bits=3, start=4, **keys)
