"""Flat netlists: names, constants and joined nets of hierarchies that Yosys writes."""

import json

import numpy as np
import pytest

from hwgen.flow.tools import run_yosys
from hwgen.gates.netlist import ONE, ZERO, Block, Hierarchy, Port

DESIGN = """\
(* blackbox *) module NOT (input A, output Y, output YN); endmodule
(* blackbox *) module DFF (input C, input D, output Q); endmodule

module step (input clk, input [1:0] i, output [1:0] o, output same, output high, output low);
  wire [1:0] next;
  NOT up (.A(i[0]), .Y(next[0]));
  NOT down (.A(i[1]), .Y(next[1]), .YN(low));
  DFF keep_0 (.C(clk), .D(next[0]), .Q(o[0]));
  DFF keep_1 (.C(clk), .D(next[1]), .Q(o[1]));
  assign same = i[0];
  assign high = 1'b1;
endmodule

module pair (input clk, input [1:0] i, output [1:0] o, output same);
  wire [1:0] between;
  wire handed, high;
  step one (.clk(clk), .i(i), .o(between), .same(handed), .high(high));
  step two (.clk(clk), .i({high, handed}), .o(o), .same(same));
endmodule

(* top *) module all (input clk, input [1:0] i, output [1:0] o, output same, output idle);
  pair twice (.clk(clk), .i(i), .o(o), .same(same));
  NOT fixed (.A(1'b0), .Y(idle));
endmodule
"""


@pytest.fixture(scope="module")
def hierarchy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("netlist")
    (folder / "design.v").write_text(DESIGN)
    run_yosys("read_verilog design.v\nhierarchy -top all\nwrite_json all.json", folder=folder)
    return Hierarchy((folder / "all.json").read_text())


@pytest.fixture
def flat(hierarchy):
    return hierarchy.flat()


def gate(netlist, path):
    (found,) = [gate for gate in netlist.gates if gate.path == path]
    return found


def test_every_instance_has_gates_of_its_own(flat):
    assert [gate.path for gate in flat.gates] == [
        "fixed",
        *(f"twice.one.{name}" for name in ("down", "keep_0", "keep_1", "up")),
        *(f"twice.two.{name}" for name in ("down", "keep_0", "keep_1", "up")),
    ]
    assert flat.blocks == (
        Block("", "all"),
        Block("twice", "pair"),
        Block("twice.one", "step"),
        Block("twice.two", "step"),
    )
    assert gate(flat, "twice.two.up").block == Block("twice.two", "step")
    assert flat.block_of.tolist() == [0, 2, 2, 2, 2, 3, 3, 3, 3]


def test_a_net_has_the_name_nearest_to_the_top(flat):
    named = {
        gate.path: {pin: flat.nets[net] for pin, net in gate.pins.items()} for gate in flat.gates
    }

    assert named["twice.one.up"]["A"] == "i[0]"
    assert named["twice.one.up"]["Y"] == named["twice.one.keep_0"]["D"] == "twice.one.next[0]"
    assert named["twice.one.keep_1"]["Q"] == "twice.between[1]"
    assert named["twice.two.keep_1"] == {"C": "clk", "D": "twice.two.next[1]", "Q": "o[1]"}


def test_what_a_port_hands_on_is_one_net(flat):
    assert flat.ports["same"] == Port("output", (flat.ports["i"].nets[0],))
    assert gate(flat, "twice.two.up").pins["A"] == flat.ports["i"].nets[0]
    assert flat.names["twice.handed"] == flat.names["twice.two.i[0]"] == flat.names["i[0]"]


def test_constants_are_nets_zero_and_one(flat):
    assert flat.nets[ZERO] == "0"
    assert flat.nets[ONE] == "1"
    assert gate(flat, "fixed").pins["A"] == ZERO
    assert gate(flat, "twice.two.down").pins["A"] == flat.names["twice.high"] == ONE


def test_open_pins_have_nets_to_themselves(flat):
    nets = [gate.pins["YN"] for gate in flat.gates if gate.kind == "NOT"]

    assert len(set(nets)) == len(nets)
    assert flat.nets[gate(flat, "twice.two.up").pins["YN"]] == "twice.two.up.YN"
    assert flat.nets[gate(flat, "twice.two.down").pins["YN"]] == "twice.two.low"


def test_nets_are_numbered_without_gaps(flat):
    used = {net for gate in flat.gates for net in gate.pins.values()}
    used |= {net for port in flat.ports.values() for net in port.nets}

    assert used == set(range(len(flat.nets)))
    assert len(set(flat.nets)) == len(flat.nets)


def test_kinds_hold_the_same_as_arrays(flat):
    assert sorted(flat.kinds) == ["DFF", "NOT"]
    assert flat.kinds["NOT"].directions == {"A": "input", "Y": "output", "YN": "output"}
    for kind, same in flat.kinds.items():
        gates = [flat.gates[place] for place in same.gates]
        assert {gate.kind for gate in gates} == {kind}
        for pin, nets in same.pins.items():
            np.testing.assert_array_equal(nets, [gate.pins[pin] for gate in gates])
    assert sum(len(same.gates) for same in flat.kinds.values()) == len(flat.gates)


def test_ports_of_a_direction_come_in_order(flat):
    assert [flat.nets[net] for net in flat.port_nets("input")] == ["clk", "i[0]", "i[1]"]
    assert len(flat.port_nets("output")) == 4
    assert not len(flat.port_nets("inout"))


def test_a_module_can_be_taken_alone(hierarchy):
    alone = hierarchy.flat("step")

    assert alone.top == "step"
    assert [gate.path for gate in alone.gates] == ["down", "keep_0", "keep_1", "up"]
    assert alone.ports["high"] == Port("output", (ONE,))
    assert alone.nets[alone.ports["o"].nets[1]] == "o[1]"
    with pytest.raises(ValueError, match="must have a module 'NOT2', not none"):
        hierarchy.flat("NOT2")


def cell(kind, directions, connections):
    return {"type": kind, "port_directions": directions, "connections": connections}


def written(cells, netnames, ports=()):
    top = {"attributes": {"top": "1"}, "ports": dict(ports), "cells": cells, "netnames": netnames}
    return json.dumps({"modules": {"top": top}})


def test_names_follow_the_ranges_they_were_declared_with():
    cells = {"g": cell("BUF", {"A": "input", "Y": "output"}, {"A": [2], "Y": [4]})}
    netnames = {
        "up": {"hide_name": 0, "bits": [2, 3], "offset": 4, "upto": 1},
        "$made": {"hide_name": 1, "bits": [4]},
    }

    flat = Hierarchy(written(cells, netnames)).flat()

    assert {flat.nets[net] for net in flat.gates[0].pins.values()} == {"up[5]", "$made"}
    assert flat.names.keys() == {"up[4]", "up[5]"}  # those that the user gave


def test_pins_of_several_bits_become_pins_of_one():
    cells = {"m": cell("RAM", {"A": "input", "Q": "output"}, {"A": ["x", 2], "Q": [3]})}

    flat = Hierarchy(written(cells, {})).flat()

    pins = flat.gates[0].pins
    assert list(pins) == ["A[0]", "A[1]", "Q"]
    assert pins["A[0]"] == ZERO
    assert flat.nets[pins["A[1]"]] == "m.A[1]"
    assert flat.kinds["RAM"].directions == {"A[0]": "input", "A[1]": "input", "Q": "output"}


def test_a_net_with_both_constants_is_refused():
    modules = json.loads(written({}, {}))
    ports = {
        "a": {"direction": "output", "bits": ["0"]},
        "b": {"direction": "output", "bits": ["1"]},
    }
    modules["modules"]["bad"] = {"ports": ports, "cells": {}, "netnames": {}}
    short = cell("bad", {"a": "output", "b": "output"}, {"a": [2], "b": [2]})
    modules["modules"]["top"]["cells"]["short"] = short

    with pytest.raises(ValueError, match="must have one constant, not both"):
        Hierarchy(json.dumps(modules)).flat()


def test_a_design_has_one_top():
    with pytest.raises(ValueError, match="must have one top module, not 0"):
        Hierarchy(json.dumps({"modules": {}}))
