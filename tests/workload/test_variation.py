"""Power about each output's mean, however the vectors arrive."""

import numpy as np
import pytest

from hwgen.workload.array.variation import Variation


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize("constant", [0, 2**30])
def test_the_power_of_what_varies(batch, constant):
    rng = np.random.default_rng(3)
    sums = rng.integers(-1000, 1000, (100, 6)) + constant * np.arange(6)
    variation = Variation(outputs=6)

    for start in range(0, 100, batch):
        variation.add(sums[start : start + batch])

    assert variation.power == pytest.approx((sums.var(axis=0) * 100).sum(), rel=1e-9)


def test_constants_have_none():
    variation = Variation(outputs=2)
    assert variation.power == 0

    variation.add(np.zeros((0, 2), dtype=np.int64))
    variation.add(np.full((5, 2), 12345))

    assert variation.power == 0
