"""Power of delivered tiles: against OpenSTA, against what was counted, and what it says."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import ToolMissing, UserError
from hwgen.flow.compare import compare
from hwgen.flow.estimate import block_name, estimate_of
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import map_verilog
from hwgen.flow.power import power
from hwgen.flow.stimulus import LayerOf, Stimulus
from hwgen.flow.tools import sta_command
from hwgen.report.comparison import conditions
from hwgen.report.tables import as_text
from hwgen.workload.run import run
from hwgen_models.tile import Tile
from tests.flow.cells import CELLS, GATE, powered
from tests.flow.folders import TINY

SHARED = Path(__file__).parents[2] / "../shared/data"
REAL = SHARED / "liberty"
LIBRARIES = ["sky130_fd_sc_hd__tt_025C_1v80", "sg13g2_stdcell_typ_1p20V_25C"]

# Large enough for layers of the digits network, small enough to be mapped in seconds.
BINARY = {
    "name": "plain",
    "extends": "baseline",
    "array": {"rows": 32, "columns": 32},
    "readout": {"bits": 6, "columns_per_lane": 4},
    "interface": {"x_elements": 4},
}
TWIN = BINARY | {
    "name": "twin",
    "extends": "trq",
    "readout": {
        "bits": 6,
        "columns_per_lane": 4,
        "ranges": [{"payload": 3, "truncation": 0}, {"payload": 6, "truncation": 0}],
    },
}
DIGITS = {"network": "digits", "data": "digits"}
RESNET = ("resnet20_cifar10/resnet20_int8_qdq.onnx", "cifar10/cifar10_test_500_norm.npz")
LAYER = "/layer2/layer2.1/conv1/Conv"


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return powered(tmp_path_factory.mktemp("cells"))


@pytest.fixture(autouse=True, scope="module")
def mapped_once():
    """Map the same text to the same cells once."""
    known = {}

    def mapped(files, *, top, target):
        key = (tuple(sorted(files.items())), top, target.commands, tuple(target.files.items()))
        if key not in known:
            known[key] = map_verilog(files, top=top, target=target)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hwgen.flow.power.map_verilog", mapped)
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The tiny design; not to be changed."""
    folder = tmp_path_factory.mktemp("tiny") / "out"
    generate(load(TINY), folder)
    return folder


@pytest.fixture
def tiny(written, tmp_path):
    """A copy of it for reports of its own."""
    return shutil.copytree(written, tmp_path / "copy", ignore=shutil.ignore_patterns("synth"))


@pytest.fixture(scope="module")
def found(written, cells):
    return power(written, liberty=cells)


def real(name):
    file = REAL / f"{name}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    return file


# OpenSTA

ROW = re.compile(r"^(Sequential|Combinational) +(\S+) +(\S+) +(\S+) +(\S+)", re.MULTILINE)


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(("activity", "wire_ff"), [(0.1, 0.0), (0.4, 0.0), (0.1, 2.0)])
@pytest.mark.parametrize("gated", [False, True])
def test_groups_at_one_activity_are_those_of_opensta(
    tiny, name, activity, wire_ff, gated, monkeypatch
):
    """It takes slews behind clock gates for what they are, where hwgen's clock has none."""
    try:
        command = sta_command()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr("hwgen.flow.power_report.ACTIVITY", activity)
    result = power(tiny, liberty=real(name), wire_ff=wire_ff, gate_clocks=gated)
    off = 0.02 if gated else 0.01
    folder = Path(result["report"]).parent

    said = subprocess.run(
        [*command, "-no_init", "-no_splash", "-exit", "power.tcl"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    rows = {
        row[1].lower(): np.array([float(one) for one in row.groups()[1:4]])
        for row in ROW.finditer(said.stdout)
    }
    assert result["vectorless"]["opensta"]["model"].endswith("no wires")
    ours = result["vectorless"]["opensta"]["groups"]
    assert rows.keys() == ours.keys(), said.stdout + said.stderr
    for group, watts in rows.items():
        mine = [ours[group][f"{part}_uw"] for part in ("internal", "switching", "leakage")]
        assert mine == pytest.approx(1e6 * watts, rel=off)
    total = sum(sum(group.values()) for group in ours.values())
    assert total == pytest.approx(1e6 * sum(row.sum() for row in rows.values()), rel=off)


# The report


def test_everything_adds_up(found):
    tile = found["blocks"]["tile"]
    groups = found["groups"].values()
    dynamic = sum(group["internal_uw"] + group["switching_uw"] for group in groups)

    assert found["dynamic_uw"] == pytest.approx(dynamic)
    assert found["dynamic_uw"] == pytest.approx(tile["dynamic_uw"])
    assert found["leakage_uw"] == pytest.approx(tile["leakage_uw"])
    inside = found["blocks"]["lane"]
    parts = [found["blocks"][name] for name in ("sar", "search", "shift_add", "interval_decode")]
    assert 0 < sum(part["dynamic_uw"] for part in parts) < inside["dynamic_uw"]
    digital = found["energy_per_conversion_pj"]["digital"]
    assert digital == pytest.approx(sum(found["digital_per_conversion_pj"].values()))
    seconds = found["cycles"] / (found["clock_mhz"] * 1e6)
    joules = 1e-6 * (found["dynamic_uw"] + found["leakage_uw"]) * seconds
    assert digital == pytest.approx(1e12 * joules / found["conversions"])
    assert found["area_um2"] == pytest.approx(sum(found["area_parts_um2"].values()))


def test_the_netlist_did_what_the_golden_model_does(found, written):
    delivered = Delivered.read(written)
    stimulus = Stimulus.delivered(delivered)
    golden = stimulus.golden(delivered.spec, keep="counts").result

    expected = (golden.reads, golden.conversions, golden.total_decisions, len(stimulus.x))
    assert tuple(found[k] for k in ("reads", "conversions", "decisions", "vectors")) == expected


def test_activity_is_measured_everywhere(found):
    assert found["coverage"] == 1
    assert 0 < found["changes_per_cycle"] < found["vectorless"]["changes_per_cycle"]
    assert found["glitches"] == "zero-delay: glitches are not counted"
    assert found["clock_tree"]["pins"] > 0


def test_every_flip_flop_s_clock_pin_changes_twice_a_cycle(found):
    changes = found["blocks"]["tile"]["clock_changes_per_conversion"] * found["conversions"]

    assert changes == pytest.approx(2 * found["cycles"] * found["clock_tree"]["pins"])


def test_power_goes_with_the_clock_and_energy_does_not(tiny, cells, found):
    slow = power(tiny, liberty=cells, clock_ns=100.0)

    assert slow["clock_mhz"] == pytest.approx(10)
    assert slow["dynamic_uw"] == pytest.approx(found["dynamic_uw"] / 5, rel=0.05)
    dynamic = [
        sum(v for k, v in one["digital_per_conversion_pj"].items() if k != "leakage")
        for one in (slow, found)
    ]
    assert dynamic[0] == pytest.approx(dynamic[1], rel=0.05)  # cells are sized for the clock


def test_wires_are_a_load(tiny, cells, found):
    wired = power(tiny, liberty=cells, wire_ff=5.0)

    groups = wired["groups"]["combinational"], found["groups"]["combinational"]
    assert groups[0]["switching_uw"] == pytest.approx(6 * groups[1]["switching_uw"])  # 1 fF a pin
    assert wired["models"]["digital"]["wires"] == "5 fF for every input that a net drives"
    assert wired["vectorless"]["opensta"] == found["vectorless"]["opensta"]  # it has none


def test_the_report_is_kept_with_its_netlist_and_a_script(found, written):
    path = Path(found["report"])

    kept = json.loads(path.read_text())
    assert kept["result"]["dynamic_uw"] == found["dynamic_uw"]
    assert path.parent.parent == written / "synth"
    for name in kept["files"]:
        assert (path.parent / name).is_file()
    assert {"power.v", "power.tcl"} == set(kept["files"])


def test_files_of_the_activity_are_written(tiny, cells, tmp_path):
    saif, vcd = tmp_path / "a.saif", tmp_path / "a.vcd"
    found = power(tiny, liberty=cells, saif_file=saif, vcd_file=vcd)

    assert saif.read_text().startswith("(SAIFILE")
    assert "$timescale" in vcd.read_text()
    assert (found["saif"], found["vcd"]) == (str(saif), str(vcd))
    power(tiny, liberty=cells, saif_file=saif, vcd_file=vcd)  # earlier ones may be replaced
    saif.write_text("mine")
    with pytest.raises(UserError, match="must be new or an earlier result of hwgen"):
        power(tiny, liberty=cells, saif_file=saif)
    with pytest.raises(UserError, match="must be in a folder that exists"):
        power(tiny, liberty=cells, vcd_file=tmp_path / "none" / "a.vcd")


def test_a_slow_netlist_is_warned_of(tiny, cells):
    found = power(tiny, liberty=cells, clock_ns=0.1)

    assert any("more than the clock's 0.1 ns" in said for said in found["warnings"])


def test_models_of_converters_can_be_chosen(tiny, cells, found):
    other = power(tiny, liberty=cells, adc_model="isaac")

    assert found["models"]["adc"]["name"] == "per-decision"
    assert other["models"]["adc"]["name"] == "isaac"
    assert other["energy_per_conversion_pj"]["adc"] != found["energy_per_conversion_pj"]["adc"]
    with pytest.raises(UserError, match="--adc-model: must be per-decision"):
        power(tiny, liberty=cells, adc_model="none")


def test_a_folder_keeps_the_energies_that_its_design_asks_for(tmp_path, cells):
    generate(load(TINY | {"energy": {"adc": {"model": "cdac"}}}), tmp_path / "out")

    assert power(tmp_path / "out", liberty=cells)["models"]["adc"]["name"] == "cdac"
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"cdac"', '"cdoc"'))
    with pytest.raises(UserError, match=r"manifest.json: energy: must be what"):
        power(tmp_path / "out", liberty=cells)


# The array


@pytest.mark.parametrize("sample_hold", ["single", "double"])
def test_cells_conduct_as_long_as_their_word_lines_are_driven(tmp_path, cells, sample_hold):
    """What the netlist's row_drive did, net by net, against the golden model's cycles."""
    keys = TWIN | {"readout": TWIN["readout"] | {"sample_hold": sample_hold}}
    generate(load(keys | {"energy": {"array": {"on_off_ratio": 8.0}}}), tmp_path / "out")
    delivered = Delivered.read(tmp_path / "out")
    layer = LayerOf(**DIGITS, layer="dense_1", vectors=40)
    stimulus, seen = Stimulus.of_layer(delivered, layer), []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hwgen.flow.power.estimate_of", spied(estimate_of, seen))
        found = power(tmp_path / "out", liberty=cells, layer=layer, clock_ns=30.0)

    activity = seen[0].played.activity
    nets = np.array(activity.netlist.ports["row_drive"].nets)
    high = activity.half_cycles_high[nets] / 2
    tile, result = stimulus.golden(delivered.spec)
    per_row = (39.3 - 39.3 / 8) * tile.crossbar.cells.sum(axis=1) + 39.3 / 8 * 32
    joules = 0.2**2 * (high * 30e-9) @ (per_row * 1e-6)
    lines = 32 * 0.2e-15 * activity.toggles[nets].sum() / 2
    samples = 32 * 0.98e-15 * result.reads
    array = found["energy_per_conversion_pj"]["array"] * found["conversions"]
    assert array == pytest.approx(1e12 * (joules + lines + samples))
    time = found["models"]["array"]["read_time"]
    assert time["from"] == "schedule"
    assert time["read_ns"] > 30 * (delivered.spec.settle_row + delivered.spec.sample_cycles)
    played, golden = high.sum(), result.active_rows.sum() * time["driven_cycles"]
    assert played == pytest.approx(golden, rel=0.05)  # reads differ a little in their cycles


def spied(function, seen):
    def call(*arguments, **options):
        seen.append(function(*arguments, **options))
        return seen[-1]

    return call


def test_a_time_of_reads_that_a_design_gives_is_kept(tmp_path, cells):
    """Also where it is the model's own."""
    generate(load(TINY | {"energy": {"array": {"read_ns": 100.0}}}), tmp_path / "out")

    found = power(tmp_path / "out", liberty=cells)

    time = found["models"]["array"]["read_time"]
    assert (time["from"], time["read_ns"]) == ("design", 100)
    assert time["driven_ns"] > 300
    assert any("for the 100 ns of the design; they drive" in said for said in found["warnings"])


def test_a_device_that_is_not_ideal_is_not_in_the_netlist(tmp_path, cells, found):
    generate(load(TINY | {"device": {"on_off_ratio": 5.0}}), tmp_path / "out")

    leaky = power(tmp_path / "out", liberty=cells)

    said = "the netlist was measured on an ideal array, not on the design's device"
    assert said in leaky["warnings"]
    assert said not in found["warnings"]
    assert leaky["models"]["array"]["parameters"]["on_off_ratio"] == 5
    ratios = [one["energy_per_conversion_pj"]["array"] for one in (leaky, found)]
    assert ratios[0] > 1.1 * ratios[1]  # stored zeros conduct, too


def test_figures_of_another_process_than_the_cells_are_warned_of(tiny, tmp_path):
    text = powered(tmp_path).read_text()
    named = tmp_path / "named.lib"
    named.write_text(re.sub(r"library *\(\w+\)", "library (sky130_mine)", text, count=1))

    found = power(tiny, liberty=named)

    assert found["library"]["node_nm"] == 130
    warnings = found["warnings"]
    assert "per-decision: figures are of node 32 nm, beside cells of 130 nm" in warnings
    rate = found["models"]["adc"]["lane_msps"]
    assert f"per-decision: figures are of rate 1200 MS/s, a lane makes {rate:.4g} MS/s" in " ".join(
        warnings
    )


def test_the_golden_model_runs_once(tiny, cells):
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tile, "run", spied(Tile.run, seen))
        power(tiny, liberty=cells)

    assert len(seen) == 1


# Blocks


def test_a_second_variant_of_a_block_is_that_block(written):
    delivered = Delivered.read(written)

    assert block_name(delivered, "tiny_lane_2") == block_name(delivered, "tiny_lane") == "lane"
    assert block_name(delivered, "mine_lane") == "mine_lane"


def test_a_block_that_nobody_knows_is_warned_of(tiny, cells):
    for file in (tiny / "rtl").glob("*.v"):
        file.write_text(re.sub(r"\btiny_splice\b", "tiny_stranger", file.read_text()))
    manifest = tiny / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"splice": "tiny_splice"', '"stranger": "tiny_stranger"'))

    found = power(tiny, liberty=cells)

    said = "stranger: no blocks that hwgen knows: what they take is counted as scheduling, by "
    assert any(one.startswith(said) for one in found["warnings"])


def test_tables_of_many_slices_are_waited_for(tmp_path, cells):
    """Their check takes a cycle for each."""
    slices = TINY | {
        "name": "slices",
        "extends": "adaptive",
        "weights": {"bits": 8},
        "readout": {"columns_per_lane": 4},
    }
    generate(load(slices), tmp_path / "out")

    assert power(tmp_path / "out", liberty=cells)["conversions"] > 0


# Libraries that say less


def test_a_library_without_power_tables_is_refused(tiny):
    with pytest.raises(UserError, match=r"cells.lib: must have power tables \(internal_power\)"):
        power(tiny, liberty=CELLS)
    assert not (tiny / "synth").exists()


def test_a_library_without_leakage_says_so(tiny, tmp_path):
    path = powered(tmp_path)
    path.write_text(path.read_text().replace("cell_leakage_power : 2;", ""))

    found = power(tiny, liberty=path)

    assert found["leakage_uw"] is None
    assert any("has no leakage_power" in said for said in found["warnings"])


# Networks


@pytest.fixture(scope="module")
def lanes(tmp_path_factory, cells):
    """The two lanes on the same counts."""
    found = {}
    for keys in (BINARY, TWIN):
        folder = tmp_path_factory.mktemp(keys["name"]) / "out"
        generate(load(keys), folder)
        layer = LayerOf(**DIGITS, layer="dense_1", vectors=64)
        found[keys["name"]] = power(folder, liberty=cells, layer=layer)
    return found


def test_an_adaptive_lane_changes_less_per_conversion(lanes):
    plain, twin = lanes["plain"], lanes["twin"]

    def changes(one):
        lane = one["blocks"]["lane"]
        return lane["changes_per_conversion"] + lane["clock_changes_per_conversion"]

    assert plain["conversions"] == twin["conversions"]
    assert twin["decisions"] < 0.75 * plain["decisions"]
    assert changes(twin) < 0.9 * changes(plain)
    energies = [sum(one["digital_per_conversion_pj"].values()) for one in (twin, plain)]
    assert energies[0] < energies[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("gated", [False, True])
def test_a_lane_of_two_ranges_of_a_real_tile_changes_less_per_conversion(tmp_path, name, gated):
    """ResNet-20 on 128 x 128 cells. Most changes are at clock pins and go with time."""
    network, data = (SHARED / one for one in RESNET)
    for file in (network, data):
        if not file.exists():
            pytest.skip(f"needs ../shared/data/{file.relative_to(SHARED)}")
    layer = LayerOf(network=str(network), data=str(data), layer=LAYER, vectors=64)
    found = {}
    for design in ("baseline", "trq"):
        generate(load(design), tmp_path / design)
        found[design] = power(tmp_path / design, liberty=real(name), layer=layer, gate_clocks=gated)
    plain, twin = (
        block["changes_per_conversion"] + block["clock_changes_per_conversion"]
        for block in (found[design]["blocks"]["lane"] for design in ("baseline", "trq"))
    )
    digital = [found[name]["energy_per_conversion_pj"]["digital"] for name in ("baseline", "trq")]

    assert found["trq"]["conversions"] == found["baseline"]["conversions"]
    assert twin < 0.95 * plain
    assert digital[1] < 0.95 * digital[0]


def test_a_network_is_priced_by_the_report(lanes):
    report = Path(lanes["twin"]["report"])
    ran = run(load(TWIN), **DIGITS, images=10, power=report)
    without = run(load(TWIN), **DIGITS, images=10)

    operations = lanes["twin"]["operations"]
    parts = ran["energy_pj"]["digital_parts"]
    lane = operations["lane_control"]
    cycles = sum(one["cycles"] * one["crossbars"] for one in ran["layers"].values())
    expected = (
        lane["decision"] * ran["decisions"]
        + lane["conversion"] * ran["conversions"]
        + lane["cycle"] * cycles
    )
    assert parts["lane_control"] == pytest.approx(expected)
    seconds = ran["cycles"] / (lanes["twin"]["clock_mhz"] * 1e6)
    leakage = 1e-6 * lanes["twin"]["leakage_uw"] * seconds * ran["crossbars"]
    assert parts["leakage"] == pytest.approx(1e12 * leakage)
    assert ran["energy_pj"]["digital"] == pytest.approx(sum(parts.values()))
    layers = [one["energy_pj"]["digital"] for one in ran["layers"].values()]
    assert sum(layers) == pytest.approx(ran["energy_pj"]["digital"])
    assert without["energy_pj"]["digital"] is None
    assert without["energy_pj"]["digital_parts"] is None


def test_a_report_of_another_tile_is_refused(lanes):
    with pytest.raises(UserError, match=r"parameters.search: must be that of .*, 'binary'"):
        run(load(BINARY), **DIGITS, images=1, power=Path(lanes["twin"]["report"]))


def test_designs_side_by_side(cells):
    found = compare([load(BINARY), load(TWIN)], **DIGITS, liberty=cells, vectors=16, images=10)

    plain, twin = found["designs"]
    assert [plain["name"], twin["name"]] == ["plain", "twin"]
    for one in (plain, twin):
        *parts, total = one["energy_per_image_pj"].values()
        assert total == pytest.approx(sum(parts))
        assert one["energy_per_output_pj"] == pytest.approx(total / one["outputs"])
    assert plain["conversions"] == twin["conversions"]
    assert plain["outputs"] == twin["outputs"]
    assert plain["versus_first"]["energy"] == 1
    decisions = plain["decisions"] / twin["decisions"]
    assert twin["versus_first"]["decisions"] == pytest.approx(decisions)
    changes = [one["lane_changes_per_conversion"] + one["lane_clock_changes_per_conversion"]
               for one in (plain, twin)]  # fmt: skip
    assert twin["versus_first"]["lane_changes"] == pytest.approx(changes[0] / changes[1])
    for one in (plain, twin):
        assert one["time_us"] == pytest.approx(one["cycles"] * 0.02)  # of 20 ns
        watts_x_us = one["leakage_uw"] * one["time_us"] * one["crossbars"]
        assert one["energy_per_image_pj"]["leakage"] == pytest.approx(watts_x_us)  # uW us = pJ
    assert found["layer"] in {"dense_0", "dense_1", "dense_2"}
    for one in (plain, twin):
        assert one["models"].keys() == {"digital", "adc", "array"}
        assert all(model["source"] for model in one["models"].values())
        assert len(one["warnings"]) == len(set(one["warnings"]))
    assert [one["calibrated"] for one in (plain, twin)] == [None, False]
    said = [any("hwgen calibrate" in line for line in one["warnings"]) for one in (plain, twin)]
    assert said == [False, True]
    assert "search tables not calibrated for the network: twin" in conditions(found)
    times = [one["models"]["array"]["read_time"] for one in (plain, twin)]
    assert times[0]["driven_cycles"] > times[1]["driven_cycles"]
    text = as_text("compare", found | {"files": {}, "out": None})
    for name, time in zip(("plain", "twin"), times, strict=True):
        assert (
            f"{name}: array: cells (as the parameters say; reads of {time['read_ns']:.4g} ns"
            in (text)
        )
    assert "\ndigital: liberty (" in text  # the same of both


def test_designs_have_the_same_clock_gates_and_wires(tmp_path):
    cells = powered(tmp_path, gate=GATE)

    found = compare([load(BINARY), load(TWIN)], **DIGITS, liberty=cells, vectors=2, images=1,
                    clock_ns=25.0, gate_clocks=True, wire_ff=2.0)  # fmt: skip

    assert (found["clock_mhz"], found["library"]["clock_gate"]) == (40, "GATE")
    for one in found["designs"]:
        digital = one["models"]["digital"]
        assert digital["netlist"] == "cells sized for 25 ns, clock gates GATE"
        assert digital["wires"] == "2 fF for every input that a net drives"


def test_each_design_has_its_own_models_and_warnings(cells):
    """Of the network and of the tile: resolution and device of one differ."""
    wide = load(
        TWIN | {"name": "wide", "extends": "baseline", "device": {"comparator_offset": 0.3},
                "readout": {"bits": 7, "columns_per_lane": 4}}
    )  # fmt: skip

    found = compare([load(BINARY), wide], **DIGITS, liberty=cells, vectors=2, images=2,
                    clock_ns=0.5)  # fmt: skip

    plain, wide = found["designs"]
    assert [one["models"]["adc"]["bits"] for one in (plain, wide)] == [6, 7]
    of_network = (
        "array cells: counts of a device that is not ideal, rounded, stand for its currents"
    )
    of_tile = "the netlist was measured on an ideal array, not on the design's device"
    assert {of_network, of_tile} <= set(wide["warnings"])
    assert not {of_network, of_tile} & set(plain["warnings"])
    for one in (plain, wide):
        assert sum("takes" in said and "register to register" in said
                   for said in one["warnings"]) == 1  # fmt: skip
        assert sum("a lane makes" in said for said in one["warnings"]) == 1
    text = as_text("compare", found | {"files": {}, "out": None})
    assert f"beware: wide: {of_tile}" in text


def test_designs_must_be_comparable(cells):
    with pytest.raises(UserError, match="plain: must be the name of one design, not of 2"):
        compare([load(BINARY), load(BINARY)], **DIGITS, liberty=cells)
    other = load(TWIN | {"energy": {"node_nm": 28}})
    with pytest.raises(UserError, match=r"energy.node_nm: must be that of .* in a comparison"):
        compare([load(BINARY), other], **DIGITS, liberty=cells)
