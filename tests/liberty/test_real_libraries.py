"""Libraries of open processes, read by us and by others."""

import gzip
import json
import re
from collections import Counter
from functools import partial

import numpy as np
import pytest

from hwgen.flow.tools import run_yosys
from hwgen.liberty.functions import FlipFlop, Latch, behaviour
from hwgen.liberty.power import internal_energies, leakages, resting_leakage_w
from tests.liberty.netlists import FLIP_FLOPS, LATCHES, Netlist

NOT_UNDERSTOOD = {"sg13g2_sighold": {"SH": "has no function"}}  # it holds what a net last was


COUNTED = (
    *("cell", "pin", "pg_pin", "ff", "latch", "statetable", "test_cell", "timing", "cell_rise"),
    *("internal_power", "rise_power", "fall_power", "leakage_power", "lu_table_template"),
)


@pytest.fixture(scope="session")
def raw(real_file):
    """The file's text."""
    return gzip.decompress(real_file.read_bytes()).decode()


@pytest.fixture(scope="session")
def by_yosys(raw, tmp_path_factory):
    """Each cell as a netlist, which Yosys makes with its own reader."""
    folder = tmp_path_factory.mktemp("yosys")
    (folder / "a.lib").write_text(raw)
    run_yosys("read_liberty -ignore_miss_func a.lib\nproc\nwrite_json a.json\n", folder=folder)
    modules = json.loads((folder / "a.json").read_text())["modules"]
    return {name: Netlist(module) for name, module in modules.items()}


def test_groups_and_numbers_are_those_that_a_search_of_the_text_finds(real, raw):
    groups = list(below(real.group))
    counts = Counter(group.name for group in groups)
    for name in COUNTED:
        assert counts[name] == len(re.findall(rf"(?<!\w){name}\s*\(", raw)), name
    assert counts["cell"] == len(real.cells) > 80

    tables = [real.table(group) for group in groups if group.values("values")]
    listed = " ".join(re.findall(r"(?<!\w)values\s*\(([^)]*)\)", raw))
    numbers = [float(number) for number in re.findall(r"[\d.eE+-]+", listed)]
    np.testing.assert_array_equal(np.concatenate([one.values.ravel() for one in tables]), numbers)


def test_units_and_conditions_are_those_in_its_name(real):
    """Of sky130 (1 nW) and sg13g2 (1 pW)."""
    volts, leakage = (1.8, 1e-9) if real.name.startswith("sky130") else (1.2, 1e-12)

    assert real.conditions == {"process": 1.0, "voltage": volts, "temperature": 25.0}
    assert (real.units.time_s, real.units.capacitance_f) == (1e-9, 1e-12)
    assert real.units.leakage_w == leakage
    assert real.units.energy_j == 1e-12


def test_without_what_tools_should_leave_alone_yosys_reads_the_others(real, tmp_path):
    names = real.unusable() | real.matching(["*lpflow*", "*_4"])
    (tmp_path / "a.lib").write_text(real.without(names))

    run_yosys("read_liberty -lib a.lib\nwrite_json a.json\n", folder=tmp_path)
    modules = json.loads((tmp_path / "a.json").read_text())["modules"]
    assert set(modules) == real.cells.keys() - names
    assert real.cells.keys() & names


def test_internal_energies_are_all_found_and_their_unit_fits_the_voltage(real, raw):
    found = [
        (pin, energy)
        for cell in real.cells.values()
        for pin in cell.pins.values()
        for energy in internal_energies(real, pin)
    ]
    assert len(found) == len(re.findall(r"(?<!\w)internal_power\s*\(", raw))
    assert {bool(energy.related_pins) for pin, energy in found if pin.direction == "output"} == {
        True
    }
    assert {bool(energy.related_pins) for pin, energy in found if pin.direction == "input"} == {
        False
    }

    # Of an inverter, the sum of both edges hardly depends on the load, and a fall holds nothing of
    # it in one library and gives back C V^2 / 2 in the other: that is joules, farads and volts.
    (energy,) = internal_energies(real, inverter(real).pins["Y"])
    loads, volts = energy.fall.points[1], real.conditions["voltage"]
    half = volts**2 / 2 * np.ptp(loads)
    given_back = 1 if real.name.startswith("sky130") else 0
    assert np.ptp((energy.rise.values + energy.fall.values)[0]) < 0.02 * half
    for edge, sign in ((energy.rise, 1), (energy.fall, -1)):
        assert edge.values[0, -1] - edge.values[0, 0] == pytest.approx(
            sign * given_back * half, abs=0.02 * half
        )


def test_states_that_leak_exclude_each_other_and_their_mean_is_that_of_the_cell(real, raw):
    found = {name: leakages(real, cell) for name, cell in real.cells.items()}
    assert sum(map(len, found.values())) == len(re.findall(r"(?<!\w)leakage_power\s*\(", raw))

    for name, entries in found.items():
        if entries:
            inputs = tuple(dict.fromkeys(pin for one in entries for pin in one.when.inputs))
            tables = [one.when.truth_table(inputs).astype(int) for one in entries]
            assert np.sum(tables, axis=0).max() == 1
            mean = np.mean([one.watts for one in entries])
            assert resting_leakage_w(real, real.cells[name]) == pytest.approx(mean, rel=1e-3, abs=0)


def test_every_cell_is_understood_or_named(real):
    found = {name: behaviour(cell) for name, cell in real.cells.items()}

    expected = {name: why for name, why in NOT_UNDERSTOOD.items() if name in real.cells}
    assert {name: one.unknown for name, one in found.items() if one.unknown} == expected
    for name, one in found.items():
        cell = real.cells[name]
        driven = {p.name for p in cell.pins.values() if p.direction in {"output", "inout"}}
        assert driven == {*one.outputs, *one.unknown}
        is_sequential = cell.is_flip_flop or cell.is_latch or one.clock_gate is not None
        assert bool(one.registers) == is_sequential


def test_cells_do_what_yosys_makes_of_them(real, by_yosys):
    """Truth tables of outputs and of what registers take, over inputs and what is kept."""
    compared = Counter()
    for name in by_yosys.keys() - NOT_UNDERSTOOD.keys():
        netlist, ours = by_yosys[name], behaviour(real.cells[name])
        kept = ours.registers[0].variables if ours.registers else ()
        assert ours.outputs.keys() == set(netlist.outputs)
        for pin, output in ours.outputs.items():
            same(netlist.output(pin), netlist.table(output.function, kept))
            let_go = netlist.table(output.three_state) if output.three_state else ~netlist.ones
            same(netlist.let_go(pin), let_go)
            compared["outputs"] += 1
        for kind, pins in netlist.registers():
            compare_register(ours.registers[0], kind, pins, partial(netlist.table, kept=kept))
            compared[kind] += 1

    gates = {name for name, cell in real.cells.items() if behaviour(cell).clock_gate}
    assert real.cells.keys() - by_yosys.keys() == gates
    assert compared["outputs"] == sum(len(behaviour(real.cells[name]).outputs) for name in by_yosys)
    assert compared.keys() & FLIP_FLOPS
    assert compared.keys() & LATCHES


def compare_register(register, kind, pins, table):
    """Hold a register against one of Yosys's, which clears before it presets."""
    taken, when = (
        (register.next_state, register.clocked_on)
        if isinstance(register, FlipFlop)
        else (register.data_in, register.enable)
    )
    assert kind in (FLIP_FLOPS if isinstance(register, FlipFlop) else LATCHES)
    same(pins["C" if "C" in pins else "E"], table(when))
    same(pins["D"], table(taken))
    never = np.zeros_like(pins["D"])
    clear = table(register.clear) if register.clear else never
    preset = table(register.preset) if register.preset else never
    both = clear & preset
    same(pins["R"] & ~both, clear & ~preset)
    same(pins["S"] & ~both, preset & ~clear)
    if both.any():
        assert not pins["R"][both].any()
        assert pins["S"][both].all()
        assert (register.clear_preset_var1, register.clear_preset_var2) == ("H", "L")


def test_clock_gates_pass_the_clock_while_what_they_latched_was_one(real):
    found = [one for cell in real.cells.values() if (one := behaviour(cell)).clock_gate]

    for one in found:
        ((pin, output),) = one.outputs.items()
        (latch,) = one.registers
        assert isinstance(latch, Latch)
        assert (pin, str(latch.enable)) == ("GCLK", "!CLK")
        assert str(output.function) == f"(CLK&{latch.variables[0]})"
        assert one.reads(pin) == latch.variables
        enables = [name for name in latch.inputs if name != "CLK"]
        assert (
            enables
            == {
                "latch_posedge": ["GATE"],
                "latch_posedge_precontrol": ["GATE", "SCE"],
            }[one.clock_gate]
        )
        # Over CLK and its enables: open while the clock is low, and then any enable will do.
        data = latch.data_in.truth_table(("CLK", *enables))
        assert data[0::2].tolist() == [False] + [True] * (len(data) // 2 - 1)
    assert found


def below(group):
    """Yield all groups inside a group."""
    for one in group.groups():
        yield one
        yield from below(one)


def inverter(library):
    """Return the smallest inverter."""
    return min(
        (cell for name, cell in library.cells.items() if re.search(r"_inv_\d+$", name)),
        key=lambda cell: cell.area,
    )


def same(theirs, ours):
    np.testing.assert_array_equal(ours, theirs)
