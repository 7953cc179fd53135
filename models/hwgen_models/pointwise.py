"""Layers that work element by element: tables of one code, sums of two tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen_models.layer import Layer, Shape
from hwgen_models.requantise import multiply

__all__ = ["Add", "FixedSum", "Lookup", "RatioSum", "ShiftedSum"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lookup(Layer):
    """Any function of one 8-bit code.

    Parameters
    ----------
    table : numpy.ndarray of int, shape (256,)
        Result for codes `first`, `first` + 1, ...
    first : int
        0, or -128 for signed codes.
    """

    table: NDArray
    first: int

    def __post_init__(self) -> None:
        if self.table.shape != (256,):
            raise self.refuse(f"table must hold 256 codes, not {self.table.shape}")

    def shape(self, *shapes: Shape) -> Shape:
        """The same."""
        return shapes[0]

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        table = self.table.astype(self.codes.dtype)
        return table[values[0].astype(np.int16) - self.first]


@dataclass(frozen=True, kw_only=True)
class FixedSum:
    """TFLite's sum: both terms with 20 more bits to a common scale, then to the result's.

    Multipliers and shifts are pairs as in `hwgen_models.requantise.multiply`.
    """

    zero_points: tuple[int, int]
    factors: tuple[tuple[int, int], tuple[int, int]]  # (multiplier, shift) of both terms
    factor: tuple[int, int]  # of their sum
    zero_point: int
    low: int
    high: int

    def __call__(self, left: NDArray, right: NDArray) -> NDArray:
        """Add codes."""
        terms = [
            multiply((x.astype(np.int64) - zero) << 20, *factor)
            for x, zero, factor in zip((left, right), self.zero_points, self.factors, strict=True)
        ]
        rounded = multiply(terms[0] + terms[1], *self.factor)
        return np.clip(rounded + self.zero_point, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class ShiftedSum:
    """XNNPACK's sum: integer multipliers of 21 bits, one shift, halves up."""

    zero_points: tuple[int, int]
    factors: tuple[int, int]  # of both terms
    shift: int
    zero_point: int
    low: int
    high: int

    def __call__(self, left: NDArray, right: NDArray) -> NDArray:
        """Add codes."""
        total = (left.astype(np.int64) - self.zero_points[0]) * self.factors[0]
        total = total + (right.astype(np.int64) - self.zero_points[1]) * self.factors[1]
        rounded = (total + (1 << (self.shift - 1))) >> self.shift
        return np.clip(rounded + self.zero_point, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class RatioSum:
    r"""ONNX's sum in single precision: rint(fixed + left * ratio_l + right * ratio_r).

    `fixed` is the result's zero point less the scaled zero points of the terms, as onnxruntime
    (MLAS) sums them; terms of unequal shapes are the other way round there, which single precision
    can show in the last bit.
    """

    ratios: tuple[float, float]  # scales of the terms by that of the result
    fixed: float
    low: int
    high: int

    def __call__(self, left: NDArray, right: NDArray) -> NDArray:
        """Add codes."""
        total = left.astype(np.float32) * np.float32(self.ratios[0])
        total += np.float32(self.fixed)
        total = total + right.astype(np.float32) * np.float32(self.ratios[1])
        return np.clip(np.rint(total), self.low, self.high).astype(np.int32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Layer):
    """The sum of two tensors, or of one and a constant, the smaller repeated.

    Parameters
    ----------
    arithmetic : callable
        Codes of both terms to codes.
    constant : numpy.ndarray or None
        Codes of the second term, without an axis for images, where it is not a tensor.
    """

    arithmetic: Callable[[NDArray, NDArray], NDArray]
    constant: NDArray | None = None

    def shape(self, *shapes: Shape) -> Shape:
        """Shape of the larger."""
        both = [*shapes, *([] if self.constant is None else [self.constant.shape])]
        if len(both) != 2:
            raise self.refuse(f"terms must be two, not {len(both)}")
        if len(both[0]) != len(both[1]) and self.constant is None:
            raise self.refuse(f"terms must have the same number of axes, not {both}")
        try:
            return np.broadcast_shapes(*both)
        except ValueError:
            raise self.refuse(f"terms must have matching shapes, not {both}") from None

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        right = values[1] if self.constant is None else self.constant
        return self.arithmetic(values[0], right).astype(self.codes.dtype)

    def working_bytes(self, *shapes: Shape) -> int:
        """Memory of one image: both terms wide, and their sum."""
        return 48 * prod(self.shape(*shapes))
