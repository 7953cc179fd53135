"""What the integers of a tensor mean: their range, and the real numbers that they stand for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Codes"]


@dataclass(frozen=True, kw_only=True)
class Codes:
    r"""Integers from `low` to `high`; code :math:`q` means :math:`(q - z) s`.

    Parameters
    ----------
    low, high : int
        Smallest and largest code that occurs.
    scale : float or None
        :math:`s`; None where only the order of the codes means something.
    zero_point : int
        :math:`z`, the code of zero.

    >>> Codes(low=0, high=255, scale=0.5, zero_point=2).quantise([-9, 0, 0.25, 0.75])
    array([0, 2, 2, 4], dtype=uint8)
    """

    low: int
    high: int
    scale: float | None = None
    zero_point: int = 0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"limits must be increasing, not {self.low}, {self.high}")
        if self.scale is not None and not 0 < self.scale < np.inf:
            raise ValueError(f"scale must be positive and finite, not {self.scale}")

    @property
    def dtype(self) -> np.dtype:
        """Smallest integer type that holds every code."""
        least = self.low if self.low < 0 else 0
        return np.min_scalar_type(min(least, -self.high - 1) if least else self.high)

    @property
    def eight_bits(self) -> bool:
        """Whether word lines can take the codes: eight bits, with or without sign."""
        return self.low >= -128 and self.high <= (127 if self.low < 0 else 255)

    def quantise(self, real: ArrayLike, *, halves_away: bool = False) -> NDArray:
        """Turn real numbers into codes: divide in single precision, round, clip.

        Halves go to the even code, or away from zero with `halves_away`.
        """
        ratio = np.asarray(real, dtype=np.float32) / np.float32(self.scale)
        if halves_away:
            rounded = np.copysign(np.floor(np.abs(ratio) + np.float32(0.5)), ratio)
        else:
            rounded = np.rint(ratio)
        limits = self.low - self.zero_point, self.high - self.zero_point
        return (np.clip(rounded, *limits).astype(np.int64) + self.zero_point).astype(self.dtype)

    def real(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Give the real numbers that codes stand for."""
        offset = np.asarray(codes, dtype=np.int64) - self.zero_point
        return offset.astype(np.float32) * np.float32(self.scale)
