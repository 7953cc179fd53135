"""Vectors of a crossbar while a network runs: the layer's own, chosen the same every time."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.workload import layer_vectors as module
from hwgen.workload.imported import Imported
from hwgen.workload.inputs import load_images
from hwgen.workload.layer_vectors import layer_vectors
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv
from hwgen_models.network import INPUT, Input, Network
from hwgen_models.requantise import Fixed
from hwgen_models.window import Window


@pytest.fixture
def spec(small_design):
    return load(small_design).spec


def vectors_of(small, spec, **options):
    return layer_vectors(small.network_file, small.data_file, spec=spec, **options)


def message_of(small, spec, **options):
    with pytest.raises(UserError) as caught:
        vectors_of(small, spec, **options)
    return str(caught.value)


def test_all_vectors_of_all_images_come_in_order(small, spec):
    images = load_images(small.data_file)
    x = images.pixels.reshape(len(images), -1)

    found = vectors_of(small, spec, layer="fc0", vectors=30)

    assert (found.layer, found.crossbar, found.images) == ("fc0", 0, 30)
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.weights, small.network.layers[0].weights[:, :2])
    np.testing.assert_array_equal(found.y_in, np.tile(small.network.layers[0].bias[:2], (30, 1)))


def test_a_chain_of_crossbars_makes_the_sums_of_the_layer(small, spec):
    layer = small.network.layers[1]  # 20 inputs on 16 rows, 5 outputs by twos
    taken = small.network.trace(load_images(small.data_file).pixels)["fc0"]
    crossbars = map_layer(layer, spec, codes=small.network.codes["fc0"]).tiles

    parts = [
        vectors_of(small, spec, layer="fc1", vectors=30, crossbar=k) for k in range(len(crossbars))
    ]

    sums = [part.y_in + part.x @ part.weights for part in parts]
    for k, tile in enumerate(crossbars):
        if tile.row:
            np.testing.assert_array_equal(parts[k].y_in, sums[k - 1])
    last = np.hstack([sums[k] for k, tile in enumerate(crossbars) if tile.row == 1])
    np.testing.assert_array_equal(last, layer.accumulate(taken))


def test_some_vectors_are_the_same_every_time(small, spec):
    first = vectors_of(small, spec, layer="fc1")

    assert (len(first.x), first.images) == (16, 16)
    np.testing.assert_array_equal(vectors_of(small, spec, layer="fc1").x, first.x)
    assert vectors_of(small, spec, layer="fc1", vectors=20).images == 20


def test_without_y_in_nothing_is_added(small, small_design):
    spec = load(small_design | {"accumulate": {"y_in": False}}).spec

    assert not vectors_of(small, spec, layer="fc0").y_in.any()


def test_a_convolution_gives_what_lies_under_its_window(small, spec, monkeypatch):
    """int8 codes on unsigned word lines: 128 is added, to the padding as well."""
    rng = np.random.default_rng(4)
    conv = Conv(
        name="conv/1",
        sources=(INPUT,),
        weights=rng.integers(-99, 99, (1, 4, 2)).astype(np.int8),
        bias=np.array([7, -7], dtype=np.int32),
        requantise=Fixed(
            multiplier=np.ones(2, dtype=np.int32), shift=np.ones(2, dtype=np.uint8), low=0, high=255
        ),
        window=Window(kernel=(2, 2), pads=(0, 0, 1, 0)),
        padding=-3,
    )
    taken = Input(shape=(2, 6, 1), codes=Codes(low=-128, high=127, scale=1.0, zero_point=-3))
    network = Network(layers=(conv,), input=taken)
    monkeypatch.setattr(
        module, "open_network", lambda *_, **__: Imported(network=network, format="test")
    )
    images = load_images(small.data_file)
    codes = module.codes_of(network, images)
    under = conv.vectors(codes)[0].astype(int) + 128

    every = vectors_of(small, spec, layer="conv/1", vectors=300)
    some = vectors_of(small, spec, layer="conv/1", vectors=9)

    np.testing.assert_array_equal(every.x, under)
    assert (every.images, some.images) == (30, 9)
    places = [np.flatnonzero((under[:90] == x).all(axis=1)) for x in some.x]
    assert all(len(found) for found in places)
    assert len({int(found[0]) % 10 for found in places}) > 2  # not one place of every image
    np.testing.assert_array_equal(
        every.x @ every.weights + every.y_in,
        conv.vectors(codes)[0].astype(int) @ conv.weights[0] + conv.bias,
    )


def test_what_does_not_exist_is_refused(small, spec):
    assert message_of(small, spec, layer="fc3") == (
        "--layer: must be a layer with a matrix product ('fc0', 'fc1', 'fc2'), not 'fc3' "
        "(did you mean 'fc2'?)"
    )
    assert message_of(small, spec, layer="fc1", crossbar=6) == (
        "--crossbar: must be between 0 and 5 for layer 'fc1', not 6"
    )
    assert message_of(small, spec, layer="fc1", vectors=31) == (
        "--vectors: must be between 1 and 30 (30 images x 1 vectors), not 31"
    )
