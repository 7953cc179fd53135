"""Where the cocotb benches are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

__all__ = ["folder"]

PACKAGE = Path(__file__).parent


def folder() -> Path:
    """Folder of the bench modules (``tb_<block>.py`` and what they share).

    A checkout has them in ``sim/``. A wheel carries the same files as data in ``hwgen/_benches``
    (see ``pyproject.toml``).
    """
    packaged = PACKAGE / "_benches"
    return packaged if packaged.is_dir() else PACKAGE.parent / "sim"
