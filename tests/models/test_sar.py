"""Conversions cycle by cycle, written out."""

import re

import numpy as np
import pytest

from hwgen_models.sar import Sar
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec

BASELINE = Sar()  # one cycle each to settle the multiplexer and to acquire, decisions of two
SLOW = Sar(settle_mux=2, acquire_cycles=3, settle_dac=1, compare_latency=4, compare_stages=1)


def test_shortest_decisions_written_out():
    """Count 2 of 3 bits: 4 no, 2 yes, 3 no."""
    conversion = BASELINE.conversion(SearchTree.binary(3), 2)

    assert conversion.thresholds == (4, 2, 3)
    assert (conversion.value, conversion.level, conversion.decisions) == (2, 2, 3)
    # cycle        0       1        2       3      4       5      6       7      8
    #              settle  acquire  strobe  act    strobe  act    strobe  act    next
    assert conversion.decided == (2, 4, 6)
    assert conversion.strobes == (2, 4, 6)
    assert conversion.captures == (2, 4, 6)  # two flip-flops' time before the end of D
    assert conversion.acts == (3, 5, 7)
    assert conversion.cycles == 8

    pins = BASELINE.pins(conversion, dac_before=5)
    assert pins.busy == (1, 1, 1, 1, 1, 1, 1, 1)
    assert pins.acquire == (0, 1, 0, 0, 0, 0, 0, 0)
    assert pins.strobe == (0, 0, 1, 0, 1, 0, 1, 0)
    assert pins.dac == (5, 5, 4, 4, 2, 2, 3, 3)


def test_slow_front_end_written_out():
    """D = 1 + 4: strobe in the second cycle, captured at the end of cycle 5 - 2 - 1 = 2."""
    conversion = SLOW.conversion(SearchTree.twin_range(1, 0, 2, 0, bits=2, bound=3), 1)

    assert conversion.thresholds == (2, 1)
    assert conversion.decided == (5, 10)
    assert conversion.strobes == (6, 11)
    assert conversion.captures == (7, 12)
    assert conversion.acts == (9, 14)
    assert conversion.cycles == 15

    pins = SLOW.pins(conversion)
    assert pins.acquire == (0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert pins.strobe == (0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0)
    assert pins.dac == (0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1)


def test_conversion_without_a_decision_is_only_overhead():
    conversion = BASELINE.conversion(SearchTree.twin_range(2, 2, 2, 0, bits=2, bound=3), 3)

    assert (conversion.value, conversion.level, conversion.cycles) == (0, 0, 2)
    assert conversion.strobes == ()
    assert BASELINE.pins(conversion, dac_before=3).dac == (3, 3)


def test_no_settling_at_all():
    sar = Sar(settle_mux=0, acquire_cycles=1, settle_dac=0, compare_latency=2)
    conversion = sar.conversion(SearchTree.binary(1), 1)

    assert conversion.cycles == 3
    assert sar.pins(conversion).acquire == (1, 0, 0)
    assert sar.pins(conversion).strobe == (0, 1, 0)


def test_wrong_comparator_takes_another_way_through_the_tree():
    tree = SearchTree.twin_range(2, 0, 3, 1, bits=3, bound=7)

    right = BASELINE.conversion(tree, 0)
    wrong = BASELINE.conversion(tree, 0, error=[9.0, 0.0, 0.0])

    assert (right.range_index, right.value, right.thresholds) == (0, 0, (4, 2, 1))
    assert (wrong.range_index, wrong.value, wrong.thresholds) == (1, 1, (4, 4, 2))


@pytest.mark.parametrize("sar", [BASELINE, SLOW, Sar(settle_mux=0, settle_dac=3)])
def test_length_is_overhead_and_decisions_for_every_count(sar):
    tree = SearchTree.twin_range(2, 1, 4, 1, bits=4, bound=12)

    conversions = [sar.conversion(tree, count) for count in range(13)]

    cycles = [conversion.cycles for conversion in conversions]
    np.testing.assert_array_equal(sar.conversion_cycles(tree.depths), cycles)
    for conversion in conversions:
        pins = sar.pins(conversion)
        assert {len(pin) for pin in (pins.busy, pins.acquire, pins.strobe, pins.dac)} == {
            conversion.cycles
        }
        assert sum(pins.strobe) == conversion.decisions
        assert sum(pins.acquire) == sar.acquire_cycles


def test_times_of_a_tile():
    spec = TileSpec(settle_mux=3, compare_stages=1, compare_latency=5, settle_dac=2)
    sar = Sar.of(spec)

    assert (sar.settle_mux, sar.compare_stages) == (3, 1)
    assert sar.decision_cycles == spec.decision_cycles == 7
    assert sar.overhead_cycles == spec.overhead_cycles == 4
    assert int(sar.conversion_cycles(8)) == spec.longest_conversion


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"compare_latency": 1}, "compare_latency must be at least 2, not 1"),
        ({"compare_stages": 1}, "compare_latency must be at least 3, not 2"),
        ({"acquire_cycles": 0}, "acquire_cycles must be at least 1, not 0"),
        ({"settle_mux": -1}, "settle_mux must be at least 0, not -1"),
    ],
)
def test_rejects_impossible_times(bad, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Sar(**bad)
