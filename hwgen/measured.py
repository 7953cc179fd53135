"""Spreads of cells that somebody measured: a few figures built in, and tables of a user's own.

A curve says how cells that were programmed to some conductance conduct some time later: how far
their mean has moved and how far they scatter, both in parts of the window between the lowest and
the highest level. A cell of b bits uses 2^b levels at equal steps across the window.

The built-in figures come from the data of akashlevy/RRAM-Relaxation-Master-Model at ca0cfff655a7
(MIT licence): 32 levels, 14,000 to 16,000 cells per technology and time but for two times with
fewer, each cell's conductance compared with its own right after programming. So they hold
relaxation only, not the error of programming, and nothing of the distribution but its first two
moments: the models draw from a normal one.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from hwgen.csv_file import Line, read_lines
from hwgen.errors import UserError
from hwgen.wording import shown

__all__ = ["BUILT_IN", "COLUMNS", "Curve", "Curves", "read"]

LARGEST_BYTES = 2**22
MOST_WINDOWS = 1000  # that the lowest level, a shift or a deviation may amount to

COLUMNS = ("dataset", "timept_s", "mean_gi_uS", "mean_g_minus_gi_uS", "sigma_g_minus_gi_uS")


class Curve(NamedTuple):
    """What time did to the cells of one technology.

    Parameters
    ----------
    ratio : float or None
        Conductance of the highest level over that of the lowest; None when that does not conduct.
    positions : tuple of float
        Programmed conductance of each level in the window, from 0 to 1, rising.
    shifts, sigmas : tuple of float
        Change of the mean and standard deviation of each level, in parts of the window.
    """

    ratio: float | None
    positions: tuple[float, ...]
    shifts: tuple[float, ...]
    sigmas: tuple[float, ...]

    def levels(self, cell_bits: int) -> list[tuple[float, float]]:
        """Shift and standard deviation of each digit, in counts (the step between two digits).

        Between measured levels both are interpolated linearly.

        >>> Curve(40.0, (0.0, 0.5, 1.0), (0.0, -0.1, 0.0), (0.0, 0.2, 0.1)).levels(1)
        [(0.0, 0.0), (0.0, 0.1)]
        """
        top = 2**cell_bits - 1
        places = [digit / top for digit in range(top + 1)]
        shifts, sigmas = (
            [top * _between(place, self.positions, curve) for place in places]
            for curve in (self.shifts, self.sigmas)
        )
        return list(zip(shifts, sigmas, strict=True))


Curves = Mapping[str, Mapping[float, Curve]]  # by technology and seconds after programming


def _thirds(ratio: float, shifts: tuple[float, ...], sigmas: tuple[float, ...]) -> Curve:
    """Take figures at the four levels of a two-bit cell, in percent of the window."""
    parts = (tuple(percent / 100 for percent in percents) for percents in (shifts, sigmas))
    return Curve(ratio, (0.0, 1 / 3, 2 / 3, 1.0), *parts)


# Percent of the window (122.6 uS in techB, 38.6 uS in techC), interpolated between neighbouring
# measured levels. techB at 100 s stands on 9,300 cells, techC at 4 s on 7,700.
BUILT_IN: Curves = {
    "techB": {
        0.01: _thirds(41.19, (0.035, -0.384, -0.010, 0.009), (0.278, 3.007, 0.556, 0.422)),
        0.1: _thirds(41.14, (0.169, -0.943, -0.047, 0.019), (1.905, 4.602, 0.858, 0.451)),
        1.0: _thirds(41.14, (0.087, -1.552, -0.074, 0.046), (0.465, 6.436, 1.135, 0.557)),
        100.0: _thirds(41.47, (0.050, -1.777, -0.065, -0.001), (0.523, 6.679, 1.275, 0.609)),
        1000.0: _thirds(41.17, (0.126, -2.855, -0.162, 0.029), (0.704, 7.715, 1.497, 0.685)),
        10000.0: _thirds(41.33, (0.314, -3.410, -0.215, 0.034), (0.797, 8.964, 1.945, 0.832)),
    },
    "techC": {
        0.01: _thirds(47.91, (0.075, -0.109, -0.171, -0.482), (0.634, 2.797, 2.584, 1.835)),
        0.1: _thirds(53.18, (0.398, -0.322, -0.673, -0.926), (1.737, 4.915, 3.964, 2.826)),
        1.0: _thirds(53.29, (0.649, -0.638, -1.453, -1.205), (2.241, 6.131, 5.346, 3.747)),
        4.0: _thirds(53.29, (0.985, -1.795, -1.708, -1.278), (3.300, 7.316, 5.612, 4.438)),
        100000.0: _thirds(53.29, (1.063, -3.498, -5.527, -5.444), (2.854, 10.809, 9.637, 7.607)),
    },
}


def read(file: str | Path) -> Curves:
    """Read a table of measured levels, one row per technology, time and level.

    Columns (others are ignored): `dataset`, the technology; `timept_s`, seconds after programming;
    `mean_gi_uS`, mean conductance right after programming; `mean_g_minus_gi_uS` and
    `sigma_g_minus_gi_uS`, mean and standard deviation of its change until then.

    Raises
    ------
    UserError
        One line: file, line, column, constraint, value.
    """
    points = _points(str(file), read_lines(file, COLUMNS, largest_bytes=LARGEST_BYTES))
    return {
        technology: {seconds: _curve(str(file), technology, seconds, levels)
                     for seconds, levels in times.items()}
        for technology, times in points.items()
    }  # fmt: skip


class _Point(NamedTuple):
    """One level at one time, in microsiemens."""

    programmed: float
    shift: float
    sigma: float


def _points(file: str, lines: Iterable[Line]) -> dict[str, dict[float, list[_Point]]]:
    """Sort the rows by technology and time."""
    points: dict[str, dict[float, list[_Point]]] = {}
    for where, _, row in lines:
        seconds, programmed, shift, sigma = (_number(where, row, name) for name in COLUMNS[1:])
        for name, value in zip(COLUMNS[1:], (seconds, programmed, 0.0, sigma), strict=True):
            if value < 0:
                raise UserError(f"{where}: {name}: must be zero or more, not {value}")
        times = points.setdefault(row["dataset"], {})
        times.setdefault(seconds, []).append(_Point(programmed, shift, sigma))
    if not points:
        raise UserError(f"{file}: must have a row for each measured level, not none")
    return points


def _number(where: str, row: Mapping[str, str | None], column: str) -> float:
    try:
        value = float(row[column] or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{where}: {column}: must be a number, not {shown(row[column])}")
    return value


def _curve(file: str, technology: str, seconds: float, levels: Iterable[_Point]) -> Curve:
    """Relate the levels of one technology and time to their window."""
    where = f"{file}: {technology} after {seconds:g} s"
    programmed, shifts, sigmas = zip(*sorted(levels), strict=True)
    low, high = programmed[0], programmed[-1]
    if len(set(programmed)) < max(2, len(programmed)):
        raise UserError(
            f"{where}: must be two levels or more, each of its own mean_gi_uS, "
            f"not {shown(list(programmed))}"
        )

    def parts(values: Iterable[float]) -> tuple[float, ...]:
        return tuple(value / (high - low) for value in values)

    largest = max(map(abs, parts((low, *shifts, *sigmas))))
    if not largest <= MOST_WINDOWS:
        raise UserError(
            f"{where}: lowest level, shifts and deviations must be at most {MOST_WINDOWS} times "
            f"the window between lowest and highest level, not {largest:g}"
        )
    return Curve(
        ratio=high / low if low else None,
        positions=parts(value - low for value in programmed),
        shifts=parts(shifts),
        sigmas=parts(sigmas),
    )


def _between(place: float, positions: tuple[float, ...], values: tuple[float, ...]) -> float:
    """Interpolate linearly; `positions` rise from 0 to 1."""
    above = next(k for k, position in enumerate(positions) if position >= place)
    if above == 0:
        return values[0]
    step = positions[above] - positions[above - 1]
    part = (place - positions[above - 1]) / step
    return values[above - 1] + part * (values[above] - values[above - 1])
