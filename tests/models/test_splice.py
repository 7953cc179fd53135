"""Accumulators of all lanes into outputs."""

import numpy as np
import pytest

from hwgen_models.columns import ColumnMap
from hwgen_models.shift_add import MicroOperation, ShiftAdd
from hwgen_models.splice import splice


def column_map(**changes):
    shape = {"columns": 16, "slices": 3, "polarities": 2, "columns_per_lane": 4}
    return ColumnMap(**(shape | {"column_order": "slice_major"} | changes))


def test_hand_worked_slice_major():
    # Columns, two outputs: (0+ 1+ 0- 1-) of slice 0, of slice 1, of slice 2; lane 3 holds nothing.
    # A lane's accumulator of an output holds positive minus negative of its slice.
    accumulators = np.array([[[5, 1], [3, -1], [-2, 7], [99, 99]]])

    sums = splice(accumulators, column_map=column_map(), cell_bits=1)

    np.testing.assert_array_equal(sums, [[5 + 2 * 3 - 4 * 2, 1 - 2 * 1 + 4 * 7]])


def test_hand_worked_lanes_of_one_polarity():
    # Lanes of two columns: both outputs, one slice, one polarity; odd lanes are negative.
    accumulators = [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60], [9, 9], [9, 9]]

    sums = splice(accumulators, column_map=column_map(columns_per_lane=2), cell_bits=2)

    one = (1 - 2) + 4 * (3 - 4) + 16 * (5 - 6)
    np.testing.assert_array_equal(sums, [one, 10 * one])


@pytest.mark.parametrize("column_order", ["slice_major", "output_major"])
@pytest.mark.parametrize(
    ("columns", "slices", "columns_per_lane", "cell_bits"),
    [(16, 3, 4, 1), (16, 3, 16, 2), (24, 2, 3, 1), (12, 1, 1, 3), (30, 7, 5, 1)],
)
def test_lanes_and_splice_together_weigh_every_column(
    column_order, columns, slices, columns_per_lane, cell_bits
):
    order = column_map(
        columns=columns,
        slices=slices,
        columns_per_lane=columns_per_lane,
        column_order=column_order,
    )
    rng = np.random.default_rng(8)
    values = rng.integers(0, 256, size=columns)

    accumulators = np.zeros((order.lanes, order.destinations), dtype=int)
    for number in range(order.lanes):
        lane = ShiftAdd(destinations=order.destinations)
        for k, column in enumerate(order.lane_columns(number)):
            if column is not None:
                value = int(values[number * columns_per_lane + k])
                shift = column.slice_offset * cell_bits
                lane.add(MicroOperation(column.destination, value, shift, column.negate))
        accumulators[number] = lane.accumulators

    expected = np.zeros(order.outputs, dtype=int)
    for p, value in enumerate(values):
        held = order.of(p)
        if held is not None:
            output, digit, polarity = held
            expected[output] += (1 - 2 * polarity) * (int(value) << digit * cell_bits)
    np.testing.assert_array_equal(
        splice(accumulators, column_map=order, cell_bits=cell_bits), expected
    )
