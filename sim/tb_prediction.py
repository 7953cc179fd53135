"""The emitted centres against `hwgen_models.prediction`."""

import numpy as np

from bench import Bench, case, expect, pack, spec
from hwgen_models.prediction import centre_of

TABLES = 40


@case
async def centres_are_the_bound_times_the_densities(dut):
    """Try densities with every bound."""
    rng = np.random.default_rng(5)
    design = spec()
    bench = Bench(dut)
    most = (1 << design.density_bits) - 2
    for number in range(TABLES):
        densities = rng.integers(0, most + 1, size=design.table_count)
        if number < 2:
            densities[:] = most * number
        await bench.settle(plan=pack(*((d, design.density_bits) for d in densities.tolist())))
        for bound in range(design.bound + 1):
            await bench.settle(bound=bound)
            centres = centre_of(bound, densities, fraction_bits=design.density_bits)
            expected = pack(*((c, design.readout_bits) for c in centres.tolist()))
            expect(f"bound {bound}, densities {densities}", bench.read("centres"), expected)
