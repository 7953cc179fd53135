"""Runs of a network under tables that are being considered: what they do to its results.

Errors pass on from layer to layer, as they do in ``hwgen run``; nothing is counted. Layers whose
tables are lossless take the integer product. Arrays are ideal.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout
from hwgen_models.matrix import Matrix, exact_product
from hwgen_models.network import Network

__all__ = ["Trials"]


class Trials:
    """A network and images to run it on.

    Parameters
    ----------
    network : Network
        The network.
    layers : mapping of str to MappedLayer
        Every layer with a matrix product on its crossbars.
    codes : numpy.ndarray, shape (images, ...)
        What the network takes.
    labels : numpy.ndarray of int64, shape (images,), or None
        Right answers.
    """

    def __init__(
        self,
        network: Network,
        layers: Mapping[str, MappedLayer],
        codes: NDArray,
        labels: NDArray[np.int64] | None,
    ) -> None:
        self.network, self.layers, self.codes, self.labels = network, layers, codes, labels
        self._exact = np.empty(0)  # codes of the last layer
        self._erring: set[str] = set()  # layers that are read; others take the integer product

    def points_lost(self, readouts: Mapping[str, Readout], *, most: float = np.inf) -> float:
        """Top-1 that tables cost, in percentage points; infinite as soon as that exceeds `most`.

        Parameters
        ----------
        readouts : mapping of str to Readout
            Of every layer.
        most : float
            How much is of interest.
        """
        self._load(readouts)
        lost = 0
        for start in range(0, len(self.codes), self.network.batch):
            part = slice(start, start + self.network.batch)
            right = self._answers(self.network.run(self.codes[part], self._product), part)
            lost += int(self._right[part].sum()) - int(right.sum())
            to_gain = int((~self._right[part.stop :]).sum())
            if 100 * (lost - to_gain) > most * len(self.codes):
                return np.inf
        return 100 * lost / len(self.codes)

    def disturbance(self, name: str, readout: Readout, images: int) -> float:
        """How far errors of one layer alone move the results of the last one with a product.

        Returns
        -------
        float
            Mean square of what its codes move by, as a multiple of their variance.
        """
        if len(self._exact) != images:
            self._load({})
            self._exact = self._last_codes(images)
        self._load({name: readout})
        moved = self._last_codes(images) - self._exact
        return float((moved**2).mean() / max(self._exact.var(), 1.0))

    def _load(self, readouts: Mapping[str, Readout]) -> None:
        """Take tables of some layers; all others become exact."""
        self._erring = {name for name, readout in readouts.items() if not readout.lossless}
        for name in self._erring:
            self._readers[name].load(readouts[name])

    @cached_property
    def _readers(self) -> dict[str, LayerReader]:
        return {
            name: LayerReader(mapped, Readout.perfect(mapped.spec), statistics=False)
            for name, mapped in self.layers.items()
        }

    @cached_property
    def _right(self) -> NDArray[np.bool_]:
        """Which images the integer network gets right."""
        return self._answers(self.network.run(self.codes), slice(None))

    def _last_codes(self, images: int) -> NDArray[np.float64]:
        """Codes of the last layer with a product."""
        last = self.network.matrices[-1].name
        found = []
        for start in range(0, images, self.network.batch):
            stop = min(start + self.network.batch, images)
            for layer, _, given in self.network.steps(self.codes[start:stop], self._product):
                if layer.name == last:
                    found.append(given.astype(np.float64))
        return np.concatenate(found)

    def _product(self, layer: Matrix, vectors: NDArray) -> NDArray[np.int64]:
        if layer.name in self._erring:
            return self._readers[layer.name].product(vectors)
        return exact_product(layer, vectors).astype(np.int64)

    def _answers(self, outputs: NDArray, part: slice) -> NDArray[np.bool_]:
        """Which images get their label."""
        return outputs.reshape(len(outputs), -1).argmax(axis=1) == self.labels[part]
