"""Energies of whole networks, once more from the integers, the trees and the cells."""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from hwgen.config import load
from hwgen.errors import UserError
from hwgen.power.analog.choose import choose
from hwgen.power.operations import CATEGORIES, OPERATIONS
from hwgen.workload.array.energy import Energy, energy_of_result
from hwgen.workload.run import run
from hwgen_models.search import SearchTree
from hwgen_models.switching import conventional
from hwgen_models.tile import Tile
from tests.documented import missing_keys, undocumented_keys

TREE = SearchTree.twin_range(3, 0, 5, 0, bits=5, bound=16)


def reads_of(small, *, dac_bits=1):
    """Yield (layer, digits of the reads, lines charged, counts, live columns) by definition."""
    with np.load(small.data_file) as data:
        pixels = data["images"].reshape(40, -1)[:30]
    activations = small.network.trace(pixels)
    for layer in small.network.layers:
        x = activations[layer.sources[0]].astype(int)
        for first in range(0, layer.inputs, 16):
            rows = slice(first, min(first + 16, layer.inputs))
            weights = layer.weights[rows].astype(int)
            cells = [np.maximum(sign * weights, 0) >> bit & 1 for sign in (1, -1)
                     for bit in range(7)]  # fmt: skip
            before = np.zeros_like(x[:, rows])
            for plane in range(8 // dac_bits):
                digits = x[:, rows] >> plane * dac_bits & 2**dac_bits - 1
                charged = (digits > 0) if dac_bits > 1 else (digits > before)
                before = digits
                live = digits.any(axis=1)
                counts = np.concatenate([(digits @ one)[live] for one in cells], axis=1)
                yield layer, digits, charged, counts


@pytest.mark.parametrize("path", ["short-cut", "bit-sliced"])
def test_the_array_takes_what_its_cells_do(small, small_design, path):
    given = {"read_v": 0.3, "read_ns": 20.0, "on_conductance_us": 50.0, "on_off_ratio": 10.0,
             "word_line_ff": 0.4, "drive_v": 0.9, "sample_fj": 1.5}  # fmt: skip
    small_design["energy"] = {"array": given}

    found = run(load(small_design), small.network_file, small.data_file, path=path)

    expected = {layer.name: np.zeros(3) for layer in small.network.layers}
    for layer, digits, charged, counts in reads_of(small):
        tiles = -(-layer.outputs // 2)  # two outputs an array, which drives its own word lines
        active = digits.sum() * tiles
        off = 50.0 / 10
        cells = 0.3**2 * 20 * ((50.0 - off) * counts.sum() + off * 30 * active)
        lines = 30 * 0.4 * 0.9**2 * charged.sum() * tiles
        samples = 1.5 * 30 * digits.any(axis=1).sum() * tiles
        expected[layer.name] += np.array([lines, cells, samples]) / 1000
    for name, layer in found["layers"].items():
        parts = layer["energy_pj"]["array_parts"]
        assert [*parts.values()] == pytest.approx(expected[name].tolist()), name
        assert layer["energy_pj"]["array"] == pytest.approx(expected[name].sum())
    assert found["energy_pj"]["array"] == pytest.approx(sum(expected.values()).sum())


def priced(folder, design, *, clock_ns):
    """A report of a tile that takes nothing but time."""
    nothing = dict.fromkeys((*OPERATIONS, "cycle"), 0.0)
    model = {
        "name": "liberty",
        "source": "a test",
        "covers": "nothing",
        "wires": "none",
        "netlist": "any",
    }
    report = {
        "operations": dict.fromkeys(CATEGORIES, nothing),
        "leakage_uw": 0.0,
        "clock_mhz": 1e3 / clock_ns,
        "parameters": asdict(design.spec),
        "library": {"name": "sky130_test", "node_nm": 130},
        "models": {"digital": model},
    }
    path = folder / "power.json"
    path.write_text(json.dumps(report))
    return path


def driven_by_schedule(design, weights, x):
    """Charge every read of a tile for the cycles from its plane's first to its last: qV in fJ."""
    tile = Tile(design.spec, weights, design.ranges())
    result = tile.run(x, keep="counts")
    schedule = tile.schedule(result)
    cycles = np.where(result.skipped, 0, schedule.last_sample + 2 - schedule.rows)
    array = design.energy.array
    off = array.on_conductance_us / array.on_off_ratio
    by_read = off * design.spec.columns * result.active_rows
    by_read = by_read + (array.on_conductance_us - off) * result.counts.sum(axis=2)
    return cycles, array.read_v**2 * cycles * by_read


@pytest.mark.parametrize("sample_hold", ["single", "double"])
@pytest.mark.parametrize("device", [{}, {"comparator_noise": 1e-9}])  # the golden tiles, no errors
def test_with_a_clock_cells_conduct_as_long_as_the_schedule_drives_them(
    small, small_design, sample_hold, device
):
    small_design["energy"] = {"array": {"on_off_ratio": 10.0}}
    small_design["readout"]["sample_hold"] = sample_hold
    small_design["device"] = device
    design = load(small_design)
    report = priced(small.folder, design, clock_ns=4.0)

    found = run(design, small.network_file, small.data_file, power=report)

    with np.load(small.data_file) as data:
        x = data["images"].reshape(40, -1)[:30].astype(int)
    weights = small.network.layers[0].weights.astype(int)
    of_tiles = [driven_by_schedule(design, weights[:, k : k + 2], x) for k in range(0, 20, 2)]
    layer = found["layers"]["fc0"]
    fj = 4.0 * sum(energy.sum() for _, energy in of_tiles)
    assert layer["energy_pj"]["array_parts"]["cells"] == pytest.approx(fj / 1000)
    time = found["energy_model"]["array"]["read_time"]
    assert time["from"] == "schedule"
    assert time["read_ns"] == time["driven_ns"] == 4.0 * time["driven_cycles"]
    shortest = design.spec.settle_row + design.spec.sample_cycles + 1
    assert all(cycles[cycles > 0].min() >= shortest for cycles, _ in of_tiles)
    assert "sky130_test" in found["energy_model"]["digital"]["library"]


def test_figures_of_another_chip_than_the_logic_are_warned_of(small, small_design):
    design = load(small_design)
    report = priced(small.folder, design, clock_ns=4.0)

    def said(**energy):
        asked = load(small_design | {"energy": energy})
        return run(asked, small.network_file, small.data_file, power=report)["energy_model"]

    model = said()
    cycles = design.spec.overhead_cycles
    spent = run(design, small.network_file, small.data_file)["decisions_per_conversion"]
    rate = 1e3 / (4.0 * (cycles + spent * design.spec.decision_cycles))
    assert model["adc"]["lane_msps"] == pytest.approx(rate)
    assert model["warnings"][1:] == [
        "per-decision: figures are of node 32 nm, beside cells of 130 nm",
        f"per-decision: figures are of rate 1200 MS/s, a lane makes {rate:.4g} MS/s at this clock",
    ]
    followed = said(adc={"model": "survey"}, node_nm=130, rate_msps=round(rate, 1))
    assert followed["warnings"] == []
    assert any("node 32 nm, beside" in one for one in said(adc={"model": "survey"})["warnings"])
    told = said(adc={"model": "isaac"}, node_nm=130)["warnings"]
    assert sum("node 32 nm" in one for one in told) == 1  # not scaled to 130 nm, as asked for


def test_wide_digits_are_pulses_that_each_charge_a_line(small, small_design):
    small_design["inputs"] = {"dac_bits": 2}
    small_design["readout"]["bits"] = 6

    found = run(load(small_design), small.network_file, small.data_file)

    lines = sum(
        int(charged.sum()) * -(-layer.outputs // 2)
        for layer, _, charged, _ in reads_of(small, dac_bits=2)
    )
    line_pj = 30 * 0.2 * 1.0 / 1000
    assert found["energy_pj"]["array_parts"]["row_drive"] == pytest.approx(lines * line_pj)
    assert any("lengths of pulses" in said for said in found["energy_model"]["warnings"])


def test_capacitors_are_charged_for_the_thresholds_walked(small, small_design):
    found = run(load(small_design), small.network_file, small.data_file, adc_model="cdac")

    expected = 0.0
    for _, _, _, counts in reads_of(small):
        for count, times in zip(*np.unique(counts, return_counts=True), strict=True):
            one = np.bincount([count], minlength=17)
            switched = conventional(TREE, one, bits=5).total * 0.5 * 1.0**2
            expected += times * (switched + TREE.depths[count] * 92) / 1000
    assert found["energy_pj"]["adc"] == pytest.approx(expected)


def test_every_table_is_charged_by_its_own_tree(small, small_design):
    """All slices but the lowest search binary: the same as a binary search of their counts."""
    twin, full = [[1, 0], [5, 0]], [[5, 0], [5, 0]]
    small_design["tables"] = {
        "granularity": "slice",
        "layers": {f"fc{k}": {"slices": [twin] + 6 * [full]} for k in range(3)},
    }

    found = run(load(small_design), small.network_file, small.data_file, adc_model="cdac")

    trees = [SearchTree.twin_range(1, 0, 5, 0, bits=5, bound=16)] + 6 * [SearchTree.binary(5, 16)]
    expected = 0.0
    for layer, _, _, counts in reads_of(small):
        by_slice = counts.reshape(len(counts), 2, 7, layer.outputs)
        for number, tree in enumerate(trees):
            histogram = np.bincount(by_slice[:, :, number].ravel(), minlength=17)
            switched = conventional(tree, histogram, bits=5).total * histogram.sum() * 0.5
            expected += (switched + 92 * int(histogram @ tree.depths)) / 1000
    assert found["energy_pj"]["adc"] == pytest.approx(expected)


def test_an_early_stop_pays_by_decision_and_not_by_conversion(small, small_design):
    binary = small_design | {"readout": {"kind": "binary", "bits": 5, "columns_per_lane": 10}}

    def adc(keys, model):
        found = run(load(keys), small.network_file, small.data_file, adc_model=model)
        return found["energy_pj"]["adc"], found["decisions"], found["conversions"]

    energy, decisions, _ = adc(small_design, "per-decision")
    full, all_decisions, _ = adc(binary, "per-decision")
    assert energy / full == pytest.approx(decisions / all_decisions)
    assert energy == pytest.approx(decisions * 3.1e3 / 1200 / 8)

    by_conversion, _, conversions = adc(small_design, "isaac")
    assert by_conversion == adc(binary, "isaac")[0] == pytest.approx(0.99 * conversions)


def test_energies_are_documented_and_name_their_models(small, small_design):
    found = run(load(small_design), small.network_file, small.data_file)

    assert not undocumented_keys("run", found)
    assert not missing_keys("run", found)
    assert found["energy_model"]["adc"]["source"]
    assert found["energy_model"]["array"]["source"]
    cycles = found["energy_model"]["array"]["read_time"]["driven_cycles"]
    of_array = (
        "array cells: reads are charged for the 100 ns of the model; they drive word lines for "
        f"{cycles:.4g} cycles, of a clock that is not given, on average"
    )
    assert found["energy_model"]["warnings"] == [
        "per-decision: figures are of resolution 8 bits, not scaled to 5 bits",
        of_array,
    ]
    for part in (found, *found["layers"].values()):
        assert part["energy_pj"]["digital"] is None
        for key in ("adc", "array"):
            assert part["energy_per_image_pj"][key] == part["energy_pj"][key] / 30
            assert part["energy_pj"][key] > 0
    for key in ("adc", "array"):
        total = sum(layer["energy_pj"][key] for layer in found["layers"].values())
        assert found["energy_pj"][key] == pytest.approx(total)


def test_batches_do_not_matter_to_energies(small, small_design, monkeypatch):
    whole = run(load(small_design), small.network_file, small.data_file, adc_model="cdac")
    monkeypatch.setattr("hwgen_models.network.BATCH_BYTES", 7 * 200)
    monkeypatch.setattr("hwgen.workload.array.reading.LayerReader.CHUNK", 3)

    found = run(load(small_design), small.network_file, small.data_file, adc_model="cdac")

    assert found["energy_pj"] == whole["energy_pj"]


def test_arrays_that_are_not_ideal_are_charged_for_what_they_hold(small, small_design):
    """Leakage only: a held value is what its cells conduct, stored zeros included."""
    small_design["energy"] = {"array": {"on_off_ratio": 5.0}}
    ideal = run(load(small_design), small.network_file, small.data_file)
    small_design["energy"] = {}
    small_design["device"] = {"on_off_ratio": 5.0}
    leaky = run(load(small_design), small.network_file, small.data_file)

    # Counts are rounded, and columns without outputs are not held; else the two are the same.
    ratio = leaky["energy_pj"]["array_parts"]["cells"] / ideal["energy_pj"]["array_parts"]["cells"]
    assert 0.7 < ratio < 1.1
    for part in ("row_drive", "sample_hold"):
        assert leaky["energy_pj"]["array_parts"][part] == ideal["energy_pj"]["array_parts"][part]
    assert any("stand for its currents" in one for one in leaky["energy_model"]["warnings"])


def test_a_search_that_monotonic_switching_cannot_follow_is_refused_at_once(small, small_design):
    small_design["energy"] = {"adc": {"switching": "monotonic"}}
    small_design["readout"]["ranges"] = [[1, 0], [5, 0]]
    design = load(small_design)

    assert choose(design).adc.name == "per-decision"
    message = (
        "<design>: energy.adc.switching: must be 'conventional' for a search that needs a "
        "capacitor again after giving it up, not 'monotonic'"
    )
    with pytest.raises(UserError, match=rf"^{re.escape(message)}$"):
        run(design, small.network_file, small.data_file, adc_model="cdac")


def test_a_binary_search_can_be_switched_monotonically(small, small_design):
    small_design["readout"]["kind"] = "binary"
    small_design["energy"] = {"adc": {"model": "cdac", "switching": "monotonic"}}
    falling = run(load(small_design), small.network_file, small.data_file)
    small_design["energy"]["adc"]["switching"] = "conventional"
    rising = run(load(small_design), small.network_file, small.data_file)

    strobes = 92 * falling["decisions"] / 1000
    assert strobes < falling["energy_pj"]["adc"] < rising["energy_pj"]["adc"]


@pytest.mark.parametrize("dac_bits", [1, 2])
def test_vectors_of_one_tile_cost_what_they_cost_in_a_network(small, small_design, dac_bits):
    """The first layer fits one row tile; its ten column tiles one after another."""
    small_design["inputs"] = {"dac_bits": dac_bits}
    small_design["readout"] = {"kind": "twin-range", "bits": 6, "columns_per_lane": 10}
    small_design["energy"] = {"adc": {"model": "cdac"}, "array": {"on_off_ratio": 9.0}}
    design = load(small_design)
    whole = run(design, small.network_file, small.data_file)["layers"]["fc0"]["energy_pj"]
    with np.load(small.data_file) as data:
        x = data["images"].reshape(40, -1)[:30].astype(int)
    weights = small.network.layers[0].weights.astype(int)

    parts = []
    for first in range(0, weights.shape[1], 2):
        tile = Tile(design.spec, weights[:, first : first + 2], design.ranges())
        parts.append(energy_of_result(choose(design), tile, tile.run(x, keep="counts"), x))

    found = Energy.total(parts).as_json()
    for key in ("adc", "array"):
        assert found[key] == pytest.approx(whole[key])
    assert found["array_parts"] == pytest.approx(whole["array_parts"])
