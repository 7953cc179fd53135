"""Reads of a lane cycle by cycle, written out, and its sums against plain integers."""

import numpy as np
import pytest

from hwgen_models.columns import ColumnMap
from hwgen_models.lane import HeldRead, Lane, conversion_starts, read_times
from hwgen_models.sar import Sar
from hwgen_models.search import SearchTree
from hwgen_models.shift_add import MicroOperation

TREE = SearchTree.twin_range(1, 0, 3, 0, bits=3, bound=7)  # 2 decisions below 2, else 4
SAR = Sar(settle_mux=1, acquire_cycles=1, settle_dac=0, compare_latency=2)  # 6 or 10 cycles


def lane_of(order, lane, **changes):
    parameters = {
        "operations": order.lane_columns(lane),
        "outputs": order.outputs,
        "cell_bits": 1,
        "dac_bits": 1,
        "sar": SAR,
        "tree": TREE,
    }
    return Lane(**parameters | changes)


def test_read_of_an_idle_lane_written_out():
    """Four columns: outputs 0 and 1, positive, then negative."""
    lane = lane_of(ColumnMap(4, 1, 2, 4), 0)

    read = lane.read(HeldRead(counts=[1, 5, 0, 2], plane=2, last_sample=9, bank=1))

    # q = 9: pending from 10, first conversion from 11.
    assert read.idle == 10
    assert [one.column for one in read.conversions] == [0, 1, 2, 3]
    assert [one.start for one in read.conversions] == [11, 17, 27, 33]
    assert [one.added for one in read.conversions] == [17, 27, 33, 43]
    assert [one.conversion.decisions for one in read.conversions] == [2, 4, 2, 4]
    assert {one.bank for one in read.conversions} == {1}
    assert read.finish == 43
    assert [one.operation for one in read.conversions] == [
        MicroOperation(0, value=1, shift=2, negate=False),
        MicroOperation(1, value=5, shift=2, negate=False),
        MicroOperation(0, value=0, shift=2, negate=True),
        MicroOperation(1, value=2, shift=2, negate=True),
    ]
    assert lane.accumulators.accumulators == [4, 12]


def test_second_read_waits_for_the_first_and_third_for_its_sample():
    lane = lane_of(ColumnMap(4, 1, 2, 2), 0)

    first = lane.read(HeldRead(counts=[7, 7], plane=0, last_sample=3))
    second = lane.read(HeldRead(counts=[0, 7], plane=1, last_sample=5, bank=1))
    third = lane.read(HeldRead(counts=[0, 0], plane=2, last_sample=60))

    assert (first.idle, first.finish) == (4, 25)
    # Idle in 25, adding the last value of the first read; a gap of one cycle in between.
    assert (second.idle, second.finish) == (25, 42)
    assert second.conversions[0].start == 26
    assert (third.idle, third.finish) == (61, 74)
    assert lane.accumulators.accumulators == [7, 7 + 2 * 7]


def test_lane_without_used_columns_drops_the_read_at_once():
    lane = lane_of(ColumnMap(4, 1, 2, 2), 0, outputs=1)
    unused = lane_of(ColumnMap(18, 1, 2, 2), 1, outputs=1)

    assert lane.used == [0]
    assert unused.used == []
    read = unused.read(HeldRead(counts=[1, 1], plane=0, last_sample=5))
    assert (read.idle, read.finish, read.conversions) == (6, 7, ())


def test_sign_plane_turns_every_sign():
    lane = lane_of(ColumnMap(4, 1, 2, 4), 0)

    lane.read(HeldRead(counts=[3, 0, 1, 1], plane=7, last_sample=0, negate=True))

    assert lane.accumulators.accumulators == [-(3 - 1) * 128, -(0 - 1) * 128]


def test_slices_are_shifted_by_cells_and_planes_by_digits():
    order = ColumnMap(12, 3, 2, 6, "output_major")
    lane = lane_of(order, 1, cell_bits=2, dac_bits=3)

    lane.read(HeldRead(counts=[1, 2, 3, 0, 7, 1], plane=2, last_sample=0))

    assert lane.accumulators.accumulators == [((1 - 2) + 4 * (3 - 0) + 16 * (7 - 1)) << 6]


def test_wrong_comparators_change_values_and_times():
    lane = lane_of(ColumnMap(4, 1, 2, 2), 0)

    read = lane.read(
        HeldRead(counts=[0, 0], plane=0, last_sample=0, errors=[[9.0, 9.0, 0, 0], [0.0] * 4])
    )

    assert [one.conversion.thresholds for one in read.conversions] == [(2, 4, 6, 5), (2, 1)]
    assert [one.conversion.value for one in read.conversions] == [4, 0]
    assert read.finish == 2 + 10 + 6


def test_starts_of_all_conversions_of_many_reads():
    lane = lane_of(ColumnMap(4, 1, 2, 4), 0)
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 8, (5, 4))
    cycles = SAR.conversion_cycles(TREE.walk(counts).decisions)
    last_samples = [3, 10, 200, 201, 400]

    reads = [
        lane.read(HeldRead(counts=row, plane=0, last_sample=q))
        for row, q in zip(counts, last_samples, strict=True)
    ]

    starts = conversion_starts([read.idle for read in reads], cycles)
    assert starts.tolist() == [[one.start for one in read.conversions] for read in reads]


def test_column_that_is_not_converted_takes_no_time():
    assert conversion_starts([10], [[4, 0, 6, 0]]).tolist() == [[11, 15, 15, 21]]


@pytest.mark.parametrize(
    ("last_sample", "free", "cycles", "idle", "finish"),
    [(9, 0, 5, 10, 16), (9, 10, 5, 10, 16), (9, 11, 5, 11, 17), (9, 0, 0, 10, 11)],
)
def test_times_of_a_read(last_sample, free, cycles, idle, finish):
    assert read_times(last_sample=last_sample, free=free, cycles=cycles) == (idle, finish)
