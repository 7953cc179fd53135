"""What the array of a layer did, conversion by conversion: histograms of counts."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.spec import TileSpec

__all__ = ["Extent", "Statistics", "charged_lines", "check_size"]

LARGEST_GB = 2  # of all layers' histograms


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How far the histograms of a layer reach: up to what its crossbars can yield, no further.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    active : int
        Largest U: the largest digit on all word lines of the tallest crossbar.
    bound : int
        Largest bound: that of the column with most stored digits.
    count : int
        Largest count: `bound` for ideal arrays, `spec.largest_count` for others.
    """

    spec: TileSpec
    active: int
    bound: int
    count: int

    @classmethod
    def of(cls, mapped: MappedLayer, *, ideal: bool = True) -> "Extent":
        """Find how far a layer can reach, on ideal arrays or on others."""
        spec, largest_digit = mapped.spec, 2**mapped.spec.dac_bits - 1
        stored = max(
            int(
                magnitude_slices(tile.weights, slices=spec.slices, cell_bits=spec.cell_bits)
                .sum(axis=0)
                .max()
            )
            for tile in mapped.tiles
        )
        return cls(
            spec=spec,
            active=largest_digit * max(len(tile.weights) for tile in mapped.tiles),
            bound=largest_digit * stored,
            count=largest_digit * stored if ideal else spec.largest_count,
        )

    @property
    def by_active(self) -> tuple[int, int, int, int]:
        """Shape of `Statistics.by_active`."""
        return self.spec.slices, self.spec.planes, self.active + 1, self.count + 1

    @property
    def by_bound(self) -> tuple[int, int, int]:
        """Shape of `Statistics.by_bound`."""
        return self.spec.slices, self.bound + 1, self.count + 1

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return 8 * (math.prod(self.by_active) + math.prod(self.by_bound))


def check_size(design: Design, extents: Iterable[Extent]) -> None:
    """Refuse a network whose histograms would fill the memory.

    Raises
    ------
    UserError
        When those of all layers need more than `LARGEST_GB`.
    """
    gigabytes = sum(extent.nbytes for extent in extents) / 1e9
    if gigabytes > LARGEST_GB:
        spec = design.spec
        raise UserError(
            f"{design.source}: array.rows, array.cell_bits, inputs.dac_bits: histograms of the "
            f"network must need at most {LARGEST_GB} GB, not {gigabytes:.1f} GB with {spec.rows}, "
            f"{spec.cell_bits}, {spec.dac_bits}"
        )


def charged_lines(planes: NDArray[np.uint64]) -> int:
    """Count the word lines that reads charge, as `Statistics.charged` defines.

    Parameters
    ----------
    planes : numpy.ndarray of uint64, shape (dac_bits, words, planes, vectors)
        Digits of the word lines, a bit for each line, as `kernels.pack_planes` makes them.

    Examples
    --------
    >>> charged_lines(np.array([[[[0b11], [0b01], [0b10]]]], dtype=np.uint64))
    3
    """
    lines = np.bitwise_or.reduce(planes, axis=0)
    if len(planes) == 1:
        lines[:, 1:] &= ~planes[0, :, :-1]
    return int(np.bitwise_count(lines).sum(dtype=np.int64))


@dataclass(kw_only=True, eq=False)
class Statistics:
    """Conversions of one layer, all crossbars added; planes without active rows are left out.

    For ideal arrays there follow, exactly, the decisions of any search that sees one count at a
    time and knows the slice, the plane and a bound. Arrays that are not ideal yield counts above
    the bound, too.

    Parameters
    ----------
    extent : Extent
        How far the axes reach.
    by_active : numpy.ndarray of int64, shape (slices, planes, extent.active + 1, extent.count + 1)
        Conversions by slice, plane, U (the sum of the driven digits) and count.
    by_bound : numpy.ndarray of int64, shape (slices, extent.bound + 1, extent.count + 1)
        Conversions by slice, bound and count. The bound is the smaller of what the active rows and
        what the column's stored digits (its ones) allow.
    reads, reads_skipped : int
        Planes of all crossbars with active rows, and without.
    conversions_skipped : int
        Conversions that the skipped reads would have added.
    driven : int
        Sum of U, the driven digits of a read, over the reads.
    charged : int
        Word lines that the reads charged. With digits of one bit those that the plane before left
        at zero (between vectors all rows are off), with wider ones all that carry a digit above
        zero: such a digit is a pulse.
    """

    extent: Extent
    by_active: NDArray[np.int64]
    by_bound: NDArray[np.int64]
    reads: int = 0
    reads_skipped: int = 0
    conversions_skipped: int = 0
    driven: int = 0
    charged: int = 0

    @classmethod
    def empty(cls, extent: Extent) -> "Statistics":
        """Start with nothing."""
        return cls(
            extent=extent,
            by_active=np.zeros(extent.by_active, dtype=np.int64),
            by_bound=np.zeros(extent.by_bound, dtype=np.int64),
        )

    def add(self, other: "Statistics") -> None:
        """Take in what was counted elsewhere in the same layer."""
        self.by_active += other.by_active
        self.by_bound += other.by_bound
        self.reads += other.reads
        self.reads_skipped += other.reads_skipped
        self.conversions_skipped += other.conversions_skipped
        self.driven += other.driven
        self.charged += other.charged

    def by_rows(self, contexts: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Conversions by active rows and count, of some slices and planes."""
        return self._padded(self.by_active[contexts].sum(axis=0))

    @property
    def histogram(self) -> NDArray[np.int64]:
        """Conversions by count, from 0 to the largest that an array can yield."""
        return self._padded(self.by_active.sum(axis=(0, 1, 2)))

    def _padded(self, histogram: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add zeros for the counts that this layer cannot yield."""
        missing = self.extent.spec.largest_count - self.extent.count
        return np.pad(histogram, [(0, 0)] * (histogram.ndim - 1) + [(0, missing)])

    @property
    def conversions(self) -> int:
        """Conversions made."""
        return int(self.by_active.sum())

    @property
    def above_bound(self) -> int:
        """Conversions whose count lies above its bound: none of an ideal array."""
        return int(np.triu(self.by_bound.sum(axis=0), k=1).sum())
