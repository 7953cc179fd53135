"""The datasheet of a design: pins, what they do when, and how long everything takes."""

import itertools
from collections.abc import Iterator, Sequence

from hwgen import __version__
from hwgen.config import Design, Table
from hwgen.emit import pins
from hwgen.emit.rtl import Rtl, TopPort
from hwgen.emit.text import paragraph, table
from hwgen_models.sar import Conversion, Sar
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec
from hwgen_models.tile import search_tree

__all__ = ["datasheet"]

SHOWN_DECISIONS = 2  # in the waveform


def datasheet(design: Design, rtl: Rtl, *, layer: str | None) -> str:
    """Return the datasheet as a Markdown page.

    Parameters
    ----------
    design : Design
        What was emitted.
    rtl : Rtl
        What it turned into.
    layer : str or None
        Layer whose search table the page describes.
    """
    title = f"{design.name}: {design.summary}" if design.summary else design.name
    lines = [f"# {title}", ""]
    lines += paragraph(
        f"Datasheet of the Verilog module `{rtl.top.module}`, written by hwgen {__version__}. "
        "Times are clock cycles; a signal is high in cycle *c* when it is high between clock "
        "edges *c* and *c* + 1."
    )
    sections = [("Shape", _shape(design.spec)), ("Pins", _pins(design, rtl))]
    sections.append(("A conversion", _conversion(design.spec)))
    sections.append(("How long a conversion takes", _durations(design, layer)))
    if design.top == "tile":
        sections += [
            ("A vector", _vector(design)),
            ("Columns", _columns(design.spec)),
            ("Reset", _reset(design, rtl)),
        ]
    for heading, body in sections:
        lines += ["", f"## {heading}", "", *body]
    return "\n".join(lines) + "\n"


def _shape(spec: TileSpec) -> list[str]:
    sign = "signed" if spec.signed_inputs else "unsigned"
    limit = 2 ** (spec.slices * spec.cell_bits) - 1
    rows = [
        ("array", f"{spec.rows} rows x {spec.columns} columns, {spec.cell_bits}-bit cells"),
        ("inputs", f"{spec.input_bits} bits, {sign}; {spec.planes} planes of {spec.dac_bits} bit"),
        ("weights", f"-{limit} to {limit}: {spec.slices} slices, two polarities"),
        ("outputs", f"{spec.outputs}, {spec.y_bits} bits, two's complement"),
        (
            "counts",
            f"0 to {spec.largest_count}, codes 1 to {spec.largest_code}"
            + (", saturating" if spec.saturate else ""),
        ),
        ("readout", f"{spec.lanes} lanes of {spec.columns_per_lane} columns, {spec.search} search"),
        ("sample-and-holds", f"{spec.banks} per column"),
        ("chaining", f"`y_in`, up to {spec.row_tiles} row tiles" if spec.y_in else "none"),
    ]
    return table(("what", "how much"), rows)


def _pins(design: Design, rtl: Rtl) -> list[str]:
    lanes = [port for port in rtl.ports if port.name.startswith("lane")]
    others = [port for port in rtl.ports if port not in lanes]
    lines = table(("pin", "width", "direction", "what for"), _pin_rows(design, others))
    if lanes:
        first = [port for port in lanes if port.name.startswith("lane0_")]
        count = len(lanes) // len(first)
        lines += ["", f"Every lane, `lane0` to `lane{count - 1}`, has:", ""]
        lines += table(("pin", "width", "direction", "what for"), _pin_rows(design, first))
    lines += [""]
    lines += paragraph(
        "All pins that control the analog side are outputs of flip-flops. "
        + (
            "A word moves on a stream at the end of every cycle in which `valid` and `ready` are "
            "both high; `valid` stays, and the payload with it, until the word has moved."
            if design.top == "tile"
            else ""
        )
    )
    return lines


def _pin_rows(design: Design, ports: list[TopPort]) -> Iterator[tuple[str, str, str, str]]:
    for port in ports:
        width = f"{port.width}, signed" if port.signed else str(port.width)
        yield f"`{port.name}`", width, port.direction, pins.about(port.name, design)


def _conversion(spec: TileSpec) -> list[str]:
    timing = [
        ("`column` and `bank` stable before `acquire`", "`settle_mux`", spec.settle_mux),
        ("`acquire` high", "`acquire_cycles`", spec.acquire_cycles),
        ("`dac` stable before `strobe`", "`settle_dac`", spec.settle_dac),
        ("from `strobe` to the next threshold", "`compare_latency`", spec.compare_latency),
        (
            "flip-flops behind the one that captures `compare`",
            "`compare_stages`",
            spec.compare_stages,
        ),
        ("a decision", "D", spec.decision_cycles),
    ]
    cycles = f"{spec.overhead_cycles} + {spec.decision_cycles} k"
    sentence = paragraph(
        f"A conversion with k decisions takes settle_mux + acquire_cycles + k D = {cycles} cycles; "
        "the next one follows at once. Threshold code k is the level between the counts k - 1 and "
        f"k. With {SHOWN_DECISIONS} decisions:"
    )
    return [
        *table(("time", "parameter", "cycles"), timing),
        "",
        *sentence,
        "",
        "```",
        *_waveform(spec),
        "```",
    ]


def _waveform(spec: TileSpec) -> list[str]:
    """Draw the pins of a lane in a conversion: one character per cycle."""
    sar = Sar.of(spec)
    tree = SearchTree.binary(SHOWN_DECISIONS, 2**SHOWN_DECISIONS - 1)
    conversion = sar.conversion(tree, 1)
    rows = {
        "column": "=" * conversion.cycles,
        "acquire": _level(conversion, range(spec.settle_mux, spec.overhead_cycles)),
        "dac": _codes(conversion, spec),
        "strobe": _level(conversion, conversion.strobes),
        "compare": "".join(
            "^" if cycle in conversion.captures else "." for cycle in range(conversion.cycles)
        ),
        "busy": "#" * conversion.cycles,
    }
    lines = [f"cycle    {''.join(str(cycle % 10) for cycle in range(conversion.cycles))}"]
    lines += [f"{name:8} {row}" for name, row in rows.items()]
    return [
        *lines,
        "",
        "# high   _ low   = stable   1, 2, .. threshold of that decision",
        "^ captured at the end of this cycle",
    ]


def _level(conversion: Conversion, high: object) -> str:
    return "".join("#" if cycle in high else "_" for cycle in range(conversion.cycles))


def _codes(conversion: Conversion, spec: TileSpec) -> str:
    before = "." * spec.overhead_cycles
    decisions = range(1, len(conversion.decided) + 1)
    return before + "".join(str(k) * spec.decision_cycles for k in decisions)


def _durations(design: Design, layer: str | None) -> list[str]:
    spec = design.spec
    lines: list[str] = []
    tables = design.loaded(layer)
    if spec.scheme.fields:
        source = f"layer `{layer}`" if layer and design.tables else "the design"
        what = "density" if spec.has_centres else "ranges"
        reset = (
            f"the density is {_ranges_text(spec.scheme.reset(spec), spec)}."
            if spec.has_centres
            else f"the search is binary, with {spec.readout_bits} decisions."
        )
        held = _ranges_text(tables[0], spec) if len(set(tables)) == 1 else "of its slices, below"
        lines += paragraph(
            f"With the {what} of {source}, {held}; at reset {reset}"
            + (
                " The active rows of a read bound its searches: what follows is of a read with all "
                f"rows active, of one with few see the last table. A count is at most "
                f"{spec.largest_digit} for every active row."
                if spec.bounded
                else ""
            )
        )
        lines += [""]
    for number, one in enumerate(dict.fromkeys(tables)):
        if len(set(tables)) > 1:
            slices = [str(s) for s, other in enumerate(tables) if other == one]
            gap = [""] if number else []
            text = f"Slices {', '.join(slices)}, {_ranges_text(one, spec)}:"
            lines += [*gap, *paragraph(text), ""]
        tree = search_tree(spec, one)
        rows = [
            (_span(first, last), _values(tree, first, last), depth, spec.conversion_cycles(depth))
            for first, last, depth in _runs(tree)
        ]
        lines += table(("count", "value", "decisions", "cycles"), rows)
    return lines + (_bounded(spec, tables) if spec.bounded else [])


def _ranges_text(one: Table, spec: TileSpec) -> str:
    """Write down a table: "(payload 3, truncation 0) and (payload 8, truncation 0)", "16/64"."""
    if spec.has_centres:
        return f"{one[0][0]}/{1 << spec.density_bits}"
    names = one[0]._fields
    texts = [
        ", ".join(f"{name} {value}" for name, value in zip(names, entry, strict=True))
        for entry in one
    ]
    return " and ".join(f"({text})" for text in texts)


def _bounded(spec: TileSpec, tables: Sequence[Table]) -> list[str]:
    """Say how many decisions a conversion takes at most, by active rows."""
    classes = [spec.scheme.classes(one, spec)[0].tolist() for one in tables]
    ends = sorted({bound // spec.largest_digit for of_table in classes for bound in of_table})
    ends = [end for end in ends if end] or [spec.largest_active]
    depths = [
        max(search_tree(spec, one, end * spec.largest_digit).depth for one in tables)
        for end in ends
    ]
    rows, first = [], 1
    for depth, run in itertools.groupby(zip(depths, ends, strict=True), key=lambda one: one[0]):
        last = max(end for _, end in run)
        rows.append((_span(first, last), depth, spec.conversion_cycles(depth)))
        first = last + 1
    return ["", *table(("active rows", "decisions, at most", "cycles, at most"), rows)]


def _runs(tree: SearchTree) -> Iterator[tuple[int, int, int]]:
    """Yield first and last of the counts in a row that take equally many decisions."""
    first = 0
    for depth, run in itertools.groupby(tree.depths.tolist()):
        length = len(list(run))
        yield first, first + length - 1, depth
        first += length


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _values(tree: SearchTree, first: int, last: int) -> str:
    values = tree.values.tolist()[first : last + 1]
    if all(value == count for count, value in enumerate(values, start=first)):
        return "the count"
    distinct = sorted(set(values))
    return f"one of {len(distinct)} from {distinct[0]} to {distinct[-1]}"


def _vector(design: Design) -> list[str]:
    spec = design.spec
    served = min(spec.columns_per_lane, spec.column_map.used)
    longest = served * spec.longest_conversion
    rows = [
        (f"beats of `x` per vector ({spec.x_elements} inputs each)", spec.beats),
        ("rows stable before `sample` (`settle_row`)", spec.settle_row),
        ("`sample` high (`sample_cycles`)", spec.sample_cycles),
        ("reads of a vector, planes without active rows being skipped", f"at most {spec.planes}"),
        (f"conversions of a lane per read, {served} columns", f"at most {longest}"),
        ("how long a sampled count must be held", f"at most {design.hold_cycles}"),
        ("draining the accumulators", f"{spec.outputs}, one per output in use"),
    ]
    lines = paragraph(
        "Inputs enter plane by plane, the least significant first. Rows outlive `sample` by one "
        "cycle; then the next plane settles while the lanes convert"
        + (", and is sampled into the other bank." if spec.banks == 2 else ".")
    )
    lines += [
        "",
        *paragraph(
            f"A vector is {spec.beats} beats, counted from reset: beats carry no mark, so a source "
            "that sends one too few or too many shifts every later vector until the next reset."
        ),
    ]
    if spec.y_in:
        own, all_tiles = spec.tile_range, spec.y_range
        lines += [
            "",
            *paragraph(
                f"The tile's own sums lie in {own[0]} to {own[-1]}. `y_in` must lie in "
                f"{all_tiles[0] - own[0]} to {all_tiles[-1] - own[-1]}; then no `y` can overflow, "
                "which nothing would tell."
            ),
        ]
    return [*lines, "", *table(("what", "cycles"), rows)]


def _columns(spec: TileSpec) -> list[str]:
    used = spec.column_map.used
    lines = paragraph(
        f"Columns are in `{spec.column_order}` order: physical column p holds output, slice and "
        "polarity (0 positive, 1 negative) as `columns` in `manifest.json` says. Lane l serves "
        f"columns {spec.columns_per_lane} l to {spec.columns_per_lane} l + "
        f"{spec.columns_per_lane - 1}."
    )
    if used < spec.columns:
        lines += paragraph(f"Columns {used} to {spec.columns - 1} are never converted.")
    return lines


def _reset(design: Design, rtl: Rtl) -> list[str]:
    style = design.interface.reset
    name = next(port.name for port in rtl.ports if port.name.startswith("rst"))
    release = (
        "Registers reset at once; release it in time before a clock edge."
        if style.kind == "asynchronous"
        else "Registers reset at the next clock edge."
    )
    return paragraph(
        f"`{name}` is {style.kind} and active {style.active}. {release} After it every word line "
        "and every control pin is off, no vector is held, and the tables have the reset values of "
        "`registers.md`. Nothing has a value before the first reset. What a stream offers during "
        "reset is lost, although its `ready` may be high."
    )
