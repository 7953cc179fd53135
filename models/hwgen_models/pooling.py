r"""Pooling and means: sums of codes over a window or over axes, divided as each format does.

A sum :math:`S` of :math:`n` codes less their zero point becomes

* in TFLite's average pool :math:`S / n`, halves away from zero (`Divided`);
* in TFLite's mean :math:`S` times a multiplier for the ratio of scales by :math:`n`
  (`FixedRatio`);
* in ONNX :math:`\mathrm{rint}(S s / (n t))` in single precision (`Ratio`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen_models.layer import Layer, Shape
from hwgen_models.requantise import multiply
from hwgen_models.window import Window, from_channels_last, padded, to_channels_last

__all__ = ["AveragePool", "Divided", "FixedRatio", "MaxPool", "Mean", "Ratio"]

Arithmetic = Callable[[NDArray, NDArray], NDArray]  # sums, numbers of terms -> codes


@dataclass(frozen=True, kw_only=True)
class Divided:
    """TFLite's average: divide, halves away from zero; zero points and scales stay."""

    low: int
    high: int

    def __call__(self, sums: NDArray, terms: NDArray) -> NDArray:
        """Turn sums into codes."""
        away = np.sign(sums) * ((np.abs(sums) + terms // 2) // terms)
        return np.clip(away, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class FixedRatio:
    """TFLite's mean: one integer multiplier for the ratio of scales and the number of terms."""

    factor: tuple[int, int]  # multiplier and shift, see `hwgen_models.requantise.multiply`
    zero_point: int
    low: int
    high: int

    def __call__(self, sums: NDArray, terms: NDArray) -> NDArray:  # noqa: ARG002  (in the factor)
        """Turn sums into codes."""
        return np.clip(multiply(sums, *self.factor) + self.zero_point, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """ONNX's average: in single precision, halves to even."""

    scale_in: float
    scale_out: float
    zero_point: int
    low: int
    high: int

    def __call__(self, sums: NDArray, terms: NDArray) -> NDArray:
        """Turn sums into codes."""
        factor = np.float32(self.scale_in) / (np.float32(self.scale_out) * np.float32(terms))
        rounded = np.rint(sums.astype(np.float32) * factor)
        limits = self.low - self.zero_point, self.high - self.zero_point
        return np.clip(rounded, *limits).astype(np.int32) + self.zero_point


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pool(Layer):
    """A window over every channel.

    Parameters
    ----------
    window : Window
        Kernel and how it moves.
    channels_first : bool
        Images are (channels, height, width) rather than (height, width, channels).
    """

    window: Window
    channels_first: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        """Places of the window, per channel."""
        (shape,) = shapes
        if len(shape) != 3:
            raise self.refuse(f"images must have three axes, not {shape}")
        channels, height, width = shape if self.channels_first else (shape[2], *shape[:2])
        pads, kernel = self.window.pads, self.window.kernel
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, self.window.dilations, strict=True)]
        if max(pads[0], pads[2]) >= reach[0] or max(pads[1], pads[3]) >= reach[1]:
            raise self.refuse(f"pads must be smaller than the kernel {kernel}, not {pads}")
        try:
            places = self.window.output(height, width)
        except ValueError as problem:
            raise self.refuse(str(problem)) from None
        return (channels, *places) if self.channels_first else (*places, channels)

    def working_bytes(self, *shapes: Shape) -> int:
        """Memory of one image, its padding included."""
        pads = self.window.pads
        edge = 8 * prod(size + max(pads) * 2 for size in shapes[0])
        return super().working_bytes(*shapes) + (edge if any(pads) else 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool(_Pool):
    """The largest code under the window; padding never wins."""

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        x = to_channels_last(values[0], self.channels_first)
        largest = None
        for _, _, under in self.window.taps(
            padded(x, self.window.pads, int(np.iinfo(x.dtype).min))
        ):
            largest = under.copy() if largest is None else np.maximum(largest, under, out=largest)
        clipped = np.clip(largest, self.codes.low, self.codes.high).astype(self.codes.dtype)
        return from_channels_last(clipped, self.channels_first)


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool(_Pool):
    """The average under the window.

    Parameters
    ----------
    zero_point : int
        Subtracted from every code; what padding counts as.
    count_padding : bool
        Divide by the kernel's size also at the edges.
    arithmetic : callable
        Sums and numbers of terms to codes.
    """

    zero_point: int
    arithmetic: Arithmetic
    count_padding: bool = False

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        x = to_channels_last(values[0], self.channels_first).astype(np.int32) - self.zero_point
        window = self.window
        sums = sum(under for _, _, under in window.taps(padded(x, window.pads, 0)))
        inside = np.ones((1, *x.shape[1:3], 1), dtype=np.int32)
        edge = padded(inside, window.pads, int(self.count_padding))
        terms = sum(under for _, _, under in window.taps(edge))
        codes = self.arithmetic(sums, terms).astype(self.codes.dtype)
        return from_channels_last(codes, self.channels_first)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean(Layer):
    """The mean over some axes.

    Parameters
    ----------
    axes : tuple of int
        Of one image, from 0.
    keep : bool
        Leave the axes in place, one long.
    zero_point : int
        Subtracted from every code.
    arithmetic : callable
        Sums and numbers of terms to codes.
    """

    axes: tuple[int, ...]
    keep: bool
    zero_point: int
    arithmetic: Arithmetic

    def shape(self, *shapes: Shape) -> Shape:
        """Drop the axes, or make them one long."""
        (shape,) = shapes
        if not self.axes or not all(0 <= axis < len(shape) for axis in self.axes):
            raise self.refuse(f"axes must be some of {len(shape)}, not {self.axes}")
        if self.keep:
            return tuple(1 if axis in self.axes else size for axis, size in enumerate(shape))
        return tuple(size for axis, size in enumerate(shape) if axis not in self.axes)

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        x = values[0]
        axes = tuple(axis + 1 for axis in self.axes)
        terms = prod(x.shape[axis] for axis in axes)
        sums = x.sum(axis=axes, keepdims=self.keep, dtype=np.int64) - terms * self.zero_point
        return self.arithmetic(sums, np.int64(terms)).astype(self.codes.dtype)
