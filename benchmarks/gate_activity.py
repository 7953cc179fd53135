"""Speed of the gate-level simulation: 64 tiles of ``trq`` at once, on the cells of a Liberty file.

``python benchmarks/gate_activity.py LIBERTY`` maps the 128 x 128 tile, plays vectors through it
and checks what comes out. A lane-cycle is a cycle of one stimulus, all nets of it counted. The
figure to beat, in processor time, is that of C which is generated from a netlist and compiled for
it: 1.9 million lane-cycles/s for 14 thousand gates, changes only, after half a minute of compiling.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.activity import tile_activity
from hwgen.flow.cells import cell_target
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import map_verilog
from hwgen.flow.stimulus import Stimulus
from hwgen.gates.netlist import Hierarchy
from hwgen.gates.program import compile_netlist
from hwgen.gates.simulator import Simulator
from hwgen.liberty.library import Library

__all__ = ["main"]

CYCLES = 2000
GATE_CYCLES = 1.9e6 * 14e3  # of all stimuli, in a second


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and fail where the bound does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("liberty", type=Path)
    parser.add_argument("--vectors", type=int, default=64)
    options = parser.parse_args(arguments)

    library = Library.read(options.liberty)
    with tempfile.TemporaryDirectory() as folder:
        generate(load("trq"), Path(folder) / "trq")
        delivered = Delivered.read(Path(folder) / "trq")
        stimulus = _more(Stimulus.delivered(delivered), options.vectors)
        started = time.perf_counter()
        mapped = map_verilog(delivered.rtl(), top=delivered.top, target=cell_target(library))
        seconds_map = time.perf_counter() - started
        started = time.perf_counter()
        played = tile_activity(delivered, mapped, library, stimulus)
        seconds_play = time.perf_counter() - started

    netlist = Hierarchy(mapped.json).flat()
    simulator = Simulator(compile_netlist(netlist, library), seed=1)
    simulator.cycle()
    started = time.process_time()
    simulator.cycle(CYCLES)
    speed = CYCLES * simulator.stimuli / (time.process_time() - started)

    gates = len(netlist.gates)
    print(  # noqa: T201
        f"{gates:,} gates: mapped in {seconds_map:.1f} s; {played.vectors} vectors, "
        f"{played.conversions:,} conversions, {played.activity.cycles:,} lane-cycles from netlist "
        f"to counts in {seconds_play:.1f} s, golden model included"
    )
    print(  # noqa: T201
        f"{speed / 1e6:.2f} million lane-cycles/s, as much as {speed * gates / 14e9:.2f} million "
        f"of 14 thousand gates (bound {GATE_CYCLES / 14e9:.1f})"
    )
    if speed * gates < GATE_CYCLES:
        raise SystemExit("bound missed")


def _more(stimulus: Stimulus, vectors: int) -> Stimulus:
    """Return delivered vectors with their rows in other orders, as many as wanted."""
    rng = np.random.default_rng(1)
    places = np.arange(vectors) % len(stimulus)
    x = rng.permuted(stimulus.x[places], axis=1)
    return replace(stimulus, x=x, y_in=stimulus.y_in[places])


if __name__ == "__main__":
    main()
