"""The emitted active-row count against `hwgen_models.active_rows`."""

import numpy as np

from bench import Bench, case, expect, spec
from hwgen_models.active_rows import active_rows
from hwgen_models.row_drive import drive_word

READS = 60


@case
async def total_follows_the_rows_by_one_cycle(dut):
    """Drive sparse and full planes one after the other."""
    rng = np.random.default_rng(3)
    design = spec()
    top = 2**design.dac_bits
    density = rng.random((READS, 1))
    drives = np.where(
        rng.random((READS, design.rows)) < density,
        rng.integers(0, top, size=(READS, design.rows)),
        0,
    )
    drives[0], drives[1] = 0, top - 1
    totals = active_rows(drives)

    bench = Bench(dut, drive=0)
    await bench.reset()
    expect("after reset", bench.read("total"), 0)
    for n, digits in enumerate(drives):
        await bench.step(drive=drive_word(digits, dac_bits=design.dac_bits))
        expect(f"read {n}, same cycle", bench.read("total"), totals[n - 1].item() if n else 0)
    await bench.step()
    expect("last read", bench.read("total"), totals[-1].item())
