"""Cycles of many crossbars at once against the sequencer model, one crossbar at a time."""

from dataclasses import replace

import numpy as np
import pytest

from hwgen.workload.cycles import SteadyStream
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
@pytest.mark.parametrize("longest", [3, 60, 900])
def test_equals_the_sequencer(banks, times, longest):
    spec = replace(TileSpec(columns=48, columns_per_lane=8), banks=banks, **times)
    rng = np.random.default_rng(longest)
    outputs = np.array([1, 3, 2])
    active = rng.integers(0, 3, (3, 12, spec.planes))
    active[0, 3], active[1, 4:6] = 0, 0  # whole vectors without a read
    lane_cycles = rng.integers(0, longest, (3, 12, spec.planes, spec.lanes))
    lane_cycles[..., -1] = 0  # a lane without columns

    stream = SteadyStream(spec, outputs)
    for part in (slice(0, 5), slice(5, 12)):  # batches continue where the last one ended
        stream.take(active[:, part], lane_cycles[:, part])
    expected = [
        Sequencer(
            beats=spec.beats,
            outputs=int(n),
            banks=banks,
            settle_row=spec.settle_row,
            sample_cycles=spec.sample_cycles,
        )
        .schedule(active[crossbar], lane_cycles[crossbar])
        .finish
        for crossbar, n in enumerate(outputs)
    ]

    assert stream.cycles.tolist() == expected
