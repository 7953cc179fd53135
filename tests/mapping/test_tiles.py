"""Layers cut to the array: what is stored where, what chains, and what does not fit."""

import re
from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv, Dense, exact_product
from hwgen_models.requantise import Fixed
from hwgen_models.spec import TileSpec
from hwgen_models.window import Window

SMALL = TileSpec(
    rows=4, columns=32, slices=7, readout_bits=3, x_elements=4, row_tiles=2, columns_per_lane=8
)

UNSIGNED = Codes(low=0, high=255)


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


def conv(weights, *, kernel, channels_first=False, padding=0):
    weights = np.array(weights, dtype=np.int8)
    outputs = weights.shape[0] * weights.shape[2]
    return Conv(
        name="a",
        sources=("input",),
        weights=weights,
        bias=np.arange(outputs, dtype=np.int32) - 3,
        requantise=dense(np.ones((1, outputs))).requantise,
        window=Window(kernel=kernel, pads=(1, 1, 1, 1)),
        padding=padding,
        channels_first=channels_first,
    )


def read(mapped, vectors):
    """Send vectors through the chains with exact products."""
    drive = mapped.drive(vectors)
    sums = np.full((len(drive), len(mapped.constants)), -1, dtype=np.int64)
    for column in range(mapped.column_tiles):
        chain = mapped.chain(column)
        y = mapped.constants[chain[0].outputs]  # y_in of the first row tile
        for tile in chain:
            y = y + drive[:, tile.inputs] @ tile.weights
        sums[:, tile.outputs] = y
    return sums


def test_cuts_rows_and_outputs():
    weights = np.arange(-15, 15).reshape(6, 5)

    mapped = map_layer(dense(weights), SMALL, codes=UNSIGNED)

    assert SMALL.outputs == 2
    assert (mapped.row_tiles, mapped.column_tiles, mapped.crossbars) == (2, 3, 6)
    assert [(tile.column, tile.row) for tile in mapped.tiles] == [
        (column, row) for column in range(3) for row in range(2)
    ]
    assert [tile.inputs for tile in mapped.chain(1)] == [slice(0, 4), slice(4, 6)]
    for tile in mapped.tiles:
        np.testing.assert_array_equal(tile.weights, weights[tile.inputs, tile.outputs])


def test_chained_tiles_give_the_layers_sums():
    rng = np.random.default_rng(7)
    layer = dense(rng.integers(-127, 128, (6, 5)), bias=rng.integers(-900, 900, 5))
    x = rng.integers(0, 256, (9, 6))

    sums = read(map_layer(layer, SMALL, codes=UNSIGNED), x[np.newaxis])

    np.testing.assert_array_equal(sums, layer.accumulate(x))


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("codes", [Codes(low=0, high=255), Codes(low=-128, high=127)])
@pytest.mark.parametrize(
    ("groups", "inputs", "outputs", "crossbars"),
    [
        (1, 18, 3, 5 * 2),  # 5 row tiles, 2 column tiles
        (5, 9, 1, 5 * 3),  # depthwise, a group larger than an array
        (3, 2, 1, 2),  # two groups share a crossbar, the third has its own
        (2, 2, 3, 2 * 2),  # outputs of a group need two crossbars
    ],
)
def test_a_convolution_becomes_the_same_product(
    codes, groups, inputs, outputs, crossbars, channels_first
):
    rng = np.random.default_rng(3)
    kernel = (3, 3) if inputs % 9 == 0 else (1, 2)
    layer = conv(
        rng.integers(-127, 128, (groups, inputs, outputs)),
        kernel=kernel,
        channels_first=channels_first,
        padding=codes.low + 5,
    )
    channels = groups * inputs // (kernel[0] * kernel[1])
    shape = (channels, 4, 3) if channels_first else (4, 3, channels)
    x = rng.integers(codes.low, codes.high + 1, (2, *shape)).astype(codes.dtype)
    mapped = map_layer(layer, replace(SMALL, row_tiles=5), codes=codes)

    drive = mapped.drive(layer.vectors(x))
    product = mapped.product(read(mapped, layer.vectors(x)))

    assert mapped.crossbars == crossbars
    assert drive.min() >= 0
    np.testing.assert_array_equal(product, exact_product(layer, layer.vectors(x)))
    given = layer.finish(product, 2, layer.shape(shape))
    np.testing.assert_array_equal(given, layer.apply(x))


def test_groups_on_one_crossbar_do_not_meet():
    weights = np.arange(1, 7).reshape(3, 2, 1)

    mapped = map_layer(conv(weights, kernel=(1, 2)), SMALL, codes=UNSIGNED)

    assert mapped.tiles[0].weights.tolist() == [[1, 0], [2, 0], [0, 3], [0, 4]]
    assert mapped.tiles[1].weights.tolist() == [[5], [6]]
    assert (mapped.tiles[1].inputs, mapped.tiles[1].outputs) == (slice(4, 6), slice(2, 3))


def test_signed_inputs_take_signed_codes_as_they_are():
    spec = replace(SMALL, signed_inputs=True)

    signed = map_layer(dense([[1]]), spec, codes=Codes(low=-3, high=127))
    unsigned = map_layer(dense([[7]]), spec, codes=UNSIGNED)

    assert (signed.shift, unsigned.shift) == (0, -128)
    assert unsigned.constants.tolist() == [128 * 7]


def test_a_long_chain_has_less_room_for_constants():
    bias = [2 * SMALL.tile_range[-1]]
    map_layer(dense(np.ones((4, 1)), bias=bias), SMALL, codes=UNSIGNED)

    with pytest.raises(UserError, match=r"constants must be between -226695 and 226695"):
        map_layer(dense(np.ones((5, 1)), bias=bias), SMALL, codes=UNSIGNED)


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
            "constants must be between -453390 and 453390, not -2000000",
        ),
    ],
)
def test_refuses_what_does_not_fit(layer, changes, message):
    message = f"net.npz: layer a: {message}"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        map_layer(layer, replace(SMALL, **changes), codes=UNSIGNED, where="net.npz")


def test_eight_slices_hold_the_most_negative_weight():
    mapped = map_layer(dense([[-128]]), replace(SMALL, slices=8), codes=UNSIGNED)

    assert mapped.tiles[0].weights[0, 0] == -128
