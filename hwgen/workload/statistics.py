"""What the array of a layer did, conversion by conversion: histograms of counts."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen_models.spec import TileSpec

__all__ = ["Statistics"]


@dataclass(kw_only=True, eq=False)
class Statistics:
    """Conversions of one layer, all crossbars added; planes without active rows are left out.

    From these follow, exactly, the decisions of any search that sees one count at a time and knows
    the slice, the plane and a bound; `hwgen calibrate` works on nothing else.

    Parameters
    ----------
    by_active : numpy.ndarray of int64
        Conversions by slice, plane, U (the sum of the driven digits) and count: shape (slices,
        planes, largest_active + 1, largest_count + 1).
    by_bound : numpy.ndarray of int64, shape (slices, largest_count + 1, largest_count + 1)
        Conversions by slice, bound and count. The bound is the smaller of what the active rows and
        what the column's stored digits (its ones) allow.
    reads, reads_skipped : int
        Planes of all crossbars with active rows, and without.
    conversions_skipped : int
        Conversions that the skipped reads would have added.
    """

    by_active: NDArray[np.int64]
    by_bound: NDArray[np.int64]
    reads: int = 0
    reads_skipped: int = 0
    conversions_skipped: int = 0

    @classmethod
    def empty(cls, spec: TileSpec) -> "Statistics":
        """Start with nothing."""
        counts = spec.largest_count + 1
        by_active = (spec.slices, spec.planes, spec.largest_active + 1, counts)
        return cls(
            by_active=np.zeros(by_active, dtype=np.int64),
            by_bound=np.zeros((spec.slices, counts, counts), dtype=np.int64),
        )

    @classmethod
    def total(cls, parts: Iterable["Statistics"], spec: TileSpec) -> "Statistics":
        """Add up parts of the same layer."""
        total = cls.empty(spec)
        for part in parts:
            total.by_active += part.by_active
            total.by_bound += part.by_bound
            total.reads += part.reads
            total.reads_skipped += part.reads_skipped
            total.conversions_skipped += part.conversions_skipped
        return total

    @property
    def by_plane(self) -> NDArray[np.int64]:
        """Conversions by slice, plane and count."""
        return self.by_active.sum(axis=2)

    @property
    def histogram(self) -> NDArray[np.int64]:
        """Conversions by count."""
        return self.by_active.sum(axis=(0, 1, 2))

    @property
    def conversions(self) -> int:
        """Conversions made."""
        return int(self.by_active.sum())
