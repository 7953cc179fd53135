# amaranth: UnusedElaboratable=no
"""The search engines walk exactly the trees of the golden model."""

import itertools

import numpy as np
import pytest

from hwgen.gateware.search import (
    ENGINES,
    BinarySearch,
    OutwardSearch,
    RangeSearch,
    RedundantSearch,
    TwinRangeSearch,
)
from hwgen_models.range_table import search_plan
from hwgen_models.ranges import Range, check_ranges, check_whole_bins, implied_bases
from hwgen_models.redundant import Redundant
from hwgen_models.schemes import SCHEMES
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from tests.support import simulate


def convert(dut, counts, walks):
    """Bench that searches every count and appends (thresholds, range, level)."""

    async def bench(ctx):
        for count in counts:
            ctx.set(dut.start, 1)  # what `none` says holds together with it
            done = ctx.get(dut.none)
            await ctx.tick()
            ctx.set(dut.start, 0)
            thresholds = []
            while not done:
                thresholds.append(ctx.get(dut.dac))
                ctx.set(dut.answer, int(count >= thresholds[-1]))
                ctx.set(dut.step, 1)
                done = ctx.get(dut.last)
                await ctx.tick()
                ctx.set(dut.step, 0)
            found_in = ctx.get(dut.range) if hasattr(dut, "range") else 0
            walks.append((thresholds, found_in, ctx.get(dut.dac)))

    return bench


def expected_walks(tree, counts):
    walk = tree.walk(counts)
    return [
        (thresholds[:decisions].tolist(), index, level)
        for thresholds, decisions, index, level in zip(
            walk.thresholds, walk.decisions, walk.ranges, walk.levels, strict=True
        )
    ]


BOUNDED = {"bounded": True, "rows": 100, "readout_bits": 7, "x_elements": 1}


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("binary", {}, {}),
        ("twin-range", {}, {}),
        ("ranges", {}, {"ranges": 4, "bases": "aligned", "largest": 128, "octaves": 0}),
        ("ranges", BOUNDED, {"ranges": 4, "bases": "aligned", "largest": None, "octaves": 0}),
        ("ranges", BOUNDED | {"scaled": True, "range_count": 3},
         {"ranges": 3, "bases": "aligned", "largest": None, "octaves": 7}),
        ("outward", BOUNDED | {"patience": 5}, {"patience": 5}),
        ("redundant", {"rows": 7, "readout_bits": 4, "x_elements": 1, "steps": (3, 2, 1, 1)},
         {"steps": [3, 2, 1, 1]}),
    ],
)  # fmt: skip
def test_an_engine_takes_what_its_scheme_tells_it(name, changes, told):
    spec = TileSpec(search=name, **changes)

    engine = ENGINES[name](bits=spec.readout_bits, **spec.scheme.engine(spec))

    assert {key: getattr(engine, key) for key in told} == told
    assert set(spec.scheme.engine(spec)) == set(told)


def test_every_scheme_has_an_engine_of_its_name():
    assert list(ENGINES) == list(SCHEMES)


@pytest.mark.parametrize("bits", [1, 2, 5, 8])
def test_binary_walks_the_balanced_tree(bits):
    counts = range(2**bits)
    dut = BinarySearch(bits=bits)
    walks = []

    simulate(dut, convert(dut, counts, walks))

    assert walks == expected_walks(SearchTree.binary(bits), list(counts))


@pytest.mark.parametrize(
    ("bits", "steps"),
    [(1, ()), (3, (2, 1)), (5, (6, 4, 2, 1, 1)), (8, (50, 31, 19, 11, 7, 4, 3, 1, 1))],
)
def test_redundant_walks_its_tree(bits, steps):
    search = Redundant(bits=bits, start=sum(steps) + 1, weights=steps)
    counts = range(search.lowest, search.largest + 1)
    dut = RedundantSearch(bits=bits, steps=steps)
    walks = []

    simulate(dut, convert(dut, counts, walks))

    assert walks == expected_walks(SearchTree.redundant(search), list(counts))


def test_redundant_refuses_weights_that_leave_the_codes():
    with pytest.raises(ValueError, match=r"^Steps must add up to at most 3, not 4$"):
        RedundantSearch(bits=3, steps=(2, 1, 1))


def legal_tables(bits, bound):
    for p0, p1 in itertools.product(range(bits + 1), repeat=2):
        for t0, t1 in itertools.product(range(p0 + 1), range(p1 + 1)):
            try:
                yield (
                    (p0, t0, p1, t1),
                    SearchTree.twin_range(p0, t0, p1, t1, bits=bits, bound=bound),
                )
            except ValueError:
                continue


@pytest.mark.parametrize(("bits", "bound"), [(3, 7), (4, 9), (3, 30)])
def test_twin_range_walks_the_tree_of_every_legal_table(bits, bound):
    counts = range(min(bound, 2**bits - 1) + 1)
    dut = TwinRangeSearch(bits=bits)
    tables = list(legal_tables(bits, bound))
    found = []

    async def bench(ctx):
        for table, _ in tables:
            for name, value in search_plan(*table, bits=bits, bound=bound)._asdict().items():
                ctx.set(getattr(dut.plan, name), value)
            walks = []
            await convert(dut, counts, walks)(ctx)
            found.append(walks)

    simulate(dut, bench, limit=400_000)

    assert len(tables) > 20
    for (table, tree), walks in zip(tables, found, strict=True):
        assert walks == expected_walks(tree, list(counts)), table


def test_twin_range_at_full_width():
    table = (3, 0, 8, 2)
    counts = range(129)
    dut = TwinRangeSearch(bits=8)
    walks = []

    async def bench(ctx):
        for name, value in search_plan(*table, bits=8, bound=128)._asdict().items():
            ctx.set(getattr(dut.plan, name), value)
        await convert(dut, counts, walks)(ctx)

    simulate(dut, bench)

    assert walks == expected_walks(SearchTree.twin_range(*table, bits=8, bound=128), list(counts))


def range_tables(bits, bound, count, *, bases, rng, extra):
    """Return legal tables: those of one or two aligned ranges, `extra` others of `count`."""
    few = [
        table
        for ranges in range(1, min(count, 2) + 1)
        for sizes in itertools.product(range(bits + 1), repeat=ranges)
        for cuts in itertools.product(*(range(size + 1) for size in sizes))
        if (table := legal_table(sizes, cuts, bits=bits, bound=bound))
    ]
    more = []
    while len(more) < extra:
        sizes = rng.integers(0, bits + 1, size=count).tolist()
        cuts = [int(rng.integers(0, size + 1)) * int(rng.integers(0, 2)) for size in sizes]
        draw = rng if bases == "any" else None
        if table := legal_table(sizes, cuts, bits=bits, bound=bound, rng=draw):
            more.append(table)
    return few + more


def legal_table(sizes, cuts, *, bits, bound, rng=None):
    """Return the table of these payloads and truncations, unless it is illegal.

    Bases are aligned, or any that `rng` chooses.
    """
    bases, edge = implied_bases([Range(0, size, 0) for size in sizes]), 0
    for k, size in enumerate(sizes if rng is not None else ()):
        bases[k] = int(rng.integers(max(0, edge + 1 - 2**size), edge + 1))
        edge = bases[k] + 2**size
    table = list(map(Range, bases, sizes, cuts))
    try:
        check_whole_bins(check_ranges(table, bits=bits, bound=bound))
    except ValueError:
        return None
    return table


def set_table(ctx, dut, table, *, bits):
    """Load a table; ranges that it does not have are the widest."""
    filled = [*table, *[Range(0, bits, 0)] * (dut.ranges - len(table))]
    for fields, one in zip(dut.plan, filled, strict=True):
        ctx.set(fields.payload, one.payload)
        ctx.set(fields.truncation, one.truncation)
        if dut.bases == "any":
            ctx.set(fields.base, one.base)


@pytest.mark.parametrize("bases", ["aligned", "any"])
@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize(
    ("bits", "bound", "count", "extra"),
    [(3, 7, 1, 0), (4, 15, 2, 20), (4, 9, 4, 60), (3, 9, 8, 60)],
)
def test_ranges_walk_the_tree_of_every_table_and_bound(bits, bound, count, extra, bounded, bases):
    rng = np.random.default_rng(2024)
    largest = None if bounded else bound
    dut = RangeSearch(bits=bits, ranges=count, bases=bases, largest=largest)
    codes = 2**bits - 1
    tables = range_tables(bits, bound, count, bases=bases, rng=rng, extra=extra)
    found, expected = [], []

    async def bench(ctx):
        for table in tables:
            set_table(ctx, dut, table, bits=bits)
            for active in rng.permutation(bound + 1)[:5].tolist() if bounded else [None]:
                tree = SearchTree.ranges(
                    table, bits=bits, bound=bound, active=active, shows_value=True
                )
                if bounded:
                    ctx.set(dut.bound, min(active, codes))
                counts = list(range(min(tree.bound, codes) + 1))
                walks = []
                await convert(dut, counts, walks)(ctx)
                found.append((table, active, walks))
                walked = expected_walks(tree, counts)
                expected.append((table, active, [(path, 0, level) for path, _, level in walked]))

    simulate(dut, bench, limit=1_000_000)

    assert len(found) > 3
    for one, other in zip(found, expected, strict=True):
        assert one == other


@pytest.mark.parametrize(("bits", "bound", "count"), [(3, 7, 1), (4, 9, 4), (3, 9, 8)])
def test_ranges_scale_with_the_bound(bits, bound, count):
    rng = np.random.default_rng(2024)
    spec = TileSpec(
        search="ranges",
        range_count=count,
        bounded=True,
        scaled=True,
        readout_bits=bits,
        rows=bound,
        x_elements=1,
        saturate=True,
    )
    dut = RangeSearch(bits=bits, ranges=count, largest=None, octaves=spec.octaves)
    tables = range_tables(bits, spec.covered, count, bases="aligned", rng=rng, extra=30)
    found, expected = [], []

    async def bench(ctx):
        for table in tables:
            set_table(ctx, dut, table, bits=bits)
            for active in range(1, bound + 1):
                tree = spec.scheme.tree(table, spec, active)
                ctx.set(dut.bound, min(active, spec.largest_code))
                ctx.set(dut.shift, spec.octave_shift(active))
                counts = list(range(min(active, spec.largest_code) + 1))
                walks = []
                await convert(dut, counts, walks)(ctx)
                found.append((table, active, walks))
                walked = expected_walks(tree, counts)
                expected.append((table, active, [(path, 0, level) for path, _, level in walked]))

    simulate(dut, bench, limit=1_000_000)

    assert len(found) > 3 * bound
    for one, other in zip(found, expected, strict=True):
        assert one == other


@pytest.mark.parametrize("changes", [{"largest": 15}, {"bases": "any"}])
def test_ranges_scale_only_with_a_bound_and_aligned_bases(changes):
    with pytest.raises(ValueError, match=r"^Octaves must be 0 without a bound or with any bases"):
        RangeSearch(**{"bits": 4, "ranges": 3, "largest": None, "octaves": 4} | changes)


@pytest.mark.parametrize("bases", ["aligned", "any"])
@pytest.mark.parametrize("ranges", [1, 3, 4])
def test_any_table_and_register_values_end_within_the_longest_search(bases, ranges):
    """Neither an upset nor a table that no port lets through makes a search endless."""
    bits = 4
    rng = np.random.default_rng(2024)
    dut = RangeSearch(bits=bits, ranges=ranges, bases=bases, largest=None)

    async def bench(ctx):
        for _ in range(300):
            for fields in dut.plan:
                ctx.set(fields.as_value(), int(rng.integers(2 ** len(fields.as_value()))))
            ctx.set(dut.bound, int(rng.integers(2**bits)))
            ctx.set(dut.dac, int(rng.integers(2**bits)))
            steps = 1
            ctx.set(dut.start, int(rng.integers(2)))  # or from wherever the search before ended
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.step, 1)
            ctx.set(dut.answer, int(rng.integers(2)))
            while not ctx.get(dut.last):
                steps += 1
                await ctx.tick()
                ctx.set(dut.answer, int(rng.integers(2)))
            ctx.set(dut.step, 0)
            assert steps <= bits + ranges - 1

    simulate(dut, bench)


def test_bases_are_aligned_or_any():
    with pytest.raises(ValueError, match=r"^Bases must be aligned or any, not 'odd'$"):
        RangeSearch(bits=4, ranges=2, bases="odd", largest=None)


@pytest.mark.parametrize("engine", [BinarySearch, TwinRangeSearch])
def test_any_register_value_ends_within_the_longest_search(engine):
    """An upset in ``dac`` cannot make a search endless: N answers end it."""
    dut = engine(bits=5)

    async def bench(ctx):
        for value in range(32):
            ctx.set(dut.dac, value)
            steps = 0
            ctx.set(dut.step, 1)
            ctx.set(dut.answer, value & 1)
            while not ctx.get(dut.last):
                steps += 1
                await ctx.tick()
            ctx.set(dut.step, 0)
            assert steps < 5

    simulate(dut, bench)


@pytest.mark.parametrize(("bits", "patience"), [(1, 1), (3, 2), (4, 8), (5, 3)])
def test_outward_walks_the_tree_of_every_bound_and_centre(bits, patience):
    dut = OutwardSearch(bits=bits, patience=patience)
    found, expected = [], []

    async def bench(ctx):
        for bound in range(2**bits):
            for centre in range(1, max(bound, 1) + 1):
                tree = SearchTree.outward(centre, bits=bits, bound=bound, patience=patience)
                counts, walks = list(range(bound + 1)), []
                ctx.set(dut.bound, bound)
                ctx.set(dut.centre, centre)
                await convert(dut, counts, walks)(ctx)
                found.append((bound, centre, walks))
                expected.append((bound, centre, expected_walks(tree, counts)))

    simulate(dut, bench, limit=1_000_000)

    for one, other in zip(found, expected, strict=True):
        assert one == other


@pytest.mark.parametrize("patience", [1, 5])
def test_any_register_values_end_within_the_longest_search_outward(patience):
    bits = 4
    dut = OutwardSearch(bits=bits, patience=patience)
    rng = np.random.default_rng(2024)
    lengths = []

    async def bench(ctx):
        for _ in range(300):
            for name in ("bound", "centre"):
                ctx.set(getattr(dut, name), int(rng.integers(2**bits)))
            ctx.set(dut.dac, int(rng.integers(2**bits)))
            # a step more than the longest search leads to where every search may begin
            taken = 0
            ctx.set(dut.step, 1)
            while taken < 40:
                ctx.set(dut.answer, int(rng.integers(2)))
                last = ctx.get(dut.last)
                await ctx.tick()
                taken += 1
                if last:
                    break
            ctx.set(dut.step, 0)
            lengths.append(taken)
            if rng.integers(2):
                ctx.set(dut.start, 1)
                await ctx.tick()
                ctx.set(dut.start, 0)

    simulate(dut, bench, limit=100_000)

    assert max(lengths) <= 1 + patience + bits


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bits": 0}, "Readout width must be a positive integer, not 0"),
        ({"patience": 0}, "Patience must be a positive integer, not 0"),
    ],
)
def test_outward_refuses_what_no_search_has(keys, message):
    with pytest.raises(ValueError, match=rf"^{message}$"):
        OutwardSearch(**{"bits": 4, "patience": 3} | keys)
