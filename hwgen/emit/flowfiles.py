"""What the tools of an open flow want beside the Verilog: constraints, scripts, file lists.

Paths in these files are relative to the delivered folder, or to the file itself where its tool has
it so. Every file says in its first lines what reads it and how.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

from hwgen import __version__
from hwgen.config import Design
from hwgen.emit.converter import converter_budget
from hwgen.emit.rtl import Rtl, TopPort, reset_of
from hwgen.emit.text import filled, template
from hwgen_models.spec import TileSpec

__all__ = ["PERIOD_NS", "flow_files"]

PERIOD_NS = 20.0  # presets meet it in 130 nm, mapped without sizing and without wires
OUTSIDE = 0.3  # of a cycle, that a digital signal takes outside
INSIDE = 0.2  # of a cycle, that an analog pin's signal takes inside
ARRAY = ("row_drive", "sample", "hold_clear")
CONVERTER = ("column", "bank", "acquire", "dac", "strobe", "busy")
ANSWER = "compare"
LIST_COLUMNS = 90


def flow_files(design: Design, rtl: Rtl, *, bench: Iterable[str]) -> dict[str, str]:
    """Return what tools read, by path in the delivered folder.

    Parameters
    ----------
    design : Design
        What was emitted.
    rtl : Rtl
        What it turned into.
    bench : iterable of str
        Files of the Verilog bench, by path in the delivered folder.
    """
    name, sources = design.name, sorted(rtl.files)
    values = {
        "NAME": name,
        "TOP": rtl.top.module,
        "PERIOD": PERIOD_NS,
        "FILES": "\n".join(sources),
        "READ": "\n".join(f"read_verilog {path}" for path in sources),
    }
    librelane = {"FILES": "\n".join(f"  - dir::../{path}" for path in sources)}
    return {
        "flow/files.f": "".join(f"{path}\n" for path in sources),
        "flow/verilator.f": filled(template("flow_verilator.f"), values),
        "flow/synth.ys": filled(template("flow_synth.ys"), values),
        "flow/map.ys": filled(template("flow_map.ys"), values),
        f"flow/{name}.sdc": filled(
            template("flow_constraints.sdc"), values | _constraints(design, rtl)
        ),
        "flow/sta.tcl": filled(template("flow_sta.tcl"), values),
        "flow/config.yaml": filled(template("flow_config.yaml"), values | librelane),
        f"{name}.core": filled(template("flow.core"), values | _core(design, sources, bench)),
    }


def _core(design: Design, sources: list[str], bench: Iterable[str]) -> dict[str, object]:
    # Icarus reads the bench's data where it runs, under the names they have here.
    data = [path for path in sorted(bench) if not path.endswith(".v")]
    return {
        "VERSION": __version__,
        "SUMMARY": json.dumps(design.summary or design.name, ensure_ascii=False),
        "SOURCES": "\n".join(f"      - {path}" for path in sources),
        "DATA": "\n".join(f"      - {path}: {{file_type: user, copyto: {path}}}" for path in data),
    }


# Timing constraints


def _constraints(design: Design, rtl: Rtl) -> dict[str, object]:
    """Sort the pins by what lies outside of them."""
    reset = reset_of(design)
    groups: dict[str, list[str]] = {key: [] for key in ("INPUTS", "OUTPUTS", "CONTROLS", "COMPARE")}
    for port in rtl.ports:
        if port.name != "clk" and not (port.name == reset.name and reset.asynchronous):
            groups[_group(port)].append(_pattern(port))
    pins = {key: _list(dict.fromkeys(patterns)) for key, patterns in groups.items()}
    release = (
        f"# {reset.name} acts at once; its release must meet recovery and removal.\n"
        f"set_input_delay $outside -clock clk [get_ports {reset.name}]"
    )
    stages = design.parameters.compare_stages
    resolved = (
        f"# Answers may change at a clock edge: {stages} more flip-flop{'s'[: stages > 1]} "
        "resolve them, so there is no hold to keep.\n"
        f"set_false_path -hold -from [get_ports {pins['COMPARE']}]"
    )
    return {
        **pins,
        "OUTSIDE": OUTSIDE,
        "INSIDE": INSIDE,
        "ANALOG": 1 - INSIDE,
        "RESET": release if reset.asynchronous else "",
        "BUDGET": "\n".join(_budget(design)),
        "ASYNCHRONOUS": resolved if stages else "",
    }


def _group(port: TopPort) -> str:
    pin = re.sub(r"^lane\d+_", "", port.name)
    if port.direction == "input":
        return "COMPARE" if pin == ANSWER else "INPUTS"
    return "CONTROLS" if pin in ARRAY + CONVERTER else "OUTPUTS"


def _pattern(port: TopPort) -> str:
    """Name a pin as constraints do: all lanes together, and every bit of a bus."""
    name = re.sub(r"^lane\d+_", "lane*_", port.name)
    return f"{name}[*]" if port.width > 1 else name


def _list(patterns: Iterable[str]) -> str:
    """Write one pattern as it is, several as the lines of a list."""
    text = " ".join(patterns)
    if " " not in text:
        return text
    return "{\n" + textwrap.indent(textwrap.fill(text, LIST_COLUMNS), "  ") + "\n}"


def _budget(design: Design) -> Iterable[str]:
    """Say what is left to the analog side of the times of the design, in cycles.

    A control may leave late and the next one early; an answer has to be there early as well.
    """
    if design.is_converter:
        yield from _left(converter_budget(design.converter, INSIDE))
        return
    spec: TileSpec = design.spec
    # The flip-flop of `strobe` and the one that captures `compare` are so many edges apart.
    decision = spec.compare_latency - 1 - spec.compare_stages
    cycles = {
        "row_drive to sample": spec.settle_row - INSIDE,
        "sample high": spec.sample_cycles - INSIDE,
        "column and bank to acquire": spec.settle_mux - INSIDE,
        "acquire high": spec.acquire_cycles - INSIDE,
        "dac to strobe": spec.settle_dac - INSIDE,
        "strobe to compare": decision - 2 * INSIDE,
    }
    if design.top == "lane":
        cycles = {what: left for what, left in cycles.items() if "sample" not in what}
    yield from _left(cycles)


def _left(cycles: Mapping[str, float]) -> Iterable[str]:
    for what, left in cycles.items():
        if left > 0:
            yield f"#   {what:28}{left:.1f}"
