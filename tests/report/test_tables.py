"""Tables for people: names stay whole, notes go on below their beginning."""

import pytest

from hwgen.report.tables import as_text

RESNET = "/layer1/layer1.0/conv1/Conv"
LAYER = {
    "kind": "conv",
    "input_shapes": [[16, 32, 32], [16, 32, 32]],
    "shape": [16, 32, 32],
    "low": 0,
    "high": 255,
    "scale": 0.02723,
    "zero_point": 114,
    "weights": 12_304,
    "groups": 1,
    "vectors": 1024,
    "inputs": 1144,
    "outputs": 16,
}


def inspected(name):
    return as_text(
        "inspect",
        {
            "format": "onnx",
            "weights": 12_304,
            "products": 1,
            "input": {"shape": [3, 32, 32], "low": 0, "high": 255, "scale": 0.1, "zero_point": 0},
            "layers": {name: LAYER},
        },
    )


def test_names_of_layers_can_be_copied():
    assert f" {RESNET} " in inspected(RESNET)


@pytest.mark.parametrize("length", [44, 45, 300])
def test_names_that_are_too_long_lose_nothing(length):
    name = "n" * length

    assert inspected(name).count("n") - inspected("m").count("n") == length


def test_layers_of_a_large_run_stay_on_one_line():
    costs = {
        "crossbars": 320,
        "reads": 3_667_642,
        "conversions": 410_800_000,
        "decisions": 1_174_000_000,
        "cycles": 5_938_312,
        "decisions_per_conversion": 2.86,
        "saving": 2.8,
        "saving_with_skips": 3.57,
    }
    about = {"images": 1, "top1": None, "path": "auto", "histograms": None}

    lines = as_text("run", costs | about | {"layers": {RESNET: costs}}).splitlines()

    (line,) = [line for line in lines if line.startswith(f" {RESNET} ")]
    assert "5,938,312" in line


def test_notes_on_claims_go_on_below_their_beginning():
    claim = {
        "paper": "trq",
        "claim": "less power",
        "value": None,
        "measured": 1.5,
        "unit": "times",
        "on": "word " * 40,
        "conditions": "abstract",
        "comparable": "no",
        "missing": "much",
    }

    notes = as_text("papers", {"claims": [claim]}).splitlines()[-4:]

    assert notes[1].startswith("1. on: word")
    assert notes[2].startswith("   word")
    assert notes[3] == "   comparable: no; missing: much"


def test_numbers_of_all_that_synthesis_can_say_stay_whole():
    block = {
        "instances": 16,
        "area_um2": 1_148_945.4,
        "cells": 115_257,
        "flip_flops": 14_052,
        "clock_gates": 195,
        "gated_flip_flops": 13_650,
        "logic_depth": 141,
        "critical_path_ns": 19.0,
        "register_path_ns": 19.0,
        "versus_binary": 1.25,
        "proved": True,
    }
    about = {"target": "cells", "timing_tool": "OpenSTA", "netlist": "netlist.v"}

    lines = as_text("synth", block | about | {"blocks": {"output_buffer": block}}).splitlines()

    (line,) = [line for line in lines if line.startswith(" output_buffer ")]
    assert line.split() == [
        "output_buffer", "16", "1,148,945.4", "115,257", "14,052", "195", "13,650", "141", "19.0",
        "19.0", "1.25", "yes",
    ]  # fmt: skip
