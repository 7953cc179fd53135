"""The numbers that define a tile, and everything that follows from them alone."""

from dataclasses import dataclass, fields
from functools import cached_property

from hwgen_models.columns import COLUMN_ORDERS, ColumnMap
from hwgen_models.row_drive import plane_weights

__all__ = ["SEARCHES", "TileSpec"]

SEARCHES = ("binary", "twin-range")
KINDS = {int: "an integer", bool: "true or false", str: "a word"}


@dataclass(frozen=True, kw_only=True)
class TileSpec:
    """Shapes, widths and times of one tile: plain values, the ``parameters`` of a manifest.

    ``TileSpec(**manifest["parameters"])`` reads one, ``dataclasses.asdict(spec)`` writes one.
    Defaults are those of the preset ``baseline``. Times are in clock cycles; what they mean is
    said in ``docs/architecture.md``, section 5.

    Parameters
    ----------
    rows, columns : int
        Word lines R and bit lines C of the array.
    cell_bits : int
        Bits that a cell stores.
    column_order : str
        ``"slice_major"`` or ``"output_major"``, see `ColumnMap`.
    slices : int
        Digits of a weight's magnitude, one column each.
    polarities : int
        Columns per digit; 2, differential weights.
    input_bits : int
        Width of an input, B.
    signed_inputs : bool
        Inputs are two's complement: the last plane weighs -2^(B-1). Needs `dac_bits` 1.
    dac_bits : int
        Width of the digit that a word line carries in one read.
    search : str
        ``"binary"`` or ``"twin-range"``.
    readout_bits : int
        Width of a threshold code, N.
    saturate : bool
        Counts above 2^N - 1 are allowed and read as 2^N - 1.
    columns_per_lane : int
        Columns that a lane serves in turn.
    banks : int
        Sample-and-holds of a column, 1 or 2.
    row_tiles : int
        Tiles that may be chained through ``y_in``: the widths of ``y`` allow for as many.
    y_in : bool
        The port ``y_in`` exists.
    x_elements : int
        Inputs per beat of ``x``.
    compare_stages : int
        Flip-flops behind the one that ``compare`` enters, 0 to 2.
    settle_row, sample_cycles, settle_mux, acquire_cycles, settle_dac, compare_latency : int
        Times; at least 2, 1, 0, 1, 0 and 2 + `compare_stages`.

    Raises
    ------
    ValueError
        When a value or a combination is impossible; one line that names it.
    """

    rows: int = 128
    columns: int = 128
    cell_bits: int = 1
    column_order: str = "slice_major"
    slices: int = 7
    polarities: int = 2
    input_bits: int = 8
    signed_inputs: bool = False
    dac_bits: int = 1
    search: str = "binary"
    readout_bits: int = 8
    saturate: bool = False
    columns_per_lane: int = 8
    banks: int = 2
    row_tiles: int = 64
    y_in: bool = True
    x_elements: int = 8
    compare_stages: int = 0
    settle_row: int = 4
    sample_cycles: int = 1
    settle_mux: int = 1
    acquire_cycles: int = 1
    settle_dac: int = 0
    compare_latency: int = 2

    def __post_init__(self) -> None:
        self._check_types()
        for name, allowed in (
            ("column_order", COLUMN_ORDERS),
            ("search", SEARCHES),
            ("polarities", (2,)),
            ("banks", (1, 2)),
            ("compare_stages", (0, 1, 2)),
        ):
            value = getattr(self, name)
            if value not in allowed:
                choice = " or ".join(map(str, allowed))
                raise ValueError(f"{name} must be {choice}, not {value!r}")
        for name, least in (
            ("rows", 1),
            ("cell_bits", 1),
            ("slices", 1),
            ("input_bits", 1),
            ("dac_bits", 1),
            ("readout_bits", 1),
            ("row_tiles", 1),
            ("x_elements", 1),
            ("settle_row", 2),
            ("sample_cycles", 1),
            ("settle_mux", 0),
            ("acquire_cycles", 1),
            ("settle_dac", 0),
            ("compare_latency", 2 + self.compare_stages),
        ):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value!r}")
        if self.rows % self.x_elements:
            raise ValueError(
                f"rows must be a multiple of x_elements = {self.x_elements}, not {self.rows!r}"
            )
        if self.signed_inputs and self.dac_bits != 1:
            raise ValueError(f"dac_bits must be 1 for signed inputs, not {self.dac_bits!r}")
        if not self.saturate and self.largest_count > self.largest_code:
            raise ValueError(
                f"readout_bits must resolve the largest count {self.largest_count} "
                f"(or saturate), not {self.readout_bits!r}"
            )
        _ = self.column_map  # checks what concerns columns

    def _check_types(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not type(field.default):
                kind = KINDS[type(field.default)]
                raise TypeError(f"{field.name} must be {kind}, not {value!r}")

    # Shapes

    @property
    def planes(self) -> int:
        """Planes of a vector: reads at most."""
        return -(-self.input_bits // self.dac_bits)

    @property
    def lanes(self) -> int:
        """Readout lanes."""
        return self.columns // self.columns_per_lane

    @property
    def outputs(self) -> int:
        """Outputs that fit the array, O."""
        return self.columns // (self.slices * self.polarities)

    @property
    def beats(self) -> int:
        """Beats of ``x`` that make a vector."""
        return self.rows // self.x_elements

    @cached_property
    def column_map(self) -> ColumnMap:
        """The order of columns."""
        return ColumnMap(
            columns=self.columns,
            slices=self.slices,
            polarities=self.polarities,
            columns_per_lane=self.columns_per_lane,
            column_order=self.column_order,
        )

    @property
    def destinations(self) -> int:
        """Accumulators of a lane."""
        return self.column_map.destinations

    # Numbers

    @property
    def largest_active(self) -> int:
        """Largest sum of driven digits, U."""
        return self.rows * ((1 << self.dac_bits) - 1)

    @property
    def largest_count(self) -> int:
        """Largest count that a column can yield."""
        return self.largest_active * ((1 << self.cell_bits) - 1)

    @property
    def largest_code(self) -> int:
        """Largest threshold code, 2^N - 1."""
        return (1 << self.readout_bits) - 1

    @property
    def bound(self) -> int:
        """Largest count that a conversion has to tell: the largest, or where it saturates."""
        return min(self.largest_count, self.largest_code)

    @property
    def value_max(self) -> int:
        """Largest value of any leaf of any table, which a wrong comparator may reach: 2^N - 1."""
        return self.largest_code

    @cached_property
    def accumulator_range(self) -> range:
        r"""Values that any accumulator of any lane can take, at any time.

        Exact for values :math:`0 \ldots v_{max}`: for every accumulator the sum over planes and
        columns of what adds, and of what subtracts; the range covers all accumulators.
        """
        lows, highs = [0], [0]
        for lane in range(self.lanes):
            low = [0] * self.destinations
            high = [0] * self.destinations
            for operation in self.column_map.lane_columns(lane):
                if operation is None:
                    continue
                adds, subtracts = self._reach(operation.slice_offset, negative=operation.negate)
                high[operation.destination] += adds
                low[operation.destination] -= subtracts
            lows += low
            highs += high
        return range(min(lows), max(highs) + 1)

    @cached_property
    def tile_range(self) -> range:
        """Values that an output's sum over planes, slices and polarities can take."""
        shares = [
            self._reach(s, negative=polarity == 1)
            for s in range(self.slices)
            for polarity in range(self.polarities)
        ]
        return range(-sum(share[1] for share in shares), sum(share[0] for share in shares) + 1)

    @property
    def y_range(self) -> range:
        """Values of ``y`` and ``y_in``: those of `row_tiles` tiles, and one more for constants."""
        scale = self.row_tiles + 1
        return range(self.tile_range[0] * scale, self.tile_range[-1] * scale + 1)

    @property
    def y_bits(self) -> int:
        """Width of ``y``, two's complement."""
        return 1 + max(self.y_range[-1].bit_length(), (-self.y_range[0] - 1).bit_length())

    def _reach(self, slice_offset: int, *, negative: bool) -> tuple[int, int]:
        """Return the most that one column adds to a sum over all planes, and subtracts from it."""
        weights = plane_weights(
            input_bits=self.input_bits, dac_bits=self.dac_bits, signed=self.signed_inputs
        ).tolist()
        scale = self.value_max << (slice_offset * self.cell_bits)
        up = scale * sum(weight for weight in weights if weight > 0)
        down = scale * -sum(weight for weight in weights if weight < 0)
        return (down, up) if negative else (up, down)

    # Times

    @property
    def decision_cycles(self) -> int:
        """Cycles of a decision, D."""
        return self.settle_dac + self.compare_latency

    @property
    def overhead_cycles(self) -> int:
        """Cycles of a conversion without any decision."""
        return self.settle_mux + self.acquire_cycles

    @property
    def most_decisions(self) -> int:
        """Decisions of the longest conversion of any table: N, and one test with two ranges."""
        return self.readout_bits + (self.search == "twin-range")

    @property
    def longest_conversion(self) -> int:
        """Cycles of the longest conversion of any table."""
        return self.conversion_cycles(self.most_decisions)

    def conversion_cycles(self, decisions: int) -> int:
        """Return the cycles of a conversion with so many decisions."""
        return self.overhead_cycles + decisions * self.decision_cycles
