"""Sums of a layer under lossy tables, and nothing else: what a search for tables runs often.

The same sums as `hwgen.workload.reading` gives bit by bit, in less time: the integer product, and
on top of it what the misread counts of lossy tables add. No conversion is counted, and slices and
planes whose tables tell all counts are not read at all. Arrays are ideal.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer
from hwgen.workload import kernels
from hwgen.workload.reading import THREADS, Array
from hwgen.workload.readout import Readout
from hwgen_models.matrix import Matrix, exact_product

__all__ = ["LossyProduct"]

CHUNK = 2**11  # vectors that one thread works on at a time


class LossyProduct:
    """The products of a network whose tables change from run to run.

    Parameters
    ----------
    layers : mapping of str to MappedLayer
        Every layer with a matrix product on its crossbars.
    """

    def __init__(self, layers: Mapping[str, MappedLayer]) -> None:
        self._layers = {name: ErringLayer(mapped) for name, mapped in layers.items()}

    def load(self, readouts: Mapping[str, Readout]) -> None:
        """Take the tables of every layer."""
        for name, readout in readouts.items():
            self._layers[name].load(readout)

    def __call__(self, layer: Matrix, vectors: NDArray) -> NDArray[np.int64]:
        """Multiply vectors (groups, vectors, inputs) as `Network.run` wants it."""
        return self._layers[layer.name].product(vectors)


class ErringLayer:
    """The crossbars of one layer."""

    def __init__(self, mapped: MappedLayer) -> None:
        self.mapped = mapped
        self.arrays = [Array.of(mapped, tile) for tile in mapped.tiles]
        self.load(Readout.perfect(mapped.spec))

    def load(self, readout: Readout) -> None:
        """Take other tables.

        Raises
        ------
        ValueError
            When one does not read 0 as 0: planes without active rows are never read.
        """
        errors = readout.errors()
        if errors[..., 0].any():
            raise ValueError(f"layer {self.mapped.name}: tables must read 0 as 0")
        self._errors, self._erring = errors, errors.any(axis=-1)

    def product(self, vectors: NDArray) -> NDArray[np.int64]:
        """Multiply vectors: (groups, vectors, inputs) -> (groups, vectors, outputs of a group)."""
        layer = self.mapped.layer
        exact = exact_product(layer, vectors).astype(np.int64)
        if not self._erring.any():
            return exact
        drive = self.mapped.drive(vectors)
        parts = [drive[start : start + CHUNK] for start in range(0, len(drive), CHUNK)]
        with ThreadPoolExecutor(THREADS) as pool:
            added = np.concatenate(list(pool.map(self._added, parts)), axis=1)
        return exact + added.reshape(layer.groups, -1, len(drive)).transpose(0, 2, 1)

    def _added(self, drive: NDArray[np.int16]) -> NDArray[np.int64]:
        """What misread counts add to the sums: (outputs, vectors)."""
        spec, vectors = self.mapped.spec, len(drive)
        sums = np.zeros((self.mapped.layer.outputs, vectors), dtype=np.int64)
        active = np.empty((spec.planes, vectors), dtype=np.int32)
        for array in self.arrays:
            codes = np.ascontiguousarray(drive[:, array.tile.inputs])
            words = array.cells.shape[2]
            planes = np.empty((spec.planes, spec.dac_bits, words, vectors), dtype=np.uint64)
            kernels.pack_planes(codes, spec.dac_bits, planes, active)
            added = sums[array.tile.outputs]
            kernels.add_errors(
                planes, array.cells, array.columns, self._errors, self._erring, added
            )
        return sums
