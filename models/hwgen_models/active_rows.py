"""Golden model of the active-row count: the bound of every count of a read."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["active_rows"]


def active_rows(digits: ArrayLike) -> NDArray[np.int64]:
    r"""Add up the digits on the word lines.

    .. math:: U = \sum_r x_r

    No count of the read exceeds U (2^cell_bits - 1). A read with U = 0 yields nothing but zeros
    and is skipped.

    Parameters
    ----------
    digits : array_like of int, shape (..., rows)
        Digit on every word line; rows that pad a vector are zero.

    Returns
    -------
    numpy.ndarray of int64, shape (...)
        U of every read.

    Examples
    --------
    >>> active_rows([[1, 0, 1], [0, 0, 0]]).tolist()
    [2, 0]
    """
    total: NDArray[np.int64] = np.asarray(digits, dtype=np.int64).sum(axis=-1)
    return total
