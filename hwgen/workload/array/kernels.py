r"""Compiled inner loops of a network run: counts of bits, tables, histograms, cycles.

A count is a population count. With the digits of an input and of a cell split into bits,

.. math:: c = \sum_i x_i d_i = \sum_{a,b} 2^{a+b}\, \mathrm{popcount}(X_a \wedge D_b)

where word :math:`X_a` holds bit a of the digits on 64 word lines, :math:`D_b` bit b of the digits
that a column stores there. Every column meets many vectors before the next one does, so that loops
run over vectors, in vector instructions. `read_columns` sorts these by their active rows, so that a
histogram is needed for one U at a time and stays in the L1 cache; `multiply_columns` counts nothing
and takes all planes of some vectors at once.

`hwgen_models.tile` says what the result must be; this is the same for ideal arrays, a hundred times
faster. The functions release the interpreter's lock: `hwgen.workload.array.reading` calls them from
several threads with different vectors.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen.compiled import compiled, popcount
from hwgen.workload.array.lookup import Depths, Lookup

__all__ = [
    "active_rows",
    "multiply_columns",
    "pack_planes",
    "pack_weights",
    "read_columns",
    "steady_stream",
    "total_counts",
    "words_of",
]

BLOCK = 1024  # planes times vectors that `multiply_columns` works on, so that they stay in L1


@compiled
def words_of(rows: int) -> int:
    """Words that hold a bit of every row; an even number, because they are counted in pairs."""
    return 2 * ((rows + 127) // 128)


@compiled
def pack_planes(codes: NDArray[np.int16], dac_bits: int, planes: NDArray[np.uint64]) -> None:
    """Split vectors into the words of their planes.

    Parameters
    ----------
    codes : numpy.ndarray of int16, shape (vectors, rows)
        What word lines take, plane by plane; negative codes as two's complement.
    dac_bits : int
        Bits of a digit.
    planes : numpy.ndarray of uint64, shape (dac_bits, words, planes, vectors)
        Result: bit r % 64 of word r // 64 belongs to row r.
    """
    for vector in range(codes.shape[0]):
        for word in range(planes.shape[1]):
            first = min(64 * word, codes.shape[1])
            last = min(first + 64, codes.shape[1])
            for bit in range(planes.shape[2] * dac_bits):
                packed = np.uint64(0)
                for row in range(first, last):
                    one = np.uint64((codes[vector, row] >> bit) & 1)
                    packed |= one << np.uint64(row - first)
                planes[bit % dac_bits, word, bit // dac_bits, vector] = packed


@compiled
def pack_weights(weights: NDArray[np.int64], slices: int, cell_bits: int) -> NDArray[np.uint64]:
    """Split weights into the words of their columns.

    Parameters
    ----------
    weights : numpy.ndarray of int64, shape (rows, outputs)
        Signed weights.
    slices, cell_bits : int
        Digits of a magnitude that are stored, and their bits.

    Returns
    -------
    numpy.ndarray of uint64, shape (outputs, slices, 2, cell_bits, words)
        Bit r % 64 of word r // 64 belongs to row r; positive polarity first.
    """
    rows, outputs = weights.shape
    words = words_of(rows)
    cells = np.empty((outputs, slices, 2, cell_bits, words), np.uint64)
    stored = np.zeros(64 * words, np.int64)
    for output in range(outputs):
        for polarity in range(2):
            for row in range(rows):
                weight = weights[row, output]
                stored[row] = max(-weight if polarity else weight, 0)
            for bit in range(slices * cell_bits):
                for word in range(words):
                    packed = np.uint64(0)
                    for row in range(64):
                        one = np.uint64((stored[64 * word + row] >> bit) & 1)
                        packed |= one << np.uint64(row)
                    cells[output, bit // cell_bits, polarity, bit % cell_bits, word] = packed
    return cells


@compiled
def active_rows(planes: NDArray[np.uint64], active: NDArray[np.int32]) -> None:
    """Add up what each plane drives: U, shape (planes, vectors)."""
    active[:] = 0
    for digit in range(planes.shape[0]):
        for word in range(planes.shape[1]):
            for plane in range(planes.shape[2]):
                for vector in range(planes.shape[3]):
                    ones = popcount(planes[digit, word, plane, vector])
                    active[plane, vector] += ones << digit


@compiled
def total_counts(
    planes: NDArray[np.uint64], rows: NDArray[np.uint64], totals: NDArray[np.int32]
) -> None:
    """Add up the counts of all columns of a crossbar in every read.

    Parameters
    ----------
    planes : numpy.ndarray of uint64
        As `pack_planes` makes them.
    rows : numpy.ndarray of uint64, shape (1, 1, 2, bits, words)
        What `pack_weights` makes of the sum of all digits that each row stores: the counts of all
        columns together are that of one column with these.
    totals : numpy.ndarray of int32, shape (planes, vectors)
        Result.
    """
    size = planes.shape[2] * planes.shape[3]
    words = planes.reshape((planes.shape[0], planes.shape[1], size))
    _count(words, rows, 0, 0, 0, totals.reshape(size))


@compiled
def _sort(rows: NDArray[np.int32], largest: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Sort vectors by active rows: their order, and where each U begins (largest + 2 places)."""
    begins = np.zeros(largest + 2, np.int64)
    for one in rows:
        begins[one + 1] += 1
    for one in range(largest + 1):
        begins[one + 1] += begins[one]
    order = np.empty(len(rows), np.int32)
    place = begins.copy()
    for vector in range(len(rows)):
        order[place[rows[vector]]] = vector
        place[rows[vector]] += 1
    return order, begins


@compiled
def _count(
    words: NDArray[np.uint64],
    cells: NDArray[np.uint64],
    output: int,
    s: int,
    polarity: int,
    counts: NDArray[np.int32],
) -> None:
    """Count in one column: words (digits, words, n), all cells of the crossbar, counts (n,)."""
    for digit in range(words.shape[0]):
        for bit in range(cells.shape[3]):
            for word in range(0, words.shape[1], 2):
                first, second = words[digit, word], words[digit, word + 1]
                cell_0 = cells[output, s, polarity, bit, word]
                cell_1 = cells[output, s, polarity, bit, word + 1]
                if digit + bit + word == 0:
                    for i in range(len(counts)):
                        counts[i] = popcount(first[i] & cell_0) + popcount(second[i] & cell_1)
                else:
                    for i in range(len(counts)):
                        ones = popcount(first[i] & cell_0) + popcount(second[i] & cell_1)
                        counts[i] += ones << (digit + bit)


@compiled
def _look_up(
    values: NDArray[np.int32],
    pieces: NDArray[np.int32],
    used: int,
    counts: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    """Read counts by one table, see `Lookup`."""
    if used == 0:
        for i in range(len(counts)):
            found[i] = values[counts[i]]
    for piece in range(used):
        start, mask, offset = pieces[piece, 0], pieces[piece, 1], pieces[piece, 2]
        for i in range(len(counts)):
            if counts[i] >= start:
                found[i] = (counts[i] & mask) + offset


@compiled
def _look_up_all(
    values: NDArray[np.int32],
    pieces: NDArray[np.int32],
    used: NDArray[np.int64],
    s: int,
    plane: int,
    counts: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    """Read counts by the table of a slice and plane, see `Lookup`."""
    s, plane = min(s, used.shape[0] - 1), min(plane, used.shape[1] - 1)
    _look_up(values[s, plane], pieces[s, plane], used[s, plane], counts, found)


@compiled
def _look_up_classes(
    values: NDArray[np.int32],
    pieces: NDArray[np.int32],
    used: NDArray[np.int64],
    first_active: NDArray[np.int64],
    s: int,
    plane: int,
    places: NDArray[np.int64],
    counts: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    """Decisions of counts sorted by U, the first of which is at least 1, see `Depths`.

    Of all vectors, those with U begin at ``places[U]``; `counts` are of those from U = 1 on.
    """
    s, plane = min(s, used.shape[0] - 1), min(plane, used.shape[1] - 1)
    classes, beyond = used.shape[2], len(places) - 1
    stop = 0
    for k in range(classes):
        start, stop = stop, len(counts)
        if k + 1 < classes:
            stop = places[min(first_active[s, plane, k + 1], beyond)] - places[1]
        of_class = values[s, plane, k], pieces[s, plane, k], used[s, plane, k]
        _look_up(*of_class, counts[start:stop], found[start:stop])


@compiled
def _tally(
    counts: NDArray[np.int32],
    begins: NDArray[np.int64],
    cell_max: int,
    bound: int,
    by_active: NDArray[np.int64],
    by_ones: NDArray[np.int64],
) -> None:
    """Add counts, sorted by U, to the histograms (U, count) and (octave of U, bound, count)."""
    # Neighbours go to different tallies: an increment would wait for the one before it.
    tallies = np.zeros((4, by_active.shape[1]), np.int32)
    first = begins[1]  # behind the vectors without active rows
    octave = 0  # of what U active rows allow; rises with U
    for u in range(1, len(begins) - 1):
        start, stop = begins[u] - first, begins[u + 1] - first
        if start == stop:
            continue
        quarters = start + (stop - start) // 4 * 4
        for i in range(start, quarters, 4):
            tallies[0, counts[i]] += 1
            tallies[1, counts[i + 1]] += 1
            tallies[2, counts[i + 2]] += 1
            tallies[3, counts[i + 3]] += 1
        for i in range(quarters, stop):
            tallies[0, counts[i]] += 1
        while octave + 1 < len(by_ones) and u * cell_max >> (octave + 1):
            octave += 1
        largest = min(u * cell_max, bound)
        of_active, of_bound = by_active[u], by_ones[octave, largest]
        for count in range(largest + 1):
            found = tallies[0, count] + tallies[1, count] + tallies[2, count] + tallies[3, count]
            of_active[count] += found
            of_bound[count] += found
        tallies[:, : largest + 1] = 0


@compiled
def multiply_columns(
    codes: NDArray[np.int16],
    dac_bits: int,
    cells: NDArray[np.uint64],
    lookup: Lookup,
    sums: NDArray[np.int64],
) -> None:
    """Add up what every column of a crossbar reads in every plane; nothing else is counted.

    Planes without active rows are not skipped: what both polarities read of them cancels.

    Parameters
    ----------
    codes : numpy.ndarray of int16, shape (vectors, rows)
        What word lines take.
    dac_bits : int
        Bits of a digit.
    cells : numpy.ndarray of uint64
        As `pack_weights` makes them.
    lookup : Lookup
        What counts read as, the same in all planes (see `Lookup.runs`).
    sums : numpy.ndarray of int64, shape (outputs, vectors)
        Added to.
    """
    values, pieces, used, weights = lookup  # as a whole it would be slow to pass on
    planes = len(weights)
    step = max(1, BLOCK // planes)
    for start in range(0, len(codes), step):
        block = codes[start : start + step]
        vectors, size = len(block), planes * len(block)
        split = np.empty((dac_bits, cells.shape[4], planes, vectors), np.uint64)
        pack_planes(block, dac_bits, split)
        words = split.reshape((dac_bits, cells.shape[4], size))
        counts, found = np.empty(2 * size, np.int32), np.empty(2 * size, np.int32)
        positive, negative = counts[:size], counts[size:]
        adds, subtracts = found[:size], found[size:]
        added = np.empty(size, np.int64)
        for output in range(cells.shape[0]):
            added[:] = 0
            for s in range(cells.shape[1]):
                _count(words, cells, output, s, 0, positive)
                _count(words, cells, output, s, 1, negative)
                _look_up_all(values, pieces, used, s, 0, counts, found)
                for i in range(size):
                    added[i] += np.int64(adds[i] - subtracts[i]) << (s * cells.shape[3])
            for plane in range(planes):
                for i in range(vectors):
                    sums[output, start + i] += weights[plane] * added[plane * vectors + i]


@compiled
def read_columns(
    planes: NDArray[np.uint64],
    active: NDArray[np.int32],
    cells: NDArray[np.uint64],
    columns: NDArray[np.int64],
    lookup: Lookup,
    decisions: Depths,
    sums: NDArray[np.int64],
    lane_decisions: NDArray[np.int32],
    step_decisions: NDArray[np.int32],
    by_active: NDArray[np.int64],
    by_ones: NDArray[np.int64],
) -> None:
    """Convert every column of a crossbar in every plane of some vectors.

    Parameters
    ----------
    planes, active, cells
        As `pack_planes`, `active_rows` and `pack_weights` make them.
    columns : numpy.ndarray of int64, shape (outputs, slices, 2, 3)
        Of each: its lane, its place among those that the lane converts, and the largest count that
        its stored digits allow.
    lookup : Lookup
        What counts read as.
    decisions : Depths
        How many decisions that takes.
    sums : numpy.ndarray of int64, shape (outputs, vectors)
        Added to; with no vectors, sums are not wanted.
    lane_decisions : numpy.ndarray of int32, shape (lanes, planes, vectors)
        Added to.
    step_decisions : numpy.ndarray of int32, shape (planes, vectors)
        Decisions of lanes in step, which take the columns of one place together, each for as long
        as the slowest of them; added to.
    by_active, by_ones : numpy.ndarray of int64
        Histograms of `hwgen.workload.array.statistics`, added to; their axes reach as far as U,
        bounds and counts do.
    """
    values, pieces, used, weights = lookup
    needed = decisions.values, decisions.pieces, decisions.used, decisions.begins
    cell_max = (1 << cells.shape[3]) - 1
    steps = columns[..., 1].max() + 1
    for plane in range(active.shape[0]):
        order, begins = _sort(active[plane], by_active.shape[2] - 1)
        order = order[begins[1] :]  # without active rows there is no read
        reads = len(order)
        words = np.empty((planes.shape[0], planes.shape[1], reads), np.uint64)
        for digit in range(planes.shape[0]):
            for word in range(planes.shape[1]):
                for i in range(reads):
                    words[digit, word, i] = planes[digit, word, plane, order[i]]
        counts, found = np.empty(reads, np.int32), np.empty(reads, np.int32)
        added = np.empty(reads, np.int64)
        taken = np.zeros((lane_decisions.shape[0], reads), np.int32)
        slowest = np.zeros((steps, reads), np.int32)
        for output in range(cells.shape[0]):
            added[:] = 0
            for s in range(cells.shape[1]):
                for polarity in range(2):
                    lane, step, bound = columns[output, s, polarity]
                    _count(words, cells, output, s, polarity, counts)
                    _look_up_classes(*needed, s, plane, begins, counts, found)
                    of_lane, of_step = taken[lane], slowest[step]
                    for i in range(reads):
                        of_lane[i] += found[i]
                        of_step[i] = max(of_step[i], found[i])
                    _tally(counts, begins, cell_max, bound, by_active[s, plane], by_ones[s])
                    if sums.shape[1]:
                        _look_up_all(values, pieces, used, s, plane, counts, found)
                        weight = (1 - 2 * polarity) << (s * cells.shape[3])
                        for i in range(reads):
                            added[i] += weight * np.int64(found[i])
            if sums.shape[1]:
                for i in range(reads):
                    sums[output, order[i]] += weights[plane] * added[i]
        for lane in range(len(taken)):
            for i in range(reads):
                lane_decisions[lane, plane, order[i]] += taken[lane, i]
        for step in range(1, steps):
            for i in range(reads):
                slowest[0, i] += slowest[step, i]
        for i in range(reads):
            step_decisions[plane, order[i]] += slowest[0, i]


@compiled
def steady_stream(
    active: NDArray[np.int32],
    lane_cycles: NDArray[np.int32],
    counts: NDArray[np.int32],
    times: tuple[int, int, int, int],
    state: NDArray[np.int64],
    lane_free: NDArray[np.int64],
    bank_free: NDArray[np.int64],
    on_time: NDArray[np.int64],
) -> None:
    """Run vectors through one crossbar without stalls; see `hwgen.workload.array.cycles`.

    Parameters
    ----------
    active : numpy.ndarray of int32, shape (planes, vectors)
        Planes with zero are skipped.
    lane_cycles : numpy.ndarray of int32, shape (lanes, planes, vectors)
        Cycles of a lane's conversions after each read.
    counts : numpy.ndarray of int32, shape (planes, vectors)
        Sum of the counts of all columns in each read.
    times : tuple of int
        Beats of a vector, outputs used, settle_row, sample_cycles.
    state : numpy.ndarray of int64, shape (7,)
        x ready, idle, buffer empty, `ending` low, bank, cycles with a read to convert and the first
        one after them; changed.
    lane_free, bank_free : numpy.ndarray of int64, shape (lanes,) and (banks,)
        Changed.
    on_time : numpy.ndarray of int64, shape (3,)
        Added to: cycles in which the word lines carry a read, these times its active rows, these
        times its counts.
    """
    beats, outputs, settle_row, sample_cycles = times
    planes, lanes, banks = active.shape[0], len(lane_free), len(bank_free)
    x_ready, idle, buffer_empty, ending_low, bank, held, served = state
    for vector in range(active.shape[1]):
        on_rows = max(x_ready + beats, idle) + 1
        all_done = -1  # lanes are, with the last read; none yet
        for plane in range(planes):
            if plane == planes - 1:
                x_ready = on_rows
            if active[plane, vector] == 0:
                on_rows += 2
                continue
            rises = max(on_rows + settle_row, bank_free[bank], ending_low + 1)
            sampled = rises + sample_cycles - 1
            all_done = -1
            for lane in range(lanes):
                taken = lane_cycles[lane, plane, vector]
                lane_free[lane] = max(sampled + 1, lane_free[lane]) + 1 + taken
                all_done = max(all_done, lane_free[lane])
            held += all_done - max(sampled + 1, served)
            served = all_done
            bank_free[bank] = all_done + 2
            bank = (bank + 1) % banks
            cycles = sampled + 2 - on_rows  # until the next plane takes the rows, or none
            on_time[0] += cycles
            on_time[1] += cycles * active[plane, vector]
            on_time[2] += cycles * counts[plane, vector]
            on_rows = sampled + 2
        idle = max(on_rows, ending_low) + 1
        drains = max(idle, all_done + 1, buffer_empty)
        ending_low = drains + outputs
        buffer_empty = ending_low + 1
    state[0], state[1], state[2], state[3] = x_ready, idle, buffer_empty, ending_low
    state[4], state[5], state[6] = bank, held, served
