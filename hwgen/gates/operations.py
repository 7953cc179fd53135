"""Gates as operations on nodes: look-ups, latches, sets and resets, flip-flops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hwgen.errors import UserError
from hwgen.gates.netlist import ONE, ZERO, Netlist
from hwgen.gates.order import FORCE, HOLD, Operation, in_order
from hwgen.gates.tables import MOST_INPUTS, Lookup, decompose
from hwgen.liberty.functions import Behaviour, Expression, FlipFlop, Latch, Register, behaviour
from hwgen.liberty.library import Library

__all__ = ["CLEAR_BOTH", "KEEP_BOTH", "PRESET_BOTH", "Clocked", "Operations", "operations_of"]

NOT = 0b01  # a table
CLEAR_BOTH, PRESET_BOTH, KEEP_BOTH = range(3)  # a register that is set and reset at once
BOTH = {"L": CLEAR_BOTH, "X": CLEAR_BOTH, "H": PRESET_BOTH, "N": KEEP_BOTH}


class Clocked(NamedTuple):
    """A flip-flop: the nodes of its value, its clock and its next state."""

    register: int
    clock: int
    next: int


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What a netlist does.

    Parameters
    ----------
    operations : tuple of Operation
        Look-ups; then latches, sets and resets, a latch before its set and reset.
    flip_flops : tuple of Clocked
        Those with a clock.
    registers : tuple of int
        Nodes of flip-flops and latches.
    inputs : tuple of int
        Nodes of the top's inputs, the clock among them.
    clock : int or None
        Its node.
    late : frozenset of int
        Inputs that answer outputs within a cycle.
    node_of : tuple of int
        Node of every net: `ZERO` and `ONE` for constants; the same for nets that are always equal.
    """

    operations: tuple[Operation, ...]
    flip_flops: tuple[Clocked, ...]
    registers: tuple[int, ...]
    inputs: tuple[int, ...]
    clock: int | None
    late: frozenset[int]
    node_of: tuple[int, ...]


def operations_of(
    netlist: Netlist, library: Library, *, clock: str | None, late: Sequence[str]
) -> Operations:
    """Take gates apart, as `hwgen.gates.program.compile_netlist` says.

    Raises
    ------
    UserError
        As there.
    """
    return _Gates(netlist, library).operations(clock, late)


class _Template(NamedTuple):
    """An expression as look-ups: operand 2 + i is input i, then come the look-ups' results."""

    inputs: tuple[str, ...]
    lookups: tuple[Lookup, ...]
    result: int


class _Gates:
    """Nodes are made gate by gate. The first nodes are the nets, by their numbers."""

    def __init__(self, netlist: Netlist, library: Library) -> None:
        self.netlist, self.library = netlist, library
        self.nodes = len(netlist.nets)
        self.same: dict[int, int] = {}  # nodes that are another one
        self.lookups: list[Operation] = []
        self.in_place: list[Operation] = []
        self.flip_flops: list[Clocked] = []
        self.registers: list[int] = []
        self.templates: dict[Expression, _Template] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self._add_gates()
        self._resolve()

    def operations(self, clock: str | None, late: Sequence[str]) -> Operations:
        """Return what has been found."""
        inputs = dict.fromkeys(self.netlist.port_nets("input").tolist())
        return Operations(
            operations=(*self.lookups, *self.in_place),
            flip_flops=tuple(self.flip_flops),
            registers=tuple(self.registers),
            inputs=tuple(net for net in inputs if net not in (ZERO, ONE)),
            clock=self._input(clock)[0] if clock is not None else None,
            late=frozenset(net for name in late for net in self._input(name)),
            node_of=tuple(map(self._representative, range(len(self.netlist.nets)))),
        )

    def _input(self, name: str) -> tuple[int, ...]:
        port = self.netlist.ports.get(name)
        if port is None or port.direction != "input":
            raise UserError(f"{self.netlist.top}: must have an input {name}, not none")
        return port.nets

    def _add_gates(self) -> None:
        driven = set(self.netlist.port_nets("input").tolist()) | {ZERO, ONE}
        for gate in self.netlist.gates:
            does = self._behaviour(gate.kind)
            values = dict(gate.pins)
            for register in does.registers:
                self._add_register(register, values)
            for pin, output in does.outputs.items():
                net = gate.pins.get(pin)
                if net is None:
                    continue
                if net in driven:
                    raise UserError(
                        f"{self.netlist.top}: net {self.netlist.nets[net]} must have one driver, "
                        f"not {gate.path} besides another"
                    )
                driven.add(net)
                self._build(output.function, values, net)
        undriven = [net for net in range(len(self.netlist.nets)) if net not in driven]
        self.same |= dict.fromkeys(undriven, ZERO)

    def _behaviour(self, kind: str) -> Behaviour:
        """Return what a cell does, or say why it cannot be simulated."""
        if kind not in self.behaviours:
            does = behaviour(self.library.cell(kind))
            amiss = [f"{name} that {why}" for name, why in does.unknown.items()]
            amiss += [
                f"three-state {name}" for name, one in does.outputs.items() if one.three_state
            ]
            amiss += [
                f"clear_preset_var1 {one.clear_preset_var1}"
                for one in does.registers
                if one.clear_preset_var1 not in BOTH
            ]
            if amiss:
                raise UserError(
                    f"{self.library.path}: cell ({kind}): must be one that can be simulated, "
                    f"not one with {amiss[0]}"
                )
            self.behaviours[kind] = does
        return self.behaviours[kind]

    def _fresh(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def _add_register(self, register: Register, values: dict[str, int]) -> None:
        """Add a register, and its variables to the values that expressions may read."""
        node = self._fresh()
        self.registers.append(node)
        values[register.variables[0]] = node
        clear = self._control(register.clear, values)
        preset = self._control(register.preset, values)
        if len(register.variables) > 1:
            values[register.variables[1]] = self._inverse(register, node, clear, preset)
        if isinstance(register, FlipFlop):
            clock = self._build(register.clocked_on, values)
            self.flip_flops.append(Clocked(node, clock, self._build(register.next_state, values)))
        elif isinstance(register, Latch) and register.enable and register.data_in:
            reads = [self._build(one, values) for one in (register.enable, register.data_in)]
            self.in_place.append(Operation(HOLD, 0, (*reads, node), node))
        if (clear, preset) != (ZERO, ZERO):
            both = BOTH[register.clear_preset_var1]
            self.in_place.append(Operation(FORCE, both, (node, clear, preset), node))

    def _control(self, expression: Expression | None, values: Mapping[str, int]) -> int:
        return ZERO if expression is None else self._build(expression, values)

    def _inverse(self, register: Register, node: int, clear: int, preset: int) -> int:
        """Return the second variable: the inverse, or as the cell has it when set and reset."""
        if ZERO in (clear, preset) or register.clear_preset_var2 not in "LH":
            return self._lookup(NOT, (node,))
        given = register.clear_preset_var2 == "H"
        table = sum((given if entry >> 1 == 3 else not entry & 1) << entry for entry in range(8))
        return self._lookup(table, (node, clear, preset))

    def _build(
        self, expression: Expression, values: Mapping[str, int], into: int | None = None
    ) -> int:
        """Add the look-ups of an expression and return the node of its value."""
        template = self.templates.get(expression)
        if template is None:
            template = self.templates[expression] = self._template(expression)
        # A pin that is not there at all is open, like a net without a driver: zero.
        nodes = [ZERO, ONE, *(values.get(name, ZERO) for name in template.inputs)]
        last = len(nodes) + len(template.lookups) - 1
        for table, operands in template.lookups:
            final = template.result == last == len(nodes)
            reads = tuple(nodes[operand] for operand in operands)
            nodes.append(self._lookup(table, reads, into if final else None))
        result = nodes[template.result]
        if into is not None and (result != into or not template.lookups):
            self.same[into] = result
            return into
        return result

    def _lookup(self, table: int, reads: tuple[int, ...], into: int | None = None) -> int:
        node = self._fresh() if into is None else into
        self.lookups.append(Operation(len(reads), table, reads, node))
        return node

    def _template(self, expression: Expression) -> _Template:
        inputs = expression.inputs
        if len(inputs) > MOST_INPUTS:
            raise UserError(
                f"{self.library.path}: a function must have at most {MOST_INPUTS} inputs, "
                f"not {len(inputs)}: {expression}"
            )
        lookups: list[Lookup] = []

        def emit(table: int, operands: tuple[int, ...]) -> int:
            lookups.append((table, operands))
            return 1 + len(inputs) + len(lookups)

        result = decompose(expression.truth_table(), range(2, 2 + len(inputs)), emit)
        return _Template(inputs, tuple(lookups), result)

    def _resolve(self) -> None:
        """Let everything read what a buffer reads, and equal look-ups be one."""
        self._rename()
        order, _ = in_order([*self.lookups, *self.in_place])
        kept, found = [], {}
        for operation in order:
            if operation.kind in (HOLD, FORCE):
                continue
            reads = tuple(self.same.get(node, node) for node in operation.reads)
            key = (operation.table, reads)
            if key in found:
                self.same[operation.writes] = found[key]
            else:
                found[key] = operation.writes
                kept.append(operation)
        self.lookups = kept
        self._rename()

    def _rename(self) -> None:
        name = self._representative
        self.same = {node: name(node) for node in self.same}
        for operations in (self.lookups, self.in_place):
            operations[:] = [
                one._replace(reads=tuple(self.same.get(node, node) for node in one.reads))
                for one in operations
            ]
        self.flip_flops = [
            Clocked(*(self.same.get(node, node) for node in one)) for one in self.flip_flops
        ]

    def _representative(self, node: int) -> int:
        seen = set()
        while node in self.same:
            if node in seen:
                raise UserError(
                    f"{self.netlist.top}: {self.netlist.nets[node]} must be driven by more than "
                    "a ring of buffers"
                )
            seen.add(node)
            node = self.same[node]
        return node
