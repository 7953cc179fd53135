"""Classes against every way to part the reads, and by hand."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from hwgen_models.range_choice import optimal_ranges
from hwgen_models.ranges import bounded_decisions
from hwgen_models.size_classes import half_octaves, optimal_partition, optimal_size_classes


def random_joint(rng, bound):
    return np.tril(rng.integers(0, 30, (bound + 1, bound + 1)))


def test_half_octaves_have_one_bit_behind_the_leading_one():
    assert half_octaves(128) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]
    assert half_octaves(1) == [1]
    assert half_octaves(100)[-1] == 96


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_no_partition_is_cheaper(parts):
    rng = np.random.default_rng(15)
    for items in range(1, 7):
        cost = rng.integers(0, 50, (items + 1, items + 1))

        starts, total = optimal_partition(cost, parts)

        def of(cuts, cost=cost, items=items):
            ends = [0, *cuts, items]
            return sum(cost[i, j] for i, j in pairwise(ends))

        every = [
            cuts
            for number in range(min(parts, items))
            for cuts in combinations(range(1, items), number)
        ]
        assert of(starts) == total == min(map(of, every))
        assert len(starts) == min(len(cuts) for cuts in every if of(cuts) == total)


def test_partition_needs_items_and_parts():
    with pytest.raises(ValueError, match=r"^Items and parts must be at least 1, not 2 and 0$"):
        optimal_partition(np.zeros((3, 3)), 0)


def test_classes_and_tables_are_the_best_of_all():
    """Two contexts, at most two classes: every cut tried, every table by its own search."""
    rng = np.random.default_rng(16)
    for _ in range(5):
        joints = [random_joint(rng, 8) for _ in range(2)]
        found = optimal_size_classes(joints, bits=4, bound=8, count=2, classes=2)

        def total(cuts, joints=joints):
            decisions = 0
            for joint in joints:
                for first, end in zip([0, *cuts], [*cuts, 9], strict=True):
                    inside = np.zeros_like(joint)
                    inside[first:end] = joint[first:end]
                    best = optimal_ranges(inside, bits=4, bound=8, count=2)
                    decisions += best.decisions
            return decisions

        every = [(), *((cut,) for cut in (2, 3, 4, 6, 8))]
        assert found.decisions == total(found.starts) == min(map(total, every))


def test_tables_cost_what_they_say_on_their_own_reads():
    rng = np.random.default_rng(17)
    joints = [random_joint(rng, 20) for _ in range(3)]
    found = optimal_size_classes(joints, bits=5, bound=20, count=3, classes=3, bases="aligned")

    decisions = 0
    for joint, choices in zip(joints, found.choices, strict=True):
        assert len(choices) == len(found.starts) + 1
        ends = zip([0, *found.starts], [*found.starts, 21], choices, strict=True)
        for first, end, choice in ends:
            table = bounded_decisions(choice.ranges, bits=5, bound=20, order=choice.order)
            decisions += (table * joint)[first:end].sum()
            assert all(one.aligned for one in choice.ranges)
    assert decisions == found.decisions


def test_more_classes_never_cost_more():
    rng = np.random.default_rng(18)
    joint = [random_joint(rng, 12)]

    totals = [
        optimal_size_classes(joint, bits=4, bound=12, count=2, classes=classes).decisions
        for classes in (1, 2, 3, 4)
    ]

    assert totals == sorted(totals, reverse=True)
    assert totals[0] == optimal_ranges(joint[0], bits=4, bound=12, count=2).decisions
