"""Layers cut to the array: what is stored where, what chains, and what does not fit."""

import re
from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.mapping.tiles import map_dense
from hwgen_models.matrix import Dense
from hwgen_models.requantise import Fixed
from hwgen_models.spec import TileSpec

SMALL = TileSpec(
    rows=4, columns=32, slices=7, readout_bits=3, x_elements=4, row_tiles=2, columns_per_lane=8
)


def dense(weights, bias=None):
    weights = np.array(weights, dtype=np.int8)
    outputs = weights.shape[1]
    return Dense(
        name="a",
        sources=("input",),
        weights=weights,
        bias=np.zeros(outputs, dtype=np.int32) if bias is None else np.array(bias, dtype=np.int32),
        requantise=Fixed(
            multiplier=np.ones(outputs, dtype=np.int32),
            shift=np.ones(outputs, dtype=np.uint8),
            low=0,
            high=255,
        ),
    )


def test_cuts_rows_and_outputs_and_pads_rows_with_zeros():
    weights = np.arange(-15, 15).reshape(6, 5)

    mapped = map_dense(dense(weights), SMALL)

    assert SMALL.outputs == 2
    assert (mapped.row_tiles, mapped.column_tiles, mapped.crossbars) == (2, 3, 6)
    assert [(tile.column, tile.row) for tile in mapped.tiles] == [
        (column, row) for column in range(3) for row in range(2)
    ]
    for tile in mapped.tiles:
        used = tile.inputs.stop - tile.inputs.start
        np.testing.assert_array_equal(tile.weights[:used], weights[tile.inputs, tile.outputs])
        assert tile.weights.shape[0] == SMALL.rows
        assert not tile.weights[used:].any()


def test_chained_tiles_give_the_layers_sums():
    rng = np.random.default_rng(7)
    layer = dense(rng.integers(-127, 128, (6, 5)), bias=rng.integers(-900, 900, 5))
    x = rng.integers(0, 256, (9, 6))

    mapped = map_dense(layer, SMALL)
    vectors = mapped.vectors(x)
    sums = np.zeros((9, 5), dtype=np.int64)
    for column in range(mapped.column_tiles):
        chain = mapped.chain(column)
        y = mapped.constants[chain[0].outputs]  # y_in of the first row tile
        for tile in chain:
            y = y + vectors[:, tile.row] @ tile.weights
        sums[:, tile.outputs] = y

    np.testing.assert_array_equal(sums, layer.accumulate(x))


@pytest.mark.parametrize(
    ("layer", "changes", "message"),
    [
        (
            dense([[1], [-128]]),
            {},
            "weights must be between -127 and 127 (7 slices), not -128 (input 1, output 0)",
        ),
        (
            dense([[1]]),
            {"input_bits": 7},
            "activations 0 to 255 must be within the design's inputs, not 0 to 127",
        ),
        (
            dense([[1]]),
            {"signed_inputs": True},
            "activations 0 to 255 must be within the design's inputs, not -128 to 127",
        ),
        (
            dense(np.ones((9, 1))),
            {},
            "inputs must be at most 8 (2 row tiles of 4), not 9",
        ),
        (
            dense(np.ones((5, 1))),
            {"y_in": False},
            "inputs must be at most 4 rows without y_in, not 5",
        ),
        (
            dense([[1]], bias=[-2_000_000]),
            {},
            "constants must be between -226695 and 226695, not -2000000",
        ),
    ],
)
def test_refuses_what_does_not_fit(layer, changes, message):
    message = f"net.npz: layer a: {message}"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        map_dense(layer, replace(SMALL, **changes), where="net.npz")


def test_eight_slices_hold_the_most_negative_weight():
    mapped = map_dense(dense([[-128]]), replace(SMALL, slices=8))

    assert mapped.tiles[0].weights[0, 0] == -128
