"""Choices within budgets: cheapest by exhaustive trial where that is possible."""

import re

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.workload.calibration.budgets import Budget, at_price, lossless, within_drop, within_sqnr
from hwgen.workload.calibration.tradeoff import GRANULARITIES
from tests.workload.test_tradeoff import Case


@pytest.fixture(params=GRANULARITIES)
def case(request, small, small_design):
    return Case(small, small_design, request.param)


def every_number(case):
    return range(len(case.candidates))


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("lossless", Budget(kind="lossless")),
        ("sqnr:30", Budget(kind="sqnr", limit=30)),
        ("drop:0.5", Budget(kind="drop", limit=0.5)),
    ],
)
def test_reads_budgets(text, budget):
    assert Budget.parse(text) == budget


def test_nobody_can_lose_more_points_than_there_are():
    assert Budget.parse("drop:100").limit == 100
    with pytest.raises(
        UserError, match="--budget: drop must be at most 100 points, not 'drop:101'"
    ):
        Budget.parse("drop:101")


@pytest.mark.parametrize(
    "text", ["", "x", "sqnr", "sqnr:", "drop:x", "drop:-1", "lossless:1", "sqnr:nan", "sqnr:inf"]
)
def test_refuses_other_budgets(text):
    message = f"--budget: must be lossless, sqnr:DB or drop:POINTS, not {text!r}"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        Budget.parse(text)


def test_the_cheapest_lossless_table_of_every_context(case):
    (choice,) = lossless({"fc1": case.tradeoff}, shared=False).values()

    exact = case.candidates.lossless
    assert exact[choice].all()
    decisions = case.tradeoff.decisions
    np.testing.assert_array_equal(
        decisions[np.arange(len(choice)), choice], decisions[:, exact].min(axis=1)
    )


def test_one_table_for_several_layers(small, small_design):
    cases = [Case(small, small_design, "network", images=images) for images in (3, 12)]
    tradeoffs = {str(number): one.tradeoff for number, one in enumerate(cases)}

    found = lossless(tradeoffs, shared=True)

    assert found["0"] == found["1"]
    costs = sum(one.decisions[0] for one in tradeoffs.values())
    assert costs[found["0"][0]] == costs[cases[0].candidates.lossless].min()


def test_saturating_readouts_have_no_lossless_table(small, small_design):
    small_design["readout"] |= {"bits": 4, "saturate": True}

    assert lossless({"fc1": Case(small, small_design, "slice").tradeoff}, shared=False) is None


@pytest.mark.parametrize("ratio", [10, 25, 40])
def test_the_cheapest_table_of_a_layer_within_a_ratio(small, small_design, ratio):
    case = Case(small, small_design, "layer")

    (choice,) = within_sqnr({"fc1": case.tradeoff}, ratio, shared=False).values()

    fits = [n for n in every_number(case) if case.tradeoff.sqnr_db(np.array([n])) >= ratio]
    assert choice[0] in fits
    assert case.tradeoff.cost(choice) == min(case.tradeoff.decisions[0, n] for n in fits)


@pytest.mark.parametrize("ratio", [10, 25, 40])
def test_choices_within_a_ratio_are_cheaper_with_more_tables(small, small_design, ratio):
    costs = []
    for granularity in ("layer", "slice", "slice-plane"):
        case = Case(small, small_design, granularity, images=50)

        (choice,) = within_sqnr({"fc1": case.tradeoff}, ratio, shared=False).values()

        assert case.tradeoff.sqnr_db(choice) >= ratio
        costs.append(case.tradeoff.cost(choice))
    assert costs[0] > costs[1] > costs[2]


def test_a_table_for_all_layers_keeps_the_ratio_in_each(small, small_design):
    cases = [Case(small, small_design, "network", images=images) for images in (3, 12)]
    tradeoffs = {str(number): one.tradeoff for number, one in enumerate(cases)}

    found = within_sqnr(tradeoffs, 20, shared=True)

    fits = [
        n
        for n in every_number(cases[0])
        if all(one.sqnr_db(np.array([n])) >= 20 for one in tradeoffs.values())
    ]
    costs = sum(one.decisions[0] for one in tradeoffs.values())
    assert costs[found["0"][0]] == min(costs[fits])


def test_an_unreachable_ratio_is_refused(small, small_design):
    small_design["readout"] |= {"bits": 2, "saturate": True}
    for granularity in GRANULARITIES:
        case = Case(small, small_design, granularity)

        with pytest.raises(
            UserError, match=r"^--budget: must be at most sqnr:[0-9.-]+ for layer fc1, not sqnr:90$"
        ):
            within_sqnr({"fc1": case.tradeoff}, 90, shared=granularity == "network")


def test_lower_prices_give_cheaper_tables(case):
    whole = {"fc1": 1.0}

    costs = [
        case.tradeoff.cost(at_price({"fc1": case.tradeoff}, exponent, whole, shared=False)["fc1"])
        for exponent in (-2, 0, 2, 4)
    ]

    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_what_is_at_stake_raises_the_price(small, small_design):
    case = Case(small, small_design, "slice-plane")
    tradeoffs = {"a": case.tradeoff, "b": case.tradeoff}

    found = at_price(tradeoffs, 1, {"a": 1.0, "b": 100.0}, shared=False)

    assert case.tradeoff.power(found["a"]) > case.tradeoff.power(found["b"])


@pytest.mark.parametrize("worst", [1e-3, 1e-2, 0.3])
def test_the_cheapest_choice_that_a_trial_lets_pass(case, worst):
    """A trial that looks at the error power, which is what tables are sorted by."""
    tradeoffs, whole = {"fc1": case.tradeoff}, {"fc1": 1.0}

    def fits(choices):
        return case.tradeoff.power(choices["fc1"]) <= worst

    found = within_drop(tradeoffs, whole, fits, shared=False)["fc1"]

    assert case.tradeoff.power(found) <= worst
    assert case.tradeoff.cost(found) <= case.tradeoff.cost(lossless(tradeoffs, shared=False)["fc1"])
    if len(case.contexts) == 56:  # prices lie close enough to use the budget up
        assert case.tradeoff.power(found) > 0.3 * worst


def test_lossless_tables_are_left_when_no_other_pass(case):
    tradeoffs = {"fc1": case.tradeoff}

    found = within_drop(tradeoffs, {"fc1": 1.0}, lambda _: False, shared=False)

    np.testing.assert_array_equal(found["fc1"], lossless(tradeoffs, shared=False)["fc1"])


def test_nothing_is_left_of_a_readout_that_saturates(small, small_design):
    small_design["readout"] |= {"bits": 3, "saturate": True}
    tradeoffs = {"fc1": Case(small, small_design, "slice").tradeoff}

    assert within_drop(tradeoffs, {"fc1": 1.0}, lambda _: False, shared=False) is None
    assert within_drop(tradeoffs, {"fc1": 1.0}, lambda _: True, shared=False) is not None
