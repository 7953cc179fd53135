r"""Energy that a capacitor DAC draws from its reference while a search tree is walked.

Energies are in :math:`C V_{ref}^2`, C being the unit capacitor, and follow from conservation of
charge: while the top plates float, the reference delivers

.. math:: E = V_{ref} \sum_{b\ \text{at}\ V_{ref}} C_b\, \Delta(V_{bottom} - V_{top})

per array, the sum running over the capacitors that are at the reference after the step. Comparator,
logic and sampling are left out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.distributions import weights_of
from hwgen_models.search import SearchTree

__all__ = ["Switching", "conventional", "conventional_step", "monotonic"]


class Switching(NamedTuple):
    """Mean energy of a conversion, in units of C Vref^2.

    Parameters
    ----------
    decide : float
        For the codes that are compared, the first one set from rest; what closed forms count.
    settle : float
        For the level that ``dac`` shows after the last answer.
    reset : float
        For going back to rest.
    """

    decide: float
    settle: float
    reset: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.decide + self.settle + self.reset


def conventional_step(before: ArrayLike, after: ArrayLike, *, bits: int) -> NDArray[np.float64]:
    r"""Return the energy of a change of code in a differential pair of conventional arrays.

    An array has :math:`2^b C` for every bit b and a dummy C, :math:`2^N C` in all. One array has
    the ones of the code at the reference, the other its zeros and the dummy. Bits go up and down
    at the same time. With :math:`k \to k'`, on the first array,

    .. math:: E = (k' \wedge \neg k) - k' (k' - k) / 2^N

    and on the second the same for :math:`2^N - k`: what rises must be charged, and what stays up
    gets charge back when the top plate rises, or must deliver more when it falls.

    After Ginsburg and Chandrakasan (ISCAS 2005; JSSC 42(4), 2007), who derive the energy of single
    transitions.

    Parameters
    ----------
    before, after : array_like of int
        Codes; -1 before stands for arrays with all capacitors at ground, as a reset leaves them.
    bits : int
        Width of a code, N.

    Examples
    --------
    >>> conventional_step([-1, 2, 2], [2, 3, 1], bits=2).tolist()
    [2.0, 0.5, 2.5]
    """
    before, after = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    whole = 1 << bits
    grounded = before < 0
    up = np.where(grounded, after, after & ~before)
    up_other = np.where(grounded, whole - after, before & ~after)
    rise = after - np.where(grounded, 0, before)
    rise_other = np.where(grounded, whole - after, before - after)
    returned = (after * rise + (whole - after) * rise_other) / whole
    return up + up_other - returned


def conventional(
    tree: SearchTree, histogram: ArrayLike, *, bits: int, rest: int | None = None
) -> Switching:
    r"""Return the mean energy of conventional switching over the codes that are really walked.

    Between two thresholds every bit that differs moves, also those that a range test or a wrong
    guess had put up. A binary search over uniform counts gives the known average (Liu et al., JSSC
    45(4), 2010)

    .. math:: \sum_{i=1}^{N} 2^{N+1-2i} (2^i - 1)

    Parameters
    ----------
    tree : SearchTree
        Thresholds in sequence.
    histogram : array_like, shape (counts,)
        How often every count from 0 up occurs.
    bits : int
        Width of a code, N.
    rest : int, optional
        Code of the arrays between conversions; without one all capacitors are at ground, and going
        there takes nothing from the reference. A reset to a code holds the top plates where the
        conversion left them, within a unit of the last code, and charges the bits that rise.

    Examples
    --------
    >>> round(conventional(SearchTree.binary(10), [1] * 1024, bits=10).decide, 1)
    1363.3
    """
    share = _leaf_shares(tree, histogram)
    ground = -1
    at = np.full(len(share), ground if rest is None else rest, dtype=np.int64)
    decide = np.zeros(len(share))
    for number, asked in enumerate(tree.leaf_path.T):
        step = conventional_step(at, asked, bits=bits)
        asks = number < tree.leaf_depth
        decide += np.where(asks, step, 0)
        at = np.where(asks, asked, at)
    settle = conventional_step(at, tree.leaf_level, bits=bits)
    reset = np.zeros(len(share)) if rest is None else tree.leaf_level ^ rest
    return Switching(*(float(share @ energy) for energy in (decide, settle, reset)))


def monotonic(tree: SearchTree, histogram: ArrayLike, *, bits: int) -> float | None:
    r"""Return the mean energy of monotonic switching, or None where a tree is beyond it.

    Two arrays of :math:`2^b C`, b from 0 to N - 2, and a dummy C, :math:`2^{N-1} C` each, start at
    the reference, so the first comparison, against :math:`2^{N-1}`, needs no switching. Capacitors
    only ever go to ground: on one array to raise the threshold, on the other to lower it, by as
    many codes as there are units. Switching D of the s units that an array has at the reference
    draws

    .. math:: E = (s - D)\, D / 2^{N-1}

    A tree that would need a capacitor again which its array has already given up is not realisable.
    A binary search over uniform counts gives :math:`\sum_{i=1}^{N-1} 2^{N-2-i}` (Liu et al., JSSC
    45(4), 2010). As there, bringing the arrays back is part of sampling and left out.

    Parameters
    ----------
    tree : SearchTree
        Thresholds in sequence.
    histogram : array_like, shape (counts,)
        How often every count from 0 up occurs.
    bits : int
        Width of a code, N.

    Examples
    --------
    >>> monotonic(SearchTree.binary(10), [1] * 1024, bits=10)
    255.5
    >>> ranges = SearchTree.twin_range(3, 0, 8, 0, bits=8, bound=128)
    >>> print(monotonic(ranges, [1] * 129, bits=8))
    None
    """
    share = _leaf_shares(tree, histogram)
    whole = 1 << (bits - 1)
    energy = np.zeros(len(share))
    at = np.full(len(share), whole, dtype=np.int64)
    left = {side: np.full(len(share), whole - 1, dtype=np.int64) for side in (1, -1)}
    for number, asked in enumerate(tree.leaf_path.T):
        move = np.where(number < tree.leaf_depth, asked - at, 0)
        for side, held in left.items():
            dropped = np.maximum(side * move, 0)
            if (dropped & ~held).any():
                return None
            held -= dropped
            energy += (held + 1) * dropped / whole  # the dummy stays at the reference
        at += move
    return float(share @ energy)


def _leaf_shares(tree: SearchTree, histogram: ArrayLike) -> NDArray[np.float64]:
    """Share of the conversions that end in every leaf."""
    if tree.parallel:
        raise ValueError("Tree must be walked in sequence, not compared at once: it has no DAC")
    weights = weights_of(histogram)
    if len(weights) > tree.bound + 1:
        raise ValueError(f"Histogram must have at most {tree.bound + 1} counts, not {len(weights)}")
    leaves = tree.walk(np.arange(len(weights))).leaf
    shares = np.bincount(leaves, weights=weights, minlength=len(tree.leaf_value))
    return shares / (shares.sum() or 1)
