"""The split of the conversion phase against golden tiles, whose cycles the RTL's are."""

import re
from dataclasses import replace

import numpy as np
import pytest

from hwgen.config import load
from hwgen.mapping.tiles import map_layer
from hwgen.report.tables import as_text
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen.workload.run import run
from hwgen_models.sequencer import NEVER
from hwgen_models.tile import Tile

HOLDS = ("single", "double")
TIMES = [{}, {"settle_row": 90, "settle_dac": 1}, {"settle_mux": 3, "sample_cycles": 2}]


@pytest.fixture
def layer(small):
    """20 inputs and 5 outputs: three chains of two row tiles, lanes filled unevenly."""
    return small.network.layers[1]


@pytest.fixture
def codes():
    codes = np.random.default_rng(1).integers(0, 256, (9, 20)) * (np.arange(20) % 3 > 0)
    codes[2] = 0
    return codes


@pytest.fixture
def tiles(small, small_design, layer, codes):
    """Read a layer; give the reader and, of every crossbar, its golden tile's run."""

    def read(holds, times):
        tables = {"granularity": "layer", "layers": {layer.name: {"ranges": [[2, 0], [5, 0]]}}}
        keys = small_design | {"timing": times, "tables": tables}
        keys["readout"] = small_design["readout"] | {"sample_hold": holds}
        design = load(keys)
        mapped = map_layer(layer, design.spec, codes=small.network.codes[layer.name])
        reader = LayerReader(mapped, Readout.of(design, layer.name))
        reader.product(codes[np.newaxis])
        drive = mapped.drive(codes[np.newaxis])
        table = design.ranges(layer.name)
        golden = [Tile(design.spec, one.weights, table) for one in mapped.tiles]
        return reader, [
            (tile, tile.run(drive[:, one.inputs]))
            for tile, one in zip(golden, mapped.tiles, strict=True)
        ]

    return read


def held(schedule):
    """Cycles in which a read is pending or converted, one by one."""
    reads = schedule.served != NEVER
    cycles = set()
    for first, last in zip(schedule.last_sample[reads], schedule.served[reads], strict=True):
        cycles |= set(range(first + 1, last))
    return len(cycles)


def in_step(result):
    """The run of a bank whose lanes convert their k-th column together."""
    lanes = np.zeros_like(result.lane_decisions)
    used = np.zeros_like(result.used_columns)
    used[0] = result.used_columns.max()
    for vector, plane in np.argwhere(result.active_rows):
        columns = [of_lane[of_lane >= 0] for of_lane in result.decisions[vector, plane]]
        steps = range(max(map(len, columns)))
        lanes[vector, plane, 0] = sum(
            max(of_lane[k] for of_lane in columns if k < len(of_lane)) for k in steps
        )
    return replace(result, lane_decisions=lanes, used_columns=used)


def binary(result, bits):
    """The run of full searches."""
    used = np.where(result.active_rows[..., np.newaxis] > 0, result.used_columns, 0)
    return replace(result, lane_decisions=used * bits)


@pytest.mark.parametrize("holds", HOLDS)
@pytest.mark.parametrize("times", TIMES)
def test_phases_are_those_of_golden_tiles(tiles, holds, times):
    reader, runs = tiles(holds, times)

    phases = reader.costs.phases

    for bank, rival in {
        holds: lambda result: result,
        "lock_step": in_step,
        "binary": lambda result: binary(result, reader.full_bits),
    }.items():
        schedules = [tile.schedule(rival(result)) for tile, result in runs]
        assert phases[bank].cycles == sum(map(held, schedules))
        if bank == holds:
            finish = sum(schedule.finish for schedule in schedules)
            assert phases[bank].cycles + phases[bank].between == finish
    assert phases[holds].cycles < phases["lock_step"].cycles < phases["binary"].cycles


@pytest.mark.parametrize("times", TIMES)
def test_the_split_is_what_lanes_do(tiles, times):
    """Lane by lane: decisions and overheads are counted, what is left of the phase is waiting."""
    reader, runs = tiles("single", times)

    phase = reader.costs.phases["single"]

    decisions = overhead = waiting = 0.0
    for tile, result in runs:
        spec, schedule = result.spec, tile.schedule(result)
        lanes = result.used_columns > 0
        for vector, plane in np.argwhere(result.active_rows):
            of_lane = result.lane_decisions[vector, plane][lanes] * spec.decision_cycles
            finish = schedule.lane_finish[vector, plane][lanes]
            decisions += of_lane.mean()
            waiting += (schedule.served[vector, plane] - finish).mean()
            overhead += 1 + spec.overhead_cycles * result.used_columns[lanes].mean()
    assert phase.decisions == pytest.approx(decisions)
    assert phase.overhead == pytest.approx(overhead)
    assert phase.waiting == pytest.approx(waiting)
    assert waiting > 0


def test_two_holds_let_fast_lanes_go_on(tiles):
    reader, _ = tiles("double", {})

    single, double = (reader.costs.phases[holds] for holds in HOLDS)

    assert double.waiting < single.waiting
    assert double.between < single.between
    assert double.decisions == single.decisions


def test_the_tile_s_own_cycles_do_not_depend_on_rivals(tiles):
    for holds in HOLDS:
        reader, runs = tiles(holds, {})

        finish = [tile.schedule(result).finish for tile, result in runs]

        assert reader.costs.cycles == max(finish)


def test_layers_add_up_to_the_network(small, small_design):
    result = run(load(small_design), small.network_file, small.data_file)

    every = [layer["conversion_phase"] for layer in result["layers"].values()]
    for bank, found in result["conversion_phase"].items():
        for key in ("cycles", "decisions", "overhead", "waiting"):
            assert found[key] == pytest.approx(sum(one[bank][key] for one in every))
        if bank in HOLDS:
            assert found["between"] == sum(one[bank]["between"] for one in every)
        split = found["decisions"] + found["overhead"] + found["waiting"]
        assert found["cycles"] == pytest.approx(split)
        assert found["shorter"] == result["conversion_phase"]["binary"]["cycles"] / found["cycles"]


def test_the_table_says_which_bank_is_built(small, small_design):
    keys = small_design | {"readout": small_design["readout"] | {"sample_hold": "single"}}
    result = run(load(keys), small.network_file, small.data_file)

    text = as_text("run", result)

    elastic = result["conversion_phase"]["single"]
    row = rf"elastic, one hold \(this design\) +{elastic['cycles']:,} .* {elastic['shorter']:.2f}\n"
    assert re.search(row, text)
    assert re.search(r"elastic, two holds \(model\) .*\n lock step \(model\) .*\n binary", text)


def test_lock_step_and_elastic_binary_banks_are_the_same(small, small_design):
    """Every search is as long as the next: nothing is gained, nothing lost."""
    design = load(small_design | {"readout": small_design["readout"] | {"kind": "binary"}})

    phases = run(design, small.network_file, small.data_file)["conversion_phase"]

    for bank in ("single", "lock_step"):
        assert phases[bank] | {"between": None} == phases["binary"]
    assert phases["single"]["shorter"] == 1
