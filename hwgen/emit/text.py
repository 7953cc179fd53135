"""Small pieces of Markdown."""

import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["paragraph", "table"]

COLUMNS = 100


def paragraph(text: str) -> list[str]:
    """Return a text as lines of at most 100 columns."""
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False, break_long_words=False)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]
