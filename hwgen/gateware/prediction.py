"""Which count to expect of a read: the centre of an outward search."""

from amaranth import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["Prediction"]


class Prediction(wiring.Component):
    r"""Multiply the bound of a read by the density of every table.

    .. math:: centre_s = 1 + \lfloor B d_s / 2^q \rfloor

    A density below one keeps centres within 1 and the bound, so nothing has to be moved there.
    Golden model: :func:`hwgen_models.prediction.centre_of`.

    Timing: combinational; between the row count, whose last cycle before the end of ``sample`` is
    at least the second, and the tag of the read.

    Parameters
    ----------
    bits : int
        Width of a count, N.
    density_bits : int
        Width of a density, q.
    tables : int
        Densities.

    Members
    -------
    bound : In(N)
        Largest count that the active rows allow, B.
    plan : In(ArrayLayout(density_bits, tables))
        The densities, d.
    centres : Out(ArrayLayout(N, tables))
        What to expect; 1 where the bound is 0.
    """

    bound: Signal
    plan: data.View
    centres: data.View

    def __init__(self, *, bits: int, density_bits: int, tables: int) -> None:
        self.bits = positive_int("Count width", bits)
        self.density_bits = positive_int("Density width", density_bits)
        self.tables = positive_int("Table count", tables)
        super().__init__({
            "bound": In(self.bits),
            "plan": In(data.ArrayLayout(self.density_bits, self.tables)),
            "centres": Out(data.ArrayLayout(self.bits, self.tables)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        for t in range(self.tables):
            product = Signal(self.bits + self.density_bits, name=f"product_{t}")
            m.d.comb += [
                product.eq(self.bound * self.plan[t]),
                self.centres[t].eq((product >> self.density_bits) + 1),
            ]
        return m
