"""The emitted word-line register against `hwgen_models.row_drive`."""

import numpy as np

from bench import Bench, case, expect, spec
from hwgen_models.row_drive import drive_word

STEPS = 60


@case
async def rows_hold_a_plane_until_told_otherwise(dut):
    """Load, switch off and do neither at random."""
    rng = np.random.default_rng(2)
    design = spec()
    bench = Bench(dut, digits=0, load=0, off=0)
    await bench.reset()
    expect("after reset", bench.read("drive"), 0)

    expected = 0
    for n in range(STEPS):
        digits = rng.integers(0, 2**design.dac_bits, size=design.rows)
        word = drive_word(digits, dac_bits=design.dac_bits)
        load, off = (int(bit) for bit in rng.random(2) < 0.3)
        await bench.step(digits=word, load=load, off=off)
        expect(f"step {n}, load {load}, off {off}", hex(bench.read("drive")), hex(expected))
        expected = word if load else 0 if off else expected
