"""Counts of changes against Icarus, which follows every event of the mapped Verilog.

The netlist and the cells are Verilog that Yosys writes, so that nothing is shared with the
simulator but the file of the library. There are no delays in either; inputs change with the
flip-flops.
"""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.rtl import emit_rtl
from hwgen.flow.cells import cell_target
from hwgen.flow.mapped import map_verilog
from hwgen.flow.tools import run_yosys
from hwgen.gates.netlist import Hierarchy
from hwgen.gates.program import compile_netlist
from hwgen.gates.simulator import LANES, Simulator
from hwgen.liberty.library import Library
from tests.flow.folders import TINY

FOLDER = Path(__file__).parents[2] / "../shared/data/liberty"
LIBRARIES = ("sky130_fd_sc_hd__tt_025C_1v80", "sg13g2_stdcell_typ_1p20V_25C")
RESET, WARM, CYCLES = 3, 200, 1000  # cycles; counted from WARM on
BENCH = """\
`timescale 1ns / 1ps
module bench;
  reg clk = 0;
  reg [{width}-1:0] inputs, played [0:{cycles}-1];
  integer k;
  {top} dut (.clk(clk){pins});
  initial begin
    $readmemb("inputs.txt", played);
    inputs = played[0];
    $dumpfile("out.vcd");
    for (k = 0; k < {cycles}; k = k + 1) begin
      clk = 1;
      inputs <= played[k];
      #5 clk = 0;
      #4 if (k == {warm} - 1) $dumpvars(0, dut);
      #1;
    end
    $finish;
  end
endmodule
"""


@pytest.fixture(scope="module", params=LIBRARIES)
def library(request):
    file = FOLDER / f"{request.param}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    if not shutil.which("iverilog"):
        pytest.skip("needs Icarus: apt-get install iverilog")
    return Library.read(file)


@pytest.mark.cocotb
def test_changes_are_those_of_an_event_driven_simulator(library, tmp_path):
    design = load(TINY)
    files = {Path(name).name: text for name, text in emit_rtl(design).files.items()}
    target = cell_target(library)
    mapped = map_verilog(files, top="tiny_tile", target=target)
    netlist = Hierarchy(mapped.json).flat()
    given = made_up(netlist)

    simulator = Simulator(compile_netlist(netlist, library))
    for cycle in range(CYCLES):
        for name, values in given.items():
            simulator.set(name, values[cycle])
        simulator.cycle(counted=cycle >= WARM)
    toggles = simulator.activity().toggles
    event_driven = changes(mapped, netlist, target, given, tmp_path)

    assert not (toggles % LANES).any()
    ours = {net: int(toggles[net]) // LANES for net in event_driven}
    driven = {
        net
        for gate in netlist.gates
        for pin, net in gate.pins.items()
        if netlist.directions[gate.kind][pin] == "output"
    }
    assert event_driven.keys() == driven
    assert sum(event_driven.values()) > 100 * (CYCLES - WARM)
    assert ours == event_driven


def made_up(netlist):
    """Return a value of every input for every cycle: a reset, then anything."""
    rng = np.random.default_rng(7)
    given = {}
    for name, port in netlist.ports.items():
        if port.direction == "input" and name != "clk":
            given[name] = rng.integers(0, 2 ** len(port.nets), CYCLES)
    given["rst"] = (np.arange(CYCLES) < RESET).astype(int)
    given["psel"] = given["penable"] = np.zeros(CYCLES, dtype=int)
    return given


def changes(mapped, netlist, target, given, folder):
    """Let Icarus count the changes of every net that a gate drives."""
    for name, text in target.files.items():
        (folder / name).write_text(text)
    (folder / "netlist.v").write_text(mapped.netlist)
    models = "\n".join(target.models)
    run_yosys(f"{models}\nproc\nwrite_verilog -noattr cells.v", folder=folder)
    pins, place = "", 0
    for name in given:
        width = len(netlist.ports[name].nets)
        pins += f", .{name}(inputs[{place} +: {width}])"
        place += width
    rows = [
        "".join(
            f"{given[name][cycle]:0{len(netlist.ports[name].nets)}b}" for name in reversed(given)
        )
        for cycle in range(CYCLES)
    ]
    (folder / "inputs.txt").write_text("\n".join(rows))
    text = BENCH.format(width=place, cycles=CYCLES, warm=WARM, pins=pins, top=mapped.top)
    (folder / "bench.v").write_text(text)
    sources = ["bench.v", "netlist.v", "cells.v"]
    commands = [["iverilog", "-g2005", "-o", "out.vvp", *sources], ["vvp", "-n", "out.vvp"]]
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    counted = count(folder / "out.vcd")
    return {
        net: counted[f"bench.dut.{gate.path}.{pin}"]
        for gate in netlist.gates
        for pin, net in gate.pins.items()
        if netlist.directions[gate.kind][pin] == "output"
    }


def count(file):
    """Count the changes of all signals of one bit in a VCD file that are from 0 to 1 or back."""
    scope, names, last, found = [], {}, {}, {}
    for line in file.read_text().splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var") and words[2] == "1":
            names.setdefault(words[3], []).append(".".join([*scope, words[4]]))
        elif re.match(r"[01xz]", line):
            value, code = line[0], line[1:]
            found[code] = found.get(code, 0) + ({value, last.get(code)} == {"0", "1"})
            last[code] = value
    return {name: found.get(code, 0) for code, own in names.items() for name in own}
