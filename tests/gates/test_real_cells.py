"""Every cell of two open libraries, by itself, against plain evaluation."""

import re
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.gates.program import compile_netlist
from hwgen.gates.simulator import LANES, Simulator
from hwgen.liberty.functions import FlipFlop, behaviour
from hwgen.liberty.library import Library
from tests.gates.cells import Reference, flat

FOLDER = Path(__file__).parents[2] / "../shared/data/liberty"
# Cells that cannot be simulated: they let go of their nets, or hold one without driving it.
LIBRARIES = {
    "sky130_fd_sc_hd__tt_025C_1v80": {"ebufn", "einvn", "einvp"},
    "sg13g2_stdcell_typ_1p20V_25C": {"ebufn", "einvn", "sighold"},
}
CYCLES = 40


@pytest.fixture(scope="module", params=LIBRARIES)
def named(request):
    file = FOLDER / f"{request.param}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    return request.param, Library.read(file)


def test_every_cell_does_what_its_functions_say(named):
    name, library = named
    refused, gates = {}, {}
    for kind, cell in library.cells.items():
        try:
            compile_netlist(one(kind, cell, library), library)
            gates[kind] = cell
        except UserError as error:
            refused[kind] = str(error)
    for kind, message in refused.items():
        assert f"cell ({kind}): must be one that can be simulated" in message
    families = {re.sub("sky130_fd_sc_hd__|sg13g2_|_\\d+$", "", kind) for kind in refused}
    assert families == LIBRARIES[name]
    assert len(gates) > 70

    netlist = together(gates, library)
    simulator = Simulator(compile_netlist(netlist, library))
    reference = Reference(netlist, library)
    rng = np.random.default_rng(3)
    for _ in range(CYCLES):
        inputs = {port: int(rng.integers(0, 2)) for port in netlist.ports if port != "clk"}
        for port, value in inputs.items():
            simulator.set(port, value)
        simulator.cycle()
        reference.cycle(inputs)

    activity = simulator.activity()
    np.testing.assert_array_equal(activity.toggles[2:], LANES * reference.toggles[2:])
    np.testing.assert_array_equal(activity.half_cycles_high[2:], LANES * reference.high[2:])


def one(kind, cell, library):
    inputs, pins = connected(kind, cell)
    return flat(["clk", *inputs], [], {kind: (kind, pins)}, library)


def together(cells, library):
    inputs, gates = {}, {}
    for kind, cell in cells.items():
        own, gates[kind] = connected(kind, cell)[0], (kind, connected(kind, cell)[1])
        inputs |= dict.fromkeys(own)
    return flat(["clk", *inputs], [], gates, library)


def connected(kind, cell):
    """Give a cell inputs of its own, all but its clock."""
    does = behaviour(cell)
    clocks = {
        name
        for register in does.registers
        if isinstance(register, FlipFlop)
        for name in register.clocked_on.inputs
    }
    clocks |= {"CLK"} if does.clock_gate else set()
    pins, inputs = {}, []
    for name, pin in cell.pins.items():
        if pin.direction == "input":
            pins[name] = "clk" if name in clocks else f"i_{name}"
            inputs += [pins[name]] * (pins[name] != "clk")
        elif pin.direction == "output":
            pins[name] = f"{kind}_{name}"
    return list(dict.fromkeys(inputs)), pins
