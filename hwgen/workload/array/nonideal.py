"""One layer read out by arrays that are not ideal: the golden tiles, crossbar by crossbar.

Cells, wires and comparators are those of the design's device (``docs/device.md``). Every crossbar
of a network draws its own flaws, by its number, and every vector its own noise, by its number: what
comes out depends neither on the batches that vectors arrive in nor on the threads that read them.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.array.reading import Array, LayerReader, Read
from hwgen.workload.array.readout import Readout
from hwgen_models.tile import Result, Tile, crossbar_of

__all__ = ["NonidealReader"]


class NonidealReader(LayerReader):
    """The crossbars of a layer with the arrays and comparators of a design's device.

    Nothing is lossless here: errors against the integer product are measured, not refused.

    Parameters
    ----------
    mapped : MappedLayer
        The layer.
    readout : Readout
        Its search tables, by slice and plane.
    design : Design
        Whose device it is.
    first_crossbar : int
        Number of the layer's first crossbar in the network: chooses the flaws of all of them.
    """

    CHUNK = 2**10  # vectors at a time: a held value is 8 bytes

    def __init__(
        self, mapped: MappedLayer, readout: Readout, design: Design, *, first_crossbar: int = 0
    ) -> None:
        super().__init__(mapped, readout, ideal=design.device.ideal)
        nonidealities = design.nonidealities
        self._tiles = {
            array: Tile(
                mapped.spec,
                array.tile.weights,
                crossbar=crossbar_of(
                    mapped.spec,
                    array.tile.weights,
                    nonidealities=nonidealities,
                    seed=design.crossbar_seed(number),
                ),
                comparator=design.comparator(number),
                tables=readout.tables,
            )
            for number, array in enumerate(self.arrays, start=first_crossbar)
        }

    @property
    def lossless(self) -> bool:
        """Never: the tables may tell every count, but the array does not yield it."""
        return False

    def _read(self, array: Array, drive: NDArray[np.int16], part: slice) -> Read:
        """Read one crossbar with some vectors; add what it counts to a thread's statistics."""
        codes, first = drive[part, array.tile.inputs], self._vectors + part.start
        result = self._tiles[array].run(codes, first_vector=first, keep="counts")
        active = result.active_rows.T.astype(np.int32)
        found = self._borrow()
        counts = self._tally(array, result, found.by_active, found.by_ones)
        self._give_back(found, array, active, self._pack(array, codes))
        return Read(
            active=active,
            decisions=result.lane_decisions.transpose(2, 1, 0).astype(np.int32),
            counts=counts,
            in_step=_in_step(result).T.astype(np.int32),
            sums=result.y.T,
        )

    def _tally(
        self,
        array: Array,
        result: Result,
        by_active: NDArray[np.int64],
        by_ones: NDArray[np.int64],
    ) -> NDArray[np.int32]:
        """Add what was held to the histograms, as the counts that an ideal comparator tells.

        Returns their sum in every read, (planes, vectors).
        """
        spec = self.mapped.spec
        vector, plane = np.nonzero(result.active_rows)
        active = result.active_rows[vector, plane]
        held = result.counts[vector, plane][:, self._tiles[array].physical]
        levels = np.clip(np.floor(held + 0.5), 0, spec.largest_count).astype(np.int64)
        outputs, slices, polarities = array.physical.T
        bounds = array.columns[outputs, slices, polarities, 2]
        reached = active[:, np.newaxis] * (2**spec.cell_bits - 1)
        octave = np.minimum(np.frexp(reached)[1], by_ones.shape[1]) - 1
        _count(by_active, slices, plane[:, np.newaxis], active[:, np.newaxis], levels)
        _count(by_ones, slices, octave, np.minimum(reached, bounds), levels)
        totals = np.zeros(result.active_rows.T.shape, dtype=np.int32)
        totals[plane, vector] = levels.sum(axis=1)
        return totals


def _in_step(result: Result) -> NDArray[np.int64]:
    """Decisions of lanes in step, shape (vectors, planes): the slowest of every step, added up."""
    unused = (result.decisions < 0).all(axis=(0, 1))
    in_turn = np.argsort(unused, axis=-1, kind="stable")[np.newaxis, np.newaxis]
    decisions = np.maximum(np.take_along_axis(result.decisions, in_turn, axis=-1), 0)
    return decisions.max(axis=-2).sum(axis=-1, dtype=np.int64)


def _count(histogram: NDArray[np.int64], *at: NDArray[np.int64]) -> None:
    """Add one at every place; its coordinates are broadcast against each other."""
    place = np.ravel_multi_index(np.broadcast_arrays(*at), histogram.shape)
    np.add.at(histogram.reshape(-1), place.ravel(), 1)
