# amaranth: UnusedElaboratable=no
"""The specification that proofs compare with is the golden model's tree, for all there is."""

from itertools import product

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen_models.search import SearchTree, check_ranges, twin_ranges
from tests.formal.tree import Table, Tree, legal
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
