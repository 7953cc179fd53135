"""Timing arcs of cells: what is read from a library, and tables looked up by the thousand."""

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.gates.arcs import FALL, RISE, Arcs, Surfaces
from hwgen.liberty.library import Library, Table
from tests.gates.tiny import liberty

AXES = ("s",), ("l",)


def arcs(**options):
    return Arcs(Library("tiny.lib", liberty(**options)))


def table(axes, *points, seed=0):
    points = tuple(np.array(axis, dtype=float) for axis in points)
    values = np.random.default_rng(seed).random([len(axis) for axis in points])
    return Table(axes=axes, points=points, values=values)


TABLES = [
    table(("s", "l"), [0, 1, 4], [0.5, 2], seed=1),
    table(("l", "s"), [0, 1, 4, 5], [0.5, 2], seed=2),
    table(("s",), [0, 1, 4], seed=3),
    table(("l",), [1, 3], seed=4),
    table(("l", "other", "s"), [0, 1, 4], [2, 3], [0.5, 2], seed=5),
    table(("s", "l"), [1], [0, 2], seed=6),
    table((), seed=7),
]


def test_tables_of_all_sizes_are_looked_up_as_one_by_one():
    surfaces = Surfaces()
    numbers = [surfaces.add(one, *AXES) for one in TABLES]
    rng = np.random.default_rng(8)
    chosen = rng.choice(numbers, 500)
    slews, loads = rng.uniform(-2, 7, (2, 500))  # beyond the points on both sides
    slews[:50] = rng.choice([0.5, 1, 2, 4], 50)  # on the points

    found = surfaces.at(chosen, slews, loads)

    expected = [
        TABLES[number].at(s=slew, l=load)
        for number, slew, load in zip(chosen, slews, loads, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_tables_may_be_added_after_others_were_looked_up():
    surfaces = Surfaces()
    first = surfaces.add(TABLES[0], *AXES)
    surfaces.at(np.array([first]), np.ones(1), np.ones(1))
    second = surfaces.add(TABLES[1], *AXES)

    (found,) = surfaces.at(np.array([second]), np.ones(1), np.ones(1))

    assert found == pytest.approx(TABLES[1].at(s=1, l=1))


def test_an_inverter_turns_edges_over():
    found = arcs().of("NOT")

    assert [(one.source, one.cause, one.pin, one.edge) for one in found.arcs] == [
        ("A", FALL, "Y", RISE),
        ("A", RISE, "Y", FALL),
    ]
    assert not found.launches


@pytest.mark.parametrize(
    ("sense", "causes"),
    [
        ("positive_unate", {(RISE, RISE), (FALL, FALL)}),
        ("non_unate", {(RISE, RISE), (RISE, FALL), (FALL, RISE), (FALL, FALL)}),
    ],
)
def test_the_sense_of_an_arc_says_which_edge_makes_which(sense, causes):
    assert {(one.cause, one.edge) for one in arcs(sense=sense).of("NOT").arcs} == causes


@pytest.mark.parametrize(("edge", "cause"), [("rising", RISE), ("falling", FALL)])
def test_a_flip_flop_starts_at_its_clock_and_ends_at_its_data(edge, cause):
    found = arcs(edge=edge).of("DFF")

    assert {(one.source, one.cause, one.pin) for one in found.launches} == {("C", cause, "Q")}
    assert [one.edge for one in found.launches] == [RISE, FALL]
    assert not found.arcs  # that of the clear pin is none
    assert [(one.pin, one.clock, one.edge) for one in found.setups] == [
        ("D", "C", RISE),
        ("D", "C", FALL),
    ]
    assert [(one.pin, one.edge) for one in found.recoveries] == [("R", RISE)]
    assert found.clocks == {"C"}


def test_capacitances_are_those_of_an_edge_at_the_end_of_its_range():
    assert arcs().of("NOT").capacitance == {"A": (0.01, 0.02)}
    assert arcs().of("DFF").capacitance["D"] == (0.03, 0.03)


def test_a_capacitance_that_is_no_number_is_named():
    text = liberty().replace("(0.016, 0.02)", "(0.016, much)")

    with pytest.raises(UserError, match=r"fall_capacitance_range: must be two numbers, not "):
        Arcs(Library("tiny.lib", text)).of("NOT")


def test_a_related_pin_that_the_cell_lacks_is_named():
    text = liberty().replace('related_pin : "A"', 'related_pin : "B"')

    with pytest.raises(
        UserError,
        match=r"^tiny.lib: line \d+: cell \(NOT\): related_pin: must be one of its pins, ",
    ):
        Arcs(Library("tiny.lib", text)).of("NOT")


def test_a_cell_that_the_library_lacks_is_named():
    with pytest.raises(UserError, match=r"^tiny.lib: must have a cell NAND, not none$"):
        arcs().of("NAND")


def test_cells_without_tables_are_told_from_those_that_need_none():
    assert arcs().untimed(["NOT", "DFF"]) == []
    assert arcs(timed=False).untimed(["NOT", "DFF"]) == ["NOT", "DFF"]
    constant = 'cell (HIGH) { area : 1; pin (Y) { direction : output; function : "1"; } }'
    text = liberty(timed=False).replace("cell (NOT)", f"{constant}\n  cell (NOT)")
    assert Arcs(Library("tiny.lib", text)).untimed(["HIGH"]) == []


def test_a_flip_flop_without_setup_is_not_timed():
    text = liberty().replace("timing_type : setup_rising", "timing_type : hold_rising")

    assert Arcs(Library("tiny.lib", text)).untimed(["NOT", "DFF"]) == ["DFF"]


@pytest.mark.parametrize("kind", ["combinational_rise", "three_state_enable_rise"])
def test_an_arc_may_drive_one_edge_only(kind):
    text = liberty().replace(
        "timing_sense : negative", f"timing_type : {kind}; timing_sense : negative"
    )

    assert [one.edge for one in Arcs(Library("tiny.lib", text)).of("NOT").arcs] == [RISE]
