"""Design files: what they mean, and what is said of each kind of bad one."""

import dataclasses
import itertools
import json
import random
from pathlib import Path

import numpy as np
import pydantic
import pytest
import yaml

from hwgen.config import Design, json_schema, load, presets
from hwgen.errors import UserError
from hwgen_models.search import SearchTree
from hwgen_models.sequencer import Sequencer
from hwgen_models.spec import TileSpec
from tests.designs import complaint, write

ROOT = Path(__file__).parents[1]
PRESET_FILES = ROOT / "hwgen" / "presets"


# What good files mean


def test_presets_are_these():
    assert presets() == ["adaptive", "baseline", "outward", "sar12", "trq"]


@pytest.mark.parametrize("name", presets())
def test_every_preset_loads_under_its_own_name(name):
    design = load(name)

    assert design.name == design.preset == design.source == name
    assert design.summary


def test_baseline_spells_out_every_key_with_its_default():
    written = yaml.safe_load((PRESET_FILES / "baseline.yaml").read_text())
    defaults = Design(name="baseline").model_dump(mode="json")
    own = ("extends", "summary")

    assert {k: v for k, v in written.items() if k not in own} == {
        k: v for k, v in defaults.items() if k not in own
    }


def test_baseline_is_the_spec_of_the_models():
    assert load("baseline").spec == TileSpec()


def test_trq_differs_from_baseline_in_its_readout_only():
    assert load("trq").spec == dataclasses.replace(TileSpec(), search="twin-range")
    assert load("trq").ranges() == ((3, 0), (8, 0))
    assert load("baseline").ranges() == ()


def test_every_key_reaches_the_spec():
    design = load({
        "extends": "trq",
        "array": {"rows": 24, "columns": 48, "cell_bits": 2, "column_order": "output_major"},
        "weights": {"bits": 6},
        "inputs": {"bits": 5, "dac_bits": 2},
        "readout": {
            "bits": 7,
            "saturate": True,
            "columns_per_lane": 6,
            "sample_hold": "single",
        },
        "accumulate": {"row_tiles": 3, "y_in": False},
        "interface": {"x_elements": 6, "compare_stages": 1},
        "timing": {
            "settle_row": 5,
            "sample_cycles": 2,
            "settle_mux": 3,
            "acquire_cycles": 4,
            "settle_dac": 1,
            "compare_latency": 6,
        },
    })

    expected = TileSpec(
        rows=24, columns=48, cell_bits=2, column_order="output_major", slices=3, polarities=2,
        input_bits=5, signed_inputs=False, dac_bits=2, search="twin-range", readout_bits=7,
        saturate=True, columns_per_lane=6, banks=1, row_tiles=3, y_in=False, x_elements=6,
        compare_stages=1, settle_row=5, sample_cycles=2, settle_mux=3, acquire_cycles=4,
        settle_dac=1, compare_latency=6,
    )  # fmt: skip
    assert design.spec == expected
    assert load({"extends": "baseline", "inputs": {"signed": True}}).spec.signed_inputs


@pytest.mark.parametrize(
    ("bits", "cell_bits", "slices"), [(8, 1, 7), (8, 2, 4), (8, 3, 3), (2, 1, 1), (5, 4, 1)]
)
def test_slices_hold_the_magnitudes(bits, cell_bits, slices):
    design = load({
        "extends": "baseline",
        "array": {"rows": 8, "cell_bits": cell_bits},
        "weights": {"bits": bits},
    })

    assert design.slices == design.spec.slices == slices


def test_one_more_slice_takes_the_most_negative_weight():
    assert load({"extends": "baseline", "weights": {"slices": 8}}).spec.slices == 8


def test_the_default_ranges_follow_the_width_of_the_readout():
    small = {"extends": "trq", "array": {"rows": 3}, "interface": {"x_elements": 1}}

    assert load(small | {"readout": {"bits": 2}}).ranges() == ((1, 0), (2, 0))
    assert load(small | {"readout": {"bits": 6}}).ranges() == ((3, 0), (6, 0))


def test_a_layer_has_its_own_ranges_or_those_of_the_design():
    tables = {"layers": {"fc1": {"ranges": [{"payload": 2}, {"payload": 8, "truncation": 1}]}}}
    design = load({"extends": "trq", "tables": tables})

    assert design.ranges("fc1") == ((2, 0), (8, 1))
    assert design.ranges("fc2") == design.ranges() == ((3, 0), (8, 0))
    assert design.spec == load("trq").spec


def test_ranges_of_a_network_hold_for_the_design_too():
    ranges = {"ranges": [{"payload": 4}, {"payload": 8}]}
    tables = {"granularity": "network", "layers": {"fc1": ranges, "fc2": ranges}}
    design = load({"extends": "trq", "tables": tables})

    assert design.ranges() == design.ranges("fc2") == ((4, 0), (8, 0))


def test_tables_by_slice_hold_for_all_planes():
    slices = [[[s, 0], [8, 0]] for s in range(7)]
    design = load({
        "extends": "trq",
        "tables": {"granularity": "slice", "layers": {"fc1": {"slices": slices}}},
    })

    assert design.tables_of("fc1") == tuple((((s, 0), (8, 0)),) * 8 for s in range(7))
    assert design.tables_of("fc2") == ((((3, 0), (8, 0)),) * 8,) * 7
    assert not design.loadable


def test_tables_by_slice_and_plane():
    planes = [[[[s, s], [8, plane]] for plane in range(8)] for s in range(7)]
    design = load({
        "extends": "trq",
        "tables": {"granularity": "slice-plane", "layers": {"fc1": {"planes": planes}}},
    })

    assert [[list(map(list, one)) for one in of_slice] for of_slice in design.tables_of("fc1")] == (
        planes
    )


def test_one_table_holds_for_all_slices_and_planes():
    assert load("trq").tables_of() == ((load("trq").ranges(),) * 8,) * 7
    assert load("baseline").tables_of() == (((),) * 8,) * 7
    assert load("trq").loadable


@pytest.mark.parametrize("granularity", ["slice", "slice-plane"])
def test_the_rtl_has_one_table_a_tile(granularity):
    design = load({"extends": "trq", "name": "mine", "tables": {"granularity": granularity}})

    with pytest.raises(
        UserError,
        match=r"^<design>: tables\.granularity: must be network or layer for the RTL "
        rf"\(a tile holds one table\), not '{granularity}'$",
    ):
        design.ranges("fc1")


def test_a_design_is_frozen():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        load("baseline").array.rows = 3


def test_the_constructor_checks_as_well():
    with pytest.raises(pydantic.ValidationError, match=r"must divide array\.columns 128"):
        Design.model_validate({"name": "odd", "readout": {"columns_per_lane": 7}})


# Bad values and bad combinations: each quotes its message


BAD_KEYS = [
    ("array: {rowz: 8}", ("array.rowz: must be one of rows, columns, cell_bits, column_order, "
     "not 'rowz' (did you mean 'rows'?)")),
    ("arrays: {rows: 8}", ("arrays: must be one of name, extends, summary, paper, top, array, "
     "weights, inputs, readout, accumulate, interface, timing, device, energy, tables, "
     "not 'arrays' (did you mean 'array'?)")),
    ("array: {xyzzy: 8}", ("array.xyzzy: must be one of rows, columns, cell_bits, column_order, "
     "not 'xyzzy'")),
    ('"a b\\n": 8', ("['a b\\n']: must be one of name, extends, summary, paper, top, array, "
     "weights, inputs, readout, accumulate, interface, timing, device, energy, tables, "
     "not 'a b\\n'")),
    # wrong types
    ("array: {rows: '8'}", "array.rows: must be an integer between 1 and 1024, not '8'"),
    ("array: {rows: true}", "array.rows: must be an integer between 1 and 1024, not true"),
    ("array: {rows: 8.0}", "array.rows: must be an integer between 1 and 1024, not 8.0"),
    ("array: {rows: 0100}", "array.rows: must be an integer between 1 and 1024, not '0100'"),
    ("array: {rows: }", "array.rows: must be an integer between 1 and 1024, not null"),
    ("array: {rows: [8]}", "array.rows: must be an integer between 1 and 1024, not [8]"),
    ("array: 128", "array: must be a mapping, not 128"),
    ("array: null", "array: must be a mapping, not null"),
    ("array: [rows, 8]", "array: must be a mapping, not ['rows', 8]"),
    ("inputs: {signed: yes}", "inputs.signed: must be true or false, not 'yes'"),
    ("inputs: {signed: 1}", "inputs.signed: must be true or false, not 1"),
    ("weights: {slices: seven}",
     "weights.slices: must be an integer between 1 and 16 or null, not 'seven'"),
    ("summary: 3", "summary: must be one line of at most 200 characters, not 3"),
    ("interface: {reset: high}", "interface.reset: must be a mapping, not 'high'"),
    ("readout: {kind: sar}",
     ("readout.kind: must be 'binary' or 'twin-range' or 'ranges' or 'outward' or 'redundant', "
      "not 'sar'")),
    # names
    ("name: 8bit", ("name: must be a Verilog identifier of at most 40 letters, digits and "
     "underscores, not '8bit'")),
    ("name: my-tile", ("name: must be a Verilog identifier of at most 40 letters, digits and "
     "underscores, not 'my-tile'")),
    ('name: "tile\\n"', ("name: must be a Verilog identifier of at most 40 letters, digits and "
     "underscores, not 'tile\\n'")),
    ("name: größe", ("name: must be a Verilog identifier of at most 40 letters, digits and "
     "underscores, not 'größe'")),
    (f"name: {'a' * 41}", ("name: must be a Verilog identifier of at most 40 letters, digits and "
     f"underscores, not '{'a' * 41}'")),
    ("name: ''", ("name: must be a Verilog identifier of at most 40 letters, digits and "
     "underscores, not ''")),
    (f"name: {'a' * 5000}", ("name: must be a Verilog identifier of at most 40 letters, digits "
     f"and underscores, not '{'a' * 60}'... (5000 characters)")),
    # absurd sizes
    ("array: {rows: 0}", "array.rows: must be an integer between 1 and 1024, not 0"),
    ("array: {rows: -8}", "array.rows: must be an integer between 1 and 1024, not -8"),
    ("array: {rows: 1000000000}",
     "array.rows: must be an integer between 1 and 1024, not 1000000000"),
    (f"array: {{rows: {'9' * 5000}}}", ("array.rows: must be an integer between 1 and 1024, not "
     f"'{'9' * 60}'... (5000 characters)")),
    ("array: {columns: 4096}",
     "array.columns: must be an integer between 1 and 1024, not 4096"),
    ("readout: {bits: 13}", "readout.bits: must be an integer between 1 and 12, not 13"),
    ("timing: {settle_dac: 1e9}",
     "timing.settle_dac: must be an integer between 0 and 255, not 1000000000.0"),
    ("array: {columns: 1024}, readout: {columns_per_lane: 2}",
     ("readout.columns_per_lane: must be at least 4 for array.columns 1024 (at most 256 lanes), "
     "not 2")),
    # columns
    ("readout: {columns_per_lane: 7}",
     "readout.columns_per_lane: must divide array.columns 128, not 7"),
    ("array: {columns: 8}", ("array.columns: must be at least 14 for one output (7 slices x 2 "
     "polarities), not 8")),
    ("weights: {slices: 6}",
     "weights.slices: must be 7 or 8 for weights.bits 8 and array.cell_bits 1, not 6"),
    ("array: {cell_bits: 2, rows: 64}, weights: {slices: 5}",
     "weights.slices: must be 4 for weights.bits 8 and array.cell_bits 2, not 5"),
    ("weights: {encoding: offset}", ("weights.encoding: must be 'differential' ('offset' and "
     "'flip' coding are not available yet), not 'offset'")),
    ("weights: {encoding: flip}", ("weights.encoding: must be 'differential' ('offset' and "
     "'flip' coding are not available yet), not 'flip'")),
    # rows and inputs
    ("interface: {x_elements: 7}", "interface.x_elements: must divide array.rows 128, not 7"),
    ("inputs: {signed: true, dac_bits: 2}",
     "inputs.dac_bits: must be 1 for signed inputs, not 2"),
    ("inputs: {signed: true, bits: 1}",
     "inputs.bits: must be at least 2 for signed inputs, not 1"),
    ("inputs: {bits: 2, dac_bits: 3}", "inputs.dac_bits: must be at most inputs.bits 2, not 3"),
    # the readout
    ("readout: {bits: 7}", ("readout.bits: must be at least 8 for the largest count 128 (128 rows "
     "x 1 x 1) unless readout.saturate is true, not 7")),
    ("array: {cell_bits: 2}, inputs: {dac_bits: 2}", ("readout.bits: must be at least 11 for "
     "the largest count 1152 (128 rows x 3 x 3) unless readout.saturate is true, not 8")),
    # ranges
    ("readout: {kind: ranges, ranges: [[1, 0], [1, 0], [3, 0]]}",
     "readout.ranges: range 2 must reach beyond the bound 128, not end before 8"),
    ("readout: {kind: ranges, ranges: [[0, 2, 0], [3, 8, 0]]}", ("readout.ranges: range 1 must end "
     "above the range before it and at most at 256: after 4, not before 259")),
    ("readout: {kind: ranges, ranges: [[0, 2, 0], [2, 2, 0], [0, 8, 0]]}", (
     "readout.ranges: range 1: base must be 4, the edge before it rounded down to a multiple of "
     "its size 4, not 2")),
    ("readout: {kind: ranges, ranges: [[2, 0], [8, 3]]}", ("readout.ranges: range 1: truncation "
     "must be at most 2 for the edge 4 before it to cut no bin, not 3")),
    ("readout: {kind: ranges, range_count: 2, ranges: [[1, 0], [1, 0], [8, 0]]}", (
     "readout.ranges: must be 1 to 2 ranges (readout.range_count), not a list of 3")),
    ("readout: {kind: ranges, bases: any, bound: scaled}",
     ("readout.bases: must be aligned for readout.bound 'scaled' (bases follow from smaller "
      "ranges), not 'any'")),
    ("readout: {kind: ranges, bound: scaled, ranges: [[7, 0], [0, 0]]}",
     "readout.ranges: range 1 must reach beyond the bound 255, not end before 129"),
    ("readout: {kind: outward}", ("readout.bound: must be rows for readout.kind 'outward' (counts "
     "are expected of the active rows), not 'none'")),
    ("readout: {kind: outward, bound: scaled}", ("readout.bound: must be rows for readout.kind "
     "'outward' (counts are expected of the active rows), not 'scaled'")),
    ("readout: {kind: outward, bound: rows, ranges: [[63]]}",
     "readout.ranges: density must be between 0 and 62, not 63"),
    ("readout: {kind: outward, bound: rows, ranges: [[3, 0], [8, 0]]}", ("readout.ranges: must be "
     "one density for readout.kind 'outward', not [{payload: 3, truncation: 0}, "
     "{payload: 8, truncation: 0}]")),
    ("readout: {kind: outward, bound: rows, ranges: [{density: 3, payload: 1}]}",
     "readout.ranges: must be one density for readout.kind 'outward', not [{density: 3}]"),
    ("readout: {kind: outward, bound: rows, ranges: [[-1]]}",
     "readout.ranges[0].density: must be an integer between 0 and 254 or null, not -1"),
    ("readout: {kind: outward, bound: rows, bases: any}",
     "readout.bases: must be 'aligned' for readout.kind 'outward', not 'any'"),
    ("readout: {kind: ranges, ranges: [[3]]}",
     "readout.ranges[0].density: must be null for readout.kind 'ranges', not 3"),
    ("readout: {kind: twin-range, ranges: [[3], [8, 0]]}",
     "readout.ranges[0].density: must be null for readout.kind 'twin-range', not 3"),
    ("readout: {patience: 3}", "readout.patience: must be 8 for readout.kind 'binary', not 3"),
    ("readout: {kind: ranges, density_bits: 5}",
     "readout.density_bits: must be 6 for readout.kind 'ranges', not 5"),
    ("readout: {kind: outward, bound: rows, patience: 0}",
     "readout.patience: must be an integer between 1 and 31, not 0"),
    ("readout: {bound: rows}",
     "readout.bound: must be 'none' for readout.kind 'binary', not 'rows'"),
    ("readout: {kind: twin-range, tables: slice}",
     "readout.tables: must be 'network' for readout.kind 'twin-range', not 'slice'"),
    ("readout: {ranges: [{payload: 3}, {payload: 8}]}", ("readout.ranges: must be null for "
     "readout.kind 'binary', not [{payload: 3, truncation: 0}, {payload: 8, truncation: 0}]")),
    ("tables: {granularity: layer}", ("tables: must be null for readout.kind 'binary', not "
     "{granularity: 'layer', layers: {}, images: []}")),
    ("array: {rows: 1}, interface: {x_elements: 1}, readout: {kind: twin-range, bits: 1}",
     ("readout.bits: must be at least 2 for readout.kind 'twin-range' (two ranges, but one "
     "code), not 1")),
    (("array: {rows: 3}, interface: {x_elements: 1}, readout: {kind: twin-range, bits: 2, "
     "ranges: [{payload: 0}, {payload: 1}, {payload: 1}, {payload: 2}]}"),
     "readout.ranges: must be at most 3 ranges, one for each code, not a list of 4"),
    ("readout: {kind: twin-range, ranges: [{payload: 8}]}", ("readout.ranges: must be a list of "
     "exactly 2 ranges, not [{payload: 8, truncation: 0}]")),
    ("readout: {kind: twin-range, ranges: []}",
     "readout.ranges: must be a list of exactly 2 ranges, not []"),
    ("readout: {kind: twin-range, ranges: 3}",
     "readout.ranges: must be a list of ranges or null, not 3"),
    ("readout: {kind: twin-range, ranges: [3, 8]}",
     ("readout.ranges[0]: must be a mapping, [payload, truncation], [base, payload, truncation] "
      "or [density], not 3")),
    ("readout: {kind: twin-range, ranges: [{payload: 3}, {truncation: 1}]}",
     "readout.ranges[1].payload: must be an integer between 0 and 12, not missing"),
    ("readout: {kind: twin-range, ranges: [{payload: 3, base: 1}, {payload: 8}]}",
     "readout.ranges[0].base: must be null for readout.kind 'twin-range', not 1"),
    ("readout: {kind: twin-range, ranges: [{payload: 9}, {payload: 8}]}",
     "readout.ranges[0].payload: must be at most readout.bits 8, not 9"),
    ("readout: {kind: twin-range, ranges: [{payload: 3, truncation: 4}, {payload: 8}]}",
     "readout.ranges[0].truncation: must be at most the payload 3, not 4"),
    ("readout: {kind: twin-range, ranges: [{payload: 5}, {payload: 5}]}",
     "readout.ranges[1].payload: must be more than the 5 of the range before, not 5"),
    ("readout: {kind: twin-range, ranges: [{payload: 3}, {payload: 7}]}",
     ("readout.ranges[1].payload: must be at least 8 for the last range to hold the count 128, "
     "not 7")),
    ("readout: {kind: twin-range}, tables: {layers: {conv 1: {ranges: [{payload: '3'}]}}}",
     "tables.layers['conv 1'].ranges[0].payload: must be an integer between 0 and 12, not '3'"),
    (("readout: {kind: twin-range}, tables: {layers: {fc1: {ranges: [{payload: 3}, "
     "{payload: 7}]}}}"), ("tables.layers.fc1.ranges[1].payload: must be at least 8 for the last "
     "range to hold the count 128, not 7")),
    (("readout: {kind: twin-range}, tables: {granularity: network, layers: {a: {ranges: "
     "[{payload: 3}, {payload: 8}]}, b: {ranges: [{payload: 4}, {payload: 8}]}}}"),
     ("tables.layers.b.ranges: must equal those of the first layer for granularity 'network', "
     "not [{payload: 4, truncation: 0}, {payload: 8, truncation: 0}]")),
    ("readout: {kind: twin-range, ranges: [[], [8, 0]]}",
     ("readout.ranges[0]: must be a mapping, [payload, truncation], [base, payload, truncation] "
      "or [density], not []")),
    ("readout: {kind: twin-range, ranges: [[3, 0], [8, '0']]}",
     "readout.ranges[1].truncation: must be an integer between 0 and 12, not '0'"),
    # tables by slice and plane
    ("readout: {kind: twin-range}, tables: {layers: {a: {}}}",
     "tables.layers.a.ranges: must be given for granularity 'layer', not null"),
    ("readout: {kind: twin-range}, tables: {granularity: slice, layers: {a: {slices: 3}}}",
     "tables.layers.a.slices: must be a list of ranges for each slice or null, not 3"),
    (("readout: {kind: twin-range}, tables: {granularity: slice, layers: {a: {ranges: "
     "[[3, 0], [8, 0]]}}}"), ("tables.layers.a.ranges: must be null for granularity 'slice', not "
     "[{payload: 3, truncation: 0}, {payload: 8, truncation: 0}]")),
    (("readout: {kind: twin-range}, tables: {granularity: slice, layers: {a: {slices: "
     "[[[3, 0], [8, 0]]]}}}"),
     "tables.layers.a.slices: must have 7 entries, one for each slice, not 1"),
    (("readout: {kind: twin-range}, weights: {bits: 2}, tables: {granularity: slice, layers: {a: "
     "{slices: [3]}}}"), "tables.layers.a.slices[0]: must be a list of ranges, not 3"),
    (("readout: {kind: twin-range}, weights: {bits: 2}, tables: {granularity: slice, layers: {a: "
     "{slices: [[[3, 0], [7, 0]]]}}}"), ("tables.layers.a.slices[0][1].payload: must be at least "
     "8 for the last range to hold the count 128, not 7")),
    (("readout: {kind: twin-range}, weights: {bits: 2}, tables: {granularity: slice-plane, "
     "layers: {a: {planes: [3]}}}"), "tables.layers.a.planes[0]: must be a list of lists, not 3"),
    (("readout: {kind: twin-range}, weights: {bits: 2}, tables: {granularity: slice-plane, "
     "layers: {a: {planes: [[[[3, 0], [8, 0]]]]}}}"),
     "tables.layers.a.planes[0]: must have 8 entries, one for each plane, not 1"),
    ("readout: {kind: twin-range}, tables: {images: [abcdefghiz]}",
     "tables.images[0]: must be ten letters from 'a' to 'p', not 'abcdefghiz'"),
    # time
    ("timing: {settle_row: 1}", "timing.settle_row: must be an integer between 2 and 1023, not 1"),
    ("timing: {sample_cycles: 0}",
     "timing.sample_cycles: must be an integer between 1 and 255, not 0"),
    ("timing: {acquire_cycles: 0}",
     "timing.acquire_cycles: must be an integer between 1 and 255, not 0"),
    ("timing: {compare_latency: 0}",
     "timing.compare_latency: must be an integer between 1 and 255, not 0"),
    ("timing: {compare_latency: 1}",
     "timing.compare_latency: must be at least 2 (2 + interface.compare_stages), not 1"),
    ("interface: {compare_stages: 1}", ("timing.compare_latency: must be at least 3 (2 + "
     "interface.compare_stages), not 2")),
    ("interface: {compare_stages: 3}",
     "interface.compare_stages: must be an integer between 0 and 2, not 3"),
    ("timing: {max_hold_cycles: 286}", ("timing.max_hold_cycles: must be at least 287, the "
     "longest time a sampled column waits, not 286")),
    ("timing: {max_hold_cycles: 144}, readout: {sample_hold: single}",
     ("timing.max_hold_cycles: must be at least 145, the longest time a sampled column waits, "
     "not 144")),
    # the device
    ("device: {spread: wide}", "device.spread: must be a number between 0 and 3, not 'wide'"),
    ("device: {read_noise: -0.5}",
     "device.read_noise: must be a number between 0 and 1000, not -0.5"),
    ("device: {stuck_on: true}", "device.stuck_on: must be a number between 0 and 1, not true"),
    ("device: {on_off_ratio: 1}",
     "device.on_off_ratio: must be a number between 1.01 and 1000000000 or null, not 1"),
    ("device: {stuck_on: 0.75, stuck_off: 0.5}",
     "device.stuck_off: must be at most 0.25 beside device.stuck_on 0.75, not 0.5"),
    ("device: {measured: techB}", "device.measured: must be a mapping or null, not 'techB'"),
    ("device: {measured: {technology: techB}}",
     "device.measured.seconds: must be a number between 0 and 10000000000, not missing"),
    ("device: {measured: {technology: techB, seconds: 4}}",
     "device.measured.seconds: must be 0.01 or 0.1 or 1 or 100 or 1000 or 10000, not 4.0"),
    ("device: {measured: {technology: ReRAM, seconds: 4}}",
     "device.measured.technology: must be 'techB' or 'techC', not 'ReRAM'"),
    ("device: {measured: {technology: techB, seconds: 1, file: 3}}",
     "device.measured.file: must be a path or null, not 3"),
    ("device: {measured: {technology: techB, seconds: 1}, spread: 0.1}",
     "device.spread: must be 0 beside device.measured, not 0.1"),
    ("array: {cell_bits: 3, rows: 32}, device: {measured: {technology: techB, seconds: 1}}",
     "device.measured.file: must have 8 levels or more for array.cell_bits 3, not 4"),
    ("device: {seed: 0.5}", "device.seed: must be an integer between 0 and 4294967295, not 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_KEYS)
def test_a_bad_key_is_named_with_its_constraint_and_value(folder, text, message):
    name = "" if text.startswith("name:") else "name: mine, "

    assert complaint(write(folder, f"{{{name}{text}}}")) == f"design.yaml: {message}"


def test_a_file_that_extends_nothing_needs_a_name(folder):
    assert complaint(write(folder, "top: tile")) == (
        "design.yaml: name: must be a Verilog identifier of at most 40 letters, digits and "
        "underscores, not missing"
    )


def test_the_limits_themselves_are_legal():
    load({
        "name": "large",
        "array": {"rows": 1024, "columns": 1024, "cell_bits": 4},
        "weights": {"bits": 16},
        "inputs": {"bits": 16, "dac_bits": 4},
        "readout": {"bits": 12, "saturate": True, "columns_per_lane": 128},
        "accumulate": {"row_tiles": 4096},
    })
    load({
        "name": "small",
        "array": {"rows": 1, "columns": 2},
        "weights": {"bits": 2},
        "inputs": {"bits": 1},
        "readout": {"bits": 1, "columns_per_lane": 1},
        "accumulate": {"row_tiles": 1},
        "interface": {"x_elements": 1},
        "timing": {"settle_row": 2, "settle_mux": 0},
    })


def test_no_legal_design_has_sums_beyond_64_bits():
    largest = load({
        "name": "large",
        "array": {"rows": 1024, "columns": 1024},
        "weights": {"bits": 16},
        "inputs": {"bits": 16},
        "readout": {"bits": 12, "columns_per_lane": 128},
        "accumulate": {"row_tiles": 4096},
    })

    assert largest.spec.y_bits <= 63


@pytest.mark.parametrize(("rows", "saturate"), [(2, False), (5, False), (7, False), (20, True)])
def test_the_configuration_takes_the_ranges_that_the_models_take(rows, saturate):
    bits = 3
    keys = {"array": {"rows": rows}, "interface": {"x_elements": 1}}
    pairs = [(payload, cut) for payload in range(bits + 1) for cut in range(payload + 1)]
    for first, second in itertools.product(pairs, repeat=2):
        ranges = [dict(zip(("payload", "truncation"), one, strict=True)) for one in (first, second)]
        readout = {"bits": bits, "saturate": saturate, "ranges": ranges}
        try:
            SearchTree.twin_range(*first, *second, bits=bits, bound=rows)
        except ValueError:
            complaint({"extends": "trq", "readout": readout} | keys)
        else:
            load({"extends": "trq", "readout": readout} | keys)


@pytest.mark.parametrize("hold", ["single", "double"])
@pytest.mark.parametrize(("sample_cycles", "settle_row"), [(1, 2), (5, 9)])
def test_the_hold_time_is_reached_and_never_exceeded(hold, sample_cycles, settle_row):
    design = load({
        "extends": "trq",
        "array": {"columns": 8},
        "weights": {"bits": 3},
        "readout": {"columns_per_lane": 4, "sample_hold": hold},
        "timing": {"sample_cycles": sample_cycles, "settle_row": settle_row},
    })
    spec = design.spec
    sequencer = Sequencer(
        beats=spec.beats,
        outputs=spec.outputs,
        banks=spec.banks,
        settle_row=settle_row,
        sample_cycles=sample_cycles,
    )
    rng = np.random.default_rng(3)
    longest = spec.columns_per_lane * spec.longest_conversion
    shortest = spec.columns_per_lane * spec.conversion_cycles(0)
    reads = (2, spec.planes, spec.lanes)

    def held(lane_cycles):
        schedule = sequencer.schedule(np.ones(reads[:2]), lane_cycles)
        return (schedule.lane_finish - 1 - schedule.last_sample[..., None]).max()

    assert held(np.full(reads, longest)) == design.hold_cycles
    for _ in range(20):
        assert held(rng.integers(shortest, longest + 1, reads)) <= design.hold_cycles


def test_every_design_that_loads_has_a_spec():
    """What the configuration lets through, the models must take."""
    rng = random.Random(2)
    loaded = 0
    for _ in range(400):
        keys = {
            "extends": rng.choice(["baseline", "trq"]),
            "array": {
                "rows": rng.choice([1, 4, 24, 128]),
                "columns": rng.choice([2, 12, 128]),
                "cell_bits": rng.randint(1, 4),
                "column_order": rng.choice(["slice_major", "output_major"]),
            },
            "weights": {"bits": rng.randint(2, 9)},
            "inputs": {
                "bits": rng.randint(1, 9),
                "signed": rng.random() < 0.3,
                "dac_bits": rng.randint(1, 2),
            },
            "readout": {
                "bits": rng.randint(1, 12),
                "saturate": rng.random() < 0.5,
                "columns_per_lane": rng.choice([1, 2, 4, 12]),
            },
            "interface": {"x_elements": rng.choice([1, 4]), "compare_stages": rng.randint(0, 1)},
            "timing": {"compare_latency": rng.randint(2, 4), "settle_row": rng.randint(2, 4)},
        }
        try:
            design = load(keys)
        except UserError:
            continue
        loaded += 1
        assert design.spec.largest_count == design.largest_count
        assert design.hold_cycles > 0
    assert loaded > 20


# What editors and readers get


def test_the_schema_describes_every_key_and_accepts_the_presets():
    schema = json_schema()

    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["properties"]) == set(Design.model_fields)
    assert schema["additionalProperties"] is False
    rows = schema["$defs"]["Array"]["properties"]["rows"]
    assert (rows["minimum"], rows["maximum"], rows["unit"]) == (1, 1024, "rows")
    assert "constraint" not in schema["$defs"]["Weights"]["properties"]["encoding"]
    mapping, dense, pair, triple, single = schema["$defs"]["RangeKeys"]["anyOf"]
    assert mapping["required"] == ["payload"]
    assert set(mapping["properties"]) == {"base", "payload", "truncation"}
    assert (list(dense["properties"]), dense["required"]) == (["density"], ["density"])
    assert single["prefixItems"] == [{"type": "integer", "minimum": 0, "maximum": 254}]
    assert pair["prefixItems"] == [{"type": "integer", "minimum": 0, "maximum": 12}] * 2
    assert triple["prefixItems"][0] == {"type": "integer", "minimum": 0, "maximum": 4095}
    assert triple["prefixItems"][1:] == pair["prefixItems"]
