r"""Softmax on codes: in fixed point as TFLite's reference kernel, in floating point as ONNX.

Fixed point: exponentials of the differences to the largest, as a Taylor expansion around -1/8 and
a product of stored constants :math:`e^{-2^k}`; their sum; its reciprocal by three steps of
Newton and Raphson. Numbers are 32-bit fractions of so many integer bits, as gemmlowp's
``fixedpoint.h`` has them; every product is rounded to 31 bits, halves up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen_models.layer import Layer, Shape
from hwgen_models.requantise import multiply

__all__ = ["FixedSoftmax", "RealSoftmax", "Softmax", "TableSoftmax"]

ONE = 2**31 - 1  # the largest fraction
EXPONENTIALS = (  # e^-(2^k) as fractions of no integer bits, from k = -2
    1672461947,
    1302514674,
    790015084,
    290630308,
    39332535,
    720401,
    242,
)
INTEGER_BITS = 5  # of differences
SUM_BITS = 12  # of the sum of exponentials


def _times(a: NDArray | int, b: NDArray | int) -> NDArray:
    """Multiply fractions."""
    return (np.int64(a) * b + 2**30) >> 31


def _halved(x: NDArray, times: int) -> NDArray:
    """Divide by 2^times, halves away from zero."""
    return (x + (1 << (times - 1)) - (x < 0)) >> times


def _exponential(x: NDArray) -> NDArray:
    """e^x of negative x with 5 integer bits, as a fraction."""
    quarter = 1 << (31 - INTEGER_BITS - 2)
    below = (x & (quarter - 1)) - quarter  # -1/4 to 0
    left = below - x
    a = (below << INTEGER_BITS) + (1 << 28)
    square = _times(a, a)
    series = _times(_halved(_times(square, square), 2) + _times(square, a), 715827883)
    series = _halved(series + square, 1)
    result = 1895147668 + _times(1895147668, a + series)
    for place, factor in enumerate(EXPONENTIALS):
        result = np.where(left & (quarter << place), _times(result, factor), result)
    return np.where(x == 0, ONE, result)


def _reciprocal(x: NDArray) -> tuple[NDArray, NDArray]:
    """1/x of x with 12 integer bits: a fraction, and how many bits x has above one."""
    length = np.frexp(x.astype(np.float64))[1]  # bits that x has
    headroom = 32 - length
    half = ((x << headroom) - 2**31 + ONE + 1) >> 1  # (1 + a) / 2, a from 0 to 1
    y = 1515870810 + _times(half, -1010580540)  # 48/17 - 32/17 a, two integer bits
    for _ in range(3):
        y = y + (_times(y, 2**29 - _times(half, y)) << 2)
    return np.clip(y << 1, -ONE - 1, ONE), SUM_BITS - headroom


@dataclass(frozen=True, kw_only=True)
class FixedSoftmax:
    """TFLite's: results have scale 1/256 and the smallest code for zero.

    Parameters
    ----------
    multiplier, shift : int
        Codes to differences of 5 integer bits.
    smallest : int
        Differences below count as nothing.
    low, high : int
        Smallest and largest result.
    """

    multiplier: int
    shift: int
    smallest: int
    low: int
    high: int

    def __call__(self, x: NDArray) -> NDArray:
        """Turn codes (..., classes) into codes."""
        difference = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
        counted = difference >= self.smallest
        scaled = multiply(difference, self.multiplier, self.shift)
        exponentials = np.where(counted, _exponential(np.where(counted, scaled, 0)), 0)
        total = _halved(exponentials, SUM_BITS).sum(axis=-1, keepdims=True)
        reciprocal, above = _reciprocal(total)
        share = _times(exponentials, reciprocal)
        bits = above + 31 - 8
        rounded = (share + (np.int64(1) << (bits - 1))) >> bits  # shares are not negative
        return np.clip(rounded + self.low, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class RealSoftmax:
    """ONNX's: exponentials of the dequantised codes, rounded to codes, halves to even.

    As onnxruntime's kernel, shares are multiplied by the floor of 1 / `scale_out`: 254 for what its
    quantiser writes as 1/255.
    """

    scale_in: float
    scale_out: float
    zero_point: int
    low: int
    high: int

    def __call__(self, x: NDArray) -> NDArray:
        """Turn codes (..., classes) into codes."""
        difference = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
        exponentials = np.exp(difference * np.float64(np.float32(self.scale_in)))
        share = exponentials / exponentials.sum(axis=-1, keepdims=True)
        rounded = np.rint(share * np.floor(np.float32(1) / np.float32(self.scale_out)))
        return np.clip(rounded + self.zero_point, self.low, self.high).astype(np.int32)


@dataclass(frozen=True, kw_only=True)
class TableSoftmax:
    """LiteRT's optimised one: a table of exponentials in single precision, halves to even."""

    scale_in: float
    scale_out: float
    zero_point: int
    low: int
    high: int

    def __call__(self, x: NDArray) -> NDArray:
        """Turn codes (..., classes) into codes."""
        steps = np.arange(256, dtype=np.float32)
        table = np.exp(-np.float32(self.scale_in) * steps)
        below = table[x.max(axis=-1, keepdims=True).astype(np.int64) - x]
        total = below.sum(axis=-1, keepdims=True, dtype=np.float32)
        rounded = np.rint(below * (np.float32(1) / (total * np.float32(self.scale_out))))
        return np.clip(rounded.astype(np.int64) + self.zero_point, self.low, self.high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Layer):
    """Shares of every class, along one axis.

    Parameters
    ----------
    arithmetic : callable
        Codes (..., classes) to codes.
    axis : int
        Of one image, from 0.
    """

    arithmetic: Callable[[NDArray], NDArray]
    axis: int

    def shape(self, *shapes: Shape) -> Shape:
        """The same."""
        if not 0 <= self.axis < len(shapes[0]):
            raise self.refuse(f"axis must be one of {len(shapes[0])}, not {self.axis}")
        return shapes[0]

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        last = np.moveaxis(values[0], self.axis + 1, -1)
        return np.moveaxis(self.arithmetic(last), -1, self.axis + 1).astype(self.codes.dtype)

    def working_bytes(self, *shapes: Shape) -> int:
        """Memory of one image: some tens of wide intermediate results."""
        return 4 * super().working_bytes(*shapes)
