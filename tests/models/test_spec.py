"""What follows from the numbers of a tile, by hand and by exhaustion of small ones."""

import json
import re
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from hwgen_models.row_drive import plane_weights
from hwgen_models.shift_add import shift_add
from hwgen_models.spec import TileSpec
from hwgen_models.splice import splice


def test_baseline_by_hand():
    spec = TileSpec()

    assert (spec.planes, spec.lanes, spec.outputs, spec.beats) == (8, 16, 9, 16)
    assert (spec.largest_active, spec.largest_count, spec.bound) == (128, 128, 128)
    # One column per accumulator: 255 in every plane.
    assert spec.accumulator_range == range(255 * 255 + 1)
    # Magnitudes up to 127, either sign, 64 tiles and one more.
    assert spec.tile_range == range(-127 * 255 * 255, 127 * 255 * 255 + 1)
    assert spec.y_range == range(-65 * 127 * 255 * 255, 65 * 127 * 255 * 255 + 1)
    assert spec.y_bits == 30
    assert (spec.decision_cycles, spec.overhead_cycles) == (2, 2)
    assert (spec.most_decisions, spec.longest_conversion) == (8, 18)
    assert spec.conversion_cycles(3) == 8


def test_second_range_costs_one_test():
    spec = TileSpec(search="twin-range", settle_dac=1, compare_latency=3, acquire_cycles=2)

    assert (spec.most_decisions, spec.longest_conversion) == (9, 3 + 9 * 4)


def test_wider_cells_and_digits():
    spec = TileSpec(rows=100, x_elements=4, cell_bits=2, dac_bits=3, slices=4, readout_bits=12)

    assert spec.planes == 3
    assert spec.largest_count == 100 * 7 * 3
    assert spec.outputs == 16


def test_saturating_readout_is_bound_by_its_codes():
    spec = TileSpec(readout_bits=6, saturate=True)

    assert (spec.largest_count, spec.bound, spec.value_max) == (128, 63, 63)


SMALL = [
    TileSpec(
        rows=2,
        x_elements=1,
        columns=columns,
        slices=slices,
        columns_per_lane=columns_per_lane,
        column_order=order,
        input_bits=3,
        dac_bits=dac_bits,
        signed_inputs=signed,
        cell_bits=cell_bits,
        readout_bits=5,
        row_tiles=row_tiles,
    )
    for columns, slices, columns_per_lane in ((8, 2, 4), (8, 3, 4), (12, 1, 6), (8, 2, 1))
    for order in ("slice_major", "output_major")
    for dac_bits, signed in ((1, False), (1, True), (2, False))
    for cell_bits, row_tiles in ((1, 1), (2, 3))
]


@pytest.mark.parametrize("spec", SMALL)
def test_ranges_are_reached_and_not_left(spec):
    """Every accumulator by itself is a sum of independent terms: corners are enough."""
    operations = [
        (lane * spec.destinations + operation.destination, operation)
        for lane in range(spec.lanes)
        for operation in spec.column_map.lane_columns(lane)
        if operation is not None
    ]
    weights = plane_weights(
        input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
    )
    physical = [p for p in range(spec.columns) if spec.column_map.of(p) is not None]
    negative = np.array([spec.column_map.of(p).polarity == 1 for p in physical])
    negate = np.array([operation.negate for _, operation in operations])

    def sums(extreme):
        """Sums when every value is at the end that drives its accumulator, or output, up."""
        values = np.where((weights[:, None] > 0) != extreme, spec.value_max, 0)
        return shift_add(
            (values * weights[:, None]).sum(axis=0),
            destination=[destination for destination, _ in operations],
            shift=[operation.slice_offset * spec.cell_bits for _, operation in operations],
            negate=negate,
            destinations=spec.lanes * spec.destinations,
        )

    high, low = sums(negate), sums(~negate)
    assert range(low.min(), high.max() + 1) == spec.accumulator_range
    totals = [
        splice(
            sums(extreme).reshape(spec.lanes, spec.destinations),
            column_map=spec.column_map,
            cell_bits=spec.cell_bits,
        )
        for extreme in (negative, ~negative)
    ]
    assert (totals[0] == spec.tile_range[-1]).all()
    assert (totals[1] == spec.tile_range[0]).all()
    assert spec.y_range[0] == spec.tile_range[0] * (spec.row_tiles + 1)
    assert spec.y_range[-1] == spec.tile_range[-1] * (spec.row_tiles + 1)
    assert holds(spec.y_bits, spec.y_range)
    assert not holds(spec.y_bits - 1, spec.y_range)


def holds(bits, reach):
    return -(2 ** (bits - 1)) <= reach[0] <= reach[-1] < 2 ** (bits - 1)


def test_survives_a_manifest():
    spec = TileSpec(search="twin-range", banks=1)
    parameters = json.loads(json.dumps(asdict(spec)))

    assert TileSpec(**parameters) == spec
    assert parameters.keys() == {field.name for field in fields(TileSpec)}


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"rows": 0}, ValueError, "rows must be at least 1, not 0"),
        ({"rows": 8.0}, TypeError, "rows must be an integer, not 8.0"),
        ({"saturate": 1}, TypeError, "saturate must be true or false, not 1"),
        ({"banks": 3}, ValueError, "banks must be 1 or 2, not 3"),
        ({"polarities": 1}, ValueError, "polarities must be 2, not 1"),
        (
            {"search": "linear"},
            ValueError,
            "search must be binary, twin-range, ranges, outward or redundant, not 'linear'",
        ),
        ({"rows": 100}, ValueError, "rows must be a multiple of x_elements = 8, not 100"),
        (
            {"columns_per_lane": 7},
            ValueError,
            "columns must be a multiple of columns_per_lane = 7, not 128",
        ),
        (
            {"signed_inputs": True, "dac_bits": 2, "readout_bits": 9},
            ValueError,
            "dac_bits must be 1 for signed inputs, not 2",
        ),
        (
            {"readout_bits": 7},
            ValueError,
            "readout_bits must resolve the largest count 128 (or saturate), not 7",
        ),
        ({"compare_latency": 1}, ValueError, "compare_latency must be at least 2, not 1"),
        (
            {"compare_stages": 2, "compare_latency": 3},
            ValueError,
            "compare_latency must be at least 4, not 3",
        ),
        ({"settle_row": 1}, ValueError, "settle_row must be at least 2, not 1"),
    ],
)
def test_rejects_impossible_parameters(bad, error, message):
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        replace(TileSpec(), **bad)
