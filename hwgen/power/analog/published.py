"""Converters as papers publish them: energy and area of whole conversions.

All figures are of 32 nm. ``docs/energy.md`` has them as a table.
"""

from hwgen.power.analog.accounting import Scope, Wanted
from hwgen.power.analog.converters import PerConversion

__all__ = [
    "KULL_BITS",
    "KULL_PJ",
    "KULL_SCOPE",
    "KULL_SOURCE",
    "NEWTON_BITS",
    "NEWTON_SOURCE",
    "isaac",
    "isaac_area_um2",
    "isaac_pj",
]

# One measured converter stands behind ISAAC and Newton: 3.1 mW at 1.2 GS/s.
KULL_SOURCE = (
    "Kull et al., A 3.1mW 8b 1.2GS/s single-channel asynchronous SAR ADC with alternate "
    "comparators for enhanced speed in 32nm digital SOI CMOS, ISSCC 2013 "
    "(doi:10.1109/ISSCC.2013.6487818)"
)
KULL_BITS = 8
KULL_PJ = 3.1e-3 / 1.2e9 * 1e12
KULL_SCOPE = Scope(node_nm=(32, 32), rate_msps=(1200, 1200), bits=(8, 8))

NEWTON_SOURCE = (
    "Nag et al., Newton, IEEE Micro 38(5), 2018 (doi:10.1109/MM.2018.053631140): the converter of "
    "Kull et al. (ISSCC 2013) taken for nine bits, of which X cost X/9"
)
NEWTON_BITS = 9

ISAAC_SOURCE = (
    "Shafiee et al., ISAAC, ISCA 2016 (doi:10.1109/ISCA.2016.12): 8 bits, 1.2 GS/s, 2 mW; other "
    "resolutions scaled by the share of the capacitor DAC after Saberi et al., IEEE TCAS-I 58(8), "
    "2011, as tabulated by Accelergy-Project/accelergy-library-plug-in at ba4e9dac1b2e (MIT)"
)
ISAAC_PJ = {4: 0.79, 5: 0.99, 6: 1.20, 7: 1.42, 8: 5 / 3, 9: 1.969078145, 10: 2.379022742}
ISAAC_UM2 = {
    4: 361.04,
    5: 476.91,
    6: 626.91,
    7: 845.18,
    8: 1200.0,
    9: 1827.911647,
    10: 3002.008032,
}
# What of the 8-bit converter grows as 2^N; the rest grows as N. Solved from the tables at 8 and 10
# bits, these two shares give every other entry to within its rounding.
CDAC_ENERGY_SHARE = 0.064514
CDAC_AREA_SHARE = 0.455154

WHOLE = "the whole converter with its own control; no reference, no input driver"


def isaac_pj(bits: int) -> float:
    r"""Energy of a conversion in pJ.

    The published table from 4 to 10 bits; beyond it the law that the table follows: reference,
    memory and clock linear, capacitor DAC exponential in the resolution,

    .. math:: e(N) = e(8) \left((1 - k) N/8 + k\, 2^{N-8}\right), \quad k = 0.0645

    >>> isaac_pj(4), round(isaac_pj(12), 3)
    (0.79, 4.059)
    """
    return ISAAC_PJ.get(bits, ISAAC_PJ[8] * _scaled(bits, CDAC_ENERGY_SHARE))


def isaac_area_um2(bits: int) -> float:
    """Area in um^2: the published table from 4 to 10 bits, beyond it the same law, k = 0.4552."""
    return ISAAC_UM2.get(bits, ISAAC_UM2[8] * _scaled(bits, CDAC_AREA_SHARE))


def _scaled(bits: int, share: float) -> float:
    return (1 - share) * bits / 8 + share * 2.0 ** (bits - 8)


def isaac(wanted: Wanted) -> PerConversion:
    """ISAAC's converter, scaled component by component."""
    return PerConversion(
        name="isaac",
        source=ISAAC_SOURCE,
        covers=WHOLE,
        scope=Scope(node_nm=(32, 32), rate_msps=(1200, 1280), bits=(4, 10), follows=("bits",)),
        wanted=wanted,
        conversion_pj=isaac_pj,
        area=isaac_area_um2,
    )
