"""The active-row count and what it promises."""

import numpy as np

from hwgen_models.active_rows import active_rows


def test_adds_digits_of_every_read():
    np.testing.assert_array_equal(active_rows([[[3, 0, 2], [0, 0, 0]]]), [[5, 0]])


def test_bounds_every_count():
    rng = np.random.default_rng(5)
    digits = rng.integers(0, 4, size=(50, 16))
    cells = rng.integers(0, 8, size=(16, 30))
    cells[:, 0] = 7

    counts = digits @ cells
    bound = active_rows(digits) * 7

    assert (counts <= bound[:, None]).all()
    np.testing.assert_array_equal(counts[:, 0], bound)
