"""Golden model of the whole tile: values, decisions and cycles of everything that leaves it.

`Tile.run` says what is computed: outputs, and how many decisions every conversion takes. It knows
nothing of time. `Tile.schedule` says when: the cycle of every beat, plane, sample and conversion
for given stalls. What a conversion decides depends on no stall, so one run serves many schedules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.active_rows import active_rows
from hwgen_models.crossbar import Comparator, Crossbar, Nonidealities, cells_of
from hwgen_models.lane import conversion_starts
from hwgen_models.output_buffer import output_buffer
from hwgen_models.row_drive import plane_weights, planes_of
from hwgen_models.schemes import Entry
from hwgen_models.search import SearchTree
from hwgen_models.sequencer import NEVER, Schedule, Sequencer, Willing, always
from hwgen_models.shift_add import shift_add
from hwgen_models.spec import TileSpec
from hwgen_models.splice import splice

__all__ = ["Result", "Stalls", "Tile", "by_slice", "crossbar_of", "search_tree"]

Stalls = Willing | Sequence[int] | None  # of one stream, see `Tile.schedule`
Table = Sequence[Entry] | SearchTree | None  # of the search, see `Tile`

CHUNK = 2**18  # conversions worked on at once, so that they stay in the caches


def crossbar_of(
    spec: TileSpec,
    weights: ArrayLike,
    *,
    nonidealities: Nonidealities | None = None,
    seed: int = 0,
) -> Crossbar:
    """Store weights in the array of a tile.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    weights : array_like of int, shape (rows used, outputs used)
        Signed weights.
    nonidealities, seed
        As of `Crossbar`.
    """
    cells = cells_of(weights, rows=spec.rows, column_map=spec.column_map, cell_bits=spec.cell_bits)
    return Crossbar(cells, cell_bits=spec.cell_bits, nonidealities=nonidealities, seed=seed)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a tile makes of a sequence of vectors.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    y : numpy.ndarray of int64, shape (vectors, outputs used)
        Beats of ``y``, vector by vector, output 0 first.
    product : numpy.ndarray of int64, same shape
        The plain integer matrix product plus ``y_in``.
    active_rows : numpy.ndarray of int64, shape (vectors, planes)
        Sum of the driven digits; a read with none is skipped.
    used_columns : numpy.ndarray of int64, shape (lanes,)
        Columns that a lane converts in every read.
    lane_decisions : numpy.ndarray of int64, shape (vectors, planes, lanes)
        Decisions of all conversions of one read.
    histogram : numpy.ndarray of int64, shape (largest_count + 1,)
        How often every count was converted; a held value between two counts goes to the one that
        an ideal comparator tells, one beyond the bound to the bound.
    decisions : numpy.ndarray of int16, shape (vectors, planes, lanes, columns_per_lane), or None
        Decisions of every conversion; -1 where a column was not converted.
    counts : numpy.ndarray of float64, shape (vectors, planes, columns), or None
        Held values in counts; zero where nothing was held or converted.
    """

    spec: TileSpec
    y: NDArray[np.int64]
    product: NDArray[np.int64]
    active_rows: NDArray[np.int64]
    used_columns: NDArray[np.int64]
    lane_decisions: NDArray[np.int64]
    histogram: NDArray[np.int64]
    decisions: NDArray[np.int16] | None = None
    counts: NDArray[np.float64] | None = None

    @property
    def error(self) -> NDArray[np.int64]:
        """Difference to the integer product: zero in a lossless configuration."""
        return self.y - self.product

    @property
    def skipped(self) -> NDArray[np.bool_]:
        """Planes that no row takes part in, shape (vectors, planes)."""
        empty: NDArray[np.bool_] = self.active_rows == 0
        return empty

    @property
    def reads(self) -> int:
        """Reads made."""
        return int(np.count_nonzero(self.active_rows))

    @property
    def reads_skipped(self) -> int:
        """Reads that were not necessary."""
        return self.active_rows.size - self.reads

    @property
    def conversions(self) -> int:
        """Conversions made."""
        return self.reads * int(self.used_columns.sum())

    @property
    def total_decisions(self) -> int:
        """Strobes of all comparators."""
        return int(self.lane_decisions.sum())

    @property
    def lane_cycles(self) -> NDArray[np.int64]:
        """Cycles that a lane converts in a read, shape (vectors, planes, lanes)."""
        conversions = ~self.skipped[..., None] * self.used_columns
        return (
            conversions * self.spec.overhead_cycles
            + self.lane_decisions * self.spec.decision_cycles
        )

    @property
    def cycles(self) -> NDArray[np.int64]:
        """Cycles of every conversion, shaped like `decisions`; zero where there was none."""
        if self.decisions is None:
            raise ValueError("cycles of every conversion need a run that keeps decisions")
        taken = self.spec.overhead_cycles + self.spec.decision_cycles * self.decisions.astype(
            np.int64
        )
        return np.where(self.decisions < 0, 0, taken)


class Tile:
    r"""One crossbar with its digital periphery.

    .. math:: y_o = y^{in}_o + \sum_t w_t \sum_s 2^{b s}
              \left(v(c_{t,o,s,0}) - v(c_{t,o,s,1})\right)

    w the plane weights (`plane_weights`), b = `cell_bits`, c the counts, v the value that the
    search tree gives a count. With a lossless tree this is the integer matrix product.

    The order of additions is the machine's: values shift and add into the accumulators of their
    lane, the splice combines lanes, the output buffer adds ``y_in``.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    weights : array_like of int, shape (rows used, outputs used)
        Signed weights. Rows and outputs that are not used are not driven and not converted.
    table : sequence of Entry, SearchTree or None
        What the range table holds, see `hwgen_models.schemes`; nothing for a binary search. None:
        its reset value, a plain binary search. A tree of any other shape may be given as it is; its
        decisions and values then count, whatever the active rows.
    tables : sequence of sequence of such tables, or None
        One for each slice and, within it, each plane, in place of `table`.
    crossbar : Crossbar or None
        The array that stores the weights (`crossbar_of`); None: an ideal one.
    comparator : Comparator or None
        The lanes' comparators; None: ideal ones.

    Attributes
    ----------
    tree : SearchTree
        The tree that every conversion walks; with `tables`, those of slice 0 in plane 0, and where
        searches are bounded, that of the largest bound.
    trees : list of SearchTree
        All trees: one for every table and every class of bounds.
    physical : numpy.ndarray of int64
        Physical columns that are converted, ascending.
    """

    def __init__(
        self,
        spec: TileSpec,
        weights: ArrayLike,
        table: Table = None,
        crossbar: Crossbar | None = None,
        comparator: Comparator | None = None,
        *,
        tables: Sequence[Sequence[Table]] | None = None,
    ) -> None:
        self.spec = spec
        self.weights = np.asarray(weights)
        ideal = crossbar_of(spec, weights)
        if not self.outputs:
            raise ValueError("Weights must have at least one output, not 0")
        self._stored = np.zeros((spec.rows, self.outputs), dtype=np.int64)
        self._stored[: len(self.weights)] = self.weights
        self.crossbar = ideal if crossbar is None else crossbar
        if self.crossbar.cells.shape != ideal.cells.shape:
            raise ValueError(
                f"Crossbar must have shape {ideal.cells.shape}, not {self.crossbar.cells.shape}"
            )
        self.comparator = comparator
        if comparator is not None and comparator.columns_per_lane != spec.columns_per_lane:
            raise ValueError(
                f"Comparators must serve {spec.columns_per_lane} columns each, "
                f"not {comparator.columns_per_lane}"
            )
        self.trees, self._table_of, self._tree_at = _trees(spec, table, tables)
        self.tree = self.trees[self._tree_at[self._table_of[0, 0], -1]]
        walks = [tree.walk(np.arange(spec.largest_count + 1)) for tree in self.trees]
        # Of every tree and ideal count.
        self._value_of = np.stack([walk.values for walk in walks])
        self._decisions_of = np.stack([walk.decisions for walk in walks])

        held = [spec.column_map.of(p) for p in range(spec.columns)]
        self.physical = np.array(
            [p for p, column in enumerate(held) if column and column[0] < self.outputs],
            dtype=np.int64,
        )
        lanes = [spec.column_map.lane_columns(lane) for lane in range(spec.lanes)]
        operations = [
            lanes[p // spec.columns_per_lane][p % spec.columns_per_lane] for p in self.physical
        ]
        self._lane = self.physical // spec.columns_per_lane
        self._slice = np.array([held[p].slice for p in self.physical])
        self._destination = self._lane * spec.destinations + [op.destination for op in operations]
        self._shift = spec.cell_bits * np.array([op.slice_offset for op in operations])
        self._negate = np.array([op.negate for op in operations])
        self._plane_weights = plane_weights(
            input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
        )

    @property
    def outputs(self) -> int:
        """Outputs used: what the register ``OUTPUTS`` holds."""
        return int(self.weights.shape[1])

    def tree_numbers(self, plane: ArrayLike, active: ArrayLike) -> NDArray[np.int64]:
        """Return which of `trees` the held counts of some reads walk.

        Parameters
        ----------
        plane, active : array_like of int, shape (reads,)
            Plane and active rows of each.

        Returns
        -------
        numpy.ndarray of int64, shape (reads, columns)
            Zero for columns that are not used.
        """
        limit = np.asarray(active)[:, None] * self.spec.largest_digit
        numbers = np.zeros((len(limit), self.spec.columns), dtype=np.int64)
        tables = self._table_of[self._slice, np.asarray(plane)[:, None]]
        numbers[:, self.physical] = self._tree_at[tables, limit]
        return numbers

    @property
    def ideal(self) -> bool:
        """Neither the array nor a comparator errs."""
        return self.crossbar.ideal and (self.comparator is None or self.comparator.ideal)

    def run(
        self,
        x: ArrayLike,
        y_in: ArrayLike | None = None,
        *,
        first_vector: int = 0,
        keep: str = "decisions",
    ) -> Result:
        """Compute the outputs of a sequence of vectors.

        Parameters
        ----------
        x : array_like of int, shape (vectors, rows used)
            Inputs; at most `rows` of them, missing ones are zero.
        y_in : array_like of int, shape (vectors, outputs used), or None
            Beats of ``y_in``; None: zeros.
        first_vector : int
            Number of the first vector since reset, a coordinate of all noise.
        keep : {"sums", "decisions", "counts"}
            What to keep of every conversion: nothing, its decisions, or its held value too.

        Raises
        ------
        ValueError
            When an input does not fit, ``y_in`` leaves its range or a sum leaves that of ``y``.
        """
        spec = self.spec
        if keep not in {"sums", "decisions", "counts"}:
            raise ValueError(f"keep must be sums, decisions or counts, not {keep!r}")
        x = self._checked_x(x)
        reads = (len(x), spec.planes)
        active = np.zeros(reads, dtype=np.int64)
        sums = np.zeros((len(x), self.outputs), dtype=np.int64)
        lane_decisions = np.zeros((*reads, spec.lanes), dtype=np.int64)
        histogram = np.zeros(spec.largest_count + 1, dtype=np.int64)
        decisions = counts = None
        if keep != "sums":
            decisions = np.full((*reads, spec.columns), -1, dtype=np.int16)
        if keep == "counts":
            counts = np.zeros((*reads, spec.columns), dtype=np.float64)

        first = np.flatnonzero(np.diff(self._lane, prepend=-1))  # columns that begin a lane
        step = max(1, CHUNK // (spec.planes * spec.columns))
        for start in range(0, len(x), step):
            digits = planes_of(
                x[start : start + step],
                input_bits=spec.input_bits,
                dac_bits=spec.dac_bits,
                signed=spec.signed_inputs,
            )
            part = slice(start, start + len(digits))
            active[part] = active_rows(digits)
            vector, plane = np.nonzero(active[part])
            if not len(vector):
                continue
            held, levels, values, taken = self._convert(
                digits[vector, plane], first_vector + start + vector, plane
            )
            sums[part] = self._accumulate(values, vector, plane, len(digits))
            histogram += np.bincount(levels.ravel(), minlength=len(histogram))
            read = (start + vector[:, None], plane[:, None])
            per_lane = np.add.reduceat(taken, first, axis=-1)
            lane_decisions[*read, self._lane[first]] = per_lane
            if decisions is not None:
                decisions[*read, self.physical] = taken
            if counts is not None:
                counts[*read, self.physical] = held

        y_in = self._checked_y_in(y_in, sums.shape)
        y = output_buffer(sums, y_in)
        self._check_range("y", y)
        return Result(
            spec=spec,
            y=y,
            product=output_buffer(x @ self._stored[: x.shape[1]], y_in),
            active_rows=active,
            used_columns=np.bincount(self._lane, minlength=spec.lanes),
            lane_decisions=lane_decisions,
            histogram=histogram,
            decisions=None
            if decisions is None
            else decisions.reshape(*reads, spec.lanes, spec.columns_per_lane),
            counts=counts,
        )

    def schedule(
        self,
        result: Result,
        x: Stalls = None,
        y: Stalls = None,
        y_in: Stalls = None,
        *,
        start: int = 0,
        bank: int = 0,
    ) -> Schedule:
        """Compute the cycle of every event of a run.

        Stalls of a stream come in either of two forms, or as None: never.

        A function of the cycle says when the endpoint is willing. A source offers a word from the
        first willing cycle after the transfer of the word before, and then until it is taken; the
        sink is ready just in willing cycles.

        A sequence has one number of cycles per beat, all vectors in a row. Let c be the cycle after
        the one in which beat i - 1 was transferred, or `start` for beat 0. The source offers beat i
        from cycle c + gap on, until it is taken. The sink is not ready in cycles c to
        c + stall - 1, and ready from cycle c + stall until it has taken beat i.

        Parameters
        ----------
        result : Result
            A run of this tile.
        x, y, y_in : callable, sequence of int or None
            Stalls of the source of ``x``, the sink of ``y`` and the source of ``y_in``; the last
            is ignored for a tile without that port.
        start : int
            First cycle in which a beat may be offered; the tile is idle before.
        bank : int
            Bank of the first sample: 0 after reset.

        Returns
        -------
        Schedule
            Cycles of beats, planes, samples, lanes, drains; see there.

        Raises
        ------
        ValueError
            When a sequence has another length than its stream has beats.
        """
        spec = self.spec
        beats, words = len(result.y) * spec.beats, result.y.size
        return Sequencer(
            beats=spec.beats,
            outputs=self.outputs,
            banks=spec.banks,
            settle_row=spec.settle_row,
            sample_cycles=spec.sample_cycles,
        ).schedule(
            result.active_rows,
            result.lane_cycles,
            x=_source("x", x, beats),
            y=_sink("y", y, words, start),
            y_in=_source("y_in", y_in if spec.y_in else None, words),
            start=start,
            bank=bank,
        )

    def conversion_starts(self, result: Result, schedule: Schedule) -> NDArray[np.int64]:
        """Give the first cycle of every conversion.

        Parameters
        ----------
        result : Result
            A run that kept decisions.
        schedule : Schedule
            One of its schedules.

        Returns
        -------
        numpy.ndarray of int64, shape (vectors, planes, lanes, columns_per_lane)
            Cycles in which ``column`` and ``bank`` first show it; -1 where there is none.
        """
        starts = conversion_starts(schedule.lane_idle, result.cycles)
        return np.where(result.cycles == 0, NEVER, starts)

    def _checked_x(self, x: ArrayLike) -> NDArray[np.int64]:
        """Refuse what is not vectors of integers that fit the rows."""
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] > self.spec.rows:
            raise ValueError(
                f"Inputs must be vectors of at most {self.spec.rows} elements, not {x.shape}"
            )
        if x.dtype.kind not in "iu":
            raise TypeError(f"Inputs must be integers, not {x.dtype}")
        return x.astype(np.int64)

    def _convert(
        self, drive: NDArray[np.int64], vector: NDArray[np.int64], plane: NDArray[np.int64]
    ) -> tuple[
        NDArray[np.float64] | NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
    ]:
        """Convert every used column of some reads: held values, levels, values, decisions.

        All of shape (reads, used columns); `drive` (reads, rows used), the others (reads,).
        """
        bound = self.spec.largest_count
        tree_of = self.tree_numbers(plane, active_rows(drive))[:, self.physical]
        if self.ideal:
            exact: type = np.float32 if bound < 2**24 else np.float64  # BLAS, and still integers
            cells = self.crossbar.cells[: drive.shape[1], self.physical].astype(exact)
            levels = (drive.astype(exact) @ cells).astype(np.int64)
            at = levels if len(self.trees) == 1 else levels + tree_of * (bound + 1)
            return levels, levels, self._value_of.take(at), self._decisions_of.take(at)
        held = self.crossbar.counts(drive, vector=vector, plane=plane, columns=self.physical)
        levels = np.clip(np.floor(held + 0.5), 0, bound).astype(np.int64)
        values, decisions = np.empty_like(levels), np.empty_like(levels)
        for number, tree in enumerate(self.trees):
            mine = ... if len(self.trees) == 1 else tree_of == number
            if self.comparator is None:
                walk = tree.walk(held[mine])
            else:
                walk = self.comparator.walk(
                    tree,
                    held[mine],
                    vector=np.broadcast_to(vector[:, None], held.shape)[mine],
                    plane=np.broadcast_to(plane[:, None], held.shape)[mine],
                    column=np.broadcast_to(self.physical, held.shape)[mine],
                )
            values[mine], decisions[mine] = walk.values, walk.decisions
        return held, levels, values, decisions

    def _accumulate(
        self,
        values: NDArray[np.int64],
        vector: NDArray[np.int64],
        plane: NDArray[np.int64],
        vectors: int,
    ) -> NDArray[np.int64]:
        """Shift, add and splice the values of some reads into outputs, (vectors, outputs)."""
        spec = self.spec
        shifted = values * self._plane_weights[plane][:, None]
        columns = np.zeros((vectors, len(self.physical)), dtype=np.int64)
        first = np.flatnonzero(np.diff(vector, prepend=-1))
        columns[vector[first]] = np.add.reduceat(shifted, first, axis=0)
        accumulators = shift_add(
            columns,
            destination=self._destination,
            shift=self._shift,
            negate=self._negate,
            destinations=spec.lanes * spec.destinations,
        ).reshape(vectors, spec.lanes, spec.destinations)
        outputs = splice(accumulators, column_map=spec.column_map, cell_bits=spec.cell_bits)
        return outputs[:, : self.outputs]

    def _checked_y_in(
        self, y_in: ArrayLike | None, shape: tuple[int, int]
    ) -> NDArray[np.int64] | None:
        """Refuse partial sums that the port cannot carry."""
        if y_in is None:
            return None
        if not self.spec.y_in:
            raise ValueError("y_in must be None for a tile without that port")
        y_in = np.asarray(y_in)
        if y_in.shape != shape:
            raise ValueError(f"y_in must have shape {shape}, not {y_in.shape}")
        self._check_range("y_in", y_in)
        return y_in

    def _check_range(self, name: str, words: NDArray[np.int64]) -> None:
        """Refuse what the width of ``y`` cannot hold."""
        reach = self.spec.y_range
        outside = (words < reach[0]) | (words > reach[-1])
        if outside.any():
            raise ValueError(
                f"{name} must be between {reach[0]} and {reach[-1]}, "
                f"not {int(words[outside].flat[0])}"
            )


def search_tree(spec: TileSpec, table: Table, active: int | None = None) -> SearchTree:
    """Build the tree that the lanes of a tile walk.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    table : sequence of Entry, SearchTree or None
        As of `Tile`.
    active : int, optional
        Largest count that the active rows of the read allow; where `spec` bounds searches.
    """
    if isinstance(table, SearchTree):
        return table
    scheme = spec.scheme
    return scheme.tree(scheme.reset(spec) if table is None else table, spec, active)


def by_slice(spec: TileSpec, tables: Sequence[Table]) -> list[list[Table]]:
    """Spread the tables that a tile holds, one or one for each slice, over slices and planes.

    >>> by_slice(TileSpec(slices=2, input_bits=2), [None])
    [[None, None], [None, None]]
    """
    if len(tables) not in {1, spec.slices}:
        raise ValueError(f"Tables must be 1 or {spec.slices}, not {len(tables)}")
    spread = list(tables) * (spec.slices if len(tables) == 1 else 1)
    return [[table] * spec.planes for table in spread]


def _trees(
    spec: TileSpec, table: Table, tables: Sequence[Sequence[Table]] | None
) -> tuple[list[SearchTree], NDArray[np.int64], NDArray[np.int64]]:
    """Build every tree once.

    Returns
    -------
    trees : list of SearchTree
        One for every table and every class of bounds (`Scheme.classes`).
    table_of : numpy.ndarray of int64, shape (slices, planes)
        Which table a slice has in a plane.
    tree_at : numpy.ndarray of int64, shape (tables, largest_count + 1)
        Which tree a table leaves of it in a read with that bound.
    """
    if tables is None:
        tables = by_slice(spec, [table])
    elif table is not None:
        raise ValueError(f"Table must be None beside tables, not {table!r}")
    shape = (len(tables), *{len(of_slice) for of_slice in tables})
    if shape != (spec.slices, spec.planes):
        raise ValueError(f"Tables must be {spec.slices} slices x {spec.planes} planes, not {shape}")
    found: list[Table] = []
    table_of = np.empty(shape, dtype=np.int64)
    for at in np.ndindex(shape):
        one = tables[at[0]][at[1]]
        if one not in found:
            found.append(one)
        table_of[at] = found.index(one)
    trees: list[SearchTree] = []
    tree_at = np.empty((len(found), spec.largest_count + 1), dtype=np.int64)
    for number, one in enumerate(found):
        if isinstance(one, SearchTree):
            tree_at[number] = len(trees)
            trees.append(one)
            continue
        entries = spec.scheme.reset(spec) if one is None else one
        largest, class_of = spec.scheme.classes(entries, spec)
        tree_at[number] = len(trees) + class_of
        trees += [search_tree(spec, entries, int(active)) for active in largest]
    return trees, table_of, tree_at


def _source(name: str, stalls: Stalls, beats: int) -> Willing:
    """Make a source's gaps a function that the sequencer asks beat by beat.

    It asks for every beat in turn, from the cycle after the transfer of the one before, until the
    answer is yes.
    """
    if stalls is None or callable(stalls):
        return stalls or always
    gaps = iter(_checked_gaps(name, stalls, beats))
    first: int | None = None

    def willing(cycle: int) -> bool:
        nonlocal first
        if first is None:
            first = cycle + next(gaps)
        if cycle < first:
            return False
        first = None
        return True

    return willing


def _sink(name: str, stalls: Stalls, beats: int, start: int) -> Willing:
    """Make a sink's stalls a function that the sequencer asks beat by beat.

    It asks for every beat in turn, from the first cycle in which the beat is offered, until the
    answer is yes: the beat is taken.
    """
    if stalls is None or callable(stalls):
        return stalls or always
    gaps = _checked_gaps(name, stalls, beats)
    beat = 0
    ready = start + gaps[0] if gaps else start

    def willing(cycle: int) -> bool:
        nonlocal beat, ready
        if cycle < ready:
            return False
        beat += 1
        ready = cycle + 1 + gaps[beat] if beat < beats else cycle + 1
        return True

    return willing


def _checked_gaps(name: str, gaps: Sequence[int], beats: int) -> list[int]:
    """Refuse gaps that are not one number of cycles per beat."""
    gaps = [int(gap) for gap in gaps]
    if len(gaps) != beats:
        raise ValueError(f"Stalls of {name} must be {beats} numbers, not {len(gaps)}")
    if min(gaps, default=0) < 0:
        raise ValueError(f"Stalls of {name} must be zero or more, not {min(gaps)}")
    return gaps
