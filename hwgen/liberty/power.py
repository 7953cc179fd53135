"""What cells take from their supply: energy inside them per transition, and leakage."""

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.errors import UserError
from hwgen.liberty.axes import LOAD, SLEW
from hwgen.liberty.functions import Expression, expression
from hwgen.liberty.library import Cell, Library, Pin, Table
from hwgen.liberty.text import Group

__all__ = ["InternalEnergy", "Leakage", "internal_energies", "leakages", "resting_leakage_w"]

ABSENT = 0.0  # what generators of libraries write for a default that they do not have


@dataclass(frozen=True, kw_only=True)
class InternalEnergy:
    """Energy (J) that a cell dissipates inside when a pin rises or falls once.

    At an output it belongs to a transition that one of `related_pins` causes; at an input it is
    what the cell takes whether or not an output follows. What charges the load, ``C V^2 / 2`` per
    transition, comes on top.

    Only the sum of a rise and a fall is energy that was dissipated. An edge alone may be negative:
    sky130_fd_sc_hd books all of ``C V^2`` at the rise, so that its tables hold ``+ C V^2 / 2`` for
    a rise and ``- C V^2 / 2`` for a fall beside the loss itself; sg13g2 holds the loss alone. Some
    entries of sky130 stay negative even as a sum.

    Parameters
    ----------
    related_pins : tuple of str
        Pins whose transition is the cause; none at an input.
    when : Expression or None
        State of the other pins in which it holds; None: in those that no other entry names.
    supply : str or None
        Pin of the supply that gives it, where the library tells supplies apart.
    rise, fall : Table or None
        Energy in J, over ``input_transition_time`` in s and ``total_output_net_capacitance`` in F
        as far as it depends on them; None where the file has no table, which means none is taken.
    """

    related_pins: tuple[str, ...]
    when: Expression | None
    supply: str | None
    rise: Table | None
    fall: Table | None


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """Power (W) that a cell takes while nothing moves.

    Parameters
    ----------
    watts : float
        The power.
    when : Expression or None
        State of the pins, outputs perhaps among them, in which it is taken; None: in those that no
        other entry names.
    supply : str or None
        Pin of the supply that gives it, where the library tells supplies apart; what supplies give
        in one state adds up.
    """

    watts: float
    when: Expression | None
    supply: str | None


def internal_energies(library: Library, pin: Pin) -> tuple[InternalEnergy, ...]:
    r"""Return the ``internal_power`` groups of a pin.

    Their tables hold energies in a unit that no attribute gives:

    .. math:: 1\,\text{unit} = (\texttt{voltage\_unit})^2 \cdot \texttt{capacitive\_load\_unit}

    so 1 pJ with 1 V and 1 pF. OpenSTA has it so (LibertyReader.cc, ``setEnergyScale``), and takes
    one value per transition of the pin (Power.cc, ``findOutputInternalPower``: mean of rise and
    fall, times transitions). It follows from "the unit for switching power and internal power is
    derived: capacitive_load_unit x voltage_unit^2 / time_unit" (*Library Compiler User Guide*, as
    quoted in public forums), times the unit of time.

    Raises
    ------
    UserError
        When a table is none, its axes are others than slew and load, a condition is no expression,
        or the library does not say what its capacitances are.
    """
    return tuple(_internal_energy(library, group) for group in pin.group.groups("internal_power"))


def leakages(library: Library, cell: Cell) -> tuple[Leakage, ...]:
    """Return the ``leakage_power`` groups of a cell, scaled by ``leakage_power_unit``.

    Raises
    ------
    UserError
        When a condition or value is none, or the library does not say what its powers are.
    """
    return tuple(
        Leakage(
            watts=_watts(library, group, "value"),
            when=expression(group, "when"),
            supply=group.get("related_pg_pin"),
        )
        for group in cell.group.groups("leakage_power")
    )


def resting_leakage_w(library: Library, cell: Cell) -> float | None:
    """Return the leakage (W) of a cell in a state that no entry of `leakages` names.

    ``cell_leakage_power`` of the cell (in sky130_fd_sc_hd and sg13g2 the mean of those entries).
    "If this attribute is missing or negative, the value of the default_cell_leakage_power attribute
    is used" (*Liberty Reference Manual*, 2013.03, 9.4.1). That of nought, which both of these
    libraries have, is no figure but the lack of one. None where there is none.

    Raises
    ------
    UserError
        When it is not a number, or the library does not say what its powers are.
    """
    own = cell.group.number("cell_leakage_power")
    if own is not None and own >= 0:
        return _watts(library, cell.group, "cell_leakage_power")
    default = library.group.number("default_cell_leakage_power")
    if default is not None and default > ABSENT:
        return _watts(library, library.group, "default_cell_leakage_power")
    return None


def _watts(library: Library, group: Group, attribute: str) -> float:
    value = group.number(attribute)
    if value is None:
        place = f"{group.name} ({group.argument}): {attribute}"
        raise group.text.wrong(group.start, f"{place}: must be a number", "missing")
    if library.units.leakage_w is None:
        raise UserError(f"{library.path}: leakage_power_unit: must be given, not missing")
    return value * library.units.leakage_w


def _internal_energy(library: Library, group: Group) -> InternalEnergy:
    tables = {table.name: table for table in group.groups("rise_power", "fall_power", "power")}
    both = tables.get("power")  # one table for either edge
    return InternalEnergy(
        related_pins=tuple((group.get("related_pin") or "").split()),
        when=expression(group, "when"),
        supply=group.get("related_pg_pin"),
        rise=_joules(library, tables.get("rise_power", both)),
        fall=_joules(library, tables.get("fall_power", both)),
    )


def _joules(library: Library, group: Group | None) -> Table | None:
    if group is None:
        return None
    table, scales = library.table(group), _scales(library)
    for axis in table.axes:
        if axis not in scales:
            place = f"{group.name} ({group.argument}): axes"
            raise group.text.wrong(group.start, f"{place}: must be slews or loads", axis)
    points = zip(table.axes, table.points, strict=True)
    return Table(
        axes=table.axes,
        points=tuple(one * scales[axis] for axis, one in points),
        values=table.values * library.units.energy_j,
    )


def _scales(library: Library) -> Mapping[str, float]:
    """Return what one of an axis' points is in s or F."""
    loads = dict.fromkeys(LOAD, library.capacitance_unit_f)
    return dict.fromkeys(SLEW, library.units.time_s) | loads
