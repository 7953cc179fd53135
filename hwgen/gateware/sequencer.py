"""The schedule of a tile: planes onto rows, reads into banks, vectors to their end."""

from enum import IntEnum

from amaranth import Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int
from hwgen.gateware.tags import ReadTag

__all__ = ["Sequencer"]


class _State(IntEnum):
    IDLE = 0  # no plane on the rows
    SETTLE = 1  # a plane is on the rows, not sampled yet
    SAMPLE = 2
    HOLD = 3  # one cycle in which the rows outlive the sample
    END = 4  # all planes are done, the vector before may still drain


class Sequencer(wiring.Component):
    r"""Read plane after plane, skip empty ones, and drain the accumulators after the last.

    Two processes meet in the banks of sample-and-holds. The first puts a plane on the rows, waits
    until it has settled and a bank is free, and samples. The second frees a bank when no lane has
    the read pending any more, and drains the accumulators, one output per cycle, once a vector has
    ended and no bank is in use. No vector is sampled before the one ahead of it has drained, so no
    held value waits for the consumer of ``y``.

    The exact cycles are those of ``docs/architecture.md``, section 5. Golden model:
    :mod:`hwgen_models.sequencer`.

    Any value of the state register leads back to the schedule: unused codes return to idle.

    Parameters
    ----------
    planes : int
        Planes of a vector.
    banks : int
        Sample-and-holds per column, 1 or 2.
    outputs : int
        Largest number of outputs.
    settle_row : int
        Cycles from a new plane to ``sample``, at least 2.
    sample_cycles : int
        Length of ``sample``.
    signed : bool
        The last plane counts negative.
    active_max : int
        Largest sum of the driven digits.
    bound_bits : int
        Width of the bound that tags carry; 0: they carry none.
    octaves : int
        Lengths in bits that the bound can have, where tags say how much shorter it is; 0: not.
    centres : int
        Expected counts that tags carry; 0: none. They depend on tables, which then may not change
        in the cycle in which they are stored.

    Members
    -------
    full : In(1), drop : Out(1), plane : Out(range(planes))
        Input buffer: a vector is there; its last plane leaves it; plane that the rows take next.
    load, off : Out(1)
        Row drive.
    active : In(range(...))
        Sum of the driven digits; only whether it is zero matters here.
    sample, hold_clear : Out(2)
        Analog control pins, all flip-flops.
    loaded : Out(2)
        This bank holds a new read from the next cycle on.
    pending : In(2)
        Some lane has still to serve this bank.
    older : Out(1)
        Bank that was sampled before the other.
    bound : In(N)
        Largest count that the plane on the rows allows; only with a bound in the tags.
    centres : In(ArrayLayout(N, centres))
        Counts to expect of the plane on the rows; only with centres in the tags.
    tag_0, tag_1 : Out(ReadTag)
        What the banks hold.
    outputs_used : In(range(outputs + 1))
        Outputs to drain.
    buffer_empty : In(1)
        The output buffer can take a vector.
    drain : Out(1), output_index : Out(range(outputs)), clear : Out(1)
        Read this output from the accumulators; the last of the vector.
    boundary : Out(1)
        Between two vectors: tables may change.
    idle : Out(1)
        Nothing under way.
    """

    full: Signal
    drop: Signal
    plane: Signal
    load: Signal
    off: Signal
    active: Signal
    sample: Signal
    hold_clear: Signal
    loaded: Signal
    pending: Signal
    older: Signal
    bound: Signal
    centres: data.View
    tag_0: data.View
    tag_1: data.View
    outputs_used: Signal
    buffer_empty: Signal
    drain: Signal
    output_index: Signal
    clear: Signal
    boundary: Signal
    idle: Signal

    def __init__(
        self,
        *,
        planes: int,
        banks: int,
        outputs: int,
        settle_row: int,
        sample_cycles: int,
        signed: bool,
        active_max: int,
        bound_bits: int = 0,
        octaves: int = 0,
        centres: int = 0,
    ) -> None:
        if banks not in {1, 2}:
            raise ValueError(f"Bank count must be 1 or 2, not {banks!r}")
        if settle_row < 2:
            raise ValueError(f"Row settling must be at least 2 cycles, not {settle_row!r}")
        self.planes = positive_int("Plane count", planes)
        self.banks = banks
        self.outputs = positive_int("Output count", outputs)
        self.settle_row = settle_row
        self.sample_cycles = positive_int("Sample time", sample_cycles)
        self.signed = signed
        self.bound_bits = bound_bits
        self.octaves = octaves
        self.centre_count = centres
        plane_shape = range(max(planes, 2))
        tag = ReadTag(planes=planes, bound_bits=bound_bits, octaves=octaves, centres=centres)
        super().__init__(
            ({"bound": In(bound_bits)} if bound_bits else {})
            | ({"centres": In(data.ArrayLayout(bound_bits, centres))} if centres else {})
            | {
                "full": In(1),
                "drop": Out(1),
                "plane": Out(plane_shape),
                "load": Out(1),
                "off": Out(1),
                "active": In(range(active_max + 1)),
                "sample": Out(2),
                "hold_clear": Out(2),
                "loaded": Out(2),
                "pending": In(2),
                "older": Out(1),
                "tag_0": Out(tag),
                "tag_1": Out(tag),
                "outputs_used": In(range(self.outputs + 1)),
                "buffer_empty": In(1),
                "drain": Out(1),
                "output_index": Out(range(max(self.outputs, 2))),
                "clear": Out(1),
                "boundary": Out(1),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        in_use = Signal(2)  # sampled, and some lane still looks at it
        ending = Signal()  # the last plane has been sampled, the vector must drain
        self._read_planes(m, in_use, ending)
        self._end_vectors(m, in_use, ending)
        return m

    def _read_planes(self, m: Module, in_use: Signal, ending: Signal) -> None:
        state = Signal(unsigned(3))
        elapsed = Signal(range(max(self.settle_row, self.sample_cycles)))
        driven = Signal.like(self.plane)  # the plane on the rows
        bank = Signal()  # the bank to sample into
        mask = Signal(2)
        m.d.comb += mask.eq(1 << bank)

        is_last = Signal()
        known = Signal()
        may_sample = Signal()
        strays = Signal(2)  # banks that hold nothing, and yet some lane serves them after an upset
        m.d.comb += [
            strays.eq(self.pending & ~in_use),
            is_last.eq(driven >= self.planes - 1),
            known.eq(elapsed != 0),  # the active rows of this plane have been counted
            may_sample.eq(~(in_use & mask).any() & ~strays.any() & ~ending),
        ]

        def drive(plane):
            m.d.comb += [self.plane.eq(plane), self.load.eq(1)]
            m.d.comb += self.drop.eq(plane >= self.planes - 1)
            m.d.sync += [driven.eq(plane), elapsed.eq(0), state.eq(_State.SETTLE)]

        def next_plane():
            with m.If(is_last):
                m.d.comb += self.off.eq(1)
                m.d.sync += state.eq(_State.END)
            with m.Else():
                drive(driven + 1)

        m.d.sync += elapsed.eq(elapsed + 1)
        with m.Switch(state):
            with m.Case(_State.SETTLE):
                with m.If(known & (self.active == 0)):
                    next_plane()
                with m.Elif(elapsed >= self.settle_row - 1):
                    m.d.sync += elapsed.eq(self.settle_row - 1)
                    with m.If(may_sample):
                        m.d.sync += self.sample.eq(mask)
                        m.d.sync += [elapsed.eq(0), state.eq(_State.SAMPLE)]

            with m.Case(_State.SAMPLE), m.If(elapsed >= self.sample_cycles - 1):
                m.d.comb += self.loaded.eq(mask)
                m.d.sync += [self.sample.eq(0), state.eq(_State.HOLD)]
                with m.If(bank):
                    m.d.sync += self._tag(self.tag_1, driven, is_last)
                with m.Else():
                    m.d.sync += self._tag(self.tag_0, driven, is_last)
                if self.banks == 2:
                    m.d.sync += bank.eq(~bank)

            with m.Case(_State.HOLD):
                next_plane()

            with m.Case(_State.END), m.If(~ending):
                m.d.sync += [ending.eq(1), state.eq(_State.IDLE)]

            with m.Default():
                m.d.comb += self.off.eq(1)
                m.d.sync += [self.sample.eq(0), state.eq(_State.IDLE)]
                with m.If(self.full):
                    drive(0)

        m.d.comb += [
            self.older.eq(bank),
            self.idle.eq((state == _State.IDLE) & ~in_use.any() & ~ending),
        ]

    def _tag(self, tag: data.View, plane: Signal, is_last: Signal) -> list:
        """Describe the read that is being sampled."""
        fields = [tag.plane.eq(plane), tag.negate.eq(self.signed & is_last)]
        if self.bound_bits:
            fields.append(tag.bound.eq(self.bound))
        if self.octaves:
            fields.append(tag.shift.eq(self._shift()))
        if self.centre_count:
            fields.append(tag.centres.eq(self.centres))
        return fields

    def _shift(self) -> Value:
        """Return how many bits the bound is shorter than the longest: 0 of the longest."""
        shift = Const(self.octaves - 1)
        for k in range(1, self.octaves):
            shift = Mux(self.bound[k], self.octaves - 1 - k, shift)
        return shift

    def _end_vectors(self, m: Module, in_use: Signal, ending: Signal) -> None:
        served = Signal(2)
        m.d.comb += served.eq(in_use & ~self.pending)
        m.d.sync += [
            in_use.eq((in_use & ~served) | self.loaded),
            self.hold_clear.eq(served),
        ]

        index = Signal.like(self.output_index)
        started = Signal()  # a read of the vector has been sampled
        between = ~started & ~ending
        if self.centre_count:  # what depends on the tables is stored at the end of a sample
            between = between & ~self.loaded.any()
        m.d.comb += [
            self.output_index.eq(index),
            self.drain.eq(ending & ~in_use.any() & (self.buffer_empty | (index != 0))),
            self.clear.eq(self.drain & (index + 1 >= self.outputs_used)),
            self.boundary.eq(between),
        ]
        m.d.sync += started.eq(Mux(self.clear, 0, started | self.loaded.any()))
        with m.If(self.drain):
            m.d.sync += index.eq(index + 1)
        with m.If(self.clear):
            m.d.sync += [index.eq(0), ending.eq(0)]
