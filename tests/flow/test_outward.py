"""Designs that search outward, from the design file to the simulated tile."""

import json

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.cosim import cosim
from hwgen.flow.stimulus import LayerOf
from tests.flow.folders import only

DIGITS = {"network": "digits", "data": "digits"}
SMALL = {
    "name": "small",
    "extends": "outward",
    "array": {"rows": 16, "columns": 42},
    "readout": {"bits": 5, "columns_per_lane": 6, "patience": 3},
}
BY_SLICE = [[[16 - 2 * s]] for s in range(7)]  # densities, in 64ths


@pytest.mark.cocotb
@pytest.mark.parametrize(
    "readout",
    [{"columns_per_lane": 7}, {"tables": "network", "density_bits": 4, "sample_hold": "single"}],
)
def test_every_block_agrees_with_its_model(folder, readout):
    generate(load(SMALL | {"readout": SMALL["readout"] | readout}), folder / "out")
    blocks = ("search", "prediction", "range_table", "sequencer", "lane", "tile")
    only(folder / "out", *blocks)

    result = cosim(folder / "out")

    assert (result["passed"], result["failed"]) == (len(blocks), 0)


@pytest.mark.cocotb
def test_densities_by_slice_are_loaded_into_the_tile(folder):
    plain, tables = folder / "plain", folder / "tables"
    layers = {"dense_2": {"slices": BY_SLICE}}
    generate(load(SMALL), plain)
    generate(load(SMALL | {"tables": {"granularity": "slice", "layers": layers}}), tables)
    layer = LayerOf(**DIGITS, layer="dense_2", vectors=3)

    found, other = (cosim(out, layer=layer, fast=True) for out in (tables, plain))

    assert found["passed"] == other["passed"] == 1
    assert found["conversions"] == other["conversions"]
    assert found["decisions"] != other["decisions"]
    assert found["cycles_steady"] == found["cycles_predicted"]


def test_a_folder_carries_the_densities_of_all_slices(folder):
    layers = {"dense_2": {"slices": BY_SLICE}}
    generate(load(SMALL | {"tables": {"granularity": "slice", "layers": layers}}), folder / "out")

    carried = json.loads((folder / "out" / "tables" / "ranges.json").read_text())
    with np.load(folder / "out" / "sim" / "vectors.npz") as vectors:
        stored = vectors["tables"]

    found = carried["layers"]["dense_2"]
    assert found["tables"] == BY_SLICE
    assert [write["register"] for write in found["writes"]] == [*["SLICE", "DENSITY"] * 7, "COMMIT"]
    assert stored.shape == (7, 1, 1)
