"""Draws what network runs found: counts with the thresholds of the search, decisions, accuracy.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour
vision tell apart; runs differ in the shape of their marks and in their order besides. Lengths are
in inches, for figures grow with the number of layers.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.textpath import TextToPath
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from hwgen.report.runs import Part, Run

__all__ = ["LOOK", "accuracy_figure", "counts_figure", "decisions_figure"]

FONT = "DejaVu Sans"  # comes with matplotlib
LARGE, MIDDLE, SMALL = 9, 8, 7  # printer's points (1/72 inch)

LOOK = {  # changes to matplotlib's defaults that figures count on
    "font.family": FONT,
    "font.size": LARGE,
    "axes.titlesize": LARGE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": MIDDLE,
    "legend.title_fontsize": MIDDLE,
    "legend.borderpad": 0,
    "legend.borderaxespad": 0,
}

BLACK, GREY, LIGHT, PALE = "#000000", "#555555", "#d4d4d4", "#e6e6e6"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", BLACK)
MARKS = ("o", "s", "^", "D", "v", "P", "X", "p")  # not as many as colours: pairs repeat late

# Open marks, so that no rival is taken for a run.
RIVALS = {
    "static": ("static width", {"marker": "s"}),
    "bounded_binary": ("binary, bounded by active rows", {"marker": "D"}),
    "optimal_tree": ("optimal tree", {"marker": "^"}),
    "entropy": ("entropy: the limit", {"marker": "|", "markeredgewidth": 1.6, "markersize": 8}),
}
OPEN = {"linestyle": "none", "markerfacecolor": "none", "color": GREY, "markersize": 5}

LEGEND_ROW = 0.18
PANEL_ROW, PANEL_GAP = 1.25, 0.1
SMALLEST_SHARE = -12  # decimal logarithm; what lies below is not drawn
MOST_CHARACTERS = 80  # of a name, however narrow
MOST_LABELLED = 3  # runs whose edges have room for their numbers


class Look(NamedTuple):
    """How a run is drawn in every figure."""

    colour: str
    mark: str


class Canvas:
    """A figure on which axes are placed by their distance from the upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Make axes."""
        x, y = self.point(left, top + height)
        return self.figure.add_axes((x, y, width / self.width, height / self.height))

    def point(self, left: float, top: float) -> tuple[float, float]:
        """Place of a point, in figure coordinates."""
        return left / self.width, 1 - top / self.height

    def legend(self, handles: Sequence, left: float, top: float, **options: object) -> None:
        """Put a legend with its upper left corner at a point."""
        place = self.point(left, top)
        self.figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=place, alignment="left", **options
        )


# Counts


def counts_figure(runs: Sequence[Run], layer: str | None = None) -> Figure:
    """Draw the counts of all conversions, and the edges of the ranges that are searched.

    Without a `layer` the whole network, and below it every layer. The area is of the first run; the
    counts of others are lines where they differ, as they do behind lossy layers. Edges of several
    runs share the height, from the first run at the top, so that equal ones are all seen.
    """
    names = list(runs[0].layers) if layer is None else []
    across = 5 if len(names) > 24 else max(1, min(4, len(names)))
    rows = -(-len(names) // across)
    width, left, right = (10.0 if across == 5 else 8.0), 0.75, 0.15
    parts = [run.whole if layer is None else run.layers[layer] for run in runs]
    handles = _count_handles(runs, parts)
    columns = _legend_columns(handles, width - left)
    top = 0.4 + LEGEND_ROW * -(-len(handles) // columns)
    below = top + 2.2 + 0.7  # where panels begin
    canvas = Canvas(width, below + (rows * PANEL_ROW + 0.1 if rows else -0.2))
    canvas.legend(handles, left, 0.1, ncols=columns)

    axes = canvas.axes(left, top, width - left - right, 2.2)
    _histogram(axes, parts)
    if len(runs) <= MOST_LABELLED:
        _edge_numbers(axes, parts, "layers" if layer is None else "tables")
    title = f"whole network, {len(names)} layers" if layer is None else _short(layer, 4, LARGE)
    axes.set_title(f"{title}: {parts[0].conversions:,} conversions", loc="left")
    axes.set_xlabel("count")
    axes.set_ylabel("share of conversions")

    wide = (width - left - right - PANEL_GAP * (across - 1)) / across
    for k, name in enumerate(names):
        row, column = divmod(k, across)
        place = left + column * (wide + PANEL_GAP), below + row * PANEL_ROW
        panel = canvas.axes(*place, wide, PANEL_ROW - 0.3)
        _histogram(panel, [run.layers[name] for run in runs])
        panel.set_title(_short(name, wide, SMALL), fontsize=SMALL, loc="left", pad=3)
        lowest = k + across >= len(names)
        panel.tick_params(labelleft=column == 0, labelbottom=lowest, labelsize=SMALL)
        panel.set_xlabel("count" if lowest else "", fontsize=SMALL, labelpad=1)
        panel.set_ylabel("share" if column == 0 else "", fontsize=SMALL)
    drawn = parts + [run.layers[name] for run in runs for name in names]
    _same_scales(canvas.figure.axes, drawn)
    return canvas.figure


def _histogram(axes: Axes, parts: Sequence[Part]) -> None:
    """Draw the shares of counts and the edges of every run."""
    first, *others = parts
    _steps(axes, first, fill=True, color=LIGHT)
    for part, look in zip(others, islice(_looks(len(parts)), 1, None), strict=True):
        if part.histogram != first.histogram:
            _steps(axes, part, color=look.colour, linewidth=0.8)
    for part, look, (low, high) in _banded(parts):
        for edge in part.edges:
            faint = 0.5 if len(part.edges) > 1 else 1
            at = _decided(edge)
            axes.axvline(at, low, high, color=look.colour, linewidth=1.4, alpha=faint)
    if not any(part.conversions for part in parts):
        axes.text(0.5, 0.4, "no conversions", fontsize=SMALL, ha="center", transform=axes.transAxes)


def _steps(axes: Axes, part: Part, **style: object) -> None:
    """Draw the share of every count that occurs, one wide around its integer."""
    total = part.conversions
    if total:
        shares = [count / total for count in part.histogram[: part.largest + 1]]
        bounds = [k - 0.5 for k in range(len(shares) + 1)]
        axes.stairs(shares, bounds, baseline=10.0**SMALLEST_SHARE, **style)


def _decided(edge: int) -> float:
    """Where the comparator decides "count >= edge?"."""
    return edge - 0.5


def _banded(parts: Sequence[Part]) -> Iterator[tuple[Part, Look, tuple[float, float]]]:
    """Yield those with edges, and the share of the height that theirs are drawn in."""
    held = [one for one in zip(parts, _looks(len(parts)), strict=True) if one[0].edges]
    for k, (part, look) in enumerate(held):
        yield part, look, (1 - (k + 1) / len(held), 1 - k / len(held))


def _edge_numbers(axes: Axes, parts: Sequence[Part], unit: str) -> None:
    """Write on every edge which count it is, and how many layers or tables have it."""
    for part, _, (_, high) in _banded(parts):
        several = len(part.edges) > 1
        for edge, holders in part.edges.items():
            axes.annotate(
                f"≥ {edge} in {holders} {unit}" if several else f"≥ {edge}",
                (_decided(edge), high),
                xycoords=("data", "axes fraction"),
                xytext=(3, -2),
                textcoords="offset points",
                rotation=90 if several else 0,
                ha="left",
                va="top",
                fontsize=SMALL,
            )


def _same_scales(every: Iterable[Axes], drawn: Sequence[Part]) -> None:
    """Give all axes one scale, from the rarest count to all conversions."""
    rarest = min((part.rarest for part in drawn if part.conversions), default=1.0)
    lowest = max(math.floor(math.log10(rarest)), SMALLEST_SHARE)
    last = max(max(part.largest, *part.edges, 1) for part in drawn)
    for axes in every:
        axes.set_xlim(-0.5, last + 0.5)
        axes.set_yscale("log")
        axes.set_ylim(10.0**lowest, 1)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
        axes.yaxis.set_minor_locator(NullLocator())


def _count_handles(runs: Sequence[Run], parts: Sequence[Part]) -> list[Patch | Line2D]:
    """Entries for the counts of the first run, and what is drawn of each run in its colour."""
    handles: list[Patch | Line2D] = [Patch(color=LIGHT, label=f"counts, {_label(runs[0])}")]
    for run, part, look in zip(runs, parts, _looks(len(runs)), strict=True):
        counts = part.histogram != parts[0].histogram
        edges = any(layer.edges for layer in (part, *run.layers.values()))
        what = " and ".join(["counts"] * counts + ["edges of ranges"] * edges)
        if what:
            handles.append(Line2D([], [], color=look.colour, label=f"{what}, {_label(run)}"))
    return handles


# Decisions


def decisions_figure(runs: Sequence[Run]) -> Figure:
    """Draw decisions per conversion: the whole network, and below it layer by layer.

    Rivals are those of the first run.
    """
    names = list(runs[0].layers)
    rows = [[run.whole for run in runs], *([run.layers[name] for run in runs] for name in names)]
    places = [0.0, *(k + 1.5 for k in range(len(names)))]
    labels = ["whole network", *(_short(name, 2.4, LARGE) for name in names)]
    legend = LEGEND_ROW * (1 + max(len(RIVALS), len(runs))) + 0.2
    left, bottom, right, row = 0.2 + max(_width(label, LARGE) for label in labels), 0.5, 0.15, 0.2
    high = row * (places[-1] + 1.5)
    canvas = Canvas(left + 5 + right, legend + high + bottom)
    axes = canvas.axes(left, legend, 5, high)
    for y, parts in zip(places, rows, strict=True):
        for name, value in parts[0].rivals.items():
            axes.plot(value, y, **{**OPEN, **RIVALS[name][1]}, zorder=4)
        for part, look in zip(parts, _looks(len(runs)), strict=True):
            if part.decisions is not None:
                axes.plot(part.decisions, y, look.mark, color=look.colour, zorder=3)
    axes.axhline(0.75, color=BLACK, linewidth=0.6)
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(places[-1] + 0.75, -0.75)
    axes.set_xlim(left=0)
    axes.set_xlabel("decisions per conversion")
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)

    canvas.legend(_run_handles(runs), left, 0.1, title="runs")
    same = all(run.whole.rivals == runs[0].whole.rivals for run in runs)
    whose = "the same counts" if same else f"the counts of {_label(runs[0])}"
    canvas.legend(_rival_handles(), left + 2.2, 0.1, title=f"other readouts of {whose}")
    return canvas.figure


def _run_handles(runs: Sequence[Run]) -> list[Line2D]:
    return [
        Line2D([], [], color=look.colour, marker=look.mark, linestyle="none", label=_label(run))
        for run, look in zip(runs, _looks(len(runs)), strict=True)
    ]


def _rival_handles() -> list[Line2D]:
    return [Line2D([], [], **{**OPEN, **mark}, label=label) for label, mark in RIVALS.values()]


# Accuracy


def accuracy_figure(runs: Sequence[Run]) -> Figure:
    """Draw accuracy against decisions, a point per run, and the integer network as a line."""
    canvas = Canvas(6.4, 4.0)
    width, height = 5.45, 3.3
    axes = canvas.axes(0.75, 0.2, width, height)
    points = [(run.whole.decisions, 100 * run.top1) for run in runs]
    integer = None if runs[0].top1_integer is None else 100 * runs[0].top1_integer
    heights = [y for _, y in points] + ([] if integer is None else [integer])
    margin = max(0.15 * (max(heights) - min(heights)), 0.5)  # half a point is no cliff
    low, high = max(-1, min(heights) - margin), min(101, max(heights) + margin)
    right = 1.1 * max(x for x, _ in points) or 1.0
    axes.set_xlim(0, right)
    axes.set_ylim(low, high)
    axes.set_xlabel("decisions per conversion")
    axes.set_ylabel(f"top-1 accuracy on {runs[0].images:,} images, %")

    names = Names(axes, 72 * width / right, 72 * height / (high - low))
    if integer is not None:
        axes.axhline(integer, color=GREY, linestyle=(0, (4, 2)), linewidth=1, zorder=1)
        names.keep_free((0, integer), (right, integer), 1)
        names.write("integer network", (0, integer), GREY)
    for point, look in zip(points, _looks(len(runs)), strict=True):
        axes.plot(*point, look.mark, color=look.colour)
        names.keep_free(point, point, 4)
    for run, point in zip(runs, points, strict=True):
        names.write(_label(run), point, BLACK)
    return canvas.figure


class Names:
    """Writes names beside points, so that they cover neither points nor each other.

    Parameters
    ----------
    axes : Axes
        Where to write, its limits set.
    x_points, y_points : float
        Printer's points per unit of either axis.
    """

    def __init__(self, axes: Axes, x_points: float, y_points: float) -> None:
        self.axes = axes
        self.scale = x_points, y_points
        self.taken: list[Box] = []

    def keep_free(
        self, first: tuple[float, float], last: tuple[float, float], margin: float
    ) -> None:
        """Let nobody write on a mark or level line, nor within so many printer's points of it."""
        (left, low), (right, high) = self._place(first), self._place(last)
        self.taken.append(Box(left - margin, low - margin, right + margin, high + margin))

    def write(self, name: str, point: tuple[float, float], colour: str) -> None:
        """Write a name at the free place nearest to its point, with a line to it where far."""
        x, y = self._place(point)
        long = 72 * _width(name, MIDDLE)
        _, right = self.axes.get_xlim()
        places = [
            (dx, dy)
            for dy in sorted(range(-96, 97, 4), key=lambda dy: abs(dy - 1))
            for dx in (6, -6 - long)
        ]
        boxes = {(dx, dy): Box(x + dx, y + dy - 5, x + dx + long, y + dy + 5) for dx, dy in places}
        free = [
            place
            for place, box in boxes.items()
            if box.left >= 0
            and box.right <= right * self.scale[0]
            and not any(box.meets(other) for other in self.taken)
        ]
        dx, dy = (free or places)[0]
        self.taken.append(boxes[dx, dy])
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        self.axes.annotate(
            name,
            point,
            xytext=(dx if dx > 0 else -6, dy),
            textcoords="offset points",
            ha="left" if dx > 0 else "right",
            va="center",
            fontsize=MIDDLE,
            color=colour,
            arrowprops=line if abs(dy) > 12 else None,
        )

    def _place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Printer's points from the lower left corner."""
        return point[0] * self.scale[0], (point[1] - self.axes.get_ylim()[0]) * self.scale[1]


class Box(NamedTuple):
    """A rectangle, in printer's points."""

    left: float
    low: float
    right: float
    high: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.low < other.high
            and other.low < self.high
        )


# What figures share


def _looks(runs: int) -> Iterator[Look]:
    """Colours and marks of so many runs."""
    return islice(map(Look, cycle(COLOURS), cycle(MARKS)), runs)


def _label(run: Run) -> str:
    return _short(run.label, 2, MIDDLE)


def _short(name: str, inches: float, size: float) -> str:
    """Leave out as much of the middle of a name as fits; show what XML must not hold as `?`."""
    printable = "".join(one if one.isprintable() else "?" for one in name)
    text, kept = printable, min(len(printable), MOST_CHARACTERS + 1)
    while len(text) > MOST_CHARACTERS or _width(text, size) > inches:
        kept -= 1
        text = f"{printable[: kept // 3]}…{printable[kept // 3 - kept :]}"
    return text.replace("$", r"\$")  # two dollars would be a formula


def _width(text: str, size: float) -> float:
    """Length of a text in inches."""
    font = FontProperties(family=FONT, size=size)
    plain = text.replace(r"\$", "$")
    return TextToPath().get_text_width_height_descent(plain, font, ismath=False)[0] / 72


def _legend_columns(handles: Sequence[Patch | Line2D], width: float) -> int:
    """How many entries of a legend fit side by side."""
    longest = max(_width(handle.get_label(), MIDDLE) for handle in handles)
    return max(1, min(len(handles), int(width / (0.55 + longest))))
