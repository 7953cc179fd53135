"""The scripts in benchmarks/: they start, and the pages that they fill have places for them."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.folder import Delivered
from hwgen.flow.stimulus import Stimulus
from tests.flow.folders import TINY

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))
PAGES = {
    "tile_power": ["docs/power.md", "docs/synthesis.md"],
    "tile_area": ["docs/synthesis.md", "docs/adaptive.md"],
}


@pytest.fixture
def imported(monkeypatch):
    """Import a script as Python does that runs it, and forget what it says to the environment."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.setattr(os, "environ", os.environ.copy())

    def script(name):
        spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return script


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "pages"])
def test_every_script_starts(imported, name, capsys):
    with pytest.raises(SystemExit) as left:
        imported(name).main(["--help"])

    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("usage:")


def test_the_gate_benchmark_makes_more_vectors_of_those_delivered(imported, tmp_path):
    generate(load(TINY), tmp_path / "out")
    delivered = Stimulus.delivered(Delivered.read(tmp_path / "out"))

    more = imported("gate_activity")._more(delivered, len(delivered) + 1)

    assert len(more) == len(more.y_in) == len(delivered) + 1
    same = np.sort(more.x, axis=1) == np.sort(delivered.x, axis=1)[[*range(len(delivered)), 0]]
    assert same.all()
    assert (more.x[0] != more.x[-1]).any()


# Pages


@pytest.mark.parametrize(("page", "number"), [("power", 8), ("synthesis", 4), ("adaptive", 2)])
def test_every_place_of_a_page_belongs_to_a_script_and_is_filled(imported, page, number):
    page = f"docs/{page}.md"
    text = (ROOT / page).read_text()
    known = [
        name for script, pages in PAGES.items() if page in pages for name in imported(script).TABLES
    ]
    place = imported("pages").PLACE

    places = [found[2] for found in place.finditer(text)]
    assert len(places) == len(set(places)) == number
    assert set(places) <= set(known)
    for found in place.finditer(text):
        assert found[0].count("\n|") > 2, found[2]  # it was measured


@pytest.mark.parametrize("script", PAGES)
def test_every_table_of_a_script_has_one_place(imported, script):
    module = imported(script)
    pages = "".join((ROOT / page).read_text() for page in PAGES[script])

    for name in module.TABLES:
        assert pages.count(f"<!-- measured: {name} -->") == 1, name


def test_a_table_is_put_into_its_place_alone(imported):
    page = (ROOT / "docs/power.md").read_text()

    other = imported("pages").filled(page, {"lanes": "| new |\n"})

    assert "<!-- measured: lanes -->\n| new |\n<!-- end -->" in other
    assert other.count("<!-- end -->") == page.count("<!-- end -->")


def test_a_script_measures_what_is_asked_for(imported, tmp_path, capsys):
    pages, page = imported("pages"), tmp_path / "page.md"
    page.write_text("<!-- measured: one -->\nold\n<!-- end -->\n")
    measure = {"one": lambda: "| 1 |\n", "two": lambda: pytest.fail("not asked for")}

    pages.print_tables(measure, ["one", "--page", str(page)], "Measure.")

    assert page.read_text() == "<!-- measured: one -->\n| 1 |\n<!-- end -->\n"
    assert capsys.readouterr().out == "one\n\n| 1 |\n\n"
    with pytest.raises(SystemExit):
        pages.print_tables(measure, ["three"], "Measure.")
    assert "tables: must be one, two, not three" in capsys.readouterr().err
