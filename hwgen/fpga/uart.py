"""A serial line, sending only."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["UartTransmitter"]

FRAME = 10  # start bit, eight data bits, stop bit


class UartTransmitter(wiring.Component):
    """Send bytes: one start bit, eight data bits with the lowest first, one stop bit.

    Timing: a byte takes `FRAME` bit times of `divisor` cycles. Reset leaves the line idle.

    Parameters
    ----------
    divisor : int
        Cycles of a bit: clock frequency over baud rate.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes to send.
    tx : Out(1)
        The line; high when idle.
    """

    i: stream.Interface
    tx: Signal

    def __init__(self, *, divisor: int) -> None:
        self.divisor = positive_int("Cycles of a bit", divisor)
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        frame = Signal(FRAME, init=-1)  # what is still to send, next bit lowest, ones behind it
        left = Signal(range(FRAME + 1))
        elapsed = Signal(range(self.divisor))
        m.d.comb += [self.tx.eq(frame[0]), self.i.ready.eq(left == 0)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [frame.eq(Cat(0, self.i.payload, 1)), left.eq(FRAME), elapsed.eq(0)]
        with m.Elif(left != 0):
            m.d.sync += elapsed.eq(elapsed + 1)
            with m.If(elapsed == self.divisor - 1):
                m.d.sync += [frame.eq(Cat(frame[1:], 1)), left.eq(left - 1), elapsed.eq(0)]
        return m
