"""What a clock tree would take: an estimate from the number of clock pins, until there is one.

A mapped netlist has one net for the clock, and one behind every clock gate; buffers come when it is
placed. Here every `FAN_OUT` pins share a buffer, these again, up to one. A clock gate drives up to
`FAN_OUT` pins or buffers by itself, so that small gates need none; what is behind it moves as often
as the gate is open. All are the smallest buffer of the library that may drive so many; each takes
its internal energy at its load, without a slew as the clock itself has none, and charges that load.
Wires, which often take as much again, are those of the stated model.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.gates.netlist import Kind, Netlist
from hwgen.liberty.functions import Variable, behaviour
from hwgen.liberty.library import Cell
from hwgen.power.cells import KindPower, Signals
from hwgen.power.tables import PowerCells

__all__ = ["FAN_OUT", "ClockTree", "clock_tree", "clock_trees"]

FAN_OUT = 16
CLOCK_DENSITY = 2.0


@dataclass(frozen=True, kw_only=True)
class ClockTree:
    """An estimated tree.

    Parameters
    ----------
    buffer : str
        Cell that it is made of.
    buffers : int
        How many.
    cycle_j : float
        What they take in a cycle, J, without what the clock pins of flip-flops take.
    pins : int
        Clock pins.
    """

    buffer: str
    buffers: int
    cycle_j: float
    pins: int


def clock_trees(
    netlist: Netlist, cells: PowerCells, density: NDArray[np.float64], *, wire_ff: float = 0.0
) -> ClockTree:
    """Estimate the trees of all clocks of a netlist: the clock itself, and those behind gates.

    Parameters
    ----------
    netlist : Netlist
        Gates of the library.
    cells : PowerCells
        The library.
    density : numpy.ndarray, shape (nets,)
        Changes of every net in a cycle.
    wire_ff : float
        Capacitance of wire for every input.
    """
    pins = np.zeros(len(netlist.nets), dtype=int)
    farads = np.zeros(len(netlist.nets))
    driven = np.zeros(len(netlist.nets), dtype=bool)
    for kind, same in netlist.kinds.items():
        cell = cells.of(kind)
        for pin, nets in same.pins.items():
            if same.directions[pin] != "input":
                driven[nets] = True
            elif pin in cell.clocks:
                np.add.at(pins, nets, 1)
                np.add.at(farads, nets, cell.capacitance_f[pin])
    trees = [
        (
            clock_tree(
                cells,
                pins=int(pins[net]),
                pin_f=float(farads[net]),
                wire_ff=wire_ff,
                gated=bool(driven[net]),
            ),
            float(density[net]) / 2,
        )
        for net in np.flatnonzero(pins)
    ]
    return _together(trees)


def _together(trees: Iterable[tuple[ClockTree, float]]) -> ClockTree:
    """Add up trees and the shares of cycles in which they move."""
    trees = list(trees)
    return ClockTree(
        buffer=", ".join(sorted({tree.buffer for tree, _ in trees} - {""})),
        buffers=sum(tree.buffers for tree, _ in trees),
        cycle_j=sum(tree.cycle_j * moving for tree, moving in trees),
        pins=sum(tree.pins for tree, _ in trees),
    )


def clock_tree(
    cells: PowerCells, *, pins: int, pin_f: float, wire_ff: float = 0.0, gated: bool = False
) -> ClockTree:
    """Estimate the tree of a clock.

    Parameters
    ----------
    cells : PowerCells
        The library.
    pins : int
        Clock pins.
    pin_f : float
        Capacitance of all of them, F.
    wire_ff : float
        Capacitance of wire for every input.
    gated : bool
        Whether a clock gate drives it, in place of the last buffer and as many as that drives.

    Returns
    -------
    ClockTree
        Of no buffers where the library has none.
    """
    load = FAN_OUT * (pin_f / max(pins, 1) + wire_ff * 1e-15)
    buffer = _buffer(cells, load)
    if buffer is None or not pins or (gated and pins <= FAN_OUT):
        return ClockTree(buffer="", buffers=0, cycle_j=0.0, pins=pins)
    (pin,) = cells.of(buffer.name).states.inputs
    own = cells.of(buffer.name).capacitance_f[pin] + wire_ff * 1e-15
    levels, loads = [-(-pins // FAN_OUT)], [load]
    while levels[-1] > (FAN_OUT if gated else 1):
        levels.append(-(-levels[-1] // FAN_OUT))
        loads.append(FAN_OUT * own)
    charged = CLOCK_DENSITY * cells.voltage_v**2 / 2 * own
    energy = np.array(levels) @ (_internal(cells, buffer, np.array(loads)) + charged)
    return ClockTree(buffer=buffer.name, buffers=sum(levels), cycle_j=float(energy), pins=pins)


def _buffer(cells: PowerCells, load: float) -> Cell | None:
    """Return the smallest buffer that may drive a load."""
    unit = cells.library.capacitance_unit_f
    found = []
    for cell in cells.library.cells.values():
        outputs = [pin for pin in cell.pins.values() if pin.direction == "output"]
        inputs = [pin for pin in cell.pins.values() if pin.direction == "input"]
        if len(outputs) != 1 or len(inputs) != 1 or cell.dont_use:
            continue
        function = behaviour(cell).outputs.get(outputs[0].name)
        most = outputs[0].group.number("max_capacitance")
        if most is None:
            most = cells.library.group.number("default_max_capacitance")
        drives = most is None or most * unit >= load
        if function and function.function == Variable(inputs[0].name) and drives:
            found.append(cell)
    return min(found, key=lambda cell: (cell.area or 0.0, cell.name), default=None)


def _internal(cells: PowerCells, buffer: Cell, loads_f: np.ndarray) -> np.ndarray:
    """Return what a buffer takes inside in a cycle, J, at each of some loads."""
    places = np.arange(len(loads_f))
    directions = {pin.name: pin.direction for pin in buffer.pins.values()}
    same = Kind(gates=places, pins=dict.fromkeys(directions, places), directions=directions)
    signals = Signals(
        density=np.full(len(places), CLOCK_DENSITY), probability=np.full(len(places), 0.5)
    )
    at_once = np.zeros((len(places), 2))
    gates = KindPower(
        cells, cells.of(buffer.name), same, slews_s=at_once, loads_f=loads_f, signals=signals
    )
    return gates.internal(clocks=False) + gates.internal(clocks=True)
