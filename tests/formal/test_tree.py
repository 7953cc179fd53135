# amaranth: UnusedElaboratable=no
"""The specification that proofs compare with is the golden model's tree, for all there is."""

from itertools import product

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen_models.ranges import implied_bases
from hwgen_models.scaled import scaled_ranges
from hwgen_models.search import Range, SearchTree, check_ranges, twin_ranges
from hwgen_models.spec import TileSpec
from tests.formal.tree import OutwardTree, RangesTree, Table, Tree, legal
from tests.support import simulate

CASES = [(6, 63), (6, 32), (6, 100), (8, 128), (8, 255)]


class Legality(wiring.Component):
    def __init__(self, *, bits, bound):
        self.bits, self.bound = bits, bound
        super().__init__({"table": In(Table(bits=bits)), "legal": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.legal.eq(legal(self.table, bits=self.bits, bound=self.bound))
        return m


def accepted(table, *, bits, bound):
    try:
        check_ranges(twin_ranges(*table), bits=bits, bound=bound)
    except ValueError:
        return False
    return True


def settings(table):
    return dict(zip(("payload_0", "truncation_0", "payload_1", "truncation_1"), table, strict=True))


@pytest.mark.parametrize(("bits", "bound"), CASES)
def test_a_table_is_legal_when_the_model_takes_it(bits, bound):
    dut = Legality(bits=bits, bound=bound)
    tables = list(product(range(bits + 2), repeat=4))
    found = []

    async def bench(ctx):
        for table in tables:
            ctx.set(dut.table, settings(table))
            found.append(bool(ctx.get(dut.legal)))

    simulate(dut, bench)

    assert found == [accepted(table, bits=bits, bound=bound) for table in tables]


def legal_tables(*, bits, bound):
    """Return all of them, but for those that differ in a range 1 which is not used."""
    return [
        table
        for table in product(range(bits + 1), repeat=4)
        if accepted(table, bits=bits, bound=bound)
        and (table[2:] == (bits, 0) or 2 ** table[0] <= min(bound, 2**bits - 1))
    ]


@pytest.mark.parametrize(("bits", "bound"), CASES)
def test_every_legal_table_reads_every_count_as_the_model_does(bits, bound):
    dut = Tree(bits=bits, bound=bound, twin=True)
    tables = legal_tables(bits=bits, bound=bound)
    counts = np.arange(min(bound, 2 ** (bits + 1) - 1) + 1)
    found, expected = [], []

    async def bench(ctx):
        for table in tables:
            ctx.set(dut.table, settings(table))
            for count in counts.tolist():
                ctx.set(dut.tested, count)
                ctx.set(dut.count, count)
                assert ctx.get(dut.reachable)
                found.append((ctx.get(dut.value), ctx.get(dut.decisions)))

    simulate(dut, bench)
    for table in tables:
        walk = SearchTree.twin_range(*table, bits=bits, bound=bound).walk(counts)
        expected += zip(walk.values.tolist(), walk.decisions.tolist(), strict=True)

    assert found == expected


@pytest.mark.parametrize(("bits", "bound"), [(6, 63), (6, 32)])
@pytest.mark.parametrize("high", [False, True])
def test_a_range_test_that_errs_leads_to_the_leaf_of_the_model(bits, bound, high):
    dut = Tree(bits=bits, bound=bound, twin=True)
    tables = [
        table for table in legal_tables(bits=bits, bound=bound) if 2 ** table[0] <= min(bound, 63)
    ]
    found, expected = [], []

    async def bench(ctx):
        for table in tables:
            counts = np.arange(2 ** table[2 if high else 0])
            tested = 2 ** table[0] - (not high)
            ctx.set(dut.table, settings(table))
            ctx.set(dut.tested, tested)
            for count in counts.tolist():
                ctx.set(dut.count, count)
                assert ctx.get(dut.reachable)
                found.append((ctx.get(dut.value), ctx.get(dut.decisions)))
            tree = SearchTree.twin_range(*table, bits=bits, bound=bound)
            walk = tree.walk(counts, error=errs(tested, counts))
            expected.extend(zip(walk.values.tolist(), walk.decisions.tolist(), strict=True))

    simulate(dut, bench)

    assert found == expected


def errs(tested, counts):
    """Return the error with which the first decision sees `tested`, whatever the count is."""
    return lambda decision: tested - counts if decision == 0 else 0


@pytest.mark.parametrize("bits", [6, 8])
def test_the_binary_tree_reads_every_count_as_the_model_does(bits):
    dut = Tree(bits=bits, bound=2**bits, twin=False)
    counts = np.arange(2**bits + 1)
    walk = SearchTree.binary(bits, 2**bits).walk(counts)
    found = []

    async def bench(ctx):
        for count in counts.tolist():
            ctx.set(dut.count, count)
            found.append((ctx.get(dut.value), ctx.get(dut.decisions)))

    simulate(dut, bench)

    assert found == list(zip(walk.values.tolist(), walk.decisions.tolist(), strict=True))


def spec_of(*, bits, bound, ranges, bases="aligned", bounded=False, scaled=False):
    return TileSpec(
        search="ranges",
        range_count=ranges,
        bases=bases,
        bounded=bounded,
        scaled=scaled,
        readout_bits=bits,
        rows=bound,
        x_elements=1,
        saturate=True,
    )


def tree_of(spec):
    return RangesTree(
        bits=spec.readout_bits,
        bound=spec.largest_count,
        ranges=spec.range_count,
        aligned=spec.bases == "aligned",
        bounded=spec.bounded,
        scaled=spec.scaled,
    )


def with_bases(table, spec):
    """Give a table the bases that it has: aligned ones follow from its payloads."""
    if spec.bases == "any":
        return table
    bases = implied_bases([Range(*one) for one in table])
    return [(base, *one[1:]) for base, one in zip(bases, table, strict=True)]


def taken(table, spec):
    try:
        spec.scheme.check(table, spec)
    except ValueError:
        return False
    return True


def put(ctx, dut, table):
    for fields, one in zip(dut.table, table, strict=True):
        ctx.set(fields, dict(zip(("base", "payload", "truncation"), one, strict=True)))


def some_tables(spec, *, number, seed):
    """Return random tables with many illegal ones, and as many legal ones."""
    rng = np.random.default_rng(seed)
    bits, kinds = spec.readout_bits, {True: [], False: []}
    while min(map(len, kinds.values())) < number:
        table, edge = [], 0
        for _ in range(spec.range_count):
            payload = int(rng.integers(0, bits + 1 + (rng.random() < 0.1)))
            truncation = int(rng.integers(0, payload + 2)) if rng.random() < 0.5 else 0
            base = max(0, edge - int(rng.integers(0, 2 ** min(payload, bits))))
            base += int(rng.random() < 0.05)
            table.append((base, payload, min(truncation, bits + 1)))
            edge = min(base + 2**payload, 2**bits)
        table = with_bases(table, spec)
        kinds[taken(table, spec)].append(table)
    return kinds[True][:number], kinds[False][:number]


@pytest.mark.parametrize("bases", ["aligned", "any"])
@pytest.mark.parametrize(("bits", "bound"), [(2, 2), (2, 3), (2, 9)])
def test_ranges_are_legal_when_the_model_takes_them(bits, bound, bases):
    spec = spec_of(bits=bits, bound=bound, ranges=2, bases=bases)
    dut = tree_of(spec)
    bases = range(2**bits) if spec.bases == "any" else [0]
    one = list(product(bases, range(bits + 2), range(bits + 2)))
    tables = [with_bases(table, spec) for table in product(one, repeat=2)]
    found = []

    async def bench(ctx):
        for table in tables:
            put(ctx, dut, table)
            found.append(bool(ctx.get(dut.legal)))

    simulate(dut, bench)

    assert found == [taken(table, spec) for table in tables]


def copy_of(table, spec, active):
    """Return the ranges that a table has in a read."""
    if not spec.scaled or any(truncation for _, _, truncation in table):
        return table
    return scaled_ranges([payload for _, payload, _ in table], spec.octave_shift(active))


BOUNDS = {
    "aligned": {"bases": "aligned"},
    "any": {"bases": "any"},
    "aligned, bounded": {"bases": "aligned", "bounded": True},
    "any, bounded": {"bases": "any", "bounded": True},
    "scaled": {"bounded": True, "scaled": True},
}


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize(("bits", "bound", "ranges"), [(6, 63, 4), (6, 100, 3), (8, 128, 4)])
def test_every_end_of_a_search_by_ranges_is_a_leaf_of_the_model(bits, bound, ranges, kind):
    spec = spec_of(bits=bits, bound=bound, ranges=ranges, **BOUNDS[kind])
    dut = tree_of(spec)
    legal, illegal = some_tables(spec, number=12, seed=2024)
    rng = np.random.default_rng(2024)

    async def bench(ctx):
        for table in illegal:
            put(ctx, dut, table)
            assert not ctx.get(dut.legal), table
        for table in legal:
            put(ctx, dut, table)
            assert ctx.get(dut.legal), table
            active = int(rng.integers(bound + 1) >> rng.integers(3))
            if spec.bounded:
                ctx.set(dut.active, min(active, 2**bits - 1))
            tree = spec.scheme.tree(table, spec, active)
            reached = 0
            for index, (base, _, truncation) in enumerate(copy_of(table, spec, active)):
                ctx.set(dut.range, index)
                for place, leaf in enumerate(np.flatnonzero(tree.leaf_range == index)):
                    ctx.set(dut.count, base + (place << truncation))
                    where = (table, active, index, place)
                    assert ctx.get(dut.reachable), where
                    assert ctx.get(dut.value) == tree.leaf_value[leaf], where
                    assert ctx.get(dut.decisions) == tree.leaf_depth[leaf], where
                    reached += 1
            assert reached == len(tree.leaf_value)

    simulate(dut, bench)


@pytest.mark.parametrize(("bits", "patience"), [(4, 3), (5, 8), (6, 2)])
def test_every_end_of_a_search_outward_is_a_leaf_of_the_model(bits, patience):
    dut = OutwardTree(bits=bits, patience=patience)
    rng = np.random.default_rng(2025)

    async def bench(ctx):
        for active in (0, 1, 2, 2**bits - 1, *rng.integers(3, 2**bits - 1, size=4).tolist()):
            for centre in {1, max(active, 1), int(rng.integers(1, active + 1)) if active else 1}:
                tree = SearchTree.outward(centre, bits=bits, bound=active, patience=patience)
                leaves = sorted(zip(tree.leaf_value, tree.leaf_depth, strict=True))
                ctx.set(dut.active, active)
                ctx.set(dut.centre, centre)
                found = set()
                for tested, count in product(range(2**bits), repeat=2):
                    ctx.set(dut.tested, tested)
                    ctx.set(dut.count, count)
                    if ctx.get(dut.reachable):
                        up = tested >= centre  # the side that gives up has leaves of its own
                        value, decisions = ctx.get(dut.value), ctx.get(dut.decisions)
                        gave_up = decisions > ctx.get(dut.tests)
                        found.add((value, decisions, gave_up and up))
                assert sorted(one[:2] for one in found) == leaves, (active, centre)

    simulate(dut, bench)
