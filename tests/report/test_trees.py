"""Drawn trees: every count that can occur has its box, every decision its place."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.report.plots import as_svg
from hwgen.report.trees import PICTURES, Drawn, example, outward_example, tree_figure
from hwgen_models.search import SearchTree
from tests.report.test_plots import text_of

DOCS = Path(__file__).parents[2] / "docs"


def boxes(axes):
    """What is written, by place (x, y)."""
    return {text.get_position(): text.get_text() for text in axes.texts}


def test_decisions_and_counts_of_a_binary_tree_by_hand():
    drawn = Drawn(title="two bits", tree=SearchTree.binary(2, 3), weights=np.array([5, 1, 1, 1]))

    (axes,) = tree_figure([drawn]).axes

    assert axes.get_title() == "two bits: 2.00 decisions"
    assert boxes(axes) == {
        (1.5, 0): "≥2",
        (0.5, -1): "≥1",
        (2.5, -1): "≥3",
        (0, -2): "0",
        (1, -2): "1",
        (2, -2): "2",
        (3, -2): "3",
    }
    widths = {tuple(line.get_xdata()): line.get_linewidth() for line in axes.lines}
    assert widths[1.5, 0.5] == pytest.approx(3 * widths[1.5, 2.5])  # six conversions to two


def test_ways_that_nobody_takes_are_left_out():
    drawn = Drawn(title="few", tree=SearchTree.binary(2, 3), weights=np.array([1, 0, 0, 1]))

    (axes,) = tree_figure([drawn]).axes

    assert {"1", "2"}.isdisjoint(boxes(axes).values())


def test_the_example_gets_cheaper_tree_by_tree():
    means = [one.tree.expected_decisions(one.weights) for one in example()]

    assert means == sorted(means, reverse=True)
    assert means[0] == pytest.approx(4)
    for one, axes in zip(example(), tree_figure(example()).axes, strict=True):
        written = boxes(axes).values()
        assert {str(count) for count in range(len(one.weights))} <= set(written)


def test_a_search_outward_begins_where_a_read_of_its_size_has_its_counts():
    titles = ["four ranges, 15 rows", "four ranges, 5 rows", "outward, 15 rows", "outward, 5 rows"]
    drawn = outward_example()
    large, small = drawn[2:]

    means = [one.tree.expected_decisions(one.weights) for one in drawn]

    assert [one.title for one in drawn] == titles
    assert [(one.tree.lossless, one.tree.bound) for one in drawn] == [(True, 15), (True, 5)] * 2
    assert means[2] < 0.9 * means[0]
    assert means[3] < 0.95 * means[1]
    assert drawn[0].tree.threshold[0] == drawn[1].tree.threshold[0]
    assert (large.tree.threshold[0], small.tree.threshold[0]) == (4, 2)
    # that is the mean of the read, rounded down, and one
    assert 3 <= large.weights @ range(16) < 4
    assert 1 <= small.weights @ range(6) < 2


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_the_page_are_current(name):
    """Run ``python -m hwgen.report.trees docs`` when this fails."""
    drawn = as_svg(lambda: tree_figure(PICTURES[name]()))

    assert text_of((DOCS / name).read_bytes()) == text_of(drawn)
    assert f"({name})" in (DOCS / "adaptive.md").read_text()
