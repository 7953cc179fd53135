"""The emitted output buffer against `hwgen_models.output_buffer`, values and cycles."""

import cocotb
import numpy as np

from bench import Bench, case, expect, spec
from hwgen_models.output_buffer import output_buffer, y_words
from streams import Sink, Source, Stalls

VECTORS = 12
CYCLES = 40  # per word, at the most


@case
async def sums_leave_in_order_and_on_time_under_stalls(dut):
    """Hesitate on ``y`` and ``y_in``."""
    await _run(dut, seed=10, busy=0.4)


@case
async def one_word_leaves_per_cycle_without_stalls(dut):
    """Take every word at once."""
    await _run(dut, seed=11, busy=1.0)


async def _run(dut, *, seed: int, busy: float) -> None:
    rng = np.random.default_rng(seed)
    design = spec()
    low, high = design.tile_range[0], design.tile_range[-1]
    sums = rng.integers(low, high + 1, size=(VECTORS, design.outputs))
    sums[0], sums[1] = low, high
    y_in = None
    if design.y_in:
        own, reach = design.tile_range, design.y_range
        y_in = rng.integers(reach[0] - own[0], reach[-1] - own[-1] + 1, size=sums.shape)
    used = rng.integers(1, design.outputs + 1, size=VECTORS)
    y = output_buffer(sums, y_in)

    bench = Bench(dut, write=0, index=0, sum=0, o__ready=0)
    if design.y_in:
        bench.inputs |= {"y_in__valid": 0, "y_in__payload": 0}
    await bench.reset()
    limit = VECTORS * (design.outputs + 2) * CYCLES
    takes, offers = (Stalls(seed + k, busy, limit) for k in range(2))
    sink = Sink(bench, "o_", takes)
    total = int(used.sum())
    running = [cocotb.start_soon(sink.run(total))]
    if design.y_in:
        chained = np.concatenate([row[:n] for row, n in zip(y_in, used, strict=True)])
        words = y_words(chained, y_bits=design.y_bits)
        source = Source(bench, "y_in_", words, offers)
        running.append(cocotb.start_soon(source.run()))

    written, emptied = [], []
    for vector, n in enumerate(used):
        while not bench.read("empty"):
            await bench.step(write=0)
        emptied.append(bench.cycle)
        for _ in range(rng.integers(0, 3) if busy < 1 else 0):
            await bench.step(write=0)
        for output in range(n):
            written.append(bench.cycle + 1)
            await bench.step(write=1, index=output, sum=int(sums[vector, output]))
        await bench.step(write=0)
    for task in running:
        await task

    expected = np.concatenate([row[:n] for row, n in zip(y, used, strict=True)])
    expect("y", np.array(sink.words), np.array(y_words(expected, y_bits=design.y_bits)))
    moved, taken = _times(written, takes, offers if design.y_in else None)
    expect("cycle of a word of y", np.array(sink.taken), np.array(taken))
    if design.y_in:
        expect("cycle of a word of y_in", np.array(source.taken), np.array(moved))
    ends = np.cumsum(used)[:-1] - 1
    expect("cycle of empty", np.array(emptied[1:]), np.array(moved)[ends] + 1)


def _times(written: list[int], takes: Stalls, offers: Stalls | None) -> tuple[list[int], list[int]]:
    """Return when each word moves to the register of ``y``, and when it is taken from there."""
    moved: list[int] = []
    taken: list[int] = []
    for k, cycle in enumerate(written):
        offered = moved[-1] + 1 if moved else 0
        while offers is not None and not offers(offered):
            offered += 1
        earliest = [cycle + 1, offered]
        if k:
            earliest += [moved[-1] + 1, taken[-1]]
        moved.append(max(earliest))
        at = moved[-1] + 1
        while not takes(at):
            at += 1
        taken.append(at)
    return moved, taken
