"""Energy and area of a good converter by regression over the ADC survey.

Boris Murmann's survey of converters published since 1997 (github.com/bmurmann/ADC-survey), SAR,
single slope and flash; the fit and its coefficients are those of Andrulis, Chen, Lee, Emer and Sze,
Modeling Analog-Digital-Converter Energy and Area for Compute-In-Memory Accelerator Design
(arXiv:2404.06553), in Accelergy-Project/accelergy-adc-plug-in at ff0fb48a4e55 (MIT). It says what a
good converter takes, not an average one: energies and areas are those that the better part of the
survey reaches.
"""

import math

from hwgen.power.analog.accounting import Scope, Wanted
from hwgen.power.analog.converters import PerConversion

__all__ = ["SOURCE", "survey", "survey_area_um2", "survey_pj", "survey_scope"]

SOURCE = (
    "regression over Murmann's ADC survey 1997-2023 by Andrulis et al., arXiv:2404.06553, "
    "coefficients of Accelergy-Project/accelergy-adc-plug-in at ff0fb48a4e55 (MIT)"
)
DEFAULT = Wanted(node_nm=32, rate_msps=1280)  # where ISAAC's converter is, to compare the two

# Best Schreier figure of merit, in dB: falls with the rate f in Hz, rises with the resolution.
FOM_AT_1_HZ = 213.7806687348118
FOM_PER_LN_HZ = -2.8719030399529957
FOM_AT_0_BITS = 128.3068287398817
FOM_PER_BIT = 3.2205115209691
# Logarithm of the energy in pJ over what that figure gives in J, by ln(nm) and ln(bits); the last
# moves the mean to the best fifth.
ENERGY_AT_1 = 26.0496215686518
ENERGY_PER_LN_NM = 1.8800369206815004
ENERGY_PER_LN_BITS = -2.8291256050594527
ENERGY_BEST = -1.4702022133784405
# Logarithm of the area in um^2, by ln(nm), ln(Hz) and ln(pJ).
AREA_AT_1 = 1.3461916439910742
AREA_PER_LN_NM = 0.9932794744745022
AREA_PER_LN_HZ = 0.18071538424508238
AREA_PER_LN_PJ = 0.29912426192653485


def survey_scope() -> Scope:
    """Range of the survey's converters that the regression rests on; its rates end at 10 GS/s."""
    return Scope(
        node_nm=(7, 1000),
        rate_msps=(0.004, 10_000),
        bits=(4, 17),
        follows=("node_nm", "rate_msps", "bits"),
    )


def survey_pj(bits: int, *, node_nm: float, rate_msps: float) -> float:
    r"""Energy of a conversion in pJ.

    .. math::

        F &= \min(213.78 - 2.8719 \ln f,\; 128.31 + 3.2205 N) \\
        S &= 20 N \log_{10} 2 + 10 \log_{10} 1.5 \\
        E &= \tfrac12\, 10^{(S - F)/10}\, e^{26.0496 + 1.88004 \ln t - 2.82913 \ln N - 1.4702}

    with f in Hz, t in nm, F and S in dB.

    >>> round(survey_pj(8, node_nm=32, rate_msps=1280), 3)
    1.929
    """
    fom = min(
        FOM_AT_1_HZ + FOM_PER_LN_HZ * math.log(rate_msps * 1e6),
        FOM_AT_0_BITS + FOM_PER_BIT * bits,
    )
    signal_to_noise = 20 * bits * math.log10(2) + 10 * math.log10(1.5)
    return (
        0.5
        * 10 ** ((signal_to_noise - fom) / 10)
        * math.exp(
            ENERGY_AT_1
            + ENERGY_PER_LN_NM * math.log(node_nm)
            + ENERGY_PER_LN_BITS * math.log(bits)
            + ENERGY_BEST
        )
    )


def survey_area_um2(bits: int, *, node_nm: float, rate_msps: float) -> float:
    r"""Area in um^2.

    .. math:: A = e^{1.3462 + 0.99328 \ln t + 0.18072 \ln f + 0.29912 \ln E}
    """
    energy = survey_pj(bits, node_nm=node_nm, rate_msps=rate_msps)
    return math.exp(
        AREA_AT_1
        + AREA_PER_LN_NM * math.log(node_nm)
        + AREA_PER_LN_HZ * math.log(rate_msps * 1e6)
        + AREA_PER_LN_PJ * math.log(energy)
    )


def survey(wanted: Wanted) -> PerConversion:
    """Converter of the user's node and rate; without them 32 nm and 1280 MS/s."""
    at = Wanted(*(DEFAULT[k] if value is None else value for k, value in enumerate(wanted)))
    return PerConversion(
        name="survey",
        source=SOURCE,
        covers="the whole converter, at its best; most with their own control and reference",
        scope=survey_scope(),
        wanted=at,
        conversion_pj=lambda bits: survey_pj(bits, **at._asdict()),
        area=lambda bits: survey_area_um2(bits, **at._asdict()),
    )
