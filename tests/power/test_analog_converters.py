"""Converters against published figures, hand-worked cases and each other."""

import re
from fractions import Fraction

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.power.analog.accounting import AdcEnergy, Conversions, Scope, Searched, Wanted
from hwgen.power.analog.converters import PerConversion, PerDecision, PerSearch
from hwgen.power.analog.published import (
    CDAC_AREA_SHARE,
    CDAC_ENERGY_SHARE,
    ISAAC_PJ,
    ISAAC_UM2,
    isaac,
    isaac_area_um2,
    isaac_pj,
)
from hwgen.power.analog.survey import survey, survey_area_um2, survey_pj
from hwgen_models.search import Leaf, SearchTree, Split
from hwgen_models.switching import conventional_step


def done(tree, histogram, *, bits=8):
    """Conversions that one tree made."""
    histogram = np.asarray(histogram, dtype=np.int64)
    return Conversions(
        bits=bits,
        conversions=int(histogram.sum()),
        decisions=int(histogram @ tree.depths[: len(histogram)]),
        searches=(Searched(tree, histogram),),
    )


def cdac(switching="conventional", *, unit_ff=2.0, reference_v=0.5, comparator_fj=10.0):
    return PerSearch(
        name="cdac",
        source="a test",
        covers="",
        switching=switching,
        unit_ff=unit_ff,
        reference_v=reference_v,
        comparator_fj=comparator_fj,
    )


def per_decision(decision_pj):
    return PerDecision(name="per-decision", source="a test", covers="", decision_pj=decision_pj)


BINARY = SearchTree.binary(8, 128)
TWIN = SearchTree.twin_range(3, 0, 8, 0, bits=8, bound=128)
SMALL_COUNTS = np.round(1000 * 0.6 ** np.arange(129)).astype(np.int64)


# Survey regression


@pytest.mark.parametrize(
    ("node_nm", "rate_msps", "published"),
    [
        (32, 1280, [0.924, 0.936, 1.065, 1.312, 1.929, 5.53]),
        (28, 1200, [0.719, 0.728, 0.829, 1.021, 1.438, 4.12]),
    ],
)
def test_the_survey_gives_the_published_energies(node_nm, rate_msps, published):
    found = [survey_pj(bits, node_nm=node_nm, rate_msps=rate_msps) for bits in range(4, 10)]

    assert found == pytest.approx(published, rel=1e-3)


def test_a_slow_converter_is_limited_by_its_resolution_alone():
    slow, slower = (survey_pj(8, node_nm=32, rate_msps=rate) for rate in (1, 0.1))

    assert slow == slower < survey_pj(8, node_nm=32, rate_msps=10_000)


def test_the_area_of_the_survey_by_hand():
    """ln A = 1.3462 + .99328 ln 32 + .18072 ln 1.28e9 + .29912 ln 1.929."""
    expected = np.exp(1.3462 + 0.99328 * 3.465736 + 0.18072 * 20.970129 + 0.29912 * np.log(1.929))

    assert survey_area_um2(8, node_nm=32, rate_msps=1280) == pytest.approx(expected, rel=1e-3)
    assert survey(Wanted()).area_um2(8) == pytest.approx(expected, rel=1e-3)


def test_the_survey_follows_node_and_rate():
    fine, coarse = (survey(Wanted(node_nm=node)) for node in (28, 130))

    assert coarse.parameters(8)["conversion_pj"] == pytest.approx(
        fine.parameters(8)["conversion_pj"] * (130 / 28) ** 1.8800369206815004
    )
    assert coarse.warnings(8) == ()
    assert coarse.warnings(3) == (
        "survey: figures are of resolution 4 to 17 bits, extrapolated to 3 bits",
    )
    assert survey(Wanted(node_nm=5)).warnings(8) == (
        "survey: figures are of node 7 to 1000 nm, extrapolated to 5 nm",
    )


# Component scaling


def test_isaac_scales_as_tabulated():
    found = [isaac_pj(bits) for bits in range(4, 11)]

    assert found == pytest.approx([0.79, 0.99, 1.20, 1.42, 1.67, 1.97, 2.38], abs=0.005)
    assert [isaac_area_um2(bits) for bits in range(4, 11)] == pytest.approx(
        [361, 477, 627, 845, 1200, 1828, 3002], abs=0.5
    )


@pytest.mark.parametrize(
    ("table", "share", "rounding"),
    [(ISAAC_PJ, CDAC_ENERGY_SHARE, 0.005), (ISAAC_UM2, CDAC_AREA_SHARE, 0.05)],
)
def test_the_law_beyond_the_table_gives_the_table(table, share, rounding):
    for bits, published in table.items():
        law = table[8] * ((1 - share) * bits / 8 + share * 2.0 ** (bits - 8))

        assert law == pytest.approx(published, abs=rounding), bits


def test_beyond_the_table_the_law_holds_and_says_so():
    model = isaac(Wanted())

    assert isaac_pj(11) > isaac_pj(10)
    assert model.warnings(11) == (
        "isaac: figures are of resolution 4 to 10 bits, extrapolated to 11 bits",
    )
    assert model.warnings(8) == ()


def test_another_node_is_said_and_not_scaled():
    here, there = isaac(Wanted()), isaac(Wanted(node_nm=130, rate_msps=10))

    assert there.parameters(8) == here.parameters(8)
    assert there.warnings(8) == (
        "isaac: figures are of node 32 nm, not scaled to 130 nm",
        "isaac: figures are of rate 1200 to 1280 MS/s, not scaled to 10 MS/s",
    )


# What is charged


def test_decisions_are_charged_where_a_model_charges_decisions():
    full, short = done(BINARY, SMALL_COUNTS), done(TWIN, SMALL_COUNTS)
    model = per_decision(0.5)

    assert model.energy(full).picojoules == 0.5 * 8 * SMALL_COUNTS.sum()
    assert model.energy(short).picojoules == 0.5 * short.decisions
    assert short.decisions < full.decisions / 1.7


def test_a_converter_charged_by_conversion_saves_nothing_by_stopping_early():
    model = isaac(Wanted())

    full, short = (model.energy(done(tree, SMALL_COUNTS)) for tree in (BINARY, TWIN))
    narrow = model.energy(done(BINARY, SMALL_COUNTS, bits=6))

    assert full == short
    assert full.picojoules == pytest.approx(5 / 3 * SMALL_COUNTS.sum())
    assert narrow.picojoules == pytest.approx(1.20 * SMALL_COUNTS.sum())


def test_energies_of_two_accountings_do_not_add():
    work = done(BINARY, SMALL_COUNTS)
    decision, conversion = (model.energy(work) for model in (per_decision(0.3), isaac(Wanted())))

    message = (
        "Energies must be of one model, not of per-decision (per decision) and isaac (per "
        "conversion)"
    )
    with pytest.raises(TypeError, match=rf"^{re.escape(message)}$"):
        AdcEnergy.total([decision, conversion])
    with pytest.raises(TypeError, match=r"^Energies must be of one model"):
        AdcEnergy.total([decision, per_decision(0.4).energy(work)])
    with pytest.raises(TypeError):
        decision + conversion
    assert AdcEnergy.total([decision, decision]).picojoules == 2 * decision.picojoules


def test_survey_models_of_two_nodes_are_two_models():
    at_32, at_28 = survey(Wanted(node_nm=32)), survey(Wanted(node_nm=28))

    assert at_32 == survey(Wanted())
    assert at_32 != at_28


def test_every_model_says_what_it_charges():
    assert per_decision(1).as_json(8)["charges"] == "decision"
    assert isaac(Wanted()).as_json(8)["charges"] == "conversion"
    assert cdac().as_json(8)["charges"] == "search"


# Capacitors


@pytest.mark.parametrize("bits", [3, 8, 10])
def test_switching_of_a_binary_search_is_the_published_average(bits):
    """Liu et al., JSSC 45(4), 2010: sum of 2^(N+1-2i) (2^i - 1), and 2^(N-2-i), in C Vref^2."""
    tree, uniform = SearchTree.binary(bits), np.ones(2**bits, dtype=np.int64)
    work = done(tree, uniform, bits=bits)
    free = {"unit_ff": 1.0, "reference_v": 1.0, "comparator_fj": 0.0}

    falling = cdac("monotonic", **free).energy(work).picojoules
    rising = cdac(**free).energy(work).picojoules

    assert 1000 * falling / 2**bits == pytest.approx(
        float(sum(Fraction(2) ** (bits - 2 - i) for i in range(1, bits)))
    )
    # A no to the last threshold k leaves k - 1 on the DAC: one more step, for half of the counts.
    settling = sum(float(conventional_step(k, k - 1, bits=bits)) for k in range(1, 2**bits, 2))
    published = sum(2.0 ** (bits + 1 - 2 * i) * (2**i - 1) for i in range(1, bits + 1))
    assert 1000 * rising / 2**bits == pytest.approx(published + settling / 2**bits)


def test_capacitors_and_comparator_by_hand():
    """Two bits, count 3: from rest to 2 takes 2 units, to 3 half a unit; two decisions."""
    tree = SearchTree.binary(2)

    energy = cdac().energy(done(tree, [0, 0, 0, 4], bits=2)).picojoules

    unit_fj = 2.0 * 0.5**2
    assert energy == pytest.approx(4 * (2.5 * unit_fj + 2 * 10.0) / 1000)


def test_searches_are_charged_each_by_its_own_tree():
    histogram = SMALL_COUNTS[:129]
    full, short = done(BINARY, histogram), done(TWIN, histogram)
    both = Conversions(
        bits=8,
        conversions=full.conversions + short.conversions,
        decisions=full.decisions + short.decisions,
        searches=full.searches + short.searches,
    )

    model = cdac()

    assert model.energy(both).picojoules == pytest.approx(
        model.energy(full).picojoules + model.energy(short).picojoules
    )
    assert model.energy(short).picojoules < model.energy(full).picojoules / 2


def test_monotonic_switching_is_refused_where_it_cannot_follow():
    leaf = Leaf(0, 0, 0)
    again = SearchTree(Split(8, leaf, Split(12, leaf, Split(16, leaf, leaf))), bound=16)
    model = cdac("monotonic")

    model.check([BINARY], bits=8, where="x")
    cdac().check([again], bits=4, where="x")
    message = (
        "my.yaml: energy.adc.switching: must be 'conventional' for a search that needs a capacitor "
        "again after giving it up, not 'monotonic'"
    )
    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        model.check([BINARY, again], bits=4, where="my.yaml: energy.adc.switching")
    with pytest.raises(ValueError, match=r"^Tree must never need a capacitor back"):
        model.energy(done(again, [1] * 17, bits=4))


def test_arrays_have_the_units_that_the_switching_is_derived_for():
    assert cdac().parameters(8)["array_ff"] == 2.0 * 256
    assert cdac("monotonic").parameters(8)["array_ff"] == 2.0 * 128


# Scopes


def test_a_scope_is_said_in_one_line():
    scope = Scope(node_nm=(7, 1000), rate_msps=(1200, 1200), follows=("node_nm",))

    assert scope.conditions(bits=8, wanted=Wanted(node_nm=28)) == (
        "node 28 nm (7 to 1000), rate 1200 MS/s"
    )
    assert scope.as_json() == {"node_nm": [7, 1000], "rate_msps": [1200, 1200], "bits": None}
    assert Scope().conditions(bits=8, wanted=Wanted(node_nm=28)) == "as the parameters say"


def test_limits_themselves_are_inside():
    model = PerConversion(
        name="mine",
        source="a test",
        covers="",
        scope=Scope(bits=(4, 8)),
        conversion_pj=lambda bits: float(bits),
    )

    assert [bool(model.warnings(bits)) for bits in (3, 4, 8, 9)] == [True, False, False, True]
