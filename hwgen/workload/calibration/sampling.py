r"""Counts behind a sample of a layer's sums: what its error under any tables follows from.

A sum of one vector and one output is made of conversions, one for every crossbar of its chain,
slice, polarity and plane. Under tables that misread count c by :math:`e(c)` it is wrong by

.. math:: \sum_i w_i\, e_{s_i t_i}(c_i)

over its conversions i in slice :math:`s_i` and plane :math:`t_i`, with their weights and signs.
Once the counts are known, the errors of any tables are look-ups.
"""

from math import gcd

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer, MappedTile
from hwgen.workload.array.variation import Variation
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.row_drive import planes_of

__all__ = ["Sample", "spread"]

MOST_PAIRS = 2**13  # of a vector and an output, in a sample
MOST_BYTES = 2**24  # that the counts of one layer may take
MOST_CELLS = 2**23  # pairs times different counts, which the search for tables has in memory
CHUNK = 2**10  # pairs worked on at once
GOLDEN = 0.6180339887498949
REACH = 0.3  # of an output's spread: errors for which a gain is meant to hold


def spread(wanted: int, total: int) -> NDArray[np.int64]:
    """Choose numbers below `total`, all different and evenly spread, in ascending order.

    They are the first multiples of a step near the golden section of `total`, which shares no
    divisor with it: of any divisor of `total`, all residues occur equally often (by one or none).

    >>> spread(4, 12).tolist()
    [0, 2, 7, 9]
    >>> spread(9, 3).tolist()
    [0, 1, 2]
    """
    step = max(1, round(total * GOLDEN))
    while gcd(step, total) > 1:
        step += 1
    return np.sort(np.arange(min(wanted, total), dtype=np.int64) * step % total)


class Sample:
    """Pairs of a vector and an output of one layer, and the counts of their conversions.

    Parameters
    ----------
    mapped : MappedLayer
        The layer.
    vectors : int
        How many it will be shown, all batches together.

    Attributes
    ----------
    pairs : int
        In the sample: all there are, or as many as 8192 and the memory allow.
    all_pairs : int
        There are.
    counts : numpy.ndarray of int, shape (slices, planes, conversions, pairs)
        Of all conversions of a slice and plane: crossbar by crossbar, positive column first.
    signs : numpy.ndarray of int64, shape (conversions,)
        1 for positive columns, -1 for negative ones.
    outputs : numpy.ndarray of int64, shape (pairs,)
        Of the layer.
    sums : numpy.ndarray of int64, shape (pairs,)
        Exact sums, bias included.
    """

    def __init__(self, mapped: MappedLayer, vectors: int) -> None:
        spec, outputs = mapped.spec, mapped.layer.outputs
        self.mapped = mapped
        self.all_pairs = vectors * outputs
        kind = np.min_scalar_type(spec.largest_count)
        conversions = mapped.row_tiles * spec.polarities
        per_pair = spec.slices * spec.planes * conversions * kind.itemsize
        most = MOST_CELLS // (spec.largest_count + 1)
        wanted = max(1, min(MOST_PAIRS, MOST_BYTES // per_pair, most))
        self._vectors, self.outputs = np.divmod(spread(wanted, self.all_pairs), outputs)
        self.counts = np.zeros((spec.slices, spec.planes, conversions, self.pairs), dtype=kind)
        self.signs = np.tile([1, -1], mapped.row_tiles)
        self.sums = np.zeros(self.pairs, dtype=np.int64)
        self._seen = 0  # vectors
        self._variation = Variation(outputs)

    @property
    def pairs(self) -> int:
        """How many pairs are in the sample."""
        return len(self._vectors)

    @property
    def signal(self) -> float:
        """Power of all sums about each output's mean, as much of it as falls to the sample."""
        return self._variation.power * self.pairs / self.all_pairs

    def codes(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """What sums (pairs,) become between layers."""
        order = np.argsort(self.outputs, kind="stable")
        firsts = np.searchsorted(self.outputs[order], self.outputs[order])
        rows = np.empty_like(order)
        rows[order] = np.arange(self.pairs) - firsts  # of a table with a column for each output
        table = np.zeros((rows.max() + 1, self.mapped.layer.outputs), dtype=np.int64)
        table[rows, self.outputs] = sums
        return self.mapped.layer.requantise(table)[rows, self.outputs].astype(np.float64)

    def gains(self) -> NDArray[np.float64]:
        """How far an error of one in each sum moves the code that it becomes, shape (pairs,).

        Nothing where the code is clipped and stays so: measured between 0.3 standard deviations of
        an output's sums to either side.
        """
        deviations = np.zeros(self.mapped.layer.outputs)
        for output in np.unique(self.outputs):
            deviations[output] = self.sums[self.outputs == output].std()
        reach = np.maximum(1, REACH * deviations[self.outputs]).astype(np.int64)
        moved = self.codes(self.sums + reach) - self.codes(self.sums - reach)
        return moved / (2 * reach)

    def take(self, vectors: NDArray, product: NDArray[np.int64]) -> None:
        """Look at the next vectors of the layer.

        Parameters
        ----------
        vectors : numpy.ndarray, shape (groups, vectors, inputs)
            As `Matrix.vectors` makes them.
        product : numpy.ndarray of int64, shape (groups, vectors, outputs of a group)
            Their exact product.
        """
        drive = self.mapped.drive(vectors)
        last = self._seen + len(drive)
        first, stop = np.searchsorted(self._vectors, [self._seen, last]).tolist()
        numbers = self._vectors[first:stop] - self._seen
        outputs = self.outputs[first:stop]
        sums = product.transpose(1, 0, 2).reshape(len(drive), -1)
        self._variation.add(sums)
        self.sums[first:stop] = sums[numbers, outputs] + self.mapped.layer.bias[outputs]
        for tile in self.mapped.tiles:
            inside = np.flatnonzero((outputs >= tile.outputs.start) & (outputs < tile.outputs.stop))
            for start in range(0, len(inside), CHUNK):
                some = inside[start : start + CHUNK]
                self._convert(tile, drive[numbers[some], tile.inputs], outputs[some], first + some)
        self._seen = last

    def _convert(
        self,
        tile: MappedTile,
        codes: NDArray[np.int16],
        outputs: NDArray[np.int64],
        places: NDArray[np.int64],
    ) -> None:
        """Count in one crossbar: codes (pairs, rows) against the columns of each pair's output."""
        spec = self.mapped.spec
        digits = magnitude_slices(tile.weights, slices=spec.slices, cell_bits=spec.cell_bits)
        cells = digits.transpose(1, 2, 3, 0)[outputs - tile.outputs.start]
        driven = planes_of(
            codes, input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
        )
        # (pairs, slices x polarities, rows) by (pairs, rows, planes), exact in single precision
        counts = np.matmul(
            cells.reshape(len(cells), -1, cells.shape[-1]).astype(np.float32),
            driven.transpose(0, 2, 1).astype(np.float32),
        )
        by_context = counts.reshape(len(cells), spec.slices, spec.polarities, spec.planes)
        conversions = slice(tile.row * spec.polarities, (tile.row + 1) * spec.polarities)
        self.counts[:, :, conversions, places] = by_context.transpose(1, 3, 2, 0)
