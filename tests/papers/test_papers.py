"""Claims beside measurements: all of them computed, with what they were measured on."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.papers import PAPERS
from hwgen.papers.claims import Evidence
from hwgen.papers.papers import TABLES, papers
from hwgen.power.operations import CATEGORIES, MODEL_KEYS, OPERATIONS
from hwgen.report.tables import as_text
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.run import run
from tests.documented import missing_keys, undocumented_keys

SAVES = "times fewer decisions than a full search"


@pytest.fixture(scope="module")
def found(small):
    return papers(network=small.network_file, data=small.data_file)


@pytest.fixture
def no_lane(monkeypatch):
    """Nothing is synthesised, which takes longest."""
    monkeypatch.setattr(Evidence, "lane", lambda *_: 0.0)


def claims_in(result, unit):
    return [claim for claim in result["claims"] if claim["unit"] == unit]


def ran(small, preset, granularity, budget):
    """Calibrated and run by the commands themselves."""
    out = small.folder / "a.yaml"
    keys = {"granularity": granularity, "budget": budget, "out": out}
    calibrate(load(preset), small.network_file, small.data_file, **keys)
    return run(load(str(out)), small.network_file, small.data_file)


def test_the_command_knows_every_paper():
    assert tuple(TABLES) == PAPERS
    for name, claims in TABLES.items():
        assert {claim.paper for claim in claims} == {name}


def test_what_is_measured_is_what_the_commands_say(small, found):
    settings = [
        ("trq", "layer", "drop:0.5"),
        ("trq", "layer", "lossless"),
        ("adaptive", "slice", "lossless"),
        ("outward", "slice", "lossless"),
        ("adaptive", "slice", "drop:0.5"),
    ]
    savings = claims_in(found, SAVES)

    expected = [ran(small, *setting) for setting in settings]

    assert [claim["measured"] for claim in savings] == [one["saving"] for one in expected]
    for claim, (preset, granularity, budget) in zip(savings, settings, strict=True):
        assert f"preset {preset} " in claim["on"]
        images = f"calibration images of {Path(small.data_file).name}"
        assert claim["on"].endswith(f"a table per {granularity} from {images}, {budget}")
        assert ("points of top-1 lost here" in claim["comparable"]) == (budget != "lossless")
    (lost,) = claims_in(found, "percentage points of top-1 lost")
    assert lost["measured"] == 100 * (expected[0]["top1_integer"] - expected[0]["top1"])


def test_the_short_range_holds_what_lies_below_its_edge(small, found):
    (claim,) = claims_in(found, "% of the conversions end in the short range")
    result = ran(small, "trq", "layer", "lossless")

    below = sum(
        amount
        for layer in result["layers"].values()
        for count, amount in enumerate(layer["histogram"])
        if count < 2 ** layer["ranges"][0][0]
    )

    assert claim["measured"] == pytest.approx(100 * below / result["conversions"])


def test_elastic_lanes_are_measured_as_the_command_does(small, found):
    claims = claims_in(found, "times shorter than full searches")
    expected = [
        ran(small, preset, granularity, "lossless")["conversion_phase"]["double"]["shorter"]
        for preset, granularity in (("trq", "layer"), ("adaptive", "slice"), ("outward", "slice"))
    ]

    assert [claim["measured"] for claim in claims] == expected
    assert all("double sample-and-holds" in claim["on"] for claim in claims)


def report_of(small, spec):
    """What `hwgen power` says of a tile, with made-up energies."""
    operations = dict.fromkeys((*OPERATIONS, "cycle"), 0.25)
    path = small.folder / f"{spec.rows}.json"
    keys = {"leakage_uw": None, "clock_mhz": 100, "parameters": asdict(spec)}
    keys["library"] = {"name": "made up", "node_nm": 130}
    keys["models"] = {"digital": dict.fromkeys(MODEL_KEYS, "made up")}
    path.write_text(json.dumps(keys | {"operations": dict.fromkeys(CATEGORIES, operations)}))
    return path


@pytest.mark.usefixtures("no_lane")
def test_the_share_of_converters_needs_a_report_on_the_baseline(small, found, hwgen):
    power = report_of(small, load("baseline").spec)
    files = {"network": small.network_file, "data": small.data_file}
    options = [option for key, value in files.items() for option in (f"--{key}", value)]

    printed = json.loads(hwgen("papers", *options, "--power", power, "--json").out)

    energy = run(load("baseline"), **files, power=power)["energy_pj"]
    share = energy["adc"] / (energy["adc"] + energy["array"] + energy["digital"])
    assert 0.01 < share < 0.99
    assert printed["claims"][0]["measured"] == pytest.approx(100 * share)
    assert f"periphery: made up ({power}), 100 MHz" in printed["claims"][0]["on"]
    assert found["claims"][0]["measured"] is None
    assert "--power FILE" in found["claims"][0]["missing"]
    other = report_of(small, load({"extends": "baseline", "array": {"rows": 64}}).spec)
    refused = hwgen("papers", *options, "--power", other)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "parameters.rows: must be that of " in refused.err


def test_the_lane_is_compared_with_the_binary_one(found):
    (claim,) = claims_in(found, "times the generic cells of a binary lane")

    assert 1 < claim["measured"] < 1.5


@pytest.mark.usefixtures("no_lane")
def test_without_labels_no_loss_of_accuracy_is_claimed(small):
    with np.load(small.data_file) as data:
        np.savez(small.folder / "bare.npz", images=data["images"], split=data["split"])

    result = papers(network=small.network_file, data=str(small.folder / "bare.npz"))

    lossy = [claim for claim in result["claims"] if "labels" in claim["missing"]]
    assert [claim["measured"] for claim in lossy] == [None] * 3
    assert sum(claim["measured"] is not None for claim in claims_in(result, SAVES)) == 3


def test_tables_may_be_chosen_on_another_file(small):
    """On the images that are measured themselves: they are refused, so they were looked at."""
    with np.load(small.data_file) as data:
        np.savez(small.folder / "same.npz", images=data["images"], labels=data["labels"])

    with pytest.raises(UserError, match=r"those that calibrated .*, not 30 of the same"):
        papers(
            network=small.network_file,
            data=small.data_file,
            tables_on=str(small.folder / "same.npz"),
        )


def test_bad_input_is_said_in_one_line(small):
    message = f"{small.folder / 'no.npz'}: "

    with pytest.raises(UserError, match=rf"^{re.escape(message)}"):
        papers(network=small.network_file, data=str(small.folder / "no.npz"))


@pytest.mark.usefixtures("no_lane")
def test_keys_are_documented_and_the_table_says_it_all(small, found, hwgen):
    keys = ["--network", small.network_file, "--data", small.data_file]
    printed = json.loads(hwgen("papers", "--only", "trq", *keys, "--json").out)

    assert [claim.pop("measured") for claim in printed["claims"]][:-1] == [
        claim["measured"] for claim in found["claims"][:-1]
    ]
    assert not undocumented_keys("papers", found)
    assert not missing_keys("papers", found)
    text = re.sub(r"\s+", " ", as_text("papers", found))
    for claim in found["claims"]:
        assert f"missing: {claim['missing']}" in text
    assert "1.6-2.3x" in text
    refused = hwgen("papers", "--only", "ieee")
    assert refused.code == 2


@pytest.mark.usefixtures("no_lane")
def test_reports_progress(small):
    steps = []

    papers(
        network=small.network_file, data=small.data_file, progress=lambda *step: steps.append(step)
    )

    assert [done for done, _, _ in steps] == list(range(len(TABLES["trq"])))
    assert steps[0][2].startswith("trq: ")
