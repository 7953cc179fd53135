"""Layers on arrays that are not ideal, against their golden tiles one by one."""

import json

import numpy as np
import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.report.figures import decisions_figure
from hwgen.report.runs import read_runs
from hwgen.report.tables import as_text
from hwgen.workload.array.nonideal import NonidealReader
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen.workload.run import run
from hwgen_models.tile import Tile, crossbar_of

NOISY = {
    "spread": 0.1,
    "on_off_ratio": 50,
    "stuck_on": 0.01,
    "read_noise": 0.2,
    "wire_resistance": 1e-4,
    "comparator_offset": 0.2,
    "comparator_noise": 0.2,
    "seed": 7,
}


@pytest.fixture
def layer(small):
    """20 inputs and 5 outputs: three chains of two row tiles."""
    return small.network.layers[1]


@pytest.fixture
def reader(small, small_design, layer):
    def build(device=None, tables=None, **keys):
        design = load(small_design | ({"device": device} if device else {}))
        mapped = map_layer(layer, design.spec, codes=small.network.codes[layer.name])
        if tables is None:
            readout = Readout.of(design, layer.name)
        else:
            readout = Readout.by_context(design.spec, tables(design.spec))
        return NonidealReader(mapped, readout, design, **keys)

    return build


@pytest.fixture
def codes():
    codes = np.random.default_rng(1).integers(0, 256, (9, 20)) * (np.arange(20) % 3 > 0)
    codes[2] = 0
    return codes


def sums_of(reader, codes):
    """Sums of a layer with its constants: (vectors, outputs)."""
    return reader.product(codes[np.newaxis])[0] + reader.mapped.layer.bias


def test_an_ideal_device_gives_what_the_ideal_reader_gives(reader, layer, codes):
    flawless = reader()
    ideal = LayerReader(flawless.mapped, flawless.readout)

    sums = sums_of(flawless, codes)

    np.testing.assert_array_equal(sums, codes @ layer.matrices[0].astype(int) + layer.bias)
    np.testing.assert_array_equal(sums, sums_of(ideal, codes))
    assert flawless.costs == ideal.costs
    for name in ("by_active", "by_bound"):
        found, expected = (getattr(one.statistics, name) for one in (flawless, ideal))
        np.testing.assert_array_equal(found, expected)
    assert ideal.costs.reads_skipped > 0


def test_a_noisy_layer_is_its_golden_tiles_in_a_chain(reader, small_design, codes):
    noisy = reader(NOISY, first_crossbar=10)
    design = load(small_design | {"device": NOISY})

    sums = sums_of(noisy, codes)

    chained, decisions, histogram = np.empty_like(sums), 0, 0
    for number, place in enumerate(noisy.mapped.tiles):
        flaws = {
            "nonidealities": design.nonidealities,
            "seed": design.crossbar_seed(10 + number),
        }
        tile = Tile(
            design.spec,
            place.weights,
            design.ranges(),
            crossbar_of(design.spec, place.weights, **flaws),
            design.comparator(10 + number),
        )
        if place.row == 0:
            partial = np.tile(noisy.mapped.constants[place.outputs], (len(codes), 1))
        result = tile.run(codes[:, place.inputs], partial)
        chained[:, place.outputs] = partial = result.y
        decisions += result.total_decisions
        histogram = histogram + result.histogram
    np.testing.assert_array_equal(sums, chained)
    assert noisy.costs.decisions == decisions
    np.testing.assert_array_equal(noisy.statistics.histogram, histogram)
    assert noisy.sqnr_db < 60
    assert not noisy.lossless


def test_batches_and_parts_change_nothing(reader, codes, monkeypatch):
    together = sums_of(reader(NOISY), codes)

    again = reader(NOISY)
    parts = [sums_of(again, codes[:5]), sums_of(again, codes[5:])]
    monkeypatch.setattr(NonidealReader, "CHUNK", 2)

    np.testing.assert_array_equal(np.concatenate(parts), together)
    np.testing.assert_array_equal(sums_of(reader(NOISY), codes), together)


@pytest.mark.parametrize("flaw", [{"spread": 0.5}, {"comparator_offset": 2.0}])
def test_every_crossbar_has_its_own_flaws_and_every_seed_others(reader, codes, flaw):
    first = sums_of(reader(flaw), codes)
    later = sums_of(reader(flaw, first_crossbar=6), codes)
    other = sums_of(reader(flaw | {"seed": 1}), codes)

    assert (first != later).any()
    assert (first != other).any()
    assert (later != other).any()


def test_noise_is_fresh_in_every_vector(reader, codes):
    same = np.repeat(codes[:1], 20, axis=0)

    assert len(np.unique(sums_of(reader({"read_noise": 2.0}), same), axis=0)) > 15


def test_cells_that_are_all_stuck_cancel(reader, layer, codes):
    sums = sums_of(reader({"stuck_on": 1.0}), codes)

    np.testing.assert_array_equal(sums, np.tile(layer.bias, (len(codes), 1)))


def test_tables_may_differ_by_slice_and_plane(reader, codes):
    choice = [((2, 0), (5, 2)), ((5, 0), (5, 0)), ((1, 1), (5, 0))]

    def tables(spec):
        return [[choice[(s + t) % 3] for t in range(spec.planes)] for s in range(spec.slices)]

    flawless = reader(tables=tables)
    ideal = LayerReader(flawless.mapped, flawless.readout)

    np.testing.assert_array_equal(sums_of(flawless, codes), sums_of(ideal, codes))
    assert flawless.costs == ideal.costs


def test_leakage_lifts_counts_above_their_bounds(reader, codes):
    """Counted from the histogram of U, one bound for all columns: these are fewer."""
    leaking = reader({"on_off_ratio": 3})

    sums_of(leaking, codes)

    found, costs = leaking.statistics, leaking.costs
    above_active = sum(
        int(found.by_active[:, :, u, u + 1 :].sum()) for u in range(found.by_active.shape[2])
    )
    by_bound = found.by_bound.sum(axis=0)
    above = sum(int(row[bound + 1 :].sum()) for bound, row in enumerate(by_bound))
    assert 0 <= above_active <= above == costs.counts_above_bound
    assert above > costs.conversions / 100
    assert found.by_active.shape[3] == found.by_bound.shape[2] == 17  # room for all counts


def test_rivals_that_rest_on_bounds_have_no_figures_on_flawed_arrays(small, small_design):
    device = {"device": {"on_off_ratio": 3}}
    found = run(load(small_design | device), small.network_file, small.data_file)

    for one in (found, *found["layers"].values()):
        assert one["static_bits"] is None
        assert one["counts_above_bound"] > 0
        for name, figures in one["rivals"].items():
            known = name in {"optimal_tree", "entropy"}
            assert {figure is not None for figure in figures.values()} == {known}
    assert found["counts_above_bound"] == sum(
        layer["counts_above_bound"] for layer in found["layers"].values()
    )
    text = as_text("run", found)
    assert f"{found['counts_above_bound']:,} counts above what ideal arrays allow" in text
    file = small.folder / "run.json"
    file.write_text(json.dumps(found))
    (read,) = read_runs([file])
    assert list(read.whole.rivals) == ["optimal_tree", "entropy"]
    legend = decisions_figure([read]).legends[1]
    assert [text.get_text() for text in legend.get_texts()] == [
        "optimal tree",
        "entropy, layer known",
    ]


def test_a_whole_network_runs_on_flawed_arrays(small, small_design):
    keys = small_design | {"device": NOISY}

    found = run(load(keys), small.network_file, small.data_file)

    assert run(load(keys), small.network_file, small.data_file) == found
    assert not found["lossless"]
    assert all(layer["sqnr_db"] < 60 for layer in found["layers"].values())
    with pytest.raises(UserError, match=r"^--path: must be bit-sliced for the non-ideal arrays"):
        run(load(keys), small.network_file, small.data_file, path="short-cut")
