"""The accumulators of one lane: tagged values, shifted and added in whatever order they come."""

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["MicroOperation", "ShiftAdd"]


class MicroOperation(data.StructLayout):
    """``accumulator[destination] += (-1)**negate * (value << shift)``.

    Parameters
    ----------
    destinations : int
        Number of accumulators.
    shifts : int
        Number of different shifts, from 0.
    value_bits : int
        Width of a value.
    """

    def __init__(self, *, destinations: int, shifts: int, value_bits: int) -> None:
        self.destinations = positive_int("Destination count", destinations)
        self.shifts = positive_int("Shift count", shifts)
        self.value_bits = positive_int("Value width", value_bits)
        super().__init__({
            "destination": range(max(destinations, 2)),
            "shift": range(max(shifts, 2)),
            "negate": 1,
            "value": value_bits,
        })


class ShiftAdd(wiring.Component):
    r"""Carry out micro-operations on a file of accumulators with one adder.

    .. math:: a_d \leftarrow a_d \pm v\, 2^s

    An accumulator is as wide as the range that its design reaches, so nothing ever saturates or
    wraps. ``clear`` does not touch the accumulators: it marks them empty, and an empty one reads as
    zero. Golden model: :class:`hwgen_models.shift_add.ShiftAdd`.

    Timing: one micro-operation per cycle, its sum readable in the next. ``clear`` together with a
    micro-operation starts the new sum with it. Reset marks all accumulators empty, which takes the
    place of resetting them: a flip-flop without reset is a fifth smaller.

    Parameters
    ----------
    operation : MicroOperation
        Shape of a micro-operation.
    reach : range
        Values that an accumulator can take.
    signed : bool
        Whether any operation negates; without, ``negate`` is not looked at.

    Members
    -------
    i : In(stream.Signature(operation, always_ready=True))
        Micro-operations.
    read_destination : In(range(destinations))
        Accumulator to look at; only while ``i`` is not valid.
    read_value : Out(reach)
        What it holds.
    clear : In(1)
        Mark all accumulators empty.
    """

    i: stream.Interface
    read_destination: Signal
    read_value: Signal
    clear: Signal

    def __init__(self, *, operation: MicroOperation, reach: range, signed: bool) -> None:
        self.operation = operation
        self.reach = reach
        self.signed = signed
        super().__init__({
            "i": In(stream.Signature(operation, always_ready=True)),
            "read_destination": In(range(max(operation.destinations, 2))),
            "read_value": Out(reach),
            "clear": In(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        count = self.operation.destinations
        accumulators = [
            Signal(self.reach, name=f"accumulator_{d}", reset_less=True) for d in range(count)
        ]
        empty = Signal(count, init=-1)

        # One read port serves the adder and, between vectors, the splice.
        operation = self.i.payload
        destination = Signal(range(max(count, 2)))
        held = Signal(self.reach)
        m.d.comb += destination.eq(Mux(self.i.valid, operation.destination, self.read_destination))
        m.d.comb += held.eq(Array(accumulators)[destination])
        m.d.comb += self.read_value.eq(Mux(empty.bit_select(destination, 1), 0, held))

        term = Signal(self.operation.value_bits + self.operation.shifts - 1)
        total = Signal(self.reach)
        m.d.comb += term.eq(operation.value << operation.shift)
        before = Mux(self.clear, 0, self.read_value)
        if self.signed:
            # Two's complement by hand: one adder, not an adder and a subtractor.
            inverted = Signal(self.reach)
            m.d.comb += inverted.eq(term ^ operation.negate.replicate(len(inverted)))
            m.d.comb += total.eq(before + inverted + operation.negate)
        else:
            m.d.comb += total.eq(before + term)

        with m.If(self.clear):
            m.d.sync += empty.eq(-1)
        with m.If(self.i.valid):
            for d, accumulator in enumerate(accumulators):
                with m.If(destination == d):
                    m.d.sync += [accumulator.eq(total), empty[d].eq(0)]
        return m
