"""Writes a block as one Verilog-2005 module."""

import re
import textwrap
from collections.abc import Callable, Mapping

from hwgen.emit.expressions import Expressions, number
from hwgen.emit.hierarchy import Block
from hwgen.emit.names import Names, bits_read, port_identifier
from hwgen.emit.netlist import Flop, Instance, Netlist, simplify
from hwgen.emit.operators import Op
from hwgen.emit.reset import Reset
from hwgen.emit.rtlil import Assign, Const, Slice, Spec, Switch, cut
from hwgen.emit.statements import Body, decision, is_if, merged, read_by

__all__ = ["verilog"]

COLUMNS = 100
STEP = "  "


FLAT = str.maketrans("0", "1")


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
        self.names = Names(block, netlist, reset, port_name)
        self.states = self.names.states(block, netlist)
        self.expressions = Expressions(netlist, self.names, reset, self.states)

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
            f"{number(code, self.netlist.wires[wire].width)};"
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
            for name, part in self.expressions.fields_used.items():
                if name not in declared:
                    declared.add(name)
                    value = self.expressions.slice(part)
                    wires.append(f"{STEP}wire {self._size(part.width)}{name} = {value};")

        for target, value in self.netlist.assigns.items():
            if isinstance(value, Op):
                text = self.expressions.sum(value) or self.expressions.operator(value)[0]
            elif self.netlist.vectors.get(value) == target.wire:
                text = self.expressions.concatenated(value)
            else:
                text = self.expressions.text(value)
            if self._is_whole(target, value):
                declare_fields()
                wires.append(_wrapped(f"{self._declared('wire', target.wire)} = {text};"))
            else:
                assigns.append(_wrapped(f"{STEP}assign {self.expressions.slice(target)} = {text};"))
        declare_fields()
        return wires, assigns

    def _unused(self) -> list[str]:
        """Read what nothing else reads, so that lint need not be told to be silent about it."""
        read = bits_read(self.netlist)
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
        text = ", ".join(self.expressions.slice(part) for part in unread)
        return [
            f"{STEP}// Not needed in this design.",
            _wrapped(f"{STEP}wire {self.names.unused} = &{{1'b0, {text}}};"),
        ]

    # Instances

    def _instance(self, instance: Instance) -> str:
        pins = []
        for port in self.interfaces[instance.module].ports:
            name = self.names.shared.get(port.name) or port_identifier(port.name)
            if port.name in instance.outputs:
                text = self.names.wires[instance.outputs[port.name]]
            elif port.name in self.names.shared:
                text = self._pin(instance.inputs[port.name])
            else:
                text = self.expressions.text(instance.inputs[port.name])
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
            body = merged([self.netlist.processes[wire] for wire in group])
            lines = [f"{STEP}always @* begin", *self._statements(body, "=", 2), f"{STEP}end"]
            blocks.append("\n".join(lines))
        return blocks

    def _groups(self) -> list[list[str]]:
        """Put processes together that decide on the same thing and do not depend on each other."""
        groups: list[list[str]] = []
        cones = {wire: self._cone(wire) for wire in self.netlist.processes}
        for wire, body in self.netlist.processes.items():
            key = decision(body)
            for group in groups:
                same = key is not None and decision(self.netlist.processes[group[0]]) == key
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
            key = (self.expressions.text(flop.clock), flop.reset is not None)
            groups.setdefault(key, []).append(flop)
        blocks = []
        for (clock, has_reset), flops in groups.items():
            body = merged([flop.body for flop in flops])
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
            elif is_if(statement):
                lines += self._if(statement, sign, depth)
            else:
                lines += self._case(statement, sign, depth)
        return lines

    def _assignment(self, assign: Assign, sign: str) -> str:
        (target,) = assign.target
        assert isinstance(target, Slice)
        op = self.expressions.inlined(assign.value)
        value = self.expressions.state(target, assign.value) or (op and self.expressions.sum(op))
        value = value or self.expressions.text(assign.value)
        return f"{self.expressions.slice(target)} {sign} {value};"

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
        while len(otherwise) == 1 and isinstance(otherwise[0], Switch) and is_if(otherwise[0]):
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
            text, kind = self.expressions.term(cut(switch.selector, place, 1))
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
        lines = [_wrapped(f"{indent}{keyword} ({self.expressions.text(switch.selector)})")]
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
        state = self.expressions.state(chunk, value) if isinstance(chunk, Slice) else None
        return state or self.expressions.text(value)


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
