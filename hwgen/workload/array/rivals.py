"""What other readouts would need for the same counts: the company that every saving is seen in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bounded_bits", "static_bits"]


def static_bits(cells: ArrayLike, *, dac_bits: int) -> int:
    """Smallest width of a plain binary search that no input can saturate in these columns.

    Parameters
    ----------
    cells : array_like of int, shape (rows, columns)
        Stored digits; their column sums bound the counts.
    dac_bits : int
        Bits that a word line carries.

    Examples
    --------
    >>> static_bits([[1, 0], [1, 0], [1, 0]], dac_bits=1)
    2
    """
    largest = int(np.asarray(cells).sum(axis=0).max()) * (2**dac_bits - 1)
    return largest.bit_length()


def bounded_bits(active: ArrayLike, *, cell_bits: int) -> NDArray[np.int64]:
    """Decisions of a binary search that leaves out the bits which the active rows rule out.

    Parameters
    ----------
    active : array_like of int
        Sum of the driven digits of each read.
    cell_bits : int
        Bits of a cell.

    Examples
    --------
    >>> bounded_bits([0, 1, 2, 64, 128], cell_bits=1)
    array([0, 1, 2, 7, 8])
    """
    bound = np.asarray(active, dtype=np.int64) * (2**cell_bits - 1)
    _, bit_length = np.frexp(bound.astype(np.float64))
    return bit_length.astype(np.int64)
