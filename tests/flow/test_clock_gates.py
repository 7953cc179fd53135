"""Clock gates: which cell, which registers, proofs of what is gated, and what it saves."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.emit.rtl import emit_rtl
from hwgen.errors import UserError
from hwgen.flow.cells import cell_target
from hwgen.flow.clock_gates import FEWEST
from hwgen.flow.equivalence import differences
from hwgen.flow.mapped import map_verilog
from hwgen.flow.power import power
from hwgen.flow.synth import synth
from hwgen.liberty.library import Library
from hwgen.power.operations import Operations
from hwgen.report.tables import as_text
from tests.flow.cells import GATE, gated, powered
from tests.flow.folders import TINY
from tests.flow.test_equivalence import LIBRARIES
from tests.flow.test_synth import SMALL

# Registers with one enable and two, with values after reset, and too few for a gate.
BANK = """\
module bank (input wire clk, input wire rst, input wire load, input wire clear, input wire pick,
             input wire [3:0] d, output reg [3:0] q, output reg [3:0] p, output reg [1:0] few);
  always @(posedge clk) if (load & ~pick) q <= d;
  always @(posedge clk or posedge rst)
    if (rst) p <= 4'd5; else if (clear) p <= 4'd0; else if (pick) p <= q;
  always @(posedge clk) if (clear ^ load) few <= d[1:0];
endmodule
"""
PAIR = """\
module pair (input wire clk, input wire rst, input wire load, input wire clear, input wire pick,
             input wire [3:0] d, output wire [3:0] y, output wire [3:0] z);
  wire [3:0] between, held, other;
  wire [1:0] some, more;
  bank one (.clk(clk), .rst(rst), .load(load), .clear(clear), .pick(pick), .d(d),
            .q(between), .p(held), .few(some));
  bank two (.clk(clk), .rst(rst), .load(pick), .clear(load), .pick(clear), .d(between),
            .q(other), .p(y), .few(more));
  assign z = held ^ other ^ {some, more};
endmodule
"""
RTL = {"bank.v": BANK, "pair.v": PAIR}


def library(gate=GATE):
    return Library("tiny.lib", gated(gate=gate))


@cache
def mapped_with_gates():
    target = cell_target(library(), gate_clocks=True)
    return target, map_verilog(RTL, top="pair", target=target)


# The cell


def chosen(text, **options):
    return cell_target(Library("tiny.lib", gated(gate=text)), gate_clocks=True, **options)


def test_pins_are_those_that_the_library_says():
    gate = chosen(GATE).clock_gate

    assert (gate.cell, gate.enable, gate.clock, gate.output, gate.tied) == (
        "GATE",
        "E",
        "CK",
        "G",
        ("T",),
    )


def renamed(name, **changes):
    text = GATE.replace("cell (GATE)", f"cell ({name})")
    for was, becomes in changes.items():
        assert was in text
        text = text.replace(was, becomes)
    return text


def test_the_smallest_gate_without_pins_for_tests_is_taken():
    plain = renamed(
        "PLAIN",
        **{
            '"CK E T"': '"CK E"',
            "L L L : - : L, L H - : - : H, L - H : - : H, H - - : - : N": (
                "L L : - : L, L H : - : H, H - : - : N"
            ),
            "    pin (T) { direction : input; capacitance : 0.001; "
            "clock_gate_test_pin : true; }\n": "",
        },
    )
    large = plain.replace("PLAIN", "LARGE").replace("area : 4", "area : 9")

    assert chosen(GATE + large + plain).clock_gate.cell == "PLAIN"
    assert chosen(GATE + large + plain, dont_use=["PL*"]).clock_gate.cell == "LARGE"
    assert chosen(GATE + large + plain, dont_use=["PL*", "LARGE"]).clock_gate.cell == "GATE"


def test_a_gate_that_the_library_forbids_is_the_last_that_is_taken():
    forbidden = renamed("FORBIDDEN", **{"area : 4;": "area : 1; dont_use : true;"})

    assert chosen(forbidden + GATE).clock_gate.cell == "GATE"
    assert chosen(forbidden).clock_gate.cell == "FORBIDDEN"
    left = Library("left", chosen(forbidden).files["library.lib"]).cells
    assert "FORBIDDEN" in left
    assert (
        "FORBIDDEN"
        not in Library("left", cell_target(library(forbidden)).files["library.lib"]).cells
    )


NONE = (
    "must have a clock gate that may be used (clock_gating_integrated_cell : latch_posedge) for "
    "--gate-clocks, not none"
)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("clock_gating_integrated_cell", "cell_footprint"),
        ("latch_posedge_precontrol", "latch_negedge_precontrol"),
        ('"CK * held"', '"CK + held"'),
        ('"CK * held"', '"CK * !held"'),
        ('"CK * held"', '"held"'),
        ("L L L : - : L, L H - : - : H", "L L L : - : H, L H - : - : L"),  # contradicts itself
        (
            "L L L : - : L, L H - : - : H, L - H : - : H",
            "L L - : - : H, L H - : - : L",  # an inverted enable
        ),
        ("L - H : - : H, H - - : - : N", "L - H : - : H, H - - : - : H"),  # no latch
        ("clock_gate_test_pin : true;", ""),
        ("clock_gate_enable_pin : true;", ""),
    ],
)
def test_what_is_no_clock_gate_is_not_taken_for_one(was, becomes):
    assert was in GATE
    spoilt = GATE.replace(was, becomes)

    with pytest.raises(UserError) as caught:
        chosen(spoilt)

    assert str(caught.value) == f"tiny.lib: {NONE}"


def test_a_gate_that_must_not_be_used_is_missing():
    with pytest.raises(UserError) as caught:
        chosen(GATE, dont_use=["GA*"])

    assert str(caught.value) == f"tiny.lib: {NONE}"


# The registers


def test_registers_with_one_enable_share_a_gate():
    target, mapped = mapped_with_gates()

    bank, pair = mapped.modules["bank"], mapped.modules["pair"]
    assert FEWEST <= 4
    assert (bank.kinds["GATE"], bank.gated, bank.flip_flops) == (2, 8, 10)
    assert (pair.kinds["GATE"], pair.gated, pair.flip_flops) == (4, 16, 20)
    assert mapped.netlist.count(".T(1'h0)") == 2
    assert target.name == "tiny.gated"
    plain = map_verilog(RTL, top="pair", target=cell_target(library()))
    assert "GATE" not in plain.modules["bank"].kinds
    assert plain.modules["bank"].gated == 0
    assert plain.modules["bank"].logic_depth >= bank.logic_depth


def test_a_reset_that_comes_before_the_enable_opens_the_gate():
    text = BANK.replace("posedge clk or posedge rst", "posedge clk").replace("4'd5", "4'd0")
    files = {"bank.v": text}
    target = cell_target(library(), gate_clocks=True)
    mapped = map_verilog(files, top="bank", target=target)

    assert "posedge rst" not in text
    assert mapped.modules["bank"].gated == 8
    assert differences(files, mapped, target) == {"bank": ()}


# Proofs


def test_what_is_gated_is_proved():
    target, mapped = mapped_with_gates()

    assert differences(RTL, mapped, target) == {"pair": (), "bank": ()}


@pytest.mark.parametrize(
    ("was", "becomes", "signal"),
    [
        ("if (load & ~pick)", "if (load)", "q"),
        ("if (load & ~pick)", "if (~(load & ~pick))", "q"),
        ("else if (pick) p", "else if (load) p", "p"),
        ("else if (clear) p <= 4'd0;", "", "p"),
        ("4'd5", "4'd6", "p"),
    ],
)
def test_a_gate_with_another_enable_is_not_proved(was, becomes, signal):
    assert was in BANK
    target, mapped = mapped_with_gates()

    found = differences(RTL | {"bank.v": BANK.replace(was, becomes)}, mapped, target)

    assert {re.sub(r"\[\d\]$", "", name) for name in found["bank"]} == {signal}
    assert found["pair"] == ()


def test_an_enable_that_reads_the_clock_is_not_proved():
    """Not even where RTL and netlist agree: in the high phase the latch is closed."""
    text = BANK.replace("load & ~pick", "load & ~clk")
    target = cell_target(library(), gate_clocks=True)
    mapped = map_verilog({"bank.v": text}, top="bank", target=target)

    found = differences({"bank.v": text}, mapped, target)

    assert any(reason.startswith("the clock as data at ") for reason in found["bank"])


def gates_of(text):
    return list(re.finditer(r"  GATE (\w+) \(\n(?:    \..*\n)*?  \);\n", text))


@pytest.mark.parametrize(
    ("pattern", "becomes", "more", "said"),
    [
        (r"\.E\((\w+)\)", ".E(load)", "", "q["),
        (r"\.E\((\w+)\)", ".E(nen)", "  wire nen;\n  INV turn (.A({0}), .Y(nen));\n", "["),
        (r"\.E\((\w+)\)", ".E(1'h1)", "", "["),
        (r"\.E\((\w+)\),", "", "", "enable of the gate "),
        (r"\.CK\((clk)\)", ".CK(nclk)", "  wire nclk;\n  INV turn (.A(clk), .Y(nclk));\n",
         "clock of the gate "),
        (r"\.CK\((clk)\)", ".CK(load)", "", "clock of the gate "),
        (r"\.T\((1'h0)\)", ".T(1'h1)", "", ".T, which must be 0"),
        (r"\.G\((\w+)\)", ".G({0})", "  wire late;\n  INV reads (.A({0}), .Y(late));\n",
         "the gated clock at "),
        (r"\.G\((\w+)\)", ".G(once)", "  wire once;\n  INV on (.A(once), .Y({0}));\n", "clock of "),
        (r"\.CK\((clk)\)", ".CK(again)",
         "  wire again;\n  GATE first (.CK(clk), .E(load), .T(1'h0), .G(again));\n",
         "clock of the gate "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [0, 1])
def test_netlists_that_gate_otherwise_are_refused(pattern, becomes, more, said, number):
    """Another enable, its inverse, none; another clock or edge, a second gate; a clock as data."""
    target, mapped = mapped_with_gates()
    (text,) = re.findall(r"(?ms)^module bank\(.*?^endmodule\n", mapped.netlist)
    gate = gates_of(text)[number]
    was = re.search(pattern, gate[0])[1] if re.search(pattern, gate[0]).groups() else ""
    changed = re.sub(pattern, becomes.format(was), gate[0], count=1)
    spoilt = text.replace(gate[0], changed).replace("endmodule", more.format(was) + "endmodule")
    assert spoilt != text

    found = differences(RTL, replace(mapped, netlist=mapped.netlist.replace(text, spoilt)), target)

    assert found["pair"] == ()
    if said in {"q[", "["}:
        assert found["bank"], "proved"
    else:
        assert any(said in reason for reason in found["bank"]), found


@pytest.mark.parametrize("where", ["sky130", "sg13g2"])
@pytest.mark.parametrize("kind", ["asynchronous", "synchronous"])
def test_every_block_of_a_small_tile_is_proved(where, kind):
    if not LIBRARIES[where].exists():
        pytest.skip(f"needs ../shared/data/liberty/{LIBRARIES[where].name}")
    target = cell_target(Library.read(LIBRARIES[where]), gate_clocks=True)
    interface = {"x_elements": 4, "reset": {"kind": kind}}
    rtl = emit_rtl(load(SMALL | {"interface": interface}))
    files = {name.rpartition("/")[2]: text for name, text in rtl.files.items()}

    mapped = map_verilog(files, top=rtl.top.module, target=target)
    found = differences(files, mapped, target)

    assert mapped.modules[mapped.top].gated > mapped.modules[mapped.top].flip_flops / 2
    assert len(found) == 13
    assert not any(found.values()), found


# The commands


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The tiny design; every target has a folder of its own in it."""
    folder = tmp_path_factory.mktemp("tiny") / "out"
    generate(load(TINY), folder)
    return folder


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return powered(tmp_path_factory.mktemp("cells"), gate=GATE)


@pytest.fixture(scope="module")
def plain_and_gated(written, cells):
    return power(written, liberty=cells), power(written, liberty=cells, gate_clocks=True)


def test_synthesis_counts_gates_and_what_is_behind_them(written, cells):
    plain = synth(written, liberty=cells)
    found = synth(written, liberty=cells, gate_clocks=True)

    assert found["library"]["clock_gate"] == "GATE"
    assert plain["library"]["clock_gate"] is None
    assert found["target"] == "tiny.gated"
    assert found["flip_flops"] == plain["flip_flops"]
    assert found["area_um2"] < plain["area_um2"]
    assert found["flip_flops"] / 2 < found["gated_flip_flops"] < found["flip_flops"]
    assert "clock_gates" not in plain
    lane, blocks = found["blocks"]["lane"], found["blocks"]
    inside = ("sar", "search", "shift_add", "interval_decode")
    for key in ("clock_gates", "gated_flip_flops"):
        own = lane[key] - sum(blocks[name][key] for name in inside)
        assert 0 <= own <= 3
        assert found[key] == blocks["tile"][key]
    assert blocks["shift_add"]["gated_flip_flops"] > 0


def test_the_table_of_blocks_has_no_broken_numbers(written, cells):
    found = synth(written, liberty=cells, gate_clocks=True)
    for one in (found, *found["blocks"].values()):
        one |= {"proved": True, "area_um2": 123_456.7, "cells": 12_345, "flip_flops": 1_234}

    lines = as_text("synth", found).splitlines()
    rows = [line.split() for line in lines if " 123,456.7 " in line]

    assert len(rows) == len(found["blocks"]) + 1
    assert all({"12,345", "1,234", "yes"} <= {*row} for row in rows)


def test_clocks_behind_gates_move_when_these_are_open(plain_and_gated):
    plain, found = plain_and_gated

    free = 2 * found["cycles"] * found["clock_tree"]["pins"]
    at_pins = found["blocks"]["tile"]["clock_changes_per_conversion"] * found["conversions"]
    assert plain["decisions"] == found["decisions"]
    assert plain["cycles"] == found["cycles"]
    assert 0.1 * free < at_pins < 0.8 * free
    clocks = [sum(one["groups"]["clock"][part] for part in ("internal_uw", "switching_uw"))
              for one in plain_and_gated]  # fmt: skip
    assert clocks[1] < 0.8 * clocks[0]
    assert found["clock_tree"]["dynamic_uw"] < plain["clock_tree"]["dynamic_uw"]
    assert found["library"]["clock_gate"] == "GATE"


def test_every_figure_says_whether_clocks_are_gated_and_how_cells_are_sized(written, cells):
    """Beside others, that is a factor of five: in power, in networks, and in comparisons."""
    measured = power(written, liberty=cells, clock_ns=12.5, gate_clocks=True)
    said = "cells sized for 12.5 ns, clock gates GATE"

    assert measured["models"]["digital"]["netlist"] == said
    assert f"\ndigital: liberty ({said}; all gates of" in as_text("power", measured)
    found = Operations.read(Path(measured["report"]))
    assert found.described()["netlist"] == said


def test_what_is_priced_is_what_was_measured(plain_and_gated):
    """Clocks behind gates go by what their blocks do, the others by cycles."""
    for one in plain_and_gated:
        seconds = one["cycles"] / (one["clock_mhz"] * 1e6)
        joules = 1e-6 * (one["dynamic_uw"] + one["leakage_uw"]) * seconds
        assert one["energy_per_conversion_pj"]["digital"] == pytest.approx(
            1e12 * joules / one["conversions"]
        )
    # A clock without gates is priced by cycles; 1 uW in 1 ns is 1e-3 pJ.
    by_cycle, clock = (
        [1e3 * sum(part["cycle"] for part in one["operations"].values()) * one["clock_mhz"] / 1e3
         for one in plain_and_gated],
        [sum(one["groups"]["clock"][part] for part in ("internal_uw", "switching_uw"))
         for one in plain_and_gated],
    )  # fmt: skip
    assert by_cycle[0] == pytest.approx(clock[0])
    assert 0.5 * clock[1] < by_cycle[1] < 0.95 * clock[1]


def test_results_with_and_without_gates_are_kept_apart(plain_and_gated, written):
    plain, found = plain_and_gated

    assert plain["report"] == str(written / "synth/tiny/power.json")
    assert found["report"] == str(written / "synth/tiny.gated/power.json")


@pytest.mark.parametrize("command", ["synth", "power"])
def test_a_library_without_a_gate_ends_before_the_work(hwgen, folder, tmp_path, command):
    cells = powered(tmp_path)
    generate(load(TINY), folder / "d")

    ended = hwgen(command, "d", "--liberty", str(cells), "--gate-clocks")

    assert (ended.code, ended.line) == (2, f"{cells}: {NONE}")
    assert not (folder / "d" / "synth").exists()


def test_gates_are_those_of_a_library(hwgen, folder):
    generate(load(TINY), folder / "d")

    ended = hwgen("synth", "d", "--gate-clocks")

    assert (ended.code, ended.line) == (
        2,
        "--gate-clocks: must be given with --liberty, not alone",
    )
