"""A dense layer on crossbar tiles: rows by rows, outputs by outputs.

Inputs are cut into row tiles of R (the last may be partly filled: its padding rows store zeros and
are driven with zeros), outputs into column tiles of as many outputs as an array holds. Row tiles of
one column tile chain: the first takes the layer's constants on ``y_in``, every later one the ``y``
of the tile before it, so the last gives the layer's exact sums.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import UserError
from hwgen_models.matrix import Dense
from hwgen_models.row_drive import input_range
from hwgen_models.spec import TileSpec

__all__ = ["MappedLayer", "MappedTile", "map_dense"]


@dataclass(frozen=True, kw_only=True, eq=False)
class MappedTile:
    """What one crossbar of a layer stores."""

    row: int  # place in the chain of partial sums
    column: int
    inputs: slice  # of the layer, on word lines 0, 1, ...
    outputs: slice  # of the layer, as outputs 0, 1, ... of the tile
    weights: NDArray[np.int64]  # (rows of the array, outputs used), zero below the inputs


@dataclass(frozen=True, kw_only=True, eq=False)
class MappedLayer:
    """A dense layer cut to one array's size."""

    name: str
    spec: TileSpec
    constants: NDArray[np.int64]  # one per output of the layer, for ``y_in`` of the first row tile
    tiles: tuple[MappedTile, ...]  # chain by chain: all row tiles of column tile 0, then of 1, ...

    @property
    def row_tiles(self) -> int:
        """Length of a chain."""
        return 1 + max(tile.row for tile in self.tiles)

    @property
    def column_tiles(self) -> int:
        """Number of chains."""
        return 1 + max(tile.column for tile in self.tiles)

    @property
    def crossbars(self) -> int:
        """Number of arrays that the layer occupies."""
        return len(self.tiles)

    def chain(self, column: int) -> tuple[MappedTile, ...]:
        """Tiles of one column tile, in the order in which partial sums pass."""
        return tuple(tile for tile in self.tiles if tile.column == column)

    def vectors(self, x: ArrayLike) -> NDArray[np.int64]:
        """Inputs of every row tile: (images, inputs) -> (images, row tiles, rows), padded."""
        x = np.asarray(x, dtype=np.int64)
        padding = self.row_tiles * self.spec.rows - x.shape[1]
        return np.pad(x, ((0, 0), (0, padding))).reshape(len(x), self.row_tiles, self.spec.rows)


def map_dense(layer: Dense, spec: TileSpec, *, where: str = "network") -> MappedLayer:
    """Cut `layer` into tiles of `spec`.

    Parameters
    ----------
    layer : Dense
        Weights and bias; the bias becomes the chain's constants.
    spec : TileSpec
        The array and its periphery.
    where : str
        File or option that errors name first.

    Raises
    ------
    UserError
        When a weight, a constant, an activation or the length of the chain does not fit.
    """
    where = f"{where}: layer {layer.name}"
    weights = layer.weights.astype(np.int64)
    limit = 2 ** (spec.slices * spec.cell_bits) - 1
    outside = np.argwhere(np.abs(weights) > limit)
    if len(outside):
        row, output = outside[0].tolist()
        raise UserError(
            f"{where}: weights must be between {-limit} and {limit} ({spec.slices} slices), "
            f"not {weights[row, output]} (input {row}, output {output})"
        )
    drivable = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    if 255 not in drivable:
        raise UserError(
            f"{where}: activations 0 to 255 must be within the design's inputs, "
            f"not {drivable.start} to {drivable.stop - 1}"
        )
    row_tiles = -(-layer.inputs // spec.rows)
    if row_tiles > 1 and not spec.y_in:
        raise UserError(
            f"{where}: inputs must be at most {spec.rows} rows without y_in, not {layer.inputs}"
        )
    if row_tiles > spec.row_tiles:
        raise UserError(
            f"{where}: inputs must be at most {spec.row_tiles * spec.rows} "
            f"({spec.row_tiles} row tiles of {spec.rows}), not {layer.inputs}"
        )
    constants = layer.bias.astype(np.int64)
    low, high = spec.tile_range[0], spec.tile_range[-1]
    if constants.min() < low or constants.max() > high:
        outside = constants[(constants < low) | (constants > high)][0]
        raise UserError(f"{where}: constants must be between {low} and {high}, not {outside}")

    tiles = []
    for column, first in enumerate(range(0, layer.outputs, spec.outputs)):
        outputs = slice(first, min(first + spec.outputs, layer.outputs))
        for row in range(row_tiles):
            inputs = slice(row * spec.rows, min((row + 1) * spec.rows, layer.inputs))
            stored = np.zeros((spec.rows, outputs.stop - first), dtype=np.int64)
            stored[: inputs.stop - inputs.start] = weights[inputs, outputs]
            tiles.append(
                MappedTile(row=row, column=column, inputs=inputs, outputs=outputs, weights=stored)
            )
    return MappedLayer(name=layer.name, spec=spec, constants=constants, tiles=tuple(tiles))
