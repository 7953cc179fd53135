"""A few cycles of one stimulus as a VCD file (IEEE 1364-2005, clause 18), for waveform viewers."""

import re
from collections.abc import Iterator
from typing import TextIO

import numpy as np
from vcd import VCDWriter
from vcd.writer import ScalarVariable

from hwgen.gates.scopes import Scope, scopes
from hwgen.gates.tile import Trace

__all__ = ["write_vcd"]

PLAIN = re.compile(r"[A-Za-z_][\w$]*(\[\d+\])?")


def write_vcd(file: TextIO, trace: Trace, *, clock_ns: float) -> None:
    """Write what the nets of one stimulus did; the same text every time.

    Values are those at the end of each phase of the clock, shown from its beginning: no delays, no
    glitches. Every net is a wire of one bit in the scopes that have a name for it.

    Parameters
    ----------
    file : text file
        To be written to.
    trace : Trace
        What was recorded.
    clock_ns : float
        Period of the clock. Times are rounded to picoseconds one by one, so that they do not drift.
    """
    half_ps = clock_ns * 500
    program, phases = trace.program, trace.phases
    with VCDWriter(file, timescale="1 ps", date="") as writer:
        of_slot: dict[int, list[ScalarVariable]] = {}
        first = phases[0].tolist()
        for path, name, net in _wires(scopes(program.netlist), ()):
            slot = int(program.slot_of[net])
            wire = writer.register_var(path, name, "wire", size=1, init=first[slot])
            of_slot.setdefault(slot, []).append(wire)
        before, slots = np.nonzero(phases[1:] != phases[:-1])
        values = phases[before + 1, slots]
        for phase, slot, value in zip(
            (before + 1).tolist(), slots.tolist(), values.tolist(), strict=True
        ):
            for wire in of_slot.get(slot, ()):
                writer.change(wire, round(phase * half_ps), value)
        writer.close(round(len(phases) * half_ps))


def _wires(scope: Scope, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Yield scope, name and net of everything."""
    path = (*above, scope.name)
    for name, net in scope.nets.items():
        yield path, name if PLAIN.fullmatch(name) else f"\\{name}", net
    for child in scope.children:
        yield from _wires(child, path)
