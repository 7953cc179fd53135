"""Designs: what a user writes, checked once and frozen.

`load` turns a preset's name or a YAML file into a `Design`. Everything that can be wrong with a
design is found here and said in one line that names the file, the key, the constraint and the
value. The keys are declared in `hwgen.design_keys`, files are read by `hwgen.design_file`; here is
what the keys must be to each other, and what follows from them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, NoReturn, get_args

from pydantic import BaseModel, PrivateAttr, StringConstraints, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from hwgen.design_file import Merged, merge, preset_names
from hwgen.design_keys import (
    MOST_LANES,
    Accumulate,
    Array,
    Device,
    Energy,
    Inputs,
    Interface,
    LayerTable,
    RangeKeys,
    Readout,
    Section,
    Tables,
    Text,
    Timing,
    Weights,
    bare,
    collection,
    constraint,
    key,
    section,
)
from hwgen.errors import UserError
from hwgen.measured import BUILT_IN, Curve, read
from hwgen.wording import KeyPath, dotted, hint, shown

if TYPE_CHECKING:
    from hwgen_models.converter import ConverterSpec
    from hwgen_models.crossbar import Comparator, Nonidealities
    from hwgen_models.spec import TileSpec

__all__ = ["BasedRange", "Design", "Range", "Table", "json_schema", "load", "presets"]

POLARITIES = 2  # differential: a positive and a negative column


class Range(NamedTuple):
    """One range of a twin-range search, as a table register holds it: in bits."""

    payload: int
    truncation: int


class BasedRange(NamedTuple):
    """One range of a search by ranges: its first count, payload and truncation in bits."""

    base: int
    payload: int
    truncation: int


class Density(NamedTuple):
    """Where an outward search begins: the expected count for every 2^q that may be."""

    density: int


# empty for a binary search; one density
Table = tuple[Range, ...] | tuple[BasedRange, ...] | tuple[Density, ...]


class Design(Section):
    """One tile and its converters, as described by a design file.

    Build it with `load`. A `Design` that exists is consistent; it never changes.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)] = (
        key(
            ...,
            "Prefix of every Verilog module.",
            constraint="a Verilog identifier of at most 40 letters, digits and underscores",
        )
    )
    extends: Text | None = key(
        None, "Preset, or file relative to this one; this file holds what differs from it."
    )
    summary: Text = key("", "One line on the design. Not inherited.")
    paper: Text = key("", "Where the idea was published. Not inherited.")
    top: Literal["tile", "lane"] = key("tile", "What to generate: a tile, or one of its lanes.")
    array: Array = section(Array)
    weights: Weights = section(Weights)
    inputs: Inputs = section(Inputs)
    readout: Readout = section(Readout)
    accumulate: Accumulate = section(Accumulate)
    interface: Interface = section(Interface)
    timing: Timing = section(Timing)
    device: Device = section(Device)
    energy: Energy = section(Energy)
    tables: Tables | None = key(None, "What `hwgen calibrate` found. Inherited as a whole.")

    _preset: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)
    _curve: Curve | None = PrivateAttr(None)

    @property
    def preset(self) -> str | None:
        """The preset that the design is or extends, directly or not; the nearest one."""
        return self._preset

    @property
    def source(self) -> str:
        """What `load` was given: how messages name this design."""
        return self._source or self.name

    @property
    def slices(self) -> int:
        """Columns per output and polarity."""
        return self.weights.slices or _digits(self.weights.bits - 1, self.array.cell_bits)

    @property
    def planes(self) -> int:
        """Digits of an input that are driven one after another."""
        return _digits(self.inputs.bits, self.inputs.dac_bits)

    @property
    def largest_count(self) -> int:
        """Largest count that the array can yield."""
        return self.array.rows * (2**self.inputs.dac_bits - 1) * (2**self.array.cell_bits - 1)

    @property
    def spec(self) -> "TileSpec":
        """The plain parameters that gateware and golden models of a tile and its lanes take.

        Raises
        ------
        UserError
            When the design is no more than a `converter`.
        """
        from hwgen_models.spec import TileSpec

        if self.is_converter:
            raise UserError(
                f"{self.source}: top: must be 'tile', not {self.top!r} (the control of a converter "
                f"alone, readout.kind {self.readout.kind!r})"
            )
        return TileSpec(
            rows=self.array.rows,
            columns=self.array.columns,
            cell_bits=self.array.cell_bits,
            column_order=self.array.column_order,
            slices=self.slices,
            polarities=POLARITIES,
            input_bits=self.inputs.bits,
            signed_inputs=self.inputs.signed,
            dac_bits=self.inputs.dac_bits,
            search=self.readout.kind,
            range_count=self.readout.range_count,
            bases=self.readout.bases,
            bounded=self.readout.bound != "none",
            scaled=self.readout.bound == "scaled",
            contexts=self.readout.tables,
            density_bits=self.readout.density_bits,
            patience=self.readout.patience,
            steps=self.readout.steps or (),
            readout_bits=self.readout.bits,
            saturate=self.readout.saturate,
            columns_per_lane=self.readout.columns_per_lane,
            banks={"single": 1, "double": 2}[self.readout.sample_hold],
            row_tiles=self.accumulate.row_tiles,
            y_in=self.accumulate.y_in,
            x_elements=self.interface.x_elements,
            compare_stages=self.interface.compare_stages,
            settle_row=self.timing.settle_row,
            sample_cycles=self.timing.sample_cycles,
            settle_mux=self.timing.settle_mux,
            acquire_cycles=self.timing.acquire_cycles,
            settle_dac=self.timing.settle_dac,
            compare_latency=self.timing.compare_latency,
        )

    @property
    def is_converter(self) -> bool:
        """Whether the design is the control of one converter, without array and accumulators."""
        return self.readout.kind == "redundant" and self.top == "lane"

    @property
    def converter(self) -> "ConverterSpec":
        """The plain parameters of a converter's control; only where `is_converter`."""
        from hwgen_models.converter import ConverterSpec

        readout, timing = self.readout, self.timing
        return ConverterSpec(
            bits=readout.bits,
            start=2 ** (readout.bits - 1) if readout.start is None else readout.start,
            steps=readout.steps,
            votes=readout.votes,
            voted=readout.voted,
            acquire_cycles=timing.acquire_cycles,
            settle_dac=timing.settle_dac,
            compare_latency=timing.compare_latency,
            compare_stages=self.interface.compare_stages,
        )

    @property
    def parameters(self) -> "TileSpec | ConverterSpec":
        """What a manifest calls so: `converter` or `spec`."""
        return self.converter if self.is_converter else self.spec

    @property
    def nonidealities(self) -> "Nonidealities":
        """What is wrong with the cells and wires of every array."""
        from hwgen_models.crossbar import Level, Nonidealities

        device, curve = self.device, self._curve
        levels = curve.levels(self.array.cell_bits) if curve else None
        ratio = device.on_off_ratio
        return Nonidealities(
            spread=device.spread,
            levels=None if levels is None else tuple(Level(*level) for level in levels),
            on_off_ratio=curve.ratio if ratio is None and curve else ratio,
            stuck_on=device.stuck_on,
            stuck_off=device.stuck_off,
            read_noise=device.read_noise,
            wire_resistance=device.wire_resistance,
        )

    def crossbar_seed(self, crossbar: int) -> int:
        """Seed of one crossbar of a network, its comparators included."""
        from hwgen_models.noise import hash64

        return int(hash64(self.device.seed, crossbar))

    def comparator(self, crossbar: int) -> "Comparator":
        """Comparators of the lanes of one crossbar of a network."""
        from hwgen_models.crossbar import Comparator

        return Comparator(
            columns_per_lane=self.readout.columns_per_lane,
            offset=self.device.comparator_offset,
            noise=self.device.comparator_noise,
            seed=self.crossbar_seed(crossbar),
        )

    @property
    def hold_cycles(self) -> int:
        """Longest time that a held count is needed: from the end of `sample` to the last strobe's
        decision, with any table and any stall.

        A read keeps a lane busy for at most T cycles, from the second cycle after `sample`. With
        two banks a sample may end while the lane has all of the other bank's read before it.
        A converter by itself needs what it has acquired for its own decisions.
        """
        if self.is_converter:
            return self.converter.longest_conversion - self.converter.acquire_cycles - 1
        spec = self.spec
        busy = min(spec.columns_per_lane, spec.column_map.used) * spec.longest_conversion
        return busy + 1 if spec.banks == 1 else max(busy + 1, 2 * busy - spec.sample_cycles)

    @property
    def loadable(self) -> bool:
        """Whether the RTL can load the tables of a layer: it holds one, or one for each slice."""
        held = {"network", "layer"} | ({"slice"} if self.readout.tables == "slice" else set())
        return self.tables is None or self.tables.granularity in held

    def loaded(self, layer: str | None = None) -> tuple[Table, ...]:
        """Return the tables that the RTL holds for a layer: one, or one for each slice.

        A layer that `tables` does not name has those of the design, which are the common ones when
        the tables hold for the whole network. They are empty for a binary search.

        Raises
        ------
        UserError
            When tables differ by what the RTL does not tell apart: `tables_of` has those.
        """
        if not self.loadable:
            slices = self.readout.tables == "slice"
            choice = "network, layer or slice" if slices else "network or layer"
            held = "a tile holds a table for each slice" if slices else "a tile holds one table"
            raise UserError(
                f"{self.source}: tables.granularity: must be {choice} for the RTL ({held}), "
                f"not {self.tables.granularity!r}"
            )
        found = [of_slice[0] for of_slice in self.tables_of(layer)]
        return tuple(found if self.readout.tables == "slice" else found[:1])

    def ranges(self, layer: str | None = None) -> Table:
        """Return the one table that `loaded` has for a layer, or that of slice 0."""
        return self.loaded(layer)[0]

    def tables_of(self, layer: str | None = None) -> tuple[tuple[Table, ...], ...]:
        """Return the search ranges of a layer as `loaded` does, by slice and by plane."""
        slices, planes = self.slices, self.planes
        if self.readout.kind in {"binary", "redundant"}:
            return (((),) * planes,) * slices
        table = self._layer_table(layer)
        if table and table.planes:
            return tuple(tuple(map(self._table, of_slice)) for of_slice in table.planes)
        if table and table.slices:
            return tuple((self._table(one),) * planes for one in table.slices)
        keys = table.ranges if table else self.readout.ranges
        return ((_default_table(self) if keys is None else self._table(keys),) * planes,) * slices

    def _table(self, keys: Iterable[RangeKeys]) -> Table:
        """Return the table that keys mean: with ranges, bases that are not given follow."""
        if self.readout.kind == "outward":
            return tuple(Density(one.density) for one in keys)
        if self.readout.kind == "twin-range":
            return tuple(Range(one.payload, one.truncation) for one in keys)
        found: list[BasedRange] = []
        edge = 0
        for one in keys:
            base = _implied_base(self, edge, one.payload) if one.base is None else one.base
            found.append(BasedRange(base, one.payload, one.truncation))
            edge = base + 2**one.payload
        return tuple(found)

    def _layer_table(self, layer: str | None) -> LayerTable | None:
        """Find what `tables` says of a layer."""
        if self.tables is None:
            return None
        layers = self.tables.layers
        if self.tables.granularity == "network":
            return next(iter(layers.values()), None)
        return layers.get(layer)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Design":
        _check_columns(self)
        _check_inputs(self)
        _check_readout(self)
        _check_timing(self)
        _check_tables(self)
        _check_device(self)
        self._curve = _measured_curve(self)
        return self


def load(source: str | Path | Mapping[str, object]) -> Design:
    """Return the design of a preset's name, of a YAML file, or of keys that are in memory.

    Raises
    ------
    UserError
        One line: file, key, constraint, value.

    Examples
    --------
    >>> load("baseline").spec.lanes
    16
    >>> load({"extends": "trq", "array": {"rows": 100}})
    Traceback (most recent call last):
        ...
    hwgen.errors.UserError: <design>: interface.x_elements: must divide array.rows 100, not 8
    """
    merged = merge(source)
    try:
        design = Design.model_validate(merged.keys)
    except ValidationError as error:
        raise UserError(_message(error.errors(include_url=False), merged)) from None
    design._preset, design._source = merged.preset, merged.name
    return design


def presets() -> list[str]:
    """Names of the presets, sorted."""
    return preset_names()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a design file, for editors."""
    schema = Design.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hwgen design"
    schema["description"] = "One tile of a compute-in-memory accelerator and its converters."
    del schema["required"]  # a file that extends another inherits its name
    return _without_notes(schema)


def _without_notes(schema: object) -> object:
    """Drop what only messages and the documentation use."""
    if isinstance(schema, dict):
        notes = ("constraint", "default_text")
        return {k: _without_notes(v) for k, v in schema.items() if k not in notes}
    return [_without_notes(item) for item in schema] if isinstance(schema, list) else schema


# What keys must be to each other


def _refuse(where: str | KeyPath, constraint: str, value: object, *others: str) -> NoReturn:
    """Refuse the value of a key; `others` are the keys that it conflicts with."""
    paths = [where if isinstance(where, tuple) else tuple(where.split("."))]
    paths += [tuple(other.split(".")) for other in others]
    text = f"{dotted(paths[0])}: must {constraint}, not {shown(_plain(value))}"
    raise PydanticCustomError("combination", "{text}", {"text": text, "paths": paths})


def _check_columns(design: Design) -> None:
    array, weights, readout = design.array, design.weights, design.readout
    least, most = (_digits(bits, array.cell_bits) for bits in (weights.bits - 1, weights.bits))
    if weights.slices is not None and not least <= weights.slices <= most:
        allowed = f"be {least}" if least == most else f"be {least} or {most}"
        _refuse(
            "weights.slices",
            f"{allowed} for weights.bits {weights.bits} and array.cell_bits {array.cell_bits}",
            weights.slices,
            "weights.bits",
            "array.cell_bits",
        )
    needed = design.slices * POLARITIES
    if array.columns < needed:
        _refuse(
            "array.columns",
            f"be at least {needed} for one output ({design.slices} slices x 2 polarities)",
            array.columns,
            "weights",
            "array.cell_bits",
        )
    if array.columns % readout.columns_per_lane:
        _refuse(
            "readout.columns_per_lane",
            f"divide array.columns {array.columns}",
            readout.columns_per_lane,
            "array.columns",
        )
    if array.columns > MOST_LANES * readout.columns_per_lane:
        least = -(-array.columns // MOST_LANES)
        _refuse(
            "readout.columns_per_lane",
            f"be at least {least} for array.columns {array.columns} (at most {MOST_LANES} lanes)",
            readout.columns_per_lane,
            "array.columns",
        )


def _check_inputs(design: Design) -> None:
    inputs, rows, elements = design.inputs, design.array.rows, design.interface.x_elements
    if inputs.dac_bits > inputs.bits:
        _refuse(
            "inputs.dac_bits", f"be at most inputs.bits {inputs.bits}", inputs.dac_bits, "inputs"
        )
    if inputs.signed and inputs.dac_bits > 1:
        _refuse("inputs.dac_bits", "be 1 for signed inputs", inputs.dac_bits, "inputs.signed")
    if inputs.signed and inputs.bits < 2:
        _refuse("inputs.bits", "be at least 2 for signed inputs", inputs.bits, "inputs.signed")
    if rows % elements:
        _refuse("interface.x_elements", f"divide array.rows {rows}", elements, "array.rows")


def _check_readout(design: Design) -> None:
    array, inputs, readout = design.array, design.inputs, design.readout
    if design.is_converter:
        _check_converter(design)
        return
    for name in ("start", "votes", "voted"):
        _check_default(readout, name, "of a tile")
    if readout.kind != "redundant":
        _check_default(readout, "steps")
    elif readout.steps is None:
        _refuse_no_steps()
    largest = design.largest_count
    if largest >= 2**readout.bits and not readout.saturate:
        product = f"{array.rows} rows x {2**inputs.dac_bits - 1} x {2**array.cell_bits - 1}"
        _refuse(
            "readout.bits",
            f"be at least {largest.bit_length()} for the largest count {largest} ({product}) "
            "unless readout.saturate is true",
            readout.bits,
            "readout.saturate",
            "array.rows",
            "array.cell_bits",
            "inputs.dac_bits",
        )
    if readout.kind == "redundant":
        _check_timing(design)  # what follows speaks of the weights only
        _check_weights(lambda: design.spec)


def _check_default(readout: Readout, name: str, of: str = "") -> None:
    """Refuse a key that the kind of search does not have; `of`: whose search."""
    default, value = Readout.model_fields[name].default, getattr(readout, name)
    if value != default:
        words = "null" if default is None else repr(default)
        where, whose = f"readout.{name}", f" {of}" if of and readout.kind == "redundant" else ""
        constraint = f"be {words} for readout.kind {readout.kind!r}{whose}"
        _refuse(where, constraint, value, "readout.kind")


def _refuse_no_steps() -> NoReturn:
    _refuse(
        "readout.steps",
        "be a list of integers for readout.kind 'redundant'",
        None,
        "readout.kind",
    )


def _check_weights(spec_of: Callable[[], object]) -> None:
    """Refuse weights that the models refuse."""
    try:
        spec_of()
    except ValueError as error:
        text = str(error).removeprefix("steps ")
        context = {"text": f"readout.steps: {text}", "paths": [("readout", "steps")]}
        raise PydanticCustomError("combination", "{text}", context) from None


def _check_converter(design: Design) -> None:
    """Check a design that is the control of one converter."""
    readout, timing = design.readout, design.timing
    kind = "for readout.kind 'redundant'"
    if timing.settle_mux:
        _refuse(
            "timing.settle_mux", f"be 0 {kind} (it has no columns)", timing.settle_mux, "readout"
        )
    if readout.steps is None:
        _refuse_no_steps()
    least, most = (1, len(readout.steps) + 1) if readout.votes > 1 else (0, 0)
    if not least <= readout.voted <= most:
        allowed = f"be between {least} and {most}" if most else "be 0"
        _refuse("readout.voted", f"{allowed} for readout.votes {readout.votes}", readout.voted)
    _check_timing(design)  # what follows speaks of the weights only
    _check_weights(lambda: design.converter)


KINDS_OF = {
    "range_count": {"ranges"},
    "bases": {"ranges"},
    "bound": {"ranges", "outward"},
    "tables": {"ranges", "outward"},
    "density_bits": {"outward"},
    "patience": {"outward"},
}  # which kinds of search have a key


def _check_tables(design: Design) -> None:
    readout, tables = design.readout, design.tables
    for name, kinds in KINDS_OF.items():
        if readout.kind not in kinds:
            _check_default(readout, name)
    if readout.kind == "outward" and readout.bound != "rows":
        _refuse(
            "readout.bound",
            "be rows for readout.kind 'outward' (counts are expected of the active rows)",
            readout.bound,
            "readout.kind",
        )
    if readout.kind in {"binary", "redundant"}:
        for where, value in (("readout.ranges", readout.ranges), ("tables", tables)):
            if value is not None:
                _refuse(where, f"be null for readout.kind {readout.kind!r}", value, "readout.kind")
        return
    if readout.bits < 2:
        _refuse(
            "readout.bits",
            f"be at least 2 for readout.kind {readout.kind!r} (two ranges, but one code)",
            readout.bits,
            "readout.kind",
        )
    if readout.bound == "scaled" and readout.bases == "any":
        _refuse(
            "readout.bases",
            "be aligned for readout.bound 'scaled' (bases follow from smaller ranges)",
            readout.bases,
            "readout.bound",
        )
    if readout.ranges is not None:
        _check_ranges(design, ("readout", "ranges"), readout.ranges)
    if tables is None:
        return
    common = next(iter(tables.layers.values()), None)
    for name, table in tables.layers.items():
        where = ("tables", "layers", name)
        for path, ranges in _ranges_of(design, where, table):
            _check_ranges(design, path, ranges)
        if tables.granularity == "network" and table != common:
            _refuse(
                (*where, "ranges"),
                "equal those of the first layer for granularity 'network'",
                table.ranges,
            )


def _ranges_of(
    design: Design, where: KeyPath, table: LayerTable
) -> Iterator[tuple[KeyPath, tuple[RangeKeys, ...]]]:
    """Yield all ranges of a layer; refuse a shape that its granularity does not have."""
    granularity = design.tables.granularity
    wanted = {"slice": "slices", "slice-plane": "planes"}.get(granularity, "ranges")
    for name in LayerTable.model_fields:
        value = getattr(table, name)
        if (value is not None) != (name == wanted):
            needs = "be given" if name == wanted else "be null"
            at = (*where, name)
            _refuse(at, f"{needs} for granularity {granularity!r}", value, "tables.granularity")
    if table.ranges is not None:
        yield (*where, "ranges"), table.ranges
    for name in ("slices", "planes"):
        of_slices = getattr(table, name)
        if of_slices is None:
            continue
        _check_length((*where, name), of_slices, design.slices, "slice")
        for s, of_slice in enumerate(of_slices):
            at = (*where, name, s)
            if name == "slices":
                yield at, of_slice
                continue
            _check_length(at, of_slice, design.planes, "plane")
            yield from (((*at, plane), ranges) for plane, ranges in enumerate(of_slice))


def _check_length(where: KeyPath, found: tuple[object, ...], wanted: int, what: str) -> None:
    if len(found) != wanted:
        keys = ("weights", "array.cell_bits") if what == "slice" else ("inputs",)
        _refuse(where, f"have {wanted} entries, one for each {what}", len(found), *keys)


def _check_ranges(design: Design, where: KeyPath, ranges: tuple[RangeKeys, ...]) -> None:
    """Refuse ranges that the table port would refuse."""
    if design.readout.kind == "twin-range":
        _check_no_density(design, where, ranges)
        _check_twins(design, where, ranges)
        return
    if design.readout.kind == "outward":
        _check_density(where, ranges)
    else:
        _check_no_density(design, where, ranges)
    most = design.readout.range_count
    if design.readout.kind == "ranges" and not 1 <= len(ranges) <= most:
        _refuse(where, f"be 1 to {most} ranges (readout.range_count)", ranges, "readout")
    spec = design.spec
    try:
        spec.scheme.check(design._table(ranges), spec)
    except ValueError as error:
        text = f"{dotted(where)}: {error}"
        raise PydanticCustomError(
            "combination", "{text}", {"text": text, "paths": [where]}
        ) from None


def _check_density(where: KeyPath, ranges: tuple[RangeKeys, ...]) -> None:
    """Refuse what is not just one density."""
    one = ranges[0] if len(ranges) == 1 else None
    if (
        one is None
        or one.density is None
        or (one.base, one.payload, one.truncation) != (None, 0, 0)
    ):
        _refuse(where, "be one density for readout.kind 'outward'", ranges, "readout.kind")


def _check_no_density(design: Design, where: KeyPath, ranges: tuple[RangeKeys, ...]) -> None:
    """Refuse densities where there are ranges."""
    for k, one in enumerate(ranges):
        if one.density is not None:
            kind = f"be null for readout.kind {design.readout.kind!r}"
            _refuse((*where, k, "density"), kind, one.density, "readout.kind")


def _check_twins(design: Design, where: KeyPath, ranges: tuple[RangeKeys, ...]) -> None:
    """Refuse ranges of a twin-range search, and more ranges than there are codes."""
    bits = design.readout.bits
    codes = 2**bits - 1
    if len(ranges) > codes:
        _refuse(where, f"be at most {codes} ranges, one for each code", ranges, "readout.bits")
    if len(ranges) != 2:
        _refuse(where, "be a list of exactly 2 ranges", ranges)
    for k, one in enumerate(ranges):
        at = (*where, k)
        if one.base is not None:
            _refuse((*at, "base"), "be null for readout.kind 'twin-range'", one.base)
        if one.payload > bits:
            _refuse((*at, "payload"), f"be at most readout.bits {bits}", one.payload)
        if one.truncation > one.payload:
            _refuse((*at, "truncation"), f"be at most the payload {one.payload}", one.truncation)
    bound = min(design.largest_count, codes)
    first, last = (one.payload for one in ranges)
    if first >= bound.bit_length():
        return  # the first range holds everything, the second is never entered
    at = (*where, 1, "payload")
    if last <= first:
        _refuse(at, f"be more than the {first} of the range before", last)
    if last < bound.bit_length():
        _refuse(
            at,
            f"be at least {bound.bit_length()} for the last range to hold the count {bound}",
            last,
            "array.rows",
            "array.cell_bits",
            "inputs.dac_bits",
        )


def _check_timing(design: Design) -> None:
    timing, stages = design.timing, design.interface.compare_stages
    own = 1 if design.is_converter else 2  # flip-flops between `compare` and the next threshold
    if timing.compare_latency < own + stages:
        _refuse(
            "timing.compare_latency",
            f"be at least {own + stages} ({own} + interface.compare_stages)",
            timing.compare_latency,
            "interface.compare_stages",
        )
    if timing.max_hold_cycles is not None and timing.max_hold_cycles < design.hold_cycles:
        _refuse(
            "timing.max_hold_cycles",
            f"be at least {design.hold_cycles}, the longest time a sampled column waits",
            timing.max_hold_cycles,
            "timing",
            "readout",
            "array.columns",
            "weights",
        )


def _check_device(design: Design) -> None:
    device = design.device
    if device.stuck_on + device.stuck_off > 1:
        _refuse(
            "device.stuck_off",
            f"be at most {1 - device.stuck_on:g} beside device.stuck_on {device.stuck_on:g}",
            device.stuck_off,
            "device.stuck_on",
        )
    if device.measured is not None and device.spread:
        _refuse("device.spread", "be 0 beside device.measured", device.spread, "device.measured")


def _measured_curve(design: Design) -> Curve | None:
    """Find what `device.measured` names."""
    measured, cell_bits = design.device.measured, design.array.cell_bits
    if measured is None:
        return None
    curves = BUILT_IN if measured.file is None else read(measured.file)
    where = "device.measured"
    times = curves.get(measured.technology)
    if times is None:
        known = " or ".join(map(repr, curves))
        _refuse(f"{where}.technology", f"be {known}", measured.technology, f"{where}.file")
    curve = times.get(measured.seconds)
    if curve is None:
        known = " or ".join(f"{seconds:g}" for seconds in sorted(times))
        _refuse(f"{where}.seconds", f"be {known}", measured.seconds, f"{where}.technology")
    if len(curve.positions) < 2**cell_bits:
        _refuse(
            f"{where}.file",
            f"have {2**cell_bits} levels or more for array.cell_bits {cell_bits}",
            len(curve.positions),
            "array.cell_bits",
        )
    return curve


def _implied_base(design: Design, edge: int, payload: int) -> int:
    """Return the base of a range that does not give one: where the range before ended, or below."""
    if design.readout.bases == "aligned":
        return edge >> payload << payload
    return min(edge, 2**design.readout.bits - 2**payload)


def _default_table(design: Design) -> Table:
    """Return the ranges of a design that gives none: small counts in few decisions."""
    bits = design.readout.bits
    if design.readout.kind == "outward":
        return tuple(Density(*one) for one in design.spec.scheme.reset(design.spec))
    if design.readout.kind == "twin-range":
        return Range(min(3, bits - 1), 0), Range(bits, 0)
    bound = min(design.largest_count, 2**bits - 1)
    short = [
        BasedRange(0, 1, 0) if k == 0 else BasedRange(2**k, k, 0)
        for k in range(design.readout.range_count - 1)
        if 2 ** (k + 1) <= bound
    ]
    edge, rest = 2 ** len(short) if short else 0, bound.bit_length()
    if design.readout.bases == "any" and short:
        rest = (bound - edge).bit_length()
    return (*short, BasedRange(_implied_base(design, edge, rest), rest, 0))


def _digits(bits: int, digit_bits: int) -> int:
    """Digits of `digit_bits` bits that `bits` bits take."""
    return -(-bits // digit_bits)


def _plain(value: object) -> object:
    """Turn a checked value back into what a file holds."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


# From pydantic's errors to one line


def _message(errors: Iterable[ErrorDetails], merged: Merged) -> str:
    """Say the first error, unknown keys before all others: they tend to be the cause."""
    error = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    if error["type"] == "combination":
        context = error["ctx"]
        return f"{merged.file_of(*context['paths'])}: {context['text']}"
    path = error["loc"]
    parent, kind, field = _declared(path)
    where = f"{merged.file_of(path)}: {dotted(path)}: must be"
    if error["type"] == "extra_forbidden":
        known = list(parent.model_fields)
        unknown = path[-1]
        return f"{where} one of {', '.join(known)}, not {shown(unknown)}{hint(unknown, known)}"
    takes = constraint(field) if field else collection(kind)
    return (
        f"{where} {takes}, not {'missing' if error['type'] == 'missing' else shown(error['input'])}"
    )


def _declared(path: KeyPath) -> tuple[type[BaseModel], object, FieldInfo | None]:
    """Return the section that a key path leads into, and type and declaration of its last key.

    The last key has no declaration when it is unknown, an item of a list or a name in a mapping.
    """
    parent, kind, field = Design, Design, None
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            parent, field = kind, kind.model_fields.get(step)
            kind = bare(field.annotation) if field else None
        else:
            item = [inner for inner in get_args(kind) if inner is not Ellipsis][-1]
            kind, field = bare(item), None
    return parent, kind, field
