"""A small library, and netlists made by hand."""

from functools import cache

import numpy as np

from hwgen.gates.netlist import Hierarchy
from hwgen.liberty.functions import FlipFlop, Latch, behaviour
from hwgen.liberty.library import Library
from tests.gates.tiny import hierarchy

__all__ = ["Reference", "flat", "library", "random_netlist"]

GATES = {
    "BUF": "A",
    "INV": "!A",
    "NAND2": "!(A B)",
    "XOR2": "A ^ B",
    "AOI22": "!((A B) | (C D))",
    "MUX2": "(A S') | (B S)",
    "MUX4": "(A !S !T) | (B S !T) | (C !S T) | (D S T)",
    "MAJ3": "(A B) | (A C) | (B C)",
    "NOR5": "!(A | B | C | D | E)",
    "ZERO": "0",
    "ONE": "1",
}
FLIP_FLOP = 'ff (IQ, IQN) { next_state : "%s"; clocked_on : "%s"; %s }'
LATCH = 'latch (IQ, IQN) { data_in : "D"; enable : "%s"; %s }'
BOTH = 'clear : "!R"; preset : "!P"; clear_preset_var1 : %s; clear_preset_var2 : %s;'
REGISTERS = {
    "DFF": FLIP_FLOP % ("D", "C", ""),
    "DFFN": FLIP_FLOP % ("D", "!C", ""),
    "DFFR": FLIP_FLOP % ("D", "C", 'clear : "!R";'),
    "DFFP": FLIP_FLOP % ("D", "C", 'preset : "P";'),
    "DFFE": FLIP_FLOP % ("(D E) | (IQ !E)", "C", ""),
    "DFFLL": FLIP_FLOP % ("D", "C", BOTH % ("L", "L")),
    "DFFHL": FLIP_FLOP % ("D", "C", BOTH % ("H", "L")),
    "DFFHH": FLIP_FLOP % ("D", "C", BOTH % ("H", "H")),
    "DLAT": LATCH % ("G", ""),
    "DLATR": LATCH % ("!G", 'clear : "!R";'),
    "SR": 'latch (IQ, IQN) { preset : "P"; clear : "R"; clear_preset_var1 : N; }',
}
GATE = """
  cell (ICG) {
    clock_gating_integrated_cell : "latch_posedge";
    statetable ("C E", "M") { table : "L L : - : L, L H : - : H, H - : - : N"; }
    pin (M) { direction : internal; internal_node : "M"; }
    pin (Q) { direction : output; state_function : "C * M"; }
    pin (C) { direction : input; }
    pin (E) { direction : input; }
  }
  cell (TRI) {
    pin (Q) { direction : output; function : "A"; three_state : "!E"; }
    pin (A) { direction : input; }
    pin (E) { direction : input; }
  }
"""


@cache
def library():
    """Cells of all sorts; their inputs are A to E, R, P, S, T, G and C, their outputs Q and QN."""
    cells = [
        f"cell ({name}) {{ {_inputs(text)} {_output('Q', text)} }}" for name, text in GATES.items()
    ]
    cells += [
        f"cell ({name}) {{ {text} {_inputs(text)} {_output('Q', 'IQ')} {_output('QN', 'IQN')} }}"
        for name, text in REGISTERS.items()
    ]
    return Library("small.lib", f"library (small) {{ {' '.join(cells)} {GATE} }}")


def _inputs(text):
    used = [pin for pin in "ABCDERPSTG" if pin in "".join(text.split('"')[1::2] or [text])]
    return " ".join(f"pin ({pin}) {{ direction : input; }}" for pin in used)


def _output(pin, function):
    return f'pin ({pin}) {{ direction : output; function : "{function}"; }}'


def flat(inputs, outputs, gates, cells=None):
    """Make a netlist of gates: name -> (cell, {pin: net}); nets are names, "0" or "1"."""
    known = (cells or library()).cells
    numbers = {"0": "0", "1": "1"}

    def bit(net):
        return numbers.setdefault(net, len(numbers))

    ports = {name: ("input", [bit(name)]) for name in inputs}
    ports |= {name: ("output", [bit(name)]) for name in outputs}
    placed = {
        name: (kind, {pin: bit(net) for pin, net in pins.items()})
        for name, (kind, pins) in gates.items()
    }
    directions = {
        kind: {pin: known[kind].pins[pin].direction if kind in known else "x" for pin in pins}
        for kind, pins in gates.values()
    }
    nets = {name: [number] for name, number in numbers.items() if name not in "01"}
    return Hierarchy(hierarchy(placed, ports, directions=directions, nets=nets)).flat()


def random_netlist(rng, *, gates, kinds):
    """Join random cells without loops: what they read are inputs, registers, and gates before.

    Clocks are the port ``clk``, gated where clock gates are among the kinds. Latches have the clock
    as enable: which of an enable and its data comes first would be a matter of delays.
    """
    inputs = ["clk", "rst", *(f"i{k}" for k in range(5))]
    chosen = rng.choice(kinds, size=gates).tolist()
    cells, clocks, known = {}, ["clk"], list(inputs[2:])
    later = [f"n{k}" for k, kind in enumerate(chosen) if kind.startswith("DFF")]
    for k, kind in enumerate(chosen):
        pins = {}
        for pin in library().cells[kind].pins:
            if pin in ("Q", "QN", "M"):
                continue
            source = [*known, *later]
            if pin == "C" and (kind.startswith("DFF") or kind == "ICG"):
                source = clocks if kind != "ICG" else ["clk"]
            elif pin == "G":
                source = ["clk"]
            elif pin in ("R", "P"):
                source = ["rst", *inputs[2:]]
            pins[pin] = str(rng.choice(source))
        pins["Q"] = f"n{k}"
        if kind == "ICG":
            clocks.append(f"n{k}")
        else:
            known.append(f"n{k}")
        cells[f"g{k}"] = (kind, pins)
    return flat(inputs, [], cells)


class Reference:
    """One stimulus by plain evaluation of expressions, over and over until nothing changes.

    Edges of clocks are found by comparing values; flip-flops change after all else has come to
    rest, all at once, unless they are being set or reset. Inputs change after the first of these.
    """

    def __init__(self, netlist, cells):
        self.netlist = netlist
        self.does = {kind: behaviour(cells.cells[kind]) for kind in netlist.directions}
        self.values = [False, *[True] * (len(netlist.nets) > 1), *[False] * len(netlist.nets)]
        self.kept = {}
        self._settle()
        self.clocks = self._clocks()
        self.before = list(self.values)
        self.toggles = np.zeros(len(netlist.nets), dtype=np.int64)
        self.high = np.zeros(len(netlist.nets), dtype=np.int64)

    def cycle(self, inputs):
        """Run the two phases of a cycle."""
        ports = self.netlist.ports
        for level in (True, False):
            self.values[ports["clk"].nets[0]] = level
            changes = self._fire()
            if level:
                for name, value in inputs.items():
                    self.values[ports[name].nets[0]] = bool(value)
            while True:
                self.kept.update(changes)
                self._settle()
                changes = self._fire()
                if not changes:
                    break
            for net in range(len(self.netlist.nets)):
                self.toggles[net] += self.values[net] != self.before[net]
                self.high[net] += self.values[net]
            self.before = list(self.values)

    def _names(self, gate):
        names = {pin: self.values[net] for pin, net in gate.pins.items()}
        for register in self.does[gate.kind].registers:
            value = self.kept.get((gate.path, register.variables[0]), False)
            names[register.variables[0]] = value
            if len(register.variables) > 1:
                names[register.variables[1]] = not value
                if self._holds(register.clear, names) and self._holds(register.preset, names):
                    told = {"L": False, "H": True}.get(register.clear_preset_var2, not value)
                    names[register.variables[1]] = told
        return names

    @staticmethod
    def _holds(expression, names):
        return expression is not None and bool(expression.evaluate(names, True))

    def _settle(self):
        for _ in range(200):
            before = list(self.values), dict(self.kept)
            for gate in self.netlist.gates:
                for register in self.does[gate.kind].registers:
                    self._force(gate, register)
                for pin, output in self.does[gate.kind].outputs.items():
                    if pin in gate.pins:
                        value = bool(output.function.evaluate(self._names(gate), True))
                        self.values[gate.pins[pin]] = value
            if before == (self.values, self.kept):
                return
        raise AssertionError("does not come to rest")

    def _force(self, gate, register):
        key, names = (gate.path, register.variables[0]), self._names(gate)
        if isinstance(register, Latch) and self._holds(register.enable, names):
            self.kept[key] = bool(register.data_in.evaluate(names, True))
        clear, preset = (self._holds(one, names) for one in (register.clear, register.preset))
        if clear and preset:
            if register.clear_preset_var1 != "N":
                self.kept[key] = register.clear_preset_var1 == "H"
        elif clear or preset:
            self.kept[key] = preset

    def _clocks(self):
        return {
            (gate.path, register.variables[0]): self._holds(register.clocked_on, self._names(gate))
            for gate in self.netlist.gates
            for register in self.does[gate.kind].registers
            if isinstance(register, FlipFlop)
        }

    def _fire(self):
        """Return the next values of flip-flops whose clocks have risen, all else at rest."""
        data = {}
        for gate in self.netlist.gates:
            for register in self.does[gate.kind].registers:
                names = self._names(gate)
                forced = self._holds(register.clear, names) or self._holds(register.preset, names)
                if isinstance(register, FlipFlop) and not forced:
                    key = (gate.path, register.variables[0])
                    data[key] = bool(register.next_state.evaluate(names, True))
        self._settle()
        before, self.clocks = self.clocks, self._clocks()
        risen = [key for key, now in self.clocks.items() if now and not before[key]]
        return {key: data[key] for key in risen if key in data}
