# amaranth: UnusedElaboratable=no
"""Converter: pins, votes and results, cycle by cycle, against the golden model."""

import re
from dataclasses import asdict

import numpy as np
import pytest

from hwgen.gateware.converter import Converter
from hwgen_models.converter import ConverterSpec
from hwgen_models.redundant import SAR12
from tests.support import simulate

SMALL = {"bits": 5, "start": 16, "steps": (6, 4, 2, 1, 1)}
SPECS = [
    SMALL,
    SMALL | {"votes": 7, "voted": 3},
    SMALL | {"votes": 3, "voted": 6},
    SMALL | {"votes": 3, "voted": 2, "settle_dac": 2, "acquire_cycles": 4},
    SMALL | {"votes": 31, "voted": 1, "compare_latency": 3, "compare_stages": 2},
    {"bits": 1, "start": 1, "steps": ()},
    {"bits": 12, "start": 2048, "steps": SAR12.weights, "votes": 31, "voted": 5},
]
NOISE = 0.8  # counts, of a comparison
CONVERSIONS = 25


@pytest.mark.parametrize("keys", SPECS)
@pytest.mark.parametrize("rests", [False, True])
def test_every_cycle_is_the_models(keys, rests):
    """With noise, and with a comparator that is right only when it is captured."""
    spec = ConverterSpec(**keys)
    rng = np.random.default_rng(7)
    seen, expected = [], []

    async def bench(ctx):
        value, shown, fresh = 0, spec.start, 0
        for _ in range(CONVERSIONS):
            averaging = int(rng.integers(0, spec.most_averaging + 1))
            count = int(rng.integers(0, 2**spec.bits))
            errors = rng.normal(0, NOISE, sum(spec.comparisons(averaging)))
            one = spec.conversion(count, errors, averaging=averaging)
            answers = dict(zip(one.captures, count + errors, strict=True))
            codes = dict(zip(one.captures, one.codes, strict=True))
            if spec.averaging_bits:
                ctx.set(dut.averaging, averaging)
            pins = one.pins()
            ctx.set(dut.start, 1)
            if not expected or rests:  # from a rest: `start` is seen one cycle earlier
                seen.append(look(ctx))
                expected.append((0, 0, 0, shown, value, fresh))
                fresh = 0
                await ctx.tick()
            for cycle in range(one.cycles):
                ends = cycle == one.cycles - 1
                ctx.set(dut.start, int(not rests) if ends else int(rng.integers(2)))
                right = answers[cycle] >= codes[cycle] - 0.5 if cycle in answers else None
                ctx.set(dut.compare, int(rng.integers(2) if right is None else right))
                seen.append(look(ctx))
                levels = [getattr(pins, name)[cycle] for name in ("busy", "acquire", "strobe")]
                expected.append((*levels, pins.dac[cycle], value, fresh))
                fresh = 0
                await ctx.tick()
            value, shown, fresh = one.value, one.value, 1

    def look(ctx):
        names = ("busy", "acquire", "strobe", "dac", "result", "result_valid")
        return tuple(ctx.get(getattr(dut, name)) for name in names)

    dut = Converter(**asdict(spec))
    simulate(dut, bench, limit=40_000)

    assert seen == expected


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            {"start": 10},
            "First code and steps must keep codes between 1 and 31, not between -4 and 24",
        ),
        ({"votes": 5, "voted": 1}, "Votes must be 1, 3, 7, 15 or the like, not 5"),
        ({"votes": 3}, "Voted decisions must be 1 to 6, not 0"),
        ({"settle_dac": -1}, "Settling time and compare stages must not be negative"),
        (
            {"compare_stages": 1},
            "Compare latency must be at least 1 + compare stages = 2, not 1",
        ),
    ],
)
def test_rejects_impossible_parameters(bad, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Converter(**SMALL | bad)
