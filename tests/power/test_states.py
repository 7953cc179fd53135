"""How often cells are in which state: latches, clock gates, sets and resets, by hand."""

import numpy as np
import pytest

from hwgen.liberty.functions import behaviour, parse
from hwgen.liberty.library import Library
from hwgen.power.states import States

CELLS = """
  cell (LATCH) {
    latch (IQ, IQN) { data_in : "D"; enable : "G"; clear : "!R"; }
    pin (G) { direction : input; } pin (D) { direction : input; } pin (R) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; }
  }
  cell (ICG) {
    statetable ("C E", "M") { table : "L L : - : L, L H : - : H, H - : - : N"; }
    pin (M) { direction : internal; internal_node : "M"; }
    pin (C) { direction : input; } pin (E) { direction : input; }
    pin (Q) { direction : output; state_function : "C * M"; }
  }
  cell (DFFSR) {
    ff (IQ, IQN) { next_state : "D"; clocked_on : "C"; clear : "!R"; preset : "!S";
                   clear_preset_var1 : H; }
    pin (C) { direction : input; } pin (D) { direction : input; }
    pin (R) { direction : input; } pin (S) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; }
    pin (QN) { direction : output; function : "IQN"; }
  }
  cell (HIDDEN) {
    ff (IQ, IQN) { next_state : "D"; clocked_on : "C"; }
    pin (C) { direction : input; } pin (D) { direction : input; } pin (E) { direction : input; }
    pin (Q) { direction : output; function : "IQ & E"; }
  }
"""


def states(kind):
    cell = Library("states.lib", f"library (small) {{ {CELLS} }}").cell(kind)
    return States(cell, behaviour(cell))


def shares(found, of, changes=None, **options):
    """Return what tells the share of the time in which an expression is true."""
    ones = {name: np.array([value]) for name, value in of.items()}
    moves = {name: np.array([(changes or {}).get(name, 0.0)]) for name in of}
    (row,) = found.probabilities(ones, moves, **options)
    assert row.sum() == pytest.approx(1)
    return lambda text: row[found.holds(parse(text))].sum()


def test_a_latch_that_is_open_holds_its_data():
    found = shares(states("LATCH"), {"G": 0.25, "D": 0.8, "R": 1.0, "Q": 0.5})

    assert found("G & (IQ ^ D)") == 0
    assert found("IQ") == pytest.approx(0.5)  # as measured
    closed = (0.5 - 0.25 * 0.8) / 0.75
    assert found("!G & IQ") == pytest.approx(0.75 * closed)


def test_a_latch_in_reset_is_zero_whatever_it_was_said_to_be():
    found = shares(states("LATCH"), {"G": 0.25, "D": 0.8, "R": 0.0, "Q": 0.5})

    assert found("IQ") == 0
    assert states("LATCH").reachable.sum() == 4 + 4 + 2  # in reset, closed, open


def test_the_latch_of_a_clock_gate_is_seen_while_the_clock_is_high():
    found = shares(states("ICG"), {"C": 0.5, "E": 0.3, "Q": 0.1})

    assert found("C & M") == pytest.approx(0.1)
    assert found("!C & M") == pytest.approx(0.5 * 0.3)
    assert found("!C & (M ^ E)") == 0
    still = shares(states("ICG"), {"C": 0.0, "E": 0.3, "Q": 0.0})
    assert still("M") == pytest.approx(0.3)


def test_set_and_reset_say_what_a_flip_flop_holds():
    found = states("DFFSR")
    of = {"C": 0.5, "D": 0.5, "R": 1.0, "S": 1.0, "Q": 0.5, "QN": 0.5}

    for held, value in (({"R": 0.0}, 0), ({"S": 0.0}, 1), ({"R": 0.0, "S": 0.0}, 1)):
        one = shares(found, of | held)("IQ")
        assert one == pytest.approx(value)
    expected = found.holds(parse("!S | R & D"))
    np.testing.assert_array_equal(found.comes("Q"), expected)


@pytest.mark.parametrize(
    ("pulses", "expected", "at_edges"),
    [(1.0, 0.1, 0.1), (0.25, 0.1 + 0.75 * 0.5, 0.4), (0.1, 0.1 + 0.9 * 0.5, 1.0), (0, 0.5, 0.5)],
)
def test_what_comes_differs_once_per_change_of_the_output(pulses, expected, at_edges):
    of = {"C": 0.5, "D": 0.5, "R": 1.0, "S": 1.0, "Q": 0.5, "QN": 0.5}
    changes = {"C": 2 * pulses, "Q": 0.1, "QN": 0.1}

    for options, share in (({}, expected), ({"at_edges": True}, at_edges)):
        found = shares(states("DFFSR"), of, changes, **options)
        assert found("D ^ IQ") == pytest.approx(share)


def test_a_register_that_an_output_shows_behind_a_gate_is_found_by_it():
    found = shares(states("HIDDEN"), {"C": 0.5, "D": 0.5, "E": 0.4, "Q": 0.1})

    assert found("IQ") == pytest.approx(0.25)
    unseen = shares(states("HIDDEN"), {"C": 0.5, "D": 0.5, "E": 0.0, "Q": 0.0})
    assert unseen("IQ") == pytest.approx(0.5)


def test_edges_of_outputs_are_told_from_their_functions():
    with_it, against = states("ICG").follows("Q", "C")

    assert with_it.tolist() == [False] * 4 + [True] * 4  # M is one
    assert not against.any()


def test_what_a_flip_flop_in_reset_does_not_take_is_no_change():
    of = {"C": 0.5, "D": 0.5, "R": 0.5, "S": 1.0, "Q": 0.25, "QN": 0.75}

    found = shares(states("DFFSR"), of, {"C": 2.0, "Q": 0.1, "QN": 0.1})

    assert found("R & (D ^ IQ)") == pytest.approx(0.1)
    assert found("!R & IQ") == 0
