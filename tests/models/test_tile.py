"""The whole tile against plain integers, plain loops and hand-worked cases."""

import re

import numpy as np
import pytest

from hwgen_models import tile as tile_module
from hwgen_models.crossbar import Comparator, Nonidealities
from hwgen_models.lane import HeldRead, Lane
from hwgen_models.row_drive import input_range, plane_weights
from hwgen_models.sar import Sar
from hwgen_models.search import Leaf, SearchTree, Split
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Tile, crossbar_of

SMALL = {
    "rows": 12,
    "columns": 40,
    "slices": 3,
    "input_bits": 4,
    "readout_bits": 4,
    "columns_per_lane": 8,
    "x_elements": 3,
}


def largest_weight(spec):
    return 2 ** (spec.slices * spec.cell_bits) - 1


def random_case(spec, *, vectors=9, rows=None, outputs=None, seed=0):
    """Weights and inputs of all kinds, the extreme ones among them, and some silent planes."""
    rng = np.random.default_rng(seed)
    limit = largest_weight(spec)
    weights = rng.integers(-limit, limit + 1, size=(rows or spec.rows, outputs or spec.outputs))
    weights[:, 0] = limit
    legal = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    x = rng.integers(legal.start, legal.stop, size=(vectors, len(weights)))
    x[0], x[1], x[2] = legal[-1], legal[0], 0
    x[3] = np.minimum(rng.integers(0, 2, size=len(weights)), legal[-1])
    return weights, x


def in_plain_loops(spec, weights, x, convert):
    """Outputs and decisions by the book: one conversion after another, no shared code.

    `convert` takes (count, vector, plane, physical column) and gives (value, decisions).
    """
    planes = -(-spec.input_bits // spec.dac_bits)
    outputs = spec.columns // (2 * spec.slices)
    y = [[0] * weights.shape[1] for _ in x]
    decisions = np.full((len(x), planes, spec.columns), -1)
    for v, vector in enumerate(x.tolist()):
        for t in range(planes):
            digits = [((element % 2**spec.input_bits) >> (t * spec.dac_bits)) for element in vector]
            digits = [digit % 2**spec.dac_bits for digit in digits]
            if sum(digits) == 0:
                continue
            weight = 2 ** (t * spec.dac_bits)
            if spec.signed_inputs and t == planes - 1:
                weight = -weight
            for o in range(weights.shape[1]):
                for s in range(spec.slices):
                    for polarity, sign in enumerate((1, -1)):
                        if spec.column_order == "slice_major":
                            p = (s * 2 + polarity) * outputs + o
                        else:
                            p = (o * spec.slices + s) * 2 + polarity
                        count = 0
                        for digit, w in zip(digits, weights[:, o].tolist(), strict=True):
                            cell = max(sign * w, 0) >> (s * spec.cell_bits)
                            count += digit * (cell % 2**spec.cell_bits)
                        value, taken = convert(count, v, t, p)
                        y[v][o] += sign * weight * (value << (s * spec.cell_bits))
                        decisions[v, t, p] = taken
    shape = (len(x), planes, spec.columns // spec.columns_per_lane, spec.columns_per_lane)
    return np.array(y), decisions.reshape(shape)


LOSSLESS = {
    "slice_major": {},
    "output_major": {"column_order": "output_major"},
    "signed": {"signed_inputs": True},
    "signed output_major": {"signed_inputs": True, "column_order": "output_major"},
    "one column per lane": {"columns_per_lane": 1},
    "one lane": {"columns_per_lane": 40},
    "odd lanes": {"columns_per_lane": 5, "column_order": "output_major"},
    "more columns than outputs": {"columns": 16, "columns_per_lane": 16},
    "idle lanes": {"columns": 44, "columns_per_lane": 2, "slices": 5},
    "two-bit cells": {"cell_bits": 2, "readout_bits": 6},
    "two-bit digits": {"dac_bits": 2, "readout_bits": 6},
    "uneven digits": {"dac_bits": 3, "readout_bits": 7},
    "three-bit cells and digits": {"cell_bits": 3, "dac_bits": 3, "readout_bits": 10},
    "one-bit inputs": {"input_bits": 1},
    "one-bit signed inputs": {"input_bits": 1, "signed_inputs": True},
    "wide inputs": {"input_bits": 16},
    "one slice": {"slices": 1},
    "no y_in": {"y_in": False},
    "generous readout": {"readout_bits": 9},
    "twin range": {"search": "twin-range"},
}


@pytest.mark.parametrize("changes", LOSSLESS.values(), ids=LOSSLESS.keys())
def test_lossless_tile_is_the_integer_product(changes):
    spec = TileSpec(**(SMALL | changes))
    weights, x = random_case(spec)

    result = Tile(spec, weights).run(x)

    np.testing.assert_array_equal(result.y, x @ weights)
    np.testing.assert_array_equal(result.product, x @ weights)
    assert not result.error.any()
    assert set(np.unique(result.decisions)) <= {-1, spec.readout_bits}


@pytest.mark.parametrize("table", [[(0, 0), (4, 0)], [(2, 0), (4, 0)], [(4, 0), (4, 4)]])
@pytest.mark.parametrize("order", ["slice_major", "output_major"])
def test_lossless_ranges_are_the_integer_product(table, order):
    spec = TileSpec(**SMALL, search="twin-range", column_order=order)
    weights, x = random_case(spec)

    result = Tile(spec, weights, table).run(x)

    np.testing.assert_array_equal(result.y, x @ weights)


@pytest.mark.parametrize("preset", [{}, {"search": "twin-range"}])
def test_full_size_tile_is_the_integer_product(preset):
    spec = TileSpec(**preset)
    weights, x = random_case(spec, vectors=6)

    result = Tile(spec, weights, [(3, 0), (8, 0)] if preset else None).run(x)

    np.testing.assert_array_equal(result.y, x @ weights)
    assert spec.outputs == 9
    assert result.conversions == result.reads * 9 * 14


def test_eight_slices_take_the_most_negative_weight():
    spec = TileSpec(**(SMALL | {"slices": 8, "input_bits": 8, "columns": 48}))
    weights = np.array([[-128, 127, 0], [127, -128, -128]])
    x = np.array([[255, 255], [1, 2], [0, 255]])

    result = Tile(spec, weights).run(x)

    np.testing.assert_array_equal(result.y, x @ weights)


def test_weight_that_does_not_fit_is_refused_by_name():
    spec = TileSpec()
    weights = np.zeros((128, 9), dtype=int)
    weights[5, 7] = -128

    message = "weight -128 at row 5, output 7 needs 8 magnitude slices, not 7"
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Tile(spec, weights)


def test_missing_rows_are_zeros():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    narrow, wide = weights[:5], weights.copy()
    wide[5:] = 0

    few = Tile(spec, narrow).run(x[:, :5])
    many = Tile(spec, wide).run(x)

    np.testing.assert_array_equal(few.y, many.y)
    np.testing.assert_array_equal(few.product, x[:, :5] @ narrow)
    np.testing.assert_array_equal(many.active_rows[:, 0], (x & 1).sum(axis=1))
    np.testing.assert_array_equal(few.active_rows[:, 0], (x[:, :5] & 1).sum(axis=1))
    np.testing.assert_array_equal(Tile(spec, narrow).run(x).y, many.y)


@pytest.mark.parametrize("order", ["slice_major", "output_major"])
def test_only_columns_of_used_outputs_are_converted(order):
    spec = TileSpec(**SMALL, column_order=order)
    weights, x = random_case(spec, outputs=2)

    result = Tile(spec, weights).run(x)

    np.testing.assert_array_equal(result.y, x @ weights)
    converted = (result.decisions >= 0).reshape(len(x), spec.planes, spec.columns)
    held = [spec.column_map.of(p) for p in range(spec.columns)]
    used = np.array([column is not None and column.output < 2 for column in held])
    np.testing.assert_array_equal(converted, ~result.skipped[..., None] & used)
    assert result.used_columns.sum() == used.sum() == 2 * 2 * spec.slices
    assert result.conversions == converted.sum()


def test_planes_without_active_rows_are_skipped():
    spec = TileSpec(**SMALL)
    weights, _ = random_case(spec)
    x = np.zeros((3, spec.rows), dtype=int)
    x[0, 4] = 0b0101
    x[2] = 0b1000

    result = Tile(spec, weights).run(x)

    np.testing.assert_array_equal(
        result.active_rows, [[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, spec.rows]]
    )
    assert result.reads == 3
    assert result.reads_skipped == 9
    assert (result.decisions[result.skipped] == -1).all()
    assert (result.lane_decisions[result.skipped] == 0).all()
    assert (result.lane_cycles[result.skipped] == 0).all()
    np.testing.assert_array_equal(result.y, x @ weights)


def test_hand_worked_tile():
    # Two rows, one output of three slices, two lanes of four columns; columns 6 and 7 hold nothing.
    spec = TileSpec(
        rows=2,
        columns=8,
        slices=3,
        input_bits=2,
        readout_bits=2,
        columns_per_lane=4,
        x_elements=2,
        search="twin-range",
        settle_mux=1,
        acquire_cycles=1,
        settle_dac=1,
        compare_latency=2,
    )
    # +5 = 101 in the positive columns, -6 = 110 in the negative ones.
    tile = Tile(spec, [[5], [-6]], [(0, 0), (2, 0)])

    result = tile.run([[3, 2]], [[100]], keep="counts")

    # Plane 0 drives row 0 alone, plane 1 both. Columns: 0+ 0- 1+ 1- | 2+ 2- . .
    np.testing.assert_array_equal(
        result.counts[0], [[1, 0, 0, 0, 1, 0, 0, 0], [1, 0, 0, 1, 1, 1, 0, 0]]
    )
    # Zero costs the test alone; anything else the test and two bits.
    np.testing.assert_array_equal(
        result.decisions[0],
        [[[3, 1, 1, 1], [3, 1, -1, -1]], [[3, 1, 1, 3], [3, 3, -1, -1]]],
    )
    # Two cycles of overhead, three per decision.
    np.testing.assert_array_equal(
        result.cycles[0],
        [[[11, 5, 5, 5], [11, 5, 0, 0]], [[11, 5, 5, 11], [11, 11, 0, 0]]],
    )
    np.testing.assert_array_equal(result.lane_cycles[0], [[26, 16], [32, 22]])
    np.testing.assert_array_equal(result.histogram, [6, 6, 0])
    assert result.total_decisions == 6 * 1 + 6 * 3
    assert result.y.tolist() == [[3 * 5 - 2 * 6 + 100]]


def test_twin_ranges_follow_the_published_cost_and_value():
    # SEEDS' engineering definition of TRQ with b = 0, nu = 1: W = 2^(n1 + d1).
    changes = {"rows": 60, "readout_bits": 6, "x_elements": 4, "search": "twin-range"}
    spec = TileSpec(**(SMALL | changes))
    weights, x = random_case(spec, vectors=5)
    for n1, d1, d2 in [(3, 0, 0), (3, 0, 2), (2, 1, 3), (0, 2, 2), (1, 1, 1)]:
        width = 2 ** (n1 + d1)

        def convert(count, *_, width=width, n1=n1, d1=d1, d2=d2):
            if count < width:
                return count >> d1 << d1, 1 + n1
            half = 2**d2 // 2
            return (count >> d2 << d2) + half, 1 + spec.readout_bits - d2

        y, decisions = in_plain_loops(spec, weights, x, convert)
        result = Tile(spec, weights, [(n1 + d1, d1), (spec.readout_bits, d2)]).run(x)

        np.testing.assert_array_equal(result.y, y)
        np.testing.assert_array_equal(result.decisions, decisions)
        np.testing.assert_array_equal(result.error, y - x @ weights)
        assert result.error.any() == bool(d1 or d2)


def test_bin_cut_by_the_edge_reads_as_the_middle_of_what_is_left():
    # Range 0 holds 0..3; the first bin of range 1 is 0..7, of which 4..7 are left: 6.
    spec = TileSpec(**(SMALL | {"search": "twin-range", "column_order": "output_major"}))
    weights, x = random_case(spec)

    def convert(count, *_):
        if count < 4:
            return count, 1 + 2
        return (6, 1 + 1) if count < 8 else (12, 1 + 1)

    y, decisions = in_plain_loops(spec, weights, x, convert)
    result = Tile(spec, weights, [(2, 0), (4, 3)]).run(x)

    np.testing.assert_array_equal(result.y, y)
    np.testing.assert_array_equal(result.decisions, decisions)


@pytest.mark.parametrize("bits", [1, 2, 3])
@pytest.mark.parametrize("changes", [{}, {"cell_bits": 2, "dac_bits": 2}, {"signed_inputs": True}])
def test_narrow_readout_saturates_every_count(bits, changes):
    spec = TileSpec(**(SMALL | changes | {"readout_bits": bits, "saturate": True}))
    weights, x = random_case(spec)

    y, decisions = in_plain_loops(
        spec, weights, x, lambda count, *_: (min(count, 2**bits - 1), bits)
    )
    result = Tile(spec, weights).run(x)

    np.testing.assert_array_equal(result.y, y)
    np.testing.assert_array_equal(result.decisions, decisions)
    assert result.error.any()


def test_narrow_twin_ranges_saturate_too():
    spec = TileSpec(**(SMALL | {"readout_bits": 3, "saturate": True, "search": "twin-range"}))
    weights, x = random_case(spec)

    def convert(count, *_):
        return (count, 1 + 1) if count < 2 else (min(count, 7), 1 + 3)

    y, decisions = in_plain_loops(spec, weights, x, convert)
    result = Tile(spec, weights, [(1, 0), (3, 0)]).run(x)

    np.testing.assert_array_equal(result.y, y)
    np.testing.assert_array_equal(result.decisions, decisions)


def test_any_tree_can_be_walked():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    one_decision = SearchTree(Split(5, low=Leaf(2, 0, 0), high=Leaf(8, 0, 5)), bound=7)

    y, decisions = in_plain_loops(spec, weights, x, lambda count, *_: (8 if count >= 5 else 2, 1))
    result = Tile(spec, weights, one_decision).run(x)

    np.testing.assert_array_equal(result.y, y)
    np.testing.assert_array_equal(result.decisions, decisions)


def test_histogram_counts_every_conversion():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)

    result = Tile(spec, weights).run(x, keep="counts")

    converted = result.decisions.reshape(result.counts.shape) >= 0
    expected = np.bincount(result.counts[converted].astype(int), minlength=spec.rows + 1)
    np.testing.assert_array_equal(result.histogram, expected)
    assert result.histogram.sum() == result.conversions
    assert not result.counts[~converted].any()


def test_totals_are_those_of_every_conversion():
    spec = TileSpec(**SMALL, search="twin-range")
    weights, x = random_case(spec)
    tile = Tile(spec, weights, [(1, 0), (4, 0)])

    result = tile.run(x)
    brief = tile.run(x, keep="sums")

    np.testing.assert_array_equal(
        result.lane_decisions, np.maximum(result.decisions, 0).sum(axis=-1)
    )
    np.testing.assert_array_equal(result.lane_cycles, result.cycles.sum(axis=-1))
    assert result.total_decisions == result.decisions[result.decisions > 0].sum()
    assert brief.decisions is None
    assert brief.counts is None
    np.testing.assert_array_equal(brief.y, result.y)
    np.testing.assert_array_equal(brief.lane_cycles, result.lane_cycles)
    with pytest.raises(ValueError, match=r"^cycles of every conversion need a run that keeps"):
        _ = brief.cycles


@pytest.mark.parametrize("noisy", [False, True])
def test_result_does_not_depend_on_how_much_is_worked_on_at_once(noisy, monkeypatch):
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    tile = noisy_tile(spec, weights) if noisy else Tile(spec, weights)

    together = tile.run(x, keep="counts")
    monkeypatch.setattr(tile_module, "CHUNK", 1)
    apart = tile.run(x, keep="counts")

    for name in ("y", "decisions", "counts", "lane_decisions", "histogram", "active_rows"):
        np.testing.assert_array_equal(getattr(together, name), getattr(apart, name))


# Noise


def noisy_tile(spec, weights, table=None, *, seed=7, comparator_seed=8):
    crossbar = crossbar_of(
        spec, weights, nonidealities=Nonidealities(spread=0.1, read_noise=0.4), seed=seed
    )
    comparator = Comparator(
        columns_per_lane=spec.columns_per_lane, offset=0.3, noise=0.3, seed=comparator_seed
    )
    return Tile(spec, weights, table, crossbar, comparator)


def test_same_seeds_same_result():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)

    first = noisy_tile(spec, weights).run(x)
    again = noisy_tile(spec, weights).run(x)

    np.testing.assert_array_equal(first.y, again.y)
    assert first.error.any()
    for other in ({"seed": 6}, {"comparator_seed": 6}):
        assert (noisy_tile(spec, weights, **other).run(x).y != first.y).any()


def test_vectors_keep_their_noise_when_run_one_by_one():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    tile = noisy_tile(spec, weights)

    together = tile.run(x)

    for v in reversed(range(len(x))):
        alone = tile.run(x[v : v + 1], first_vector=v)
        np.testing.assert_array_equal(alone.y[0], together.y[v])
        np.testing.assert_array_equal(alone.decisions[0], together.decisions[v])


@pytest.mark.parametrize(
    ("changes", "table"),
    [({}, None), ({"search": "twin-range", "signed_inputs": True}, [(2, 0), (4, 2)])],
)
def test_noisy_conversions_one_decision_at_a_time(changes, table):
    spec = TileSpec(**(SMALL | changes))
    weights, x = random_case(spec, vectors=4)
    tile = noisy_tile(spec, weights, table)
    crossbar, comparator = tile.crossbar, tile.comparator

    def ask(held, code, v, t, p, decision):
        return held + float(comparator.error(v, t, p, decision)) >= code - 0.5

    def convert(_, v, t, p):
        digits = x[v] >> t & 1
        held = float(crossbar.counts(digits, vector=v, plane=t)[p])
        level, decision = 0, 0
        stop, top = 0, 4
        if table:
            outside = ask(held, 4, v, t, p, 0)
            decision = 1
            stop, top = (2, 4) if outside else (0, 2)
        for bit in reversed(range(stop, top)):
            if ask(held, level + 2**bit, v, t, p, decision):
                level += 2**bit
            decision += 1
        return level + (2 if table and outside else 0), decision

    y, decisions = in_plain_loops(spec, weights, x, convert)
    result = tile.run(x)

    np.testing.assert_array_equal(result.y, y)
    np.testing.assert_array_equal(result.decisions, decisions)


def test_errors_too_small_to_matter_change_nothing():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    crossbar = crossbar_of(spec, weights, nonidealities=Nonidealities(spread=1e-4))
    comparator = Comparator(columns_per_lane=spec.columns_per_lane, noise=0.01)
    tile = Tile(spec, weights, None, crossbar, comparator)

    result = tile.run(x)
    ideal = Tile(spec, weights).run(x)

    assert not tile.ideal
    np.testing.assert_array_equal(result.y, ideal.y)
    np.testing.assert_array_equal(result.decisions, ideal.decisions)
    np.testing.assert_array_equal(result.histogram, ideal.histogram)


def test_read_noise_alone_takes_no_comparator():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    noisy = crossbar_of(spec, weights, nonidealities=Nonidealities(read_noise=1.0))

    without = Tile(spec, weights, None, noisy).run(x)
    silent = Tile(spec, weights, None, noisy, Comparator(columns_per_lane=8)).run(x)

    np.testing.assert_array_equal(without.y, silent.y)
    assert without.error.any()


@pytest.mark.parametrize("noisy", [False, True])
def test_every_slice_and_plane_may_have_its_own_table(noisy):
    spec = TileSpec(**SMALL | {"search": "twin-range"})
    weights, x = random_case(spec)
    crossbar = comparator = None
    if noisy:
        flaws = Nonidealities(spread=0.2, read_noise=0.3)
        crossbar = crossbar_of(spec, weights, nonidealities=flaws)
        comparator = Comparator(columns_per_lane=spec.columns_per_lane, offset=0.3, noise=0.3)
    bits = spec.readout_bits
    choice = [[(1, 1), (bits, 0)], [(2, 0), (bits, 1)], None]
    tables = [[choice[(s + 2 * t) % 3] for t in range(spec.planes)] for s in range(spec.slices)]

    mixed = Tile(spec, weights, None, crossbar, comparator, tables=tables).run(x)
    alone = [Tile(spec, weights, table, crossbar, comparator).run(x) for table in choice]

    lanes = mixed.decisions.reshape(*mixed.decisions.shape[:2], -1)
    for physical in range(spec.columns):
        held = spec.column_map.of(physical)
        if held is None:
            continue
        for plane in range(spec.planes):
            one = alone[(held.slice + 2 * plane) % 3]
            np.testing.assert_array_equal(
                lanes[:, plane, physical], one.decisions.reshape(lanes.shape)[:, plane, physical]
            )
    assert any((mixed.y != one.y).any() for one in alone)


def test_equal_tables_for_all_are_one_table():
    spec = TileSpec(**SMALL | {"search": "twin-range"})
    weights, x = random_case(spec)
    table = [(2, 1), (spec.readout_bits, 1)]

    one = Tile(spec, weights, table).run(x)
    many = Tile(spec, weights, tables=[[table] * spec.planes] * spec.slices).run(x)

    np.testing.assert_array_equal(one.y, many.y)
    np.testing.assert_array_equal(one.decisions, many.decisions)
    assert one.error.any()


def test_stuck_cells_change_what_is_computed_exactly():
    spec = TileSpec(**SMALL)
    weights, x = random_case(spec)
    crossbar = crossbar_of(spec, weights, nonidealities=Nonidealities(stuck_on=1.0))

    result = Tile(spec, weights, None, crossbar).run(x)

    # Every cell stores a one: positive and negative columns cancel.
    assert not result.y.any()
    assert (result.decisions[~result.skipped].max(axis=-1) == spec.readout_bits).all()


# Ranges


class Forced(Comparator):
    """Makes every conversion read zero or 2^N - 1, whichever drives its output to one end."""

    def __init__(self, spec, *, high):
        super().__init__(columns_per_lane=spec.columns_per_lane, noise=1.0)
        held = [spec.column_map.of(p) for p in range(spec.columns)]
        polarity = np.array([1 if c is None or c.polarity == 0 else -1 for c in held])
        weights = plane_weights(
            input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
        )
        adds = polarity * np.sign(weights)[:, None] > 0
        self.errors = np.where(adds == high, 1e6, -1e6)

    def walk(self, tree, held, *, vector, plane, column):
        return tree.walk(held, lambda _: self.errors[plane, column])


RANGES = {
    "default": {},
    "output_major": {"column_order": "output_major"},
    "signed": {"signed_inputs": True},
    "signed one bit": {"signed_inputs": True, "input_bits": 1},
    "odd lanes": {"columns_per_lane": 5, "signed_inputs": True},
    "two-bit cells and digits": {"cell_bits": 2, "dac_bits": 2, "readout_bits": 7},
    "uneven digits": {"dac_bits": 3, "readout_bits": 7},
    "saturating": {"readout_bits": 2, "saturate": True},
}


@pytest.mark.parametrize("changes", RANGES.values(), ids=RANGES.keys())
def test_tile_range_and_y_range_are_reached_and_never_left(changes):
    spec = TileSpec(**(SMALL | changes | {"row_tiles": 3}))
    weights = np.ones((spec.rows, spec.outputs), dtype=int)
    x = np.full((1, spec.rows), -1 if spec.signed_inputs else 2**spec.input_bits - 1)

    ends = []
    for high in (False, True):
        tile = Tile(spec, weights, comparator=Forced(spec, high=high))
        own = tile.run(x)
        reach = spec.tile_range
        end = reach[-1] if high else reach[0]
        assert (own.y == end).all()

        partial = np.full((1, spec.outputs), end)  # constants as large as a tile
        for _ in range(spec.row_tiles):
            partial = tile.run(x, partial).y
        assert (partial == (spec.y_range[-1] if high else spec.y_range[0])).all()
        ends.append(int(partial[0, 0]))
        with pytest.raises(ValueError, match=r"^y must be between -?\d+ and -?\d+, not -?\d+$"):
            tile.run(x, partial)

    narrowest = next(
        b for b in range(1, 99) if -(2 ** (b - 1)) <= ends[0] and ends[1] < 2 ** (b - 1)
    )
    assert spec.y_bits == narrowest


@pytest.mark.parametrize("changes", RANGES.values(), ids=RANGES.keys())
def test_accumulator_range_is_reached_and_never_left(changes):
    spec = TileSpec(**(SMALL | changes))
    weights = plane_weights(
        input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
    )
    lowest = highest = 0
    for number in range(spec.lanes):
        operations = spec.column_map.lane_columns(number)
        for high in (False, True):
            lane = Lane(
                operations=operations,
                outputs=spec.outputs,
                cell_bits=spec.cell_bits,
                dac_bits=spec.dac_bits,
                sar=Sar.of(spec),
                tree=SearchTree.binary(spec.readout_bits),
            )
            for t, weight in enumerate(weights.tolist()):
                adds = [one is not None and one.negate == (weight < 0) for one in operations]
                errors = [1e6 if add == high else -1e6 for add in adds]
                lane.read(
                    HeldRead(
                        counts=[0] * len(operations),
                        plane=t,
                        last_sample=0,
                        negate=weight < 0,
                        errors=errors,
                    )
                )
                lowest = min([lowest, *lane.accumulators.accumulators])
                highest = max([highest, *lane.accumulators.accumulators])

    assert spec.accumulator_range == range(lowest, highest + 1)


def test_largest_inputs_and_weights_reach_the_end_of_the_range():
    # 2^N - 1 rows: the largest count is the largest value.
    spec = TileSpec(**(SMALL | {"rows": 15, "input_bits": 3}))
    weights = np.array([[7, -7, 0]] * 15)[:, : spec.outputs]
    x = np.full((1, 15), 7)

    result = Tile(spec, weights).run(x)

    assert result.y[0, :2].tolist() == [spec.tile_range[-1], spec.tile_range[0]]


# What is refused


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.zeros((1, 13), dtype=int),
            "Inputs must be vectors of at most 12 elements, not (1, 13)",
        ),
        (np.zeros(12, dtype=int), "Inputs must be vectors of at most 12 elements, not (12,)"),
        (np.full((1, 12), 16), "Inputs must be between 0 and 15, not 16"),
        (np.full((1, 12), -1), "Inputs must be between 0 and 15, not -1"),
    ],
)
def test_refuses_inputs_that_do_not_fit(x, message):
    tile = Tile(TileSpec(**SMALL), [[1]])

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        tile.run(x)


def test_refuses_fractional_inputs():
    with pytest.raises(TypeError, match=r"^Inputs must be integers, not float64$"):
        Tile(TileSpec(**SMALL), [[1]]).run([[0.5]])


@pytest.mark.parametrize(
    ("changes", "y_in", "message"),
    [
        ({"y_in": False}, [[1]], "y_in must be None for a tile without that port"),
        ({}, [[1, 2]], "y_in must have shape (1, 1), not (1, 2)"),
        ({"row_tiles": 1}, [[3151]], "y_in must be between -3150 and 3150, not 3151"),
        ({"row_tiles": 1}, [[3150]], "y must be between -3150 and 3150, not 3151"),
    ],
)
def test_refuses_partial_sums_that_do_not_fit(changes, y_in, message):
    tile = Tile(TileSpec(**(SMALL | changes)), [[1]])

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        tile.run([[1]], y_in)


@pytest.mark.parametrize(
    ("changes", "table", "message"),
    [
        ({}, [(2, 0), (4, 0)], "Table must be empty for a binary search, not [(2, 0), (4, 0)]"),
        ({"search": "twin-range"}, [(4, 0)], "Table must have two ranges, not 1"),
        (
            {"search": "twin-range"},
            [(2, 0), (3, 0)],
            "range 1 must reach beyond the bound 12, not end before 8",
        ),
    ],
)
def test_refuses_illegal_tables(changes, table, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Tile(TileSpec(**(SMALL | changes)), [[1]], table)


@pytest.mark.parametrize(
    ("table", "shape", "message"),
    [
        (None, (3, 2), "Tables must be 3 slices x 4 planes, not (3, 2)"),
        (None, (4, 4), "Tables must be 3 slices x 4 planes, not (4, 4)"),
        ([(2, 0), (4, 0)], (3, 4), "Table must be None beside tables, not [(2, 0), (4, 0)]"),
    ],
)
def test_refuses_tables_of_other_slices_and_planes(table, shape, message):
    spec = TileSpec(**SMALL | {"search": "twin-range"})
    slices, planes = shape

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Tile(spec, [[1]], table, tables=[[None] * planes] * slices)


def test_refuses_parts_of_another_tile():
    spec, other = TileSpec(**SMALL), TileSpec(**(SMALL | {"rows": 15, "columns_per_lane": 4}))

    with pytest.raises(ValueError, match=r"^Crossbar must have shape \(12, 40\), not \(15, 40\)$"):
        Tile(spec, [[1]], crossbar=crossbar_of(other, [[1]]))
    with pytest.raises(ValueError, match=r"^Comparators must serve 8 columns each, not 4$"):
        Tile(spec, [[1]], comparator=Comparator(columns_per_lane=4))
    with pytest.raises(ValueError, match=r"^Weights must have at least one output, not 0$"):
        Tile(spec, np.zeros((4, 0), dtype=int))
    with pytest.raises(ValueError, match=r"^keep must be sums, decisions or counts, not 'all'$"):
        Tile(spec, [[1]]).run([[1]], keep="all")


# Time


def hand_worked():
    """One output, one slice, one plane; one lane converts the positive and the negative column."""
    spec = TileSpec(
        rows=4,
        columns=2,
        slices=1,
        input_bits=1,
        readout_bits=3,
        columns_per_lane=2,
        x_elements=2,
        settle_row=4,
        sample_cycles=2,
        settle_mux=1,
        acquire_cycles=2,
        settle_dac=1,
        compare_latency=3,
    )
    tile = Tile(spec, [[1]] * 4)
    return tile, tile.run([[1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]])


def test_hand_worked_cycles_without_stalls():
    tile, result = hand_worked()

    cycles = tile.schedule(result)

    # Vector 0: beats in 0 and 1, rows in 3, sample in 7 and 8, lane idle in 9; two conversions of
    # 3 + 3 * 4 cycles in 10 and 25, over in 40; rows off and end state in 10, ending in 11;
    # drained in 41, moved in 42, taken in 43.
    # Vector 1 has no active rows: its beats come while vector 0 settles, its plane is on the rows
    # from 12, its end state from 14; it waits there until vector 0 has drained in 42.
    # Vector 2 is accepted from 12 on.
    np.testing.assert_array_equal(cycles.x, [[0, 1], [3, 4], [12, 13]])
    np.testing.assert_array_equal(cycles.rows, [[3], [12], [44]])
    np.testing.assert_array_equal(cycles.sample, [[7], [-1], [48]])
    np.testing.assert_array_equal(cycles.last_sample, [[8], [-1], [49]])
    np.testing.assert_array_equal(cycles.lane_idle, [[[9]], [[-1]], [[50]]])
    np.testing.assert_array_equal(cycles.served, [[40], [-1], [81]])
    np.testing.assert_array_equal(cycles.hold_clear, [[41], [-1], [82]])
    np.testing.assert_array_equal(cycles.ending, [11, 43, 52])
    np.testing.assert_array_equal(cycles.drain, [41, 43, 82])
    np.testing.assert_array_equal(cycles.move, [[42], [44], [83]])
    np.testing.assert_array_equal(cycles.y, [[43], [45], [84]])
    assert cycles.finish == 85
    starts = tile.conversion_starts(result, cycles)
    np.testing.assert_array_equal(starts[:, 0, 0], [[10, 25], [-1, -1], [51, 66]])


def test_hand_worked_cycles_with_stalls():
    tile, result = hand_worked()

    cycles = tile.schedule(result, [5, 0, 0, 2, 0, 0], [60, 0, 9], [0, 30, 4], start=100)

    # x: beat 0 offered in 105; beat 3 two cycles after beat 2; beat 4 offered and waiting.
    np.testing.assert_array_equal(cycles.x, [[105, 106], [108, 111], [117, 118]])
    np.testing.assert_array_equal(cycles.rows, [[108], [117], [149]])
    # Vector 0 is drained in 146 and moved in 147; the sink opens in 160. Vector 1's beat of y_in
    # is offered in 148 + 30, vector 2's four cycles after the next.
    np.testing.assert_array_equal(cycles.drain, [146, 148, 187])
    np.testing.assert_array_equal(cycles.y_in, [[147], [178], [188]])
    # Vector 2's word shows in 189, the sink opens nine cycles after 179.
    np.testing.assert_array_equal(cycles.y, [[160], [179], [189]])


@pytest.mark.parametrize("changes", [{}, {"banks": 1}, {"y_in": False}, {"settle_row": 2}])
def test_gaps_are_functions_of_the_cycle_in_another_form(changes):
    spec = TileSpec(**(SMALL | changes))
    weights, x = random_case(spec)
    tile = Tile(spec, weights)
    result = tile.run(x)
    rng = np.random.default_rng(1)
    x_gaps = rng.integers(0, 9, size=len(x) * spec.beats)
    y_stalls, y_in_gaps = rng.integers(0, 9, size=(2, result.y.size))

    cycles = tile.schedule(result, x_gaps, y_stalls, y_in_gaps, start=17)

    # Reconstruct from the transfers when every endpoint was willing.
    def willing(taken, gaps):
        before = np.concatenate([[17], np.ravel(taken)[:-1] + 1])
        return before + gaps, np.ravel(taken)

    offered = set(willing(cycles.x, x_gaps)[0].tolist())
    offered_y_in = set(willing(cycles.y_in, y_in_gaps)[0].tolist())
    ready = [range(a, b + 1) for a, b in zip(*willing(cycles.y, y_stalls), strict=True)]
    again = tile.schedule(
        result,
        offered.__contains__,
        lambda cycle: any(cycle in window for window in ready),
        offered_y_in.__contains__ if spec.y_in else None,
        start=17,
    )

    for name in ("x", "rows", "sample", "bank", "served", "drain", "move", "y"):
        np.testing.assert_array_equal(getattr(cycles, name), getattr(again, name))


def test_schedule_keeps_every_rule_between_neighbouring_events():
    spec = TileSpec(**SMALL, search="twin-range")
    weights, x = random_case(spec, vectors=30)
    tile = noisy_tile(spec, weights, [(1, 0), (4, 0)])
    result = tile.run(x)
    rng = np.random.default_rng(2)
    lazy = [
        rng.integers(0, 40, size=size) * (rng.random(size) < 0.3)
        for size in (30 * spec.beats, result.y.size, result.y.size)
    ]

    cycles = tile.schedule(result, *lazy)

    read = ~result.skipped
    assert ((cycles.sample >= 0) == read).all()
    assert (cycles.sample[read] - cycles.rows[read] >= spec.settle_row).all()
    assert (np.diff(cycles.sample[read]) > 0).all()
    np.testing.assert_array_equal(cycles.bank[read], np.arange(read.sum()) % 2)
    # A bank is sampled again only after it has been cleared; lanes work without a pause.
    assert (cycles.sample[read][2:] > cycles.hold_clear[read][:-2]).all()
    np.testing.assert_array_equal(
        cycles.lane_finish[read] - cycles.lane_idle[read] - 1, result.lane_cycles[read]
    )
    assert (cycles.lane_idle[read][1:] >= cycles.lane_finish[read][:-1]).all()
    # No vector is sampled before the one ahead of it has drained.
    first = np.array([row[row >= 0][0] for row in cycles.sample[1:] if (row >= 0).any()])
    ahead = cycles.drain[:-1][(cycles.sample[1:] >= 0).any(axis=1)] + tile.outputs
    assert (first > ahead).all()
    assert (np.diff(cycles.y.ravel()) > 0).all()
    assert (cycles.y > cycles.move).all()


def test_adaptive_search_gains_time():
    fast, slow = (TileSpec(**SMALL, search=search) for search in ("twin-range", "binary"))
    rng = np.random.default_rng(3)
    weights = rng.integers(-1, 2, size=(12, 6))
    x = rng.integers(0, 16, size=(10, 12)) * (rng.random((10, 12)) < 0.2)

    cycles = []
    for spec, table in ((fast, [(1, 0), (4, 0)]), (slow, None)):
        tile = Tile(spec, weights, table)
        cycles.append(tile.schedule(tile.run(x)).finish)

    assert cycles[0] < cycles[1]


@pytest.mark.parametrize(
    ("stalls", "message"),
    [
        ({"x": [0]}, "Stalls of x must be 6 numbers, not 1"),
        ({"y": [0, 0]}, "Stalls of y must be 3 numbers, not 2"),
        ({"y_in": [0, 0, -1]}, "Stalls of y_in must be zero or more, not -1"),
    ],
)
def test_refuses_stalls_that_do_not_fit(stalls, message):
    tile, result = hand_worked()

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        tile.schedule(result, **stalls)
