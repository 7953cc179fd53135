# amaranth: UnusedElaboratable=no
"""Components are taken apart into distinct blocks with the ports of their signature."""

import pytest
from amaranth import Module, Signal
from amaranth.hdl import Elaboratable
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from hwgen.emit.hierarchy import take_apart
from tests.emit.parts import Lanes, Machine


def modules(component):
    return [block.module for block in take_apart(component, design="d", block="top")]


def test_identical_lanes_with_identical_children_are_one_module_each():
    assert modules(Lanes([1, 1, 1, 1])) == ["d_first", "d_second", "d_lane", "d_top"]


def test_what_differs_inside_makes_a_variant_of_everything_around_it():
    assert modules(Lanes([1, 2, 1, 3])) == [
        "d_first", "d_second", "d_lane",
        "d_second_2", "d_lane_2",
        "d_second_3", "d_lane_3",
        "d_top",
    ]  # fmt: skip


def test_a_block_comes_after_those_it_uses():
    blocks = take_apart(Lanes([1, 2]), design="d", block="top")
    seen = set()
    for block in blocks:
        assert set(block.children) <= seen
        seen.add(block.module)


def test_ports_are_those_of_the_signature_whether_used_or_not():
    (lane,) = [b for b in take_apart(Lanes([1]), design="d", block="top") if b.name == "lane"]
    ports = [(port.name, port.direction, port.width) for port in lane.ports]

    assert ports == [
        ("clk", "input", 1),
        ("rst", "input", 1),
        ("i", "input", 8),
        ("o", "output", 8),
        ("spare", "input", 3),
        ("unused", "output", 1),
    ]


def test_blocks_say_what_they_are_and_what_their_states_are_called():
    (machine,) = take_apart(Machine(), design="d", block="top")

    assert machine.about.startswith("A state machine, chains of conditions")
    assert machine.states == {"\\phase_state": {0: "Rest", 1: "Work", 2: "Halt"}}


class Plain(Elaboratable):
    """Not a component: nobody knows its ports."""

    def __init__(self):
        self.o = Signal(4)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq(self.o + 1)
        return m


class Holder(wiring.Component):
    """Holds something that is no component."""

    o: Out(4)

    def elaborate(self, platform):
        m = Module()
        m.submodules.plain = plain = Plain()
        m.d.comb += self.o.eq(plain.o)
        return m


def test_a_submodule_that_is_no_component_is_refused_by_name():
    with pytest.raises(TypeError, match=r"Submodules of Holder must be components, not .*plain"):
        modules(Holder())
