# amaranth: UnusedElaboratable=no
"""InputBuffer against its golden model."""

import numpy as np
import pytest

from hwgen.gateware.input_buffer import InputBuffer
from hwgen_models.input_buffer import beats_of
from hwgen_models.row_drive import driven_digits, planes_of
from tests.support import simulate


def offer(dut, beats, *, rng, busy):
    """Bench that offers packed beats with gaps."""

    async def bench(ctx):
        for beat in (beat for vector in beats for beat in vector):
            while rng.random() > busy:
                await ctx.tick()
            ctx.set(dut.i.payload.as_value(), beat)
            ctx.set(dut.i.valid, 1)
            taken = False
            while not taken:
                *_, taken = await ctx.tick().sample(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    return bench


@pytest.mark.parametrize("busy", [1.0, 0.5])
@pytest.mark.parametrize(
    ("rows", "bits", "elements", "digit_bits", "signed"),
    [(16, 8, 4, 1, True), (8, 8, 8, 1, False), (6, 5, 2, 2, False), (4, 1, 1, 1, False)],
)
def test_shows_every_plane_of_every_vector(rows, bits, elements, digit_bits, signed, busy):
    rng = np.random.default_rng(2024)
    low = -(2 ** (bits - 1)) if signed else 0
    x = rng.integers(low, low + 2**bits, size=(6, rows))
    dut = InputBuffer(rows=rows, bits=bits, elements=elements, digit_bits=digit_bits)
    shown = []

    async def read(ctx):
        for _ in x:
            while not ctx.get(dut.full):
                assert not ctx.get(dut.drop)
                await ctx.tick()
            assert not ctx.get(dut.i.ready)
            planes = []
            for t in range(dut.planes):
                ctx.set(dut.plane, t)
                planes.append(driven_digits(ctx.get(dut.digits), rows=rows, dac_bits=digit_bits))
                await ctx.tick()
            shown.append(planes)
            ctx.set(dut.drop, 1)
            await ctx.tick()
            ctx.set(dut.drop, 0)

    beats = beats_of(x, rows=rows, x_elements=elements, input_bits=bits)
    simulate(dut, offer(dut, beats, rng=rng, busy=busy), read)

    expected = planes_of(x, input_bits=bits, dac_bits=digit_bits, signed=signed)
    np.testing.assert_array_equal(shown, expected)


def test_started_tells_a_partial_vector():
    dut = InputBuffer(rows=4, bits=4, elements=2, digit_bits=1)
    states = []

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        for _ in range(3):
            states.append((ctx.get(dut.started), ctx.get(dut.full)))
            await ctx.tick()

    simulate(dut, bench)

    assert states == [(0, 0), (1, 0), (1, 1)]


def test_rejects_a_vector_of_broken_beats():
    with pytest.raises(ValueError, match=r"^Row count must be a multiple of 8 elements, not 12$"):
        InputBuffer(rows=12, bits=8, elements=8, digit_bits=1)
