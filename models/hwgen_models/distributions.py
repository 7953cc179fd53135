"""Distributions of counts: what reading them out costs, and at least must cost."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["conditional_entropy", "entropy", "expected_decisions", "weights_of"]


def weights_of(histogram: ArrayLike) -> NDArray[np.int64] | NDArray[np.float64]:
    """Take a histogram, integers as they are.

    Raises
    ------
    ValueError
        When it is no row of numbers of at least zero.
    """
    weights = np.asarray(histogram)
    if weights.ndim != 1 or not len(weights) or weights.dtype.kind not in "iuf":
        raise ValueError(f"Histogram must be a row of numbers, not {histogram!r}")
    if not (weights >= 0).all():
        raise ValueError(f"Histogram must not be negative, not {weights.min()!r}")
    return weights.astype(np.float64) if weights.dtype.kind == "f" else weights.astype(np.int64)


def expected_decisions(histogram: ArrayLike, depths: ArrayLike) -> float:
    r"""Return the mean number of decisions of a distribution of counts.

    .. math:: E = \sum_c h_c\, depth_c / \sum_c h_c

    Parameters
    ----------
    histogram : array_like, shape (counts,)
        How often every count from 0 up occurs; may be shorter than `depths`.
    depths : array_like of int
        Decisions of every count, e.g. `SearchTree.depths`.

    Returns
    -------
    float
        Decisions per conversion; 0 for an empty histogram.

    Examples
    --------
    >>> expected_decisions([3, 1], [1, 3, 3, 3])
    1.5
    """
    weights = weights_of(histogram)
    depths = np.asarray(depths, dtype=np.int64)
    if len(weights) > len(depths):
        raise ValueError(f"Histogram must have at most {len(depths)} counts, not {len(weights)}")
    total = weights.sum()
    return float(weights @ depths[: len(weights)] / total) if total else 0.0


def entropy(histogram: ArrayLike) -> float:
    r"""Return the entropy of a distribution of counts in bits, below which no search can go.

    .. math:: H = -\sum_c p_c \log_2 p_c

    Parameters
    ----------
    histogram : array_like
        How often every count occurs; any shape.

    Examples
    --------
    >>> entropy([2, 1, 1])
    1.5
    """
    weights = weights_of(np.ravel(histogram))
    present = weights[weights > 0]
    if not len(present):
        return 0.0
    p = present / present.sum()
    return float(max(0.0, -(p * np.log2(p)).sum()))


def conditional_entropy(joint: ArrayLike) -> float:
    r"""Return the entropy of a count in bits once its context is known.

    .. math:: H(c \mid x) = \sum_x p_x H(c \mid x)

    No search that knows the context and sees one count at a time takes fewer decisions.

    Parameters
    ----------
    joint : array_like, shape (..., counts)
        How often every count occurs in every context.

    Examples
    --------
    >>> conditional_entropy([[2, 1, 1], [4, 0, 0]])
    0.75
    """
    contexts = np.asarray(joint)
    contexts = contexts.reshape(-1, contexts.shape[-1])
    sizes = contexts.sum(axis=1)
    bits = [size * entropy(one) for size, one in zip(sizes, contexts, strict=True) if size]
    return float(sum(bits) / sizes.sum()) if bits else 0.0
