"""A user's own converter: a table of energies, one accounting, every row checked."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hwgen.csv_file import Line, read_lines
from hwgen.errors import UserError
from hwgen.power.analog.accounting import Limits, Scope, Wanted
from hwgen.power.analog.converters import AdcModel, PerConversion, PerDecision
from hwgen.wording import shown

__all__ = ["COLUMNS", "OPTIONAL", "read"]

LARGEST_BYTES = 2**20
LARGEST = 1e9  # any of the numbers
MOST_BITS = 12  # of a readout
LONGEST = 500  # characters of a name or a source

COLUMNS = ("charges", "bits", "energy_pj", "node_nm", "rate_msps", "source")
OPTIONAL = ("name", "area_um2")
CHARGES = ("decision", "conversion")


class _Row(NamedTuple):
    """One line of the table."""

    line: int
    charges: str
    bits: int | None
    energy_pj: float
    area_um2: float | None
    node_nm: float
    rate_msps: float
    source: str
    name: str


def read(file: str | Path, wanted: Wanted) -> AdcModel:
    """Read a converter from a CSV file.

    Columns (others are ignored): `charges`, ``decision`` or ``conversion``, the same in all rows;
    `bits`, the resolution of that row, empty for a decision; `energy_pj`; `node_nm` and
    `rate_msps`, the same in all rows; `source`. `name` and `area_um2` may be left out. A table of
    conversions has one row for each resolution, one of decisions has one row.

    Parameters
    ----------
    file : str or Path
        The table.
    wanted : Wanted
        What the user says of the converters.

    Raises
    ------
    UserError
        One line: file, line, column, constraint, value.
    """
    rows = _rows(str(file), read_lines(file, COLUMNS, largest_bytes=LARGEST_BYTES))
    return _model(str(file), rows, wanted)


def _rows(file: str, lines: list[Line]) -> list[_Row]:
    rows = [_row(where, number, cells) for where, number, cells in lines]
    if not rows:
        raise UserError(f"{file}: must have a row for each resolution, not none")
    for row in rows[1:]:
        for column in ("charges", "node_nm", "rate_msps"):
            value, first = getattr(row, column), getattr(rows[0], column)
            if value != first:
                raise UserError(
                    f"{file}: line {row.line}: {column}: must be the same in all rows, "
                    f"{shown(first)}, not {shown(value)}"
                )
    return rows


def _row(where: str, line: int, row: Mapping[str, str | None]) -> _Row:
    charges = _text(where, row, "charges")
    if charges not in CHARGES:
        wanted = " or ".join(map(repr, CHARGES))
        raise UserError(f"{where}: charges: must be {wanted}, not {shown(row['charges'])}")
    return _Row(
        line=line,
        charges=charges,
        bits=_bits(where, row, charges),
        energy_pj=_number(where, row, "energy_pj"),
        area_um2=_number(where, row, "area_um2") if (row.get("area_um2") or "").strip() else None,
        node_nm=_number(where, row, "node_nm"),
        rate_msps=_number(where, row, "rate_msps"),
        source=_text(where, row, "source"),
        name=_text(where, row, "name") if (row.get("name") or "").strip() else "",
    )


def _bits(where: str, row: Mapping[str, str | None], charges: str) -> int | None:
    given = (row["bits"] or "").strip()
    if charges == "decision":
        if given:
            raise UserError(f"{where}: bits: must be empty for a decision, not {shown(given)}")
        return None
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MOST_BITS):
        raise UserError(
            f"{where}: bits: must be an integer between 1 and {MOST_BITS}, not {shown(row['bits'])}"
        )
    return int(given)


def _number(where: str, row: Mapping[str, str | None], column: str) -> float:
    try:
        value = float(row[column] or "")
    except ValueError:
        value = math.nan
    if not 0 < value <= LARGEST:
        raise UserError(
            f"{where}: {column}: must be a number above 0 and at most {LARGEST:g}, "
            f"not {shown(row[column])}"
        )
    return value


def _text(where: str, row: Mapping[str, str | None], column: str) -> str:
    value = (row[column] or "").strip()
    if not value.isprintable() or not 1 <= len(value) <= LONGEST:
        raise UserError(
            f"{where}: {column}: must be one line of 1 to {LONGEST} characters, "
            f"not {shown(row[column])}"
        )
    return value


def _model(file: str, rows: list[_Row], wanted: Wanted) -> AdcModel:
    first = rows[0]
    about = {
        "name": first.name or Path(file).name,
        "source": "; ".join(dict.fromkeys(row.source for row in rows)),
        "covers": "what the table's author says",
        "wanted": wanted,
    }
    node: Limits = (first.node_nm, first.node_nm)
    rate: Limits = (first.rate_msps, first.rate_msps)
    if first.charges == "decision":
        if len(rows) > 1:
            raise UserError(
                f"{file}: line {rows[1].line}: must be the only row of a decision, not another"
            )
        scope = Scope(node_nm=node, rate_msps=rate)
        return PerDecision(**about, scope=scope, decision_pj=first.energy_pj)
    by_bits: dict[int, _Row] = {}
    for row in rows:
        if row.bits in by_bits:
            raise UserError(
                f"{file}: line {row.line}: bits: must be a resolution of its own, not {row.bits} "
                f"again (line {by_bits[row.bits].line})"
            )
        by_bits[row.bits] = row

    def of(bits: int) -> _Row:
        if bits not in by_bits:
            known = ", ".join(map(str, sorted(by_bits)))
            raise UserError(f"{file}: bits: must have a row for readout.bits {bits}, not {known}")
        return by_bits[bits]

    return PerConversion(
        **about,
        scope=Scope(node_nm=node, rate_msps=rate),
        conversion_pj=lambda bits: of(bits).energy_pj,
        area=lambda bits: of(bits).area_um2,
        figures=tuple(rows),
    )
