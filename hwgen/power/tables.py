"""What a library says about the power of its cells, ready for gates by the thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.gates.arcs import Arcs, Surfaces
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

SLEW = ("input_transition_time",)
LOAD = (
    "total_output_net_capacitance",
    "total_output2_net_capacitance",
    "equal_or_opposite_output_net_capacitance",
)


@dataclass(frozen=True, kw_only=True)
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
    """

    related: str | None
    when: Expression | None
    supply: str | None
    tables: tuple[int | None, int | None]
    states: NDArray[np.bool_]


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
    clocks : frozenset of str
        Its clock pins.
    capacitance_f : mapping of str to float
        Of its inputs: the mean of both edges.
    sequential : bool
        It keeps a state.
    """

    states: States
    entries: Mapping[str, tuple[Entry, ...]]
    leakage_w: NDArray[np.float64] | None
    clocks: frozenset[str]
    capacitance_f: Mapping[str, float]
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
            cell = self.library.cells.get(kind)
            if cell is None:
                raise UserError(f"{self.library.path}: must have a cell {kind}, not none")
            self._known[kind] = self._read(cell)
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

    def _read(self, cell: Cell) -> PowerCell:
        does = behaviour(cell)
        states = States(cell, does)
        entries = {name: self._entries(pin, states) for name, pin in cell.pins.items()}
        given = leakages(self.library, cell)
        return PowerCell(
            states=states,
            entries={name: found for name, found in entries.items() if found},
            leakage_w=_leakage(states, given, resting_leakage_w(self.library, cell)),
            clocks=frozenset(self.arcs.of(cell.name).clocks),
            capacitance_f={
                name: _capacitance(pin) * (self.library.units.capacitance_f or 0.0)
                for name, pin in cell.pins.items()
                if pin.direction in {"input", "inout"}
            },
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
            )
            for one in given
            for related in one.related_pins or (None,)
            if related is None or related in states.cell.pins
        )

    def _add(self, table: Table | None) -> int | None:
        return None if table is None else self.surfaces.add(table, SLEW, LOAD)


def _keeps_state(cell: Cell, does: Behaviour) -> bool:
    return bool(does.registers) or cell.is_flip_flop or cell.is_latch


def _capacitance(pin: Pin) -> float:
    edges = [pin.group.number(f"{edge}_capacitance") for edge in ("rise", "fall")]
    if None in edges:
        return pin.capacitance or 0.0
    return sum(edges) / 2


def _holds(
    pin: str,
    related: str | None,
    entry: InternalEnergy,
    given: Sequence[InternalEnergy],
    states: States,
) -> NDArray[np.bool_]:
    """Tell in which states an entry counts for one of its related pins."""
    if entry.when is not None:
        return states.holds(entry.when)
    found = (
        np.ones(2 ** len(states.variables), dtype=bool)
        if related is None
        else states.sensitive(pin, related)
    )
    for other in given:
        same = other.supply == entry.supply and (related is None or related in other.related_pins)
        if other.when is not None and same:
            found = found & ~states.holds(other.when)
    return found


def _leakage(
    states: States, given: Sequence[Leakage], resting: float | None
) -> NDArray[np.float64] | None:
    """Return the leakage in every state; what supplies give adds up."""
    if not given and resting is None:
        return None
    found = np.zeros(2 ** len(states.variables))
    named = np.zeros(len(found), dtype=bool)
    for supply in {one.supply for one in given}:
        mine = [one for one in given if one.supply == supply]
        covered = np.zeros(len(found), dtype=bool)
        for one in mine:
            if one.when is not None:
                holds = states.holds(one.when) & ~covered
                found[holds] += one.watts
                covered |= holds
        for one in mine:
            if one.when is None:
                found[~covered] += one.watts
                covered[:] = True
        named |= covered
    found[~named] = resting or 0.0
    return found
