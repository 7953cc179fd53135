"""A network in exact integers, without an array: accuracy, and what every layer multiplies."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.workload.images import Images
from hwgen.workload.imported import Imported
from hwgen_models.layer import Layer
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network

__all__ = ["integer_run", "shapes_of"]

ARRAY_KEYS = (  # what only a run through the array can tell
    "crossbars",
    "reads",
    "reads_skipped",
    "conversions",
    "decisions",
    "decisions_per_conversion",
    "saving",
    "saving_with_skips",
    "entropy_bits",
    "cycles",
    "energy_pj",
)

Progress = Callable[[int, int, str], None]


def integer_run(
    design: Design,
    found: Imported,
    reason: str,
    names: tuple[str, str],
    images: Images,
    codes: NDArray,
    progress: Progress | None,
) -> dict:
    """Run a network whose layers cannot all be mapped.

    Parameters
    ----------
    design : Design
        Named in the result.
    found : Imported
        The network.
    reason : str
        What keeps it from crossbars.
    names : (str, str)
        Network and data as the user gave them.
    images, codes : Images, numpy.ndarray
        Labels, and what the network takes.
    progress : callable, optional
        Called with batches done, batches in all, and the layer.

    Returns
    -------
    dict
        Keys of ``hwgen run --json``; null where only an array could tell.
    """
    network = found.network
    starts = range(0, len(codes), network.batch)
    steps = len(starts) * len(network.layers)
    outputs, done = [], 0
    for start in starts:
        for layer, _, given in network.steps(codes[start : start + network.batch]):
            done += 1
            if progress is not None:
                progress(done, steps, layer.name)
            if layer.name == network.output:
                outputs.append(given)
    unknown = dict.fromkeys(ARRAY_KEYS)
    layers = {layer.name: unknown | shapes_of(network, layer) for layer in network.layers}
    return {
        "design": design.name,
        "network": names[0],
        "data": names[1],
        "images": len(codes),
        "form": "integer",
        "unmapped": reason,
        "calibration": found.calibration,
        "calibration_images": found.calibration_images,
        "top1": None,
        "top1_integer": images.top1(np.concatenate(outputs)),
        "lossless": None,
        **unknown,
        "products": sum(layer["products"] or 0 for layer in layers.values()),
        "weights": sum(layer["weights"] or 0 for layer in layers.values()),
        "layers": {name: {"images": len(codes)} | layer for name, layer in layers.items()},
    }


def shapes_of(network: Network, layer: Layer) -> dict:
    """Kind and shapes of a layer; of its product, where it has one, the size and the work."""
    shape = network.shapes[layer.name]
    found = {
        "kind": type(layer).__name__.lower(),
        "sources": list(layer.sources),
        "input_shapes": [list(one) for one in network.shapes_into(layer)],
        "shape": list(shape),
    }
    product = dict.fromkeys(("groups", "inputs", "outputs", "vectors", "weights", "products"))
    if isinstance(layer, Matrix):
        products = network.products(layer)
        product = {
            "groups": layer.groups,
            "inputs": layer.inputs,
            "outputs": layer.outputs // layer.groups,
            "vectors": products // layer.weights.size,
            "weights": int(layer.weights.size),
            "products": products,
        }
    return found | product
