"""Converters: every code, votes by hand, and the limits of redundancy."""

import re

import numpy as np
import pytest

from hwgen_models.converter import ConverterSpec
from hwgen_models.redundant import SAR12
from hwgen_models.search import SearchTree

SAR = ConverterSpec(bits=12, start=2048, steps=SAR12.weights, votes=31, voted=5)
SMALL = ConverterSpec(bits=4, start=8, steps=(3, 2, 1, 1), votes=7, voted=2)


@pytest.mark.parametrize("averaging", [0, 1, 3, 7, 15])
def test_sar12_tells_all_codes(averaging):
    counts = np.arange(4096)

    values, codes = SAR.convert(counts, averaging=averaging)

    np.testing.assert_array_equal(values, counts)
    assert codes.shape == (4096, 10 + 5 * (2 * averaging + 1))
    assert SAR.conversion_cycles(averaging) == 17 + 10 * averaging


@pytest.mark.parametrize("averaging", [0, 1, 3])
def test_goes_as_the_tree_goes(averaging):
    """Comparators that err however they like: codes and values are those of the tree."""
    tree = SearchTree.redundant(SMALL.search(averaging))
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 16, 400)
    errors = rng.normal(0, 2, (400, tree.depth))

    values, codes = SMALL.convert(counts, errors, averaging=averaging)
    walk = tree.walk(counts, errors)

    np.testing.assert_array_equal(values, walk.values)
    np.testing.assert_array_equal(codes, walk.thresholds)


def test_errors_within_the_redundancy_do_no_harm():
    counts = np.arange(0, 4096)
    limits = np.array([*SAR12.recoverable, 0]) + 0.49
    rng = np.random.default_rng(4)
    for _ in range(4):
        errors = rng.uniform(-1, 1, (len(counts), 15)) * limits
        np.testing.assert_array_equal(SAR.convert(counts, errors)[0], counts)


def test_votes_reduce_noise():
    counts = np.random.default_rng(5).integers(100, 4000, 4000)
    wrong = []
    for averaging in (0, 3, 15):
        errors = np.random.default_rng(6).normal(0, 0.6, (4000, 10 + 5 * (2 * averaging + 1)))
        values, _ = SAR.convert(counts, errors, averaging=averaging)
        wrong.append(np.sqrt(np.mean((values - counts) ** 2)))

    assert wrong[0] > 1.3 * wrong[1] > 1.6 * wrong[2]


def test_pins_of_a_conversion_by_hand():
    spec = ConverterSpec(
        bits=3, start=4, steps=(2, 1), votes=3, voted=1, acquire_cycles=2, settle_dac=1
    )

    one = spec.conversion(5, averaging=1)
    pins = one.pins()

    assert one.value == 5
    assert pins.dac == (4, 4, 4, 4, 6, 6, 5, 5, 5, 5, 5, 5, 5)
    assert pins.acquire == (1, 1) + (0,) * 11
    assert pins.strobe == (0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0)
    assert one.captures == (3, 5, 7, 9, 11)
    assert one.cycles == spec.conversion_cycles(1) == spec.longest_conversion == 13


def test_sar12_takes_17_cycles():
    one = SAR.conversion(1234)

    assert one.cycles == 17
    assert one.pins().dac[-1] == one.value == 1234


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ({"votes": 5}, ValueError, "votes must be 1, 3, 7, 15 or 31, not 5"),
        ({"votes": 3}, ValueError, "voted must be 1 to 3 for votes 3, not 0"),
        ({"voted": 1}, ValueError, "voted must be 0 to 0 for votes 1, not 1"),
        ({"compare_stages": 1}, ValueError, "compare_latency must be at least 2, not 1"),
        ({"compare_stages": 3}, ValueError, "compare_stages must be 0, 1 or 2, not 3"),
        ({"settle_dac": -1}, ValueError, "settle_dac must be at least 0, not -1"),
        ({"acquire_cycles": 0}, ValueError, "acquire_cycles must be at least 1, not 0"),
        ({"steps": (2, 1.5)}, TypeError, "steps[1] must be an integer, not 1.5"),
        ({"steps": (3,)}, ValueError, "weight 0 must be at most 1 (what follows and one), not 3"),
    ],
)
def test_rejects_what_cannot_be(keys, error, message):
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        ConverterSpec(**{"bits": 3, "start": 4, "steps": (2, 1)} | keys)


def test_rejects_more_averaging_than_there_is():
    with pytest.raises(ValueError, match=r"^averaging must be 0 to 3, not 4$"):
        SMALL.convert(1, averaging=4)
