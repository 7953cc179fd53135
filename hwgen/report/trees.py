"""Draws search trees: where a count goes, and how often that way is taken.

``python -m hwgen.report.trees FOLDER`` draws the pictures of ``docs/adaptive.md``.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hwgen.report.figures import BLACK, COLOURS, GREY, LIGHT, MIDDLE, SMALL
from hwgen.report.plots import as_svg
from hwgen_models.prediction import centre_of, optimal_density
from hwgen_models.range_choice import optimal_ranges
from hwgen_models.search import SearchTree

__all__ = ["PICTURES", "Drawn", "example", "outward_example", "tree_figure"]

BITS, ROWS, ACTIVE = 4, 15, 5  # of the example: sixteen counts, and a read with few active rows
HALVED_BY = 2  # counts, over which they get half as frequent
READS = (ROWS, ACTIVE)  # active rows of two reads
ONES = 0.2  # share of ones in a column
PATIENCE = 3  # steps outward
WIDEST, THINNEST = 5.0, 0.5  # lines, in points
WIDTH, HEIGHT = 4.3, 2.2  # of a tree, in inches
MARGIN, BELOW, BETWEEN = 0.15, 0.4, 0.35
LEGEND = (
    "down to the left: the count is below; to the right: it is not; width: how often; boxes: counts"
)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A tree to draw.

    Parameters
    ----------
    title : str
        What stands above it; the decisions follow.
    tree : SearchTree
        The tree.
    weights : numpy.ndarray, shape (counts,)
        How often every count occurs that can.
    """

    title: str
    tree: SearchTree
    weights: NDArray[np.float64]


def tree_figure(drawn: Sequence[Drawn]) -> Figure:
    """Draw trees, two in a row, all on the same scales.

    A decision stands over the border between the counts that it parts, a leaf over its count; a way
    is as wide as often it is taken. The leaves of counts that cannot occur are left out.
    """
    rows = -(-len(drawn) // 2)
    width = 2 * WIDTH + 3 * MARGIN
    height = rows * (HEIGHT + BETWEEN) + BELOW
    figure = Figure(figsize=(width, height))
    counts = max(len(one.weights) for one in drawn)
    depth = max(one.tree.depth for one in drawn)
    for number, one in enumerate(drawn):
        row, column = divmod(number, 2)
        left = MARGIN + column * (WIDTH + MARGIN)
        bottom = height - (row + 1) * (HEIGHT + BETWEEN)
        axes = figure.add_axes((left / width, bottom / height, WIDTH / width, HEIGHT / height))
        axes.set_xlim(-0.7, counts - 0.3)
        axes.set_ylim(-depth - 0.6, 0.5)
        axes.set_axis_off()
        _draw(axes, one)
    figure.text(0.5, 0.4 * BELOW / height, LEGEND, ha="center", fontsize=MIDDLE, color=GREY)
    return figure


def _draw(axes: Axes, one: Drawn) -> None:
    """Draw one tree."""
    tree, share = one.tree, one.weights / one.weights.sum()
    mass = np.zeros(len(tree.leaf_value))
    np.add.at(mass, tree.walk(np.arange(len(share))).leaf, share)
    mean = tree.expected_decisions(one.weights)
    axes.set_title(f"{one.title}: {mean:.2f} decisions", fontsize=MIDDLE, color=BLACK)

    def below(place: int) -> float:
        """Share of the conversions that come by a node, or end in a leaf."""
        if place < 0:
            return mass[~place]
        return below(int(tree.low[place])) + below(int(tree.high[place]))

    def middle(place: int) -> float:
        """Where a node or a leaf stands."""
        return tree.threshold[place] - 0.5 if place >= 0 else tree.leaf_value[~place]

    def draw(place: int, depth: int) -> None:
        if place < 0:
            axes.plot(
                tree.leaf_value[~place], -depth, "s", color="white", markeredgecolor=GREY, ms=12
            )
            label = {"ha": "center", "va": "center", "fontsize": SMALL, "zorder": 4}
            axes.text(tree.leaf_value[~place], -depth, str(tree.leaf_value[~place]), **label)
            return
        for child in (int(tree.low[place]), int(tree.high[place])):
            taken = below(child)
            if not taken:
                continue
            high = child == tree.high[place]
            axes.plot(
                [middle(place), middle(child)],
                [-depth, -depth - 1],
                color=COLOURS[1] if high else COLOURS[0],
                linewidth=max(THINNEST, WIDEST * taken),
                solid_capstyle="round",
                zorder=1,
            )
            draw(child, depth + 1)
        axes.text(
            middle(place),
            -depth,
            f"≥{tree.threshold[place]}",
            ha="center",
            va="center",
            fontsize=SMALL,
            zorder=3,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": LIGHT},
        )

    draw(0, 0)


def example() -> list[Drawn]:
    """Return the trees of the page: counts up to 15, half as frequent every two counts."""
    weights = 0.5 ** (np.arange(ROWS + 1) / HALVED_BY)

    def ranges(count: int, title: str, *, active: int | None = None) -> Drawn:
        best = optimal_ranges(weights, bits=BITS, bound=ROWS, count=count, bases="aligned")
        tree = SearchTree.ranges(best.ranges, bits=BITS, bound=ROWS, active=active)
        return Drawn(title=title, tree=tree, weights=weights[: tree.bound + 1])

    return [
        Drawn(title="binary", tree=SearchTree.binary(BITS, ROWS), weights=weights),
        ranges(2, "two ranges"),
        ranges(4, "four ranges"),
        ranges(4, f"four ranges, {ACTIVE} active rows", active=ACTIVE),
    ]


def outward_example() -> list[Drawn]:
    """Return trees of two reads of a column of random bits: four ranges, and outward."""
    joint = np.zeros((ROWS + 1, ROWS + 1))
    for active in READS:
        for count in range(active + 1):
            share = comb(active, count) * ONES**count * (1 - ONES) ** (active - count)
            joint[active, count] = share
    best = optimal_ranges(joint, bits=BITS, bound=ROWS, count=4)
    density = optimal_density(joint, patience=PATIENCE).density

    def ranges(active: int) -> SearchTree:
        return SearchTree.ranges(best.ranges, bits=BITS, bound=ROWS, active=active)

    def outward(active: int) -> SearchTree:
        centre = int(centre_of(active, density))
        return SearchTree.outward(centre, bits=BITS, bound=active, patience=PATIENCE)

    return [
        Drawn(
            title=f"{name}, {active} rows", tree=build(active), weights=joint[active, : active + 1]
        )
        for name, build in (("four ranges", ranges), ("outward", outward))
        for active in READS
    ]


PICTURES: dict[str, Callable[[], list[Drawn]]] = {
    "adaptive-trees.svg": example,
    "outward-trees.svg": outward_example,
}


if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (Path(sys.argv[1]) / name).write_bytes(as_svg(lambda trees=drawn: tree_figure(trees())))
