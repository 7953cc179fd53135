"""Layers on arrays that are not ideal, against their golden tiles one by one."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.workload.nonideal import NonidealLayer
from hwgen.workload.readout import Readout
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
        return NonidealLayer(mapped, readout, design, **keys)

    return build


@pytest.fixture
def codes():
    codes = np.random.default_rng(1).integers(0, 256, (9, 20)) * (np.arange(20) % 3 > 0)
    codes[2] = 0
    return codes


def test_an_ideal_device_gives_the_integer_product(reader, layer, codes):
    sums, results = reader().sums(codes)

    np.testing.assert_array_equal(sums, codes @ layer.matrices[0].astype(int) + layer.bias)
    assert len(results) == 6
    assert sum(result.reads_skipped for result in results) > 0


def test_a_noisy_layer_is_its_golden_tiles_in_a_chain(reader, small_design, codes):
    layer = reader(NOISY, first_crossbar=10)
    design = load(small_design | {"device": NOISY})

    sums, results = layer.sums(codes, first_vector=100)

    chained = np.empty_like(sums)
    for number, place in enumerate(layer.mapped.tiles):
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
            partial = np.tile(layer.mapped.constants[place.outputs], (len(codes), 1))
        result = tile.run(codes[:, place.inputs], partial, first_vector=100)
        chained[:, place.outputs] = partial = result.y
        np.testing.assert_array_equal(results[number].lane_decisions, result.lane_decisions)
        np.testing.assert_array_equal(results[number].histogram, result.histogram)
    np.testing.assert_array_equal(sums, chained)


def test_batches_and_repetition_change_nothing(reader, codes):
    together, _ = reader(NOISY).sums(codes, first_vector=3)

    again = reader(NOISY)
    parts = [again.sums(codes[5:], first_vector=8)[0], again.sums(codes[:5], first_vector=3)[0]]

    np.testing.assert_array_equal(np.concatenate(parts[::-1]), together)


@pytest.mark.parametrize("flaw", [{"spread": 0.5}, {"comparator_offset": 2.0}])
def test_every_crossbar_has_its_own_flaws_and_every_seed_others(reader, codes, flaw):
    first, _ = reader(flaw).sums(codes)
    later, _ = reader(flaw, first_crossbar=6).sums(codes)
    other, _ = reader(flaw | {"seed": 1}).sums(codes)

    assert (first != later).any()
    assert (first != other).any()
    assert (later != other).any()


def test_noise_is_fresh_in_every_vector(reader, codes):
    same = np.repeat(codes[:1], 20, axis=0)

    sums, _ = reader({"read_noise": 2.0}).sums(same)

    assert len(np.unique(sums, axis=0)) > 15


def test_cells_that_are_all_stuck_cancel(reader, codes):
    layer = reader({"stuck_on": 1.0})

    sums, _ = layer.sums(codes)

    np.testing.assert_array_equal(sums, np.tile(layer.mapped.constants, (len(codes), 1)))


def test_tables_may_differ_by_slice_and_plane(reader, codes):
    choice = [((2, 0), (5, 2)), ((5, 0), (5, 0)), ((1, 1), (5, 0))]

    def tables(spec):
        return [[choice[(s + t) % 3] for t in range(spec.planes)] for s in range(spec.slices)]

    layer = reader({"stuck_off": 0.1}, tables)
    sums, results = layer.sums(codes)

    spec = layer.mapped.spec
    contributions = Readout.by_context(spec, tables(spec)).contributions()
    expected = np.tile(layer.mapped.constants, (len(codes), 1))
    for crossbar, place in enumerate(layer.mapped.tiles):
        counts = layer.read(crossbar, codes, keep="counts").counts.astype(int)
        for physical in layer.tiles[crossbar].physical:
            output, s, polarity = spec.column_map.of(int(physical))
            for plane in range(spec.planes):
                share = contributions[s, plane, counts[:, plane, physical]]
                share = np.where(results[crossbar].active_rows[:, plane] > 0, share, 0)
                expected[:, place.outputs.start + output] += (1 - 2 * polarity) * share
    np.testing.assert_array_equal(sums, expected)


def test_progress_counts_every_conversion(reader, codes):
    done = []

    _, results = reader().sums(codes, step=done.append)

    made = sum(result.conversions for result in results)
    skipped = sum(result.reads_skipped * result.used_columns.sum() for result in results)
    assert len(done) == len(results)
    assert sum(done) == made + skipped
