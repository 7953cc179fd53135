"""Calibration: cheapest within budget by brute force, on the right images, as a design file."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from hwgen.config import BasedRange, load
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.walks import walk_of
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.calibration.candidates import every_twin
from hwgen.workload.inputs import load_images
from hwgen.workload.parts import CALIBRATION
from hwgen.workload.run import run
from hwgen_models.ranges import Range as SearchRange
from hwgen_models.ranges import check_ranges, implied_bases
from tests.workload.golden import golden, ratio_db

DATA = Path(__file__).parents[2] / "../shared/data"


GRANULARITIES = ("network", "layer", "slice", "slice-plane")
SHAPES = {"slice": "slices", "slice-plane": "planes"}


def brute_force(small, design):
    """(layer, ranges) -> decisions and signal to error ratio, by golden tiles."""
    images = load_images(small.data_file, part=CALIBRATION)
    found = {}
    activations = small.network.trace(images.pixels)
    for layer in small.network.layers:
        x = activations[layer.sources[0]].reshape(len(images), -1).astype(int)
        mapped = map_layer(layer, design.spec, codes=small.network.codes[layer.sources[0]])
        for table in every_twin(design.spec).tables:
            sums, decisions = golden(mapped, x, table=table)
            ratio = ratio_db(x @ layer.weights.astype(int) + layer.bias, sums)
            found[layer.name, table] = (decisions, ratio)
    return found


def chosen(result):
    return {name: tuple(map(tuple, table["ranges"])) for name, table in result["tables"].items()}


def calibrated(small, keys, granularity="layer", budget="lossless", **options):
    """The result of a calibration, and of a run on the same images with its tables."""
    out = small.folder / "a.yaml"
    result = calibrate(
        load(keys),
        small.network_file,
        small.data_file,
        granularity=granularity,
        budget=budget,
        out=out,
        **options,
    )
    with np.load(small.data_file) as data:  # the calibration images, as if they were for tests
        part = data["split"] == CALIBRATION
        np.savez(small.folder / "c.npz", images=data["images"][part], labels=data["labels"][part])
    tables = yaml.safe_load(out.read_text())["tables"]
    del tables["images"]  # by which `run` would refuse them
    found = run(
        load(keys | {"tables": tables}),
        small.network_file,
        str(small.folder / "c.npz"),
    )
    return result, found


@pytest.mark.parametrize("budget", ["lossless", "sqnr:25", "sqnr:10"])
def test_cheapest_table_of_each_layer(small, small_design, budget):
    every = brute_force(small, load(small_design))
    floor = float(budget.partition(":")[2] or "inf")

    result, _ = calibrated(small, small_design, budget=budget)

    for layer, ranges in chosen(result).items():
        decisions, ratio = every[layer, ranges]
        assert ratio >= floor
        cheaper = [d for (name, _), (d, r) in every.items() if name == layer and r >= floor]
        assert decisions == min(cheaper)
        found = result["tables"][layer]
        assert found["sqnr_db"] == (None if ratio == np.inf else pytest.approx(ratio))


@pytest.mark.parametrize("budget", ["lossless", "sqnr:20"])
def test_cheapest_table_of_a_network(small, small_design, budget):
    every = brute_force(small, load(small_design))
    floor = float(budget.partition(":")[2] or "inf")

    result, _ = calibrated(small, small_design, "network", budget)

    (ranges,) = set(chosen(result).values())
    names = [layer.name for layer in small.network.layers]
    costs = {
        table: sum(every[name, table][0] for name in names)
        for table in every_twin(load(small_design).spec).tables
        if all(every[name, table][1] >= floor for name in names)
    }
    assert costs[ranges] == min(costs.values())


@pytest.mark.parametrize("granularity", ["slice", "slice-plane"])
def test_cheapest_lossless_table_of_each_slice_and_plane(small, small_design, granularity):
    """Of every context by trial: tables of the others do not change its decisions."""
    design = load(small_design)
    layer = small.network.layers[1]
    images = load_images(small.data_file, part=CALIBRATION)
    x = small.network.trace(images.pixels)["fc0"].reshape(len(images), -1).astype(int)
    mapped = map_layer(layer, design.spec, codes=small.network.codes["fc0"])
    candidates = every_twin(design.spec)
    lossless = [candidates.tables[n] for n in np.flatnonzero(candidates.lossless)]

    calibrated(small, small_design, granularity)
    tables = load(str(small.folder / "a.yaml")).tables_of("fc1")

    _, least = golden(mapped, x, tables=tables)
    for s, t in ((0, 0), (3, 5), (6, 7)):
        cells = [(s, t)] if granularity == "slice-plane" else [(s, plane) for plane in range(8)]
        tried = []
        for one in lossless:
            changed = [list(of_slice) for of_slice in tables]
            for slice_, plane in cells:
                changed[slice_][plane] = one
            tried.append(golden(mapped, x, tables=changed)[1])
        assert least == min(tried)


RANGES = {"kind": "ranges", "range_count": 3, "bound": "rows", "tables": "slice"}


def all_ranges(spec):
    """Every lossless table of up to three ranges that the table port accepts."""
    found, payloads = [], range(spec.readout_bits + 1)
    for number in (1, 2, 3):
        for some in itertools.product(payloads, repeat=number):
            bases = implied_bases([SearchRange(0, payload, 0) for payload in some])
            table = [BasedRange(base, one, 0) for base, one in zip(bases, some, strict=True)]
            try:
                used = check_ranges([SearchRange(*one) for one in table], bits=5, bound=spec.bound)
            except ValueError:
                continue
            if len(used) == number:
                found.append(tuple(table))
    return found


@pytest.mark.parametrize("bound", ["none", "rows"])
@pytest.mark.parametrize("granularity", ["network", "layer", "slice"])
def test_no_other_ranges_would_take_fewer_decisions(small, small_design, granularity, bound):
    small_design["readout"] |= RANGES | {"bound": bound}
    design = load(small_design)
    images = load_images(small.data_file, part=CALIBRATION)
    activations = small.network.trace(images.pixels)
    joints = {}
    for layer in small.network.layers:
        x = activations[layer.sources[0]].reshape(1, len(images), -1)
        mapped = map_layer(layer, design.spec, codes=small.network.codes[layer.sources[0]])
        reader = LayerReader(mapped, Readout.perfect(design.spec), short_cut=True)
        reader.product(x)
        by_slice = reader.statistics.by_active.sum(axis=1)
        missing = 17 - np.array(by_slice.shape[1:])
        joints[layer.name] = np.pad(by_slice, ((0, 0), (0, missing[0]), (0, missing[1])))
    tables = all_ranges(design.spec)
    needed = np.array([walk_of(design.spec, table).by_bound() for table in tables])
    costs = {name: np.einsum("tuc,suc->st", needed, of_slice) for name, of_slice in joints.items()}
    if granularity != "slice":
        costs = {name: one.sum(axis=0, keepdims=True) for name, one in costs.items()}
    least = sum(one.min(axis=1).sum() for one in costs.values())
    if granularity == "network":
        least = sum(costs.values()).min()

    result, found = calibrated(small, small_design, granularity)

    conversions = sum(of_slice.sum() for of_slice in joints.values())
    assert len(tables) > 50
    assert result["decisions_per_conversion"] == pytest.approx(least / conversions, rel=1e-12)
    assert found["decisions"] == least
    assert result["lossless"]
    assert result["rtl"]


@pytest.mark.parametrize("bases", ["aligned", "any"])
def test_lossy_ranges_are_legal_and_cost_less(small, small_design, bases):
    small_design["readout"] |= RANGES | {"bases": bases}
    savings = [
        calibrated(small, small_design, "slice", budget)[0]["saving"]
        for budget in ("lossless", "sqnr:30", "sqnr:15")
    ]

    assert savings == sorted(savings)
    assert savings[-1] > 1.2 * savings[0]
    assert load(str(small.folder / "a.yaml")).loadable


@pytest.mark.parametrize("kind", ["twin-range", "ranges"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("budget", ["lossless", "sqnr:20", "drop:10"])
def test_a_run_on_the_same_images_finds_the_same(small, small_design, granularity, budget, kind):
    """Costs are those of exact activations, so behind lossy layers a run may differ a little."""
    small_design["readout"] |= RANGES if kind == "ranges" else {}
    result, found = calibrated(small, small_design, granularity, budget)

    assert result["lossless"] == found["lossless"]
    if result["lossless"]:
        for key in ("decisions_per_conversion", "saving", "saving_with_skips"):
            assert result[key] == pytest.approx(found[key])
    first, ran = result["tables"]["fc0"], found["layers"]["fc0"]
    for key in ("decisions_per_conversion", "saving", "saving_with_skips", "sqnr_db"):
        assert first[key] == (None if ran[key] is None else pytest.approx(ran[key]))
    assert first["sqnr_sums"] == (None if budget == "lossless" else 10 * 20)
    lost = 100 * (found["top1_integer"] - found["top1"])
    assert lost == pytest.approx(result["drop_points"])
    if budget == "drop:10":
        assert lost <= 10


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_says_whether_the_rtl_can_load_it(small, small_design, granularity):
    result, _ = calibrated(small, small_design, granularity)

    assert result["rtl"] == load(str(small.folder / "a.yaml")).loadable
    shape = SHAPES.get(granularity, "ranges")
    for found in result["tables"].values():
        given = {key for key in ("ranges", "slices", "planes") if found[key] is not None}
        assert given == {shape}


def test_a_larger_budget_saves_more(small, small_design):
    for granularity in GRANULARITIES:
        savings = [
            calibrated(small, small_design, granularity, budget)[0]["saving"]
            for budget in ("lossless", "drop:0", "drop:20", "drop:60")
        ]

        assert savings == sorted(savings)
        assert savings[-1] > 1.15 * savings[0]


@pytest.mark.parametrize("budget", ["sqnr:20", "drop:20"])
def test_the_same_inputs_give_the_same_file(small, small_design, budget):
    calibrated(small, small_design, "slice-plane", budget)
    text = (small.folder / "a.yaml").read_bytes()

    calibrated(small, small_design, "slice-plane", budget)

    assert (small.folder / "a.yaml").read_bytes() == text


def test_takes_the_first_images(small, small_design):
    assert calibrated(small, small_design)[0]["images"] == 10
    assert calibrated(small, small_design, images=3)[0]["images"] == 3


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("granularity", "budget", "saving", "top1"),
    [
        ("layer", "lossless", 2.23, 0.91),
        ("slice", "lossless", 2.31, 0.91),
        ("slice-plane", "lossless", 2.40, 0.91),
        ("slice-plane", "sqnr:35", 2.9, 0.89),
    ],
)
def test_resnet_20_improves_on_the_default_ranges(tmp_path, granularity, budget, saving, top1):
    """Calibrated on training images, run on test images; the default ranges save 2.20."""
    network = str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx")
    out = tmp_path / "a.yaml"

    result = calibrate(
        load("trq"),
        network,
        str(DATA / "cifar10/cifar10_train_1000_norm.npz"),
        granularity=granularity,
        budget=budget,
        out=out,
        images=128,
    )
    test = str(DATA / "cifar10/cifar10_test_500_norm.npz")
    found, default = (run(load(one), network, test, images=200) for one in (str(out), "trq"))

    assert found["saving_with_skips"] >= saving > default["saving_with_skips"]
    assert found["top1"] >= top1
    assert found["saving_with_skips"] == pytest.approx(result["saving_with_skips"], rel=0.02)
    for name, layer in found["layers"].items():  # as they were estimated, on other images
        ratio = result["tables"][name]["sqnr_db"]
        assert (ratio is None) == (layer["sqnr_db"] is None)
        assert ratio is None or layer["sqnr_db"] == pytest.approx(ratio, abs=1)


def test_images_that_calibrated_are_not_reported(small, small_design):
    calibrated(small, small_design)
    source = small.folder / "mine.yaml"
    source.write_text(yaml.safe_dump(small_design))
    out = small.folder / "b.yaml"
    calibrate(load(str(source)), small.network_file, small.data_file, out=out)
    message = (
        f"{small.folder / 'c.npz'}: images must be others than those that calibrated {out}, "
        "not 10 of the same"
    )

    assert run(load(str(out)), small.network_file, small.data_file)["images"] == 30
    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        run(load(str(out)), small.network_file, str(small.folder / "c.npz"))


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

    every = 10 * 8 * 14 * (20 + 2 * 5 + 3)  # conversions that are counted
    assert steps[0] == (10 * 8 * 14 * 2, every + every // 2 + 9 * (every // 4), "counting in fc0")
    done = [done for done, _, _ in steps]
    assert done == sorted(done)
    assert done[-1] <= steps[0][1]
    assert {what for _, _, what in steps} >= {"counting in fc2", "probing fc1", "trying tables"}


@pytest.mark.parametrize("kind", [{}, RANGES])
def test_saturating_readouts_calibrate_too(small, small_design, kind):
    small_design["readout"] |= {"bits": 3, "saturate": True} | kind
    out = small.folder / "a.yaml"

    result = calibrate(
        load(small_design), small.network_file, small.data_file, budget="sqnr:5", out=out
    )

    assert not result["lossless"]


@pytest.mark.parametrize(
    ("options", "readout", "message"),
    [
        (
            {"granularity": "column"},
            {},
            "--granularity: must be network or layer or slice or slice-plane, not 'column'",
        ),
        ({"budget": "all"}, {}, "--budget: must be lossless, sqnr:DB or drop:POINTS, not 'all'"),
        (
            {},
            {"kind": "binary"},
            (
                "<design>: readout.kind: must be 'twin-range' or 'ranges' or 'outward' to be "
                "calibrated, not 'binary'"
            ),
        ),
        (
            {},
            {"bits": 3, "saturate": True},
            "<design>: readout.bits: must be at least 5 for budget lossless, not 3",
        ),
        (
            {},
            {"bits": 3, "saturate": True} | RANGES,
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
    monkeypatch.setattr(
        "hwgen.workload.calibration.trials.Trials.points_lost", lambda *_, **__: 3.0
    )
    small_design["readout"] |= {"bits": 4, "saturate": True}  # not one lossless table
    message = "--budget: must be above drop:2.5 for any table of this design"

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        calibrated(small, small_design, budget="drop:2.5")


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


def test_a_link_stays_and_its_file_is_written(small, small_design):
    source = small.folder / "mine.yaml"
    source.write_text(yaml.safe_dump(small_design))
    (small.folder / "deep").mkdir()
    real, link = small.folder / "deep" / "a.yaml", small.folder / "link.yaml"
    link.symlink_to(real)

    for _ in range(2):
        calibrate(load(str(source)), small.network_file, small.data_file, out=link)

    assert link.is_symlink()
    assert [path.name for path in real.parent.iterdir()] == ["a.yaml"]
    for file in (link, real):
        assert load(str(file)).tables == load(str(real)).tables is not None


def test_a_path_through_a_linked_folder_leads_back(small, small_design):
    source = small.folder / "mine.yaml"
    source.write_text(yaml.safe_dump(small_design))
    (small.folder / "very" / "deep").mkdir(parents=True)
    (small.folder / "link").symlink_to(small.folder / "very" / "deep")
    out = small.folder / "link" / "a.yaml"

    calibrate(load(str(source)), small.network_file, small.data_file, out=out)

    assert yaml.safe_load(out.read_text())["extends"] == "../../mine.yaml"
    assert load(str(out)).tables is not None


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
