"""The surroundings of a mapped tile, compiled: streams, an ideal array, ideal comparators.

They act on the pins as ``docs/architecture.md``, section 5, has it, each stimulus by itself. Inputs
change just after a rising edge; outputs are looked at when they have settled; ``compare`` answers
within the cycle where its latency asks for that.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.compiled import compiled, popcount
from hwgen.gates.kernels import Work, begin, count, evaluate, finish, low_phase
from hwgen.gates.program import Code

__all__ = ["DONE", "RESTLESS", "RUNNING", "Job", "Pins", "Tally", "play"]

DONE, RUNNING, RESTLESS = 0, 1, 2  # what `play` returns
Slots = NDArray[np.uint32]
Words = NDArray[np.uint64]


class Pins(NamedTuple):
    """Slots of a tile's pins, LSB first; a missing port has the slot of the constant zero."""

    x_valid: int
    x_ready: int
    x_payload: Slots
    y_in_valid: int
    y_in_ready: int
    y_in_payload: Slots
    y_valid: int
    y_payload: Slots
    row_drive: Slots
    sample: Slots
    strobe: Slots  # (lanes,), like the next three
    acquire: Slots
    bank: Slots
    compare: Slots
    column: Slots  # (lanes, bits)
    dac: Slots  # (lanes, bits)


class Job(NamedTuple):
    """What the stimuli of one word play.

    Parameters
    ----------
    order : ndarray of int64, shape (64, steps)
        Vectors that a stimulus plays, one after the other; -1 behind the last.
    first, last : ndarray of int64, shape (64,)
        Words of ``y`` after which a stimulus is counted, and with which that ends; equal where it
        is not counted at all.
    x : ndarray of uint8, shape (vectors, beats, bits)
        Beats of ``x``, bit by bit.
    y_in : ndarray of uint8, shape (vectors, outputs, bits)
        The same of ``y_in``; no vectors without that port.
    outputs : int
        Words of ``y`` per vector.
    cells : ndarray of uint64, shape (columns, cell bits, DAC bits, words)
        Bits of cells, laid out like ``row_drive``.
    capture : int
        Cycles from a strobe to the one at whose end ``compare`` is captured.
    columns_per_lane : int
        Columns that a lane serves.
    traced : int
        Stimulus to be recorded, if there is room in `Tally.trace`.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    x: NDArray[np.uint8]
    y_in: NDArray[np.uint8]
    outputs: int
    cells: Words
    capture: int
    columns_per_lane: int
    traced: int


class Tally(NamedTuple):
    """What is counted, added to what the arrays hold.

    Parameters
    ----------
    toggles, ones : ndarray of int64, shape (slots,)
        See `hwgen.gates.kernels.count`.
    cycles : ndarray of int64, shape (64,)
        Cycles in which a stimulus was counted.
    decisions, acquires : ndarray of int64, shape (64, lanes)
        Cycles with ``strobe`` and with ``acquire`` among them.
    strobes : ndarray of int64, shape (64, lanes)
        Cycles with ``strobe``, counted or not.
    y : ndarray of int64, shape (64, words)
        Words of ``y``.
    found : ndarray of int64, shape (64,)
        How many there were.
    trace : ndarray of uint8, shape (phases, slots)
        Values of one stimulus at the end of every phase, from its first counted cycle on.
    """

    toggles: NDArray[np.int64]
    ones: NDArray[np.int64]
    cycles: NDArray[np.int64]
    decisions: NDArray[np.int64]
    acquires: NDArray[np.int64]
    strobes: NDArray[np.int64]
    y: NDArray[np.int64]
    found: NDArray[np.int64]
    trace: NDArray[np.uint8]


@compiled
def _bit(lane: int) -> int:
    return np.uint64(1) << np.uint64(lane)


@compiled
def _has(word: int, lane: int) -> bool:
    return (word >> np.uint64(lane)) & np.uint64(1) != 0


@compiled
def _gather(state: Words, slots: Slots, lane: int) -> int:
    """Return the number that one stimulus has on some pins."""
    value = 0
    for place in range(len(slots)):
        value |= np.int64((state[slots[place]] >> np.uint64(lane)) & np.uint64(1)) << place
    return value


@compiled
def _offer(
    state: Words,
    valid: int,
    payload: Slots,
    words: NDArray[np.uint8],
    order: NDArray[np.int64],
    place: int,
    lane: int,
) -> None:
    """Show one stimulus its word of a stream, or that there are no more."""
    bit = _bit(lane)
    step = place // words.shape[1]
    vector = order[lane, step] if step < order.shape[1] else -1
    if vector < 0:
        state[valid] &= ~bit
        return
    state[valid] |= bit
    word = words[vector, place % words.shape[1]]
    for k in range(len(payload)):
        state[payload[k]] = (state[payload[k]] & ~bit) | (np.uint64(word[k]) << np.uint64(lane))


@compiled
def _sample(
    state: Words, drive: Slots, cells: Words, lane: int, rows: Words, counts: NDArray[np.int32]
) -> None:
    """Count in all columns what one stimulus drives; rows (words,) is scratch."""
    rows[:] = 0
    for k in range(len(drive)):
        rows[k // 64] |= ((state[drive[k]] >> np.uint64(lane)) & np.uint64(1)) << np.uint64(k % 64)
    for column in range(cells.shape[0]):
        total = np.uint64(0)
        for b in range(cells.shape[1]):
            for d in range(cells.shape[2]):
                for word in range(cells.shape[3]):
                    ones = popcount(rows[word] & cells[column, b, d, word])
                    total += ones << np.uint64(b + d)
        counts[column] = total


@compiled
def play(code: Code, pins: Pins, job: Job, work: Work, tally: Tally, limit: int) -> int:
    """Let the tiles of one word play their vectors, from rest on, until all words of ``y`` came.

    Returns
    -------
    int
        `DONE`, or `RUNNING` after `limit` cycles, or `RESTLESS`: gates do not come to rest.
    """
    state = work.state
    lanes = len(pins.strobe)
    x_place = np.zeros(64, np.int64)
    y_in_place = np.zeros(64, np.int64)
    x_moved = y_in_moved = ~np.uint64(0)  # streams whose next word is to be shown
    sampled = np.zeros(2, np.uint64)
    rows = np.zeros(job.cells.shape[3], np.uint64)
    held = np.zeros((2, 64, job.cells.shape[0]), np.int32)
    counts = np.zeros((lanes, 64), np.int32)
    due = np.zeros((job.capture + 1, 2, lanes), np.uint64)  # who captures when, and what
    wanted = np.zeros(64, np.int64)
    chosen = running = np.uint64(0)
    for k in range(64):
        for step in range(job.order.shape[1]):
            wanted[k] += job.outputs * (job.order[k, step] >= 0)
        if wanted[k]:
            running |= _bit(k)
        if job.first[k] == 0 and job.last[k] > 0:
            chosen |= _bit(k)
    recorded = 0
    for cycle in range(limit):
        begin(code, code.high, work)
        for k in range(64):
            if _has(x_moved, k):
                _offer(state, pins.x_valid, pins.x_payload, job.x, job.order, x_place[k], k)
            if _has(y_in_moved, k) and len(job.y_in):
                place = y_in_place[k]
                _offer(state, pins.y_in_valid, pins.y_in_payload, job.y_in, job.order, place, k)
        evaluate(code.high.early, code.operands, state)

        for bank in range(2):
            now = state[pins.sample[bank]]
            rises = now & ~sampled[bank]
            sampled[bank] = now
            if rises:
                for k in range(64):
                    if _has(rises, k):
                        _sample(state, pins.row_drive, job.cells, k, rows, held[bank, k])
        at = cycle % len(due)
        after = (cycle + job.capture) % len(due)
        for lane in range(lanes):
            acquires, strobes = state[pins.acquire[lane]], state[pins.strobe[lane]]
            if acquires:
                for k in range(64):
                    if _has(acquires, k):
                        bank = np.int64(_has(state[pins.bank[lane]], k))
                        column = lane * job.columns_per_lane + _gather(state, pins.column[lane], k)
                        counts[lane, k] = held[bank, k, min(column, held.shape[2] - 1)]
                        tally.acquires[k, lane] += _has(chosen, k)
            if strobes:
                for k in range(64):
                    if _has(strobes, k):
                        asked = _gather(state, pins.dac[lane], k)
                        due[after, 0, lane] |= _bit(k)
                        due[after, 1, lane] |= np.uint64(counts[lane, k] >= asked) << np.uint64(k)
                        tally.strobes[k, lane] += 1
                        tally.decisions[k, lane] += _has(chosen, k)
            answered = due[at, 0, lane]
            if answered:
                kept = state[pins.compare[lane]] & ~answered
                state[pins.compare[lane]] = kept | due[at, 1, lane]
                due[at, :, lane] = 0
        evaluate(code.high.late, code.operands, state)
        if finish(code, code.high, work):
            return RESTLESS

        x_moved = state[pins.x_valid] & state[pins.x_ready]
        y_in_moved = state[pins.y_in_valid] & state[pins.y_in_ready]
        y_moved = state[pins.y_valid]
        counted = chosen
        for k in range(64):
            x_place[k] += _has(x_moved, k)
            y_in_place[k] += _has(y_in_moved, k)
            tally.cycles[k] += _has(counted, k)
            if _has(y_moved, k):
                if tally.found[k] < tally.y.shape[1]:
                    word = _gather(state, pins.y_payload, k)
                    sign = np.int64(1) << (len(pins.y_payload) - 1)
                    tally.y[k, tally.found[k]] = (word ^ sign) - sign
                tally.found[k] += 1
                if tally.found[k] == wanted[k]:
                    running &= ~_bit(k)
                if tally.found[k] == job.first[k] and job.last[k] > job.first[k]:
                    chosen |= _bit(k)
                if tally.found[k] == job.last[k]:
                    chosen &= ~_bit(k)
        count(code, work, counted, tally.toggles, tally.ones)
        records = _has(counted, job.traced) and recorded < len(tally.trace)
        if records:
            _record(state, job.traced, tally.trace[recorded])
        if low_phase(code, work, counted, tally.toggles, tally.ones):
            return RESTLESS
        if records:
            _record(state, job.traced, tally.trace[recorded + 1])
            recorded += 2
        if not running:
            return DONE
    return RUNNING


@compiled
def _record(state: Words, lane: int, into: NDArray[np.uint8]) -> None:
    """Keep all values of one stimulus."""
    for slot in range(len(state)):
        into[slot] = (state[slot] >> np.uint64(lane)) & np.uint64(1)
