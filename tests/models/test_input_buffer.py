"""Vectors to beats and back."""

import re

import numpy as np
import pytest

from hwgen_models.input_buffer import beats_of, vectors_of


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("rows", "x_elements", "input_bits"), [(8, 1, 8), (12, 4, 3), (6, 6, 1)])
def test_beats_collect_into_the_same_vectors(rows, x_elements, input_bits, signed):
    rng = np.random.default_rng(1)
    low = -(2 ** (input_bits - 1)) if signed else 0
    x = rng.integers(low, low + 2**input_bits, size=(7, rows))

    beats = beats_of(x, rows=rows, x_elements=x_elements, input_bits=input_bits)
    back = vectors_of(
        [beat for vector in beats for beat in vector],
        rows=rows,
        x_elements=x_elements,
        input_bits=input_bits,
        signed=signed,
    )

    assert {len(vector) for vector in beats} == {rows // x_elements}
    np.testing.assert_array_equal(back, x)


def test_element_0_of_a_beat_is_lowest_and_missing_rows_are_zero():
    beats = beats_of([[0x11, 0x22, 0x33]], rows=6, x_elements=2, input_bits=8)

    assert beats == [[0x2211, 0x0033, 0x0000]]


def test_wide_beats_are_plain_integers():
    beats = beats_of([[255] * 16], rows=16, x_elements=16, input_bits=8)

    assert beats == [[2**128 - 1]]


@pytest.mark.parametrize(
    ("shape", "elements", "message"),
    [
        ((1, 9), 4, "Inputs must be vectors of at most 8 elements, not (1, 9)"),
        ((8,), 4, "Inputs must be vectors of at most 8 elements, not (8,)"),
        ((1, 8), 3, "Row count must be a multiple of 3 elements, not 8"),
    ],
)
def test_refuses_shapes_that_do_not_fit(shape, elements, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        beats_of(np.zeros(shape, dtype=int), rows=8, x_elements=elements, input_bits=8)
