"""Bad parameters are reported in one voice."""

import re

import numpy as np
import pytest

from hwgen.checks import positive_int


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_numpy_integers_become_plain_ones(value):
    assert type(positive_int("Row count", value)) is int


@pytest.mark.parametrize(
    ("value", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError)],
)
def test_positive_int_names_the_parameter_and_the_value(value, error):
    message = f"Row count must be a positive integer, not {value!r}"
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        positive_int("Row count", value)
