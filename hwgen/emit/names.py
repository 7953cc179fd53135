"""Verilog names of the wires, instances and states of a module."""

import re
from collections.abc import Callable

from hwgen.emit.hierarchy import CLOCK, RESET, Block
from hwgen.emit.keywords import KEYWORDS
from hwgen.emit.netlist import Netlist, is_anonymous
from hwgen.emit.operators import Op
from hwgen.emit.reset import Reset
from hwgen.emit.rtlil import Slice, Spec
from hwgen.emit.statements import read_by

__all__ = ["Names", "bits_read", "identifier", "port_identifier"]


class Names:
    """Verilog names of the wires and instances of a module."""

    def __init__(
        self, block: Block, netlist: Netlist, reset: Reset, port_name: Callable[[str], str]
    ) -> None:
        self._taken: set[str] = set()
        self._fields: dict[str, str] = {}
        self.wires: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.shared = {CLOCK: CLOCK, RESET: reset.name}
        has_reset = any(port.name == RESET for port in block.ports)
        self.reset_pin = Slice(f"\\{RESET}", 0, 1) if has_reset else None
        for port in block.ports:
            name = self.shared.get(port.name) or port_identifier(port_name(port.name))
            self.wires[f"\\{port.name}"] = self._unique(name)
        for instance in netlist.instances:
            name = re.sub(r"\$\d+$", "", instance.name)
            self.instances[instance.name] = self._unique(identifier(name))
        pins = self._pins(netlist)
        declared = [target.wire for target in netlist.assigns]
        declared += [*netlist.processes, *(flop.wire for flop in netlist.flops), *pins]
        anonymous = 0
        for wire in sorted(dict.fromkeys(declared), key=is_anonymous):
            if wire in self.wires or wire not in netlist.wires:
                continue
            if wire in pins:
                name = pins[wire]
            elif is_anonymous(wire):
                anonymous += 1
                name = f"n{anonymous}"
            else:
                name = re.sub(r"\$\d+$", "", wire[1:])
            self.wires[wire] = self._unique(identifier(name))
        self.unused = self._unique("unused")

    def _pins(self, netlist: Netlist) -> dict[str, str]:
        """Name wires after the instance that they come from, or lead to."""
        read = bits_read(netlist)
        pins: dict[str, str] = {}
        for instance in netlist.instances:
            for port, wire in instance.outputs.items():
                unused = "" if wire in read else "unused_"
                pins[wire] = f"{unused}{instance.name}_{port}"
        for instance in netlist.instances:
            for port, spec in instance.inputs.items():
                if len(spec) == 1 and isinstance(spec[0], Slice) and spec[0].wire not in pins:
                    wire = spec[0].wire
                    declared = netlist.wires[wire]
                    whole = spec[0].width == declared.width
                    own = re.sub(r"\$\d+$", "", wire[1:]) == port
                    if whole and (is_anonymous(wire) or own) and declared.port is None:
                        pins[wire] = f"{instance.name}_{port}"
        return pins

    def field(self, wire: str) -> str:
        """Name a field of a structure: ``plan.stop_1`` is ``plan_stop_1``."""
        if wire not in self._fields:
            name = re.sub(r"\$\d+", "", wire[1:])
            self._fields[wire] = self._unique(identifier(name))
        return self._fields[wire]

    def states(self, block: Block, netlist: Netlist) -> dict[str, dict[int, str]]:
        """Return a constant for every named state of every state register."""
        states: dict[str, dict[int, str]] = {}
        for wire in netlist.wires.values():
            names = block.states.get(wire.name) or wire.enum
            if names and any(flop.wire == wire.name for flop in netlist.flops):
                register = re.sub(r"_state$", "", wire.name[1:])
                states[wire.name] = {
                    code: self._unique(identifier(f"{register}_{name}").upper())
                    for code, name in sorted(names.items())
                }
        return states

    def _unique(self, name: str) -> str:
        number, candidate = 1, name
        while candidate in self._taken:
            number += 1
            candidate = f"{name}_{number}"
        self._taken.add(candidate)
        return candidate


def identifier(name: str) -> str:
    """Return a name that needs no escaping."""
    name = re.sub(r"\W+", "_", name).strip("_") or "unnamed"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if name in KEYWORDS else name


def port_identifier(name: str) -> str:
    """Return the name of a port as it is: others rely on it, so a keyword is escaped."""
    return f"\\{name} " if name in KEYWORDS else identifier(name)


def bits_read(netlist: Netlist) -> dict[str, int]:
    """Return a mask of the bits that are read, or leave the module, for every wire."""
    specs: list[Spec] = []
    for value in [*netlist.assigns.values(), *netlist.inlined.values()]:
        specs += value.args if isinstance(value, Op) else (value,)
    for body in [*netlist.processes.values(), *(flop.body for flop in netlist.flops)]:
        specs += read_by(body)
    for flop in netlist.flops:
        specs += [flop.clock, flop.reset_pin]
    for instance in netlist.instances:
        specs += instance.inputs.values()
    for wire in netlist.wires.values():
        if wire.port == "output":
            specs.append((Slice(wire.name, 0, wire.width),))
    read: dict[str, int] = {}
    for spec in specs:
        if spec in netlist.vectors:
            name = netlist.vectors[spec]
            read[name] = (1 << netlist.wires[name].width) - 1
        for chunk in spec:
            if isinstance(chunk, Slice):
                bits = (1 << chunk.width) - 1 << chunk.low
                read[chunk.wire] = read.get(chunk.wire, 0) | bits
    return read
