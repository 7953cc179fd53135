"""The optimal search tree of a distribution of counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.distributions import expected_decisions, weights_of
from hwgen_models.trees import Leaf, Split

__all__ = ["alphabetic_depths", "alphabetic_root", "optimal_decisions"]


def optimal_decisions(histogram: ArrayLike) -> float:
    """Return the mean number of decisions of the optimal tree, `alphabetic_root`; exact.

    Parameters
    ----------
    histogram : array_like, shape (bound + 1,)
        How often every count occurs. Counts that never do have a leaf as well.

    Examples
    --------
    >>> optimal_decisions([2, 1, 1])
    1.5
    """
    weights = weights_of(histogram)
    return expected_decisions(weights, alphabetic_depths(weights))


def alphabetic_root(histogram: ArrayLike) -> Split | Leaf:
    """Build the optimal tree for a histogram: no lossless search takes fewer decisions.

    Parameters
    ----------
    histogram : array_like, shape (bound + 1,)
        How often every count occurs.
    """
    # Two neighbours of equal depth share a parent; (depth, lowest count, tree) of what is open.
    done: list[tuple[int, int, Split | Leaf]] = []
    for count, leaf_depth in enumerate(alphabetic_depths(weights_of(histogram))):
        depth, first = leaf_depth, count
        tree: Split | Leaf = Leaf(count, 0, count)
        while done and done[-1][0] == depth:
            _, low_first, low = done.pop()
            tree = Split(first, low=low, high=tree)
            depth, first = depth - 1, low_first
        done.append((depth, first, tree))
    return done[0][2]


def alphabetic_depths(weights: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
    """Return the depths of the leaves of an optimal alphabetic tree, in order; O(n^2).

    Garsia-Wachs algorithm (Knuth, The Art of Computer Programming, vol. 3, section 6.2.2,
    algorithm G).

    Parameters
    ----------
    weights : numpy.ndarray, shape (leaves,)
        Integers give an exact optimum.
    """
    # Combine: join the first pair whose left weight is at most the weight right of the pair, move
    # it left past what is lighter. Joined trees have optimal depths, though not in order.
    work: list[tuple[float, int]] = [(weight, k) for k, weight in enumerate(weights.tolist())]
    children: list[tuple[int, int]] = []
    leaves = len(work)
    at = 0
    while len(work) > 1:
        while at + 2 < len(work) and work[at][0] > work[at + 2][0]:
            at += 1
        (left, low), (right, high) = work[at : at + 2]
        del work[at : at + 2]
        place = at
        while place and work[place - 1][0] < left + right:
            place -= 1
        work.insert(place, (left + right, leaves + len(children)))
        children.append((low, high))
        at = max(place - 2, 0)
    # A parent is always younger than its children.
    depths = [0] * (leaves + len(children))
    for k in reversed(range(len(children))):
        for child in children[k]:
            depths[child] = depths[leaves + k] + 1
    return depths[:leaves]
