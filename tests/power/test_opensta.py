"""The rules of OpenSTA 2.0.17, by hand; a whole tile is held against it in tests/flow."""

import pytest

from hwgen.gates.arcs import Arcs
from hwgen.liberty.functions import parse
from hwgen.liberty.library import Library
from hwgen.power.opensta import _inferred, uniform_power
from hwgen.power.tables import PowerCells
from tests.power.tiny import liberty, netlist, power_cells, timing

UW = 1e-6
PINS = {
    "a": ("input", [2]),
    "b": ("input", [3]),
    "clk": ("input", [5]),
    "d": ("output", [4]),
    "q": ("output", [6]),
}


def uniform(cells, gates, **given):
    found = netlist(gates, PINS)
    return uniform_power(found, cells, timing(found, **given), clock_ns=10.0, activity=0.2)


def test_a_gate_is_charged_for_both_edges_by_every_entry_at_the_slew_of_the_same_edge():
    """2 V, 10 ns: 1 pJ in a cycle is 100 uW."""
    nand = {"u": ("NAND", {"A": 2, "B": 3, "Y": 4})}

    found = uniform(power_cells(), nand, load=0.05, slews=(0.2, 0.8))["combinational"]

    rise, fall = 0.1 + 0.2 * 0.02 + 0.05 * 0.5, 0.06 + 0.8 * 0.01 - 0.05 * 0.3
    by_a, by_b = 0.5 * (rise + fall), 0.5 * (0.3 + 0.3)  # Y follows one if the other is one
    assert found.internal_w / UW == pytest.approx(100 * 0.2 * (by_a + by_b))
    assert found.switching_w / UW == pytest.approx(100 * 0.5 * 4 * 0.05 * 0.2)
    assert found.leakage_w / UW == pytest.approx(3e-3)


def test_a_flip_flop_s_clock_is_charged_twice_and_in_all_states():
    flop = {"v": ("DFF", {"C": 5, "D": 4, "Q": 6})}

    found = uniform(power_cells(), flop)["sequential"]

    clock = 2 * (0.5 * 2 * 0.4 + 1.0 * 2 * 0.9)  # the entry with a condition, and the other too
    data = 0.2 * (0.5 * 2 * 0.02 + 0.5 * 2 * 0.08)
    launched = 0.2 * 2 * 0.7
    assert found.internal_w / UW == pytest.approx(100 * (clock + data + launched))
    assert found.switching_w == 0


def test_leakage_is_the_mean_of_states_where_the_cell_has_none():
    nand = {"u": ("NAND", {"A": 2, "B": 3, "Y": 4})}
    text = liberty(leakage=False)
    states = " ".join(
        f'leakage_power () {{ when : "{when}"; value : {value}; }}'
        for when, value in (("A & B", 8), ("!(A & B)", 4))
    )
    for said, expected in (("", 0.0), (states, 5e-3)):
        library = Library("tiny.lib", text.replace("cell (NAND) {", f"cell (NAND) {{ {said}"))
        found = uniform(PowerCells(library, Arcs(library)), nand)["combinational"]
        assert found.leakage_w / UW == pytest.approx(expected)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("A", "1"),
        ("!A", "1"),
        ("A & B", "B"),
        ("B | A", "!B"),
        ("!(A & !B)", "!B"),
        ("!A & B", "B"),
        ("B & C & A", "(B&C)"),  # from left to right, two by two
        ("A & B & C", None),
        ("(A & B) | C", None),
        ("B", None),
        ("1", None),
    ],
)
def test_one_step_of_a_function_shows_when_it_follows_a_pin(function, expected):
    found = _inferred(parse(function), "A")

    assert (found if found is None else str(found)) == expected
