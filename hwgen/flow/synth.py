"""Synthesis with Yosys: cells, flip-flops and logic depth of a delivered folder, per block."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from hwgen.errors import UserError
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped, Module, map_verilog
from hwgen.flow.place import place_and_route
from hwgen.flow.targets import GENERIC, TARGETS, Target

__all__ = ["synth"]

Progress = Callable[[int, int, str], None]


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
        ``"ice40"`` or ``"ecp5"``; generic gates without it.
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
    target = TARGETS[fpga] if fpga else GENERIC
    jobs = {"design": (delivered.rtl(), delivered.top)}
    binary = _binary_lane(delivered)
    if binary is not None:
        jobs["binary lane"] = binary
    if progress is not None:
        progress(0, len(jobs), "mapping")
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {
            name: pool.submit(map_verilog, files, top=top, target=target)
            for name, (files, top) in jobs.items()
        }
        try:
            mapped = {name: job.result() for name, job in running.items()}
        except RuntimeError as error:
            raise UserError(f"{delivered.folder / 'rtl'}: must be synthesisable: {error}") from None
    if progress is not None:
        progress(len(jobs), len(jobs), "mapping")
    result = _report(delivered, mapped["design"], mapped.get("binary lane"), target)
    if fpga:
        if progress is not None:
            progress(len(jobs), len(jobs) + 1, "place and route")
        result["place_and_route"] = place_and_route(mapped["design"], fpga)
    return result


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


def _report(delivered: Delivered, mapped: Mapped, binary: Mapped | None, target: Target) -> dict:
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
        blocks[block] = {"module": name, "instances": module.instances} | _figures(module, target)
        blocks[block]["versus_binary"] = (
            round(module.cells / reference.cells, 3) if reference else None
        )
    return {
        "target": target.name,
        **_figures(mapped.modules[mapped.top], target),
        "timing_tool": "Yosys ltp: cells on the longest path, no delays",
        "blocks": blocks,
    }


def _figures(module: Module, target: Target) -> dict:
    figures = {
        "cells": module.cells,
        "flip_flops": module.flip_flops,
        "logic_depth": module.logic_depth,
    }
    return {"luts": module.luts} | figures if target.is_fpga else figures
