"""The serial line and what is said on it."""

import numpy as np
import pytest

from hwgen.fpga.report import Report, line_of
from hwgen.fpga.uart import FRAME, UartTransmitter
from tests.fpga.board import listen
from tests.support import collect, drive, simulate


@pytest.mark.parametrize("divisor", [4, 9])
@pytest.mark.parametrize("busy", [1.0, 0.02])
def test_bytes_arrive(divisor, busy):
    rng = np.random.default_rng(2024)
    sent = [0x00, 0xFF, 0x55, 0x80, *rng.integers(0, 256, size=12).tolist()]
    dut = UartTransmitter(divisor=divisor)
    heard = bytearray()

    simulate(
        dut,
        drive(dut.i, sent, rng=rng, busy=busy),
        listen(dut.tx, len(sent), heard, bit_cycles=divisor),
    )

    assert list(heard) == sent


def test_a_byte_takes_ten_bit_times():
    dut = UartTransmitter(divisor=7)
    taken = []

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        for cycle in range(3 * FRAME * 7 + 3):
            taken.extend([cycle] * ctx.get(dut.i.ready))
            await ctx.tick()

    simulate(dut, bench)

    assert np.diff(taken).tolist() == [FRAME * 7 + 1] * 2


@pytest.mark.parametrize("passed", [False, True])
@pytest.mark.parametrize(
    ("vectors", "decisions"), [(0, 0), (7, 10), (80, 68405), (255, 1048575), (100, 999999)]
)
def test_numbers_are_written_in_decimal(passed, vectors, decisions):
    dut = Report("some_Name", vectors=8, decisions=20, pause=1)
    expected = line_of("some_Name", passed=passed, vectors=vectors, decisions=decisions) + "\r\n"
    got = []

    async def set_result(ctx):
        for signal, value in (
            (dut.passed, passed), (dut.vectors, vectors), (dut.decisions, decisions), (dut.go, 1)
        ):  # fmt: skip
            ctx.set(signal, int(value))

    rng = np.random.default_rng(2024)
    simulate(dut, set_result, collect(dut.o, 2 * len(expected), got, rng=rng))

    assert bytes(got).decode() == 2 * expected  # again and again


def test_nothing_is_sent_before_the_result_and_between_two_lines():
    dut = Report("a", vectors=1, decisions=1, pause=500)
    silent = [0]

    async def bench(ctx):
        ctx.set(dut.o.ready, 1)
        for cycle in range(1200):
            ctx.set(dut.go, int(cycle >= 100))
            silent[-1] += 1
            if ctx.get(dut.o.valid):
                silent.append(0)
            await ctx.tick()

    simulate(dut, bench)

    assert silent[0] > 100
    assert sum(gap > 500 for gap in silent[1:-1]) == 1
