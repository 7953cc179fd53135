"""Energies per operation: what was measured comes back, and other work is priced by it."""

import json
import math
from dataclasses import asdict, replace

import pytest

from hwgen.config import load, presets
from hwgen.emit.rtl import emit_rtl
from hwgen.errors import UserError
from hwgen.power.analog.accounting import Digital
from hwgen.power.operations import BLOCKS, CATEGORIES, OPERATIONS, Counts, Operations

COUNTS = Counts(decision=40, conversion=10, read=5, output=4, vector=2, cycles=100, tile_cycles=100)
DATA = {"search": 80.0, "shift_add": 30.0, "splice": 8.0, "sequencer": 15.0, "range_table": 2.0}
CLOCK = dict.fromkeys(DATA, 50.0)
MODEL = {
    "name": "liberty",
    "source": "a test",
    "covers": "gates",
    "wires": "none",
    "netlist": "any",
}


def measured(counts=COUNTS, **options):
    given = {"leakage_uw": 2.0, "clock_ns": 20.0, "source": "x", "parameters": {"rows": 4},
             "library": "sky130_tt", "node_nm": 130.0, "model": MODEL}  # fmt: skip
    return Operations.measured(DATA, CLOCK, counts, **given | options)


def test_what_was_measured_comes_back():
    energy = measured().energy(COUNTS)

    assert energy.by_category == pytest.approx({
        "lane_control": 130,
        "accumulation": 138,
        "scheduling": 65,
        "tables": 52,
    })
    assert energy.leakage == pytest.approx(2e-6 * 100 * 20e-9 * 1e12)
    assert energy.total == pytest.approx(sum(DATA.values()) + 5 * 50 + 4)


def test_other_work_is_priced_by_operations_cycles_and_time():
    more = Counts(
        decision=80, conversion=10, read=5, output=8, vector=2, cycles=300, tile_cycles=1000
    )

    energy = measured().energy(more)

    assert energy.by_category["lane_control"] == pytest.approx(2 * 80 + 3 * 50)
    assert energy.by_category["accumulation"] == pytest.approx(30 + 2 * 8 + 3 * 100)
    assert energy.leakage == pytest.approx(10 * 4)


def test_blocks_without_their_operation_go_by_time():
    none = replace(COUNTS, decision=0)

    energy = measured(none).energy(replace(none, cycles=200))

    assert energy.by_category["lane_control"] == pytest.approx(2 * 130)


def test_layers_add_up():
    one = measured().energy(COUNTS)

    assert one.plus(one).total == pytest.approx(2 * one.total)
    assert one.plus(one).as_json(per=2) == pytest.approx(one.as_json())


SOMETHING_ELSE = "must be a report of `hwgen power --json`, not something else$"


def report(**changes):
    operations = measured()
    found = {
        "operations": operations.as_json(),
        "leakage_uw": 2.0,
        "clock_mhz": 50.0,
        "parameters": {"rows": 4},
        "library": {"name": "sky130_tt", "node_nm": 130},
        "models": {"digital": MODEL},
    }
    return found | changes


def operations_with(**changes):
    found = measured().as_json()
    return found | {"tables": found["tables"] | changes}


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_report_is_read_again(tmp_path, wrapped):
    path = tmp_path / "power.json"
    path.write_text(json.dumps({"result": report()} if wrapped else report()))

    found = Operations.read(path)

    assert found.energy(COUNTS).total == pytest.approx(measured().energy(COUNTS).total)
    assert found.source == str(path)
    assert found.digital == Digital(clock_ns=20.0, node_nm=130)
    assert found.described() == measured(source=str(path)).described()
    assert found.described().items() >= {**MODEL, "report": str(path), "clock_mhz": 50}.items()
    found.check({"rows": 4}, "mine")
    with pytest.raises(UserError, match=r"parameters.rows: must be that of mine, 8, not 4"):
        found.check({"rows": 8}, "mine")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps(report(clock_mhz=0)),
        json.dumps(report(clock_mhz=-50)),
        json.dumps(report(clock_mhz=math.inf)),
        json.dumps(report(leakage_uw=math.nan)),
        json.dumps(report(leakage_uw=-1)),
        json.dumps(report(operations=operations_with(read=math.nan))),
        json.dumps(report(operations=operations_with(cycle=math.inf))),
        json.dumps(report(library={"name": "mine", "node_nm": -130})),
        json.dumps(report(operations={})),
        json.dumps(report(leakage_uw="x")),
        json.dumps(report(models={})),
        json.dumps(report(library={})),
    ],
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "power.json"
    path.write_text(text)

    with pytest.raises(UserError, match=SOMETHING_ELSE):
        Operations.read(path)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(UserError, match="not a missing file"):
        Operations.read(tmp_path / "none.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="must be a readable file"):
        Operations.read(tmp_path / "binary")
    with pytest.raises(UserError, match="must be a readable file"):
        Operations.read(tmp_path)


def test_every_category_is_named():
    assert set(measured().as_json()) == set(CATEGORIES)


# Whatever a tile is made of. Energy of other blocks would go by vectors, with a warning.
TILES = {
    **{name: {"extends": name} for name in presets() if load(name).top == "tile"},
    "redundant": {
        "extends": "baseline",
        "readout": {"kind": "redundant", "steps": [64, 32, 16, 8, 4, 2, 1]},
    },
    "any bases": {"extends": "adaptive", "readout": {"bases": "any", "bound": "rows"}},
    "one table a slice": {"extends": "adaptive", "readout": {"tables": "slice"}},
    "saturating": {"extends": "baseline", "readout": {"bits": 6, "saturate": True}},
    "output major": {"extends": "trq", "array": {"column_order": "output_major"}},
    "chained": {"extends": "trq", "accumulate": {"y_in": True}},
    "one bank": {"extends": "trq", "readout": {"sample_hold": "single"}},
    "wide digits": {"extends": "trq", "inputs": {"dac_bits": 2}, "readout": {"bits": 9}},
}


@pytest.mark.parametrize("keys", TILES.values(), ids=TILES.keys())
def test_every_block_of_a_tile_is_known(keys):
    rtl = emit_rtl(load({"name": "mine"} | keys))

    assert {block.name for block in rtl.blocks} <= BLOCKS.keys()
    assert {block.module for block in rtl.blocks} == {f"mine_{name}" for name in rtl.modules}


def test_what_blocks_go_into_can_be_reported():
    assert {category for category, _ in BLOCKS.values()} == set(CATEGORIES)
    assert {operation for _, operation in BLOCKS.values()} == set(OPERATIONS)


def test_a_report_fits_the_tile_that_it_was_measured_on():
    """Through JSON and back: tuples among the parameters come back as lists."""
    spec = json.loads(json.dumps(asdict(load("trq").spec)))
    operations = measured(parameters=spec)

    operations.check(asdict(load("trq").spec), "trq")
    with pytest.raises(UserError, match=r"parameters.rows: must be that of trq, 64, not 128$"):
        operations.check(asdict(load("trq").spec) | {"rows": 64}, "trq")
