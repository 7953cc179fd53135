"""What was built before, kept per user by the hash of all that went into it."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["Cache"]

MOST = 32  # files that are kept, of half a megabyte or so each


class Cache:
    """``hwgen/compiled`` below ``XDG_CACHE_HOME``, or below ``~/.cache``.

    What is kept runs with all rights of the user, so the folder is used only when it belongs to the
    user and nobody else can write there. Where it cannot be used, nothing is kept.
    """

    def __init__(self) -> None:
        base = Path(os.environ.get("XDG_CACHE_HOME", ""))
        if not base.is_absolute():
            try:
                base = Path.home() / ".cache"
            except RuntimeError:  # somebody without a home
                base = Path(os.devnull)
        self.folder = base / "hwgen" / "compiled"

    def get(self, key: str, target: Path) -> bool:
        """Copy a file to `target`, if there is one; tell whether there was."""
        kept = self.folder / f"{key}.kept"
        try:
            if not _private(self.folder) or not _private(kept):
                return False
            shutil.copyfile(kept, target)
            os.utime(kept)  # the oldest ones go first
        except OSError:
            return False
        return True

    def put(self, key: str, source: Path) -> None:
        """Keep a file; all of it or nothing."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _private(self.folder):
                return
            part = self.folder / f"{key}.{os.getpid()}.part"
            try:
                shutil.copyfile(source, part)
                part.chmod(0o600)
                part.replace(self.folder / f"{key}.kept")
            finally:
                part.unlink(missing_ok=True)
            kept = sorted(self.folder.glob("*.kept"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-MOST]:
                path.unlink(missing_ok=True)


def _private(path: Path) -> bool:
    """Tell whether a file or folder is the user's own, and nobody else's to write."""
    found = path.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return found.st_uid == os.getuid() and not found.st_mode & others and not path.is_symlink()
