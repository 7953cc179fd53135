"""One layer read out by its crossbars, batch by batch: sums, and what they cost.

There are two ways to the sums, which agree exactly. *Bit by bit*: every count goes through the
table of its slice and plane, is weighted and added. *By the short cut*, for lossless tables: the
sums are the integer product, and only the costs are worked out bit by bit. Counts, decisions and
cycles are exact in both, of every conversion.
"""

import math
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import Mismatch, UserError
from hwgen.mapping.tiles import MappedLayer, MappedTile
from hwgen.power.analog.array import OnTime
from hwgen.power.analog.choose import Analog
from hwgen.power.operations import Counts, Operations
from hwgen.workload.array import kernels
from hwgen.workload.array.costs import Costs, full_search_bits
from hwgen.workload.array.energy import Energy, energy_of
from hwgen.workload.array.lookup import Depths, Lookup
from hwgen.workload.array.phase import Bank, added
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.rivals import rivals_of, static_bits
from hwgen.workload.array.statistics import Extent, Statistics, charged_lines
from hwgen.workload.array.variation import Variation
from hwgen_models.crossbar import magnitude_slices
from hwgen_models.matrix import exact_product
from hwgen_models.row_drive import plane_weights

__all__ = ["LayerReader", "row_totals"]

MOST_THREADS = 8  # unless told otherwise
SPARE_BYTES = 2**28  # that the histograms of a layer's further threads may take

Step = Callable[[int], None]  # called with conversions done


def threads_wanted() -> int:
    """Threads that read side by side: ``HWGEN_THREADS``, or one per processor, at most eight.

    Raises
    ------
    UserError
        When the variable is no number from 1 to 99.
    """
    wanted = os.environ.get("HWGEN_THREADS")
    if wanted is None:
        affinity = getattr(os, "sched_getaffinity", None)
        return min(MOST_THREADS, len(affinity(0)) if affinity else os.cpu_count() or 1)
    if not re.fullmatch("[1-9][0-9]?", wanted, re.ASCII):
        raise UserError(f"HWGEN_THREADS: must be an integer between 1 and 99, not {wanted!r}")
    return int(wanted)


def row_totals(digits: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Pack what every row stores, added up, as `kernels.total_counts` takes it."""
    bits = max(1, int(digits.max()).bit_length())
    return kernels.pack_weights(np.ascontiguousarray(digits[:, np.newaxis]), 1, bits)


@dataclass(frozen=True, kw_only=True, eq=False)
class Array:
    """One crossbar as the kernels take it: its outputs, of each the slices, of each two columns."""

    tile: MappedTile
    cells: NDArray[np.uint64]  # (outputs, slices, 2, cell_bits, words)
    columns: NDArray[np.int64]  # (outputs, slices, 2, 3): lane, place in it, largest count
    physical: NDArray[np.int64]  # of the columns in use, as they lie: output, slice, polarity
    used_columns: NDArray[np.int64]  # of each lane
    rows: NDArray[np.uint64]  # the digits that each row stores, added up: (1, 1, 2, bits, words)
    static_bits: int

    @classmethod
    def of(cls, mapped: MappedLayer, tile: MappedTile) -> "Array":
        """Store the weights of one tile."""
        spec = mapped.spec
        digits = magnitude_slices(tile.weights, slices=spec.slices, cell_bits=spec.cell_bits)
        held = [(p, spec.column_map.of(p)) for p in range(spec.column_map.used)]
        held = [(p, column) for p, column in held if column.output < digits.shape[1]]
        physical = np.array([column for _, column in held], dtype=np.int64)
        lanes = np.array([p // spec.columns_per_lane for p, _ in held], dtype=np.int64)
        used = np.bincount(lanes, minlength=spec.lanes)
        columns = np.empty((*digits.shape[1:], 3), dtype=np.int64)
        columns[*physical.T, 0] = lanes
        columns[*physical.T, 1] = np.arange(len(held)) - (np.cumsum(used) - used)[lanes]
        columns[..., 2] = digits.sum(axis=0) * (2**spec.dac_bits - 1)
        return cls(
            tile=tile,
            cells=kernels.pack_weights(tile.weights, spec.slices, spec.cell_bits),
            columns=columns,
            physical=physical,
            used_columns=used,
            rows=row_totals(digits.reshape(len(digits), -1).sum(axis=1)),
            static_bits=static_bits(digits.reshape(len(digits), -1), dac_bits=spec.dac_bits),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Read:
    """What some vectors made of one crossbar."""

    active: NDArray[np.int32]  # U, (planes, vectors)
    decisions: NDArray[np.int32]  # (lanes, planes, vectors)
    counts: NDArray[np.int32]  # of all columns together, (planes, vectors)
    in_step: NDArray[np.int32]  # those of lanes in step, (planes, vectors)
    sums: NDArray[np.int64]  # (outputs, vectors); without vectors where they are not wanted


class LayerReader:
    """The crossbars of a layer with ideal arrays.

    Parameters
    ----------
    mapped : MappedLayer
        The layer.
    readout : Readout
        Its search tables.
    short_cut : bool
        Take the integer product for the sums: for lossless tables only.
    statistics : bool
        Count conversions, decisions and cycles. Without, only the sums and their error are worked
        out, several times as fast.
    ideal : bool
        Counts keep to what active rows and stored digits allow.

    Attributes
    ----------
    largest_error : int
        Largest difference of any sum to the integer product so far.
    """

    CHUNK = 2**13  # vectors that one thread reads at a time

    def __init__(
        self,
        mapped: MappedLayer,
        readout: Readout,
        *,
        short_cut: bool = False,
        statistics: bool = True,
        ideal: bool = True,
    ) -> None:
        self.mapped, self.short_cut, self.ideal = mapped, short_cut, ideal
        self._counting = statistics
        self._threads = threads_wanted()
        self.arrays = [Array.of(mapped, tile) for tile in mapped.tiles]
        self._found: SimpleQueue[Statistics] = SimpleQueue()  # those that no thread adds to
        self.largest_error = 0
        self._vectors, self._decisions = 0, 0
        self._signal, self._noise = Variation(mapped.layer.outputs), 0.0
        self._banks = [
            Bank(
                mapped.spec,
                array.tile.weights.shape[1],
                array.used_columns,
                full_bits=self.full_bits,
            )
            for array in self.arrays
        ]
        self.load(readout)

    def load(self, readout: Readout) -> None:
        """Take other tables from here on."""
        if self.short_cut and not readout.lossless:
            raise ValueError("the short cut needs lossless tables")
        spec = self.mapped.spec
        weights = plane_weights(
            input_bits=spec.input_bits, dac_bits=spec.dac_bits, signed=spec.signed_inputs
        )
        self.readout = readout
        self._lookup = Lookup.of(readout.values, weights)
        self._runs = self._lookup.runs()
        self._decisions_of = Depths.of(
            readout.decisions, readout.bounds, largest_digit=spec.largest_digit
        )

    @property
    def full_bits(self) -> int:
        """Decisions of the full search that savings refer to."""
        spec = self.mapped.spec
        return full_search_bits(readout_bits=spec.readout_bits, largest_count=spec.largest_count)

    @cached_property
    def extent(self) -> Extent:
        """How far U, bounds and counts of this layer can reach."""
        return Extent.of(self.mapped, ideal=self.ideal)

    @property
    def conversions_per_vector(self) -> int:
        """Columns of all crossbars times planes: none of them skipped."""
        return self.mapped.spec.planes * sum(len(array.physical) for array in self.arrays)

    @property
    def lossless(self) -> bool:
        """The tables tell every count from 0 to the largest exactly."""
        return self.readout.lossless

    @property
    def sqnr_db(self) -> float | None:
        """Signal to error ratio of all sums; None where one of the two is nothing."""
        if not self._signal.power or not self._noise:
            return None
        return 10 * math.log10(self._signal.power / self._noise)

    def product(self, vectors: NDArray, step: Step | None = None) -> NDArray[np.int64]:
        """Multiply vectors by the layer's weights through all crossbars, chain by chain.

        Parameters
        ----------
        vectors : numpy.ndarray, shape (groups, vectors, inputs)
            Codes, as `Matrix.vectors` makes them.
        step : callable, optional
            Called now and then with the conversions that are done since (skipped ones included).

        Returns
        -------
        numpy.ndarray of int64, shape (groups, vectors, outputs of a group)
            Without constants: what `Matrix.finish` takes.
        """
        mapped = self.mapped
        exact = exact_product(mapped.layer, vectors).astype(np.int64)
        drive = mapped.drive(vectors)
        if not self._counting:
            product = exact if self.short_cut else mapped.product(self._sums(drive))
            self._compare(product, exact)
            return product
        sums = np.tile(mapped.constants, (0 if self.short_cut else len(drive), 1))
        for part, array, bank, read in self._reads(drive):
            bank.take(read.active, read.decisions, read.in_step, read.counts)
            self._decisions += int(read.decisions.sum())
            if not self.short_cut:
                sums[part, array.tile.outputs] += read.sums.T
            if step is not None:
                step(read.active.size * len(array.physical))
        self._vectors += len(drive)
        self._fold()
        if self.short_cut:
            return exact
        product = mapped.product(sums)
        self._compare(product, exact)
        return product

    def _sums(self, drive: NDArray[np.int16]) -> NDArray[np.int64]:
        """Sums with constants, (vectors, outputs), and nothing else."""
        dac_bits = self.mapped.spec.dac_bits

        def work(start: int) -> NDArray[np.int64]:
            part = drive[start : start + self.CHUNK]
            sums = np.repeat(self.mapped.constants[:, np.newaxis], len(part), axis=1)
            for array in self.arrays:
                codes, of_array = part[:, array.tile.inputs], sums[array.tile.outputs]
                for plane, lookup in self._runs:
                    rest = np.ascontiguousarray(codes >> (plane * dac_bits))
                    kernels.multiply_columns(rest, dac_bits, array.cells, lookup, of_array)
            return sums

        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(work, range(0, len(drive), self.CHUNK))), axis=1).T

    def _reads(self, drive: NDArray[np.int16]) -> Iterator[tuple[slice, Array, Bank, Read]]:
        """Read all crossbars in parts, side by side; give the parts of a crossbar in order."""
        parts = [slice(start, start + self.CHUNK) for start in range(0, len(drive), self.CHUNK)]
        jobs = deque()
        threads = min(self._threads, 1 + SPARE_BYTES // self.extent.nbytes)
        with ThreadPoolExecutor(threads) as pool:
            for array, bank in zip(self.arrays, self._banks, strict=True):
                for part in parts:
                    jobs.append((part, array, bank, pool.submit(self._read, array, drive, part)))
                    if len(jobs) > 2 * threads:  # no more in memory than keeps the threads busy
                        *place, job = jobs.popleft()
                        yield *place, job.result()
            for *place, job in jobs:
                yield *place, job.result()

    def _read(self, array: Array, drive: NDArray[np.int16], part: slice) -> Read:
        """Read one crossbar with some vectors; add what it counts to a thread's statistics."""
        codes = drive[part, array.tile.inputs]
        spec, vectors = self.mapped.spec, len(codes)
        planes = self._pack(array, codes)
        active = np.empty((spec.planes, vectors), dtype=np.int32)
        kernels.active_rows(planes, active)
        decisions = np.zeros((spec.lanes, spec.planes, vectors), dtype=np.int32)
        in_step = np.zeros((spec.planes, vectors), dtype=np.int32)
        wanted = 0 if self.short_cut else vectors
        sums = np.zeros((array.tile.weights.shape[1], wanted), dtype=np.int64)
        found = self._borrow()
        kernels.read_columns(
            planes,
            active,
            array.cells,
            array.columns,
            self._lookup,
            self._decisions_of,
            sums,
            decisions,
            in_step,
            found.by_active,
            found.by_ones,
        )
        self._give_back(found, array, active, planes)
        counts = np.empty_like(active)
        kernels.total_counts(planes, array.rows, counts)
        return Read(active=active, decisions=decisions, counts=counts, in_step=in_step, sums=sums)

    def _borrow(self) -> Statistics:
        """Take statistics that no other thread adds to."""
        try:
            return self._found.get_nowait()
        except Empty:
            return Statistics.empty(self.extent)

    def _pack(self, array: Array, codes: NDArray[np.int16]) -> NDArray[np.uint64]:
        """Split what the word lines take into planes, (dac_bits, words, planes, vectors)."""
        spec, words = self.mapped.spec, array.cells.shape[-1]
        planes = np.empty((spec.dac_bits, words, spec.planes, len(codes)), dtype=np.uint64)
        kernels.pack_planes(np.ascontiguousarray(codes), spec.dac_bits, planes)
        return planes

    def _give_back(
        self,
        found: Statistics,
        array: Array,
        active: NDArray[np.int32],
        planes: NDArray[np.uint64],
    ) -> None:
        """Hand statistics to the next thread, the reads of one crossbar counted."""
        reads = int(np.count_nonzero(active))
        found.driven += int(active.sum(dtype=np.int64))
        found.charged += charged_lines(planes)
        found.reads += reads
        found.reads_skipped += active.size - reads
        found.conversions_skipped += (active.size - reads) * len(array.physical)
        self._found.put(found)

    def _fold(self) -> None:
        """Add up what the threads counted: one histogram a layer is kept, however many threads."""
        total = self._borrow()
        while not self._found.empty():
            total.add(self._found.get())
        self._found.put(total)

    @property
    def statistics(self) -> Statistics:
        """Of everything read so far."""
        if not self._counting:
            raise ValueError("a reader without statistics counts nothing")
        found = self._borrow()
        self._found.put(found)
        return found

    def _compare(self, product: NDArray[np.int64], exact: NDArray[np.int64]) -> None:
        """Take note of how far the sums of a batch are from the integer product.

        Raises
        ------
        Mismatch
            When they differ although the tables are lossless, with the first case that shows it.
        """
        error = product - exact
        if self.lossless and error.any():
            group, vector, output = np.argwhere(error)[0].tolist()
            raise Mismatch(
                f"layer {self.mapped.name}: output {group * error.shape[2] + output} of vector "
                f"{vector} must be {exact[group, vector, output]} (integer product), "
                f"not {product[group, vector, output]}"
            )
        self._signal.add(exact.transpose(1, 0, 2).reshape(exact.shape[1], -1))
        self._noise += float((error.astype(np.float64) ** 2).sum())
        self.largest_error = max(self.largest_error, int(np.abs(error).max()))

    @property
    def costs(self) -> Costs:
        """Totals of all batches."""
        statistics, ideal = self.statistics, self.ideal
        static = max(array.static_bits for array in self.arrays)
        return Costs(
            full_bits=self.full_bits,
            crossbars=len(self.arrays),
            reads=statistics.reads,
            reads_skipped=statistics.reads_skipped,
            conversions=statistics.conversions,
            conversions_skipped=statistics.conversions_skipped,
            decisions=self._decisions,
            cycles=max(bank.cycles for bank in self._banks),
            phases=added([bank.phases for bank in self._banks]),
            counts_above_bound=statistics.above_bound,
            static_bits=static if ideal else None,
            rivals=rivals_of(statistics, self.readout, ideal=ideal),
        )

    def energy(
        self, analog: Analog, operations: Operations | None = None, *, crossbars: int = 0
    ) -> Energy:
        """Energy of all batches on the bill of some models.

        Parameters
        ----------
        analog : Analog
            The models of converters and array.
        operations : Operations, optional
            What the periphery takes.
        crossbars : int
            Those of the whole network, which leak while this layer works.
        """
        found = energy_of(
            analog,
            self.readout,
            self.statistics,
            decisions=self._decisions,
            on_time=self.on_time,
        )
        if operations is None:
            return found
        return replace(found, digital=operations.energy(self._counts(crossbars)))

    @property
    def on_time(self) -> OnTime:
        """How long the word lines of all crossbars were driven."""
        return reduce(OnTime.plus, (bank.on_time for bank in self._banks))

    def _counts(self, crossbars: int) -> Counts:
        """Return what the tiles of this layer did, each with a clock until the last is done."""
        statistics = self.statistics
        cycles = max(bank.cycles for bank in self._banks)
        outputs = sum(array.tile.weights.shape[1] for array in self.arrays)
        return Counts(
            decision=self._decisions,
            conversion=statistics.conversions,
            read=statistics.reads,
            output=outputs * self._vectors,
            vector=len(self.arrays) * self._vectors,
            cycles=cycles * len(self.arrays),
            tile_cycles=cycles * crossbars,
        )

    def as_json(self) -> dict[str, object]:
        """Keys of one layer in ``hwgen run --json``, its shapes and its energy apart."""
        tables, uniform = self.readout.tables, self.readout.uniform
        by_context = [[[list(one) for one in ranges] for ranges in of_slice] for of_slice in tables]
        return {
            "row_tiles": self.mapped.row_tiles,
            "column_tiles": self.mapped.column_tiles,
            "ranges": by_context[0][0] if uniform else [],
            "tables": None if uniform else by_context,
            "lossless": self.lossless,
            "sqnr_db": self.sqnr_db,
            "largest_error": self.largest_error,
            **self.costs.as_json(),
            "histogram": self.statistics.histogram.tolist(),
        }
