# amaranth: UnusedElaboratable=no
"""InputBuffer neither loses nor doubles a beat, and shows every digit where it belongs."""

import pytest
from amaranth import Array, Cat, Module, Signal
from amaranth.hdl import Assume, ResetSignal

from hwgen.gateware.input_buffer import InputBuffer
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove

pytestmark = pytest.mark.formal


class HoldsTheVector(Around):
    """The planes are those of the beats that were taken since the last release, in their order.

    ``i`` is ready just until the last beat of a vector, whatever is offered, so no beat is lost and
    none is taken twice. Nobody releases a vector that is not there.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        dut = self.dut

        beats = [Signal(dut.bits * dut.elements, name=f"sent_{k}") for k in range(dut.beats)]
        taken = Signal(range(dut.beats + 1))
        whole = taken == dut.beats
        m.d.comb += Assume(~dut.drop | dut.full)
        claim(m, dut.i.ready == ~whole)
        claim(m, dut.full == whole)
        claim(m, dut.started == (taken != 0))

        digits = [self._digit(Cat(beats), row) for row in range(dut.rows)]
        with m.If(dut.plane < dut.planes):
            claim(m, dut.digits == Cat(digits), when=whole)

        with m.If(dut.drop):
            m.d.sync += taken.eq(0)
        with m.Elif(dut.i.valid & ~whole):
            m.d.sync += [Array(beats)[taken].eq(dut.i.payload), taken.eq(taken + 1)]

        # what carries the claims from one cycle to the next
        claim(m, taken <= dut.beats)
        claim(m, registers["filled"] == taken, when=~whole)
        claim(m, registers["filled"] == 0, when=whole)
        for k, beat in enumerate(beats):
            claim(m, registers[f"beat_{k}"] == beat, when=taken > k)
        return m

    def _digit(self, vector, row):
        """Digit of a row in the plane that is asked for."""
        dut = self.dut
        element = vector.word_select(row, dut.bits)
        digit = Signal(dut.digit_bits, name=f"digit_{row}")
        return (element >> (dut.plane * dut.digit_bits))[: len(digit)]


class StaysReady(Around):
    """``i``, once ready, is so until it gets a beat; in any state, whatever else happens."""

    def elaborate(self, platform):
        m = Module()
        self.enter(m, reset=True)
        i = self.dut.i
        asks = Signal()
        m.d.sync += asks.eq(i.ready & ~i.valid)
        claim(m, i.ready, when=asks & ~ResetSignal())
        return m


def input_buffer(rows, bits, elements, digit_bits):
    return InputBuffer(rows=rows, bits=bits, elements=elements, digit_bits=digit_bits)


SIZES = [(2, 3, 2, 1), (6, 3, 2, 2), (8, 4, 1, 1), (32, 8, 8, 1)]


@pytest.mark.parametrize(("rows", "bits", "elements", "digit_bits"), SIZES)
def test_holds_the_vector(rows, bits, elements, digit_bits):
    proof = HoldsTheVector(input_buffer(rows, bits, elements, digit_bits))

    assert prove(proof, mode="prove", depth=2).holds


def test_stays_ready_from_any_state():
    proof = StaysReady(input_buffer(6, 3, 2, 2))

    assert prove(proof, mode="prove", depth=2, free=("dut",)).holds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.i.ready.eq(~self.full)", "self.i.ready.eq(1)"),
        ("filled >= self.beats - 1", "filled >= self.beats - 2"),
        ("m.d.sync += filled.eq(filled + 1)", "m.d.sync += filled.eq(filled)"),
        ("low = plane * self.digit_bits", "low = plane"),
        ("take.eq(self.i.valid & self.i.ready)", "take.eq(self.i.valid)"),
    ],
)
def test_a_bug_is_found(old, new, monkeypatch):
    inject(monkeypatch, InputBuffer, old, new)

    assert not prove(HoldsTheVector(input_buffer(6, 3, 2, 2)), depth=8).holds
