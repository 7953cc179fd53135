r"""Reads the RTLIL that Amaranth writes: wires, cells, decision processes, instances.

Only what `amaranth.back.rtlil` emits is understood, which is a small part of the language; anything
else is refused by name. Signals are bit vectors: a `Spec` is a tuple of slices and constants, least
significant first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = [
    "Assign",
    "Case",
    "Cell",
    "Const",
    "Module",
    "Process",
    "Slice",
    "Spec",
    "Switch",
    "Wire",
    "cut",
    "join",
    "parse",
    "width_of",
]


@dataclass(frozen=True)
class Slice:
    """Bits ``low`` to ``low + width - 1`` of a wire."""

    wire: str
    low: int
    width: int


@dataclass(frozen=True)
class Const:
    """An unsigned number of ``width`` bits."""

    value: int
    width: int


Spec = tuple[Slice | Const, ...]


@dataclass
class Wire:
    r"""A named vector; names keep the first character of RTLIL: ``\`` public, ``$`` anonymous."""

    name: str
    width: int
    signed: bool = False
    port: str | None = None  # "input" or "output"
    enum: dict[int, str] = field(default_factory=dict)


@dataclass
class Cell:
    """An operator (``$add``), a flip-flop (``$adff``) or an instance of another module."""

    kind: str
    name: str
    parameters: dict[str, int | str] = field(default_factory=dict)
    ports: dict[str, Spec] = field(default_factory=dict)


@dataclass
class Assign:
    """A blocking assignment inside a process."""

    target: Spec
    value: Spec


@dataclass
class Case:
    """Statements for some values of a switch; without patterns: for all others."""

    patterns: tuple[str, ...]
    body: list["Assign | Switch"] = field(default_factory=list)


@dataclass
class Switch:
    """The first case with a matching pattern is carried out."""

    selector: Spec
    cases: list[Case] = field(default_factory=list)


@dataclass
class Process:
    """Combinational statements that together drive one wire."""

    body: list[Assign | Switch] = field(default_factory=list)


@dataclass
class Module:
    """One module; `connects` are pairs of driven and driving specs."""

    name: str
    wires: dict[str, Wire] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    connects: list[tuple[Spec, Spec]] = field(default_factory=list)


def width_of(spec: Spec) -> int:
    """Bits of a spec."""
    return sum(chunk.width for chunk in spec)


def cut(spec: Spec, low: int, width: int) -> Spec:
    """Take bits ``low`` to ``low + width - 1`` of a spec.

    >>> cut((Slice("a", 4, 4), Const(1, 2)), 3, 2)
    (Slice(wire='a', low=7, width=1), Const(value=1, width=1))
    """
    chunks: list[Slice | Const] = []
    at = 0
    for chunk in spec:
        first, last = max(low, at), min(low + width, at + chunk.width)
        if first < last:
            offset, size = first - at, last - first
            if isinstance(chunk, Const):
                chunks.append(Const(chunk.value >> offset & (1 << size) - 1, size))
            else:
                chunks.append(Slice(chunk.wire, chunk.low + offset, size))
        at += chunk.width
    return tuple(chunks)


def join(chunks: Iterator[Slice | Const] | Spec | list[Slice | Const]) -> Spec:
    """Write a sequence of chunks with as few chunks as possible.

    >>> join([Slice("a", 0, 1), Slice("a", 1, 2), Const(1, 1), Const(2, 2)])
    (Slice(wire='a', low=0, width=3), Const(value=5, width=3))
    """
    joined: list[Slice | Const] = []
    for chunk in chunks:
        last = joined[-1] if joined else None
        if not chunk.width:
            continue
        if isinstance(chunk, Const) and isinstance(last, Const):
            joined[-1] = Const(last.value | chunk.value << last.width, last.width + chunk.width)
        elif (
            isinstance(chunk, Slice)
            and isinstance(last, Slice)
            and (chunk.wire, chunk.low) == (last.wire, last.low + last.width)
        ):
            joined[-1] = Slice(last.wire, last.low, last.width + chunk.width)
        else:
            joined.append(chunk)
    return tuple(joined)


def parse(text: str) -> list[Module]:
    """Read RTLIL text.

    Raises
    ------
    ValueError
        At a statement that Amaranth's synthesizable subset has no use for; names the line.
    """
    return _Reader(text).modules()


_WIRE = re.compile(r"wire width (\d+)(?: (input|output) \d+)?(\s+signed)?\s+(\S+)$")
_CHUNK = re.compile(r"([\\$]\S+)(?: \[(\d+)(?::(\d+))?\])?|(\d+)'([01]*)")
_INDENTED = re.compile(r"\s*")


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = [line.strip() for line in text.splitlines()]
        self._at = 0
        self._widths: dict[str, int] = {}

    def _next(self) -> str:
        while True:
            line = self._lines[self._at]
            self._at += 1
            if line:
                return line

    def _peek(self) -> str | None:
        while self._at < len(self._lines) and not self._lines[self._at]:
            self._at += 1
        return self._lines[self._at] if self._at < len(self._lines) else None

    def modules(self) -> list[Module]:
        modules = []
        while self._peek() is not None:
            line = self._next()
            if line.startswith("module "):
                modules.append(self._module(line.split()[1]))
            elif not line.startswith("attribute "):
                raise ValueError(f"RTLIL outside a module: {line}")
        return modules

    def _module(self, name: str) -> Module:
        module = Module(name)
        self._widths = {}
        enum: dict[int, str] = {}
        while (line := self._next()) != "end":
            keyword = line.split(" ", 1)[0]
            if keyword == "attribute":
                if found := re.match(r'attribute \\enum_value_([01]+) "(.*)"$', line):
                    enum[int(found[1], 2)] = found[2]
                continue
            if keyword == "wire":
                found = _WIRE.match(line)
                if not found:
                    raise ValueError(f"RTLIL wire not understood: {line}")
                wire = Wire(found[4], int(found[1]), bool(found[3]), found[2], enum)
                module.wires[wire.name] = wire
                self._widths[wire.name] = wire.width
            elif keyword == "cell":
                module.cells.append(self._cell(line))
            elif keyword == "process":
                module.processes.append(Process(self._body(("end",))))
                self._next()
            elif keyword == "connect":
                target, value = self._specs(line.removeprefix("connect "))
                if target:
                    module.connects.append((target, value))
            else:
                raise ValueError(f"RTLIL statement has no Verilog form here: {line}")
            enum = {}
        return module

    def _cell(self, line: str) -> Cell:
        _, kind, name = line.split()
        cell = Cell(kind, name)
        while (line := self._next()) != "end":
            keyword, rest = line.split(" ", 1)
            if keyword == "connect":
                port, spec = rest.split(" ", 1)
                cell.ports[port.removeprefix("\\")] = self._specs(spec)[0]
            else:
                *_, parameter, value = rest.split(" ", 2 if rest.startswith("signed ") else 1)
                cell.parameters[parameter.removeprefix("\\")] = _number(value)
        return cell

    def _body(self, ends: tuple[str, ...]) -> list[Assign | Switch]:
        body: list[Assign | Switch] = []
        while (line := self._peek()) is not None and line.split(" ", 1)[0] not in ends:
            self._next()
            if line.startswith("assign "):
                target, value = self._specs(line.removeprefix("assign "))
                if target:  # Amaranth also assigns to slices without any bits
                    body.append(Assign(target, value))
            elif line.startswith("switch "):
                body.append(self._switch(line))
            else:
                raise ValueError(f"RTLIL process statement not understood: {line}")
        return body

    def _switch(self, line: str) -> Switch:
        switch = Switch(self._specs(line.removeprefix("switch "))[0])
        while (line := self._next()) != "end":
            if line.split(" ", 1)[0] != "case":
                raise ValueError(f"RTLIL switch statement not understood: {line}")
            patterns = tuple(re.findall(r"'([01-]+)", line))
            switch.cases.append(Case(patterns, self._body(("case", "end"))))
        return switch

    def _specs(self, text: str) -> list[Spec]:
        """Read specs that follow each other, each a chunk or a brace of chunks."""
        specs: list[Spec] = []
        while text:
            if text.startswith("{"):
                inside, _, text = text[1:].partition("}")
                chunks = [self._chunk(found) for found in _CHUNK.finditer(inside)]
                specs.append(join(reversed(chunks)))
            else:
                found = _CHUNK.match(text)
                if not found:
                    raise ValueError(f"RTLIL signal not understood: {text}")
                specs.append(join([self._chunk(found)]))
                text = text[found.end() :]
            text = _INDENTED.sub("", text, count=1)
        return specs

    def _chunk(self, found: re.Match[str]) -> Slice | Const:
        if found[1] is None:
            return Const(int(found[5] or "0", 2), int(found[4]))
        if found[2] is None:
            return Slice(found[1], 0, self._widths[found[1]])
        high, low = int(found[2]), int(found[3] or found[2])
        return Slice(found[1], low, high - low + 1)


def _number(text: str) -> int | str:
    """Read a parameter: a decimal number, a bit string or a quoted one."""
    if found := re.match(r"\d+'([01-]*)$", text):
        return int(found[1].replace("-", "0") or "0", 2)
    return int(text) if re.match(r"-?\d+$", text) else text.strip('"')
