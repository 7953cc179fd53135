"""What may happen in a phase of the clock: which operations, which flip-flops."""

from collections.abc import Sequence
from typing import NamedTuple

from hwgen.gates.netlist import ONE, ZERO
from hwgen.gates.operations import Clocked, Operations
from hwgen.gates.order import FORCE, HOLD, Operation, closure, fan_in

__all__ = ["Reach", "reach"]


class Reach(NamedTuple):
    """What may happen in a phase.

    Parameters
    ----------
    operations : list of Operation
        All whose operands may change.
    clocking : list of Operation
        Those between the clock and clocks of flip-flops, in order.
    forcing : list of Operation
        Sets and resets of the flip-flops that may take their next states.
    always, gated : list of Clocked
        Flip-flops whose clocks certainly rise, and those whose clocks may.
    moving : set of int
        Nodes that may change.
    repeats : bool
        Whether clocks may rise once more after the rest has changed.
    """

    operations: list[Operation]
    clocking: list[Operation]
    forcing: list[Operation]
    always: list[Clocked]
    gated: list[Clocked]
    moving: set[int]
    repeats: bool


def reach(found: Operations, order: Sequence[Operation], level: int) -> Reach:
    """Find what may happen in a phase.

    Parameters
    ----------
    found : Operations
        The netlist.
    order : sequence of Operation
        All of its operations, in order.
    level : int
        Level of the clock.
    """
    levels, others = (_levels(order, found.clock, one) for one in (level, 1 - level))
    # Without latches that are closed.
    order = [one for one in order if one.kind != HOLD or levels.get(one.reads[0]) != 0]
    clock = set() if found.clock is None else {found.clock}
    changed = set(found.inputs) - clock if level else set()
    triggered: list[Clocked] = []
    while True:
        taking = {one.register for one in triggered}
        moving = closure(order, clock | changed | taking)
        more = [
            one for one in found.flip_flops if one.clock in moving and levels.get(one.clock) != 0
        ]
        if len(more) == len(triggered):
            break
        triggered = more
    always: list[Clocked] = []
    gated: list[Clocked] = []
    for one in triggered:
        rises = (others.get(one.clock), levels.get(one.clock)) == (0, 1)
        (always if rises else gated).append(one)
    by_clock = closure(order, clock)
    wanted = fan_in(order, {one.clock for one in gated})
    unsettled = closure([one for one in order if one.writes not in levels], changed | taking)
    return Reach(
        operations=[one for one in order if not moving.isdisjoint(one.reads)],
        clocking=[
            one for one in order if one.writes in wanted and not by_clock.isdisjoint(one.reads)
        ],
        forcing=[one for one in order if one.kind == FORCE and one.writes in taking],
        always=always,
        gated=gated,
        moving=moving,
        repeats=any(one.clock in unsettled for one in gated),
    )


def _levels(order: Sequence[Operation], clock: int | None, level: int) -> dict[int, int]:
    """Return the nodes that the level of the clock makes constant."""
    known = {ZERO: 0, ONE: 1}
    if clock is not None:
        known[clock] = level
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
