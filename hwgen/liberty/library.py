"""Libraries of standard cells: their units, cells, pins and tables."""

import gzip
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from hwgen.errors import UserError
from hwgen.liberty.text import Group, Text, shown

__all__ = ["Cell", "Library", "Pin", "Table", "Units"]

GZIP = b"\x1f\x8b"
HEAD = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*\n)*+(library\b)?", re.DOTALL)
QUANTITY = re.compile(
    r"\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([fpnumk]?)([sVAWF])\s*", re.IGNORECASE
)
PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3}


@dataclass(frozen=True, kw_only=True)
class Units:
    """What one of a library's numbers is, in SI units; None where the library does not say."""

    time_s: float
    capacitance_f: float | None
    voltage_v: float
    current_a: float | None
    leakage_w: float | None

    @property
    def time_ns(self) -> float:
        """Unit of time in ns."""
        return self.time_s * 1e9

    @property
    def energy_j(self) -> float | None:
        """Unit of internal energies, a derived one: see `hwgen.liberty.power`."""
        if self.capacitance_f is None:
            return None
        return self.voltage_v**2 * self.capacitance_f


@dataclass(frozen=True, kw_only=True)
class Table:
    """Values over up to three axes, in the library's units.

    Parameters
    ----------
    axes : tuple of str
        Names of the axes, such as ``input_net_transition``.
    points : tuple of ndarray
        Their points, rising.
    values : ndarray
        The values, one dimension per axis.
    """

    axes: tuple[str, ...]
    points: tuple[np.ndarray, ...]
    values: np.ndarray

    def at(self, **coordinates: float) -> float:
        """Interpolate linearly between the nearest points; beyond the table, extrapolate.

        Axes that are not named stand at their first point.
        """
        corners = [
            _between(points, coordinates.get(axis, points[0]))
            for axis, points in zip(self.axes, self.points, strict=True)
        ]
        return float(
            sum(
                self.values[tuple(place for place, _ in corner)]
                * np.prod([weight for _, weight in corner])
                for corner in product(*corners)
            )
        )


@dataclass(frozen=True, eq=False)
class Pin:
    """A pin of a cell.

    Parameters
    ----------
    name : str
        Its name.
    group : Group
        What the library says about it.
    capacitance : float or None
        In the unit of the library; where it is not given, the library's default of its direction.
    """

    name: str
    group: Group
    capacitance: float | None

    @property
    def direction(self) -> str | None:
        """``input``, ``output``, ``inout`` or ``internal``."""
        return self.group.get("direction")

    @property
    def function(self) -> str | None:
        """Its value as an expression of other pins, as written in the file."""
        return self.group.get("function")

    @property
    def is_three_state(self) -> bool:
        """Whether it may let go of its net."""
        return self.group.get("three_state") is not None

    @property
    def timing(self) -> Iterator[Group]:
        """Its timing arcs."""
        return self.group.groups("timing")


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell of a library, which is the group around it."""

    name: str
    group: Group
    library: Group

    @cached_property
    def area(self) -> float | None:
        """Area, by custom in um2; None where the file has none."""
        return self.group.number("area")

    @property
    def dont_use(self) -> bool:
        """Whether the library wants tools to leave it alone."""
        return (self.group.get("dont_use") or "").lower() == "true"

    @property
    def is_flip_flop(self) -> bool:
        """Whether it has a flip-flop inside."""
        return any(self.group.groups("ff", "ff_bank"))

    @property
    def is_latch(self) -> bool:
        """Whether it has a latch inside; gates of clocks may have a state table instead."""
        return any(self.group.groups("latch", "latch_bank"))

    @cached_property
    def pins(self) -> Mapping[str, Pin]:
        """Its pins by name, without those of buses and bundles."""
        return {
            name: Pin(name, group, self._capacitance(group))
            for group in self.group.groups("pin")
            for name in group.arguments
        }

    def _capacitance(self, pin: Group) -> float | None:
        own = pin.number("capacitance")
        if own is not None:
            return own
        return self.library.number(f"default_{pin.get('direction')}_pin_cap")


class Library:
    """A library of cells.

    Parameters
    ----------
    path : str
        What messages call the file.
    text : str
        Its content.

    Raises
    ------
    UserError
        When the text is not that of a library with cells.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        head = HEAD.match(text)
        if not text.strip():
            raise UserError(f"{path}: must be a Liberty file, not an empty one")
        if head[1] is None:
            line = text.count("\n", 0, head.end()) + 1
            raise UserError(
                f"{path}: line {line}: must begin with library (NAME) {{, "
                f"not {shown(text[head.end() :])}"
            )
        found = Text(path, text)
        self.group = self._only(found)
        if self.group.values("include_file"):
            names = ", ".join(self.group.values("include_file"))
            raise found.wrong(self.group.start, "must be whole, without include_file", names)
        self.cells: Mapping[str, Cell] = self._cells()
        if not self.cells:
            raise UserError(f"{path}: must have cells, not none")

    def _only(self, text: Text) -> Group:
        """Return the one group of the file."""
        begin, end = text.skip(0), len(text.content)
        group = next(text.statements(begin, end))
        if not isinstance(group, Group) or group.name != "library":
            raise text.wrong(begin, "must begin with library (NAME) {", text.content[begin:])
        rest = text.skip(group.end + 1)
        if rest < end:
            raise text.wrong(rest, "must end after its library", text.content[rest:])
        return group

    def _cells(self) -> dict[str, Cell]:
        found = {}
        for group in self.group.groups("cell"):
            name = group.argument
            if not name or name in found:
                raise group.text.wrong(group.begin, "cell: must have a name of its own", name)
            found[name] = Cell(name, group, self.group)
        return found

    @classmethod
    def read(cls, path: Path) -> "Library":
        """Read a file, gzipped or not.

        Raises
        ------
        UserError
            When it cannot be read or is not a whole Liberty file.
        """
        try:
            content = Path(path).read_bytes()
            if content.startswith(GZIP):
                content = gzip.decompress(content)
        except FileNotFoundError:
            raise UserError(f"{path}: must be a Liberty file, not a missing one") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UserError(f"{path}: must be a whole gzip file: {error}") from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"{path}: must be a readable Liberty file, not {reason}") from None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")  # names of people in comments
        if "\0" in text:
            raise UserError(f"{path}: must be a Liberty file, not binary data")
        return cls(str(path), text)

    @property
    def name(self) -> str:
        """Name of the library."""
        return self.group.argument

    @property
    def text(self) -> str:
        """The whole file."""
        return self.group.text.content

    @cached_property
    def units(self) -> Units:
        """The units of its numbers.

        Where a library is silent, time is in ns and voltage in V, as the format has it.

        Raises
        ------
        UserError
            When a unit cannot be understood.
        """
        return Units(
            time_s=self._unit("time_unit", "s") or 1e-9,
            capacitance_f=self._capacitance_unit(),
            voltage_v=self._unit("voltage_unit", "V") or 1.0,
            current_a=self._unit("current_unit", "A"),
            leakage_w=self._unit("leakage_power_unit", "W"),
        )

    @property
    def capacitance_unit_f(self) -> float:
        """The unit of capacitances, which the format has no default for.

        Raises
        ------
        UserError
            When the library does not say.
        """
        if self.units.capacitance_f is None:
            raise UserError(f"{self.path}: capacitive_load_unit: must be given, not missing")
        return self.units.capacitance_f

    @cached_property
    def conditions(self) -> Mapping[str, float]:
        """Process, voltage in V and temperature in degrees Celsius, as far as the file says.

        Those of the default operating conditions, or of the only ones there are, else nominal.
        The file gives voltages in its own unit.
        """
        given = {group.argument: group for group in self.group.groups("operating_conditions")}
        default = self.group.get("default_operating_conditions")
        if default is None and len(given) == 1:
            (default,) = given
        chosen = given.get(default or "")
        found = {}
        for name in ("process", "voltage", "temperature"):
            value = chosen.number(name) if chosen else None
            value = self.group.number(f"nom_{name}") if value is None else value
            if value is not None:
                found[name] = value * self.units.voltage_v if name == "voltage" else value
        return found

    def cell(self, name: str) -> Cell:
        """Return a cell.

        Raises
        ------
        UserError
            When there is none of that name.
        """
        if name not in self.cells:
            raise UserError(f"{self.path}: must have a cell {name}, not none")
        return self.cells[name]

    def unusable(self) -> set[str]:
        """Return the cells that the library itself wants tools to leave alone."""
        return {name for name, cell in self.cells.items() if cell.dont_use}

    def matching(self, patterns: Iterable[str]) -> set[str]:
        """Return the cells whose names match one of the patterns, which are those of a shell."""
        return {name for pattern in patterns for name in self.cells if fnmatchcase(name, pattern)}

    def without(self, names: Iterable[str]) -> str:
        """Return the text of the file without some cells."""
        groups = sorted((self.cells[name].group for name in names), key=lambda group: group.begin)
        begins = [*(group.begin for group in groups), len(self.text)]
        ends = [0, *(group.end + 1 for group in groups)]
        return "".join(self.text[end:begin] for end, begin in zip(ends, begins, strict=True))

    def table(self, group: Group) -> Table:
        """Return the table in a group such as ``cell_rise (template) {...}``.

        Raises
        ------
        UserError
            When its numbers are none, or do not fit its axes.
        """
        template = self._templates.get(group.argument)
        axes, points = [], []
        for number in (1, 2, 3):
            axis = template.get(f"variable_{number}") if template else None
            index = group.values(f"index_{number}")
            index = index or (template.values(f"index_{number}") if template else ())
            if index:
                axes.append(axis or f"index_{number}")
                points.append(self._numbers(group, index))
                if (np.diff(points[-1]) <= 0).any():
                    raise self._bad_table(group, f"index_{number}: must rise", " ".join(index))
        values = self._numbers(group, group.values("values"))
        shape = tuple(len(axis) for axis in points)
        if values.size != np.prod(shape, dtype=int):
            constraint = f"values: must be {_times(shape)} numbers"
            raise self._bad_table(group, constraint, str(values.size))
        return Table(axes=tuple(axes), points=tuple(points), values=values.reshape(shape))

    @cached_property
    def _templates(self) -> Mapping[str, Group]:
        kinds = ("lu_table_template", "power_lut_template")
        return {group.argument: group for group in self.group.groups(*kinds)}

    def _numbers(self, group: Group, texts: Sequence[str]) -> np.ndarray:
        try:
            found = np.array([float(n) for text in texts for n in text.replace(",", " ").split()])
        except ValueError:
            found = np.array([np.nan])
        if not np.isfinite(found).all():
            raise self._bad_table(group, "must hold numbers", " ".join(texts))
        return found

    def _bad_table(self, group: Group, constraint: str, value: str) -> UserError:
        place = f"{group.name} ({group.argument})"
        return group.text.wrong(group.start, f"{place}: {constraint}", value)

    def _unit(self, attribute: str, letter: str) -> float | None:
        """Read a unit such as ``"100ps"``; None where it is not given."""
        value = self.group.get(attribute)
        if value is None:
            return None
        found = QUANTITY.fullmatch(value)
        if found is None or found[3].upper() != letter.upper() or not float(found[1]):
            raise UserError(
                f"{self.path}: {attribute}: must be a number and a unit, as in 1n{letter}, "
                f"not {shown(value)}"
            )
        return float(found[1]) * PREFIXES[found[2].lower()]

    def _capacitance_unit(self) -> float | None:
        """Read ``capacitive_load_unit (1, pf)``; None where it is not given."""
        value = self.group.values("capacitive_load_unit")
        if not value:
            return None
        found = QUANTITY.fullmatch(" ".join(value))
        if found is None or found[3].upper() != "F" or not float(found[1]):
            raise UserError(
                f"{self.path}: capacitive_load_unit: must be a number and a unit, as in (1, pf), "
                f"not {shown(', '.join(value))}"
            )
        return float(found[1]) * PREFIXES[found[2].lower()]


def _between(points: np.ndarray, value: float) -> tuple[tuple[int, float], ...]:
    """Return the two places around a value and their weights; one where there is only one."""
    if len(points) == 1:
        return ((0, 1.0),)
    low = min(max(bisect_right(points, value) - 1, 0), len(points) - 2)
    share = (value - points[low]) / (points[low + 1] - points[low])
    return ((low, 1 - share), (low + 1, share))


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
