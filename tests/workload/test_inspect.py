"""What `hwgen inspect` and the integer form of `hwgen run` say: all of it documented."""

import json

import numpy as np
import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.report.tables import as_text
from hwgen.workload.calibrate import calibrate
from hwgen.workload.inspect import inspect
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
    images = np.random.default_rng(1).integers(0, 256, (20, 9, 8, 4), dtype=np.uint8)
    parts = {"mean": np.full(4, 0.5), "std": np.full(4, 0.25)}
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(20) % 5, **parts)
    return tmp_path


def test_digits_map_to_crossbars():
    found = inspect("digits")

    assert found["unmapped"] is None
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
        assert as_text(command, result)
    assert not missing_keys("inspect", found["inspect"])


def test_convolutions_run_in_integers_only(files):
    network, data = str(files / "net.onnx"), str(files / "data.npz")
    steps = []

    found = run(load("baseline"), network, data, progress=lambda *step: steps.append(step))

    assert (found["form"], found["top1"], found["crossbars"]) == ("integer", None, None)
    assert 0 <= found["top1_integer"] <= 1
    assert found["unmapped"].startswith("layer 'conv': must be dense")
    assert found["calibration_images"] == 20
    assert found["layers"]["conv"]["products"] == 4 * 3 * 6 * 36
    assert steps[-1][:2] == (len(found["layers"]), len(found["layers"]))


def test_calibration_of_what_cannot_be_mapped_is_refused(files):
    with pytest.raises(UserError, match=r"net\.tflite: layer 'conv_2d_0': must be dense"):
        calibrate(
            load("trq"),
            str(files / "net.tflite"),
            str(files / "data.npz"),
            granularity="layer",
            budget="lossless",
            out=files / "out.yaml",
        )
