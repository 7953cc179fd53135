"""Writes a block as one Verilog-2005 module."""

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hwgen.emit.hierarchy import CLOCK, RESET, Block
from hwgen.emit.keywords import KEYWORDS
from hwgen.emit.netlist import Flop, Instance, Netlist, Op, is_anonymous, read_by, simplify
from hwgen.emit.rtlil import Assign, Case, Const, Slice, Spec, Switch, cut

__all__ = ["Reset", "verilog"]

COLUMNS = 100
STEP = "  "

BINARY = {
    "and": "&",
    "or": "|",
    "xor": "^",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "shl": "<<",
    "shr": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
UNARY = {"not": "~", "neg": "-", "all": "&", "any": "|", "parity": "^"}
ASSOCIATIVE = {"and", "or", "xor"}

Body = list[Assign | Switch]

FLAT = str.maketrans("0", "1")


@dataclass(frozen=True, kw_only=True)
class Reset:
    """How registers are reset, the same in the whole design."""

    asynchronous: bool = True
    active_high: bool = True

    @property
    def name(self) -> str:
        """Name of the pin."""
        return RESET if self.active_high else f"{RESET}_n"

    @property
    def asserted(self) -> str:
        """Condition under which registers are reset."""
        return self.name if self.active_high else f"!{self.name}"

    def event(self, clock: str) -> str:
        """Event list of a register with reset."""
        if not self.asynchronous:
            return f"posedge {clock}"
        return f"posedge {clock} or {'posedge' if self.active_high else 'negedge'} {self.name}"


def verilog(
    block: Block,
    interfaces: Mapping[str, Block],
    *,
    reset: Reset,
    header: str = "",
    port_name: Callable[[str], str] = str,
) -> str:
    """Return the text of a module.

    Parameters
    ----------
    block : Block
        What to write.
    interfaces : mapping
        Blocks that it may instantiate, by module name.
    reset : Reset
        How registers are reset.
    header : str
        Lines for the comment on top.
    port_name : callable
        Turns the names of its ports into the ones to write.
    """
    directions = {
        name: {port.name: port.direction for port in child.ports}
        for name, child in interfaces.items()
    }
    netlist = simplify(block.rtlil, directions)
    return _Writer(block, netlist, interfaces, reset, port_name).text(header)


class _Writer:
    def __init__(
        self,
        block: Block,
        netlist: Netlist,
        interfaces: Mapping[str, Block],
        reset: Reset,
        port_name: Callable[[str], str],
    ) -> None:
        self.block = block
        self.netlist = netlist
        self.interfaces = interfaces
        self.reset = reset
        self.registers = {flop.wire for flop in netlist.flops} | set(netlist.processes)
        self.names = _Names(block, netlist, reset, port_name)
        self.states = self.names.states(block, netlist)
        self.fields_used: dict[str, Slice] = {}

    def text(self, header: str) -> str:
        """Return the whole file."""
        always = [*self._processes(), *self._clocked()]
        instances = [self._instance(instance) for instance in self.netlist.instances]
        wires, assigns = self._assigns()
        sections = [
            [self._head()],
            self._parameters(),
            self._declarations(),
            wires,
            assigns,
            *([instance] for instance in instances),
            *([block] for block in always),
            self._unused(),
        ]
        body = "\n\n".join("\n".join(lines) for lines in sections if lines)
        comment = textwrap.indent(header, "// ", lambda _: True)
        text = f"{comment}\n\n{body}\n\nendmodule\n".lstrip("\n")
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    # Declarations

    def _head(self) -> str:
        ports = []
        for port in self.block.ports:
            wire = f"\\{port.name}"
            kind = "reg" if wire in self.registers else "wire"
            shape = ("signed " if port.signed else "") + self._size(port.width)
            ports.append((f"{port.direction:6} {kind:4} {shape}", self.names.wires[wire]))
        if not ports:
            return f"module {self.block.module};"
        room = max(len(kind) for kind, _ in ports)
        lines = [f"{STEP * 2}{kind:{room}}{name}" for kind, name in ports]
        return f"module {self.block.module} (\n" + ",\n".join(lines) + "\n);"

    @staticmethod
    def _size(width: int) -> str:
        return "" if width == 1 else f"[{width - 1}:0] "

    def _declared(self, kind: str, wire: str) -> str:
        declared = self.netlist.wires[wire]
        sign = "signed " if declared.signed else ""
        return f"{STEP}{kind} {sign}{self._size(declared.width)}{self.names.wires[wire]}"

    def _parameters(self) -> list[str]:
        return [
            f"{STEP}localparam {self._size(self.netlist.wires[wire].width)}{name} = "
            f"{_number(code, self.netlist.wires[wire].width)};"
            for wire, names in self.states.items()
            for code, name in names.items()
        ]

    def _declarations(self) -> list[str]:
        """Declare what is not declared together with its value."""
        wires = self.netlist.wires
        lines = [
            f"{self._declared('reg', wire)};"
            for wire in wires
            if wire in self.registers and wires[wire].port is None
        ]
        outputs = {
            wire for instance in self.netlist.instances for wire in instance.outputs.values()
        }
        pieces = {
            target.wire
            for target, value in self.netlist.assigns.items()
            if not self._is_whole(target, value)
        }
        lines += [
            f"{self._declared('wire', wire)};"
            for wire in wires
            if wire in outputs | pieces and wires[wire].port is None
        ]
        return lines

    def _is_whole(self, target: Slice, value: Op | Spec) -> bool:
        wire = self.netlist.wires[target.wire]
        return isinstance(value, Op) and target.width == wire.width and wire.port is None

    def _assigns(self) -> tuple[list[str], list[str]]:
        wires, assigns = [], []
        declared: set[str] = set()

        def declare_fields() -> None:
            for name, part in self.fields_used.items():
                if name not in declared:
                    declared.add(name)
                    wires.append(
                        f"{STEP}wire {self._size(part.width)}{name} = {self._slice(part)};"
                    )

        for target, value in self.netlist.assigns.items():
            if isinstance(value, Op):
                text = self._sum(value) or self._operator(value)[0]
            elif self.netlist.vectors.get(value) == target.wire:
                text = self._concatenated(value)
            else:
                text = self._text(value)
            if self._is_whole(target, value):
                declare_fields()
                wires.append(_wrapped(f"{self._declared('wire', target.wire)} = {text};"))
            else:
                assigns.append(_wrapped(f"{STEP}assign {self._slice(target)} = {text};"))
        declare_fields()
        return wires, assigns

    def _unused(self) -> list[str]:
        """Read what nothing else reads, so that lint need not be told to be silent about it."""
        read = _bits_read(self.netlist)
        unread: list[Slice] = []
        for name, wire in self.netlist.wires.items():
            if name not in self.names.wires or "unused" in self.names.wires[name]:
                continue
            free = (1 << wire.width) - 1 & ~read.get(name, 0)
            for low in range(wire.width):
                last = unread[-1] if unread else None
                if not free >> low & 1:
                    continue
                if last is not None and (last.wire, last.low + last.width) == (name, low):
                    unread[-1] = Slice(name, last.low, last.width + 1)
                else:
                    unread.append(Slice(name, low, 1))
        if not unread:
            return []
        text = ", ".join(self._slice(part) for part in unread)
        return [
            f"{STEP}// Not needed in this design.",
            _wrapped(f"{STEP}wire {self.names.unused} = &{{1'b0, {text}}};"),
        ]

    # Instances

    def _instance(self, instance: Instance) -> str:
        pins = []
        for port in self.interfaces[instance.module].ports:
            name = self.names.shared.get(port.name) or _port_identifier(port.name)
            if port.name in instance.outputs:
                text = self.names.wires[instance.outputs[port.name]]
            elif port.name in self.names.shared:
                text = self._pin(instance.inputs[port.name])
            else:
                text = self._text(instance.inputs[port.name])
            pins.append(_wrapped(f"{STEP * 2}.{name}({text})"))
        name = self.names.instances[instance.name]
        return f"{STEP}{instance.module} {name} (\n" + ",\n".join(pins) + f"\n{STEP});"

    def _pin(self, spec: Spec) -> str:
        """Clock or reset of an instance: the pin itself, whatever its polarity."""
        (chunk,) = spec
        assert isinstance(chunk, Slice)
        return self.names.wires[chunk.wire]

    # Processes

    def _processes(self) -> list[str]:
        blocks = []
        for group in self._groups():
            body = _merged([self.netlist.processes[wire] for wire in group])
            lines = [f"{STEP}always @* begin", *self._statements(body, "=", 2), f"{STEP}end"]
            blocks.append("\n".join(lines))
        return blocks

    def _groups(self) -> list[list[str]]:
        """Put processes together that decide on the same thing and do not depend on each other."""
        groups: list[list[str]] = []
        cones = {wire: self._cone(wire) for wire in self.netlist.processes}
        for wire, body in self.netlist.processes.items():
            key = _decision(body)
            for group in groups:
                same = key is not None and _decision(self.netlist.processes[group[0]]) == key
                if same and not any(
                    wire in cones[other] or other in cones[wire] for other in group
                ):
                    group.append(wire)
                    break
            else:
                groups.append([wire])
        return groups

    def _cone(self, wire: str) -> set[str]:
        """Everything that a wire depends on within a cycle; instances depend on all inputs."""
        netlist = self.netlist
        flops = {flop.wire for flop in netlist.flops}
        drivers: dict[str, list[Spec]] = {}
        for target, value in netlist.assigns.items():
            drivers.setdefault(target.wire, []).extend(
                value.args if isinstance(value, Op) else [value]
            )
        for target, op in netlist.inlined.items():
            drivers.setdefault(target, []).extend(op.args)
        for instance in netlist.instances:
            for output in instance.outputs.values():
                drivers.setdefault(output, []).extend(instance.inputs.values())
        for target, body in netlist.processes.items():
            drivers.setdefault(target, []).extend(read_by(body))
        seen: set[str] = set()
        todo = [wire]
        while todo:
            for spec in drivers.get(todo.pop(), ()):
                for chunk in spec:
                    if isinstance(chunk, Slice) and chunk.wire not in seen | flops:
                        seen.add(chunk.wire)
                        todo.append(chunk.wire)
        return seen

    def _clocked(self) -> list[str]:
        """Write all registers of a clock as one block."""
        groups: dict[tuple[str, bool], list[Flop]] = {}
        for flop in self.netlist.flops:
            key = (self._text(flop.clock), flop.reset is not None)
            groups.setdefault(key, []).append(flop)
        blocks = []
        for (clock, has_reset), flops in groups.items():
            body = _merged([flop.body for flop in flops])
            if not has_reset:
                lines = [
                    f"{STEP}always @(posedge {clock}) begin",
                    *self._statements(body, "<=", 2),
                    f"{STEP}end",
                ]
                blocks.append("\n".join(lines))
                continue
            resets: Body = [
                Assign(
                    (Slice(flop.wire, 0, self.netlist.wires[flop.wire].width),),
                    (Const(flop.reset, self.netlist.wires[flop.wire].width),),
                )
                for flop in flops
            ]
            lines = [
                f"{STEP}always @({self.reset.event(clock)}) begin",
                f"{STEP * 2}if ({self.reset.asserted}) begin",
                *self._statements(resets, "<=", 3),
                f"{STEP * 2}end else begin",
                *self._statements(body, "<=", 3),
                f"{STEP * 2}end",
                f"{STEP}end",
            ]
            blocks.append("\n".join(lines))
        return blocks

    def _statements(self, body: Body, sign: str, depth: int) -> list[str]:
        lines = []
        for statement in body:
            if isinstance(statement, Assign):
                lines.append(_wrapped(STEP * depth + self._assignment(statement, sign)))
            elif _is_if(statement):
                lines += self._if(statement, sign, depth)
            else:
                lines += self._case(statement, sign, depth)
        return lines

    def _assignment(self, assign: Assign, sign: str) -> str:
        (target,) = assign.target
        assert isinstance(target, Slice)
        op = self._inlined(assign.value)
        value = self._state(target, assign.value) or (op and self._sum(op))
        value = value or self._text(assign.value)
        return f"{self._slice(target)} {sign} {value};"

    def _if(self, switch: Switch, sign: str, depth: int) -> list[str]:
        indent = STEP * depth
        branches, otherwise = self._chain(switch)
        bodies = [body for _, body in branches] + ([otherwise] if otherwise else [])
        brief = all(len(body) == 1 and isinstance(body[0], Assign) for body in bodies)
        leads = [f"{'else ' if k else ''}if ({c})" for k, (c, _) in enumerate(branches)]
        leads += ["else"] if otherwise else []
        if brief:
            lines = [
                f"{indent}{lead} {self._assignment(body[0], sign)}"
                for lead, body in zip(leads, bodies, strict=True)
            ]
            if all(len(line) <= COLUMNS for line in lines):
                return lines
        lines = []
        for lead, body in zip(leads, bodies, strict=True):
            lines.append(_wrapped(f"{indent}{'end ' if lines else ''}{lead} begin"))
            lines += self._statements(body, sign, depth + 1)
        return [*lines, f"{indent}end"]

    def _chain(self, switch: Switch) -> tuple[list[tuple[str, Body]], Body]:
        """Return conditions with their statements, and the statements when none holds."""
        branches, otherwise = self._branches(switch)
        while len(otherwise) == 1 and isinstance(otherwise[0], Switch) and _is_if(otherwise[0]):
            more, otherwise = self._branches(otherwise[0])
            branches += more
        return branches, otherwise

    def _branches(self, switch: Switch) -> tuple[list[tuple[str, Body]], Body]:
        """Return pairs of condition and statements, and the statements when none holds."""
        branches: list[tuple[str, Body]] = []
        otherwise: Body = []
        for case in switch.cases:
            if not case.patterns:
                otherwise = case.body
                continue
            (pattern,) = case.patterns
            place = len(pattern) - 1 - pattern.translate(FLAT).index("1")
            text, kind = self._term(cut(switch.selector, place, 1))
            if pattern[-1 - place] == "0":
                text, kind = (text if kind is None else f"({text})"), "not"
                text = f"~{text}"
            branches.append((re.sub("^~", "!", text) if kind == "not" else text, case.body))
        if len(branches) == 2 and len(switch.selector) == 1 and switch.selector[0].width == 1:
            return branches[:1], branches[1][1]  # both values of one bit
        while branches and not branches[-1][1] and not otherwise:
            branches.pop()
        if len(branches) == 1 and not branches[0][1] and otherwise:
            ((condition, _),) = branches
            inverted = condition[1:] if condition.startswith("!") else None
            text = inverted or (f"!{condition}" if re.match(r"[\w\[\]]+$", condition) else "")
            return [(text or f"!({condition})", otherwise)], []
        return branches, otherwise

    def _case(self, switch: Switch, sign: str, depth: int) -> list[str]:
        wild = any("-" in pattern for case in switch.cases for pattern in case.patterns)
        has_default = any(not case.patterns for case in switch.cases)
        indent = STEP * depth
        keyword = "casez" if wild else "case"
        lines = [_wrapped(f"{indent}{keyword} ({self._text(switch.selector)})")]
        for case in switch.cases:
            if not case.body and not wild and not has_default:
                continue
            labels = [self._pattern(switch.selector, pattern) for pattern in case.patterns]
            label = ", ".join(labels) or "default"
            if not case.body:
                lines.append(f"{indent}{STEP}{label}: ;")
            elif len(case.body) == 1:
                first, *rest = self._statements(case.body, sign, depth + 1)
                lines += [_wrapped(f"{indent}{STEP}{label}: {first.lstrip()}"), *rest]
            else:
                lines.append(_wrapped(f"{indent}{STEP}{label}: begin"))
                lines += self._statements(case.body, sign, depth + 2)
                lines.append(f"{indent}{STEP}end")
        if not has_default and not self._covers_everything(switch):
            lines.append(f"{indent}{STEP}default: ;")
        return [*lines, f"{indent}endcase"]

    @staticmethod
    def _covers_everything(switch: Switch) -> bool:
        patterns = {p for case in switch.cases if case.body for p in case.patterns}
        width = sum(chunk.width for chunk in switch.selector)
        return not any("-" in p for p in patterns) and len(patterns) == 1 << width

    def _pattern(self, selector: Spec, pattern: str) -> str:
        if "-" in pattern:
            return f"{len(pattern)}'b{pattern.replace('-', '?')}"
        value = (Const(int(pattern, 2), len(pattern)),)
        chunk = selector[0]
        state = self._state(chunk, value) if isinstance(chunk, Slice) else None
        return state or self._text(value)

    def _state(self, chunk: Slice, value: Spec) -> str | None:
        """Return the name of a state, when a constant meets a state register."""
        if len(value) != 1 or not isinstance(value[0], Const):
            return None
        if chunk.width != self.netlist.wires[chunk.wire].width:
            return None
        return self.states.get(chunk.wire, {}).get(value[0].value)

    # Expressions

    def _inlined(self, spec: Spec) -> Op | None:
        """Return the operator that is written in the place of a spec."""
        if len(spec) == 1 and isinstance(spec[0], Slice):
            return self.netlist.inlined.get(spec[0].wire)
        return None

    def _sum(self, op: Op) -> str | None:
        """Write a sum with carry as everybody does, when it is all there is to assign.

        The target is as wide as the sum, which is all that Verilog needs to keep the carry.
        """
        if op.kind != "add" or any(
            len(arg) != 2 or arg[1] != Const(0, 1) or isinstance(arg[0], Const) for arg in op.args
        ):
            return None
        left, right = (self._term(arg[:1]) for arg in op.args)
        return None if left[1] or right[1] else f"{left[0]} + {right[0]}"

    def _text(self, spec: Spec) -> str:
        return self._term(spec)[0]

    def _term(self, spec: Spec) -> tuple[str, str | None]:
        """Return the text of an operand and the operator on its top, None when it stands alone."""
        if len(spec) == 1:
            chunk = spec[0]
            if isinstance(chunk, Slice) and chunk.wire in self.netlist.inlined:
                return self._operator(self.netlist.inlined[chunk.wire])
            if chunk == self.names.reset_pin and not self.reset.active_high:
                return f"~{self.reset.name}", "not"
            return self._chunk(chunk), None
        if spec in self.netlist.vectors:
            return self.names.wires[self.netlist.vectors[spec]], None
        return self._concatenated(spec), None

    def _concatenated(self, spec: Spec) -> str:
        parts: list[str] = []
        chunks = list(reversed(spec))
        while chunks:
            same = 1
            while same < len(chunks) and chunks[same] == chunks[0]:
                same += 1
            text = self._text((chunks[0],))
            parts.append(text if same == 1 else f"{{{same}{{{text}}}}}")
            chunks = chunks[same:]
        return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"

    def _chunk(self, chunk: Slice | Const) -> str:
        if isinstance(chunk, Const):
            return _number(chunk.value, chunk.width)
        field = self.netlist.fields.get(chunk)
        if field is None or is_anonymous(chunk.wire):
            return self._slice(chunk)
        name = self.names.field(field)
        self.fields_used[name] = chunk
        return name

    def _slice(self, part: Slice) -> str:
        name, width = self.names.wires[part.wire], self.netlist.wires[part.wire].width
        if (part.low, part.width) == (0, width):
            return name
        if part.width == 1:
            return f"{name}[{part.low}]"
        return f"{name}[{part.low + part.width - 1}:{part.low}]"

    def _operator(self, op: Op) -> tuple[str, str | None]:
        if op.kind == "index":
            place = self._text(op.args[1])
            place = f"$unsigned({place})" if self._is_signed(op.args[1]) else place
            return f"{self._text(op.args[0])}[{place}]", None
        if op.kind == "mux":
            select, if_0, if_1 = (self._term(arg) for arg in op.args)
            condition = select[0] if select[1] in {None, "not"} else f"({select[0]})"
            chosen = if_1[0] if if_1[1] != "mux" else f"({if_1[0]})"
            return f"{condition} ? {chosen} : {if_0[0]}", "mux"
        if op.kind in UNARY:
            text, kind = self._term(op.args[0])
            return UNARY[op.kind] + (text if kind is None else f"({text})"), op.kind
        if op.kind == "sshr":
            return f"$signed({self._text(op.args[0])}) >>> {self._operand(op, 1)}", "sshr"
        left, right = self._operand(op, 0), self._operand(op, 1)
        if op.kind in {"lt", "le", "gt", "ge"}:
            if op.signed:
                left, right = f"$signed({left})", f"$signed({right})"
            elif all(self._is_signed(arg) for arg in op.args):
                left = f"$unsigned({left})"
        elif op.kind in {"eq", "ne"} and isinstance(op.args[0][0], Slice) and len(op.args[0]) == 1:
            right = self._state(op.args[0][0], op.args[1]) or right
        return f"{left} {BINARY[op.kind]} {right}", op.kind

    def _operand(self, op: Op, place: int) -> str:
        text, kind = self._term(op.args[place])
        stands_alone = kind in {None, "not"} or (kind == op.kind and kind in ASSOCIATIVE)
        return text if stands_alone else f"({text})"

    def _is_signed(self, spec: Spec) -> bool:
        """Tell whether Verilog takes the text of an operand for a signed number."""
        if len(spec) != 1 or isinstance(spec[0], Const):
            return False
        op = self.netlist.inlined.get(spec[0].wire)
        if op is not None:
            values = op.args[1:] if op.kind == "mux" else op.args
            return op.kind not in {"index", "eq", "ne", "lt", "le", "gt", "ge"} and all(
                self._is_signed(arg) for arg in values
            )
        wire = self.netlist.wires[spec[0].wire]
        return wire.signed and spec[0].width == wire.width


class _Names:
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
            name = self.shared.get(port.name) or _port_identifier(port_name(port.name))
            self.wires[f"\\{port.name}"] = self._unique(name)
        for instance in netlist.instances:
            name = re.sub(r"\$\d+$", "", instance.name)
            self.instances[instance.name] = self._unique(_identifier(name))
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
            self.wires[wire] = self._unique(_identifier(name))
        self.unused = self._unique("unused")

    def _pins(self, netlist: Netlist) -> dict[str, str]:
        """Name wires after the instance that they come from, or lead to."""
        read = _bits_read(netlist)
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
            self._fields[wire] = self._unique(_identifier(name))
        return self._fields[wire]

    def states(self, block: Block, netlist: Netlist) -> dict[str, dict[int, str]]:
        """Return a constant for every named state of every state register."""
        states: dict[str, dict[int, str]] = {}
        for wire in netlist.wires.values():
            names = block.states.get(wire.name) or wire.enum
            if names and any(flop.wire == wire.name for flop in netlist.flops):
                register = re.sub(r"_state$", "", wire.name[1:])
                states[wire.name] = {
                    code: self._unique(_identifier(f"{register}_{name}").upper())
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


def _identifier(name: str) -> str:
    """Return a name that needs no escaping."""
    name = re.sub(r"\W+", "_", name).strip("_") or "unnamed"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if name in KEYWORDS else name


def _port_identifier(name: str) -> str:
    """Return the name of a port as it is: others rely on it, so a keyword is escaped."""
    return f"\\{name} " if name in KEYWORDS else _identifier(name)


def _number(value: int, width: int) -> str:
    if width == 1:
        return f"1'b{value}"
    return f"{width}'d{value}" if value < 10 else f"{width}'h{value:x}"


def _wrapped(line: str) -> str:
    if len(line) <= COLUMNS:
        return line
    indent = re.match(r" *", line)[0]
    return textwrap.fill(
        line.strip(),
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent + STEP * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_if(switch: Switch) -> bool:
    """Tell whether every case looks at one bit only."""
    return all(
        len(case.patterns) <= 1
        and all(len(pattern.replace("-", "")) == 1 for pattern in case.patterns)
        for case in switch.cases
    )


def _decision(body: Body) -> Spec | None:
    """Return what a process decides on first."""
    return next((s.selector for s in body if isinstance(s, Switch)), None)


def _bits_read(netlist: Netlist) -> dict[str, int]:
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


def _merged(bodies: Iterable[Body]) -> Body:
    """Put statements for different targets into one list, sharing decisions.

    Statements for the same target stay in order, and nothing that is assigned is read, so the
    result does what the lists did.
    """
    merged: Body = []
    for body in bodies:
        twins = _twins(merged, body)
        added = at = 0
        for statement, twin in zip(body, twins, strict=True):
            if twin is not None:
                at = twin + added
                merged[at] = _joined(merged[at], statement)
            else:
                following = [t for t in twins if t is not None and t + added >= at]
                end = min(following) + added if following else len(merged)
                while at < end and (
                    isinstance(statement, Switch) or isinstance(merged[at], Assign)
                ):
                    at += 1
                merged.insert(at, statement)
                added += 1
            at += 1
    return merged


def _twins(merged: Body, body: Body) -> list[int | None]:
    """Return where every statement of a body finds its decision, in ascending order."""
    twins: list[int | None] = []
    start = 0
    for statement in body:
        twin = _find(merged, start, statement) if isinstance(statement, Switch) else None
        twins.append(twin)
        start = start if twin is None else twin + 1
    return twins


def _find(body: Body, start: int, switch: Switch) -> int | None:
    """Return where a switch with the same decision is, from `start` on."""
    for k in range(start, len(body)):
        other = body[k]
        if isinstance(other, Switch) and other.selector == switch.selector:
            few, many = sorted((switch.cases, other.cases), key=len)
            if all(a.patterns == b.patterns for a, b in zip(few, many, strict=False)):
                return k
    return None


def _joined(one: Switch, other: Switch) -> Switch:
    """Return a switch that does what two of them do, one's cases being the first of the other's."""
    cases = []
    for k in range(max(len(one.cases), len(other.cases))):
        twins = [switch.cases[k] for switch in (one, other) if k < len(switch.cases)]
        cases.append(Case(twins[0].patterns, _merged([case.body for case in twins])))
    return Switch(one.selector, cases)
