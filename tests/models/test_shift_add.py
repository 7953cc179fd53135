"""Micro-operations, one by one and all at once."""

import numpy as np

from hwgen_models.shift_add import MicroOperation, ShiftAdd, shift_add


def test_hand_worked_operations():
    lane = ShiftAdd(destinations=3)
    lane.add_all([
        MicroOperation(0, value=5, shift=0, negate=False),
        MicroOperation(0, value=5, shift=3, negate=True),
        MicroOperation(2, value=1, shift=7, negate=False),
    ])

    assert lane.accumulators == [5 - 40, 0, 128]


def test_clear_empties_every_accumulator():
    lane = ShiftAdd(destinations=2)
    lane.add(MicroOperation(1, value=9, shift=0, negate=False))

    lane.clear()

    assert lane.accumulators == [0, 0]


def test_all_at_once_equals_one_by_one_in_any_order():
    rng = np.random.default_rng(7)
    values = rng.integers(0, 256, size=(4, 40))
    destination = rng.integers(0, 3, size=40)
    shift = rng.integers(0, 15, size=40)
    negate = rng.random(40) < 0.5

    sums = shift_add(values, destination=destination, shift=shift, negate=negate, destinations=3)

    for vector, expected in zip(values, sums, strict=True):
        lane = ShiftAdd(destinations=3)
        for i in rng.permutation(40):
            lane.add(MicroOperation(*(int(v[i]) for v in (destination, vector, shift)), negate[i]))
        assert lane.accumulators == expected.tolist()
