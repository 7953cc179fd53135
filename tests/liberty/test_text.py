"""The grammar of Liberty files, corner by corner, and texts made from random structures."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.liberty.library import Library


def structure(group):
    """What a group holds, as (name, arguments, simple attributes, complex ones, groups)."""
    simple, complex_, groups = group._content
    return group.name, group.arguments, simple, complex_, [structure(one) for one in groups]


def inside(text):
    """What stands in the cell of a library of one cell."""
    library = Library("a.lib", f"library (a) {{ cell (A) {{ {text} }} }}")
    return structure(library.cells["A"].group)[2:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("area : 1;", {"area": "1"}),
        ("area:1;", {"area": "1"}),
        ("area : 1", {"area": "1"}),
        ("area\n:\n1\n;", {"area": "1"}),
        ("area : 1\n dont_use : true\n", {"area": "1", "dont_use": "true"}),
        ("area : 1; dont_use : true; x : y", {"area": "1", "dont_use": "true", "x": "y"}),
        ("\tarea\t:\t1\t;\t", {"area": "1"}),
        ("area : 1;; ; b : 2;", {"area": "1", "b": "2"}),
        ("area : 1;\r\nb : 2\r\nc : 3;\r\n", {"area": "1", "b": "2", "c": "3"}),
        ("area : 1; area : 2;", {"area": "2"}),
        ("a : -40.0; b : +2e-3;", {"a": "-40.0", "b": "+2e-3"}),
        ("vil : 0.3 * VDD ; vih : VDD + 0.5 ;", {"vil": "0.3 * VDD", "vih": "VDD + 0.5"}),
        ("f : (A B) ; g : !A ; h : A' ;", {"f": "(A B)", "g": "!A", "h": "A'"}),
        ('a : ; b : "";', {"a": "", "b": ""}),
        ('a : "{ } ( ; : , /* */ // ";', {"a": "{ } ( ; : , /* */ // "}),
        (r'a : "say \"}\" ";', {"a": r"say \"}\" "}),
        ('a : "one \\\n two";', {"a": "one  two"}),
        ('a : "one \\ \r\n two";', {"a": "one  two"}),
        ('a : "one\n two";', {"a": "one\n two"}),
        ("\\\n a : \\\n 1 ; \\ \n b : 2; \\\r\n", {"a": "1", "b": "2"}),
        ('a /* } */ : /* { */ 1 /* " */ ; // }\n b : 2;', {"a": "1", "b": "2"}),
        ("/* a : 1; */ b : /**/ 2; // c : 3;\n", {"b": "2"}),
        ("/* don't */ a : 1; // it\"s\n", {"a": "1"}),
        ("a : 1 /* two\nlines */\n b : 2", {"a": "1", "b": "2"}),
    ],
)
def test_simple_attributes(text, expected):
    assert inside(text) == (expected, {}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x (1, pf);", {"x": ("1", "pf")}),
        ("x(1,pf)", {"x": ("1", "pf")}),
        ("x (1 2)", {"x": ("1", "2")}),
        ("x ();", {"x": ()}),
        ("x (1, pf)\ny (cmos)\n", {"x": ("1", "pf"), "y": ("cmos",)}),
        ('x ("1, 2, ", "3,4",);', {"x": ("1, 2, ", "3,4")}),
        ("x (1, 2, 3, );", {"x": ("1", "2", "3")}),
        ('x ( \\\n "1, 2", \\\n "3" \\\n );', {"x": ("1, 2", "3")}),
        ('x ( \\ \r\n "1, 2", \\\t\r\n "3" \\\r\n );', {"x": ("1, 2", "3")}),
        ('x ("1, \\\n2", "");', {"x": ("1, 2", "")}),
        ('x ("a (b) {c}", d /* , e */);', {"x": ("a (b) {c}", "d")}),
        ("x (1); x (2);", {"x": ("2",)}),
        ("x\n(1\n,2)", {"x": ("1", "2")}),
        ("define (own, cell, string);", {"define": ("own", "cell", "string")}),
        ("define_group (mine, cell);", {"define_group": ("mine", "cell")}),
    ],
)
def test_complex_attributes(text, expected):
    assert inside(text) == ({}, expected, [])


@pytest.mark.parametrize(
    "text",
    [
        "pin (X) { direction : input; } pin (Y) { direction : output; }",
        "pin(X){direction:input}pin(Y){direction:output}",
        "pin (X) { direction : input; }; pin (Y) { direction : output; };",
        'pin ("X")\n{\n direction : input }\n\npin\n("Y")\r\n{ direction : "output" }',
        "pin (X) /* { */ { direction : input; } // }\npin (Y /* Z */) { direction : output; }",
    ],
)
def test_groups(text):
    assert inside(text) == (
        {},
        {},
        [
            ("pin", ("X",), {"direction": "input"}, {}, []),
            ("pin", ("Y",), {"direction": "output"}, {}, []),
        ],
    )


def test_types_buses_and_bundles_are_groups_like_others():
    library = Library(
        "a.lib",
        "library (a) { type (b4) { base_type : array; bit_width : 4; downto : true; }"
        " cell (A) { bus (D) { bus_type : b4; pin (D[3:0]) { capacitance : 1; } }"
        " bundle (Q) { members (Q0, Q1); pin (Q0, Q1) { } } pin (E, F) { capacitance : 2; } } }",
    )

    (kind,) = library.group.groups("type")
    assert (kind.argument, kind.get("bit_width")) == ("b4", "4")
    bus, bundle, pins = library.cells["A"].group.groups()
    assert (bus.name, bus.argument, bus.get("bus_type")) == ("bus", "D", "b4")
    assert next(bus.groups()).arguments == ("D[3:0]",)
    assert bundle.values("members") == ("Q0", "Q1")
    assert pins.arguments == ("E", "F")
    assert {name: pin.capacitance for name, pin in library.cells["A"].pins.items()} == {
        "E": 2.0,
        "F": 2.0,
    }


def test_groups_know_their_lines_and_a_comment_does_not_shift_them():
    text = "/* one\ntwo */ library (a) { // three\n\n cell (A)\n {\n } }"
    cell = Library("a.lib", text).cells["A"].group

    assert cell.line == 5
    assert text[cell.begin : cell.end + 1] == "cell (A)\n {\n }"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "must be a Liberty file, not an empty one"),
        (" \n\t", "must be a Liberty file, not an empty one"),
        ("/* hm */", "line 1: must begin with library (NAME) {, not ''"),
        (
            "module a (input b);\nendmodule\n",
            "line 1: must begin with library (NAME) {, not 'module a (input b); endmodule'",
        ),
        ('// x\n{"a": 1}', "line 2: must begin with library (NAME) {, not '{\"a\": 1}'"),
        (
            "<!DOCTYPE html>\n<html>",
            "line 1: must begin with library (NAME) {, not '<!DOCTYPE html> <html>'",
        ),
        (
            'VERSION 5.8 ;\nBUSBITCHARS "[]" ;\n',
            "line 1: must begin with library (NAME) {, not 'VERSION 5.8 ; BUSBITCHARS \"[]\" ;'",
        ),
        ("library", "line 1: must be a Liberty statement, not 'library'"),
        ("library (a)", "line 1: must begin with library (NAME) {, not 'library (a)'"),
        ("library : a;", "line 1: must begin with library (NAME) {, not 'library : a;'"),
        ("library (a) { }", "must have cells, not none"),
        (
            "library (a) { cell (A) { }",
            "must be a whole Liberty file, not one that ends inside 'library (a)' of line 1",
        ),
        (
            "library (a) {\n cell (A) {",
            "must be a whole Liberty file, not one that ends inside 'cell (A)' of line 2",
        ),
        ("<html><style>a {", "line 1: must begin with library (NAME) {, not '<html><style>a {'"),
        ("library (a) { } }", "line 1: must be inside a group, not '}'"),
        ("library (a) { cell (A) { } }\nx", "line 2: must end after its library, not 'x'"),
        (
            "library (a) { cell (A) { } }\nlibrary (b) { cell (B) { } }",
            "line 2: must end after its library, not 'library (b) { cell (B) { } }'",
        ),
        ("library (a) {\n cell () { } }", "line 2: cell: must have a name of its own, not ''"),
        (
            "library (a) { cell (A) { }\ncell (A) { } }",
            "line 2: cell: must have a name of its own, not 'A'",
        ),
        (
            'library (a) { include_file ("b.lib"); cell (A) { } }',
            "line 1: must be whole, without include_file, not 'b.lib'",
        ),
        ("library (a) {\n ? }", "line 2: must be a Liberty statement, not '?'"),
        ("library (a) {\n cell }", "line 2: must be a Liberty statement, not 'cell'"),
        ("library (a) {\n x (1 }", "line 2: must be a Liberty statement, not 'x (1'"),
        ("library (a) {\n x ((1)) }", "line 2: must be a Liberty statement, not 'x ((1))'"),
        ('library (a) { x : "abc ; }', "line 1: must be a Liberty statement, not '\"abc ;'"),
    ],
)
def test_what_is_no_library_is_one_line(text, complaint):
    with pytest.raises(UserError) as raised:
        Library("a.lib", text)
    assert str(raised.value) == f"a.lib: {complaint}"


def test_a_bad_statement_of_a_cell_is_found_when_it_is_read():
    library = Library("a.lib", "library (a) {\n cell (A) {\n area 1;\n }\n}")

    with pytest.raises(UserError) as raised:
        _ = library.cells["A"].area
    assert str(raised.value) == "a.lib: line 3: must be a Liberty statement, not 'area 1;'"


@pytest.mark.parametrize("value", ["x", "nan", "inf", "1e400", "1,2", ""])
def test_a_number_that_is_none_is_one_line(cell, value):
    with pytest.raises(UserError) as raised:
        _ = cell(f'area : "{value}";').area
    assert str(raised.value) == f"a.lib: line 2: cell (c): area: must be a number, not {value!r}"


@pytest.mark.parametrize("seed", range(40))
def test_a_random_structure_is_read_back_from_its_text(seed):
    rng = np.random.default_rng(seed)
    made = random_group(rng, "library", depth=4)
    made[4].append(("cell", ("last",), {}, {}, []))

    assert structure(Library("a.lib", written(rng, made)).group) == made


NAMES = ("area", "when", "x1", "index_1", "related_pin", "dont_use", "A.b", "c-d")
WORDS = ("1", "-2.5e-3", "A", "B[3]", "true", "pf", "Q_N", "0.1")
QUOTED = (*WORDS, "", "a b", "1, 2, 3", "{", "}", ";", "(x)", "/* no */", "// no", "A & !B", "it's")


def random_group(rng, name, depth):
    """Make (name, arguments, simple attributes, complex ones, groups)."""
    simple = {str(rng.choice(NAMES)): str(rng.choice(QUOTED)) for _ in range(rng.integers(4))}
    complex_ = {str(rng.choice(NAMES)): random_words(rng) for _ in range(rng.integers(4))}
    kinds = ["pin", "timing", "values", "ff"]
    groups = [
        random_group(rng, str(rng.choice(kinds)), depth - 1)
        for _ in range(rng.integers(4) if depth else 0)
    ]
    return name, random_words(rng), simple, complex_, groups


def random_words(rng):
    return tuple(str(rng.choice(QUOTED)) for _ in range(rng.integers(4)))


def written(rng, group):
    """Write it with the freedom that the format gives."""
    name, arguments, simple, complex_, groups = group
    statements = [
        f"{key}{gap(rng)}:{gap(rng)}{word(rng, value)}{gap(rng)};" for key, value in simple.items()
    ]
    statements += [
        f"{key}{gap(rng)}{listed(rng, values)}{rng.choice([';', ' ;', chr(10)])}"
        for key, values in complex_.items()
    ]
    # Attributes and groups may stand in any order, but each kind keeps its own.
    below = [written(rng, one) for one in groups]
    places = sorted(rng.integers(0, len(statements) + 1, len(below)))
    for place, one in reversed(list(zip(places, below, strict=True))):
        statements.insert(place, one)
    body = "".join(gap(rng) + one for one in statements)
    return f"{name}{gap(rng)}{listed(rng, arguments)}{gap(rng)}{{{body}{gap(rng)}}}"


def listed(rng, values):
    words = (word(rng, value) for value in values)
    return f"({gap(rng)}{f'{gap(rng)},{gap(rng)}'.join(words)}{gap(rng)})"


def word(rng, value):
    return value if value in WORDS and rng.random() < 0.5 else f'"{value}"'


def gap(rng):
    return str(rng.choice(["", " ", "\n", "\t ", "\r\n", " /* } */ ", ' // { "\n', "/*\n*/"]))
