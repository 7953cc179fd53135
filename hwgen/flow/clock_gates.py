"""Clock gates of a library: which cell, and how Yosys puts it before registers with an enable.

A gate is a latch that follows the enable while the clock is low, and the AND of latch and clock
(``clock_gating_integrated_cell : latch_posedge`` in Liberty). Registers that share an enable share
a gate; they lose the multiplexers that would hold their values.
"""

import numpy as np

from hwgen.errors import UserError
from hwgen.flow.targets import ClockGate
from hwgen.liberty.functions import Expression, Latch, behaviour
from hwgen.liberty.library import Cell, Library

__all__ = ["FEWEST", "choose", "commands", "stub"]

FEWEST = 3  # registers with the same enable that get a gate; measured, see docs/synthesis.md

# A reset that comes before the enable has to open the gate: the enable becomes one of both.
SYNCHRONOUS = (
    "dfflegalize -cell $_SDFFCE_PP0P_ x -cell $_SDFFCE_PP1P_ x t:$_SDFFE_*",
    "opt_merge",
    "opt_clean",
)


def choose(library: Library, refused: set[str]) -> ClockGate:
    """Return the gate to use: the smallest, with as few pins for tests as can be.

    Libraries often mark gates ``dont_use``, for they are no logic; these are taken where there are
    no others, because whoever asks for gated clocks asks for them.

    Parameters
    ----------
    library : Library
        The cells.
    refused : set of str
        Cells that must not be used.

    Raises
    ------
    UserError
        When there is none that is open while its enable is one at the clock's rising edge.
    """
    found = [
        (cell.dont_use, len(gate.tied), cell.area or 0.0, cell.name, gate)
        for name, cell in library.cells.items()
        if name not in refused and (gate := _gate(cell))
    ]
    if not found:
        raise UserError(
            f"{library.path}: must have a clock gate that may be used "
            "(clock_gating_integrated_cell : latch_posedge) for --gate-clocks, not none"
        )
    return min(found, key=lambda one: one[:-1])[-1]


def commands(gate: ClockGate, fewest: int = FEWEST) -> tuple[str, ...]:
    """Return the Yosys commands that put gates before the registers that ``synth`` left."""
    ties = "".join(f" -tie_lo {pin}" for pin in gate.tied)
    pins = f"{gate.enable}:{gate.clock}:{gate.output}"
    return (
        *SYNCHRONOUS,
        f"clockgate -pos {gate.cell} {pins}{ties} -min_net_size {fewest}",
        "opt_clean",
    )


def stub(gate: ClockGate) -> str:
    """Return the gate's pins as Verilog, without what is inside."""
    inputs = ", ".join(f"input {pin}" for pin in (gate.enable, gate.clock, *gate.tied))
    return f"(* blackbox *)\nmodule {gate.cell} ({inputs}, output {gate.output});\nendmodule\n"


def _gate(cell: Cell) -> ClockGate | None:
    """Return what is which in a clock gate; None for other cells."""
    if not (cell.group.get("clock_gating_integrated_cell") or "").startswith("latch_posedge"):
        return None
    enable, clock, output = (_named(cell, part) for part in ("enable_pin", "clock_pin", "out_pin"))
    tied = _named(cell, "test_pin")
    pins = [name for name, pin in cell.pins.items() if pin.direction != "internal"]
    if len(enable) != 1 or len(clock) != 1 or len(output) != 1:
        return None
    gate = ClockGate(cell=cell.name, enable=enable[0], clock=clock[0], output=output[0], tied=tied)
    if sorted(pins) != sorted((*enable, *clock, *output, *tied)) or not _gates(cell, gate):
        return None
    return gate


def _named(cell: Cell, part: str) -> tuple[str, ...]:
    said = f"clock_gate_{part}"
    return tuple(
        name for name, pin in cell.pins.items() if (pin.group.get(said) or "").lower() == "true"
    )


def _gates(cell: Cell, gate: ClockGate) -> bool:
    """Tell whether a cell is, with its test pins at 0, the AND of the clock and a low latch."""
    does = behaviour(cell)
    if does.unknown or len(does.registers) != 1 or set(does.outputs) != {gate.output}:
        return False
    (latch,), output = does.registers, does.outputs[gate.output]
    if not isinstance(latch, Latch) or latch.clear or latch.preset or output.three_state:
        return False
    if latch.data_in is None or latch.enable is None:
        return False
    enable, clock, held = (np.arange(8) >> bit & 1 == 1 for bit in range(3))
    values = {gate.enable: enable, gate.clock: clock}
    values |= zip(latch.variables, (held, ~held), strict=False)
    values |= dict.fromkeys(gate.tied, np.zeros(8, dtype=bool))

    def value(of: Expression) -> np.ndarray:
        return np.broadcast_to(of.evaluate(values, np.ones(8, dtype=bool)), 8)

    return bool(
        (value(latch.enable) == ~clock).all()
        and (value(latch.data_in) == enable)[~clock].all()
        and (value(output.function) == (clock & held)).all()
    )
