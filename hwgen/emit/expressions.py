"""Writes expressions in Verilog, with no more parentheses than readers want."""

from collections.abc import Mapping

from hwgen.emit.names import Names
from hwgen.emit.netlist import Netlist, is_anonymous
from hwgen.emit.operators import COMPARISONS, ORDERINGS, Op
from hwgen.emit.reset import Reset
from hwgen.emit.rtlil import Const, Slice, Spec

__all__ = ["Expressions", "number"]

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


class Expressions:
    """Writes operands and operators of a module.

    Parameters
    ----------
    netlist : Netlist
        The module.
    names : Names
        Its names.
    reset : Reset
        How registers are reset.
    states : mapping
        By state register, the name of every code.
    """

    def __init__(
        self,
        netlist: Netlist,
        names: Names,
        reset: Reset,
        states: Mapping[str, Mapping[int, str]],
    ) -> None:
        self.netlist = netlist
        self.names = names
        self.reset = reset
        self.states = states
        self.fields_used: dict[str, Slice] = {}

    def state(self, chunk: Slice, value: Spec) -> str | None:
        """Return the name of a state, when a constant meets a state register."""
        if len(value) != 1 or not isinstance(value[0], Const):
            return None
        if chunk.width != self.netlist.wires[chunk.wire].width:
            return None
        return self.states.get(chunk.wire, {}).get(value[0].value)

    def inlined(self, spec: Spec) -> Op | None:
        """Return the operator that is written in the place of a spec."""
        if len(spec) == 1 and isinstance(spec[0], Slice):
            return self.netlist.inlined.get(spec[0].wire)
        return None

    def sum(self, op: Op) -> str | None:
        """Write a sum with carry as everybody does, when it is all there is to assign.

        The target is as wide as the sum, which is all that Verilog needs to keep the carry.
        """
        if op.kind != "add" or any(
            len(arg) != 2 or arg[1] != Const(0, 1) or isinstance(arg[0], Const) for arg in op.args
        ):
            return None
        left, right = (self.term(arg[:1]) for arg in op.args)
        return None if left[1] or right[1] else f"{left[0]} + {right[0]}"

    def text(self, spec: Spec) -> str:
        """Return the text of an operand that stands alone."""
        return self.term(spec)[0]

    def term(self, spec: Spec) -> tuple[str, str | None]:
        """Return the text of an operand and the operator on its top, None when it stands alone."""
        if len(spec) == 1:
            chunk = spec[0]
            if isinstance(chunk, Slice) and chunk.wire in self.netlist.inlined:
                return self.operator(self.netlist.inlined[chunk.wire])
            if chunk == self.names.reset_pin and not self.reset.active_high:
                return f"~{self.reset.name}", "not"
            return self._chunk(chunk), None
        if spec in self.netlist.vectors:
            return self.names.wires[self.netlist.vectors[spec]], None
        return self.concatenated(spec), None

    def concatenated(self, spec: Spec) -> str:
        """Put the parts of an operand together."""
        parts: list[str] = []
        chunks = list(reversed(spec))
        while chunks:
            same = 1
            while same < len(chunks) and chunks[same] == chunks[0]:
                same += 1
            text = self.text((chunks[0],))
            parts.append(text if same == 1 else f"{{{same}{{{text}}}}}")
            chunks = chunks[same:]
        return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"

    def _chunk(self, chunk: Slice | Const) -> str:
        if isinstance(chunk, Const):
            return number(chunk.value, chunk.width)
        field = self.netlist.fields.get(chunk)
        if field is None or is_anonymous(chunk.wire):
            return self.slice(chunk)
        name = self.names.field(field)
        self.fields_used[name] = chunk
        return name

    def slice(self, part: Slice) -> str:
        """Return the text of a wire, or of some of its bits."""
        name, width = self.names.wires[part.wire], self.netlist.wires[part.wire].width
        if (part.low, part.width) == (0, width):
            return name
        if part.width == 1:
            return f"{name}[{part.low}]"
        return f"{name}[{part.low + part.width - 1}:{part.low}]"

    def operator(self, op: Op) -> tuple[str, str | None]:
        """Return the text of an operator and its kind, None when the text stands alone."""
        if op.kind == "index":
            place = self.text(op.args[1])
            place = f"$unsigned({place})" if self._is_signed(op.args[1]) else place
            return f"{self.text(op.args[0])}[{place}]", None
        if op.kind == "mux":
            select, if_0, if_1 = (self.term(arg) for arg in op.args)
            condition = select[0] if select[1] in {None, "not"} else f"({select[0]})"
            chosen = if_1[0] if if_1[1] != "mux" else f"({if_1[0]})"
            return f"{condition} ? {chosen} : {if_0[0]}", "mux"
        if op.kind in UNARY:
            text, kind = self.term(op.args[0])
            return UNARY[op.kind] + (text if kind is None else f"({text})"), op.kind
        if op.kind == "sshr":
            return f"$signed({self.text(op.args[0])}) >>> {self._operand(op, 1)}", "sshr"
        left, right = self._operand(op, 0), self._operand(op, 1)
        if op.kind in ORDERINGS:
            if op.signed:
                left, right = f"$signed({left})", f"$signed({right})"
            elif all(self._is_signed(arg) for arg in op.args):
                left = f"$unsigned({left})"
        elif op.kind in {"eq", "ne"} and isinstance(op.args[0][0], Slice) and len(op.args[0]) == 1:
            right = self.state(op.args[0][0], op.args[1]) or right
        return f"{left} {BINARY[op.kind]} {right}", op.kind

    def _operand(self, op: Op, place: int) -> str:
        text, kind = self.term(op.args[place])
        stands_alone = kind in {None, "not"} or (kind == op.kind and kind in ASSOCIATIVE)
        return text if stands_alone else f"({text})"

    def _is_signed(self, spec: Spec) -> bool:
        """Tell whether Verilog takes the text of an operand for a signed number."""
        if len(spec) != 1 or isinstance(spec[0], Const):
            return False
        op = self.netlist.inlined.get(spec[0].wire)
        if op is not None:
            values = op.args[1:] if op.kind == "mux" else op.args
            return op.kind not in {"index", *COMPARISONS} and all(
                self._is_signed(arg) for arg in values
            )
        wire = self.netlist.wires[spec[0].wire]
        return wire.signed and spec[0].width == wire.width


def number(value: int, width: int) -> str:
    """Return a constant with its width."""
    if width == 1:
        return f"1'b{value}"
    return f"{width}'d{value}" if value < 10 else f"{width}'h{value:x}"
