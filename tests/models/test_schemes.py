"""The registry of search schemes: tables, trees and limits of each, and what tiles make of them."""

import re

import numpy as np
import pytest

from hwgen_models.range_table import RangeTable, load_writes
from hwgen_models.ranges import Range
from hwgen_models.scaled import scaled_ranges
from hwgen_models.schemes import SCHEMES, table_array
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Tile, by_slice

SMALL = {
    "rows": 12, "columns": 24, "slices": 3, "columns_per_lane": 4, "input_bits": 3,
    "readout_bits": 4, "x_elements": 4,
}  # fmt: skip
ADAPTIVE = SMALL | {"search": "ranges", "bounded": True, "contexts": "slice"}
TABLE = [(0, 1, 0), (2, 1, 0), (4, 2, 0), (8, 3, 0)]


# Redundant weights have no table, and neither they nor a search outward are ever binary.
@pytest.mark.parametrize("name", [name for name in SCHEMES if name not in {"redundant", "outward"}])
def test_the_reset_value_is_a_binary_search(name):
    spec = TileSpec(search=name)
    scheme = SCHEMES[name]
    counts = np.arange(spec.largest_count + 1)

    table = scheme.reset(spec)
    tree = scheme.tree(table, spec)

    scheme.check(table, spec)
    expected = SearchTree.binary(8).walk(counts).thresholds
    assert tree.walk(counts).thresholds[:, :8].tolist() == expected.tolist()
    assert tree.depth <= spec.most_decisions
    assert len(scheme.filled(table, spec)) == scheme.ranges(spec)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bounded": True}, "bounded must be False for search 'binary', not True"),
        ({"search": "twin-range", "contexts": "slice"},
         "contexts must be 'network' for search 'twin-range', not 'slice'"),
        ({"range_count": 0}, "range_count must be 1, 2, 3, 4, 5, 6, 7 or 8, not 0"),
        ({"search": "ranges", "scaled": True},
         "scaled must be False without a bound or with any bases, not True"),
        ({"search": "ranges", "scaled": True, "bounded": True, "bases": "any"},
         "scaled must be False without a bound or with any bases, not True"),
        ({"scaled": True}, "scaled must be False for search 'binary', not True"),
        ({"search": "outward"}, "bounded must be True for search 'outward', not False"),
        ({"search": "outward", "bounded": True, "scaled": True},
         "scaled must be False for search 'outward', not True"),
        ({"patience": 4}, "patience must be 8 for search 'binary', not 4"),
        ({"search": "outward", "bounded": True, "patience": 0},
         "patience must be at least 1, not 0"),
        ({"search": "outward", "bounded": True, "patience": 32},
         "patience must be at most 31, not 32"),
        ({"search": "outward", "bounded": True, "density_bits": 9},
         "density_bits must be 2, 3, 4, 5, 6, 7 or 8, not 9"),
        ({"search": "ranges", "bases": "odd"}, "bases must be aligned or any, not 'odd'"),
    ],
)  # fmt: skip
def test_a_tile_has_only_what_its_scheme_knows(changes, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        TileSpec(**changes)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "Table must have 1 to 4 ranges, not 0"),
        ([(0, 4, 0)] * 5, "Table must have 1 to 4 ranges, not 5"),
        ([(0, 2, 0), (2, 4, 0)],
         "range 1 must end above the range before it and at most at 16: after 4, not before 18"),
        ([(0, 2, 0), (4, 2, 0), (7, 3, 0)],
         ("range 2: base must be 8, the edge before it rounded down to a multiple of its size 8, "
          "not 7")),
        ([(0, 1, 0), (0, 4, 2)],
         "range 1: truncation must be at most 1 for the edge 2 before it to cut no bin, not 2"),
    ],
)  # fmt: skip
def test_tables_of_ranges_that_the_port_refuses(table, message):
    spec = TileSpec(**ADAPTIVE)

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        spec.scheme.tree(table, spec)


def test_the_tree_of_a_bounded_read_is_cut_off():
    spec = TileSpec(**ADAPTIVE)
    trees = [spec.scheme.tree(TABLE, spec, active) for active in range(13)]

    assert [tree.depth for tree in trees] == [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 6]
    unbounded = TileSpec(**SMALL, search="ranges")
    assert unbounded.scheme.tree(TABLE, unbounded, 1).depth == 6


def test_a_shorter_read_has_smaller_ranges():
    spec = TileSpec(**ADAPTIVE | {"scaled": True})  # bounds of 1 to 4 bits, 12 the largest
    table = [(0, 2, 0), (4, 2, 0), (0, 4, 0)]

    for active in range(13):
        shift = 4 - max(1, active.bit_length())
        copy = scaled_ranges([2, 2, 4], shift)
        expected = SearchTree.ranges(copy, bits=4, bound=max(active, 1), active=active)
        tree = spec.scheme.tree(table, spec, active)
        assert tree.depths.tolist() == expected.depths.tolist()
        assert tree.values.tolist() == list(range(active + 1))
    whole = spec.scheme.tree(table, spec)
    assert (
        whole.depths.tolist()
        == SearchTree.ranges([Range(*one) for one in table], bits=4, bound=12).depths.tolist()
    )


def test_a_table_that_loses_something_does_not_scale():
    spec = TileSpec(**ADAPTIVE | {"scaled": True})
    bounded = TileSpec(**ADAPTIVE)
    table = [(0, 2, 0), (4, 2, 1), (0, 4, 1)]

    for active in range(13):
        tree, other = (one.scheme.tree(table, one, active) for one in (spec, bounded))
        assert (tree.depths.tolist(), tree.values.tolist()) == (
            other.depths.tolist(),
            other.values.tolist(),
        )
    found, expected = spec.scheme.classes(table, spec), bounded.scheme.classes(table, bounded)
    assert all(map(np.array_equal, found, expected))


def test_scaled_tables_hold_all_counts_of_as_many_bits():
    """Else the copy for a shorter read need not hold what occurs in it."""
    spec, bounded = (TileSpec(**ADAPTIVE | {"scaled": scaled}) for scaled in (True, False))
    table = [(0, 3, 0), (8, 2, 0), (12, 0, 0)]  # up to 12; halved, up to 6

    bounded.scheme.check(table, bounded)
    with pytest.raises(ValueError, match=r"^range 2 must reach beyond the bound 15, not end"):
        spec.scheme.check(table, spec)


def test_classes_of_a_scaled_table_have_the_tree_of_every_bound():
    spec = TileSpec(**ADAPTIVE | {"scaled": True})
    table = [(0, 1, 0), (2, 1, 0), (4, 2, 0), (0, 4, 0)]

    largest, class_of = spec.scheme.classes(table, spec)

    assert (class_of >= 0).all()
    for bound in range(13):
        own = spec.scheme.tree(table, spec, bound).depths
        shared = spec.scheme.tree(table, spec, int(largest[class_of[bound]])).depths
        assert own.tolist() == shared[: bound + 1].tolist()


def test_tiles_know_which_table_a_lane_reads_for_a_column():
    spec = TileSpec(**ADAPTIVE)  # columns: 4 outputs of slice 0 positive, of slice 0 negative, ..
    straddling = TileSpec(**ADAPTIVE | {"columns_per_lane": 6})

    assert (spec.lane_tables, [spec.lane_slices(lane) for lane in range(6)]) == (
        1,
        [[0], [0], [1], [1], [2], [2]],
    )
    assert straddling.lane_tables == 2
    assert [straddling.lane_slices(lane) for lane in range(4)] == [[0, 0], [0, 1], [1, 2], [2, 2]]
    assert straddling.lane_table_of(1) == [0, 0, 1, 1, 1, 1]
    assert TileSpec(**SMALL).lane_slices(3) == [0]


@pytest.mark.parametrize("kind", [{}, {"bases": "any"}, {"scaled": True}])
def test_a_bounded_tile_takes_the_decisions_of_every_single_tree(kind):
    """Plain loops over reads and columns, every tree built for its own bound."""
    rng = np.random.default_rng(2024)
    spec = TileSpec(**ADAPTIVE | kind | {"cell_bits": 2, "readout_bits": 6})
    tables = [[(0, 1 + s, 0), (0, 3 + s, 0), (0, 6, 0)] for s in range(3)]
    weights = rng.integers(-63, 64, size=(12, 4))
    x = rng.integers(0, 8, size=(5, 12)) * rng.integers(0, 2, size=(5, 12))
    tile = Tile(spec, weights, tables=by_slice(spec, tables))

    result = tile.run(x, keep="counts")

    assert not result.error.any()
    for v, t, lane, k in np.ndindex(result.decisions.shape):
        column = spec.column_map.of(lane * spec.columns_per_lane + k)
        found = result.decisions[v, t, lane, k]
        if result.active_rows[v, t] == 0 or column is None:
            assert found == -1
            continue
        active = 3 * int(result.active_rows[v, t])
        tree = spec.scheme.tree(tables[column.slice], spec, active)
        count = int(result.counts[v, t, lane * spec.columns_per_lane + k])
        assert found == tree.depths[count]
        number = tile.tree_numbers([t], [result.active_rows[v, t]])[0]
        assert tile.trees[number[lane * spec.columns_per_lane + k]].depths[count] == found


def test_the_port_loads_what_the_writes_say():
    spec = TileSpec(**ADAPTIVE)
    tables = [TABLE, [(0, 4, 0)], [(0, 2, 1), (0, 4, 2)]]
    port = RangeTable(spec)
    names = {"OUTPUTS": 0x0C, "SLICE": 0x10, "COMMIT": 0x08}
    names |= {f"RANGE_{k}": 0x20 + 4 * k for k in range(4)}

    writes = load_writes(spec, tables, 3)
    assert all(port.write(names[name], word) for name, word in writes)
    assert port.boundary()

    assert port.active.outputs == 3
    for table, held in zip(tables, port.tables, strict=True):
        assert held[: len(table)] == table
        assert (spec.scheme.tree(held, spec).depths == spec.scheme.tree(table, spec).depths).all()
    assert port.read(0x10) == 2
    assert port.read(0x20) == 2 | 1 << 8
    assert table_array(spec, tables).shape == (3, 4, 3)


def test_one_illegal_table_keeps_all_of_them_out():
    spec = TileSpec(**ADAPTIVE)
    port = RangeTable(spec)
    before = port.tables
    port.write(0x10, 1)
    port.write(0x20, 0)
    for address in (0x24, 0x28, 0x2C):
        port.write(address, 0)
    port.write(0x08, 1)

    assert port.refused
    assert port.reason == "range 3 must reach beyond the bound 12, not end before 4"
    assert port.tables == before
    port.write(0x10, 3)  # no slice
    assert port.read(0x20) == 0
    assert port.write(0x20, 4)
    port.write(0x10, 0)
    assert port.read(0x20) == 4


OUTWARD = SMALL | {"search": "outward", "bounded": True, "contexts": "slice", "patience": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cell_bits": 2, "slices": 2, "readout_bits": 6},
        {"readout_bits": 3, "saturate": True, "density_bits": 3},
    ],
)
def test_outward_classes_are_the_trees_of_every_bound(changes):
    """The tree of a class asks the same of every count as that of each of its bounds."""
    spec = TileSpec(**OUTWARD | changes)
    for density in range((1 << spec.density_bits) - 1):
        table = [(density,)]
        largest, class_of = spec.scheme.classes(table, spec)
        trees = [spec.scheme.tree(table, spec, int(bound)) for bound in largest]
        assert len(class_of) == spec.largest_count + 1
        for bound in range(spec.largest_count + 1):
            own = spec.scheme.tree(table, spec, bound)
            counts = np.arange(min(bound, spec.largest_code) + 1)
            first, other = own.walk(counts), trees[class_of[bound]].walk(counts)
            assert first.values.tolist() == counts.tolist()
            assert first.decisions.tolist() == other.decisions.tolist()
            depth = own.depth
            assert first.thresholds.tolist() == other.thresholds[:, :depth].tolist()
            assert depth <= spec.most_decisions


def test_outward_begins_where_the_density_says():
    spec = TileSpec(**OUTWARD)

    assert spec.scheme.reset(spec) == ((16,),)
    assert spec.scheme.centres([[(16,)], [(0,)], [(62,)]], spec, 12) == (4, 1, 12)
    assert spec.scheme.tree([(16,)], spec, 8).walk(2).thresholds.tolist()[:2] == [3, 2]
    assert spec.scheme.tree([(16,)], spec).walk(5).thresholds.tolist()[:3] == [4, 5, 6]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "Table must have one density, not 0"),
        ([(1,), (2,)], "Table must have one density, not 2"),
        ([(63,)], "density must be between 0 and 62, not 63"),
        ([(-1,)], "density must be between 0 and 62, not -1"),
    ],
)
def test_densities_that_the_port_refuses(table, message):
    spec = TileSpec(**OUTWARD)

    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        spec.scheme.tree(table, spec)


def test_an_outward_tile_takes_the_decisions_of_every_single_tree():
    """Plain loops over reads and columns, every tree built for its own bound."""
    rng = np.random.default_rng(2024)
    spec = TileSpec(**OUTWARD | {"cell_bits": 2, "readout_bits": 6})
    tables = [[(20 - 8 * s,)] for s in range(3)]
    weights = rng.integers(-63, 64, size=(12, 4))
    x = rng.integers(0, 8, size=(5, 12)) * rng.integers(0, 2, size=(5, 12))
    tile = Tile(spec, weights, tables=by_slice(spec, tables))

    result = tile.run(x, keep="counts")

    assert not result.error.any()
    converted = np.argwhere(result.decisions >= 0)
    assert len(converted)
    for v, t, lane, k in converted:
        column = spec.column_map.of(lane * spec.columns_per_lane + k)
        bound = 3 * int(result.active_rows[v, t])
        tree = spec.scheme.tree(tables[column.slice], spec, bound)
        count = int(result.counts[v, t, lane * spec.columns_per_lane + k])
        assert result.decisions[v, t, lane, k] == tree.depths[count]


def test_the_port_loads_densities():
    spec = TileSpec(**OUTWARD)
    port = RangeTable(spec)
    names = {"SLICE": 0x10, "COMMIT": 0x08, "DENSITY": 0x20}

    writes = load_writes(spec, [[(3,)], [(0,)], [(62,)]])
    assert [name for name, _ in writes] == [*["SLICE", "DENSITY"] * 3, "COMMIT"]
    assert all(port.write(names[name], word) for name, word in writes)
    assert port.boundary()

    assert port.tables == [[(3,)], [(0,)], [(62,)]]
    port.write(0x20, 64)  # too large: stored as the largest, which is refused
    assert port.read(0x20) == 63
    port.write(0x08, 1)
    assert (port.refused, port.reason) == (True, "density must be between 0 and 62, not 63")
