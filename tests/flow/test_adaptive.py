"""Designs with tables by ranges, from the design file to the simulated tile."""

import json

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import UserError
from hwgen.flow.cosim import cosim
from hwgen.flow.stimulus import LayerOf
from tests.flow.folders import only

DIGITS = {"network": "digits", "data": "digits"}
SMALL = {
    "name": "small",
    "extends": "adaptive",
    "array": {"rows": 16, "columns": 42},
    "readout": {"bits": 5, "columns_per_lane": 6},
}
# For every slice another edge of range 0; the rest in one range.
BY_SLICE = [[[1 + s % 3, 0], [5, 0]] for s in range(7)]


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("bound", "bases"), [("rows", "aligned"), ("rows", "any"), ("scaled", "aligned")]
)
def test_every_block_of_a_bounded_tile_agrees_with_its_model(folder, bound, bases):
    readout = SMALL["readout"] | {"bound": bound, "bases": bases, "range_count": 3}
    generate(load(SMALL | {"readout": readout}), folder / "out")
    only(folder / "out", "search", "range_table", "sequencer", "lane", "tile")

    result = cosim(folder / "out")

    assert (result["passed"], result["failed"]) == (5, 0)


@pytest.mark.cocotb
def test_tables_by_slice_are_loaded_into_the_tile(folder):
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


def test_a_folder_carries_the_tables_of_all_slices(folder):
    layers = {"dense_2": {"slices": BY_SLICE}}
    generate(load(SMALL | {"tables": {"granularity": "slice", "layers": layers}}), folder / "out")

    carried = json.loads((folder / "out" / "tables" / "ranges.json").read_text())
    with np.load(folder / "out" / "sim" / "vectors.npz") as vectors:
        stored = vectors["tables"]

    found = carried["layers"]["dense_2"]
    assert found["tables"][1] == [[0, 2, 0], [0, 5, 0]]
    names = [write["register"] for write in found["writes"]]
    assert names == [*["SLICE", "RANGE_0", "RANGE_1", "RANGE_2", "RANGE_3"] * 7, "COMMIT"]
    assert stored.shape == (7, 4, 3)


def test_tables_that_the_tile_does_not_tell_apart_are_refused(folder):
    tables = {"granularity": "slice-plane", "layers": {}}

    with pytest.raises(UserError) as caught:
        generate(load(SMALL | {"tables": tables}), folder / "out")

    assert str(caught.value) == (
        "<design>: tables.granularity: must be network, layer or slice for the RTL (a tile holds a "
        "table for each slice), not 'slice-plane'"
    )
