"""What a co-simulation stores in the array, drives, adds and loads; and how long that must take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.flow.folder import Delivered, Tables
from hwgen.workload.array.cycles import SteadyStream
from hwgen.workload.layer_vectors import layer_vectors
from hwgen_models.range_table import load_writes
from hwgen_models.schemes import table_array
from hwgen_models.spec import TileSpec
from hwgen_models.tile import Result, Tile, by_slice

__all__ = ["ORIGIN", "Golden", "LayerOf", "Stimulus", "steady_cycles"]

ORIGIN = ("network", "data", "layer", "crossbar", "images")  # what says where vectors are from


@dataclass(frozen=True, kw_only=True)
class LayerOf:
    """A layer of a network, as a user names it.

    Parameters
    ----------
    network, data, layer, vectors, crossbar, calibration, kernels
        As of `layer_vectors`.
    """

    network: str
    data: str
    layer: str
    vectors: int | None = None
    crossbar: int = 0
    calibration: str | None = None
    kernels: str = "reference"


@dataclass(frozen=True, kw_only=True, eq=False)
class Stimulus:
    """Vectors of one tile.

    Parameters
    ----------
    x : numpy.ndarray of int64, shape (vectors, rows used)
        Inputs.
    weights : numpy.ndarray of int64, shape (rows used, outputs used)
        What the array stores.
    y_in : numpy.ndarray of int64, shape (vectors, outputs used)
        Summands; not used by a design without that port.
    tables : tuple of tuple of Entry
        Search tables, as many as the tile holds; empty ones for a binary search.
    source : str
        File that they are from, for messages.
    origin : dict
        Where they are from, as the result of a command says it.
    """

    x: NDArray[np.int64]
    weights: NDArray[np.int64]
    y_in: NDArray[np.int64]
    tables: Tables
    source: str
    origin: dict[str, object]

    @classmethod
    def delivered(cls, folder: Delivered, vectors: int | None = None) -> "Stimulus":
        """Take the first of the vectors that a folder was delivered with; all by default.

        Raises
        ------
        UserError
            When they do not fit the design, or there are not as many.
        """
        path = folder.folder / "sim" / "vectors.npz"
        try:
            with path.open("rb") as file, np.load(file) as stored:
                arrays = {key: stored[key] for key in ("x", "weights", "y_in", "tables")}
            (count, rows), (stored_rows, outputs) = arrays["x"].shape, arrays["weights"].shape
            tables = tuple(tuple(map(tuple, table)) for table in arrays["tables"].tolist())
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(f"{path}: must hold the delivered vectors: {error}") from None
        spec = folder.spec
        fits = rows == stored_rows <= spec.rows and 1 <= outputs <= spec.outputs
        if not (count and fits and arrays["y_in"].shape == (count, outputs)):
            shown = ", ".join(f"{key} {arrays[key].shape}" for key in ("x", "weights", "y_in"))
            raise UserError(
                f"{path}: must fit {spec.rows} rows and {spec.outputs} outputs, not hold {shown}"
            )
        if vectors is not None and not 1 <= vectors <= count:
            raise UserError(f"--vectors: must be between 1 and {count}, not {vectors}")
        return cls(
            x=arrays["x"][:vectors].astype(np.int64),
            weights=arrays["weights"].astype(np.int64),
            y_in=arrays["y_in"][:vectors].astype(np.int64),
            tables=tables,
            source=str(path),
            origin=dict.fromkeys(ORIGIN),
        )

    @classmethod
    def of_layer(cls, folder: Delivered, wanted: LayerOf) -> "Stimulus":
        """Take vectors and tables of a network's layer.

        Raises
        ------
        UserError
            When the network, the images or the folder's tables do not fit.
        """
        tables = folder.tables(wanted.layer)
        found = layer_vectors(
            wanted.network,
            wanted.data,
            layer=wanted.layer,
            spec=folder.spec,
            vectors=wanted.vectors,
            crossbar=wanted.crossbar,
            calibration=wanted.calibration,
            kernels=wanted.kernels,
        )
        return cls(
            x=found.x,
            weights=found.weights,
            y_in=found.y_in,
            tables=tables,
            source=wanted.network,
            origin={
                "network": wanted.network,
                "data": wanted.data,
                "layer": wanted.layer,
                "crossbar": found.crossbar,
                "images": found.images,
            },
        )

    def __len__(self) -> int:
        return len(self.x)

    def part(self, chosen: slice) -> "Stimulus":
        """Take some of the vectors."""
        return replace(self, x=self.x[chosen], y_in=self.y_in[chosen])

    def writes(
        self, registers: Mapping[str, int], spec: TileSpec, outputs: int
    ) -> list[tuple[int, int]]:
        """Return what loads the tables, as addresses and words; `registers` are their addresses."""
        words = load_writes(spec, self.tables, outputs)
        return [(registers[name], word) for name, word in words]

    def write(self, path: Path, spec: TileSpec) -> None:
        """Write them as a folder's ``sim/vectors.npz`` holds them."""
        np.savez(
            path,
            x=self.x.astype(np.int32),
            weights=self.weights.astype(np.int32),
            y_in=self.y_in,
            tables=table_array(spec, self.tables).astype(np.int32),
        )

    def golden(self, spec: TileSpec, *, keep: str = "decisions") -> "Golden":
        """Let the golden model say what must come of them; `keep` as of `Tile.run`.

        Raises
        ------
        UserError
            When the design cannot take what a file holds.
        """
        try:
            tile = Tile(spec, self.weights, tables=by_slice(spec, self.tables))
            y_in = self.y_in if spec.y_in else None
            return Golden(tile, tile.run(self.x, y_in, keep=keep))
        except (ValueError, TypeError) as error:
            raise UserError(f"{self.source}: {error}") from None


class Golden(NamedTuple):
    """A tile and what it makes of vectors, by the golden model."""

    tile: Tile
    result: Result


def steady_cycles(spec: TileSpec, result: Result) -> int:
    """Predict an unstalled run as the mapper does: from the first beat of x to the last of y."""
    stream = SteadyStream(spec, result.y.shape[1])
    stream.take(
        np.ascontiguousarray(result.active_rows.T, dtype=np.int32),
        np.ascontiguousarray(result.lane_cycles.transpose(2, 1, 0), dtype=np.int32),
    )
    return stream.cycles
