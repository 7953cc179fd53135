"""Draws what network runs found: counts with the thresholds of the search, decisions, accuracy.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour
vision tell apart; runs differ in the shape of their marks and in their order besides. Lengths are
in inches, for figures grow with the number of layers.
"""

import math
from bisect import bisect_left
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
    "font.family": "sans-serif",
    "font.sans-serif": [FONT, "Verdana"],  # the latter, as wide, where a reader of SVG lacks it
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
    "entropy": ("entropy, layer known", {"marker": "|", "markeredgewidth": 1.6, "markersize": 8}),
    "entropy_slices": ("entropy, rows and slice known", {"marker": "x", "markersize": 4}),
}
OPEN = {"linestyle": "none", "markerfacecolor": "none", "color": GREY, "markersize": 5}

LEGEND_ROW = 0.18
LEFT, RIGHT = 0.75, 0.15  # beside axes, for numbers and names
PANEL_ROW, PANEL_GAP = 1.25, 0.1
SMALLEST_SHARE = -12  # decimal logarithm; what lies below is not drawn
MOST_LABELLED = 3  # runs whose edges have room for their numbers
MOST_NAMED = 8  # runs with their names beside their points


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
    parts = [run.whole if layer is None else run.layers[layer] for run in runs]
    grid = Grid.of(len(names))
    handles = _count_handles(runs, parts)
    columns = _legend_columns(handles, grid.width)
    top = 0.4 + LEGEND_ROW * -(-len(handles) // columns)
    below = top + 2.2 + (0.7 if names else 0.5)
    canvas = Canvas(LEFT + grid.width + RIGHT, below + grid.height)
    canvas.legend(handles, LEFT, 0.1, ncols=columns)

    axes = canvas.axes(LEFT, top, grid.width, 2.2)
    _histogram(axes, parts)
    if len(runs) <= MOST_LABELLED:
        _edge_numbers(axes, parts, "layer" if layer is None else "table")
    title = f"whole network, {len(names)} layers" if layer is None else _short(layer, 4, LARGE)
    axes.set_title(f"{title}: {parts[0].conversions:,} conversions", loc="left")
    axes.set_xlabel("count")
    axes.set_ylabel("share of conversions")
    for k, name in enumerate(names):
        left, high = grid.place(k)
        panel = canvas.axes(LEFT + left, below + high, grid.panel, PANEL_ROW - 0.3)
        _histogram(panel, [run.layers[name] for run in runs])
        panel.set_title(_short(name, grid.panel, SMALL), fontsize=SMALL, loc="left", pad=3)
        grid.name_axes(panel, k)
    _same_scales(canvas.figure.axes, parts + [run.layers[name] for run in runs for name in names])
    return canvas.figure


class Grid(NamedTuple):
    """Where the panels of layers lie below the whole network's."""

    panels: int
    across: int
    width: float

    @classmethod
    def of(cls, panels: int) -> "Grid":
        """Choose as many columns as stay legible."""
        if panels > 24:
            return cls(panels, 5, 9.1)
        return cls(panels, max(1, min(4, panels)), 7.1)

    @property
    def height(self) -> float:
        """All rows, and the names of the lowest axes."""
        return PANEL_ROW * -(-self.panels // self.across) + 0.1 if self.panels else 0

    @property
    def panel(self) -> float:
        """Width of one."""
        return (self.width - PANEL_GAP * (self.across - 1)) / self.across

    def place(self, k: int) -> tuple[float, float]:
        """Distance of panel `k` from the first, to the right and downwards."""
        row, column = divmod(k, self.across)
        return column * (self.panel + PANEL_GAP), row * PANEL_ROW

    def name_axes(self, panel: Axes, k: int) -> None:
        """Write numbers and names where no neighbour says the same."""
        first, lowest = k % self.across == 0, k + self.across >= self.panels
        panel.tick_params(labelleft=first, labelbottom=lowest, labelsize=SMALL)
        panel.set_xlabel("count" if lowest else "", fontsize=SMALL, labelpad=1)
        panel.set_ylabel("share" if first else "", fontsize=SMALL)


def _histogram(axes: Axes, parts: Sequence[Part]) -> None:
    """Draw the shares of counts and the edges of every run."""
    first, *others = parts
    _steps(axes, first, fill=True, color=LIGHT)
    for part, look in zip(others, islice(_looks(len(parts)), 1, None), strict=True):
        if part.histogram != first.histogram:
            _steps(axes, part, color=look.colour, linewidth=0.8)
    for part, look, (low, high) in _banded(parts):
        for edge in part.edges:
            style = {"color": look.colour, "linewidth": 1.4, "solid_capstyle": "butt"}
            faint = 0.5 if len(part.edges) > 1 else 1
            axes.axvline(_decided(edge), low, high, alpha=faint, **style)
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
                f"≥ {edge} in {holders} {unit}{'s' * (holders > 1)}" if several else f"≥ {edge}",
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
        what = " and ".join(["counts"] * counts + ["edges of ranges"] * bool(part.edges))
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
    left = 0.2 + max(_width(label, LARGE) for label in labels)
    width, height = 5.0, 0.2 * (places[-1] + 1.5)
    canvas = Canvas(left + width + RIGHT, legend + height + 0.5)
    axes = canvas.axes(left, legend, width, height)
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
    whose = "the same counts" if same else "the first run's counts"
    canvas.legend(_rival_handles(rows), left + 2.6, 0.1, title=f"other readouts of {whose}")
    return canvas.figure


def _run_handles(runs: Sequence[Run]) -> list[Line2D]:
    return [
        Line2D([], [], color=look.colour, marker=look.mark, linestyle="none", label=_label(run))
        for run, look in zip(runs, _looks(len(runs)), strict=True)
    ]


def _rival_handles(rows: Sequence[Sequence[Part]]) -> list[Line2D]:
    """Entries for the rivals that are drawn: arrays that are not ideal have fewer."""
    drawn = {name for first, *_ in rows for name in first.rivals}
    return [
        Line2D([], [], **{**OPEN, **mark}, label=label)
        for name, (label, mark) in RIVALS.items()
        if name in drawn
    ]


# Accuracy


def accuracy_figure(runs: Sequence[Run]) -> Figure:
    """Draw accuracy against decisions, a point per run, and the integer network as a line.

    Runs are named at their points; many of them, beside the axes.
    """
    width, height = 5.5, max(3.3, LEGEND_ROW * len(runs))
    many = len(runs) > MOST_NAMED
    canvas = Canvas(LEFT + width + RIGHT + (2.5 if many else 0), 0.2 + height + 0.5)
    axes = canvas.axes(LEFT, 0.2, width, height)
    points = [(run.whole.decisions, 100 * run.top1) for run in runs]
    integer = None if runs[0].top1_integer is None else 100 * runs[0].top1_integer
    heights = [y for _, y in points] + ([] if integer is None else [integer])
    margin = max(0.15 * (max(heights) - min(heights)), 0.5)  # half a point is no cliff
    low, high = max(-1, min(heights) - margin), min(101, max(heights) + margin)
    right = 1.2 * max(x for x, _ in points) or 1.0
    axes.set_xlim(0, right)
    axes.set_ylim(low, high)
    axes.set_xlabel("decisions per conversion")
    axes.set_ylabel(f"top-1 accuracy on {runs[0].images:,} images, %")

    names = Names(axes, 72 * width, 72 * height)
    if integer is not None:
        axes.axhline(integer, color=GREY, linestyle=(0, (4, 2)), linewidth=1, zorder=1)
        names.keep_free((0, integer), (right, integer), 1)
        names.write("integer network", (0, integer), GREY)
    for point, look in zip(points, _looks(len(runs)), strict=True):
        axes.plot(*point, look.mark, color=look.colour)
        names.keep_free(point, point, 4)
    if many:
        canvas.legend(_run_handles(runs), LEFT + width + RIGHT, 0.2)
    else:
        for run, point in zip(runs, points, strict=True):
            names.write(_label(run), point, BLACK)
    return canvas.figure


class Box(NamedTuple):
    """A rectangle, in printer's points from the lower left corner of axes."""

    left: float
    low: float
    right: float
    high: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share any area."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.high <= other.low or other.high <= self.low)

    def holds(self, other: "Box") -> bool:
        """Whether all of the other lies within."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.low <= other.low and other.high <= self.high


class Names:
    """Writes names beside points, so that they cover neither marks nor each other.

    Parameters
    ----------
    axes : Axes
        Where to write, its limits set.
    width, height : float
        Of the axes, in printer's points.
    """

    def __init__(self, axes: Axes, width: float, height: float) -> None:
        self.axes = axes
        self.inside = Box(0, 0, width, height)
        self.taken: list[Box] = []

    def keep_free(
        self, first: tuple[float, float], last: tuple[float, float], margin: float
    ) -> None:
        """Let nobody write on a mark or level line, nor within so many printer's points of it."""
        (left, low), (right, high) = self._place(first), self._place(last)
        self.taken.append(Box(left - margin, low - margin, right + margin, high + margin))

    def write(self, name: str, point: tuple[float, float], colour: str) -> None:
        """Write a name at the nearest free place to the right or left, with a line where far."""
        x, y = self._place(point)
        long = 72 * _width(name, MIDDLE)
        boxes = {
            (side, up): Box(left, y + up - 5, left + long, y + up + 5)
            for up in sorted(range(-96, 97, 4), key=lambda up: abs(up - 1))
            for side, left in (("left", x + 6), ("right", x - 6 - long))
        }
        free = (
            place
            for place, box in boxes.items()
            if self.inside.holds(box) and not any(map(box.meets, self.taken))
        )
        side, up = next(free, ("left", 0))
        self.taken.append(boxes[side, up])
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        line["relpos"] = (0 if side == "left" else 1, 0.5)
        self.axes.annotate(
            name,
            point,
            xytext=(6 if side == "left" else -6, up),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=MIDDLE,
            color=colour,
            arrowprops=line if abs(up) > 12 else None,
        )

    def _place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Printer's points from the lower left corner."""
        (left, right), (low, high) = self.axes.get_xlim(), self.axes.get_ylim()
        x, y = (point[0] - left) / (right - left), (point[1] - low) / (high - low)
        return x * self.inside.right, y * self.inside.high


# What figures share


def _looks(runs: int) -> Iterator[Look]:
    """Colours and marks of so many runs."""
    return islice(map(Look, cycle(COLOURS), cycle(MARKS)), runs)


def _label(run: Run) -> str:
    return _short(run.label, 2, MIDDLE)


def _short(name: str, inches: float, size: float) -> str:
    """Leave out the middle of a name until it fits; show what XML must not hold as `?`."""
    printable = "".join(one if one.isprintable() else "?" for one in name)
    text = printable

    def without(middle: int) -> str:
        kept = len(printable) - middle
        return f"{printable[: kept // 3]}…{printable[kept // 3 + middle :]}"

    if _width(text, size) > inches:
        fits = bisect_left(range(len(printable)), -inches, key=lambda n: -_width(without(n), size))
        text = without(fits)
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
