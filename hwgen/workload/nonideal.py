"""One layer read out by arrays that are not ideal: the golden tiles, crossbar by crossbar.

Cells, wires and comparators are those of the design's device (``docs/device.md``). Every crossbar
of a network draws its own flaws, by its number, and every vector its own noise, by its number: what
comes out depends neither on the batches that vectors arrive in nor on who reads them.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.readout import Readout
from hwgen_models.tile import Result, Tile, crossbar_of

__all__ = ["NonidealLayer"]

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class NonidealLayer:
    """The crossbars of a layer with the arrays and comparators of a design's device.

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

    Attributes
    ----------
    tiles : list of Tile
        Golden models, in the order of ``mapped.tiles``.
    """

    def __init__(
        self, mapped: MappedLayer, readout: Readout, design: Design, *, first_crossbar: int = 0
    ) -> None:
        self.mapped = mapped
        nonidealities = design.nonidealities
        self.tiles = [
            Tile(
                mapped.spec,
                place.weights,
                crossbar=crossbar_of(
                    mapped.spec,
                    place.weights,
                    nonidealities=nonidealities,
                    seed=design.crossbar_seed(number),
                ),
                comparator=design.comparator(number),
                tables=readout.tables,
            )
            for number, place in enumerate(mapped.tiles, start=first_crossbar)
        ]

    def read(
        self, crossbar: int, drive: NDArray, *, first_vector: int = 0, keep: str = "sums"
    ) -> Result:
        """Send vectors through one crossbar, on its own: ``y_in`` is zero.

        Parameters
        ----------
        crossbar : int
            Its place in ``mapped.tiles``.
        drive : numpy.ndarray, shape (vectors, inputs of the layer)
            Codes for the word lines, as `MappedLayer.drive` gives them.
        first_vector : int
            Number of the first vector since the start of the run.
        keep : str
            As of `Tile.run`.
        """
        place = self.mapped.tiles[crossbar]
        codes = drive[:, place.inputs]
        return self.tiles[crossbar].run(codes, first_vector=first_vector, keep=keep)

    def sums(
        self,
        drive: NDArray,
        *,
        first_vector: int = 0,
        step: Callable[[int], None] | None = None,
    ) -> tuple[NDArray[np.int64], list[Result]]:
        """Send vectors through all crossbars, several at a time, and add up their chains.

        Parameters
        ----------
        drive, first_vector
            As of `read`. Results of all crossbars are in memory at once, 8 bytes a lane and read:
            send long sequences in parts.
        step : callable, optional
            Called after each crossbar with its conversions, skipped ones included.

        Returns
        -------
        sums : numpy.ndarray of int64, shape (vectors, outputs)
            With the layer's constants: what leaves the last row tile of each chain.
        results : list of Result
            What each crossbar made of the vectors, without ``y_in``.
        """
        sums = np.tile(self.mapped.constants, (len(drive), 1))
        results = []

        def read(crossbar: int) -> Result:
            return self.read(crossbar, drive, first_vector=first_vector)

        with ThreadPoolExecutor(THREADS) as pool:
            for place, result in zip(
                self.mapped.tiles, pool.map(read, range(len(self.tiles))), strict=True
            ):
                sums[:, place.outputs] += result.y
                results.append(result)
                if step is not None:
                    step(result.active_rows.size * int(result.used_columns.sum()))
        return sums, results
