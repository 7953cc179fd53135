"""Golden model of the input buffer: how a vector travels in beats."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["beats_of", "vectors_of"]


def beats_of(x: ArrayLike, *, rows: int, x_elements: int, input_bits: int) -> list[list[int]]:
    """Pack vectors into the words of the stream ``x``.

    Element *e* of beat *i* is input ``i * x_elements + e``; element 0 has the lowest bits of the
    word. Inputs that are missing up to `rows` are sent as zeros: every vector takes
    rows / x_elements beats.

    Parameters
    ----------
    x : array_like of int, shape (vectors, rows used)
        Inputs; negative ones are sent as two's complement.
    rows : int
        Word lines of the array, a multiple of `x_elements`.
    x_elements : int
        Inputs per beat.
    input_bits : int
        Width of an input.

    Returns
    -------
    list of list of int
        Payload of every beat, by vector.

    Raises
    ------
    ValueError
        When a vector is longer than the array, or `rows` is no multiple of `x_elements`.

    Examples
    --------
    >>> beats_of([[1, 2, -1]], rows=4, x_elements=2, input_bits=4)
    [[33, 15]]
    """
    x = np.asarray(x, dtype=np.int64)
    if rows % x_elements:
        raise ValueError(f"Row count must be a multiple of {x_elements} elements, not {rows!r}")
    if x.ndim != 2 or x.shape[1] > rows:
        raise ValueError(f"Inputs must be vectors of at most {rows} elements, not {x.shape}")
    padded = np.zeros((len(x), rows), dtype=np.int64)
    padded[:, : x.shape[1]] = x & (2**input_bits - 1)
    return [
        [
            sum(int(element) << (e * input_bits) for e, element in enumerate(beat))
            for beat in vector.reshape(-1, x_elements)
        ]
        for vector in padded
    ]


def vectors_of(
    beats: list[int], *, rows: int, x_elements: int, input_bits: int, signed: bool
) -> NDArray[np.int64]:
    """Collect beats into vectors: the inverse of `beats_of`.

    Parameters
    ----------
    beats : list of int
        Payload of every beat, in order; whole vectors only.
    rows, x_elements, input_bits
        As of `beats_of`.
    signed : bool
        Whether inputs are two's complement.

    Returns
    -------
    numpy.ndarray of int64, shape (vectors, rows)
        Inputs.

    Examples
    --------
    >>> vectors_of([33, 15], rows=4, x_elements=2, input_bits=4, signed=True).tolist()
    [[1, 2, -1, 0]]
    """
    mask = 2**input_bits - 1
    elements = [(beat >> (e * input_bits)) & mask for beat in beats for e in range(x_elements)]
    vectors = np.array(elements, dtype=np.int64).reshape(-1, rows)
    if signed:
        vectors -= (vectors >> (input_bits - 1)) << input_bits
    return vectors
