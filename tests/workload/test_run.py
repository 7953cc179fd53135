"""Whole networks through the array: exact, counted, and refused in one line."""

import json
import re

import numpy as np
import pytest

from hwgen.cli import cli
from hwgen.config import load
from hwgen.errors import Mismatch, UserError
from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.run import PATHS, run
from hwgen_models.matrix import Dense
from hwgen_models.network import INPUT, Network
from hwgen_models.requantise import Fixed
from hwgen_models.search import SearchTree

COSTS = {
    "crossbars",
    "reads",
    "conversions",
    "decisions",
    "decisions_per_conversion",
    "reads_skipped",
    "saving",
    "saving_with_skips",
    "entropy_bits",
    "cycles",
    "energy_pj",
}


def test_digits_at_unchanged_accuracy():
    found = run(load("trq"), "digits", "digits")

    assert found["images"] == 500
    assert found["top1"] == found["top1_integer"] >= 0.975
    assert found["lossless"]
    assert found["saving_with_skips"] >= 1.6
    assert [layer["crossbars"] for layer in found["layers"].values()] == [18, 16, 2]
    assert found["layers"]["dense_2"]["row_tiles"] == 2


def test_baseline_saves_only_what_is_skipped(small, small_design):
    small_design["readout"]["kind"] = "binary"

    found = run(load(small_design), small.network_file, small.data_file)

    assert found["decisions_per_conversion"] == 5
    assert found["saving"] == 1
    assert found["saving_with_skips"] == pytest.approx(
        1 + found["reads_skipped"] / found["reads"], rel=0.05
    )


def test_keys_are_the_documented_ones(small, small_design):
    found = run(load(small_design), small.network_file, small.data_file)

    assert found.keys() >= COSTS | {"images", "top1", "top1_integer", "layers", "rivals"}
    assert list(found["layers"]) == ["fc0", "fc1", "fc2"]
    for layer in found["layers"].values():
        assert layer.keys() >= COSTS
    for key in ("crossbars", "reads", "reads_skipped", "conversions", "decisions", "cycles"):
        assert found[key] == sum(layer[key] for layer in found["layers"].values())
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_counts_by_definition(small, small_design):
    """Everything that is counted, once more from the integers."""
    found = run(load(small_design), small.network_file, small.data_file)
    with np.load(small.data_file) as data:
        pixels = data["images"].reshape(40, -1)[:30]

    activations = small.network.trace(pixels)
    tree = SearchTree.twin_range(3, 0, 5, 0, bits=5, bound=16)
    for layer, got in zip(small.network.layers, found["layers"].values(), strict=True):
        x = activations[layer.sources[0]].astype(int)
        reads = skipped = conversions = decisions = 0
        for first in range(0, layer.inputs, 16):
            rows = slice(first, min(first + 16, layer.inputs))
            weights = layer.weights[rows].astype(int)
            for plane in range(8):
                drive = x[:, rows] >> plane & 1
                live = drive.any(axis=1)
                tiles = -(-layer.outputs // 2)
                reads += int(live.sum()) * tiles
                skipped += int((~live).sum()) * tiles
                for sign in (1, -1):
                    for bit in range(7):
                        cells = np.maximum(sign * weights, 0) >> bit & 1
                        counts = (drive @ cells)[live]
                        conversions += counts.size
                        decisions += int(tree.walk(counts).decisions.sum())
        assert (got["reads"], got["reads_skipped"]) == (reads, skipped)
        assert (got["conversions"], got["decisions"]) == (conversions, decisions)
        assert got["saving"] == 5 * conversions / decisions


def test_rivals_come_in_order(small, small_design):
    """No lossless search beats the optimal tree, and that not the entropy."""
    rivals = run(load(small_design), small.network_file, small.data_file)["rivals"]

    needs = {name: rival["decisions_per_conversion"] for name, rival in rivals.items()}
    assert needs["entropy"] <= needs["optimal_tree"] <= needs["bounded_binary"] <= needs["static"]


def test_batches_do_not_matter(small, small_design, monkeypatch):
    whole = run(load(small_design), small.network_file, small.data_file)
    monkeypatch.setattr("hwgen_models.network.BATCH_BYTES", 7 * 200)
    monkeypatch.setattr("hwgen.workload.array.reading.LayerReader.CHUNK", 3)

    assert run(load(small_design), small.network_file, small.data_file) == whole


def test_a_lossy_table_tells_its_error(small, small_design):
    small_design["readout"]["ranges"] = [
        {"payload": 2, "truncation": 0},
        {"payload": 5, "truncation": 3},
    ]

    found = run(load(small_design), small.network_file, small.data_file)

    assert not found["lossless"]
    assert found["layers"]["fc0"]["sqnr_db"] > 0
    assert found["layers"]["fc0"]["largest_error"] > 0


def test_tables_of_a_layer_hold_for_that_layer(small, small_design):
    one = [{"payload": 1, "truncation": 0}, {"payload": 5, "truncation": 0}]
    small_design["tables"] = {"granularity": "layer", "layers": {"fc1": {"ranges": one}}}

    found = run(load(small_design), small.network_file, small.data_file)

    assert [layer["ranges"] for layer in found["layers"].values()] == [
        [[3, 0], [5, 0]],
        [[1, 0], [5, 0]],
        [[3, 0], [5, 0]],
    ]


def test_a_tile_without_y_in_leaves_constants_to_its_user(small, small_design):
    small_design["array"] |= {"rows": 24}
    small_design["accumulate"] = {"y_in": False}

    found = run(load(small_design), small.network_file, small.data_file)

    assert found["lossless"]
    assert found["top1"] == found["top1_integer"]


def test_a_lossless_layer_that_errs_is_a_mismatch(small, small_design, monkeypatch):
    product = MappedLayer.product
    monkeypatch.setattr(MappedLayer, "product", lambda *given: product(*given) + 1)

    with pytest.raises(Mismatch, match=r"^layer fc0: output 0 of vector 0 must be .* \(integer"):
        run(load(small_design), small.network_file, small.data_file, path="bit-sliced")


def test_takes_the_first_images_and_reports_progress(small, small_design):
    steps = []

    found = run(
        load(small_design),
        small.network_file,
        small.data_file,
        images=3,
        progress=lambda *step: steps.append(step),
    )

    assert found["images"] == 3
    every = 3 * 8 * (14 * (20 + 2 * 5 + 3))
    assert steps[0] == (3 * 8 * 14 * 2, every, "fc0")
    assert steps[-1] == (every, every, "fc2")
    assert [done for done, _, _ in steps] == sorted({done for done, _, _ in steps})


def test_both_paths_agree(small, small_design):
    ways = [
        run(load(small_design), small.network_file, small.data_file, path=path)
        for path in ("bit-sliced", "short-cut")
    ]

    assert [way.pop("path") for way in ways] == ["bit-sliced", "short-cut"]
    assert ways[0] == ways[1]


def test_the_short_cut_needs_lossless_tables(small, small_design):
    small_design["readout"]["ranges"] = [
        {"payload": 2, "truncation": 1},
        {"payload": 5, "truncation": 0},
    ]

    with pytest.raises(UserError, match=r"^--path: must be bit-sliced for the lossy tables of"):
        run(load(small_design), small.network_file, small.data_file, path="short-cut")


def test_histograms_are_those_of_the_run(small, small_design):
    out = small.folder / "counts.npz"

    found = run(load(small_design), small.network_file, small.data_file, histograms=out)
    first = out.read_bytes()
    run(load(small_design), small.network_file, small.data_file, histograms=out, path="bit-sliced")

    assert found["histograms"] == str(out)
    assert out.read_bytes() == first  # an earlier result is replaced, by the same bytes
    with np.load(out) as arrays:
        assert arrays.files == [
            f"{name}/{array}" for name in found["layers"] for array in ("by_active", "by_bound")
        ]
        for name, layer in found["layers"].items():
            by_active, by_bound = arrays[f"{name}/by_active"], arrays[f"{name}/by_bound"]
            assert by_active.dtype == by_bound.dtype == np.dtype("<i8")
            rows, most = min(16, layer["inputs"]), by_bound.shape[1] - 1
            assert by_active.shape == (7, 8, rows + 1, most + 1)  # slices, planes, U, count
            assert by_bound.shape == (7, most + 1, most + 1)
            assert not any(layer["histogram"][most + 1 :])
            assert by_active.sum(axis=(0, 1, 2)).tolist() == layer["histogram"][: most + 1]
            assert not by_active[:, :, 0].any()
            np.testing.assert_array_equal(by_active.sum(axis=(1, 2)), by_bound.sum(axis=1))


def test_histograms_are_written_whole_or_not_at_all(small, small_design, monkeypatch):
    out = small.folder / "counts.npz"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.lib.format.write_array", full)
    with pytest.raises(UserError, match=r"counts\.npz: must be a file that can be written, not no"):
        run(load(small_design), small.network_file, small.data_file, histograms=out)

    assert sorted(path.name for path in small.folder.iterdir()) == ["data.npz", "network.npz"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("counts.txt", r"counts\.txt: must be an \.npz file to write, not 'counts\.txt'$"),
        ("data.npz", r"data\.npz: must be new or an earlier result of hwgen, not another file$"),
        ("no/counts.npz", r"must be in a folder that exists, not '.*no'$"),
    ],
)
def test_a_place_for_histograms_is_checked_first(small, small_design, name, message, monkeypatch):
    monkeypatch.setattr("hwgen.workload.run.open_network", None)  # nothing is read before

    with pytest.raises(UserError, match=message):
        run(load(small_design), "digits", "digits", histograms=small.folder / name)


def test_the_command_line_offers_all_paths():
    option = next(one for one in cli.commands["run"].params if one.name == "path")

    assert tuple(option.type.choices) == PATHS


def test_refuses_in_one_line(small, small_design):
    small_design["accumulate"] = {"row_tiles": 1}
    message = (
        f"{small.network_file}: layer fc1: inputs must be at most 16 (1 row tiles of 16), not 20"
    )

    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        run(load(small_design), small.network_file, small.data_file)


WIDE = {
    "name": "wide",
    "extends": "baseline",
    "array": {"rows": 1024, "cell_bits": 4},
    "inputs": {"dac_bits": 4},
    "readout": {"bits": 12, "saturate": True},
}
TOO_LARGE = (
    r"^<design>: array\.rows, array\.cell_bits, inputs\.dac_bits: histograms of the "
    r"network must need at most 2 GB, not \d+\.\d GB with 1024, 4, 4$"
)


def test_histograms_that_would_fill_the_memory_are_refused(tmp_path):
    """1024 inputs of the largest weights, on word lines and in cells of four bits."""
    layer = Dense(
        name="full",
        weights=np.full((1024, 2), 127, dtype=np.int8),
        bias=np.zeros(2, dtype=np.int32),
        sources=(INPUT,),
        requantise=Fixed(
            multiplier=np.ones(2, dtype=np.int32), shift=np.ones(2, dtype=np.uint8), low=0, high=255
        ),
    )
    network = Network.chain((layer,))
    np.savez(tmp_path / "full.npz", **network.to_arrays())
    np.savez(tmp_path / "data.npz", images=np.zeros((2, 32, 32, 1), dtype=np.uint8))
    files = str(tmp_path / "full.npz"), str(tmp_path / "data.npz")
    ranged = {"readout": WIDE["readout"] | {"kind": "twin-range"}}

    with pytest.raises(UserError, match=TOO_LARGE):
        run(load(WIDE), *files)
    with pytest.raises(UserError, match=TOO_LARGE):
        calibrate(load(WIDE | ranged), *files, out=tmp_path / "out.yaml")


def test_the_integer_network_runs_again_only_where_it_may_differ(small, small_design, monkeypatch):
    runs, whole = [], Network.run
    monkeypatch.setattr(Network, "run", lambda *given: runs.append(0) or whole(*given))

    lossless = run(load(small_design), small.network_file, small.data_file, path="bit-sliced")
    assert len(runs) == 1
    small_design["readout"]["ranges"] = [{"payload": 5, "truncation": 2}] * 2
    lossy = run(load(small_design), small.network_file, small.data_file)

    assert len(runs) == 3
    assert lossy["top1_integer"] == lossless["top1_integer"] == lossless["top1"]


def test_tables_of_a_layer_that_the_network_lacks_are_refused():
    ranges = [{"payload": 3, "truncation": 0}, {"payload": 8, "truncation": 0}]
    tables = {"granularity": "layer", "layers": {"dense_9": {"ranges": ranges}}}
    design = load({"name": "misspelt", "extends": "trq", "tables": tables})

    with pytest.raises(
        UserError,
        match=r"tables\.layers: must be layers of the network \(dense_1, dense_2, dense_3\), "
        r"not 'dense_9'$",
    ):
        run(design, "digits", "digits", images=2)
