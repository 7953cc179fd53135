"""The range tables that a calibration chooses from, and what each does to every count.

Two ranges leave so few tables that all are tried. More leave too many: there, the best table of
every context is found by dynamic programming for a ladder of prices on error, and the choice is
made among those.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from hwgen.config import BasedRange, Density, Range, Table
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.walks import Walk, walk_of
from hwgen_models.outward import outward_decisions
from hwgen_models.prediction import centre_of
from hwgen_models.range_choice import optimal_ranges
from hwgen_models.scaled import optimal_scaled
from hwgen_models.spec import TileSpec

__all__ = ["CALIBRATED", "Candidates", "Observations", "every_twin"]

LADDER = np.logspace(0, 5, 11)  # prices on error: from one that is worth all decisions upward


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """What a table is fitted to: the conversions of one context.

    Parameters
    ----------
    joint : numpy.ndarray of int64, shape (largest_active + 1, largest_count + 1)
        Conversions by U, the sum of the driven digits, and count.
    errors : numpy.ndarray of float64, shape (largest_count + 1,)
        How much an error of each count weighs: conversions times squared weight in a sum.
    """

    joint: NDArray[np.int64]
    errors: NDArray[np.float64]

    @classmethod
    def of(
        cls, by_active: NDArray[np.int64], cells: Iterable[tuple[int, int]], weights: NDArray
    ) -> "Observations":
        """Add up slices and planes of a histogram (slices, planes, U, counts)."""
        cells = list(cells)
        joint = sum(by_active[cell] for cell in cells)
        return cls(
            joint=joint,
            errors=sum(float(weights[cell]) ** 2 * by_active[cell].sum(axis=0) for cell in cells),
        )

    def __add__(self, other: "Observations") -> "Observations":
        """Of both, each layer's errors in proportion to what all its counts amount to."""
        errors = [one.errors / max(one.amount, 1.0) for one in (self, other)]
        return Observations(joint=self.joint + other.joint, errors=sum(errors))

    @property
    def amount(self) -> float:
        """Error of reading every count as zero."""
        return float(self.errors @ np.arange(len(self.errors), dtype=np.float64) ** 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Tables by number, more exact ones first.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    walks : tuple of Walk
        What each table does.
    """

    spec: TileSpec
    walks: tuple[Walk, ...]

    @classmethod
    def of(cls, spec: TileSpec, tables: Iterable[Table]) -> "Candidates":
        """List tables, each once.

        Of two tables that err equally, the one with the shorter longest search comes first.
        """
        counts = np.arange(spec.largest_count + 1)

        def rank(walk: Walk) -> tuple[int, int, Table]:
            return int(((walk.values - counts) ** 2).sum()), walk.depth, walk.table

        walks = [walk_of(spec, table) for table in dict.fromkeys(tables)]
        return cls(spec=spec, walks=tuple(sorted(walks, key=rank)))

    @classmethod
    def suited(
        cls, spec: TileSpec, contexts: Sequence[Observations], *, lossy: bool
    ) -> "Candidates":
        """List the tables that are worth a look for some contexts: lossless ones, or `lossy` too.

        Raises
        ------
        KeyError
            When the search of `spec` is none of `CALIBRATED`.
        """
        return CALIBRATED[spec.search](spec, contexts, lossy)

    def __len__(self) -> int:
        return len(self.walks)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Their ranges."""
        return tuple(walk.table for walk in self.walks)

    @cached_property
    def values(self) -> NDArray[np.int64]:
        """What every count reads as, (tables, largest_count + 1)."""
        return np.array([walk.values for walk in self.walks])

    @property
    def errors(self) -> NDArray[np.int64]:
        """Values less counts, shape (tables, largest_count + 1)."""
        return self.values - np.arange(self.values.shape[1])

    @property
    def lossless(self) -> NDArray[np.bool_]:
        """Which tables read every count as itself; they come first. Shape (tables,)."""
        return ~self.errors.any(axis=1)

    def costs(self, joint: NDArray[np.int64]) -> NDArray[np.int64]:
        """Decisions of conversions by U and count, under each table. Shape (tables,)."""
        below = np.zeros((len(joint) + 1, joint.shape[1]), dtype=np.int64)
        np.cumsum(joint, axis=0, out=below[1:])
        found = []
        for walk in self.walks:
            ends = np.minimum(walk.bounds // self.spec.largest_digit + 1, len(joint))
            of_class = below[ends] - below[np.append(0, ends[:-1])]
            found.append((of_class * walk.decisions[:, : joint.shape[1]]).sum())
        return np.array(found, dtype=np.int64)

    def readout(self, numbers: NDArray[np.int64]) -> Readout:
        """Read with the tables of these numbers, shape (slices, planes)."""
        tables = [[self.tables[n] for n in of_slice] for of_slice in numbers]
        return Readout.by_context(self.spec, tables)


@lru_cache(maxsize=1)
def every_twin(spec: TileSpec) -> Candidates:
    """List every twin-range table that the hardware accepts.

    Range 1 is "the rest" up to the bound of the array, so its payload is fixed.
    """
    return Candidates.of(spec, _legal(spec))


def _legal(spec: TileSpec) -> list[tuple[Range, Range]]:
    """Every twin-range table that the table port accepts."""
    bits, rest = spec.readout_bits, spec.bound.bit_length()
    found = []
    for payload in range(bits + 1):
        whole = 2**payload > spec.bound  # range 0 is all: range 1 is never reached
        for truncation in range(payload + 1):
            if whole:
                found.append((Range(payload, truncation), Range(bits, 0)))
            else:
                found += [(Range(payload, truncation), Range(rest, cut)) for cut in range(rest + 1)]
    return found


def _best(spec: TileSpec, seen: Observations, *, lossy: bool) -> Iterator[Table]:
    """Yield the best tables by ranges: without error, and at falling errors."""
    known = _by_bound(spec, seen)
    most = min(spec.covered, spec.largest_code)
    errors = np.zeros(most + 1)
    np.add.at(errors, np.minimum(np.arange(len(seen.errors)), spec.bound), seen.errors)

    def best(error_weight: float = 0.0) -> tuple[Table, float]:
        found = optimal_ranges(
            known if spec.bounded else known.sum(axis=0),
            bits=spec.readout_bits,
            bound=most,
            count=spec.range_count,
            bases=spec.bases,
            error_weight=error_weight,
            error_histogram=errors,
            whole_bins=True,
        )
        return tuple(BasedRange(*one) for one in found.ranges), found.decisions

    exact, decisions = best()
    if spec.scaled:
        scaled = optimal_scaled(
            known, bits=spec.readout_bits, bound=spec.bound, count=spec.range_count
        )
        yield tuple(BasedRange(*one) for one in scaled.ranges)
    else:
        yield exact
    if lossy and seen.amount:
        for price in LADDER * max(decisions, 1) / seen.amount:
            yield best(price)[0]


def _by_bound(spec: TileSpec, seen: Observations) -> NDArray[np.int64]:
    """Return conversions by bound and count."""
    known = np.zeros((spec.bound + 1, spec.bound + 1), dtype=np.int64)
    u, count = np.nonzero(seen.joint)
    limit = np.minimum(u * spec.largest_digit, spec.bound)
    np.add.at(known, (limit, np.minimum(count, spec.bound)), seen.joint[u, count])
    return known


def _best_density(spec: TileSpec, seen: Observations) -> Table:
    """Try all densities; of equals, the smallest."""
    known = _by_bound(spec, seen)
    bound, count = np.nonzero(known)

    def cost(density: int) -> int:
        centre = centre_of(bound, density, fraction_bits=spec.density_bits)
        taken = outward_decisions(count, centre=centre, limit=bound, patience=spec.patience)
        return int(known[bound, count] @ taken)

    return (Density(min(range((1 << spec.density_bits) - 1), key=cost)),)


CALIBRATED: dict[str, Callable[[TileSpec, Sequence[Observations], bool], Candidates]] = {
    "twin-range": lambda spec, contexts, lossy: every_twin(spec),  # noqa: ARG005
    "ranges": lambda spec, contexts, lossy: Candidates.of(
        spec, (table for one in contexts for table in _best(spec, one, lossy=lossy))
    ),
    # every density is lossless
    "outward": lambda spec, contexts, lossy: Candidates.of(  # noqa: ARG005
        spec, (_best_density(spec, one) for one in contexts)
    ),
}  # by `TileSpec.search`
