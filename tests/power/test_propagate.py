"""Activity without vectors, by hand."""

import pytest

from hwgen.power.propagate import propagated
from tests.power.tiny import netlist, power_cells


def propagate(found, constants=None, **inputs):
    clock = found.ports["clk"].nets[0]
    given = {"density": 0.1, "probability": 0.5} | inputs
    held = {found.ports[name].nets[0]: level for name, level in (constants or {}).items()}
    return propagated(found, power_cells(), clock=clock, constants=held, **given)


def values(found, signals, port):
    (net,) = found.ports[port].nets
    return signals.density[net], signals.probability[net]


def test_a_gate_passes_on_changes_that_its_other_input_lets_through():
    found = netlist(
        {"u": ("NAND", {"A": 2, "B": 3, "Y": 4})},
        {"a": ("input", [2]), "b": ("input", [3]), "y": ("output", [4]), "clk": ("input", [5])},
    )

    density, probability = values(found, propagate(found, probability=0.25), "y")
    assert probability == pytest.approx(1 - 0.25**2)
    assert density == pytest.approx(0.1 * 0.25 * 2)
    assert values(found, propagate(found, {"b": 0}), "y") == (0, 1)
    assert values(found, propagate(found, {"b": 1}), "y") == pytest.approx((0.1, 0.5))


def test_nets_change_no_more_than_they_can():
    found = netlist(
        {"u": ("NAND", {"A": 2, "B": 3, "Y": 4})},
        {"a": ("input", [2]), "b": ("input", [3]), "y": ("output", [4]), "clk": ("input", [5])},
    )

    density, probability = values(found, propagate(found, density=0.9), "y")
    assert probability == pytest.approx(0.75)
    assert density == pytest.approx(2 * 0.25)


def test_a_flip_flop_passes_on_its_data_and_a_loop_settles():
    found = netlist(
        {
            "v": ("DFF", {"C": 5, "D": 4, "Q": 6}),
            "u": ("NAND", {"A": 2, "B": 6, "Y": 4}),
        },
        {"a": ("input", [2]), "clk": ("input", [5]), "q": ("output", [6])},
    )
    signals = propagate(found)

    # p = 1 - p/2; D = 0.1 p + D/2, which the bound 2 (1 - p) does not reach
    density, probability = values(found, signals, "q")
    assert probability == pytest.approx(2 / 3, abs=0.01)
    assert density == pytest.approx(0.2 * 2 / 3, abs=0.01)
    assert values(found, signals, "clk") == (2.0, 0.5)


def test_a_clock_goes_through_a_buffer_twice_a_cycle():
    found = netlist(
        {"b": ("BUF", {"A": 2, "Y": 3}), "v": ("DFF", {"C": 3, "D": 4, "Q": 5})},
        {"clk": ("input", [2]), "d": ("input", [4]), "q": ("output", [5]), "g": ("output", [3])},
    )

    assert values(found, propagate(found), "g") == pytest.approx((2.0, 0.5))
