r"""Which count to expect from the rows that are active: the centre of an outward search.

A column whose cells hold a one in a share p of the rows that happen to be active yields
:math:`B p` on average, B being what the active rows allow. So one number per context, its density,
predicts every read:

.. math:: centre = 1 + \lfloor B d / 2^q \rfloor, \qquad d \approx p\, 2^q

The centre and the count below it cost the same, so the centre belongs half a count above the
median. One that is added, not three quarters, makes a centre from 1 to B of every density and every
B from 1 on, so that nothing has to be moved into that range, and costs ResNet-20 0.04 % decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.outward import outward_decisions
from hwgen_models.size_classes import optimal_partition

__all__ = [
    "FRACTION_BITS",
    "Density",
    "centre_of",
    "density_classes",
    "density_costs",
    "optimal_density",
]

FRACTION_BITS = 6  # q; more do not pay on ResNet-20


@dataclass(frozen=True, kw_only=True)
class Density:
    """What predicts and searches the counts of one context, and what its reads cost.

    Parameters
    ----------
    density : int
        d, 0 .. 2^q - 1.
    step_bits, truncation : int
        Binary logarithms of a step outward, in bins, and of a bin, in counts.
    decisions : int or float
        Of all conversions that it was chosen for.
    error : float
        Sum of their squared errors, in counts; 0 without truncation.
    """

    density: int
    step_bits: int
    truncation: int
    decisions: float
    error: float


def centre_of(
    bound: ArrayLike, density: ArrayLike, *, fraction_bits: int = FRACTION_BITS
) -> NDArray[np.int64]:
    """Return the expected count under a bound: 1 to the bound, or 1 under a bound of zero.

    Parameters
    ----------
    bound : array_like of int
        Largest count that the active rows allow, B.
    density : array_like of int
        d, 0 .. 2^q - 1.
    fraction_bits : int
        q.

    Examples
    --------
    >>> centre_of([0, 5, 20, 128], 13).tolist()
    [1, 2, 5, 27]
    """
    product = np.asarray(bound, dtype=np.int64) * np.asarray(density, dtype=np.int64)
    return 1 + (product >> fraction_bits)


def density_costs(
    joint: ArrayLike,
    *,
    patience: int,
    step_bits: int = 0,
    truncation: int = 0,
    fraction_bits: int = FRACTION_BITS,
) -> NDArray:
    """Return the decisions of all conversions under every density.

    Parameters
    ----------
    joint : array_like, shape (..., bounds, counts)
        How often every count occurs under every bound; no count above its bound.
    patience, step_bits, truncation : int
        As of `outward_root`.
    fraction_bits : int
        q.

    Returns
    -------
    numpy.ndarray, shape (..., 2^q)
        Integers where the histogram is one.

    Examples
    --------
    >>> joint = np.diag([0, 0, 0, 0, 7])            # four rows active, four counted
    >>> density_costs(joint, patience=8).tolist()[::16]
    [28, 21, 14, 7]
    """
    joint = np.asarray(joint)
    flat = joint.reshape(*joint.shape[:-2], -1).astype(np.float64)  # exact below 2^53, and BLAS
    costs = flat @ _decisions(*joint.shape[-2:], patience, step_bits, truncation, fraction_bits)
    return costs if joint.dtype.kind == "f" else np.rint(costs).astype(np.int64)


def optimal_density(
    joint: ArrayLike,
    *,
    patience: int,
    step_bits: Sequence[int] = (0,),
    truncations: Sequence[int] = (0,),
    error_weight: float = 0.0,
    fraction_bits: int = FRACTION_BITS,
) -> Density:
    r"""Find the density, step and truncation with the least decisions and weighted error.

    Minimises :math:`decisions + \lambda\, \sum (value - c)^2` by trying all.

    Parameters
    ----------
    joint : array_like, shape (bounds, counts)
        As of `density_costs`.
    patience, fraction_bits : int
        As of `density_costs`.
    step_bits, truncations : sequence of int
        What to try; without truncations only lossless searches.
    error_weight : float
        :math:`\lambda`, decisions per squared count.

    Examples
    --------
    >>> best = optimal_density(np.diag([0, 0, 0, 0, 7]), patience=8)
    >>> best.density, best.decisions
    (48, 7)
    """
    counts = np.asarray(joint).sum(axis=0)
    found = []
    for truncation in truncations:
        count = np.arange(len(counts))
        level = count >> truncation << truncation
        value = level + np.where(level, 1 << truncation >> 1, 0)
        error = float(counts @ (value - count) ** 2)
        for step in step_bits:
            costs = density_costs(
                joint,
                patience=patience,
                step_bits=step,
                truncation=truncation,
                fraction_bits=fraction_bits,
            )
            density = int(costs.argmin())
            found.append(
                Density(
                    density=density,
                    step_bits=step,
                    truncation=truncation,
                    decisions=costs[density].item(),
                    error=error,
                )
            )
    return min(found, key=lambda one: one.decisions + error_weight * one.error)


def density_classes(costs: ArrayLike, classes: int) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Give columns a few densities between them, each column the one that suits it best.

    Columns are put in the order of their own best density and parted into runs; the best runs with
    the best density each are found exactly. Then every column takes the density of those found that
    costs it least, and every density is fitted to its columns again, until nothing changes.

    Parameters
    ----------
    costs : array_like, shape (columns, densities)
        Decisions of every column under every density.
    classes : int
        Most densities.

    Returns
    -------
    class_of : numpy.ndarray of int64, shape (columns,)
        Class of every column.
    densities : tuple of int
        Density of every class, ascending.

    Examples
    --------
    >>> class_of, densities = density_classes([[1, 5, 9], [9, 5, 1], [2, 3, 9]], 2)
    >>> class_of.tolist(), densities
    ([0, 1, 0], (0, 2))
    """
    costs = np.asarray(costs)
    own = costs.argmin(axis=1)
    runs = np.zeros((costs.shape[1] + 1, costs.shape[1]), dtype=costs.dtype)
    np.add.at(runs[1:], own, costs)
    runs = runs.cumsum(axis=0)
    parted, _ = optimal_partition((runs - runs[:, np.newaxis]).min(axis=-1), classes)
    ends = [0, *parted, costs.shape[1]]
    densities = sorted({int((runs[j] - runs[i]).argmin()) for i, j in pairwise(ends)})
    while True:
        class_of = costs[:, densities].argmin(axis=1)
        fitted = sorted({
            int(costs[class_of == k].sum(axis=0).argmin()) for k in set(class_of.tolist())
        })
        if costs[:, fitted].min(axis=1).sum() >= costs[:, densities].min(axis=1).sum():
            return class_of, tuple(densities)
        densities = fitted


@cache
def _decisions(
    bounds: int, counts: int, patience: int, step_bits: int, truncation: int, fraction_bits: int
) -> NDArray[np.float64]:
    """Decisions by (bound, count) and density; 0 for counts above the bound."""
    bound, count, density = np.ogrid[:bounds, :counts, : 1 << fraction_bits]
    found = outward_decisions(
        np.minimum(count, bound),
        centre=centre_of(bound, density, fraction_bits=fraction_bits),
        limit=bound,
        patience=patience,
        step_bits=step_bits,
        truncation=truncation,
    )
    return np.where(count <= bound, found, 0).reshape(bounds * counts, -1).astype(np.float64)
