"""How TFLite's kernels round: LiteRT has several sets, which differ in the last bit.

`Reference` is what the format's specification means: 31-bit integer multipliers, as
``tensorflow/lite/kernels/internal/reference`` computes (``OpResolverType.BUILTIN_REF``). `Xnnpack`
is what LiteRT runs unless told otherwise, on x86: the XNNPACK delegate with single-precision
ratios, halves to even, and the built-in softmax by a table.
"""

from math import floor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwgen_models.codes import Codes
from hwgen_models.pointwise import FixedSum, ShiftedSum
from hwgen_models.pooling import FixedRatio, Ratio
from hwgen_models.requantise import Fixed, Scaled, multiply, quantised_multiplier
from hwgen_models.softmax import FixedSoftmax, TableSoftmax

__all__ = ["KERNELS", "Kernels", "Reference", "Xnnpack"]

SOFTMAX_BITS = 5  # integer bits of differences
LARGEST_RATIO = 2.0**30


class Kernels(Protocol):
    """One set of kernels; every method gives the arithmetic of one operator.

    ValueError tells what the kernels do not take.
    """

    def requantise(
        self, taken: Codes, scales: NDArray[np.float32], codes: Codes, *, dense: bool
    ) -> Fixed | Scaled:
        """Sums of products to codes; one weight scale per output."""

    def sum(self, left: Codes, right: Codes, codes: Codes) -> FixedSum | ShiftedSum:
        """Two tensors to codes."""

    def mean(self, taken: Codes, codes: Codes, terms: int) -> FixedRatio | Ratio:
        """Sums of so many terms to codes."""

    def softmax(self, taken: Codes, codes: Codes, beta: float) -> FixedSoftmax | TableSoftmax:
        """Logits to shares."""

    def rescale(self, taken: Codes, codes: Codes, every: NDArray) -> NDArray:
        """Codes of one scale to another, not clipped."""


class Reference:
    """Integer multipliers, rounded twice (once in fully connected layers)."""

    def requantise(
        self, taken: Codes, scales: NDArray[np.float32], codes: Codes, *, dense: bool
    ) -> Fixed:
        """Sums of products to codes."""
        if dense and (scales == scales[0]).all():  # these two in single precision
            products = (np.float32(taken.scale) * scales).astype(np.float64)
        else:
            products = np.float64(taken.scale) * scales.astype(np.float64)
        ratios = products / np.float64(codes.scale)
        if ratios.max() >= LARGEST_RATIO:
            raise ValueError(f"ratio of scales must be below 2^30, not {ratios.max():g}")
        factors = np.array([quantised_multiplier(ratio) for ratio in ratios])
        return Fixed(
            multiplier=factors[:, 0].astype(np.int32),
            shift=factors[:, 1].astype(np.uint8),
            low=codes.low,
            high=codes.high,
            zero_point=codes.zero_point,
            twice=not dense,
        )

    def sum(self, left: Codes, right: Codes, codes: Codes) -> FixedSum:
        """Two tensors to codes."""
        twice = 2 * max(left.scale, right.scale)
        return FixedSum(
            zero_points=(left.zero_point, right.zero_point),
            factors=(
                quantised_multiplier(left.scale / twice),
                quantised_multiplier(right.scale / twice),
            ),
            factor=quantised_multiplier(twice / (2**20 * codes.scale)),
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )

    def mean(self, taken: Codes, codes: Codes, terms: int) -> FixedRatio:
        """Sums of so many terms to codes; their number goes into the multiplier."""
        factor, shift = quantised_multiplier(np.float64(taken.scale) / np.float64(codes.scale))
        up = min(terms.bit_length() - 1, 32, 62 - shift)
        return FixedRatio(
            factor=((factor << up) // terms, shift + up),
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )

    def softmax(self, taken: Codes, codes: Codes, beta: float) -> FixedSoftmax:
        """Logits to shares."""
        real = beta * np.float64(taken.scale) * 2.0 ** (31 - SOFTMAX_BITS)
        if not real > 1:
            raise ValueError(f"scale of the input must be above 2^-26, not {real / 2**26:g}")
        factor, shift = quantised_multiplier(min(real, 2.0**31 - 1))
        largest = (2**SOFTMAX_BITS - 1) * 2 ** (31 - SOFTMAX_BITS)
        return FixedSoftmax(
            multiplier=factor,
            shift=shift,
            smallest=-floor(largest / 2 ** (31 - shift)),
            low=codes.low,
            high=codes.high,
        )

    def rescale(self, taken: Codes, codes: Codes, every: NDArray) -> NDArray:
        """Codes of one scale to another."""
        factor = quantised_multiplier(np.float64(taken.scale) / np.float64(codes.scale))
        return multiply(every - taken.zero_point, *factor) + codes.zero_point


class Xnnpack:
    """Single-precision ratios, halves to even; sums of tensors with 21-bit multipliers."""

    def requantise(
        self,
        taken: Codes,
        scales: NDArray[np.float32],
        codes: Codes,
        *,
        dense: bool,  # noqa: ARG002  (the same for all)
    ) -> Scaled:
        """Sums of products to codes."""
        return Scaled(
            factor=np.float32(taken.scale) * scales / np.float32(codes.scale),
            low=codes.low,
            high=codes.high,
            zero_point=codes.zero_point,
        )

    def sum(self, left: Codes, right: Codes, codes: Codes) -> ShiftedSum:
        """Two tensors to codes."""
        ratios = [np.float32(one.scale) / np.float32(codes.scale) for one in (left, right)]
        shift = 21 - int(np.frexp(max(ratios))[1])
        if not 12 <= shift <= 30:
            raise ValueError(f"ratio of scales must be from 2^-10 to 2^8, not {max(ratios):g}")
        factors = [int(np.rint(np.float64(ratio) * 2.0**shift)) for ratio in ratios]
        return ShiftedSum(
            zero_points=(left.zero_point, right.zero_point),
            factors=(factors[0], factors[1]),
            shift=shift,
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )

    def mean(self, taken: Codes, codes: Codes, terms: int) -> Ratio:  # noqa: ARG002
        """Sums of so many terms to codes."""
        return Ratio(
            scale_in=taken.scale,
            scale_out=codes.scale,
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )

    def softmax(self, taken: Codes, codes: Codes, beta: float) -> TableSoftmax:
        """Logits to shares."""
        return TableSoftmax(
            scale_in=float(np.float32(taken.scale) * np.float32(beta)),
            scale_out=codes.scale,
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )

    def rescale(self, taken: Codes, codes: Codes, every: NDArray) -> NDArray:
        """Codes of one scale to another: a multiplier with 8 fractional bits."""
        ratio = np.float32(taken.scale) / np.float32(codes.scale)
        if not 2.0**-8 <= ratio <= 2.0**7:
            return Reference().rescale(taken, codes, every)
        factor = int(np.rint(np.float64(ratio) * 256))
        return (((every - taken.zero_point) * factor + 128) >> 8) + codes.zero_point


KERNELS: dict[str, Kernels] = {"reference": Reference(), "xnnpack": Xnnpack()}
