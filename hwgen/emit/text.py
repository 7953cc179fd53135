"""Small pieces of Markdown, and templates of everything else."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

__all__ = ["filled", "paragraph", "table", "template"]

COLUMNS = 100


def paragraph(text: str) -> list[str]:
    """Return a text as lines of at most 100 columns."""
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False, break_long_words=False)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def template(name: str) -> str:
    """Return the text of a template."""
    return files("hwgen.emit").joinpath("templates", name).read_text()


def filled(text: str, values: Mapping[str, object]) -> str:
    r"""Put values in the place of ``@NAME@``; a line that only holds an empty one disappears.

    >>> filled("a @B@\n@C@\nd", {"B": 1, "C": ""})
    'a 1\nd'
    """
    text = re.sub(r"@([A-Z_]+)@", lambda found: str(values[found[1]]) or "\0", text)
    return re.sub("(?m)^\\s*\0\n", "", text)
