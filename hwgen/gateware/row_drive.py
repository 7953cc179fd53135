"""The word lines: one register that holds the digits of the plane being read."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["RowDrive"]


class RowDrive(wiring.Component):
    """Drive a plane, or nothing.

    Golden model: :mod:`hwgen_models.row_drive`.

    Timing: ``drive`` changes one cycle after ``load`` or ``off``; ``load`` wins. Off at reset.

    Parameters
    ----------
    rows : int
        Word lines.
    digit_bits : int
        Width of a row's digit.

    Members
    -------
    digits : In(rows * digit_bits)
        Digits to drive, row 0 lowest.
    load : In(1)
        Drive ``digits``.
    off : In(1)
        Drive nothing.
    drive : Out(rows * digit_bits)
        The word lines.
    """

    digits: Signal
    load: Signal
    off: Signal
    drive: Signal

    def __init__(self, *, rows: int, digit_bits: int) -> None:
        self.rows = positive_int("Row count", rows)
        self.digit_bits = positive_int("Digit width", digit_bits)
        super().__init__({
            "digits": In(self.rows * self.digit_bits),
            "load": In(1),
            "off": In(1),
            "drive": Out(self.rows * self.digit_bits),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        with m.If(self.load):
            m.d.sync += self.drive.eq(self.digits)
        with m.Elif(self.off):
            m.d.sync += self.drive.eq(0)
        return m
