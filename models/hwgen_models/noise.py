"""Random numbers that are a function of where they are used, not of when.

Elastic lanes reorder decisions, so a running generator would hand the same draw to different
decisions in the hardware and in the model. Here a draw is a hash of its coordinates: whoever asks
for the noise of (seed, vector, plane, row group, column, decision, repeat) gets the same number, in
any order, one at a time or a whole array at once.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["FARTHEST", "GRID", "Draw", "hash64", "normal", "on_grid", "uniform"]

GRID = 2.0**-20  # counts; every analog quantity is a multiple of it
FARTHEST = 8.6  # no draw of `normal` has a larger magnitude

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Draw(IntEnum):
    """What a draw is for: the second coordinate after the seed, so that purposes stay apart."""

    SPREAD = 1
    STUCK = 2
    READ_NOISE = 3
    COMPARATOR_OFFSET = 4
    COMPARATOR_NOISE = 5


def on_grid(value: ArrayLike) -> NDArray[np.float64]:
    """Round to a multiple of `GRID`.

    Sums of such numbers are exact in double precision. The result of an analog sum therefore
    depends neither on the order of the terms nor on the machine, and a comparison against a
    threshold falls the same way everywhere.

    >>> float(on_grid(0.1)) * 2**20
    104858.0
    """
    return np.rint(np.asarray(value, dtype=np.float64) / GRID) * GRID


def hash64(*coordinates: ArrayLike) -> NDArray[np.uint64]:
    r"""Hash integer coordinates into 64 bits.

    .. math:: h_0 = 0, \quad h_{i+1} = \mathrm{mix}((h_i \oplus c_i) + \gamma)

    with the finaliser mix and the increment gamma of SplitMix64 (Steele, Lea and Flood, OOPSLA
    2014, doi:10.1145/2660193.2660195; the constants of the common splitmix64).

    Parameters
    ----------
    *coordinates : array_like of int
        Broadcast against each other; negative ones wrap modulo 2^64.

    Returns
    -------
    numpy.ndarray of uint64
        One hash per element of the broadcast shape.
    """
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):  # arithmetic is modulo 2^64 by intention
        for coordinate in coordinates:
            state = _mix((state ^ _as_uint64(coordinate)) + _GOLDEN)
    return state


def uniform(*coordinates: ArrayLike) -> NDArray[np.float64]:
    """Draw from the uniform distribution over [0, 1), in steps of 2^-53.

    Parameters
    ----------
    *coordinates : array_like of int
        As of `hash64`.
    """
    return (hash64(*coordinates) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(*coordinates: ArrayLike) -> NDArray[np.float64]:
    """Draw from the standard normal distribution, by the transform of Box and Muller.

    The result lies on the `GRID`, which hides the last-bit differences between mathematical
    libraries; its magnitude stays below `FARTHEST`.

    Parameters
    ----------
    *coordinates : array_like of int
        As of `hash64`.
    """
    first = hash64(*coordinates)
    with np.errstate(over="ignore"):
        second = _mix(first + _GOLDEN)
    radius = np.sqrt(-2.0 * np.log(((first >> np.uint64(11)) + np.uint64(1)) * 2.0**-53))
    angle = (second >> np.uint64(11)) * (2.0 * np.pi * 2.0**-53)
    return on_grid(radius * np.cos(angle))


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finalise a 64-bit state: a bijection in which every input bit moves every output bit."""
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


def _as_uint64(value: ArrayLike) -> NDArray[np.uint64]:
    """Wrap integers modulo 2^64; Python integers of any size are welcome as seeds."""
    if isinstance(value, int):
        return np.asarray(value % 2**64, dtype=np.uint64)
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"Coordinate of a draw must be an integer, not {array.dtype}")
    return array.astype(np.uint64)
