"""Compiled inner loops of gate-level simulation: 64 stimuli in every word.

`hwgen.gates.program` says what the arrays hold and in which order things happen. All functions
release the interpreter's lock; different words are simulated by different calls.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.compiled import compiled, popcount
from hwgen.gates.operations import KEEP_BOTH, PRESET_BOTH
from hwgen.gates.order import FORCE, HOLD
from hwgen.gates.program import Code, Phase

__all__ = [
    "MOST_PASSES",
    "NOT_SETTLED",
    "Work",
    "begin",
    "count",
    "evaluate",
    "finish",
    "low_phase",
    "run",
    "settle",
]

Words = NDArray[np.uint64]
Slots = NDArray[np.uint32]

MOST_PASSES = 64  # of a phase; more of them than latches and ripple counters in a row need
SETTLED, NOT_SETTLED = 0, 1


@compiled
def _if(table: int, entry: int) -> int:
    """Spread an entry of a table over a word."""
    return np.uint64(0) - ((table >> np.uint64(entry)) & np.uint64(1))


@compiled
def evaluate(runs: NDArray[np.uint64], operands: NDArray[np.uint32], state: Words) -> None:
    """Compute runs, one after the other.

    A look-up is a tree of multiplexers between the entries of its table; the lowest operand selects
    between constants, so that all of it is AND and XOR. Numbers are unsigned throughout: numba
    would look for negative indices otherwise, which takes as long as the rest.
    """
    for run in range(runs.shape[0]):
        kind, table, at = runs[run, 0], runs[run, 1], runs[run, 2]
        slot = runs[run, 4]
        end = slot + runs[run, 3]
        e0, e1, e2, e3 = _if(table, 0), _if(table, 1), _if(table, 2), _if(table, 3)
        if kind == 3:
            e4, e5, e6, e7 = _if(table, 4), _if(table, 5), _if(table, 6), _if(table, 7)
            e1, e3, e5, e7 = e0 ^ e1, e2 ^ e3, e4 ^ e5, e6 ^ e7
            for i in range(slot, end):
                low = state[operands[at]]
                middle = state[operands[at + np.uint64(1)]]
                high = state[operands[at + np.uint64(2)]]
                p = e0 ^ (low & e1)
                q = e4 ^ (low & e5)
                p ^= middle & (p ^ e2 ^ (low & e3))
                q ^= middle & (q ^ e6 ^ (low & e7))
                state[i] = p ^ (high & (p ^ q))
                at += np.uint64(3)
        elif kind == 2:
            e1, e3 = e0 ^ e1, e2 ^ e3
            for i in range(slot, end):
                low, high = state[operands[at]], state[operands[at + np.uint64(1)]]
                p = e0 ^ (low & e1)
                state[i] = p ^ (high & (p ^ e2 ^ (low & e3)))
                at += np.uint64(2)
        elif kind == 1:
            for i in range(slot, end):
                state[i] = state[operands[at]] ^ e0
                at += np.uint64(1)
        elif kind == HOLD:
            for _ in range(runs[run, 3]):
                enable, data = state[operands[at]], state[operands[at + np.uint64(1)]]
                latch = operands[at + np.uint64(2)]
                state[latch] ^= enable & (state[latch] ^ data)
                at += np.uint64(3)
        elif kind == FORCE:
            clear = state[operands[at + np.uint64(1)]]
            preset = state[operands[at + np.uint64(2)]]
            if clear | preset:
                both = clear & preset
                for _ in range(runs[run, 3]):
                    held = state[operands[at]]
                    forced = (held | preset) & ~clear
                    if table == PRESET_BOTH:
                        forced |= both
                    elif table == KEEP_BOTH:
                        forced |= both & held
                    state[operands[at]] = forced
                    at += np.uint64(3)


class Work(NamedTuple):
    """What simulates one word.

    Parameters
    ----------
    state : ndarray of uint64, shape (slots,)
        Values.
    last : ndarray of uint64, shape (slots,)
        Values when they were counted last.
    kept, clocks : ndarray of uint64, at least as long as there are flip-flops
        Their next states; their clocks, as `finish` compares with.
    """

    state: Words
    last: Words
    kept: Words
    clocks: Words


@compiled
def begin(code: Code, phase: Phase, work: Work) -> None:
    """Change the clock and let flip-flops take their next states."""
    state, kept, clocks = work.state, work.kept, work.clocks
    for i in range(len(phase.gated)):
        clocks[i] = state[phase.gated_clock[i]]
    if code.clock:
        state[code.clock] = np.uint64(0) - np.uint64(phase.level)
    evaluate(phase.clocking, code.operands, state)
    for i in range(len(phase.always)):
        kept[i] = state[phase.always_next[i]]
    _take(phase, state, kept[len(phase.always) :], clocks)
    for i in range(len(phase.always)):
        state[phase.always[i]] = kept[i]
    evaluate(phase.forcing, code.operands, state)


@compiled
def _take(phase: Phase, state: Words, kept: Words, clocks: Words) -> None:
    """Let flip-flops whose clocks have risen since `clocks` take their next states."""
    for i in range(len(phase.gated)):
        now = state[phase.gated_clock[i]]
        held = state[phase.gated[i]]
        rose = now & ~clocks[i]
        kept[i] = held ^ (rose & (held ^ state[phase.gated_next[i]]))
        clocks[i] = now
    for i in range(len(phase.gated)):
        state[phase.gated[i]] = kept[i]


@compiled
def settle(code: Code, phase: Phase, work: Work) -> None:
    """Compute what may have changed."""
    evaluate(phase.early, code.operands, work.state)
    evaluate(phase.late, code.operands, work.state)


@compiled
def finish(code: Code, phase: Phase, work: Work) -> int:
    """Repeat until nothing changes; `NOT_SETTLED` when that does not happen."""
    if not phase.repeats:
        return SETTLED
    state = work.state
    before = state.copy()
    for _ in range(MOST_PASSES):
        _take(phase, state, work.kept, work.clocks)
        settle(code, phase, work)
        same = True
        for slot in range(len(state)):
            same &= before[slot] == state[slot]
            before[slot] = state[slot]
        if same:
            return SETTLED
    return NOT_SETTLED


@compiled
def count(
    code: Code, work: Work, chosen: int, toggles: NDArray[np.int64], ones: NDArray[np.int64]
) -> None:
    """Count changes and ones of all slots at the end of a high phase, in chosen stimuli.

    Parameters
    ----------
    code, work
        The program, and its values.
    chosen : uint64
        A bit for every stimulus to be counted.
    toggles, ones : ndarray of int64, shape (slots,)
        What is added to; ones of what does not move in the low phase, twice.
    """
    state, last = work.state, work.last
    for slot in range(len(state)):
        now = state[slot]
        toggles[slot] += popcount((now ^ last[slot]) & chosen)
        ones[slot] += popcount(now & chosen) << np.uint64(1)
        last[slot] = now
    for slot in code.low.moving:
        ones[slot] -= popcount(state[slot] & chosen)


@compiled
def low_phase(
    code: Code, work: Work, chosen: int, toggles: NDArray[np.int64], ones: NDArray[np.int64]
) -> int:
    """Run a low phase and count as `count` does; `NOT_SETTLED` when it does not come to rest."""
    begin(code, code.low, work)
    settle(code, code.low, work)
    end = finish(code, code.low, work)
    state, last = work.state, work.last
    for slot in code.low.moving:
        now = state[slot]
        toggles[slot] += popcount((now ^ last[slot]) & chosen)
        ones[slot] += popcount(now & chosen)
        last[slot] = now
    return end


@compiled
def run(
    code: Code,
    work: Work,
    slots: Slots,
    words: Words,
    cycles: int,
    chosen: int,
    toggles: NDArray[np.int64],
    ones: NDArray[np.int64],
) -> int:
    """Run some cycles; `NOT_SETTLED` when gates do not come to rest.

    Parameters
    ----------
    code, work
        The program, and its values.
    slots, words : ndarray of uint32 and of uint64
        Inputs, and what they become just after the first edge.
    cycles : int
        How many.
    chosen, toggles, ones
        As of `count`.
    """
    for cycle in range(cycles):
        begin(code, code.high, work)
        if cycle == 0:
            for i in range(len(slots)):
                work.state[slots[i]] = words[i]
        settle(code, code.high, work)
        if finish(code, code.high, work) == NOT_SETTLED:
            return NOT_SETTLED
        count(code, work, chosen, toggles, ones)
        if low_phase(code, work, chosen, toggles, ones) == NOT_SETTLED:
            return NOT_SETTLED
    return SETTLED
