"""The compiled loops against their definitions, in numpy and without any bit of a word."""

import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from hwgen.workload.array import kernels
from hwgen.workload.array.lookup import Depths, Lookup
from hwgen.workload.array.product import bit_sliced_product
from hwgen.workload.array.reading import row_totals
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.row_drive import input_range, plane_weights, planes_of
from hwgen_models.search import SearchTree

SHAPES = [  # rows, dac_bits, cell_bits, signed
    (1, 1, 1, False),
    (5, 2, 1, False),
    (63, 1, 2, False),
    (64, 1, 1, True),
    (65, 2, 3, False),
    (100, 1, 1, False),
    (128, 1, 1, False),
    (128, 1, 2, True),
    (129, 1, 1, False),
    (200, 2, 2, False),
    (256, 1, 1, False),
    (300, 1, 1, True),
]
INPUT_BITS, WEIGHT_BITS = 5, 6
VECTORS, OUTPUTS = 230, 3  # more than `multiply_columns` takes at once in five planes


@dataclass
class Case:
    """A crossbar of random cells and some vectors, with every count by definition."""

    rows: int
    dac_bits: int
    cell_bits: int
    signed: bool

    def __post_init__(self):
        rng = np.random.default_rng(self.rows)
        self.slices = WEIGHT_BITS // self.cell_bits
        self.weights = rng.integers(-63, 64, (self.rows, OUTPUTS))
        self.weights[0], self.weights[-1] = 63, -63
        legal = input_range(input_bits=INPUT_BITS, signed=self.signed)
        self.codes = rng.integers(legal[0], legal[-1] + 1, (VECTORS, self.rows)).astype(np.int16)
        self.codes[::3] &= 3  # planes without active rows
        self.codes[4], self.codes[-1] = 0, (-1 if self.signed else legal[-1])  # none, and all
        self.digits = planes_of(
            self.codes, input_bits=INPUT_BITS, dac_bits=self.dac_bits, signed=self.signed
        )
        self.planes = self.digits.shape[1]
        self.plane_weights = plane_weights(
            input_bits=INPUT_BITS, dac_bits=self.dac_bits, signed=self.signed
        )
        self.stored = magnitude_slices(
            self.weights, slices=self.slices, cell_bits=self.cell_bits
        )  # (rows, outputs, slices, 2)
        self.counts = np.einsum("vtr,rosp->tvosp", self.digits, self.stored)
        self.active = self.digits.sum(axis=2).T  # (planes, vectors)
        self.largest_active = self.rows * (2**self.dac_bits - 1)
        self.largest_count = self.largest_active * (2**self.cell_bits - 1)

    def sums(self, values):
        """What every output adds up to, (outputs, vectors); values (slices, planes, counts)."""
        s, t = np.arange(self.slices), np.arange(self.planes)[:, None, None, None, None]
        read = values[s[:, None], t, self.counts] * (self.active > 0)[:, :, None, None, None]
        read = (read[..., 0] - read[..., 1]) << (self.cell_bits * s)
        return np.einsum("tvos,t->ov", read, self.plane_weights)

    def packed(self):
        """Planes and cells as words."""
        words = kernels.words_of(self.rows)
        planes = np.full((self.dac_bits, words, self.planes, VECTORS), 77, dtype=np.uint64)
        kernels.pack_planes(self.codes, self.dac_bits, planes)
        return planes, kernels.pack_weights(self.weights, self.slices, self.cell_bits)


@pytest.fixture(params=SHAPES, ids=str)
def case(request):
    return Case(*request.param)


def unpacked(words, bits_axis, rows):
    """Digits of every row, from words along the last axis."""
    octets = np.ascontiguousarray(words).view(np.uint8)
    bits = np.unpackbits(octets, axis=-1, bitorder="little").astype(np.int64)
    assert not bits[..., rows:].any()
    weights = 1 << np.arange(bits.shape[bits_axis])
    return np.tensordot(weights, bits[..., :rows], axes=(0, bits_axis))


def test_words_hold_the_digits(case):
    planes, cells = case.packed()

    driven = unpacked(planes.transpose(0, 2, 3, 1), 0, case.rows)
    stored = unpacked(cells, 3, case.rows)
    np.testing.assert_array_equal(driven, case.digits.transpose(1, 0, 2))
    np.testing.assert_array_equal(stored, case.stored.transpose(1, 2, 3, 0))


def test_active_rows_are_the_sum_of_the_digits(case):
    planes, _ = case.packed()
    active = np.full((case.planes, VECTORS), -7, dtype=np.int32)

    kernels.active_rows(planes, active)

    np.testing.assert_array_equal(active, case.active)


def test_counts_of_all_columns_are_those_of_one_with_their_sums(case):
    planes, _ = case.packed()
    totals = np.full((case.planes, VECTORS), -7, dtype=np.int32)

    kernels.total_counts(planes, row_totals(case.stored.sum(axis=(1, 2, 3))), totals)

    np.testing.assert_array_equal(totals, case.counts.sum(axis=(2, 3, 4)))


@pytest.mark.parametrize("classes", [1, 4])
@pytest.mark.parametrize("wanted", [True, False])
def test_reads_every_column_by_definition(case, wanted, classes):
    """Any tables, any classes of bounds, any columns to any lane, on top of what is there."""
    rng = np.random.default_rng(5)
    shape = (case.slices, case.planes, case.largest_count + 1)
    values = rng.integers(0, 200, shape)
    decisions = rng.integers(1, 9, (*shape[:2], classes, shape[2]))
    classed = np.sort(rng.integers(0, case.largest_count + 1, (*shape[:2], classes)))
    classed[..., -1] = case.largest_count  # some of the others are equal, some zero
    lanes, places = rng.integers(0, 4, (2, OUTPUTS, case.slices, 2))
    bounds = case.stored.sum(axis=0) * (2**case.dac_bits - 1)
    planes, cells = case.packed()
    sums = rng.integers(-99, 99, (OUTPUTS, VECTORS if wanted else 0))
    lane_decisions = rng.integers(0, 9, (4, case.planes, VECTORS)).astype(np.int32)
    step_decisions = rng.integers(0, 9, (case.planes, VECTORS)).astype(np.int32)
    by_active = rng.integers(
        0, 9, (case.slices, case.planes, case.largest_active + 1, case.largest_count + 1)
    )
    by_ones = rng.integers(0, 9, (case.slices, 3, case.largest_count + 1, case.largest_count + 1))
    changed = sums, lane_decisions, by_active, by_ones, step_decisions
    before = [one.copy() for one in changed]

    kernels.read_columns(
        planes,
        case.active.astype(np.int32),
        cells,
        np.stack([lanes, places, bounds], axis=-1),
        Lookup.of(values, case.plane_weights),
        Depths.of(decisions, classed, largest_digit=2**case.cell_bits - 1),
        sums,
        lane_decisions,
        step_decisions,
        by_active,
        by_ones,
    )

    if wanted:
        np.testing.assert_array_equal(sums - before[0], case.sums(values))
    t, v, o, s, p = np.indices(case.counts.shape).reshape(5, -1)
    count, u = case.counts.ravel(), case.active[t, v]
    live = u > 0
    t, v, o, s, p, count, u = (one[live] for one in (t, v, o, s, p, count, u))
    expected = np.zeros_like(lane_decisions)
    reached = u * (2**case.cell_bits - 1)
    which = (classed[s, t] < reached[:, np.newaxis]).sum(axis=1)
    np.add.at(expected, (lanes[o, s, p], t, v), decisions[s, t, which, count])
    np.testing.assert_array_equal(lane_decisions - before[1], expected)
    slowest = np.zeros((4, case.planes, VECTORS), dtype=np.int32)
    np.maximum.at(slowest, (places[o, s, p], t, v), decisions[s, t, which, count])
    np.testing.assert_array_equal(step_decisions - before[4], slowest.sum(axis=0))
    expected = np.zeros_like(by_active)
    np.add.at(expected, (s, t, u, count), 1)
    np.testing.assert_array_equal(by_active - before[2], expected)
    octave = [min(int(one).bit_length(), 3) - 1 for one in reached]  # the longest are one
    expected = np.zeros_like(by_ones)
    np.add.at(expected, (s, octave, np.minimum(reached, bounds[o, s, p]), count), 1)
    np.testing.assert_array_equal(by_ones - before[3], expected)


@pytest.mark.parametrize("kind", ["identity", "range", "scattered", "by slice"])
def test_multiplies_by_definition(case, kind):
    rng = np.random.default_rng(6)
    counts = np.arange(case.largest_count + 1)
    values = {
        "identity": counts,
        "range": np.where(counts < 3, counts, (counts & -4) + 2),
        "scattered": rng.permutation(counts),
        "by slice": rng.integers(0, 99, (case.slices, 1, len(counts))),
    }[kind]
    every = np.broadcast_to(values, (case.slices, case.planes, len(counts)))
    _, cells = case.packed()
    sums = rng.integers(-99, 99, (OUTPUTS, VECTORS))
    before = sums.copy()

    kernels.multiply_columns(
        case.codes, case.dac_bits, cells, Lookup.of(every, case.plane_weights), sums
    )

    np.testing.assert_array_equal(sums - before, case.sums(every))


# What counts read as

TWIN = SearchTree.twin_range(3, 0, 8, 4, bits=8, bound=128).values  # a bin is cut at 8
COARSE = SearchTree.twin_range(2, 1, 6, 2, bits=6, bound=40).values
COUNTS = np.arange(129)


@pytest.mark.parametrize(
    ("values", "starts"),
    [
        (COUNTS, [0]),
        (np.minimum(COUNTS, 63), [0, 64]),
        (TWIN, [0, 8, 16]),
        (COARSE, [0, 4]),
        (np.array([0, 1, 5, 5, 9]), [0, 2]),
        (np.full(50, 7), [0]),
        (np.zeros(1), [0]),
        (np.array([0, 1, 0, 1, 7, 8, 3, 3]), [0, 2, 4, 6]),  # any table will do
    ],
)
def test_a_table_is_cut_into_the_fewest_pieces(values, starts):
    lookup = Lookup.of(np.tile(values, (3, 2, 1)), np.array([1, 2]))
    pieces = lookup.pieces[0, 0, : lookup.used[0, 0]].tolist()
    found = np.full(len(values), -1)
    for start, mask, offset in pieces:
        found[start:] = (np.arange(start, len(values)) & mask) + offset

    assert lookup.values.shape == (1, 1, len(values))
    assert [start for start, _, _ in pieces] == starts
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("values", [COUNTS // 3, COUNTS[::-1]])
def test_a_table_of_too_many_pieces_is_looked_up(values):
    assert Lookup.of(values[None, None], np.array([1])).used.tolist() == [[0]]


def test_planes_in_a_row_share_a_table():
    rng = np.random.default_rng(1)
    tables = rng.integers(0, 9, (3, 7, 20))  # number, slice, count
    values = tables[[0, 0, 1, 2, 2]].transpose(1, 0, 2)
    weights = 1 << np.arange(5)

    runs = Lookup.of(values, weights).runs()

    assert [first for first, _ in runs] == [0, 2, 3]
    assert [lookup.weights.tolist() for _, lookup in runs] == [[1, 2], [4], [8, 16]]
    for run, table in zip(runs, tables, strict=True):
        np.testing.assert_array_equal(run[1].values[:, 0], table)


def test_loops_are_compiled_even_where_nothing_can_be_kept(tmp_path):
    """Installed where only others may write, for a user without a home."""
    (tmp_path / "loops.py").write_text(
        "from hwgen.compiled import compiled\n\n\n"
        "@compiled\ndef double(x):\n    return 2 * x\n\n\nprint(double(21))\n"
    )
    (tmp_path / "__pycache__").touch()
    nowhere = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache"}

    ran = subprocess.run(
        [sys.executable, "loops.py"],
        cwd=tmp_path,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == ("42\n", "")


# The public product


@pytest.mark.parametrize("table", ["exact", "lossy"])
def test_the_bit_sliced_product_by_definition(case, table):
    counts = np.arange(case.largest_count + 1)
    values = counts if table == "exact" else counts // 2 * 3

    found = bit_sliced_product(
        case.codes,
        case.weights.astype(np.int8),
        values,
        input_bits=INPUT_BITS,
        signed=case.signed,
        dac_bits=case.dac_bits,
        slices=case.slices,
        cell_bits=case.cell_bits,
    )

    every = np.broadcast_to(values, (case.slices, case.planes, len(counts)))
    np.testing.assert_array_equal(found, case.sums(every).T)
    if table == "exact":
        np.testing.assert_array_equal(found, case.codes.astype(int) @ case.weights)


@pytest.mark.parametrize(
    ("inputs", "weights", "readout", "message"),
    [
        ([[256]], [[1]], [0, 1], r"Inputs must be between 0 and 255, not 256 to 256"),
        ([[-1]], [[1]], [0, 1], r"Inputs must be between 0 and 255, not -1 to -1"),
        ([[1.5]], [[1]], [0, 1], r"Inputs must be a matrix of integers, not float64 \(1, 1\)"),
        ([1], [[1]], [0, 1], r"Inputs must be a matrix of integers, not int64 \(1,\)"),
        ([[1]], [[-128]], [0, 1], r"Weights must be between -127 and 127, not -128 to -128"),
        ([[1, 1]], [[1], [1]], [0, 1], r"Readout must have at least 3 values, not 2"),
        (
            [[1]],
            [[1]],
            [0, 2**31],
            r"Readout must be between -1073741824 and 1073741824, not 0 to .*",
        ),
        ([[1]], [[1]], [[0, 1]], r"Readout must be a row of integers, not int64 \(1, 2\)"),
        ([[1, 1]], [[1]], [0, 1], r"Weights must have one row per input \(2\), not 1"),
    ],
)
def test_the_product_refuses_what_does_not_fit(inputs, weights, readout, message):
    with pytest.raises(ValueError, match=rf"^{message}$"):
        bit_sliced_product(inputs, weights, readout)
