r"""Which counts a layer's crossbars yield, and what each contributes to the outputs.

Every output of a layer is a sum over conversions, and a table only changes what a count is worth:

.. math:: y_{no} = b_o + \sum_c v(c)\, S_{c,no}, \qquad
          S_{c,no} = \sum_{t,s,p:\ count = c} \pm w_t\, 2^{s b}

over planes t, slices s of b bits, polarities p (the sign) and row tiles; image n, output o. Once
:math:`S` is known, the exact outputs under any table are one small product. `hwgen_models.tile`
computes the same conversion by conversion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.mapping.tiles import MappedLayer
from hwgen_models.active_rows import active_rows
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.row_drive import plane_weights, planes_of

__all__ = ["Counts", "count"]

CHUNK = 2**20  # conversions worked on at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Counts of all conversions of one layer on some images; planes without active rows left out.

    Parameters
    ----------
    histogram : numpy.ndarray of int64, shape (largest_count + 1,)
        Conversions that yielded each count.
    skipped : int
        Conversions that reads without active rows would have added.
    contributions : numpy.ndarray of float64, shape (largest observed count + 1, images, outputs)
        :math:`S`, exact integers.
    """

    histogram: NDArray[np.int64]
    skipped: int
    contributions: NDArray[np.float64]

    @property
    def conversions(self) -> int:
        """Conversions made."""
        return int(self.histogram.sum())

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Outputs without constants when count c reads as ``values[c]``: (images, outputs)."""
        weights = values[: len(self.contributions)].astype(np.float64)
        return np.tensordot(weights, self.contributions, axes=1).astype(np.int64)

    def errors(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Difference of `sums` to the exact product."""
        return self.sums(values - np.arange(len(values)))


def count(mapped: MappedLayer, x: NDArray) -> Counts:
    """Count on an ideal array.

    Parameters
    ----------
    mapped : MappedLayer
        The layer on its crossbars.
    x : array_like of int, shape (images, inputs)
        Activations in front of the layer.
    """
    spec = mapped.spec
    outputs = len(mapped.constants)
    vectors = mapped.drive(np.asarray(x)[np.newaxis])
    plane_weight = plane_weights(
        input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
    )
    slice_weight = 2 ** (spec.cell_bits * np.arange(spec.slices))
    column_weight = np.stack([slice_weight, -slice_weight], axis=1)  # slice, polarity

    histogram = np.zeros(spec.largest_count + 1, dtype=np.int64)
    contributions = np.zeros((spec.largest_count + 1, len(vectors), outputs))
    skipped = 0
    for row in range(mapped.row_tiles):
        chain_row = [tile for tile in mapped.tiles if tile.row == row]
        digits = magnitude_slices(
            np.concatenate([tile.weights for tile in chain_row], axis=1),
            slices=spec.slices,
            cell_bits=spec.cell_bits,
        )
        columns = digits[0].size
        cells = digits.reshape(len(digits), columns).astype(np.float32)  # output, slice, polarity
        step = max(1, CHUNK // (spec.planes * columns))
        for start in range(0, len(vectors), step):
            drive = planes_of(
                vectors[start : start + step, chain_row[0].inputs],
                input_bits=spec.input_bits,
                dac_bits=spec.dac_bits,
                signed=spec.signed_inputs,
            )
            image, plane = np.nonzero(active_rows(drive))
            skipped += columns * (drive.shape[0] * drive.shape[1] - len(image))
            if not len(image):
                continue
            # Sums of at most a few thousand are exact in single precision.
            counts = (drive[image, plane].astype(np.float32) @ cells).astype(np.int64)
            histogram += np.bincount(counts.ravel(), minlength=len(histogram))

            images = drive.shape[0]
            place = image[:, np.newaxis] * outputs + np.arange(outputs)
            key = counts.reshape(len(image), outputs, -1) * (images * outputs)
            key += place[..., np.newaxis]
            weight = plane_weight[plane][:, np.newaxis, np.newaxis] * column_weight.ravel()
            added = np.bincount(
                key.ravel(),
                weights=np.broadcast_to(weight, key.shape).ravel(),
                minlength=contributions.shape[0] * images * outputs,
            )
            contributions[:, start : start + images] += added.reshape(-1, images, outputs)
    observed = int(np.flatnonzero(histogram).max(initial=0))
    return Counts(histogram=histogram, skipped=skipped, contributions=contributions[: observed + 1])
