"""Files and folders of results: written whole or not at all, never over what somebody else made.

A folder holds a file, its `record`, that names every other file with its SHA-256. By it an earlier
output is recognised. Commands with records of different names do not replace each other's output.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from hwgen.errors import UserError

__all__ = ["check_file", "check_folder", "hashes", "write_file", "write_folder"]

STAGING = ".hwgen-"  # temporary folders begin with this
LEFTOVERS = ("__pycache__", "synth")  # what running the benches and synthesis leaves behind


def check_folder(out: Path, record: str, *, force: bool = False) -> None:
    """Refuse a folder that cannot be written or holds what hwgen did not write.

    Parameters
    ----------
    out : Path
        The folder: a new one, an empty one, or an earlier output that nobody has edited.
    record : str
        Name of the file that names the others: JSON with ``hwgen`` and ``files``.
    force : bool
        Replace earlier output that was edited, and write beside files that are not hwgen's.

    Raises
    ------
    UserError
        When the folder cannot be used.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: must be a folder, not a file")
    place = out if out.is_dir() else out.absolute().parent
    if not place.is_dir():
        raise UserError(f"{out}: must be in an existing folder, not in {place}")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{out}: must be a folder that can be written, not {place}")
    if out.is_dir() and not force:
        with _one_line_errors(out):
            _check_content(out, record)


def write_folder(out: Path, contents: Mapping[str, bytes], record: str) -> None:
    """Write every file, by its path in the folder, or leave the folder as it was.

    An earlier output with the same `record` is replaced, with all that lies in its folders.

    Raises
    ------
    UserError
        When the system refuses.
    """
    with _one_line_errors(out):
        if out.is_dir():
            _replace(out, contents, record)
        else:
            _create(out, contents)


def check_file(out: Path, is_earlier: Callable[[Path], bool]) -> None:
    """Refuse a file that cannot or must not be written, before the work for it is done.

    Parameters
    ----------
    out : Path
        A new file or an earlier result; a symbolic link stands for what it leads to.
    is_earlier : callable
        Tells whether a regular file is an earlier result, which may be replaced.

    Raises
    ------
    UserError
        With the reason.
    """
    with _one_line_errors(out, "file"):
        file = _real(out)
        if not file.parent.is_dir():
            raise UserError(f"{out}: must be in a folder that exists, not {str(file.parent)!r}")
        try:
            kind = file.stat().st_mode
        except FileNotFoundError:
            kind = None
        if kind is not None and not stat.S_ISREG(kind):
            other = "a folder" if stat.S_ISDIR(kind) else "a device, pipe or socket"
            raise UserError(f"{out}: must be a file to write, not {other}")
        if kind is not None and not is_earlier(file):
            raise UserError(f"{out}: must be new or an earlier result of hwgen, not another file")
        with _staging(file.parent):
            pass  # whoever may do this may write the file


def write_file(out: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place, then move it there: an earlier one stays until then.

    Parameters
    ----------
    out : Path
        The file; a symbolic link stays and what it leads to is replaced.
    write : callable
        Writes the file given.

    Raises
    ------
    UserError
        When the system refuses.
    """
    with _one_line_errors(out, "file"):
        file = _real(out)
        with _staging(file.parent) as staging:
            write(staging / "new")
            (staging / "new").replace(file)


def hashes(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file, sorted by path."""
    return {path: _hash(contents[path]) for path in sorted(contents)}


def _real(path: Path) -> Path:
    """Follow symbolic links, also one to a file that is not there yet."""
    return Path(os.path.realpath(path))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_content(out: Path, record: str) -> None:
    present = {path.relative_to(out).as_posix(): path for path in _files_in(out)}
    if not present:
        return
    known = _known_files(out, record)
    for name, path in sorted(present.items()):
        if name == record and known:
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
    """Yield the files below a folder, but for what other commands leave behind."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFTOVERS or path.name.startswith(STAGING):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files_in(path)
        else:
            yield path


def _known_files(out: Path, record: str) -> dict[str, str]:
    """Return path and hash of everything that an earlier run wrote there; nothing without one."""
    try:
        described = json.loads((out / record).read_text())
        files = described["files"] if "hwgen" in described else {}
        return {str(name): str(value) for name, value in files.items() if _is_inside(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


@contextmanager
def _one_line_errors(out: Path, kind: str = "folder") -> Iterator[None]:
    """Say what the system refuses in one line."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"{out}: must be a {kind} that can be written, not {reason}{where}"
        ) from None


def _create(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write beside the place, then move into it at once."""
    with _staging(out.absolute().parent) as staging:
        made = staging / "new"
        _write(made, contents)
        made.rename(out)


def _replace(out: Path, contents: Mapping[str, bytes], record: str) -> None:
    """Write inside the folder, then swap file by file; back again should anything fail.

    The folder itself stays, for somebody may work in it, and so does every file that is neither of
    this output nor of an earlier one.
    """
    stale = [name for name in _known_files(out, record) if name not in contents]
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
