# amaranth: UnusedElaboratable=no
"""ShiftAdd against its golden model."""

import numpy as np
import pytest

from hwgen.gateware import shift_add as gateware
from hwgen_models.shift_add import MicroOperation, ShiftAdd
from tests.support import drive, simulate


def build(*, destinations=3, shifts=8, value_bits=8, signed=True, adds=40):
    term = (2**value_bits - 1) << (shifts - 1)
    return gateware.ShiftAdd(
        operation=gateware.MicroOperation(
            destinations=destinations, shifts=shifts, value_bits=value_bits
        ),
        reach=range(-adds * term if signed else 0, adds * term + 1),
        signed=signed,
    )


def operations(rng, count, *, destinations=3, shifts=8, value_bits=8, signed=True):
    return [
        MicroOperation(
            destination=int(rng.integers(destinations)),
            value=int(rng.integers(2**value_bits)),
            shift=int(rng.integers(shifts)),
            negate=bool(signed and rng.integers(2)),
        )
        for _ in range(count)
    ]


def read_all(dut, into, *, after=0):
    """Bench that reads every accumulator after a number of cycles."""

    async def bench(ctx):
        if after:
            await ctx.tick().repeat(after)
        for d in range(dut.operation.destinations):
            ctx.set(dut.read_destination, d)
            into.append(ctx.get(dut.read_value))

    return bench


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("destinations", [1, 3, 8])
def test_takes_an_operation_every_cycle(signed, destinations):
    rng = np.random.default_rng(2024)
    stream = operations(rng, 40, destinations=destinations, signed=signed)
    model = ShiftAdd(destinations=destinations)
    model.add_all(stream)

    dut = build(destinations=destinations, signed=signed)
    found = []
    simulate(
        dut,
        drive(dut.i, [op._asdict() for op in stream], rng=rng, busy=1.0),
        read_all(dut, found, after=len(stream) + 1),
    )

    assert found == model.accumulators


@pytest.mark.parametrize("negate", [False, True])
def test_reaches_both_ends_of_its_range(negate):
    largest = MicroOperation(destination=0, value=255, shift=7, negate=negate)
    dut = build(destinations=1, adds=40)
    rng = np.random.default_rng(0)
    found = []
    simulate(
        dut,
        drive(dut.i, [largest._asdict()] * 40, rng=rng, busy=1.0),
        read_all(dut, found, after=41),
    )

    assert found == [dut.reach.start if negate else dut.reach.stop - 1]


def test_cleared_accumulators_read_as_zero_and_start_anew():
    dut = build()
    seen = []

    async def bench(ctx):
        async def add(value, *, clear=0):
            ctx.set(dut.i.payload, {"destination": 1, "value": value, "shift": 0, "negate": 0})
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.clear, 0)
            ctx.set(dut.read_destination, 1)
            seen.append(ctx.get(dut.read_value))

        await add(100)
        await add(5)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        seen.append(ctx.get(dut.read_value))
        await add(7)
        await add(9, clear=1)

    simulate(dut, bench)

    assert seen == [100, 105, 0, 7, 9]
