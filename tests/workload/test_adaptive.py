"""Calibrated ranges all the way: from images to tables in the emitted tile."""

from dataclasses import replace

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import UserError
from hwgen.flow.cosim import cosim
from hwgen.flow.stimulus import LayerOf
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.run import run
from tests.workload.test_calibrate import DATA

SMALL = {
    "name": "small",
    "extends": "adaptive",
    "array": {"rows": 16, "columns": 42},
    "readout": {"bits": 5, "columns_per_lane": 6},
}


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("bound", "granularity", "budget"),
    [
        ("scaled", "network", "lossless"),
        ("scaled", "slice", "lossless"),
        ("scaled", "slice", "sqnr:15"),
        ("rows", "layer", "lossless"),
        ("rows", "slice", "sqnr:15"),
    ],
)
def test_tables_by_ranges_reach_the_tile(tmp_path, bound, granularity, budget):
    out = tmp_path / "a.yaml"
    design = load(SMALL | {"readout": SMALL["readout"] | {"bound": bound}})
    found = calibrate(
        design, "digits", "digits", granularity=granularity, budget=budget, out=out, images=20
    )
    generate(load(str(out)), tmp_path / "out")
    layer = LayerOf(network="digits", data="digits", layer="dense_2", vectors=40)

    result = cosim(tmp_path / "out", layer=layer, fast=True)

    assert found["rtl"]
    assert found["lossless"] == (budget == "lossless")
    assert (result["passed"], result["failed"]) == (1, 0)
    assert result["cycles_steady"] == result["cycles_predicted"]


@pytest.mark.cocotb
def test_densities_reach_the_tile(tmp_path):
    keys = SMALL | {"extends": "outward"}
    found = calibrate(
        load(keys), "digits", "digits", granularity="slice", out=tmp_path / "a.yaml", images=20
    )
    generate(load(str(tmp_path / "a.yaml")), tmp_path / "out")
    layer = LayerOf(network="digits", data="digits", layer="dense_2", vectors=40)

    result = cosim(tmp_path / "out", layer=layer, fast=True)

    assert found["rtl"]
    assert found["lossless"]
    assert (result["passed"], result["failed"]) == (1, 0)
    assert result["cycles_steady"] == result["cycles_predicted"]


def test_no_other_density_takes_fewer_decisions(tmp_path):
    keys = SMALL | {"extends": "outward"}
    out = tmp_path / "a.yaml"
    found = calibrate(load(keys), "digits", "digits", granularity="network", out=out, images=20)
    best = load(str(out)).ranges("dense_2")[0].density
    saving = {}

    for density in (best - 3, best - 1, best, best + 1, best + 3):
        readout = SMALL["readout"] | {"ranges": [[density]]}
        result = run(load(keys | {"readout": readout}), "digits", "digits", images=30)
        saving[density] = result["saving"]

    assert found["saving"] > 1.3
    assert saving[best] > 0.99 * max(saving.values())
    assert saving[best] > 1.005 * max(saving[best - 3], saving[best + 3])


def test_scaled_tables_take_fewer_decisions(tmp_path):
    saving = {}
    for bound in ("rows", "scaled"):
        design = load(SMALL | {"readout": SMALL["readout"] | {"bound": bound}})
        out = tmp_path / f"{bound}.yaml"
        calibrate(design, "digits", "digits", granularity="slice", out=out, images=20)
        saving[bound] = run(load(str(out)), "digits", "digits", images=30)["saving"]

    assert saving["scaled"] > 1.01 * saving["rows"]


@pytest.mark.parametrize(
    ("preset", "bound"), [("adaptive", "rows"), ("adaptive", "scaled"), ("outward", "rows")]
)
def test_both_paths_agree_under_the_bound(tmp_path, preset, bound):
    out = tmp_path / "a.yaml"
    keys = SMALL | {"extends": preset, "readout": SMALL["readout"] | {"bound": bound}}
    design = load(keys)
    calibrate(design, "digits", "digits", granularity="slice", out=out, images=20)

    short, long = (
        run(load(str(out)), "digits", "digits", images=30, path=path)
        for path in ("short-cut", "bit-sliced")
    )

    assert short["lossless"]
    assert short["saving"] > 1.3
    for result in (short, long):
        del result["path"]
        for layer in result["layers"].values():  # sums are compared on one path only
            del layer["sqnr_db"], layer["largest_error"]
    assert short == long


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("changes", "granularity", "budget", "least", "shorter"),
    [
        ({"extends": "outward", "tables": "network"}, "layer", "lossless", (2.75, 3.5), (1.8, 1.9)),
        ({"extends": "outward"}, "slice", "lossless", (3.15, 4.04), (2.05, 2.2)),
        ({"bound": "none", "tables": "network"}, "layer", "lossless", (2.2, 2.8), (1.65, 1.7)),
        ({"bound": "rows", "tables": "network"}, "layer", "lossless", (2.45, 3.1), (1.9, 1.92)),
        ({"bound": "rows"}, "slice", "lossless", (2.55, 3.25), (1.9, 1.92)),
        ({"bound": "rows", "range_count": 8}, "slice", "lossless", (2.65, 3.4), (1.9, 1.92)),
        ({"tables": "network"}, "layer", "lossless", (2.65, 3.4), (1.85, 1.92)),
        ({}, "slice", "lossless", (2.75, 3.45), (1.9, 2.0)),
        ({}, "slice", "drop:1", (3.5, 4.5), (2.0, 2.1)),
    ],
)
def test_resnet_20_on_images_that_the_tables_have_not_seen(
    tmp_path, changes, granularity, budget, least, shorter
):
    """Savings without and with skipped planes; conversion phases with one hold and two."""
    network = str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx")
    changes = dict(changes)
    preset = changes.pop("extends", "adaptive")
    keys = {"name": "r20", "extends": preset, "readout": changes}
    out = tmp_path / "a.yaml"
    calibrate(
        load(keys),
        network,
        str(DATA / "cifar10/cifar10_train_1000_norm.npz"),
        granularity=granularity,
        budget=budget,
        out=out,
        images=400 if budget != "lossless" else 128,
    )

    found = run(load(str(out)), network, str(DATA / "cifar10/cifar10_test_500_norm.npz"))

    assert found["saving"] >= least[0]
    assert found["saving_with_skips"] >= least[1]
    assert found["top1"] >= found["top1_integer"] - 0.005
    assert found["lossless"] == (budget == "lossless")
    rivals, phases = found["rivals"], found["conversion_phase"]
    if changes == {} and budget == "lossless":
        assert rivals["column_ones"]["saving_with_skips"] >= 3.6
    for holds, times in zip(("single", "double"), shorter, strict=True):
        assert phases[holds]["shorter"] >= times > phases["lock_step"]["shorter"]


@pytest.mark.cocotb
@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("preset", ["adaptive", "outward"])
def test_the_tile_of_the_preset_agrees_on_a_convolution_of_resnet_20(tmp_path, preset):
    """Compiled, and in a simulator, where cells, reads and comparators are spoilt as well."""
    network = str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx")
    out = tmp_path / "a.yaml"
    train = str(DATA / "cifar10/cifar10_train_1000_norm.npz")
    calibrate(load(preset), network, train, granularity="slice", out=out, images=16)
    generate(load(str(out)), tmp_path / "out")
    files = {"network": network, "data": str(DATA / "cifar10/cifar10_test_500_norm.npz")}
    layer = LayerOf(**files, layer="/layer2/layer2.0/conv2/Conv", crossbar=1, vectors=400)

    compiled = cosim(tmp_path / "out", layer=layer, fast=True)
    simulated = cosim(tmp_path / "out", layer=replace(layer, vectors=2))

    for result in (compiled, simulated):
        assert (result["passed"], result["failed"]) == (1, 0)
        assert result["cycles_steady"] == result["cycles_predicted"]
    assert compiled["conversions"] > 100_000
    assert simulated["benches"][0]["cases"] == 3


def test_the_capacitors_of_bounded_searches_are_priced():
    """By the tree of every bound: fewer decisions, but not all of them cheap ones."""
    energy = {"adc": {"model": "cdac"}}
    picojoules = {}
    for preset in ("baseline", "adaptive", "outward"):
        keys = SMALL | {"extends": preset, "energy": energy}
        result = run(load(keys), "digits", "digits", images=3)
        picojoules[preset] = result["energy_pj"]["adc"]

    assert 0 < picojoules["outward"] < picojoules["adaptive"] < picojoules["baseline"]


def test_no_search_outward_is_switched_monotonically():
    keys = SMALL | {"extends": "outward"}
    keys |= {"energy": {"adc": {"model": "cdac", "switching": "monotonic"}}}

    with pytest.raises(UserError, match="must be 'conventional' for a search that needs a cap"):
        run(load(keys), "digits", "digits", images=3)
