"""Writes figures of network runs into a folder, as SVG and PNG.

The same runs give the same bytes with the same versions of matplotlib and Pillow: nothing of the
machine, its fonts, its settings or the time of day is in a file.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from hwgen import __version__
from hwgen.errors import UserError
from hwgen.output import check_folder, hashes, write_folder
from hwgen.report.figures import LOOK, accuracy_figure, counts_figure, decisions_figure
from hwgen.report.runs import Run
from hwgen.report.tables import as_json
from hwgen.wording import hint, shown

__all__ = ["RECORD", "as_svg", "plot", "write_figures"]

RECORD = "plots.json"
SETTINGS = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "hwgen",  # otherwise random: it names clip paths
}
ENDINGS = (".svg", ".png")
PNG_DPI = 150
MOST_PIXELS = 2**15  # of a side
MOST_NAMES = 8  # of layers in a message


def plot(
    runs: Sequence[Run], out: Path, *, layer: str | None = None, force: bool = False
) -> dict[str, object]:
    """Draw what runs found.

    Parameters
    ----------
    runs : sequence of Run
        Of one network on the same images; `hwgen.report.runs.read_runs` sees to that.
    out : Path
        Folder to write: a new one, an empty one, or earlier figures that nobody has edited.
    layer : str, optional
        Draw the counts of this layer alone.
    force : bool
        Replace earlier figures that were edited, and write beside files that are not hwgen's.

    Returns
    -------
    dict
        ``out`` and ``files`` (name to SHA-256).

    Raises
    ------
    UserError
        When there is no such layer, or the folder cannot be used.
    """
    out = Path(out)
    if out.suffix.lower() in ENDINGS:
        raise UserError(f"{out}: must be a folder, which takes all figures, not the name of one")
    check_folder(out, RECORD, force=force)
    if layer is not None:
        _check_layer(runs[0], layer)
    return write_figures(_figures(runs, layer), out, RECORD)


def write_figures(
    figures: Iterator[tuple[str, Figure]],
    out: Path,
    record: str,
    result: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Write figures, which are drawn meanwhile, with their names.

    The record keeps the hashes of all files, and the `result` that was drawn where it is given.

    Returns
    -------
    dict
        ``out`` and ``files`` (name to SHA-256).

    Raises
    ------
    UserError
        When the folder cannot be used.
    """
    contents = {}
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it
        mpl.rcdefaults()  # whatever the user's own settings are
        mpl.rcParams.update(LOOK | SETTINGS)
        for name, figure in figures:
            contents[f"{name}.svg"] = _svg(figure)
            contents[f"{name}.png"] = _png(figure)
    kept = {"hwgen": __version__, "files": hashes(contents)}
    if result is not None:
        kept["result"] = result
    contents[record] = as_json(kept).encode() + b"\n"
    write_folder(out, contents, record)
    return {"out": str(out), "files": hashes(contents)}


def _check_layer(run: Run, layer: str) -> None:
    if layer not in run.layers:
        known = list(run.layers)
        listed = ", ".join(known[:MOST_NAMES]) + (", ..." if len(known) > MOST_NAMES else "")
        raise UserError(
            f"--layer: must be a layer on crossbars ({listed}), "
            f"not {shown(layer)}{hint(layer, known)}"
        )


def _figures(runs: Sequence[Run], layer: str | None) -> Iterator[tuple[str, Figure]]:
    """Yield every figure with its name; accuracy only of images with labels."""
    yield "counts", counts_figure(runs, layer)
    yield "decisions", decisions_figure(runs)
    drawn = [run for run in runs if run.top1 is not None and run.whole.decisions is not None]
    if drawn:
        yield "accuracy", accuracy_figure(drawn)


def as_svg(draw: Callable[[], Figure]) -> bytes:
    """Draw one figure with the look of all, as SVG."""
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's own settings are
        mpl.rcParams.update(LOOK | SETTINGS)
        return _svg(draw())


def _svg(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(
        file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    return file.getvalue()


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    dpi = min(PNG_DPI, MOST_PIXELS / max(figure.get_size_inches()))
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
