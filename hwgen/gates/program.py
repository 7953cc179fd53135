"""Mapped netlists as programs of look-ups, for `hwgen.gates.kernels` to run.

A *slot* holds one word: the value of a net in 64 stimuli. Nets that are always equal share a slot:
those on both sides of a buffer, and those of gates that do the same. Slots are, in this order, the
constants, the inputs of the top, the registers, and what look-ups compute, in the order in which
they are computed.

A cycle has two *phases*, the high and the low one of the clock. In each of them

1. the clock changes, and what it reaches on its way to flip-flops is computed;
2. flip-flops whose clocks have risen take what their next states were before that, all at once,
   but for those that are just being set or reset;
3. other inputs of the top change (in the high phase only);
4. everything that may have changed is computed, registers that are open, set or reset included.

What a phase can reach is found once, by carrying the clock's level through the gates as a constant:
a latch that is closed passes nothing on, and a flip-flop whose clock is certainly low stays as it
is. Where a clock may rise again because of what step 4 changed, or gates form a loop, steps 2 and 4
repeat until nothing changes.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.gates.netlist import ONE, ZERO, Netlist
from hwgen.gates.operations import Operations, operations_of
from hwgen.gates.order import FORCE, HOLD, Operation, closure, group_of, in_order
from hwgen.gates.phases import Reach, reach
from hwgen.liberty.library import Library

__all__ = ["Code", "Phase", "Program", "compile_netlist"]


class Phase(NamedTuple):
    """What happens in one phase of the clock; runs are shaped (runs, 5), see `Program`.

    Parameters
    ----------
    level : int
        Level of the clock.
    clocking : ndarray of uint64
        Runs between the clock and clocks of flip-flops.
    forcing : ndarray of uint64
        Runs that set and reset flip-flops which have taken their next states.
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
    forcing: NDArray[np.uint64]
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
    found = operations_of(netlist, library, clock=clock, late=late)
    order, _ = in_order(found.operations)
    reaches = [reach(found, order, level) for level in (0, 1)]
    late_nodes = closure(order, found.late)
    parts = [_parts(one.operations, late_nodes) for one in reaches]
    (first, _), _ = parts[1]
    slots = _Slots(found, [one.register for one in reaches[1].always], [*first, *order])
    low, high = (
        _phase(level, *one, slots) for level, one in enumerate(zip(reaches, parts, strict=True))
    )
    everything = slots.runs(order)
    return Program(
        netlist=netlist,
        code=Code(
            operands=np.array(slots.operands, dtype=np.uint32),
            clock=0 if found.clock is None else slots.of[found.clock],
            everything=everything,
            high=high,
            low=low,
        ),
        slots=len(slots.of),
        slot_of=np.array([slots.of[node] for node in found.node_of]),
        registers=slots.list(found.registers),
        late=frozenset(slots.of[node] for node in late_nodes),
    )


Part = tuple[list[Operation], bool]  # operations in order, and whether they go round a loop


def _parts(operations: Sequence[Operation], late: Set[int]) -> tuple[Part, Part]:
    """Put operations in order: those that do not depend on late inputs, and those that do."""
    split: tuple[list[Operation], list[Operation]] = ([], [])
    for one in operations:
        split[not late.isdisjoint(one.reads)].append(one)
    return in_order(split[0]), in_order(split[1])


def _phase(level: int, found: Reach, parts: tuple[Part, Part], slots: "_Slots") -> Phase:
    """Put a phase together."""
    (early, loop), (late, late_loop) = parts
    return Phase(
        level=level,
        clocking=slots.runs(found.clocking),
        forcing=slots.runs(found.forcing),
        early=slots.runs(early),
        late=slots.runs(late),
        always_next=slots.list(one.next for one in found.always),
        always=slots.list(one.register for one in found.always),
        gated_clock=slots.list(one.clock for one in found.gated),
        gated_next=slots.list(one.next for one in found.gated),
        gated=slots.list(one.register for one in found.gated),
        moving=slots.list(sorted(found.moving)),
        repeats=int(found.repeats or loop or late_loop),
    )


class _Slots:
    """The slot of every node, and the operands of the runs that have been made."""

    def __init__(self, found: Operations, first: Iterable[int], order: Iterable[Operation]) -> None:
        computed = [one.writes for one in order if one.kind not in (HOLD, FORCE)]
        nodes = [ZERO, ONE, *found.inputs, *first, *found.registers, *computed]
        self.of = {node: place for place, node in enumerate(dict.fromkeys(nodes))}
        self.operands: list[int] = []

    def list(self, nodes: Iterable[int]) -> NDArray[np.uint32]:
        """Return the slots of nodes."""
        return np.array([self.of[node] for node in nodes], dtype=np.uint32)

    def runs(self, order: Iterable[Operation]) -> NDArray[np.uint64]:
        """Return operations as runs, and keep their operands."""
        rows: list[list[int]] = []
        group = None
        for one in order:
            slot = 0 if one.kind in (HOLD, FORCE) else self.of[one.writes]
            follows = rows and (not slot or slot == rows[-1][4] + rows[-1][3])
            if group_of(one) == group and follows:
                rows[-1][3] += 1
            else:
                rows.append([one.kind, one.table, len(self.operands), 1, slot])
                group = group_of(one)
            self.operands += [self.of[node] for node in one.reads]
        return np.array(rows, dtype=np.uint64).reshape(-1, 5)
