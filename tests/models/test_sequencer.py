"""Schedules worked out by hand, and the properties that any schedule must have."""

import re
from dataclasses import fields

import numpy as np
import pytest

from hwgen_models.sequencer import NEVER, Sequencer


def tile(**changes):
    """Two outputs, vectors of one beat, samples of one cycle, rows settle in two."""
    parameters = {"beats": 1, "outputs": 2, "banks": 2, "settle_row": 2, "sample_cycles": 1}
    return Sequencer(**parameters | changes)


def one_lane(*vectors):
    """Cycles of one lane in every read: shape (V, T, 1)."""
    return np.array(vectors)[..., None]


def from_cycle(first):
    return lambda cycle: cycle >= first


# One vector of two planes, one lane that takes 10 cycles for a read


def test_two_planes_two_banks():
    schedule = tile().schedule([[1, 1]], one_lane([10, 10]))

    assert schedule.x.tolist() == [[0]]
    # Full in 1, so the rows change at the end of it.
    assert schedule.rows.tolist() == [[2, 6]]
    assert schedule.x_ready.tolist() == [6]
    # Settled: 2 + 2. Last cycle of the sample 4, rows until 5, the next plane from 6.
    assert schedule.sample.tolist() == schedule.last_sample.tolist() == [[4, 8]]
    assert schedule.bank.tolist() == [[0, 1]]
    # The lane converts in 6..15 and, idle in 16 with bank 1 pending, in 17..26.
    assert schedule.lane_idle.tolist() == [[[5], [16]]]
    assert schedule.lane_finish.tolist() == [[[16], [27]]]
    assert schedule.served.tolist() == [[16, 27]]
    assert schedule.hold_clear.tolist() == [[17, 28]]
    assert schedule.end.tolist() == [10]
    assert schedule.ending.tolist() == [11]
    # Drain when bank 1 is no more in use.
    assert schedule.drain.tolist() == [28]
    assert schedule.move.tolist() == schedule.y_in.tolist() == [[29, 30]]
    assert schedule.y.tolist() == [[30, 31]]
    assert schedule.finish == 32


def test_two_planes_one_bank():
    """The second sample waits until the lane is done with the first, and two cycles more."""
    schedule = tile(banks=1).schedule([[1, 1]], one_lane([10, 10]))

    assert schedule.rows.tolist() == [[2, 6]]
    assert schedule.sample.tolist() == [[4, 18]]
    assert schedule.bank.tolist() == [[0, 0]]
    assert schedule.lane_idle.tolist() == [[[5], [19]]]
    assert schedule.served.tolist() == [[16, 30]]
    assert schedule.end.tolist() == [20]
    assert schedule.drain.tolist() == [31]
    assert schedule.y.tolist() == [[33, 34]]


def test_first_plane_empty():
    """Known to be empty in d + 1, gone from d + 2; the first sample goes to bank 0 anyway."""
    schedule = tile().schedule([[0, 5]], one_lane([99, 10]))

    assert schedule.rows.tolist() == [[2, 4]]
    assert schedule.sample.tolist() == [[NEVER, 6]]
    assert schedule.bank.tolist() == [[NEVER, 0]]
    assert schedule.lane_idle.tolist() == [[[NEVER], [7]]]
    assert schedule.served.tolist() == [[NEVER, 18]]
    assert schedule.hold_clear.tolist() == [[NEVER, 19]]
    assert (schedule.end[0], schedule.ending[0], schedule.drain[0]) == (8, 9, 19)


def test_last_plane_empty():
    schedule = tile().schedule([[5, 0]], one_lane([10, 99]))

    assert schedule.rows.tolist() == [[2, 6]]
    assert schedule.sample.tolist() == [[4, NEVER]]
    assert (schedule.end[0], schedule.ending[0], schedule.drain[0]) == (8, 9, 17)


def test_both_planes_empty():
    """Nothing to wait for: the accumulators are empty and say so."""
    schedule = tile().schedule([[0, 0]], one_lane([99, 99]))

    assert schedule.rows.tolist() == [[2, 4]]
    assert (schedule.end[0], schedule.ending[0], schedule.drain[0]) == (6, 7, 7)
    assert schedule.y.tolist() == [[9, 10]]


def test_slow_rows_and_long_samples():
    schedule = tile(settle_row=5, sample_cycles=3).schedule([[1, 1]], one_lane([10, 10]))

    assert schedule.rows.tolist() == [[2, 11]]
    assert schedule.sample.tolist() == [[7, 16]]
    assert schedule.last_sample.tolist() == [[9, 18]]
    assert schedule.lane_idle.tolist() == [[[10], [21]]]


def test_third_plane_waits_for_the_bank_of_the_first():
    schedule = tile().schedule([[1, 1, 1]], one_lane([30, 10, 10]))

    # F of the first read is 5 + 1 + 30.
    assert schedule.served.tolist() == [[36, 47, 58]]
    assert schedule.rows.tolist() == [[2, 6, 10]]
    assert schedule.sample.tolist() == [[4, 8, 38]]
    assert schedule.bank.tolist() == [[0, 1, 0]]


def test_elastic_lanes_go_on_alone_and_the_slowest_frees_the_bank():
    """Lane 0 is slow in the first read, lane 1 in the second; lane 2 has nothing to convert."""
    cycles = np.array([[[20, 4, 0], [4, 20, 0]]])

    schedule = tile().schedule([[1, 1]], cycles)

    assert schedule.lane_idle.tolist() == [[[5, 5, 5], [26, 10, 9]]]
    assert schedule.lane_finish.tolist() == [[[26, 10, 6], [31, 31, 10]]]
    assert schedule.served.tolist() == [[26, 31]]


# Two vectors


def test_second_vector_enters_while_the_first_is_converted():
    schedule = tile().schedule([[1, 1], [1, 1]], one_lane([10, 10], [10, 10]))

    # Buffer released in 6, when plane 1 of the first is on the rows; sequencer idle in 11.
    assert schedule.x.tolist() == [[0], [6]]
    assert schedule.rows.tolist() == [[2, 6], [12, 33]]
    # Bank 0 is free from 18, but the first vector drains in 28 and 29: `ending` is low from 30.
    assert schedule.drain.tolist() == [28, 55]
    assert schedule.sample.tolist() == [[4, 8], [31, 35]]
    assert schedule.bank.tolist() == [[0, 1], [0, 1]]
    assert schedule.end.tolist() == [10, 37]
    assert schedule.ending.tolist() == [11, 38]
    assert schedule.y.tolist() == [[30, 31], [57, 58]]


def test_empty_vector_behind_a_long_one_waits_in_the_end_state():
    schedule = tile().schedule([[1, 1], [0, 0]], one_lane([10, 10], [9, 9]))

    assert schedule.rows.tolist() == [[2, 6], [12, 14]]
    assert schedule.end.tolist() == [10, 16]
    # `ending` of the first is low from 30.
    assert schedule.ending.tolist() == [11, 31]
    # The output buffer is empty from 31.
    assert schedule.drain.tolist() == [28, 31]


def test_odd_number_of_reads_leaves_the_other_bank_for_the_next_vector():
    schedule = tile().schedule([[1, 0], [1, 1]], one_lane([10, 0], [10, 10]))

    assert schedule.bank.tolist() == [[0, NEVER], [1, 0]]


# Stalls


def test_stalled_y_holds_up_the_second_drain_but_not_the_conversions():
    """The second vector is converted as without a stall, then waits for the output buffer."""
    active, cycles = [[1, 1], [1, 1]], one_lane([10, 10], [10, 10])

    free = tile().schedule(active, cycles)
    schedule = tile().schedule(active, cycles, y=from_cycle(100))

    np.testing.assert_array_equal(schedule.lane_finish, free.lane_finish)
    # Output 0 sits in the register of y from 30; output 1 replaces it when it is taken.
    assert schedule.move.tolist() == [[29, 100], [102, 103]]
    assert schedule.y.tolist() == [[100, 101], [103, 104]]
    # Buffer empty from 101.
    assert schedule.drain.tolist() == [28, 101]


def test_late_y_in_holds_up_every_word():
    schedule = tile().schedule(
        [[1, 1]], one_lane([10, 10]), y_in=lambda cycle: cycle in {3, 40} or cycle > 50
    )

    # Offered since 3 and taken in 29; the next word is offered in 40.
    assert schedule.y_in.tolist() == [[29, 40]]
    assert schedule.y.tolist() == [[30, 41]]


def test_gaps_of_x_delay_a_vector():
    willing = {4, 5, 9}

    schedule = tile(beats=3).schedule([[1, 1]], one_lane([1, 1]), x=lambda cycle: cycle in willing)

    assert schedule.x.tolist() == [[4, 5, 9]]
    assert schedule.rows[0, 0] == 11


def test_beat_waits_for_the_buffer_and_stays_offered():
    """Willing in cycle 3 only: the beat of the second vector is offered until it is taken."""
    schedule = tile().schedule(
        [[1, 1], [0, 0]], one_lane([10, 10], [0, 0]), x=lambda cycle: cycle in {0, 3}
    )

    assert schedule.x.tolist() == [[0], [6]]


def test_later_start_moves_everything():
    rng = np.random.default_rng(4)
    active = rng.integers(0, 2, (6, 4))
    cycles = rng.integers(0, 40, (6, 4, 3))

    schedule = tile(beats=2).schedule(active, cycles)
    later = tile(beats=2).schedule(active, cycles, start=1000, bank=1)

    for field in fields(schedule):
        before, after = getattr(schedule, field.name), getattr(later, field.name)
        happens = before != NEVER
        if field.name == "bank":
            np.testing.assert_array_equal(after[happens], 1 - before[happens])
        else:
            np.testing.assert_array_equal(after[happens], before[happens] + 1000)
        assert (after[~happens] == NEVER).all()
    assert later.finish == schedule.finish + 1000


def test_no_vectors_take_no_time():
    schedule = tile().schedule(np.zeros((0, 2)), np.zeros((0, 2, 1)))

    assert schedule.finish == 0
    assert schedule.y.shape == (0, 2)


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize("busy", [1.0, 0.4])
def test_every_schedule_keeps_the_rules(banks, busy):
    rng = np.random.default_rng(99)
    for _ in range(20):
        vectors, planes, lanes = 5, int(rng.integers(1, 5)), int(rng.integers(1, 4))
        active = rng.integers(0, 3, (vectors, planes))
        cycles = rng.integers(0, 60, (vectors, planes, lanes))
        sequencer = tile(
            beats=int(rng.integers(1, 4)),
            outputs=int(rng.integers(1, 4)),
            banks=banks,
            settle_row=int(rng.integers(2, 5)),
            sample_cycles=int(rng.integers(1, 4)),
        )
        open_cycles = rng.random((3, 20_000)) < busy
        x, y, y_in = ((lambda cycle, row=row: bool(row[cycle])) for row in open_cycles)

        schedule = sequencer.schedule(active, cycles, x=x, y=y, y_in=y_in)

        assert_keeps_the_rules(schedule, sequencer, active != 0, open_cycles[1])


def assert_keeps_the_rules(schedule, sequencer, active, y_open):
    read = active.ravel()
    sample, served = schedule.sample.ravel()[read], schedule.served.ravel()[read]
    last, bank = schedule.last_sample.ravel()[read], schedule.bank.ravel()[read]
    rows = schedule.rows.ravel()

    # Rows are stable long enough before a sample and one cycle after it, whatever comes next.
    assert (sample - rows[read] >= sequencer.settle_row).all()
    off = np.append(schedule.rows[:, 1:], schedule.end[:, None], axis=1).ravel()
    assert (off[read] == last + 2).all()
    assert (off[~read] == rows[~read] + 2).all()
    # A bank is never sampled before its last read was served and cleared.
    for b in range(sequencer.banks):
        own = bank == b
        assert (sample[own][1:] >= served[own][:-1] + 2).all()
    assert (np.diff(sample) > 0).all()
    # No vector is sampled before the one before has drained, or drained before it is served.
    drained = schedule.drain + sequencer.outputs
    first_sample = np.where(active, schedule.sample, np.iinfo(np.int64).max).min(axis=1)
    assert (first_sample[1:] > drained[:-1]).all()
    assert (schedule.drain > schedule.served.max(axis=1)).all()
    assert (schedule.drain[1:] > schedule.move[:-1, -1]).all()
    # Streams: in order, never two in a cycle, only with a word there and a sink that is ready.
    for stream in (schedule.x, schedule.move, schedule.y):
        assert (np.diff(stream.ravel()) > 0).all()
    assert (schedule.x[1:, 0] >= schedule.x_ready[:-1]).all()
    assert (schedule.y > schedule.move).all()
    assert (schedule.move.ravel()[1:] >= schedule.y.ravel()[:-1]).all()
    assert y_open[schedule.y].all()
    assert (schedule.move - schedule.drain[:, None] > np.arange(sequencer.outputs)).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"banks": 3}, "banks must be 1 or 2, not 3"),
        ({"settle_row": 1}, "settle_row must be at least 2, not 1"),
        ({"outputs": 0}, "outputs must be at least 1, not 0"),
    ],
)
def test_rejects_impossible_parameters(bad, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        tile(**bad)


def test_rejects_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"^Lane cycles must have shape .* not \(1, 2\) and"):
        tile().schedule([[1, 1]], [[1, 1]])


def test_stall_that_never_ends_is_reported():
    with pytest.raises(ValueError, match=r"^A stall must end: not willing from cycle 30 to"):
        tile().schedule([[1, 1]], one_lane([10, 10]), y=lambda cycle: cycle < 30)
