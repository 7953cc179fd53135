"""Energies of gates, worked out by hand."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.gates.arcs import Arcs
from hwgen.liberty.library import Library
from hwgen.power.cells import Signals, cell_power
from hwgen.power.clock_tree import FAN_OUT, clock_tree, clock_trees
from hwgen.power.tables import PowerCells
from tests.power.tiny import (
    edges,
    internal,
    liberty,
    library,
    netlist,
    nets,
    power_cells,
    timing,
)

PJ = 1e-12  # by which energies are divided: pytest.approx takes 1e-12 for nothing
NW = 1e-9
CLOCKED = {
    "cells": {
        "u": ("NAND", {"A": 2, "B": 3, "Y": 4}),
        "v": ("DFF", {"C": 5, "D": 4, "Q": 6}),
    },
    "ports": {
        "a": ("input", [2]),
        "b": ("input", [3]),
        "clk": ("input", [5]),
        "d": ("output", [4]),
        "q": ("output", [6]),
    },
}


@pytest.fixture(scope="module")
def clocked():
    return netlist(**CLOCKED)


def signals(found, density, probability):
    return Signals(
        density=nets(found, density), probability=nets(found, probability, otherwise=0.5)
    )


def gate(power, name):
    (place,) = (k for k, one in enumerate(power.netlist.gates) if one.path == name)
    return place


def test_an_output_takes_the_mean_of_both_edges_by_the_pin_that_causes_it(clocked):
    # A changes in states with B one (1/4), B in those with A one (1/2). Y rises as A falls.
    said = signals(clocked, {"a": 0.3, "b": 0.2, "d": 0.4}, {"a": 0.5, "b": 0.25})
    power = cell_power(clocked, power_cells(), timing(clocked, slews=(0.2, 0.8)), said)

    by_a, by_b = 0.3 * 0.25, 0.2 * 0.5
    rise, fall = 0.1 + 0.8 * 0.02 + 0.01 * 0.5, 0.06 + 0.2 * 0.01 - 0.01 * 0.3
    mean_a = (rise + fall) / 2
    expected = 0.4 * (by_a * mean_a + by_b * 0.3) / (by_a + by_b)
    assert power.internal_j[gate(power, "u")] / PJ == pytest.approx(expected)


@pytest.mark.parametrize("wire", [0.0, 40.0])
def test_energies_are_looked_up_at_the_load_that_switching_charges(clocked, wire):
    """Those of timing, which are for longest paths, do not count."""
    said = signals(clocked, {"a": 1.0, "d": 1.0}, {})
    long = timing(clocked, load=7.0)

    power = cell_power(clocked, power_cells(), long, said, wire_ff=wire)

    load = 0.01 + wire / 1000
    assert power.switching_j[gate(power, "u")] / PJ == pytest.approx(0.5 * 4 * load)
    assert power.internal_j[gate(power, "u")] / PJ == pytest.approx(0.08 + 0.1 * load)


def test_an_edge_of_an_exclusive_or_comes_from_either_edge():
    found = netlist(
        {"x": ("XOR", {"A": 2, "B": 3, "Y": 4})},
        {"a": ("input", [2]), "b": ("input", [3]), "y": ("output", [4])},
    )
    said = signals(found, {"a": 0.5, "y": 0.5}, {"b": 0.25})

    power = cell_power(found, power_cells(), timing(found, slews=(0.2, 0.8)), said)

    with_it, against = 0.2 * 0.4 + 0.8 * 0.8, 0.8 * 0.4 + 0.2 * 0.8
    expected = 0.15 + (0.75 * with_it + 0.25 * against) / 2
    assert power.internal_j[0] / PJ == pytest.approx(0.5 * expected)


def test_a_flip_flop_s_output_goes_by_the_slew_of_the_edge_that_launches(clocked):
    said = signals(clocked, {"clk": 2.0, "q": 0.5}, {})

    power = cell_power(clocked, power_cells(), timing(clocked, slews=(0.2, 0.8)), said)

    assert power.internal_j[gate(power, "v")] / PJ == pytest.approx(0.5 * (0.7 + 0.2 * 0.1))


def test_nets_take_half_c_v_squared_for_every_change(clocked):
    said = signals(clocked, {"a": 0.3, "b": 0.2, "d": 0.4, "q": 0.25, "clk": 2.0}, {})
    cells, still = power_cells(), timing(clocked)
    power = cell_power(clocked, cells, still, said)
    wired = cell_power(clocked, cells, still, said, wire_ff=3.0)

    assert power.switching_j / PJ == pytest.approx([0.5 * 4 * 0.01 * 0.4, 0])  # 2 V, pin D
    assert power.clock_net_j / PJ == pytest.approx([0, 0.5 * 4 * 0.005 * 2])
    assert power.inputs_j / PJ == pytest.approx(0.5 * 4 * (0.02 * 0.3 + 0.02 * 0.2))
    assert wired.switching_j[0] / PJ == pytest.approx(0.5 * 4 * 0.013 * 0.4)
    assert wired.clock_net_j[1] / PJ == pytest.approx(0.5 * 4 * 0.008 * 2)


def test_a_clock_pin_knows_how_often_what_comes_differs(clocked):
    # Independent D and Q would differ half of the time; Q changes once in ten cycles.
    said = signals(clocked, {"clk": 2.0, "q": 0.1, "d": 0.6}, {})
    power = cell_power(clocked, power_cells(), timing(clocked), said)

    flip_flop = gate(power, "v")
    assert power.clock_internal_j[flip_flop] / PJ == pytest.approx(2 * (0.9 * 0.4 + 0.1 * 0.9))
    # D: half of the time the clock is high; Q: always by the clock.
    data = 0.6 * (0.02 + 0.08) / 2 + 0.1 * 0.7
    assert power.internal_j[flip_flop] / PJ == pytest.approx(data)


def test_a_gated_clock_s_edges_are_those_at_which_the_output_changes(clocked):
    # One pulse in ten cycles, and Q changes with each or with every other one.
    for changes, differ in ((0.1, 1.0), (0.05, 0.5)):
        said = signals(clocked, {"clk": 0.2, "q": changes}, {"clk": 0.05})
        power = cell_power(clocked, power_cells(), timing(clocked), said)

        expected = 0.2 * (differ * 0.9 + (1 - differ) * 0.4)
        assert power.clock_internal_j[gate(power, "v")] / PJ == pytest.approx(expected)


def test_leakage_goes_by_states(clocked):
    # A and B one: 8 nW; none: 1; else that of the cell, 3. "!Y & !A" never happens.
    said = signals(clocked, {}, {"a": 0.5, "b": 0.25})
    power = cell_power(clocked, power_cells(), timing(clocked), said)

    expected = 0.125 * 8 + 0.375 * 1 + 0.5 * 3
    assert power.leakage_w / NW == pytest.approx([expected, 5])


def test_states_without_leakage_are_said_and_never_nought():
    cells = power_cells()

    (said,) = cells.warnings(["DFF", "DFN", "NAND"])[1:]
    assert cells.of("DFN").leakage_w.min() / NW == pytest.approx(1)
    assert said == (
        "tiny.lib has neither leakage_power for all states nor cell_leakage_power of DFN: the mean "
        "of the states that it has counts in the others"
    )
    assert cells.warnings(["DFN"])[0] == "tiny.lib has no internal_power for DFN"
    assert cells.warnings(["DFF", "NAND"]) == []


@pytest.mark.parametrize(
    ("leakage", "expected", "complete"),
    [
        # A & B: of two supplies 3 + 4; else the mean of what each gives, or that of the cell.
        ('{when : "A & B"; value : 3; related_pg_pin : V;} {value : 4; related_pg_pin : W;}', 7, 0),
        ('{when : "A & B"; value : 3; related_pg_pin : V;} {value : 4;} = 9', 9, 1),
        ('{when : "A & B"; value : 3;} = -1', 3, 0),  # negative: missing
        ('{when : "A & B"; value : 3;} = 0', 0, 1),  # the cell says so
        ('{when : "A & B"; value : 3;} {when : "A"; value : 5;} {value : 1;}', 1, 1),
    ],
)
def test_leakage_of_states_that_not_every_supply_names(leakage, expected, complete):
    given, _, resting = leakage.partition("=")
    said = given.replace("{", "leakage_power () {")
    said += f" cell_leakage_power : {resting.strip()};" if resting else ""
    (cell,) = nand_with(said)

    assert cell.leakage_w[0] / NW == pytest.approx(expected)
    assert cell.leakage_complete == bool(complete)
    assert cell.leakage_w[3] / NW == pytest.approx(7 if "W" in leakage or "4" in leakage else 3)


def nand_with(said):
    """Read a NAND with other leakage."""
    old = liberty(leakage=False)
    found = Library("tiny.lib", old.replace("cell (NAND) {", f"cell (NAND) {{ {said}"))
    return [PowerCells(found, Arcs(found)).of("NAND")]


def test_a_library_s_default_leakage_of_nought_is_none(clocked):
    for default, expected in (("0.000", None), ("6", 6)):
        text = liberty(leakage=False)
        text = text.replace("nom_voltage", f"default_cell_leakage_power : {default}; nom_voltage")
        found = Library("tiny.lib", text)
        cells = PowerCells(found, Arcs(found))
        power = cell_power(clocked, cells, timing(clocked), signals(clocked, {}, {}))

        if expected is None:
            assert power.leakage_w is None
            assert cells.warnings(["DFF", "NAND"]) == ["tiny.lib has no leakage_power"]
        else:
            assert power.leakage_w / NW == pytest.approx([expected] * 2)


def test_a_condition_counts_where_the_output_follows():
    """That of A may name states in which B holds the output."""
    text = liberty().replace('related_pin : "A";', 'related_pin : "A"; when : "A | B | !A";', 1)
    found = Library("tiny.lib", text)
    (by_a, by_b) = PowerCells(found, Arcs(found)).of("NAND").entries["Y"]

    assert by_a.states.tolist() == [False, False, True, True]  # B is one
    assert by_b.states.tolist() == [False, True, False, True]


def test_a_register_that_shows_its_inverse_is_known_by_it():
    cells = power_cells()
    states = cells.of("DFN").states

    shares = states.probabilities(
        {name: np.array([one]) for name, one in {"C": 0.5, "D": 0.8, "QN": 0.25}.items()},
        {"QN": np.array([0.1]), "C": np.array([2.0])},
    )

    # IQ is one in 3/4 of the time: it takes !D, so D one goes with IQ zero but for 1/10.
    leakage = (shares @ cells.of("DFN").leakage_w)[0] / NW
    differ = np.array([0.75 * 0.8, 0.25 * 0.2])  # independent: IQ one and D one, both zero
    agree = np.array([0.75 * 0.2, 0.25 * 0.8])
    both, low_to_high = differ * 0.1 / differ.sum()
    high, low = agree * 0.9 / agree.sum()
    assert shares.sum() == pytest.approx(1)
    mean = (4 * 7 + 2 * 1) / 6  # of the states that the library names; it has none for IQN & !D
    assert leakage == pytest.approx(7 * (both + high) + low + mean * low_to_high)
    assert both + high + low + low_to_high == pytest.approx(1)


def test_groups_add_up(clocked):
    said = signals(clocked, {"a": 0.3, "b": 0.2, "d": 0.4, "q": 0.25, "clk": 2.0}, {})
    power = cell_power(clocked, power_cells(), timing(clocked), said)
    groups = power.groups()

    internal, switching, leakage = np.sum(list(groups.values()), axis=0)
    energy = power.energy_j.sum()
    assert (internal + switching) / energy == pytest.approx(1)
    assert leakage / power.leakage_w.sum() == pytest.approx(1)
    assert groups["combinational"][0] / power.internal_j[gate(power, "u")] == pytest.approx(1)
    assert groups["clock"][1] / power.clock_net_j.sum() == pytest.approx(1)
    assert (power.clock_j.sum() + power.data_j.sum()) / energy == pytest.approx(1)


def test_a_buffer_of_the_clock_is_the_clock_s():
    found = netlist(
        {"b": ("BUF", {"A": 2, "Y": 3}), "v": ("DFF", {"C": 3, "D": 4, "Q": 5})},
        {"clk": ("input", [2]), "d": ("input", [4]), "q": ("output", [5]), "g": ("output", [3])},
    )
    said = signals(found, {"clk": 2.0, "g": 2.0}, {})
    power = cell_power(found, power_cells(), timing(found), said)

    assert power.on_clock.tolist() == [True, False]
    internal, switching, leakage = power.groups()["clock"]
    assert switching / PJ == pytest.approx(2 * 0.5 * 4 * (0.004 + 0.005))
    loaded = 0.05 + 0.005 * 1.0
    assert internal / PJ == pytest.approx(2 * loaded + 2 * 0.4)  # what comes never differs
    assert power.inputs_j == 0
    assert power.groups()["combinational"] == (0, 0, 0)
    assert leakage / NW == pytest.approx(5)


def test_a_library_without_power_tables_is_refused(clocked):
    said = signals(clocked, {}, {})
    with pytest.raises(UserError, match=r"tiny.lib: must have power tables \(internal_power\)"):
        cell_power(clocked, power_cells(power=False), timing(clocked), said)


def test_a_library_without_leakage_says_nothing_of_it(clocked):
    power = cell_power(
        clocked, power_cells(leakage=False), timing(clocked), signals(clocked, {}, {})
    )

    assert power.leakage_w is None


def test_a_load_that_the_library_does_not_give_is_said():
    text = liberty().replace("pin (B) { direction : input; capacitance : 0.02; }",
                             "pin (B) { direction : input; }")  # fmt: skip
    by_default = text.replace("nom_voltage", "default_input_pin_cap : 0.03; nom_voltage")
    cells, others = (PowerCells(library, Arcs(library)) for library in
                     (Library("tiny.lib", text), Library("tiny.lib", by_default)))  # fmt: skip

    said = "tiny.lib has no capacitance, which counts as 0, for NAND (B)"
    assert cells.warnings(["DFF", "NAND"]) == [said]
    assert others.warnings(["DFF", "NAND"]) == []
    assert others.of("NAND").capacitance_f["B"] / PJ == pytest.approx(0.03)


def test_a_library_without_a_voltage_is_refused(clocked):
    with pytest.raises(UserError, match=r"tiny.lib: nom_voltage: must be given, not missing"):
        cell_power(clocked, power_cells(voltage=False), timing(clocked), signals(clocked, {}, {}))


def test_a_cell_that_the_library_lacks_is_named(clocked):
    cells = power_cells()
    cells.library.cells = {"DFF": library().cells["DFF"]}

    with pytest.raises(UserError, match=r"tiny.lib: must have a cell NAND, not none"):
        cell_power(clocked, cells, timing(clocked), signals(clocked, {}, {}))


def test_a_clock_tree_has_a_buffer_for_sixteen_pins():
    cells = power_cells()
    tree = clock_tree(cells, pins=40, pin_f=40 * 5e-15)

    assert (tree.buffer, tree.buffers) == ("BUF", 3 + 1)
    assert tree.cycle_j / PJ == pytest.approx(
        4 * (2 * 0.05 + 2 * 0.5 * 4 * 0.004) + 3 * 2 * 16 * 0.005 + 2 * 16 * 0.004
    )
    assert clock_tree(cells, pins=600, pin_f=600 * 5e-15).buffers == 38 + 3 + 1
    assert clock_tree(cells, pins=0, pin_f=0.0).buffers == 0
    assert clock_tree(cells, pins=16, pin_f=1e-11).buffers == 0  # none may drive so much


def test_a_buffer_without_a_limit_has_that_of_the_library():
    text = liberty().replace("max_capacitance : 0.1;", "")
    for limit, buffers in (("", 1), ("default_max_capacitance : 0.1;", 0)):
        found = Library("tiny.lib", text.replace("nom_voltage", f"{limit} nom_voltage"))
        tree = clock_tree(PowerCells(found, Arcs(found)), pins=16, pin_f=1e-11)
        assert tree.buffers == buffers


def test_a_buffer_of_the_tree_takes_an_entry_only_in_its_state():
    """Two entries of its input, for a high and for a low output, are not both charged."""
    at_input = internal(*edges((0.02, 0, 0)), when="Y") + internal(*edges((0.06, 0, 0)), when="!Y")
    text = liberty().replace("capacitance : 0.004;", f"capacitance : 0.004; {at_input}")
    found = Library("tiny.lib", text)
    plain, charged = (
        clock_tree(PowerCells(one, Arcs(one)), pins=16, pin_f=16 * 5e-15).cycle_j
        for one in (library(), found)
    )

    assert (charged - plain) / PJ == pytest.approx(2 * (0.02 + 0.06) / 2)


def test_a_clock_gate_takes_the_place_of_the_last_buffers():
    cells = power_cells()

    def behind(pins):
        return clock_tree(cells, pins=pins, pin_f=pins * 5e-15, gated=True)

    assert (behind(FAN_OUT).buffers, behind(FAN_OUT).cycle_j) == (0, 0)
    assert behind(40).buffers == 3
    assert behind(600).buffers == 38 + 3
    assert behind(40).cycle_j / PJ == pytest.approx(
        3 * (2 * 0.05 + 2 * 0.5 * 4 * 0.004 + 2 * 16 * 0.005)
    )


def test_trees_move_as_often_as_their_clocks():
    """Twenty flip-flops on the clock, forty behind a gate of it that is open in a quarter."""
    on_clock = {f"f{k}": ("DFF", {"C": 2, "D": 4, "Q": 100 + k}) for k in range(20)}
    behind = {f"g{k}": ("DFF", {"C": 3, "D": 4, "Q": 200 + k}) for k in range(40)}
    found = netlist(
        {"b": ("BUF", {"A": 2, "Y": 3}), **on_clock, **behind},
        {"clk": ("input", [2]), "d": ("input", [4]), "g": ("output", [3])},
    )
    cells = power_cells()

    trees = clock_trees(found, cells, nets(found, {"clk": 2.0, "g": 0.5}))

    first = clock_tree(cells, pins=20, pin_f=20 * 5e-15)
    second = clock_tree(cells, pins=40, pin_f=40 * 5e-15, gated=True)
    assert (trees.pins, trees.buffer) == (60, "BUF")
    assert trees.buffers == first.buffers + second.buffers
    assert trees.cycle_j / PJ == pytest.approx((first.cycle_j + second.cycle_j / 4) / PJ)
