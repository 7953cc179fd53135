"""The emitted splice against `hwgen_models.splice`."""

import numpy as np

from bench import Bench, case, expect, spec
from hwgen_models.splice import splice

VECTORS = 12


@case
async def every_output_is_the_sum_of_its_shares(dut):
    """Show accumulators at random and at their limits."""
    rng = np.random.default_rng(5)
    design = spec()
    reach = design.accumulator_range
    bench = Bench(dut)
    for vector in range(VECTORS):
        accumulators = rng.integers(
            reach.start, reach.stop, size=(design.lanes, design.destinations)
        )
        accumulators[rng.random(accumulators.shape) < 0.1] = reach.start
        accumulators[rng.random(accumulators.shape) < 0.1] = reach.stop - 1
        sums = splice(accumulators, column_map=design.column_map, cell_bits=design.cell_bits)
        while not all(int(total) in design.tile_range for total in sums):
            accumulators //= 2  # no vector leads to sums beyond the range
            sums = splice(accumulators, column_map=design.column_map, cell_bits=design.cell_bits)
        for output in range(design.outputs):
            await bench.settle(output_index=output)
            # Lanes without a share in an output show what they like.
            shown = {
                f"value_{lane}": int(held[bench.read(f"destination_{lane}") % len(held)])
                for lane, held in enumerate(accumulators)
            }
            await bench.settle(**shown)
            expect(
                f"vector {vector}, output {output}", bench.read_signed("total"), sums[output].item()
            )
