"""What a clock tree would take: an estimate from the number of clock pins, until there is one.

A mapped netlist has one net for the clock; buffers come when it is placed. Here every `FAN_OUT`
pins share a buffer, these again, up to one. All are the smallest buffer of the library that may
drive so many; each takes its internal energy at its load, without a slew as the clock itself has
none, and charges that load. Wires, which often take as much again, are those of the stated model.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.gates.netlist import Kind
from hwgen.liberty.functions import Variable, behaviour
from hwgen.liberty.library import Cell
from hwgen.power.cells import KindPower, Signals
from hwgen.power.tables import PowerCells

__all__ = ["FAN_OUT", "ClockTree", "clock_tree"]

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
    """

    buffer: str
    buffers: int
    cycle_j: float


def clock_tree(cells: PowerCells, *, pins: int, pin_f: float, wire_ff: float = 0.0) -> ClockTree:
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

    Returns
    -------
    ClockTree
        Of no buffers where the library has none.
    """
    load = FAN_OUT * (pin_f / max(pins, 1) + wire_ff * 1e-15)
    buffer = _buffer(cells, load)
    if buffer is None or not pins:
        return ClockTree(buffer="", buffers=0, cycle_j=0.0)
    (pin,) = cells.of(buffer.name).states.inputs
    own = cells.of(buffer.name).capacitance_f[pin] + wire_ff * 1e-15
    levels, loads = [-(-pins // FAN_OUT)], [load]
    while levels[-1] > 1:
        levels.append(-(-levels[-1] // FAN_OUT))
        loads.append(FAN_OUT * own)
    charged = CLOCK_DENSITY * cells.voltage_v**2 / 2 * own
    energy = np.array(levels) @ (_internal(cells, buffer, np.array(loads)) + charged)
    return ClockTree(buffer=buffer.name, buffers=sum(levels), cycle_j=float(energy))


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
