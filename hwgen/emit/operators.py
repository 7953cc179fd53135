"""Operators of a module, their operands brought to the width that they work on."""

from collections.abc import Callable
from dataclasses import dataclass

from hwgen.emit.rtlil import Const, Spec, cut, join, width_of

__all__ = [
    "COMPARISONS",
    "CUTTABLE",
    "KINDS",
    "LIGHT",
    "ORDERINGS",
    "REDUCTIONS",
    "SUMS",
    "SYMMETRIC",
    "Op",
    "cut_operator",
    "evaluated",
    "extended",
    "shifted",
    "value_of",
]

KINDS = {
    "$not": "not",
    "$neg": "neg",
    "$and": "and",
    "$or": "or",
    "$xor": "xor",
    "$add": "add",
    "$sub": "sub",
    "$mul": "mul",
    "$shl": "shl",
    "$shr": "shr",
    "$shift": "shr",  # Amaranth shifts by unsigned amounts only
    "$sshr": "sshr",
    "$eq": "eq",
    "$ne": "ne",
    "$lt": "lt",
    "$le": "le",
    "$gt": "gt",
    "$ge": "ge",
    "$reduce_and": "all",
    "$reduce_or": "any",
    "$reduce_bool": "any",
    "$reduce_xor": "parity",
    "$mux": "mux",
}
COMPARISONS = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}  # : negated
REDUCTIONS = {"all", "any", "parity"}
BITWISE = {"not", "and", "or", "xor", "mux"}
CUTTABLE = BITWISE | {"add", "sub", "mul", "neg", "shl"}  # low bits depend on low bits only
SYMMETRIC = {"and", "or", "xor", "add", "mul", "eq", "ne"}
SUMS = {"add", "sub", "mul", "neg"}
ORDERINGS = {"lt", "le", "gt", "ge"}
EVALUATED: dict[str, Callable[..., int]] = {
    "not": lambda a: ~a,
    "neg": lambda a: -a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "shl": lambda a, places: a << places,
    "shr": lambda a, places: a >> places,
    "sshr": lambda a, places: a >> places,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "mux": lambda select, if_0, if_1: if_1 if select else if_0,
}
LIGHT = {"not", "and", "or", "xor", "index", *COMPARISONS, *REDUCTIONS}


@dataclass(frozen=True)
class Op:
    """An operator whose operands have the width that it works on.

    ``mux`` takes (select, value if 0, value if 1); ``index`` (vector, bit number).
    """

    kind: str
    args: tuple[Spec, ...]
    width: int
    signed: bool = False  # comparisons and arithmetic shifts


def extended(spec: Spec, width: int, *, signed: bool) -> Spec:
    """Bring an operand to a width: cut it, or repeat its sign, or add zeros."""
    missing = width - width_of(spec)
    if missing <= 0:
        return cut(spec, 0, width)
    if not signed or not spec:
        return join([*spec, Const(0, missing)])
    sign = cut(spec, width_of(spec) - 1, 1)
    return join([*spec, *(sign * missing)])


def value_of(spec: Spec) -> int | None:
    """Return the number that a spec is, if it is one."""
    if len(spec) == 1 and isinstance(spec[0], Const):
        return spec[0].value
    return None if spec else 0


def evaluated(op: Op, values: list[int]) -> int:
    """Return the result of an operator with constants, which may have further bits above it."""
    if op.kind in REDUCTIONS:
        ones = values[0].bit_count()
        return {"all": ones == width_of(op.args[0]), "any": ones > 0, "parity": ones & 1}[op.kind]
    if op.signed:
        values = [_as_signed(values[0], op.args[0]), *values[1:]]
        if op.kind in ORDERINGS:
            values[1] = _as_signed(values[1], op.args[1])
    return EVALUATED[op.kind](*values)


def _as_signed(value: int, spec: Spec) -> int:
    half = 1 << width_of(spec) >> 1
    return value - 2 * half if value & half else value


def shifted(op: Op, places: int) -> Spec:
    """Return the operand of a shift by a constant, moved."""
    places = min(places, op.width)
    zeros = Const(0, places)
    if op.kind == "shl":
        return join([zeros, *cut(op.args[0], 0, op.width - places)])
    return join([*cut(op.args[0], places, op.width - places), zeros])


def cut_operator(op: Op, width: int) -> Op:
    """Return the lowest bits of an operator that allows it."""
    if width == op.width:
        return op
    if op.kind == "mux":
        args = (op.args[0], *(cut(arg, 0, width) for arg in op.args[1:]))
    elif op.kind == "shl":
        args = (cut(op.args[0], 0, width), op.args[1])
    else:
        args = tuple(cut(arg, 0, width) for arg in op.args)
    return Op(op.kind, args, width)
