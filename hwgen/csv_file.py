"""Tables that users bring as CSV files: opened, checked for size and columns, and read."""

import csv
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hwgen.errors import UserError

__all__ = ["Line", "read_lines"]


class Line(NamedTuple):
    """One row of a table.

    Parameters
    ----------
    where : str
        File and line, as messages name them.
    number : int
        The line.
    cells : mapping of str to str or None
        By column; None where the line is too short.
    """

    where: str
    number: int
    cells: Mapping[str, str | None]


def read_lines(file: str | Path, columns: Sequence[str], *, largest_bytes: int) -> list[Line]:
    """Read all rows of a CSV file, UTF-8 with a line of heads.

    Parameters
    ----------
    file : str or Path
        The table.
    columns : sequence of str
        Those that it must have; others may be there.
    largest_bytes : int
        Longest file that is read.

    Raises
    ------
    UserError
        When it is no such file, in one line.
    """
    path = Path(file)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{file}: must be a CSV file, not a folder, device or pipe")
        if status.st_size > largest_bytes:
            size = f"{status.st_size} bytes"
            raise UserError(f"{file}: must be at most {largest_bytes} bytes long, not {size}")
        with path.open(encoding="utf-8-sig", newline="") as text:
            table = csv.DictReader(text)
            missing = [name for name in columns if name not in (table.fieldnames or ())]
            if missing:
                wanted = ", ".join(columns)
                raise UserError(f"{file}: must have the columns {wanted}, not lack {missing[0]}")
            return [
                Line(f"{file}: line {table.line_num}", table.line_num, cells) for cells in table
            ]
    except (OSError, ValueError, csv.Error) as error:  # ValueError: no text, or no name of a file
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{file}: must be a readable CSV file, but is not: {reason}") from None
