"""How fast the cells of a library are: their timing arcs, with all tables in one array.

The non-linear delay model of the *Liberty User Guide* (Synopsys, 2017.06): delay and transition at
an output by two-dimensional tables over the transition at an input and the load of the output;
setup and recovery over the transitions of data and clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.liberty.axes import CLOCK_SLEW, DATA_SLEW, LOAD, SLEW
from hwgen.liberty.library import Cell, Library, Pin, Table
from hwgen.liberty.text import Group

__all__ = ["FALL", "RISE", "Arc", "Arcs", "CellArcs", "Check", "Surfaces"]

RISE, FALL = 0, 1
EDGES = {RISE: "rise", FALL: "fall"}
LAUNCHES = {"rising_edge": RISE, "falling_edge": FALL}
# Which edges of an output an arc without a clock drives.
COMBINATIONAL = {
    None: (RISE, FALL),
    "combinational": (RISE, FALL),
    "combinational_rise": (RISE,),
    "combinational_fall": (FALL,),
    "three_state_enable": (RISE, FALL),
    "three_state_enable_rise": (RISE,),
    "three_state_enable_fall": (FALL,),
}
# Which edges of an input make an edge of the output.
CAUSES = {
    "positive_unate": {RISE: (RISE,), FALL: (FALL,)},
    "negative_unate": {RISE: (FALL,), FALL: (RISE,)},
}
EITHER = {RISE: (RISE, FALL), FALL: (RISE, FALL)}
SETUP = {"setup_rising", "setup_falling"}
RECOVERY = {"recovery_rising", "recovery_falling"}


@dataclass(frozen=True, kw_only=True)
class Arc:
    """From an edge at an input to one at an output; tables by their numbers in `Surfaces`."""

    source: str
    cause: int
    pin: str
    edge: int
    delay: int
    slew: int


@dataclass(frozen=True, kw_only=True)
class Check:
    """How long before the clock an edge at a data pin, or at an asynchronous one, has to be."""

    clock: str
    pin: str
    edge: int
    before: int


@dataclass(frozen=True, kw_only=True)
class CellArcs:
    """What counts of one cell; all in the library's units.

    Parameters
    ----------
    arcs : tuple of Arc
        Through the cell. Those of set and clear pins are left out: a reset is no data path.
    launches : tuple of Arc
        From a clock pin, of whichever edge.
    setups, recoveries : tuple of Check
        At data pins, and at asynchronous ones.
    capacitance : mapping of str to (float, float)
        Of every input, when it rises and when it falls.
    """

    arcs: tuple[Arc, ...]
    launches: tuple[Arc, ...]
    setups: tuple[Check, ...]
    recoveries: tuple[Check, ...]
    capacitance: Mapping[str, tuple[float, float]]

    @property
    def clocks(self) -> set[str]:
        """Its clock pins."""
        launched = {arc.source for arc in self.launches}
        return launched | {check.clock for check in (*self.setups, *self.recoveries)}


class Surfaces:
    """Tables over two axes, looked up by the thousand.

    Between its points a table is linear in both axes; beyond them its outermost pieces go on.
    Tables may differ in size, and an axis that a table does not have changes nothing.
    """

    def __init__(self) -> None:
        self._tables: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, table: Table, x: Sequence[str], y: Sequence[str]) -> int:
        """Add a table whose axes are called so, and return its number.

        Of any other axis the first point counts, as in `Table.at`.
        """
        named = dict(zip(table.axes, table.points, strict=True))
        order = [next((axis for axis in named if axis in names), None) for names in (x, y)]
        values = table.values[tuple(slice(None) if axis in order else 0 for axis in named)]
        if [axis for axis in named if axis in order] != [axis for axis in order if axis]:
            values = values.T
        for place, axis in enumerate(order):
            if axis is None:
                values = np.expand_dims(values, place)
            if values.shape[place] == 1:
                values = np.repeat(values, 2, axis=place)
        xs, ys = (_at_least_two(named.get(axis, np.zeros(1))) for axis in order)
        self._tables.append((xs, ys, values))
        self.__dict__.pop("_stacked", None)
        return len(self._tables) - 1

    def at(self, tables: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Look up one value in each of the given tables."""
        xs, ys, values, counts = self._stacked
        left, right = _share(xs[tables], x, counts[0, tables])
        low, up = _share(ys[tables], y, counts[1, tables])
        corner = values[tables, left, low], values[tables, left, low + 1]
        other = values[tables, left + 1, low], values[tables, left + 1, low + 1]
        here = corner[0] + (corner[1] - corner[0]) * up
        there = other[0] + (other[1] - other[0]) * up
        return here + (there - here) * right

    @cached_property
    def _stacked(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The tables side by side: points of both axes, values, and how many points there are."""
        counts = np.array([values.shape for _, _, values in self._tables], dtype=int).reshape(-1, 2)
        width, height = counts.max(axis=0, initial=2)
        xs = np.full((len(counts), width), np.inf)
        ys = np.full((len(counts), height), np.inf)
        all_values = np.zeros((len(counts), width, height))
        for number, (x, y, values) in enumerate(self._tables):
            xs[number, : len(x)] = x
            ys[number, : len(y)] = y
            all_values[number, : len(x), : len(y)] = values
        return xs, ys, all_values, counts.T


class Arcs:
    """The timing arcs of a library's cells, read when they are asked for.

    Parameters
    ----------
    library : Library
        The cells.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.surfaces = Surfaces()
        self._known: dict[str, CellArcs] = {}

    def of(self, kind: str) -> CellArcs:
        """Return what is known of a cell.

        Raises
        ------
        UserError
            When the library has no such cell, or a table is none.
        """
        if kind not in self._known:
            self._known[kind] = self._read(self.library.cell(kind))
        return self._known[kind]

    def untimed(self, kinds: Iterable[str]) -> list[str]:
        """Return the cells among these whose delays the library does not give.

        These are cells with inputs none of which leads to an output, and flip-flops without setup
        times.
        """
        return [kind for kind in kinds if not self._is_timed(kind)]

    def _is_timed(self, kind: str) -> bool:
        found, cell = self.of(kind), self.library.cells[kind]
        outputs = {pin.name for pin in cell.pins.values() if pin.direction == "output"}
        if not found.capacitance or not outputs:
            return True
        if cell.is_flip_flop and not found.setups:
            return False
        return outputs == {arc.pin for arc in (*found.arcs, *found.launches)}

    def _read(self, cell: Cell) -> CellArcs:
        arcs: list[Arc] = []
        launches: list[Arc] = []
        setups: list[Check] = []
        recoveries: list[Check] = []
        for pin in cell.pins.values():
            for timing in pin.timing:
                kind = timing.get("timing_type")
                if kind in COMBINATIONAL:
                    causes = CAUSES.get(timing.get("timing_sense") or "", EITHER)
                    arcs += self._arcs(cell, pin, timing, COMBINATIONAL[kind], causes)
                elif kind in LAUNCHES:
                    causes = dict.fromkeys(EDGES, (LAUNCHES[kind],))
                    launches += self._arcs(cell, pin, timing, EDGES, causes)
                elif kind in SETUP:
                    setups += self._checks(cell, pin, timing)
                elif kind in RECOVERY:
                    recoveries += self._checks(cell, pin, timing)
        return CellArcs(
            arcs=tuple(arcs),
            launches=tuple(launches),
            setups=tuple(setups),
            recoveries=tuple(recoveries),
            capacitance={
                pin.name: _capacitance(pin)
                for pin in cell.pins.values()
                if pin.direction in {"input", "inout"}
            },
        )

    def _arcs(
        self,
        cell: Cell,
        pin: Pin,
        timing: Group,
        edges: Iterable[int],
        causes: Mapping[int, Sequence[int]],
    ) -> Iterator[Arc]:
        tables = {group.name: group for group in timing.groups()}
        for edge in edges:
            delay = tables.get(f"cell_{EDGES[edge]}")
            slew = tables.get(f"{EDGES[edge]}_transition")
            if delay is None or slew is None:
                continue
            numbers = [
                self.surfaces.add(self.library.table(group), SLEW, LOAD) for group in (delay, slew)
            ]
            for source in _related(cell, timing):
                for cause in causes[edge]:
                    yield Arc(
                        source=source,
                        cause=cause,
                        pin=pin.name,
                        edge=edge,
                        delay=numbers[0],
                        slew=numbers[1],
                    )

    def _checks(self, cell: Cell, pin: Pin, timing: Group) -> Iterator[Check]:
        for edge in (RISE, FALL):
            for group in timing.groups(f"{EDGES[edge]}_constraint"):
                before = self.surfaces.add(self.library.table(group), DATA_SLEW, CLOCK_SLEW)
                for clock in _related(cell, timing):
                    yield Check(clock=clock, pin=pin.name, edge=edge, before=before)


def _related(cell: Cell, timing: Group) -> list[str]:
    """Return the pins that a timing group starts from."""
    names = (timing.get("related_pin") or "").split()
    for name in names:
        if name not in cell.pins or cell.pins[name].direction == "internal":
            constraint = f"cell ({cell.name}): related_pin: must be one of its pins"
            raise timing.text.wrong(timing.start, constraint, name)
    return names


def _capacitance(pin: Pin) -> tuple[float, float]:
    """Return a pin's capacitance when it rises and when it falls, which may depend on its gate.

    Where the library gives a range, its end counts: paths are wanted at their longest.
    """
    rise, fall = (_edge_capacitance(pin, EDGES[edge]) for edge in (RISE, FALL))
    return rise, fall


def _edge_capacitance(pin: Pin, edge: str) -> float:
    group = pin.group
    between = group.values(f"{edge}_capacitance_range")
    if between:
        try:
            return float(between[-1])
        except ValueError:
            constraint = f"pin ({pin.name}): {edge}_capacitance_range: must be two numbers"
            raise group.text.wrong(group.start, constraint, ", ".join(between)) from None
    own = group.number(f"{edge}_capacitance")
    return own if own is not None else pin.capacitance or 0.0


def _at_least_two(points: np.ndarray) -> np.ndarray:
    return points if len(points) > 1 else np.array([points[0], points[0] + 1])


def _share(points: np.ndarray, at: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the piece of each axis that holds a value, and how far into it that is."""
    left = np.clip((points <= at[:, None]).sum(axis=1) - 1, 0, counts - 2)
    rows = np.arange(len(points))
    begin, end = points[rows, left], points[rows, left + 1]
    return left, (at - begin) / (end - begin)
