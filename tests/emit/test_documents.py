"""Manifest, datasheet and tables agree with the Verilog and the models."""

import json
import re
from dataclasses import asdict

import pytest

from hwgen.config import load
from hwgen.emit import pins
from hwgen.emit.datasheet import datasheet
from hwgen.emit.manifest import as_json, design_registers, manifest
from hwgen.emit.tables import table_files
from hwgen_models.spec import TileSpec
from tests.emit.designs import VARIANTS, design, emitted


@pytest.fixture(scope="module")
def small():
    return design(), emitted("small")


# Manifest


@pytest.mark.parametrize("variant", VARIANTS)
def test_manifest_lists_the_pins_of_the_verilog(variant):
    chosen = design(variant)
    rtl = emitted(variant)
    described = manifest(chosen, rtl, layer=None)
    head = rtl.files[f"rtl/{described['top']}.v"].partition(");")[0]
    pattern = r"(input|output) +(?:wire|reg) +(signed )?(?:\[(\d+):0\])? *(\w+)"
    written = [
        (name, direction, int(high or 0) + 1, bool(sign))
        for direction, sign, high, name in re.findall(pattern, head)
    ]

    listed = [(p["name"], p["direction"], p["width"], p["signed"]) for p in described["ports"]]
    assert listed == written
    assert described["reset"]["name"] in [name for name, *_ in written]


def test_manifest_parameters_are_a_spec(small):
    chosen, rtl = small
    described = manifest(chosen, rtl, layer=None)

    assert TileSpec(**json.loads(as_json(described))["parameters"]) == chosen.spec


def test_manifest_says_what_every_column_holds():
    described = manifest(load("baseline"), emitted("baseline"), layer=None)

    assert described["columns"][:2] == [[0, 0, 0], [1, 0, 0]]
    assert described["columns"][9] == [0, 0, 1]
    assert described["columns"][126:] == [None, None]
    assert described["tables"] == {"layer": None, "tables": [[]]}


def test_manifest_names_the_module_of_every_block(small):
    chosen, rtl = small

    described = manifest(chosen, rtl, layer=None)
    assert described["top"] == "small_tile"
    assert described["modules"]["interval_decode"] == "small_interval_decode"
    assert {f"rtl/{module}.v" for module in described["modules"].values()} == set(rtl.files)


def test_a_lane_alone_has_no_registers():
    assert manifest(design("lane"), emitted("lane"), layer=None)["registers"] == []


def test_json_is_readable_and_reads_back():
    value = {"a": [[1, 2], None] * 40, "b": {"c": ["x" * 60, "y" * 60]}, "d": [], "e": None}
    text = as_json(value)

    assert json.loads(text) == value
    assert max(map(len, text.splitlines())) <= 100


def test_a_pin_without_a_sentence_is_noticed():
    with pytest.raises(KeyError, match="surprise"):
        pins.about("surprise", design())


# Datasheet


def test_datasheet_has_every_pin(small):
    chosen, rtl = small
    text = datasheet(chosen, rtl, layer=None)
    named = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))

    assert named == {p.name for p in rtl.ports if not re.match(r"lane[1-9]", p.name)}


def test_datasheet_tells_how_long_conversions_take():
    text = datasheet(load("trq"), emitted("trq"), layer=None)

    assert "| 0 to 7 | the count | 4 | 10 |\n| 8 to 128 | the count | 9 | 20 |\n" in text
    assert "= 2 + 2 k cycles" in text


def test_datasheet_draws_a_conversion_to_the_cycle():
    text = datasheet(design("active_low"), emitted("active_low"), layer=None)

    assert (
        """\
cycle    01234567890123456
column   =================
acquire  #________________
dac      .1111111122222222
strobe   ___#_______#_____
compare  .....^.......^...
busy     #################
"""
        in text
    )


def test_datasheet_describes_lossy_ranges():
    ranges = [{"payload": 2, "truncation": 1}, {"payload": 5, "truncation": 2}]
    chosen = design(readout={"bits": 5, "columns_per_lane": 4, "ranges": ranges})
    text = datasheet(chosen, emitted("small"), layer=None)

    assert "| 0 to 3 | one of 2 from 0 to 2 |" in text


def test_documents_have_no_long_lines_outside_tables(small):
    chosen, rtl = small
    page = datasheet(chosen, rtl, layer=None)

    lines = [line for line in page.splitlines() if not line.startswith("|")]
    assert max(map(len, lines)) <= 100


def test_registers_in_the_manifest_are_those_of_the_gateware(small):
    chosen, rtl = small
    described = manifest(chosen, rtl, layer=None)["registers"]

    assert [json.loads(json.dumps(asdict(one))) for one in design_registers(chosen)] == (
        json.loads(json.dumps(described))
    )


# Tables


def test_tables_are_delivered_as_bus_writes():
    ranges = [{"payload": 2, "truncation": 0}, {"payload": 5, "truncation": 1}]
    tables = {"granularity": "layer", "layers": {"one": {"ranges": ranges}}}
    text = table_files(design(tables=tables))["ranges.json"]

    assert json.loads(text)["layers"]["one"] == {
        "tables": [[[2, 0], [5, 1]]],
        "writes": [
            {"register": "RANGE_0", "address": 32, "data": 2},
            {"register": "RANGE_1", "address": 36, "data": 261},
            {"register": "COMMIT", "address": 8, "data": 1},
        ],
    }
    assert json.loads(text)["others"] == [[[3, 0], [5, 0]]]
    assert table_files(design()) == {}
    assert table_files(design("lane", tables=tables)) == {}
