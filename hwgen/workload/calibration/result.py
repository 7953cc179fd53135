"""The design file that a calibration writes: what it extends, and the tables."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from hwgen.config import Design, presets
from hwgen.design_file import LARGEST_BYTES
from hwgen.errors import UserError
from hwgen.output import check_file, write_file

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

    def is_earlier(file: Path) -> bool:
        if Path(design.source).is_file() and file.samefile(design.source):
            raise UserError(f"{out}: must be another file than the design that it extends")
        with file.open("rb") as opened:
            return opened.read(len(MARK)) == MARK.encode()

    check_file(out, is_earlier)


def write(
    design: Design,
    out: Path,
    granularity: str,
    layers: Mapping[str, Mapping],
    images: Sequence[str],
) -> None:
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
    images : sequence of str
        Fingerprints of the calibration images.

    Raises
    ------
    UserError
        When the tables are too large for a design file, or the file cannot be written.
    """
    tables = {
        name: {key: _lines(key, found[key]) for key in found} for name, found in layers.items()
    }
    keys = _extends(design, out) | {
        "tables": {"granularity": granularity, "layers": tables, "images": _Flow(images)}
    }
    text = MARK + yaml.dump(keys, Dumper=_Dumper, sort_keys=False, width=2**20)
    if len(text.encode()) > LARGEST_BYTES:
        raise UserError(
            f"--granularity: must be coarser for tables of at most {LARGEST_BYTES} bytes, "
            f"not {granularity} with {len(text.encode())}"
        )
    write_file(out, lambda file: file.write_text(text, encoding="utf-8"))


def _lines(key: str, value: list) -> list:
    """Lay tables out: one line for all ranges of a slice."""
    return _Flow(value) if key == "ranges" else [_Flow(of_slice) for of_slice in value]


def _extends(design: Design, out: Path) -> dict[str, object]:
    """Refer to the design, or where no short path leads to it repeat its keys."""
    if design.source in presets():
        return {"extends": design.source}
    if Path(design.source).is_file():
        named = Path(design.source)
        source = str(named.parent.resolve() / named.name)
        path = os.path.relpath(source, os.path.realpath(out.parent))
        path = f"./{path}" if path in presets() else path
        path = source if out.is_symlink() else path  # it counts from the link and from the file
        if len(path) <= LONGEST_EXTENDS:
            return {"extends": path}
    return design.model_dump(mode="json", exclude={"extends", "tables"})
