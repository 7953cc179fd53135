"""Results of commands, for people (tables) and for programs (JSON).

The only place where numbers get their separators, percent signs and rounding. A value that a result
does not hold prints as a dash.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "as_json",
    "as_text",
    "print_calibrate",
    "print_compare",
    "print_cosim",
    "print_demo",
    "print_fpga",
    "print_generate",
    "print_inspect",
    "print_papers",
    "print_plot",
    "print_power",
    "print_presets",
    "print_run",
    "print_schema",
    "print_synth",
]

PIPE_COLUMNS = 132  # where no terminal says how wide it is; layers of ResNet-20 fit beside counts
DASH = "-"
SHORT_FROM = 10_000_000  # counts beyond are written short where there are columns of them

Result = Mapping[str, object]


def as_json(result: Result) -> str:
    r"""Write a result as one JSON object: ASCII, no NaN or infinity (both are null).

    >>> print(as_json({"saving": float("inf"), "out": "é"}))
    {
      "saving": null,
      "out": "\u00e9"
    }
    """
    return json.dumps(_plain(result), indent=2, allow_nan=False)


def _plain(value: object) -> object:
    """Turn numpy scalars and arrays, paths and tuples into what JSON has."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, PathLike):
        return fspath(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_text(command: str, result: Result) -> str:
    """Write the result of a command as it is shown to people."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        globals()[f"print_{command}"](result, console)
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def print_presets(result: Result, to: "Console") -> None:
    """Print what comes with hwgen."""
    table = _table("preset", "what it is", "paper")
    for preset in result["presets"]:
        table.add_row(preset["name"], preset["summary"], preset["paper"] or DASH)
    to.print(table)


def print_schema(result: Result, to: "Console") -> None:
    """Print a JSON Schema: it is for programs either way."""
    to.out(as_json(result))


def print_generate(result: Result, to: "Console") -> None:
    """Print what was written, by folder."""
    folders: dict[str, list[str]] = {}
    for path in result["files"]:
        folder, slash, name = path.rpartition("/")
        folders.setdefault(folder + slash, []).append(name)
    table = _table("folder", "files", "")
    for folder, names in sorted(folders.items()):
        listed = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        table.add_row(folder or "./", _count(len(names)), listed)
    to.print(table)
    to.print(f"{result['top']}: {len(result['ports'])} ports, written to {result['out']}")


def print_cosim(result: Result, to: "Console") -> None:
    """Print every bench, then the verdict."""
    columns = ("cases", "cycles", "conversions", "decisions")
    table = _table("bench", "module", "verdict", *columns, numbers=columns)
    for bench in result["benches"]:
        verdict = "passed" if bench["passed"] else "FAILED"
        table.add_row(bench["bench"], bench["module"], verdict, *_counts(bench, columns))
    to.print(table)
    if result["layer"] is not None:
        to.print(
            f"{_count(result['vectors'])} vectors of {_count(result['images'])} images: layer "
            f"{result['layer']}, crossbar {result['crossbar']}"
        )
    if result["cycles_steady"] is not None:
        to.print(
            f"without stalls {_count(result['cycles_steady'])} cycles, "
            f"{_count(result['cycles_predicted'])} predicted"
        )
    if result["fast"]:
        build, simulate, compare = (
            f"{result[f'seconds_{part}']:.1f} s" for part in ("build", "simulate", "compare")
        )
        to.print(
            f"{result['conversions_per_minute'] / 1e6:.1f} million conversions a minute: "
            f"{simulate} simulation, {compare} comparison (and {build} build)"
        )
    to.print(
        f"{result['passed']} passed, {result['failed']} failed on {result['simulator']}: "
        f"{_count(result['cycles'])} cycles, {_count(result['conversions'])} conversions, "
        f"{_count(result['decisions'])} decisions"
    )


def print_synth(result: Result, to: "Console") -> None:
    """Print every block, then the whole."""
    units = {
        "area_um2": "area, um2",
        "luts": "LUTs",
        "cells": "cells",
        "flip_flops": "flip-\nflops",
        "clock_gates": "clock\ngates",
        "gated_flip_flops": "behind\ngates",
        "logic_depth": "logic\ndepth",
        "critical_path_ns": "path,\nns",
        "register_path_ns": "between\nflip-\nflops",
    }
    held = {key: name for key, name in units.items() if result.get(key) is not None}
    proved = {"proved": "proved"} if "proved" in result else {}
    heads = ("instances", *held.values(), "against\nbinary", *proved)
    table = _table("block", *heads, numbers=heads, unbroken="block")
    for name, block in result["blocks"].items():
        counts = _counts(block, ("instances", *held))
        verdict = [_yes_no(block[key]) for key in proved]
        table.add_row(name, *counts, _ratio(block.get("versus_binary")), *verdict)
    table.add_section()
    verdict = [_yes_no(result[key]) for key in proved]
    table.add_row("all", "", *_counts(result, held), "", *verdict)
    to.print(table)
    to.print(f"target: {result['target']}")
    if result.get("critical_path_ns") is not None:
        to.print(f"times: {result['timing_tool']}")
    if result.get("timing_reason"):
        to.print(f"times: {result['timing_reason']}")
    to.print(f"netlist: {result['netlist']}")
    if placed := result.get("place_and_route"):
        to.print(_placed(placed))


def _placed(placed: Result) -> str:
    """Say what place and route came to, or why it did not."""
    if placed["reason"] is not None:
        return f"not placed on {placed['device']}: {placed['reason']}"
    return (
        f"placed on {placed['device']}: {_count(placed['logic_cells'])} of "
        f"{_count(placed['logic_cells_available'])} logic cells "
        f"({_count(placed['harness_flip_flops'])} of them in place of pins), "
        f"{_number(placed['fmax_mhz'])} MHz"
    )


def print_power(result: Result, to: "Console") -> None:
    """Print every block and group, then energies of a conversion, then whose figures these are."""
    changes = ("changes per\nconversion", "at clock\npins")
    heads = ("instances", "dynamic, uW", "of it clock", "leakage, uW", *changes)
    table = _table("block", *heads, numbers=heads)
    for name, block in result["blocks"].items():
        table.add_row(name, _count(block["instances"]), *(_figure(block[key]) for key in BLOCK))
    to.print(table)
    heads = ("internal, uW", "switching, uW", "leakage, uW")
    table = _table("group", *heads, numbers=heads)
    for name, group in result["groups"].items():
        table.add_row(name, *(_figure(group[f"{key}_uw"]) for key in GROUP_PARTS))
    to.print(table)
    heads = ("pJ per conversion",)
    table = _table("goes into", *heads, numbers=heads)
    for name, energy in result["digital_per_conversion_pj"].items():
        table.add_row(name.replace("_", " "), _figure(energy))
    table.add_section()
    for name, energy in result["energy_per_conversion_pj"].items():
        table.add_row({"adc": "ADC"}.get(name, name), _figure(energy))
    to.print(table)
    to.print(
        f"{_figure(result['dynamic_uw'])} uW dynamic, {_figure(result['leakage_uw'])} uW leakage "
        f"at {result['clock_mhz']:g} MHz, {result['target']}, {_count(result['vectors'])} vectors, "
        f"{_count(result['cycles'])} cycles, {_ratio(result['decisions_per_conversion'])} decisions"
        " per conversion"
    )
    without, tree = result["vectorless"], result["clock_tree"]
    to.print(
        f"activity measured on {_percent(result['coverage'])} of nets, "
        f"{result['changes_per_cycle']:.3f} changes a cycle; {result['glitches']}"
    )
    to.print(
        f"without vectors: {_figure(without['dynamic_uw'])} uW, "
        f"{without['changes_per_cycle']:.3f} changes a cycle ({without['model']})",
        soft_wrap=True,
    )
    to.print(f"clock tree: {_figure(tree['dynamic_uw'])} uW, {tree['model']}", soft_wrap=True)
    for line in _models(result["models"]):
        to.print(line, soft_wrap=True)
    for warning in result["warnings"]:
        to.print(f"beware: {warning}", soft_wrap=True)
    to.print(f"report: {result['report']}")


def _models(models: Result) -> list[str]:
    """Say whose figures energies are: of logic where it was measured, of converters and array."""
    adc, array, digital = models["adc"], models["array"], models["digital"]
    time = array["read_time"]
    reads = [] if time["read_ns"] is None else [_time(time)]
    said = [
        _model(f"ADC, per {adc['charges']}", adc, [adc["conditions"], adc["covers"]]),
        _model("array", array, [array["conditions"], *reads, array["covers"]]),
    ]
    if digital:
        about = [digital["netlist"], digital["covers"], f"wires: {digital['wires']}"]
        said.insert(0, _model("digital", digital, about))
    return said


def _model(head: str, model: Result, about: Iterable[str]) -> str:
    return f"{head}: {model['name']} ({'; '.join(about)}): {model['source']}"


def _time(time: Result) -> str:
    return f"reads of {time['read_ns']:.4g} ns by the {time['from']}"


def print_compare(result: Result, to: "Console") -> None:
    """Print a column for each design."""
    names = [one["name"] for one in result["designs"]]
    table = _table("", *names, numbers=names)

    def row(name: str, values: Iterable[object], write) -> None:
        table.add_row(name, *(DASH if value is None else write(value) for value in values))

    for key, (name, write) in COMPARE_ROWS.items():
        row(name, (one[key] for one in result["designs"]), write)
    table.add_section()
    for part in result["designs"][0]["energy_per_image_pj"]:
        name = {"adc": "ADC"}.get(part, part.replace("_", " "))
        values = (one["energy_per_image_pj"][part] for one in result["designs"])
        row(f"{name}, pJ per image", values, _figure)
    for what in ("conversion", "output"):
        values = (one[f"energy_per_{what}_pj"] for one in result["designs"])
        row(f"pJ per {what}", values, _figure)
    table.add_section()
    for part in result["designs"][0]["versus_first"]:
        name = part.replace("_", " ")
        values = (one["versus_first"][part] for one in result["designs"])
        row(f"{name}, times less", values, _ratio)
    to.print(table)
    to.print(
        f"{_count(result['images'])} images; {_count(result['vectors'])} vectors of "
        f"{result['layer']} on {result['library']['name']} at {result['clock_mhz']:g} MHz; "
        f"{result['skips']}; {result['glitches']}",
        soft_wrap=True,
    )
    for key, head in ((lambda one: _models(one["models"]), ""), (_warnings, "beware: ")):
        for line, designs in _by_line(result["designs"], key).items():
            of = "" if len(designs) == len(names) else f"{', '.join(designs)}: "
            to.print(f"{head}{of}{line}", soft_wrap=True)
    for path in result["files"]:
        to.print(f"{result['out']}/{path}")


def _warnings(design: Result) -> Sequence[str]:
    return design["warnings"]


def _by_line(
    designs: Iterable[Result], lines_of: Callable[[Result], Sequence[str]]
) -> dict[str, list[str]]:
    """Return the names of the designs that each line is said of."""
    found: dict[str, list[str]] = {}
    for one in designs:
        for line in lines_of(one):
            found.setdefault(line, []).append(one["name"])
    return found


def print_fpga(result: Result, to: "Console") -> None:
    """Print what is on the board, what it takes there, and what must be read from it."""
    tile, layer = result["tile"], result["layer"] or "made-up numbers"
    table = _table("", "", numbers=())
    table.add_row("board", f"{result['board']}, {result['device']}")
    table.add_row(
        "tile", f"{tile['rows']} x {tile['columns']}, {tile['lanes']} lanes, {tile['search']}"
    )
    for key, (before, after) in result["changed"].items():
        table.add_row("", f"{key} {after} instead of {before}")
    table.add_row(
        "test",
        f"{layer}, {result['layer_inputs']} x {result['layer_outputs']}: {result['images']} images "
        f"x {result['passes']} passes, {_count(result['decisions'])} decisions",
    )
    table.add_row(
        "cells",
        f"{_count(result['luts'])} LUTs, {_count(result['flip_flops'])} flip-flops, "
        f"{result['block_rams']} block RAMs: {_count(result['logic_cells'])} of "
        f"{_count(result['logic_cells_available'])} logic cells",
    )
    table.add_row("clock", f"{result['clock_mhz']:g} MHz, up to {_number(result['fmax_mhz'])} MHz")
    table.add_row("says", result["text"])
    to.print(table)
    to.print(f"bitstream: {result['bitstream']}, sha256 {result['sha256']}")


def print_inspect(result: Result, to: "Console") -> None:
    """Print every layer, then the network."""
    # Names are there to be copied; one that takes more than a third of the line is still broken.
    whole = all(len(name) <= to.width // 3 for name in result["layers"])
    table = _table(
        "layer", "kind", "takes", "gives", "codes", "scale", "zero", "weights", "matrix",
        numbers=("scale", "zero", "weights"), unbroken="layer" if whole else None,
    )  # fmt: skip
    for name, layer in {"input": result["input"], **result["layers"]}.items():
        codes = DASH if layer["low"] is None else f"{layer['low']} .. {layer['high']}"
        scale = DASH if layer["scale"] is None else f"{layer['scale']:.4g}"
        table.add_row(
            name,
            layer.get("kind", DASH),
            _shapes(layer.get("input_shapes", ())),
            _shapes([layer["shape"]]),
            codes,
            scale,
            _count(layer["zero_point"]),
            _count(layer.get("weights")),
            _matrix(layer),
        )
    to.print(table)
    to.print(
        f"{result['format']}: {len(result['layers'])} layers, {_count(result['weights'])} weights, "
        f"{_count(result['products'])} products per image; layers with a matrix go to crossbars"
    )
    if result["input"]["low"] is None:
        to.print("float network: ranges need --calibration")


def _shapes(shapes: Iterable[Iterable[int]]) -> str:
    """Write shapes as ``3x32x32 + 16``."""
    return " + ".join("x".join(map(str, shape)) for shape in shapes) or DASH


def _matrix(layer: Result) -> str:
    """Write a layer's product as ``vectors x (inputs x outputs)``, with its groups."""
    if layer.get("inputs") is None:
        return DASH
    groups = f"{layer['groups']} x " if layer["groups"] > 1 else ""
    return f"{_count(layer['vectors'])} x {groups}({layer['inputs']} x {layer['outputs']})"


def print_run(result: Result, to: "Console") -> None:
    """Print every layer, then the network, then what other readouts would take."""
    names = ("crossbars", "reads", "conversions", "decisions", "cycles")
    ratios = ("decisions_per_conversion", "saving", "saving_with_skips")
    heads = (*names, "per\nconversion", "saving", "with\nskips")
    table = _table("layer", *heads, numbers=heads)
    for name, layer in result["layers"].items():
        table.add_row(name, *_amounts(layer, names), *_ratios(layer, ratios))
    table.add_section()
    table.add_row("all", *_amounts(result, names), *_ratios(result, ratios))
    to.print(table)

    rivals = result.get("rivals") or {}
    if rivals:
        table = _table("other readouts", *heads[-3:], numbers=heads[-3:])
        for name, rival in rivals.items():
            table.add_row(name.replace("_", " "), *_ratios(rival, ratios))
        to.print(table)
    _print_phase(result, to)
    accuracy = "no labels"
    if result["top1"] is not None:
        integer = _percent(result["top1_integer"])
        accuracy = f"accuracy {_percent(result['top1'])}, integer network {integer}"
    to.print(f"{_count(result['images'])} images: {accuracy}; path: {result['path']}")
    _print_energy(result, to)
    above = result.get("counts_above_bound")
    if above:
        to.print(f"{_count(above)} counts above what ideal arrays allow")
    if result["histograms"] is not None:
        to.print(f"histograms written to {result['histograms']}")


def _print_phase(result: Result, to: "Console") -> None:
    """Print where the cycles of the lanes go, and how much shorter than full searches they are."""
    parts = ("decisions", "overhead", "waiting")
    heads = ("cycles", *(f"{part}, %" for part in parts), "times\nshorter")
    table = _table("conversion phase", *heads, numbers=heads)
    for name, phase in (result.get("conversion_phase") or {}).items():
        shares = (
            _number(100 * phase[part] / phase["cycles"] if phase["cycles"] else None)
            for part in parts
        )
        bank = f"{BANKS[name]} ({'this design' if name == result['sample_hold'] else 'model'})"
        table.add_row(bank, _amount(phase["cycles"]), *shares, _ratio(phase["shorter"]))
    if table.rows:
        to.print(table)


def _print_energy(result: Result, to: "Console") -> None:
    """Print the energy of every layer and an image, and whose figures it is."""
    models = result.get("energy_model")
    if not models:
        return
    digital = models["digital"]
    heads = ("ADC", "array", *(("digital",) if digital else ()), "per\nconversion")
    table = _table("energy per image, pJ", *heads, numbers=heads)
    for name, layer in result["layers"].items():
        table.add_row(name, *_energies(layer))
    table.add_section()
    table.add_row("all", *_energies(result))
    to.print(table)
    for line in _models(models):
        to.print(line, soft_wrap=True)
    if digital:
        about = f"{digital['library']}, {digital['clock_mhz']:g} MHz, {digital['report']}"
        to.print(f"digital: measured: {about}: {digital['priced']}", soft_wrap=True)
    else:
        to.print("without the digital periphery, whose energy and clock --power FILE brings")
    for warning in models["warnings"]:
        to.print(f"beware: {warning}", soft_wrap=True)


def _energies(part: Result) -> list[str]:
    """Energies of an image, and of a conversion on average."""
    keys = [key for key in ("adc", "array", "digital") if part["energy_pj"][key] is not None]
    of_image = (part["energy_per_image_pj"][key] for key in keys)
    whole = sum(part["energy_pj"][key] for key in keys)
    every = whole / part["conversions"] if part["conversions"] else None
    return [*(_amount(round(value)) for value in of_image), _ratio(every)]


def print_calibrate(result: Result, to: "Console") -> None:
    """Print the tables that were found, then what they save."""
    ratios = ("decisions_per_conversion", "saving", "saving_with_skips")
    heads = ("SQNR, dB", "per\nconversion", "saving", "with\nskips")
    table = _table("layer", "ranges", "lossless", *heads, numbers=heads)
    for name, found in result["tables"].items():
        ranges = _tables_of(found)
        lossless = _yes_no(found["lossless"])
        sqnr = _number(found.get("sqnr_db"))
        table.add_row(name, ranges, lossless, sqnr, *_ratios(found, ratios))
    table.add_section()
    lossless = _yes_no(result["lossless"])
    table.add_row("all", result["granularity"], lossless, "", *_ratios(result, ratios))
    to.print(table)
    if result["drop_points"] is not None:
        lost = f"{result['drop_points']:.2f} points of accuracy lost"
        to.print(f"{_count(result['images'])} calibration images: {lost}")
    if not result["rtl"]:
        to.print("for `hwgen run` only: the RTL of this design holds fewer tables")
    to.print(f"written to {result['out']}")


def _tables_of(found: Result) -> str:
    """Write the one table of a layer, or how many different ones it has."""
    if found["ranges"] is not None:
        return " ".join(f"({', '.join(map(str, fields))})" for fields in found["ranges"])
    every = found["slices"] or [one for of_slice in found["planes"] for one in of_slice]
    return f"{len(set(map(str, every)))} different of {len(every)}"


def print_plot(result: Result, to: "Console") -> None:
    """Print what was written."""
    for path in result["files"]:
        to.print(path)
    to.print(f"written to {result['out']}")


def print_papers(result: Result, to: "Console") -> None:
    """Print claims beside figures, then the conditions of each."""
    from rich.table import Table

    table = _table("", "paper", "claim", "paper says", "measured", "in", numbers=("", "measured"))
    for number, claim in enumerate(result["claims"], start=1):
        says, measured = claim["value"] or DASH, _ratio(claim["measured"])
        table.add_row(str(number), claim["paper"], claim["claim"], says, measured, claim["unit"])
    to.print(table)
    notes = Table.grid(padding=(0, 1))  # so that lines go on below their beginning
    for number, claim in enumerate(result["claims"], start=1):
        notes.add_row(
            f"{number}.",
            f"on: {claim['on']}; conditions of the paper: {claim['conditions']}\n"
            f"comparable: {claim['comparable']}; missing: {claim['missing']}",
        )
    to.print(notes)


def print_demo(result: Result, to: "Console") -> None:
    """Print the designs side by side."""
    designs: Sequence[Result] = result["designs"]
    table = _table("", *(str(design["name"]) for design in designs), numbers="all")
    for key, (head, form) in DEMO_ROWS.items():
        if any(design.get(key) is not None for design in designs):
            table.add_row(head, *(form(design.get(key)) for design in designs))
    to.print(table)
    to.print(f"written to {result['out']}")


def _table(*heads: str, numbers: Iterable[str] = (), unbroken: str | None = None) -> "Table":
    """Make a table; the columns in `numbers` are aligned to the right, one may be unbroken."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for k, head in enumerate(heads):
        right = k > 0 if numbers == "all" else head in numbers
        table.add_column(
            head, justify="right" if right else "left", overflow="fold", no_wrap=unbroken == head
        )
    return table


def _counts(values: Result, names: Iterable[str]) -> list[str]:
    return [_number(values.get(name)) for name in names]


def _amounts(values: Result, names: Iterable[str]) -> list[str]:
    """Write counts so that a column of them stays narrow: from ten million on in M, G, T."""
    return [_amount(values.get(name)) for name in names]


def _ratios(values: Result, names: Iterable[str]) -> list[str]:
    return [_ratio(values.get(name)) for name in names]


def _count(value: object) -> str:
    return DASH if value is None else f"{value:,}"


def _amount(value: object) -> str:
    if value is None or value < SHORT_FROM:
        return _count(value)
    thousands = int(f"{value:.3e}".partition("e")[2]) // 3  # of the rounded value
    return f"{value / 1000**thousands:#.4g} {'kMGTPE'[thousands - 1]}"


def _number(value: object) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else _count(value)


def _figure(value: float | None) -> str:
    """Write a measured quantity with four figures."""
    if value is None:
        return DASH
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


def _ratio(value: object) -> str:
    return DASH if value is None else f"{value:.2f}"


def _percent(value: object) -> str:
    return DASH if value is None else f"{100 * value:.2f} %"


BLOCK = (
    "dynamic_uw",
    "clock_uw",
    "leakage_uw",
    "changes_per_conversion",
    "clock_changes_per_conversion",
)
BANKS = {
    "single": "elastic, one hold",
    "double": "elastic, two holds",
    "lock_step": "lock step",
    "binary": "binary",
}
GROUP_PARTS = ("internal", "switching", "leakage")
COMPARE_ROWS = {
    "top1": ("accuracy", _percent),
    "area_um2": ("area of a tile, um2", _figure),
    "crossbars": ("crossbars", _count),
    "conversions": ("conversions per image", _figure),
    "decisions": ("decisions per image", _figure),
    "decisions_per_conversion": ("decisions per conversion", _ratio),
    "lane_changes_per_conversion": ("changes in a lane per conversion", _figure),
    "lane_clock_changes_per_conversion": ("  at its clock pins besides", _figure),
    "cycles": ("cycles per image", _figure),
    "time_us": ("time of an image, us", _figure),
    "leakage_uw": ("leakage of a tile, uW", _figure),
}

DEMO_ROWS = {
    "top1": ("accuracy", _percent),
    "top1_integer": ("integer network", _percent),
    "decisions_per_conversion": ("decisions per conversion", _ratio),
    "saving": ("saving", _ratio),
    "saving_with_skips": ("saving with skips", _ratio),
    "cycles": ("cycles", _count),
    "cells": ("cells", _count),
    "flip_flops": ("flip-flops", _count),
}
