"""Energies inside cells and leakage, in J and W."""

from functools import partial

import pytest

from hwgen.errors import UserError
from hwgen.liberty.functions import parse
from hwgen.liberty.power import Leakage, internal_energies, leakages, resting_leakage_w

near = partial(pytest.approx, rel=1e-9, abs=0)

HEAD = """\
time_unit : "100ps"; voltage_unit : "100mV"; capacitive_load_unit (10, ff);
leakage_power_unit : "10nW"; default_cell_leakage_power : 3;
power_lut_template (both) { variable_1 : input_transition_time;
  variable_2 : total_output_net_capacitance; index_1 ("1, 2"); index_2 ("5, 7"); }
power_lut_template (odd) { variable_1 : temperature; index_1 ("1, 2"); }
"""


@pytest.fixture
def pin(library):
    """Make a library and its pin of the text between the pin's braces."""

    def make(inside, head=HEAD):
        made = library(f"{head} cell (c) {{ pin (Y) {{ {inside} }} }}")
        return made, made.cells["c"].pins["Y"]

    return make


def refused(action):
    with pytest.raises(UserError) as raised:
        action()
    return str(raised.value)


def test_energies_are_in_joules_over_seconds_and_farads(pin):
    (found,) = internal_energies(
        *pin(
            'internal_power () { related_pin : "A B"; when : "!C"; related_pg_pin : VDD;'
            ' rise_power (both) { values ("1, 2", "3, 4"); }'
            ' fall_power (scalar) { values ("-5"); } }'
        )
    )

    assert found.related_pins == ("A", "B")
    assert found.when == parse("!C")
    assert found.supply == "VDD"
    # One unit is (0.1 V)^2 x 10 fF = 0.1 fJ.
    at = {"input_transition_time": 150e-12, "total_output_net_capacitance": 70e-15}
    assert found.rise.at(**at) == near(3e-16)
    assert found.fall.at() == near(-5e-16)


def test_one_table_may_serve_both_edges_and_an_edge_may_have_none(pin):
    made, of = pin(
        "internal_power () { power (scalar) { values (2); } }"
        "internal_power () { rise_power (scalar) { values (1); } }"
    )

    both, rising = internal_energies(made, of)
    assert both.rise.at() == both.fall.at() == near(2e-16)
    assert (both.related_pins, both.when, both.supply) == ((), None, None)
    assert rising.fall is None
    assert internal_energies(*pin("")) == ()


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        (
            'rise_power (odd) { values ("1, 2"); }',
            "rise_power (odd): axes: must be slews or loads, not 'temperature'",
        ),
        ('rise_power (both) { values ("1"); }',
         "rise_power (both): values: must be 2 x 2 numbers, not '1'"),
        ('when : "A &";', "internal_power (): when: must be a boolean expression, not 'A &'"),
    ],
)  # fmt: skip
def test_bad_energies_are_one_line(pin, inside, complaint):
    made, of = pin(f"internal_power () {{ {inside} }}")

    assert refused(lambda: internal_energies(made, of)) == f"a.lib: line 7: {complaint}"


def test_energies_need_the_unit_of_capacitance(pin):
    made, of = pin("internal_power () { power (scalar) { values (2); } }", head="")

    message = "a.lib: capacitive_load_unit: must be given, not missing"
    assert refused(lambda: internal_energies(made, of)) == message


def test_leakage_is_in_watts(library):
    made = library(
        f"{HEAD} cell (c) {{ cell_leakage_power : 4;"
        ' leakage_power () { when : "A B\'"; value : 2; }'
        " leakage_power () { value : 0.5; related_pg_pin : VDD; } } cell (d) { }"
    )
    found = leakages(made, made.cells["c"])

    assert found == (
        Leakage(watts=near(2e-8), when=parse("A & !B"), supply=None),
        Leakage(watts=near(5e-9), when=None, supply="VDD"),
    )
    assert resting_leakage_w(made, made.cells["c"]) == near(4e-8)
    assert leakages(made, made.cells["d"]) == ()
    assert resting_leakage_w(made, made.cells["d"]) == near(3e-8)


def test_a_negative_leakage_is_missing_and_a_default_of_nought_none(library):
    head = 'leakage_power_unit : "1nW"; default_cell_leakage_power : %s; cell (c) { %s }'

    for default, own, expected in (
        ("3", "cell_leakage_power : -1;", near(3e-9)),
        ("3", "cell_leakage_power : 0;", 0.0),
        ("0.000", "cell_leakage_power : -1;", None),
        ("-2", "", None),
    ):
        made = library(head % (default, own))
        assert resting_leakage_w(made, made.cells["c"]) == expected


def test_without_any_leakage_there_is_none_rather_than_nought(library):
    made = library("cell (c) { }")

    assert resting_leakage_w(made, made.cells["c"]) is None


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        (
            "leakage_power () { }",
            "line 7: leakage_power (): value: must be a number, not 'missing'",
        ),
        (
            "leakage_power () { value : x; }",
            "line 7: leakage_power (): value: must be a number, not 'x'",
        ),
        (
            'leakage_power () { value : 1; when : "("; }',
            "line 7: leakage_power (): when: must be a boolean expression, not '('",
        ),
    ],
)
def test_bad_leakage_is_one_line(library, inside, complaint):
    made = library(f"{HEAD} cell (c) {{ {inside} }}")

    assert refused(lambda: leakages(made, made.cells["c"])) == f"a.lib: {complaint}"


def test_leakage_needs_its_unit(library):
    made = library("cell (c) { cell_leakage_power : 1; }")

    message = "a.lib: leakage_power_unit: must be given, not missing"
    assert refused(lambda: resting_leakage_w(made, made.cells["c"])) == message
