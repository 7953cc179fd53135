"""Chained partial sums and the order of beats."""

import re

import numpy as np
import pytest

from hwgen_models.output_buffer import output_buffer, y_words


def test_adds_beat_for_beat():
    np.testing.assert_array_equal(
        output_buffer([[1, 2], [3, 4]], [[10, 20], [-3, 0]]), [[11, 22], [0, 4]]
    )


def test_nothing_to_add_leaves_the_sums():
    np.testing.assert_array_equal(output_buffer([[1, -2]]), [[1, -2]])


def test_words_go_vector_by_vector_output_0_first_as_twos_complement():
    assert y_words([[1, -1], [2, -8]], y_bits=4) == [1, 15, 2, 8]


def test_refuses_partial_sums_of_another_shape():
    message = "y_in must have shape (1, 2), not (2,)"
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        output_buffer([[1, 2]], [3, 4])


def test_refuses_fractions():
    with pytest.raises(TypeError, match=r"^y_in must be integers, not float64$"):
        output_buffer([[1]], [[0.5]])
