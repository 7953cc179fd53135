"""The numbers that define a tile, and everything that follows from them alone."""

from collections.abc import Sequence
from dataclasses import Field, dataclass, fields, replace
from functools import cached_property

from hwgen_models.columns import COLUMN_ORDERS, ColumnMap
from hwgen_models.row_drive import plane_weights
from hwgen_models.schemes import SCHEMES, RedundantWeights, Scheme

__all__ = ["BASES", "CONTEXTS", "MOST_DENSITY_BITS", "MOST_PATIENCE", "MOST_RANGES", "TileSpec"]

BASES = ("aligned", "any")
CONTEXTS = ("network", "slice")
MOST_RANGES = 8
MOST_DENSITY_BITS = 8
MOST_PATIENCE = 31
OPTIONS = {name for scheme in SCHEMES.values() for name in scheme.options}
KINDS = {int: "an integer", bool: "true or false", str: "a word", tuple: "numbers"}


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
        ``"binary"``, ``"twin-range"``, ``"ranges"``, ``"outward"`` or ``"redundant"``, see
        `hwgen_models.schemes`.
    range_count : int
        Most ranges of a table, 1 to 8; of ``"ranges"`` only, like `bases` and `scaled`.
    bases : str
        ``"aligned"``: the base of a range is a multiple of its size; or ``"any"``.
    bounded : bool
        The active rows of a read bound its searches; always those of ``"outward"``.
    scaled : bool
        A table without truncation is that of the largest bounds; reads whose bound is s bits
        shorter have ranges that are 2^s times smaller. Needs `bounded` and aligned bases.
    contexts : str
        ``"network"``: the tile holds one table; ``"slice"``: one for each slice.
    density_bits : int
        Width of a density, q, 2 to 8; of ``"outward"`` only, like `patience`.
    patience : int
        Most steps outward, 1 to 31.
    steps : tuple of int
        What every step of ``"redundant"`` adds or subtracts; empty for others. A list will do.
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
    range_count: int = 4
    bases: str = "aligned"
    bounded: bool = False
    scaled: bool = False
    contexts: str = "network"
    density_bits: int = 6
    patience: int = 8
    steps: tuple[int, ...] = ()
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
        if isinstance(self.steps, list):  # JSON has no tuples
            object.__setattr__(self, "steps", tuple(self.steps))
        self._check_types()
        for name, allowed in (
            ("column_order", COLUMN_ORDERS),
            ("search", tuple(SCHEMES)),
            ("range_count", range(1, MOST_RANGES + 1)),
            ("bases", BASES),
            ("contexts", CONTEXTS),
            ("density_bits", range(2, MOST_DENSITY_BITS + 1)),
            ("polarities", (2,)),
            ("banks", (1, 2)),
            ("compare_stages", (0, 1, 2)),
        ):
            value = getattr(self, name)
            if value not in allowed:
                choice = _choice(allowed)
                raise ValueError(f"{name} must be {choice}, not {value!r}")
        for name, least in (
            ("rows", 1),
            ("cell_bits", 1),
            ("slices", 1),
            ("input_bits", 1),
            ("dac_bits", 1),
            ("readout_bits", 1),
            ("patience", 1),
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
        for field in fields(self):
            if field.name in OPTIONS and field.name not in self.scheme.options:
                self._check_default(field)
        if self.scaled and not (self.bounded and self.bases == "aligned"):
            raise ValueError("scaled must be False without a bound or with any bases, not True")
        if self.patience > MOST_PATIENCE:
            raise ValueError(f"patience must be at most {MOST_PATIENCE}, not {self.patience!r}")
        if self.has_centres and not self.bounded:
            raise ValueError(f"bounded must be True for search {self.search!r}, not False")
        _ = self.column_map  # checks what concerns columns
        if isinstance(self.scheme, RedundantWeights):
            self.scheme.search(self)  # checks the weights

    def _check_default(self, field: Field[object]) -> None:
        value = getattr(self, field.name)
        if value != field.default:
            raise ValueError(
                f"{field.name} must be {field.default!r} for search {self.search!r}, not {value!r}"
            )

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
    def largest_digit(self) -> int:
        """Largest digit of a cell: what an active row adds to a count at most."""
        return (1 << self.cell_bits) - 1

    @property
    def largest_count(self) -> int:
        """Largest count that a column can yield."""
        return self.largest_active * self.largest_digit

    @property
    def largest_code(self) -> int:
        """Largest threshold code, 2^N - 1."""
        return (1 << self.readout_bits) - 1

    @property
    def bound(self) -> int:
        """Largest count that a conversion has to tell: the largest, or where it saturates."""
        return min(self.largest_count, self.largest_code)

    @property
    def octaves(self) -> int:
        """Lengths in bits that the bound of a read can have, 1 to that of the largest."""
        return self.bound.bit_length()

    def octave_shift(self, bound: int) -> int:
        """Return how many bits the bound of a read is shorter than the largest.

        >>> spec = TileSpec()
        >>> [spec.octave_shift(bound) for bound in (128, 127, 1, 0)]
        [0, 1, 7, 7]
        """
        return self.octaves - max(1, min(bound, self.bound).bit_length())

    @property
    def covered(self) -> int:
        """Count that every table must hold: the largest; of scaled ones all of as many bits."""
        return (1 << self.octaves) - 1 if self.scaled else self.largest_count

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

    # Tables

    @property
    def scheme(self) -> Scheme:
        """What `search` names."""
        return SCHEMES[self.search]

    @property
    def table_count(self) -> int:
        """Tables that the tile holds: one, or one for each slice."""
        return self.slices if self.contexts == "slice" else 1

    @property
    def binary(self) -> "TileSpec":
        """The same tile with a binary search."""
        plain = {field.name: field.default for field in fields(self) if field.name in OPTIONS}
        return replace(self, search="binary", **plain)

    @property
    def table_port(self) -> dict[str, object]:
        """What the registers of the table port are made of, by name."""
        return {
            "bits": self.readout_bits,
            "outputs": self.outputs,
            "ranges": self.scheme.ranges(self),
            "bases": self.bases if "bases" in self.scheme.options else "zero",
            "tables": self.table_count,
            "density_bits": self.density_bits if self.has_centres else 0,
        }

    @property
    def has_centres(self) -> bool:
        """Reads tell what counts are expected."""
        return "density_bits" in self.scheme.options

    def lane_slices(self, lane: int) -> list[int]:
        """Return the slices whose tables a lane reads, ascending.

        All lanes have room for as many (`lane_tables`); what a lane does not need repeats its last.
        One table for all is that of slice 0.
        """
        if self.table_count == 1:
            return [0]
        found = self._slices_of(lane) or [0]
        return found + found[-1:] * (self.lane_tables - len(found))

    @cached_property
    def lane_tables(self) -> int:
        """Tables that a lane chooses from, column by column."""
        if self.table_count == 1:
            return 1
        return max(len(self._slices_of(lane)) for lane in range(self.lanes))

    def lane_table_of(self, lane: int) -> list[int]:
        """Return which of its tables a lane reads, by column; 0 for columns that are not used."""
        slices = self.lane_slices(lane)
        first = lane * self.columns_per_lane
        columns = [self.column_map.of(first + k) for k in range(self.columns_per_lane)]
        if self.table_count == 1:
            return [0] * len(columns)
        return [slices.index(column.slice) if column else 0 for column in columns]

    def _slices_of(self, lane: int) -> list[int]:
        first = lane * self.columns_per_lane
        columns = [self.column_map.of(first + k) for k in range(self.columns_per_lane)]
        return sorted({column.slice for column in columns if column})

    @property
    def range_field_bits(self) -> int:
        """Width of a payload or a truncation: one more than the largest legal value fits too."""
        return (self.readout_bits + 1).bit_length()

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
        """Decisions of the longest conversion of any table."""
        return self.scheme.most_decisions(self)

    @property
    def longest_conversion(self) -> int:
        """Cycles of the longest conversion of any table."""
        return self.conversion_cycles(self.most_decisions)

    def conversion_cycles(self, decisions: int) -> int:
        """Return the cycles of a conversion with so many decisions."""
        return self.overhead_cycles + decisions * self.decision_cycles


def _choice(allowed: Sequence[object]) -> str:
    """Write down what a value may be: "1 or 2", "a, b or c"."""
    *first, last = map(str, allowed)
    return f"{', '.join(first)} or {last}" if first else last
