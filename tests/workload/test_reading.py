"""Layers read out by their crossbars, against the golden tiles of the same crossbars."""

from dataclasses import dataclass

import numpy as np
import pytest

from hwgen.config import BasedRange, Density, Range
from hwgen.errors import Mismatch, UserError
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.workload.array import reading
from hwgen.workload.array.reading import LayerReader, threads_wanted
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.statistics import Statistics
from hwgen_models.active_rows import active_rows
from hwgen_models.codes import Codes
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.matrix import Conv, Dense, exact_product
from hwgen_models.requantise import Fixed
from hwgen_models.row_drive import planes_of
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Tile
from hwgen_models.window import Window

UNSIGNED, SIGNED = Codes(low=0, high=255), Codes(low=-128, high=127)
SMALL = {"rows": 16, "columns": 48, "columns_per_lane": 6, "readout_bits": 8, "x_elements": 1}

SPECS = {
    "slices first": {},
    "outputs first": {"column_order": "output_major"},
    "cells of two bits": {"cell_bits": 2, "slices": 4},
    "cells of three bits": {"cell_bits": 3, "slices": 3, "column_order": "output_major"},
    "two bits at once": {"dac_bits": 2},
    "two bits at once and in cells": {"dac_bits": 2, "cell_bits": 2, "slices": 4},
    "signed": {"signed_inputs": True},
    "signed, cells of two bits": {"signed_inputs": True, "cell_bits": 2, "slices": 4},
    "columns left over": {"columns": 44, "columns_per_lane": 11},
    "a lane for each": {"columns_per_lane": 1},
    "one lane": {"columns_per_lane": 48, "banks": 1, "settle_row": 9},
    "saturating": {"readout_bits": 3, "saturate": True},
    "5 rows": {"rows": 5},
    "64 rows": {"rows": 64},
    "100 rows": {"rows": 100},
    "128 rows": {"rows": 128},
    "200 rows": {"rows": 200},
    "256 rows": {"rows": 256, "readout_bits": 9},
}


def tables_of(spec, kind):
    """Search ranges by slice and plane."""
    bits, whole = spec.readout_bits, spec.bound.bit_length()
    if kind == "binary":
        return [[()] * spec.planes] * spec.slices
    if kind == "lossless":
        return [[(Range(2, 0), Range(bits, 0))] * spec.planes] * spec.slices
    if (
        kind == "four ranges"
    ):  # of two counts to begin with, then doubling; the last whatever is left
        return [[four(spec, 1, 0)] * spec.planes] * spec.slices
    if kind == "four lossy ranges by slice":
        return [[four(spec, s % 3, s % 2)] * spec.planes for s in range(spec.slices)]
    if kind == "lossy":
        return [[(Range(2, 1), Range(whole, 3))] * spec.planes] * spec.slices
    return [
        [(Range((s + t) % 3, 0), Range(whole, (s * t) % 4)) for t in range(spec.planes)]
        for s in range(spec.slices)
    ]


def four(spec, first, truncation):
    """Aligned ranges of 2^first counts, then as many again, ...; lossy from the second on."""
    table, edge = [], 0
    for payload in (first, first, first + 1, spec.readout_bits):
        payload = min(payload, spec.readout_bits)
        base = edge >> payload << payload
        cut = min(truncation, first) if table else 0
        table.append(BasedRange(base, payload, cut))
        edge = base + 2**payload
        if edge > spec.bound:
            break
    return tuple(table)


def matrix(kind, shape, **keys):
    """A layer with weights of all magnitudes."""
    rng = np.random.default_rng(shape)
    weights = rng.integers(-127, 128, shape) >> rng.integers(0, 8, shape)
    outputs = shape[-1] * (shape[0] if kind is Conv else 1)
    return kind(
        name="layer",
        sources=("input",),
        weights=weights.astype(np.int8),
        bias=rng.integers(-3000, 3000, outputs).astype(np.int32),
        requantise=Fixed(
            multiplier=np.ones(outputs, dtype=np.int32),
            shift=np.ones(outputs, dtype=np.uint8),
            low=0,
            high=255,
        ),
        **keys,
    )


def dense(inputs, outputs):
    return matrix(Dense, (inputs, outputs))


def some(shape, codes, seed=3):
    """Activations as a rectified layer gives them: a third zeros, the others of all magnitudes."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, shape) >> rng.integers(0, 8, shape)
    return (x * (rng.integers(0, 3, shape) > 0) + codes.low).astype(codes.dtype)


@dataclass
class Golden:
    """What golden tiles make of the vectors of a layer."""

    mapped: MappedLayer
    readout: Readout
    vectors: np.ndarray

    def __post_init__(self):
        drive, spec = self.mapped.drive(self.vectors), self.mapped.spec
        sums = np.tile(self.mapped.constants, (len(drive), 1))
        self.results, self.tiles = [], []
        for tile in self.mapped.tiles:
            golden = Tile(spec, tile.weights, tables=self.readout.tables)
            y_in = sums[:, tile.outputs] if spec.y_in else None
            result = golden.run(drive[:, tile.inputs], y_in)
            sums[:, tile.outputs] = result.y if spec.y_in else sums[:, tile.outputs] + result.y
            self.results.append(result)
            self.tiles.append(golden)
        self.product = self.mapped.product(sums)

    def total(self, name):
        return sum(getattr(result, name) for result in self.results)

    @property
    def cycles(self):
        return max(
            tile.schedule(result).finish
            for tile, result in zip(self.tiles, self.results, strict=True)
        )

    def histograms(self):
        """Conversions by slice, plane, U, count and by slice, bound, count: one by one."""
        spec, drive = self.mapped.spec, self.mapped.drive(self.vectors)
        counts = spec.largest_count + 1
        by_active = np.zeros((spec.slices, spec.planes, spec.largest_active + 1, counts), int)
        by_bound = np.zeros((spec.slices, counts, counts), int)
        for tile in self.mapped.tiles:
            digits = planes_of(
                drive[:, tile.inputs],
                input_bits=spec.input_bits,
                dac_bits=spec.dac_bits,
                signed=spec.signed_inputs,
            )
            cells = magnitude_slices(tile.weights, slices=spec.slices, cell_bits=spec.cell_bits)
            most = cells.sum(axis=0) * (2**spec.dac_bits - 1)  # (outputs, slices, 2)
            for vector, plane in np.argwhere(active_rows(digits)):
                u = active_rows(digits[vector, plane])
                count = np.tensordot(digits[vector, plane], cells, axes=1)
                bound = np.minimum(u * (2**spec.cell_bits - 1), most)
                s = np.broadcast_to(np.arange(spec.slices)[:, None], count.shape)
                np.add.at(by_active, (s, plane, u, count), 1)
                np.add.at(by_bound, (s, bound, count), 1)
        return by_active, by_bound


def padded(histogram, shape):
    """A histogram with zeros for what a layer cannot reach."""
    missing = np.subtract(shape, histogram.shape)
    return np.pad(histogram, [(0, more) for more in missing])


def agree(reader, golden):
    """What a reader counted is what the golden tiles say."""
    costs, found = reader.costs, reader.statistics
    for name in ("reads", "reads_skipped", "conversions"):
        assert getattr(costs, name) == getattr(found, name) == golden.total(name), name
    every = golden.mapped.spec.planes * sum(
        result.used_columns.sum() * len(result.y) for result in golden.results
    )
    assert costs.conversions_skipped == every - costs.conversions
    assert costs.decisions == golden.total("total_decisions")
    assert costs.cycles == golden.cycles
    np.testing.assert_array_equal(found.histogram, golden.total("histogram"))
    by_active, by_bound = golden.histograms()
    np.testing.assert_array_equal(padded(found.by_active, by_active.shape), by_active)
    np.testing.assert_array_equal(padded(found.by_bound, by_bound.shape), by_bound)
    assert costs.counts_above_bound == 0


def all_agree(mapped, readout, x):
    """Both paths, and the sums alone, are what the golden tiles say."""
    golden = Golden(mapped, readout, x)
    reader, sums = LayerReader(mapped, readout), LayerReader(mapped, readout, statistics=False)

    np.testing.assert_array_equal(reader.product(x), golden.product)
    np.testing.assert_array_equal(sums.product(x), golden.product)
    agree(reader, golden)
    error = golden.product - exact_product(mapped.layer, x)
    assert reader.largest_error == sums.largest_error == abs(error).max()
    assert reader.lossless == readout.lossless
    if readout.lossless:
        short = LayerReader(mapped, readout, short_cut=True)
        np.testing.assert_array_equal(short.product(x), golden.product)
        agree(short, golden)


@pytest.mark.parametrize("table", ["binary", "lossless", "lossy", "by slice and plane"])
@pytest.mark.parametrize("keys", SPECS.values(), ids=SPECS)
def test_everything_is_what_the_golden_tiles_say(keys, table):
    search = "binary" if table == "binary" else "twin-range"
    spec = TileSpec(**SMALL | keys, search=search)
    codes = SIGNED if spec.signed_inputs else UNSIGNED
    mapped = map_layer(dense(20 + spec.rows // 2, 5), spec, codes=codes)
    x = some((1, 12, mapped.layer.inputs), codes)
    x[0, 3], x[0, 5] = -mapped.shift, codes.high  # nothing driven, and all of it

    all_agree(mapped, Readout.by_context(spec, tables_of(spec, table)), x)


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("table", ["four ranges", "four lossy ranges by slice"])
@pytest.mark.parametrize("keys", SPECS.values(), ids=SPECS)
def test_ranges_under_the_active_rows_are_what_the_golden_tiles_say(keys, table, bounded):
    spec = TileSpec(**SMALL | keys, search="ranges", bases="any", contexts="slice", bounded=bounded)
    codes = SIGNED if spec.signed_inputs else UNSIGNED
    mapped = map_layer(dense(20 + spec.rows // 2, 5), spec, codes=codes)
    x = some((1, 12, mapped.layer.inputs), codes)
    x[0, 3], x[0, 5] = -mapped.shift, codes.high

    all_agree(mapped, Readout.by_context(spec, tables_of(spec, table)), x)


@pytest.mark.parametrize("keys", SPECS.values(), ids=SPECS)
def test_searches_outward_are_what_the_golden_tiles_say(keys):
    outward = {"search": "outward", "contexts": "slice", "bounded": True, "patience": 3}
    spec = TileSpec(**SMALL | keys | outward)
    codes = SIGNED if spec.signed_inputs else UNSIGNED
    mapped = map_layer(dense(20 + spec.rows // 2, 5), spec, codes=codes)
    x = some((1, 12, mapped.layer.inputs), codes)
    x[0, 3], x[0, 5] = -mapped.shift, codes.high
    tables = [[(Density(20 - 3 * s),)] * spec.planes for s in range(spec.slices)]

    all_agree(mapped, Readout.by_context(spec, tables), x)


@pytest.mark.parametrize("table", ["lossless", "by slice and plane"])
@pytest.mark.parametrize("codes", [UNSIGNED, SIGNED], ids=["uint8", "int8"])
@pytest.mark.parametrize(
    ("groups", "inputs", "outputs", "kernel", "crossbars"),
    [
        (1, 36, 4, (3, 3), 3 * 2),
        (2, 8, 2, (2, 2), 2),
        (2, 4, 1, (2, 2), 1),  # groups share a crossbar
        (7, 9, 1, (3, 3), 7),  # depthwise
        (7, 4, 1, (2, 2), 3),  # depthwise, three channels in a crossbar
    ],
)
def test_convolutions_in_groups(groups, inputs, outputs, kernel, crossbars, codes, table):
    """int8 codes on unsigned word lines, and padding that is not zero."""
    spec = TileSpec(**SMALL, search="twin-range")
    window = Window(kernel=kernel, pads=(1, 0, 0, 1))
    layer = matrix(Conv, (groups, inputs, outputs), window=window, padding=codes.low + 3)
    mapped = map_layer(layer, spec, codes=codes)
    images = some((2, 4, 3, groups * inputs // (kernel[0] * kernel[1])), codes)

    assert mapped.crossbars == crossbars
    all_agree(
        mapped, Readout.by_context(spec, tables_of(spec, table)), np.array(layer.vectors(images))
    )


@pytest.mark.parametrize("drive", ["nothing", "everything", "a single vector"])
def test_corners(drive):
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    readout = Readout.by_context(spec, tables_of(spec, "lossless"))
    x = {
        "nothing": np.zeros((1, 3, 28), np.uint8),
        "everything": np.full((1, 3, 28), 255, np.uint8),
        "a single vector": some((1, 1, 28), UNSIGNED),
    }[drive]

    all_agree(mapped, readout, x)


def test_without_conversions_there_is_no_average():
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    reader = LayerReader(mapped, Readout.by_context(spec, tables_of(spec, "lossless")))

    reader.product(np.zeros((1, 3, 28), np.uint8))

    assert reader.as_json()["decisions_per_conversion"] is None
    assert reader.as_json()["conversions"] == 0


def test_without_y_in_constants_are_added_outside():
    spec = TileSpec(**SMALL, search="twin-range", y_in=False)
    mapped = map_layer(dense(16, 5), spec, codes=UNSIGNED)

    all_agree(
        mapped, Readout.by_context(spec, tables_of(spec, "lossy")), some((1, 9, 16), UNSIGNED)
    )


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("path", ["bit-sliced", "short-cut", "sums"])
def test_neither_parts_nor_batches_nor_threads_matter(path, threads, monkeypatch):
    monkeypatch.setenv("HWGEN_THREADS", str(threads))
    monkeypatch.setattr(LayerReader, "CHUNK", 5)
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    readout = Readout.by_context(spec, tables_of(spec, "lossless"))
    x = some((1, 43, 28), UNSIGNED)
    reader = LayerReader(mapped, readout, short_cut=path == "short-cut", statistics=path != "sums")
    steps = []

    found = [reader.product(x[:, part], steps.append) for part in (slice(17), slice(17, 43))]

    golden = Golden(mapped, readout, x)
    np.testing.assert_array_equal(np.concatenate(found, axis=1), golden.product)
    if path != "sums":
        agree(reader, golden)
        assert sum(steps) == 43 * reader.conversions_per_vector
        assert sum(steps) == reader.costs.conversions + reader.costs.conversions_skipped


def test_one_histogram_a_layer_is_kept_and_none_larger_than_the_layer_needs(monkeypatch):
    """However many threads there are: 20 inputs on 256 rows of two-bit cells and digits."""
    monkeypatch.setenv("HWGEN_THREADS", "16")
    monkeypatch.setattr(LayerReader, "CHUNK", 2)
    wide = {"rows": 256, "cell_bits": 2, "slices": 4, "dac_bits": 2, "readout_bits": 12}
    spec = TileSpec(**SMALL | wide, search="twin-range")
    mapped = map_layer(dense(20, 5), spec, codes=UNSIGNED)
    readout = Readout.by_context(spec, tables_of(spec, "binary"))
    reader, made = LayerReader(mapped, readout), []
    empty = Statistics.empty
    monkeypatch.setattr(Statistics, "empty", lambda *given: made.append(empty(*given)) or made[-1])

    for _ in range(3):
        reader.product(some((1, 64, 20), UNSIGNED))

    kept = [reader._found.get() for _ in range(reader._found.qsize())]
    assert len(kept) == 1
    stored = magnitude_slices(mapped.tiles[0].weights, slices=4, cell_bits=2).sum(axis=0).max()
    assert kept[0].by_active.shape == (4, 4, 3 * 20 + 1, 3 * stored + 1)
    assert kept[0].by_ones.shape == (4, 1, 3 * stored + 1, 3 * stored + 1)
    held = kept[0].by_active.nbytes + kept[0].by_ones.nbytes
    assert held == reader.extent.nbytes < 2e6  # not 227 MB
    assert len(made) <= 16 * 3


def test_large_histograms_take_fewer_threads(monkeypatch):
    monkeypatch.setenv("HWGEN_THREADS", "16")
    monkeypatch.setattr(LayerReader, "CHUNK", 2)
    mapped = map_layer(dense(16, 5), TileSpec(**SMALL), codes=UNSIGNED)
    reader = LayerReader(mapped, Readout.by_context(mapped.spec, tables_of(mapped.spec, "binary")))
    monkeypatch.setattr(reading, "SPARE_BYTES", 2 * reader.extent.nbytes)
    pools = []

    class Pool(reading.ThreadPoolExecutor):
        def __init__(self, threads):
            pools.append(threads)
            super().__init__(threads)

    monkeypatch.setattr(reading, "ThreadPoolExecutor", Pool)
    reader.product(some((1, 30, 16), UNSIGNED))

    assert pools == [3]


def test_threads_are_as_wanted(monkeypatch):
    monkeypatch.delenv("HWGEN_THREADS", raising=False)
    monkeypatch.setattr(reading.os, "sched_getaffinity", lambda _: range(64), raising=False)
    assert threads_wanted() == 8
    monkeypatch.setenv("HWGEN_THREADS", "12")
    assert threads_wanted() == 12
    for wrong in ("0", "100", "two", ""):
        monkeypatch.setenv("HWGEN_THREADS", wrong)
        with pytest.raises(UserError, match=r"^HWGEN_THREADS: must be an integer between 1 and 99"):
            threads_wanted()


def test_the_signal_to_error_ratio_is_of_what_varies_in_the_sums():
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    reader = LayerReader(mapped, Readout.by_context(spec, tables_of(spec, "lossy")))
    x = some((1, 20, 28), UNSIGNED)

    product = np.concatenate([reader.product(x[:, :7]), reader.product(x[:, 7:])], axis=1)

    exact = exact_product(mapped.layer, x).astype(float)
    signal = exact.var(axis=(0, 1)).sum() * 20
    expected = 10 * np.log10(signal / ((product - exact) ** 2).sum())
    assert reader.sqnr_db == pytest.approx(expected)


def test_other_tables_can_be_loaded():
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    lossless, lossy = (
        Readout.by_context(spec, tables_of(spec, kind)) for kind in ("lossless", "lossy")
    )
    x = some((1, 20, 28), UNSIGNED)
    reader = LayerReader(mapped, lossless, statistics=False)

    before = reader.product(x)
    reader.load(lossy)
    after = reader.product(x)

    np.testing.assert_array_equal(before, exact_product(mapped.layer, x))
    np.testing.assert_array_equal(after, Golden(mapped, lossy, x).product)
    with pytest.raises(ValueError, match="counts nothing"):
        _ = reader.costs
    with pytest.raises(ValueError, match="short cut needs lossless tables"):
        LayerReader(mapped, lossless, short_cut=True).load(lossy)


def test_a_lossless_reader_that_errs_is_a_mismatch():
    spec = TileSpec(**SMALL, search="twin-range")
    mapped = map_layer(dense(28, 5), spec, codes=UNSIGNED)
    reader = LayerReader(mapped, Readout.by_context(spec, tables_of(spec, "lossless")))
    reader.arrays[3].cells[1, 2, 1, 0, 0] ^= 1  # output 4 is the second of chain 1
    x = np.zeros((1, 5, 28), np.uint8)
    x[0, 4, 16:] = 1

    with pytest.raises(Mismatch, match=r"^layer layer: output 4 of vector 4 must be .* \(integer"):
        reader.product(x)
