"""What a self-test expects is what the network computes."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.fpga.exercise import exercise_of
from hwgen.workload.digits import NAME
from hwgen.workload.inputs import load_images, load_network
from hwgen.workload.parts import TEST
from tests.emit.designs import design
from tests.fpga.board import tiny


def final_sums(exercise):
    """Return what the last page of every chain gives, (vectors, outputs)."""
    half = 2 ** (exercise.spec.y_bits - 1)
    y = (np.array(exercise.y) + half) % (2 * half) - half
    chains = exercise.outputs // exercise.outputs_used
    pages = y.reshape(chains, -1, exercise.vectors, exercise.outputs_used)
    return pages[:, -1].transpose(1, 0, 2).reshape(exercise.vectors, exercise.outputs)


@pytest.mark.parametrize("preset", ["baseline", "trq"])
@pytest.mark.parametrize(("rows", "columns"), [(32, 32), (16, 16), (64, 56)])
def test_the_sums_are_those_of_the_layer(preset, rows, columns):
    small = load({"extends": preset, "array": {"rows": rows, "columns": columns}})
    exercise = exercise_of(small, vectors=3, columns=512)

    network = load_network(NAME)
    layer = next(one for one in network.layers if one.name == exercise.layer)
    activations = network.trace(load_images(NAME, part=TEST, images=3).pixels)
    codes = activations[layer.sources[0]].astype(np.int64)
    expected = (codes @ layer.matrices[0].astype(np.int64) + layer.bias)[:, : exercise.outputs]
    assert exercise.inputs == layer.inputs
    np.testing.assert_array_equal(final_sums(exercise), expected)


def test_a_layer_is_cut_to_the_memory():
    whole = exercise_of(tiny(), vectors=1, columns=512)
    half = exercise_of(tiny(), vectors=1, columns=5 * 2 * 16 + 31)
    least = exercise_of(tiny(), vectors=1, columns=1)

    assert [one.outputs for one in (whole, half, least)] == [10, 5, 1]
    assert [len(one.pages) for one in (whole, half, least)] == [20, 10, 2]
    assert whole.y[: len(half.y)] == half.y


def test_outputs_that_do_not_fill_an_array_are_left_out():
    four = load({"extends": "baseline", "array": {"rows": 64, "columns": 56}})

    assert exercise_of(four, vectors=1, columns=512).outputs == 8


def test_without_partial_sums_the_first_rows_are_computed():
    exercise = exercise_of(tiny(accumulate={"y_in": False}), vectors=1, columns=512)

    assert exercise.layer == "dense_3"
    assert exercise.inputs == 32
    assert exercise.y_in == ()


def test_a_design_that_the_network_does_not_fit_gets_made_up_numbers():
    exercise = exercise_of(design(), vectors=1, columns=512)

    assert exercise.layer is None
    assert len(exercise.pages) == 1
    assert len(set(exercise.y)) > 4
