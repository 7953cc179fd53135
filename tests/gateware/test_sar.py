# amaranth: UnusedElaboratable=no
"""Sar: the pins of a conversion, cycle by cycle, against the golden model."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.sar import Sar
from hwgen.gateware.search import BinarySearch
from hwgen_models import sar as model
from hwgen_models.search import SearchTree
from tests.support import simulate

BITS = 4
TIMINGS = [
    {},
    {"settle_mux": 0},
    {"settle_dac": 2, "compare_latency": 4, "compare_stages": 2, "acquire_cycles": 3},
    {"settle_dac": 1, "compare_latency": 3, "compare_stages": 1, "settle_mux": 5},
]


class Converter(wiring.Component):
    """A `Sar` around a binary search."""

    def __init__(self, **timing):
        self.sar = Sar(**vars(model.Sar(**timing)))
        self.search = BinarySearch(bits=BITS)
        pins = {name: Out(1) for name in ("idle", "finish", "acquire", "strobe", "busy")}
        super().__init__({"start": In(1), "compare": In(1), "dac": Out(BITS)} | pins)

    def elaborate(self, platform):
        m = Module()
        m.submodules.sar = sar = self.sar
        m.submodules.search = search = self.search
        m.d.comb += [
            sar.start.eq(self.start),
            sar.compare.eq(self.compare),
            self.dac.eq(search.dac),
            search.start.eq(sar.search_start),
            search.step.eq(sar.search_step),
            search.answer.eq(sar.search_answer),
            sar.search_none.eq(search.none),
            sar.search_last.eq(search.last),
        ]
        for name in ("idle", "finish", "acquire", "strobe", "busy"):
            m.d.comb += getattr(self, name).eq(getattr(sar, name))
        return m


@pytest.mark.parametrize("timing", TIMINGS)
def test_pins_of_conversions_without_a_gap(timing):
    expected_sar = model.Sar(**timing)
    tree = SearchTree.binary(BITS)
    counts = np.random.default_rng(2024).integers(0, 2**BITS, size=12)
    dut = Converter(**timing)
    seen, expected = [], []
    before = 0
    for count in counts:
        conversion = expected_sar.conversion(tree, int(count))
        pins = expected_sar.pins(conversion, dac_before=before)
        expected += zip(pins.busy, pins.acquire, pins.strobe, pins.dac, strict=True)
        before = conversion.level

    async def bench(ctx):
        assert ctx.get(dut.idle)
        ctx.set(dut.start, 1)
        await ctx.tick()
        for k, count in enumerate(counts):
            ctx.set(dut.start, k + 1 < len(counts))  # taken in the cycle of `finish`
            finished = False
            while not finished:
                # a comparator that answers only inside its window, and noise outside of it
                finished = ctx.get(dut.finish)
                seen.append(tuple(ctx.get(getattr(dut, pin)) for pin in PINS))
                ctx.set(dut.compare, int(count >= ctx.get(dut.dac)))
                await ctx.tick()
        assert ctx.get(dut.idle)
        assert not ctx.get(dut.busy)

    simulate(dut, bench)

    assert seen == expected


PINS = ("busy", "acquire", "strobe", "dac")


@pytest.mark.parametrize("timing", TIMINGS)
def test_compare_is_looked_at_in_one_cycle_of_a_decision_only(timing):
    """Whatever the comparator does before and after its capture changes nothing."""
    expected_sar = model.Sar(**timing)
    conversion = expected_sar.conversion(SearchTree.binary(BITS), 9)
    dut = Converter(**timing)
    rng = np.random.default_rng(7)
    levels = []

    async def bench(ctx):
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for cycle in range(conversion.cycles):
            answer = ctx.get(dut.dac) <= 9
            ctx.set(
                dut.compare, int(answer) if cycle in conversion.captures else rng.integers(2).item()
            )
            await ctx.tick()
        levels.append(ctx.get(dut.dac))

    simulate(dut, bench)

    assert levels == [9]


def test_rejects_a_capture_that_comes_too_late():
    with pytest.raises(
        ValueError, match=r"^Compare latency must be at least 2 \+ compare stages = 3, not 2$"
    ):
        Sar(settle_mux=0, acquire_cycles=1, settle_dac=0, compare_latency=2, compare_stages=1)
