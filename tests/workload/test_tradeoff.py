"""Decisions and error of joint choices: exact where the sample is everything, and descended."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen.workload.calibration.candidates import every_twin
from hwgen.workload.calibration.sampling import Sample
from hwgen.workload.calibration.tradeoff import GRANULARITIES, Tradeoff, contexts_of
from tests.workload.golden import golden, ratio_db


class Case:
    """Layer fc1 of the small network (two row tiles) on some activations."""

    def __init__(self, small, small_design, granularity, images=12):
        design = load(small_design)
        self.layer, self.spec = small.network.layers[1], design.spec
        self.mapped = map_layer(self.layer, self.spec, codes=small.network.codes["fc1"])
        rng = np.random.default_rng(1)
        self.x = rng.integers(0, 256, (images, 20)) * (np.arange(20) % 3 > 0)
        reader = LayerReader(self.mapped, Readout.perfect(self.spec), short_cut=True)
        self.sample = Sample(self.mapped, images)
        vectors = self.x[np.newaxis]
        self.sample.take(vectors, reader.product(vectors))
        self.by_active = reader.statistics.by_active
        self.candidates = every_twin(self.spec)
        self.contexts = contexts_of(granularity, slices=7, planes=8)
        self.tradeoff = self.made()

    def made(self, **options):
        return Tradeoff(self.candidates, self.contexts, self.by_active, self.sample, **options)

    def tables(self, choice):
        by_cell = {
            cell: self.candidates.tables[number]
            for cells, number in zip(self.contexts, choice, strict=True)
            for cell in cells
        }
        return [[by_cell[s, t] for t in range(8)] for s in range(7)]

    def random(self, rng):
        return rng.integers(0, len(self.candidates), len(self.contexts))


@pytest.fixture(params=GRANULARITIES)
def case(request, small, small_design):
    return Case(small, small_design, request.param)


def test_contexts_share_every_slice_and_plane_out():
    for granularity, number in zip(GRANULARITIES, (1, 1, 3, 6), strict=True):
        contexts = contexts_of(granularity, slices=3, planes=2)
        cells = [cell for context in contexts for cell in context]

        assert len(contexts) == number
        assert sorted(cells) == [(s, t) for s in range(3) for t in range(2)]


def test_cost_and_ratio_of_any_choice_are_those_of_golden_tiles(case):
    rng = np.random.default_rng(4)
    exact = case.x @ case.layer.weights.astype(int) + case.layer.bias
    for _ in range(4):
        choice = case.random(rng)

        sums, decisions = golden(case.mapped, case.x, tables=case.tables(choice))

        assert case.tradeoff.cost(choice) == decisions
        assert case.tradeoff.sqnr_db(choice) == pytest.approx(ratio_db(exact, sums))


def test_errors_in_codes_follow_the_gains(case):
    rng = np.random.default_rng(4)
    exact = case.x @ case.layer.weights.astype(int) + case.layer.bias
    choice = case.random(rng)
    codes = case.sample.codes(case.sample.sums)

    sums, _ = golden(case.mapped, case.x, tables=case.tables(choice))
    moved = case.sample.gains() * (sums - exact).ravel()

    assert case.made(in_codes=True).power(choice) == pytest.approx(
        (moved**2).sum() / ((codes - codes.mean()) ** 2).sum()
    )


def test_lossless_choices_do_not_err(case):
    choice = np.zeros(len(case.contexts), dtype=np.int64)

    assert case.tradeoff.power(choice) == 0
    assert case.tradeoff.sqnr_db(choice) == np.inf


def test_powers_of_single_tables(small, small_design):
    case = Case(small, small_design, "layer")

    powers = case.tradeoff.powers_of_one()

    expected = [case.tradeoff.power(np.array([n])) for n in range(len(case.candidates))]
    np.testing.assert_allclose(powers, expected, atol=1e-12)


@pytest.mark.parametrize("price", [1.0, 1e3, 1e6])
def test_a_descent_ends_where_no_single_change_helps(case, price):
    def score(choice):
        return case.tradeoff.cost(choice) + price * case.tradeoff.power(choice)

    choice = case.tradeoff.descend(price)

    for context in range(0, len(choice), 5):
        others = []
        for number in range(0, len(case.candidates), 3):
            changed = choice.copy()
            changed[context] = number
            others.append(score(changed))
        assert score(choice) <= min(others) * (1 + 1e-9)


def test_a_descent_beats_choosing_each_context_by_itself(small, small_design):
    case = Case(small, small_design, "slice-plane", images=200)
    alone = [
        Tradeoff(case.candidates, [cells], case.by_active, case.sample) for cells in case.contexts
    ]
    price = 1e4

    together = case.tradeoff.descend(price)
    apart = np.concatenate([one.descend(price) for one in alone])

    def score(choice):
        return case.tradeoff.cost(choice) + price * case.tradeoff.power(choice)

    assert score(together) < score(apart)


def test_higher_prices_cost_more_and_err_less(small, small_design):
    tradeoff = Case(small, small_design, "slice-plane").tradeoff

    found = [tradeoff.descend(10.0**exponent) for exponent in (1, 3, 5, 7)]

    costs = [tradeoff.cost(choice) for choice in found]
    powers = [tradeoff.power(choice) for choice in found]
    assert costs == sorted(costs)
    assert powers == sorted(powers, reverse=True)


def test_of_tables_that_score_alike_but_for_rounding_the_most_exact_is_taken(small, small_design):
    tradeoff = Case(small, small_design, "slice").tradeoff
    scores = np.full(tradeoff.decisions.shape, 1e9)
    scores[:, 5], scores[:, 8], scores[:, 9] = 1000, 1000 * (1 - 1e-12), 990
    scores[3, 9] = 1010

    assert tradeoff.first(scores).tolist() == [9, 9, 9, 5, 9, 9, 9]
    assert tradeoff.first(scores[3], 3) == 5


def test_trimming_stays_within_the_limit(case):
    choice = np.zeros(len(case.contexts), dtype=np.int64)

    for limit in (0.0, 1e-3, 0.1):
        trimmed = case.tradeoff.trim(choice, limit)

        assert case.tradeoff.power(trimmed) <= limit
        assert case.tradeoff.cost(trimmed) <= case.tradeoff.cost(choice)
        choice = trimmed
    assert case.tradeoff.cost(choice) < case.tradeoff.cost(0 * choice)


def test_counts_that_the_sample_misses_are_not_forgotten(small, small_design):
    """One more conversion of the largest count than the sample has sums for."""
    case = Case(small, small_design, "slice-plane")
    before = case.made()
    case.sample.all_pairs *= 2  # every second sum was not sampled
    case.by_active = 2 * case.by_active
    largest = case.by_active.shape[3] - 1
    case.by_active[6, 7, 16, largest] += 2
    after = case.made()
    context = 6 * 8 + 7
    for number in range(0, len(case.candidates), 7):
        choice = np.zeros(len(case.contexts), dtype=np.int64)
        choice[context] = number

        error = case.candidates.errors[number, largest] * 2.0 ** (6 + 7)

        more = after.power(choice) * after.signal - before.power(choice) * before.signal
        assert more == pytest.approx(error**2, rel=1e-6, abs=1e-3)
    assert (case.candidates.errors[:, largest] != 0).any()
