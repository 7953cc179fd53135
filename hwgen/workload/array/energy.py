"""What a layer's conversions and reads cost in energy: statistics on the bill of models.

Everything is exact for the counts of the run: decisions and conversions are counted, the charge of
a search follows from the histogram of its counts, that of cells from the sums of driven digits and
of counts (`hwgen.power.analog.array.Cells` derives why these are enough).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.config import Table
from hwgen.power.analog.accounting import AdcEnergy, Conversions, Searched
from hwgen.power.analog.array import ArrayEnergy, OnTime, Reads, Shape
from hwgen.power.analog.choose import Analog
from hwgen.power.operations import DigitalEnergy
from hwgen.workload.array import kernels
from hwgen.workload.array.cycles import SteadyStream
from hwgen.workload.array.readout import Readout
from hwgen.workload.array.statistics import Statistics, charged_lines
from hwgen.workload.array.walks import walk_of
from hwgen_models.search import SearchTree
from hwgen_models.tile import Result, Tile

__all__ = ["Energy", "conversions_of", "energy_of", "energy_of_result", "reads_of", "trees_of"]


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Energy of the analog side, of a layer or of a network.

    Parameters
    ----------
    adc : AdcEnergy
        Of converters.
    array : ArrayEnergy
        Of arrays.
    reads : Reads
        What the arrays did.
    digital : DigitalEnergy, optional
        Of the periphery, where an operation's energy is known.
    """

    adc: AdcEnergy
    array: ArrayEnergy
    reads: Reads
    digital: DigitalEnergy | None = None

    @classmethod
    def total(cls, parts: Iterable["Energy"]) -> "Energy":
        """Add up layers, at least one, all on the same bill.

        Raises
        ------
        TypeError
            When the models of their converters differ.
        """
        first, *others = parts
        array, reads, digital = first.array, first.reads, first.digital
        for other in others:
            array, reads = array.plus(other.array), reads.plus(other.reads)
            digital = digital and other.digital and digital.plus(other.digital)
        adc = AdcEnergy.total([first.adc, *(one.adc for one in others)])
        return cls(adc=adc, array=array, reads=reads, digital=digital)

    def as_json(self, *, per: int = 1) -> dict[str, object]:
        """Return the keys of ``energy_pj``, divided by `per`."""
        return {
            "adc": self.adc.picojoules / per,
            "array": self.array.total / per,
            "array_parts": {name: part / per for name, part in self.array._asdict().items()},
            "digital": self.digital and self.digital.total / per,
            "digital_parts": self.digital and self.digital.as_json(per=per),
        }


def energy_of(
    analog: Analog,
    readout: Readout,
    statistics: Statistics,
    *,
    decisions: int,
    on_time: OnTime,
) -> Energy:
    """Work out the analog energy of what a layer did.

    Parameters
    ----------
    analog : Analog
        The models.
    readout : Readout
        The layer's search tables.
    statistics : Statistics
        What its arrays did.
    decisions : int
        Decisions that its comparators took.
    on_time : OnTime
        How long its word lines were driven.
    """
    reads = reads_of(statistics, on_time)
    return Energy(
        adc=analog.adc.energy(conversions_of(readout, statistics, decisions=decisions)),
        array=analog.array.energy(reads),
        reads=reads,
    )


def energy_of_result(analog: Analog, tile: Tile, result: Result, x: ArrayLike) -> Energy:
    """Work out the analog energy of vectors through one tile, as the golden model ran them.

    Vectors follow each other without a pause, the first the last, as `hwgen.gates.tile` plays them.

    Parameters
    ----------
    analog : Analog
        The models.
    tile : Tile
        The tile, its array ideal.
    result : Result
        What it did, counts kept.
    x : array_like of int, shape (vectors, rows used)
        The vectors.
    """
    spec = result.spec
    codes = np.ascontiguousarray(x, dtype=np.int16)
    words = kernels.words_of(codes.shape[1])
    planes = np.empty((spec.dac_bits, words, spec.planes, len(codes)), dtype=np.uint64)
    kernels.pack_planes(codes, spec.dac_bits, planes)
    done = Conversions(
        bits=spec.readout_bits,
        conversions=result.conversions,
        decisions=result.total_decisions,
        searches=tuple(_searches_of(tile, result)),
    )
    reads = Reads(
        shape=Shape.of(spec),
        reads=result.reads,
        driven=int(result.active_rows.sum()),
        charged=charged_lines(planes),
        counts=_sum_of_counts(result.histogram),
        on_time=_on_time_of(result),
    )
    return Energy(adc=analog.adc.energy(done), array=analog.array.energy(reads), reads=reads)


def _on_time_of(result: Result) -> OnTime:
    """Time the word lines of a tile that has played the last vector just before the first."""
    stream = SteadyStream(result.spec, result.y.shape[1])
    active = np.ascontiguousarray(result.active_rows.T, dtype=np.int32)
    cycles = np.ascontiguousarray(result.lane_cycles.transpose(2, 1, 0), dtype=np.int32)
    counts = np.ascontiguousarray(result.counts.sum(axis=2).T, dtype=np.int32)
    last = slice(-1, None)
    stream.take(*(np.ascontiguousarray(one[..., last]) for one in (active, cycles, counts)))
    before = stream.on_time
    stream.take(active, cycles, counts)
    return stream.on_time.minus(before)


def _searches_of(tile: Tile, result: Result) -> Iterator[Searched]:
    """Sort what a tile converted by the tree that it walked."""
    vector, plane = np.nonzero(result.active_rows)
    numbers = tile.tree_numbers(plane, result.active_rows[vector, plane])[:, tile.physical]
    counts = result.counts[vector, plane][:, tile.physical].astype(np.int64)
    for number, tree in enumerate(tile.trees):
        walked = counts[numbers == number]
        histogram = np.bincount(walked, minlength=len(result.histogram))
        yield Searched(tree=tree, histogram=histogram[: tree.bound + 1])


def trees_of(readout: Readout) -> Iterator[SearchTree]:
    """Yield the different search trees of a layer."""
    for table in _tables(readout):
        yield from walk_of(readout.spec, table).trees


def _tables(readout: Readout) -> list[Table]:
    return sorted({table for of_slice in readout.tables for table in of_slice})


def conversions_of(readout: Readout, statistics: Statistics, *, decisions: int) -> Conversions:
    """Sort the conversions of a layer by the tree that they walked."""
    spec = readout.spec
    searches = []
    for table in _tables(readout):
        walk = walk_of(spec, table)
        of_table = np.array([[one == table for one in of_slice] for of_slice in readout.tables])
        by_active = statistics.by_rows(of_table)
        bounds = np.minimum(np.arange(len(by_active)) * spec.largest_digit, spec.largest_count)
        tree_of = np.searchsorted(walk.bounds, bounds)
        for k, tree in enumerate(walk.trees):
            histogram = by_active[tree_of == k].sum(axis=0)  # no count is above its bound
            searches.append(Searched(tree=tree, histogram=histogram[: tree.bound + 1]))
    return Conversions(
        bits=readout.spec.readout_bits,
        conversions=statistics.conversions,
        decisions=decisions,
        searches=tuple(searches),
    )


def reads_of(statistics: Statistics, on_time: OnTime) -> Reads:
    """Sum up what the arrays of a layer did."""
    return Reads(
        shape=Shape.of(statistics.extent.spec),
        reads=statistics.reads,
        driven=statistics.driven,
        charged=statistics.charged,
        counts=_sum_of_counts(statistics.histogram),
        on_time=on_time,
    )


def _sum_of_counts(histogram: NDArray[np.int64]) -> int:
    return int(histogram @ np.arange(len(histogram)))
