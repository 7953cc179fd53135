"""What is delivered beside the RTL of a converter alone: datasheet, Verilog bench, derived figures.

A converter is a lane's control without a tile, of a design with redundant weights.
"""

from collections.abc import Iterator

from hwgen import __version__
from hwgen.config import Design
from hwgen.emit import pins
from hwgen.emit.rtl import Rtl
from hwgen.emit.text import filled, paragraph, table, template
from hwgen_models.converter import ConverterSpec

__all__ = ["converter_bench", "converter_budget", "converter_datasheet", "derived"]

STRIDE = 37  # of the values that the Verilog bench converts with several comparisons
PATIENCE = 2  # times the cycles that its conversions take


def derived(spec: ConverterSpec) -> dict[str, object]:
    """Return what follows from the parameters, for the manifest."""
    search = spec.search()
    return {
        "decisions": spec.decisions,
        "decision_cycles": spec.decision_cycles,
        "conversion_cycles": spec.conversion_cycles(),
        "longest_conversion": spec.longest_conversion,
        "lowest": search.lowest,
        "largest": search.largest,
        "recoverable": list(search.recoverable),
    }


def converter_budget(spec: ConverterSpec, inside: float) -> dict[str, float]:
    """Return what is left to the analog side, in cycles, of which `inside` passes at every pin."""
    return {
        "acquire high": spec.acquire_cycles - inside,
        "dac to strobe": spec.settle_dac - inside,
        "dac to compare": spec.decision_cycles - spec.compare_stages - 2 * inside,
        "strobe to compare": spec.compare_latency - spec.compare_stages - 2 * inside,
    }


def converter_datasheet(design: Design, rtl: Rtl) -> str:
    """Return the datasheet of a converter as a Markdown page."""
    spec = design.converter
    title = f"{design.name}: {design.summary}" if design.summary else design.name
    sections = {
        "Shape": _shape(spec),
        "Pins": _pins(design, rtl),
        "A conversion": _conversion(spec),
        "Weights and what they forgive": _weights(spec),
        "Votes": _votes(spec),
        "The comparator's answer": _answer(spec),
        "Reset": _reset(design, rtl),
    }
    lines = [f"# {title}", ""]
    lines += paragraph(
        f"Datasheet of the Verilog module `{rtl.top.module}`, written by hwgen {__version__}. "
        "Times are clock cycles; a signal is high in cycle *c* when it is high between clock "
        "edges *c* and *c* + 1."
    )
    for heading, body in sections.items():
        if body:
            lines += ["", f"## {heading}", "", *body]
    return "\n".join(lines) + "\n"


def _shape(spec: ConverterSpec) -> list[str]:
    search = spec.search()
    several = f"up to {spec.votes} in the last {spec.voted}" if spec.voted else "always"
    rows = [
        ("code", f"{spec.bits} bits, {spec.start} at first"),
        ("results", f"{search.lowest} to {search.largest}"),
        ("decisions", f"{spec.decisions}: {len(spec.steps)} steps and a last one"),
        ("comparisons of a decision", f"1{', ' if spec.voted else ' '}{several}"),
        ("cycles", f"{spec.conversion_cycles()} with one comparison each"),
    ]
    return table(("what", "how much"), rows)


def _pins(design: Design, rtl: Rtl) -> list[str]:
    rows = (
        (f"`{port.name}`", port.width, port.direction, pins.about(port.name, design))
        for port in rtl.ports
    )
    return [
        *table(("pin", "width", "direction", "what for"), rows),
        "",
        *paragraph(
            "`acquire`, `strobe` and `busy` are outputs of flip-flops. `dac` is one multiplexer "
            "behind flip-flops: after a clock edge a bit may pulse once before it settles."
        ),
    ]


def _conversion(spec: ConverterSpec) -> list[str]:
    stages = spec.compare_stages
    timing = [
        ("`acquire` high, `dac` at its first code", "`acquire_cycles`", spec.acquire_cycles),
        ("`dac` stable before `strobe`", "`settle_dac`", spec.settle_dac),
        ("from `strobe` to the next code", "`compare_latency`", spec.compare_latency),
        ("flip-flops behind the one that captures `compare`", "`compare_stages`", stages),
        ("a comparison", "D", spec.decision_cycles),
        ("result on `dac`, about to enter `result`", "", 1),
        ("a conversion with one comparison per decision", "", spec.conversion_cycles()),
    ]
    continuous = (
        " `strobe` stays high from the first comparison to the last: one comparison for every "
        "cycle in which it is high."
        if spec.decision_cycles == 1
        else ""
    )
    return [
        *table(("time", "parameter", "cycles"), timing),
        "",
        *paragraph(
            "`start` is taken while `busy` is low, or in the last cycle of a conversion: held high,"
            " conversions follow each other without a gap." + continuous
        ),
        "",
        "```",
        *_waveform(spec),
        "```",
    ]


def _waveform(spec: ConverterSpec) -> list[str]:
    """Draw the pins of a conversion: one character per cycle."""
    one = spec.conversion(spec.start)
    shown = one.pins()
    cycles = range(one.cycles)
    first, period = spec.acquire_cycles, spec.decision_cycles
    codes = [f"{(cycle - first) // period % 10}" if cycle >= first else "s" for cycle in cycles]
    rows = {
        "start": "#" + "." * one.cycles,
        "acquire": "_" + _drawn(shown.acquire),
        "dac": "=" + "".join(codes[:-1]) + "r",
        "strobe": "_" + _drawn(shown.strobe),
        "compare": "." + "".join("^" if cycle in one.captures else "." for cycle in cycles),
        "busy": "_" + _drawn(shown.busy),
        "result": "=" * (one.cycles + 1) + "r",
    }
    numbers = "".join(str(cycle % 10) for cycle in range(one.cycles + 1))
    return [
        f"{'cycle':9} {numbers}",
        *(f"{name:9} {row}" for name, row in rows.items()),
        "",
        "# high   _ low   = as before   s first code   0, 1, .. code of that decision (mod 10)",
        "r result   ^ captured at the end of this cycle   . does not matter",
    ]


def _drawn(levels: tuple[int, ...]) -> str:
    return "".join("#" if level else "_" for level in levels)


def _weights(spec: ConverterSpec) -> list[str]:
    search = spec.search()
    rest, rows = sum(spec.steps), []
    for step, (weight, covered) in enumerate(zip(spec.steps, search.recoverable, strict=True)):
        reach = sum(spec.steps[:step])
        rows.append((step, weight, f"{spec.start - reach} to {spec.start + reach}", covered))
    low, high = spec.start - rest, spec.start + rest
    rows.append((len(spec.steps), "", f"{low} to {high}", 0))
    text = paragraph(
        "Decision k asks whether the held value is at least code - 1/2 and moves the code up by its"
        " weight, or down; the last one keeps the code (yes) or takes the one below. A wrong "
        "answer is made good by the decisions after it while the held value is within the given "
        "number of counts of the code: errors of comparator and settling below that, plus 1/2, "
        "leave the result exact."
    )
    head = ("decision", "weight", "codes", "made good, counts")
    return [*text, "", *table(head, rows)]


def _votes(spec: ConverterSpec) -> list[str]:
    if not spec.voted:
        return []
    most = spec.most_averaging
    choices = [2**k - 1 for k in range(most.bit_length() + 1)]
    rows = [(pairs, 2 * pairs + 1, spec.conversion_cycles(pairs)) for pairs in choices]
    return [
        *paragraph(
            f"Each of the last {spec.voted} decisions takes 2 `averaging` + 1 comparisons, and what"
            f" most of them say is the answer. Any number from 0 to {most} will do; `averaging` "
            "must not change while `busy` is high."
        ),
        "",
        *table(("`averaging`", "comparisons", "cycles of a conversion"), rows),
    ]


def _answer(spec: ConverterSpec) -> list[str]:
    stages = spec.compare_stages
    more = (
        f"Before that it has passed {stages} more flip-flop{'s'[: stages > 1]}."
        if stages
        else "With `compare_stages` above 0 it first passes more flip-flops."
    )
    return paragraph(
        "`compare` enters one flip-flop and nothing else. In the next cycle that flip-flop selects "
        "between two codes that have been computed before: an answer that changes at the clock "
        "edge may delay `dac` while the flip-flop makes up its mind, but it counts as a yes or as a"
        " no, in all bits alike, and a step within its redundancy makes good either. " + more
    )


def _reset(design: Design, rtl: Rtl) -> list[str]:
    style = design.interface.reset
    name = next(port.name for port in rtl.ports if port.name.startswith("rst"))
    when = "at once" if style.kind == "asynchronous" else "at the next clock edge"
    return paragraph(
        f"`{name}` is {style.kind} and active {style.active}; registers reset {when}. It drops a "
        f"conversion, leaves `dac` at {design.converter.start} and `result` at 0. Whatever the "
        "registers hold, the next `start` is served at most one longest conversion and a "
        "comparison later."
    )


def converter_bench(design: Design, common: dict, connections: str) -> dict[str, str]:
    """Return the self-checking Verilog bench of a converter, by file name.

    Parameters
    ----------
    design : Design
        What was emitted.
    common : dict
        What benches of all kinds fill their templates with.
    connections : str
        Every pin of the top, connected.
    """
    spec = design.converter
    search = spec.search()
    conversions = list(_conversions(spec))
    values = {
        "PINS": connections,
        "AVERAGING_BITS": max(spec.averaging_bits, 1),
        "MOST_AVERAGING": spec.most_averaging,
        "LOWEST": search.lowest,
        "LARGEST": search.largest,
        "STRIDE": STRIDE,
        "CYCLES": spec.conversion_cycles(),
        "CYCLES_PER_PAIR": 2 * spec.voted * spec.decision_cycles,
        "DECISIONS": sum(sum(spec.comparisons(pairs)) for pairs in conversions),
        "LIMIT": PATIENCE * sum(spec.conversion_cycles(pairs) + 4 for pairs in conversions),
    }
    parts = ("common", "comparator", "converter")
    text = filled("".join(template(f"bench_{part}.v") for part in parts), common | values)
    return {f"{common['TB']}.v": text}


def _conversions(spec: ConverterSpec) -> Iterator[int]:
    """Yield ``averaging`` of every conversion that the Verilog bench does."""
    search = spec.search()
    for k in range(spec.averaging_bits + 1):
        stride = STRIDE if k else 1
        yield from [2**k - 1] * len(range(search.lowest, search.largest + 1, stride))
