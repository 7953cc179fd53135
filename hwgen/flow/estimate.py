"""What the gates of a mapped tile take while it computes, and what an operation takes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped
from hwgen.flow.targets import ClockGate
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import Delays, delays
from hwgen.gates.netlist import Netlist
from hwgen.gates.tile import Played
from hwgen.liberty.library import Library
from hwgen.power.cells import CellPower, Signals, cell_power
from hwgen.power.operations import Counts, Operations
from hwgen.power.processes import node_nm
from hwgen.power.tables import PowerCells

__all__ = ["Estimate", "block_name", "digital_model", "estimate_of", "operations_of", "own_gates"]


DIGITAL = {
    "name": "liberty",
    "source": "internal_power and leakage_power tables of the library, looked up at slews and "
    "loads of the mapped netlist; changes counted in a zero-delay simulation of its gates",
    "covers": "all gates of the tile and the pins that they drive; no glitches, no clock tree",
}
WIRES = "none: nets have the capacitance of the pins on them"
WIRES_GIVEN = "{:g} fF for every input that a net drives"
SMALLEST, SIZED = "smallest cells", "cells sized for {:g} ns"
UNGATED, GATED = "no clock gates", "clock gates {}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What a tile's gates take while it computes.

    Parameters
    ----------
    mapped : Mapped
        The netlist.
    played : Played
        What it did.
    timing : Delays
        Its loads and slews.
    cells : PowerCells
        Its cells.
    power : CellPower
        Energies in a cycle.
    clock_ns : float
        Period of the clock.
    wire_ff : float
        Capacitance of wire for every input that a net drives.
    """

    mapped: Mapped
    played: Played
    timing: Delays
    cells: PowerCells
    power: CellPower
    clock_ns: float
    wire_ff: float

    def microwatts(self, joules_in_a_cycle: float) -> float:
        """Turn energy in a cycle into power."""
        return joules_in_a_cycle / (self.clock_ns * 1e-9) * 1e6


def estimate_of(
    mapped: Mapped, played: Played, library: Library, *, clock_ns: float, wire_ff: float = 0.0
) -> Estimate:
    """Estimate the power of a netlist from what it did.

    Raises
    ------
    UserError
        When the library says nothing about power.
    """
    netlist, arcs = played.activity.netlist, Arcs(library)
    cells = PowerCells(library, arcs)
    cells.check(sorted(netlist.kinds))
    timing = delays(netlist, arcs, wire_ff=wire_ff)
    signals = Signals.measured(played.activity)
    return Estimate(
        mapped=mapped,
        played=played,
        timing=timing,
        cells=cells,
        power=cell_power(netlist, cells, timing, signals, wire_ff=wire_ff),
        clock_ns=clock_ns,
        wire_ff=wire_ff,
    )


def operations_of(
    delivered: Delivered,
    library: Library,
    estimate: Estimate,
    counts: Counts,
    *,
    model: Mapping[str, object],
) -> Operations:
    """Divide what each block took by what it did; `model` is that of `digital_model`."""
    power_, cycles = estimate.power, counts.cycles
    # A clock behind gates moves when the block works, not in every cycle.
    clock, data = (
        {
            name: 1e12 * cycles * float(joules[gates].sum())
            for name, gates in own_gates(delivered, power_.netlist).items()
        }
        for joules in (power_.clock_j - power_.gated_j, power_.data_j + power_.gated_j)
    )
    leakage = None if power_.leakage_w is None else 1e6 * float(power_.leakage_w.sum())
    return Operations.measured(
        data,
        clock,
        counts,
        leakage_uw=leakage,
        clock_ns=estimate.clock_ns,
        source=str(delivered.folder),
        parameters=delivered.manifest["parameters"],
        library=library.name,
        node_nm=node_nm(library.name),
        model=model,
    )


def digital_model(
    *, wire_ff: float, sized_for_ns: float | None, clock_gate: ClockGate | None
) -> dict[str, object]:
    """Return what a report has to say of these figures: whose they are, of what netlist.

    Parameters
    ----------
    wire_ff : float
        Capacitance of wire for every input that a net drives.
    sized_for_ns : float or None
        Clock period that cells were sized for; None: the smallest.
    clock_gate : ClockGate or None
        The gate before registers with a common enable; None: none has one.
    """
    size = SMALLEST if sized_for_ns is None else SIZED.format(sized_for_ns)
    gates = UNGATED if clock_gate is None else GATED.format(clock_gate.cell)
    return DIGITAL | {
        "netlist": f"{size}, {gates}",
        "wires": WIRES_GIVEN.format(wire_ff) if wire_ff else WIRES,
    }


def block_name(delivered: Delivered, module: str) -> str:
    """Return the block that a module is, a second variant of it too; or the module's own name."""
    block_of = {module: block for block, module in delivered.modules.items()}
    first = re.sub(r"_\d+$", "", module)  # variants are numbered, see `hwgen.emit.hierarchy`
    return block_of.get(module) or block_of.get(first) or module


def own_gates(delivered: Delivered, netlist: Netlist) -> dict[str, np.ndarray]:
    """Return the gates that stand in each block itself, in no block inside it."""
    found: dict[str, list[int]] = {}
    for place, block in enumerate(netlist.blocks):
        found.setdefault(block_name(delivered, block.module), []).append(place)
    return {name: np.isin(netlist.block_of, places) for name, places in found.items()}
