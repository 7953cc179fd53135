"""What a board's self-test does: a layer of the embedded network, cut to the pages of an array.

The layer's row and column tiles take turns on one tile, each with contents of its own in the array.
As in a chain of tiles, the sums of one row tile are what the next takes on ``y_in``; so the last
page of a chain gives the layer's exact sums, constants included.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design, Table
from hwgen.emit.tables import table_writes
from hwgen.emit.vectors import made_up
from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.workload.digits import NAME
from hwgen.workload.inputs import load_images, load_network
from hwgen.workload.parts import TEST
from hwgen_models.input_buffer import beats_of
from hwgen_models.output_buffer import y_words
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Result, Tile, by_slice, crossbar_of

__all__ = ["Exercise", "exercise_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """What is stored, sent and expected, page after page; words as they are on the wires."""

    spec: TileSpec
    layer: str | None  # of the embedded network; None: made up
    inputs: int  # of the layer, or of the part of it that is computed
    outputs: int
    vectors: int  # of every page
    outputs_used: int  # of every page
    pages: tuple[NDArray[np.int64], ...]  # cells, (rows, columns)
    x: tuple[int, ...]  # of one chain; every chain gets the same
    y_in: tuple[int, ...]  # of all pages; empty for a tile without that port
    y: tuple[int, ...]  # of all pages
    writes: tuple[tuple[int, int], ...]  # registers to write first: address and data
    decisions: int  # strobes of all comparators

    @property
    def passes(self) -> int:
        """Vectors that pass the tile, page after page."""
        return len(self.pages) * self.vectors

    @property
    def most_decisions(self) -> int:
        """Decisions that no table can exceed."""
        spec = self.spec
        return self.passes * spec.planes * spec.column_map.used * spec.most_decisions


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chain:
    """Row tiles of some outputs: their weights and inputs, and what the first adds."""

    weights: tuple[NDArray[np.int64], ...]  # (rows used, outputs used), row tile by row tile
    x: tuple[NDArray[np.int64], ...]  # (vectors, rows used)
    constants: NDArray[np.int64]  # (vectors, outputs used)


def exercise_of(design: Design, *, vectors: int, columns: int) -> Exercise:
    """Choose the layer that most fits of, and compute what must come of it.

    That is the smallest layer that the design can take, its first outputs as far as the memory of
    the array goes; numbers that are a hash of their place when it can take none.

    Parameters
    ----------
    design : Design
        The tile.
    vectors : int
        Images of the network's test part to take.
    columns : int
        Columns that the memory of a lane holds, all pages together; one chain fits in any case.
    """
    spec = design.spec
    layer, chains = _chains(design, vectors)
    tables = design.loaded(layer)
    row_tiles, used = len(chains[0].weights), chains[0].constants.shape[1]
    places = 1 << (spec.columns_per_lane - 1).bit_length()
    chains = chains[: max(1, columns // (places * row_tiles))]
    results = [_results(spec, chain, tables) for chain in chains]
    y = [result.y for chain in results for result in chain]
    y_in = [
        sums
        for chain, given in zip(results, chains, strict=True)
        for sums in (given.constants, *(result.y for result in chain[:-1]))
    ]
    writes = table_writes(design, tables, outputs=used)
    return Exercise(
        spec=spec,
        layer=layer,
        inputs=sum(len(weights) for weights in chains[0].weights),
        outputs=len(chains) * used,
        vectors=len(chains[0].constants),
        outputs_used=used,
        pages=tuple(crossbar_of(spec, one).cells for chain in chains for one in chain.weights),
        x=tuple(_beats(spec, chains[0])),
        y_in=tuple(_words(spec, y_in)) if spec.y_in else (),
        y=tuple(_words(spec, y)),
        writes=tuple((register.address, data) for register, data in writes),
        decisions=sum(result.total_decisions for chain in results for result in chain),
    )


def _results(spec: TileSpec, chain: _Chain, tables: Sequence[Table]) -> list[Result]:
    """Return what every row tile of a chain makes of the sums of the one before it."""
    results: list[Result] = []
    for weights, x in zip(chain.weights, chain.x, strict=True):
        sums = results[-1].y if results else chain.constants
        tile = Tile(spec, weights, tables=by_slice(spec, tables))
        results.append(tile.run(x, sums if spec.y_in else None))
    return results


def _chains(design: Design, vectors: int) -> tuple[str | None, list[_Chain]]:
    """Return what can be computed, and the name of the layer that it is of."""
    network = load_network(NAME)
    spec = design.spec
    if not spec.y_in:  # the first row tile alone can be computed, without constants
        spec = replace(spec, y_in=True, row_tiles=max(one.inputs for one in network.layers))
    activations = network.trace(load_images(NAME, part=TEST, images=vectors).pixels)
    for layer in sorted(network.layers, key=lambda one: one.inputs * one.outputs):
        source = layer.sources[0]
        try:
            mapped = map_layer(layer, spec, codes=network.codes[source])
        except UserError:
            continue
        return layer.name, list(_layer_chains(mapped, activations[source], design.spec))
    x, weights, y_in = made_up(design.spec)
    return None, [_Chain(weights=(weights,), x=(x,), constants=y_in)]


def _layer_chains(
    mapped: MappedLayer, activations: NDArray[np.int64], spec: TileSpec
) -> Iterator[_Chain]:
    """Yield the chains of a layer that use as many outputs of the array as the first one."""
    drive = mapped.drive(activations[np.newaxis]).astype(np.int64)
    for column in range(mapped.column_tiles):
        tiles = mapped.chain(column)[: mapped.row_tiles if spec.y_in else 1]
        if tiles[0].weights.shape != mapped.tiles[0].weights.shape:
            return
        constants = mapped.constants[tiles[0].outputs]
        yield _Chain(
            weights=tuple(tile.weights for tile in tiles),
            x=tuple(drive[:, tile.inputs] for tile in tiles),
            constants=np.tile(constants, (len(drive), 1)),
        )


def _words(spec: TileSpec, blocks: Iterable[NDArray[np.int64]]) -> Iterator[int]:
    for block in blocks:
        yield from y_words(block, y_bits=spec.y_bits)


def _beats(spec: TileSpec, chain: _Chain) -> Iterator[int]:
    for x in chain.x:
        for vector in beats_of(
            x, rows=spec.rows, x_elements=spec.x_elements, input_bits=spec.input_bits
        ):
            yield from vector
