"""Power at one activity everywhere, by the rules of OpenSTA 2.0.17, which Debian has.

That version (of November 2019) weights internal energies otherwise than `hwgen.power.cells`, so
that totals of the two do not compare. This module follows its rules, so that whoever has it can see
that tables, slews, loads and units are read alike (Power.cc at 2019-11, ``findInternalPower``):

* rise and fall of an entry are added for *every* change of the pin, where their mean would be
  right: a clock pin is charged twice. OpenSTA of 2020 and later takes the mean;
* an entry without a condition counts beside those with one, and input pins and set or reset arcs of
  flip-flops count half of the time;
* an entry of an output without a condition counts in the states that one step of its function
  shows (``inferedWhen``), else half of the time, or always from a clock;
* energies are looked up edge for edge: the rise of an inverter at the slew of its input's rise;
* loads are those of timing, a range of capacitances at its end;
* leakage is ``cell_leakage_power``, where the cell has it;
* nets that the top's inputs drive take nothing, that of the clock too.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.gates.delays import Delays
from hwgen.gates.netlist import Kind, Netlist
from hwgen.liberty.functions import Constant, Expression, Gate, Not, Variable
from hwgen.liberty.power import resting_leakage_w
from hwgen.power.cells import KindPower, Signals
from hwgen.power.tables import Entry, PowerCell, PowerCells

__all__ = ["GroupPower", "uniform_power"]


@dataclass(frozen=True, kw_only=True)
class GroupPower:
    """Power of a group of gates, W."""

    internal_w: float
    switching_w: float
    leakage_w: float

    def plus(self, other: "GroupPower") -> "GroupPower":
        """Add another group."""
        return GroupPower(
            internal_w=self.internal_w + other.internal_w,
            switching_w=self.switching_w + other.switching_w,
            leakage_w=self.leakage_w + other.leakage_w,
        )


def uniform_power(
    netlist: Netlist,
    cells: PowerCells,
    timing: Delays,
    *,
    clock_ns: float,
    activity: float,
) -> dict[str, GroupPower]:
    """Return what ``set_power_activity -global -activity A``, ``report_power`` print.

    Parameters
    ----------
    netlist, cells, timing
        As of `hwgen.power.cells.cell_power`.
    clock_ns : float
        Period of the clock.
    activity : float
        Changes of every net in a cycle; the clock has two. Every net is one half of the time.

    Returns
    -------
    dict of str to GroupPower
        ``sequential`` and ``combinational``.
    """
    clocks = {
        int(net)
        for kind, same in netlist.kinds.items()
        for pin in cells.of(kind).clocks & same.pins.keys()
        for net in same.pins[pin]
    }
    density = np.full(len(netlist.nets), activity)
    density[sorted(clocks)] = 2.0
    signals = Signals(density=density, probability=np.full(len(netlist.nets), 0.5))
    farads = cells.library.capacitance_unit_f
    slews_s = timing.slews * cells.library.units.time_s
    loads_f = timing.loads.mean(axis=1) * farads
    nothing = GroupPower(internal_w=0.0, switching_w=0.0, leakage_w=0.0)
    found = {"sequential": nothing, "combinational": nothing}
    for kind, same in netlist.kinds.items():
        cell = cells.of(kind)
        group = "sequential" if cell.sequential else "combinational"
        of_kind = KindPower(cells, cell, same, slews_s=slews_s, loads_f=loads_f, signals=signals)
        per_second = 1 / (clock_ns * 1e-9)
        leakage = _leakage(cells, kind)
        found[group] = found[group].plus(
            GroupPower(
                internal_w=per_second * _internal(cell, same, of_kind),
                switching_w=per_second * _switching(cells, same, timing.loads * farads, density),
                leakage_w=leakage * len(same.gates),
            )
        )
    return found


def _internal(cell: PowerCell, same: Kind, of_kind: KindPower) -> float:
    total = 0.0
    for pin, entries in cell.entries.items():
        if pin in same.pins:
            for entry in entries:
                slews_s = of_kind.slews_s[entry.related or pin]
                energy = 2 * of_kind.mean(pin, entry, slews_s) * of_kind.density[pin]
                total += _duty(cell, pin, entry) * float(energy.sum())
    return total


def _duty(cell: PowerCell, pin: str, entry: Entry) -> float:
    """Return how often an entry counts when every pin is one half of the time."""
    if entry.when is not None:
        return float(cell.states.holds(entry.when).mean())
    if entry.related is not None:
        output = cell.states.behaviour.outputs.get(pin)
        inferred = output and _inferred(output.function, entry.related)
        if inferred is not None:
            return float(cell.states.holds(inferred).mean())
    return 1.0 if (entry.related or pin) in cell.clocks else 0.5


def _inferred(function: Expression, pin: str) -> Expression | None:
    """Return the states in which one step of a function follows a pin, where it shows them.

    Operations of several operands are read from left to right, two by two.
    """
    if isinstance(function, Not):
        return _inferred(function.operand, pin)
    if isinstance(function, Variable):
        return Constant(value=True) if function.name == pin else None
    if not isinstance(function, Gate):
        return None
    *before, right = function.operands
    left = before[0] if len(before) == 1 else Gate(function.operator, tuple(before))
    for one, other in ((left, right), (right, left)):
        bare = one.operand if isinstance(one, Not) else one
        if bare == Variable(pin):
            return other if function.operator == "&" else Not(other)
    return None


def _switching(cells: PowerCells, same: Kind, loads_f: np.ndarray, density: np.ndarray) -> float:
    return sum(
        cells.voltage_v**2 / 2 * float((loads_f[nets].max(axis=1) * density[nets]).sum())
        for pin, nets in same.pins.items()
        if same.directions[pin] != "input"
    )


def _leakage(cells: PowerCells, kind: str) -> float:
    resting = resting_leakage_w(cells.library, cells.library.cell(kind))
    if resting is not None:
        return resting
    leakage = cells.of(kind).leakage_w
    return 0.0 if leakage is None else float(leakage.mean())
