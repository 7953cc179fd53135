# amaranth: UnusedElaboratable=no
"""Sequencer against the event recurrences, with stand-ins for everything around it."""

import numpy as np
import pytest

from hwgen.gateware.sequencer import Sequencer
from hwgen_models import sequencer as model
from hwgen_models.lane import read_times
from tests.support import simulate

BEATS = 3


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize(("settle_row", "sample_cycles"), [(2, 1), (5, 3)])
@pytest.mark.parametrize(("planes", "used", "outputs"), [(4, 3, 5), (1, 1, 1)])
@pytest.mark.parametrize("signed", [True, False])
def test_every_event_in_its_cycle(banks, settle_row, sample_cycles, planes, used, outputs, signed):
    rng = np.random.default_rng(2024)
    vectors = 8
    active = rng.integers(0, 3, size=(vectors, planes))
    active[1] = 0  # nothing to read at all
    busy = rng.choice([0, 4, 9, 40], size=(vectors, planes, 1))
    expected = model.Sequencer(
        beats=BEATS,
        outputs=used,
        banks=banks,
        settle_row=settle_row,
        sample_cycles=sample_cycles,
    ).schedule(active, busy)
    dut = Sequencer(
        planes=planes,
        banks=banks,
        outputs=outputs,
        settle_row=settle_row,
        sample_cycles=sample_cycles,
        signed=signed,
        active_max=7,
    )
    samples, clears, drains, releases = [], [], [], []
    held = []

    async def bench(ctx):
        ctx.set(dut.outputs_used, used)
        ctx.set(dut.buffer_empty, 1)
        beats, full = 0, False
        pending = {0: (0, 0), 1: (0, 0)}  # bank -> first and last cycle in which it is pending
        lane_free = 0
        on_rows = 0  # active rows of what the rows carry
        previous = 0
        reads = iter(np.argwhere(active))
        loads = 0
        for cycle in range(expected.finish + 3):
            ctx.set(dut.full, full)
            ctx.set(
                dut.pending, sum(1 << b for b, (lo, hi) in pending.items() if lo <= cycle <= hi)
            )
            sample = ctx.get(dut.sample)
            if sample & ~previous:
                samples.append((cycle, sample.bit_length() - 1))
            previous = sample
            if ctx.get(dut.hold_clear):
                clears.append((cycle, ctx.get(dut.hold_clear).bit_length() - 1))
            if ctx.get(dut.drain):
                drains.append((cycle, ctx.get(dut.output_index), ctx.get(dut.clear)))
            loaded = ctx.get(dut.loaded)
            if loaded:
                v, t = next(reads)
                bank = loaded.bit_length() - 1
                times = read_times(last_sample=cycle, free=lane_free, cycles=int(busy[v, t, 0]))
                pending[bank] = (cycle + 1, times.finish - 1)
                lane_free = times.finish
            load, release = ctx.get(dut.load), ctx.get(dut.drop)
            assert load or not release
            if load:
                vector, plane = divmod(loads, planes)
                assert ctx.get(dut.plane) == plane
            await ctx.tick()
            if loaded:
                tag = dut.tag_1 if bank else dut.tag_0
                held.append((ctx.get(tag.plane), ctx.get(tag.negate)))
            ctx.set(dut.active, on_rows)  # counted with the rows of the cycle before
            if load:
                on_rows = int(active[vector, plane])
                loads += 1
            if release:
                full = False
                releases.append(cycle + 1)
            if not full and not release:
                beats += 1
                if beats == BEATS:
                    beats, full = 0, loads < vectors * planes
        assert ctx.get(dut.idle)

    simulate(dut, bench)

    vector, plane = np.nonzero(active)
    assert samples == [
        (expected.sample[v, t], expected.bank[v, t]) for v, t in zip(vector, plane, strict=True)
    ]
    assert sorted(clears) == sorted(
        (expected.hold_clear[v, t], expected.bank[v, t]) for v, t in zip(vector, plane, strict=True)
    )
    assert held == [(t, int(signed and t == planes - 1)) for t in plane]
    assert drains == [
        (expected.drain[v] + o, o, int(o == used - 1)) for v in range(vectors) for o in range(used)
    ]
    assert releases == list(expected.x_ready)
