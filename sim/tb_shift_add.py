"""The emitted accumulators against `hwgen_models.shift_add`."""

import numpy as np

from bench import Bench, case, expect, pack, spec
from hwgen_models.shift_add import MicroOperation, ShiftAdd

OPERATIONS = 300
SUMS = 8  # vectors


@case
async def every_operation_lands_and_clear_empties(dut):
    """Add at random within the range, and look at the accumulators in between."""
    rng = np.random.default_rng(4)
    design = spec()
    columns = [
        column
        for lane in range(design.lanes)
        for column in design.column_map.lane_columns(lane)
        if column
    ]
    golden = ShiftAdd(destinations=design.destinations)

    bench = Bench(dut, i__valid=0, i__payload=0, read_destination=0, clear=0)
    await bench.reset()
    for vector in range(SUMS):
        # As many operations as keep every accumulator within its range.
        for n in range(OPERATIONS):
            column = columns[rng.integers(len(columns))]
            plane = int(rng.integers(design.planes))
            last = design.signed_inputs and plane == design.planes - 1
            operation = MicroOperation(
                destination=column.destination,
                value=int(rng.choice([0, 1, design.value_max, rng.integers(design.value_max + 1)])),
                shift=plane * design.dac_bits + column.slice_offset * design.cell_bits,
                negate=bool(column.negate) ^ last,
            )
            trial = ShiftAdd(destinations=design.destinations)
            trial.accumulators = list(golden.accumulators)
            trial.add(operation)
            if trial.accumulators[operation.destination] not in design.accumulator_range:
                continue
            golden = trial
            await bench.step(i__valid=1, i__payload=pack_operation(operation), clear=0)
            if rng.random() < 0.2:
                await check(bench, golden, f"vector {vector}, operation {n}", rng)
        for destination in range(design.destinations):
            await check(bench, golden, f"vector {vector}, end", destination)
        await bench.step(i__valid=0, clear=1)
        await bench.step(clear=0)
        golden.clear()
        for destination in range(design.destinations):
            await check(bench, golden, f"vector {vector}, cleared", destination)


async def check(bench, golden, where, destination) -> None:
    """Look at one accumulator, or at one chosen by a generator."""
    if not isinstance(destination, int):
        destination = int(destination.integers(len(golden.accumulators)))
    # An operation that is not valid must change nothing.
    await bench.step(i__valid=0, i__payload=-1, read_destination=destination)
    signed = spec().accumulator_range.start < 0
    got = bench.read_signed("read_value") if signed else bench.read("read_value")
    expect(f"{where}, accumulator {destination}", got, golden.accumulators[destination])


def pack_operation(operation: MicroOperation) -> int:
    """Pack a micro-operation as the port takes it."""
    design = spec()
    offsets = [
        column.slice_offset * design.cell_bits
        for lane in range(design.lanes)
        for column in design.column_map.lane_columns(lane)
        if column
    ]
    shift_max = (design.planes - 1) * design.dac_bits + max(offsets)
    return pack(
        (operation.destination, max(design.destinations - 1, 1).bit_length()),
        (operation.shift, max(shift_max, 1).bit_length()),
        (operation.negate, 1),
        (operation.value, design.readout_bits),
    )
