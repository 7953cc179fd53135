"""Golden model of a readout lane: which conversions it makes, when, and what it accumulates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.columns import Operation
from hwgen_models.sar import Conversion, Sar
from hwgen_models.search import Error, SearchTree
from hwgen_models.shift_add import MicroOperation, ShiftAdd

if TYPE_CHECKING:
    from hwgen_models.spec import TileSpec

__all__ = [
    "HeldRead",
    "Lane",
    "LaneConversion",
    "LaneRead",
    "ReadTimes",
    "conversion_starts",
    "read_times",
]


class ReadTimes(NamedTuple):
    """When a lane serves a read. `finish` follows `idle` by the conversions' cycles and one.

    Parameters
    ----------
    idle : int
        i: the lane is idle with this read pending, its first conversion starts in i + 1.
    finish : int
        f: first cycle after the last conversion; the bank is pending no more, the lane is idle,
        the last value is being added.
    """

    idle: int
    finish: int


def read_times(*, last_sample: int, free: int, cycles: int) -> ReadTimes:
    r"""Return when a lane serves a read.

    .. math:: i = \max(q + 1, f'), \qquad f = i + 1 + \sum_k T_k

    A lane without used columns drops the read in cycle i.

    Parameters
    ----------
    last_sample : int
        q: last cycle of ``sample``, in which the bank becomes pending.
    free : int
        f': first idle cycle of the lane after its previous read.
    cycles : int
        Cycles of all its conversions of this read.

    Examples
    --------
    >>> read_times(last_sample=9, free=4, cycles=20)
    ReadTimes(idle=10, finish=31)
    """
    idle = max(last_sample + 1, free)
    return ReadTimes(idle=idle, finish=idle + 1 + cycles)


def conversion_starts(idle: ArrayLike, cycles: ArrayLike) -> NDArray[np.int64]:
    """Return the first cycle of every conversion: they follow each other without a gap.

    Parameters
    ----------
    idle : array_like of int, shape (...)
        i of each read (`read_times`).
    cycles : array_like of int, shape (..., conversions)
        Cycles of each conversion, in order; 0 for a column that is not converted.

    Returns
    -------
    numpy.ndarray of int64, shape (..., conversions)
        First cycles; that of a column that is not converted is the next one's.

    Examples
    --------
    >>> conversion_starts(10, [4, 6, 4]).tolist()
    [11, 15, 21]
    """
    cycles = np.asarray(cycles, dtype=np.int64)
    starts = np.asarray(idle, dtype=np.int64)[..., None] + 1 + np.cumsum(cycles, axis=-1) - cycles
    return np.asarray(starts)


@dataclass(frozen=True, kw_only=True)
class HeldRead:
    """One read as the sample-and-holds carry it to a lane.

    Parameters
    ----------
    counts : sequence of float
        Held value of each of the lane's columns.
    plane : int
        Plane that was driven.
    last_sample : int
        q: last cycle of ``sample``.
    bank : int
        Bank that holds it.
    negate : bool
        The plane counts negative: the last one of signed inputs.
    bound : int or None
        Largest count that the active rows allow; None where nobody asks.
    centres : sequence of int
        Counts that are expected of the columns with each table (`Scheme.centres`); empty where
        nobody asks.
    errors : sequence of Error or None
        Comparator error of each column, by decision; None: ideal.
    """

    counts: Sequence[float]
    plane: int
    last_sample: int
    bank: int = 0
    negate: bool = False
    bound: int | None = None
    centres: Sequence[int] = ()
    errors: Sequence[Error] | None = None

    def tag(self, spec: "TileSpec") -> list[tuple[int, int]]:
        """Return what the sequencer tells the lanes of the read, as (value, width), lowest first.

        The bound is cut off at the largest threshold code: no search tells counts above it.
        """
        fields = [(self.plane, max(1, (spec.planes - 1).bit_length())), (int(self.negate), 1)]
        if spec.bounded:
            fields.append((min(self.bound or 0, spec.largest_code), spec.readout_bits))
        if spec.scaled:
            width = (spec.octaves - 1).bit_length()
            fields.append((spec.octave_shift(self.bound or 0), width))
        fields += [(centre, spec.readout_bits) for centre in self.centres]
        return fields


@dataclass(frozen=True, kw_only=True)
class LaneConversion:
    """One conversion of a lane.

    Parameters
    ----------
    column : int
        Column of the lane, k.
    bank : int
        Bank that is looked at.
    start : int
        Its first cycle.
    conversion : Conversion
        What happens in it.
    operation : MicroOperation
        What is added, in the first cycle after it: `added`.
    """

    column: int
    bank: int
    start: int
    conversion: Conversion
    operation: MicroOperation

    @property
    def added(self) -> int:
        """Cycle in which the value is added; the sum shows in the next."""
        return self.start + self.conversion.cycles


@dataclass(frozen=True, kw_only=True)
class LaneRead:
    """What a lane makes of one read."""

    idle: int  # i
    finish: int  # f
    conversions: tuple[LaneConversion, ...]


class Lane:
    r"""Convert the used columns of every read in ascending order, and shift-add their values.

    A value v of column k, read in plane t, becomes

    .. math:: a_{d_k} \leftarrow a_{d_k} \pm v\, 2^{t \cdot dac\_bits + o_k \cdot cell\_bits}

    with destination d and slice offset o of the column's `Operation`; the sign is negative when
    either the column's operation or the read's plane negates, not both.

    Parameters
    ----------
    operations : sequence of Operation or None
        What every column's values mean, `ColumnMap.lane_columns`; None where unused.
    outputs : int
        Outputs in use: columns of others are not converted.
    cell_bits : int
        Bits of a slice.
    dac_bits : int
        Bits of a plane.
    sar : Sar
        Times.
    tree : SearchTree, or callable (column, bound) -> SearchTree
        The search; where it depends on the column, or on the bound of a read, a function.

    Attributes
    ----------
    accumulators : ShiftAdd
        What has been added up; clear it between vectors.
    used : list of int
        Columns that are converted.
    """

    def __init__(
        self,
        *,
        operations: Sequence[Operation | None],
        outputs: int,
        cell_bits: int,
        dac_bits: int,
        sar: Sar,
        tree: SearchTree | Callable[[int, int | None], SearchTree],
    ) -> None:
        self.operations = operations
        self.used = [
            k for k, one in enumerate(operations) if one is not None and one.output < outputs
        ]
        self.cell_bits = cell_bits
        self.dac_bits = dac_bits
        self.sar = sar
        self.tree = tree
        destinations = {one.destination for one in operations if one is not None}
        self.accumulators = ShiftAdd(destinations=len(destinations))
        self._free = 0

    def read(self, held: HeldRead) -> LaneRead:
        """Serve one read, after all that came before it."""
        conversions = []
        at = first = read_times(last_sample=held.last_sample, free=self._free, cycles=0).finish
        for k in self.used:
            error = None if held.errors is None else held.errors[k]
            tree = self.tree(k, held.bound) if callable(self.tree) else self.tree
            conversion = self.sar.conversion(tree, held.counts[k], error)
            operation = self._operation(k, held, conversion.value)
            self.accumulators.add(operation)
            conversions.append(
                LaneConversion(
                    column=k, bank=held.bank, start=at, conversion=conversion, operation=operation
                )
            )
            at += conversion.cycles
        times = read_times(last_sample=held.last_sample, free=self._free, cycles=at - first)
        self._free = times.finish
        return LaneRead(idle=times.idle, finish=times.finish, conversions=tuple(conversions))

    def _operation(self, k: int, held: HeldRead, value: int) -> MicroOperation:
        operation = self.operations[k]
        if operation is None:
            raise IndexError(f"Column must be a used one, not {k!r}")
        return MicroOperation(
            destination=operation.destination,
            value=value,
            shift=held.plane * self.dac_bits + operation.slice_offset * self.cell_bits,
            negate=operation.negate != held.negate,
        )
