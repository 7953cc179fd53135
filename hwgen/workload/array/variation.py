"""How much of a layer's sums is signal: what differs from vector to vector."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Variation"]


class Variation:
    r"""Power of the sums of a layer about each output's mean, batch by batch.

    .. math:: \sum_o \Big( \sum_n y_{no}^2 - \frac{1}{N} \big( \sum_n y_{no} \big)^2 \Big)

    over vectors n and outputs o. What an output has in common for all vectors is a constant, which
    carries nothing: biases and folded zero points are often far larger than the signal.

    Examples
    --------
    >>> variation = Variation(outputs=2)
    >>> variation.add([[1, 1000], [3, 1000]])
    >>> variation.power
    2.0
    """

    def __init__(self, outputs: int) -> None:
        self._vectors = 0
        self._pivot = np.zeros(outputs, dtype=np.int64)  # near the mean, for the sake of precision
        self._sum = np.zeros(outputs)
        self._squares = np.zeros(outputs)

    def add(self, sums: NDArray[np.int64]) -> None:
        """Take the sums of some more vectors, shape (vectors, outputs)."""
        sums = np.asarray(sums)
        if not self._vectors and len(sums):
            self._pivot = sums[0]
        moved = (sums - self._pivot).astype(np.float64)
        self._vectors += len(sums)
        self._sum += moved.sum(axis=0)
        self._squares += (moved**2).sum(axis=0)

    @property
    def power(self) -> float:
        """Of all vectors together."""
        if not self._vectors:
            return 0.0
        return max(0.0, float((self._squares - self._sum**2 / self._vectors).sum()))
