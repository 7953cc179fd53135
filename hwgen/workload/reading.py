"""One layer read out by its crossbars, batch by batch: sums, and what they cost."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.costs import Costs, full_search_bits
from hwgen.workload.cycles import SteadyStream
from hwgen.workload.rivals import bounded_bits, static_bits
from hwgen_models.search import entropy, optimal_decisions
from hwgen_models.tile import Result, Tile

__all__ = ["LayerReader"]


class LayerReader:
    """Golden tile models of a layer's crossbars, with an ideal array.

    Parameters
    ----------
    mapped : MappedLayer
        The layer.
    table : sequence of (payload, truncation) or None
        Search ranges of its tiles; None: those of a binary search.

    Attributes
    ----------
    lossless : bool
        The table tells every count from 0 to the largest exactly.
    largest_error : int
        Largest difference of any sum to the integer product so far.
    """

    def __init__(self, mapped: MappedLayer, table: list[tuple[int, int]] | None) -> None:
        self.mapped = mapped
        spec = mapped.spec
        self.tiles = [Tile(spec, place.weights, table) for place in mapped.tiles]
        counts = np.arange(spec.largest_count + 1)
        self.lossless = bool((self.tiles[0].tree.walk(counts).values == counts).all())
        self.largest_error = 0
        self._signal, self._noise = 0.0, 0.0
        self._stream = SteadyStream(spec, np.array([tile.outputs for tile in self.tiles]))
        self._histogram = np.zeros(spec.largest_count + 1, dtype=np.int64)
        self._reads, self._reads_skipped = 0, 0
        self._conversions, self._conversions_skipped = 0, 0
        self._decisions, self._bounded_decisions = 0, 0

    @property
    def sqnr_db(self) -> float | None:
        """Signal to error ratio of all sums; None where one of the two is nothing."""
        if not self._signal or not self._noise:
            return None
        return 10 * math.log10(self._signal / self._noise)

    def read(
        self, x: NDArray[np.int64], step: Callable[[], None] | None = None
    ) -> NDArray[np.int64]:
        """Send activations through all crossbars, chain by chain.

        Parameters
        ----------
        x : numpy.ndarray of int64, shape (images, inputs)
            Activations in front of the layer.
        step : callable, optional
            Called after each crossbar.

        Returns
        -------
        numpy.ndarray of int64, shape (images, outputs)
            Sums with constants.
        """
        spec, constants = self.mapped.spec, self.mapped.constants
        sums = np.empty((len(x), len(constants)), dtype=np.int64)
        results = []
        for place, tile in zip(self.mapped.tiles, self.tiles, strict=True):
            if place.row == 0:
                partial = np.broadcast_to(constants[place.outputs], (len(x), tile.outputs))
            if spec.y_in:
                result = tile.run(x[:, place.inputs], partial, keep="sums")
                partial = result.y
            else:  # a chain of one; who takes its sums adds the constants
                result = tile.run(x[:, place.inputs], keep="sums")
                partial = result.y + partial
            results.append(result)
            sums[:, place.outputs] = partial
            if step is not None:
                step()
        self._account(results)
        return sums

    def compare(self, sums: NDArray[np.int64], exact: NDArray[np.int64]) -> None:
        """Take note of how far the sums of a batch are from the integer product."""
        error = sums - exact
        self._signal += float((exact.astype(np.float64) ** 2).sum())
        self._noise += float((error.astype(np.float64) ** 2).sum())
        self.largest_error = max(self.largest_error, int(np.abs(error).max()))

    def _account(self, results: list[Result]) -> None:
        """Add a batch to the totals."""
        spec = self.mapped.spec
        active = np.stack([result.active_rows for result in results])
        columns = np.array([result.used_columns.sum() for result in results])
        skipped = np.array([result.reads_skipped for result in results])
        bounded = bounded_bits(active, cell_bits=spec.cell_bits).sum(axis=(1, 2))
        self._stream.take(active, np.stack([result.lane_cycles for result in results]))
        self._histogram += np.sum([result.histogram for result in results], axis=0)
        self._reads += sum(result.reads for result in results)
        self._reads_skipped += int(skipped.sum())
        self._conversions += sum(result.conversions for result in results)
        self._conversions_skipped += int(skipped @ columns)
        self._decisions += sum(result.total_decisions for result in results)
        self._bounded_decisions += int(bounded @ columns)

    @property
    def costs(self) -> Costs:
        """Totals of all batches."""
        spec = self.mapped.spec
        optimal, information = 0.0, 0.0
        if self._conversions:
            optimal, information = optimal_decisions(self._histogram), entropy(self._histogram)
        return Costs(
            full_bits=full_search_bits(
                readout_bits=spec.readout_bits, largest_count=spec.largest_count
            ),
            crossbars=len(self.tiles),
            reads=self._reads,
            reads_skipped=self._reads_skipped,
            conversions=self._conversions,
            conversions_skipped=self._conversions_skipped,
            decisions=self._decisions,
            cycles=int(self._stream.cycles.max()),
            static_bits=max(
                static_bits(tile.crossbar.cells, dac_bits=spec.dac_bits) for tile in self.tiles
            ),
            bounded_decisions=self._bounded_decisions,
            optimal_decisions=round(self._conversions * optimal),
            information_bits=self._conversions * information,
        )
