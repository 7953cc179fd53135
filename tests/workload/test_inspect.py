"""What `hwgen inspect` and `hwgen run` say of imported networks: all of it documented."""

import json

import numpy as np
import pytest

from hwgen.config import load
from hwgen.report.tables import as_text
from hwgen.workload.inspect import inspect
from hwgen.workload.parts import CALIBRATION, TEST
from hwgen.workload.run import run
from tests.documented import missing_keys, undocumented_keys
from tests.workload.test_fuzzed_networks import tflite
from tests.workload.test_onnx import classifier, model


@pytest.fixture
def files(tmp_path):
    """A TFLite convolution, a float ONNX classifier, and images of both."""
    nodes, constants = classifier()
    (tmp_path / "net.tflite").write_bytes(tflite())
    (tmp_path / "net.onnx").write_bytes(model(nodes, constants))
    images = np.random.default_rng(1).integers(0, 256, (40, 9, 8, 4), dtype=np.uint8)
    parts = {"mean": np.full(4, 0.5), "std": np.full(4, 0.25)}
    split = np.where(np.arange(40) < 20, CALIBRATION, TEST)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(40) % 5, split=split, **parts)
    return tmp_path


def test_digits_map_to_crossbars():
    found = inspect("digits")

    assert found["weights"] == found["products"] == 64 * 160 + 160 * 64 + 64 * 10
    assert [layer["crossbars"] for layer in found["layers"].values()] == [True] * 3


def test_float_networks_need_images_for_their_ranges(files):
    network, data = str(files / "net.onnx"), str(files / "data.npz")

    blind, found = inspect(network), inspect(network, calibration=data)

    assert blind["input"]["scale"] is None
    assert found["input"]["scale"] == pytest.approx(4 / 255, rel=0.1)
    assert found["calibration_images"] == 20
    assert "ranges need --calibration" in as_text("inspect", blind)


@pytest.mark.parametrize("name", ["net.tflite", "net.onnx"])
def test_keys_are_the_documented_ones(files, name):
    network, data = str(files / name), str(files / "data.npz")
    found = {
        "inspect": inspect(network),
        "run": run(load("baseline"), network, data, images=7),
    }

    for command, result in found.items():
        assert not undocumented_keys(command, result)
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        assert not missing_keys(command, result)
        assert as_text(command, result)


@pytest.mark.parametrize("name", ["net.tflite", "net.onnx"])
def test_convolutions_run_on_crossbars(files, name):
    network, data = str(files / name), str(files / "data.npz")
    steps = []

    found = run(
        load("trq"), network, data, path="bit-sliced", progress=lambda *step: steps.append(step)
    )
    layers = inspect(network, calibration=data)["layers"]

    assert found["lossless"]
    assert found["top1"] == found["top1_integer"]
    assert list(found["layers"]) == [name for name, one in layers.items() if one["crossbars"]]
    for layer in found["layers"].values():
        assert (layer["crossbars"], layer["largest_error"], layer["sqnr_db"]) == (1, 0, None)
        assert sum(layer["histogram"]) == layer["conversions"] > 0
    assert steps[-1][0] == steps[-1][1]
    assert [step[2] for step in steps] == list(found["layers"])


def test_a_calibrated_network_says_what_with(files):
    network, data = str(files / "net.onnx"), str(files / "data.npz")

    found = run(load("baseline"), network, data, images=3)

    assert (found["images"], found["calibration_images"]) == (3, 20)
    assert found["layers"]["conv"]["products"] == 4 * 3 * 6 * 36
