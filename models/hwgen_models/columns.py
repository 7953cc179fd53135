"""Which physical column holds what, and which accumulator its values go to."""

from dataclasses import dataclass
from functools import cached_property

__all__ = ["ColumnMap", "Operation"]


@dataclass(frozen=True)
class Operation:
    """What the values of one column mean to the lane that converts them.

    ``accumulator[destination] += (-1)**negate * (value << (plane height + slice_offset digits))``
    """

    destination: int
    slice_offset: int  # in slices above the accumulator's base slice
    negate: bool  # the polarity differs from the accumulator's
    output: int


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """Column order of an array and what follows from it.

    With O = columns // (slices x polarities) outputs, physical column

    * ``slice_major``: p = (slice * polarities + polarity) * O + output,
    * ``output_major``: p = (output * slices + slice) * polarities + polarity.

    Polarity 0 is positive, 1 negative. Lane l serves columns l * columns_per_lane + k. Its
    accumulators are numbered in the order in which their outputs first appear.

    Parameters
    ----------
    columns : int
        Physical columns of the array.
    slices : int
        Digits of a weight's magnitude.
    polarities : int
        Columns per digit: 2 for differential weights.
    columns_per_lane : int
        Columns that one lane serves; divides `columns`.
    column_order : str
        ``"slice_major"`` or ``"output_major"``.

    Examples
    --------
    >>> order = ColumnMap(columns=128, slices=7, polarities=2, columns_per_lane=8,
    ...                   column_order="slice_major")
    >>> order.outputs, order.lanes, order.destinations, order.trivial
    (9, 16, 8, True)
    >>> order.of(9), order.physical(0, 0, 1), order.of(127)
    ((0, 0, 1), 9, None)
    """

    columns: int
    slices: int
    polarities: int
    columns_per_lane: int
    column_order: str

    @property
    def outputs(self) -> int:
        """Outputs that fit the array."""
        return self.columns // (self.slices * self.polarities)

    @property
    def lanes(self) -> int:
        """Lanes of the array."""
        return self.columns // self.columns_per_lane

    def physical(self, output: int, slice_: int, polarity: int) -> int:
        """Return the physical column of (output, slice, polarity)."""
        if self.column_order == "slice_major":
            return (slice_ * self.polarities + polarity) * self.outputs + output
        return (output * self.slices + slice_) * self.polarities + polarity

    def of(self, physical: int) -> tuple[int, int, int] | None:
        """Return (output, slice, polarity) of a physical column, None for a spare one."""
        if physical >= self.outputs * self.slices * self.polarities:
            return None
        if self.column_order == "slice_major":
            above, output = divmod(physical, self.outputs)
            slice_, polarity = divmod(above, self.polarities)
        else:
            above, polarity = divmod(physical, self.polarities)
            output, slice_ = divmod(above, self.slices)
        return output, slice_, polarity

    def lane_columns(self, lane: int) -> list[Operation | None]:
        """Return the operation of every column of a lane, None for columns that are never used."""
        return self._lanes[lane][0]

    def base(self, lane: int, destination: int) -> tuple[int, int, bool]:
        """Return (output, base slice, negative) of an accumulator: what the splice applies."""
        return self._lanes[lane][1][destination]

    @property
    def destinations(self) -> int:
        """Accumulators per lane: the most that any lane needs."""
        return max(len(bases) for _, bases in self._lanes)

    @property
    def trivial(self) -> bool:
        """Column k of every lane goes to accumulator k, unshifted and with the splice's sign."""
        return all(
            column is None or (column.destination, column.slice_offset, column.negate) == (k, 0, 0)
            for columns, _ in self._lanes
            for k, column in enumerate(columns)
        )

    @cached_property
    def _lanes(self) -> list[tuple[list[Operation | None], list[tuple[int, int, bool]]]]:
        return [self._lane(lane) for lane in range(self.lanes)]

    def _lane(self, lane: int):
        first = lane * self.columns_per_lane
        held = [self.of(p) for p in range(first, first + self.columns_per_lane)]
        outputs = list(dict.fromkeys(column[0] for column in held if column))
        bases = []
        for output in outputs:
            own = [column for column in held if column and column[0] == output]
            bases.append((output, min(c[1] for c in own), all(c[2] == 1 for c in own)))
        columns: list[Operation | None] = []
        for column in held:
            if column is None:
                columns.append(None)
                continue
            output, slice_, polarity = column
            destination = outputs.index(output)
            _, base_slice, negative = bases[destination]
            columns.append(
                Operation(destination, slice_ - base_slice, (polarity == 1) != negative, output)
            )
        return columns, bases
