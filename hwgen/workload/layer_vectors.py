"""What one crossbar of a layer takes while a network runs: real activations, weights, summands."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.wording import hint, shown
from hwgen.workload.images import Images, codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.parts import TEST
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network
from hwgen_models.noise import hash64
from hwgen_models.spec import TileSpec

__all__ = ["LayerVectors", "layer_vectors"]

FEW = 16  # vectors, where nobody says how many; and images that vectors are taken from


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerVectors:
    """Vectors of one crossbar, in the order of a data file's images and of a layer's places.

    Parameters
    ----------
    layer : str
        Name of the layer.
    crossbar : int
        Number of the crossbar, as in `MappedLayer.tiles`.
    images : int
        Images that the vectors are taken from.
    x : numpy.ndarray of int64, shape (vectors, rows used)
        What the word lines take.
    weights : numpy.ndarray of int64, shape (rows used, outputs used)
        What the array stores.
    y_in : numpy.ndarray of int64, shape (vectors, outputs used)
        What the crossbars before it in its chain make of the same vectors, constants included;
        zeros for a design without that port.
    """

    layer: str
    crossbar: int
    images: int
    x: NDArray[np.int64]
    weights: NDArray[np.int64]
    y_in: NDArray[np.int64]


def layer_vectors(
    network: str,
    data: str,
    *,
    layer: str,
    spec: TileSpec,
    vectors: int | None = None,
    crossbar: int = 0,
    calibration: str | None = None,
    kernels: str = "reference",
) -> LayerVectors:
    """Run a network in exact integers up to a layer, and map that onto crossbars.

    A layer multiplies P vectors per image, one for every place of its window. Of the M P vectors
    of the first M test images, K are taken: those whose numbers have the smallest hashes, in their
    own order. M is 16, or more where 16 images have fewer than K vectors, or less where there are
    fewer images or fewer vectors wanted.

    Parameters
    ----------
    network, data : str
        Names or paths, as `hwgen.workload.inputs` reads them.
    layer : str
        A layer with a matrix product.
    spec : TileSpec
        The array and its periphery.
    vectors : int, optional
        K; 16 by default, or all where there are fewer.
    crossbar : int
        Which one, counted chain by chain: row tiles of the first outputs, then of the next.
    calibration, kernels : str, optional
        As of `open_network`; a float network is calibrated with `data` unless told otherwise.

    Raises
    ------
    UserError
        When a file, the layer or a number does not fit.
    """
    model = open_network(network, calibration=calibration or data, kernels=kernels).network
    matrix = _matrix(model, layer)
    codes = model.codes[matrix.sources[0]]
    mapped = map_layer(matrix, spec, codes=codes, where=network)
    if crossbar >= mapped.crossbars:
        raise UserError(
            f"--crossbar: must be between 0 and {mapped.crossbars - 1} for layer {shown(layer)}, "
            f"not {crossbar}"
        )
    images = load_images(data, part=TEST)
    places = prod(model.shapes[layer]) // matrix.outputs
    available = len(images) * places
    wanted = min(FEW, available) if vectors is None else vectors
    if wanted > available:
        raise UserError(
            f"--vectors: must be between 1 and {available} "
            f"({len(images)} images x {places} vectors), not {wanted}"
        )
    first = min(len(images), max(-(-wanted // places), min(wanted, FEW)))
    hashes = hash64(np.arange(first * places))
    numbers = np.sort(np.argsort(hashes, kind="stable")[:wanted])
    drive = _drive(model, mapped, _first(images, first), numbers)
    tile = mapped.tiles[crossbar]
    return LayerVectors(
        layer=layer,
        crossbar=crossbar,
        images=first,
        x=drive[:, tile.inputs].astype(np.int64),
        weights=tile.weights,
        y_in=_summands(mapped, crossbar, drive),
    )


def _matrix(network: Network, name: str) -> Matrix:
    """Find a layer that crossbars can take over."""
    known = [layer.name for layer in network.matrices]
    for layer in network.matrices:
        if layer.name == name:
            return layer
    listed = ", ".join(map(shown, known[:3])) + (", ..." if len(known) > 3 else "")
    raise UserError(
        f"--layer: must be a layer with a matrix product ({listed or 'there is none'}), "
        f"not {shown(name)}{hint(name, known)}"
    )


def _first(images: Images, count: int) -> Images:
    labels = None if images.labels is None else images.labels[:count]
    return replace(images, pixels=images.pixels[:count], labels=labels)


def _drive(
    network: Network, mapped: MappedLayer, images: Images, numbers: NDArray[np.int64]
) -> NDArray[np.int16]:
    """Word line inputs of the vectors with these numbers, of all of a layer's crossbars."""
    codes, layer = codes_of(network, images), mapped.layer
    parts, passed = [], 0
    for start in range(0, len(codes), network.batch):
        steps = network.steps(codes[start : start + network.batch])
        vectors = next(layer.vectors(taken[0]) for step, taken, _ in steps if step is layer)
        here = numbers[(numbers >= passed) & (numbers < passed + vectors.shape[1])] - passed
        parts.append(mapped.drive(vectors[:, here]))
        passed += vectors.shape[1]
    return np.concatenate(parts)


def _summands(mapped: MappedLayer, crossbar: int, drive: NDArray[np.int16]) -> NDArray[np.int64]:
    """What arrives on ``y_in``: the constants, and exact products of the crossbars before."""
    tile = mapped.tiles[crossbar]
    if not mapped.spec.y_in:
        return np.zeros((len(drive), tile.weights.shape[1]), dtype=np.int64)
    sums = np.tile(mapped.constants[tile.outputs], (len(drive), 1))
    for before in mapped.chain(tile.column)[: tile.row]:
        sums += drive[:, before.inputs].astype(np.int64) @ before.weights
    return sums
