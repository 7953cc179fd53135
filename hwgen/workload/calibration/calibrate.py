"""Choose the search ranges of every layer from what calibration images do to the counts.

Of tables with two ranges all that the hardware accepts are tried; of those with more, the best at
every price on error, found exactly (`hwgen_models.range_choice`). What each costs follows from the
histograms of all conversions, exactly; how far it errs from the counts behind a sample of every
layer's sums (`hwgen.workload.calibration.tradeoff`) and, for a loss of accuracy, from runs of the
network. Nothing is random; lossless tables depend on nothing but the inputs, those of other budgets
also on how the linear algebra beneath numpy rounds its sums, should two choices be equal but for
that.

Images that calibrate are never those that ``hwgen run`` reports.

After TRQ (DATE 2024, arXiv:2402.06164), whose text leaves the criterion open; the budgets here are
a reconstruction: no error, a bound on every layer's signal to error ratio, or a bound on the loss
of accuracy.
"""

from pathlib import Path

from hwgen.config import Design
from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.workload.calibration.budgets import Budget
from hwgen.workload.calibration.candidates import CALIBRATED
from hwgen.workload.calibration.result import check_out, write
from hwgen.workload.calibration.search import Calibration, Progress
from hwgen.workload.calibration.tradeoff import GRANULARITIES
from hwgen.workload.images import codes_of, fingerprints
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.parts import CALIBRATION
from hwgen_models.network import Network

__all__ = ["calibrate"]

MOST_IMAGES = 256  # that a calibration takes unless told otherwise


def calibrate(
    design: Design,
    network: str,
    data: str,
    *,
    granularity: str = "layer",
    budget: str = "lossless",
    out: Path,
    images: int | None = None,
    calibration: str | None = None,
    kernels: str = "reference",
    progress: Progress | None = None,
) -> dict:
    """Find range tables on calibration images and write a design that carries them.

    Parameters
    ----------
    design : Design
        A design whose readout has ranges. Its arrays are taken for ideal.
    network, data : str
        ``digits`` or files, as `hwgen.workload.inputs` reads them. Only calibration images are
        used; a data file without ``split`` gives all its images, so run another file.
    granularity : str
        ``network``: one table for all layers; ``layer``: one for each; ``slice``: one for each
        slice of each layer; ``slice-plane``: one for each slice and plane.
    budget : str
        ``lossless``: cheapest tables that tell every possible count exactly. ``sqnr:DB``: cheapest
        with at least this ratio of signal to error in every layer's sums, activations in front of
        it being exact. ``drop:POINTS``: at most this loss of top-1 on the calibration images, in
        percentage points, errors passed on from layer to layer.
    out : Path
        The design file to write; it extends `design`.
    images : int, optional
        Take the first so many calibration images; without it, at most 256.
    calibration : str, optional
        Images that a float network is quantised with; the calibration part of `data` by default.
    kernels : str
        Kernels of LiteRT that a TFLite network is rounded as: ``reference`` or ``xnnpack``.
    progress : callable, optional
        Called with work done, work in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen calibrate --json``.

    Raises
    ------
    UserError
        When the design has no ranges, an option is wrong, files do not fit or no table is in
        budget.
    """
    if granularity not in GRANULARITIES:
        known = " or ".join(GRANULARITIES)
        raise UserError(f"--granularity: must be {known}, not {granularity!r}")
    allowed = Budget.parse(budget)
    if design.readout.kind not in CALIBRATED:
        choice = " or ".join(map(repr, CALIBRATED))
        raise UserError(
            f"{design.source}: readout.kind: must be {choice} to be calibrated, "
            f"not {design.readout.kind!r}"
        )
    out = Path(out)
    check_out(design, out)
    found = open_network(network, calibration=calibration or data, kernels=kernels)
    layers = _mapped(design, found.network, network)
    chosen = load_images(data, part=CALIBRATION, images=images, most=MOST_IMAGES)
    codes = codes_of(found.network, chosen)
    if allowed.kind == "drop" and chosen.labels is None:
        raise UserError(f"{data}: labels must be in the file for budget drop, not missing")

    calibrated = Calibration(
        design,
        found.network,
        layers,
        codes,
        chosen.labels,
        granularity=granularity,
        budget=allowed,
        progress=progress,
    )
    choices = calibrated.choose()
    tables = {name: calibrated.ranges(name, choice) for name, choice in choices.items()}
    write(design, out, granularity, tables, fingerprints(chosen))
    return {
        "out": str(out),
        "design": design.name,
        "network": network,
        "data": data,
        "images": len(chosen),
        "calibration": found.calibration,
        "calibration_images": found.calibration_images,
        "granularity": granularity,
        "rtl": granularity in {"network", "layer"} or granularity == design.readout.tables,
        "budget": budget,
        **calibrated.summary(choices),
    }


def _mapped(design: Design, network: Network, where: str) -> dict[str, MappedLayer]:
    """Put every layer with a matrix product on crossbars, by name."""
    if not network.matrices:
        raise UserError(f"{where}: must have a layer with weights, not none")
    return {
        layer.name: map_layer(
            layer, design.spec, codes=network.codes[layer.sources[0]], where=where
        )
        for layer in network.matrices
    }
