"""Crossbars counted from shapes: as mapped, by hand, and as MNSIM publishes them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.mapping.arrays import LayerShape, apart, together
from hwgen.mapping.tiles import map_layer
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv, Dense
from hwgen_models.requantise import Fixed
from hwgen_models.spec import TileSpec
from hwgen_models.window import Window

DOCUMENT = Path(__file__).parents[2] / "docs" / "mapping.md"
UNSIGNED = Codes(low=0, high=255)

# MNSIM 2.0's default array; its 9-bit weights are a sign and eight slices.
MNSIM = TileSpec(rows=256, columns=256, slices=8, readout_bits=9)


def conv(channels, outputs, kernel=3):
    return LayerShape(channels=channels, outputs=outputs, places=kernel * kernel)


def dense(inputs, outputs):
    return LayerShape(channels=inputs, outputs=outputs)


# MNSIM 2.0's networks for 32 x 32 x 3 images and ten classes (MNSIM/Interface/network.py). They are
# not always the published ones: its VGG16 has one dense layer, and the short cuts of its ResNet-18
# are 3 x 3 convolutions and it ends in two dense layers.
NETWORKS = {
    "LeNet": [conv(3, 6, 5), conv(6, 16, 5), conv(16, 120, 5), dense(120, 84), dense(84, 10)],
    "VGG8": [
        conv(3, 128),
        conv(128, 128),
        conv(128, 256),
        conv(256, 256),
        conv(256, 512),
        conv(512, 512),
        conv(512, 1024),
        dense(1024, 10),
    ],
    "VGG16": [
        conv(3, 64),
        conv(64, 64),
        conv(64, 128),
        conv(128, 128),
        conv(128, 256),
        *[conv(256, 256)] * 2,
        conv(256, 512),
        *[conv(512, 512)] * 5,
        dense(2048, 10),
    ],
    "ResNet-18": [
        conv(3, 64),
        *[conv(64, 64)] * 4,
        *[conv(64, 128)] * 2,  # the second is the short cut
        *[conv(128, 128)] * 3,
        *[conv(128, 256)] * 2,
        *[conv(256, 256)] * 3,
        *[conv(256, 512)] * 2,
        *[conv(512, 512)] * 3,
        dense(2048, 512),
        dense(512, 10),
    ],
}

# Channels of MobileNet-v2's depthwise convolutions (width 1).
DEPTHWISE = [32, 96, 144, 144, *[192] * 3, *[384] * 4, *[576] * 3, *[960] * 3]


@pytest.mark.parametrize(
    ("network", "published"), [("LeNet", 48), ("VGG8", 1272), ("VGG16", 2040), ("ResNet-18", 1968)]
)
def test_mnsims_processing_elements_are_pairs_of_arrays_apart(network, published):
    arrays = sum(apart(layer, MNSIM) for layer in NETWORKS[network])

    assert arrays == published * MNSIM.polarities


@pytest.mark.parametrize(
    ("layer", "whole", "cut"),
    [
        # 28 channels of nine rows fill 252 of 256 rows: 512 channels take 19 arrays, 4608 rows 18.
        # 512 outputs take two, and each of these is there for eight slices and two polarities.
        (conv(512, 512), 19 * 2 * 16, 18 * 2 * 16),
        (conv(28, 256), 16, 16),
        (conv(29, 257), 2 * 2 * 16, 2 * 2 * 16),  # 261 rows, 257 outputs
        (conv(4, 1, 15), 4 * 16, 4 * 16),  # 225 rows leave no room for another channel
        (conv(16, 1, 15), 16 * 16, 15 * 16),  # 3600 rows
        (dense(257, 256), 2 * 16, 2 * 16),
        # Groups of nine rows and one output: 28 share an array, 100 need four.
        (LayerShape(channels=1, outputs=1, places=9, groups=100), 4 * 16, 4 * 16),
        # Groups of 18 rows and 100 outputs: two share an array, outputs are short.
        (LayerShape(channels=2, outputs=100, places=9, groups=5), 3 * 16, 3 * 16),
    ],
)
def test_apart_by_hand(layer, whole, cut):
    assert apart(layer, MNSIM) == whole
    assert apart(layer, MNSIM, cut_windows=True) == cut


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (dense(64, 160), 18),  # the digits network, nine outputs an array
        (dense(160, 64), 2 * 8),
        (dense(64, 10), 2),
        (conv(16, 16), 2 * 2),  # 144 rows
        (LayerShape(channels=1, outputs=1, places=9, groups=96), 11),  # nine channels an array
        (LayerShape(channels=1, outputs=1, places=25, groups=96), 20),  # five: rows are short
        (LayerShape(channels=8, outputs=8, places=9, groups=4), 4),
    ],
)
def test_together_by_hand(layer, expected):
    assert together(layer, TileSpec()) == expected


def random_layer(rng):
    kernel = tuple(rng.integers(1, 4, 2).tolist())
    groups, channels, outputs = rng.integers(1, 12, 3).tolist()
    shape = (groups, kernel[0] * kernel[1] * channels, outputs)
    requantise = Fixed(
        multiplier=np.ones(groups * outputs, dtype=np.int32),
        shift=np.ones(groups * outputs, dtype=np.uint8),
        low=0,
        high=255,
    )
    common = {
        "name": "a",
        "sources": ("input",),
        "bias": np.zeros(groups * outputs, dtype=np.int32),
        "requantise": requantise,
    }
    weights = np.ones(shape, dtype=np.int8)
    if rng.integers(4) == 0:
        return Dense(weights=weights.transpose(1, 0, 2).reshape(shape[1], -1), **common)
    return Conv(weights=weights, window=Window(kernel=kernel), **common)


def test_together_is_what_the_mapper_does():
    rng = np.random.default_rng(11)
    shared = 0
    for _ in range(300):
        spec = TileSpec(
            rows=4 * int(rng.integers(1, 24)),
            columns=8 * int(rng.integers(2, 16)),
            slices=int(rng.integers(1, 9)),
            x_elements=4,
            row_tiles=128,
        )
        layer = random_layer(rng)

        mapped = map_layer(layer, spec, codes=UNSIGNED)

        assert together(LayerShape.of(layer), spec) == mapped.crossbars, (
            layer.matrices.shape,
            spec,
        )
        shared += mapped.column_tiles < layer.groups
    assert shared > 50  # otherwise the draw says little about groups


def test_refuses_what_has_no_size_or_no_place():
    with pytest.raises(ValueError, match=r"^Outputs must be a positive integer, not 0$"):
        dense(3, 0)
    with pytest.raises(ValueError, match=r"^Places must be at most 256 rows, not 289$"):
        apart(conv(1, 1, 17), MNSIM)


def documented(first_column):
    """Numbers of the row of a table in the document."""
    (row,) = re.findall(rf"^\| {re.escape(first_column)} \|(.+)\|$", DOCUMENT.read_text(), re.M)
    return [int(cell.replace(",", "")) for cell in row.split("|")]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_document_states_these_counts(network):
    layers = NETWORKS[network]
    arrays = sum(apart(layer, MNSIM) for layer in layers)

    assert documented(network) == [
        arrays // MNSIM.polarities,
        arrays,
        sum(apart(layer, MNSIM, cut_windows=True) for layer in layers),
        sum(together(layer, MNSIM) for layer in layers),
        sum(together(layer, replace(MNSIM, slices=7)) for layer in layers),
    ]


def test_the_document_states_what_packing_saves():
    packed = [
        together(LayerShape(channels=1, outputs=1, places=9, groups=channels), TileSpec())
        for channels in DEPTHWISE
    ]

    assert documented("depthwise layers of MobileNet-v2") == [sum(DEPTHWISE), sum(packed)]
