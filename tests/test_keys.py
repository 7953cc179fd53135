"""Results: every key is documented, every table shows what it should."""

import json
import re
import shutil
from pathlib import Path

import pytest

from hwgen.report.tables import as_text
from tests.documented import COSIM, missing_keys, undocumented_keys
from tests.flow.cells import powered

CELLS = Path(__file__).with_name("emit") / "cells.lib"

# Tables


def test_the_table_of_a_cosimulation():
    text = as_text("cosim", COSIM)

    assert "trq_sar" in text
    assert text.endswith(
        "1 passed, 0 failed on verilator: 1,234 cycles, 56 conversions, 78 decisions"
    )


def run_of(layers):
    """A result of `hwgen run` with many large layers, as far as its table shows it."""
    ratios = {"decisions_per_conversion": 4.567, "saving": 1.75, "saving_with_skips": 2.25}
    costs = {
        "crossbars": 1_120,
        "reads": 9_999_999,
        "conversions": 10_000_000,
        "decisions": 999_960_000,
        "cycles": 12_345_678_901_234,
        **ratios,
    }
    names = [f"/layer{n // 9}/layer{n // 9}.{n % 9}/conv1/Conv" for n in range(layers)]
    return {
        **costs,
        "images": 500,
        "top1": 0.91,
        "top1_integer": 0.912,
        "path": "auto",
        "histograms": None,
        "rivals": {"optimal_tree": ratios},
        "layers": dict.fromkeys(names, costs),
    }


def test_the_table_of_a_run_has_a_line_per_layer():
    text = as_text("run", run_of(53))

    lines = text.splitlines()
    assert len([line for line in lines if line.lstrip().startswith("/layer")]) == 53
    assert (
        " /layer5/layer5.7/conv1/Conv       1,120   9,999,999       10.00 M     1.000 G"
        "   12.35 T         4.57     1.75    2.25"
    ) in lines
    assert text.endswith("500 images: accuracy 91.00 %, integer network 91.20 %; path: auto")


def test_the_table_of_a_run_names_what_else_it_wrote():
    unlabelled = {"top1": None, "top1_integer": None, "histograms": "counts.npz"}

    text = as_text("run", run_of(1) | unlabelled)

    assert text.endswith("500 images: no labels; path: auto\nhistograms written to counts.npz")


# Documented keys


def test_undocumented_and_missing_keys_are_found():
    assert not undocumented_keys("cosim", COSIM)
    assert not missing_keys("cosim", COSIM)
    assert undocumented_keys("cosim", COSIM | {"speed": 3}) == ["speed"]
    assert undocumented_keys("cosim", {"benches": [{"speed": 3}]}) == ["benches.[].speed"]
    assert undocumented_keys("run", {"layers": {"a": {"reads": 1, "speed": 3}}}) == [
        "layers.a.speed"
    ]
    assert undocumented_keys("run", {"rivals": {"a": {"reads": 1}}}) == ["rivals.a.reads"]
    assert missing_keys("presets", {}) == ["presets"]


@pytest.mark.parametrize(
    "arguments",
    [
        "presets",
        "schema",
        "run baseline --network digits --data digits --images 1",
        "run trq --network digits --data digits --images 1",
        "calibrate trq --network digits --data digits --images 2 -o f.yaml",
        "calibrate trq --network digits --data digits --images 2 -o f.yaml --granularity slice",
    ],
)
def test_every_key_that_is_printed_is_documented(hwgen, arguments):
    command = arguments.split()[0]
    result = json.loads(hwgen(*arguments.split(), "--json").out)

    assert not undocumented_keys(command, result)
    assert not missing_keys(command, result)


def test_the_keys_of_generate_and_synth_are_documented(hwgen, folder):
    (folder / "small.yaml").write_text(
        "name: small\nextends: trq\narray: {rows: 4, columns: 4}\nweights: {bits: 3}\n"
        "readout: {bits: 3, columns_per_lane: 4}\ninputs: {bits: 2}\ninterface: {x_elements: 4}\n"
    )
    generated = json.loads(hwgen("generate", "small.yaml", "-o", "d", "--json").out)
    mapped = json.loads(hwgen("synth", "d", "--json").out)
    shutil.copy(CELLS, folder / "tiny.lib")
    timed = json.loads(hwgen("synth", "d", "--liberty", "tiny.lib", "--prove", "--json").out)

    assert not undocumented_keys("generate", generated)
    assert not missing_keys("generate", generated)
    assert not undocumented_keys("synth", mapped)
    assert not undocumented_keys("synth", timed)
    with_fpga, with_gates = {"luts", "place_and_route"}, {"clock_gates", "gated_flip_flops"}
    assert set(missing_keys("synth", timed)) == with_fpga | with_gates
    assert "proved" in as_text("synth", timed)
    assert "area, um2" in as_text("synth", timed)
    placed = json.loads(hwgen("synth", "d", "--fpga", "ice40", "--json").out)
    assert not undocumented_keys("synth", placed)
    assert not set(missing_keys("synth", placed)) & {"luts", "place_and_route"}
    assert "placed on iCE40HX8K-CT256: " in as_text("synth", placed)
    placed["place_and_route"] |= {"reason": "too large"}
    assert "not placed on iCE40HX8K-CT256: too large" in as_text("synth", placed)
    table = as_text("generate", generated)
    assert "rtl/" in table
    assert "small_tile" in table
    assert "interval_decode" in as_text("synth", mapped)


def test_the_keys_of_power_and_compare_are_documented(hwgen, folder):
    (folder / "one.yaml").write_text(
        "name: one\nextends: baseline\narray: {rows: 32, columns: 32}\n"
        "readout: {bits: 6, columns_per_lane: 4}\ninterface: {x_elements: 4}\n"
    )
    powered(folder)
    hwgen("generate", "one.yaml", "-o", "d")

    def json_of(*arguments):
        digits = ("--network", "digits", "--data", "digits")
        return json.loads(hwgen(*arguments, *digits, "--json").out)

    played = ("--liberty", "powered.lib", "--layer", "dense_2", "--vectors", "2")
    result = json_of("power", "d", *played)
    priced = ("--images", "1", "--adc-model", "isaac")
    ran = json_of("run", "one.yaml", "--power", result["report"], *priced)
    compared = json_of("compare", "one.yaml", *played, *priced, "-o", "figures")

    for command, found in (("power", result), ("run", ran), ("compare", compared)):
        assert not undocumented_keys(command, found)
        assert not missing_keys(command, found)
    assert "without vectors: " in as_text("power", result)
    assert "zero-delay: glitches are not counted" in as_text("power", result)
    assert "digital: measured: " in as_text("run", ran)
    for command, found in (("power", result), ("run", ran), ("compare", compared)):
        text = as_text(command, found)
        for head in (r"digital: liberty \(", r"ADC, per \w+: [\w-]+ \(", r"array: cells \("):
            assert re.search(f"^{head}.*\\): .{{40}}", text, re.MULTILINE), command
        assert "digital: liberty (smallest cells, no clock gates; all gates of" in text, command
    assert ran["energy_model"]["digital"]["source"] == result["models"]["digital"]["source"]
    assert "times less" in as_text("compare", compared)
    assert sorted(compared["files"]) == ["compare.json", "compare.png", "compare.svg"]
    for name in compared["files"]:
        assert (folder / "figures" / name).stat().st_size > 100
    kept = json.loads((folder / "figures" / "compare.json").read_text())
    assert kept["result"] == {k: v for k, v in compared.items() if k not in {"out", "files"}}
    drawn = re.sub(r"<[^>]*>", " ", (folder / "figures" / "compare.svg").read_text())
    for said in (
        "digits, 1 images",
        "2 vectors of layer dense_2",
        "planes without active rows are skipped",
        f"{result['library']['name']}, 50 MHz, smallest cells, no clock gates;",
        "no glitches, no clock tree",
        "wires: none",
        "ADC: model isaac, charged per conversion",
        "array: model cells",
        "(by the schedule)",
    ):
        assert said in " ".join(drawn.split()), said


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["power", "d"], "--liberty: must be given"),
        (["power", "none", "--liberty", "x.lib"], "none: must be a delivered folder"),
        (["power", "d", "--liberty", "x.lib", "--layer", "a"], "--network: must be given with"),
        (["power", "d", "--liberty", "x.lib", "--wire", "-1"], "--wire: must be a capacitance"),
        (["power", "d", "--liberty", "x.lib", "--calibration", "x"], "--calibration: must be"),
        (["compare", "--network", "digits", "--data", "digits", "--liberty", "x"], "DESIGN"),
        (["compare", "trq", "--network", "digits", "--data", "digits", "--liberty", "x",
          "-o", "f.png"], "f.png: must be a folder"),
        (["run", "trq", "--network", "digits", "--data", "digits", "--power", "no"],
         "no: must be a report of `hwgen power`, not a missing file"),
    ],
)  # fmt: skip
def test_bad_input_of_power_is_one_line(hwgen, arguments, message):
    ended = hwgen(*arguments)

    assert ended.code == 2
    assert message in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.cocotb
def test_the_keys_of_the_demo_and_its_parts_are_documented(hwgen):
    result = json.loads(hwgen("demo", "-o", "d", "--json").out)

    assert not undocumented_keys("demo", result)
    assert not missing_keys("demo", result)
    for design in result["designs"]:
        for command in ("run", "cosim", "synth"):
            assert not undocumented_keys(command, design[command])
        assert not missing_keys("run", design["run"])
        assert not missing_keys("cosim", design["cosim"])
    assert "decisions per conversion" in as_text("demo", result)


def test_what_calibrate_writes_is_a_design_file(hwgen):
    data = ["--network", "digits", "--data", "digits", "--images", "2"]
    hwgen("calibrate", "trq", *data, "-o", "tables.yaml")
    ended = hwgen("run", "tables.yaml", *data)

    assert ended.code == 0
    assert "accuracy" in ended.out
