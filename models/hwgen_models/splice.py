"""Golden model of the splice: the accumulators of all lanes combined into outputs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.columns import ColumnMap

__all__ = ["splice"]


def splice(accumulators: ArrayLike, *, column_map: ColumnMap, cell_bits: int) -> NDArray[np.int64]:
    r"""Add the lanes' accumulators of every output.

    .. math:: y_o = \sum_{(l, d) \to o} \pm\, a_{l,d}\, 2^{b\, s_{l,d}}

    with b = `cell_bits`, s the base slice of accumulator (l, d) and the minus sign where its
    columns are all negative (`ColumnMap.base`).

    Parameters
    ----------
    accumulators : array_like of int, shape (..., lanes, destinations)
        What every lane holds at the end of a vector; accumulators that a lane does not use are
        ignored.
    column_map : ColumnMap
        Who serves what.
    cell_bits : int
        Bits of a slice.

    Returns
    -------
    numpy.ndarray of int64, shape (..., outputs)
        Sums of the tile.
    """
    accumulators = np.asarray(accumulators, dtype=np.int64)
    sums = np.zeros((*accumulators.shape[:-2], column_map.outputs), dtype=np.int64)
    for lane in range(column_map.lanes):
        for destination in range(column_map.lane_destinations(lane)):
            output, base_slice, negative = column_map.base(lane, destination)
            share = accumulators[..., lane, destination] << (base_slice * cell_bits)
            sums[..., output] += -share if negative else share
    return sums
