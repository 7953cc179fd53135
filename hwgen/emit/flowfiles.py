"""What synthesis tools want beside the Verilog."""

from hwgen.config import Design
from hwgen.emit.rtl import Rtl, reset_of

__all__ = ["flow_files"]

PERIOD_NS = 10.0  # a start; nothing in the RTL depends on it
MARGIN = 0.3  # of the period, for what lies outside


def flow_files(design: Design, rtl: Rtl) -> dict[str, str]:
    """Return file list, Yosys script and timing constraints, by file name.

    Paths are relative to the delivered folder.
    """
    sources = sorted(rtl.files)
    return {
        "files.f": "".join(f"{path}\n" for path in sources),
        "synth.ys": _yosys(rtl, sources),
        f"{design.name}.sdc": _constraints(design, rtl),
    }


def _yosys(rtl: Rtl, sources: list[str]) -> str:
    lines = [
        "# Generic synthesis, from the folder above this file: yosys -s flow/synth.ys",
        *(f"read_verilog {path}" for path in sources),
        f"hierarchy -check -top {rtl.top.module}",
        "proc",
        "check -assert",
        "# -nofsm: recoded, state machines would lose the way back from spare codes",
        f"synth -nofsm -top {rtl.top.module}",
        "check -assert",
        "stat",
    ]
    return "\n".join(lines) + "\n"


def _constraints(design: Design, rtl: Rtl) -> str:
    reset = reset_of(design)
    margin = PERIOD_NS * MARGIN
    special = {"clk", reset.name}
    comparators = [p.name for p in rtl.ports if p.name.split("_")[-1] == "compare"]
    inputs = [
        p.name
        for p in rtl.ports
        if p.direction == "input" and p.name not in special and p.name not in comparators
    ]
    lines = [
        f"# Timing of {rtl.top.module}; change the period to what the design is for.",
        f"create_clock -name clk -period {PERIOD_NS} [get_ports clk]",
        f"set_input_delay {margin} -clock clk [get_ports {{{' '.join(inputs)}}}]",
        f"set_output_delay {margin} -clock clk [all_outputs]",
        "",
        "# Comparators are captured by one flip-flop each; the rest of a decision is behind it.",
        f"set_input_delay {margin} -clock clk [get_ports {{{' '.join(comparators)}}}]",
        "",
    ]
    if reset.asynchronous:
        lines += [
            f"# {reset.name} is asynchronous: its release must meet recovery and removal.",
            f"set_input_delay {margin} -clock clk [get_ports {reset.name}]",
        ]
    else:
        lines += [f"set_input_delay {margin} -clock clk [get_ports {reset.name}]"]
    return "\n".join(lines) + "\n"
