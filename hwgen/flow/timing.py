"""Static timing of a mapped design, block by block: by OpenSTA where it is installed, else by ours.

Both are told the same: an ideal clock, no wires, inputs that arrive with the clock's edge and
without slew, outputs without load. A block's figures are those of the block alone, so its outputs
carry no load of their readers. Set and clear pins are a figure of their own, because resets get
their buffers when they are placed, as clocks do.
"""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import ToolMissing
from hwgen.flow.mapped import CLOCK, Mapped
from hwgen.flow.tools import sta_command
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import delays
from hwgen.gates.netlist import Hierarchy
from hwgen.liberty.library import Library

__all__ = ["OWN_TOOL", "BlockTiming", "Timing", "timing"]

ASSUMED = "ideal clock, no wires"
OWN_TOOL = f"hwgen: Liberty tables, {ASSUMED}"
DIGITS = 6  # of a ns
# So short that rising and falling edges of the clock are one, as in `hwgen.gates.delays`.
PERIOD_NS = 0.001

# OpenSTA loads nets by the library's own model of wires, if it names a default.
DEFAULT_WIRES = re.compile(r"^[ \t]*default_wire_load(?:_selection)?[ \t]*:[^;\n]*;?", re.MULTILINE)
# The clock is ideal, yet the version of 2019 would credit paths with the delay of their clock gates
# (reconvergence).
SCRIPT = """\
set sta_crpr_enabled 0
read_liberty library.lib
set number 0
foreach module {{{modules}}} {{
  read_verilog netlist.v
  link_design $module
  set_cmd_units -time ns
  set inputs {{}}
  set clock {{}}
  foreach port [all_inputs] {{
    if {{[get_property $port full_name] eq "{clock}"}} {{
      lappend clock $port
    }} else {{
      lappend inputs $port
    }}
  }}
  eval create_clock -name {clock} -period {period} $clock
  if {{[llength $inputs]}} {{
    set_input_delay 0 -clock {clock} $inputs
    set_input_transition 0 $inputs
  }}
  if {{[llength [all_outputs]]}} {{
    set_output_delay 0 -clock {clock} [all_outputs]
  }}
  report_checks -path_delay max -digits {digits} > $number.all
  set clocked [all_registers -clock_pins]
  set data [all_registers -data_pins]
  if {{[llength $clocked] && [llength $data]}} {{
    report_checks -path_delay max -digits {digits} -from $clocked -to $data > $number.registers
  }}
  incr number
}}
"""
COMPLAINT = re.compile(r"^(?:Error: .*|Warning: .*(?:black box|not found).*)$", re.MULTILINE)
PATH = re.compile(r"^Startpoint: .*?^ *(-?[\d.]+) +slack\b", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class BlockTiming:
    """Longest paths of one block in ns; None where it has no such path, or nothing is known.

    Parameters
    ----------
    critical_path_ns : float or None
        From a register or an input to a register, setup time included, or to an output.
    register_path_ns : float or None
        From a register to a register, setup time included.
    recovery_path_ns : float or None
        To an asynchronous set or clear pin, recovery time included.
    """

    critical_path_ns: float | None = None
    register_path_ns: float | None = None
    recovery_path_ns: float | None = None


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Longest paths of a design.

    Parameters
    ----------
    tool : str or None
        What found them, with its version, and what it took for granted; None when nothing did.
    blocks : mapping of str to BlockTiming
        By module.
    reason : str or None
        Why there are no figures, or why OpenSTA was passed over although it is installed.
    """

    tool: str | None
    blocks: Mapping[str, BlockTiming]
    reason: str | None = None


def timing(mapped: Mapped, library: Library, text: str) -> Timing:
    """Find the longest paths of every block.

    Parameters
    ----------
    mapped : Mapped
        A design of the library's cells.
    library : Library
        The library.
    text : str
        The text of it that the design was mapped with, for OpenSTA.

    Raises
    ------
    UserError
        When a table of the library is none.
    """
    hierarchy = Hierarchy(mapped.json)
    arcs = Arcs(library)
    netlists = {name: hierarchy.flat(name) for name in mapped.modules}
    untimed = arcs.untimed(sorted(netlists[mapped.top].kinds))
    if untimed:
        return Timing(
            tool=None,
            blocks=dict.fromkeys(mapped.modules, BlockTiming()),
            reason=f"{library.path} has no timing tables for {untimed[0]}",
        )
    try:
        return _by_opensta(mapped, text)
    except ToolMissing:
        reason = None
    except _RefusedError as error:
        reason = f"OpenSTA refused: {error}"
    blocks = {}
    for name, netlist in netlists.items():
        found = delays(netlist, arcs)
        blocks[name] = BlockTiming(
            critical_path_ns=_length(found.critical_path),
            register_path_ns=_length(found.register_path),
            recovery_path_ns=_length(found.recovery_path),
        )
    return Timing(tool=OWN_TOOL, blocks=blocks, reason=reason)


class _RefusedError(Exception):
    """OpenSTA did not like the library or the netlist; says why."""


def _by_opensta(mapped: Mapped, text: str) -> Timing:
    command = sta_command()
    script = SCRIPT.format(
        modules=" ".join(mapped.modules), clock=CLOCK, period=PERIOD_NS, digits=DIGITS
    )
    texts = {
        "library.lib": DEFAULT_WIRES.sub("", text),
        "netlist.v": mapped.netlist,
        "timing.tcl": script,
    }
    with tempfile.TemporaryDirectory(prefix="hwgen-timing-") as scratch:
        folder = Path(scratch)
        for name, content in texts.items():
            (folder / name).write_text(content)
        ended = subprocess.run(
            [*command, "-no_init", "-no_splash", "-exit", "timing.tcl"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        complaint = COMPLAINT.search(ended.stderr + "\n" + ended.stdout)
        if complaint or ended.returncode:
            said = complaint[0] if complaint else f"exit code {ended.returncode}"
            raise _RefusedError(said.partition(": ")[2] or said)
        blocks = {name: _block(folder, number) for number, name in enumerate(mapped.modules)}
    return Timing(tool=f"OpenSTA {_version(command)}: {ASSUMED}", blocks=blocks)


def _block(folder: Path, number: int) -> BlockTiming:
    """Read the reports of one module, which have one path of every group."""
    lengths: dict[bool, float] = {}
    for path, length in _paths(folder / f"{number}.all"):
        recovers = "(recovery check" in path
        lengths[recovers] = max(length, lengths.get(recovers, length))
    registers = [
        length
        for path, length in _paths(folder / f"{number}.registers")
        if "(recovery check" not in path
    ]
    return BlockTiming(
        critical_path_ns=lengths.get(False),
        register_path_ns=max(registers, default=None),
        recovery_path_ns=lengths.get(True),
    )


def _paths(report: Path) -> list[tuple[str, float]]:
    """Return the paths of a report, and what each takes of the period; none without a report."""
    if not report.exists():
        return []
    return [
        (found[0], round(PERIOD_NS - float(found[1]), DIGITS))
        for found in PATH.finditer(report.read_text())
    ]


def _length(path) -> float | None:
    return None if path is None else round(path.ns, DIGITS)


def _version(command: list[str]) -> str:
    told = subprocess.run([*command, "-version"], capture_output=True, text=True, check=False)
    return told.stdout.strip()
