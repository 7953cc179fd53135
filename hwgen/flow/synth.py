"""Synthesis with Yosys: what the blocks of a delivered folder cost on gates, cells or an FPGA."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hwgen import __version__
from hwgen.errors import Mismatch, UserError
from hwgen.flow.cells import DONT_USE, LIBRARY, area_um2, cell_target, refused
from hwgen.flow.equivalence import differences
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped, Module, map_verilog
from hwgen.flow.place import place_and_route
from hwgen.flow.targets import GENERIC, TARGETS, Target
from hwgen.flow.timing import timing
from hwgen.liberty.library import Library
from hwgen.output import check_folder, hashes, write_folder

__all__ = ["place", "synth"]

FOLDER = "synth"  # in the delivered folder
RECORD = "synth.json"
NETLIST = "netlist.v"
DEPTH_TOOL = "Yosys ltp: cells on the longest path, no delays"

Progress = Callable[[int, int, str], None]


def synth(
    folder: Path,
    *,
    fpga: str | None = None,
    liberty: Path | None = None,
    dont_use: Sequence[str] = (),
    clock_ns: float | None = None,
    prove: bool = False,
    progress: Progress | None = None,
) -> dict:
    """Map the RTL in a delivered folder, count, and keep the netlist.

    Modules are mapped once each and not flattened, so that every block can be told from the others;
    a block's figures include what it instantiates. For a design with an adaptive search, the lane
    of the same tile with a binary search is mapped beside it. The netlist goes to
    ``synth/TARGET/netlist.v`` in the folder, beside the result as ``synth.json``.

    Parameters
    ----------
    folder : Path
        What `hwgen generate` wrote; its RTL may have been changed since.
    fpga : str, optional
        ``"ice40"`` or ``"ecp5"``.
    liberty : Path, optional
        Map to the cells of this Liberty file; without it and `fpga`, to generic gates.
    dont_use : sequence of str
        Patterns of cells that must not be used.
    clock_ns : float, optional
        Clock period that cells are sized for; without it, area alone counts.
    prove : bool
        Also prove that every block of the netlist equals its RTL.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen synth --json``.

    Raises
    ------
    UserError
        When the folder is not a delivered one or cannot keep the netlist, Yosys refuses the RTL, or
        the Liberty file is none or lacks what is needed.
    Mismatch
        When a block cannot be proved equal.
    ToolMissing
        When Yosys is not installed.
    """
    _check_options(fpga, liberty, dont_use, clock_ns)
    delivered = Delivered.read(folder)
    library = Library.read(liberty) if liberty else None
    if library:
        target = cell_target(library, dont_use=dont_use, clock_ns=clock_ns)
    else:
        target = TARGETS[fpga] if fpga else GENERIC
    kept = place(delivered.folder, target)
    optional = {"timing": library, "place and route": fpga, "proof": prove}
    steps = _Steps(progress, ["mapping", *(name for name, wanted in optional.items() if wanted)])

    def refusal(error: RuntimeError) -> UserError:
        lacks = refused(library, dont_use, error) if library else None
        rtl = delivered.folder / "rtl"
        return lacks or UserError(f"{rtl}: must be synthesisable: {str(error).strip()}")

    steps.begin("mapping")
    try:
        design, binary = _map(delivered, target)
    except RuntimeError as error:
        raise refusal(error) from None
    result = _report(delivered, design, binary, target, library)
    if library:
        result["library"] = _described(library, dont_use, clock_ns)
        steps.begin("timing")
        _time(design, library, target, result)
    if fpga:
        steps.begin("place and route")
        result["place_and_route"] = place_and_route(design, fpga)
    unproved = {}
    if prove:
        steps.begin("proof")
        unproved = _prove(delivered, design, target, result)
    steps.end()
    result["netlist"] = str(kept / NETLIST)
    _keep(kept, design, result)
    if unproved:
        raise Mismatch(_unproved(unproved), result)
    return result


def _check_options(
    fpga: str | None, liberty: Path | None, dont_use: Sequence[str], clock_ns: float | None
) -> None:
    if fpga and liberty:
        raise UserError(f"--liberty: must be given without --fpga, not with --fpga {fpga}")
    if liberty is None and dont_use:
        raise UserError("--dont-use: must be given with --liberty, not alone")
    if liberty is None and clock_ns is not None:
        raise UserError("--clock: must be given with --liberty, not alone")


class _Steps:
    """Tells how far the work is."""

    def __init__(self, progress: Progress | None, names: Sequence[str]) -> None:
        self._report = progress or (lambda *_: None)
        self._names = names

    def begin(self, name: str) -> None:
        self._report(self._names.index(name), len(self._names), name)

    def end(self) -> None:
        self._report(len(self._names), len(self._names), self._names[-1])


def _map(delivered: Delivered, target: Target) -> tuple[Mapped, Mapped | None]:
    """Map the design and, where the lane is not binary itself, a binary lane."""
    jobs = [(delivered.rtl(), delivered.top)]
    binary = _binary_lane(delivered)
    if binary is not None:
        jobs.append(binary)
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(map_verilog, files, top=top, target=target) for files, top in jobs]
        found = [job.result() for job in running]
    return found[0], found[1] if binary else None


def _binary_lane(delivered: Delivered) -> tuple[dict[str, str], str] | None:
    """Emit the lane that the same tile has with a binary search; None for one that has it."""
    from hwgen.emit.hierarchy import take_apart
    from hwgen.emit.reset import Reset
    from hwgen.emit.verilog import verilog
    from hwgen.gateware.tile import lane_of

    if "lane" not in delivered.modules or delivered.spec.search == "binary":
        return None
    spec = delivered.spec
    lane = lane_of(spec.binary)
    blocks = {block.module: block for block in take_apart(lane, design="binary", block="lane")}
    said = delivered.manifest["reset"]
    reset = Reset(
        asynchronous=said.get("kind") == "asynchronous", active_high=said.get("active") == "high"
    )
    files = {f"{module}.v": verilog(block, blocks, reset=reset) for module, block in blocks.items()}
    return files, "binary_lane"


def _report(
    delivered: Delivered,
    mapped: Mapped,
    binary: Mapped | None,
    target: Target,
    library: Library | None,
) -> dict:
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
        figures = _figures(module, target, library)
        reference = references.get(block)
        against = _figures(reference, target, library) if reference else {}
        size = "area_um2" if library else "cells"
        blocks[block] = {"module": name, "instances": module.instances} | figures
        blocks[block]["versus_binary"] = (
            round(figures[size] / against[size], 3) if reference else None
        )
    return {
        "target": target.name,
        **_figures(mapped.modules[mapped.top], target, library),
        "timing_tool": DEPTH_TOOL,
        "blocks": blocks,
    }


def _figures(module: Module, target: Target, library: Library | None) -> dict:
    figures = {
        "cells": module.cells,
        "flip_flops": module.flip_flops,
        "logic_depth": module.logic_depth,
    }
    if library:
        return {"area_um2": area_um2(library, module)} | figures
    return {"luts": module.luts} | figures if target.is_fpga else figures


def _described(library: Library, dont_use: Sequence[str], clock_ns: float | None) -> dict:
    """Say which library it was and how it was used."""
    conditions = library.conditions
    return {
        "file": library.path,
        "name": library.name,
        "process": conditions.get("process"),
        "voltage_v": conditions.get("voltage"),
        "temperature_c": conditions.get("temperature"),
        "dont_use": [*DONT_USE, *dont_use],
        "clock_ns": clock_ns,
    }


def _time(mapped: Mapped, library: Library, target: Target, result: dict) -> None:
    """Put the longest paths of the design and its blocks into the result."""
    found = timing(mapped, library, target.files[LIBRARY])
    result["timing_tool"], result["timing_reason"] = found.tool, found.reason
    for block in (result, *result["blocks"].values()):
        paths = found.blocks[block.get("module", mapped.top)]
        block["critical_path_ns"] = paths.critical_path_ns
        block["register_path_ns"] = paths.register_path_ns
        block["recovery_path_ns"] = paths.recovery_path_ns


def _prove(
    delivered: Delivered, mapped: Mapped, target: Target, result: dict
) -> dict[str, tuple[str, ...]]:
    """Compare every block with its RTL, and say so in the result; return what differs, by block."""
    found = differences(delivered.rtl(), mapped, target)
    unproved = {}
    for name, block in result["blocks"].items():
        block["proved"] = not found[block["module"]]
        block["unproved"] = list(found[block["module"]])
        if block["unproved"]:
            unproved[name] = found[block["module"]]
    result["proved"] = not unproved
    return unproved


def _unproved(unproved: Mapping[str, Sequence[str]]) -> str:
    (block, signals), *others = unproved.items()
    more = f" ({len(others)} more blocks)" if others else ""
    shown = ", ".join(signals[:3]) + (", ..." if len(signals) > 3 else "")
    return f"{block}: the netlist is not proved equal to the RTL in {shown}{more}"


def place(folder: Path, target: Target, record: str = RECORD) -> Path:
    """Return the folder that keeps a netlist, once it is known that it can be written.

    Raises
    ------
    UserError
        When it cannot.
    """
    kept = folder / FOLDER / target.name
    check_folder(kept if kept.parent.is_dir() else kept.parent, record, force=True)
    return kept


def _keep(kept: Path, mapped: Mapped, result: Mapping[str, object]) -> None:
    kept.parent.mkdir(exist_ok=True)
    contents = {NETLIST: mapped.netlist.encode()}
    record = {"hwgen": __version__, "files": hashes(contents), "result": result}
    contents[RECORD] = (json.dumps(record, indent=2) + "\n").encode()
    write_folder(kept, contents, RECORD)
