"""What a clock tree would take: an estimate from the number of clock pins, until there is one.

A mapped netlist has one net for the clock; buffers come when it is placed. Here every `FAN_OUT`
pins share a buffer, these again, up to one. All are the smallest buffer of the library that may
drive so many; each takes its internal energy at its load, and charges that load. Wires, which often
take as much again, are those of the stated model.
"""

from dataclasses import dataclass

from hwgen.gates.arcs import SLEW
from hwgen.liberty.functions import Variable, behaviour
from hwgen.liberty.library import Cell
from hwgen.liberty.power import internal_energies
from hwgen.power.tables import PowerCells

__all__ = ["FAN_OUT", "ClockTree", "clock_tree"]

FAN_OUT = 16


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
    half_v2 = cells.voltage_v**2 / 2
    energy, buffers, level = 0.0, 0, -(-pins // FAN_OUT)
    while True:
        buffers += level
        energy += level * (_internal(cells, buffer, load) + 2 * half_v2 * own)
        if level == 1:
            return ClockTree(buffer=buffer.name, buffers=buffers, cycle_j=energy)
        level, load = -(-level // FAN_OUT), FAN_OUT * own


def _buffer(cells: PowerCells, load: float) -> Cell | None:
    """Return the smallest buffer that may drive a load."""
    unit = cells.library.units.capacitance_f or 1.0
    found = []
    for cell in cells.library.cells.values():
        outputs = [pin for pin in cell.pins.values() if pin.direction == "output"]
        inputs = [pin for pin in cell.pins.values() if pin.direction == "input"]
        if len(outputs) != 1 or len(inputs) != 1 or cell.dont_use:
            continue
        function = behaviour(cell).outputs.get(outputs[0].name)
        most = outputs[0].group.number("max_capacitance")
        drives = most is None or most * unit >= load
        if function and function.function == Variable(inputs[0].name) and drives:
            found.append(cell)
    return min(found, key=lambda cell: (cell.area or 0.0, cell.name), default=None)


def _internal(cells: PowerCells, buffer: Cell, load: float) -> float:
    """Return what a rise and a fall take inside, J, at the table's fastest slew."""
    total = 0.0
    for pin in buffer.pins.values():
        for entry in internal_energies(cells.library, pin):
            for table in (entry.rise, entry.fall):
                if table is not None:
                    axes = {axis: load for axis in table.axes if axis not in SLEW}
                    total += table.at(**axes)
    return total
