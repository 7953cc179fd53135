# amaranth: UnusedElaboratable=no
"""RowDrive against its golden model."""

import numpy as np
import pytest

from hwgen.gateware.row_drive import RowDrive
from hwgen_models.row_drive import drive_word, driven_digits, planes_of
from tests.support import simulate


@pytest.mark.parametrize(("rows", "bits", "digit_bits"), [(16, 8, 1), (6, 8, 2)])
def test_drives_planes_and_nothing_in_between(rows, bits, digit_bits):
    rng = np.random.default_rng(2024)
    x = rng.integers(0, 2**bits, size=rows)
    planes = planes_of(x, input_bits=bits, dac_bits=digit_bits, signed=False)
    dut = RowDrive(rows=rows, digit_bits=digit_bits)
    seen = []

    async def bench(ctx):
        def look():
            seen.append(driven_digits(ctx.get(dut.drive), rows=rows, dac_bits=digit_bits))

        look()  # reset
        ctx.set(dut.off, 1)  # loading wins over off
        ctx.set(dut.load, 1)
        for plane in planes:
            ctx.set(dut.digits, drive_word(plane, dac_bits=digit_bits))
            await ctx.tick()
            look()
        ctx.set(dut.load, 0)
        ctx.set(dut.off, 0)
        await ctx.tick()
        look()
        ctx.set(dut.off, 1)
        await ctx.tick()
        look()

    simulate(dut, bench)

    off = np.zeros(rows, dtype=int)
    np.testing.assert_array_equal(seen, [off, *planes, planes[-1], off])
