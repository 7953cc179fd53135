"""Golden model of the accumulators of one lane."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MicroOperation", "ShiftAdd", "shift_add"]


class MicroOperation(NamedTuple):
    """``accumulator[destination] += (-1)**negate * (value << shift)``."""

    destination: int
    value: int
    shift: int
    negate: bool


class ShiftAdd:
    r"""Accumulators that take micro-operations one by one.

    .. math:: a_d \leftarrow a_d \pm v\, 2^s

    Parameters
    ----------
    destinations : int
        Number of accumulators.

    Attributes
    ----------
    accumulators : list of int
        What they hold; empty ones zero.

    Examples
    --------
    >>> lane = ShiftAdd(destinations=2)
    >>> lane.add(MicroOperation(1, value=3, shift=2, negate=False))
    >>> lane.add(MicroOperation(1, value=1, shift=0, negate=True))
    >>> lane.accumulators
    [0, 11]
    """

    def __init__(self, *, destinations: int) -> None:
        self.accumulators = [0] * destinations

    def add(self, operation: MicroOperation) -> None:
        """Carry out one micro-operation."""
        term = operation.value << operation.shift
        self.accumulators[operation.destination] += -term if operation.negate else term

    def add_all(self, operations: Iterable[MicroOperation]) -> None:
        """Carry out micro-operations in order; the order does not matter."""
        for operation in operations:
            self.add(operation)

    def clear(self) -> None:
        """Empty all accumulators, as at the end of a vector."""
        self.accumulators = [0] * len(self.accumulators)


def shift_add(
    values: ArrayLike,
    *,
    destination: ArrayLike,
    shift: ArrayLike,
    negate: ArrayLike,
    destinations: int,
) -> NDArray[np.int64]:
    """Carry out a stream of micro-operations at once, for many vectors.

    Parameters
    ----------
    values : array_like of int, shape (..., operations)
        Values to add.
    destination, shift, negate : array_like, shape (operations,)
        The rest of each micro-operation, the same for every vector.
    destinations : int
        Number of accumulators.

    Returns
    -------
    numpy.ndarray of int64, shape (..., destinations)
        Accumulators after all of them.

    Examples
    --------
    >>> shift_add(
    ...     [3, 1], destination=[1, 1], shift=[2, 0], negate=[False, True], destinations=2
    ... ).tolist()
    [0, 11]
    """
    terms = np.asarray(values, dtype=np.int64) * (np.where(negate, -1, 1) << np.asarray(shift))
    accumulators = np.zeros((*terms.shape[:-1], destinations), dtype=np.int64)
    order = np.argsort(destination, kind="stable")
    written, first = np.unique(np.asarray(destination)[order], return_index=True)
    if len(written):
        accumulators[..., written] = np.add.reduceat(terms[..., order], first, axis=-1)
    return accumulators
