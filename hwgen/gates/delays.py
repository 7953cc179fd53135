"""Static timing of a flat netlist by the tables of its library.

The figures of a timing analyser that is told nothing about wires: the latest arrival and the
slowest slew at every net, for its rising and its falling edge, each over all arcs that reach it
(graph-based analysis). The clock is ideal: every clock pin sees its edge at time zero and without
slew. Paths begin at clock pins and at the top's inputs, at time zero; they end at data pins, where
the setup time is added, and at the top's outputs. Arcs from set and clear pins do not count.

A gate that cannot switch because of a constant ahead of it is not told from others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.gates.arcs import FALL, RISE, Arc, Arcs, Check
from hwgen.gates.netlist import ONE, ZERO, Netlist

__all__ = ["Delays", "Path", "Point", "delays"]

NEVER = -np.inf
EDGE_NAMES = {RISE: "rise", FALL: "fall"}
OUTPUTS = {"output", "inout"}


@dataclass(frozen=True, kw_only=True)
class Point:
    """A pin that a path goes through.

    Parameters
    ----------
    pin : str
        ``gate.pin``, or a port of the top.
    cell : str or None
        Type of the gate; None at a port.
    edge : str
        ``rise`` or ``fall``.
    arrival_ns : float
        When, after the clock's edge.
    """

    pin: str
    cell: str | None
    edge: str
    arrival_ns: float


@dataclass(frozen=True, kw_only=True)
class Path:
    """A longest path.

    Parameters
    ----------
    ns : float
        Its length, with what has to pass before the clock's next edge.
    before_ns : float
        Setup or recovery time in it; 0 at an output.
    points : tuple of Point
        Where it begins, every output of a gate after that, and where it ends.
    """

    ns: float
    before_ns: float
    points: tuple[Point, ...]


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
        When the library lacks a cell, or a table of one is none.
    ValueError
        When gates form a loop.
    """
    units = arcs.library.units
    loads = _loads(netlist, arcs, wire_ff * 1e-15 / (units.capacitance_f or 1e-12))
    found = _Propagation(netlist, arcs, loads.ravel(), input_slew_ns / units.time_ns)
    setups, recoveries = found.checks
    registers = found.arrivals(found.launched)
    return Delays(
        netlist=netlist,
        loads=loads,
        slews=found.slews.reshape(-1, 2),
        critical_path=found.longest(found.latest, setups, found.outputs),
        register_path=found.longest(registers, setups),
        recovery_path=found.longest(found.latest, recoveries),
    )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Arcs of gates: places (2 x net + edge) where they begin and end, which gate, and which arc.

    `arcs` are those of the cells; `arc` says which of them each step is.
    """

    source: np.ndarray
    target: np.ndarray
    gate: np.ndarray
    arc: np.ndarray
    arcs: tuple[Arc, ...]

    @cached_property
    def delay(self) -> np.ndarray:
        """Table of every step's delay."""
        return np.array([arc.delay for arc in self.arcs], dtype=int)[self.arc]

    @cached_property
    def slew(self) -> np.ndarray:
        """Table of every step's transition."""
        return np.array([arc.slew for arc in self.arcs], dtype=int)[self.arc]

    @classmethod
    def of(cls, netlist: Netlist, arcs: Sequence[tuple[str, Arc]]) -> "_Steps":
        """Collect the steps of all gates, given the arcs by kind."""
        source, target, gate, which = [[np.zeros(0, dtype=int)] for _ in range(4)]
        for number, (kind, arc) in enumerate(arcs):
            same = netlist.kinds[kind]
            source.append(2 * same.pins[arc.source] + arc.cause)
            target.append(2 * same.pins[arc.pin] + arc.edge)
            gate.append(same.gates)
            which.append(np.full(len(same.gates), number))
        columns = [np.concatenate(column) for column in (source, target, gate, which)]
        return cls(*columns, arcs=tuple(arc for _, arc in arcs))

    def take(self, chosen: np.ndarray) -> "_Steps":
        """Return some of them."""
        columns = (self.source, self.target, self.gate, self.arc)
        return _Steps(*(column[chosen] for column in columns), arcs=self.arcs)


@dataclass(frozen=True, eq=False)
class _Ends:
    """Where paths end: places, the time to spare there, and the gate and pin; -1 at a port."""

    place: np.ndarray
    before: np.ndarray
    gate: np.ndarray
    pins: tuple[str, ...]


class _Propagation:
    """Slews and arrivals from the sources of paths to their ends, level by level."""

    def __init__(self, netlist: Netlist, arcs: Arcs, loads: np.ndarray, input_slew: float) -> None:
        self._netlist = netlist
        self._surfaces = arcs.surfaces
        self._time_ns = arcs.library.units.time_ns
        cells = {kind: arcs.of(kind) for kind in netlist.kinds}
        self._checks = {kind: (cell.setups, cell.recoveries) for kind, cell in cells.items()}
        through = [(kind, arc) for kind, cell in cells.items() for arc in cell.arcs]
        steps = _Steps.of(netlist, through)
        level = _levels(steps, netlist)
        self._steps = steps.take(np.argsort(level[steps.target], kind="stable"))
        depth = level.max(initial=0)
        self._begins = np.searchsorted(level[self._steps.target], np.arange(1, depth + 2))

        from_clocks = [(kind, arc) for kind, cell in cells.items() for arc in cell.launches]
        self._launches = _Steps.of(netlist, from_clocks)
        at_rest = np.zeros(len(self._launches.gate))
        load = loads[self._launches.target]
        self._launch_delays = self._surfaces.at(self._launches.delay, at_rest, load)
        self.launched = np.full(2 * len(netlist.nets), NEVER)
        np.maximum.at(self.launched, self._launches.target, self._launch_delays)

        self.slews = np.zeros(2 * len(netlist.nets))
        inputs = _places(self._data_inputs())
        self.slews[inputs] = input_slew
        slews = self._surfaces.at(self._launches.slew, at_rest, load)
        np.maximum.at(self.slews, self._launches.target, slews)
        started = self.launched.copy()
        np.maximum.at(started, inputs, 0.0)
        self._delays = np.zeros(len(self._steps.gate))
        self.latest = self.arrivals(started, loads)

    def arrivals(self, started: np.ndarray, loads: np.ndarray | None = None) -> np.ndarray:
        """Return the latest arrival at every place; with loads, find slews and delays as well."""
        steps, latest = self._steps, started.copy()
        for begin, end in zip(self._begins[:-1], self._begins[1:], strict=True):
            source, target = steps.source[begin:end], steps.target[begin:end]
            if loads is not None:
                at = self.slews[source], loads[target]
                self._delays[begin:end] = self._surfaces.at(steps.delay[begin:end], *at)
                slews = self._surfaces.at(steps.slew[begin:end], *at)
                np.maximum.at(self.slews, target, np.where(latest[source] > NEVER, slews, 0.0))
            np.maximum.at(latest, target, latest[source] + self._delays[begin:end])
        return latest

    @property
    def checks(self) -> tuple[_Ends, _Ends]:
        """Pins with a setup time, and those with a recovery time."""
        kinds = list(self._checks)
        setups, recoveries = (
            [(kind, check) for kind in kinds for check in self._checks[kind][place]]
            for place in (0, 1)
        )
        return self._ends(setups), self._ends(recoveries)

    @property
    def outputs(self) -> _Ends:
        """The top's outputs."""
        ports = [
            (name if len(port.nets) == 1 else f"{name}[{bit}]", net)
            for name, port in self._netlist.ports.items()
            if port.direction in OUTPUTS
            for bit, net in enumerate(port.nets)
        ]
        places = _places(np.array([net for _, net in ports], dtype=int))
        names = tuple(name for name, _ in ports)
        return _Ends(places, np.zeros(len(places)), np.full(len(places), -1), (*names, *names))

    def longest(self, arrivals: np.ndarray, *ends: _Ends) -> Path | None:
        """Return the longest path to some ends, given the latest arrivals; None without any."""
        totals = [arrivals[one.place] + one.before for one in ends]
        worst = [total.max(initial=NEVER) for total in totals]
        length = max(worst)
        if length == NEVER:
            return None
        found = worst.index(length)
        at = int(totals[found].argmax())
        points = [*self._back(arrivals, int(ends[found].place[at]))][::-1]
        return Path(
            ns=float(length) * self._time_ns,
            before_ns=float(ends[found].before[at]) * self._time_ns,
            points=(*points, self._end(ends[found], at, points[-1])),
        )

    def _end(self, ends: _Ends, at: int, last: Point) -> Point:
        gate = self._netlist.gates[ends.gate[at]] if ends.gate[at] >= 0 else None
        return Point(
            pin=f"{gate.path}.{ends.pins[at]}" if gate else ends.pins[at],
            cell=gate.kind if gate else None,
            edge=last.edge,
            arrival_ns=last.arrival_ns,
        )

    def _back(self, arrivals: np.ndarray, place: int) -> Iterator[Point]:
        """Yield the points of the path that arrives last at a place, the last first."""
        while True:
            arrival = arrivals[place]
            for steps, totals in (
                (self._steps, lambda into: arrivals[self._steps.source[into]] + self._delays[into]),
                (self._launches, lambda into: self._launch_delays[into]),
            ):
                into = np.flatnonzero(steps.target == place)
                into = into[totals(into) == arrival]
                if len(into):
                    break
            else:
                yield self._point(self._netlist.nets[place // 2], None, place, arrival)
                return
            gate, arc = self._netlist.gates[steps.gate[into[0]]], steps.arcs[steps.arc[into[0]]]
            yield self._point(f"{gate.path}.{arc.pin}", gate.kind, place, arrival)
            place = int(steps.source[into[0]])
            if steps is self._launches:
                yield self._point(f"{gate.path}.{arc.source}", gate.kind, place, 0.0)
                return

    def _point(self, pin: str, cell: str | None, place: int, arrival: float) -> Point:
        at_ns = float(arrival) * self._time_ns
        return Point(pin=pin, cell=cell, edge=EDGE_NAMES[place % 2], arrival_ns=at_ns)

    def _ends(self, checks: Sequence[tuple[str, Check]]) -> _Ends:
        places, tables, gates = [[np.zeros(0, dtype=int)] for _ in range(3)]
        pins: list[str] = []
        for kind, check in checks:
            same = self._netlist.kinds[kind]
            places.append(2 * same.pins[check.pin] + check.edge)
            tables.append(np.full(len(same.gates), check.before))
            gates.append(same.gates)
            pins += [check.pin] * len(same.gates)
        place, table, gate = (np.concatenate(column) for column in (places, tables, gates))
        before = self._surfaces.at(table, self.slews[place], np.zeros(len(place)))
        return _Ends(place, before, gate, tuple(pins))

    def _data_inputs(self) -> np.ndarray:
        """Return the nets of the top's inputs but those that clock something."""
        clocks = [self._launches.source // 2]
        for kind, checks in self._checks.items():
            pins = {check.clock for same in checks for check in same}
            clocks += [self._netlist.kinds[kind].pins[pin] for pin in sorted(pins)]
        nets = np.concatenate([self._netlist.port_nets(way) for way in ("input", "inout")])
        return np.setdiff1d(nets, np.concatenate([*clocks, [ZERO, ONE]]))


def _loads(netlist: Netlist, arcs: Arcs, wire: float) -> np.ndarray:
    """Add up the capacitance on every net; a row has the values of both edges."""
    loads = np.zeros((len(netlist.nets), 2))
    for kind, same in netlist.kinds.items():
        for pin, capacitance in arcs.of(kind).capacitance.items():
            if pin in same.pins:
                np.add.at(loads, same.pins[pin], np.array(capacitance) + wire)
    return loads


def _places(nets: np.ndarray) -> np.ndarray:
    """Return the places of both edges of nets: first those that rise."""
    return np.concatenate([2 * nets + RISE, 2 * nets + FALL])


def _levels(steps: _Steps, netlist: Netlist) -> np.ndarray:
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
