"""The keys of a design file: names, units, limits, defaults and meanings, each said once.

Messages, the JSON Schema and ``docs/design-file.md`` are all printed from these models. What two
keys must be to each other is checked in `hwgen.config`.
"""

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    Strict,
    StringConstraints,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

__all__ = [
    "MOST_BITS",
    "MOST_LANES",
    "MOST_RANGES",
    "MOST_ROW_TILES",
    "Accumulate",
    "AdcKeys",
    "Array",
    "ArrayEnergyKeys",
    "Device",
    "Energy",
    "Inputs",
    "Interface",
    "LayerTable",
    "Measured",
    "RangeKeys",
    "Ranges",
    "Readout",
    "Reset",
    "Section",
    "Tables",
    "Text",
    "Timing",
    "Weights",
    "bare",
    "collection",
    "constraint",
    "integer",
    "key",
    "number",
    "section",
]

MOST_LANES = 256  # every lane has pins of its own; simulators choke on thousands of ports
MOST_ROW_TILES = 4096
MOST_BITS = 12  # of a readout
MOST_RANGES = 8
MOST_DENSITY_BITS = 8
MOST_PATIENCE = 31
RANGE_FIELDS = ("base", "payload", "truncation")
MOST_STEPS = 2 * MOST_BITS

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


FilePath = Annotated[str, StringConstraints(max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Section(BaseModel):
    """Base of every mapping in a design file: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def key(default: object, about: str, **notes: str) -> Any:
    """Declare a key: its default, its meaning, and `notes` that its type cannot say.

    Parameters
    ----------
    default : object
        Value of a file that neither gives nor inherits the key; ``...`` when it must be given.
    about : str
        One or two sentences.
    notes : str
        ``unit``; ``constraint``, said instead of what follows from the type; ``default_text``,
        said instead of a default that is computed.
    """
    return Field(default, description=about, json_schema_extra=dict(notes))


def number(default: object, low: float, high: float, unit: str, about: str, **notes: str) -> Any:
    """Declare a number from `low` to `high`; its type says whether it may have a fraction."""
    notes |= {"unit": unit}
    return Field(default, ge=low, le=high, description=about, json_schema_extra=dict(notes))


def integer(default: object, low: int, high: int, unit: str, about: str, **notes: str) -> Any:
    """Declare an integer key from `low` to `high`."""
    return number(default, low, high, unit, about, **notes)


def section(kind: type["Section"]) -> Any:
    """Declare a key that holds a mapping, with the defaults of its keys."""
    return Field(default_factory=kind, description=kind.__doc__)


class Array(Section):
    """The crossbar."""

    rows: int = integer(128, 1, 1024, "rows", "Word lines.")
    columns: int = integer(128, 1, 1024, "columns", "Bit lines.")
    cell_bits: int = integer(1, 1, 4, "bits", "Bits that one cell stores.")
    column_order: Literal["slice_major", "output_major"] = key(
        "slice_major",
        "Which physical column holds which slice: all outputs of one slice side by side, or all "
        "slices of one output.",
    )


class Weights(Section):
    """How weights become cells."""

    bits: int = integer(8, 2, 16, "bits", "Two's complement width of a weight.")
    encoding: Literal["differential"] = key(
        "differential",
        "A column for positive and one for negative magnitudes.",
        constraint="'differential' ('offset' and 'flip' coding are not available yet)",
    )
    slices: int | None = integer(
        None,
        1,
        16,
        "columns",
        "Columns per output and polarity. Null: enough for the magnitudes -(2^(bits-1)-1) .. "
        "2^(bits-1)-1; enough for `bits` bits also stores the most negative weight.",
        default_text="ceil((weights.bits - 1) / array.cell_bits)",
    )


class Inputs(Section):
    """How inputs become planes."""

    bits: int = integer(8, 1, 16, "bits", "Width of an input.")
    signed: bool = key(
        False, "Two's complement inputs, whose last plane subtracts; needs `dac_bits` 1."
    )
    dac_bits: int = integer(1, 1, 4, "bits", "Bits of an input that one read drives.")


class RangeKeys(Section):
    """One range of a search, or its density; `[payload, truncation]`, `[base, payload, truncation]`
    and `[density]` say the same in short.
    """

    base: int | None = integer(
        None,
        0,
        2**MOST_BITS - 1,
        "counts",
        "First count of the range, kind 'ranges' only. Null: the end of the range before it, for "
        "`bases: aligned` rounded down to a multiple of 2^payload.",
        default_text="null",
    )
    payload: int = integer(
        ...,
        0,
        MOST_BITS,
        "bits",
        "The range holds counts below base + 2^payload that no earlier range holds.",
    )
    truncation: int = integer(0, 0, MOST_BITS, "bits", "Low bits that are not searched.")
    density: int | None = integer(
        None,
        0,
        2**MOST_DENSITY_BITS - 2,
        "2^-density_bits",
        "Kind 'outward' only, in place of all others: what part of its bound a count is "
        "expected to be.",
        default_text="null",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, value: object) -> object:
        if isinstance(value, list) and len(value) == 1:
            value = {"density": value[0]}
        if isinstance(value, dict) and set(value) == {"density"} and value["density"] is not None:
            return value | {"payload": 0}  # which there is none of
        names = RANGE_FIELDS
        short = isinstance(value, list) and len(names) - 1 <= len(value) <= len(names)
        return dict(zip(names[-len(value) :], value, strict=True)) if short else value

    @model_serializer(mode="wrap")
    def _without_null(self, handler: SerializerFunctionWrapHandler) -> dict[str, int]:
        if self.density is not None:
            return {"density": self.density}
        return {name: value for name, value in handler(self).items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(core_schema)
        held = handler.resolve_ref_schema(found)
        mapping = dict(held)
        fields = dict(mapping["properties"])
        density = {"density": fields.pop("density")}
        keys = {
            name: {
                key: value
                for key, value in field.get("anyOf", [field])[0].items()
                if key in {"type", "minimum", "maximum"}
            }
            for name, field in (fields | density).items()
        }
        lists = [
            {
                "type": "array",
                "prefixItems": [keys[name] for name in some],
                "minItems": len(some),
                "maxItems": len(some),
            }
            for some in (RANGE_FIELDS[1:], RANGE_FIELDS, ("density",))
        ]
        held.clear()
        mappings = [
            mapping | {"properties": fields},
            mapping | {"properties": density, "required": ["density"]},
        ]
        held["anyOf"] = [*mappings, *lists]
        return found


# YAML has lists; the items stay strict.
Ranges = Annotated[tuple[RangeKeys, ...], Strict(False)]
RangesBySlice = Annotated[tuple[Ranges, ...], Strict(False)]
RangesByPlane = Annotated[tuple[RangesBySlice, ...], Strict(False)]


Steps = Annotated[
    tuple[Annotated[int, Field(ge=1, lt=2**MOST_BITS)], ...],
    Strict(False),
    Field(max_length=MOST_STEPS),
]


class Readout(Section):
    """The converters."""

    kind: Literal["binary", "twin-range", "ranges", "outward", "redundant"] = key(
        "binary",
        "Search: all bits of every count, few bits of small counts (TRQ), up to `range_count` "
        "ranges, from the expected count outward, or `steps` with redundancy. The last with "
        "`top: lane` is the control of one converter alone, without array and accumulators.",
    )
    bits: int = integer(8, 1, MOST_BITS, "bits", "Width of the converter's threshold, N.")
    saturate: bool = key(False, "Allow counts above 2^bits - 1; they read as 2^bits - 1.")
    columns_per_lane: int = integer(
        8, 1, 128, "columns", f"Columns that share a converter; at most {MOST_LANES} lanes."
    )
    sample_hold: Literal["single", "double"] = key(
        "double", "Sample-and-holds per column. With two, a plane is sampled while one converts."
    )
    range_count: int = integer(
        4, 1, MOST_RANGES, "ranges", "Most ranges of a table, K; kind 'ranges' only."
    )
    bases: Literal["aligned", "any"] = key(
        "aligned",
        "Where ranges may begin, kind 'ranges' only: at multiples of their size, which takes no "
        "adder, or anywhere, which takes fewer decisions.",
    )
    bound: Literal["none", "rows", "scaled"] = key(
        "none",
        "What bounds a search, kinds 'ranges' and 'outward' (there always 'rows'): nothing but the "
        "array, or the active rows of the read: no edge above their number is tested, no bit that "
        "it lacks searched. With 'scaled', tables without truncation are halved, too, with every "
        "bit that it is shorter; "
        "bases must be aligned.",
    )
    tables: Literal["network", "slice"] = key(
        "network",
        "Tables that the RTL holds, kinds 'ranges' and 'outward': one, or one for each slice.",
    )
    density_bits: int = integer(
        6,
        2,
        MOST_DENSITY_BITS,
        "bits",
        "Width of a density, kind 'outward' only. Searches begin at 1 + floor(bound x density / "
        "2^density_bits), the bound being what the active rows of the read allow.",
    )
    patience: int = integer(
        8,
        1,
        MOST_PATIENCE,
        "counts",
        "How far from there a search of kind 'outward' goes by single counts before it searches "
        "all bits.",
    )
    ranges: Ranges | None = key(
        None,
        "Search ranges at start-up of a run, lowest first: exactly two for kind 'twin-range', up "
        "to `range_count` for 'ranges', one density for 'outward'. They are loaded at run time and "
        "do not change the RTL.",
        default_text="twin-range: [{payload: 3}, {payload: readout.bits}]; ranges: [0, 2), [2, 4), "
        "[4, 8), ..., and all the rest; outward: a quarter",
    )
    start: int | None = integer(
        None,
        1,
        2**MOST_BITS - 1,
        "codes",
        "First code of a converter alone, kind 'redundant' with `top: lane`. A tile begins at the "
        "sum of the steps and one.",
        default_text="2^(readout.bits - 1)",
    )
    steps: Steps | None = key(
        None,
        "What every step adds to the code or subtracts from it, kind 'redundant' only. A last "
        "decision picks the code that is reached or the one below it.",
        constraint=f"a list of at most {MOST_STEPS} integers between 1 and {2**MOST_BITS - 1}",
    )
    votes: Literal[1, 3, 7, 15, 31] = key(
        1,
        "Most comparisons of one decision of a converter alone, kind 'redundant' with `top: lane`; "
        "the pin `averaging` chooses how many, and their majority is the answer.",
    )
    voted: int = integer(
        0,
        0,
        MOST_STEPS + 1,
        "decisions",
        "How many decisions of a converter alone, the last ones, take `votes`.",
    )


class Accumulate(Section):
    """How partial sums add up."""

    row_tiles: int = integer(
        64,
        1,
        MOST_ROW_TILES,
        "tiles",
        "Tiles whose partial sums `y` must hold, chained through `y_in`.",
    )
    y_in: bool = key(True, "Have the partial-sum input `y_in`.")


class Reset(Section):
    """The reset input."""

    kind: Literal["asynchronous", "synchronous"] = key("asynchronous", "Style of the reset.")
    active: Literal["high", "low"] = key(
        "high", "Level that resets; the pin is `rst`, or `rst_n` when low."
    )


class Interface(Section):
    """The digital pins."""

    x_elements: int = integer(8, 1, 1024, "inputs", "Inputs in one word of `x`.")
    tables: Literal["apb"] = key("apb", "Bus that writes tables and registers.")
    reset: Reset = section(Reset)
    compare_stages: int = integer(
        0, 0, 2, "flip-flops", "Synchronizer stages after the flip-flop that captures `compare`."
    )


class Timing(Section):
    """How long the analog side needs."""

    settle_row: int = integer(4, 2, 1023, "cycles", "Rows stable before `sample`.")
    sample_cycles: int = integer(1, 1, 255, "cycles", "Length of `sample`.")
    settle_mux: int = integer(1, 0, 255, "cycles", "Column and bank stable before `acquire`.")
    acquire_cycles: int = integer(1, 1, 255, "cycles", "Length of `acquire`.")
    settle_dac: int = integer(0, 0, 255, "cycles", "Threshold stable before `strobe`.")
    compare_latency: int = integer(
        2,
        1,
        255,
        "cycles",
        "From `strobe` to the next threshold; 2 + `compare_stages` or more, and 1 + "
        "`compare_stages` for readout.kind 'redundant'.",
    )
    max_hold_cycles: int | None = integer(
        None,
        1,
        2**24,
        "cycles",
        "How long a sample-and-hold keeps a count exactly; null: not checked.",
    )


class Measured(Section):
    """Shift and spread of programmed cells as somebody measured them."""

    technology: Text = key(..., "Which cells: 'techB' or 'techC', or a `dataset` of the file.")
    seconds: float = number(
        ..., 0, 10**10, "s", "Time since programming; one of those at which cells were read."
    )
    file: FilePath | None = key(
        None,
        "CSV table of levels, relative to this file; null: the built-in figures.",
        constraint="a path",
    )


class Device(Section):
    """How far the analog side is from its ideal: for `run`, never part of the RTL."""

    spread: float = number(
        0.0, 0, 3, "ln(conductance)", "Standard deviation of each cell's conductance, log-normal."
    )
    measured: Measured | None = key(None, "Measured shift and spread, in place of `spread`.")
    on_off_ratio: float | None = number(
        None,
        1.01,
        10**9,
        "",
        "Conductance of the largest digit over that of zero. Null: that of `measured`, without it "
        "cells that store zero do not conduct.",
    )
    stuck_on: float = number(0.0, 0, 1, "", "Share of cells stuck at the largest digit.")
    stuck_off: float = number(0.0, 0, 1, "", "Share of cells stuck at zero.")
    read_noise: float = number(
        0.0, 0, 1000, "counts", "Standard deviation of the noise of a held value."
    )
    wire_resistance: float = number(
        0.0,
        0,
        1,
        "",
        "Resistance of the bit line from row to row over that of a cell at the largest digit.",
    )
    comparator_offset: float = number(
        0.0, 0, 1000, "counts", "Standard deviation of the comparators' offsets."
    )
    comparator_noise: float = number(
        0.0, 0, 1000, "counts", "Standard deviation of the noise of one decision."
    )
    seed: int = integer(
        0, 0, 2**32 - 1, "", "Of everything random; every crossbar of a network draws its own."
    )

    @property
    def ideal(self) -> bool:
        """Whether nothing errs."""
        return self == Device(seed=self.seed)


class AdcKeys(Section):
    """How the energy of the converters is estimated: one model for all conversions."""

    model: Literal["per-decision", "isaac", "survey", "cdac"] = key(
        "per-decision",
        "Charge every decision; every conversion, as ISAAC or the ADC survey do; or the capacitors "
        "that the search switches.",
    )
    file: FilePath | None = key(
        None,
        "CSV table of a converter of your own, relative to this file, in place of `model`.",
        constraint="a path",
    )
    reference: Literal["kull", "newton", "isaac", "survey"] = key(
        "kull", "Model 'per-decision': whose full conversion is spread over its decisions."
    )
    switching: Literal["conventional", "monotonic"] = key(
        "conventional",
        "Model 'cdac': how capacitors are switched. Monotonic cannot follow every search.",
    )
    unit_capacitor_ff: float = number(
        0.5, 0.001, 1000, "fF", "Model 'cdac': unit capacitor (Harpe et al., JSSC 46(7), 2011)."
    )
    reference_v: float = number(
        1.0, 0.01, 10, "V", "Model 'cdac': reference voltage (Harpe et al., JSSC 46(7), 2011)."
    )
    comparator_fj: float = number(
        92.0,
        0,
        10**6,
        "fJ",
        "Model 'cdac': energy of one decision of the comparator (Schinkel et al., ISSCC 2007).",
    )


class ArrayEnergyKeys(Section):
    """How the energy of the array is estimated."""

    model: Literal["cells", "isaac"] = key(
        "cells",
        "What the driven and stored digits make word lines and cells take, or ISAAC's average "
        "read. The other keys are of 'cells'.",
    )
    read_v: float = number(0.2, 0.001, 10, "V", "Voltage across a driven cell; an assumption.")
    read_ns: float | None = number(
        None,
        0.001,
        10**6,
        "ns",
        "How long a read drives it. Null: as long as the schedule does where a clock is known, "
        "else 100 ns (ISAAC, ISCA 2016).",
    )
    on_conductance_us: float = number(
        39.3,
        0.001,
        10**5,
        "uS",
        "Conductance of a cell that stores the largest digit (measured: techC of `device`).",
    )
    on_off_ratio: float | None = number(
        None,
        1.01,
        10**9,
        "",
        "That over the conductance of a stored zero. Null: as of `device`, without it stored "
        "zeros take nothing.",
    )
    word_line_ff: float = number(
        0.2, 0, 1000, "fF", "Capacitance of a word line for every cell on it; an assumption."
    )
    drive_v: float = number(1.0, 0, 10, "V", "Swing of a word line; an assumption.")
    sample_fj: float = number(
        0.98, 0, 10**6, "fJ", "Energy of one sample of one column (ISAAC, ISCA 2016)."
    )


class Energy(Section):
    """How energies of the analog side are estimated: for reports, never part of the RTL."""

    node_nm: float | None = number(
        None,
        1,
        10**4,
        "nm",
        "Process of the analog side. Null: that of each model. Models without a law for it keep "
        "their figures and say so.",
    )
    rate_msps: float | None = number(
        None,
        10**-6,
        10**6,
        "MS/s",
        "Conversions per second of one converter, in millions; null and others as of `node_nm`.",
    )
    adc: AdcKeys = section(AdcKeys)
    array: ArrayEnergyKeys = section(ArrayEnergyKeys)


Fingerprint = Annotated[str, StringConstraints(pattern=r"^[a-p]{10}$")]


class LayerTable(Section):
    """The tables of one layer: the one of these keys that the granularity asks for."""

    ranges: Ranges | None = key(
        None, "As `readout.ranges`, for all slices and planes: granularity 'network' or 'layer'."
    )
    slices: RangesBySlice | None = key(
        None,
        "Ranges of each slice, the least significant first: granularity 'slice'.",
        constraint="a list of ranges for each slice",
    )
    planes: RangesByPlane | None = key(
        None,
        "For each slice the ranges of each plane, the least significant first: granularity "
        "'slice-plane'.",
        constraint="a list for each slice of ranges for each plane",
    )


class Tables(Section):
    """What `hwgen calibrate` found out; loaded at run time, never part of the RTL."""

    granularity: Literal["network", "layer", "slice", "slice-plane"] = key(
        "layer",
        "One set of ranges for the network, for each layer, for each slice of each layer, or for "
        "each slice and plane. The RTL takes the first two, and with `readout.tables: slice` the "
        "third.",
    )
    layers: dict[str, LayerTable] = Field(
        default_factory=dict,
        description="Ranges of each layer, by its name in the network; others have those of "
        "`readout`.",
        json_schema_extra={"default_text": "{}"},
    )
    images: Annotated[tuple[Fingerprint, ...], Strict(False)] = key(
        (),
        "Fingerprints of the images that calibrated; `run` does not report these.",
        constraint="a list of ten letters from 'a' to 'p' each",
        default_text="[]",
    )


def constraint(field: FieldInfo) -> str:
    """Say what a key takes: the words after "must be" in messages and in the documentation."""
    notes = field.json_schema_extra or {}
    kind = bare(field.annotation)
    limits = {
        name: getattr(item, name)
        for item in field.metadata
        for name in ("ge", "le")
        if getattr(item, name, None) is not None
    }
    if "constraint" in notes:
        words = notes["constraint"]
    elif get_origin(kind) is Literal:
        words = " or ".join(repr(word) for word in get_args(kind))
    elif kind is bool:
        words = "true or false"
    elif kind is int:
        words = f"an integer between {limits['ge']} and {limits['le']}"
    elif kind is float:
        words = f"a number between {limits['ge']} and {limits['le']}"
    elif kind is str:
        words = "one line of at most 200 characters"
    else:
        words = collection(kind)
    return f"{words} or null" if type(None) in get_args(field.annotation) else words


def collection(kind: object) -> str:
    """Say what an item of a list or mapping must be, by its type."""
    if get_origin(kind) is tuple:
        inner = bare(get_args(kind)[0])
        return "a list of ranges" if inner is RangeKeys else "a list of lists"
    names = {
        RangeKeys: "a mapping, [payload, truncation], [base, payload, truncation] or [density]",
        str: "ten letters from 'a' to 'p'",
        int: f"an integer between 1 and {2**MOST_BITS - 1}",
    }
    return names.get(kind, "a mapping")


def bare(annotation: object) -> object:
    """Strip ``| None`` and `Annotated` from a type."""
    while get_origin(annotation) is Annotated or type(None) in get_args(annotation):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation
