"""Tables that are measured and printed into pages; each between two comments of the page.

``<!-- measured: NAME -->`` and ``<!-- end -->`` are the places of the table with that name.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from hwgen.errors import ToolMissing
from hwgen.flow.mapped import Mapped, map_verilog

__all__ = ["DATA", "LIBRARIES", "PLACE", "filled", "print_tables", "remembered", "table"]

DATA = Path(__file__).parents[1] / "../shared/data"
LIBRARIES = {
    "sky130": DATA / "liberty/sky130_fd_sc_hd__tt_025C_1v80.lib.gz",
    "sg13g2": DATA / "liberty/sg13g2_stdcell_typ_1p20V_25C.lib.gz",
}
PLACE = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = Iterable[str]


def table(heads: Row, rows: Iterable[Row]) -> str:
    """Lay a table out as Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def filled(page: str, found: Mapping[str, str]) -> str:
    """Put tables into their places; places of tables that were not measured stay."""
    return PLACE.sub(lambda at: f"{at[1]}{found[at[2]]}{at[3]}" if at[2] in found else at[0], page)


def remembered() -> Callable[..., Mapped]:
    """Return a `map_verilog` that maps the same text to the same cells once."""
    known: dict[object, Mapped] = {}

    def mapped(files: Mapping[str, str], *, top: str, target: object) -> Mapped:
        key = (tuple(sorted(files.items())), top, target.commands, tuple(target.files.items()))
        if key not in known:
            known[key] = map_verilog(files, top=top, target=target)
        return known[key]

    return mapped


def print_tables(
    measure: Mapping[str, Callable[[], str]], arguments: list[str] | None, about: str
) -> None:
    """Be the command of a script: measure the tables asked for, print them, and fill pages.

    Parameters
    ----------
    measure : mapping of str to callable
        What measures a table, by its name.
    arguments : list of str, optional
        Those of the command line by default.
    about : str
        What ``--help`` says.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(measure))
    parser.add_argument("--page", type=Path, action="append", default=[], help="page to fill")
    options = parser.parse_args(arguments)
    if unknown := set(options.tables) - set(measure):
        parser.error(f"tables: must be {', '.join(measure)}, not {', '.join(sorted(unknown))}")

    for name, text in _measured(measure, options.tables or measure):
        print(f"{name}\n\n{text}", flush=True)  # noqa: T201
        for page in options.page:
            page.write_text(filled(page.read_text(), {name: text}))


def _measured(
    measure: Mapping[str, Callable[[], str]], wanted: Iterable[str]
) -> Iterator[tuple[str, str]]:
    for name in wanted:
        try:
            yield name, measure[name]()
        except ToolMissing as missing:
            print(f"{name}: {missing}")  # noqa: T201
