"""What the gates of a mapped tile take while it computes, and what an operation takes of it."""

from dataclasses import dataclass

import numpy as np

from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import Delays, delays
from hwgen.gates.netlist import Netlist
from hwgen.gates.tile import Played
from hwgen.liberty.library import Library
from hwgen.power.cells import CellPower, Signals, cell_power
from hwgen.power.operations import Counts, Operations
from hwgen.power.tables import PowerCells

__all__ = ["Estimate", "estimate_of", "operations_of", "own_gates"]


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


def operations_of(delivered: Delivered, estimate: Estimate, counts: Counts) -> Operations:
    """Divide what each block took by what it did."""
    power_, cycles = estimate.power, counts.cycles
    clock, data = (
        {
            name: 1e12 * cycles * float(joules[gates].sum())
            for name, gates in own_gates(delivered, power_.netlist).items()
        }
        for joules in (power_.clock_j, power_.data_j)
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
    )


def own_gates(delivered: Delivered, netlist: Netlist) -> dict[str, np.ndarray]:
    """Return the gates that stand in each block itself, in no block inside it."""
    block_of = {module: block for block, module in delivered.modules.items()}
    found: dict[str, list[int]] = {}
    for place_, block in enumerate(netlist.blocks):
        found.setdefault(block_of.get(block.module, block.module), []).append(place_)
    return {name: np.isin(netlist.block_of, places) for name, places in found.items()}
