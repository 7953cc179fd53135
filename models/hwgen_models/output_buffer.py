"""Golden model of the output buffer: chained partial sums and the order of ``y``."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["output_buffer", "y_words"]


def output_buffer(sums: ArrayLike, y_in: ArrayLike | None = None) -> NDArray[np.int64]:
    """Add the partial sums of the tile before.

    Parameters
    ----------
    sums : array_like of int, shape (vectors, outputs)
        What this tile computed.
    y_in : array_like of int, same shape, or None
        Beats of ``y_in``, one per beat of ``y``; None: the port is absent, or fed zeros.

    Returns
    -------
    numpy.ndarray of int64, shape (vectors, outputs)
        Beats of ``y``: row by row, output 0 first.

    Raises
    ------
    ValueError
        When the shapes differ.

    Examples
    --------
    >>> output_buffer([[1, 2]], [[10, -2]]).tolist()
    [[11, 0]]
    """
    sums = np.asarray(sums, dtype=np.int64)
    if y_in is None:
        return sums
    y_in = np.asarray(y_in)
    if y_in.dtype.kind not in "iu":
        raise TypeError(f"y_in must be integers, not {y_in.dtype}")
    if y_in.shape != sums.shape:
        raise ValueError(f"y_in must have shape {sums.shape}, not {y_in.shape}")
    return sums + y_in.astype(np.int64)


def y_words(y: ArrayLike, *, y_bits: int) -> list[int]:
    """Give the payload of every beat of ``y``, or of ``y_in``: two's complement, in order.

    >>> y_words([[1, -1]], y_bits=4)
    [1, 15]
    """
    return [int(word) & (2**y_bits - 1) for word in np.asarray(y).ravel()]
