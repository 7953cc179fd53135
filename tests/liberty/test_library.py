"""Libraries: files, units, conditions, tables, and texts without some cells."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.flow.tools import run_yosys
from hwgen.liberty.library import Library, Units

SMALL = """\
library (small) {
  cell (inv) { area : 1; pin (A) { direction : input; }
    pin (Y) { direction : output; function : "!A"; } }
  /* cell (ghost) { } */ cell (buf_1) { area : 2; dont_use : true; pin (A) { direction : input; }
    pin (Y) { direction : output; function : "A"; } } cell (buf_2) { area : 3;
    pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; } }
}
"""
CUT = "Compressed file ended before the end-of-stream marker was reached"
TABLES = """\
  lu_table_template (one) { variable_1 : slew; index_1 ("1, 2, 4"); }
  lu_table_template (two) { variable_1 : slew; variable_2 : load; index_1 ("1, 2");
    index_2 ("10, 20, 40"); }
  lu_table_template (turned) { variable_1 : load; variable_2 : slew; index_1 ("10, 20, 40");
    index_2 ("1, 2"); }
  power_lut_template (three) { variable_1 : slew; variable_2 : load; variable_3 : other;
    index_1 ("0, 1"); index_2 ("0, 1"); index_3 ("0, 1, 2"); }
"""


def refused(action):
    with pytest.raises(UserError) as raised:
        action()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def table(library, inside):
    """Read a table of a cell's only pin."""
    made = library(f"{TABLES} cell (c) {{ pin (Y) {{ {inside} }} }}")
    return made.table(next(made.cells["c"].pins["Y"].group.groups()))


@pytest.mark.parametrize("name", ["a.lib", "a.lib.gz", "misnamed.lib"])
@pytest.mark.usefixtures("folder")
def test_files_are_read_gzipped_or_not(name):
    content = gzip.compress(SMALL.encode(), mtime=0) if name != "a.lib" else SMALL.encode()
    Path(name).write_bytes(content)

    library = Library.read(Path(name))
    assert (library.path, library.name, library.text) == (name, "small", SMALL)
    assert list(library.cells) == ["inv", "buf_1", "buf_2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.usefixtures("folder")
def test_names_of_people_may_be_encoded_as_they_were(encoding):
    Path("a.lib").write_bytes(f"/* ö */ {SMALL}".encode(encoding))

    assert len(Library.read(Path("a.lib")).cells) == 3


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "must be a Liberty file, not an empty one"),
        (b"\x1f\x8b", f"must be a whole gzip file: {CUT}"),
        (gzip.compress(SMALL.encode(), mtime=0)[:-20], f"must be a whole gzip file: {CUT}"),
        (gzip.compress(SMALL.encode(), mtime=0)[:12] + b"\xff" * 40, "must be a whole gzip file: "),
        (gzip.compress(b"", mtime=0), "must be a Liberty file, not an empty one"),
        (b"\x7fELF\0\0\0", "must be a Liberty file, not binary data"),
        (SMALL.encode("utf-16"), "must be a Liberty file, not binary data"),
        (b"library (a) {", "must be a whole Liberty file, not one that ends inside 'library (a)'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_bad_file_is_one_line(content, complaint):
    Path("a.lib").write_bytes(content)

    assert refused(lambda: Library.read(Path("a.lib"))).startswith(f"a.lib: {complaint}")


def test_a_file_cut_anywhere_is_one_line():
    whole = SMALL.rstrip()
    for end in range(len(whole)):
        assert refused(lambda end=end: Library("a.lib", whole[:end])).startswith("a.lib: ")
    assert len(Library("a.lib", whole).cells) == 3


@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_read_is_one_line(monkeypatch):
    message = refused(lambda: Library.read(Path("none.lib")))
    assert message == "none.lib: must be a Liberty file, not a missing one"

    Path("dir.lib").mkdir()
    message = refused(lambda: Library.read(Path("dir.lib")))
    assert message == "dir.lib: must be a readable Liberty file, not is a directory"

    def denied(file):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", denied)
    message = refused(lambda: Library.read(Path("a.lib")))
    assert message == "a.lib: must be a readable Liberty file, not permission denied"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('time_unit : "1ps";', 1e-12),
        ('time_unit : "10ps";', 1e-11),
        ('time_unit : "100ps";', 1e-10),
        ('time_unit : "1ns";', 1e-9),
        ("time_unit : 10ns;", 1e-8),
        ('time_unit : " 0.1 NS ";', 1e-10),
        ('time_unit : "1e-3us";', 1e-9),
        ('time_unit : "1s";', 1.0),
        ("", 1e-9),
    ],
)
def test_units_of_time(library, text, seconds):
    units = library(f"{text} cell (c) {{ }}").units

    assert units.time_s == pytest.approx(seconds, rel=1e-12, abs=0)
    assert units.time_ns == pytest.approx(seconds * 1e9, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("text", "farads"),
    [
        ("capacitive_load_unit (1, pf);", 1e-12),
        ("capacitive_load_unit(1,ff)", 1e-15),
        ('capacitive_load_unit (1.0000000000, "pf");', 1e-12),
        ("capacitive_load_unit (0.1, pf);", 1e-13),
        ("capacitive_load_unit (.1, pF);", 1e-13),
        ("capacitive_load_unit (10, fF);", 1e-14),
        ('capacitive_load_unit ("1pf");', 1e-12),
        ("", None),
    ],
)
def test_units_of_capacitance(library, text, farads):
    units = library(f'voltage_unit : "100mV"; {text} cell (c) {{ }}').units

    if farads is None:
        assert (units.capacitance_f, units.energy_j) == (None, None)
    else:
        assert units.capacitance_f == pytest.approx(farads, rel=1e-12, abs=0)
        assert units.energy_j == pytest.approx(farads * 0.1**2, rel=1e-12, abs=0)


def test_the_other_units(library):
    silent = library("cell (c) { }").units
    assert silent == Units(
        time_s=1e-9, capacitance_f=None, voltage_v=1.0, current_a=None, leakage_w=None
    )

    given = library(
        'voltage_unit : "1mV"; current_unit : "10uA"; leakage_power_unit : "100pW"; cell (c) { }'
    ).units
    assert given.voltage_v == pytest.approx(1e-3, rel=1e-12, abs=0)
    assert given.current_a == pytest.approx(1e-5, rel=1e-12, abs=0)
    assert given.leakage_w == pytest.approx(1e-10, rel=1e-12, abs=0)


@pytest.mark.parametrize("value", ["", "ns", "1", "1nV", "1xs", "0ns", "-1ns", "1..2ns", "1 n s"])
def test_a_unit_that_is_none_is_one_line(library, value):
    made = library(f'time_unit : "{value}"; cell (c) {{ }}')

    expected = f"a.lib: time_unit: must be a number and a unit, as in 1ns, not {value!r}"
    assert refused(lambda: made.units) == expected


def test_a_unit_or_a_cell_that_is_missing_is_one_line_for_who_needs_it(library):
    made = library("cell (c) { }")

    assert refused(lambda: made.capacitance_unit_f) == (
        "a.lib: capacitive_load_unit: must be given, not missing"
    )
    assert refused(lambda: made.cell("d")) == "a.lib: must have a cell d, not none"
    assert made.cell("c") is made.cells["c"]
    assert library("capacitive_load_unit (2, ff); cell (c) { }").capacitance_unit_f == 2e-15


@pytest.mark.parametrize("value", ["1", "pf", "1, pV", "0, pf", "1, 2, pf"])
def test_a_unit_of_capacitance_that_is_none_is_one_line(library, value):
    made = library(f"capacitive_load_unit ({value}); cell (c) {{ }}")

    assert refused(lambda: made.units) == (
        f"a.lib: capacitive_load_unit: must be a number and a unit, as in (1, pf), not {value!r}"
    )


SLOW = "operating_conditions (slow) { process : 2; voltage : 900; temperature : -40; }"
FAST = "operating_conditions (fast) { voltage : 1100; }"
NOMINAL = "nom_process : 1; nom_voltage : 1000; nom_temperature : 25;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (NOMINAL, {"process": 1, "voltage": 1, "temperature": 25}),
        (SLOW, {"process": 2, "voltage": 0.9, "temperature": -40}),
        (SLOW + NOMINAL, {"process": 2, "voltage": 0.9, "temperature": -40}),
        (FAST + NOMINAL, {"process": 1, "voltage": 1.1, "temperature": 25}),
        (SLOW + FAST + NOMINAL, {"process": 1, "voltage": 1, "temperature": 25}),
        (
            f'{SLOW}{FAST}{NOMINAL} default_operating_conditions : "fast";',
            {"process": 1, "voltage": 1.1, "temperature": 25},
        ),
    ],
)
def test_conditions_are_the_default_ones_else_the_only_ones_else_nominal(library, text, expected):
    made = library(f'voltage_unit : "1mV"; {text} cell (c) {{ }}')

    assert made.conditions == pytest.approx(expected)


def test_a_pin_has_the_default_capacitance_of_its_direction(library):
    pins = (
        library(
            "default_input_pin_cap : 2; default_output_pin_cap : 0; cell (c) {"
            "pin (A) { direction : input; } pin (B) { direction : input; capacitance : 3; }"
            "pin (C) { direction : input; capacitance : 0; }"
            "pin (Y) { direction : output; } pin (Z) { direction : inout; three_state : A; } }"
        )
        .cells["c"]
        .pins
    )

    assert {name: pin.capacitance for name, pin in pins.items()} == {
        "A": 2,
        "B": 3,
        "C": 0,
        "Y": 0,
        "Z": None,
    }
    assert [pin.is_three_state for pin in pins.values()] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("inside", "at", "expected"),
    [
        ('t (scalar) { values ("7"); }', {}, 7),
        ('t (scalar) { values ("7"); }', {"slew": 3}, 7),
        ("t (scalar) { values (7); }", {}, 7),
        ('t (one) { values ("1, 3, 4"); }', {"slew": 1}, 1),
        ('t (one) { values ("1, 3, 4"); }', {"slew": 1.5}, 2),
        ('t (one) { values ("1, 3, 4"); }', {"slew": 3}, 3.5),
        ('t (one) { values ("1, 3, 4"); }', {"slew": 6}, 5),
        ('t (one) { values ("1, 3, 4"); }', {"slew": 0}, -1),
        ('t (one) { values ("1, 3, 4"); }', {}, 1),
        ('t (one) { index_1 ("0, 10, 20"); values ("1, 3, 4,"); }', {"slew": 5}, 2),
        ("t (one) { index_1 (0, 10, 20, ); values (1, 3, 4); }", {"slew": 5}, 2),
        ('t (one) { index_1 ("5"); values ("8"); }', {"slew": 9}, 8),
        ('t (own) { index_1 ("0, 1"); values ("2, 4"); }', {"index_1": 0.5}, 3),
        ('t (two) { values ("1, 2, 4", "3, 4, 6"); }', {"slew": 2, "load": 10}, 3),
        ('t (two) { values ("1, 2, 4", "3, 4, 6"); }', {"slew": 1, "load": 40}, 4),
        ('t (two) { values ("1, 2, 4", "3, 4, 6"); }', {"slew": 1.5, "load": 30}, 4),
        ('t (two) { values ("1, 2, 4, 3, 4, 6"); }', {"slew": 1.5, "load": 30}, 4),
        ('t (two) { values ("1, 2, 4, ", \\\n "3, 4, 6, "); }', {"slew": 1.5, "load": 30}, 4),
        ('t (turned) { values ("1, 3", "2, 4", "4, 6"); }', {"slew": 1.5, "load": 30}, 4),
        ('t (turned) { values ("1, 3", "2, 4", "4, 6"); }', {"slew": 2, "load": 10}, 3),
        (
            't (three) { values ("0, 1, 2", "10, 11, 12", "100, 101, 102", "110, 111, 112"); }',
            {"slew": 1, "load": 0, "other": 2},
            102,
        ),
        (
            't (three) { values ("0, 1, 2", "10, 11, 12", "100, 101, 102", "110, 111, 112"); }',
            {"slew": 0.25, "load": 0.5, "other": 1.5},
            31.5,
        ),
    ],
)
def test_tables_interpolate_between_points_and_go_on_beyond_them(library, inside, at, expected):
    assert table(library, inside).at(**at) == pytest.approx(expected)


def test_axes_in_either_order_are_the_same_table(library):
    rng = np.random.default_rng(4)
    rows = rng.random((2, 3))
    listed = [", ".join(f'"{", ".join(map(str, row))}"' for row in side) for side in (rows, rows.T)]
    straight, turned = (
        table(library, f"t ({name}) {{ values ({text}); }}")
        for name, text in zip(("two", "turned"), listed, strict=True)
    )

    for slew, load in rng.uniform(0, 50, (20, 2)):
        assert turned.at(slew=slew, load=load) == pytest.approx(straight.at(slew=slew, load=load))
    assert straight.axes == ("slew", "load")
    assert straight.values.shape == (2, 3)


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        ('t (one) { values ("1, 2"); }', "t (one): values: must be 3 numbers, not '2'"),
        ("t (one) { }", "t (one): values: must be 3 numbers, not '0'"),
        ('t (two) { values ("1, 2", "3, 4"); }', "t (two): values: must be 2 x 3 numbers, not '4'"),
        ('t (none) { values ("1, 2"); }', "t (none): values: must be 1 numbers, not '2'"),
        ('t (one) { values ("1, x, 3"); }', "t (one): must hold numbers, not '1, x, 3'"),
        ('t (one) { values ("1, nan, 3"); }', "t (one): must hold numbers, not '1, nan, 3'"),
        ('t (one) { values ("1, 1e999, 3"); }', "t (one): must hold numbers, not '1, 1e999, 3'"),
        (
            't (one) { index_1 ("1, 3, 2"); values ("1, 2, 3"); }',
            "t (one): index_1: must rise, not '1, 3, 2'",
        ),
        (
            't (one) { index_1 ("1, 1"); values ("1, 2"); }',
            "t (one): index_1: must rise, not '1, 1'",
        ),
    ],
)
def test_a_table_that_is_none_is_one_line(library, inside, complaint):
    assert refused(lambda: table(library, inside)) == f"a.lib: line 9: {complaint}"


def test_cells_are_told_by_patterns_and_by_what_the_library_says():
    library = Library("a.lib", SMALL)

    assert library.unusable() == {"buf_1"}
    assert library.matching(["buf_*", "x"]) == {"buf_1", "buf_2"}
    assert library.matching(["*V", "inv"]) == {"inv"}
    assert library.matching([]) == set()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ('"true"', True), ("TRUE", True), ("false", False), ("1", False)],
)
def test_dont_use(cell, value, expected):
    assert cell(f"dont_use : {value};").dont_use == expected
    assert not cell("").dont_use


@pytest.mark.parametrize(
    "names", [set(), {"inv"}, {"buf_1"}, {"buf_2"}, {"inv", "buf_2"}, {"buf_1", "buf_2"}]
)
def test_a_text_without_cells_is_still_a_library_for_us_and_for_yosys(tmp_path, names):
    text = Library("a.lib", SMALL).without(names)

    expected = {"inv", "buf_1", "buf_2"} - names
    assert set(Library("a.lib", text).cells) == expected
    (tmp_path / "a.lib").write_text(text)
    run_yosys("read_liberty a.lib\nwrite_json a.json\n", folder=tmp_path)
    assert set(json.loads((tmp_path / "a.json").read_text())["modules"]) == expected
    if not names:
        assert text == SMALL
