"""What every count of a layer reads as, and how many decisions that takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design, Table
from hwgen.workload.array.walks import Walk, walk_of
from hwgen_models.row_drive import plane_weights
from hwgen_models.spec import TileSpec

__all__ = ["Readout", "weights_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout:
    """The search trees of a layer, walked for every count once.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    tables : tuple of tuple of Table
        Search ranges by slice and plane; empty for a binary search.
    values : numpy.ndarray of int64, shape (slices, planes, largest_count + 1)
        What a count reads as.
    decisions : numpy.ndarray of int64, shape (slices, planes, classes, largest_count + 1)
        Comparator decisions until it does, by the class of the read's bound (`Walk`).
    bounds : numpy.ndarray of int64, shape (slices, planes, classes)
        Largest bound of each class, ascending; the last is repeated where a table has fewer.
    """

    spec: TileSpec
    tables: tuple[tuple[Table, ...], ...]
    values: NDArray[np.int64]
    decisions: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, design: Design, layer: str | None) -> "Readout":
        """Take the tables that a design holds for a layer."""
        return cls.by_context(design.spec, design.tables_of(layer))

    @classmethod
    def by_context(cls, spec: TileSpec, tables: Sequence[Sequence[Table]]) -> "Readout":
        """Walk the trees of each slice and plane."""
        walks = [[walk_of(spec, tuple(table)) for table in of_slice] for of_slice in tables]
        classes = max(len(walk.bounds) for of_slice in walks for walk in of_slice)

        def laid_out(of: Callable[[Walk], NDArray[np.int64]]) -> NDArray[np.int64]:
            return np.array([[of(walk) for walk in of_slice] for of_slice in walks])

        return cls(
            spec=spec,
            tables=tuple(tuple(map(tuple, of_slice)) for of_slice in tables),
            values=laid_out(lambda walk: walk.values),
            decisions=laid_out(lambda walk: _stretched(walk.decisions, classes)),
            bounds=laid_out(lambda walk: _stretched(walk.bounds, classes)),
        )

    @classmethod
    def perfect(cls, spec: TileSpec) -> "Readout":
        """Read every count as itself without a decision: to see which counts there are."""
        counts = np.arange(spec.largest_count + 1)
        cells = spec.slices, spec.planes
        return cls(
            spec=spec,
            tables=(((),) * spec.planes,) * spec.slices,
            values=np.broadcast_to(counts, (*cells, len(counts))),
            decisions=np.zeros((*cells, 1, len(counts)), dtype=np.int64),
            bounds=np.full((*cells, 1), spec.largest_count),
        )

    @property
    def lossless(self) -> bool:
        """Every count from 0 to the largest reads as itself."""
        return bool((self.values == np.arange(self.values.shape[-1])).all())

    @property
    def uniform(self) -> bool:
        """One tree serves all slices and planes: one table, loaded once per layer."""
        return len({table for of_slice in self.tables for table in of_slice}) == 1


def _stretched(rows: NDArray, length: int) -> NDArray:
    """Repeat the last row until there are so many."""
    return np.concatenate([rows, np.repeat(rows[-1:], length - len(rows), axis=0)])


def weights_of(spec: TileSpec) -> NDArray[np.int64]:
    """What a count of one weighs, by slice and plane."""
    of_plane = plane_weights(
        input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
    )
    of_slice = 2 ** (spec.cell_bits * np.arange(spec.slices))
    return of_slice[:, np.newaxis] * of_plane
