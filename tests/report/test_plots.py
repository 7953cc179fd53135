"""Figures of runs: what they show, that all of it can be read, and what is refused."""

import copy
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from hwgen.report.figures import LOOK, accuracy_figure, counts_figure, decisions_figure
from hwgen.report.runs import read_runs
from tests.documented import missing_keys, undocumented_keys

ROOT = Path(__file__).parents[2]
COUNTS = [600, 300, 80, 15, 4, 1, 0, 0, 0]
RIVALS = {"static": 3.0, "bounded_binary": 2.5, "optimal_tree": 1.5, "entropy": 1.4}
FIGURES = ["accuracy.png", "accuracy.svg", "counts.png", "counts.svg", "decisions.png"]
FIGURES += ["decisions.svg", "plots.json"]


def costs(histogram, decisions):
    rivals = {name: {"decisions_per_conversion": value} for name, value in RIVALS.items()}
    return {
        "histogram": histogram,
        "decisions_per_conversion": decisions,
        "rivals": rivals,
    }


def result(*, layers=("one", "two"), ranges=((2, 0), (4, 0)), **changes):
    """What `hwgen run --json` prints, as far as figures need it, and a layer without a product."""
    table = [list(pair) for pair in ranges]
    held = {name: costs(COUNTS, 2.25) | {"ranges": table} for name in layers}
    nothing = dict.fromkeys(("histogram", "ranges", "decisions_per_conversion", "rivals"))
    return {
        "design": "small",
        "network": "net/work.npz",
        "data": "images.npz",
        "images": 40,
        "top1": 0.9,
        "top1_integer": 0.95,
        **costs([len(layers) * count for count in COUNTS], 2.25),
        "layers": held | {"pooling": nothing},
    } | changes


@pytest.fixture
def store(folder):
    """Write a result into a file, and return its name."""

    def put(name, value):
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))
        return name

    return put


@pytest.fixture
def read(store, folder):
    """Read results as the command does."""

    def runs(*results):
        names = [store(f"{k}.json", value) for k, value in enumerate(results)]
        return read_runs([folder / name for name in names])

    return runs


@pytest.fixture(autouse=True)
def _look():
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(LOOK)
        yield


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def text_of(svg):
    root = ElementTree.fromstring(svg)
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


def changed(value, **places):
    """A copy of a result with other values at paths written `layers__one__ranges`."""
    copied = copy.deepcopy(value)
    for path, new in places.items():
        *above, last = path.split("__")
        inner = copied
        for key in above:
            inner = inner[key]
        inner[last] = new
    return copied


def vertical(axes):
    """Edges drawn in axes: place, lower and upper end in shares of the height."""
    lines = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    return [(line.get_xdata()[0], *line.get_ydata()) for line in lines]


def extents(figure, texts):
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()
    return [Text.get_window_extent(text, renderer) for text in texts]  # without lines to points


# Files


def test_files_and_result(hwgen, store, folder):
    ended = hwgen("plot", store("a.json", result()), "-o", "out", "--json")
    found = json.loads(ended.out)

    assert ended.code == 0
    assert not ended.err
    assert names(folder / "out") == sorted(found["files"]) == FIGURES
    assert not undocumented_keys("plot", found)
    assert not missing_keys("plot", found)
    assert "counts.svg" in hwgen("plot", "a.json", "-o", "out").out


@pytest.mark.parametrize("figure", ["accuracy", "counts", "decisions"])
def test_figures_are_pictures_without_a_date_or_an_author(figure, hwgen, store, folder):
    hwgen("plot", store("a.json", result()), "-o", "out")
    svg = (folder / "out" / f"{figure}.svg").read_bytes()

    with Image.open(folder / "out" / f"{figure}.png") as image:
        picture = np.asarray(image.convert("L"))
        assert set(image.info) == {"dpi"}
    assert picture.min() == 0
    assert picture.max() == 255
    assert b"date" not in svg.lower()
    assert b"<metadata" not in svg
    assert text_of(svg)


def test_the_same_runs_give_the_same_bytes_whatever_the_settings(store, folder):
    store("a.json", result())
    store("b.json", result(design="other"))
    store("matplotlibrc", "font.family: serif\nsavefig.dpi: 30\naxes.facecolor: red\n")
    written = []
    for out, settings in (("x", {}), ("y", {"MATPLOTLIBRC": str(folder), "TZ": "Asia/Tokyo"})):
        environment = os.environ | {"PYTHONHASHSEED": str(len(out))} | settings
        command = [sys.executable, "-m", "hwgen.cli", "plot", "a.json", "b.json", "-o", out]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        written.append({path.name: path.read_bytes() for path in (folder / out).iterdir()})

    assert written[0] == written[1]


def test_without_labels_there_is_no_accuracy(hwgen, store, folder):
    hwgen("plot", store("a.json", result()), "-o", "out")
    hwgen("plot", store("b.json", result(top1=None, top1_integer=None)), "-o", "out")

    assert names(folder / "out") == FIGURES[2:]


@pytest.mark.parametrize("name", ["manifest.json", "notes.txt"])
def test_what_others_wrote_is_kept(name, hwgen, store, folder):
    """A folder of `hwgen generate` is none of figures."""
    (folder / "out").mkdir()
    described = {"hwgen": "0.1.0", "files": {"notes.txt": ""}}
    (folder / "out" / name).write_text(json.dumps(described))
    ended = hwgen("plot", store("a.json", result()), "-o", "out")

    assert ended.code == 2
    assert f"not hold {name} (--force overrides)" in ended.line
    assert names(folder / "out") == [name]
    hwgen("plot", "a.json", "-o", "out", "--force")
    assert names(folder / "out") == sorted([*FIGURES, name])


def test_edited_figures_are_kept(hwgen, store, folder):
    hwgen("plot", store("a.json", result()), "-o", "out")
    (folder / "out" / "counts.svg").write_text("<svg/>")
    ended = hwgen("plot", "a.json", "-o", "out")

    assert ended.code == 2
    assert ended.line.startswith("out/counts.svg: must be as hwgen wrote it")


# Counts


def test_counts_are_shares_with_the_edge_between_two_counts(read):
    figure = counts_figure(read(result()))
    whole, one, two = figure.axes

    for axes in (whole, one, two):
        (area,) = axes.patches
        values, bounds, _ = area.get_data()
        np.testing.assert_allclose(values, np.array(COUNTS[:6]) / 1000)
        np.testing.assert_array_equal(bounds, np.arange(7) - 0.5)
        assert vertical(axes) == [(3.5, 0, 1)]
        assert axes.get_yscale() == "log"
    assert whole.get_ylabel() == "share of conversions"
    assert whole.get_xlabel() == one.get_xlabel() == "count"
    assert [one.get_title(loc="left"), two.get_title(loc="left")] == ["one", "two"]


def test_one_layer_alone(read):
    figure = counts_figure(read(changed(result(), layers__two__ranges=[[1, 0], [4, 0]])), "two")
    (axes,) = figure.axes

    assert vertical(axes) == [(1.5, 0, 1)]
    assert axes.get_title(loc="left") == "two: 1,000 conversions"


def test_a_binary_search_has_no_edges(read):
    figure = counts_figure(read(result(ranges=())))

    assert not any(vertical(axes) for axes in figure.axes)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["counts, small"]


@pytest.mark.parametrize(
    ("ranges", "edges"),
    [
        ([[3, 0], [4, 0]], [7.5]),
        ([[4, 0], [4, 0]], []),
        ([[4, 0]], []),
        ([[0, 1, 0], [2, 2, 1], [0, 4, 0]], [1.5, 5.5]),
    ],
)
def test_edges_above_every_possible_count_are_never_asked_for(ranges, edges, read):
    figure = counts_figure(read(result(ranges=ranges)))

    assert [at for at, _, _ in vertical(figure.axes[1])] == edges


def test_tables_of_slices_and_planes_are_drawn_once_each_and_faintly(read):
    tables = [[[[1, 0], [4, 0]], [[2, 0], [4, 0]]], [[[2, 1], [4, 0]], [[2, 0], [4, 2]]]]
    layer = costs(COUNTS, 2.0) | {"ranges": [], "tables": tables}
    figure = counts_figure(read(changed(result(), layers__one=layer)))
    whole, one, two = figure.axes

    assert [at for at, _, _ in vertical(one)] == [1.5, 3.5]
    assert all(line.get_alpha() < 1 for line in one.lines)
    assert [at for at, _, _ in vertical(two)] == [3.5]
    assert {text.get_text() for text in whole.texts} == {"≥ 2 in 1 layer", "≥ 4 in 2 layers"}


def test_edges_of_several_runs_share_the_height_in_the_order_of_the_legend(read):
    runs = read(result(design="a"), result(design="b", ranges=()), result(design="c"))
    figure = counts_figure(runs)
    (legend,) = figure.legends

    assert vertical(figure.axes[1]) == [(3.5, 0.5, 1), (3.5, 0, 0.5)]
    assert len({line.get_color() for line in figure.axes[1].lines}) == 2
    assert [text.get_text() for text in legend.get_texts()] == [
        "counts, a",
        "edges of ranges, a",
        "edges of ranges, c",
    ]


def test_counts_of_other_runs_are_lines_where_they_differ(read):
    other = [count + 1 for count in COUNTS]
    second = changed(result(design="b"), layers__two__histogram=other, histogram=other)
    whole, one, two = counts_figure(read(result(), second)).axes

    assert [len(axes.patches) for axes in (whole, one, two)] == [2, 1, 2]
    assert whole.get_xlim() == one.get_xlim() == (-0.5, 8.5)


def test_a_layer_without_conversions_says_so(read):
    figure = counts_figure(read(changed(result(), layers__one__histogram=[0] * 9)))

    assert [text.get_text() for text in figure.axes[1].texts] == ["no conversions"]


# Decisions


def marks(axes, row):
    """What stands in a row: place, and whether the mark is open."""
    single = [line for line in axes.lines if len(line.get_xdata()) == 1]
    return {
        (line.get_xdata()[0], line.get_markerfacecolor() == "none")
        for line in single
        if line.get_ydata()[0] == row
    }


def test_decisions_stand_beside_their_rivals(read):
    second = changed(
        result(design="b", decisions_per_conversion=1.75), layers__two__decisions_per_conversion=1.0
    )
    figure = decisions_figure(read(result(), second))
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_yticklabels()]
    whole, one, two = axes.get_yticks()
    rivals = {(value, True) for value in RIVALS.values()}

    assert labels == ["whole network", "one", "two"]
    assert marks(axes, whole) == rivals | {(2.25, False), (1.75, False)}
    assert marks(axes, one) == rivals | {(2.25, False)}
    assert marks(axes, two) == rivals | {(2.25, False), (1.0, False)}
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "decisions per conversion"


def test_the_legend_says_whose_counts_the_rivals_read(read):
    other = {name: {"decisions_per_conversion": 2.0} for name in RIVALS}

    def title(*results):
        return decisions_figure(read(*results)).legends[1].get_title().get_text()

    assert title(result(), result(design="b")) == "other readouts of the same counts"
    assert title(result(), result(rivals=other)) == "other readouts of the first run's counts"


def test_a_layer_without_conversions_has_no_marks(read):
    nothing = {name: {"decisions_per_conversion": None} for name in RIVALS}
    layer = {"histogram": [0] * 9, "ranges": [], "decisions_per_conversion": None}
    figure = decisions_figure(read(changed(result(), layers__one=layer | {"rivals": nothing})))

    assert not marks(figure.axes[0], figure.axes[0].get_yticks()[1])


# Accuracy


def test_accuracy_is_a_point_per_run_and_a_line_for_the_integer_network(read):
    runs = read(result(design="a"), result(design="b", top1=0.8, decisions_per_conversion=1.5))
    (axes,) = accuracy_figure(runs).axes
    points = [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines if line.get_marker()]
    (line,) = [line for line in axes.lines if line.get_linestyle() == "--"]

    assert (2.25, 90) in points
    assert (1.5, 80) in points
    assert set(line.get_ydata()) == {95}
    assert [text.get_text() for text in axes.texts] == ["integer network", "a", "b"]
    assert axes.get_ylabel() == "top-1 accuracy on 40 images, %"


def test_the_integer_network_has_a_line_only_where_it_is_known(read):
    (axes,) = accuracy_figure(read(result(top1_integer=None))).axes

    assert [text.get_text() for text in axes.texts] == ["small"]


@pytest.mark.parametrize("count", [2, 8])
def test_names_of_near_points_do_not_overlap(count, read):
    runs = read(
        *(
            result(design=f"table_{k}", top1=0.9 + 0.001 * k, decisions_per_conversion=2 + 0.02 * k)
            for k in range(count)
        )
    )
    figure = accuracy_figure(runs)
    boxes = extents(figure, figure.axes[0].texts)
    frame = figure.axes[0].get_window_extent()

    assert len(boxes) == count + 1
    assert not [one for one, other in itertools.combinations(boxes, 2) if one.overlaps(other)]
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


# Legible


@pytest.mark.parametrize("count", [1, 21, 53])
def test_names_of_many_layers_do_not_overlap(count, read):
    layers = [f"/stage{k // 6}/block{k % 6}.{k}/convolution_and_so_on/Conv" for k in range(count)]
    runs = read(result(layers=layers), result(layers=layers, design="b", top1=0.5))
    decisions, counts = decisions_figure(runs), counts_figure(runs)
    rows = extents(decisions, decisions.axes[0].get_yticklabels())
    titles = extents(counts, [axes._left_title for axes in counts.axes])

    for boxes, figure in ((rows, decisions), (titles, counts)):
        assert len(boxes) == count + 1
        assert not [one for one, other in itertools.combinations(boxes, 2) if one.overlaps(other)]
        assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_legends_and_axes_do_not_overlap(read):
    designs = [f"a_rather_long_name_of_a_design_{k}" for k in range(12)]
    others = {name: {"decisions_per_conversion": 2.0} for name in RIVALS}
    runs = read(
        *(result(design=design) for design in designs[:-1]),
        result(design=designs[-1], rivals=others),
    )
    for figure in (counts_figure(runs), decisions_figure(runs), accuracy_figure(runs)):
        FigureCanvasAgg(figure).draw()
        named = [text.get_text() for legend in figure.legends for text in legend.get_texts()]

        assert all(any(text.endswith(design[-8:]) for text in named) for design in designs)
        boxes = [legend.get_window_extent() for legend in figure.legends]
        boxes += [axes.get_tightbbox() for axes in figure.axes]
        assert not [one for one, other in itertools.combinations(boxes, 2) if one.overlaps(other)]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_many_runs_are_told_apart(read):
    (axes,) = accuracy_figure(read(*(result() for _ in range(40)))).axes
    points = [line for line in axes.lines if line.get_linestyle() == "None"]

    assert len({(line.get_color(), line.get_marker()) for line in points}) == 40


@pytest.mark.parametrize(
    "name", ["a$b$c", "<&>", "x\n\u0001\udc00", "\u5377\u79ef", "m" * 300, r"\frac{$"]
)
def test_any_name_can_be_drawn(name, hwgen, store, folder):
    stored = store("a.json", result(layers=[name, "other"], design=name))
    ended = hwgen("plot", stored, "-o", "out")

    assert ended.code == 0
    assert not ended.err
    shown = text_of((folder / "out" / "decisions.svg").read_bytes())
    printable = "".join(one if one.isprintable() else "?" for one in name)
    assert printable in shown or any(one.startswith("mmm") and "…" in one for one in shown)


# From the command


def test_runs_as_the_command_prints_them(hwgen, store, folder):
    for design in ("baseline", "trq"):
        ended = hwgen(
            "run", design, "--network", "digits", "--data", "digits", "--images", 2, "--json"
        )
        store(f"{design}.json", ended.out)
    ended = hwgen("plot", "baseline.json", "trq.json", "-o", "out", "--layer", "dense_2")
    counts = text_of((folder / "out" / "counts.svg").read_bytes())
    decisions = text_of((folder / "out" / "decisions.svg").read_bytes())

    assert ended.code == 0
    assert names(folder / "out") == FIGURES
    assert {"counts, baseline", "edges of ranges, trq", "≥ 8"} <= set(counts)
    assert {"baseline", "trq", "dense_1", "dense_2", "dense_3", "optimal tree"} <= set(decisions)


def test_the_picture_of_the_page_is_current(hwgen, store, folder):
    """Copy `counts.svg` of the page's two commands when this fails."""
    ended = hwgen("run", "trq", "--network", "digits", "--data", "digits", "--json")
    hwgen("plot", store("trq.json", ended.out), "-o", "figures")
    drawn = (folder / "figures" / "counts.svg").read_bytes()

    assert text_of((ROOT / "docs" / "plots-counts.svg").read_bytes()) == text_of(drawn)


# What is refused


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "must be what `hwgen run --json` printed, not text that is no JSON: line 1, column 1"),
        (
            "{",
            "must be what `hwgen run --json` printed, not text that is no JSON: line 1, column 2",
        ),
        ("[" * 100_000, "must be what `hwgen run --json` printed, not a file that is no JSON"),
        ("1" * 5000, "must be what `hwgen run --json` printed, not a file that is no JSON"),
        ("[1]", "must be what `hwgen run --json` printed, not [1]"),
        ({"out": "x"}, "must be what `hwgen run --json` printed, not an object without 'design'"),
        (
            changed(result(), layers={}),
            "layers: must be a mapping with a layer on crossbars, not {}",
        ),
        (result(layers=[]), "layers: must be a mapping with a layer on crossbars, not {pooling: "),
        (result(histogram=None), "histogram: must be a list, not null"),
        (result(histogram=[]), "histogram: must be a list of numbers of conversions, not []"),
        (result(histogram=[1, -1]), "histogram: must be a list of numbers of conversions, not ["),
        (result(images=True), "images: must be a number of images, not true"),
        (result(top1=1.5), "top1: must be a number between 0 and 1, or null, not 1.5"),
        (
            result(decisions_per_conversion=float("nan")),
            "decisions_per_conversion: must be a number from 0, or null, not nan",
        ),
        (
            changed(result(), layers__one__ranges=[[2], [4, 0]]),
            (
                "layers.one.ranges[0]: must be [payload, truncation] or "
                "[base, payload, truncation], in bits, not [2]"
            ),
        ),
        (
            changed(result(), layers__one__ranges=[[10**9, 0], [4, 0]]),
            (
                "layers.one.ranges[0]: must be [payload, truncation] or "
                "[base, payload, truncation], in bits, not [1000000000, 0]"
            ),
        ),
        (changed(result(), layers__one__rivals={}), "layers.one.rivals.static: must be a mapping"),
        (changed(result(), layers__one=3), "layers.one: must be a mapping, not 3"),
        (changed(result(), layers__two={}), "layers.two.ranges: must be a list, not null"),
    ],
)
def test_what_is_no_run_is_refused(value, problem, hwgen, store, folder):
    ended = hwgen("plot", store("a.json", value), "-o", "out")

    assert ended.code == 2
    assert ended.line.startswith(f"a.json: {problem}")
    assert names(folder) == ["a.json"]


def test_files_that_cannot_be_read_are_refused(hwgen, folder):
    (folder / "b.json").mkdir()
    (folder / "c.json").write_bytes(b"\xff\xfe\xfa")
    printed = "must be what `hwgen run --json` printed"

    assert hwgen("plot", "a.json", "-o", "x").line == f"a.json: {printed}, not missing"
    assert hwgen("plot", "b.json", "-o", "x").line == (
        f"b.json: {printed}, not unreadable: is a directory"
    )
    assert hwgen("plot", "c.json", "-o", "x").line.startswith(f"c.json: {printed}, not a file that")


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (result(network="net/other.npz"), "network: must be 'work.npz' as in a.json, not 'other"),
        (result(data="x"), "data: must be 'images.npz' as in a.json, not 'x'"),
        (result(images=7), "images: must be 40 as in a.json, not 7"),
        (result(top1_integer=0.5), "top1_integer: must be 0.95 as in a.json, not 0.5"),
        (result(layers=["one", "three"]), "layers: must be those of a.json, not others"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(second, problem, hwgen, store, folder):
    ended = hwgen("plot", store("a.json", result()), store("b.json", second), "-o", "out")

    assert ended.code == 2
    assert ended.line.startswith(f"b.json: {problem}")
    assert not (folder / "out").exists()


def test_a_file_is_the_same_by_any_path(read):
    assert [run.label for run in read(result(design="a"), result(network="work.npz"))] == [
        "a",
        "small",
    ]


def test_runs_of_one_design_are_told_apart_by_their_files(read):
    runs = read(result(), result(), result(design="other"))

    assert [run.label for run in runs] == ["small (0)", "small (1)", "other"]


@pytest.mark.parametrize("name", ["x.svg", "x.PNG"])
def test_the_name_of_a_figure_is_no_folder(name, hwgen, store, folder):
    ended = hwgen("plot", store("a.json", result()), "-o", name)

    assert ended.code == 2
    assert ended.line == (f"{name}: must be a folder, which takes all figures, not the name of one")
    assert names(folder) == ["a.json"]


@pytest.mark.parametrize("layer", ["tow", "pooling"])
def test_an_unknown_layer_is_refused(layer, hwgen, store, folder):
    ended = hwgen("plot", store("a.json", result()), "-o", "out", "--layer", layer)

    assert ended.code == 2
    assert ended.line.startswith("--layer: must be a layer on crossbars (one, two), not ")
    assert ("did you mean 'two'" in ended.line) == (layer == "tow")
    assert names(folder) == ["a.json"]
