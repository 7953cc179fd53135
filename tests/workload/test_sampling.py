"""Counts behind sums: with them the error of any tables is a look-up."""

from math import gcd

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.workload.array.readout import weights_of
from hwgen.workload.calibration.candidates import every_twin
from hwgen.workload.calibration.sampling import Sample, spread
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv, exact_product
from hwgen_models.requantise import Fixed, Scaled
from hwgen_models.window import Window
from tests.workload.golden import golden

SMALL = {
    "name": "small",
    "array": {"rows": 16, "columns": 30},
    "readout": {"kind": "twin-range", "bits": 6, "columns_per_lane": 10},
}


def sampled(mapped, x, batch=None):
    """A sample of a dense layer that has seen `x`, in batches."""
    sample = Sample(mapped, len(x))
    for start in range(0, len(x), batch or len(x)):
        vectors = x[np.newaxis, start : start + (batch or len(x))]
        sample.take(vectors, exact_product(mapped.layer, vectors).astype(np.int64))
    return sample


def errors_of(sample, readout):
    """Errors of the sample's sums: what the module's docstring says."""
    misread = readout.values - np.arange(readout.values.shape[-1])
    s, t = np.indices(misread.shape[:2])
    looked_up = misread[s[..., None, None], t[..., None, None], sample.counts.astype(int)]
    weights = weights_of(sample.mapped.spec)
    return np.einsum("st,stnp,n->p", weights, looked_up, sample.signs)


@pytest.mark.parametrize("total", [1, 7, 64, 1000, 30720])
@pytest.mark.parametrize("wanted", [1, 5, 64, 10**6])
def test_spread_is_even_and_without_repetition(wanted, total):
    found = spread(wanted, total)

    assert len(found) == len(set(found.tolist())) == min(wanted, total)
    assert (np.diff(found) > 0).all()
    assert 0 <= found[0] <= found[-1] < total
    for divisor in (2, 4, 8, 10, 16):
        if gcd(divisor, total) == divisor:
            residues = np.bincount(found % divisor, minlength=divisor)
            assert residues.max() - residues.min() <= 1


def test_spread_leaves_no_large_gap():
    found = spread(100, 10_000)

    assert np.diff(found, prepend=0, append=10_000).max() <= 3 * 100


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"array": {"rows": 8, "columns": 24, "cell_bits": 2}, "readout": {"columns_per_lane": 6}},
        {"inputs": {"dac_bits": 2}},
        {"inputs": {"bits": 9, "signed": True}},
        {"array": {"column_order": "output_major"}},
    ],
)
def test_errors_of_any_tables_are_those_of_golden_tiles(small, changes):
    keys = SMALL | {key: SMALL.get(key, {}) | value for key, value in changes.items()}
    spec = load(keys).spec
    layer = small.network.layers[1]
    mapped = map_layer(layer, spec, codes=small.network.codes["fc1"])
    rng = np.random.default_rng(1)
    x = rng.integers(0, 256, (7, 20)) * (np.arange(20) % 3 > 0)
    x[2] = 0
    candidates = every_twin(spec)
    readout = candidates.readout(rng.integers(0, len(candidates), (spec.slices, spec.planes)))

    sample = sampled(mapped, x, batch=3)
    sums, _ = golden(mapped, x, tables=readout.tables)

    exact = x @ layer.weights.astype(int) + layer.bias
    assert sample.pairs == sample.all_pairs == exact.size
    np.testing.assert_array_equal(sample.sums, exact.ravel())
    np.testing.assert_array_equal(errors_of(sample, readout), (sums - exact).ravel())


def test_counts_of_groups_that_share_a_crossbar(small_design):
    """A depthwise convolution: every output has counts of its own channel only."""
    rng = np.random.default_rng(5)
    layer = Conv(
        name="depthwise",
        weights=rng.integers(-127, 128, (4, 9, 1)).astype(np.int8),
        bias=rng.integers(-500, 500, 4).astype(np.int32),
        sources=("input",),
        requantise=Scaled(factor=np.full(4, 0.01, dtype=np.float32), low=0, high=255),
        window=Window(kernel=(3, 3), pads=(1, 1, 1, 1)),
    )
    small_design["array"] |= {"rows": 32, "columns": 60}
    small_design["readout"] |= {"bits": 6}
    mapped = map_layer(layer, load(small_design).spec, codes=Codes(low=0, high=255))
    vectors = layer.vectors(rng.integers(0, 256, (2, 4, 5, 5)).astype(np.uint8))

    sample = Sample(mapped, vectors.shape[1])
    sample.take(vectors, exact_product(layer, vectors).astype(np.int64))

    product = np.einsum(
        "st,stnp,n->p", weights_of(mapped.spec), sample.counts.astype(int), sample.signs
    )
    np.testing.assert_array_equal(product + layer.bias[sample.outputs], sample.sums)


def test_a_sample_is_a_part_of_everything(small, small_design, monkeypatch):
    mapped = map_layer(
        small.network.layers[0], load(small_design).spec, codes=small.network.codes["input"]
    )
    x = np.random.default_rng(2).integers(0, 256, (30, 12))
    whole = sampled(mapped, x)
    monkeypatch.setattr("hwgen.workload.calibration.sampling.MOST_PAIRS", 50)

    part = sampled(mapped, x, batch=7)

    chosen = spread(50, 600)
    assert (part.pairs, part.all_pairs) == (50, 600)
    np.testing.assert_array_equal(part.sums, whole.sums[chosen])
    np.testing.assert_array_equal(part.counts, whole.counts[..., chosen])


def test_a_sample_stays_within_its_memory(small, small_design, monkeypatch):
    monkeypatch.setattr("hwgen.workload.calibration.sampling.MOST_BYTES", 5000)
    mapped = map_layer(
        small.network.layers[1], load(small_design).spec, codes=small.network.codes["fc1"]
    )

    sample = Sample(mapped, 1000)

    assert 0.9 * 5000 < sample.counts.nbytes <= 5000


def test_gains_are_slopes_and_nothing_where_codes_are_clipped(small, small_design):
    layer = small.network.layers[0]
    assert isinstance(layer.requantise, Fixed)
    mapped = map_layer(layer, load(small_design).spec, codes=small.network.codes["input"])
    x = np.random.default_rng(2).integers(0, 256, (40, 12))

    sample = sampled(mapped, x)
    gains = sample.gains()
    codes = sample.codes(sample.sums)

    slopes = layer.requantise.multiplier / 2.0**layer.requantise.shift
    np.testing.assert_array_equal(codes, layer.apply(x.astype(np.uint8)).ravel())
    inside = (codes > 100) & (codes < 150)
    assert inside.any()
    np.testing.assert_allclose(gains[inside], slopes[sample.outputs[inside]], rtol=0.1)
    far = sample.sums < -3 * sample.sums.std()
    below = sample.sums < -2 * np.abs(sample.sums).mean()
    assert below.any()
    assert (gains[far] == 0).all()
    assert (gains >= 0).all()
