"""Planes of inputs against the sum they stand for."""

import re

import numpy as np
import pytest

from hwgen_models.row_drive import (
    drive_word,
    driven_digits,
    input_range,
    plane_weights,
    planes_of,
)


@pytest.mark.parametrize(
    ("input_bits", "dac_bits", "signed"),
    [(1, 1, False), (8, 1, False), (8, 1, True), (8, 2, False), (8, 3, False), (5, 8, False)],
)
def test_planes_weigh_back_to_every_input(input_bits, dac_bits, signed):
    x = np.array(input_range(input_bits=input_bits, signed=signed))

    planes = planes_of(x[:, None], input_bits=input_bits, dac_bits=dac_bits, signed=signed)
    weights = plane_weights(input_bits=input_bits, dac_bits=dac_bits, signed=signed)

    assert planes.shape == (len(x), -(-input_bits // dac_bits), 1)
    assert planes.min() >= 0
    assert planes.max() < 2**dac_bits
    np.testing.assert_array_equal(np.einsum("vtr,t->vr", planes, weights)[:, 0], x)


def test_least_significant_plane_comes_first_and_sign_plane_last():
    planes = planes_of([[1, 4, -8]], input_bits=4, dac_bits=1, signed=True)

    np.testing.assert_array_equal(planes, [[[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]]])


def test_last_digit_may_be_narrower():
    planes = planes_of([[0b111_11111]], input_bits=8, dac_bits=3, signed=False)

    np.testing.assert_array_equal(planes[0, :, 0], [7, 7, 3])


@pytest.mark.parametrize(
    ("x", "signed", "message"),
    [
        ([3, 256, 900], False, "Inputs must be between 0 and 255, not 256"),
        ([-1], False, "Inputs must be between 0 and 255, not -1"),
        ([128], True, "Inputs must be between -128 and 127, not 128"),
    ],
)
def test_refuses_inputs_that_do_not_fit(x, signed, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        planes_of(x, input_bits=8, dac_bits=1, signed=signed)


def test_refuses_fractions():
    with pytest.raises(TypeError, match=r"^Inputs must be integers, not float64$"):
        planes_of([0.5], input_bits=8, dac_bits=1, signed=False)


def test_signed_inputs_need_one_bit_digits():
    with pytest.raises(ValueError, match=r"^dac_bits must be 1 for signed inputs, not 2$"):
        plane_weights(input_bits=8, dac_bits=2, signed=True)


@pytest.mark.parametrize("dac_bits", [1, 2, 3])
def test_pins_carry_row_0_lowest_and_unpack_again(dac_bits):
    digits = np.arange(20) * 5 % 2**dac_bits

    word = drive_word(digits, dac_bits=dac_bits)

    assert word & (2**dac_bits - 1) == digits[0]
    np.testing.assert_array_equal(driven_digits(word, rows=20, dac_bits=dac_bits), digits)
