"""Golden model of the word lines: which digit every row gets in every plane."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["drive_word", "driven_digits", "input_range", "plane_weights", "planes_of"]


def input_range(*, input_bits: int, signed: bool) -> range:
    """Give the values an input can take: two's complement when signed.

    >>> input_range(input_bits=8, signed=True)
    range(-128, 128)
    """
    low = -(2 ** (input_bits - 1)) if signed else 0
    return range(low, low + 2**input_bits)


def plane_weights(*, input_bits: int, dac_bits: int, signed: bool) -> NDArray[np.int64]:
    r"""Give what a digit of each plane is worth, least significant plane first.

    .. math:: w_t = 2^{t v}, \qquad w_{B-1} = -2^{B-1} \text{ for signed inputs}

    with v = `dac_bits`. Signed inputs are driven as two's complement, one bit a plane.

    Parameters
    ----------
    input_bits : int
        Width of an input, B.
    dac_bits : int
        Width of a digit; 1 for signed inputs.
    signed : bool
        Whether the last plane subtracts.

    Returns
    -------
    numpy.ndarray of int64, shape (planes,)
        planes = ceil(input_bits / dac_bits).

    Examples
    --------
    >>> plane_weights(input_bits=3, dac_bits=1, signed=True).tolist()
    [1, 2, -4]
    >>> plane_weights(input_bits=3, dac_bits=2, signed=False).tolist()
    [1, 4]
    """
    if signed and dac_bits != 1:
        raise ValueError(f"dac_bits must be 1 for signed inputs, not {dac_bits!r}")
    weights = 2 ** (dac_bits * np.arange(-(-input_bits // dac_bits), dtype=np.int64))
    if signed:
        weights[-1] *= -1
    return weights


def planes_of(x: ArrayLike, *, input_bits: int, dac_bits: int, signed: bool) -> NDArray[np.int64]:
    r"""Split inputs into the digits of their planes.

    .. math:: x = \sum_t w_t\, digit_t, \quad 0 \le digit_t < 2^{v}

    with the weights of `plane_weights`.

    Parameters
    ----------
    x : array_like of int, shape (..., rows)
        Inputs.
    input_bits, dac_bits, signed
        As of `plane_weights`.

    Returns
    -------
    numpy.ndarray of int64, shape (..., planes, rows)
        Digits, least significant plane first.

    Raises
    ------
    ValueError
        When an input does not fit.

    Examples
    --------
    >>> planes_of([5, -3], input_bits=4, dac_bits=1, signed=True).tolist()
    [[1, 1], [0, 0], [1, 1], [0, 1]]
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iu":
        raise TypeError(f"Inputs must be integers, not {x.dtype}")
    legal = input_range(input_bits=input_bits, signed=signed)
    outside = (x < legal[0]) | (x > legal[-1])
    if outside.any():
        raise ValueError(
            f"Inputs must be between {legal[0]} and {legal[-1]}, not {int(x[outside].flat[0])}"
        )
    planes = len(plane_weights(input_bits=input_bits, dac_bits=dac_bits, signed=signed))
    shifts = dac_bits * np.arange(planes)
    bits = x.astype(np.int64) & (2**input_bits - 1)
    digits: NDArray[np.int64] = (bits[..., None, :] >> shifts[:, None]) & (2**dac_bits - 1)
    return digits


def drive_word(digits: ArrayLike, *, dac_bits: int) -> int:
    """Pack the digits of one plane as the pins ``row_drive`` carry them: row 0 lowest.

    >>> drive_word([1, 0, 3], dac_bits=2)
    49
    """
    return sum(int(digit) << (row * dac_bits) for row, digit in enumerate(np.asarray(digits)))


def driven_digits(word: int, *, rows: int, dac_bits: int) -> NDArray[np.int64]:
    """Unpack the pins ``row_drive``: the inverse of `drive_word`.

    Parameters
    ----------
    word : int
        What the pins carry.
    rows : int
        Word lines.
    dac_bits : int
        Width of a digit.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)
        Digits.

    Examples
    --------
    >>> driven_digits(49, rows=3, dac_bits=2).tolist()
    [1, 0, 3]
    """
    mask = 2**dac_bits - 1
    return np.array([(word >> (row * dac_bits)) & mask for row in range(rows)], dtype=np.int64)
