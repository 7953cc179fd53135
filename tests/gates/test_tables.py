"""Look-ups of three inputs that make up any function."""

import numpy as np
import pytest

from hwgen.gates.tables import decompose


def looked_up(table, inputs):
    """Build a function, evaluate its look-ups for all entries, and count them."""
    values = [np.zeros(2**inputs, bool), np.ones(2**inputs, bool)]
    values += [np.arange(2**inputs) >> bit & 1 for bit in range(inputs)]

    def emit(lookup, operands):
        assert len(operands) <= 3
        entry = sum(values[operand].astype(int) << bit for bit, operand in enumerate(operands))
        values.append(lookup >> entry & 1)
        return len(values) - 1

    found = decompose(table, range(2, 2 + inputs), emit)
    return values[found].astype(bool), len(values) - 2 - inputs


@pytest.mark.parametrize("inputs", range(7))
def test_look_ups_give_the_function(inputs):
    rng = np.random.default_rng(inputs)
    for _ in range(40):
        table = rng.random(2**inputs) < rng.random()

        np.testing.assert_array_equal(looked_up(table, inputs)[0], table)


@pytest.mark.parametrize(
    ("function", "inputs", "most"),
    [
        (lambda a: 0 * a[0], 2, 0),
        (lambda a: a[1], 3, 0),
        (lambda a: 1 - a[0], 1, 1),
        (lambda a: a[0] ^ a[1] ^ a[2], 3, 1),
        (lambda a: 1 - (a[0] & a[1] | a[2] & a[3]), 4, 2),
        (lambda a: 1 - (a[0] & a[1] & a[2] & a[3] & a[4]), 5, 2),
        (lambda a: np.where(a[5], np.where(a[4], a[3], a[2]), np.where(a[4], a[1], a[0])), 6, 3),
    ],
)
def test_functions_of_cells_take_few_look_ups(function, inputs, most):
    entries = [np.arange(2**inputs) >> bit & 1 for bit in range(inputs)]
    table = np.broadcast_to(function(entries), 2**inputs).astype(bool)

    found, count = looked_up(table, inputs)

    np.testing.assert_array_equal(found, table)
    assert count <= most
