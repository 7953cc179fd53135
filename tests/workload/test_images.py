"""Images as the codes of a network: normalised, arranged, quantised, or refused in one line."""

import re

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.workload.images import Images, codes_of, fingerprints, require_other
from hwgen_models.codes import Codes
from hwgen_models.network import Input, Network
from hwgen_models.reshaping import Reshape

CODES = Codes(low=0, high=255, scale=0.02, zero_point=100)


def network(shape, codes=CODES, **parts):
    size = int(np.prod(shape))
    layer = Reshape(name="flat", sources=("input",), codes=codes, to=(size, 1))
    return Network(layers=(layer,), input=Input(shape=shape, codes=codes, **parts))


def images(pixels, **parts):
    return Images(name="data.npz", pixels=np.asarray(pixels), labels=None, **parts)


PIXELS = np.random.default_rng(1).integers(0, 256, (3, 4, 5, 2), dtype=np.uint8)
MEAN, STD = np.float32([0.4, 0.5]), np.float32([0.2, 0.3])


def test_normalised_images_in_both_layouts():
    expected = CODES.quantise((PIXELS / np.float32(255) - MEAN) / STD)
    data = images(PIXELS, mean=MEAN, std=STD)

    last = codes_of(network((4, 5, 2), real=True), data)
    first = codes_of(network((2, 4, 5), real=True, channels_first=True), data)

    np.testing.assert_array_equal(last, expected)
    np.testing.assert_array_equal(first, expected.transpose(0, 3, 1, 2))


def test_without_a_mean_the_pixel_is_the_input():
    codes = Codes(low=-128, high=127, scale=1.0, zero_point=-128)

    found = codes_of(network((4, 5, 2), codes), images(PIXELS))

    np.testing.assert_array_equal(found, PIXELS.astype(int) - 128)


def test_inputs_are_in_the_networks_own_type():
    real = np.float32([[0.011, -0.03, 9.0]])
    own = {"own_layout": True}

    assert codes_of(network((3,), real=True), images(real, **own)).tolist() == [[101, 98, 255]]
    assert codes_of(network((3,)), images([[1, 2, 255]], **own)).tolist() == [[1, 2, 255]]


def test_halves_go_where_the_format_sends_them():
    half = Codes(low=0, high=255, scale=1.0, zero_point=10)

    assert half.quantise([0.5, 1.5, -0.5]).tolist() == [10, 12, 10]
    assert half.quantise([0.5, 1.5, -0.5], halves_away=True).tolist() == [11, 12, 9]


@pytest.mark.parametrize(
    ("shape", "data", "message"),
    [
        (
            (5, 4, 2),
            images(PIXELS),
            "images must be 5 x 4 x 2 (H x W x C) for this network, not 4 x 5 x 2",
        ),
        (
            (4, 5, 2),
            images(PIXELS, mean=np.zeros(3, np.float32), std=np.ones(3, np.float32)),
            "mean and std must be for 2 channels, not 3",
        ),
        (
            (2,),
            images([[np.nan, 1]], own_layout=True),
            "inputs must be finite numbers, but are not",
        ),
        (
            (2,),
            images([[1, 300]], own_layout=True),
            "inputs must be codes from 0 to 255, not 1 to 300",
        ),
    ],
)
def test_refuses_what_does_not_fit(shape, data, message):
    with pytest.raises(UserError, match=rf"^data\.npz: {re.escape(message)}$"):
        codes_of(network(shape), data)


def test_fingerprints_tell_images_apart():
    found = fingerprints(images(PIXELS)) + fingerprints(images(255 - PIXELS))

    assert len(set(found)) == 2 * len(PIXELS)
    assert all(re.fullmatch("[a-p]{10}", one) for one in found)
    assert fingerprints(images(PIXELS[1:])) == found[1 : len(PIXELS)]


def test_images_that_calibrated_are_not_reported():
    calibration = images(PIXELS)
    require_other(calibration, images(255 - PIXELS))

    with pytest.raises(UserError, match=r"must hold other images than are run of data\.npz, not 1"):
        require_other(calibration, images(np.stack([PIXELS[1], 255 - PIXELS[0]])))
