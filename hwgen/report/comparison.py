"""Draws what `hwgen compare` found: energy of an image and area, by what they go into."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hwgen.errors import UserError
from hwgen.output import check_folder
from hwgen.report.figures import BLACK, COLOURS, GREY, LEGEND_ROW, MIDDLE, SMALL, Canvas
from hwgen.report.plots import write_figures

__all__ = ["check_comparison", "conditions", "draw_comparison"]

RECORD = "compare.json"
NAMES = {
    "lane_control": "lane control",
    "accumulation": "accumulation",
    "scheduling": "scheduling",
    "tables": "tables",
    "leakage": "leakage",
    "adc": "ADC (model)",
    "array": "array (model)",
}
LOOKS = dict(zip(NAMES, COLOURS, strict=True))
BAR, LEFT, WIDTH, RIGHT = 0.32, 1.5, 5.2, 0.75
PER_ROW = 4  # of the legend
CAPTION, LINE, SIDE = 120, 0.13, 0.15  # of the caption: characters, height of a line, margin
SCALES = ((1e6, "uJ"), (1e3, "nJ"), (1.0, "pJ"))


def check_comparison(out: Path, *, force: bool = False) -> None:
    """Refuse a folder that figures cannot be written to, before the work is done.

    Raises
    ------
    UserError
        When it cannot be used.
    """
    if out.suffix.lower() in {".svg", ".png"}:
        raise UserError(f"{out}: must be a folder, which takes all figures, not the name of one")
    check_folder(out, RECORD, force=force)


def draw_comparison(result: Mapping, out: Path) -> dict[str, str]:
    """Write a comparison and its figure, and return the files with their SHA-256.

    Raises
    ------
    UserError
        When the folder cannot be used.
    """
    return write_figures(_figures(result), out, RECORD, result)["files"]


def _figures(result: Mapping) -> Iterator[tuple[str, Figure]]:
    yield "compare", _figure(result)


def _figure(result: Mapping) -> Figure:
    """Draw a bar for each design, the first on top: of energy, below of area; and say of what."""
    designs = result["designs"]
    energies = [one["energy_per_image_pj"] for one in designs]
    areas = [one["area_parts_um2"] for one in designs]
    shown = [name for name in NAMES if any(energy[name] > 0 for energy in energies)]
    rows = -(-len(shown) // PER_ROW)
    high = BAR * len(designs)
    top = 0.45 + LEGEND_ROW * rows
    said = [line for one in conditions(result) for line in wrap(one, CAPTION)]
    below = top + 2 * high + 1.35
    canvas = Canvas(LEFT + WIDTH + RIGHT, below + LINE * len(said) + 0.1)
    handles = [Patch(color=LOOKS[name], label=NAMES[name]) for name in shown]
    canvas.legend(handles, 0.15, 0.1, ncols=PER_ROW)
    names = [one["name"] for one in designs]
    largest = max(energy["total"] for energy in energies)
    scale, unit = next(pair for pair in SCALES if largest >= pair[0] or pair[0] == 1)
    axes = canvas.axes(LEFT, top, WIDTH, high)
    _bars(axes, names, [{n: energy[n] / scale for n in shown} for energy in energies])
    axes.set_title(f"energy of an image, {unit}", loc="left")
    axes = canvas.axes(LEFT, top + high + 0.8, WIDTH, high)
    _bars(axes, names, [{n: area[n] / 1e3 for n in area} for area in areas])
    axes.set_title("area of a tile, cells alone, 1000 um2", loc="left")
    place = canvas.point(SIDE, below)
    canvas.figure.text(
        *place, "\n".join(said), va="top", fontsize=SMALL, color=GREY, parse_math=False
    )
    return canvas.figure


def conditions(result: Mapping) -> list[str]:
    """Say under which conditions designs were compared, a line for each kind of them."""
    library, designs = result["library"], result["designs"]
    digital = designs[0]["models"]["digital"]
    played = (
        f"network {Path(result['network']).name}, {result['images']} images of "
        f"{Path(result['data']).name}; {result['vectors']} vectors of layer {result['layer']} "
        f"played on each netlist; {result['skips']}"
    )
    cells = (
        f"{library['name']}, {result['clock_mhz']:g} MHz, "
        f"{digital['netlist']}; {digital['covers']}; wires: {digital['wires']}"
    )
    adc, array = (
        {one["name"]: say(one["models"][kind]) for one in designs}
        for kind, say in (("adc", _adc), ("array", _array))
    )
    models = [*_of_designs("ADC", adc), *_of_designs("array", array)]
    return [played, cells, *_tables(designs), *models]


def _tables(designs: Sequence[Mapping]) -> list[str]:
    """Say whose tables were not chosen for the network."""
    names = [one["name"] for one in designs if one["calibrated"] is False]
    return [f"search tables not calibrated for the network: {', '.join(names)}"] if names else []


def _of_designs(what: str, said: Mapping[str, str]) -> list[str]:
    """Say something once where it holds for all designs, else for each."""
    if len(set(said.values())) == 1:
        return [f"{what}: {next(iter(said.values()))}"]
    return [f"{what} of {name}: {text}" for name, text in said.items()]


def _adc(model: Mapping) -> str:
    return f"model {model['name']}, charged per {model['charges']}, of {model['conditions']}"


def _array(model: Mapping) -> str:
    time = model["read_time"]
    ns = "" if time["read_ns"] is None else f", reads of {time['read_ns']:.4g} ns"
    return f"model {model['name']}{ns} (by the {time['from']})"


def _bars(axes: Axes, names: Sequence[str], parts: Sequence[Mapping[str, float]]) -> None:
    places = range(len(names))
    left = [0.0] * len(names)
    for part in parts[0]:
        widths = [one[part] for one in parts]
        axes.barh(places, widths, left=left, height=0.7, color=LOOKS[part])
        left = [begin + width for begin, width in zip(left, widths, strict=True)]
    for place, total in zip(places, left, strict=True):
        axes.text(total, place, f" {total:,.4g}", va="center", fontsize=MIDDLE, color=BLACK)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
