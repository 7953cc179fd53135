"""Boolean functions as look-ups of at most three inputs, which is what the simulator runs.

Every gate of a library becomes one look-up or a few: the truth table of n inputs is taken apart
where three or two of them act through one value alone (Ashenhurst's simple disjoint decomposition,
1957), which takes apart every AND-OR-invert gate, and else by Shannon's expansion.
"""

from collections.abc import Callable, Sequence
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_INPUTS", "Emit", "Lookup", "decompose"]

WIDEST = 3  # inputs of a look-up
MOST_INPUTS = 12  # of a gate: its table is taken apart by trying
MULTIPLEXER = 0b11001010  # inputs: value at 0, value at 1, select

Lookup = tuple[int, tuple[int, ...]]  # its table, and its operands
Emit = Callable[[int, tuple[int, ...]], int]


def decompose(table: NDArray[np.bool_], operands: Sequence[int], emit: Emit) -> int:
    """Build a function of look-ups and return what holds its value.

    Parameters
    ----------
    table : numpy.ndarray of bool, shape (2**n,)
        In entry k, input i has the value of bit i of k; n is at most `MOST_INPUTS`.
    operands : sequence of int
        What the inputs read. 0 and 1 are the constants.
    emit : callable, (table, operands) -> operand
        Called for every look-up, operands first, and returns what holds its value. Bit k of its
        table is entry k.
    """
    table, operands = _needed(table, operands)
    inputs = len(operands)
    if inputs == 0:
        return int(table[0])
    if inputs == 1 and table[1]:
        return operands[0]
    if inputs <= WIDEST:
        return emit(*_ordered(table, operands))
    for size in range(WIDEST, 1, -1):
        for chosen in combinations(range(inputs), size):
            rest = [place for place in range(inputs) if place not in chosen]
            cofactors = _arranged(table, [*chosen, *rest]).reshape(-1, 2**size).T
            kinds, of_entry = np.unique(cofactors, axis=0, return_inverse=True)
            if len(kinds) == 2:
                one = decompose(
                    of_entry.ravel().astype(bool), [operands[place] for place in chosen], emit
                )
                outer = np.stack(list(kinds), axis=1).ravel()  # the new input is the lowest
                return decompose(outer, [one, *(operands[place] for place in rest)], emit)
    return _expand(table, operands, emit)


def _expand(table: NDArray[np.bool_], operands: Sequence[int], emit: Emit) -> int:
    """Choose between the two cofactors of the input that leaves them the fewest inputs."""
    places = range(len(operands))

    def cofactors(place: int) -> list[tuple[NDArray[np.bool_], tuple[int, ...]]]:
        rest = [other for other in places if other != place]
        halves = _arranged(table, [*rest, place]).reshape(2, -1)
        return [_needed(half, [operands[other] for other in rest]) for half in halves]

    best = min(places, key=lambda place: sum(len(inputs) for _, inputs in cofactors(place)))
    low, high = (decompose(half, inputs, emit) for half, inputs in cofactors(best))
    return emit(MULTIPLEXER, (low, high, operands[best]))


def _needed(
    table: NDArray[np.bool_], operands: Sequence[int]
) -> tuple[NDArray[np.bool_], tuple[int, ...]]:
    """Leave out inputs that do not matter."""
    kept = list(operands)
    for place in reversed(range(len(operands))):
        halves = table.reshape(-1, 2, 2**place)
        if (halves[:, 0] == halves[:, 1]).all():
            table = halves[:, 0].ravel()
            del kept[place]
    return table, tuple(kept)


def _arranged(table: NDArray[np.bool_], order: Sequence[int]) -> NDArray[np.bool_]:
    """Return the table with input `order[i]` in place i."""
    inputs = len(order)
    axes = [inputs - 1 - place for place in reversed(order)]  # the last axis is input 0
    return table.reshape((2,) * inputs).transpose(axes).ravel()


def _ordered(table: NDArray[np.bool_], operands: tuple[int, ...]) -> Lookup:
    """Put inputs into the order that gives the smallest table, so that few tables are in use."""
    found = []
    for order in permutations(range(len(operands))):
        entries = _arranged(table, order)
        number = int(np.packbits(entries, bitorder="little")[0])
        found.append((number, tuple(operands[place] for place in order)))
    return min(found)
