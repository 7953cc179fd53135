"""A layer with a matrix product on crossbar tiles: rows by rows, outputs by outputs.

A layer multiplies vectors: a dense layer one per image, a convolution one per place of its
window (im2col), each group of channels its own. Inputs of a group are cut into row tiles of R,
outputs into column tiles of as many outputs as an array holds. Row tiles of one column tile chain:
the first takes the layer's constants on ``y_in``, every later one the ``y`` of the tile before it,
so the last gives the layer's exact sums. Rows that nothing is left for store zeros and are driven
with zeros.

Groups that are small enough share a crossbar as the blocks of a diagonal: a depthwise 3 x 3
convolution takes nine rows and one output per channel, so an array of 128 x 128 holds nine channels
instead of one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import UserError
from hwgen_models.codes import Codes
from hwgen_models.matrix import Matrix
from hwgen_models.row_drive import input_range
from hwgen_models.spec import TileSpec

__all__ = ["MappedLayer", "MappedTile", "map_layer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class MappedTile:
    """What one crossbar of a layer stores."""

    row: int  # place in the chain of partial sums
    column: int  # number of the chain
    inputs: slice  # of the layer's inputs, all groups in a row, on word lines 0, 1, ...
    outputs: slice  # of the layer, as outputs 0, 1, ... of the tile
    weights: NDArray[np.int64]  # (rows used, outputs used)


@dataclass(frozen=True, kw_only=True, eq=False)
class MappedLayer:
    """A layer cut to one array's size."""

    layer: Matrix
    spec: TileSpec
    shift: int  # added to activations so that word lines can take them
    constants: NDArray[np.int64]  # one per output of the layer, for ``y_in`` of the first row tile
    tiles: tuple[MappedTile, ...]  # chain by chain: all row tiles of chain 0, then of chain 1, ...

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.layer.name

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

    def drive(self, vectors: ArrayLike) -> NDArray[np.int16]:
        """Inputs of word lines: (groups, vectors, inputs) -> (vectors, groups * inputs)."""
        by_vector = np.asarray(vectors, dtype=np.int16).transpose(1, 0, 2)
        return by_vector.reshape(len(by_vector), -1) + np.int16(self.shift)

    def product(self, sums: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take the constants off again: (vectors, outputs) -> (groups, vectors, group's outputs).

        What `Matrix.finish` wants: the product of the raw codes, without bias.
        """
        raw = (sums - self.layer.bias).reshape(len(sums), self.layer.groups, -1)
        return raw.transpose(1, 0, 2)


def map_layer(
    layer: Matrix, spec: TileSpec, *, codes: Codes, where: str = "network"
) -> MappedLayer:
    """Cut `layer` into tiles of `spec`.

    Parameters
    ----------
    layer : Matrix
        Weights and bias. Codes that word lines cannot take as they are get a constant added (int8
        on unsigned inputs: 128); with the bias, what that adds to the sums makes the constants.
    spec : TileSpec
        The array and its periphery.
    codes : Codes
        Of the activations in front of the layer.
    where : str
        File or option that errors name first.

    Raises
    ------
    UserError
        When a weight, a constant, an activation or the length of the chain does not fit.
    """
    where = f"{where}: layer {layer.name}"
    weights = layer.matrices.astype(np.int64)
    _check_weights(weights, spec, where)
    shift = _shift(codes, spec, where)
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
    constants = layer.bias - shift * weights.sum(axis=1).reshape(-1)
    _check_constants(constants, row_tiles, spec, where)
    tiles: list[MappedTile] = []
    for groups, outputs in _chains(weights.shape, spec):
        tiles += _chain(weights, groups, outputs, len(tiles) // row_tiles, spec)
    return MappedLayer(layer=layer, spec=spec, shift=shift, constants=constants, tiles=tuple(tiles))


def _chains(shape: tuple[int, int, int], spec: TileSpec) -> list[tuple[range, slice]]:
    """Groups of every chain, and the outputs of each of them that it computes."""
    groups, inputs, outputs = shape
    together = max(1, min(spec.rows // inputs, spec.outputs // outputs))
    return [
        (range(first, min(first + together, groups)), slice(start, start + spec.outputs))
        for first in range(0, groups, together)
        for start in range(0, outputs, spec.outputs)
    ]


def _chain(
    weights: NDArray[np.int64], groups: range, outputs: slice, column: int, spec: TileSpec
) -> list[MappedTile]:
    """Tiles of one chain: blocks of several groups, or rows of a single one."""
    _, inputs, every = weights.shape
    blocks = [weights[group][:, outputs] for group in groups]
    stored = np.zeros((inputs * len(groups), blocks[0].shape[1] * len(groups)), dtype=np.int64)
    for number, block in enumerate(blocks):
        rows, columns = block.shape
        stored[number * rows : (number + 1) * rows, number * columns : (number + 1) * columns] = (
            block
        )
    first_input, first_output = groups[0] * inputs, groups[0] * every + outputs.start
    return [
        MappedTile(
            row=row,
            column=column,
            inputs=slice(first_input + start, first_input + min(start + spec.rows, len(stored))),
            outputs=slice(first_output, first_output + stored.shape[1]),
            weights=stored[start : start + spec.rows],
        )
        for row, start in enumerate(range(0, len(stored), spec.rows))
    ]


def _check_weights(weights: NDArray[np.int64], spec: TileSpec, where: str) -> None:
    limit = 2 ** (spec.slices * spec.cell_bits) - 1
    outside = np.argwhere(np.abs(weights) > limit)
    if len(outside):
        group, row, output = outside[0].tolist()
        raise UserError(
            f"{where}: weights must be between {-limit} and {limit} ({spec.slices} slices), "
            f"not {weights[group, row, output]} (input {row}, "
            f"output {group * weights.shape[2] + output})"
        )


def _shift(codes: Codes, spec: TileSpec, where: str) -> int:
    """What brings the activations' codes into the range of the word lines."""
    drivable = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    low, high = (0, 255) if codes.low >= 0 else (-128, 127)  # of an 8-bit type
    shift = 0 if low in drivable and high in drivable else drivable.start - low
    if high + shift not in drivable:
        raise UserError(
            f"{where}: activations {low} to {high} must be within the design's inputs, "
            f"not {drivable.start} to {drivable.stop - 1}"
        )
    return shift


def _check_constants(
    constants: NDArray[np.int64], row_tiles: int, spec: TileSpec, where: str
) -> None:
    """Refuse constants that could push partial sums out of the range of ``y``."""
    room = spec.row_tiles + 1 - row_tiles  # in tiles
    low, high = room * spec.tile_range[0], room * spec.tile_range[-1]
    outside = constants[(constants < low) | (constants > high)]
    if len(outside):
        raise UserError(f"{where}: constants must be between {low} and {high}, not {outside[0]}")
