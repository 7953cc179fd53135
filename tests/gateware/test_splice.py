# amaranth: UnusedElaboratable=no
"""Splice against its golden model."""

import numpy as np
import pytest

from hwgen.gateware.splice import Share, Splice
from hwgen_models.columns import ColumnMap
from hwgen_models.splice import splice
from tests.support import simulate

REACH = range(-500, 2001)


def shares_of(column_map, lane, *, cell_bits):
    """Return what every accumulator of a lane contributes to."""
    served = {column.destination for column in column_map.lane_columns(lane) if column}
    bases = [column_map.base(lane, destination) for destination in sorted(served)]
    return [
        Share(output=output, shift=base_slice * cell_bits, negate=negative)
        for output, base_slice, negative in bases
    ]


@pytest.mark.parametrize(
    ("columns", "slices", "polarities", "columns_per_lane", "cell_bits"),
    [
        (128, 7, 2, 8, 1),
        (32, 3, 2, 4, 2),
        (12, 3, 2, 4, 1),
        (12, 5, 1, 3, 1),
        (4, 2, 2, 4, 1),
        (64, 7, 2, 4, 1),
    ],
)
@pytest.mark.parametrize("order", ["slice_major", "output_major"])
def test_forms_every_output(columns, slices, polarities, columns_per_lane, cell_bits, order):
    column_map = ColumnMap(
        columns=columns,
        slices=slices,
        polarities=polarities,
        columns_per_lane=columns_per_lane,
        column_order=order,
    )
    lanes = [shares_of(column_map, k, cell_bits=cell_bits) for k in range(column_map.lanes)]
    largest = 2000 * column_map.lanes << (slices * cell_bits)
    dut = Splice(
        outputs=column_map.outputs, lanes=lanes, reach=REACH, total=range(-largest, largest + 1)
    )
    rng = np.random.default_rng(2024)
    shape = (5, column_map.lanes, column_map.destinations)
    accumulators = rng.integers(REACH.start, REACH.stop, size=shape)
    accumulators[0], accumulators[1] = REACH.start, REACH.stop - 1
    totals = []

    async def bench(ctx):
        for held in accumulators:
            for output in range(column_map.outputs):
                ctx.set(dut.output_index, output)
                for k in range(column_map.lanes):
                    destination = ctx.get(getattr(dut, f"destination_{k}"))
                    ctx.set(getattr(dut, f"value_{k}"), int(held[k, destination]))
                totals.append(ctx.get(dut.total))

    simulate(dut, bench)

    expected = splice(accumulators, column_map=column_map, cell_bits=cell_bits)
    np.testing.assert_array_equal(np.reshape(totals, expected.shape), expected)
