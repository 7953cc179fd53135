"""The shapes, widths and times of a tile, and every number that follows from them."""

from dataclasses import dataclass
from functools import cached_property

from hwgen_models.columns import ColumnMap

__all__ = ["TileSpec"]


@dataclass(frozen=True, kw_only=True)
class TileSpec:
    """Plain parameters of a tile: what a design file comes to, and what a manifest carries.

    Widths follow from ranges and ranges from these numbers, so that nothing is ever cut off.
    """

    rows: int  # word lines
    columns: int  # bit lines
    cell_bits: int  # digit that one cell stores
    column_order: str  # "slice_major" or "output_major"
    slices: int  # digits of a weight's magnitude
    polarities: int  # columns per digit
    input_bits: int
    signed_inputs: bool  # two's complement planes, the last one subtracts
    dac_bits: int  # digit that one plane drives
    search: str  # "binary" or "twin-range"
    readout_bits: int  # N
    saturate: bool  # counts above 2**N - 1 are cut, not impossible
    columns_per_lane: int
    banks: int  # sample-and-holds per column
    row_tiles: int  # most tiles whose partial sums are chained
    y_in: bool
    x_elements: int  # inputs per beat of x
    compare_stages: int  # flip-flops behind the one that compare enters
    settle_row: int  # this and all below: cycles
    sample_cycles: int
    settle_mux: int
    acquire_cycles: int
    settle_dac: int
    compare_latency: int

    @property
    def planes(self) -> int:
        """Planes of a vector: ceil(input_bits / dac_bits)."""
        return -(-self.input_bits // self.dac_bits)

    @property
    def lanes(self) -> int:
        """Readout lanes."""
        return self.columns // self.columns_per_lane

    @cached_property
    def column_map(self) -> ColumnMap:
        """Column order and the operations that follow from it."""
        return ColumnMap(
            columns=self.columns,
            slices=self.slices,
            polarities=self.polarities,
            columns_per_lane=self.columns_per_lane,
            column_order=self.column_order,
        )

    @property
    def outputs(self) -> int:
        """Outputs that fit the array."""
        return self.column_map.outputs

    @property
    def destinations(self) -> int:
        """Accumulators per lane."""
        return self.column_map.destinations

    @property
    def largest_count(self) -> int:
        """Every row driven fully onto a full cell: the bound of every count."""
        return self.rows * (2**self.dac_bits - 1) * (2**self.cell_bits - 1)

    @property
    def value_max(self) -> int:
        """Largest value a conversion can end with, whatever the comparator answers."""
        return 2**self.readout_bits - 1

    @property
    def _plane_weights(self) -> tuple[int, int]:
        """Sum of the weights of the planes that add, and of those that subtract."""
        weights = [2 ** (t * self.dac_bits) for t in range(self.planes)]
        negative = weights.pop() if self.signed_inputs else 0
        return sum(weights), negative

    @cached_property
    def accumulator_range(self) -> range:
        """Values that any accumulator of any lane can take."""
        adds, subtracts = self._plane_weights
        low = high = 0
        for lane in range(self.lanes):
            reach: dict[int, list[int]] = {}
            for column in self.column_map.lane_columns(lane):
                if column:
                    weight = self.value_max << (column.slice_offset * self.cell_bits)
                    up, down = (subtracts, adds) if column.negate else (adds, subtracts)
                    ends = reach.setdefault(column.destination, [0, 0])
                    ends[0] -= weight * down
                    ends[1] += weight * up
            low = min([low, *(ends[0] for ends in reach.values())])
            high = max([high, *(ends[1] for ends in reach.values())])
        return range(low, high + 1)

    @property
    def tile_range(self) -> range:
        """Values that the tile's own sum of one output can take."""
        adds, subtracts = self._plane_weights
        column = self.value_max * sum(2 ** (s * self.cell_bits) for s in range(self.slices))
        if self.polarities == 1:
            return range(-column * subtracts, column * adds + 1)
        reach = column * (adds + subtracts)
        return range(-reach, reach + 1)

    @property
    def y_range(self) -> range:
        """Values of ``y`` and ``y_in``: `row_tiles` tiles, and constants worth one tile more."""
        tiles = self.row_tiles + 1
        own = self.tile_range
        return range(own.start * tiles, (own.stop - 1) * tiles + 1)

    @property
    def y_bits(self) -> int:
        """Width of ``y`` and ``y_in``, two's complement."""
        low, high = self.y_range.start, self.y_range.stop - 1
        if low >= 0:
            return high.bit_length()
        return 1 + max(high.bit_length(), (-low - 1).bit_length())

    @property
    def decision_cycles(self) -> int:
        """Cycles of one decision, D."""
        return self.settle_dac + self.compare_latency

    @property
    def overhead_cycles(self) -> int:
        """Cycles of a conversion besides its decisions."""
        return self.settle_mux + self.acquire_cycles

    @property
    def most_decisions(self) -> int:
        """Decisions of the longest conversion: a twin-range search may test before all bits."""
        return self.readout_bits + (self.search == "twin-range")

    @property
    def longest_conversion(self) -> int:
        """Cycles of the longest conversion."""
        return self.overhead_cycles + self.most_decisions * self.decision_cycles
