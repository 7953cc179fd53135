# amaranth: UnusedElaboratable=no
"""ShiftAdd is a file of accumulators: sums as a person would write them, for ever."""

import pytest
from amaranth import Module, Mux, Signal, signed
from amaranth.hdl import Assume

from hwgen.gateware.shift_add import MicroOperation, ShiftAdd
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove

pytestmark = pytest.mark.formal

SPARE = 2  # bits by which the sums of the specification exceed the accumulators


class AddsUp(Around):
    """``read_value`` is the sum of what was added since the last ``clear``.

    Whoever uses the block keeps its promises: no sum leaves ``reach``, nothing but existing
    accumulators and shifts is named, and nothing negates unless the block is `signed`.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m, reset=True)
        dut, shape = self.dut, self.dut.operation

        wide = signed(Signal(dut.reach).shape().width + SPARE)
        operation = dut.i.payload
        term, total = Signal(wide), Signal(wide)
        sums = [Signal(wide, name=f"sum_{d}") for d in range(shape.destinations)]
        m.d.comb += [
            term.eq(operation.value << operation.shift),
            total.eq(Mux(operation.negate, -term, term)),
            Assume(operation.destination < shape.destinations),
            Assume(operation.shift < shape.shifts),
            Assume(dut.read_destination < shape.destinations),
            Assume(dut.signed | ~operation.negate),
        ]
        for d, held in enumerate(sums):
            following = Signal(wide, name=f"following_{d}")
            added = dut.i.valid & (operation.destination == d)
            m.d.comb += following.eq(Mux(dut.clear, 0, held) + Mux(added, total, 0))
            m.d.comb += Assume((following >= dut.reach[0]) & (following <= dut.reach[-1]))
            m.d.sync += held.eq(following)
            claim(m, dut.read_value == held, when=~dut.i.valid & (dut.read_destination == d))
            # what carries the claim from one cycle to the next
            kept = Mux(registers["empty"][d], 0, registers[f"accumulator_{d}"])
            claim(m, kept == held)
        return m


def shift_add(destinations, shifts, value_bits, reach):
    operation = MicroOperation(destinations=destinations, shifts=shifts, value_bits=value_bits)
    return ShiftAdd(operation=operation, reach=reach, signed=reach[0] < 0)


@pytest.mark.parametrize(
    ("destinations", "shifts", "value_bits", "reach"),
    [
        (1, 1, 2, range(10)),
        (3, 4, 3, range(200)),
        (3, 4, 3, range(-120, 60)),
        (8, 14, 8, range(-(2**23), 2**23)),
    ],
)
def test_adds_up(destinations, shifts, value_bits, reach):
    proof = AddsUp(shift_add(destinations, shifts, value_bits, reach))

    assert prove(proof, mode="prove", depth=2).holds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("before + inverted + operation.negate", "before + inverted"),
        ("m.d.sync += empty.eq(-1)", "m.d.sync += empty.eq(-2)"),
        ("before = Mux(self.clear, 0, self.read_value)", "before = self.read_value"),
        ("Mux(self.i.valid, operation.destination,", "Mux(self.clear, operation.destination,"),
        ("self.operation.value_bits + self.operation.shifts - 1", "self.operation.value_bits"),
    ],
)
def test_a_bug_is_found(old, new, monkeypatch):
    inject(monkeypatch, ShiftAdd, old, new)
    proof = AddsUp(shift_add(2, 3, 2, range(-20, 20)))

    assert not prove(proof, depth=4).holds
