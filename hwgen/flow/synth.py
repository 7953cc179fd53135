"""Synthesis with Yosys: cells, flip-flops and logic depth of a delivered folder, per block."""

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from hwgen.errors import UserError
from hwgen.flow.folder import Delivered
from hwgen.flow.tools import run_yosys

__all__ = ["TARGETS", "Mapped", "Module", "map_verilog", "synth"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Target:
    """How Yosys maps, and what the mapped cells are called."""

    about: str
    command: str  # with {top}
    flip_flop: re.Pattern[str]
    path_ends: str = ""  # cells besides Yosys' own flip-flops that end a path
    lut: re.Pattern[str] | None = None


# State machines stay as they are written (`-nofsm`): their spare codes lead back to the schedule,
# and recoding would drop them.
TARGETS = {
    None: Target(
        about="generic gates",
        command="synth -nofsm -top {top}",
        flip_flop=re.compile(r"\$_\w*DFF\w*_$"),
    ),
    "ice40": Target(
        about="ice40",
        command="synth_ice40 -noflatten -top {top}",
        flip_flop=re.compile(r"SB_DFF\w*$"),
        path_ends="t:SB_DFF*",
        lut=re.compile(r"SB_LUT4$"),
    ),
}
LATCH = re.compile(r"\$_DLATCH\w*_$|\$dlatch$")


@dataclass(frozen=True, kw_only=True)
class Module:
    """One distinct module of a mapped design, everything below it included."""

    cells: int
    flip_flops: int
    luts: int
    logic_depth: int
    instances: int  # in the whole design


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A mapped design: its modules by name."""

    top: str
    modules: Mapping[str, Module]


def synth(folder: Path, *, fpga: str | None = None, progress: Progress | None = None) -> dict:
    """Map the RTL in a delivered folder and count.

    Modules are mapped once each and not flattened, so that every block can be told from the others;
    a block's figures include what it instantiates. For a design with an adaptive search, the lane
    of the same tile with a binary search is mapped beside it.

    Parameters
    ----------
    folder : Path
        What `hwgen generate` wrote; its RTL may have been changed since.
    fpga : str, optional
        ``"ice40"``; generic gates without it.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen synth --json``.

    Raises
    ------
    UserError
        When the folder is not a delivered one, or Yosys refuses its RTL.
    ToolMissing
        When Yosys is not installed.
    """
    delivered = Delivered.read(folder)
    jobs = {"design": (delivered.rtl(), delivered.top)}
    binary = _binary_lane(delivered)
    if binary is not None:
        jobs["binary lane"] = binary
    if progress is not None:
        progress(0, len(jobs), "mapping")
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {
            name: pool.submit(map_verilog, files, top=top, fpga=fpga)
            for name, (files, top) in jobs.items()
        }
        try:
            mapped = {name: job.result() for name, job in running.items()}
        except RuntimeError as error:
            raise UserError(f"{delivered.folder / 'rtl'}: must be synthesisable: {error}") from None
    if progress is not None:
        progress(len(jobs), len(jobs), "mapping")
    return _report(delivered, mapped["design"], mapped.get("binary lane"), fpga)


def map_verilog(files: Mapping[str, str], *, top: str, fpga: str | None = None) -> Mapped:
    """Map a design.

    Parameters
    ----------
    files : mapping of str to str
        Verilog by file name, without folders.
    top : str
        Module that the design begins with.
    fpga : str, optional
        One of `TARGETS`.

    Raises
    ------
    RuntimeError
        When Yosys refuses the text, finds loops or undriven nets in it, or infers a latch.
    """
    target = TARGETS[fpga]
    with tempfile.TemporaryDirectory(prefix="hwgen-synth-") as scratch:
        folder = Path(scratch)
        for name, text in files.items():
            (folder / name).write_text(text)
        run_yosys(_script(sorted(files), top, target), folder=folder)
        statistics = json.loads((folder / "statistics.json").read_text())["modules"]
        plain = {name.removeprefix("\\"): module for name, module in statistics.items()}
        within = _children(plain)
        above = [name for name in _used(top, within) if within[name]]
        if above:
            run_yosys(_flat_script(above), folder=folder)
        depths = _depths(folder.glob("depth*.txt"))
    return Mapped(top=top, modules=_count(plain, top, within, target, depths))


def _script(files: list[str], top: str, target: Target) -> str:
    return "\n".join([
        *(f"read_verilog -noautowire {name}" for name in files),
        f"hierarchy -check -top {top}",
        "proc",
        "check -assert",
        target.command.format(top=top),
        "tee -q -o statistics.json stat -json",
        *([f"delete {target.path_ends}"] if target.path_ends else []),
        "tee -q -o depth.txt ltp -noff",
        "write_rtlil mapped.il",
    ])


def _flat_script(modules: list[str]) -> str:
    """Measure the depth of modules with others in them, each flattened by itself."""
    return "\n".join([
        "read_rtlil mapped.il",
        "design -save mapped",
        *(
            f"design -load mapped\nhierarchy -top {name}\nflatten\n"
            f"tee -q -o depth_{name}.txt ltp -noff"
            for name in modules
        ),
    ])


def _children(statistics: Mapping[str, dict]) -> dict[str, dict[str, int]]:
    """Return how often every module instantiates every other."""
    return {
        name: {
            kind: number
            for kind, number in module["num_cells_by_type"].items()
            if kind in statistics
        }
        for name, module in statistics.items()
    }


def _used(top: str, within: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the modules below `top`, each once, `top` first."""
    found = [top]
    for name in found:
        found += [child for child in within[name] if child not in found]
    return found


def _depths(files) -> dict[str, int]:
    """Read the longest paths; the flattened figure of a module is the one that counts."""
    found: dict[str, int] = {}
    for file in sorted(files):
        for name, length in re.findall(
            r"Longest topological path in (\S+) \(length=(\d+)\)", file.read_text()
        ):
            found[name.removeprefix("\\")] = max(int(length), found.get(name, 0))
    return found


def _count(
    statistics: Mapping[str, dict],
    top: str,
    within: Mapping[str, Mapping[str, int]],
    target: Target,
    depths: Mapping[str, int],
) -> dict[str, Module]:
    """Add up the cells of every module and of what is inside it."""
    totals: dict[str, tuple[int, int, int]] = {}

    def total(name: str) -> tuple[int, int, int]:
        if name not in totals:
            kinds = statistics[name]["num_cells_by_type"]
            latches = [kind for kind in kinds if LATCH.match(kind)]
            if latches:
                raise RuntimeError(f"{name} has a latch")
            own = {kind: number for kind, number in kinds.items() if kind not in within}
            counts = [
                sum(own.values()),
                sum(n for kind, n in own.items() if target.flip_flop.match(kind)),
                sum(n for kind, n in own.items() if target.lut and target.lut.match(kind)),
            ]
            for child, number in within[name].items():
                counts = [a + number * b for a, b in zip(counts, total(child), strict=True)]
            totals[name] = (counts[0], counts[1], counts[2])
        return totals[name]

    instances = dict.fromkeys(_used(top, within), 0)
    instances[top] = 1
    waiting = [top]
    while waiting:
        name = waiting.pop()
        for child, number in within[name].items():
            instances[child] += number
            waiting += [child] * number
    modules = {}
    for name, number in instances.items():
        cells, flip_flops, luts = total(name)
        modules[name] = Module(
            cells=cells,
            flip_flops=flip_flops,
            luts=luts,
            logic_depth=depths.get(name, 0),
            instances=number,
        )
    return modules


def _binary_lane(delivered: Delivered) -> tuple[dict[str, str], str] | None:
    """Emit the lane that the same tile has with a binary search; None for one that has it."""
    from hwgen.emit.hierarchy import take_apart
    from hwgen.emit.verilog import Reset, verilog
    from hwgen.gateware.tile import lane_of

    spec = delivered.spec
    if spec.search == "binary":
        return None
    lane = lane_of(replace(spec, search="binary"))
    blocks = {block.module: block for block in take_apart(lane, design="binary", block="lane")}
    files = {
        f"{module}.v": verilog(block, blocks, reset=Reset()) for module, block in blocks.items()
    }
    return files, "binary_lane"


def _report(delivered: Delivered, mapped: Mapped, binary: Mapped | None, fpga: str | None) -> dict:
    """Turn what was counted into the keys of the command."""
    block_of = {module: block for block, module in delivered.modules.items()}
    references = (
        {name.removeprefix("binary_"): module for name, module in binary.modules.items()}
        if binary
        else {}
    )
    blocks = {}
    for name, module in mapped.modules.items():
        block = block_of.get(name, name)
        reference = references.get(block)
        blocks[block] = {"module": name, "instances": module.instances} | _figures(module, fpga)
        blocks[block]["versus_binary"] = (
            round(module.cells / reference.cells, 3) if reference else None
        )
    return {
        "target": TARGETS[fpga].about,
        **_figures(mapped.modules[mapped.top], fpga),
        "timing_tool": "Yosys ltp: cells on the longest path, no delays",
        "blocks": blocks,
    }


def _figures(module: Module, fpga: str | None) -> dict:
    figures = {
        "cells": module.cells,
        "flip_flops": module.flip_flops,
        "logic_depth": module.logic_depth,
    }
    return figures if fpga is None else {"luts": module.luts} | figures
