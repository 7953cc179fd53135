"""Bad parameters are reported in one voice."""

import re

import numpy as np
import pytest

from hwgen.checks import int_between, positive_int


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_numpy_integers_become_plain_ones(value):
    assert type(positive_int("Row count", value)) is int
    assert type(int_between("Row count", value, 1, 3)) is int


@pytest.mark.parametrize(
    ("value", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError)],
)
def test_positive_int_names_the_parameter_and_the_value(value, error):
    message = f"Row count must be a positive integer, not {value!r}"
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        positive_int("Row count", value)


@pytest.mark.parametrize(
    ("value", "error"), [(1, ValueError), (6, ValueError), (None, TypeError), (False, TypeError)]
)
def test_int_between_names_both_limits(value, error):
    message = f"Bank count must be an integer between 2 and 5, not {value!r}"
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        int_between("Bank count", value, 2, 5)


def test_int_between_takes_both_limits():
    assert [int_between("Bank count", value, 2, 5) for value in (2, 5)] == [2, 5]
