# amaranth: UnusedElaboratable=no
"""Prediction against the centres of the golden model, for every bound and density."""

import pytest

from hwgen.gateware.prediction import Prediction
from hwgen_models.prediction import centre_of
from tests.support import simulate


@pytest.mark.parametrize(("bits", "density_bits"), [(8, 6), (3, 5), (5, 2)])
def test_every_density_of_every_bound_has_its_centre(bits, density_bits):
    dut = Prediction(bits=bits, density_bits=density_bits, tables=2)
    bounds, densities = range(2**bits), range(2**density_bits)
    found = {}

    async def bench(ctx):
        for density in densities:
            ctx.set(dut.plan, [density, densities[-1] - density])
            for bound in bounds:
                ctx.set(dut.bound, bound)
                found[density, bound] = ctx.get(dut.centres[0]), ctx.get(dut.centres[1])

    simulate(dut, bench)

    for (density, bound), centres in found.items():
        both = [density, densities[-1] - density]
        assert list(centres) == centre_of(bound, both, fraction_bits=density_bits).tolist()
        assert 1 <= min(centres) <= max(centres) <= max(bound, 1)


def test_widths_are_positive():
    with pytest.raises(ValueError, match=r"^Density width must be a positive integer, not 0$"):
        Prediction(bits=4, density_bits=0, tables=1)
