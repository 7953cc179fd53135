"""What a search table reads every count as, and the decisions that takes under every bound."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Table
from hwgen_models.ranges import Range, bounded_decisions
from hwgen_models.scaled import scaled_ranges
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from hwgen_models.tile import search_tree

__all__ = ["Walk", "clipped", "walk_of"]

KEPT = 2**10  # walks; those of a network's tables


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """The trees that a table means: one for each class of bounds that leave the same tree of it.

    Which value a count has does not depend on the bound; a count above its bound is not asked for.

    Parameters
    ----------
    table : tuple of Range
        The table; empty for a binary search.
    bounds : numpy.ndarray of int64, shape (classes,)
        Largest bound of every class, ascending; the last is the largest count. One class where
        searches are not bounded.
    values : numpy.ndarray of int64, shape (largest_count + 1,)
        What a count reads as.
    decisions : numpy.ndarray of int64, shape (classes, largest_count + 1)
        Comparator decisions until it does.
    trees : tuple of SearchTree, one per class
        The trees.
    """

    table: Table
    bounds: NDArray[np.int64]
    values: NDArray[np.int64]
    decisions: NDArray[np.int64]
    trees: tuple[SearchTree, ...]

    @property
    def depth(self) -> int:
        """The most decisions."""
        return max(tree.depth for tree in self.trees)

    @property
    def lossless(self) -> bool:
        """Every count from 0 to the largest reads as itself."""
        return bool((self.values == np.arange(len(self.values))).all())

    def by_bound(self) -> NDArray[np.int64]:
        """Return the decisions by bound and count, 0 for counts above it."""
        bound, count = np.ogrid[: len(self.values), : len(self.values)]
        decisions = self.decisions[np.searchsorted(self.bounds, bound[:, 0])]
        return np.where(count <= bound, decisions, 0)


@lru_cache(maxsize=KEPT)
def walk_of(spec: TileSpec, table: Table) -> Walk:
    """Walk the trees of a table for all counts.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    table : tuple of Range
        A legal table.
    """
    counts = np.arange(spec.largest_count + 1)
    bounds, _ = spec.scheme.classes(table, spec)
    trees = tuple(search_tree(spec, table or None, int(bound)) for bound in bounds)
    walks = [tree.walk(counts) for tree in trees]
    return Walk(
        table=table,
        bounds=bounds,
        values=walks[-1].values,
        decisions=np.array([walk.decisions for walk in walks]),
        trees=trees,
    )


def clipped(spec: TileSpec, table: Table) -> NDArray[np.int64]:
    """Return the decisions of every count, were a table clipped by less than the active rows.

    Parameters
    ----------
    spec : TileSpec
        A tile with bounded searches.
    table : tuple of Range
        A legal table.

    Returns
    -------
    numpy.ndarray of int64, shape (octaves, largest_count + 1, largest_count + 1)
        By octave, bound and count; 0 for counts above the bound. Where tables scale, that with the
        octave of what the active rows allow; else there is just one octave.
    """
    if not spec.scaled:
        return walk_of(spec, table).by_bound()[np.newaxis]
    ranges, largest = [Range(*one) for one in table], spec.largest_count
    found = np.zeros((spec.octaves, largest + 1, largest + 1), dtype=np.int64)
    if any(one.truncation for one in ranges):
        found[:] = walk_of(spec, table).by_bound()
        return found
    for octave in range(spec.octaves):
        last = largest if octave == spec.octaves - 1 else (2 << octave) - 1
        copy = scaled_ranges([one.payload for one in ranges], spec.octaves - 1 - octave)
        found[octave, : last + 1, : last + 1] = bounded_decisions(
            copy, bits=spec.readout_bits, bound=last
        )
    return found
