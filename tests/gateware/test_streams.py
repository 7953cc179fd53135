# amaranth: UnusedElaboratable=no
"""Streams connect only to what means the same, and the test helpers move every word."""

import re

import numpy as np
import pytest
from amaranth import Module, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.streams import link
from tests.support import collect, drive, simulate

NIBBLES = data.StructLayout({"low": 4, "high": 4})


class Register(wiring.Component):
    """A stream delayed by one register."""

    def __init__(self, shape):
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += [self.o.payload.eq(self.i.payload), self.o.valid.eq(self.i.valid)]
        return m


class TwoRegisters(Register):
    """The same, delayed by two."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.first = first = Register(self.i.payload.shape())
        m.submodules.second = second = Register(self.i.payload.shape())
        link(m, wiring.flipped(self.i), first.i)
        link(m, first.o, second.i)
        link(m, second.o, wiring.flipped(self.o))
        return m


@pytest.mark.parametrize("busy", [1.0, 0.5])
def test_linked_streams_carry_every_word_in_order(busy):
    rng = np.random.default_rng(7)
    words = rng.integers(-128, 128, 60)
    dut = TwoRegisters(signed(8))
    taken = []

    simulate(
        dut,
        drive(dut.i, words, rng=rng, busy=busy),
        collect(dut.o, len(words), taken, rng=rng, busy=busy),
    )

    np.testing.assert_array_equal(taken, words)


def test_a_stream_of_structs_is_fed_from_dictionaries():
    rng = np.random.default_rng(8)
    dut = Register(NIBBLES)
    taken = []

    simulate(
        dut,
        drive(dut.i, [{"low": 1, "high": 2}, {"low": 15, "high": 0}], rng=rng),
        collect(dut.o, 2, taken, rng=rng),
    )

    assert [(word.low, word.high) for word in taken] == [(1, 2), (15, 0)]


@pytest.mark.parametrize(
    "other", [signed(8), NIBBLES, unsigned(9)], ids=["sign", "struct", "width"]
)
def test_a_link_refuses_a_change_of_meaning(other):
    source, sink = (
        stream.Signature(8).create(path=["o"]),
        stream.Signature(other).create(path=["i"]),
    )

    message = f"`i__payload` must be fed words of {other!r}, not `o__payload` of unsigned(8)"
    with pytest.raises(TypeError, match=rf"^{re.escape(message)}$"):
        link(Module(), source, wiring.flipped(sink))


def test_a_bench_that_never_ends_is_stopped():
    dut = Register(unsigned(1))

    message = r"^Register did not finish within 20 cycles$"
    with pytest.raises(TimeoutError, match=message):
        simulate(dut, collect(dut.o, 1, [], rng=np.random.default_rng(0)), limit=20)
