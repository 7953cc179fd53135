"""The vectors that a folder is delivered with, and what must come of them.

Activations and weights of the embedded digits network where the design can run it, so that benches
see what a network really does to the array; else numbers that are a hash of their place.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.archive import pack_archive
from hwgen.config import Design, Table
from hwgen.errors import UserError
from hwgen.mapping.tiles import map_layer
from hwgen.workload.digits import NAME
from hwgen.workload.inputs import load_images, load_network
from hwgen.workload.parts import CALIBRATION
from hwgen_models.noise import hash64
from hwgen_models.row_drive import input_range
from hwgen_models.schemes import table_array
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Result, Tile, by_slice

__all__ = ["Vectors", "archive", "expected", "made_up", "vectors_of"]

REAL = 4  # vectors of the network, before the corner cases


@dataclass(frozen=True, kw_only=True, eq=False)
class Vectors:
    """What a bench stores in the array, drives, and adds."""

    layer: str | None  # of the embedded network; None: made up
    x: NDArray[np.int64]  # (vectors, rows)
    weights: NDArray[np.int64]  # (rows, outputs used)
    y_in: NDArray[np.int64]  # (vectors, outputs used)
    tables: tuple[Table, ...]  # as many as the tile holds; empty ones for a binary search


def vectors_of(design: Design) -> Vectors | None:
    """Choose the vectors of a design: the same on every machine.

    The last two are the corner cases: nothing driven at all, and every input at its largest. None
    for a converter alone, which has no array.
    """
    if design.is_converter:
        return None
    real = _real(design)
    layer, x, weights, y_in = real or (None, *made_up(design.spec))
    limits = input_range(input_bits=design.spec.input_bits, signed=design.spec.signed_inputs)
    corners = np.repeat([[0], [limits[-1]]], design.spec.rows, axis=1)
    y_in = np.vstack([y_in, y_in[:1], -y_in[:1]])
    if not design.spec.y_in:
        y_in = np.zeros_like(y_in)
    return Vectors(
        layer=layer,
        x=np.vstack([x, corners]),
        weights=weights,
        y_in=y_in,
        tables=design.loaded(layer),
    )


def made_up(spec: TileSpec) -> tuple[NDArray, NDArray, NDArray]:
    """Return sparse inputs, weights of all magnitudes, and partial sums of some tiles.

    Numbers that are a hash of their place; shaped like `Vectors`, four vectors of all rows.
    """
    vector, row, output = np.arange(REAL), np.arange(spec.rows), np.arange(spec.outputs)
    limits = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    size = len(limits)
    x = _pick(size, 1, vector[:, None], row) + limits[0]
    x = np.where(_pick(2, 2, vector[:, None], row) == 0, 0, x)
    largest = 2 ** (spec.slices * spec.cell_bits) - 1
    scale = _pick(largest.bit_length(), 3, row[:, None], output)
    weights = _pick(2 * largest + 1, 4, row[:, None], output) - largest
    weights = np.sign(weights) * (np.abs(weights) >> scale)
    weights[0, 0], weights[-1, -1] = largest, -largest
    y_in = _pick(len(spec.tile_range), 5, vector[:, None], output) + spec.tile_range[0]
    return x, weights, y_in


def expected(design: Design, vectors: Vectors) -> Result:
    """Return what the golden model makes of the vectors."""
    tables = by_slice(design.spec, vectors.tables)
    tile = Tile(design.spec, vectors.weights, tables=tables)
    return tile.run(vectors.x, vectors.y_in if design.spec.y_in else None)


def archive(design: Design, vectors: Vectors) -> bytes:
    """Return the vectors as ``.npz``."""
    arrays = {
        "x": vectors.x.astype("<i4"),
        "weights": vectors.weights.astype("<i4"),
        "y_in": vectors.y_in.astype("<i8"),
        "tables": table_array(design.spec, vectors.tables).astype("<i4"),
    }
    return pack_archive(arrays.items())


def _real(design: Design) -> tuple[str, NDArray, NDArray, NDArray] | None:
    """Return the first tile of the widest layer that fits, with the layer's real inputs."""
    network = load_network(NAME)
    images = load_images(NAME, part=CALIBRATION, images=REAL)
    activations = network.trace(images.pixels)
    for layer in sorted(network.layers, key=lambda one: -one.inputs):
        inputs = activations[layer.sources[0]]
        try:
            mapped = map_layer(layer, design.spec, codes=network.codes[layer.sources[0]])
        except UserError:
            continue
        tile = mapped.tiles[0]
        y_in = np.tile(mapped.constants[tile.outputs], (len(inputs), 1))
        x, weights = mapped.drive(inputs[np.newaxis])[:, tile.inputs], tile.weights
        unused = design.spec.rows - len(weights)
        x, weights = np.pad(x, ((0, 0), (0, unused))), np.pad(weights, ((0, unused), (0, 0)))
        return layer.name, x, weights, y_in
    return None


def _pick(size: int, *place: object) -> NDArray[np.int64]:
    """Return numbers below `size` that depend on their place only."""
    return (hash64(*place) % np.uint64(size)).astype(np.int64)
