"""One readout lane: converts the held counts of its columns and accumulates their values."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int
from hwgen.gateware.interval_decode import IntervalDecode
from hwgen.gateware.sar import Sar
from hwgen.gateware.search import ENGINES
from hwgen.gateware.shift_add import MicroOperation, ShiftAdd
from hwgen.gateware.tags import ReadTag

__all__ = ["ColumnOperation", "Lane"]


class ColumnOperation(data.StructLayout):
    """What a column's values mean to its lane: which accumulator, how far up, which sign.

    Parameters
    ----------
    destinations : int
        Accumulators of the lane.
    offsets : int
        Number of different slice offsets, from 0.
    """

    def __init__(self, *, destinations: int, offsets: int) -> None:
        self.destinations = destinations
        self.offsets = offsets
        super().__init__({
            "destination": range(max(destinations, 2)),
            "offset": range(max(offsets, 2)),
            "negate": 1,
        })


class Lane(wiring.Component):
    r"""Serve the columns of one lane in turn, each as fast as its search allows.

    ``load[b]`` announces a read held in bank *b*. The lane then converts its used columns in
    ascending order and shift-adds every value, tagged with its plane and column; it waits for
    nobody. Golden model: :mod:`hwgen_models.lane`.

    Timing: an idle lane starts the first conversion one cycle after it sees a pending bank (a lane
    without used columns drops the bank instead), further conversions follow without a gap. A
    value is added in the first cycle after its conversion. With two banks pending the ``older``
    one comes first. Reset drops pending banks and empties the accumulators.

    Whatever its registers hold, a lane is idle or serves a pending bank correctly within one
    longest conversion: apart from the four states of :class:`~hwgen.gateware.sar.Sar` its only
    control state is ``pending``, ``bank`` and ``column``.

    Parameters
    ----------
    search : str
        Name of an engine, one of `ENGINES`.
    engine : dict
        Keyword arguments of the engine beside `bits`.
    tables : int
        Search tables to choose from, column by column.
    bits : int
        Readout width, N.
    columns : int
        Columns that the lane serves.
    planes : int
        Planes of a vector.
    plane_bits : int
        DAC digit width: how far one plane lies above the one before.
    operations : ColumnOperation
        Shape of a column's operation.
    identity : bool
        Column *k* simply goes to accumulator *k*; then there is no port ``operations``.
    signed : bool
        Whether any value is subtracted.
    reach : range
        Values that an accumulator can take.
    timing : dict
        Keyword arguments of :class:`~hwgen.gateware.sar.Sar`.

    Members
    -------
    load : In(2)
        A read was sampled into this bank.
    older : In(1)
        The bank that was sampled first, should both be pending.
    tag_0, tag_1 : In(ReadTag)
        What either bank holds.
    used : In(columns)
        Columns to convert.
    operations : In(ArrayLayout(ColumnOperation, columns))
        What every column's values mean; constant.
    plan : In
        What the engine takes for a table, where it takes one; an array of them for several tables.
    table_of : In(ArrayLayout(range(tables), columns))
        Which table every column has; constant, only with several tables.
    pending : Out(2)
        Reads of either bank still to be served.
    column : Out(range(columns)), bank : Out(1)
        The held count that the lane looks at.
    acquire, strobe, busy : Out(1), dac : Out(N), compare : In(1)
        Analog pins, see :class:`~hwgen.gateware.sar.Sar`.
    read_destination, read_value, clear
        See :class:`~hwgen.gateware.shift_add.ShiftAdd`.
    """

    load: Signal
    older: Signal
    tag_0: data.View
    tag_1: data.View
    used: Signal
    operations: data.View
    plan: data.View
    table_of: data.View
    pending: Signal
    column: Signal
    bank: Signal
    acquire: Signal
    strobe: Signal
    busy: Signal
    dac: Signal
    compare: Signal
    read_destination: Signal
    read_value: Signal
    clear: Signal

    def __init__(
        self,
        *,
        search: str,
        engine: dict[str, object] | None = None,
        tables: int = 1,
        bits: int,
        columns: int,
        planes: int,
        plane_bits: int,
        operations: ColumnOperation,
        identity: bool,
        signed: bool,
        reach: range,
        timing: dict[str, int],
    ) -> None:
        if search not in ENGINES:
            raise ValueError(f"Search must be one of {', '.join(ENGINES)}, not {search!r}")
        self.bits = positive_int("Readout width", bits)
        self.columns = positive_int("Columns per lane", columns)
        self.planes = positive_int("Plane count", planes)
        self.plane_bits = positive_int("Plane width", plane_bits)
        self.identity = identity
        self.tables = positive_int("Table count", tables)

        self.sar = Sar(**timing)
        self.search = ENGINES[search](bits=bits, **engine or {})
        ports = self.search.signature.members
        self.has_plan, self.has_range = "plan" in ports, "range" in ports
        self.has_bound, self.has_shift = "bound" in ports, "shift" in ports
        self.has_centre = "centre" in ports
        self.shift_add = ShiftAdd(
            operation=MicroOperation(
                destinations=operations.destinations,
                shifts=(planes - 1) * plane_bits + operations.offsets,
                value_bits=bits,
            ),
            reach=reach,
            signed=signed,
        )
        tag = ReadTag(
            planes=planes,
            bound_bits=bits if self.has_bound else 0,
            octaves=len(ports["shift"].shape) if self.has_shift else 0,
            centres=self.tables if self.has_centre else 0,
        )
        members = {
            "load": In(2),
            "older": In(1),
            "tag_0": In(tag),
            "tag_1": In(tag),
            "used": In(self.columns),
        }
        if not identity:
            members["operations"] = In(data.ArrayLayout(operations, self.columns))
        if self.has_plan:
            shape = ports["plan"].shape
            members["plan"] = In(shape if tables == 1 else data.ArrayLayout(shape, tables))
        if tables > 1:
            members["table_of"] = In(data.ArrayLayout(range(tables), self.columns))
        members |= {
            "pending": Out(2),
            "column": Out(range(max(self.columns, 2))),
            "bank": Out(1),
            "acquire": Out(1),
            "strobe": Out(1),
            "busy": Out(1),
            "dac": Out(self.bits),
            "compare": In(1),
            "read_destination": In(range(max(operations.destinations, 2))),
            "read_value": Out(reach),
            "clear": In(1),
        }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sar = sar = self.sar
        m.submodules.search = search = self.search
        m.submodules.shift_add = shift_add = self.shift_add

        # analog pins <-> sar <-> search
        m.d.comb += [
            self.acquire.eq(sar.acquire),
            self.strobe.eq(sar.strobe),
            self.busy.eq(sar.busy),
            self.dac.eq(search.dac),
            sar.compare.eq(self.compare),
            search.start.eq(sar.search_start),
            search.step.eq(sar.search_step),
            search.answer.eq(sar.search_answer),
            sar.search_none.eq(search.none),
            sar.search_last.eq(search.last),
        ]

        # Which column of which bank comes next?
        pending_bank = Signal()
        above = Signal(self.columns)
        candidates = Signal(self.columns)
        following = Signal.like(self.column)
        more = Signal()
        m.d.comb += [
            pending_bank.eq(Mux(self.pending.all(), self.older, self.pending[1])),
            above.eq(Const(2**self.columns - 2, self.columns) << self.column),
            candidates.eq(Mux(sar.idle, self.used, self.used & above)),
            more.eq(candidates.any()),
        ]
        for k in reversed(range(self.columns)):
            with m.If(candidates[k]):
                m.d.comb += following.eq(k)

        with m.If(sar.idle & self.pending.any()):
            m.d.comb += sar.start.eq(more)
            m.d.sync += self.bank.eq(pending_bank)
            with m.If(~more):
                m.d.sync += self.pending.bit_select(pending_bank, 1).eq(0)
        with m.If(sar.finish):
            m.d.comb += sar.start.eq(more)
            with m.If(~more):
                m.d.sync += self.pending.bit_select(self.bank, 1).eq(0)
        with m.If(sar.start):
            m.d.sync += self.column.eq(following)
        for b in range(2):
            with m.If(self.load[b]):
                m.d.sync += self.pending[b].eq(1)

        # what the search goes by: the table of its column, the bound of its read
        number = 0
        if self.tables > 1:
            number = Array(self.table_of[k] for k in range(self.columns))[self.column]
        if self.has_plan and self.tables > 1:
            m.d.comb += search.plan.eq(Array(self.plan[t] for t in range(self.tables))[number])
        elif self.has_plan:
            m.d.comb += search.plan.eq(self.plan)
        if self.has_centre:
            of_banks = [
                Array(tag.centres[t] for t in range(self.tables))[number]
                for tag in (self.tag_0, self.tag_1)
            ]
            m.d.comb += search.centre.eq(Mux(self.bank, of_banks[1], of_banks[0]))
        if self.has_bound:
            m.d.comb += search.bound.eq(Mux(self.bank, self.tag_1.bound, self.tag_0.bound))
        if self.has_shift:
            m.d.comb += search.shift.eq(Mux(self.bank, self.tag_1.shift, self.tag_0.shift))

        # search -> interval_decode -> shift_add, one cycle after the conversion; zero before, so
        # that a search under way changes nothing there
        level = Signal(self.bits)
        value = Signal(self.bits)
        found = shift_add.i.valid
        m.d.comb += level.eq(search.dac & found.replicate(self.bits))
        if self.has_range:
            m.submodules.interval_decode = decode = IntervalDecode(bits=self.bits)
            m.d.comb += [
                decode.plan.eq(self.plan),
                decode.range.eq(search.range & found),
                decode.level.eq(level),
                value.eq(decode.value),
            ]
        else:
            m.d.comb += value.eq(level)

        column_done = Signal.like(self.column)
        bank_done = Signal()
        m.d.sync += [
            shift_add.i.valid.eq(sar.finish),
            column_done.eq(self.column),
            bank_done.eq(self.bank),
        ]
        plane = Signal.like(self.tag_0.plane)
        negate_plane = Signal()
        operation = shift_add.i.payload
        height = plane if self.plane_bits == 1 else plane * self.plane_bits
        m.d.comb += [
            plane.eq(Mux(bank_done, self.tag_1.plane, self.tag_0.plane)),
            negate_plane.eq(Mux(bank_done, self.tag_1.negate, self.tag_0.negate)),
            operation.value.eq(value),
        ]
        if self.identity:
            m.d.comb += [
                operation.destination.eq(column_done),
                operation.shift.eq(height),
                operation.negate.eq(negate_plane),
            ]
        else:
            choices = Array(self.operations[k] for k in range(self.columns))
            chosen = Signal(self.operations.shape().elem_shape)
            m.d.comb += [
                chosen.eq(choices[column_done]),
                operation.destination.eq(chosen.destination),
                operation.shift.eq(height + chosen.offset),
                operation.negate.eq(negate_plane ^ chosen.negate),
            ]

        m.d.comb += [
            shift_add.read_destination.eq(self.read_destination),
            shift_add.clear.eq(self.clear),
            self.read_value.eq(shift_add.read_value),
        ]
        return m
