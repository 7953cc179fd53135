"""Search schemes by name: what a table of each is, the tree that it means, and what it can take.

A scheme is an entry of `SCHEMES`, a constructor of `SearchTree` behind it, and an engine of that
name in the gateware. Nobody else asks which scheme a tile has.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from hwgen_models.plans import search_plan
from hwgen_models.prediction import centre_of
from hwgen_models.ranges import (
    Range,
    bound_classes,
    check_ranges,
    check_whole_bins,
    implied_bases,
    twin_ranges,
)
from hwgen_models.redundant import Redundant
from hwgen_models.scaled import scaled_ranges
from hwgen_models.search import SearchTree

if TYPE_CHECKING:
    from hwgen_models.spec import TileSpec

# ruff: noqa: ARG002 - every scheme answers the same questions, few need all that they are told

__all__ = ["SCHEMES", "Entry", "Scheme", "table_array"]

Entry = tuple[int, ...]  # one range of a table, its fields as `Scheme.fields` names them


class Scheme(ABC):
    """How a readout searches. Methods take the `TileSpec` whose search it is.

    Attributes
    ----------
    name : str
        ``search`` of a `TileSpec`, ``readout.kind`` of a design file.
    fields : tuple of str
        What a range of a table consists of; empty without tables.
    options : tuple of str
        Fields of a `TileSpec` that mean something to this scheme.
    """

    name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[str, ...]] = ()

    def ranges(self, spec: "TileSpec") -> int:
        """Return the most ranges of a table: registers ``RANGE_k`` of the table port."""
        return 0

    def engine(self, spec: "TileSpec") -> dict[str, object]:
        """Return what an engine is told of the tile, by name, beside the width of its codes."""
        return {}

    @abstractmethod
    def most_decisions(self, spec: "TileSpec") -> int:
        """Return the decisions of the longest conversion of any table."""

    @abstractmethod
    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Refuse what the table port would refuse.

        Raises
        ------
        ValueError
            With the reason.
        """

    @abstractmethod
    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the tree of a table.

        Parameters
        ----------
        table : sequence of Entry
            A legal table.
        spec : TileSpec
            The tile.
        active : int, optional
            Largest count that the active rows of the read allow; only where `spec` bounds searches.
        """

    def classes(
        self, table: Sequence[Entry], spec: "TileSpec"
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Group the bounds of reads by the tree that they leave, as `bound_classes` does."""
        return np.array([spec.largest_count]), np.zeros(spec.largest_count + 1, dtype=np.int64)

    def reset(self, spec: "TileSpec") -> tuple[Entry, ...]:
        """Return the table after reset, a binary search."""
        return ()

    def filled(self, table: Sequence[Entry], spec: "TileSpec") -> tuple[Entry, ...]:
        """Return a table with as many ranges as there are registers; those behind are not used."""
        rest = self.reset(spec)[-1:] * (self.ranges(spec) - len(table))
        return (*map(tuple, table), *rest)

    def plan(self, table: Sequence[Entry], spec: "TileSpec") -> list[tuple[int, int]]:
        """Return the fields that the table port hands to a lane, as (value, width)."""
        return []

    def centres(
        self, tables: Sequence[Sequence[Entry]], spec: "TileSpec", bound: int
    ) -> tuple[int, ...]:
        """Return the expected counts that a read has with each table; none where nobody asks."""
        return ()

    def plans(
        self, tables: Sequence[Sequence[Entry]], spec: "TileSpec", *, lane: int
    ) -> list[tuple[int, int]]:
        """Return the port ``plan`` of a lane: what it gets of the tables that the tile holds."""
        held = [tables[s] for s in spec.lane_slices(lane)]
        return [field for table in held for field in self.plan(table, spec)]


class Binary(Scheme):
    """All bits of every count."""

    name = "binary"

    def most_decisions(self, spec: "TileSpec") -> int:
        """Return N."""
        return spec.readout_bits

    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Refuse tables."""
        if len(table):
            raise ValueError(f"Table must be empty for a binary search, not {table!r}")

    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the balanced tree."""
        self.check(table, spec)
        return SearchTree.binary(spec.readout_bits, spec.largest_count)


class TwinRange(Scheme):
    """Two ranges from zero, with one test between them (TRQ)."""

    name = "twin-range"
    fields = ("payload", "truncation")

    def ranges(self, spec: "TileSpec") -> int:
        """Return 2."""
        return 2

    def most_decisions(self, spec: "TileSpec") -> int:
        """Return N and the test."""
        return spec.readout_bits + 1

    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Take what `check_ranges` takes."""
        check_ranges(_twins(table), bits=spec.readout_bits, bound=spec.largest_count)

    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the tree of `SearchTree.twin_range`."""
        _twins(table)
        return SearchTree.twin_range(
            *table[0], *table[1], bits=spec.readout_bits, bound=spec.largest_count
        )

    def reset(self, spec: "TileSpec") -> tuple[Entry, ...]:
        """Return a table whose first range holds every count."""
        return ((spec.readout_bits, 0),) * 2

    def plan(self, table: Sequence[Entry], spec: "TileSpec") -> list[tuple[int, int]]:
        """Return the fields of `SearchPlan`."""
        plan = search_plan(*table[0], *table[1], bits=spec.readout_bits, bound=spec.largest_count)
        return [(int(value), 1 if type(value) is bool else spec.readout_bits) for value in plan]


class Ranges(Scheme):
    """Up to K ranges of power-of-two size, tested from the lowest up, bounded or not.

    Where tables scale, those without truncation do: values do not depend on the bound of a read.
    """

    name = "ranges"
    fields = ("base", "payload", "truncation")
    options = ("range_count", "bases", "bounded", "scaled", "contexts")

    def ranges(self, spec: "TileSpec") -> int:
        """Return K, of the design."""
        return spec.range_count

    def engine(self, spec: "TileSpec") -> dict[str, object]:
        """Return K, what bounds a search, and in how many sizes tables come."""
        return {
            "ranges": spec.range_count,
            "bases": spec.bases,
            "largest": None if spec.bounded else spec.largest_count,
            "octaves": spec.octaves if spec.scaled else 0,
        }

    def most_decisions(self, spec: "TileSpec") -> int:
        """Return N and all tests."""
        return spec.readout_bits + spec.range_count - 1

    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Take what `check_ranges` takes, with bins that no edge cuts, and aligned bases if so."""
        if not 1 <= len(table) <= spec.range_count:
            raise ValueError(f"Table must have 1 to {spec.range_count} ranges, not {len(table)}")
        used = check_ranges(_ranges(table), bits=spec.readout_bits, bound=spec.covered)
        check_whole_bins(used)
        if spec.bases == "aligned":
            for index, (one, base) in enumerate(zip(used, implied_bases(used), strict=True)):
                if one.base != base:
                    raise ValueError(
                        f"range {index}: base must be {base}, the edge before it rounded down to a "
                        f"multiple of its size {1 << one.payload}, not {one.base}"
                    )

    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the tree of `SearchTree.ranges`, whose ``dac`` ends at the value."""
        self.check(table, spec)
        shift = 0 if active is None or not _scales(table, spec) else spec.octave_shift(active)
        return SearchTree.ranges(
            _shifted(table, shift),
            bits=spec.readout_bits,
            bound=max(active or 0, 1) if shift else spec.largest_count,
            active=active if spec.bounded else None,
            shows_value=True,
        )

    def classes(
        self, table: Sequence[Entry], spec: "TileSpec"
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return those of `bound_classes` where searches are bounded."""
        if not spec.bounded:
            return super().classes(table, spec)
        bits, bound = spec.readout_bits, spec.largest_count
        if not _scales(table, spec):
            return bound_classes(_ranges(table), bits=bits, bound=bound)
        ends: list[int] = []
        for length in range(1, spec.octaves + 1):
            last = bound if length == spec.octaves else (1 << length) - 1
            copy = _shifted(table, spec.octaves - length)
            largest, _ = bound_classes(copy, bits=bits, bound=last)
            ends += [end for end in largest.tolist() if not ends or end > ends[-1]]
        return np.array(ends), np.searchsorted(ends, np.arange(bound + 1))

    def reset(self, spec: "TileSpec") -> tuple[Entry, ...]:
        """Return one range that holds every count."""
        return ((0, spec.readout_bits, 0),)

    def plan(self, table: Sequence[Entry], spec: "TileSpec") -> list[tuple[int, int]]:
        """Return payload and truncation of every range, with a base in front where it is free."""
        width = spec.range_field_bits
        fields = []
        for base, payload, truncation in self.filled(table, spec):
            # a base that does not fit is of a range behind the last one
            own = (base & spec.largest_code, spec.readout_bits)
            fields += [own] * (spec.bases == "any")
            fields += [(payload, width), (truncation, width)]
        return fields


class RedundantWeights(Scheme):
    """Weights added or subtracted after every answer; early answers may be wrong."""

    name = "redundant"
    options = ("steps",)

    def engine(self, spec: "TileSpec") -> dict[str, object]:
        """Return the weights."""
        return {"steps": spec.steps}

    def most_decisions(self, spec: "TileSpec") -> int:
        """Return the steps and the last decision."""
        return len(spec.steps) + 1

    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Refuse tables."""
        if len(table):
            raise ValueError(f"Table must be empty for redundant weights, not {table!r}")

    def search(self, spec: "TileSpec") -> Redundant:
        """Return the search; it begins where it can go as far down as 0.

        Raises
        ------
        ValueError
            When weights cannot be, or do not reach the largest count.
        """
        search = Redundant(
            bits=spec.readout_bits, start=sum(spec.steps) + 1, weights=tuple(spec.steps)
        )
        if search.largest < spec.bound:
            raise ValueError(
                f"steps must add up to at least {spec.bound // 2} for the count {spec.bound}, "
                f"not {sum(spec.steps)}"
            )
        return search

    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the tree of `SearchTree.redundant`."""
        self.check(table, spec)
        return SearchTree.redundant(self.search(spec), spec.largest_count)


class Outward(Scheme):
    """From the count that is expected of the read outward, one count at a time.

    The table is one density: the expected count for every active row (`hwgen_models.prediction`).
    All that it changes is the decisions: every table is lossless.
    """

    name = "outward"
    fields = ("density",)
    options = ("bounded", "contexts", "density_bits", "patience")

    def ranges(self, spec: "TileSpec") -> int:
        """Return 1: the density."""
        return 1

    def engine(self, spec: "TileSpec") -> dict[str, object]:
        """Return the steps outward after which a search gives up."""
        return {"patience": spec.patience}

    def most_decisions(self, spec: "TileSpec") -> int:
        """Return the first, all steps outward, and N."""
        return 1 + spec.patience + spec.readout_bits

    def check(self, table: Sequence[Entry], spec: "TileSpec") -> None:
        """Take a density below the largest that its bits can say, which is never legal."""
        if len(table) != 1:
            raise ValueError(f"Table must have one density, not {len(table)}")
        most = (1 << spec.density_bits) - 2
        if not 0 <= table[0][0] <= most:
            raise ValueError(f"density must be between 0 and {most}, not {table[0][0]!r}")

    def tree(
        self, table: Sequence[Entry], spec: "TileSpec", active: int | None = None
    ) -> SearchTree:
        """Return the tree of `SearchTree.outward`, by default of a read with the largest bound."""
        self.check(table, spec)
        bound = spec.largest_count if active is None else min(active, spec.largest_count)
        (centre,) = self.centres([table], spec, bound)
        return SearchTree.outward(
            centre, bits=spec.readout_bits, bound=bound, patience=spec.patience
        )

    def classes(
        self, table: Sequence[Entry], spec: "TileSpec"
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Group bounds of equally many bits with the same centre, unless a search reaches them."""
        self.check(table, spec)
        bound = np.arange(spec.largest_count + 1)
        limit = np.minimum(bound, spec.bound)
        centre = centre_of(limit, table[0][0], fraction_bits=spec.density_bits)
        room = np.minimum(limit - centre, spec.patience + 1)
        differs = np.diff([np.frexp(limit)[1], centre, room], axis=1).any(axis=0)
        first = np.flatnonzero(np.insert(differs, 0, True))
        return np.append(first[1:] - 1, bound[-1]), np.cumsum(np.insert(differs, 0, False))

    def reset(self, spec: "TileSpec") -> tuple[Entry, ...]:
        """Return a quarter: of bits by chance half are ones, and half of these have either sign."""
        return ((1 << spec.density_bits >> 2,),)

    def plan(self, table: Sequence[Entry], spec: "TileSpec") -> list[tuple[int, int]]:
        """Return the density, which goes into the centres of the reads."""
        return [(table[0][0], spec.density_bits)]

    def plans(
        self, tables: Sequence[Sequence[Entry]], spec: "TileSpec", *, lane: int
    ) -> list[tuple[int, int]]:
        """Return nothing: lanes get the centres, with the tag of a read."""
        return []

    def centres(
        self, tables: Sequence[Sequence[Entry]], spec: "TileSpec", bound: int
    ) -> tuple[int, ...]:
        """Return `centre_of` of each table."""
        limit = min(bound, spec.bound)
        densities = [table[0][0] for table in tables]
        return tuple(centre_of(limit, densities, fraction_bits=spec.density_bits).tolist())


def _twins(table: Sequence[Entry]) -> list[Range]:
    if len(table) != 2:
        raise ValueError(f"Table must have two ranges, not {len(table)}")
    return twin_ranges(*table[0], *table[1])


def _ranges(table: Sequence[Entry]) -> list[Range]:
    return [Range(*entry) for entry in table]


def _scales(table: Sequence[Entry], spec: "TileSpec") -> bool:
    return spec.scaled and not any(one.truncation for one in _ranges(table))


def _shifted(table: Sequence[Entry], shift: int) -> list[Range]:
    ranges = _ranges(table)
    return scaled_ranges([one.payload for one in ranges], shift) if shift else ranges


SCHEMES: dict[str, Scheme] = {
    one.name: one for one in (Binary(), TwinRange(), Ranges(), Outward(), RedundantWeights())
}


def table_array(spec: "TileSpec", tables: Sequence[Sequence[Entry]]) -> NDArray[np.int64]:
    """Return the tables that a tile holds as numbers, (tables, ranges, fields)."""
    scheme = spec.scheme
    filled = [scheme.filled(table, spec) for table in tables]
    shape = (len(tables), scheme.ranges(spec), len(scheme.fields))
    return np.array(filled, dtype=np.int64).reshape(shape)
