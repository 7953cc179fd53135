"""The range tables that a calibration chooses from, and what each does to every count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Range
from hwgen.workload.array.readout import Readout
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec

__all__ = ["Candidates"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Tables by number, more exact ones first.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    tables : tuple of tuple of Range
        Their ranges.
    values, decisions : numpy.ndarray of int64, shape (tables, largest_count + 1)
        What every count reads as; comparator decisions until it does.
    """

    spec: TileSpec
    tables: tuple[tuple[Range, ...], ...]
    values: NDArray[np.int64]
    decisions: NDArray[np.int64]

    @classmethod
    def of(cls, spec: TileSpec) -> "Candidates":
        """List every twin-range table that the hardware accepts.

        Range 1 is "the rest" up to the bound of the array, so its payload is fixed. Of two tables
        that err equally, the one with the shorter longest search comes first.
        """
        counts = np.arange(spec.largest_count + 1)
        found = []
        for table in _legal(spec):
            (payload_0, cut_0), (payload_1, cut_1) = table
            tree = SearchTree.twin_range(
                payload_0, cut_0, payload_1, cut_1, bits=spec.readout_bits, bound=spec.bound
            )
            walk = tree.walk(counts)
            error = int(((walk.values - counts) ** 2).sum())
            found.append((error, tree.depth, table, walk.values, walk.decisions))
        found.sort(key=lambda one: one[:3])
        return cls(
            spec=spec,
            tables=tuple(one[2] for one in found),
            values=np.array([one[3] for one in found], dtype=np.int64),
            decisions=np.array([one[4] for one in found], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.tables)

    @property
    def errors(self) -> NDArray[np.int64]:
        """Values less counts, shape (tables, largest_count + 1)."""
        return self.values - np.arange(self.values.shape[1])

    @property
    def lossless(self) -> NDArray[np.bool_]:
        """Which tables read every count as itself; they come first. Shape (tables,)."""
        return ~self.errors.any(axis=1)

    def readout(self, numbers: NDArray[np.int64]) -> Readout:
        """Read with the tables of these numbers, shape (slices, planes)."""
        return Readout(
            spec=self.spec,
            tables=tuple(tuple(self.tables[n] for n in of_slice) for of_slice in numbers),
            values=self.values[numbers],
            decisions=self.decisions[numbers],
        )


def _legal(spec: TileSpec) -> list[tuple[Range, Range]]:
    """Every twin-range table that the table port accepts."""
    bits, rest = spec.readout_bits, spec.bound.bit_length()
    found = []
    for payload in range(bits + 1):
        whole = 2**payload > spec.bound  # range 0 is all: range 1 is never reached
        for truncation in range(payload + 1):
            if whole:
                found.append((Range(payload, truncation), Range(bits, 0)))
            else:
                found += [(Range(payload, truncation), Range(rest, cut)) for cut in range(rest + 1)]
    return found
