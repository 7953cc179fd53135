"""Static timing of a flat netlist by the tables of its library.

The figures of a timing analyser that is told nothing about wires: the latest arrival and the
slowest slew at every net, for its rising and its falling edge, each over all arcs that reach it
(graph-based analysis). The clock is ideal: every clock pin sees its edge at time zero and without
slew. Paths begin at clock pins and at the top's inputs, at time zero; they end at data pins, where
the setup time is added, and at the top's outputs. Arcs from set and clear pins do not count.

A gate that cannot switch because of a constant ahead of it is not told from others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hwgen.gates.arcs import FALL, RISE, Arcs, CellArcs, Check
from hwgen.gates.netlist import Netlist
from hwgen.gates.paths import NEVER, Arrivals, Ends, Path, Steps

__all__ = ["Delays", "delays"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Delays:
    """Loads, slews and longest paths of a netlist.

    Parameters
    ----------
    netlist : Netlist
        Of these gates and nets.
    loads : ndarray, nets x 2
        Capacitance on every net as it rises and as it falls, in the library's unit.
    slews : ndarray, nets x 2
        Slowest transition of every net as it rises and as it falls, in the library's unit; 0 where
        nothing comes from a register or an input, and for the clock.
    critical_path : Path or None
        The longest from a register or an input to a register or an output.
    register_path : Path or None
        The longest from a register to a register.
    recovery_path : Path or None
        The longest to an asynchronous set or clear pin, with its recovery time; no part of
        `critical_path`, because such nets get their buffers when they are placed, as clocks do.
    """

    netlist: Netlist
    loads: np.ndarray
    slews: np.ndarray
    critical_path: Path | None
    register_path: Path | None
    recovery_path: Path | None


def delays(
    netlist: Netlist,
    arcs: Arcs,
    *,
    input_slew_ns: float = 0.0,
    wire_ff: float = 0.0,
) -> Delays:
    """Find loads, slews and longest paths.

    Parameters
    ----------
    netlist : Netlist
        Gates of the library.
    arcs : Arcs
        How fast they are.
    input_slew_ns : float
        Transition at the top's inputs.
    wire_ff : float
        Capacitance of wire for every input that a net drives.

    Raises
    ------
    UserError
        When the library lacks a cell, a table of one is none, or there are wires and no unit of
        capacitances.
    ValueError
        When gates form a loop.
    """
    units = arcs.library.units
    wire = wire_ff * 1e-15 / arcs.library.capacitance_unit_f if wire_ff else 0.0
    loads = _loads(netlist, arcs, wire)
    cells = {kind: arcs.of(kind) for kind in netlist.kinds}
    slews, latest, launched = _propagate(
        netlist, arcs, loads.ravel(), _data_inputs(netlist, cells), input_slew_ns / units.time_ns
    )
    setups = [(kind, check) for kind, cell in cells.items() for check in cell.setups]
    recoveries = [(kind, check) for kind, cell in cells.items() for check in cell.recoveries]
    at_registers = _ends(netlist, arcs, setups, slews)
    return Delays(
        netlist=netlist,
        loads=loads,
        slews=slews.reshape(-1, 2),
        critical_path=latest.longest(at_registers, Ends.outputs(netlist)),
        register_path=launched.longest(at_registers),
        recovery_path=latest.longest(_ends(netlist, arcs, recoveries, slews)),
    )


def _propagate(
    netlist: Netlist, arcs: Arcs, loads: np.ndarray, inputs: np.ndarray, input_slew: float
) -> tuple[np.ndarray, Arrivals, Arrivals]:
    """Return the slews at all places, the latest arrivals there, and those from registers only."""
    surfaces = arcs.surfaces
    through = [(kind, arc) for kind in netlist.kinds for arc in arcs.of(kind).arcs]
    from_clocks = [(kind, arc) for kind in netlist.kinds for arc in arcs.of(kind).launches]
    launches = Steps.of(netlist, from_clocks)
    steps, levels = _in_order(Steps.of(netlist, through), netlist)

    places = 2 * len(netlist.nets)
    slews = np.zeros(places)
    slews[inputs] = input_slew
    at_rest, load = np.zeros(len(launches.gate)), loads[launches.target]
    launch_slews = surfaces.at(launches.slew_tables, at_rest, load)
    launch_delays = surfaces.at(launches.delay_tables, at_rest, load)
    np.maximum.at(slews, launches.target, launch_slews)
    launched = np.full(places, NEVER)
    np.maximum.at(launched, launches.target, launch_delays)
    latest = launched.copy()
    latest[inputs] = np.maximum(latest[inputs], 0.0)

    delays_ = np.zeros(len(steps.gate))
    delay_tables, slew_tables = steps.delay_tables, steps.slew_tables
    for level in levels:
        source, target = steps.source[level], steps.target[level]
        slew, load = slews[source], loads[target]
        delays_[level] = surfaces.at(delay_tables[level], slew, load)
        slew = surfaces.at(slew_tables[level], slew, load)
        np.maximum.at(slews, target, np.where(latest[source] > NEVER, slew, 0.0))
        for arrivals in (latest, launched):
            np.maximum.at(arrivals, target, arrivals[source] + delays_[level])
    found = Arrivals(
        netlist=netlist,
        latest=latest,
        steps=steps,
        delays=delays_,
        launches=launches,
        launch_delays=launch_delays,
        time_ns=arcs.library.units.time_ns,
    )
    return slews, found, replace(found, latest=launched)


def _ends(
    netlist: Netlist, arcs: Arcs, checks: Sequence[tuple[str, Check]], slews: np.ndarray
) -> Ends:
    """Return the pins of all gates that some checks are about."""
    places, tables, gates = [[np.zeros(0, dtype=int)] for _ in range(3)]
    pins: list[str] = []
    for kind, check in checks:
        same = netlist.kinds[kind]
        places.append(2 * same.pins[check.pin] + check.edge)
        tables.append(np.full(len(same.gates), check.before))
        gates.append(same.gates)
        pins += [check.pin] * len(same.gates)
    place, table, gate = (np.concatenate(column) for column in (places, tables, gates))
    before = arcs.surfaces.at(table, slews[place], np.zeros(len(place)))
    return Ends(place, before, gate, tuple(pins))


def _data_inputs(netlist: Netlist, cells: Mapping[str, CellArcs]) -> np.ndarray:
    """Return the places of the top's inputs but those that clock something."""
    clocks = {
        net
        for kind, cell in cells.items()
        for pin in cell.clocks
        for net in netlist.kinds[kind].pins[pin].tolist()
    }
    nets = np.concatenate([netlist.port_nets(direction) for direction in ("input", "inout")])
    data = np.setdiff1d(nets, sorted(clocks))
    return np.concatenate([2 * data + edge for edge in (RISE, FALL)])


def _loads(netlist: Netlist, arcs: Arcs, wire: float) -> np.ndarray:
    """Add up the capacitance on every net; a row has the values of both edges."""
    loads = np.zeros((len(netlist.nets), 2))
    for kind, same in netlist.kinds.items():
        for pin, capacitance in arcs.of(kind).capacitance.items():
            if pin in same.pins:
                np.add.at(loads, same.pins[pin], np.array(capacitance) + wire)
    return loads


def _in_order(steps: Steps, netlist: Netlist) -> tuple[Steps, list[slice]]:
    """Sort steps so that whatever leads to a place comes before all that leaves it, in levels."""
    level = _levels(steps, netlist)[steps.target]
    order = np.argsort(level, kind="stable")
    bounds = np.searchsorted(level[order], np.arange(1, level.max(initial=0) + 2)).tolist()
    return steps.take(order), [slice(*pair) for pair in pairwise(bounds)]


def _levels(steps: Steps, netlist: Netlist) -> np.ndarray:
    """Return how many steps at most lead to every place."""
    count = 2 * len(netlist.nets)
    level = np.zeros(count, dtype=int)
    waiting = np.bincount(steps.target, minlength=count)
    by_source = np.argsort(steps.source, kind="stable")
    begins = np.searchsorted(steps.source[by_source], np.arange(count + 1))
    front, depth = np.flatnonzero(waiting == 0), 0
    while len(front):
        depth += 1
        widths = begins[front + 1] - begins[front]
        first = np.repeat(begins[front] - np.cumsum(widths) + widths, widths)
        reached = steps.target[by_source[first + np.arange(widths.sum())]]
        level[reached] = depth
        np.subtract.at(waiting, reached, 1)
        front = np.unique(reached[waiting[reached] == 0])
    if waiting.any():
        name = netlist.nets[int(waiting.argmax()) // 2]
        raise ValueError(f"Gates must form no loop, not one at {name}")
    return level
