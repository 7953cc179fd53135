"""Static timing by hand-worked cases: chains of inverters and loops through flip-flops."""

from dataclasses import astuple

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import delays
from hwgen.gates.netlist import Hierarchy
from hwgen.liberty.library import Library
from tests.gates.tiny import hierarchy, liberty

CHAIN = hierarchy(
    {"u0": ("NOT", {"A": 2, "Y": 3}), "u1": ("NOT", {"A": 3, "Y": 4})},
    {"a": ("input", [2]), "y": ("output", [4])},
)
LOOP = hierarchy(
    {
        "keep": ("DFF", {"C": 2, "D": 6, "R": 4, "Q": 5}),
        "turn": ("NOT", {"A": 5, "Y": 6}),
        "reset": ("NOT", {"A": 3, "Y": 4}),
    },
    {"clk": ("input", [2]), "rst": ("input", [3]), "q": ("output", [5])},
)


def find(text, *, options=None, **given):
    netlist = Hierarchy(text).flat()
    arcs = Arcs(Library("tiny.lib", liberty(**(options or {}))))
    return netlist, delays(netlist, arcs, **given)


def of(netlist, array, gate, pin):
    (found,) = [one for one in netlist.gates if one.path == gate]
    return array[found.pins[pin]]


def test_two_inverters_by_hand():
    netlist, found = find(CHAIN, input_slew_ns=0.1)

    # a at 0 with 0.1; u0.Y carries 0.01 pF as it rises and 0.02 as it falls, u1.Y nothing.
    falls = 0.2 + 0.1 * 0.1 + 2 * 0.02
    rises = 0.1 + 0.2 * 0.1 + 1 * 0.01
    fall_slew = 0.04 + 0.2 * 0.1 + 3 * 0.02
    rise_slew = 0.05 + 0.1 * 0.1 + 4 * 0.01
    np.testing.assert_allclose(of(netlist, found.loads, "u0", "Y"), [0.01, 0.02])
    np.testing.assert_allclose(of(netlist, found.slews, "u0", "Y"), [rise_slew, fall_slew])
    np.testing.assert_allclose(of(netlist, found.slews, "u0", "A"), [0.1, 0.1])
    then_rises = falls + 0.1 + 0.2 * fall_slew
    then_falls = rises + 0.2 + 0.1 * rise_slew
    assert then_rises > then_falls
    assert found.critical_path.ns == pytest.approx(then_rises)
    assert [(one.pin, one.cell, one.edge) for one in found.critical_path.points] == [
        ("a", None, "rise"),
        ("u0.Y", "NOT", "fall"),
        ("u1.Y", "NOT", "rise"),
        ("y", None, "rise"),
    ]
    arrivals = [one.arrival_ns for one in found.critical_path.points]
    assert arrivals == pytest.approx([0, falls, then_rises, then_rises])
    assert found.critical_path.before_ns == 0
    assert found.register_path is None
    assert found.recovery_path is None


def test_a_register_loop_by_hand():
    netlist, found = find(LOOP, input_slew_ns=0.1)

    rises, falls = 0.3 + 0.01, 0.35 + 0.02  # keep.Q, with the inverter's input on it
    rise_slew, fall_slew = 0.05 + 4 * 0.01, 0.04 + 3 * 0.02
    np.testing.assert_allclose(of(netlist, found.slews, "keep", "Q"), [rise_slew, fall_slew])
    fallen = rises + 0.2 + 0.1 * rise_slew + 2 * 0.03
    setup = 0.06 + 0.25 * (0.04 + 0.2 * rise_slew + 3 * 0.03)
    risen = falls + 0.1 + 0.2 * fall_slew + 0.03
    other = 0.05 + 0.5 * (0.05 + 0.1 * fall_slew + 4 * 0.03)
    assert fallen + setup > risen + other
    assert found.register_path.ns == found.critical_path.ns == pytest.approx(fallen + setup)
    assert found.register_path.before_ns == pytest.approx(setup)
    assert [astuple(one)[:3] for one in found.register_path.points] == [
        ("keep.C", "DFF", "rise"),
        ("keep.Q", "DFF", "rise"),
        ("turn.Y", "NOT", "fall"),
        ("keep.D", "DFF", "fall"),
    ]
    assert found.register_path.points[0].arrival_ns == 0


def test_resets_end_at_their_recovery_by_hand():
    _, found = find(LOOP, input_slew_ns=0.1)

    risen = 0.1 + 0.2 * 0.1 + 0.05
    recovery = 0.02 + 0.5 * (0.05 + 0.1 * 0.1 + 4 * 0.05)
    assert found.recovery_path.ns == pytest.approx(risen + recovery)
    assert [one.pin for one in found.recovery_path.points] == ["rst", "reset.Y", "keep.R"]


def test_the_clock_is_ideal_whatever_inputs_do():
    netlist, slow = find(LOOP, input_slew_ns=5.0)
    _, fast = find(LOOP)

    assert slow.register_path == fast.register_path
    assert slow.recovery_path.ns > fast.recovery_path.ns
    np.testing.assert_array_equal(of(netlist, slow.slews, "keep", "C"), [0, 0])


def test_paths_from_inputs_are_no_register_paths():
    text = hierarchy(
        {
            "slow_0": ("NOT", {"A": 3, "Y": 4}),
            "slow_1": ("NOT", {"A": 4, "Y": 5}),
            "slow_2": ("NOT", {"A": 5, "Y": 6}),
            "keep": ("DFF", {"C": 2, "D": 6, "R": "1", "Q": 7}),
            "next": ("DFF", {"C": 2, "D": 7, "R": "1", "Q": 8}),
        },
        {"clk": ("input", [2]), "d": ("input", [3]), "q": ("output", [8])},
    )

    _, found = find(text)

    ends = [found.critical_path.points, found.register_path.points]
    assert [(path[0].pin, path[-1].pin) for path in ends] == [
        ("d", "keep.D"),
        ("keep.C", "next.D"),
    ]
    assert found.recovery_path is None  # nothing arrives at a constant


def test_wires_add_to_the_load_of_every_input():
    netlist, bare = find(CHAIN)
    _, wired = find(CHAIN, wire_ff=3.0)

    added = wired.loads - bare.loads
    np.testing.assert_allclose(of(netlist, added, "u0", "Y"), [0.003, 0.003])
    np.testing.assert_allclose(of(netlist, added, "u1", "Y"), [0, 0])
    assert wired.critical_path.ns > bare.critical_path.ns


def test_wires_need_the_unit_of_capacitance_and_nothing_else_does():
    netlist = Hierarchy(CHAIN).flat()
    text = liberty().replace("capacitive_load_unit (1, pf);", "")
    arcs = Arcs(Library("tiny.lib", text))

    assert delays(netlist, arcs).critical_path.ns == find(CHAIN)[1].critical_path.ns
    with pytest.raises(UserError, match=r"^tiny.lib: capacitive_load_unit: must be given"):
        delays(netlist, arcs, wire_ff=1.0)


def test_times_are_in_ns_whatever_the_unit():
    _, ns = find(LOOP, input_slew_ns=0.1)
    _, ten_ps = find(LOOP, input_slew_ns=0.001, options={"time_unit": "10ps"})

    for path in ("critical_path", "register_path", "recovery_path"):
        expected = getattr(ns, path)
        found = getattr(ten_ps, path)
        assert found.ns == pytest.approx(expected.ns / 100)
        assert found.before_ns == pytest.approx(expected.before_ns / 100)
        assert found.points[-1].arrival_ns == pytest.approx(expected.points[-1].arrival_ns / 100)


def test_the_slowest_of_several_edges_counts():
    """An arc without a sense lets either edge of an input make either of the output."""
    _, unate = find(CHAIN, input_slew_ns=0.1)
    _, either = find(CHAIN, input_slew_ns=0.1, options={"sense": "non_unate"})

    falls = 0.2 + 0.1 * 0.1 + 2 * 0.02
    slowest = max(0.04 + 0.2 * 0.1 + 3 * 0.02, 0.05 + 0.1 * 0.1 + 4 * 0.01)
    assert either.critical_path.ns == pytest.approx(falls + 0.2 + 0.1 * slowest)
    assert either.critical_path.ns > unate.critical_path.ns
    assert [one.edge for one in either.critical_path.points] == ["rise", "fall", "fall", "fall"]


def test_an_input_that_is_an_output_takes_no_time():
    _, found = find(hierarchy({}, {"a": ("input", [2]), "y": ("output", [2])}))

    assert found.critical_path.ns == 0
    assert [one.pin for one in found.critical_path.points] == ["a", "y"]


def test_a_constant_output_has_no_path():
    _, found = find(hierarchy({}, {"a": ("input", [2]), "y": ("output", ["1"])}))

    assert found.critical_path is None


def test_what_never_switches_has_no_slew():
    netlist, found = find(
        hierarchy(
            {"u0": ("NOT", {"A": "1", "Y": 3}), "u1": ("NOT", {"A": 3, "Y": 4})},
            {"y": ("output", [4])},
        )
    )

    np.testing.assert_array_equal(of(netlist, found.slews, "u0", "Y"), [0, 0])
    np.testing.assert_array_equal(of(netlist, found.slews, "u1", "Y"), [0, 0])
    assert found.critical_path is None


def test_a_loop_of_gates_is_refused():
    text = hierarchy(
        {"u0": ("NOT", {"A": 2, "Y": 3}), "u1": ("NOT", {"A": 3, "Y": 2})},
        {"y": ("output", [3])},
    )

    with pytest.raises(ValueError, match=r"^Gates must form no loop, not one at (y|u0\.A)$"):
        find(text)
