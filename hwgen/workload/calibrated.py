"""The design file that a calibration writes: what it extends, and the tables."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from hwgen.config import Design, presets
from hwgen.design_file import LARGEST_BYTES
from hwgen.errors import UserError

__all__ = ["check_out", "write"]

MARK = "# Written by `hwgen calibrate`.\n"  # tells the result from other files
LONGEST_EXTENDS = 200  # characters that a design file may give to a path


class _Flow(list):
    """A list on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes `_Flow` on one line."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  (of the interface)
        return True


_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True),
)


def check_out(design: Design, out: Path) -> None:
    """Refuse a place where the result cannot or must not be written.

    Raises
    ------
    UserError
        With the reason.
    """
    if out.is_dir():
        raise UserError(f"{out}: must be a file to write, not a folder")
    if not out.parent.is_dir():
        raise UserError(f"{out}: must be in a folder that exists, not {str(out.parent)!r}")
    if out.exists() and Path(design.source).is_file() and out.samefile(design.source):
        raise UserError(f"{out}: must be another file than the design that it extends")
    if out.exists() and not out.read_bytes().startswith(MARK.encode()):
        raise UserError(f"{out}: must be new or what `hwgen calibrate` wrote, not another file")


def write(design: Design, out: Path, granularity: str, layers: Mapping[str, Mapping]) -> None:
    """Write the design file: whole or not at all.

    Parameters
    ----------
    design : Design
        What it extends.
    out : Path
        The file.
    granularity : str
        As of ``tables.granularity``.
    layers : mapping
        As of ``tables.layers``, with ranges as pairs.

    Raises
    ------
    UserError
        When the tables are too large for a design file, or the file cannot be written.
    """
    tables = {
        name: {key: _lines(key, found[key]) for key in found} for name, found in layers.items()
    }
    keys = _extends(design, out) | {"tables": {"granularity": granularity, "layers": tables}}
    text = MARK + yaml.dump(keys, Dumper=_Dumper, sort_keys=False, width=2**20)
    if len(text.encode()) > LARGEST_BYTES:
        raise UserError(
            f"--granularity: must be coarser for tables of at most {LARGEST_BYTES} bytes, "
            f"not {granularity} with {len(text.encode())}"
        )
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(out)
    except OSError as problem:
        raise UserError(f"{out}: must be writable, not closed ({problem.strerror})") from None
    finally:
        temporary.unlink(missing_ok=True)


def _lines(key: str, value: list) -> list:
    """Lay tables out: one line for all ranges of a slice."""
    return _Flow(value) if key == "ranges" else [_Flow(of_slice) for of_slice in value]


def _extends(design: Design, out: Path) -> dict[str, object]:
    """Refer to the design, or where no short path leads to it repeat its keys."""
    if design.source in presets():
        return {"extends": design.source}
    if Path(design.source).is_file():
        path = os.path.relpath(design.source, out.parent)
        path = f"./{path}" if path in presets() else path
        if len(path) <= LONGEST_EXTENDS:
            return {"extends": path}
    return design.model_dump(mode="json", exclude={"extends", "tables"})
