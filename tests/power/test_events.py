"""Energies of real cells against a tally of single events, each in the state in which it happens.

The tally shares nothing with `hwgen.power.cells` but the reading of the file: changes are those of
plain evaluation, one after the other; conditions hold or do not; a table is looked up where an edge
has its slew and its load. Probabilities do not come into it. Inputs are independent and, but for
the clock, one changes at a time, as the model assumes.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hwgen.gates.activity import Activity
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import delays
from hwgen.liberty.library import Library
from hwgen.liberty.power import internal_energies, leakages, resting_leakage_w
from hwgen.power.cells import Signals, cell_power
from hwgen.power.tables import PowerCells
from tests.gates.cells import Reference, flat

FOLDER = Path(__file__).parents[2] / "../shared/data/liberty"
SKY130 = "sky130_fd_sc_hd__tt_025C_1v80"
SG13G2 = "sg13g2_stdcell_typ_1p20V_25C"
WIRE_FF = 4.0
CYCLES = 2500
NAND_TO_FLOP = {  # a gated clock, its flip-flop and what that takes
    SKY130: {
        "icg": ("sky130_fd_sc_hd__dlclkp_1", {"CLK": "clk", "GATE": "en", "GCLK": "g"}),
        "nand": ("sky130_fd_sc_hd__nand2_1", {"A": "a", "B": "b", "Y": "n"}),
        "ff": ("sky130_fd_sc_hd__dfrtp_1", {"CLK": "g", "D": "n", "RESET_B": "1", "Q": "q"}),
    },
    SG13G2: {
        "icg": ("sg13g2_lgcp_1", {"CLK": "clk", "GATE": "en", "GCLK": "g"}),
        "nand": ("sg13g2_nand2_1", {"A": "a", "B": "b", "Y": "n"}),
        "ff": ("sg13g2_dfrbpq_1", {"CLK": "g", "D": "n", "RESET_B": "1", "Q": "q"}),
    },
}

PREFIXES = {SKY130: "sky130_fd_sc_hd__", SG13G2: "sg13g2_"}
CLOCKS, AT_REST = {"CLK"}, {"RESET_B", "SET_B"}
ALONE = {  # by their names in sky130, with those of sg13g2 where they are others
    "inv_1": {},
    "xor2_1": {},
    "mux2_1": {},
    "a21o_1": {},
    "a22oi_1": {},
    "dfrbp_1": {},
    "sdfrtp_1": {SG13G2: "sdfrbp_1"},  # scan, reset
    "sdlclkp_1": {SG13G2: "slgcp_1"},  # a clock gate with a test pin
}


@pytest.fixture(scope="module", params=NAND_TO_FLOP)
def library(request):
    file = FOLDER / f"{request.param}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    return request.param, Library.read(file)


class Recorded(Reference):
    """Plain evaluation that remembers all values at the end of every phase."""

    def __init__(self, netlist, library):
        self.phases = []
        super().__init__(netlist, library)

    @property
    def before(self):
        return self.phases[-1][0]

    @before.setter
    def before(self, values):
        self.phases.append((values, dict(self.kept)))


def played(netlist, library, inputs, seed=5):
    """Change one input in a cycle, and in some cycles none."""
    rng = np.random.default_rng(seed)
    recorded = Recorded(netlist, library)
    given = dict.fromkeys(inputs, False)
    for _ in range(CYCLES):
        chosen = rng.choice([*inputs, None])
        if chosen:
            given[chosen] = bool(rng.random() < inputs[chosen])
        recorded.cycle(given)
    return recorded


def estimated(netlist, library, recorded):
    activity = Activity(
        netlist=netlist,
        cycles=CYCLES,
        toggles=recorded.toggles,
        half_cycles_high=recorded.high,
    )
    arcs = Arcs(library)
    cells = PowerCells(library, arcs)
    timing = delays(netlist, arcs, wire_ff=WIRE_FF, input_slew_ns=0.2)
    timing.slews[:] += [0.05, 0.15]  # the clock's, too; so that edges are not alike
    return timing, cell_power(netlist, cells, timing, Signals.measured(activity), wire_ff=WIRE_FF)


class Tally:
    """Energies of all events: inside by pins of inputs and of outputs, and at the nets."""

    def __init__(self, netlist, library, recorded, timing):
        self.netlist, self.library, self.recorded, self.timing = netlist, library, recorded, timing
        self.does = recorded.does
        self._energies = cache(lambda cell, pin: internal_energies(library, cell.pins[pin]))
        self._leakages = cache(lambda cell: leakages(library, cell))
        gates = [gate.path for gate in netlist.gates]
        self.at_inputs, self.at_outputs, self.switching, self.leakage = (
            dict.fromkeys(gates, 0.0) for _ in range(4)
        )
        for phase in range(1, len(recorded.phases)):
            for gate in netlist.gates:
                self._phase(gate, phase)

    def _names(self, gate, phase):
        values, kept = self.recorded.phases[phase]
        names = {pin: values[net] for pin, net in gate.pins.items()}
        for register in self.does[gate.kind].registers:
            value = kept.get((gate.path, register.variables[0]), False)
            names |= zip(register.variables, (value, not value), strict=False)
        return names

    def _phase(self, gate, phase):
        cell = self.library.cells[gate.kind]
        before, after = self._names(gate, phase - 1), self._names(gate, phase)
        self.leakage[gate.path] += self._leakage(cell, after) / (2 * CYCLES)
        changed = {pin for pin in gate.pins if before[pin] != after[pin]}
        for pin in changed:
            rise = after[pin]
            if cell.pins[pin].direction == "input":
                clock = cell.pins[pin].group.get("clock") == "true"
                states = [before] if clock else [before, after]
                for state in states:  # data changes somewhere in a cycle
                    energy = self._at_input(cell, gate, pin, rise, state)
                    self.at_inputs[gate.path] += energy / len(states) / CYCLES
            else:
                volts = self.library.conditions["voltage"]
                self.switching[gate.path] += self._load(gate.pins[pin]) * volts**2 / 2 / CYCLES
                energy = self._at_output(cell, gate, pin, rise, before, after, changed)
                self.at_outputs[gate.path] += energy / CYCLES

    def _at_input(self, cell, gate, pin, rise, state):
        return sum(
            self._looked_up(one, rise, self._slew(gate.pins[pin], rise), 0.0)
            for one in holding(self._energies(cell, pin), state)
        )

    def _at_output(self, cell, gate, pin, rise, before, after, changed):
        given = self._energies(cell, pin)
        found = [
            (cause, one)
            for cause in changed
            for one in holding([one for one in given if cause in one.related_pins], before)
        ]
        ((cause, one),) = found  # one input changes at a time
        slew = self._slew(gate.pins[cause], after[cause])
        return self._looked_up(one, rise, slew, self._load(gate.pins[pin]))

    def _leakage(self, cell, state):
        found = [one.watts for one in self._leakages(cell) if one.when.evaluate(state, True)]
        assert len(found) <= 1
        return found[0] if found else resting_leakage_w(self.library, cell)

    def _looked_up(self, energy, rise, slew, load):
        table = energy.rise if rise else energy.fall
        if table is None:
            return 0.0
        at = {"input_transition_time": slew, "total_output_net_capacitance": load}
        return table.at(**{axis: at[axis] for axis in table.axes})

    def _slew(self, net, rise):
        return self.timing.slews[net, 0 if rise else 1] * self.library.units.time_s

    def _load(self, net):
        pins = [
            self.library.cells[gate.kind].pins[pin].group
            for gate in self.netlist.gates
            for pin, on in gate.pins.items()
            if on == net and self.netlist.directions[gate.kind][pin] == "input"
        ]
        picofarads = [
            (pin.number("rise_capacitance") + pin.number("fall_capacitance")) / 2 for pin in pins
        ]
        return sum(picofarads) * 1e-12 + len(pins) * WIRE_FF * 1e-15


def holding(given, state):
    """Return the entries whose conditions hold, else those without one."""
    named = [one for one in given if one.when is not None and one.when.evaluate(state, True)]
    return named or [one for one in given if one.when is None]


def test_three_gates_behind_a_gated_clock(library):
    name, read = library
    inputs = {"en": 0.3, "a": 0.5, "b": 0.7}
    netlist = flat(["clk", *inputs], [], NAND_TO_FLOP[name], read)
    recorded = played(netlist, read, inputs)
    timing, power = estimated(netlist, read, recorded)
    tally = Tally(netlist, read, recorded, timing)

    inside = power.internal_j + power.clock_internal_j
    # A flip-flop's data rises while it holds zero, which the model does not know.
    for (place, gate), near in zip(enumerate(netlist.gates), (0.001, 0.03, 0.1), strict=True):
        path = gate.path
        expected = tally.at_inputs[path] + tally.at_outputs[path]
        assert inside[place] / expected == pytest.approx(1, abs=near), path
        assert power.leakage_w[place] / tally.leakage[path] == pytest.approx(1, abs=0.03), path
        assert power.switching_j[place] == pytest.approx(tally.switching[path], rel=1e-9, abs=0)
    groups = power.groups()
    combinational, clock = groups["combinational"], groups["clock"]
    assert combinational[:2] == pytest.approx((inside[1], tally.switching["nand"]), rel=1e-9, abs=0)
    volts = read.conditions["voltage"]
    of_tree = tally.switching["icg"] + 2 * pin_f(read, netlist.gates[0]) * volts**2 / 2
    assert clock[1] == pytest.approx(of_tree, rel=1e-9, abs=0)
    assert groups["sequential"][1] == 0


def pin_f(library, gate):
    """Return the capacitance of a gate's clock pin with its wire, F."""
    pin = library.cells[gate.kind].pins["CLK"].group
    rise, fall = (pin.number(f"{edge}_capacitance") for edge in ("rise", "fall"))
    return (rise + fall) / 2 * 1e-12 + WIRE_FF * 1e-15


@pytest.mark.parametrize("kind", ALONE)
def test_a_cell_alone(library, kind):
    name, read = library
    full = PREFIXES[name] + ALONE[kind].get(name, kind)
    inputs, pins = {}, {}
    for pin in read.cells[full].pins.values():
        if pin.direction == "input":
            level = "clk" if pin.name in CLOCKS else "1" if pin.name in AT_REST else pin.name
            pins[pin.name] = level
            inputs |= {level: 0.3 + 0.05 * len(inputs)} if level == pin.name else {}
        elif pin.direction == "output":
            pins[pin.name] = f"out_{pin.name}"
    netlist = flat(["clk", *inputs], [], {"gate": (full, pins)}, read)
    recorded = played(netlist, read, inputs)
    timing, power = estimated(netlist, read, recorded)
    tally = Tally(netlist, read, recorded, timing)

    expected = tally.at_inputs["gate"] + tally.at_outputs["gate"]
    found = power.internal_j[0] + power.clock_internal_j[0]
    assert found / expected == pytest.approx(1, abs=0.03)
    assert power.leakage_w[0] / tally.leakage["gate"] == pytest.approx(1, abs=0.08)
