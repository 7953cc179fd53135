"""The integer network: its arithmetic by hand, and what a network file may not hold."""

import re

import numpy as np
import pytest

from hwgen_models.matrix import Dense
from hwgen_models.network import FORMAT, INPUT, Network
from hwgen_models.requantise import Fixed

ROUNDING = {"multiplier": np.int32, "shift": np.uint8, "low": None, "high": None}


def dense(name="a", inputs=2, outputs=1, source="input", **changes):
    rounding = {
        "multiplier": np.ones(outputs, dtype=np.int32),
        "shift": np.ones(outputs, dtype=np.uint8),
        "low": 0,
        "high": 255,
    }
    rounding |= {key: changes.pop(key) for key in ROUNDING if key in changes}
    parts = {
        "weights": np.ones((inputs, outputs), dtype=np.int8),
        "bias": np.zeros(outputs, dtype=np.int32),
    }
    return Dense(name=name, sources=(source,), requantise=Fixed(**rounding), **parts | changes)


def test_accumulates_exactly_at_the_extremes():
    layer = dense(inputs=64, weights=np.full((64, 1), -127, dtype=np.int8), bias=np.int32([-7]))

    assert layer.accumulate(np.full((1, 64), 255)).item() == -127 * 255 * 64 - 7


def test_requantises_by_hand():
    layer = dense(
        outputs=2,
        weights=np.int8([[100, 1], [27, 1]]),
        multiplier=np.int32([3, 2**31 - 1]),
        shift=np.uint8([2, 31]),
        low=-300,
        high=300,
    )
    sums = [[2, 200], [-2, -200], [1, 301], [-1, -301]]  # times 3/4, times nearly 1

    np.testing.assert_array_equal(
        layer.requantise(sums), [[2, 200], [-1, -200], [1, 300], [-1, -300]]
    )


def test_largest_products_do_not_overflow():
    layer = dense(
        bias=np.int32([2**31 - 1 - 510]),
        multiplier=np.int32([2**31 - 1]),
        shift=np.uint8([62]),
        low=-5,
    )

    assert layer.requantise([[2**31 - 1], [-(2**31) + 1]]).tolist() == [[1], [-1]]


def test_chains_layers_and_classifies():
    rng = np.random.default_rng(5)
    first = dense("a", 3, 4, weights=rng.integers(-127, 128, (3, 4)).astype(np.int8))
    second = dense("b", 4, 2, "a", weights=np.int8([[1, -1]] * 4), low=-1000, high=1000)
    network = Network.chain((first, second))
    x = rng.integers(0, 256, (5, 3))

    hidden = np.clip((x @ first.weights.astype(int) + 1) >> 1, 0, 255)
    logits = np.clip((hidden @ second.weights.astype(int) + 1) >> 1, -1000, 1000)

    assert {name: part.tolist() for name, part in network.trace(x).items()} == {
        INPUT: x.tolist(),
        "a": hidden.tolist(),
        "b": logits.tolist(),
    }
    np.testing.assert_array_equal(network.classify(x), logits.argmax(axis=1))


def test_survives_its_own_file(tmp_path):
    rng = np.random.default_rng(6)
    layers = tuple(
        dense(
            name,
            inputs,
            outputs,
            source,
            weights=rng.integers(-9, 9, (inputs, outputs)).astype(np.int8),
        )
        for name, inputs, outputs, source in (("a", 5, 3, INPUT), ("b", 3, 2, "a"))
    )
    network = Network.chain(layers)
    np.savez(tmp_path / "network.npz", **network.to_arrays())

    with np.load(tmp_path / "network.npz", allow_pickle=False) as arrays:
        again = Network.from_arrays(arrays)

    x = rng.integers(0, 256, (4, 5))
    np.testing.assert_array_equal(again.run(x), network.run(x))
    assert [layer.name for layer in again.layers] == ["a", "b"]


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"weights": np.ones((2, 1))}, TypeError, "layer a: weights must be int8, not float64"),
        (
            {"weights": np.ones(2, dtype=np.int8)},
            ValueError,
            "layer a: weights must be a matrix (inputs, outputs), not (2,)",
        ),
        (
            {"bias": np.zeros(2, dtype=np.int32)},
            ValueError,
            "layer a: bias must have one number per output (1), not (2,)",
        ),
        (
            {"multiplier": np.int32([-1])},
            ValueError,
            "multiplier must be positive, not -1",
        ),
        (
            {"shift": np.uint8([63])},
            ValueError,
            "shift must be between 1 and 62, not 63 to 63",
        ),
        ({"low": 3, "high": 3}, ValueError, "limits must be increasing, not 3, 3"),
        (
            {"bias": np.int32([2**31 - 1])},
            ValueError,
            "layer a: accumulator must fit 32 bits, not reach 2147484157",
        ),
    ],
)
def test_refuses_impossible_layers(bad, error, message):
    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        dense(**bad)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "network must have at least one layer, not 0"),
        (
            (dense(), dense(inputs=1, source="a")),
            "layer names must be different, not ['a', 'a']",
        ),
        (
            (dense(), dense("b", inputs=3, source="a")),
            "layer b: inputs must be the 1 outputs of a, not 3",
        ),
        (
            (dense(), dense("b", inputs=1)),
            "layer b: source must be a, not ('input',)",
        ),
        (
            (dense(low=-1), dense("b", inputs=1, source="a")),
            "layer a: limits must be within 0 and 255 where another layer follows, not -1, 255",
        ),
    ],
)
def test_refuses_impossible_networks(layers, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Network.chain(layers)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"format": None}, ValueError, f"format must be {FORMAT!r}, not 'no `format`'"),
        ({"format": np.array("x")}, ValueError, f"format must be {FORMAT!r}, not 'x'"),
        ({"layers": None}, ValueError, "layers must be a list of names, not missing"),
        ({"a.bias": None}, ValueError, "layer a: bias must be in the file, not missing"),
        ({"a.bias": np.zeros(1)}, TypeError, "layer a: bias must be int32, not float64"),
        (
            {"a.limits": np.int32([1])},
            ValueError,
            "layer a: limits must be two numbers, not (1,)",
        ),
    ],
)
def test_refuses_impossible_files(changes, error, message):
    arrays = Network.chain((dense(),)).to_arrays() | changes
    arrays = {key: value for key, value in arrays.items() if value is not None}

    with pytest.raises(error, match=rf"^{re.escape(message)}$"):
        Network.from_arrays(arrays)
