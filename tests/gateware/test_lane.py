# amaranth: UnusedElaboratable=no
"""Lane against its golden model: values, decisions, and the cycle in which a read is served."""

import numpy as np
import pytest

from hwgen.gateware.lane import ColumnOperation, Lane
from hwgen.gateware.tile import lane_of
from hwgen_models import lane as model
from hwgen_models.columns import ColumnMap
from hwgen_models.range_table import search_plan
from hwgen_models.sar import Sar
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from tests.support import simulate

BITS, PLANES = 5, 4
TABLE = (2, 0, 5, 1)
TREES = {
    "binary": SearchTree.binary(BITS),
    "twin-range": SearchTree.twin_range(*TABLE, bits=BITS, bound=31),
}
MAPS = {
    "identity": ColumnMap(columns=16, slices=2, polarities=2, columns_per_lane=4),
    "merged": ColumnMap(
        columns=16, slices=2, polarities=2, columns_per_lane=4, column_order="output_major"
    ),
    "straddling": ColumnMap(columns=18, slices=3, polarities=2, columns_per_lane=6),
}


def build(search, column_map, lane, sar, *, cell_bits):
    operations = [
        vars_of(operation, cell_bits=cell_bits) for operation in column_map.lane_columns(lane)
    ]
    shape = ColumnOperation(
        destinations=column_map.destinations,
        offsets=1 + max(operation["offset"] for operation in operations),
    )
    reach = 31 * 2 ** (PLANES + shape.offsets) * column_map.columns_per_lane
    dut = Lane(
        search=search,
        bits=BITS,
        columns=column_map.columns_per_lane,
        planes=PLANES,
        plane_bits=1,
        operations=shape,
        identity=column_map.trivial,
        signed=True,
        reach=range(-reach, reach + 1),
        timing=vars(sar),
    )
    return dut, operations


def vars_of(operation, *, cell_bits):
    if operation is None:
        return {"destination": 0, "offset": 0, "negate": 0}
    return {
        "destination": operation.destination,
        "offset": operation.slice_offset * cell_bits,
        "negate": int(operation.negate),
    }


@pytest.mark.parametrize("search", TREES)
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("timing", [{}, {"settle_mux": 0, "settle_dac": 1, "compare_latency": 3}])
@pytest.mark.parametrize("outputs", [1, 3])
def test_serves_reads_of_two_banks(search, name, timing, outputs):
    rng = np.random.default_rng(2024)
    column_map, sar, cell_bits = MAPS[name], Sar(**timing), 2
    operations = column_map.lane_columns(1)
    expected = model.Lane(
        operations=operations,
        outputs=outputs,
        cell_bits=cell_bits,
        dac_bits=1,
        sar=sar,
        tree=TREES[search],
    )
    dut, shapes = build(search, column_map, 1, sar, cell_bits=cell_bits)

    # Some reads arrive while the lane is busy, some when it has long been idle.
    counts = rng.integers(0, 32, size=(6, column_map.columns_per_lane))
    counts[0], counts[1] = 0, 31
    gaps = [3, 5, 400, 1, 300, 2]
    reads, at = [], 0
    served = {0: 0, 1: 0}  # when either bank is free again
    for k, gap in enumerate(gaps):
        at = max(at + gap, served[k % 2] + 1)
        held = model.HeldRead(
            counts=counts[k].tolist(),
            plane=int(rng.integers(PLANES)),
            last_sample=at,
            bank=k % 2,
            negate=bool(rng.integers(2)),
        )
        reads.append((held, expected.read(held)))
        served[k % 2] = reads[-1][1].finish
    end = max(read.finish for _, read in reads) + 2
    strobes, falls, unfinished = [], [], set()

    async def bench(ctx):
        if search == "twin-range":
            for field, value in search_plan(*TABLE, bits=BITS, bound=31)._asdict().items():
                ctx.set(getattr(dut.plan, field), value)
        if not column_map.trivial:
            for k, shape in enumerate(shapes):
                ctx.set(dut.operations[k], shape)
        ctx.set(
            dut.used, sum(1 << k for k, op in enumerate(operations) if op and op.output < outputs)
        )
        held = [None, None]
        pending = 0
        for cycle in range(end):
            ctx.set(dut.load, 0)
            for read, _ in reads:
                if read.last_sample == cycle:
                    held[read.bank] = read
                    ctx.set(dut.load, 1 << read.bank)
                    ctx.set(dut.older, 1 - read.bank)
                    tag = dut.tag_1 if read.bank else dut.tag_0
                    ctx.set(tag, {"plane": read.plane, "negate": read.negate})
            if pending & ~ctx.get(dut.pending):
                falls.append(cycle)
            pending = ctx.get(dut.pending)
            if ctx.get(dut.strobe):
                column = ctx.get(dut.column)
                threshold = ctx.get(dut.dac)
                count = held[ctx.get(dut.bank)].counts[column]
                ctx.set(dut.compare, int(count >= threshold))
                strobes.append((cycle, column, threshold))
            if not ctx.get(dut.shift_add.i.valid):
                unfinished.add(ctx.get(dut.shift_add.i.payload.value))
            await ctx.tick()
        for d, value in enumerate(expected.accumulators.accumulators):
            ctx.set(dut.read_destination, d)
            assert ctx.get(dut.read_value) == value

    simulate(dut, bench)

    assert unfinished == {0}  # a search under way changes nothing behind it
    assert falls == [read.finish for _, read in reads]
    assert strobes == [
        (one.start + strobe, one.column, threshold)
        for _, read in reads
        for one in read.conversions
        for strobe, threshold in zip(one.conversion.strobes, one.conversion.thresholds, strict=True)
    ]


def test_rejects_an_unknown_search():
    with pytest.raises(
        ValueError,
        match=r"^Search must be one of binary, twin-range, ranges, outward, redundant, not 'magi",
    ):
        Lane(
            search="magic",
            bits=8,
            columns=8,
            planes=8,
            plane_bits=1,
            operations=ColumnOperation(destinations=8, offsets=1),
            identity=True,
            signed=False,
            reach=range(100),
            timing={},
        )


BY_SLICE = [[(0, 1 + s, 0), (0, 3 + s, 0), (0, 5, 0)] for s in range(3)]
DENSITIES = [[(40 - 15 * s,)] for s in range(3)]


@pytest.mark.parametrize(
    ("kind", "tables"),
    [
        ({"search": "ranges"}, BY_SLICE),
        ({"search": "ranges", "scaled": True}, BY_SLICE),
        ({"search": "outward", "patience": 3}, DENSITIES),
    ],
    ids=["ranges", "scaled", "outward"],
)
def test_every_column_has_the_table_of_its_slice_and_every_bank_its_tag(kind, tables):
    rng = np.random.default_rng(2024)
    spec = TileSpec(
        **kind,
        bounded=True,
        contexts="slice",
        rows=31,
        columns=12,
        slices=3,
        columns_per_lane=6,
        readout_bits=5,
        input_bits=PLANES,
        x_elements=1,
    )
    sar = Sar()
    slices = spec.lane_slices(1)

    def tree(column, bound):
        return spec.scheme.tree(tables[slices[spec.lane_table_of(1)[column]]], spec, bound)

    operations = spec.column_map.lane_columns(1)
    expected = model.Lane(
        operations=operations, outputs=2, cell_bits=1, dac_bits=1, sar=sar, tree=tree
    )
    dut = lane_of(spec)
    reads, at = [], 3
    for k in range(6):
        bound = int(rng.integers(1, 32))
        held = model.HeldRead(
            counts=rng.integers(0, bound + 1, size=6).tolist(),
            plane=k % PLANES,
            last_sample=at,
            bank=k % 2,
            bound=bound,
            centres=spec.scheme.centres([tables[s] for s in slices], spec, bound),
        )
        reads.append((held, expected.read(held)))
        at = reads[-1][1].finish + 2 if k % 2 else at + 4  # two reads at a time
    end = reads[-1][1].finish + 2
    strobes = []

    async def bench(ctx):
        ctx.set(dut.used, 63)
        if fields := spec.scheme.plans(tables, spec, lane=1):
            ctx.set(dut.plan.as_value(), packed(fields))
        for k, number in enumerate(spec.lane_table_of(1)):
            ctx.set(dut.table_of[k], number)
        if not spec.column_map.trivial:
            for k, one in enumerate(operations):
                ctx.set(dut.operations[k], vars_of(one, cell_bits=1))
        held = [None, None]
        for cycle in range(end):
            ctx.set(dut.load, 0)
            for read, _ in reads:
                if read.last_sample == cycle:
                    held[read.bank] = read
                    ctx.set(dut.load, 1 << read.bank)
                    ctx.set(dut.older, 1 - read.bank)
                    tag = dut.tag_1 if read.bank else dut.tag_0
                    ctx.set(tag.as_value(), packed(read.tag(spec)))
            if ctx.get(dut.strobe):
                column, threshold = ctx.get(dut.column), ctx.get(dut.dac)
                count = held[ctx.get(dut.bank)].counts[column]
                ctx.set(dut.compare, int(count >= threshold))
                strobes.append((cycle, column, threshold))
            await ctx.tick()
        for d, value in enumerate(expected.accumulators.accumulators):
            ctx.set(dut.read_destination, d)
            assert ctx.get(dut.read_value) == value

    simulate(dut, bench)

    assert len(set(spec.lane_table_of(1))) > 1
    assert strobes == [
        (one.start + strobe, one.column, threshold)
        for _, read in reads
        for one in read.conversions
        for strobe, threshold in zip(one.conversion.strobes, one.conversion.thresholds, strict=True)
    ]


def packed(fields):
    word = low = 0
    for value, width in fields:
        word, low = word | value << low, low + width
    return word
