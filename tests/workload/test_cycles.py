"""Cycles of a steady stream against the sequencer model."""

from dataclasses import replace

import numpy as np
import pytest

from hwgen.workload.array.cycles import SteadyStream
from hwgen_models.sequencer import Sequencer
from hwgen_models.spec import TileSpec


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize(
    "times",
    [
        {},
        {"settle_row": 2, "sample_cycles": 3, "x_elements": 1},
        {"settle_row": 40, "x_elements": 128},
    ],
)
@pytest.mark.parametrize("longest", [2, 20, 300])
def test_equals_the_sequencer(banks, times, longest):
    spec = replace(TileSpec(columns=48, columns_per_lane=8), banks=banks, **times)
    rng = np.random.default_rng(longest)
    active = rng.integers(0, 3, (12, spec.planes)).astype(np.int32)
    active[3], active[5:7] = 0, 0  # whole vectors without a read
    decisions = rng.integers(0, longest, (12, spec.planes, spec.lanes)).astype(np.int32)
    used = np.arange(spec.lanes)[::-1]  # the last lane has no columns
    decisions[..., -1] = 0

    counts = rng.integers(0, 9, (12, spec.planes)).astype(np.int32)
    cycles = used * spec.overhead_cycles + decisions * spec.decision_cycles
    stream = SteadyStream(spec, 3)
    for part in (slice(0, 5), slice(5, 12)):  # batches continue where the last one ended
        stream.take(
            active[part].T.copy(),
            cycles[part].transpose(2, 1, 0).astype(np.int32),
            counts[part].T.copy(),
        )
    expected = Sequencer(
        beats=spec.beats,
        outputs=3,
        banks=banks,
        settle_row=spec.settle_row,
        sample_cycles=spec.sample_cycles,
    ).schedule(active, cycles)

    assert stream.cycles == expected.finish
    # A plane lies on the rows from d to q + 1; one without active rows drives nothing.
    driven = np.where(active > 0, expected.last_sample + 2 - expected.rows, 0)
    assert stream.on_time == (driven.sum(), (driven * active).sum(), (driven * counts).sum())
