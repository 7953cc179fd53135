"""Longest paths of mapped designs, block by block, by OpenSTA and by the tables themselves."""

import shutil
import sys
from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.rtl import emit_rtl
from hwgen.errors import ToolMissing
from hwgen.flow.cells import LIBRARY, cell_target
from hwgen.flow.mapped import Mapped, Module, map_verilog
from hwgen.flow.timing import OWN_TOOL, BlockTiming, timing
from hwgen.flow.tools import run_yosys
from hwgen.liberty.library import Library
from tests.emit.designs import SMALL
from tests.gates.tiny import liberty

FOLDER = Path(__file__).parents[2] / "../shared/data/liberty"
REAL = ("sg13g2_stdcell_typ_1p20V_25C", "sky130_fd_sc_hd__tt_025C_1v80")
FIGURES = ("critical_path_ns", "register_path_ns", "recovery_path_ns")

BROKEN = [sys.executable, "-c", "raise SystemExit(3)"]

NETLIST = """\
module turn(a, y);
  input a; output y;
  NOT only (.A(a), .Y(y));
endmodule
module pass(a, y);
  input a; output y;
  assign y = a;
endmodule
module top(clk, rst, d, q);
  input clk; input rst; input d; output q;
  wire back, clear, kept, slow, slower, late;
  DFF keep (.C(clk), .D(back), .R(clear), .Q(kept));
  DFF take (.C(clk), .D(late), .R(clear), .Q(q));
  turn one (.a(kept), .y(back));
  turn two (.a(rst), .y(clear));
  turn three (.a(d), .y(slow));
  NOT four (.A(slow), .Y(slower));
  pass five (.a(slower), .y(late));
endmodule
"""

needs_sta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")


HALVES = """\
module top(clk, q);
  input clk; output q;
  wire risen, back;
  DFF rises (.C(clk), .D(q), .R(1'b1), .Q(risen));
  NOT turn (.A(risen), .Y(back));
  DFN falls (.C(clk), .D(back), .R(1'b1), .Q(q));
endmodule
"""


def both_edges():
    """Write the tiny library with a flip-flop for the other edge besides."""
    falling = liberty(edge="falling").replace('clocked_on : "C"', 'clocked_on : "!C"')
    begin = falling.index("  cell (DFF)")
    cell = falling[begin:].replace("cell (DFF)", "cell (DFN)")
    text = liberty()
    return text[: text.index("  cell (DFF)")] + cell[:-2] + text[text.index("  cell (DFF)") :]


def netlist_of(folder, netlist, library, modules):
    """Return a netlist of library cells as if it had been mapped."""
    (folder / "tiny.lib").write_text(library)
    (folder / "netlist.v").write_text(netlist)
    commands = ["read_liberty -lib tiny.lib", "read_verilog netlist.v", "hierarchy -top top"]
    run_yosys("\n".join([*commands, "write_json netlist.json"]), folder=folder)
    module = Module(
        cells=0, flip_flops=0, luts=0, logic_depth=0, instances=1, kinds={}, children={}
    )
    return Mapped(
        top="top",
        modules=dict.fromkeys(modules, module),
        netlist=netlist,
        rtlil="",
        json=(folder / "netlist.json").read_text(),
    )


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """A netlist of the tiny library."""
    folder = tmp_path_factory.mktemp("tiny")
    return netlist_of(folder, NETLIST, liberty(), ("top", "turn", "pass"))


@pytest.fixture
def without_sta(monkeypatch):
    def missing():
        raise ToolMissing("sta is missing")

    monkeypatch.setattr("hwgen.flow.timing.sta_command", missing)


def find(mapped, **options):
    text = liberty(**options)
    return timing(mapped, Library("tiny.lib", text), text)


# Worked out in tests/gates/test_delays.py, here with inputs that take no time.
ROUND = 0.31 + 0.2 + 0.1 * 0.09 + 2 * 0.03 + 0.06 + 0.25 * (0.04 + 0.2 * 0.09 + 3 * 0.03)
RELEASE = 0.1 + 0.1 + 0.02 + 0.5 * (0.05 + 4 * 0.1)
BLOCKS = {
    "top": BlockTiming(
        critical_path_ns=pytest.approx(ROUND, abs=2e-6),
        register_path_ns=pytest.approx(ROUND, abs=2e-6),
        recovery_path_ns=pytest.approx(RELEASE, abs=2e-6),
    ),
    "turn": BlockTiming(critical_path_ns=pytest.approx(0.2, abs=2e-6)),
    "pass": BlockTiming(critical_path_ns=pytest.approx(0, abs=2e-6)),
}


@pytest.mark.usefixtures("without_sta")
def test_without_opensta_the_tables_are_ours(mapped):
    found = find(mapped)

    assert found.tool == OWN_TOOL
    assert found.reason is None
    assert found.blocks == BLOCKS


@needs_sta
def test_opensta_comes_to_the_same(mapped):
    """It is told nothing of the wires that the library has by default."""
    found = find(mapped)

    assert found.tool.startswith("OpenSTA ")
    assert found.tool.endswith(": ideal clock, no wires")
    assert found.reason is None
    assert found.blocks == BLOCKS


@needs_sta
def test_opensta_gives_ns_whatever_the_unit(mapped):
    top = find(mapped, time_unit="10ps").blocks["top"]

    assert top.register_path_ns == pytest.approx(ROUND / 100, abs=2e-6)


@pytest.mark.usefixtures("without_sta")
def test_other_units_are_ns_without_opensta(mapped):
    top = find(mapped, time_unit="10ps").blocks["top"]

    assert top.register_path_ns == pytest.approx(ROUND / 100, abs=2e-6)


@needs_sta
def test_half_a_period_is_not_taken_for_a_path(tmp_path, monkeypatch):
    library = Library("tiny.lib", both_edges())
    mapped = netlist_of(tmp_path, HALVES, library.text, ("top",))

    theirs = timing(mapped, library, library.text)
    monkeypatch.setattr("hwgen.flow.timing.sta_command", lambda: BROKEN)
    ours = timing(mapped, library, library.text)

    assert theirs.tool.startswith("OpenSTA")
    expected, found = theirs.blocks["top"], ours.blocks["top"]
    assert found.register_path_ns == pytest.approx(ROUND, abs=2e-6)
    assert expected.register_path_ns == pytest.approx(ROUND, abs=6e-4)  # half of 0.001


def test_a_library_without_tables_gives_no_figures(mapped):
    found = find(mapped, timed=False)

    assert found.tool is None
    assert found.blocks == dict.fromkeys(("top", "turn", "pass"), BlockTiming())
    assert found.reason == "tiny.lib has no timing tables for DFF"


@needs_sta
@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda library: library.text.replace("cell (NOT)", "cell (NOT"), "library.lib"),
        (lambda library: library.without(["NOT"]), "NOT not found"),
    ],
)
def test_what_opensta_refuses_is_timed_by_us(mapped, spoilt, reason):
    library = Library("tiny.lib", liberty())

    found = timing(mapped, library, spoilt(library))

    assert found.tool == OWN_TOOL
    assert found.reason.startswith("OpenSTA refused: ")
    assert reason in found.reason
    assert "\n" not in found.reason
    assert found.blocks == BLOCKS


def test_an_opensta_that_fails_is_passed_over(mapped, monkeypatch):
    monkeypatch.setattr("hwgen.flow.timing.sta_command", lambda: BROKEN)

    found = find(mapped)

    assert found.tool == OWN_TOOL
    assert found.reason == "OpenSTA refused: exit code 3"
    assert found.blocks == BLOCKS


@needs_sta
@pytest.mark.parametrize(
    "design", [SMALL, pytest.param({"name": "full", "extends": "trq"}, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("gated", [False, True])
def test_both_agree_on_every_block_of_real_libraries(design, name, gated, monkeypatch):
    """Far within the 2 % that are asked for: the differences are roundings."""
    file = FOLDER / f"{name}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    library = Library.read(file)
    target = cell_target(library, gate_clocks=gated)
    rtl = emit_rtl(load(design))
    files = {Path(path).name: text for path, text in rtl.files.items() if path.endswith(".v")}
    mapped = map_verilog(files, top=rtl.top.module, target=target)

    theirs = timing(mapped, library, target.files[LIBRARY])
    monkeypatch.setattr("hwgen.flow.timing.sta_command", lambda: BROKEN)
    ours = timing(mapped, library, target.files[LIBRARY])

    assert theirs.tool.startswith("OpenSTA")
    assert ours.tool == OWN_TOOL
    assert theirs.blocks.keys() == ours.blocks.keys() == mapped.modules.keys()
    for block, found in ours.blocks.items():
        for figure in FIGURES:
            expected = getattr(theirs.blocks[block], figure)
            if expected is not None:
                expected = pytest.approx(expected, rel=1e-3)
            assert getattr(found, figure) == expected, f"{block}: {figure}"
    top = ours.blocks[mapped.top]
    assert None not in (top.critical_path_ns, top.register_path_ns, top.recovery_path_ns)
