"""Libraries of open processes, read by us and by others."""

import gzip
import json
from collections import Counter
from functools import partial

import numpy as np
import pytest

from hwgen.flow.tools import run_yosys
from hwgen.liberty.functions import FlipFlop, Latch, behaviour
from tests.liberty.netlists import FLIP_FLOPS, LATCHES, Netlist

NOT_UNDERSTOOD = {"sg13g2_sighold": {"SH": "has no function"}}  # it holds what a net last was


@pytest.fixture(scope="session")
def by_yosys(real_file, tmp_path_factory):
    """Each cell as a netlist, which Yosys makes with its own reader."""
    folder = tmp_path_factory.mktemp("yosys")
    (folder / "a.lib").write_bytes(gzip.decompress(real_file.read_bytes()))
    run_yosys("read_liberty -ignore_miss_func a.lib\nproc\nwrite_json a.json\n", folder=folder)
    modules = json.loads((folder / "a.json").read_text())["modules"]
    return {name: Netlist(module) for name, module in modules.items()}


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


def same(theirs, ours):
    np.testing.assert_array_equal(ours, theirs)
