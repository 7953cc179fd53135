# amaranth: UnusedElaboratable=no
"""ActiveRows against its golden model."""

import numpy as np
import pytest

from hwgen.gateware.active_rows import ActiveRows
from hwgen_models.active_rows import active_rows
from hwgen_models.row_drive import drive_word
from tests.support import simulate


@pytest.mark.parametrize(("rows", "digit_bits"), [(1, 1), (5, 1), (128, 1), (9, 2), (16, 3)])
def test_adds_the_digits_one_cycle_later(rows, digit_bits):
    rng = np.random.default_rng(2024)
    digits = rng.integers(0, 2**digit_bits, size=(20, rows))
    digits[0], digits[1] = 0, 2**digit_bits - 1
    dut = ActiveRows(rows=rows, digit_bits=digit_bits)
    totals = []

    async def bench(ctx):
        for plane in digits:
            ctx.set(dut.drive, drive_word(plane, dac_bits=digit_bits))
            await ctx.tick()
            totals.append(ctx.get(dut.total))

    simulate(dut, bench)

    np.testing.assert_array_equal(totals, active_rows(digits))
