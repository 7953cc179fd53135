"""Co-simulation of a tile by its compiled library, against the golden model."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.flow.compiled.build import BuildFailed, build
from hwgen.flow.compiled.compare import Expected, difference
from hwgen.flow.compiled.library import FOUND, RESULTS, pack
from hwgen.flow.folder import Delivered
from hwgen.flow.processes import Processes, import_environment
from hwgen.flow.stimulus import Stimulus, steady_cycles
from hwgen_models.spec import TileSpec

__all__ = ["Checked", "check"]

CONVERSIONS = 2**22  # of one stream: what results and golden model need fits some 100 MB
SLACK = 4  # cycles after the last event
SEED = 1
TIME_LIMIT_S = 600
SLOWEST = 10_000  # cycles per second, for the time limit


@dataclass
class Checked:
    """What a compiled co-simulation found, all streams together.

    Parameters
    ----------
    message : str or None
        Case that shows a mismatch.
    streams : int
        Runs from reset to the last beat of ``y``.
    cycles : int
        Clock cycles from the first beat that is offered to the end of each stream.
    cycles_steady, cycles_predicted : int
        From the first beat of ``x`` to the last of ``y``: simulated, and predicted by the mapper.
    conversions, decisions : int
        As compared.
    seconds_build, seconds_simulate, seconds_compare : float
        Wall time; the golden model belongs to the comparison.
    """

    message: str | None = None
    streams: int = 0
    cycles: int = 0
    cycles_steady: int = 0
    cycles_predicted: int = 0
    conversions: int = 0
    decisions: int = 0
    seconds_build: float = 0.0
    seconds_simulate: float = 0.0
    seconds_compare: float = 0.0

    @property
    def conversions_per_minute(self) -> float:
        """Speed without the build."""
        seconds = self.seconds_simulate + self.seconds_compare
        return 60 * self.conversions / seconds if seconds else 0.0


def check(
    delivered: Delivered,
    stimulus: Stimulus,
    processes: Processes,
    scratch: Path,
    progress: Callable[[int, int, str], None] | None = None,
) -> Checked:
    """Build a tile and stream vectors through it without stalls, up to the first mismatch.

    Many vectors make several streams, each from reset on.

    Parameters
    ----------
    delivered : Delivered
        The folder; its RTL may have been changed.
    stimulus : Stimulus
        Vectors, weights and table.
    processes : Processes
        What runs tools and simulation.
    scratch : Path
        Empty folder to work in.
    progress : callable, optional
        Called with (vectors done, vectors, what is being done).

    Raises
    ------
    ToolMissing
        Verilator or the compiler is not installed.
    UserError
        The design cannot take the vectors, or the system's compiler fails.
    """
    checked = Checked()
    spec, total = delivered.spec, len(stimulus)
    report = progress or (lambda *_: None)
    report(0, total, "build")
    started = time.perf_counter()
    try:
        library = build(delivered, processes, scratch)
    except BuildFailed as failure:
        checked.message = str(failure)
        return checked
    finally:
        checked.seconds_build = time.perf_counter() - started
    at_once = max(1, CONVERSIONS // (spec.planes * spec.columns))
    for start in range(0, total, at_once):
        report(start, total, "simulate")
        part = stimulus.part(slice(start, start + at_once))
        message = _stream(delivered, part, library, processes, checked)
        if message is not None:
            checked.message = f"vectors from {start} on: {message}" if start else message
            break
    return checked


def _stream(
    delivered: Delivered, stimulus: Stimulus, library: Path, processes: Processes, checked: Checked
) -> str | None:
    """Run one stream, add it to what was found, and return its first mismatch."""
    spec = delivered.spec
    started = time.perf_counter()
    tile, result = stimulus.golden(spec)
    expected = Expected(tile, stimulus.x, result)
    predicted = steady_cycles(spec, result)
    checked.seconds_compare += time.perf_counter() - started

    started = time.perf_counter()
    found = _simulate(delivered, stimulus, expected, library, processes)
    checked.seconds_simulate += time.perf_counter() - started
    if isinstance(found, str):
        return found

    started = time.perf_counter()
    message = difference(expected, found)
    steady = int(found["y_cycle"][-1] - found["x_cycle"][0]) + 1
    if message is None and steady != predicted:
        message = f"cycles from the first x to the last y: expected {predicted}, got {steady}"
    checked.seconds_compare += time.perf_counter() - started

    checked.streams += 1
    checked.cycles += expected.schedule.finish
    checked.cycles_steady += steady
    checked.cycles_predicted += predicted
    checked.conversions += result.conversions
    checked.decisions += result.total_decisions
    return message


def _simulate(
    delivered: Delivered,
    stimulus: Stimulus,
    expected: Expected,
    library: Path,
    processes: Processes,
) -> dict | str:
    """Call the library in a process of its own; return what it found, or why it found nothing."""
    job, result, log = (library.with_name(name) for name in ("job.npz", "result.npz", "run.log"))
    cycles = expected.schedule.finish + SLACK
    registers = {
        register["name"]: register["address"] for register in delivered.manifest["registers"]
    }
    np.savez(
        job,
        **_inputs(delivered.spec, stimulus, expected, registers),
        status=registers["STATUS"],
        seed=SEED,
        cycles=cycles,
        x_count=expected.arrays["x_cycle"].size,
        y_count=expected.arrays["y"].size,
        read_limit=len(expected.arrays["rows"]),
        row_words=expected.arrays["rows"].shape[1],
    )
    result.unlink(missing_ok=True)
    limit_s = TIME_LIMIT_S + cycles // SLOWEST
    code = processes.run(
        [sys.executable, "-m", "hwgen.flow.compiled.library", library, job, result],
        environment=dict(os.environ) | import_environment(),
        folder=library.parent,
        log=log,
        limit_s=limit_s,
    )
    if code is None:
        return f"expected an end within {limit_s} s, got none"
    if code:
        told = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return f"the simulation broke off: {' '.join((told or ['no message'])[-1].split())}"
    with np.load(result) as stored:
        found = {name: stored[name] for name in RESULTS}
        numbers = {name: int(stored[name]) for name in (*FOUND, "failed_lane")}
    return found | numbers | {"message": str(found["message"])}


def _inputs(
    spec: TileSpec, stimulus: Stimulus, expected: Expected, registers: dict[str, int]
) -> dict[str, NDArray]:
    """Write everything as the library takes it."""
    tile = expected.tile
    x = np.zeros((len(stimulus), spec.rows), dtype=np.int64)
    x[:, : stimulus.x.shape[1]] = stimulus.x
    return {
        "writes": np.array(stimulus.writes(registers, spec, tile.outputs)),
        "x": pack(x.reshape(-1, spec.x_elements), bits=spec.input_bits, word=np.uint32),
        "y_in": stimulus.y_in.ravel(),
        "cells": _cells(spec, tile.crossbar.cells),
        "tree": expected.trees.astype(np.int16),
        "thresholds": _thresholds(spec, expected),
        "first": expected.first,
    }


def _cells(spec: TileSpec, cells: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Put bit b of a cell where bit d of its digit is on ``row_drive``: (columns, b, d, words)."""
    masks = [
        [
            pack((cells.T >> b & 1) << d, bits=spec.dac_bits, word=np.uint64)
            for d in range(spec.dac_bits)
        ]
        for b in range(spec.cell_bits)
    ]
    return np.ascontiguousarray(np.array(masks).transpose(2, 0, 1, 3))


def _thresholds(spec: TileSpec, expected: Expected) -> NDArray[np.int16]:
    """List the codes that the golden searches ask for, by tree and count; -1 behind the last."""
    trees = expected.tile.trees
    shape = (len(trees), spec.largest_count + 1, spec.most_decisions + 1)
    codes = np.full(shape, -1, dtype=np.int16)
    for of_tree, tree in zip(codes, trees, strict=True):
        walk = tree.walk(np.arange(spec.largest_count + 1))
        depth = walk.thresholds.shape[1]
        asked = np.arange(depth) < walk.decisions[:, np.newaxis]
        of_tree[:, :depth] = np.where(asked, walk.thresholds, -1)
    return codes
