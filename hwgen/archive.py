"""Numpy archives (.npz): the same bytes wherever they are written, and whole files or none."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.output import check_file, write_file

__all__ = ["check_archive", "pack_archive", "write_archive"]

Arrays = Iterable[tuple[str, NDArray]]


def pack_archive(arrays: Arrays) -> bytes:
    """Return an archive without the time of day that `numpy.savez` puts in."""
    packed = io.BytesIO()
    _write(packed, arrays, b"")
    return packed.getvalue()


def check_archive(out: Path, mark: bytes) -> None:
    """Refuse a place where an archive cannot or must not be written.

    Parameters
    ----------
    out : Path
        A new file, or one that was written with the same `mark`.
    mark : bytes
        Comment of the archive: who wrote it.

    Raises
    ------
    UserError
        When the file cannot be written there, or another one is in its place.
    """
    if out.suffix != ".npz":
        raise UserError(f"{out}: must be an .npz file to write, not {out.name!r}")
    check_file(out, lambda file: _mark_of(file) == mark)


def write_archive(out: Path, arrays: Arrays, mark: bytes) -> None:
    """Write an archive: whole or not at all.

    Raises
    ------
    UserError
        When the system refuses.
    """

    def write(path: Path) -> None:
        with path.open("wb") as file:
            _write(file, arrays, mark)

    write_file(out, write)


def _write(file: IO[bytes], arrays: Arrays, mark: bytes) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = mark
        for name, array in arrays:
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), version=(1, 0))
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the system it is written on must not show
            archive.writestr(entry, content.getbuffer())


def _mark_of(file: Path) -> bytes | None:
    """Comment of an archive; None for other files."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.comment
    except (OSError, zipfile.BadZipFile):
        return None
