"""The behavioural array: weights to cells, cells and drive to counts, and the comparator.

Ideal counts are exact integers. Every non-ideality is a fixed function of the seed and of where it
acts (`hwgen_models.noise`), and lies on a grid of 2^-20 counts on which sums are exact, so a bench
that evaluates one column at a time sees the very same numbers as a model that evaluates all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.columns import ColumnMap
from hwgen_models.noise import Draw, normal, on_grid, uniform

__all__ = ["Comparator", "Crossbar", "Nonidealities", "cells_of", "magnitude_slices"]


def magnitude_slices(weights: ArrayLike, *, slices: int, cell_bits: int) -> NDArray[np.int64]:
    r"""Split signed weights into digits of their magnitude, one set per polarity.

    .. math:: w = \sum_s 2^{s b} (d_{s,0} - d_{s,1}), \quad 0 \le d_{s,p} < 2^b

    with b = `cell_bits`. Positive weights fill polarity 0, negative ones polarity 1 (differential
    encoding).

    Parameters
    ----------
    weights : array_like of int, shape (rows, outputs)
        Signed weights.
    slices : int
        Digits that are stored.
    cell_bits : int
        Bits of a digit.

    Returns
    -------
    numpy.ndarray of int64, shape (rows, outputs, slices, 2)
        Digits, least significant slice first, positive polarity first.

    Raises
    ------
    ValueError
        When a magnitude needs more slices; the message names the first such weight.

    Examples
    --------
    >>> magnitude_slices([[5, -6]], slices=3, cell_bits=1)[0, :, :, 0].tolist()
    [[1, 0, 1], [0, 0, 0]]
    >>> magnitude_slices([[5, -6]], slices=3, cell_bits=1)[0, :, :, 1].tolist()
    [[0, 0, 0], [0, 1, 1]]
    """
    weights = _integers("Weights", weights)
    if weights.ndim != 2:
        raise ValueError(f"Weights must have two axes, rows and outputs, not {weights.ndim}")
    limit = 2 ** (slices * cell_bits)
    too_large = np.argwhere((weights >= limit) | (weights <= -limit))
    if len(too_large):
        row, output = (int(index) for index in too_large[0])
        weight = int(weights[row, output])
        needed = -(-abs(weight).bit_length() // cell_bits)
        raise ValueError(
            f"weight {weight} at row {row}, output {output} needs {needed} magnitude slices, "
            f"not {slices}"
        )
    magnitudes = np.stack([np.maximum(weights, 0), np.maximum(-weights, 0)], axis=-1)
    shifts = cell_bits * np.arange(slices)
    digits: NDArray[np.int64] = (magnitudes[:, :, None, :] >> shifts[:, None]) & (2**cell_bits - 1)
    return digits


def cells_of(
    weights: ArrayLike, *, rows: int, column_map: ColumnMap, cell_bits: int
) -> NDArray[np.int64]:
    """Place a weight matrix in an array: the digit that every cell stores.

    Parameters
    ----------
    weights : array_like of int, shape (rows used, outputs used)
        Signed weights; neither axis may exceed the array. Unused cells store zero.
    rows : int
        Word lines of the array.
    column_map : ColumnMap
        Which (output, slice, polarity) a physical column holds.
    cell_bits : int
        Bits of a cell.

    Returns
    -------
    numpy.ndarray of int64, shape (rows, columns)
        Digits, 0 .. 2^cell_bits - 1.

    Raises
    ------
    ValueError
        When the matrix is larger than the array or a magnitude does not fit its slices.
    """
    digits = magnitude_slices(weights, slices=column_map.slices, cell_bits=cell_bits)
    used_rows, used_outputs = digits.shape[:2]
    if used_rows > rows:
        raise ValueError(f"Weights must have at most {rows} rows, not {used_rows}")
    if used_outputs > column_map.outputs:
        raise ValueError(
            f"Weights must have at most {column_map.outputs} outputs, not {used_outputs}"
        )
    cells = np.zeros((rows, column_map.columns), dtype=np.int64)
    for physical in range(column_map.columns):
        held = column_map.of(physical)
        if held is not None and held[0] < used_outputs:
            output, slice_index, polarity = held
            cells[:used_rows, physical] = digits[:, output, slice_index, polarity]
    return cells


@dataclass(frozen=True, kw_only=True)
class Nonidealities:
    """How far the analog array is from its ideal. All zero, the default, is the ideal array.

    Parameters
    ----------
    spread : float
        Standard deviation of the natural logarithm of a cell's conductance (device to device).
    on_off_ratio : float or None
        Conductance of a cell that stores the largest digit over that of one that stores zero;
        None: cells that store zero do not conduct.
    stuck_on, stuck_off : float
        Probability that a cell is stuck at the largest digit, or at zero.
    read_noise : float
        Standard deviation of the noise of one held value, in counts.
    """

    spread: float = 0.0
    on_off_ratio: float | None = None
    stuck_on: float = 0.0
    stuck_off: float = 0.0
    read_noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("spread", "read_noise"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be zero or more, not {getattr(self, name)!r}")
        for name in ("stuck_on", "stuck_off"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a probability, not {getattr(self, name)!r}")
        if self.stuck_on + self.stuck_off > 1:
            raise ValueError(
                f"stuck_on + stuck_off must be at most 1, not {self.stuck_on + self.stuck_off!r}"
            )
        if self.on_off_ratio is not None and not self.on_off_ratio > 1:
            raise ValueError(f"on_off_ratio must be above 1, not {self.on_off_ratio!r}")


class Crossbar:
    r"""An array of cells that turns one driven plane into one held value per column.

    .. math:: c_j = \sum_i x_i\, g_{ij} + \sigma_r\, n, \qquad
              g_{ij} = \left(d_{ij} + \frac{d_{max}}{\rho - 1}\right) e^{\sigma z_{ij}}

    in counts: x the driven digits, d the stored digits after stuck cells took theirs, rho the
    on/off ratio, z and n standard normal draws. Without a ratio the second summand vanishes; a
    stored zero then draws nothing. The log-normal factor has median 1, so its mean is
    exp(sigma^2 / 2).

    The unit of a count is the difference between two neighbouring digits, so finite on/off ratio
    appears as what it is for the readout: each driven row adds the same leakage to every column.

    Parameters
    ----------
    cells : array_like of int, shape (rows, columns)
        Stored digits, 0 .. 2^cell_bits - 1 (`cells_of`).
    cell_bits : int
        Bits of a cell.
    nonidealities : Nonidealities
        Departures from the ideal array.
    seed : int
        Of everything random; arrays of one network need different seeds.

    Attributes
    ----------
    ideal : bool
        Counts are exact integers.
    cells : numpy.ndarray of int64, shape (rows, columns)
        Digits that act, stuck cells included.
    conductances : numpy.ndarray of float64, shape (rows, columns)
        In counts per driven unit; multiples of 2^-20.
    """

    def __init__(
        self,
        cells: ArrayLike,
        *,
        cell_bits: int,
        nonidealities: Nonidealities | None = None,
        seed: int = 0,
    ) -> None:
        cells = _integers("Cells", cells)
        largest = 2**cell_bits - 1
        if cells.ndim != 2:
            raise ValueError(f"Cells must have two axes, rows and columns, not {cells.ndim}")
        if cells.size and not 0 <= cells.min() <= cells.max() <= largest:
            raise ValueError(
                f"Cells must be between 0 and {largest}, not {cells.min()} to {cells.max()}"
            )
        self.nonidealities = nonidealities = nonidealities or Nonidealities()
        self.ideal = nonidealities == Nonidealities()
        self.cell_bits = cell_bits
        self.seed = seed
        self.cells = cells
        self.conductances = cells.astype(np.float64)
        if not self.ideal:
            row, column = np.ogrid[: cells.shape[0], : cells.shape[1]]
            fate = uniform(seed, Draw.STUCK, row, column)
            stuck_on = fate < nonidealities.stuck_on
            stuck_off = fate >= 1 - nonidealities.stuck_off
            self.cells = np.where(stuck_on, largest, np.where(stuck_off, 0, cells))
            ratio = nonidealities.on_off_ratio
            leakage = 0.0 if ratio is None else largest / (ratio - 1)
            factor = np.exp(nonidealities.spread * normal(seed, Draw.SPREAD, row, column))
            self.conductances = on_grid((self.cells + leakage) * factor)

    @property
    def rows(self) -> int:
        """Word lines."""
        return len(self.cells)

    @property
    def columns(self) -> int:
        """Bit lines."""
        return int(self.cells.shape[1])

    def counts(
        self,
        drive: ArrayLike,
        *,
        vector: ArrayLike,
        plane: ArrayLike,
        row_group: ArrayLike = 0,
        repeat: ArrayLike = 0,
    ) -> NDArray[np.float64]:
        """Give the held value of every column, in counts.

        Parameters
        ----------
        drive : array_like of int, shape (..., rows)
            Digit on every word line.
        vector, plane, row_group, repeat : array_like of int, shape (...)
            Coordinates of the read, which choose its noise; vectors are numbered from the first
            one after reset.

        Returns
        -------
        numpy.ndarray of float64, shape (..., columns)
            Integers when the array is ideal, multiples of 2^-20 otherwise.
        """
        drive = np.asarray(drive, dtype=np.float64)
        held = drive @ self.conductances
        if self.nonidealities.read_noise:
            at = (np.asarray(axis)[..., None] for axis in (vector, plane, row_group))
            column = np.arange(self.columns)
            again = np.asarray(repeat)[..., None]
            noise = normal(self.seed, Draw.READ_NOISE, *at, column, 0, again)
            held = held + on_grid(self.nonidealities.read_noise * noise)
        return held


class Comparator:
    r"""The comparators of all lanes: who asks, and when, decides how wrong the answer is.

    .. math:: \mathrm{compare} = (c + e \ge k - 1/2), \qquad
              e = \sigma_o\, z_{lane} + \sigma_n\, n

    c the held value, k the threshold code, e the error in counts: a static offset per lane and
    fresh noise per decision.

    Parameters
    ----------
    columns_per_lane : int
        Columns that one comparator serves; column p belongs to lane p // columns_per_lane.
    offset : float
        Standard deviation of the offsets, in counts.
    noise : float
        Standard deviation of the noise of one decision, in counts.
    seed : int
        Of offsets and noise.

    Attributes
    ----------
    ideal : bool
        The error is always zero.
    """

    def __init__(
        self, *, columns_per_lane: int, offset: float = 0.0, noise: float = 0.0, seed: int = 0
    ) -> None:
        for name, value in (("Comparator offset", offset), ("Comparator noise", noise)):
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} must be zero or more, not {value!r}")
        self.columns_per_lane = columns_per_lane
        self.offset = offset
        self.noise = noise
        self.seed = seed
        self.ideal = offset == 0 and noise == 0

    def offsets(self, lane: ArrayLike) -> NDArray[np.float64]:
        """Give the static offset of a lane's comparator, in counts."""
        return on_grid(self.offset * normal(self.seed, Draw.COMPARATOR_OFFSET, lane))

    def error(
        self,
        vector: ArrayLike,
        plane: ArrayLike,
        column: ArrayLike,
        decision: ArrayLike,
        *,
        row_group: ArrayLike = 0,
        repeat: ArrayLike = 0,
    ) -> NDArray[np.float64]:
        """Give the error of one decision, in counts: multiples of 2^-20.

        Parameters
        ----------
        vector, plane, column, decision, row_group, repeat : array_like of int
            Coordinates, broadcast against each other. Columns are physical; decisions of a
            conversion are numbered from 0.
        """
        error = self.offsets(np.asarray(column) // self.columns_per_lane)
        if self.noise:
            at = (vector, plane, row_group, column, decision, repeat)
            noise = normal(self.seed, Draw.COMPARATOR_NOISE, *at)
            return error + on_grid(self.noise * noise)
        shape = np.broadcast_shapes(*(np.shape(axis) for axis in (vector, plane, column, decision)))
        return np.broadcast_to(error, shape)


def _integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Take integers of any kind as int64; refuse what is not an integer."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    return array.astype(np.int64)
