"""One matrix product through columns of cells: every count read by a table, shifted and added."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.workload.array import kernels
from hwgen.workload.array.lookup import Lookup
from hwgen_models.row_drive import input_range, plane_weights

__all__ = ["bit_sliced_product"]

LARGEST_VALUE = 2**30  # of a count: the difference of two fits 32 bits


def bit_sliced_product(
    inputs: ArrayLike,
    weights: ArrayLike,
    readout: ArrayLike,
    *,
    input_bits: int = 8,
    signed: bool = False,
    dac_bits: int = 1,
    slices: int = 7,
    cell_bits: int = 1,
) -> NDArray[np.int64]:
    r"""Multiply vectors by a matrix as one crossbar of any size does, in a single thread.

    .. math:: y_o = \sum_t w_t \sum_s 2^{b s} \left(v(c_{t,o,s,0}) - v(c_{t,o,s,1})\right)

    with c the counts of plane t, output o, slice s and polarity, v their values, w the plane
    weights and b = `cell_bits`: `hwgen_models.tile` on an ideal array without sequence or costs.

    Parameters
    ----------
    inputs : array_like of int, shape (vectors, rows)
        Codes of `input_bits`, two's complement if `signed`.
    weights : array_like of int, shape (rows, outputs)
        Magnitudes of at most `slices` digits of `cell_bits`.
    readout : array_like of int, shape (counts,)
        Value of every count that can occur, at most 2^30 in magnitude.
    dac_bits : int
        Bits of an input that a word line carries at once; 1 if `signed`.

    Returns
    -------
    numpy.ndarray of int64, shape (vectors, outputs)

    Raises
    ------
    ValueError
        When an input, a weight or a value does not fit, or the readout has too few counts.

    Examples
    --------
    >>> bit_sliced_product([[3, 255]], [[5], [-1]], readout=[0, 1, 2])
    array([[-240]])
    """
    inputs, weights, readout = np.asarray(inputs), np.asarray(weights), np.asarray(readout)
    legal = input_range(input_bits=input_bits, signed=signed)
    _check("Inputs", inputs, 2, legal[0], legal[-1])
    most = 2 ** (slices * cell_bits) - 1
    _check("Weights", weights, 2, -most, most)
    _check("Readout", readout, 1, -LARGEST_VALUE, LARGEST_VALUE)
    if inputs.shape[1] != weights.shape[0]:
        wanted = f"one row per input ({inputs.shape[1]})"
        raise ValueError(f"Weights must have {wanted}, not {weights.shape[0]}")
    counts = weights.shape[0] * (2**dac_bits - 1) * (2**cell_bits - 1) + 1
    if len(readout) < counts:
        raise ValueError(f"Readout must have at least {counts} values, not {len(readout)}")
    sums = np.zeros((weights.shape[1], len(inputs)), dtype=np.int64)
    kernels.multiply_columns(
        np.ascontiguousarray(inputs, dtype=np.int16),
        dac_bits,
        kernels.pack_weights(np.ascontiguousarray(weights, dtype=np.int64), slices, cell_bits),
        Lookup.of(
            readout[np.newaxis, np.newaxis],
            plane_weights(input_bits=input_bits, dac_bits=dac_bits, signed=signed),
        ),
        sums,
    )
    return sums.T


def _check(name: str, numbers: NDArray, axes: int, low: int, high: int) -> None:
    """Refuse what is not a row or a matrix of integers in a range."""
    if numbers.ndim != axes or numbers.dtype.kind not in "iu":
        wanted = "a row of integers" if axes == 1 else "a matrix of integers"
        raise ValueError(f"{name} must be {wanted}, not {numbers.dtype} {numbers.shape}")
    if numbers.size and (numbers.min() < low or numbers.max() > high):
        raise ValueError(
            f"{name} must be between {low} and {high}, not {numbers.min()} to {numbers.max()}"
        )
