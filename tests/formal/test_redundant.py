# amaranth: UnusedElaboratable=no
"""The engine with redundant weights follows its search, and forgives what is covered."""

import pytest
from amaranth import Array, Module, Mux, Signal
from amaranth.hdl import Assume

from hwgen.gateware.search import RedundantSearch
from hwgen_models.redundant import Redundant
from tests.formal.around import Around
from tests.formal.support import anything, claim, inject, prove

pytestmark = pytest.mark.formal

WEIGHTS = {
    4: (3, 2, 1, 1),
    6: (12, 8, 5, 3, 2, 1),
    8: (50, 31, 19, 11, 7, 4, 3, 1, 1),
}


class TellsTheCount(Around):
    """From any register values, a search that starts tells the count after all its decisions.

    Answers are right, or wrong by no more than is covered. `beyond`: wrong by so many counts more.
    """

    def __init__(self, bits, beyond=0):
        steps = WEIGHTS[bits]
        self.search = Redundant(bits=bits, start=sum(steps) + 1, weights=steps)
        self.beyond = beyond
        super().__init__(RedundantSearch(bits=bits, steps=steps))

    @property
    def depth(self):
        return len(self.search.weights) + 3

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        search, dut = self.search, self.dut
        decisions = len(search.weights) + 1
        cycle = Signal(range(self.depth + 1))
        m.d.sync += cycle.eq(cycle + 1)
        m.d.comb += [
            Assume(self.start == (cycle == 0)),
            Assume(self.step | (cycle == 0) | (cycle > decisions)),
            Assume(~self.step | (cycle <= decisions)),
        ]

        held, code = anything(m, search.bits, "held"), Signal(search.bits)
        m.d.comb += [Assume(held >= search.lowest), Assume(held <= search.largest)]
        deciding = (cycle >= 1) & (cycle <= decisions)
        up = Array([0, *search.weights, 0])[cycle]
        down = Array([0, *search.weights, 1])[cycle]
        covered = Array([0, *search.recoverable, 0])[cycle]
        distance = Mux(held >= code, held - code, code - 1 - held)
        right = self.answer == (held >= code)
        m.d.comb += Assume(right | (distance < covered + self.beyond) | ~deciding)
        m.d.sync += code.eq(Mux(self.answer, code + up, code - down))
        with m.If(cycle == 0):
            m.d.sync += code.eq(search.start)
        claim(m, ~dut.none)
        claim(m, (dut.dac == code) & (dut.last == (cycle == decisions)), when=deciding)
        claim(m, dut.dac == held, when=cycle == decisions + 1)
        return m


def holds(proof):
    return prove(proof, depth=proof.depth, free=("dut",)).holds


@pytest.mark.parametrize("bits", WEIGHTS)
def test_every_count_is_told_with_wrong_answers_that_are_covered(bits):
    assert holds(TellsTheCount(bits))


@pytest.mark.parametrize("bits", WEIGHTS)
def test_one_count_beyond_the_redundancy_is_not_forgiven(bits):
    assert not holds(TellsTheCount(bits, beyond=1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("moved.eq(weight | (self.last & down))", "moved.eq(weight)"),
        ("sum(self.steps) + 1), at.eq(0)]", "sum(self.steps) + 1)]"),
        ("down.replicate(self.bits)) + down)", "down.replicate(self.bits)))"),
        ("self.last.eq(at >= len(self.steps))", "self.last.eq(at > len(self.steps))"),
    ],
)
def test_a_bug_is_found(old, new, monkeypatch):
    inject(monkeypatch, RedundantSearch, old, new)

    assert not holds(TellsTheCount(6))
