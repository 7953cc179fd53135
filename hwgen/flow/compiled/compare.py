"""What a compiled tile did, against the golden model: every value, every decision, every cycle."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from hwgen.flow.compiled.library import pack
from hwgen_models.row_drive import planes_of
from hwgen_models.tile import Result, Tile

__all__ = ["Expected", "difference"]


class Expected:
    """What must come of one stream of vectors that starts at reset and never stalls.

    Parameters
    ----------
    tile : Tile
        The golden model.
    x : numpy.ndarray of int64, shape (vectors, rows used)
        What it was given.
    result : Result
        What it made of that.

    Attributes
    ----------
    schedule : hwgen_models.sequencer.Schedule
        When everything happens.
    arrays : dict of numpy.ndarray
        The results of `hwgen.flow.compiled.library.run` by name.
    trees : numpy.ndarray of int64, shape (reads, columns)
        Which of the tile's trees every held count is searched by.
    first : numpy.ndarray of int64, shape (lanes + 1,)
        Place of a lane's first conversion among all, and the number of all.
    """

    def __init__(self, tile: Tile, x: NDArray[np.int64], result: Result) -> None:
        self.tile, self.result = tile, result
        self.schedule = tile.schedule(result)
        spec, schedule = tile.spec, self.schedule
        self._reads = np.argwhere(~result.skipped)  # vector and plane of each
        vector, plane = self._reads.T
        planes = planes_of(
            x,
            input_bits=spec.input_bits,
            dac_bits=spec.dac_bits,
            signed=spec.signed_inputs,
        )
        self.trees = tile.tree_numbers(plane, result.active_rows[vector, plane])
        digits = np.zeros((len(self._reads), spec.rows), dtype=np.int64)
        digits[:, : x.shape[1]] = planes[vector, plane]
        # Conversions lane by lane: the axes of a lane's vectors, planes and columns follow its own.
        decisions = result.decisions.transpose(2, 0, 1, 3)
        self._made = decisions >= 0
        places = schedule.bank[..., np.newaxis] * spec.columns_per_lane
        places = np.broadcast_to(places + np.arange(spec.columns_per_lane), decisions.shape)
        starts = tile.conversion_starts(result, schedule).transpose(2, 0, 1, 3)
        self.first = np.cumsum([0, *np.count_nonzero(self._made, axis=(1, 2, 3))])
        self.arrays = {
            "y": result.y.ravel(),
            "decisions": decisions[self._made],
            "place": places[self._made],
            "rows": pack(digits, bits=spec.dac_bits, word=np.uint64),
            "start": starts[self._made],
            "x_cycle": schedule.x.ravel(),
            "y_in_cycle": schedule.y_in.ravel() if spec.y_in else np.zeros(0, dtype=np.int64),
            "y_cycle": schedule.y.ravel(),
            **{
                name: getattr(schedule, name)[vector, plane]
                for name in ("sample", "last_sample", "hold_clear")
            },
        }

    def where(self, name: str, place: int) -> str:
        """Say what an item of an array belongs to."""
        outputs = self.result.y.shape[1]
        if name in {"y", "y_cycle", "y_in_cycle"}:
            return f"vector {place // outputs}, output {place % outputs}, {CALLED[name]}"
        if name == "x_cycle":
            beats = self.tile.spec.beats
            return f"vector {place // beats}, beat {place % beats}, {CALLED[name]}"
        if name in {"decisions", "place", "start"}:
            lane, vector, plane, column = np.argwhere(self._made)[place]
            where = f"lane {lane}, column {column}, "
        else:
            (vector, plane), where = self._reads[place], ""
        return f"vector {vector}, plane {plane}, {where}{CALLED[name]}"

    def read_of(self, place: int) -> tuple[int, int]:
        """Return vector and plane of a conversion."""
        _, vector, plane, _ = np.argwhere(self._made)[place]
        return int(vector), int(plane)


CALLED = {
    "y": "y",
    "decisions": "decisions",
    "place": "bank and column",
    "rows": "row_drive at the sample",
    "start": "first cycle",
    "x_cycle": "cycle of a beat of x",
    "y_in_cycle": "cycle of a beat of y_in",
    "y_cycle": "cycle of a beat of y",
    "sample": "first cycle of sample",
    "last_sample": "last cycle of sample",
    "hold_clear": "cycle of hold_clear",
}

COUNTED = {
    "y": "y_found",
    "x_cycle": "x_found",
    "y_in_cycle": "y_in_found",
    "rows": "read_found",
    "hold_clear": "clear_found",
}


def difference(expected: Expected, found: Mapping) -> str | None:
    """Return the first case in which a compiled tile differs from the golden model, if any.

    Parameters
    ----------
    expected : Expected
        What must come out.
    found : mapping
        What `hwgen.flow.compiled.library.run` returned.
    """
    if found["message"]:
        lane = found["failed_lane"]
        begun = int(found["found"][lane]) if lane >= 0 else 0
        if begun:
            vector, plane = expected.read_of(expected.first[lane] + begun - 1)
            return f"vector {vector}, plane {plane}, {found['message']}"
        return str(found["message"])
    return next(_differences(expected, found), None)


def _differences(expected: Expected, found: Mapping) -> Iterator[str]:
    """Compare array by array, the results first."""
    for name, wanted in expected.arrays.items():
        count = found[COUNTED[name]] if name in COUNTED else len(wanted)
        got = found[name][: len(wanted)]
        wrong = np.argwhere(got[:count] != wanted[:count])
        if len(wrong):
            at = tuple(wrong[0])
            values = (hex(a[at]) if name == "rows" else int(a[at]) for a in (wanted, got))
            yield "{}: expected {}, got {}".format(expected.where(name, at[0]), *values)
        if count != len(wanted):
            yield f"{CALLED[name]}: expected {len(wanted)} in all, got {count}"
    lanes = np.diff(expected.first)
    for lane in np.flatnonzero(found["found"] != lanes):
        yield f"lane {lane}, conversions: expected {lanes[lane]}, got {found['found'][lane]}"
