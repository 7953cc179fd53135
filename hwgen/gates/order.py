"""Operations in the order in which they can be carried out, and what they reach."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["FORCE", "HOLD", "Operation", "closure", "fan_in", "group_of", "in_order"]

# Kinds of operations: look-ups with 1, 2 and 3 operands, a latch, a set or reset.
HOLD, FORCE = 4, 5


class Operation(NamedTuple):
    """One step: its kind, its table, the nodes it reads, and the one it writes.

    `HOLD` reads enable, data and the latch, which it writes; `FORCE` the register, which it writes,
    clear and preset.
    """

    kind: int
    table: int
    reads: tuple[int, ...]
    writes: int

    @property
    def sources(self) -> tuple[int, ...]:
        """What it reads besides the value that it changes."""
        if self.kind == HOLD:
            return self.reads[:2]
        return self.reads[1:] if self.kind == FORCE else self.reads


def in_order(operations: Sequence[Operation]) -> tuple[list[Operation], bool]:
    """Put what is read before what reads it, operations of a kind in runs as long as may be.

    Second is whether that was not possible: there is a loop, which has been cut somewhere.
    """
    places = range(len(operations))
    last: dict[int, int] = {}  # the operation that finishes a node
    before: list[set[int]] = [set() for _ in places]
    for place, operation in enumerate(operations):
        if operation.writes in last:
            before[place].add(last[operation.writes])
        last[operation.writes] = place
    after: dict[int, list[int]] = defaultdict(list)
    for place, operation in enumerate(operations):
        before[place] |= {last[node] for node in operation.sources if node in last}
        for other in before[place]:
            after[other].append(place)
    waits = [len(others) for others in before]
    ready: dict[tuple, list[int]] = defaultdict(list)
    for place in places:
        if not waits[place]:
            ready[group_of(operations[place])].append(place)
    order: list[Operation] = []
    done = [False] * len(operations)
    cut = None  # the first operation that was not waited for
    while len(order) < len(operations):
        if ready:
            found = ready.pop(max(ready, key=lambda group: len(ready[group])))
        else:
            cut = next(place for place in range(cut or 0, len(operations)) if not done[place])
            found = [cut]
        for place in found:
            done[place] = True
            order.append(operations[place])
            for other in after[place]:
                waits[other] -= 1
                if not waits[other] and not done[other]:
                    ready[group_of(operations[other])].append(other)
    return order, cut is not None


def closure(order: Sequence[Operation], sources: Iterable[int]) -> set[int]:
    """Return the nodes that may change with some others, these included."""
    found = set(sources)
    while True:
        before = len(found)
        for one in order:
            if not found.isdisjoint(one.reads):
                found.add(one.writes)
        if len(found) == before:
            return found


def fan_in(order: Sequence[Operation], nodes: Iterable[int]) -> set[int]:
    """Return all that some nodes are computed of."""
    found = set(nodes)
    while True:
        before = len(found)
        for one in reversed(order):
            if one.writes in found:
                found.update(one.reads)
        if len(found) == before:
            return found


def group_of(operation: Operation) -> tuple[int, ...]:
    """Return what operations of a run have in common."""
    controls = operation.sources if operation.kind == FORCE else ()
    return (operation.kind, operation.table, *controls)
