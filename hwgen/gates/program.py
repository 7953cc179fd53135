"""Mapped netlists as programs of look-ups, for `hwgen.gates.kernels` to run.

A *slot* holds one word: the value of a net in 64 stimuli. Nets that are always equal share a slot:
those on both sides of a buffer, and those of gates that do the same. Slots are, in this order, the
constants, the inputs of the top, the registers, and what look-ups compute, in the order in which
they are computed.

A cycle has two *phases*, the high and the low one of the clock. In each of them

1. the clock changes, and what it reaches on its way to flip-flops is computed;
2. flip-flops whose clocks have risen take what their next states were before that, all at once;
3. other inputs of the top change (in the high phase only);
4. everything that may have changed is computed, registers that are open, set or reset included.

What a phase can reach is found once, by carrying the clock's level through the gates as a constant:
a latch that is closed passes nothing on, and a flip-flop whose clock is certainly low stays as it
is. Where a clock may rise again because of what step 4 changed, or gates form a loop, steps 2 and 4
repeat until nothing changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.gates.netlist import ONE, ZERO, Netlist
from hwgen.gates.tables import MOST_INPUTS, Lookup, decompose
from hwgen.liberty.functions import Behaviour, Expression, FlipFlop, Latch, Register, behaviour
from hwgen.liberty.library import Library

__all__ = ["FORCE", "HOLD", "KEEP_BOTH", "Code", "Phase", "Program", "compile_netlist"]

# Kinds of operations: look-ups with 1, 2 and 3 operands, a latch, a set or reset.
HOLD, FORCE = 4, 5
NOT = 0b01
CLEAR_BOTH, PRESET_BOTH, KEEP_BOTH = range(3)  # a register that is set and reset at once
BOTH = {"L": CLEAR_BOTH, "X": CLEAR_BOTH, "H": PRESET_BOTH, "N": KEEP_BOTH}


class Phase(NamedTuple):
    """What happens in one phase of the clock; runs are shaped (runs, 5), see `Program`.

    Parameters
    ----------
    level : int
        Level of the clock.
    clocking : ndarray of uint64
        Runs between the clock and clocks of flip-flops.
    early, late : ndarray of uint64
        Runs of all that may change, `late` being what depends on late inputs.
    always_next, always : ndarray of uint32
        Next states of the flip-flops that certainly take them, and their slots.
    gated_clock, gated_next, gated : ndarray of uint32
        The same of flip-flops that may, and their clocks.
    moving : ndarray of uint32
        Slots that may change.
    repeats : int
        Whether one pass may not be enough.
    """

    level: int
    clocking: NDArray[np.uint64]
    early: NDArray[np.uint64]
    late: NDArray[np.uint64]
    always_next: NDArray[np.uint32]
    always: NDArray[np.uint32]
    gated_clock: NDArray[np.uint32]
    gated_next: NDArray[np.uint32]
    gated: NDArray[np.uint32]
    moving: NDArray[np.uint32]
    repeats: int


class Code(NamedTuple):
    """What kernels run.

    Parameters
    ----------
    operands : ndarray of uint32
        Slots that operations read, one operation after the other.
    clock : int
        Slot of the clock; 0 without one.
    everything : ndarray of uint64
        Runs of all operations, for the first settling.
    high, low : Phase
        The phases.
    """

    operands: NDArray[np.uint32]
    clock: int
    everything: NDArray[np.uint64]
    high: Phase
    low: Phase


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """A netlist that can be simulated.

    A run is a row (kind, table, first, count, slot): `count` operations of one kind and table,
    whose operands begin at place `first`. Look-ups (kind 1, 2 or 3: as many operands) write `count`
    slots from `slot` on. `HOLD` has the operands enable, data and slot of a latch; `FORCE` the slot
    of a register, clear and preset, the last two being the same in a whole run.

    Parameters
    ----------
    netlist : Netlist
        What it was made of.
    code : Code
        The operations.
    slots : int
        Slots in use.
    slot_of : ndarray of int64, shape (nets,)
        Slot of every net.
    registers : ndarray of uint32
        Slots of flip-flops and latches.
    late : frozenset of int
        Slots that depend on late inputs without a clock edge in between.
    """

    netlist: Netlist
    code: Code
    slots: int
    slot_of: NDArray[np.int64]
    registers: NDArray[np.uint32]
    late: frozenset[int]

    def port(self, name: str) -> NDArray[np.uint32]:
        """Return the slots of a port of the top, LSB first.

        Raises
        ------
        KeyError
            There is none of that name.
        """
        return self.slot_of[list(self.netlist.ports[name].nets)].astype(np.uint32)


def compile_netlist(
    netlist: Netlist, library: Library, *, clock: str | None = "clk", late: Sequence[str] = ()
) -> Program:
    """Make a program of a netlist.

    Parameters
    ----------
    netlist : Netlist
        Gates of the library's cells.
    library : Library
        What they do.
    clock : str or None
        Input of the top that is the clock; None where there is none.
    late : sequence of str
        Inputs of the top that answer its outputs within a cycle. They change after the outputs
        that do not depend on them have been computed.

    Raises
    ------
    UserError
        When a cell is missing, or does what cannot be simulated: three-state outputs, banks of
        registers, more than one driver of a net.
    """
    return _Compiler(netlist, library, clock, late).program()


class _Operation(NamedTuple):
    """One step: its kind, its table, what it reads, and the node it writes."""

    kind: int
    table: int
    reads: tuple[int, ...]
    writes: int


class _FlipFlop(NamedTuple):
    register: int
    clock: int
    next: int


class _Template(NamedTuple):
    """An expression as look-ups: operand 2 + i is input i, then come the look-ups' results."""

    inputs: tuple[str, ...]
    lookups: tuple[Lookup, ...]
    result: int


class _Compiler:
    """Nodes become slots in the end. The first nodes are the nets, by their numbers."""

    def __init__(
        self, netlist: Netlist, library: Library, clock: str | None, late: Sequence[str]
    ) -> None:
        self.netlist, self.library = netlist, library
        self.nodes = len(netlist.nets)
        self.same: dict[int, int] = {}  # nodes that are another one
        self.lookups: list[_Operation] = []
        self.in_place: list[_Operation] = []  # of registers, a latch's before its set and reset
        self.flip_flops: list[_FlipFlop] = []
        self.registers: list[int] = []
        self.templates: dict[Expression, _Template] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self._add_gates()
        given = netlist.port_nets("input")
        self.inputs = [int(net) for net in dict.fromkeys(given.tolist()) if net not in (ZERO, ONE)]
        self.clock = self._input(clock)[0] if clock is not None else None
        self.late_inputs = {net for name in late for net in self._input(name)}
        self._resolve()

    # From gates to operations

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
            cell = self.library.cells.get(kind)
            if cell is None:
                raise UserError(f"{self.library.path}: must have a cell {kind}, not none")
            does = behaviour(cell)
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
            self.flip_flops.append(_FlipFlop(node, clock, self._build(register.next_state, values)))
        elif isinstance(register, Latch) and register.enable and register.data_in:
            reads = [self._build(one, values) for one in (register.enable, register.data_in)]
            self.in_place.append(_Operation(HOLD, 0, (*reads, node), node))
        if (clear, preset) != (ZERO, ZERO):
            both = BOTH[register.clear_preset_var1]
            self.in_place.append(_Operation(FORCE, both, (node, clear, preset), node))

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
        self.lookups.append(_Operation(len(reads), table, reads, node))
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
        order, _ = self._sorted([*self.lookups, *self.in_place])
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
            _FlipFlop(*(self.same.get(node, node) for node in one)) for one in self.flip_flops
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

    # Order

    def _sorted(self, operations: Sequence[_Operation]) -> tuple[list[_Operation], bool]:
        """Put what is read before what reads it, operations of a kind in runs as long as may be.

        Second is whether that was not possible: there is a loop, which has been cut somewhere.
        """
        places = range(len(operations))
        last: dict[int, int] = {}  # the operation that finishes a node
        before: list[set[int]] = [set() for _ in places]
        for place, operation in enumerate(operations):
            if operation.writes in last:
                before[place].add(last[operation.writes])
            last[operation.writes] = place
        after: dict[int, list[int]] = defaultdict(list)
        for place, operation in enumerate(operations):
            own = operation.writes if operation.kind in (HOLD, FORCE) else None
            before[place] |= {
                last[node] for node in operation.reads if node in last and node != own
            }
            for other in before[place]:
                after[other].append(place)
        waits = [len(others) for others in before]
        ready: dict[tuple, list[int]] = defaultdict(list)
        for place in places:
            if not waits[place]:
                ready[_group(operations[place])].append(place)
        order: list[_Operation] = []
        done = [False] * len(operations)
        cut = None  # the first operation that was not waited for
        while len(order) < len(operations):
            if ready:
                found = ready.pop(max(ready, key=lambda group: len(ready[group])))
            else:
                cut = next(place for place in range(cut or 0, len(operations)) if not done[place])
                found = [cut]
            for place in found:
                done[place] = True
                order.append(operations[place])
                for other in after[place]:
                    waits[other] -= 1
                    if not waits[other] and not done[other]:
                        ready[_group(operations[other])].append(other)
        return order, cut is not None

    # Phases

    def program(self) -> Program:
        """Put everything together."""
        operations = [*self.lookups, *self.in_place]
        order, _ = self._sorted(operations)
        known = [self._levels(order, level) for level in (0, 1)]
        reaches = [self._reach(order, level, known) for level in (0, 1)]
        late = self._closure(order, self.late_inputs)
        parts = []
        for reach in reaches:
            split = ([], [])
            for operation in reach.operations:
                split[not late.isdisjoint(operation.reads)].append(operation)
            parts.append([self._sorted(part) for part in split])
        self._number([one for part, _ in parts[1] for one in part], order, reaches[1].always)
        phases = [
            Phase(
                level=level,
                clocking=self._runs(reach.clocking),
                early=self._runs(early),
                late=self._runs(afterwards),
                always_next=self._slots(one.next for one in reach.always),
                always=self._slots(one.register for one in reach.always),
                gated_clock=self._slots(one.clock for one in reach.gated),
                gated_next=self._slots(one.next for one in reach.gated),
                gated=self._slots(one.register for one in reach.gated),
                moving=self._slots(sorted(reach.moving)),
                repeats=int(reach.repeats or loop or loop_afterwards),
            )
            for level, (reach, ((early, loop), (afterwards, loop_afterwards))) in enumerate(
                zip(reaches, parts, strict=True)
            )
        ]
        everything = self._runs(order)
        name = self._representative
        return Program(
            netlist=self.netlist,
            code=Code(
                operands=np.array(self.operands, dtype=np.uint32),
                clock=0 if self.clock is None else self.slot[self.clock],
                everything=everything,
                high=phases[1],
                low=phases[0],
            ),
            slots=len(self.slot),
            slot_of=np.array([self.slot[name(net)] for net in range(len(self.netlist.nets))]),
            registers=self._slots(self.registers),
            late=frozenset(self.slot[node] for node in late),
        )

    def _levels(self, order: Sequence[_Operation], level: int) -> dict[int, int]:
        """Return the nodes that the level of the clock makes constant."""
        known = {ZERO: 0, ONE: 1}
        if self.clock is not None:
            known[self.clock] = level
        for operation in order:
            if operation.kind not in (HOLD, FORCE):
                values = {
                    operation.table >> entry & 1
                    for entry in range(1 << operation.kind)
                    if all(
                        known.get(node, entry >> bit & 1) == entry >> bit & 1
                        for bit, node in enumerate(operation.reads)
                    )
                }
                if len(values) == 1:
                    known[operation.writes] = values.pop()
        return known

    def _reach(
        self, order: Sequence[_Operation], level: int, known: Sequence[Mapping[int, int]]
    ) -> "_Reach":
        """Find what may happen in a phase."""
        levels, others = known[level], known[1 - level]
        order = [
            one for one in order if one.kind != HOLD or levels.get(one.reads[0]) != 0
        ]  # without closed latches
        clock = set() if self.clock is None else {self.clock}
        changed = set(self.inputs) - clock if level else set()
        triggered: list[_FlipFlop] = []
        while True:
            taking = {one.register for one in triggered}
            moving = self._closure(order, clock | changed | taking)
            more = [
                one for one in self.flip_flops if one.clock in moving and levels.get(one.clock) != 0
            ]
            if len(more) == len(triggered):
                break
            triggered = more
        always = [
            one for one in triggered if (levels.get(one.clock), others.get(one.clock)) == (1, 0)
        ]
        gated = [one for one in triggered if one not in set(always)]
        by_clock = self._closure(order, clock)
        wanted = self._fan_in(order, {one.clock for one in gated})
        unsettled = self._closure(
            [one for one in order if one.writes not in levels], changed | taking
        )
        return _Reach(
            operations=[one for one in order if not moving.isdisjoint(one.reads)],
            clocking=[
                one for one in order if one.writes in wanted and not by_clock.isdisjoint(one.reads)
            ],
            always=always,
            gated=gated,
            moving=moving,
            repeats=any(one.clock in unsettled for one in gated),
        )

    @staticmethod
    def _closure(order: Sequence[_Operation], sources: Iterable[int]) -> set[int]:
        """Return the nodes that may change with some others, these included."""
        found = set(sources)
        while True:
            before = len(found)
            for one in order:
                if not found.isdisjoint(one.reads):
                    found.add(one.writes)
            if len(found) == before:
                return found

    @staticmethod
    def _fan_in(order: Sequence[_Operation], nodes: Iterable[int]) -> set[int]:
        """Return all that some nodes are computed of."""
        found = set(nodes)
        while True:
            before = len(found)
            for one in reversed(order):
                if one.writes in found:
                    found.update(one.reads)
            if len(found) == before:
                return found

    # From nodes to slots

    def _number(
        self,
        first: Iterable[_Operation],
        order: Iterable[_Operation],
        always: Iterable[_FlipFlop],
    ) -> None:
        """Give every node its slot."""
        computed = [one.writes for one in (*first, *order) if one.kind not in (HOLD, FORCE)]
        nodes = [
            ZERO,
            ONE,
            *self.inputs,
            *(one.register for one in always),
            *self.registers,
            *computed,
        ]
        self.slot = {node: place for place, node in enumerate(dict.fromkeys(nodes))}
        self.operands: list[int] = []

    def _slots(self, nodes: Iterable[int]) -> NDArray[np.uint32]:
        return np.array([self.slot[node] for node in nodes], dtype=np.uint32)

    def _runs(self, order: Iterable[_Operation]) -> NDArray[np.uint64]:
        """Return operations as runs, and keep their operands."""
        rows: list[list[int]] = []
        group = None
        for one in order:
            slot = 0 if one.kind in (HOLD, FORCE) else self.slot[one.writes]
            follows = rows and (not slot or slot == rows[-1][4] + rows[-1][3])
            if _group(one) == group and follows:
                rows[-1][3] += 1
            else:
                rows.append([one.kind, one.table, len(self.operands), 1, slot])
                group = _group(one)
            self.operands += [self.slot[node] for node in one.reads]
        return np.array(rows, dtype=np.uint64).reshape(-1, 5)


class _Reach(NamedTuple):
    """What may happen in a phase: operations and nodes; flip-flops that rise, or may."""

    operations: list[_Operation]
    clocking: list[_Operation]
    always: list[_FlipFlop]
    gated: list[_FlipFlop]
    moving: set[int]
    repeats: bool


def _group(operation: _Operation) -> tuple[int, ...]:
    """Return what operations of a run have in common."""
    controls = operation.reads[1:] if operation.kind == FORCE else ()
    return (operation.kind, operation.table, *controls)
