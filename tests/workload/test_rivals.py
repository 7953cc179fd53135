"""Rivals and savings by hand."""

import numpy as np
import pytest

from hwgen.config import BasedRange
from hwgen.workload.array.costs import Costs, full_search_bits
from hwgen.workload.array.phase import Phase
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.rivals import bounded_bits, rivals_of, static_bits
from hwgen.workload.array.statistics import Extent, Statistics
from hwgen_models.scaled import scaled_ranges
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from hwgen_models.tile import search_tree


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
        "phases": {
            "double": Phase(cycles=500, between=40, decisions=300.0, overhead=150.0),
            "binary": Phase(cycles=1000, decisions=800.0, overhead=150.0),
        },
        "counts_above_bound": 0,
        "static_bits": 6,
        "rivals": {"bounded_binary": 500, "optimal_tree": 250, "entropy": 200.0},
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


def test_a_total_lacks_what_a_layer_lacks():
    flawed = costs(static_bits=None, rivals={"bounded_binary": None, "entropy": 300.0})
    known = costs(rivals={"bounded_binary": 500, "entropy": 200.0})

    rivals = Costs.total([known, flawed]).as_json()["rivals"]

    assert rivals["bounded_binary"]["saving"] is None
    assert rivals["entropy"]["decisions_per_conversion"] == 500 / 200


def seen(spec, *, ones=9):
    """Statistics of made-up reads: columns with 0 to `ones` stored ones, few rows active."""
    rng = np.random.default_rng(2)
    extent = Extent(spec=spec, active=16, bound=16, count=16)
    found = Statistics.empty(extent)
    for _ in range(3000):
        s, t, u = rng.integers(spec.slices), rng.integers(spec.planes), rng.integers(1, 17)
        bound = min(u, rng.integers(0, ones + 1))
        count = rng.binomial(bound, 0.3)
        found.by_active[s, t, u, count] += 1
        octave = int(u).bit_length() - 1 if spec.scaled else 0
        found.by_ones[s, octave, bound, count] += 1
    return found


def adaptive(**keys):
    return TileSpec(
        **{"rows": 16, "columns": 28, "columns_per_lane": 7, "search": "ranges"}
        | {"bounded": True, "contexts": "slice", "bases": "any", "readout_bits": 5}
        | keys
    )


RANGES = (BasedRange(0, 1, 0), BasedRange(2, 2, 0), BasedRange(6, 4, 0))


def test_the_ones_of_a_column_bound_its_searches_too():
    spec = adaptive()
    found = seen(spec)
    readout = Readout.by_context(spec, [[RANGES] * spec.planes] * spec.slices)

    expected = sum(
        int(amount) * search_tree(spec, RANGES, bound).walk(count).decisions
        for (_, bound, count), amount in np.ndenumerate(found.by_bound)
        if amount
    )

    assert rivals_of(found, readout)["column_ones"] == expected
    own = sum(
        int(amount) * search_tree(spec, RANGES, u).walk(count).decisions
        for (_, _, u, count), amount in np.ndenumerate(found.by_active)
        if amount
    )
    assert expected < own


@pytest.mark.parametrize("truncation", [0, 1])
def test_scaled_tables_scale_with_the_active_rows_and_are_clipped_by_the_ones(truncation):
    """Those that truncate are clipped alone."""
    spec = adaptive(scaled=True, bases="aligned")
    payloads = (1, 2, 5)
    table = tuple(
        BasedRange(one.base, one.payload, truncation * (one.payload > 2))
        for one in scaled_ranges(payloads)
    )
    found = seen(spec)
    readout = Readout.by_context(spec, [[table] * spec.planes] * spec.slices)

    expected = 0
    for (_, octave, bound, count), amount in np.ndenumerate(found.by_ones):
        shift = 0 if truncation else spec.octaves - 1 - octave
        ranges = scaled_ranges(payloads, shift) if shift else table
        if amount:
            tree = SearchTree.ranges(ranges, bits=5, bound=min(16, (2 << octave) - 1), active=bound)
            expected += int(amount * tree.walk(count).decisions)

    assert rivals_of(found, readout)["column_ones"] == expected
    own = sum(
        int(amount) * search_tree(spec, table, u).walk(count).decisions
        for (_, _, u, count), amount in np.ndenumerate(found.by_active)
        if amount
    )
    assert expected < own


@pytest.mark.parametrize("reason", ["no bound", "a plane of its own", "flaws"])
def test_the_ones_bound_no_search_where_nothing_does(reason):
    spec = adaptive(bounded=reason != "no bound")
    tables = [[RANGES] * spec.planes for _ in range(spec.slices)]
    if reason == "a plane of its own":
        tables[2][3] = (BasedRange(0, 5, 0),)

    found = rivals_of(seen(spec), Readout.by_context(spec, tables), ideal=reason != "flaws")

    assert found["column_ones"] is None
    assert (found["entropy_slices"] is None) == (reason == "flaws")


def test_who_knows_more_needs_less():
    spec = adaptive()
    readout = Readout.by_context(spec, [[RANGES] * spec.planes] * spec.slices)

    found = rivals_of(seen(spec), readout)

    names = ("entropy_ones", "entropy_slices", "entropy_active_rows", "entropy", "optimal_tree")
    needs = [found[name] for name in names]
    assert needs == sorted(needs)
    assert needs[0] < 0.99 * needs[1]


def test_nothing_converted_saves_nothing():
    found = costs(
        reads=0,
        conversions=0,
        decisions=0,
        rivals={"bounded_binary": 0, "entropy": 0.0},
    ).as_json()

    assert found["saving"] is found["decisions_per_conversion"] is found["entropy_bits"] is None
