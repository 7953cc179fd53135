"""Longest paths through a flat netlist, traced back from where they end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.gates.arcs import FALL, RISE, Arc
from hwgen.gates.netlist import Netlist

__all__ = ["NEVER", "Arrivals", "Ends", "Path", "Point", "Steps"]

NEVER = -np.inf  # nothing arrives
EDGES = {RISE: "rise", FALL: "fall"}
PORT = -1  # in place of a gate


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


@dataclass(frozen=True, eq=False)
class Steps:
    """Arcs of gates.

    Parameters
    ----------
    source, target : ndarray of int
        Places where they begin and end: 2 x net + edge.
    gate : ndarray of int
        Which gate.
    arc : ndarray of int
        Which of `arcs`.
    arcs : tuple of Arc
        Those of cells.
    """

    source: np.ndarray
    target: np.ndarray
    gate: np.ndarray
    arc: np.ndarray
    arcs: tuple[Arc, ...]

    @classmethod
    def of(cls, netlist: Netlist, arcs: Sequence[tuple[str, Arc]]) -> "Steps":
        """Collect the steps of all gates, given the arcs by type of cell."""
        source, target, gate, which = [[np.zeros(0, dtype=int)] for _ in range(4)]
        for number, (kind, arc) in enumerate(arcs):
            same = netlist.kinds[kind]
            source.append(2 * same.pins[arc.source] + arc.cause)
            target.append(2 * same.pins[arc.pin] + arc.edge)
            gate.append(same.gates)
            which.append(np.full(len(same.gates), number))
        columns = [np.concatenate(column) for column in (source, target, gate, which)]
        return cls(*columns, arcs=tuple(arc for _, arc in arcs))

    @property
    def delay_tables(self) -> np.ndarray:
        """Table of every step's delay."""
        return np.array([arc.delay for arc in self.arcs], dtype=int)[self.arc]

    @property
    def slew_tables(self) -> np.ndarray:
        """Table of every step's transition."""
        return np.array([arc.slew for arc in self.arcs], dtype=int)[self.arc]

    def take(self, chosen: np.ndarray) -> "Steps":
        """Return some of them."""
        columns = (self.source, self.target, self.gate, self.arc)
        return Steps(*(column[chosen] for column in columns), arcs=self.arcs)


@dataclass(frozen=True, eq=False)
class Ends:
    """Where paths end.

    Parameters
    ----------
    place : ndarray of int
        2 x net + edge.
    before : ndarray
        How long before the clock's next edge, in the library's unit.
    gate : ndarray of int
        Whose pin it is; `PORT` at an output of the top.
    pins : tuple of str
        Names of the pins or ports.
    """

    place: np.ndarray
    before: np.ndarray
    gate: np.ndarray
    pins: tuple[str, ...]

    @classmethod
    def outputs(cls, netlist: Netlist) -> "Ends":
        """Return the outputs of the top."""
        ports = [
            (name if len(port.nets) == 1 else f"{name}[{bit}]", 2 * net + edge)
            for name, port in netlist.ports.items()
            if port.direction != "input"
            for bit, net in enumerate(port.nets)
            for edge in EDGES
        ]
        places = np.array([place for _, place in ports], dtype=int)
        names = tuple(name for name, _ in ports)
        return cls(places, np.zeros(len(places)), np.full(len(places), PORT), names)


@dataclass(frozen=True, eq=False, kw_only=True)
class Arrivals:
    """When everything arrives at the latest.

    Parameters
    ----------
    netlist : Netlist
        Where.
    latest : ndarray
        At every place, in the library's unit; `NEVER` where nothing does.
    steps, launches : Steps
        Through gates, and from clock pins at time 0.
    delays, launch_delays : ndarray
        Of each of them.
    time_ns : float
        The library's unit.
    """

    netlist: Netlist
    latest: np.ndarray
    steps: Steps
    delays: np.ndarray
    launches: Steps
    launch_delays: np.ndarray
    time_ns: float

    def longest(self, *ends: Ends) -> Path | None:
        """Return the longest path to some ends; None where nothing arrives at any."""
        totals = [self.latest[one.place] + one.before for one in ends]
        worst = [total.max(initial=NEVER) for total in totals]
        length = max(worst)
        if length == NEVER:
            return None
        found = worst.index(length)
        at = int(totals[found].argmax())
        points = tuple(self._back(int(ends[found].place[at])))[::-1]
        return Path(
            ns=float(length) * self.time_ns,
            before_ns=float(ends[found].before[at]) * self.time_ns,
            points=(*points, self._end(ends[found], at)),
        )

    def _end(self, ends: Ends, at: int) -> Point:
        place, gate = int(ends.place[at]), int(ends.gate[at])
        return self._point(gate, ends.pins[at], place, self.latest[place])

    def _back(self, place: int) -> Iterator[Point]:
        """Yield the points of what arrives last at a place, from there to where it begins."""
        through = self.latest[self.steps.source] + self.delays
        while True:
            arrival = self.latest[place]
            steps = self.steps
            into = np.flatnonzero((steps.target == place) & (through == arrival))
            if not len(into):
                steps = self.launches
                into = np.flatnonzero((steps.target == place) & (self.launch_delays == arrival))
            if not len(into):
                yield self._point(PORT, self.netlist.nets[place // 2], place, arrival)
                return
            gate, arc = int(steps.gate[into[0]]), steps.arcs[steps.arc[into[0]]]
            yield self._point(gate, arc.pin, place, arrival)
            place = int(steps.source[into[0]])
            if steps is self.launches:
                yield self._point(gate, arc.source, place, 0.0)
                return

    def _point(self, gate: int, pin: str, place: int, arrival: float) -> Point:
        found = None if gate == PORT else self.netlist.gates[gate]
        return Point(
            pin=pin if found is None else f"{found.path}.{pin}",
            cell=None if found is None else found.kind,
            edge=EDGES[place % 2],
            arrival_ns=float(arrival) * self.time_ns,
        )
