r"""Compiled inner loops of a network run: counts of bits, tables, histograms, cycles.

A count is a population count. With the digits of an input and of a cell split into bits,

.. math:: c = \sum_i x_i d_i = \sum_{a,b} 2^{a+b}\, \mathrm{popcount}(X_a \wedge D_b)

where word :math:`X_a` holds bit a of the digits on 64 word lines, :math:`D_b` bit b of the digits
that a column stores there. Every column meets all vectors of a plane before the next one does, so
that loops run over vectors, in vector instructions; and these are sorted by their active rows, so
that a histogram is needed for one U at a time and stays in the L1 cache.

`hwgen_models.tile` says what the result must be; this is the same for ideal arrays, a hundred times
faster. The functions release the interpreter's lock: `hwgen.workload.reading` calls them from
several threads with different vectors.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

__all__ = ["add_errors", "pack_cells", "pack_planes", "read_columns", "steady_stream"]


@intrinsic
def popcount(_, word):  # noqa: ARG001  (numba looks at names and number)
    """Ones of a 64-bit word: one instruction."""

    def generate(_, builder: ir.IRBuilder, __, arguments):
        counts = builder.module.declare_intrinsic("llvm.ctpop", [arguments[0].type])
        return builder.call(counts, arguments)

    return types.uint64(types.uint64), generate


@njit(nogil=True, cache=True)
def pack_planes(
    codes: NDArray[np.int16], dac_bits: int, planes: NDArray[np.uint64], active: NDArray[np.int32]
) -> None:
    """Split vectors into the words of their planes, and add up what each plane drives.

    Parameters
    ----------
    codes : numpy.ndarray of int16, shape (vectors, rows)
        What word lines take, plane by plane; negative codes as two's complement.
    dac_bits : int
        Bits of a digit.
    planes : numpy.ndarray of uint64, shape (planes, dac_bits, words, vectors)
        Result: bit r % 64 of word r // 64 belongs to row r.
    active : numpy.ndarray of int32, shape (planes, vectors)
        Result: U, the sum of the driven digits.
    """
    digits, words = planes.shape[1], planes.shape[2]
    bits = planes.shape[0] * digits
    for vector in range(codes.shape[0]):
        for word in range(words):
            first = 64 * word
            last = min(first + 64, codes.shape[1])
            for bit in range(bits):
                packed = np.uint64(0)
                for row in range(first, last):
                    one = np.uint64((codes[vector, row] >> bit) & 1)
                    packed |= one << np.uint64(row - first)
                planes[bit // dac_bits, bit % dac_bits, word, vector] = packed
    for plane in range(planes.shape[0]):
        for vector in range(codes.shape[0]):
            total = 0
            for digit in range(digits):
                for word in range(words):
                    total += popcount(planes[plane, digit, word, vector]) << digit
            active[plane, vector] = total


def pack_cells(cells: NDArray[np.int64], cell_bits: int) -> NDArray[np.uint64]:
    """Pack stored digits (rows, columns) into words (columns, cell_bits, words)."""
    rows, columns = cells.shape
    bits = (cells.T[:, np.newaxis] >> np.arange(cell_bits)[:, np.newaxis]) & 1
    padded = np.zeros((columns, cell_bits, -(-rows // 64) * 64), dtype=np.uint8)
    padded[..., :rows] = bits
    return np.packbits(padded, axis=-1, bitorder="little").view(np.uint64)


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
def _count(words: NDArray[np.uint64], cells: NDArray[np.uint64], counts: NDArray[np.int32]) -> None:
    """Counts of one column in one plane: words (digits, words, vectors), cells (bits, words)."""
    if words.shape[0] == 1 and words.shape[1] == 2 and cells.shape[0] == 1:  # 128 rows of bits
        first, second = words[0, 0], words[0, 1]
        cell_0, cell_1 = cells[0, 0], cells[0, 1]
        for i in range(len(counts)):
            counts[i] = popcount(first[i] & cell_0) + popcount(second[i] & cell_1)
        return
    counts[:] = 0
    for digit in range(words.shape[0]):
        for bit in range(cells.shape[0]):
            for word in range(words.shape[1]):
                driven, cell = words[digit, word], cells[bit, word]
                for i in range(len(counts)):
                    counts[i] += popcount(driven[i] & cell) << (digit + bit)


@njit(nogil=True, cache=True)
def _tally(
    counts: NDArray[np.int32],
    begins: NDArray[np.int64],
    cell_max: int,
    bound: int,
    by_active: NDArray[np.int64],
    by_bound: NDArray[np.int64],
) -> None:
    """Add counts, sorted by U, to the histograms (U, count) and (bound, count)."""
    # Neighbours go to different tallies: an increment would wait for the one before it.
    tallies = np.zeros((4, by_active.shape[1]), np.int32)
    first = begins[1]  # behind the vectors without active rows
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
        largest = u * cell_max
        of_active, of_bound = by_active[u], by_bound[min(largest, bound)]
        for count in range(largest + 1):
            found = tallies[0, count] + tallies[1, count] + tallies[2, count] + tallies[3, count]
            of_active[count] += found
            of_bound[count] += found
        tallies[:, : largest + 1] = 0


@njit(nogil=True, cache=True)
def read_columns(
    planes: NDArray[np.uint64],
    active: NDArray[np.int32],
    cells: NDArray[np.uint64],
    columns: NDArray[np.int64],
    tables: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]],
    sums: NDArray[np.int64],
    lane_decisions: NDArray[np.int32],
    by_active: NDArray[np.int64],
    by_bound: NDArray[np.int64],
) -> None:
    """Convert every column of a crossbar in every plane of some vectors.

    Parameters
    ----------
    planes, active, cells
        As `pack_planes` and `pack_cells` make them.
    columns : numpy.ndarray of int64, shape (columns, 5)
        Of each: output, slice, sign (1 or -1), lane, and the largest count its stored digits allow.
    tables : tuple of numpy.ndarray, each of shape (slices, planes, ...)
        What a count adds to its output, int64, (..., counts), shifts and the plane's sign included;
        how many decisions it takes, int32, (..., counts); and whether the former is the count times
        its weight, bool, so that nothing need be looked up.
    sums : numpy.ndarray of int64, shape (outputs, vectors)
        Added to; with no vectors, sums are not wanted.
    lane_decisions : numpy.ndarray of int32, shape (lanes, planes, vectors)
        Added to.
    by_active, by_bound : numpy.ndarray of int64
        Histograms of `hwgen.workload.statistics`, added to.
    """
    values, decisions, exact = tables
    cell_max = (by_active.shape[3] - 1) // (by_active.shape[2] - 1)
    vectors = active.shape[1]
    wanted = sums.shape[1] > 0
    counts = np.empty(vectors, np.int32)
    total = np.zeros((sums.shape[0], vectors if wanted else 0), np.int64)
    taken = np.zeros((lane_decisions.shape[0], vectors), np.int32)
    words = np.empty((planes.shape[1], planes.shape[2], vectors), np.uint64)
    for plane in range(active.shape[0]):
        order, begins = _sort(active[plane], by_active.shape[2] - 1)
        order = order[begins[1] :]  # without active rows there is no read
        reads = len(order)
        for digit in range(planes.shape[1]):
            for word in range(planes.shape[2]):
                for i in range(reads):
                    words[digit, word, i] = planes[plane, digit, word, order[i]]
        total[:], taken[:] = 0, 0
        for column in range(columns.shape[0]):
            output, s, sign, lane, bound = columns[column]
            _count(words[:, :, :reads], cells[column], counts[:reads])
            if wanted:
                added, value = total[output], values[s, plane]
                if exact[s, plane]:
                    weight = sign * value[1]
                    for i in range(reads):
                        added[i] += weight * counts[i]
                else:
                    for i in range(reads):
                        added[i] += sign * value[counts[i]]
            of_lane, needed = taken[lane], decisions[s, plane]
            for i in range(reads):
                of_lane[i] += needed[counts[i]]
            _tally(counts, begins, cell_max, bound, by_active[s, plane], by_bound[s])
        for lane in range(len(taken)):
            for i in range(reads):
                lane_decisions[lane, plane, order[i]] = taken[lane, i]
        if wanted:
            for output in range(len(total)):
                for i in range(reads):
                    sums[output, order[i]] += total[output, i]


@njit(nogil=True, cache=True)
def add_errors(
    planes: NDArray[np.uint64],
    cells: NDArray[np.uint64],
    columns: NDArray[np.int64],
    errors: NDArray[np.int64],
    erring: NDArray[np.bool_],
    sums: NDArray[np.int64],
) -> None:
    """Add to exact sums what tables misread; nothing is counted, so that it takes half the time.

    Parameters
    ----------
    planes, cells, columns
        As of `read_columns`.
    errors : numpy.ndarray of int64, shape (slices, planes, counts)
        What a count adds to its output less what it should; nothing for the count 0.
    erring : numpy.ndarray of bool, shape (slices, planes)
        Whether there is an error at all.
    sums : numpy.ndarray of int64, shape (outputs, vectors)
        Added to.
    """
    counts = np.empty(sums.shape[1], np.int32)
    for plane in range(planes.shape[0]):
        for column in range(columns.shape[0]):
            output, s, sign, _, _ = columns[column]
            if not erring[s, plane]:
                continue
            _count(planes[plane], cells[column], counts)
            added, error = sums[output], errors[s, plane]
            if sign > 0:
                for i in range(len(counts)):
                    added[i] += error[counts[i]]
            else:
                for i in range(len(counts)):
                    added[i] -= error[counts[i]]


@njit(nogil=True, cache=True)
def steady_stream(
    active: NDArray[np.int32],
    lane_decisions: NDArray[np.int32],
    used: NDArray[np.int64],
    times: tuple[int, int, int, int, int, int],
    state: NDArray[np.int64],
    lane_free: NDArray[np.int64],
    bank_free: NDArray[np.int64],
) -> None:
    """Run vectors through one crossbar without stalls: `hwgen.workload.cycles` says what is what.

    Parameters
    ----------
    active : numpy.ndarray of int32, shape (planes, vectors)
        Planes with zero are skipped.
    lane_decisions : numpy.ndarray of int32, shape (lanes, planes, vectors)
        Decisions after each read.
    used : numpy.ndarray of int64, shape (lanes,)
        Columns that a lane converts.
    times : tuple of int
        Beats of a vector, outputs used, settle_row, sample_cycles, overhead and decision cycles.
    state : numpy.ndarray of int64, shape (5,)
        x ready, idle, buffer empty, `ending` low, bank; changed.
    lane_free, bank_free : numpy.ndarray of int64, shape (lanes,) and (banks,)
        Changed.
    """
    beats, outputs, settle_row, sample_cycles, overhead, decision = times
    planes, lanes, banks = active.shape[0], len(used), len(bank_free)
    x_ready, idle, buffer_empty, ending_low, bank = state
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
                taken = used[lane] * overhead + lane_decisions[lane, plane, vector] * decision
                lane_free[lane] = max(sampled + 1, lane_free[lane]) + 1 + taken
                all_done = max(all_done, lane_free[lane])
            bank_free[bank] = all_done + 2
            bank = (bank + 1) % banks
            on_rows = sampled + 2
        idle = max(on_rows, ending_low) + 1
        drains = max(idle, all_done + 1, buffer_empty)
        ending_low = drains + outputs
        buffer_empty = ending_low + 1
    state[0], state[1], state[2], state[3], state[4] = (
        x_ready,
        idle,
        buffer_empty,
        ending_low,
        bank,
    )
