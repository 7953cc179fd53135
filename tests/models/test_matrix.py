"""Products that an array can take over: vectors in, sums out, everything else the layer's."""

from dataclasses import replace

import numpy as np
import pytest

from hwgen_models.matrix import Conv, Dense, exact_product
from hwgen_models.network import Input, Network
from hwgen_models.requantise import Fixed, Scaled
from hwgen_models.window import Window


def halves(outputs):
    return Fixed(
        multiplier=np.ones(outputs, dtype=np.int32),
        shift=np.ones(outputs, dtype=np.uint8),
        low=0,
        high=255,
    )


def conv(rng, groups, share, outputs, **window):
    window = Window(kernel=(3, 2), **window)
    return Conv(
        name="c",
        sources=("input",),
        weights=rng.integers(-127, 128, (groups, 6 * share, outputs)).astype(np.int8),
        bias=rng.integers(-99, 99, groups * outputs).astype(np.int32),
        requantise=halves(groups * outputs),
        window=window,
        padding=3,
    )


def by_loops(layer, x):
    """The sums of a convolution, written down."""
    window, groups = layer.window, layer.groups
    top, left, bottom, right = window.pads
    x = np.pad(
        x.astype(int), ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=layer.padding
    )
    share, outputs = x.shape[3] // groups, layer.outputs // groups
    down, across = window.output(x.shape[1] - top - bottom, x.shape[2] - left - right)
    sums = np.zeros((len(x), down, across, layer.outputs), dtype=int)
    for r, c, g, o in np.ndindex(down, across, groups, outputs):
        weights = layer.weights[g, :, o].astype(int).reshape(*window.kernel, share)
        for kr, kc in np.ndindex(*window.kernel):
            row = r * window.strides[0] + kr * window.dilations[0]
            column = c * window.strides[1] + kc * window.dilations[1]
            under = x[:, row, column, g * share : (g + 1) * share]
            sums[:, r, c, g * outputs + o] += under @ weights[kr, kc]
    return sums + layer.bias


@pytest.mark.parametrize(
    ("groups", "share", "outputs", "window"),
    [
        (1, 4, 5, {}),
        (1, 4, 5, {"strides": (2, 1), "pads": (1, 0, 2, 1)}),
        (2, 2, 3, {"dilations": (2, 2), "pads": (2, 2, 0, 0)}),
        (4, 1, 1, {"pads": (1, 1, 1, 0)}),
        (4, 1, 2, {"strides": (2, 2)}),
    ],
)
def test_convolutions_equal_loops(groups, share, outputs, window):
    rng = np.random.default_rng(1)
    layer = conv(rng, groups, share, outputs, **window)
    x = rng.integers(0, 256, (3, 7, 6, 4), dtype=np.uint8)

    expected = layer.requantise(by_loops(layer, x))

    np.testing.assert_array_equal(layer.apply(x), expected)
    assert layer.shape((7, 6, 4)) == expected.shape[1:]


def test_channels_may_come_first():
    rng = np.random.default_rng(2)
    layer = conv(rng, 1, 4, 5, pads=(1, 1, 1, 1))
    x = rng.integers(0, 256, (3, 7, 6, 4), dtype=np.uint8)

    first = replace(layer, channels_first=True).apply(x.transpose(0, 3, 1, 2))

    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), layer.apply(x))


def test_somebody_else_may_multiply():
    """A product gets the layer and its vectors as codes, and its sums go on."""
    rng = np.random.default_rng(3)
    layer = conv(rng, 2, 2, 3)
    network = Network(layers=(layer,), input=Input(shape=(7, 6, 4)))
    x = rng.integers(0, 256, (5, 7, 6, 4), dtype=np.uint8)
    seen = []

    def product(layer, vectors):
        seen.append((layer.name, vectors.shape, vectors.dtype))
        return np.einsum("gvi,gio->gvo", vectors.astype(int), layer.matrices.astype(int))

    result = network.run(x, product)

    assert seen == [("c", (2, 5 * 5 * 5, 12), np.uint8)]
    np.testing.assert_array_equal(result, network.run(x))
    off_by_one = network.run(x, lambda *given: product(*given) + 1)
    assert (off_by_one != result).any()


def test_large_sums_stay_exact():
    """Beyond 2^24 in double precision."""
    layer = Dense(
        name="d",
        sources=("input",),
        weights=np.full((60_001, 1), 127, dtype=np.int8),
        bias=np.zeros(1, dtype=np.int32),
        requantise=halves(1),
    )
    x = np.full((1, 1, 60_001), 255, dtype=np.uint8)
    x[..., 0] = 254

    assert exact_product(layer, x).item() == 127 * (255 * 60_001 - 1)


def test_batches_are_bounded_and_do_not_matter(monkeypatch):
    rng = np.random.default_rng(4)
    layer = conv(rng, 1, 4, 5)
    x = rng.integers(0, 256, (9, 7, 6, 4), dtype=np.uint8)
    whole = Network(layers=(layer,), input=Input(shape=(7, 6, 4)))
    monkeypatch.setattr("hwgen_models.network.BATCH_BYTES", 2**14)

    small = Network(layers=(layer,), input=Input(shape=(7, 6, 4)))

    assert small.batch < 9 < whole.batch or whole.batch <= small.batch < 9
    np.testing.assert_array_equal(small.run(x), whole.run(x))


@pytest.mark.parametrize(
    ("sums", "expected"),
    [([1, 2, 3, 5, -1, -3], [0, 1, 2, 2, 0, -2]), ([1000, -1000], [10, -10])],
)
def test_single_precision_rounds_halves_to_even(sums, expected):
    scaled = Scaled(factor=np.float32([0.5]), low=-10, high=10)

    assert scaled(np.array(sums)[:, np.newaxis]).ravel().tolist() == expected


def test_an_image_that_needs_too_much_memory_is_refused():
    layer = conv(np.random.default_rng(5), 1, 4, 5)

    with pytest.raises(ValueError, match=r"^layer c: memory per image must be at most 384 MiB"):
        Network(layers=(layer,), input=Input(shape=(4000, 4000, 4)))
