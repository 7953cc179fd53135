r"""Turns the RTLIL of one module into what a person would have written.

Amaranth writes an anonymous wire for every operator, a second name for every signal that crosses a
boundary or belongs to a structure, and one process for every register. Here constants are folded,
equal operators shared, results given the name of the signal that they are, sums cut to the bits
that anybody reads, and small expressions put where they are used. Nothing is optimised: every
register, every arithmetic operator and every decision stays.

All operands are brought to the exact width of their operator, so that no value depends on Verilog's
rules for the width of an expression.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hwgen.emit.folding import folded
from hwgen.emit.operators import (
    COMPARISONS,
    CUTTABLE,
    KINDS,
    LIGHT,
    ORDERINGS,
    REDUCTIONS,
    SUMS,
    Op,
    cut_operator,
    extended,
)
from hwgen.emit.rtlil import Assign, Cell, Const, Module, Slice, Spec, Wire, cut, join, width_of
from hwgen.emit.statements import (
    Body,
    assigns,
    decided,
    map_body,
    matches,
    overwritten,
    read_by,
    switches,
)

__all__ = ["Flop", "Instance", "Netlist", "is_anonymous", "simplify"]


LARGEST_EXPRESSION = 6  # signals in an operator that is written where it is used
LARGEST_REPEATED = 2  # ... in one that is written in several places
LARGEST_CHOICE = 3  # assignments of a process that is written as an expression


@dataclass
class Flop:
    """A register; `body` are the statements of its next value, assigned to itself."""

    wire: str
    body: Body
    clock: Spec
    reset_pin: Spec  # empty without reset
    reset: int | None  # value at reset


@dataclass
class Instance:
    """An instance of another module; both kinds of port in the order of the module."""

    name: str
    module: str
    inputs: dict[str, Spec]
    outputs: dict[str, str]  # port -> wire


@dataclass
class Netlist:
    """A module ready to be written.

    ``assigns`` drive slices of wires from operators or from other wires, operators in an order in
    which each comes after those it uses; ``inlined`` are the anonymous wires whose operator is
    written where it is used. ``fields`` and ``vectors`` are names for a part of a wire and for
    several parts in a row.
    """

    wires: dict[str, Wire]
    assigns: dict[Slice, Op | Spec] = field(default_factory=dict)
    inlined: dict[str, Op] = field(default_factory=dict)
    processes: dict[str, Body] = field(default_factory=dict)
    flops: list[Flop] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    fields: dict[Slice, str] = field(default_factory=dict)
    vectors: dict[Spec, str] = field(default_factory=dict)


def is_anonymous(wire: str) -> bool:
    """Tell whether the wire has no name, or the one that Amaranth gives signals without a name."""
    return wire.startswith(("$", "\\$"))


def simplify(module: Module, interfaces: dict[str, dict[str, str]]) -> Netlist:
    """Return the netlist of a module.

    Parameters
    ----------
    module : Module
        What Amaranth wrote.
    interfaces : dict
        Direction of every port of every module that may be instantiated.

    Raises
    ------
    ValueError
        When the module uses a cell that has no form here; names it.
    """
    work = _Simplifier(module, interfaces)
    work.drop_dead()
    work.turn_small_processes_into_expressions()
    work.fold()
    work.drop_dead()
    work.adopt_names()
    work.cut_unread_bits()
    work.drop_dead()
    return work.netlist()


class _Simplifier:
    def __init__(self, module: Module, interfaces: dict[str, dict[str, str]]) -> None:
        self.wires = dict(module.wires)
        self.ops: dict[str, Op] = {}
        self.processes: dict[str, Body] = {}
        self.flops: list[Flop] = []
        self.instances: list[Instance] = []
        self.aliases: dict[str, Spec] = {}  # named wire -> what it is another name of
        self.same: dict[str, Spec] = {}  # anonymous wire -> what to use instead
        self.placed: dict[str, Slice] = {}  # anonymous wire -> part of a named one
        for cell in module.cells:
            self._read_cell(cell, interfaces)
        for process in module.processes:
            for assign in assigns(process.body):
                self.processes[assign.target[0].wire] = process.body
        for target, value in module.connects:
            self.aliases[target[0].wire] = value
        self._resolve_all()

    # Reading cells

    def _read_cell(self, cell: Cell, interfaces: dict[str, dict[str, str]]) -> None:
        if cell.kind.startswith("\\"):
            directions = interfaces[cell.kind[1:]]
            self.instances.append(
                Instance(
                    name=cell.name[1:],
                    module=cell.kind[1:],
                    inputs={p: s for p, s in cell.ports.items() if directions[p] == "input"},
                    outputs={
                        p: s[0].wire for p, s in cell.ports.items() if directions[p] == "output"
                    },
                )
            )
        elif cell.kind in {"$dff", "$adff"}:
            if not cell.parameters["CLK_POLARITY"]:
                raise ValueError("registers must follow the rising edge of their clock")
            q = cell.ports["Q"][0].wire
            self.flops.append(
                Flop(
                    wire=q,
                    body=[Assign(self._everything(q), cell.ports["D"])],
                    clock=cell.ports["CLK"],
                    reset_pin=cell.ports.get("ARST", ()),
                    reset=cell.parameters.get("ARST_VALUE"),
                )
            )
        elif cell.kind in KINDS:
            if cell.ports["Y"]:  # Amaranth also computes results without any bits
                self._read_operator(cell)
        else:
            raise ValueError(f"cell {cell.kind} has no Verilog form here")

    def _read_operator(self, cell: Cell) -> None:
        kind, wire = KINDS[cell.kind], cell.ports["Y"][0].wire
        width = self.wires[wire].width
        signed = bool(cell.parameters.get("A_SIGNED", 0))
        args = tuple(
            cell.ports[port] for port in ("SAB" if kind == "mux" else "AB") if port in cell.ports
        )
        if kind in {"shr", "sshr"}:
            reach = max(width, width_of(args[0]))
            vector = extended(args[0], reach, signed=signed)
            self._shift_right(wire, Op(kind, (vector, args[1]), reach, kind == "sshr"), width)
            return
        if kind in COMPARISONS:
            reach = max(1, *(width_of(arg) for arg in args))
            args = tuple(extended(arg, reach, signed=signed) for arg in args)
        elif kind == "shl":
            args = (extended(args[0], width, signed=signed), args[1])
        elif kind not in REDUCTIONS and kind != "mux":
            args = tuple(extended(arg, width, signed=signed) for arg in args)
        self.ops[wire] = Op(kind, args, width, signed and kind in ORDERINGS)

    def _shift_right(self, wire: str, op: Op, width: int) -> None:
        """Pick one bit where that is what the shift is for, else shift at full width."""
        vector, amount = op.args
        picks = width == 1 and not op.signed and 1 << width_of(amount) <= op.width
        if picks and (whole := self._start_of(vector)):
            self.ops[wire] = Op("index", (self._everything(whole), amount), 1)
        elif op.width == width:
            self.ops[wire] = op
        else:
            wide = self._new_wire(op.width)
            self.ops[wide] = op
            self._replace(wire, (Slice(wide, 0, width),))

    def _start_of(self, spec: Spec) -> str | None:
        """Return the wire whose lowest bits a spec is, if there is one."""
        if len(spec) == 1 and isinstance(spec[0], Slice) and not spec[0].low:
            return spec[0].wire
        return None

    def _new_wire(self, width: int) -> str:
        wire = f"$new{len(self.wires)}"
        self.wires[wire] = Wire(wire, width)
        return wire

    def _replace(self, wire: str, spec: Spec) -> None:
        """Use `spec` for an anonymous wire; a named one becomes another name for it."""
        (self.same if is_anonymous(wire) else self.aliases)[wire] = spec

    def _everything(self, wire: str) -> Spec:
        return (Slice(wire, 0, self.wires[wire].width),)

    def _whole(self, spec: Spec) -> str | None:
        """Return the wire that a spec is all of, if it is one."""
        if len(spec) == 1 and isinstance(spec[0], Slice):
            wire = spec[0].wire
            if spec == self._everything(wire):
                return wire
        return None

    # Walking

    def _resolved(self, spec: Spec) -> Spec:
        if not any(isinstance(chunk, Slice) and chunk.wire in self.same for chunk in spec):
            return spec
        chunks: list[Slice | Const] = []
        for chunk in spec:
            if isinstance(chunk, Slice) and chunk.wire in self.same:
                chunks += self._resolved(cut(self.same[chunk.wire], chunk.low, chunk.width))
            else:
                chunks.append(chunk)
        return join(chunks)

    def _resolve_all(self) -> None:
        """Apply `same` everywhere."""
        for wire, op in self.ops.items():
            args = tuple(self._resolved(arg) for arg in op.args)
            self.ops[wire] = Op(op.kind, args, op.width, op.signed)
        for wire, body in self.processes.items():
            self.processes[wire] = map_body(body, self._resolved)
        for flop in self.flops:
            flop.body = map_body(flop.body, self._resolved)
        for instance in self.instances:
            instance.inputs = {p: self._resolved(spec) for p, spec in instance.inputs.items()}
        self.aliases = {wire: self._resolved(spec) for wire, spec in self.aliases.items()}

    def _sources(self, wire: str) -> Iterator[Spec]:
        """Yield what a wire that is not a register depends on within the cycle."""
        if wire in self.ops:
            yield from self.ops[wire].args
        elif wire in self.processes:
            yield from read_by(self.processes[wire])
        elif wire in self.aliases:
            yield self.aliases[wire]

    def _roots(self) -> Iterator[Spec]:
        for flop in self.flops:
            yield from read_by(flop.body)
        for instance in self.instances:
            yield from instance.inputs.values()
        for wire in self.wires.values():
            if wire.port == "output":
                yield self._everything(wire.name)

    def _live(self) -> Iterator[Spec]:
        """Yield every spec that anything alive reads."""
        parts: dict[str, list[str]] = {}
        for wire, part in self.placed.items():
            parts.setdefault(part.wire, []).append(wire)
        seen: set[str] = set()
        todo = list(self._roots())
        while todo:
            spec = todo.pop()
            yield spec
            for wire in _wires(spec):
                if wire not in seen:
                    seen.add(wire)
                    todo += self._sources(wire)
                    for part in parts.get(wire, ()):
                        todo += self._sources(part)

    def drop_dead(self) -> None:
        """Forget operators, processes and other names that nothing reads."""
        live = {wire for spec in self._live() for wire in _wires(spec)}
        live |= {wire for wire, part in self.placed.items() if part.wire in live}
        self.ops = {wire: op for wire, op in self.ops.items() if wire in live}
        self.processes = {wire: body for wire, body in self.processes.items() if wire in live}

    # Folding

    def turn_small_processes_into_expressions(self) -> None:
        """Write a decision between few values as a choice."""
        # What a register alone is fed with is written with the register.
        inputs = {
            wire
            for flop in self.flops
            if (wire := self._whole(flop.body[0].value)) and is_anonymous(wire)
        }
        for wire, body in list(self.processes.items()):
            if wire not in inputs and self._is_small(wire, body):
                value = self._choice(body, (Const(0, self.wires[wire].width),))
                del self.processes[wire]
                whole = self._whole(value)
                if whole in self.ops and whole not in self.processes and whole.startswith("$new"):
                    self.ops[wire] = self.ops.pop(whole)
                else:
                    self._replace(wire, value)
        self._resolve_all()

    def _is_small(self, wire: str, body: Body) -> bool:
        written = list(assigns(body))
        choices = list(switches(body))
        return not choices or (
            len(written) <= LARGEST_CHOICE
            and all(assign.target == self._everything(wire) for assign in written)
            and all(width_of(switch.selector) == 1 for switch in choices)
        )

    def _choice(self, body: Body, value: Spec) -> Spec:
        """Return the value that statements leave behind when it was `value` before."""
        for statement in body:
            if isinstance(statement, Assign):
                value = overwritten(value, statement)
                continue
            if_0 = if_1 = value
            for bit in (0, 1):
                for case in statement.cases:
                    if not case.patterns or any(matches(p, str(bit)) for p in case.patterns):
                        if bit:
                            if_1 = self._choice(case.body, value)
                        else:
                            if_0 = self._choice(case.body, value)
                        break
            wire = self._new_wire(width_of(value))
            self.ops[wire] = Op("mux", (statement.selector, if_0, if_1), width_of(value))
            value = self._everything(wire)
        return value

    def fold(self) -> None:
        """Evaluate what is constant and share what is equal, until nothing changes."""
        changed = True
        while changed:
            changed = self._fold_once() | self._share_once()
            self._resolve_all()
        self.processes = {wire: decided(body) for wire, body in self.processes.items()}
        self.turn_small_processes_into_expressions()  # what is decided by now
        for flop in self.flops:
            flop.body = decided(self._next_value(flop))

    def _fold_once(self) -> bool:
        changed = False
        for wire, op in list(self.ops.items()):
            value = self._folded(op)
            changed = changed or value != op
            if isinstance(value, Op) and not self._indexes_parts(value):
                self.ops[wire] = value
                continue
            del self.ops[wire]
            if isinstance(value, Op):
                self._shift_right(wire, Op("shr", value.args, width_of(value.args[0])), 1)
                changed = True
            else:
                self._replace(wire, value)
        return changed

    def _folded(self, op: Op) -> Op | Spec:
        """Simplify an operator as far as it goes."""
        value: Op | Spec = op
        while isinstance(value, Op) and (step := folded(value, self._anonymous_op)) != value:
            value = step
        return value

    def _indexes_parts(self, op: Op) -> bool:
        """Tell whether a bit is picked from what has become more, or less, than one wire."""
        return op.kind == "index" and self._whole(op.args[0]) is None

    def _share_once(self) -> bool:
        known: dict[Op, str] = {}
        changed = False
        for wire, op in sorted(self.ops.items(), key=lambda item: is_anonymous(item[0])):
            twin = known.setdefault(op, wire)
            if twin != wire and is_anonymous(wire):
                del self.ops[wire]
                self._replace(wire, self._everything(twin))
                changed = True
        return changed

    def _anonymous_op(self, spec: Spec) -> Op | None:
        """Return the operator behind a spec that is one whole anonymous wire."""
        wire = self._whole(spec)
        return self.ops.get(wire) if wire and is_anonymous(wire) else None

    def _next_value(self, flop: Flop) -> Body:
        """Return the statements behind a register's input, assigned to the register."""
        data = flop.body[0].value
        wire, hold = self._whole(data), self._everything(flop.wire)
        if wire is None or not is_anonymous(wire) or wire not in self.processes:
            return flop.body

        def renamed(spec: Spec) -> Spec:
            return tuple(Slice(flop.wire, chunk.low, chunk.width) for chunk in spec)

        body = map_body(self.processes.pop(wire), lambda spec: spec, renamed)
        first = body[0]
        return body[1:] if isinstance(first, Assign) and first.value == hold else body

    # Names

    def adopt_names(self) -> None:
        """Give anonymous results the name of the signal that they are, or are part of."""
        read: dict[str, int] = {}  # anonymous wire -> bits that are read, from 0 up
        for spec in self._live():
            for chunk in spec:
                if isinstance(chunk, Slice) and is_anonymous(chunk.wire):
                    read[chunk.wire] = max(read.get(chunk.wire, 0), chunk.low + chunk.width)

        def rank(wire: str) -> tuple[bool, bool, bool]:
            return self.wires[wire].port is None, _is_field(wire), "$" in wire

        indexed = {op.args[0][0].wire for op in self.ops.values() if op.kind == "index"}
        for alias in sorted(self.aliases, key=rank):
            spec = self.aliases[alias]
            parts = list(self._adoptable(spec, read))
            if len(spec) > 1 and self._feed_each_other([wire for wire, *_ in parts]):
                continue
            for wire, low, width in parts:
                if wire in indexed and width != self.wires[alias].width:
                    continue  # a part of a vector cannot be indexed
                self.placed[wire] = Slice(alias, low, width)
                self.same[wire] = (self.placed[wire],)
                self.ops[wire] = cut_operator(self.ops[wire], width)
        self._resolve_all()

    def _adoptable(self, spec: Spec, read: dict[str, int]) -> Iterator[tuple[str, int, int]]:
        """Yield wire, place and width of the anonymous results that a named wire may hold."""
        low = 0
        for chunk in spec:
            op = self.ops.get(chunk.wire) if isinstance(chunk, Slice) else None
            if (
                op is not None
                and is_anonymous(chunk.wire)
                and chunk.wire not in self.placed
                and chunk.low == 0
                and read.get(chunk.wire, 0) <= chunk.width
                and (chunk.width == op.width or op.kind in CUTTABLE)
            ):
                yield chunk.wire, low, chunk.width
            low += chunk.width

    def _feed_each_other(self, wires: list[str]) -> bool:
        """Tell whether one of several operators depends on another: one vector must not."""
        targets = set(wires)
        seen: set[str] = set()
        todo = list(wires)
        while todo:
            for spec in self._sources(todo.pop()):
                for wire in _wires(spec):
                    if wire in targets:
                        return True
                    if wire not in seen:
                        seen.add(wire)
                        todo.append(wire)
        return False

    # Widths

    def cut_unread_bits(self) -> None:
        """Shorten anonymous results to the bits that are read."""
        read: dict[str, int] = {}

        def note(specs: Iterable[Spec]) -> None:
            for spec in specs:
                for chunk in spec:
                    if isinstance(chunk, Slice):
                        read[chunk.wire] = max(read.get(chunk.wire, 0), chunk.low + chunk.width)

        note(self._all_specs(with_operators=False))
        for wire in reversed(self._sources_first()):
            op = self.ops[wire]
            bits = read.get(wire, op.width)
            if is_anonymous(wire) and wire not in self.placed and op.kind in CUTTABLE:
                self.ops[wire] = op = cut_operator(op, bits)
                self.wires[wire] = Wire(wire, op.width)
            note(op.args)

    def _all_specs(self, *, with_operators: bool) -> Iterator[Spec]:
        """Yield what anything reads; another name counts when it is read itself or a port."""
        if with_operators:
            for op in self.ops.values():
                yield from op.args
        for body in self.processes.values():
            yield from read_by(body)
        yield from self._roots()
        for wire, spec in self._kept_aliases():
            yield from (value for value, _ in _parts(wire, spec))

    def _kept_aliases(self) -> Iterator[tuple[str, Spec]]:
        live = {wire for spec in self._live() for wire in _wires(spec)}
        for wire, spec in self.aliases.items():
            if wire in live:
                yield wire, spec

    def _sources_first(self) -> list[str]:
        """Wires that operators drive, each after the ones it depends on."""
        order: dict[str, None] = {}
        started: set[str] = set()
        for first in self.ops:
            todo = [first]
            while todo:
                wire = todo[-1]
                if wire in started:
                    order[todo.pop()] = None
                    continue
                started.add(wire)
                for arg in self.ops[wire].args:
                    todo += [w for w in _wires(arg) if w in self.ops and w not in started]
        return list(order)

    # The result

    def netlist(self) -> Netlist:
        """Decide what is written where it is used, and put the rest in order."""
        inlined = self._inlined()
        netlist = Netlist(self.wires, inlined=inlined, processes=self.processes)
        netlist.flops, netlist.instances = self.flops, self.instances
        for wire in self._sources_first():
            if wire not in inlined:
                op = self.ops[wire]
                netlist.assigns[self.placed.get(wire, Slice(wire, 0, op.width))] = op
        for wire, spec in self._kept_aliases():
            if len(spec) > 1:
                netlist.vectors.setdefault(spec, wire)
            for value, part in _parts(wire, spec):
                netlist.assigns[part] = value
        for wire, spec in self.aliases.items():
            if _is_field(wire) and len(spec) == 1 and isinstance(spec[0], Slice):
                netlist.fields.setdefault(spec[0], wire)
        return netlist

    def _inlined(self) -> dict[str, Op]:
        reads: dict[str, list[Slice]] = {}
        for spec in self._all_specs(with_operators=True):
            for chunk in spec:
                if isinstance(chunk, Slice):
                    reads.setdefault(chunk.wire, []).append(chunk)
        named = {op.args[0][0].wire for op in self.ops.values() if op.kind == "index"}
        for instance in self.instances:
            named |= {wire for spec in instance.inputs.values() if (wire := self._whole(spec))}
        for spec in self._all_specs(with_operators=True):
            # Sums in the middle of a vector are hard to read.
            if len(spec) > 1:
                named |= {w for w in _wires(spec) if w in self.ops and self.ops[w].kind in SUMS}
        inlined: dict[str, Op] = {}
        sizes: dict[str, int] = {}
        for wire in self._sources_first():
            op = self.ops[wire]
            names = [name for arg in op.args for name in _wires(arg)]
            size = sizes[wire] = sum(sizes[n] if n in inlined else 1 for n in names)
            whole = Slice(wire, 0, op.width)
            places = reads.get(wire, [])
            if (
                is_anonymous(wire)
                and wire not in self.placed
                and wire not in named
                and all(place == whole for place in places)
                and op.kind != "sshr"
            ):
                light = op.kind in LIGHT and op.width == 1 and size <= LARGEST_REPEATED
                if light or (len(places) == 1 and size <= LARGEST_EXPRESSION):
                    inlined[wire] = op
        return inlined


def _wires(spec: Spec) -> Iterator[str]:
    return (chunk.wire for chunk in spec if isinstance(chunk, Slice))


def _is_field(wire: str) -> bool:
    """Tell whether a wire is a field of a structure or an element of an array."""
    return "." in wire or "[" in wire


def _parts(wire: str, spec: Spec) -> Iterator[tuple[Spec, Slice]]:
    """Yield what `wire` is another name of, in as few parts as it takes to leave out itself."""
    low = at = 0
    value: list[Slice | Const] = []
    for chunk in [*spec, None]:
        if chunk is None or chunk == Slice(wire, at, chunk.width):
            if value:
                yield tuple(value), Slice(wire, low, at - low)
            value, low = [], at + (chunk.width if chunk else 0)
        else:
            value.append(chunk)
        at += chunk.width if chunk else 0
