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
ABSTRACT = "abstract: post-training, lossy; the baseline and the networks are not in it"


def _saving(preset: str, granularity: str, budget: str) -> Callable[[Evidence], Finding]:
    """Measure what a preset saves against the full search; planes skipped by both do not count."""

    def measure(evidence: Evidence) -> Finding:
        if budget != "lossless" and not evidence.labelled:
            return _without_labels(preset)
        keys = {"granularity": granularity, "budget": budget}
        return Finding(
            measured=evidence.run(preset, **keys)["saving"],
            unit="times fewer decisions than a full search",
            on=evidence.on(preset, **keys),
            comparable=NOT_WATTS,
            missing="an energy per decision of the paper's converter",
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
    result = evidence.run("trq", budget=LOSSY)
    return Finding(
        measured=100 * (result["top1_integer"] - result["top1"]),
        unit="percentage points of top-1 lost",
        on=evidence.on("trq", budget=LOSSY),
        comparable="yes, but for the network",
        missing="the paper's accuracies, network by network",
    )


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


def _share_of_power(evidence: Evidence) -> Finding:  # noqa: ARG001  (nothing to look at)
    """Say what a share of an accelerator would take."""
    return Finding(
        measured=None,
        unit="-",
        on="-",
        comparable="no",
        missing="energy of what is not periphery: buffers, network on chip, memory",
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
        claim=f"{REDUCED}: beside it, bounded ranges by slice as lossy",
        value="1.6-2.3x",
        conditions=ABSTRACT,
        measure=_saving("adaptive", "slice", LOSSY),
    ),
    Claim(
        paper=PAPER,
        claim="the algorithm stays flexible: no retraining",
        value=None,
        conditions="abstract; accuracies of the text are not known here",
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
