"""How many row digits are driven: the bound of every count of a read."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["ActiveRows"]


class ActiveRows(wiring.Component):
    r"""Add up the digits on the word lines.

    .. math:: U = \sum_r x_r

    No count of the read can exceed :math:`U (2^{\text{cell\_bits}} - 1)`; a read with
    :math:`U = 0` need not be made. Golden model: :mod:`hwgen_models.active_rows`.

    Timing: ``total`` belongs to the ``drive`` of the cycle before. Reset clears it.

    Parameters
    ----------
    rows : int
        Word lines.
    digit_bits : int
        Width of a row's digit.

    Members
    -------
    drive : In(rows * digit_bits)
        The digits, row 0 lowest.
    total : Out(range(rows * (2**digit_bits - 1) + 1))
        Their sum.
    """

    drive: Signal
    total: Signal

    def __init__(self, *, rows: int, digit_bits: int) -> None:
        self.rows = positive_int("Row count", rows)
        self.digit_bits = positive_int("Digit width", digit_bits)
        super().__init__({
            "drive": In(self.rows * self.digit_bits),
            "total": Out(range(self.rows * (2**self.digit_bits - 1) + 1)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        sums = [self.drive.word_select(r, self.digit_bits) for r in range(self.rows)]
        while len(sums) > 1:
            pairs = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)]
            sums = pairs + sums[len(pairs) * 2 :]
        m.d.sync += self.total.eq(sums[0])
        return m
