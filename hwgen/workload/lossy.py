"""Sums of a network under lossy tables, and nothing else: what a search for tables runs often."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.reading import LayerReader
from hwgen.workload.readout import Readout
from hwgen_models.matrix import Matrix

__all__ = ["LossyProduct"]


class LossyProduct:
    """The products of a network whose tables change from run to run; no conversion is counted.

    Parameters
    ----------
    layers : mapping of str to MappedLayer
        Every layer with a matrix product on its crossbars, which are ideal.
    """

    def __init__(self, layers: Mapping[str, MappedLayer]) -> None:
        self._layers = {
            name: LayerReader(mapped, Readout.perfect(mapped.spec), statistics=False)
            for name, mapped in layers.items()
        }

    def load(self, readouts: Mapping[str, Readout]) -> None:
        """Take the tables of every layer."""
        for name, readout in readouts.items():
            self._layers[name].load(readout)

    def __call__(self, layer: Matrix, vectors: NDArray) -> NDArray[np.int64]:
        """Multiply vectors (groups, vectors, inputs) as `Network.run` wants it."""
        return self._layers[layer.name].product(vectors)
