"""TRQ: Algorithm-hardware co-design for energy-efficient A/D conversion, DATE 2024.

arXiv 2402.06164. Claims are those of its abstract; the quantiser measured beside them is a
reconstruction (`hwgen_models.search.SearchTree.twin_range`).
"""

from collections.abc import Callable, Mapping

from hwgen.papers.claims import Claim, Evidence, Finding

__all__ = ["CLAIMS"]

PAPER = "trq"
LOSSY = "drop:0.5"  # percentage points of top-1 on calibration images
NOT_WATTS = "decisions of the comparator instead of watts; another network may be meant"
REDUCED = "the power of A/D conversion falls"
FASTER = "conversion takes less time, where lanes go on by themselves"
ABSTRACT = (
    "abstract; the baseline, the networks and the loss are not in it (taken here for 8 decisions, "
    "calibrated without retraining)"
)


def _saving(preset: str, granularity: str, budget: str) -> Callable[[Evidence], Finding]:
    """Measure what a preset saves against the full search; planes skipped by both do not count."""

    def measure(evidence: Evidence) -> Finding:
        if budget != "lossless" and not evidence.labelled:
            return _without_labels(preset)
        keys = {"granularity": granularity, "budget": budget}
        result = evidence.run(preset, **keys)
        lost = "" if budget == "lossless" else f"; {_lost(result):.2f} points of top-1 lost here"
        return Finding(
            measured=result["saving"],
            unit="times fewer decisions than a full search",
            on=evidence.on(preset, **keys),
            comparable=f"{NOT_WATTS}{lost}",
            missing="an energy per decision of the paper's converter",
        )

    return measure


def _shorter(preset: str, granularity: str) -> Callable[[Evidence], Finding]:
    """Measure the time of conversions against full searches, all lanes together."""

    def measure(evidence: Evidence) -> Finding:
        keys = {"granularity": granularity, "budget": "lossless"}
        result = evidence.run(preset, **keys)
        holds = result["sample_hold"]
        phase = result["conversion_phase"][holds]
        waiting = 100 * phase["waiting"] / phase["cycles"]
        return Finding(
            measured=phase["shorter"],
            unit="times shorter than full searches",
            on=f"{evidence.on(preset, **keys)}; {holds} sample-and-holds, lanes wait for slower "
            f"ones {waiting:.0f} % of the time",
            comparable="no: the paper's converters may as well wait for each other",
            missing="whether the paper's columns are converted in step",
        )

    return measure


def _without_labels(preset: str) -> Finding:
    return Finding(
        measured=None,
        unit="-",
        on=f"preset {preset}",
        comparable="no",
        missing="images with labels: a loss of accuracy bounds the tables",
    )


def _points_lost(evidence: Evidence) -> Finding:
    """Measure top-1 against the integer network."""
    if not evidence.labelled:
        return _without_labels("trq")
    return Finding(
        measured=_lost(evidence.run("trq", budget=LOSSY)),
        unit="percentage points of top-1 lost",
        on=evidence.on("trq", budget=LOSSY),
        comparable="yes, but for the network",
        missing="the paper's accuracies, network by network",
    )


def _lost(result: Mapping[str, float]) -> float:
    """Percentage points of top-1 against the integer network."""
    return 100 * (result["top1_integer"] - result["top1"])


def _in_the_first_range(evidence: Evidence) -> Finding:
    """Measure which conversions need none of the upper bits."""
    layers = evidence.run("trq")["layers"].values()
    held = [layer for layer in layers if layer["histogram"] is not None]
    inside = sum(_below_the_edge(layer) for layer in held)
    return Finding(
        measured=100 * inside / sum(layer["conversions"] for layer in held),
        unit="% of the conversions end in the short range",
        on=evidence.on("trq"),
        comparable="in kind: the paper's distributions are not to be had",
        missing="the paper's histograms",
    )


def _below_the_edge(layer: Mapping[str, object]) -> int:
    payload, _ = layer["ranges"][0]
    return sum(layer["histogram"][: 2**payload])


def _lane(evidence: Evidence) -> Finding:
    """Measure the controller against the binary one."""
    return Finding(
        measured=evidence.lane("trq"),
        unit="times the generic cells of a binary lane",
        on="RTL of one lane, preset trq, accumulators included",
        comparable="yes, for the digital control",
        missing="the paper's area; comparator and capacitors are the same by construction",
    )


def _share_of_power(evidence: Evidence) -> Finding:
    """Measure the converters' share of the energy of crossbars and their periphery."""
    if evidence.power is None:
        return Finding(
            measured=None,
            unit="-",
            on="preset baseline",
            comparable="no",
            missing="what the periphery takes: --power FILE, the report of `hwgen power DIR "
            "--liberty CELLS` on a DIR of `hwgen generate baseline`",
        )
    energy = evidence.powered["energy_pj"]
    whole = sum(energy[part] for part in ("adc", "array", "digital"))
    return Finding(
        measured=100 * energy["adc"] / whole,
        unit="% of the energy of crossbars with their periphery",
        on=evidence.on_baseline(),
        comparable="no, unless converters and periphery are of one process (`on` says which); "
        "then as an upper limit: an accelerator has more than crossbars",
        missing="energy of buffers, network on chip and memory; converters of the periphery's "
        "process: `hwgen run baseline --power FILE --adc-model TABLE.csv` takes your own",
    )


CLAIMS = (
    Claim(
        paper=PAPER,
        claim="A/D converters take most of an accelerator's power",
        value="> 60 %",
        conditions="abstract",
        measure=_share_of_power,
    ),
    Claim(
        paper=PAPER,
        claim="counts are so distributed that sampling bits are redundant",
        value=None,
        conditions="abstract; figures of the text are not known here",
        measure=_in_the_first_range,
    ),
    Claim(
        paper=PAPER,
        claim=REDUCED,
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("trq", "layer", LOSSY),
    ),
    Claim(
        paper=PAPER,
        claim=f"{REDUCED}: the same ranges without loss",
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("trq", "layer", "lossless"),
    ),
    Claim(
        paper=PAPER,
        claim=f"{REDUCED}: beside it, bounded ranges by slice without loss",
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("adaptive", "slice", "lossless"),
    ),
    Claim(
        paper=PAPER,
        claim=f"{REDUCED}: beside it, searches outward by slice without loss",
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("outward", "slice", "lossless"),
    ),
    Claim(
        paper=PAPER,
        claim=f"{REDUCED}: beside it, bounded ranges by slice as lossy",
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("adaptive", "slice", LOSSY),
    ),
    Claim(
        paper=PAPER,
        claim=f"beside it: {FASTER}: two ranges without loss",
        value=None,
        conditions="no figure of the paper is known here",
        measure=_shorter("trq", "layer"),
    ),
    Claim(
        paper=PAPER,
        claim=f"beside it: {FASTER}: bounded ranges by slice without loss",
        value=None,
        conditions="no figure of the paper is known here",
        measure=_shorter("adaptive", "slice"),
    ),
    Claim(
        paper=PAPER,
        claim=f"beside it: {FASTER}: searches outward by slice without loss",
        value=None,
        conditions="no figure of the paper is known here",
        measure=_shorter("outward", "slice"),
    ),
    Claim(
        paper=PAPER,
        claim="the algorithm keeps its flexibility",
        value=None,
        conditions="abstract; taken here for: no retraining; accuracies of the text are not known",
        measure=_points_lost,
    ),
    Claim(
        paper=PAPER,
        claim="a light modification of a SAR converter",
        value=None,
        conditions="abstract",
        measure=_lane,
    ),
)
