"""Rivals and savings by hand."""

import numpy as np
import pytest

from hwgen.workload.array.costs import Costs, full_search_bits
from hwgen.workload.array.rivals import bounded_bits, static_bits


def test_bounded_bits_are_bit_lengths():
    active = np.arange(5000)

    np.testing.assert_array_equal(
        bounded_bits(active, cell_bits=2), [(3 * int(u)).bit_length() for u in active]
    )


def test_static_bits_hold_the_fullest_column():
    cells = np.zeros((128, 3), dtype=int)
    cells[:63, 1] = 1

    assert static_bits(cells, dac_bits=1) == 6
    cells[63, 1] = 1
    assert static_bits(cells, dac_bits=1) == 7
    assert static_bits(cells, dac_bits=2) == 8


def test_a_narrow_readout_is_compared_with_the_full_search():
    assert full_search_bits(readout_bits=6, largest_count=128) == 8
    assert full_search_bits(readout_bits=12, largest_count=128) == 12


def costs(**changes):
    values = {
        "full_bits": 8,
        "crossbars": 2,
        "reads": 10,
        "reads_skipped": 5,
        "conversions": 100,
        "conversions_skipped": 50,
        "decisions": 400,
        "cycles": 1000,
        "counts_above_bound": 0,
        "static_bits": 6,
        "bounded_decisions": 500,
        "optimal_decisions": 250,
        "information_bits": 200.0,
    }
    return Costs(**values | changes)


def test_savings_by_hand():
    found = costs().as_json()

    assert found["decisions_per_conversion"] == 4
    assert (found["saving"], found["saving_with_skips"]) == (2.0, 3.0)
    assert found["entropy_bits"] == 2
    assert found["rivals"] == {
        "static": {
            "decisions_per_conversion": 6,
            "saving": pytest.approx(8 / 6),
            "saving_with_skips": 2.0,
        },
        "bounded_binary": {
            "decisions_per_conversion": 5,
            "saving": 1.6,
            "saving_with_skips": pytest.approx(2.4),
        },
        "optimal_tree": {
            "decisions_per_conversion": 2.5,
            "saving": pytest.approx(3.2),
            "saving_with_skips": pytest.approx(4.8),
        },
        "entropy": {
            "decisions_per_conversion": 2,
            "saving": 4.0,
            "saving_with_skips": 6.0,
        },
    }


def test_totals_add_up_and_the_static_width_is_the_widest():
    total = Costs.total([costs(), costs(static_bits=7, decisions=100)])

    assert (total.crossbars, total.decisions, total.static_bits) == (4, 500, 7)
    assert total.as_json()["rivals"]["static"]["decisions_per_conversion"] == 7


def test_nothing_converted_saves_nothing():
    found = costs(
        reads=0,
        conversions=0,
        decisions=0,
        bounded_decisions=0,
        optimal_decisions=0,
        information_bits=0.0,
    ).as_json()

    assert found["saving"] is found["decisions_per_conversion"] is found["entropy_bits"] is None
