"""Puts everything that belongs to a design into a folder, all of it or nothing."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from hwgen import benches
from hwgen.config import Design
from hwgen.emit import registers
from hwgen.emit.datasheet import datasheet
from hwgen.emit.flowfiles import flow_files
from hwgen.emit.manifest import as_json, design_registers, manifest
from hwgen.emit.rtl import Rtl, emit_rtl
from hwgen.emit.tables import table_files
from hwgen.emit.testbench import testbench
from hwgen.emit.vectors import archive, vectors_of
from hwgen.errors import UserError

__all__ = ["MANIFEST", "committed", "deliverables", "generate"]

MANIFEST = "manifest.json"
STAGING = ".hwgen-"  # temporary folders begin with this
LEFTOVERS = ("__pycache__",)  # what running the benches leaves behind


def generate(design: Design, out: Path, *, force: bool = False) -> dict:
    """Write the RTL of a design and what belongs to it.

    Everything is computed before the first file is written, and put in place at the end: whatever
    goes wrong, `out` is what it was. Its own earlier output is replaced, with all that lies in its
    folders.

    Parameters
    ----------
    design : Design
        What to emit.
    out : Path
        Folder to write: a new one, an empty one, or an earlier output that nobody has edited.
    force : bool
        Replace earlier output that was edited, and write beside files that are not hwgen's.

    Returns
    -------
    dict
        ``out``, ``top``, ``files`` (path to SHA-256) and ``ports``.

    Raises
    ------
    UserError
        When the folder cannot be used.
    """
    out = Path(out)
    _check(out, force=force)
    contents, described = deliverables(design)
    with _one_line_errors(out):
        if out.is_dir():
            _replace(out, contents)
        else:
            _create(out, contents)
    return {
        "out": str(out),
        "top": described["top"],
        "files": {path: _hash(contents[path]) for path in sorted(contents)},
        "ports": described["ports"],
    }


def deliverables(design: Design) -> tuple[dict[str, bytes], dict]:
    """Return every file of a design, and its manifest as plain values.

    The manifest names all other files with their hashes, by which a folder is recognised.
    """
    rtl = emit_rtl(design)
    vectors = vectors_of(design)
    described = manifest(design, rtl, layer=vectors.layer)
    texts = dict(rtl.files)
    texts |= {f"tb/{name}": text for name, text in testbench(design, rtl, vectors).items()}
    texts |= {f"flow/{name}": text for name, text in flow_files(design, rtl).items()}
    texts |= {f"docs/{name}": text for name, text in _documents(design, rtl, vectors.layer).items()}
    texts |= {f"tables/{name}": text for name, text in table_files(design).items()}
    contents = {path: text.encode() for path, text in texts.items()}
    contents |= {f"sim/{path.name}": path.read_bytes() for path in _bench_files(rtl)}
    contents["sim/vectors.npz"] = archive(vectors)
    described["files"] = {path: _hash(contents[path]) for path in sorted(contents)}
    contents[MANIFEST] = as_json(described).encode()
    return contents, described


def committed(design: Design) -> dict[str, str]:
    """Return what ``rtl_out/`` keeps of a design: RTL, documents, manifest.

    Not the benches, which are copies of ``sim/``, nor vectors and what is computed from them, nor
    their hashes: a change of these must not look like a change of the RTL.
    """
    rtl = emit_rtl(design)
    layer = vectors_of(design).layer
    documents = _documents(design, rtl, layer)
    return (
        dict(rtl.files)
        | {f"docs/{name}": text for name, text in documents.items()}
        | {MANIFEST: as_json(manifest(design, rtl, layer=layer))}
    )


def _documents(design: Design, rtl: Rtl, layer: str | None) -> dict[str, str]:
    documents = {"datasheet.md": datasheet(design, rtl, layer=layer)}
    described = design_registers(design)
    if described:
        documents |= {
            "registers.md": registers.markdown(design.name, described),
            "registers.h": registers.c_header(design.name, described),
            "registers.rdl": registers.system_rdl(design.name, described),
        }
    return documents


def _bench_files(rtl: Rtl) -> list[Path]:
    """Return the benches of the blocks that there are, and what all benches share."""
    wanted = {f"tb_{block}" for block in rtl.modules}
    found = sorted(benches.folder().glob("*.py"))
    return [path for path in found if path.stem in wanted or not path.stem.startswith("tb_")]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# The folder


def _check(out: Path, *, force: bool) -> None:
    """Refuse a folder that cannot be written or holds what hwgen did not write."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: must be a folder, not a file")
    place = out if out.is_dir() else out.absolute().parent
    if not place.is_dir():
        raise UserError(f"{out}: must be in an existing folder, not in {place}")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{out}: must be a folder that can be written, not {place}")
    if out.is_dir() and not force:
        with _one_line_errors(out):
            _check_content(out)


def _check_content(out: Path) -> None:
    present = {path.relative_to(out).as_posix(): path for path in _files_in(out)}
    if not present:
        return
    known = _known_files(out)
    for name, path in sorted(present.items()):
        if name == MANIFEST and known:
            continue
        if name not in known:
            raise UserError(
                f"{out}: must be new, empty or an earlier output of hwgen, "
                f"not hold {name} (--force overrides)"
            )
        if not path.is_file() or _hash(path.read_bytes()) != known[name]:
            raise UserError(
                f"{out / name}: must be as hwgen wrote it, not edited (--force overrides)"
            )


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but for what running benches leaves behind."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFTOVERS or path.name.startswith(STAGING):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files_in(path)
        else:
            yield path


def _known_files(out: Path) -> dict[str, str]:
    """Return path and hash of everything that an earlier run wrote there; nothing without one."""
    try:
        described = json.loads((out / MANIFEST).read_text())
        files = described["files"] if "hwgen" in described else {}
        return {str(name): str(value) for name, value in files.items() if _is_inside(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


@contextmanager
def _one_line_errors(out: Path) -> Iterator[None]:
    """Say what the system refuses in one line."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"{out}: must be a folder that can be written, not {reason}{where}"
        ) from None


def _create(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write beside the place, then move into it at once."""
    with _staging(out.absolute().parent) as staging:
        made = staging / "new"
        _write(made, contents)
        made.rename(out)


def _replace(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write inside the folder, then swap file by file; back again should anything fail.

    The folder itself stays, for somebody may work in it, and so does every file that is neither of
    this output nor of an earlier one.
    """
    stale = [name for name in _known_files(out) if name not in contents]
    with _staging(out) as staging:
        made, old = staging / "new", staging / "old"
        _write(made, contents)
        moved: list[tuple[Path, Path]] = []

        def move(source: Path, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            moved.append((source, target))

        try:
            for name in [*stale, *contents]:
                if (out / name).is_symlink() or (out / name).exists():
                    move(out / name, old / name)
                if name in contents:
                    move(made / name, out / name)
        except BaseException:
            for source, target in reversed(moved):
                target.rename(source)
            raise
    for folder in {(out / name).parent for name in stale}:
        with suppress(OSError):
            folder.rmdir()  # only when nothing is left in it


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Make a temporary folder there, and remove it whatever happens."""
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder))
    try:
        yield staging
    finally:
        with suppress(OSError):
            shutil.rmtree(staging)


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
