"""Energies of gates, worked out by hand."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.power.cells import Signals, cell_power
from hwgen.power.clock_tree import FAN_OUT, clock_tree, clock_trees
from tests.power.tiny import library, netlist, nets, power_cells, timing

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
    # A changes in states with B one (1/4), B in those with A one (1/2).
    said = signals(clocked, {"a": 0.3, "b": 0.2, "d": 0.4}, {"a": 0.5, "b": 0.25})
    power = cell_power(clocked, power_cells(), timing(clocked, load=0.05, slew=0.5), said)

    by_a, by_b = 0.3 * 0.25, 0.2 * 0.5
    mean_a = (0.1 + 0.06) / 2 + 0.5 * (0.02 + 0.01) / 2 + 0.05 * (0.5 - 0.3) / 2
    expected = 0.4 * (by_a * mean_a + by_b * 0.3) / (by_a + by_b)
    assert power.internal_j[gate(power, "u")] / PJ == pytest.approx(expected)


def test_a_table_that_books_the_load_at_one_edge_is_not_misread(clocked):
    said = signals(clocked, {"a": 1.0, "d": 1.0}, {})
    uneven = timing(clocked)
    uneven.loads[:, 0] = 0.1  # as they rise

    power = cell_power(clocked, power_cells(), uneven, said)

    assert power.internal_j[gate(power, "u")] / PJ == pytest.approx(0.08 + 0.05 * 0.1)


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


def test_a_clock_pin_behind_a_gate_knows_what_differs_at_its_edges(clocked):
    """Q changes at every second of the clock's edges, which come in a quarter of all cycles."""
    power = cell_power(
        clocked, power_cells(), timing(clocked), signals(clocked, {"clk": 0.5, "q": 0.125}, {})
    )

    place = gate(power, "v")
    assert power.clock_internal_j[place] / PJ == pytest.approx(0.5 * (0.4 + 0.9) / 2)


def test_leakage_goes_by_states(clocked):
    # A and B one: 8 nW; none: 1; else that of the cell, 3. "!Y & !A" never happens.
    said = signals(clocked, {}, {"a": 0.5, "b": 0.25})
    power = cell_power(clocked, power_cells(), timing(clocked), said)

    expected = 0.125 * 8 + 0.375 * 1 + 0.5 * 3
    assert power.leakage_w / NW == pytest.approx([expected, 5])


def test_a_register_that_shows_its_inverse_is_known_by_it():
    cells = power_cells()
    states = cells.of("DFN").states

    shares = states.probabilities(
        {name: np.array([one]) for name, one in {"C": 0.5, "D": 0.8, "QN": 0.25}.items()},
        {"QN": np.array([0.1])},
    )

    # IQ is one in 3/4 of the time: it takes !D, so D one goes with IQ zero but for 1/10.
    leakage = (shares @ cells.of("DFN").leakage_w)[0] / NW
    differ = np.array([0.75 * 0.8, 0.25 * 0.2])  # independent: IQ one and D one, both zero
    agree = np.array([0.75 * 0.2, 0.25 * 0.8])
    both, low_to_high = differ * 0.1 / differ.sum()
    high, low = agree * 0.9 / agree.sum()
    assert shares.sum() == pytest.approx(1)
    assert leakage == pytest.approx(7 * (both + high) + low)
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
    assert internal / PJ == pytest.approx(2 * 0.05 + 2 * 0.4)  # what comes never differs
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
