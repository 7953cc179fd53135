"""Proofs of mapped netlists: what is equal is proved, whatever is spoilt is not."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hwgen.config import load, presets
from hwgen.emit.rtl import emit_rtl
from hwgen.flow.cells import cell_target
from hwgen.flow.equivalence import differences
from hwgen.flow.mapped import map_verilog
from hwgen.flow.targets import GENERIC, TARGETS
from hwgen.liberty.library import Library
from tests.flow.test_synth import SMALL

DATA = Path(__file__).parents[2] / "../shared/data/liberty"
TINY = Path(__file__).parents[1] / "emit/cells.lib"
LIBRARIES = {
    "sky130": DATA / "sky130_fd_sc_hd__tt_025C_1v80.lib.gz",
    "sg13g2": DATA / "sg13g2_stdcell_typ_1p20V_25C.lib.gz",
    "tiny": TINY,
}
EVERYWHERE = ["generic", *TARGETS, *LIBRARIES]

# A state machine, a set flip-flop, an enable, an adder, an instance: all in one.
CHILD = """\
module child (input wire clk, input wire rst, input wire [3:0] d, output reg [3:0] q);
  always @(posedge clk or posedge rst) if (rst) q <= 4'd9; else q <= q - d;
endmodule
"""
PARENT = """\
module parent (input wire clk, input wire rst, input wire go, input wire [3:0] a,
               output wire [3:0] y, output wire odd);
  reg [1:0] state;
  reg [3:0] held;
  wire [3:0] sum;
  child one (.clk(clk), .rst(rst), .d(held), .q(sum));
  assign y = sum + {held[0], a[3:1]};
  assign odd = ^y & (state == 2'd2);
  always @(posedge clk or posedge rst) begin
    if (rst) begin state <= 2'd1; held <= 4'd0; end
    else begin
      if (go) held <= a;
      case (state)
        2'd1: if (go) state <= 2'd2;
        2'd2: state <= 2'd0;
        default: state <= 2'd1;
      endcase
    end
  end
endmodule
"""
RTL = {"child.v": CHILD, "parent.v": PARENT}


def target_of(name):
    if name in LIBRARIES:
        if not LIBRARIES[name].exists():
            pytest.skip(f"needs ../shared/data/liberty/{LIBRARIES[name].name}")
        return cell_target(Library.read(LIBRARIES[name]))
    return TARGETS.get(name, GENERIC)


@cache
def mapped_to(where):
    target = target_of(where)
    return target, map_verilog(RTL, top="parent", target=target)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_what_is_mapped_is_proved_on_every_target(where):
    target, mapped = mapped_to(where)
    through = []

    found = differences(RTL, mapped, target, proved=through.append)

    assert found == {"parent": (), "child": ()}
    assert sorted(through) == ["child", "parent"]


@pytest.mark.parametrize(
    ("file", "was", "becomes", "module", "signals"),
    [
        ("child.v", "q - d", "q + d", "child", "q"),
        ("child.v", "4'd9", "4'd8", "child", "q"),
        ("child.v", "posedge clk", "negedge clk", "child", "clock of q"),
        ("child.v", "posedge rst) if (rst)", "negedge rst) if (!rst)", "child", "q"),
        ("parent.v", "a[3:1]", "a[2:0]", "parent", "y"),
        ("parent.v", "2'd2: state <= 2'd0", "2'd2: state <= 2'd1", "parent", "state"),
        ("parent.v", "default: state <= 2'd1", "default: state <= state", "parent", "state"),
        ("parent.v", "if (go) held", "if (go & a[0]) held", "parent", "held"),
        ("parent.v", ".d(held)", ".d(a)", "parent", "a"),
        ("parent.v", "^y", "~^y", "parent", "odd"),
    ],
)
@pytest.mark.parametrize("where", ["ice40", "tiny"])
def test_rtl_that_is_not_what_was_mapped_is_not_proved(where, file, was, becomes, module, signals):
    assert was in RTL[file]
    target, mapped = mapped_to(where)
    found = differences(RTL | {file: RTL[file].replace(was, becomes)}, mapped, target)

    named = {re.sub(r"\[\d+\]$", "", signal) for signal in found[module]}
    assert signals in named, found
    (other,) = {"child", "parent"} - {module}
    assert not found[other]


def test_a_changed_gate_is_found():
    """One gate in seven, each in turn, computes something else."""
    target, mapped = mapped_to("tiny")
    gates = list(re.finditer(r"\b(NAND2|NOR2) (?=_\d+_ \()", mapped.netlist))
    assert len(gates) > 20
    other = {"NAND2": "NOR2", "NOR2": "NAND2"}
    for gate in gates[::7]:
        changed = mapped.netlist[: gate.start()] + other[gate[1]] + mapped.netlist[gate.end(1) :]
        found = differences(RTL, replace(mapped, netlist=changed), target)
        assert any(found.values()), gate


INVERTED_CLOCK = "  wire nclk;\n  INV not_clk (.A(clk), .Y(nclk));\nendmodule"


@pytest.mark.parametrize(
    ("pattern", "becomes", "module", "said"),
    [
        (r"\.CK\(clk\)", ".CK(rst)", "child", "clock of q["),
        (r"\.CK\(clk\)", ".CK(nclk)", "child", "clock of q["),
        (r"\.RN\(\w+\)", ".RN(1'h1)", "child", "q["),
        (r"endmodule", "  wire z;\n  DFF kept (.CK(clk), .D(z), .Q(z));\nendmodule", "child",
         "which the RTL does not have"),
        (r"endmodule", "  INV more (.A(clk), .Y(q[0]));\nendmodule", "child",
         "nets without a driver"),
        (r"\.A\(\w[^)]*\)", ".A(1'hx)", "child", "which the netlist leaves undefined"),
    ],
)  # fmt: skip
def test_netlists_that_a_proof_might_overlook_are_refused(pattern, becomes, module, said):
    """Other clocks, lost resets, registers of its own that nothing sets, undefined nets."""
    target, mapped = mapped_to("tiny")
    (text,) = re.findall(rf"(?ms)^module {module}\(.*?^endmodule", mapped.netlist)
    spoilt = re.sub(pattern, becomes, text, count=1, flags=re.DOTALL)
    if "nclk" in spoilt:
        spoilt = spoilt.replace("endmodule", INVERTED_CLOCK)
    assert spoilt != text
    found = differences(RTL, replace(mapped, netlist=mapped.netlist.replace(text, spoilt)), target)

    assert any(said in signal for signal in found[module]), found


def test_one_wrong_bit_is_named():
    target, mapped = mapped_to("tiny")
    changed = RTL | {"child.v": CHILD.replace("q - d", "(q - d) ^ {1'b0, &d, 2'b00}")}

    assert differences(changed, mapped, target)["child"] == ("q[2]",)


def test_modules_with_parameters_end_in_a_verdict():
    text = """\
module wide #(parameter W = 1) (input wire clk, input wire [W - 1:0] d, output reg [W - 1:0] q);
  always @(posedge clk) q <= ~d;
endmodule
module top (input wire clk, input wire [2:0] d, output wire [2:0] q);
  wide #(.W(3)) one (.clk(clk), .d(d), .q(q));
endmodule
"""
    target = target_of("tiny")
    mapped = map_verilog({"a.v": text}, top="top", target=target)

    assert set(differences({"a.v": text}, mapped, target)) == set(mapped.modules)


def test_a_netlist_that_cannot_be_read_is_no_proof():
    target, mapped = mapped_to("tiny")
    lost = mapped.netlist.replace("output odd;", "output even;")
    assert lost != mapped.netlist

    (reason,) = differences(RTL, replace(mapped, netlist=lost), target)["parent"]

    assert "odd" in reason or "even" in reason


@pytest.mark.parametrize("where", EVERYWHERE)
def test_every_block_of_a_small_tile_is_proved(where):
    rtl = emit_rtl(load(SMALL))
    files = {Path(name).name: text for name, text in rtl.files.items()}
    target = target_of(where)

    found = differences(files, map_verilog(files, top=rtl.top.module, target=target), target)

    assert len(found) == 13
    assert not any(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("preset", presets())
def test_every_block_of_every_preset_is_proved(preset, where):
    rtl = emit_rtl(load(preset))
    files = {Path(name).name: text for name, text in rtl.files.items()}
    target = target_of(where)

    found = differences(files, map_verilog(files, top=rtl.top.module, target=target), target)

    assert len(found) > 10
    assert not {block: signals for block, signals in found.items() if signals}
