"""What every count of a layer reads as, and how many decisions that takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design, Range
from hwgen_models.row_drive import plane_weights
from hwgen_models.spec import TileSpec
from hwgen_models.tile import search_tree

__all__ = ["Readout", "weights_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout:
    """The search trees of a layer, walked for every count once.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    tables : tuple of tuple of tuple of Range
        Search ranges by slice and plane; empty for a binary search.
    values, decisions : numpy.ndarray of int64, shape (slices, planes, largest_count + 1)
        What a count reads as; comparator decisions until it does.
    """

    spec: TileSpec
    tables: tuple[tuple[tuple[Range, ...], ...], ...]
    values: NDArray[np.int64]
    decisions: NDArray[np.int64]

    @classmethod
    def of(cls, design: Design, layer: str | None) -> "Readout":
        """Take the tables that a design holds for a layer."""
        return cls.by_context(design.spec, design.tables_of(layer))

    @classmethod
    def by_context(cls, spec: TileSpec, tables: Sequence[Sequence[tuple[Range, ...]]]) -> "Readout":
        """Walk the tree of each slice and plane; equal ones once."""
        counts = np.arange(spec.largest_count + 1)
        walks = {}
        for table in {table for of_slice in tables for table in of_slice}:
            walks[table] = search_tree(spec, table or None).walk(counts)

        def walked(what: str) -> NDArray[np.int64]:
            return np.array(
                [[getattr(walks[one], what) for one in of_slice] for of_slice in tables],
                dtype=np.int64,
            )

        return cls(
            spec=spec,
            tables=tuple(map(tuple, tables)),
            values=walked("values"),
            decisions=walked("decisions"),
        )

    @classmethod
    def perfect(cls, spec: TileSpec) -> "Readout":
        """Read every count as itself without a decision: to see which counts there are."""
        counts = np.arange(spec.largest_count + 1)
        shape = (spec.slices, spec.planes, len(counts))
        return cls(
            spec=spec,
            tables=(((),) * spec.planes,) * spec.slices,
            values=np.broadcast_to(counts, shape),
            decisions=np.zeros(shape, dtype=np.int64),
        )

    @property
    def lossless(self) -> bool:
        """Every count from 0 to the largest reads as itself."""
        return bool((self.values == np.arange(self.values.shape[-1])).all())

    @property
    def uniform(self) -> bool:
        """One tree serves all slices and planes: one table, loaded once per layer."""
        return len({table for of_slice in self.tables for table in of_slice}) == 1


def weights_of(spec: TileSpec) -> NDArray[np.int64]:
    """What a count of one weighs, by slice and plane."""
    of_plane = plane_weights(
        input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
    )
    of_slice = 2 ** (spec.cell_bits * np.arange(spec.slices))
    return of_slice[:, np.newaxis] * of_plane
