"""Calibration: cheapest within budget by brute force, on the right images, as a design file."""

import json
import re

import numpy as np
import pytest
import yaml

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.workload.calibrate import Budget, calibrate, tables_of
from hwgen.workload.inputs import load_images
from hwgen.workload.parts import CALIBRATION
from hwgen.workload.reading import LayerReader
from hwgen.workload.run import run
from hwgen_models.spec import TileSpec


def brute_force(small, design):
    """(layer, ranges) -> decisions and signal to error ratio, by the tile model."""
    images = load_images(small.data_file, part=CALIBRATION)
    found = {}
    activations = small.network.trace(images.pixels)
    for layer in small.network.layers:
        x = activations[layer.sources[0]].astype(int)
        mapped = map_layer(layer, design.spec, codes=small.network.codes[layer.sources[0]])
        for table in tables_of(design.spec):
            reader = LayerReader(mapped, list(table.ranges))
            reader.compare(reader.read(x), layer.accumulate(x))
            ratio = np.inf if reader.sqnr_db is None else reader.sqnr_db
            found[layer.name, table.ranges] = (reader.costs.decisions, ratio)
    return found


def chosen(result):
    return {name: tuple(map(tuple, table["ranges"])) for name, table in result["tables"].items()}


def test_lists_every_legal_table_once():
    tables = tables_of(TileSpec())

    ranges = [table.ranges for table in tables]
    # 2^8 is beyond 128: nine truncations; 2^payload_0 up to 2^7 leave 9 truncations of the rest.
    assert len(ranges) == len(set(ranges)) == 9 + 9 * sum(range(1, 9))
    assert ranges[0] == ((8, 0), (8, 0))
    assert {table.ranges for table in tables if table.lossless} == {
        ((payload, 0), (8, 0)) for payload in range(9)
    }


@pytest.mark.parametrize("budget", ["lossless", "sqnr:25", "sqnr:10"])
def test_cheapest_table_of_each_layer(small, small_design, budget):
    design = load(small_design)
    every = brute_force(small, design)
    floor = float(budget.partition(":")[2] or "inf")

    result = calibrate(
        design, small.network_file, small.data_file, budget=budget, out=small.folder / "a.yaml"
    )

    for layer, ranges in chosen(result).items():
        decisions, ratio = every[layer, ranges]
        assert ratio >= floor
        cheaper = [d for (name, _), (d, r) in every.items() if name == layer and r >= floor]
        assert decisions == min(cheaper)


def test_cheapest_table_of_a_network(small, small_design):
    design = load(small_design)
    every = brute_force(small, design)

    result = calibrate(
        design,
        small.network_file,
        small.data_file,
        granularity="network",
        budget="sqnr:20",
        out=small.folder / "a.yaml",
    )

    (ranges,) = set(chosen(result).values())
    names = [layer.name for layer in small.network.layers]
    costs = {
        table.ranges: sum(every[name, table.ranges][0] for name in names)
        for table in tables_of(design.spec)
        if all(every[name, table.ranges][1] >= 20 for name in names)
    }
    assert costs[ranges] == min(costs.values())


@pytest.mark.parametrize("granularity", ["network", "layer"])
@pytest.mark.parametrize("points", [0, 10, 50])
def test_a_loss_of_accuracy_stays_in_budget(small, small_design, granularity, points):
    out = small.folder / "a.yaml"

    result = calibrate(
        load(small_design),
        small.network_file,
        small.data_file,
        granularity=granularity,
        budget=f"drop:{points}",
        out=out,
    )

    assert result["drop_points"] <= points
    with np.load(small.data_file) as data:  # the calibration images, as if they were for tests
        part = data["split"] == CALIBRATION
        np.savez(small.folder / "c.npz", images=data["images"][part], labels=data["labels"][part])
    keys = small_design | {"tables": yaml.safe_load(out.read_text())["tables"]}
    found = run(load(keys), small.network_file, str(small.folder / "c.npz"))
    lost = 100 * (found["top1_integer"] - found["top1"])
    assert lost == pytest.approx(result["drop_points"])


def test_a_larger_budget_saves_more(small, small_design):
    budgets = ("lossless", "drop:0", "drop:20", "drop:60")
    of_network, of_layers = (
        [
            calibrate(
                load(small_design),
                small.network_file,
                small.data_file,
                granularity=granularity,
                budget=budget,
                out=small.folder / "a.yaml",
            )["saving"]
            for budget in budgets
        ]
        for granularity in ("network", "layer")
    )

    assert of_network == sorted(of_network)
    assert all(layer >= whole for layer, whole in zip(of_layers, of_network, strict=True))


def test_test_images_play_no_part(small, small_design):
    out = small.folder / "a.yaml"
    before = calibrate(load(small_design), small.network_file, small.data_file, out=out)
    text = out.read_bytes()
    with np.load(small.data_file) as data:
        arrays = dict(data)
    arrays["images"][arrays["split"] != CALIBRATION] = 255
    np.savez(small.data_file, **arrays)

    after = calibrate(load(small_design), small.network_file, small.data_file, out=out)

    assert after == before
    assert out.read_bytes() == text
    assert before["images"] == 10


def test_writes_a_design_that_extends_the_preset(tmp_path):
    out = tmp_path / "calibrated.yaml"

    result = calibrate(load("trq"), "digits", "digits", out=out, images=50)

    design = load(out)
    assert yaml.safe_load(out.read_text())["extends"] == "trq"
    assert design.spec == load("trq").spec
    assert design.name == "trq"
    assert design.tables.granularity == "layer"
    for layer, ranges in chosen(result).items():
        assert tuple(map(tuple, design.ranges(layer))) == ranges
    assert result["lossless"]
    assert result["saving_with_skips"] >= 1.6
    assert list(tmp_path.iterdir()) == [out]  # no half-written file is left


def test_extends_a_file_by_its_relative_path(small, small_design):
    source = small.folder / "mine.yaml"
    source.write_text(yaml.safe_dump(small_design))
    (small.folder / "deep").mkdir()
    out = small.folder / "deep" / "a.yaml"

    calibrate(load(str(source)), small.network_file, small.data_file, out=out)

    assert yaml.safe_load(out.read_text())["extends"] == "../mine.yaml"
    assert load(out).spec == load(small_design).spec


def test_a_calibrated_design_can_be_calibrated_again(small, small_design):
    first, second = small.folder / "a.yaml", small.folder / "b.yaml"
    calibrate(load(small_design), small.network_file, small.data_file, budget="sqnr:10", out=first)

    again = calibrate(load(str(first)), small.network_file, small.data_file, out=second)

    assert again["lossless"]
    assert all(
        tuple(map(tuple, load(second).ranges(layer))) == ranges
        for layer, ranges in chosen(again).items()
    )


def test_json_can_be_written(small, small_design):
    result = calibrate(
        load(small_design), small.network_file, small.data_file, out=small.folder / "a.yaml"
    )

    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result.keys() >= {"out", "granularity", "saving", "lossless", "tables"}


def test_reports_progress(small, small_design):
    steps = []

    calibrate(
        load(small_design),
        small.network_file,
        small.data_file,
        budget="drop:0",
        out=small.folder / "a.yaml",
        progress=lambda *step: steps.append(step),
    )

    assert steps[0] == (1, 3, "counting in fc0")
    assert all(done <= total for done, total, _ in steps)


def test_saturating_readouts_calibrate_too(small, small_design):
    small_design["readout"] |= {"bits": 3, "saturate": True}
    out = small.folder / "a.yaml"

    result = calibrate(
        load(small_design), small.network_file, small.data_file, budget="sqnr:5", out=out
    )

    assert not result["lossless"]


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("lossless", Budget(kind="lossless")),
        ("sqnr:30", Budget(kind="sqnr", limit=30)),
        ("drop:0.5", Budget(kind="drop", limit=0.5)),
    ],
)
def test_reads_budgets(text, budget):
    assert Budget.parse(text) == budget


@pytest.mark.parametrize(
    "text", ["", "x", "sqnr", "sqnr:", "drop:x", "drop:-1", "lossless:1", "sqnr:nan", "sqnr:inf"]
)
def test_refuses_other_budgets(text):
    message = f"--budget: must be lossless, sqnr:DB or drop:POINTS, not {text!r}"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        Budget.parse(text)


@pytest.mark.parametrize(
    ("options", "readout", "message"),
    [
        ({"granularity": "column"}, {}, "--granularity: must be network or layer, not 'column'"),
        (
            {},
            {"kind": "binary"},
            "<design>: readout.kind: must be 'twin-range' to be calibrated, not 'binary'",
        ),
        (
            {},
            {"bits": 3, "saturate": True},
            "<design>: readout.bits: must be at least 5 for budget lossless, not 3",
        ),
    ],
)
def test_refuses_in_one_line(small, small_design, options, readout, message):
    small_design["readout"] |= readout
    out = small.folder / "a.yaml"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        calibrate(load(small_design), small.network_file, small.data_file, **{"out": out} | options)
    assert not out.exists()


def test_refuses_an_unreachable_accuracy(small, small_design, monkeypatch):
    monkeypatch.setattr("hwgen.workload.calibrate.points_lost", lambda *_: 3.0)
    message = "--budget: must be above drop:2.5 for any table of this design"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        calibrate(
            load(small_design),
            small.network_file,
            small.data_file,
            budget="drop:2.5",
            out=small.folder / "a.yaml",
        )


def test_refuses_an_unreachable_ratio(small, small_design):
    small_design["readout"] |= {"bits": 2, "saturate": True}

    with pytest.raises(UserError, match=r"^--budget: must be at most sqnr:[0-9.]+ for layer fc"):
        calibrate(
            load(small_design),
            small.network_file,
            small.data_file,
            budget="sqnr:90",
            out=small.folder / "a.yaml",
        )


def test_refuses_places_it_cannot_write(small, small_design):
    source = small.folder / "mine.yaml"
    source.write_text(yaml.safe_dump(small_design))
    absent = small.folder / "no"
    for out, message in (
        (small.folder, "must be a file to write, not a folder"),
        (absent / "a.yaml", f"must be in a folder that exists, not {str(absent)!r}"),
        (source, "must be another file than the design that it extends"),
    ):
        with pytest.raises(UserError, match=rf"^{re.escape(f'{out}: {message}')}$"):
            calibrate(load(str(source)), small.network_file, small.data_file, out=out)


def test_a_loss_of_accuracy_needs_labels(small, small_design):
    file = small.folder / "bare.npz"
    np.savez(file, inputs=np.zeros((2, 12), dtype=np.uint8))

    with pytest.raises(UserError, match=r"labels must be in the file for budget drop"):
        calibrate(
            load(small_design),
            small.network_file,
            str(file),
            budget="drop:1",
            out=small.folder / "a.yaml",
        )
