# amaranth: UnusedElaboratable=no
"""OutputBuffer against its golden model."""

import numpy as np
import pytest

from hwgen.gateware.output_buffer import OutputBuffer
from hwgen_models.output_buffer import output_buffer
from tests.support import collect, drive, simulate

SUMS, RESULTS = range(-1000, 1001), range(-65000, 65001)


def fill(dut, vectors):
    """Bench that writes a vector whenever the buffer is empty."""

    async def bench(ctx):
        for vector in vectors:
            while not ctx.get(dut.empty):
                await ctx.tick()
            ctx.set(dut.write, 1)
            for index, word in enumerate(vector):
                ctx.set(dut.index, index)
                ctx.set(dut.sum, int(word))
                await ctx.tick()
            ctx.set(dut.write, 0)

    return bench


@pytest.mark.parametrize("busy", [1.0, 0.4])
@pytest.mark.parametrize(("outputs", "used"), [(1, 1), (9, 9), (9, 4)])
@pytest.mark.parametrize("chained", [True, False])
def test_adds_and_keeps_the_order(outputs, used, chained, busy):
    rng = np.random.default_rng(2024)
    sums = rng.integers(-1000, 1001, size=(6, used))
    y_in = rng.integers(-64000, 64001, size=(6, used))
    dut = OutputBuffer(outputs=outputs, sums=SUMS, results=RESULTS, chained=chained)
    words = []
    benches = [fill(dut, sums), collect(dut.o, sums.size, words, rng=rng, busy=busy)]
    if chained:
        benches.append(drive(dut.y_in, y_in.ravel(), rng=rng, busy=busy))

    simulate(dut, *benches)

    expected = output_buffer(sums, y_in if chained else None)
    np.testing.assert_array_equal(np.reshape(words, sums.shape), expected)


def test_offers_a_word_two_cycles_after_it_was_written():
    dut = OutputBuffer(outputs=2, sums=SUMS, results=RESULTS, chained=False)
    valid = []

    async def bench(ctx):
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.write, 1)
        ctx.set(dut.sum, 5)
        for _ in range(4):
            valid.append((ctx.get(dut.o.valid), ctx.get(dut.empty)))
            await ctx.tick()
            ctx.set(dut.write, 0)

    simulate(dut, bench)

    assert valid == [(0, 1), (0, 0), (1, 1), (0, 1)]
