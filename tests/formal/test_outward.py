# amaranth: UnusedElaboratable=no
"""The engine that searches outward narrows an interval around the count with every answer."""

import pytest
from amaranth import Module, Mux, Signal
from amaranth.hdl import Assume

from hwgen.gateware.search import OutwardSearch
from tests.formal.around import Around
from tests.formal.support import anything, claim, inject, prove

pytestmark = pytest.mark.formal

SIZES = {"6 bits": (6, 8), "8 bits": (8, 8), "little patience": (5, 1), "much": (4, 20)}


class NarrowsAnInterval(Around):
    """For ever: with right answers, low <= count <= high, and every threshold divides the interval.

    The interval is 0 .. bound when a search begins, and 0 .. all ones below its highest bit when
    patience is at an end: the search begins anew then, bit by bit. It is one count when the search
    ends, and that is what ``dac`` shows after it. Outward no threshold is above the bound.
    """

    def __init__(self, bits, patience):
        super().__init__(OutwardSearch(bits=bits, patience=patience))

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        dut, bits = self.dut, self.dut.bits
        bound, count, centre = (anything(m, bits, name) for name in ("limit", "count", "first"))
        m.d.comb += [
            Assume((count <= bound) & (centre >= 1) & ((centre <= bound) | (bound == 0))),
            Assume((self.bound == bound) & (self.centre == centre)),
            Assume(self.answer == (count >= dut.dac)),
        ]

        low, high, spent = Signal(bits), Signal(bits), Signal(range(64))
        running, over, anew = Signal(), Signal(), Signal()
        reach = Signal(bits)  # ones from the highest of the bound down
        m.d.comb += [
            *(reach[k].eq(bound[k:].any()) for k in range(bits)),
            Assume(~self.step | running),
            anew.eq(self.step & ~dut.last & (registers["taken"] == dut.patience)),
        ]
        with m.If(self.start):
            m.d.sync += [low.eq(0), high.eq(bound), spent.eq(0)]
            m.d.sync += [running.eq(~dut.none), over.eq(dut.none)]
        with m.Elif(self.step):
            m.d.sync += [running.eq(~dut.last), over.eq(dut.last), spent.eq(spent + 1)]
            m.d.sync += low.eq(Mux(anew, 0, Mux(self.answer, dut.dac, low)))
            m.d.sync += high.eq(Mux(anew, reach, Mux(self.answer, high, dut.dac - 1)))

        claim(m, (low <= count) & (count <= high), when=running | over)
        claim(m, (low < dut.dac) & (dut.dac <= high), when=running)
        claim(m, (low == count) & (high == count) & (dut.dac == count), when=over)
        claim(m, (spent <= 1 + dut.patience + bits), when=running | over)

        # what carries the claims from one cycle to the next
        taken, down = registers["taken"], registers["down"]
        outward = taken <= dut.patience
        begun = Mux(taken == 0, low == 0, Mux(down, low == 0, low == dut.dac - 1))
        upper = Mux((taken == 0) | ~down, high == bound, high == dut.dac)
        with m.If(running & outward):
            claim(m, begun & upper & (spent == taken))
            claim(m, dut.dac <= bound)
            claim(m, ~down, when=taken == 0)
        size = Signal(range(bits + 1))  # bits that are still to be searched
        for k in reversed(range(bits)):
            with m.If(dut.dac[k]):
                m.d.comb += size.eq(k + 1)
        with m.If(running & ~outward):
            claim(m, (low == dut.dac - ((1 << size) >> 1)) & (high == low + (1 << size) - 1))
            claim(m, (taken == dut.patience + 1) & (spent + size <= 1 + dut.patience + bits))
        claim(m, ~running | ~over)
        return m


@pytest.mark.parametrize("size", SIZES)
def test_every_answer_narrows_the_interval(size):
    assert prove(NarrowsAnInterval(*SIZES[size]), mode="prove", depth=2).holds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("down | (self.dac == self.bound)", "down"),
        ("(~down & (taken != 0)) | (self.dac == 1)", "~down & (taken != 0)"),
        ("_highest_one(self.bound)", "1 << (n - 1)"),
        ("taken == self.patience)", "taken == 0)"),
    ],
)
def test_a_bug_is_found(monkeypatch, old, new):
    inject(monkeypatch, OutwardSearch, old, new)

    assert not prove(NarrowsAnInterval(5, 3), depth=20).holds
