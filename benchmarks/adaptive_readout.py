"""Lossless readouts of ResNet-20 beside each other and beside the information they are after.

``python benchmarks/adaptive_readout.py`` needs ``../shared/data``. Tables are chosen on training
images and cost what they cost on test images; 128 rows, 1-bit cells, 7 slices in two polarities.
`saving` is the 8 decisions of a full search over those taken, `with skips` counts planes without
active rows as full searches too. Limits are the entropy of a count, given what a scheme knows of it
before the first decision.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.config import load
from hwgen.workload.array.statistics import Statistics
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.parts import TEST
from hwgen.workload.run import Product, readers_of
from hwgen_models.distributions import conditional_entropy
from hwgen_models.prediction import density_costs, optimal_density
from hwgen_models.range_choice import optimal_ranges
from hwgen_models.ranges import bounded_decisions
from hwgen_models.scaled import optimal_scaled, scaled_decisions
from hwgen_models.search import SearchTree
from hwgen_models.size_classes import optimal_size_classes

__all__ = ["main"]

DATA = Path(__file__).parents[1] / "../shared/data"
NETWORK = DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"
CALIBRATION = DATA / "cifar10/cifar10_train_1000_norm.npz"
TEST_IMAGES = DATA / "cifar10/cifar10_test_500_norm.npz"
FULL = 8  # decisions
BITS, BOUND = 8, 128
PATIENCE = 8
OCTAVES = [1 << k for k in range(8)]

Contexts = list[NDArray[np.int64]]  # conversions by bound and count, of each context
Scheme = Callable[[Contexts, Contexts], int]  # fitted on the first, decisions on the second


def plain_ranges(fit: Contexts, run: Contexts, *, count: int) -> int:
    """Tables of ranges; nothing is known of a read."""
    decisions = 0
    for before, after in zip(fit, run, strict=True):
        best = optimal_ranges(before.sum(axis=0), bits=BITS, bound=BOUND, count=count)
        tree = SearchTree.ranges(best.ranges, bits=BITS, bound=BOUND)
        decisions += int(after.sum(axis=0) @ tree.depths)
    return decisions


def classed_ranges(
    fit: Contexts, run: Contexts, *, classes: int, bases: str = "any", octaves: bool = False
) -> int:
    """Tables of four ranges for classes of reads, clipped at the bound."""
    found = optimal_size_classes(
        fit,
        bits=BITS,
        bound=BOUND,
        count=4,
        classes=classes,
        bases=bases,
        starts=OCTAVES if octaves else None,
    )
    ends = list(zip([0, *found.starts], [*found.starts, BOUND + 1], strict=True))
    decisions = 0
    for after, choices in zip(run, found.choices, strict=True):
        for (first, end), choice in zip(ends, choices, strict=True):
            taken = bounded_decisions(choice.ranges, bits=BITS, bound=BOUND, order=choice.order)
            decisions += int((taken * after)[first:end].sum())
    return decisions


def scaled(fit: Contexts, run: Contexts) -> int:
    """One table, its ranges halved with every octave of the active rows."""
    decisions = 0
    for before, after in zip(fit, run, strict=True):
        best = optimal_scaled(before, bits=BITS, bound=BOUND, count=4)
        payloads = [one.payload for one in best.ranges]
        taken = scaled_decisions(payloads, bits=BITS, bound=BOUND)
        decisions += int((taken * after).sum())
    return decisions


def full(joint: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add zeros for what a layer cannot reach."""
    missing = BOUND + 1 - np.array(joint.shape)
    return np.pad(joint, [(0, more) for more in missing])


def outward(fit: Contexts, run: Contexts) -> int:
    """Outward search from the active rows times a density."""
    decisions = 0
    for before, after in zip(fit, run, strict=True):
        best = optimal_density(before, patience=PATIENCE)
        decisions += int(density_costs(after, patience=PATIENCE)[best.density])
    return decisions


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    name: str
    tables: str  # what a layer loads
    scheme: Scheme
    contexts: Callable[[Statistics], Contexts]
    bounded: bool = True  # the active rows are known


def by_layer(found: Statistics) -> Contexts:
    """Conversions by active rows."""
    return [full(found.by_active.sum(axis=(0, 1)))]


def by_slice(found: Statistics) -> Contexts:
    """Conversions by active rows, for each slice."""
    return [full(of_slice) for of_slice in found.by_active.sum(axis=1)]


def by_ones(found: Statistics) -> Contexts:
    """Conversions by the smaller of active rows and ones of the column."""
    return [full(found.by_bound.sum(axis=0))]


def by_slice_and_ones(found: Statistics) -> Contexts:
    """Conversions by the smaller of active rows and ones of the column, for each slice."""
    return [full(of_slice) for of_slice in found.by_bound]


def unbounded(contexts: Contexts) -> Contexts:
    """Forget what is known of a read."""
    return [joint.sum(axis=0, keepdims=True) for joint in contexts]


def rows() -> Iterator[Row]:
    """Schemes, from the plain to the clever."""

    def ranges(**keys: object) -> Scheme:
        return lambda fit, run: classed_ranges(fit, run, **keys)

    for count in (2, 4, 8):
        yield Row(
            f"{count} ranges",
            f"{count} ranges",
            lambda fit, run, count=count: plain_ranges(fit, run, count=count),
            by_layer,
            bounded=False,
        )
    plain = ranges(classes=1, bases="aligned")
    yield Row("4 aligned ranges under the bound", "4 ranges", plain, by_layer)
    yield Row("... by slice", "28", plain, by_slice)
    yield Row("... by slice, with the ones", "28", plain, by_slice_and_ones)
    yield Row("4 ranges under the bound", "4 ranges", ranges(classes=1), by_layer)
    yield Row("... in 2 classes of active rows", "8 ranges", ranges(classes=2), by_layer)
    yield Row("... by the bits of active rows", "32", ranges(classes=8, octaves=True), by_layer)
    yield Row("... 4 classes, with the ones", "16", ranges(classes=4), by_ones)
    yield Row("4 ranges under the bound, by slice", "28", ranges(classes=1), by_slice)
    yield Row("... by the bits of active rows", "224", ranges(classes=8, octaves=True), by_slice)
    yield Row("4 ranges scaled with active rows", "4 ranges", scaled, by_layer)
    yield Row("... by slice (preset adaptive)", "28", scaled, by_slice)
    yield Row("... by slice, with the ones", "28", scaled, by_slice_and_ones)
    yield Row("outward search", "6 bits", outward, by_layer)
    yield Row("outward search, by slice (preset outward)", "42 bits", outward, by_slice)
    yield Row("... with the ones", "42 bits", outward, by_slice_and_ones)


def observed(images: Path, number: int) -> dict[str, Statistics]:
    """Count what images make of every layer."""
    network = open_network(str(NETWORK), calibration=str(images), kernels="reference").network
    chosen = load_images(str(images), part=TEST, images=number)
    readers = readers_of(load("baseline"), network, where=str(NETWORK), path="short-cut")
    network.run(codes_of(network, chosen), Product(readers, network, number))
    return {name: reader.statistics for name, reader in readers.items()}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--calibration", type=int, default=100, help="images to choose tables on")
    parser.add_argument("--images", type=int, default=100, help="images to measure on")
    options = parser.parse_args(arguments)
    fit = observed(CALIBRATION, options.calibration)
    run = observed(TEST_IMAGES, options.images)
    conversions = sum(layer.conversions for layer in run.values())
    every = conversions + sum(layer.conversions_skipped for layer in run.values())

    def savings(decisions: float) -> str:
        return f"{FULL * conversions / decisions:7.2f} {FULL * every / decisions:10.2f}"

    head = f"{'scheme':41} {'a layer loads':14} {'decisions':>9} {'saving':>7} {'with skips':>10}"
    print(f"{head} | limits")  # noqa: T201
    for row in rows():
        decisions, bits = 0, 0.0
        for name, layer in run.items():
            contexts = row.contexts(layer)
            decisions += row.scheme(row.contexts(fit[name]), contexts)
            known = contexts if row.bounded else unbounded(contexts)
            bits += sum(conditional_entropy(joint) * joint.sum() for joint in known)
        print(  # noqa: T201
            f"{row.name:41} {row.tables:14} {decisions / conversions:9.3f} {savings(decisions)} | "
            f"{savings(bits)}"
        )


if __name__ == "__main__":
    main()
