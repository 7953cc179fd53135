"""What cells do: the boolean functions of their pins, and the registers inside."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from operator import and_, or_, xor
from typing import TypeVar

import numpy as np

from hwgen.liberty.library import Cell, Pin
from hwgen.liberty.text import Group, shown

__all__ = [
    "Behaviour",
    "Constant",
    "Expression",
    "FlipFlop",
    "Gate",
    "Latch",
    "Not",
    "Output",
    "Register",
    "Variable",
    "behaviour",
    "expression",
    "parse",
]

Word = TypeVar("Word")

TOKEN = re.compile(
    r"""\s*(?:([A-Za-z_][\w.$\[\]]*)|\\"([^"\\]+)\\"|([01])(?![\w.])|([()!'&*|+^]))"""
)
SPELLED = {"*": "&", "+": "|"}  # Liberty's second spelling of AND and OR
OPERATIONS: Mapping[str, Callable] = {"&": and_, "|": or_, "^": xor}
LOOSEST_FIRST = ("|", "&", "^")
STARTS_OPERAND = {"name", "constant", "(", "!"}
DEEPEST = 100  # parentheses within parentheses
ONE = np.bool_(True)

LEVELS = {"L", "H", "-"}
BOTH_ACTIVE = {"L", "H", "N", "T", "X"}


class Expression:
    """A boolean expression: a `Constant`, a `Variable`, a `Not` or a `Gate`. Never changes."""

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of its variables, in the order in which they first appear."""
        return tuple(dict.fromkeys(self._names()))

    def evaluate(self, values: Mapping[str, Word], ones: Word) -> Word:
        """Return its value, bit by bit.

        Parameters
        ----------
        values : mapping
            A word for each input: arrays of bool or of unsigned integers, or plain integers.
        ones : word
            The word with every bit set, as ``np.uint64(2**64 - 1)`` or ``np.bool_(True)``: what
            inverts, and what a constant of one is.
        """
        raise NotImplementedError

    def truth_table(self, inputs: tuple[str, ...] | None = None) -> np.ndarray:
        """Return 2**n values (bool): in entry k, input i has the value of bit i of k.

        Parameters
        ----------
        inputs : tuple of str, optional
            The order of the inputs, and perhaps more of them; its own where it is not given.
        """
        inputs = self.inputs if inputs is None else inputs
        entries = np.arange(2 ** len(inputs))
        values = {name: (entries >> bit & 1).astype(bool) for bit, name in enumerate(inputs)}
        return np.broadcast_to(self.evaluate(values, ONE), entries.shape).copy()

    def _names(self) -> Iterator[str]:
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Expression):
    """Zero or one."""

    value: bool

    def __str__(self) -> str:
        return str(int(self.value))

    def evaluate(self, values: Mapping[str, Word], ones: Word) -> Word:  # noqa: ARG002
        """Return the word of its value."""
        return ones if self.value else ones ^ ones

    def _names(self) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True)
class Variable(Expression):
    """The value of a pin, or of a variable of a register."""

    name: str

    def __str__(self) -> str:
        return self.name

    def evaluate(self, values: Mapping[str, Word], ones: Word) -> Word:  # noqa: ARG002
        """Return the word of its name."""
        return values[self.name]

    def _names(self) -> Iterator[str]:
        yield self.name


@dataclass(frozen=True)
class Not(Expression):
    """The inverse of an expression."""

    operand: Expression

    def __str__(self) -> str:
        return f"!{self.operand}"

    def evaluate(self, values: Mapping[str, Word], ones: Word) -> Word:
        """Return the inverse of the operand."""
        return self.operand.evaluate(values, ones) ^ ones

    def _names(self) -> Iterator[str]:
        return self.operand._names()


@dataclass(frozen=True)
class Gate(Expression):
    """Two or more expressions joined by ``&``, ``|`` or ``^``."""

    operator: str
    operands: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"({self.operator.join(map(str, self.operands))})"

    def evaluate(self, values: Mapping[str, Word], ones: Word) -> Word:
        """Return the operands joined."""
        words = (operand.evaluate(values, ones) for operand in self.operands)
        return reduce(OPERATIONS[self.operator], words)

    def _names(self) -> Iterator[str]:
        for operand in self.operands:
            yield from operand._names()


def parse(text: str) -> Expression:
    """Read an expression such as ``"(A1 & !A2) | B1'"``.

    ``!A`` and ``A'`` invert; ``A & B``, ``A * B`` and ``A B`` are AND; ``A | B`` and ``A + B`` are
    OR; ``A ^ B`` is XOR. "The order of precedence of the operators is left to right, with
    inversion performed first, then XOR, then AND, then OR" (*Liberty Reference Manual*, 2020.09,
    ``function``). Yosys (liberty.cc) and OpenSTA (LibExprParse.yy) read it so too, but for
    ``A B ^ C``, which OpenSTA takes for ``(A B) ^ C``. Names that begin with a digit stand between
    quotation marks behind backslashes.

    Raises
    ------
    ValueError
        When it is none; the message goes on after the name of an attribute.
    """
    return _Parser(text).parse()


def expression(group: Group, attribute: str) -> Expression | None:
    """Read an attribute of a group as an expression; None where it is not given.

    Raises
    ------
    UserError
        When it is none.
    """
    text = group.get(attribute)
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        place = f"{group.name} ({', '.join(group.arguments)}): {attribute}"
        raise group.text.wrong(group.start, f"{place}: {error}", text) from None


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.tokens = [*self._split(text), ("end", "")]
        self.place = 0
        self.depth = 0

    def parse(self) -> Expression:
        found = self._joined(LOOSEST_FIRST)
        if self._next() != "end":
            raise ValueError("must be a boolean expression")
        return found

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        place, text = 0, text.strip()
        while place < len(text):
            token = TOKEN.match(text, place)
            if token is None:
                raise ValueError("must be a boolean expression")
            name, quoted, constant, sign = token.groups()
            if sign:
                yield SPELLED.get(sign, sign), sign
            elif constant:
                yield "constant", constant
            else:
                yield "name", name or quoted
            place = token.end()

    def _next(self) -> str:
        return self.tokens[self.place][0]

    def _take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def _joined(self, operators: tuple[str, ...]) -> Expression:
        """Read operands of the loosest of some operators."""
        if not operators:
            return self._operand()
        operator, *tighter = operators
        operands = [self._joined(tuple(tighter))]
        while True:
            if self._next() == operator:
                self._take()
            elif operator != "&" or self._next() not in STARTS_OPERAND:
                break
            operands.append(self._joined(tuple(tighter)))
        return operands[0] if len(operands) == 1 else Gate(operator, tuple(operands))

    def _operand(self) -> Expression:
        inverted = False
        while self._next() == "!":
            self._take()
            inverted = not inverted
        found = self._inner()
        while self._next() == "'":
            self._take()
            inverted = not inverted
        return Not(found) if inverted else found

    def _inner(self) -> Expression:
        match self._next():
            case "name":
                return Variable(self._take())
            case "constant":
                return Constant(self._take() == "1")
            case "(" if self.depth < DEEPEST:
                self._take()
                self.depth += 1
                found = self._joined(LOOSEST_FIRST)
                self.depth -= 1
                if self._next() == ")":
                    self._take()
                    return found
            case "(":
                raise ValueError(f"must have at most {DEEPEST} parentheses within each other")
        raise ValueError("must be a boolean expression")


@dataclass(frozen=True, kw_only=True)
class Register:
    """One bit that a cell keeps.

    Parameters
    ----------
    variables : tuple of str
        What expressions call its value and, second, the inverse of it.
    clear, preset : Expression or None
        While one is true, the value is 0 or 1, whatever the clock does.
    clear_preset_var1, clear_preset_var2 : str
        What the two variables are while both are true: ``L``, ``H``, ``N`` (as before),
        ``T`` (the inverse of before) or ``X`` (unknown, also where the library does not say).
    """

    variables: tuple[str, ...]
    clear: Expression | None = None
    preset: Expression | None = None
    clear_preset_var1: str = "X"
    clear_preset_var2: str = "X"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all that its next value depends on, its own variables perhaps among them."""
        found = [one.inputs for one in vars(self).values() if isinstance(one, Expression)]
        return tuple(dict.fromkeys(name for names in found for name in names))


@dataclass(frozen=True, kw_only=True)
class FlipFlop(Register):
    """A register that takes `next_state` when `clocked_on` becomes true."""

    next_state: Expression
    clocked_on: Expression


@dataclass(frozen=True, kw_only=True)
class Latch(Register):
    """A register that follows `data_in` while `enable` is true; without both, set and reset."""

    data_in: Expression | None
    enable: Expression | None


@dataclass(frozen=True, kw_only=True)
class Output:
    """What drives an output.

    Parameters
    ----------
    function : Expression
        Its value, over pins and the variables of registers.
    three_state : Expression or None
        While it is true, the pin lets go of its net.
    """

    function: Expression
    three_state: Expression | None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What a cell does.

    Parameters
    ----------
    registers : tuple of Register
        What it keeps: none in a combinational cell. A clock gate is a latch and the AND or OR of
        its output.
    outputs : mapping of str to Output
        What its outputs are, by name. None in a filler.
    clock_gate : str or None
        The kind of clock gate that the library calls it, such as ``latch_posedge``.
    unknown : mapping of str to str
        What this module does not understand: a pin or group, and what is amiss with it.
    """

    registers: tuple[Register, ...]
    outputs: Mapping[str, Output]
    clock_gate: str | None
    unknown: Mapping[str, str]

    @cached_property
    def variables(self) -> frozenset[str]:
        """Names of the values that its registers keep."""
        return frozenset(name for register in self.registers for name in register.variables)

    def reads(self, pin: str) -> tuple[str, ...]:
        """Return the variables of registers that an output's value is made of."""
        names = self.outputs[pin].function.inputs
        return tuple(name for name in names if name in self.variables)


def behaviour(cell: Cell) -> Behaviour:
    """Return what a cell does, as its library describes it.

    Groups ``ff``, ``latch``, and a ``statetable`` that is a latch; pins with ``function``,
    ``state_function`` or ``internal_node``. Banks, buses, bundles and other state tables are
    recognised, and named in `Behaviour.unknown`. The ``test_cell`` of a scan flip-flop, which
    describes it a second time, is left out.

    Raises
    ------
    UserError
        When an expression is none or names what the cell does not have, or a register lacks what
        it needs.
    """
    registers: list[Register] = []
    unknown = {}
    for group in cell.group.groups():
        try:
            registers += _registers(group)
        except _UnknownError as error:
            unknown[group.name] = str(error)
    nodes = {name for register in registers for name in register.variables}
    outputs = {}
    for name, pin in cell.pins.items():
        if pin.direction in {"output", "inout"}:
            try:
                outputs[name] = _output(pin, nodes)
            except _UnknownError as error:
                unknown[name] = str(error)
    if not unknown:
        _check_names(cell, registers, outputs)
    return Behaviour(
        registers=tuple(registers),
        outputs=outputs,
        clock_gate=cell.group.get("clock_gating_integrated_cell"),
        unknown=unknown,
    )


class _UnknownError(Exception):
    """What the format allows and this module does not understand."""


def _registers(group: Group) -> list[Register]:
    match group.name:
        case "ff":
            return [_flip_flop(group)]
        case "latch":
            return [_latch(group)]
        case "statetable":
            return _state_table(group)
        case "ff_bank" | "latch_bank" | "bus" | "bundle":
            raise _UnknownError("is of several bits")
    return []


def _flip_flop(group: Group) -> FlipFlop:
    if group.get("clocked_on_also") is not None:
        raise _UnknownError("has two clocks (clocked_on_also)")
    return FlipFlop(
        next_state=_needed(group, "next_state"),
        clocked_on=_needed(group, "clocked_on"),
        **_shared(group),
    )


def _latch(group: Group) -> Latch:
    given = {"data_in": expression(group, "data_in"), "enable": expression(group, "enable")}
    shared = _shared(group)
    if any(given.values()) or not (shared["clear"] or shared["preset"]):
        given = {name: _needed(group, name) for name in given}
    return Latch(**given, **shared)


def _shared(group: Group) -> dict[str, object]:
    """Return what flip-flops and latches have alike."""
    both = {}
    for name in ("clear_preset_var1", "clear_preset_var2"):
        both[name] = (group.get(name) or "X").upper()
        if both[name] not in BOTH_ACTIVE:
            place = f"{group.name} ({', '.join(group.arguments)}): {name}"
            raise group.text.wrong(group.start, f"{place}: must be L, H, N, T or X", both[name])
    return {
        "variables": group.arguments,
        "clear": expression(group, "clear"),
        "preset": expression(group, "preset"),
        **both,
    }


def _needed(group: Group, attribute: str) -> Expression:
    found = expression(group, attribute)
    if found is None:
        place = f"{group.name} ({', '.join(group.arguments)}): {attribute}"
        raise group.text.wrong(group.start, f"{place}: must be a boolean expression", "missing")
    return found


def _state_table(group: Group) -> list[Register]:
    """Return the latches that a table of levels stands for, one for each internal node.

    A row is ``levels of the inputs : nodes before : nodes after``. A node is open unless a row
    keeps it (``N``); it is one in the rows that say ``H``.
    """
    inputs, nodes = (argument.split() for argument in (*group.arguments, "", "")[:2])
    rows = [
        tuple(field.split() for field in row.split(":"))
        for row in (group.get("table") or "").split(",")
        if row.strip()
    ]
    if not nodes or any(
        len(row) != 3 or [len(field) for field in row] != [len(inputs), len(nodes), len(nodes)]
        for row in rows
    ):
        place = f"{group.name} ({', '.join(group.arguments)}): table"
        expected = f"must have rows of {len(inputs)} : {len(nodes)} : {len(nodes)} values"
        raise group.text.wrong(group.start, f"{place}: {expected}", group.get("table") or "missing")
    levels = {level for levels, before, _ in rows for level in (*levels, *before)}
    if not levels <= LEVELS or any(set(before) != {"-"} for _, before, _ in rows):
        raise _UnknownError("has edges, or nodes that depend on themselves")
    return [
        _table_latch(node, inputs, [(levels, after[place]) for levels, _, after in rows])
        for place, node in enumerate(nodes)
    ]


def _table_latch(node: str, inputs: list[str], rows: list[tuple[list[str], str]]) -> Latch:
    if not {after for _, after in rows} <= {"L", "H", "N"}:
        raise _UnknownError("has next values besides L, H and N")
    for levels in product("LH", repeat=len(inputs)):
        if len({after for row, after in rows if _covers(row, levels)}) != 1:
            raise _UnknownError("does not give each node one next value")
    return Latch(
        variables=(node,),
        data_in=_any_of([_all_of(inputs, row) for row, after in rows if after == "H"]),
        enable=_inverse(_any_of([_all_of(inputs, row) for row, after in rows if after == "N"])),
    )


def _covers(row: list[str], levels: tuple[str, ...]) -> bool:
    return all(given in {"-", level} for given, level in zip(row, levels, strict=True))


def _all_of(inputs: list[str], row: list[str]) -> Expression:
    pairs = zip(map(Variable, inputs), row, strict=True)
    literals = [name if level == "H" else Not(name) for name, level in pairs if level != "-"]
    if not literals:
        return Constant(value=True)
    return literals[0] if len(literals) == 1 else Gate("&", tuple(literals))


def _any_of(products: list[Expression]) -> Expression:
    if not products:
        return Constant(value=False)
    return products[0] if len(products) == 1 else Gate("|", tuple(products))


def _inverse(of: Expression) -> Expression:
    return of.operand if isinstance(of, Not) else Not(of)


def _output(pin: Pin, nodes: set[str]) -> Output:
    group = pin.group
    function = expression(group, "function") or expression(group, "state_function")
    node = group.get("internal_node")
    if function is None and node is not None:
        if any(group.groups("input_map")) or group.get("input_map"):
            raise _UnknownError("has an input_map")
        if node not in nodes:
            raise _UnknownError(f"reads {shown(node)}, which no register keeps")
        function = Variable(node)
    if function is None:
        raise _UnknownError("has no function")
    return Output(function=function, three_state=expression(group, "three_state"))


def _check_names(cell: Cell, registers: list[Register], outputs: Mapping[str, Output]) -> None:
    """Refuse expressions that name neither a pin nor a variable."""
    known = {*cell.pins, *(name for register in registers for name in register.variables)}
    used = [name for register in registers for name in register.inputs]
    for output in outputs.values():
        used += output.function.inputs
        used += output.three_state.inputs if output.three_state else ()
    for name in used:
        if name not in known:
            place = f"cell ({cell.name}): its functions"
            raise cell.group.text.wrong(cell.group.start, f"{place}: must name pins", name)
