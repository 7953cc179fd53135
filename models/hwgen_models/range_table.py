"""Golden model of the table port: registers, legality of a commit, and the decoded search plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hwgen_models.plans import SearchPlan, search_plan
from hwgen_models.ranges import Range, implied_bases
from hwgen_models.schemes import Entry
from hwgen_models.search import SearchTree

if TYPE_CHECKING:
    from hwgen_models.spec import TileSpec

__all__ = [
    "IDENTITY",
    "RangeTable",
    "SearchPlan",
    "Table",
    "check_outputs",
    "load_writes",
    "search_plan",
]

IDENTITY = 0x4857_4731  # "HWG1"
ID, STATUS, COMMIT, OUTPUTS, SLICE, RANGE_0 = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x20
# where the fields of a range start, or the density
OFFSETS = {"payload": 0, "truncation": 8, "base": 16, "density": 0}


def load_writes(
    spec: "TileSpec", tables: Sequence[Sequence[Entry]], outputs: int | None = None
) -> list[tuple[str, int]]:
    """Return the registers to write, and what, for tables to take effect.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    tables : sequence of sequence of Entry
        As many as the tile holds, `TileSpec.table_count`.
    outputs : int, optional
        How many outputs are in use; by default the register is left alone.

    Examples
    --------
    >>> from hwgen_models.spec import TileSpec
    >>> load_writes(TileSpec(search="twin-range"), [[(3, 0), (8, 2)]], 4)
    [('OUTPUTS', 4), ('RANGE_0', 3), ('RANGE_1', 520), ('COMMIT', 1)]
    """
    scheme = spec.scheme
    writes = [] if outputs is None else [("OUTPUTS", outputs)]
    for s, table in enumerate(tables):
        if spec.table_count > 1:
            writes.append(("SLICE", s))
        for k, entry in enumerate(scheme.filled(table, spec)):
            fields = dict(zip(scheme.fields, entry, strict=True))
            if spec.bases == "aligned":
                fields.pop("base", None)  # follows from the ranges before
            word = sum(value << OFFSETS[name] for name, value in fields.items())
            writes.append((register_name(spec, k), word))
    return [*writes, ("COMMIT", 1)]


def register_name(spec: "TileSpec", k: int) -> str:
    """Return the name of the register of a range, or of the density."""
    return f"RANGE_{k}" if "payload" in spec.scheme.fields else "DENSITY"


def check_outputs(used: int, *, outputs: int) -> int:
    """Return a legal number of used outputs, 1 to O.

    Raises
    ------
    ValueError
        With the reason.
    """
    if not 1 <= used <= outputs:
        raise ValueError(f"outputs must be between 1 and {outputs}, not {used!r}")
    return used


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the registers hold: outputs in use and, of every table, the fields of every range."""

    outputs: int
    ranges: tuple[tuple[dict[str, int], ...], ...] = ()


class RangeTable:
    r"""Registers behind the APB port, without its timing.

    Writes go to a shadow copy. A write to ``COMMIT`` checks it: a legal one waits as `pending` for
    a vector boundary and then becomes active, all tables at once; an illegal one sets `refused`
    until the next write to ``COMMIT``. While a commit is pending, nothing can be written.

    ====  ========  ======================================================================
    0x00  ID        read only, ``IDENTITY``
    0x04  STATUS    read only: bit 0 pending, bit 1 refused, bit 2 idle
    0x08  COMMIT    write only, any value
    0x0C  OUTPUTS   outputs in use, 1 .. O; reset O
    0x10  SLICE     with a table for each slice: whose ``RANGE_k`` is read and written; reset 0
    0x20  RANGE_0   payload from bit 0, truncation from bit 8, base, if free, from bit 16; reset N
                    and zeros (with ranges)
    0x24  RANGE_1   the same, and so on
    0x20  DENSITY   with an outward search, in place of ranges; reset a quarter of 2^q
    ====  ========  ======================================================================

    A field is wide enough for its largest legal value plus one. A larger one is stored as all ones,
    which is never legal. Bits between and above the fields belong to the field below them.

    Parameters
    ----------
    spec : TileSpec
        The tile.

    Attributes
    ----------
    shadow, active : Table
        What was written, and what the lanes use.
    slice : int
        What ``SLICE`` holds.
    pending, refused : bool
        As in ``STATUS``.

    Examples
    --------
    >>> from hwgen_models.spec import TileSpec
    >>> port = RangeTable(TileSpec(search="twin-range"))
    >>> port.write(0x20, 3), port.write(0x08, 0), port.boundary()
    (True, True, True)
    >>> port.tables
    [[(3, 0), (8, 0)]]
    """

    def __init__(self, spec: "TileSpec") -> None:
        self.spec = spec
        scheme = spec.scheme
        entries = scheme.filled(scheme.reset(spec), spec)
        fields = [name for name in scheme.fields if name != "base" or spec.bases == "any"]
        table = tuple(
            {name: entry[scheme.fields.index(name)] for name in sorted(fields, key=OFFSETS.get)}
            for entry in entries
        )
        self.shadow = Table(outputs=spec.outputs, ranges=(table,) * spec.table_count)
        self.active = self.shadow
        self.slice = 0
        self.pending = False
        self.refused = False

    def read(self, address: int, *, idle: bool = True) -> int | None:
        """Return a register, or None where the port answers with an error."""
        words = {
            ID: IDENTITY,
            STATUS: self.pending | self.refused << 1 | idle << 2,
            OUTPUTS: self.shadow.outputs,
        }
        if self.spec.table_count > 1:
            words[SLICE] = self.slice
        for k, fields in enumerate(self._chosen):
            words[RANGE_0 + 4 * k] = sum(value << OFFSETS[name] for name, value in fields.items())
        return words.get(address)

    def write(self, address: int, word: int) -> bool:
        """Write a register; False where the port answers with an error and nothing changes."""
        writable = {COMMIT, OUTPUTS} | ({SLICE} if self.spec.table_count > 1 else set())
        writable |= {RANGE_0 + 4 * k for k in range(len(self._chosen))}
        if address not in writable or self.pending:
            return False
        if address == COMMIT:
            self.refused = self.reason is not None
            self.pending = not self.refused
        elif address == OUTPUTS:
            self.shadow = replace(self.shadow, outputs=_field(word, self.spec.outputs))
        elif address == SLICE:
            self.slice = _field(word, self.spec.table_count - 1)
        elif self.slice < self.spec.table_count:
            self._write_range((address - RANGE_0) // 4, word)
        return True

    @property
    def reason(self) -> str | None:
        """Why the shadow copy is illegal; None when it is legal."""
        spec = self.spec
        try:
            check_outputs(self.shadow.outputs, outputs=spec.outputs)
            for table in self.shadow.ranges:
                spec.scheme.check(self._entries(table), spec)
        except ValueError as error:
            return str(error)
        return None

    def boundary(self) -> bool:
        """Pass a vector boundary; return whether a pending commit took effect."""
        took_effect, self.pending = self.pending, False
        if took_effect:
            self.active = self.shadow
        return took_effect

    @property
    def tables(self) -> list[list[Entry]]:
        """The active tables."""
        return [self._entries(table) for table in self.active.ranges]

    @property
    def plan(self) -> list[tuple[int, int]]:
        """What the lanes get of all active tables, as (value, width)."""
        plan = self.spec.scheme.plan
        return [field for table in self.tables for field in plan(table, self.spec)]

    @property
    def trees(self) -> list[SearchTree]:
        """The trees that the active tables mean; without tables binary searches."""
        return [self.spec.scheme.tree(table, self.spec) for table in self.tables]

    @property
    def _chosen(self) -> tuple[dict[str, int], ...]:
        """Ranges of the slice that ``SLICE`` names; zeros where there is none."""
        shadow = self.shadow.ranges
        if self.slice < len(shadow):
            return shadow[self.slice]
        return tuple(dict.fromkeys(fields, 0) for fields in shadow[0])

    def _write_range(self, k: int, word: int) -> None:
        tables = [list(table) for table in self.shadow.ranges]
        ends = [*(OFFSETS[name] for name in tables[0][k]), 32][1:]
        tables[self.slice][k] = {
            name: _field(
                word >> OFFSETS[name] & (1 << end - OFFSETS[name]) - 1, self._largest(name)
            )
            for name, end in zip(tables[0][k], ends, strict=True)
        }
        self.shadow = replace(self.shadow, ranges=tuple(map(tuple, tables)))

    def _largest(self, name: str) -> int:
        if name == "density":
            return (1 << self.spec.density_bits) - 2
        return self.spec.largest_code if name == "base" else self.spec.readout_bits

    def _entries(self, table: Sequence[dict[str, int]]) -> list[Entry]:
        """Return a table with the bases that it means."""
        names = self.spec.scheme.fields
        if "base" not in names or self.spec.bases == "any":
            return [tuple(fields[name] for name in names) for fields in table]
        sizes = [Range(0, fields["payload"], 0) for fields in table]
        return [
            (base, fields["payload"], fields["truncation"])
            for base, fields in zip(implied_bases(sizes), table, strict=True)
        ]


def _field(word: int, largest: int) -> int:
    """Store a word in a field for values up to `largest` and one more: saturate."""
    width = (largest + 1).bit_length()
    return min(word, (1 << width) - 1)
