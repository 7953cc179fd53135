"""Damaged and renamed network files: one line and exit code 2, or a run; never more than 1 GB."""

import json
import subprocess
import sys

import numpy as np
import pytest

from hwgen.workload import digits
from tests.workload.test_onnx import classifier, model, quantised
from tests.workload.test_tflite import convolution
from tests.workload.tflite_models import write

MEMORY = 2**30
CASES = 40

CHILD = """
import json, resource, sys, warnings
warnings.simplefilter("error")
import numpy as np
from hwgen.errors import UserError
from hwgen.workload.images import Images
from hwgen.workload.inputs import open_network

resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))  # so that nobody else suffers
ends = {"refused": 0, "run": 0}
for file in sys.argv[1:]:
    try:
        found = open_network(file, calibration="images.npz")
        x = np.zeros((1, *found.network.input.shape), found.network.input.codes.dtype)
        with np.errstate(all="ignore"):
            found.network.run(x)
        ends["run"] += 1
    except UserError as error:
        assert str(error).startswith(file + ": ") or "images.npz" in str(error), str(error)
        assert chr(10) not in str(error)
        ends["refused"] += 1
ends["kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(ends))
"""


def tflite():
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    made = convolution(np.random.default_rng(3), "CONV_2D", (6, 3, 3, 4), (9, 8, 6), options)
    return write(made)


def damaged(content, rng):
    """Cut a file somewhere, or change some of its bits, often where its structure lies."""
    if rng.random() < 0.2:
        return content[: rng.integers(0, len(content))]
    changed = bytearray(content)
    for _ in range(rng.integers(1, 12)):
        place = int(rng.integers(0, len(content) // 3 if rng.random() < 0.5 else len(content)))
        changed[place] = rng.integers(0, 256) if rng.random() < 0.5 else changed[place] ^ 128
    return bytes(changed)


@pytest.mark.parametrize("kind", ["tflite", "onnx", "qdq.onnx", "npz"])
def test_damaged_files_end_in_one_line_or_a_run(kind, tmp_path):
    nodes, constants = classifier()
    x = np.random.default_rng(4).normal(0, 1, (4, 4, 9, 8)).astype(np.float32)
    content = {
        "tflite": tflite,
        "onnx": lambda: model(nodes, constants),
        "qdq.onnx": lambda: quantised(model(nodes, constants), x, tmp_path),
        "npz": digits.NETWORK.read_bytes,
    }[kind]()
    rng = np.random.default_rng(5)
    files = []
    for number in range(CASES):
        file = tmp_path / f"{number}.{kind}"
        file.write_bytes(damaged(content, rng))
        files.append(file.name)
    np.savez(tmp_path / "images.npz", inputs=x)

    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *files], cwd=tmp_path, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    ends = json.loads(ended.stdout)
    assert ends["refused"] + ends["run"] == CASES
    assert ends["refused"] > 0
    assert ends["kib"] * 1024 < MEMORY


@pytest.mark.parametrize("ending", ["tflite", "onnx", "npz"])
def test_renamed_and_empty_files_are_refused(ending, tmp_path):
    nodes, constants = classifier()
    contents = {
        "tflite": tflite(),
        "onnx": model(nodes, constants),
        "npz": digits.NETWORK.read_bytes(),
        "empty": b"",
        "text": b"not a network",
    }
    files = []
    for kind, content in contents.items():
        if kind != ending:
            file = tmp_path / f"{kind}.{ending}"
            file.write_bytes(content)
            files.append(file.name)

    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *files], cwd=tmp_path, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["refused"] == len(files)


def test_the_command_ends_with_code_2(tmp_path):
    file = tmp_path / "net.tflite"
    file.write_bytes(tflite()[:300])

    ended = subprocess.run(
        [sys.executable, "-m", "hwgen.cli", "inspect", file.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("net.tflite: ")
    assert ended.stderr.count("\n") == 1
