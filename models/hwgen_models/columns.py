"""Which weight digit a column holds, and what its values mean to the lane that serves it."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

__all__ = ["COLUMN_ORDERS", "Base", "Column", "ColumnMap", "Operation"]

COLUMN_ORDERS = ("slice_major", "output_major")


class Column(NamedTuple):
    """A logical column: slice `slice` of output `output`, polarity 0 (positive) or 1 (negative)."""

    output: int
    slice: int
    polarity: int


class Operation(NamedTuple):
    """What a lane does with the values of one of its columns.

    Parameters
    ----------
    destination : int
        Accumulator of the lane.
    slice_offset : int
        Slices above the accumulator's base slice; the shift is this times `cell_bits`.
    negate : bool
        The column's polarity differs from the accumulator's.
    output : int
        Output that the accumulator belongs to: the column is converted when it is in use.
    """

    destination: int
    slice_offset: int
    negate: bool
    output: int


class Base(NamedTuple):
    """What an accumulator of a lane contributes to: the splice adds ``+-(a << slice * cell_bits)``.

    Parameters
    ----------
    output : int
        Output that it is part of.
    slice : int
        Smallest slice among its columns.
    negative : bool
        All its columns hold negative weights.
    """

    output: int
    slice: int
    negative: bool


@dataclass(frozen=True)
class ColumnMap:
    """The order of columns in an array, and the constants that follow from it.

    O = `columns` // (`slices` x `polarities`) outputs fit. Column p of the array holds

    - ``slice_major``: p = (slice * polarities + polarity) * O + output
    - ``output_major``: p = (output * slices + slice) * polarities + polarity

    Columns from O * slices * polarities up hold nothing and are never converted. Lane l serves
    columns l * `columns_per_lane` + k, k ascending. Its accumulators are numbered in the order in
    which their outputs first appear among its columns.

    The architecture is this project's own (``docs/architecture.md``, section 3).

    Parameters
    ----------
    columns : int
        Physical columns (bit lines) of the array.
    slices : int
        Digits of a weight's magnitude.
    polarities : int
        Columns per digit: 2 for differential weights.
    columns_per_lane : int
        Columns that a lane serves in turn; divides `columns`.
    column_order : str
        ``"slice_major"`` or ``"output_major"``.

    Examples
    --------
    >>> order = ColumnMap(columns=8, slices=2, polarities=2, columns_per_lane=4)
    >>> [tuple(order.of(p)) for p in range(4)]
    [(0, 0, 0), (1, 0, 0), (0, 0, 1), (1, 0, 1)]
    >>> order.lane_columns(0)[2]
    Operation(destination=0, slice_offset=0, negate=True, output=0)
    """

    columns: int
    slices: int
    polarities: int
    columns_per_lane: int
    column_order: str = "slice_major"

    def __post_init__(self) -> None:
        for name in ("columns", "slices", "polarities", "columns_per_lane"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be a positive integer, not {value!r}")
        if self.column_order not in COLUMN_ORDERS:
            orders = " or ".join(COLUMN_ORDERS)
            raise ValueError(f"column_order must be {orders}, not {self.column_order!r}")
        if self.columns % self.columns_per_lane:
            raise ValueError(
                f"columns must be a multiple of columns_per_lane = {self.columns_per_lane}, "
                f"not {self.columns!r}"
            )
        if self.columns < self.slices * self.polarities:
            raise ValueError(
                f"columns must hold at least one output of {self.slices * self.polarities} "
                f"columns, not {self.columns!r}"
            )

    @property
    def outputs(self) -> int:
        """Outputs that fit the array, O."""
        return self.columns // (self.slices * self.polarities)

    @property
    def lanes(self) -> int:
        """Readout lanes."""
        return self.columns // self.columns_per_lane

    @property
    def used(self) -> int:
        """Columns that hold something: the physical columns 0 .. used - 1."""
        return self.outputs * self.slices * self.polarities

    def of(self, physical: int) -> Column | None:
        """Return what a physical column holds; None where it holds nothing."""
        if not 0 <= physical < self.columns:
            raise IndexError(f"Column must be between 0 and {self.columns - 1}, not {physical!r}")
        if physical >= self.used:
            return None
        if self.column_order == "slice_major":
            digit, output = divmod(physical, self.outputs)
            return Column(output, *divmod(digit, self.polarities))
        digit, polarity = divmod(physical, self.polarities)
        return Column(*divmod(digit, self.slices), polarity)

    def physical(self, output: int, slice: int, polarity: int) -> int:  # noqa: A002
        """Return the physical column of a logical one: the inverse of `of`."""
        for name, value, stop in (
            ("Output", output, self.outputs),
            ("Slice", slice, self.slices),
            ("Polarity", polarity, self.polarities),
        ):
            if not 0 <= value < stop:
                raise IndexError(f"{name} must be between 0 and {stop - 1}, not {value!r}")
        if self.column_order == "slice_major":
            return (slice * self.polarities + polarity) * self.outputs + output
        return (output * self.slices + slice) * self.polarities + polarity

    def lane_columns(self, lane: int) -> list[Operation | None]:
        """Return the operation of every column of a lane in ascending order, `None` when unused."""
        bases = self._bases[lane]
        destinations = {base.output: d for d, base in enumerate(bases)}
        operations: list[Operation | None] = []
        for column in self._held(lane):
            if column is None:
                operations.append(None)
                continue
            destination = destinations[column.output]
            base = bases[destination]
            operations.append(
                Operation(
                    destination=destination,
                    slice_offset=column.slice - base.slice,
                    negate=bool(column.polarity) != base.negative,
                    output=column.output,
                )
            )
        return operations

    def lane_destinations(self, lane: int) -> int:
        """Return how many accumulators a lane needs, possibly none."""
        return len(self._bases[lane])

    def base(self, lane: int, destination: int) -> Base:
        """Return what an accumulator of a lane contributes to: (output, slice, negative)."""
        return self._bases[lane][destination]

    @property
    def destinations(self) -> int:
        """Accumulators of the lane that needs most."""
        return max(len(bases) for bases in self._bases)

    @cached_property
    def trivial(self) -> bool:
        """Whether lanes need no constants per column: column k simply adds to accumulator k."""
        return all(
            operation is None or operation[:3] == (k, 0, False)
            for lane in range(self.lanes)
            for k, operation in enumerate(self.lane_columns(lane))
        )

    def _held(self, lane: int) -> list[Column | None]:
        first = lane * self.columns_per_lane
        return [self.of(p) for p in range(first, first + self.columns_per_lane)]

    @cached_property
    def _bases(self) -> list[list[Base]]:
        """Accumulators of every lane, in the order in which their outputs first appear."""
        lanes = []
        for lane in range(self.lanes):
            found: dict[int, list[Column]] = {}
            for column in self._held(lane):
                if column is not None:
                    found.setdefault(column.output, []).append(column)
            lanes.append([
                Base(
                    output=output,
                    slice=min(column.slice for column in columns),
                    negative=all(column.polarity == 1 for column in columns),
                )
                for output, columns in found.items()
            ])
        return lanes
