"""The behavioural array: weights to cells, cells and drive to counts, and the comparator.

Ideal counts are exact integers. Every non-ideality is a fixed function of the seed and of where it
acts (`hwgen_models.noise`), and lies on a grid of 2^-20 counts on which sums are exact, so a bench
that evaluates one column at a time sees the very same numbers as a model that evaluates all.

``docs/device.md`` collects all equations, their units and sources.
"""

from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.columns import ColumnMap
from hwgen_models.noise import FARTHEST, GRID, Draw, normal, on_grid, uniform
from hwgen_models.search import SearchTree, Walk

__all__ = ["Comparator", "Crossbar", "Level", "Nonidealities", "cells_of", "magnitude_slices"]

CHUNK = 2**16  # held values worked on at once along the bit lines, so that they stay in the caches


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


class Level(NamedTuple):
    """What became of the cells that were programmed to one digit, in counts.

    Parameters
    ----------
    shift : float
        How far their mean conductance is from the digit's.
    sigma : float
        Standard deviation of their conductances.
    """

    shift: float
    sigma: float


@dataclass(frozen=True, kw_only=True)
class Nonidealities:
    """How far the analog array is from its ideal. All zero, the default, is the ideal array.

    Parameters
    ----------
    spread : float
        Standard deviation of the natural logarithm of a cell's conductance (device to device).
    levels : tuple of Level or None
        Measured shift and spread of each digit, smallest first, in place of `spread`.
    on_off_ratio : float or None
        Conductance of a cell that stores the largest digit over that of one that stores zero;
        None: cells that store zero do not conduct.
    stuck_on, stuck_off : float
        Probability that a cell is stuck at the largest digit, or at zero.
    read_noise : float
        Standard deviation of the noise of one held value, in counts.
    wire_resistance : float
        Resistance of the bit line between two neighbouring rows, and from the row nearest to the
        sense end to that end, over the resistance of a cell that stores the largest digit.
    """

    spread: float = 0.0
    levels: tuple[Level, ...] | None = None
    on_off_ratio: float | None = None
    stuck_on: float = 0.0
    stuck_off: float = 0.0
    read_noise: float = 0.0
    wire_resistance: float = 0.0

    def __post_init__(self) -> None:
        for name in ("spread", "read_noise", "wire_resistance"):
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
        for level in self.levels or ():
            if not (isfinite(level.shift) and 0 <= level.sigma < float("inf")):
                raise ValueError(f"levels must be finite with a sigma of zero or more, not {level}")
        if self.levels is not None and self.spread:
            raise ValueError(f"spread must be 0 beside levels, not {self.spread!r}")


class Crossbar:
    r"""An array of cells that turns one driven plane into one held value per column.

    .. math:: c_j = \sum_i x_i\, g_{ij} + \sigma_r\, n, \qquad
              g_{ij} = \left(d_{ij} + \frac{d_{max}}{\rho - 1}\right) e^{\sigma z_{ij}}

    in counts: x the driven digits, d the stored digits after stuck cells took theirs, rho the
    on/off ratio, z and n standard normal draws. Without a ratio the second summand vanishes; a
    stored zero then draws nothing. The log-normal factor has median 1, so its mean is
    exp(sigma^2 / 2).

    With measured levels, shift and deviation belong to the digit, and no cell conducts backwards:

    .. math:: g_{ij} = \max\left(0,\; d_{ij} + \frac{d_{max}}{\rho - 1}
                                + \Delta_{d_{ij}} + \sigma_{d_{ij}} z_{ij}\right)

    The unit of a count is the difference between two neighbouring digits, so finite on/off ratio
    appears as what it is for the readout: each driven row adds the same leakage to every column.

    **Resistance of the bit line.** Row 0 is nearest to the sense end, which the readout keeps at
    ground. Word lines have no resistance, and an access transistor cuts off the cells of rows that
    are not driven. Segment i of the wire carries the current of rows i and beyond, and the voltage
    that it takes is missing across their cells:

    .. math:: c = S_0, \quad S_i = \sum_{m \ge i,\, x_m > 0} g_m (x_m - v_m), \quad
              v_i = v_{i-1} + r' S_i, \quad v_{-1} = 0

    In the unit of currents, one count, g is in counts per driven unit, voltages are in driven
    units, and a cell at the largest digit conducts :math:`g_{on} = d_{max} \rho / (\rho - 1)`; so a
    segment of r times that cell's resistance has :math:`r' = r / g_{on}`. To first order in r'

    .. math:: c \approx S_0 - r' \sum_i S_i A_i, \quad A_i = \sum_{m \ge i,\, x_m > 0} g_m

    with the currents S of the ideal line (and A = S for one-bit drivers). That is good while
    :math:`r' A_0 R \ll 1`; the model solves the line exactly instead, which costs no more. Whatever
    lies beyond a segment is a current source J beside a conductance Y, and from the far end inwards

    .. math:: \text{a driven cell: } J \mathrel{+}= g x,\; Y \mathrel{+}= g; \qquad
              n \text{ segments: } (J, Y) \mathrel{/}= 1 + n r' Y

    leaves c = J. Additions, products and quotients of one read in one order, each rounded as IEEE
    754 asks, give the same bits everywhere. Reconstruction: Kirchhoff's laws and Norton's theorem.

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
        if nonidealities.levels is not None and len(nonidealities.levels) != largest + 1:
            raise ValueError(f"levels must be {largest + 1}, not {len(nonidealities.levels)}")
        self.ideal = nonidealities == Nonidealities()
        self.cell_bits = cell_bits
        self.seed = seed
        self.cells = cells
        self.conductances = cells.astype(np.float64)
        if not self.ideal:
            self.cells = self._after_sticking()
            self.conductances = on_grid(self._programmed())

    @property
    def rows(self) -> int:
        """Word lines."""
        return len(self.cells)

    @property
    def columns(self) -> int:
        """Bit lines."""
        return int(self.cells.shape[1])

    @property
    def leakage(self) -> float:
        """Conductance of a cell that stores zero, before any spread, in counts."""
        ratio = self.nonidealities.on_off_ratio
        return 0.0 if ratio is None else (2**self.cell_bits - 1) / (ratio - 1)

    def counts(
        self,
        drive: ArrayLike,
        *,
        vector: ArrayLike,
        plane: ArrayLike,
        row_group: ArrayLike = 0,
        repeat: ArrayLike = 0,
        columns: ArrayLike | None = None,
    ) -> NDArray[np.float64]:
        """Give the held value of every column, in counts.

        Parameters
        ----------
        drive : array_like of int, shape (..., rows driven)
            Digit on every word line; rows that are missing at the end are not driven.
        vector, plane, row_group, repeat : array_like of int, shape (...)
            Coordinates of the read, which choose its noise; vectors are numbered from the first
            one after reset.
        columns : array_like of int or None
            Columns that are wanted; None: all.

        Returns
        -------
        numpy.ndarray of float64, shape (..., columns)
            Integers when the array is ideal, multiples of 2^-20 otherwise.
        """
        drive = np.asarray(drive, dtype=np.float64)
        column = np.arange(self.columns) if columns is None else np.asarray(columns)
        conductances = self.conductances[: drive.shape[-1], column]
        if self.nonidealities.wire_resistance:
            held = self._through_wires(drive, conductances)
        else:
            held = drive @ conductances
        if self.nonidealities.read_noise:
            at = (np.asarray(axis)[..., None] for axis in (vector, plane, row_group))
            again = np.asarray(repeat)[..., None]
            noise = normal(self.seed, Draw.READ_NOISE, *at, column, 0, again)
            held = held + on_grid(self.nonidealities.read_noise * noise)
        return held

    def _after_sticking(self) -> NDArray[np.int64]:
        """Digits once the stuck cells have taken theirs."""
        fate = uniform(self.seed, Draw.STUCK, *np.ogrid[: self.rows, : self.columns])
        stuck_on = fate < self.nonidealities.stuck_on
        stuck_off = fate >= 1 - self.nonidealities.stuck_off
        return np.where(stuck_on, 2**self.cell_bits - 1, np.where(stuck_off, 0, self.cells))

    def _programmed(self) -> NDArray[np.float64]:
        """Conductances of the acting digits, spread included."""
        nominal = self.cells + self.leakage
        z = normal(self.seed, Draw.SPREAD, *np.ogrid[: self.rows, : self.columns])
        if self.nonidealities.levels is None:
            spread: NDArray[np.float64] = nominal * np.exp(self.nonidealities.spread * z)
            return spread
        shift, sigma = np.array(self.nonidealities.levels).T
        return np.maximum(nominal + shift[self.cells] + sigma[self.cells] * z, 0.0)

    def _through_wires(
        self, drive: NDArray[np.float64], conductances: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Solve every bit line of every read; shapes as of `counts`."""
        flat = drive.reshape(-1, drive.shape[-1])
        held = np.empty((len(flat), conductances.shape[1]))
        on = 2**self.cell_bits - 1 + self.leakage
        segment = self.nonidealities.wire_resistance / on
        # Reads with about as many driven rows go together: the work is that of the most.
        order = np.argsort(np.count_nonzero(flat, axis=-1), kind="stable")
        step = max(1, CHUNK // max(1, held.shape[1]))
        for start in range(0, len(flat), step):
            chosen = order[start : start + step]
            held[chosen] = _bit_lines(flat[chosen], conductances, segment)
        return on_grid(held.reshape(*drive.shape[:-1], -1))


def _bit_lines(
    drive: NDArray[np.float64], conductances: NDArray[np.float64], segment: float
) -> NDArray[np.float64]:
    """Walk along bit lines from the far end, driven row by driven row (see `Crossbar`).

    Parameters
    ----------
    drive : shape (reads, rows)
        Driven digits.
    conductances : shape (rows, columns)
        In counts per driven unit.
    segment : float
        Resistance between neighbouring rows, r'.

    Returns
    -------
    shape (reads, columns)
        Currents at the sense end, in counts.
    """
    reads, rows = drive.shape
    driven = np.count_nonzero(drive, axis=-1)
    most = int(driven.max(initial=0))
    # The k-th driven row from the far end, and how many segments lead on to the next, or out. Reads
    # without a k-th one get row -1, which is appended below and holds nothing, and no segment.
    far_end_first = rows - 1 - np.argsort(drive[:, ::-1] == 0, axis=-1, kind="stable")[:, :most]
    row = np.where(np.arange(most) < driven[:, None], far_end_first, -1)
    segments = -np.diff(row, axis=-1, append=-1)
    digit = np.append(drive, np.zeros((reads, 1)), axis=-1)[np.arange(reads)[:, None], row]
    # Everything times r': a conductance then tells how much of a voltage one segment takes.
    cells = np.append(conductances * segment, np.zeros((1, conductances.shape[1])), axis=0)

    binary = drive.max(initial=0) <= 1  # then every source has the same voltage, and J = Y
    load = np.zeros((reads, conductances.shape[1]))
    current = load if binary else np.zeros_like(load)
    divisor = np.empty_like(load)
    for k in range(most):
        cell = cells[row[:, k]]
        load += cell
        if not binary:
            current += digit[:, k, None] * cell
        np.multiply(load, segments[:, k, None], out=divisor)
        divisor += 1
        load /= divisor
        if not binary:
            current /= divisor
    return current / segment


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

    def walk(
        self,
        tree: SearchTree,
        held: NDArray[np.float64],
        *,
        vector: ArrayLike,
        plane: ArrayLike,
        column: ArrayLike,
    ) -> Walk:
        """Convert held values: what ``tree.walk`` yields with the errors of `error`, but faster.

        An error has a largest size, so noise is drawn only for those decisions that it can turn.

        Parameters
        ----------
        tree : SearchTree
            The search.
        held : numpy.ndarray of float64, shape (...)
            In counts.
        vector, plane, column : array_like of int
            Coordinates, broadcast to `held`. Columns are physical.
        """
        if self.offset:
            lane = np.asarray(column) // self.columns_per_lane
            held = held + self.offsets(np.arange(lane.max(initial=0) + 1)).take(lane)
        if not self.noise:
            return tree.walk(held)
        vector, plane, column = (
            np.broadcast_to(axis, held.shape).ravel() for axis in (vector, plane, column)
        )
        reach = self.noise * FARTHEST + GRID
        child = np.stack([tree.low, tree.high], axis=-1).ravel()
        leaf = np.zeros(held.size, dtype=np.int64)
        # Those that are still searching: number, held value, node.
        conversion, value = np.arange(held.size), held.ravel()
        node = np.zeros(held.size, dtype=np.int64)
        for decision in range(tree.depth):
            margin = value - (tree.threshold.take(node) - 0.5)
            near = np.flatnonzero(np.abs(margin) <= reach)
            asked = conversion.take(near)
            where = (vector.take(asked), plane.take(asked), 0, column.take(asked), decision, 0)
            noise = normal(self.seed, Draw.COMPARATOR_NOISE, *where)
            margin[near] += on_grid(self.noise * noise)
            node = child.take(2 * node + (margin >= 0))
            done = node < 0
            if done.any():
                leaf[conversion[done]] = ~node[done]
                conversion, value, node = conversion[~done], value[~done], node[~done]
        return Walk(tree, leaf.reshape(held.shape))

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
