"""The order of columns, and the constants of lanes, against what every column must weigh."""

import re
from itertools import product

import pytest

from hwgen_models.columns import Base, Column, ColumnMap, Operation

SHAPES = [
    (slices * polarities * outputs + unused, slices, polarities, order)
    for slices in (1, 2, 3)
    for polarities in (1, 2)
    for outputs in (1, 2, 3, 5)
    for unused in range(min(3, slices * polarities))
    for order in ("slice_major", "output_major")
]


def maps():
    for columns, slices, polarities, order in SHAPES:
        for columns_per_lane in range(1, columns + 1):
            if columns % columns_per_lane == 0:
                yield ColumnMap(columns, slices, polarities, columns_per_lane, order)


def test_orders_are_those_of_the_formulas():
    for order in maps():
        for column in product(range(order.outputs), range(order.slices), range(order.polarities)):
            output, at, polarity = column
            physical = order.physical(*column)
            if order.column_order == "slice_major":
                assert physical == (at * order.polarities + polarity) * order.outputs + output
            else:
                assert physical == (output * order.slices + at) * order.polarities + polarity
            assert order.of(physical) == column


def test_every_used_column_is_held_once_and_the_others_never():
    for order in maps():
        held = [order.of(physical) for physical in range(order.columns)]

        assert order.used == order.outputs * order.slices * order.polarities
        assert len(set(held[: order.used])) == order.used
        assert None not in held[: order.used]
        assert held[order.used :] == [None] * (order.columns - order.used)


def test_lane_and_splice_together_weigh_every_column_right():
    for order in maps():
        for lane in range(order.lanes):
            for k, operation in enumerate(order.lane_columns(lane)):
                column = order.of(lane * order.columns_per_lane + k)
                if column is None:
                    assert operation is None
                    continue
                base = order.base(lane, operation.destination)
                assert operation.output == base.output == column.output
                assert operation.slice_offset >= 0
                assert operation.slice_offset + base.slice == column.slice
                assert (operation.negate != base.negative) == (column.polarity == 1)


def test_accumulators_are_numbered_by_first_appearance_and_based_on_the_lowest_slice():
    for order in maps():
        for lane in range(order.lanes):
            first = lane * order.columns_per_lane
            columns = [order.of(p) for p in range(first, first + order.columns_per_lane)]
            columns = [column for column in columns if column is not None]
            outputs = list(dict.fromkeys(column.output for column in columns))

            assert order.lane_destinations(lane) == len(outputs) <= order.destinations
            for destination, output in enumerate(outputs):
                own = [column for column in columns if column.output == output]
                lowest = min(column.slice for column in own)
                negative = {column.polarity for column in own} == {1}
                assert order.base(lane, destination) == Base(output, lowest, negative)


def test_constants_are_needed_just_where_a_lane_sees_an_output_twice_or_out_of_order():
    for order in maps():
        needed = any(
            operation is not None and operation[:3] != (k, 0, False)
            for lane in range(order.lanes)
            for k, operation in enumerate(order.lane_columns(lane))
        )
        assert order.trivial == (not needed)
        if order.column_order == "slice_major" and order.outputs >= order.columns_per_lane:
            assert order.trivial


def test_array_of_128_columns_holds_nine_outputs_of_fourteen():
    order = ColumnMap(columns=128, slices=7, polarities=2, columns_per_lane=8)

    assert (order.outputs, order.used, order.lanes, order.destinations) == (9, 126, 16, 8)
    assert order.trivial
    # Column 8 is the last positive one of slice 0; then come the negative ones.
    assert order.lane_columns(1)[0] == Operation(0, 0, False, 8)
    assert order.base(1, 0) == (8, 0, False)
    assert order.base(1, 1) == (0, 0, True)
    assert order.lane_columns(15)[5:] == [Operation(5, 0, False, 8), None, None]


def test_output_major_lanes_add_and_subtract_slices_of_one_output():
    order = ColumnMap(128, 7, 2, 8, "output_major")

    # The first lane holds slices 0 to 3 of output 0, the second the rest and 1 of output 1.
    assert [order.of(p) for p in (0, 1, 2)] == [Column(0, 0, 0), Column(0, 0, 1), Column(0, 1, 0)]
    assert order.lane_columns(0)[:3] == [
        Operation(0, 0, False, 0),
        Operation(0, 0, True, 0),
        Operation(0, 1, False, 0),
    ]
    assert [order.base(1, d) for d in range(2)] == [(0, 4, False), (1, 0, False)]
    assert order.destinations == 2
    assert not order.trivial


def test_lane_of_unused_columns_needs_no_accumulator():
    order = ColumnMap(columns=16, slices=7, polarities=2, columns_per_lane=2)

    assert order.lane_columns(7) == [None, None]
    assert order.lane_destinations(7) == 0
    assert order.destinations == 1


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((8, 2, 2, 3), "columns must be a multiple of columns_per_lane = 3, not 8"),
        ((8, 5, 2, 4), "columns must hold at least one output of 10 columns, not 8"),
        ((8, 0, 2, 4), "slices must be a positive integer, not 0"),
        (
            (8, 2, 2, 4, "random"),
            "column_order must be slice_major or output_major, not 'random'",
        ),
    ],
)
def test_rejects_impossible_shapes(shape, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        ColumnMap(*shape)


def test_rejects_columns_that_do_not_exist():
    order = ColumnMap(8, 2, 2, 4)

    with pytest.raises(IndexError, match=r"^Column must be between 0 and 7, not 8$"):
        order.of(8)
    with pytest.raises(IndexError, match=r"^Slice must be between 0 and 1, not 2$"):
        order.physical(0, 2, 0)
