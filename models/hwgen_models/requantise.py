r"""From accumulators to activations: each network format's own arithmetic, exactly.

A layer's exact sums :math:`a` become codes :math:`y` of another scale. The ratio of the scales is

* in an hwgen file, an integer multiplier :math:`m` and a shift :math:`s`, rounded once:
  :math:`\lfloor (a m + 2^{s-1}) / 2^s \rfloor`, halves towards plus infinity (`Fixed`);
* in TFLite, the same pair, rounded twice: at bit 31 with halves up, then at the rest of the shift
  with halves away from zero (`Fixed` with `twice`), as its reference kernels do;
* in ONNX, a single-precision factor: :math:`\mathrm{rint}(a f)`, halves to even (`Scaled`), as
  onnxruntime does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Fixed", "Scaled", "multiply", "quantised_multiplier"]

INT32 = -(2**31), 2**31 - 1


def quantised_multiplier(ratio: float) -> tuple[int, int]:
    """Write a positive ratio as m * 2^-s, m of 31 bits, as TFLite's ``QuantizeMultiplier``.

    >>> quantised_multiplier(0.75)
    (1610612736, 31)
    """
    fraction, exponent = np.frexp(np.float64(ratio))
    multiplier = int(np.floor(fraction * 2.0**31 + 0.5))
    if multiplier == 2**31:
        multiplier, exponent = multiplier // 2, exponent + 1
    if exponent < -31:
        return 0, 31
    return multiplier, 31 - int(exponent)


def multiply(sums: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> NDArray[np.int64]:
    """Multiply by m * 2^-s with TFLite's two roundings, saturating to 32 bits before the first.

    >>> multiply([3, -3, 5], 2**30, 31)
    array([ 2, -1,  3])
    >>> multiply([3, -3, 5], 2**30, 32)
    array([ 1, -1,  2])
    """
    shift = np.asarray(shift, dtype=np.int64)
    left, right = np.maximum(31 - shift, 0), np.maximum(shift - 31, 0)
    saturated = np.clip(np.asarray(sums, dtype=np.int64) << left, *INT32)
    high = (saturated * np.asarray(multiplier, dtype=np.int64) + 2**30) >> 31
    half = (np.int64(1) << right) >> 1  # nothing where nothing is left to shift
    return (high + half - ((high < 0) & (half > 0))) >> right


@dataclass(frozen=True, kw_only=True, eq=False)
class Fixed:
    """Multiply by an integer, shift with rounding, add the zero point, clip.

    Parameters
    ----------
    multiplier : numpy.ndarray of int32
        One per output, 0 to 2^31 - 1.
    shift : numpy.ndarray of uint8
        One per output, 1 to 62.
    low, high : int
        Smallest and largest output.
    zero_point : int
        Added after rounding.
    twice : bool
        Round as TFLite's reference kernels do.
    """

    multiplier: NDArray[np.int32]
    shift: NDArray[np.uint8]
    low: int
    high: int
    zero_point: int = 0
    twice: bool = False

    def __post_init__(self) -> None:
        for part, kind in (("multiplier", np.int32), ("shift", np.uint8)):
            found = np.asarray(getattr(self, part))
            if found.dtype != kind:
                raise TypeError(f"{part} must be {np.dtype(kind)}, not {found.dtype}")
            if found.ndim != 1 or not found.size:
                raise ValueError(f"{part} must have one number per output, not {found.shape}")
        if self.multiplier.min() < 0:
            raise ValueError(f"multiplier must be positive, not {self.multiplier.min()}")
        if self.shift.min() < 1 or self.shift.max() > 62:
            raise ValueError(
                f"shift must be between 1 and 62, not {self.shift.min()} to {self.shift.max()}"
            )
        if not self.low < self.high:
            raise ValueError(f"limits must be increasing, not {self.low}, {self.high}")

    @property
    def outputs(self) -> int:
        """Number of outputs that it has factors for."""
        return len(self.multiplier)

    def __call__(self, sums: ArrayLike) -> NDArray[np.int64]:
        """Turn accumulators (..., outputs) into codes."""
        if self.twice:
            rounded = multiply(sums, self.multiplier, self.shift)
        else:
            shift = self.shift.astype(np.int64)
            scaled = np.asarray(sums, dtype=np.int64) * self.multiplier.astype(np.int64)
            rounded = (scaled + (np.int64(1) << (shift - 1))) >> shift
        return np.clip(rounded + self.zero_point, self.low, self.high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaled:
    """Multiply by a single-precision factor, round halves to even, add the zero point, clip.

    Parameters
    ----------
    factor : numpy.ndarray of float32
        One per output.
    low, high : int
        Smallest and largest output.
    zero_point : int
        Added after rounding.
    """

    factor: NDArray[np.float32]
    low: int
    high: int
    zero_point: int = 0

    def __post_init__(self) -> None:
        if np.asarray(self.factor).dtype != np.float32 or self.factor.ndim != 1:
            raise TypeError("factor must be float32, one per output")
        if not (np.isfinite(self.factor).all() and (self.factor >= 0).all()):
            raise ValueError("factor must be positive and finite")
        if not self.low < self.high:
            raise ValueError(f"limits must be increasing, not {self.low}, {self.high}")

    @property
    def outputs(self) -> int:
        """Number of outputs that it has factors for."""
        return len(self.factor)

    def __call__(self, sums: ArrayLike) -> NDArray[np.int32]:
        """Turn accumulators (..., outputs) into codes."""
        scaled = np.asarray(sums).astype(np.float32)
        scaled *= self.factor
        np.clip(scaled, self.low - self.zero_point, self.high - self.zero_point, out=scaled)
        return np.rint(scaled, out=scaled).astype(np.int32) + self.zero_point
