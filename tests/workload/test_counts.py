"""Contributions of counts against the tile model, conversion by conversion."""

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.workload.counts import count
from hwgen.workload.reading import LayerReader


@pytest.mark.parametrize("table", [[(5, 0), (5, 0)], [(2, 0), (5, 2)], [(2, 1), (5, 3)]])
@pytest.mark.parametrize("chunk", [2**20, 500])
@pytest.mark.parametrize(
    "changes",
    [{}, {"array": {"rows": 8, "columns": 24, "cell_bits": 2}}, {"inputs": {"dac_bits": 2}}],
)
def test_sums_and_histogram_equal_the_tile_model(
    small, small_design, table, chunk, changes, monkeypatch
):
    monkeypatch.setattr("hwgen.workload.counts.CHUNK", chunk)
    keys = small_design | {k: small_design.get(k, {}) | v for k, v in changes.items()}
    keys["readout"] = keys["readout"] | {"bits": 6, "columns_per_lane": 6}
    table = [(payload + (payload == 5), truncation) for payload, truncation in table]
    x = np.random.default_rng(1).integers(0, 256, (7, 20)) * (np.arange(20) % 3 > 0)
    x[2] = 0
    mapped = map_layer(small.network.layers[1], load(keys).spec, codes=small.network.codes["fc1"])

    reader = LayerReader(mapped, table)
    sums = reader.read(x)
    counts = count(mapped, x)
    values = reader.tiles[0].tree.walk(np.arange(mapped.spec.largest_count + 1)).values

    np.testing.assert_array_equal(counts.sums(values) + mapped.constants, sums)
    np.testing.assert_array_equal(
        counts.errors(values), sums - small.network.layers[1].accumulate(x)
    )
    costs = reader.costs
    assert counts.conversions == costs.conversions
    assert counts.skipped == costs.conversions_skipped > 0
