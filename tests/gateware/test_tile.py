# amaranth: UnusedElaboratable=no
"""Tile against its golden model: every output, strobe and cycle, under stalls."""

import numpy as np
import pytest

from hwgen.gateware.tile import Tile
from hwgen_models import tile as model
from hwgen_models.crossbar import Comparator, Nonidealities
from hwgen_models.input_buffer import beats_of
from hwgen_models.range_table import load_writes
from hwgen_models.row_drive import driven_digits, input_range, planes_of
from hwgen_models.spec import TileSpec
from tests.support import simulate

SMALL = TileSpec(
    rows=12,
    columns=32,
    cell_bits=1,
    column_order="slice_major",
    slices=3,
    polarities=2,
    input_bits=4,
    signed_inputs=False,
    dac_bits=1,
    search="binary",
    readout_bits=4,
    saturate=False,
    columns_per_lane=4,
    banks=2,
    row_tiles=2,
    y_in=True,
    x_elements=4,
    compare_stages=0,
    settle_row=3,
    sample_cycles=1,
    settle_mux=1,
    acquire_cycles=1,
    settle_dac=0,
    compare_latency=2,
)
SLOW = {
    "settle_row": 6,
    "sample_cycles": 3,
    "settle_mux": 2,
    "acquire_cycles": 2,
    "settle_dac": 2,
    "compare_latency": 4,
    "compare_stages": 2,
}
ADAPTIVE = {"search": "ranges", "bounded": True, "contexts": "slice"}
OUTWARD = {"search": "outward", "bounded": True, "contexts": "slice", "patience": 3}
SHAPES = {
    "baseline": {},
    "trq": {"search": "twin-range"},
    "output major": {"column_order": "output_major"},
    "single hold": {"banks": 1},
    "signed inputs": {"signed_inputs": True, "search": "twin-range"},
    "slow": SLOW,
    "slow trq": SLOW | {"search": "twin-range", "settle_mux": 0},
    "digits of two bits": {"cell_bits": 2, "dac_bits": 2, "slices": 2, "readout_bits": 7},
    "odd lanes": {
        "columns": 30,
        "columns_per_lane": 6,
        "slices": 4,
        "column_order": "output_major",
    },
    "one column a lane": {"columns_per_lane": 1, "columns": 13, "slices": 3},
    "saturating": {"readout_bits": 3, "saturate": True, "search": "twin-range"},
    "ranges": {"search": "ranges"},
    "bounded": ADAPTIVE | {"settle_mux": 0},
    "bounded, any bases, one hold": ADAPTIVE | {"bases": "any", "banks": 1, "range_count": 3},
    "bounded digits": ADAPTIVE | {"cell_bits": 2, "dac_bits": 2, "slices": 2, "readout_bits": 7},
    "bounded, output major": ADAPTIVE | {"column_order": "output_major"},
    "scaled": ADAPTIVE | {"scaled": True},
    "scaled digits": ADAPTIVE
    | {"cell_bits": 2, "dac_bits": 2, "slices": 2, "readout_bits": 7, "scaled": True},
    "scaled, saturating": ADAPTIVE | {"readout_bits": 3, "saturate": True, "scaled": True},
    "bounded, saturating": ADAPTIVE | {"readout_bits": 3, "saturate": True, "contexts": "network"},
    "outward": OUTWARD,
    "outward, one hold": OUTWARD | {"banks": 1, "contexts": "network", "settle_mux": 0},
    "outward, digits": OUTWARD
    | {"cell_bits": 2, "dac_bits": 2, "slices": 2, "readout_bits": 7, "density_bits": 4},
    "outward, output major": OUTWARD | {"column_order": "output_major", "settle_row": 2},
    "outward, saturating": OUTWARD | {"readout_bits": 3, "saturate": True},
    "outward, slow": OUTWARD | SLOW,
    "unchained": {"y_in": False},
    "one plane": {"input_bits": 1, "slices": 1, "columns": 8},
}


def fields(spec):
    """Return the parameters of a spec without what it has cached."""
    return {name: getattr(spec, name) for name in TileSpec.__dataclass_fields__}


def workload(spec, *, rng, vectors=5, outputs=None):
    """Return inputs, weights and partial sums that contain the extremes."""
    reach = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    largest = 2 ** (spec.slices * spec.cell_bits) - 1
    outputs = outputs or spec.outputs
    x = rng.integers(reach[0], reach[-1] + 1, size=(vectors, spec.rows))
    x[0], x[1], x[2] = reach[-1], 0, reach[0]
    weights = rng.integers(-largest, largest + 1, size=(spec.rows, outputs))
    weights[:, 0] = largest
    sums = spec.tile_range
    y_in = rng.integers(sums[0], sums[-1] + 1, size=(vectors, outputs)) if spec.y_in else None
    return x, weights, y_in


class Bench:
    """Plays everything around a tile and notes what the tile does in which cycle."""

    def __init__(self, dut, golden, x, y_in, *, tables, rng, busy):
        self.dut, self.golden, self.spec = dut, golden, dut.spec
        self.outputs, self.tables = golden.outputs, tables
        spec = self.spec
        beats = beats_of(x, rows=spec.rows, x_elements=spec.x_elements, input_bits=spec.input_bits)
        self.beats = [beat for vector in beats for beat in vector]
        self.y_in = [] if y_in is None else [int(word) for word in y_in.ravel()]
        self.reads = [tuple(read) for read in np.argwhere(self._digits(x).any(axis=-1))]
        self.digits = self._digits(x)
        # Willingness by cycle, so that the model can be told.
        self.willing = {name: rng.random(200_000) < busy for name in ("x", "y", "y_in")}
        self.y, self.y_cycles, self.samples = [], [], []
        self.decisions = {}

    def _digits(self, x):
        spec = self.spec
        return planes_of(
            x, input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
        )

    async def write(self, ctx, address, word):
        dut = self.dut
        for enable in (0, 1):
            ctx.set(dut.paddr, address)
            ctx.set(dut.pwrite, 1)
            ctx.set(dut.pwdata, word)
            ctx.set(dut.psel, 1)
            ctx.set(dut.penable, enable)
            assert not enable or not ctx.get(dut.pslverr)
            await ctx.tick()
        ctx.set(dut.psel, 0)

    async def run(self, ctx):
        dut, spec = self.dut, self.spec
        for name, word in load_writes(spec, self.tables, self.outputs):
            await self.write(ctx, address_of(dut, name), word)
        await ctx.tick().repeat(8 + spec.table_count * spec.scheme.ranges(spec))
        held = [None, None]
        sampling = 0
        at_x = at_y_in = 0
        offer_x = offer_y_in = False
        words = self.outputs * len(self.digits)
        cycle = 0
        while len(self.y) < words:
            # offers stay until they are taken
            offer_x = at_x < len(self.beats) and (offer_x or self.willing["x"][cycle])
            ctx.set(dut.x.valid, int(offer_x))
            if offer_x:
                ctx.set(dut.x.payload.as_value(), self.beats[at_x])
            if spec.y_in:
                offer_y_in = at_y_in < len(self.y_in) and (
                    offer_y_in or self.willing["y_in"][cycle]
                )
                ctx.set(dut.y_in.valid, int(offer_y_in))
                if offer_y_in:
                    ctx.set(dut.y_in.payload, self.y_in[at_y_in])
            ctx.set(dut.y.ready, int(self.willing["y"][cycle]))

            sample = ctx.get(dut.sample)
            if sample & ~sampling:
                vector, plane = self.reads[len(self.samples)]
                self.samples.append(cycle)
                digits = driven_digits(
                    ctx.get(dut.row_drive), rows=spec.rows, dac_bits=spec.dac_bits
                )
                np.testing.assert_array_equal(digits, self.digits[vector, plane])
                counts = self.golden.crossbar.counts(digits, vector=vector, plane=plane)
                held[sample.bit_length() - 1] = (vector, plane, counts)
            sampling = sample
            for k in range(spec.lanes):
                if ctx.get(getattr(dut, f"lane{k}_strobe")):
                    self._compare(ctx, k, held)

            if offer_x and ctx.get(dut.x.ready):
                at_x, offer_x = at_x + 1, False
            if offer_y_in and ctx.get(dut.y_in.ready):
                at_y_in, offer_y_in = at_y_in + 1, False
            if ctx.get(dut.y.valid) and ctx.get(dut.y.ready):
                self.y.append(ctx.get(dut.y.payload))
                self.y_cycles.append(cycle)
            await ctx.tick()
            cycle += 1
        ctx.set(dut.y.ready, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.idle)
        assert ctx.get(dut.row_drive) == 0

    def _compare(self, ctx, k, held):
        dut, spec = self.dut, self.spec
        column = ctx.get(getattr(dut, f"lane{k}_column"))
        read = held[ctx.get(getattr(dut, f"lane{k}_bank"))]
        if read is None:  # nothing was sampled yet: only after an upset does a lane look there
            ctx.set(getattr(dut, f"lane{k}_compare"), 1)
            return
        vector, plane, counts = read
        physical = k * spec.columns_per_lane + column
        decision = self.decisions.get((vector, plane, k, column), 0)
        self.decisions[vector, plane, k, column] = decision + 1
        error = 0
        if self.golden.comparator is not None:
            error = float(self.golden.comparator.error(vector, plane, physical, decision))
        threshold = ctx.get(getattr(dut, f"lane{k}_dac"))
        ctx.set(getattr(dut, f"lane{k}_compare"), int(counts[physical] + error >= threshold - 0.5))


def address_of(dut, name):
    """Return the address of a register of the table port."""
    return next(one.address for one in dut.range_table.registers if one.name == name)


def check(spec, golden, x, y_in, *, tables, rng, busy):
    """Run a tile and compare all that it did with the model."""
    bench = Bench(Tile(spec), golden, x, y_in, tables=tables, rng=rng, busy=busy)
    simulate(bench.dut, bench.run, limit=60_000)

    result = golden.run(x, y_in)
    stalls = {name: pattern.__getitem__ for name, pattern in bench.willing.items()}
    schedule = golden.schedule(result, **stalls)
    np.testing.assert_array_equal(np.reshape(bench.y, result.y.shape), result.y)
    np.testing.assert_array_equal(np.reshape(bench.y_cycles, schedule.y.shape), schedule.y)
    assert bench.samples == schedule.sample[schedule.sample >= 0].tolist()
    decisions = np.maximum(result.decisions, 0)
    assert bench.decisions == {
        tuple(where): decisions[tuple(where)] for where in np.argwhere(decisions)
    }
    return result


def tables_of(spec, *, truncation=0):
    """Return different tables for all slices that have their own; one else."""
    n = spec.readout_bits
    if spec.search == "binary":
        return [()]
    if spec.search == "outward":
        most = (1 << spec.density_bits) - 2
        return [((max(0, most // 2 - 5 * s),),) for s in range(spec.table_count)]
    if spec.search == "twin-range":
        return [((n // 2, 0), (n, truncation))]
    return [((0, s, 0), (0, s + 1, 0), (0, n, truncation)) for s in range(spec.table_count)]


@pytest.mark.parametrize("busy", [1.0, 0.3])
@pytest.mark.parametrize("name", SHAPES)
def test_every_output_and_cycle(name, busy):
    rng = np.random.default_rng(2024)
    spec = TileSpec(**(fields(SMALL) | SHAPES[name]))
    x, weights, y_in = workload(spec, rng=rng)
    tables = tables_of(spec)
    golden = model.Tile(spec, weights, tables=model.by_slice(spec, tables))

    result = check(spec, golden, x, y_in, tables=tables, rng=rng, busy=busy)

    if not spec.saturate:
        np.testing.assert_array_equal(result.y, result.product)


def test_fewer_outputs_convert_fewer_columns():
    rng = np.random.default_rng(2024)
    x, weights, y_in = workload(SMALL, rng=rng, outputs=2)
    golden = model.Tile(SMALL, weights)

    result = check(SMALL, golden, x, y_in, tables=[()], rng=rng, busy=0.7)

    assert result.used_columns.sum() == 2 * SMALL.slices * SMALL.polarities


def test_truncation_loses_exactly_what_the_model_says():
    rng = np.random.default_rng(2024)
    spec = TileSpec(**(fields(SMALL) | {"search": "twin-range"}))
    x, weights, y_in = workload(spec, rng=rng)
    tables = tables_of(spec, truncation=2)
    golden = model.Tile(spec, weights, tables=model.by_slice(spec, tables))

    result = check(spec, golden, x, y_in, tables=tables, rng=rng, busy=0.7)

    assert np.abs(result.error).max() > 0


@pytest.mark.parametrize("search", [{}, {"search": "twin-range"}, ADAPTIVE, OUTWARD])
def test_a_noisy_array_and_noisy_comparators(search):
    """The model foretells every wrong answer, in whatever order the lanes ask."""
    rng = np.random.default_rng(2024)
    spec = TileSpec(**(fields(SMALL) | search))
    x, weights, y_in = workload(spec, rng=rng)
    tables = tables_of(spec)
    crossbar = model.crossbar_of(
        spec, weights, nonidealities=Nonidealities(spread=0.1, read_noise=0.3), seed=3
    )
    comparator = Comparator(columns_per_lane=spec.columns_per_lane, offset=0.3, noise=0.5, seed=5)
    by_slice = model.by_slice(spec, tables)
    golden = model.Tile(spec, weights, crossbar=crossbar, comparator=comparator, tables=by_slice)

    result = check(spec, golden, x, y_in, tables=tables, rng=rng, busy=0.7)

    assert np.abs(result.error).max() > 0


def test_an_upset_between_vectors_spoils_none_of_them():
    """A lane that serves a bank which holds nothing keeps what it finds to itself."""
    rng = np.random.default_rng(2024)
    x, weights, y_in = workload(SMALL, rng=rng, vectors=3)
    golden = model.Tile(SMALL, weights)
    bench = Bench(Tile(SMALL), golden, x, y_in, tables=[()], rng=rng, busy=0.7)

    async def upset_and_run(ctx):
        ctx.set(bench.dut.lane0_compare, 1)  # of one polarity only: the other would make up for it
        ctx.set(bench.dut.lanes[0].pending, 0b11)
        await bench.run(ctx)

    simulate(bench.dut, upset_and_run)

    np.testing.assert_array_equal(np.reshape(bench.y, (3, -1)), golden.run(x, y_in).y)
