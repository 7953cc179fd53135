# amaranth: UnusedElaboratable=no
"""RangeTable: bus, legality and decoding against the golden model."""

import itertools

import numpy as np
import pytest

from hwgen.gateware.range_table import RangeTable
from hwgen.gateware.tile import range_table_parameters
from hwgen_models import range_table as model
from hwgen_models.spec import TileSpec
from tests.support import simulate

COMMIT, OUTPUTS, SLICE, RANGE_0, RANGE_1 = 0x08, 0x0C, 0x10, 0x20, 0x24


class Bus:
    """APB master for a component under Amaranth's simulator."""

    def __init__(self, dut, ctx):
        self.dut, self.ctx = dut, ctx

    async def access(self, address, word=None):
        """Write `word`, or read; return (error, word read)."""
        dut, ctx = self.dut, self.ctx
        ctx.set(dut.paddr, address)
        ctx.set(dut.pwrite, word is not None)
        ctx.set(dut.pwdata, word or 0)
        ctx.set(dut.psel, 1)
        await ctx.tick()
        ctx.set(dut.penable, 1)
        assert ctx.get(dut.pready)
        answer = ctx.get(dut.pslverr), ctx.get(dut.prdata)
        await ctx.tick()
        ctx.set(dut.psel, 0)
        ctx.set(dut.penable, 0)
        return answer

    async def commit(self):
        """Commit and wait until the check is over; return whether it was refused."""
        error, _ = await self.access(COMMIT, 1)
        assert not error
        await self.ctx.tick().repeat(6)
        _, status = await self.access(0x04)
        return bool(status & 2)


def settings(**changes):
    return {"bits": 4, "outputs": 5, "bound": 9, "ranges": 2} | changes


def spec_of(*, bits, outputs, bound, ranges):
    """Return a tile with such a table port."""
    return TileSpec(
        search="twin-range" if ranges else "binary",
        rows=bound,
        columns=2 * outputs,
        slices=1,
        columns_per_lane=1,
        readout_bits=bits,
        saturate=True,
        x_elements=1,
    )


@pytest.mark.parametrize("shape", [{}, {"bound": 40}, {"bits": 3, "bound": 7}])
def test_accepts_exactly_the_legal_tables_and_decodes_them(shape):
    shape = settings(**shape)
    dut, expected = RangeTable(**shape), model.RangeTable(spec_of(**shape))
    accepted = []

    async def bench(ctx):
        bus = Bus(dut, ctx)
        ctx.set(dut.boundary, 1)
        top = shape["bits"] + 2
        for p0, t0, p1, t1 in itertools.product(range(top), repeat=4):
            if t0 > p0 + 1 or t1 > p1 + 1:  # as illegal as one more
                continue
            for address, word in ((RANGE_0, p0 | t0 << 8), (RANGE_1, p1 | t1 << 8)):
                await bus.access(address, word)
                expected.write(address, word)
            refused = await bus.commit()
            expected.write(COMMIT, 1)
            expected.boundary()
            assert refused == expected.refused, (p0, t0, p1, t1)
            if not refused:
                plan = [ctx.get(getattr(dut.plan, name)) for name in model.SearchPlan._fields]
                assert plan == [value for value, _ in expected.plan], (p0, t0, p1, t1)
                accepted.append((p0, t0, p1, t1))

    simulate(dut, bench, limit=400_000)

    assert accepted


@pytest.mark.parametrize("ranges", [0, 2])
def test_answers_the_bus_as_the_model_does(ranges):
    shape = settings(ranges=ranges)
    dut, expected = RangeTable(**shape), model.RangeTable(spec_of(**shape))
    rng = np.random.default_rng(2024)

    async def bench(ctx):
        bus = Bus(dut, ctx)
        for _ in range(300):
            address = int(rng.choice([0, 4, 8, 12, 16, 0x20, 0x24, 0x28, 0xFC]))
            if rng.random() < 0.6:
                word = int(rng.choice([0, 1, 3, 5, 6, 0x102, 0x304, 0x10, 0xFFFFFFFF, 0x20000003]))
                error, _ = await bus.access(address, word)
                assert error == (not expected.write(address, word)), (address, word)
                await ctx.tick().repeat(6)
            else:
                error, word = await bus.access(address)
                known = expected.read(address, idle=False)
                assert (error, word) == ((1, 0) if known is None else (0, known)), address
            if rng.random() < 0.2:
                ctx.set(dut.boundary, 1)
                await ctx.tick()
                ctx.set(dut.boundary, 0)
                expected.boundary()
            assert ctx.get(dut.outputs_used) == expected.active.outputs

    simulate(dut, bench)


def test_a_commit_waits_for_the_boundary():
    dut = RangeTable(**settings())
    seen = []

    async def bench(ctx):
        bus = Bus(dut, ctx)
        await bus.access(OUTPUTS, 2)
        assert not await bus.commit()
        for boundary in (0, 1):
            ctx.set(dut.boundary, boundary)
            seen.append(ctx.get(dut.outputs_used))
            await ctx.tick()
        seen.append(ctx.get(dut.outputs_used))

    simulate(dut, bench)

    assert seen == [5, 5, 2]


def ranged(**changes):
    """Return a tile with tables of ranges: four bits, of which nine counts are used."""
    parameters = {"search": "ranges", "range_count": 3, "readout_bits": 4, "rows": 9}
    shape = {"columns": 20, "slices": 2, "columns_per_lane": 2, "x_elements": 1, "saturate": True}
    return TileSpec(**parameters | shape | changes)


def outward(**changes):
    """Return a tile with densities, of which all but the largest are legal."""
    shape = {"columns": 20, "slices": 2, "columns_per_lane": 2, "rows": 9, "x_elements": 1}
    keys = {"search": "outward", "bounded": True, "readout_bits": 4, "density_bits": 2}
    return TileSpec(**shape | keys | changes)


RANGED = {
    "aligned": ranged(),
    "saturating": ranged(readout_bits=3),
    "any bases": ranged(bases="any"),
    "by slice": ranged(contexts="slice", range_count=2),
    "any bases by slice": ranged(contexts="slice", bases="any", bounded=True),
    "one range": ranged(range_count=1),
    "density": outward(),
    "densities by slice": outward(contexts="slice", density_bits=3),
}


def some_word(rng, spec):
    """Return what a range register may be asked to hold: often legal, sometimes absurd."""
    if rng.random() < 0.05:
        return int(rng.integers(2**32))
    if spec.search == "outward":
        return int(rng.integers(0, 1 << spec.density_bits))
    n = spec.readout_bits
    payload = n if rng.random() < 0.4 else int(rng.integers(0, n + 2))
    truncation = int(rng.integers(0, payload + 2)) if rng.random() < 0.2 else 0
    base = int(rng.integers(0, 2**n)) if spec.bases == "any" and rng.random() < 0.5 else 0
    return payload | truncation << 8 | base << 16


@pytest.mark.parametrize("name", RANGED)
def test_accepts_exactly_the_tables_of_ranges_that_the_model_accepts(name):
    spec = RANGED[name]
    dut = RangeTable(**range_table_parameters(spec))
    port = model.RangeTable(spec)
    rng = np.random.default_rng(2024)
    verdicts = []

    async def bench(ctx):
        bus = Bus(dut, ctx)
        ctx.set(dut.boundary, 1)
        for _ in range(250):
            # Only one table changes at a time, so that the others are mostly legal.
            for address in (SLICE, *range(RANGE_0, RANGE_0 + 4 * spec.scheme.ranges(spec), 4)):
                word = some_word(rng, spec)
                if address == SLICE:
                    word = int(rng.integers(0, spec.table_count + 1)) % 4
                error, _ = await bus.access(address, word)
                assert error == (not port.write(address, word))
                error, held = await bus.access(address)
                assert (error, held) == (0, port.read(address)) if not error else address == SLICE
            error, _ = await bus.access(COMMIT, 1)
            await ctx.tick().repeat(2 + spec.table_count * spec.scheme.ranges(spec))
            _, status = await bus.access(0x04)
            port.write(COMMIT, 1)
            verdicts.append(port.refused)
            assert bool(status & 2) == port.refused, port.reason
            port.boundary()
            plan, low = 0, 0
            for value, width in port.plan:
                plan, low = plan | value << low, low + width
            assert ctx.get(dut.plan.as_value()) == plan

    simulate(dut, bench, limit=100_000)

    assert 20 < sum(verdicts) < 230


def test_ranges_from_zero_are_two():
    message = r"^Ranges from zero must be 0 or 2 of one table, not 4 of 1$"
    with pytest.raises(ValueError, match=message):
        RangeTable(bits=4, outputs=5, bound=9, ranges=4)
