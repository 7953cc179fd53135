# amaranth: UnusedElaboratable=no
"""OutputBuffer keeps the contract of streams, and every word leaves it once and in order."""

import pytest
from amaranth import Array, Module, Signal
from amaranth.hdl import Assume, ResetSignal, signed

from hwgen.gateware.output_buffer import OutputBuffer
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove

pytestmark = pytest.mark.formal


class HoldsUntilTaken(Around):
    """An untaken word on ``o`` is neither withdrawn nor changed, whoever writes what and when."""

    def elaborate(self, platform):
        m = Module()
        self.enter(m, reset=True)
        o = self.dut.o
        waits, word = Signal(), Signal.like(o.payload)
        m.d.sync += [waits.eq(o.valid & ~o.ready), word.eq(o.payload)]
        claim(m, o.valid & (o.payload == word), when=waits & ~ResetSignal())
        return m


class WordsLeaveInOrder(Around):
    """Word *k* of a vector leaves as its sum plus the next of ``y_in``: once, and in order.

    The writer keeps the promises of `Sequencer`: words in ascending order, with or without gaps,
    the first of a vector only while the buffer is empty. Vectors may have any length.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        dut, o = self.dut, self.dut.o

        # what was written of this vector, and how much of it has gone on
        sums = [Signal(dut.sums, name=f"sum_{k}") for k in range(dut.outputs)]
        written, gone = Signal(range(dut.outputs + 1)), Signal(range(dut.outputs + 1))
        begins = dut.write & (dut.index == 0)
        m.d.comb += [
            Assume(~dut.write | (dut.index < dut.outputs)),
            Assume(~dut.write | (dut.index == written) | begins),
            Assume(~begins | dut.empty),
        ]
        claim(m, dut.empty == (gone == written))

        # the place on `o`: taken by the next word as soon as it is free
        offered, expected = Signal(), Signal(signed(len(o.payload)))
        can_go, goes = Signal(), Signal()
        result = Signal(signed(len(o.payload) + 1))
        m.d.comb += can_go.eq((gone != written) & (~offered | o.ready))
        if dut.chained:
            claim(m, dut.y_in.ready == can_go)
            m.d.comb += goes.eq(can_go & dut.y_in.valid)
            m.d.comb += result.eq(Array(sums)[gone] + dut.y_in.payload)
        else:
            m.d.comb += goes.eq(can_go)
            m.d.comb += result.eq(Array(sums)[gone])
        m.d.comb += Assume(result == result[:-1].as_signed())  # `results` is wide enough
        claim(m, o.valid == offered)
        claim(m, o.payload == expected, when=offered)

        with m.If(o.ready):
            m.d.sync += offered.eq(0)
        with m.If(goes):
            m.d.sync += [offered.eq(1), expected.eq(result), gone.eq(gone + 1)]
        with m.If(dut.write):
            m.d.sync += [Array(sums)[dut.index].eq(dut.sum), written.eq(dut.index + 1)]
        with m.If(begins):
            m.d.sync += gone.eq(0)

        # what carries the claims from one cycle to the next
        claim(m, (gone <= written) & (written <= dut.outputs))
        for k, held in enumerate(sums):
            full = registers["full"][k]
            claim(m, full == ((gone <= k) & (k < written)))
            claim(m, registers[f"word_{k}"] == held, when=full)
        return m


def output_buffer(outputs, *, chained):
    sums, results = range(-100, 90), range(-1000, 900)
    return OutputBuffer(outputs=outputs, sums=sums, results=results, chained=chained)


@pytest.mark.parametrize("chained", [False, True])
def test_holds_until_taken_from_any_state(chained):
    proof = HoldsUntilTaken(output_buffer(5, chained=chained))

    assert prove(proof, mode="prove", depth=2, free=("dut",)).holds


@pytest.mark.parametrize("outputs", [1, 5, 16])
@pytest.mark.parametrize("chained", [False, True])
def test_words_leave_in_order(outputs, chained):
    proof = WordsLeaveInOrder(output_buffer(outputs, chained=chained))

    assert prove(proof, mode="prove", depth=2).holds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(~self.o.valid | self.o.ready)", "(~self.o.valid | self.y_in.valid)"),
        ("with m.If(self.o.ready):", "with m.If(self.o.valid):"),
    ],
)
def test_a_word_that_is_not_held_is_found(old, new, monkeypatch):
    inject(monkeypatch, OutputBuffer, old, new)

    assert not prove(HoldsUntilTaken(output_buffer(2, chained=True)), depth=6).holds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reversed(range(self.outputs))", "range(self.outputs)"),
        ("full.bit_select(lowest, 1).eq(0)", "full.eq(full)"),
        ("result = word + self.y_in.payload", "result = word - self.y_in.payload"),
        ("move.eq(can_move & self.y_in.valid)", "move.eq(can_move)"),
        ("self.y_in.ready.eq(can_move)", "self.y_in.ready.eq(~self.empty)"),
    ],
)
def test_a_lost_or_doubled_word_is_found(old, new, monkeypatch):
    inject(monkeypatch, OutputBuffer, old, new)

    assert not prove(WordsLeaveInOrder(output_buffer(2, chained=True)), depth=6).holds
