"""From the interval code of a twin-range search to the value it stands for."""

from amaranth import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int
from hwgen.gateware.search import SearchPlan

__all__ = ["IntervalDecode"]


class IntervalDecode(wiring.Component):
    r"""Decode (range, level), the level carrying its payload in place and zeros where truncated.

    Range 0 stands for its floor, so that a count of zero decodes to exactly zero; range 1 for
    the middle of the truncated bin; the bin that the edge :math:`W` of range 0 cuts for the
    middle of what is left of it:

    .. math::
        y = \begin{cases} l & \text{range } 0 \\
            \lfloor (W + 2^{d_2}) / 2 \rfloor & \text{range } 1,\ l = 0,\ W < 2^{d_2} \\
            l + \lfloor 2^{d_2 - 1} \rfloor & \text{range } 1 \text{ otherwise} \end{cases}

    The truncated bits of a level are zero, so every sum is an OR. Golden model:
    :mod:`hwgen_models.interval_decode`. Reconstruction of TRQ (DATE 2024) with the paper's twin
    uniform steps; flooring in range 0 is ours.

    Timing: combinational.

    Parameters
    ----------
    bits : int
        Width of a level, N.

    Members
    -------
    plan : In(SearchPlan(bits=N))
        The range table, decoded.
    range : In(1)
        Range that the level was found in.
    level : In(N)
        Level found.
    value : Out(N)
        Value it stands for.
    """

    plan: data.View
    range: Signal
    level: Signal
    value: Signal

    def __init__(self, *, bits: int) -> None:
        self.bits = positive_int("Readout width", bits)
        super().__init__({
            "plan": In(SearchPlan(bits=self.bits)),
            "range": In(1),
            "level": In(self.bits),
            "value": Out(self.bits),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.d.comb += self.value.eq(self.level)
        with m.If(self.range):
            m.d.comb += self.value.eq(self.level | self.plan.mid)
            with m.If(self.level == 0):
                m.d.comb += self.value.eq(self.plan.mid | self.plan.straddle)
        return m
