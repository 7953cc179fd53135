"""Designs side by side: area, time and energy on one network, under the same conditions.

Every design is generated, mapped, and measured on vectors of the same layer; the whole network then
is priced by these measurements. Clock, vectors, rule of skipping and models are the same for all.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hwgen.config import Design
from hwgen.emit.deliver import generate
from hwgen.errors import UserError
from hwgen.flow.power import CLOCK_NS, power
from hwgen.flow.stimulus import LayerOf
from hwgen.power.analog.choose import require_same
from hwgen.power.operations import CATEGORIES
from hwgen.workload.inputs import open_network
from hwgen.workload.run import run

__all__ = ["PARTS", "compare"]

PARTS = (*CATEGORIES, "leakage", "adc", "array")
VECTORS = 64
SKIPS = "planes without active rows are skipped by all designs"

Progress = Callable[[int, int, str], None]


def compare(
    designs: Sequence[Design],
    network: str,
    data: str,
    *,
    liberty: Path,
    layer: str | None = None,
    vectors: int = VECTORS,
    images: int | None = None,
    clock_ns: float | None = None,
    gate_clocks: bool = False,
    wire_ff: float = 0.0,
    adc_model: str | None = None,
    calibration: str | None = None,
    kernels: str = "reference",
    progress: Progress | None = None,
) -> dict:
    """Compare designs.

    Parameters
    ----------
    designs : sequence of Design
        The first is what the others are held against.
    network, data, images, calibration, kernels
        As of `hwgen.workload.run.run`.
    liberty, clock_ns, gate_clocks, wire_ff, adc_model
        As of `hwgen.flow.power.power`.
    layer : str, optional
        Layer whose vectors are played on the mapped tiles; that with most products by default.
    vectors : int
        How many.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen compare --json``.

    Raises
    ------
    UserError
        When designs have the same name, energies on different bills, or files do not fit.
    Mismatch
        When a netlist computes something else than the golden model.
    ToolMissing
        When Yosys is not installed.
    """
    _check(designs)
    layer = layer or _largest_layer(network, calibration or data, kernels)
    report = progress or (lambda *_: None)
    wanted = LayerOf(
        network=network,
        data=data,
        layer=layer,
        vectors=vectors,
        calibration=calibration,
        kernels=kernels,
    )
    found = []
    with tempfile.TemporaryDirectory(prefix="hwgen-compare-") as scratch:
        for number, design in enumerate(designs):
            report(2 * number, 2 * len(designs), f"power of {design.name}")
            folder = Path(scratch) / str(number)
            generate(design, folder)
            measured = power(
                folder,
                liberty=liberty,
                layer=wanted,
                clock_ns=clock_ns,
                gate_clocks=gate_clocks,
                wire_ff=wire_ff,
                adc_model=adc_model,
            )
            report(2 * number + 1, 2 * len(designs), f"run of {design.name}")
            ran = run(
                design,
                network,
                data,
                images=images,
                calibration=calibration,
                kernels=kernels,
                adc_model=adc_model,
                power=Path(measured["report"]),
            )
            found.append(_column(design, measured, ran))
    report(2 * len(designs), 2 * len(designs), "run")
    for one in found:
        one["versus_first"] = _ratios(one, found[0])
    return {
        "network": network,
        "data": data,
        "images": ran["images"],
        "layer": layer,
        "vectors": measured["vectors"],
        "clock_mhz": 1e3 / (clock_ns or CLOCK_NS),
        "library": measured["library"],
        "skips": SKIPS,
        "glitches": measured["glitches"],
        "designs": found,
    }


def _check(designs: Sequence[Design]) -> None:
    names = [design.name for design in designs]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{name}: must be the name of one design, not of {names.count(name)}")
    for design in designs:
        if design.top != "tile":
            raise UserError(
                f"{design.source}: top: must be tile to be compared, not {design.top!r}"
            )
    require_same(designs)


def _largest_layer(network: str, calibration: str, kernels: str) -> str:
    model = open_network(network, calibration=calibration, kernels=kernels).network
    if not model.matrices:
        raise UserError(f"{network}: must have a layer with weights, not none")
    return max(model.matrices, key=model.products).name


def _column(design: Design, measured: dict, ran: dict) -> dict:
    """Return what is said of one design."""
    images = ran["images"]
    energy = ran["energy_per_image_pj"]
    parts = {**energy["digital_parts"], "adc": energy["adc"], "array": energy["array"]}
    total = sum(parts.values())
    outputs = _outputs(ran["layers"].values())
    lane = measured["blocks"]["lane"]
    return {
        "name": design.name,
        "source": design.source,
        "top1": ran["top1"],
        "lossless": ran["lossless"],
        "calibrated": _calibrated(design),
        "area_um2": measured["area_um2"],
        "area_parts_um2": measured["area_parts_um2"],
        "leakage_uw": measured["leakage_uw"],
        "lane_changes_per_conversion": lane["changes_per_conversion"],
        "lane_clock_changes_per_conversion": lane["clock_changes_per_conversion"],
        "crossbars": ran["crossbars"],
        "conversions": ran["conversions"] / images,
        "decisions": ran["decisions"] / images,
        "decisions_per_conversion": ran["decisions_per_conversion"],
        "reads": ran["reads"] / images,
        "outputs": outputs,
        "cycles": ran["cycles"] / images,
        "time_us": ran["cycles"] / images / measured["clock_mhz"],
        "energy_per_image_pj": parts | {"total": total},
        "energy_per_conversion_pj": total / (ran["conversions"] / images)
        if ran["conversions"]
        else None,
        "energy_per_output_pj": total / outputs,
        "measured_per_conversion_pj": measured["digital_per_conversion_pj"]
        | {name: measured["energy_per_conversion_pj"][name] for name in ("adc", "array")},
        "models": {
            "digital": measured["models"]["digital"],
            **{name: ran["energy_model"][name] for name in ("adc", "array")},
        },
        "warnings": [*_uncalibrated(design), *_warnings(measured, ran)],
    }


def _outputs(layers: Iterable[dict]) -> int:
    """Count the sums of all layers; each of a layer's groups has its own, from every vector.

    >>> _outputs([{"vectors": 4, "groups": 3, "outputs": 5}])
    60
    """
    return sum(one["vectors"] * one["groups"] * one["outputs"] for one in layers)


def _calibrated(design: Design) -> bool | None:
    """Tell whether the search tables are those of a network; None for a search without any."""
    return None if design.readout.kind in {"binary", "redundant"} else design.tables is not None


def _uncalibrated(design: Design) -> list[str]:
    """Say that a search does not show what it can do before it is fitted to the network."""
    if _calibrated(design) is not False:
        return []
    said = (
        "search tables are those of `readout`, the same for every network; `hwgen calibrate` finds "
        "those of this network"
    )
    return [said]


def _warnings(measured: dict, ran: dict) -> list[str]:
    """Return what to beware of in the network and in the measured tile.

    Both say it of the models; what the network says holds, as its energies do.
    """
    own = [one for one in measured["warnings"] if one not in measured["models"]["warnings"]]
    return [*ran["energy_model"]["warnings"], *own]


def _ratios(one: dict, first: dict) -> dict[str, float | None]:
    """Return how many times less a design takes than the first."""
    found = {
        key.removesuffix("_um2"): first[key] / one[key] if one[key] else None
        for key in ("area_um2", "decisions", "cycles")
    }
    for name, value in (("lane_changes", _lane_changes), ("energy", _energy)):
        found[name] = value(first) / value(one) if value(one) else None
    return found


def _lane_changes(one: dict) -> float:
    """Return the changes in a lane per conversion, those at clock pins included."""
    changes = (one["lane_changes_per_conversion"], one["lane_clock_changes_per_conversion"])
    return sum(value or 0.0 for value in changes)


def _energy(one: dict) -> float:
    return one["energy_per_image_pj"]["total"]
