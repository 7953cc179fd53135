"""What an operator comes to when some of its operands are known."""

from collections.abc import Callable

from hwgen.emit.operators import (
    COMPARISONS,
    REDUCTIONS,
    SYMMETRIC,
    Op,
    evaluated,
    shifted,
    value_of,
)
from hwgen.emit.rtlil import Const, Spec, cut, width_of

__all__ = ["folded"]


def folded(op: Op, operator_of: Callable[[Spec], Op | None]) -> Op | Spec:
    """Take one step of simplification, if there is one.

    Parameters
    ----------
    op : Op
        An operator.
    operator_of : callable
        Returns the operator whose whole result an operand is, where it may be looked into.

    Returns
    -------
    Op or Spec
        A simpler operator, or the value that it always has; the operator itself when there is
        nothing to be done.
    """
    values = [value_of(arg) for arg in op.args]
    args, width, last = op.args, op.width, values[-1]
    ones = (1 << width) - 1
    if None not in values and op.kind != "index":
        return (Const(evaluated(op, values) & ones, width),)
    if op.kind in SYMMETRIC and values[0] is not None and values[1] is None:
        return Op(op.kind, (args[1], args[0]), width)  # the constant comes second
    if op.kind == "not":
        return _negated(op, operator_of)
    if op.kind == "mux":
        return _chosen(op, values, operator_of)
    if op.kind == "and" and last in {0, ones}:
        return args[0] if last else (Const(0, width),)
    if op.kind == "or" and last in {0, ones}:
        return (Const(ones, width),) if last else args[0]
    if op.kind in {"xor", "add", "sub", "shl", "shr", "sshr"} and last == 0:
        return args[0]
    if op.kind in {"shl", "shr"} and last is not None:
        return shifted(op, last)
    if op.kind == "xor" and last == ones:
        return Op("not", args[:1], width)
    if op.kind in {"ge", "lt"} and last == 0 and not op.signed:
        return (Const(int(op.kind == "ge"), 1),)
    if op.kind in {"eq", "ne"} and width_of(args[0]) == 1 and last is not None:
        return args[0] if last == (op.kind == "eq") else Op("not", args[:1], 1)
    if op.kind == "index" and last is not None:
        return cut(args[0], last, 1)
    if op.kind in REDUCTIONS and width_of(args[0]) <= 1:
        return args[0] or (Const(int(op.kind == "all"), 1),)
    return op


def _negated(op: Op, operator_of: Callable[[Spec], Op | None]) -> Op | Spec:
    value = value_of(op.args[0])
    if value is not None:
        return (Const(value ^ ((1 << op.width) - 1), op.width),)
    inner = operator_of(op.args[0])
    if inner is not None and inner.kind == "not":
        return inner.args[0]
    if inner is not None and inner.kind in COMPARISONS:
        return Op(COMPARISONS[inner.kind], inner.args, 1, inner.signed)
    return op


def _chosen(
    op: Op, values: list[int | None], operator_of: Callable[[Spec], Op | None]
) -> Op | Spec:
    select, if_0, if_1 = op.args
    if values[0] is not None:
        return if_1 if values[0] else if_0
    if if_0 == if_1:
        return if_0
    if op.width == 1 and values[1:] == [0, 1]:
        return select
    if op.width == 1 and values[1:] == [1, 0]:
        return Op("not", (select,), 1)
    if op.width == 1 and values[1] == 0:
        return Op("and", (select, if_1), 1)
    if op.width == 1 and values[2] == 1:
        return Op("or", (select, if_0), 1)
    inner = operator_of(select)
    if inner is not None and inner.kind == "not":
        return Op("mux", (inner.args[0], if_1, if_0), op.width)
    return op
