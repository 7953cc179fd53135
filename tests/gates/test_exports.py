"""Activity as files, and how much of a netlist it covers."""

import io
import re

import numpy as np
import pytest

from hwgen.gates.activity import Activity
from hwgen.gates.program import compile_netlist
from hwgen.gates.saif import saif
from hwgen.gates.simulator import LANES, Simulator
from hwgen.gates.tile import Trace
from hwgen.gates.vcd import write_vcd
from tests.gates.cells import flat, library

DIVIDER = {
    "half": ("DFF", {"C": "clk", "D": "n", "Q": "q"}),
    "inv": ("INV", {"A": "q", "Q": "n"}),
}


def played(gates, cycles):
    netlist = flat(["clk"], [], gates)
    simulator = Simulator(compile_netlist(netlist, library()))
    simulator.cycle(cycles)
    return simulator.activity()


@pytest.mark.parametrize("clock_ns", [10.0, 12.345, 0.3333])
def test_durations_of_a_net_add_up_to_that_of_all_cycles(clock_ns):
    activity = played(DIVIDER, 7)

    text = saif(activity, clock_ns=clock_ns)

    duration = int(re.search(r"\(DURATION (\d+)\)", text)[1])
    assert duration == round(7 * LANES * clock_ns * 1000)
    times = {(int(t0), int(t1)) for t0, t1 in re.findall(r"\(T0 (\d+)\) \(T1 (\d+)\)", text)}
    assert {sum(pair) for pair in times} == {duration}
    assert any(abs(t0 - t1) <= 1 for t0, t1 in times)  # the clock
    assert f"(T1 {round(4 * LANES * clock_ns * 1000)})" in text  # q: 4 of 7 cycles


def test_edges_of_a_waveform_do_not_drift():
    program = compile_netlist(flat(["clk"], [], DIVIDER), library())
    clock = int(program.slot_of[program.netlist.ports["clk"].nets[0]])
    phases = np.zeros((200, program.slots), dtype=np.uint8)
    phases[::2, clock] = 1

    file = io.StringIO()
    write_vcd(file, Trace(program=program, phases=phases), clock_ns=12.345)

    times = [int(line[1:]) for line in file.getvalue().splitlines() if line.startswith("#")]
    assert times[-1] == 100 * 12345  # a hundred periods of 12.345 ns
    assert np.abs(np.array(times) - np.arange(len(times)) * 6172.5).max() <= 0.5


def test_coverage_is_the_share_of_nets_in_use_that_something_drives():
    whole = played(DIVIDER, 2)
    assert whole.coverage == 1

    open_input = {"and": ("NAND2", {"A": "q", "B": "floating", "Q": "y"})}
    partly = played(DIVIDER | open_input, 2)
    names = np.array(partly.netlist.nets)
    assert set(names[partly.netlist.used]) == {"clk", "q", "n", "y", "floating"}
    assert names[partly.netlist.used & ~partly.netlist.driven].tolist() == ["floating"]
    assert partly.coverage == pytest.approx(4 / 5)


def test_nothing_in_use_covers_nothing():
    netlist = flat([], [], {})
    none = np.zeros(len(netlist.nets), dtype=np.int64)
    activity = Activity(netlist=netlist, cycles=0, toggles=none, half_cycles_high=none)

    assert activity.coverage == 0
