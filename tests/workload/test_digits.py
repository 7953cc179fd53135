"""The embedded images and network: their parts, their accuracy, and where they come from."""

import numpy as np
import pytest

from hwgen.workload import digits, train_digits
from hwgen.workload.inputs import load_images, load_network
from hwgen.workload.parts import CALIBRATION, TEST, TRAIN


def accuracy(part):
    images = load_images("digits", part=part)
    return images.top1(load_network("digits").run(images.pixels))


def test_parts_are_disjoint_and_sized_as_documented():
    with np.load(digits.IMAGES) as data:
        split, images = data["split"], data["images"]

    assert images.shape == (1797, 8, 8, 1)
    assert [int((split == part).sum()) for part in (TRAIN, CALIBRATION, TEST)] == [1097, 200, 500]
    assert len(np.unique(images.reshape(1797, -1), axis=0)) == 1797  # no image twice


def test_network_has_the_documented_shape():
    network = load_network("digits")

    assert [(layer.name, layer.inputs, layer.outputs) for layer in network.layers] == [
        ("dense_1", 64, 160),
        ("dense_2", 160, 64),
        ("dense_3", 64, 10),
    ]
    assert min(layer.weights.min() for layer in network.layers) == -127


def test_integer_network_reads_held_back_images():
    assert accuracy(TEST) >= 0.975
    assert accuracy(CALIBRATION) >= 0.975


def test_images_are_those_of_scikit_learn():
    pytest.importorskip("sklearn")

    made = train_digits.embed()

    with np.load(digits.IMAGES) as embedded:
        assert set(made) == set(embedded.files)
        for key, array in made.items():
            np.testing.assert_array_equal(array, embedded[key])


@pytest.mark.slow
def test_training_gives_the_embedded_network(tmp_path):
    """Equal weights, or where linear algebra rounds differently the same accuracy."""
    pytest.importorskip("sklearn")

    train_digits.main(["-o", str(tmp_path)])

    trained = load_network(str(tmp_path / digits.NETWORK.name))
    arrays, embedded = trained.to_arrays(), load_network("digits").to_arrays()
    if any((arrays[key] != embedded[key]).any() for key in embedded):
        images = load_images("digits", part=TEST)
        assert images.top1(trained.run(images.pixels)) == pytest.approx(accuracy(TEST), abs=0.01)
