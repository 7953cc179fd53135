"""Hashed draws: statistics, independence, determinism."""

from statistics import NormalDist

import numpy as np
import pytest

from hwgen_models.noise import GRID, hash64, normal, on_grid, uniform

KNOWN_HASHES = [16294208416658607535, 15020427595393229491, 3846658174030194800]
KNOWN_NORMAL = 0.5771608352661133


def largest_gap(sample, cdf):
    """Kolmogorov-Smirnov statistic, scaled: above 1.95 in one run of a thousand."""
    sample = np.sort(np.ravel(sample))
    expected = np.array([cdf(value) for value in sample])
    steps = np.arange(len(sample) + 1) / len(sample)
    gap = max(np.max(steps[1:] - expected), np.max(expected - steps[:-1]))
    return gap * np.sqrt(len(sample))


def test_one_at_a_time_equals_all_at_once_in_any_order():
    row, column = np.ogrid[:7, :11]

    together = normal(3, row, column)

    rng = np.random.default_rng(0)
    for index in rng.permutation(77):
        r, c = divmod(int(index), 11)
        assert float(normal(3, r, c)) == together[r, c]


def test_known_values_stay_for_ever():
    assert [int(hash64(*c)) for c in [(0,), (1, 2, 3), (2**64 - 1, 5)]] == KNOWN_HASHES
    assert float(normal(1, 2, 3)) == KNOWN_NORMAL


def test_first_hash_is_the_first_output_of_splitmix64():
    assert int(hash64(0)) == 0xE220A8397B1DCDAF


def test_seeds_wrap_and_may_have_any_size():
    assert int(hash64(-1, 4)) == int(hash64(2**64 - 1, 4)) == int(hash64(2**65 - 1, 4))


def test_every_coordinate_and_its_place_matter():
    low = np.arange(32)
    hashes = hash64(low[:, None, None], low[:, None], low)

    assert len(np.unique(hashes)) == 32**3


def test_flipping_one_input_bit_flips_half_of_the_output_bits():
    base = np.arange(4000)
    for bit in (0, 5, 20):
        changed = hash64(7, base, 1) ^ hash64(7, base ^ (1 << bit), 1)
        flips = np.unpackbits(changed.view(np.uint8)).reshape(len(base), 64).mean(axis=0)
        assert np.abs(flips - 0.5).max() < 0.05


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_uniform_along_every_axis(axis):
    coordinates = [5, 6, 7]
    coordinates[axis] = np.arange(20_000)

    sample = uniform(*coordinates)

    assert sample.min() >= 0
    assert sample.max() < 1
    assert largest_gap(sample, lambda u: u) < 1.95


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_normal_along_every_axis(axis):
    coordinates = [5, 6, 7]
    coordinates[axis] = np.arange(20_000)

    sample = normal(*coordinates)

    assert largest_gap(sample, NormalDist().cdf) < 1.95
    assert abs(sample.mean()) < 4 / np.sqrt(20_000)
    assert abs(sample.var() - 1) < 4 * np.sqrt(2 / 20_000)


def test_neighbouring_draws_are_uncorrelated():
    sample = normal(11, np.arange(300)[:, None], np.arange(300))

    for a, b in [
        (sample[:-1], sample[1:]),
        (sample[:, :-1], sample[:, 1:]),
        (sample[:-1, :-1], sample[1:, 1:]),
        (sample, normal(12, np.arange(300)[:, None], np.arange(300))),
    ]:
        assert abs(np.mean(a * b)) < 4 / np.sqrt(a.size)


def test_sums_on_the_grid_do_not_depend_on_their_order():
    rng = np.random.default_rng(4)
    terms = on_grid(np.exp(normal(1, np.arange(1000))))

    sums = {float(np.add.reduce(terms[rng.permutation(1000)])) for _ in range(20)}

    assert len(sums) == 1
    assert (terms / GRID == np.rint(terms / GRID)).all()


def test_refuses_fractional_coordinates():
    message = r"^Coordinate of a draw must be an integer, not float64$"
    with pytest.raises(TypeError, match=message):
        hash64(1, 0.5)
