"""What a library says about the power of its cells, ready for gates by the thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.gates.arcs import FALL, RISE, Arcs, Surfaces
from hwgen.liberty.axes import LOAD, SLEW
from hwgen.liberty.functions import Behaviour, Expression, behaviour
from hwgen.liberty.library import Cell, Library, Pin, Table
from hwgen.liberty.power import (
    InternalEnergy,
    Leakage,
    internal_energies,
    leakages,
    resting_leakage_w,
)
from hwgen.power.states import States

__all__ = ["Entry", "PowerCell", "PowerCells", "check_library"]

EDGES = (RISE, FALL)
EITHER = 0.5  # share of rises where nothing tells which edge is the cause


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """An internal energy from one related pin; tables by their numbers, None where there is none.

    Parameters
    ----------
    related : str or None
        The pin whose change is the cause; None at an input.
    when : Expression or None
        Its condition.
    supply : str or None
        Who gives the energy.
    tables : tuple of int or None
        Of a rise and of a fall.
    states : ndarray of bool
        States in which it counts.
    by_rise : ndarray, shape (2, states)
        Share of the pin's rises, and of its falls, that a rise of `related` makes in every state;
        at an input those of its own.
    """

    related: str | None
    when: Expression | None
    supply: str | None
    tables: tuple[int | None, int | None]
    states: NDArray[np.bool_]
    by_rise: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PowerCell:
    """What the library says about the power of one cell.

    Parameters
    ----------
    states : States
        Its states.
    entries : mapping of str to tuple of Entry
        Internal energies, by pin; pins without any are left out.
    leakage_w : ndarray or None
        Leakage in every state; None where the library gives none.
    leakage_complete : bool
        The library gives it for all of them; otherwise the others have the mean of what it gives.
    clocks : frozenset of str
        Its clock pins.
    capacitance_f : mapping of str to float
        Of its inputs: the mean of both edges.
    weightless : tuple of str
        Inputs whose capacitance the library does not give: 0 in `capacitance_f`.
    sequential : bool
        It keeps a state.
    """

    states: States
    entries: Mapping[str, tuple[Entry, ...]]
    leakage_w: NDArray[np.float64] | None
    leakage_complete: bool
    clocks: frozenset[str]
    capacitance_f: Mapping[str, float]
    weightless: tuple[str, ...]
    sequential: bool


def check_library(library: Library) -> None:
    """Refuse a library that says nothing about power, before the work for it is done.

    Raises
    ------
    UserError
        When it has no table of internal energy at all.
    """
    if "internal_power" not in library.text:
        raise UserError(f"{library.path}: must have power tables (internal_power), not none")


class PowerCells:
    """Power tables of a library's cells, read when they are asked for.

    Parameters
    ----------
    library : Library
        The cells.
    arcs : Arcs
        Their timing.
    """

    def __init__(self, library: Library, arcs: Arcs) -> None:
        self.library = library
        self.arcs = arcs
        self.surfaces = Surfaces()
        self._known: dict[str, PowerCell] = {}

    @cached_property
    def voltage_v(self) -> float:
        """The supply.

        Raises
        ------
        UserError
            When the library does not say.
        """
        voltage = self.library.conditions.get("voltage")
        if not voltage:
            raise UserError(f"{self.library.path}: nom_voltage: must be given, not missing")
        return voltage

    def of(self, kind: str) -> PowerCell:
        """Return what is known of a cell.

        Raises
        ------
        UserError
            When the library has no such cell, or a table or condition is none.
        """
        if kind not in self._known:
            self._known[kind] = self._read(self.library.cell(kind))
        return self._known[kind]

    def check(self, kinds: Sequence[str]) -> None:
        """Refuse a library that says nothing about the power of any of these cells.

        Raises
        ------
        UserError
            When none has a table of internal energy.
        """
        if kinds and len(self.without_tables(kinds)) == len(kinds):
            raise UserError(
                f"{self.library.path}: must have power tables (internal_power), not none for "
                f"{kinds[0]} and the other {len(kinds) - 1} cells in use"
            )

    def leaking(self, kinds: Sequence[str]) -> list[str]:
        """Return those whose leakage the library gives."""
        return [kind for kind in kinds if self.of(kind).leakage_w is not None]

    def without_tables(self, kinds: Sequence[str]) -> list[str]:
        """Return the cells among these without a table of internal energy."""
        return [kind for kind in kinds if not self.of(kind).entries]

    def warnings(self, kinds: Sequence[str]) -> list[str]:
        """Say what the library does not, of the cells in use."""
        path, leaking = self.library.path, self.leaking(kinds)
        said = []
        if weightless := [kind for kind in kinds if self.of(kind).weightless]:
            pins = (f"{kind} ({', '.join(self.of(kind).weightless)})" for kind in weightless)
            said.append(f"{path} has no capacitance, which counts as 0, for {', '.join(pins)}")
        if without := self.without_tables(kinds):
            said.append(f"{path} has no internal_power for {', '.join(without)}")
        if kinds and not leaking:
            said.append(f"{path} has no leakage_power")
        elif silent := [kind for kind in kinds if kind not in leaking]:
            said.append(f"{path} has no leakage_power for {', '.join(silent)}")
        if partly := [kind for kind in leaking if not self.of(kind).leakage_complete]:
            said.append(
                f"{path} has neither leakage_power for all states nor cell_leakage_power of "
                f"{', '.join(partly)}: the mean of the states that it has counts in the others"
            )
        return said

    def _read(self, cell: Cell) -> PowerCell:
        does = behaviour(cell)
        states = States(cell, does)
        entries = {name: self._entries(pin, states) for name, pin in cell.pins.items()}
        resting = resting_leakage_w(self.library, cell)
        leakage, complete = _leakage(states, leakages(self.library, cell), resting)
        loads = {
            name: _capacitance(pin)
            for name, pin in cell.pins.items()
            if pin.direction in {"input", "inout"}
        }
        return PowerCell(
            states=states,
            entries={name: found for name, found in entries.items() if found},
            leakage_w=leakage,
            leakage_complete=complete,
            clocks=frozenset(self.arcs.of(cell.name).clocks),
            capacitance_f={
                name: (load or 0.0) * self.library.capacitance_unit_f
                for name, load in loads.items()
            },
            weightless=tuple(name for name, load in loads.items() if load is None),
            sequential=_keeps_state(cell, does),
        )

    def _entries(self, pin: Pin, states: States) -> tuple[Entry, ...]:
        given = internal_energies(self.library, pin)
        return tuple(
            Entry(
                related=related,
                when=one.when,
                supply=one.supply,
                tables=(self._add(one.rise), self._add(one.fall)),
                states=_holds(pin.name, related, one, given, states),
                by_rise=self._by_rise(pin.name, related, states),
            )
            for one in given
            for related in one.related_pins or (None,)
            if related is None or related in states.cell.pins
        )

    def _by_rise(self, pin: str, related: str | None, states: States) -> NDArray[np.float64]:
        """Tell which edge of a related pin makes which of a pin: see `Entry`."""
        edges = np.ones((2, 2 ** len(states.variables)))
        if related is None:
            return edges * np.array([[1.0], [0.0]])
        with_it, against = states.follows(pin, related)
        if (with_it | against).any():
            rises = np.where(with_it | against, with_it, EITHER)
            return np.array([rises, 1 - rises])
        found = self.arcs.of(states.cell.name)  # a register's output follows the clock's edge
        arcs = [one for one in (*found.arcs, *found.launches) if one.source == related]
        causes = [[a.cause == RISE for a in arcs if (a.pin, a.edge) == (pin, e)] for e in EDGES]
        return edges * [[np.mean(one) if one else EITHER] for one in causes]

    def _add(self, table: Table | None) -> int | None:
        return None if table is None else self.surfaces.add(table, SLEW, LOAD)


def _keeps_state(cell: Cell, does: Behaviour) -> bool:
    return bool(does.registers) or cell.is_flip_flop or cell.is_latch


def _capacitance(pin: Pin) -> float | None:
    edges = [pin.group.number(f"{edge}_capacitance") for edge in ("rise", "fall")]
    if None in edges:
        return pin.capacitance
    return sum(edges) / 2


def _holds(
    pin: str,
    related: str | None,
    entry: InternalEnergy,
    given: Sequence[InternalEnergy],
    states: States,
) -> NDArray[np.bool_]:
    """Tell in which states an entry counts for one of its related pins.

    At an output these are states in which it follows the pin, unless it does in none of those that
    the condition names.
    """
    every = np.ones(2 ** len(states.variables), dtype=bool)
    follows = every
    if related is not None:
        with_it, against = states.follows(pin, related)
        follows = with_it | against if (with_it | against).any() else every
    if entry.when is not None:
        named = states.holds(entry.when)
        return named & follows if (named & follows).any() else named
    for other in given:
        same = other.supply == entry.supply and (related is None or related in other.related_pins)
        if other.when is not None and same:
            follows = follows & ~states.holds(other.when)
    return follows


def _leakage(
    states: States, given: Sequence[Leakage], resting: float | None
) -> tuple[NDArray[np.float64] | None, bool]:
    """Return the leakage in every state, and whether the library gives it for all of them.

    What supplies give adds up. States that not all of them name have that of the cell at rest; in
    a library that lacks it, the mean of what each supply gives in others.
    """
    if not given and resting is None:
        return None, False
    found = np.zeros(2 ** len(states.variables))
    named = np.full(len(found), bool(given))
    for supply in {one.supply for one in given}:
        watts, covered = _of_supply(states, [one for one in given if one.supply == supply])
        found += np.where(covered, watts, watts[covered].mean() if covered.any() else 0.0)
        named &= covered
    if resting is not None:
        return np.where(named, found, resting), True
    return found, bool(named[states.reachable].all())


def _of_supply(
    states: States, given: Sequence[Leakage]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what one supply gives in every state, and which of them it names."""
    watts = np.zeros(2 ** len(states.variables))
    covered = np.zeros(len(watts), dtype=bool)
    for one in sorted(given, key=lambda one: one.when is None):
        holds = ~covered if one.when is None else states.holds(one.when) & ~covered
        watts[holds] = one.watts
        covered |= holds
    return watts, covered
