"""A self-checking bench in plain Verilog-2005, for those who have a simulator but no Python.

It is an independent reading of the pins: it has an array of its own, holds, comparators that are
wrong in every cycle in which they are not asked, an APB master, and streams that hesitate. What
must come out was computed by the golden model and lies beside it as hexadecimal files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hwgen.config import Design, Table
from hwgen.emit.converter import converter_bench
from hwgen.emit.manifest import design_registers
from hwgen.emit.rtl import Rtl
from hwgen.emit.tables import table_writes
from hwgen.emit.text import filled, template
from hwgen.emit.vectors import Vectors, expected
from hwgen_models.active_rows import active_rows
from hwgen_models.crossbar import cells_of
from hwgen_models.input_buffer import beats_of
from hwgen_models.lane import HeldRead, Lane
from hwgen_models.output_buffer import y_words
from hwgen_models.row_drive import planes_of
from hwgen_models.sar import Sar
from hwgen_models.spec import TileSpec
from hwgen_models.tile import search_tree

__all__ = ["testbench"]

PATIENCE = 8  # cycles that a bench waits for every one that conversions can take
COUNT_BITS = 32

Values = dict[str, object]


def testbench(design: Design, rtl: Rtl, vectors: Vectors | None) -> dict[str, str]:
    """Return the bench of a design and its data, by file name; `vectors` of a tile or a lane."""
    name = f"tb_{design.name}"
    common = _common(design, rtl, name)
    if design.is_converter:
        return converter_bench(design, common, _connections(rtl, {}))
    if design.top == "tile":
        values, data = _tile(design, vectors)
        values["PINS"] = _connections(rtl, _tile_nets(design))
        values["Y_IN"] = (
            filled(template("bench_y_in.v"), common | values) if design.spec.y_in else ""
        )
        parts = ("common", "comparator", "array", "tile")
    else:
        values, data = _lane(design, vectors)
        values["PINS"] = _connections(rtl, _lane_nets(design, vectors))
        parts = ("common", "comparator", "lane")
    text = filled("".join(template(f"bench_{part}.v") for part in parts), common | values)
    return {f"{name}.v": text} | data


def _common(design: Design, rtl: Rtl, name: str) -> Values:
    """Return what both kinds of bench need: names, and the comparators' sizes and delay."""
    spec = design.parameters
    lanes = spec.lanes if design.top == "tile" else 1
    delay = spec.compare_latency - (1 if design.is_converter else 2) - spec.compare_stages
    code = spec.bits if design.is_converter else spec.readout_bits
    columns = 1 if design.is_converter else spec.columns_per_lane
    bits = delay * lanes
    declared = f"  reg [{bits - 1}:0] asked = 0;\n  reg [{bits - 1}:0] answer = 0;"
    moved = (
        "  always @(posedge clk) begin\n"
        "    asked <= {asked, strobe};\n"
        "    answer <= {answer, above};\n"
        "  end\n"
    )
    oldest = f"[{bits - 1}:{bits - lanes}]"
    return {
        "TB": name,
        "TOP": rtl.top.module,
        "LANES": lanes,
        "PER_LANE": columns,
        "COLUMN": max(1, (columns - 1).bit_length()),
        "CODE": code,
        "CODE_PAD": COUNT_BITS - code,
        "DELAY_DECLARATION": declared if delay else "",
        "DELAY": moved if delay else "",
        "ASKED": f"asked{oldest}" if delay else "strobe",
        "ANSWER": f"answer{oldest}" if delay else "above",
    }


# The bench of a tile


def _tile(design: Design, vectors: Vectors) -> tuple[Values, dict[str, str]]:
    spec = design.spec
    result = expected(design, vectors)
    count, outputs = result.y.shape
    status = next(one for one in design_registers(design) if one.name == "STATUS")
    reads = count * (spec.planes + 1)
    cycles = reads * (spec.columns_per_lane * spec.longest_conversion + spec.settle_row + 8)
    values: Values = {
        "LIMIT": PATIENCE * (cycles + count * (spec.beats + outputs)),
        "COLUMNS": spec.columns,
        "ROWS": spec.rows,
        "CELL": spec.cell_bits,
        "DIGIT": spec.dac_bits,
        "X": spec.x_elements * spec.input_bits,
        "X_BEATS": count * spec.beats,
        "Y": spec.y_bits,
        "Y_BEATS": result.y.size,
        "OUTPUTS": outputs,
        "STATUS": f"{status.address:02x}",
        "TABLE": "\n".join(_table_writes(design, outputs, vectors.tables)),
        "DECISIONS": result.total_decisions,
    }
    cells = cells_of(
        vectors.weights, rows=spec.rows, column_map=spec.column_map, cell_bits=spec.cell_bits
    )
    beats = beats_of(
        vectors.x, rows=spec.rows, x_elements=spec.x_elements, input_bits=spec.input_bits
    )
    words = (_packed(row.tolist(), spec.cell_bits) for row in cells)
    data = {
        "cells.hex": _hex(words, spec.columns * spec.cell_bits),
        "x.hex": _hex((beat for vector in beats for beat in vector), values["X"]),
        "y.hex": _hex(y_words(result.y, y_bits=spec.y_bits), spec.y_bits),
    }
    if spec.y_in:
        data["y_in.hex"] = _hex(y_words(vectors.y_in, y_bits=spec.y_bits), spec.y_bits)
    return values, data


def _table_writes(design: Design, outputs: int, tables: Sequence[Table]) -> Iterator[str]:
    """Yield the bus writes that load the tables."""
    for register, data in table_writes(design, tables, outputs=outputs):
        yield f"    access(8'h{register.address:02x}, 1'b1, 32'h{data:08x});"


def _tile_nets(design: Design) -> dict[str, str]:
    """Name the nets of the bench that do not have the name of their pin."""
    values = _common_widths(design.spec)
    nets = {}
    for lane in range(design.spec.lanes):
        for pin, width in values.items():
            low = lane * width
            part = str(low) if width == 1 else f"{low + width - 1}:{low}"
            nets[f"lane{lane}_{pin}"] = f"{pin}[{part}]"
    return nets


def _common_widths(spec: TileSpec) -> dict[str, int]:
    column = max(1, (spec.columns_per_lane - 1).bit_length())
    single = dict.fromkeys(("bank", "acquire", "strobe", "busy", "compare"), 1)
    return {"column": column, "dac": spec.readout_bits} | single


# The bench of a lane


def _lane(design: Design, vectors: Vectors) -> tuple[Values, dict[str, str]]:
    spec = design.spec
    operations = spec.column_map.lane_columns(0)
    model = Lane(
        operations=operations,
        outputs=vectors.weights.shape[1],
        cell_bits=spec.cell_bits,
        dac_bits=spec.dac_bits,
        sar=Sar.of(spec),
        tree=lambda k, bound: search_tree(
            spec, vectors.tables[spec.lane_slices(0)[spec.lane_table_of(0)[k]]], bound
        ),
    )
    cells = cells_of(
        vectors.weights, rows=spec.rows, column_map=spec.column_map, cell_bits=spec.cell_bits
    )
    planes = planes_of(
        vectors.x[0],
        input_bits=spec.input_bits,
        dac_bits=spec.dac_bits,
        signed=spec.signed_inputs,
    )
    counts = (planes @ cells[:, : spec.columns_per_lane]).tolist()
    bounds = (active_rows(planes) * spec.largest_digit).tolist()
    tables = [vectors.tables[s] for s in spec.lane_slices(0)]
    decisions = at = 0
    tags = []
    for plane, (held, bound) in enumerate(zip(counts, bounds, strict=True)):
        one = HeldRead(
            counts=held,
            plane=plane,
            last_sample=at,
            bank=0,
            negate=spec.signed_inputs and plane == spec.planes - 1,
            bound=bound,
            centres=spec.scheme.centres(tables, spec, bound),
        )
        read = model.read(one)
        tags.append(one.tag(spec))
        at = read.finish + 2
        decisions += sum(len(one.conversion.thresholds) for one in read.conversions)
    sums = model.accumulators.accumulators
    width = _width(spec.accumulator_range)
    values: Values = {
        "LIMIT": PATIENCE * (at + len(sums) + 8),
        "READS": spec.planes,
        "TAG": sum(bits for _, bits in tags[0]),
        "ACCUMULATOR": width,
        "DESTINATIONS": len(sums),
        "DESTINATION": max(1, (spec.destinations - 1).bit_length()),
        "DECISIONS": decisions,
    }
    return values, {
        "counts.hex": _hex((count for held in counts for count in held), COUNT_BITS),
        "tags.hex": _hex(map(_joined, tags), values["TAG"]),
        "sums.hex": _hex((total & (1 << width) - 1 for total in sums), width),
    }


def _lane_nets(design: Design, vectors: Vectors) -> dict[str, str]:
    spec = design.spec
    operations = spec.column_map.lane_columns(0)
    used = [one is not None and one.output < vectors.weights.shape[1] for one in operations]
    nets = {
        "older": "1'b0",
        "tag_0": "tag",
        "tag_1": "tag",
        "used": f"{len(used)}'b{_packed(used, 1):b}",
        "clear": "1'b0",
    }
    destination = max(1, (spec.destinations - 1).bit_length())
    offsets = [one.slice_offset * spec.cell_bits if one else 0 for one in _all_operations(spec)]
    offset = max(1, max(offsets).bit_length())
    fields = [
        (one.destination, one.slice_offset * spec.cell_bits, one.negate) if one else (0, 0, 0)
        for one in operations
    ]
    words = [_joined(zip(values, (destination, offset, 1), strict=True)) for values in fields]
    width = destination + offset + 1
    nets["operations"] = f"{width * len(words)}'h{_packed(words, width):x}"
    if plan := spec.scheme.plans(vectors.tables, spec, lane=0):
        nets["plan"] = f"{sum(width for _, width in plan)}'h{_joined(plan):x}"
    if spec.lane_tables > 1:
        width = (spec.lane_tables - 1).bit_length()
        numbers = spec.lane_table_of(0)
        nets["table_of"] = f"{width * len(numbers)}'h{_packed(numbers, width):x}"
    return nets


def _all_operations(spec: TileSpec) -> Iterator:
    for lane in range(spec.lanes):
        yield from spec.column_map.lane_columns(lane)


# Text


def _connections(rtl: Rtl, nets: Mapping[str, str]) -> str:
    """Connect every pin to a net: one of `nets`, or one of the pin's own name."""
    resets = {"rst": "resetting", "rst_n": "~resetting"}
    lines = [
        f"    .{port.name}({resets.get(port.name) or nets.get(port.name, port.name)})"
        for port in rtl.ports
    ]
    return ",\n".join(lines)


def _hex(words: Iterable[int], width: int) -> str:
    digits = -(-width // 4)
    return "".join(f"{word:0{digits}x}\n" for word in words)


def _packed(words: Iterable[int], width: int) -> int:
    """Pack words of equal width into one number, the first one lowest."""
    return _joined((word, width) for word in words)


def _joined(fields: Iterable[tuple[int, int]]) -> int:
    """Pack (value, width) fields into one number, the first one lowest."""
    number = low = 0
    for value, width in fields:
        number |= int(value) << low
        low += width
    return number


def _width(reach: range) -> int:
    """Bits of a range, two's complement when it has negative numbers."""
    if reach[0] < 0:
        return 1 + max(reach[-1].bit_length(), (-reach[0] - 1).bit_length())
    return max(1, reach[-1].bit_length())
