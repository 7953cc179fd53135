"""The one narrowing that gateware may use, for every value."""

import pytest
from amaranth import Module, Signal, signed, unsigned
from amaranth.hdl import Shape

from hwgen.gateware.narrow import limits, saturate
from tests.support import simulate


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (unsigned(0), (0, 0)),
        (unsigned(8), (0, 255)),
        (signed(1), (-1, 0)),
        (signed(8), (-128, 127)),
        (range(-5, 3), (-8, 7)),
    ],
    ids=repr,
)
def test_limits_of_a_shape(shape, expected):
    assert limits(shape) == expected


@pytest.mark.parametrize("source", [unsigned(5), signed(5)], ids=repr)
@pytest.mark.parametrize(
    "target", [unsigned(1), unsigned(3), unsigned(7), signed(1), signed(3), signed(7)], ids=repr
)
def test_every_value_is_clamped_into_the_target(source, target):
    m = Module()
    value, result = Signal(source), Signal(target)
    m.d.comb += result.eq(saturate(value, target))
    lowest, highest = limits(source)
    low, high = limits(target)
    values = range(lowest, highest + 1)
    results = []

    async def bench(ctx):
        for number in values:
            ctx.set(value, number)
            results.append(ctx.get(result))

    simulate(m, bench)

    assert results == [min(max(number, low), high) for number in values]


def test_a_shape_that_holds_every_value_costs_nothing():
    value = Signal(range(-3, 4))

    assert saturate(value, Shape(4, signed=True)) is value
