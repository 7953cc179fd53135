"""Predicted counts: the density that is chosen against all others, and known distributions."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from hwgen_models.distributions import conditional_entropy
from hwgen_models.prediction import centre_of, density_classes, density_costs, optimal_density
from hwgen_models.search import SearchTree


def binomial_joint(share, *, most, scale=1e6):
    """Counts of columns whose active cells hold a one in a share of the cases; all bounds alike."""
    joint = np.zeros((most + 1, most + 1))
    for bound in range(1, most + 1):
        for count in range(bound + 1):
            joint[bound, count] = comb(bound, count) * share**count * (1 - share) ** (bound - count)
    return np.round(scale * joint).astype(int)


def test_centre_is_one_more_than_the_mean_rounded_down():
    for bound in range(129):
        for density in (0, 1, 13, 40, 63):
            centre = centre_of(bound, density)
            assert centre == int(bound * density / 64) + 1
            assert 1 <= centre <= max(bound, 1)
    assert centre_of(100, 3, fraction_bits=3) == int(100 * 3 / 8 + 1)


@pytest.mark.parametrize(("step", "truncation"), [(0, 0), (1, 0), (0, 1), (1, 2)])
def test_costs_are_those_of_the_trees(step, truncation):
    rng = np.random.default_rng(19)
    joint = np.tril(rng.integers(0, 9, (21, 21)))
    keys = {"patience": 3, "step_bits": step, "truncation": truncation}

    costs = density_costs(joint, fraction_bits=4, **keys)

    for density in range(16):
        decisions = 0
        for bound in range(21):
            centre = int(centre_of(bound, density, fraction_bits=4))
            tree = SearchTree.outward(centre, bits=5, bound=bound, **keys)
            decisions += joint[bound, : bound + 1] @ tree.depths
        assert costs[density] == decisions


def test_no_density_and_no_step_is_better():
    rng = np.random.default_rng(20)
    for share in (0.02, 0.1, 0.3, 0.6):
        joint = binomial_joint(share, most=40)
        joint = joint * rng.integers(0, 5, (41, 1))
        best = optimal_density(joint, patience=8, step_bits=(0, 1, 2))

        costs = [density_costs(joint, patience=8, step_bits=step) for step in (0, 1, 2)]

        assert best.decisions == np.min(costs)
        assert isinstance(best.decisions, int)
        assert best.error == 0
        assert best.density / 64 == pytest.approx(share, abs=0.04)


def test_truncation_is_chosen_when_errors_weigh_little():
    joint = binomial_joint(0.2, most=60)
    found = [
        optimal_density(joint, patience=8, truncations=range(5), error_weight=weight)
        for weight in (10.0, 0.3, 0.02, 0.001)
    ]

    assert found[0].truncation == 0
    assert [one.truncation for one in found] == sorted(one.truncation for one in found)
    assert found[-1].truncation > 1
    for one in found:
        keys = {"patience": 8, "step_bits": one.step_bits, "truncation": one.truncation}
        values = SearchTree.outward(9, bits=7, bound=60, **keys).values
        error = joint.sum(axis=0) @ (values - np.arange(61)) ** 2
        assert one.error == error
        assert one.decisions == density_costs(joint, **keys)[one.density]


@pytest.mark.parametrize("share", [0.03, 0.1, 0.25])
def test_predicted_search_comes_close_to_the_information(share):
    """Within four tenths of a decision of the entropy, though nothing but the mean is known."""
    joint = binomial_joint(share, most=48)
    best = optimal_density(joint, patience=8)

    mean = best.decisions / joint.sum()

    assert conditional_entropy(joint) < mean < conditional_entropy(joint) + 0.4


def test_wide_distributions_take_larger_steps():
    assert (
        optimal_density(binomial_joint(0.4, most=20), patience=8, step_bits=(0, 1)).step_bits == 0
    )
    wide = np.zeros((129, 129), dtype=int)
    wide[128, 30:70] = 5

    assert optimal_density(wide, patience=8, step_bits=(0, 1, 2, 3)).step_bits == 3


def test_columns_share_the_best_densities():
    """Against every choice of two or three densities, each column taking the better."""
    rng = np.random.default_rng(21)
    for classes in (2, 3):
        for _ in range(10):
            true = rng.integers(0, 12, 15)
            weight = rng.integers(1, 9, (15, 1))
            costs = weight * np.abs(np.arange(12) - true[:, np.newaxis])  # best at their own

            class_of, densities = density_classes(costs, classes)

            cheapest = min(
                costs[:, list(few)].min(axis=1).sum() for few in combinations(range(12), classes)
            )
            assert costs[np.arange(15), np.array(densities)[class_of]].sum() == cheapest
            assert list(densities) == sorted(densities)


def test_one_class_is_the_best_density_of_all():
    costs = np.random.default_rng(22).integers(0, 99, (30, 8))
    class_of, densities = density_classes(costs, 1)

    assert densities == (int(costs.sum(axis=0).argmin()),)
    assert set(class_of.tolist()) == {0}
