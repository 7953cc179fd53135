"""What other readouts would need for the same counts: the company that every saving is seen in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.workload.array.readout import Readout
from hwgen.workload.array.statistics import Statistics
from hwgen.workload.array.walks import clipped
from hwgen_models.distributions import conditional_entropy
from hwgen_models.search import entropy, optimal_decisions

__all__ = ["bounded_bits", "rivals_of", "static_bits"]


def rivals_of(
    statistics: Statistics, readout: Readout, *, ideal: bool = True
) -> dict[str, float | None]:
    """Decisions that others would take for all conversions of a layer.

    Parameters
    ----------
    statistics : Statistics
        What its array did.
    readout : Readout
        Its tables.
    ideal : bool
        Counts keep to their bounds.

    Returns
    -------
    dict
        ``bounded_binary``: a binary search that leaves out bits which the active rows rule out.
        ``column_ones``: the layer's own tables, were every search bounded by the digits stored in
        its column as well as by the active rows (which alone scale them); None where no bound is
        used or planes have tables of their own. ``optimal_tree``: the best tree for the layer's
        counts. ``entropy``: below which no search of the layer's counts goes;
        ``entropy_active_rows``, ``entropy_slices``, ``entropy_ones``: the same for one that knows
        the active rows; the slice too; and the digits stored in the column too. Limits of bounds
        are None for arrays that are not ideal.
    """
    spec, conversions = readout.spec, statistics.conversions
    by_active, by_bound = statistics.by_active, statistics.by_bound
    bounded = bounded_bits(np.arange(by_active.shape[2]), cell_bits=spec.cell_bits)
    found = {
        "bounded_binary": int(by_active.sum(axis=(0, 1, 3)) @ bounded),
        "column_ones": _under_the_ones(statistics.by_ones, readout),
        "entropy_active_rows": conversions * conditional_entropy(by_active.sum(axis=(0, 1))),
        "entropy_slices": conversions * conditional_entropy(by_active.sum(axis=1)),
        "entropy_ones": conversions * conditional_entropy(by_bound),
    }
    if not ideal:
        found = dict.fromkeys(found)
    histogram = statistics.histogram
    optimum = optimal_decisions(histogram) if conversions else 0.0
    return {
        "bounded_binary": found.pop("bounded_binary"),
        "column_ones": found.pop("column_ones"),
        "optimal_tree": round(conversions * optimum),
        "entropy": conversions * entropy(histogram),
        **found,
    }


def _under_the_ones(by_ones: NDArray[np.int64], readout: Readout) -> int | None:
    """Decisions of conversions by slice, octave, bound and count."""
    if not readout.spec.bounded or any(len(set(of_slice)) > 1 for of_slice in readout.tables):
        return None
    _, _, bounds, counts = by_ones.shape
    return sum(
        int((clipped(readout.spec, table)[:, :bounds, :counts] * of_slice).sum())
        for (table, *_), of_slice in zip(readout.tables, by_ones, strict=True)
    )


def static_bits(cells: ArrayLike, *, dac_bits: int) -> int:
    """Smallest width of a plain binary search that no input can saturate in these columns.

    Parameters
    ----------
    cells : array_like of int, shape (rows, columns)
        Stored digits; their column sums bound the counts.
    dac_bits : int
        Bits that a word line carries.

    Examples
    --------
    >>> static_bits([[1, 0], [1, 0], [1, 0]], dac_bits=1)
    2
    """
    largest = int(np.asarray(cells).sum(axis=0).max()) * (2**dac_bits - 1)
    return largest.bit_length()


def bounded_bits(active: ArrayLike, *, cell_bits: int) -> NDArray[np.int64]:
    """Decisions of a binary search that leaves out the bits which the active rows rule out.

    Parameters
    ----------
    active : array_like of int
        Sum of the driven digits of each read.
    cell_bits : int
        Bits of a cell.

    Examples
    --------
    >>> bounded_bits([0, 1, 2, 64, 128], cell_bits=1)
    array([0, 1, 2, 7, 8])
    """
    bound = np.asarray(active, dtype=np.int64) * (2**cell_bits - 1)
    _, bit_length = np.frexp(bound.astype(np.float64))
    return bit_length.astype(np.int64)
