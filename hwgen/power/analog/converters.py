"""Models of converters by what they charge: a decision, a conversion, or the search itself.

A design takes one of them for all its conversions, and two designs that are compared take the same.
``docs/energy.md`` has their equations, units, sources and scopes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hwgen.errors import UserError
from hwgen.power.analog.accounting import (
    ANYWHERE,
    UNASKED,
    AdcEnergy,
    Charge,
    Conversions,
    Scope,
    Wanted,
)
from hwgen_models.search import SearchTree
from hwgen_models.switching import conventional, monotonic

__all__ = ["AdcModel", "PerConversion", "PerDecision", "PerSearch", "Switching"]

Switching = Literal["conventional", "monotonic"]


@dataclass(frozen=True, kw_only=True)
class AdcModel(ABC):
    """A model of a converter.

    Parameters
    ----------
    name : str
        As ``--adc-model`` and ``energy.adc.model`` take it.
    source : str
        Who says so.
    covers : str
        What of a converter its figures hold, and what they leave out.
    scope : Scope
        Where the figures come from.
    wanted : Wanted
        What the user says of the converters.
    """

    charges: ClassVar[Charge]

    name: str
    source: str
    covers: str
    scope: Scope = ANYWHERE
    wanted: Wanted = UNASKED

    def energy(self, done: Conversions) -> AdcEnergy:
        """Charge what converters did."""
        return AdcEnergy(picojoules=self._picojoules(done), model=self)

    @abstractmethod
    def _picojoules(self, done: Conversions) -> float:
        """Work out the bill."""

    def area_um2(self, bits: int) -> float | None:  # noqa: ARG002  (most models have none)
        """Area of a converter; None where the model says nothing of it."""
        return None

    def check(self, trees: Iterable[SearchTree], *, bits: int, where: str) -> None:  # noqa: B027
        """Refuse resolutions and searches that such a converter cannot make.

        Raises
        ------
        UserError
            When it cannot; `where` names file and key.
        """

    def warnings(self, bits: int) -> tuple[str, ...]:
        """Say in what the use lies outside what the figures come from."""
        return self.scope.warnings(self.name, bits=bits, wanted=self.wanted)

    def beside(self, *, node_nm: float | None, rate_msps: float | None) -> tuple[str, ...]:
        """Say in what the figures are of others than what the digital side makes."""
        return self.scope.beside(
            self.name, wanted=self.wanted, node_nm=node_nm, rate_msps=rate_msps
        )

    @abstractmethod
    def parameters(self, bits: int) -> dict[str, object]:
        """Return the figures that the bill rests on, by name with unit."""

    def as_json(self, bits: int) -> dict[str, object]:
        """What a report has to say of the model."""
        return {
            "name": self.name,
            "source": self.source,
            "charges": self.charges,
            "covers": self.covers,
            "bits": bits,
            "conditions": self.scope.conditions(bits=bits, wanted=self.wanted),
            "scope": self.scope.as_json(),
            "parameters": self.parameters(bits),
            "area_um2": self.area_um2(bits),
        }


@dataclass(frozen=True, kw_only=True)
class PerDecision(AdcModel):
    r"""Every comparator decision costs the same.

    .. math:: E = e\, D

    Newton charges an X-of-9-bit conversion X/9 of a full one (Nag et al., IEEE Micro 38(5), 2018).
    This is the accounting under which a search that stops early saves energy on a converter of
    fixed resolution.

    Parameters
    ----------
    decision_pj : float
        e, in pJ.
    """

    charges: ClassVar[Charge] = "decision"

    decision_pj: float

    def _picojoules(self, done: Conversions) -> float:
        return self.decision_pj * done.decisions

    def parameters(self, bits: int) -> dict[str, object]:  # noqa: ARG002
        """Return the figure of one decision."""
        return {"decision_pj": self.decision_pj}


@dataclass(frozen=True, kw_only=True)
class PerConversion(AdcModel):
    r"""Every conversion costs what a converter of the design's resolution takes.

    .. math:: E = e(N)\, C

    A search that stops early saves nothing here; a converter of fewer bits does.

    Parameters
    ----------
    conversion_pj : callable
        e by N, in pJ.
    area : callable or None
        Area by N, in um^2.
    figures : tuple
        What the two callables rest on: models with equal figures are equal.
    """

    charges: ClassVar[Charge] = "conversion"

    conversion_pj: Callable[[int], float] = field(compare=False)
    area: Callable[[int], float | None] | None = field(default=None, compare=False)
    figures: tuple[object, ...] = ()

    def _picojoules(self, done: Conversions) -> float:
        return self.conversion_pj(done.bits) * done.conversions

    def check(self, trees: Iterable[SearchTree], *, bits: int, where: str) -> None:  # noqa: ARG002
        """Refuse a resolution that a table has no row for."""
        self.conversion_pj(bits)

    def area_um2(self, bits: int) -> float | None:
        """Area of a converter; None where the model says nothing of it."""
        return None if self.area is None else self.area(bits)

    def parameters(self, bits: int) -> dict[str, object]:
        """Return the figure of one conversion."""
        return {"conversion_pj": self.conversion_pj(bits)}


@dataclass(frozen=True, kw_only=True)
class PerSearch(AdcModel):
    r"""The capacitors that the search really switches, and the comparator that it really strobes.

    .. math:: E = C_u V_{ref}^2 \sum_c h_c\, s(c) + e_{cmp}\, D

    s(c): what walking the thresholds of count c draws from the reference in units of
    :math:`C_u V_{ref}^2`, from all capacitors at ground over every threshold to the level that
    ``dac`` shows at the end (`hwgen_models.switching`, with the formulas' sources). Exact for the
    histogram.

    Parameters
    ----------
    switching : str
        ``conventional`` or ``monotonic``.
    unit_ff, reference_v : float
        Unit capacitor in fF, reference in V.
    comparator_fj : float
        One decision of the comparator, in fJ.
    """

    charges: ClassVar[Charge] = "search"

    switching: Switching
    unit_ff: float
    reference_v: float
    comparator_fj: float

    def _picojoules(self, done: Conversions) -> float:
        units = sum(
            int(histogram.sum()) * self.switched(tree, histogram, bits=done.bits)
            for tree, histogram in done.searches
        )
        unit_pj = self.unit_ff * self.reference_v**2 / 1000
        return units * unit_pj + done.decisions * self.comparator_fj / 1000

    def switched(self, tree: SearchTree, histogram: object, *, bits: int) -> float:
        """Mean switching of a conversion, in units of C Vref^2."""
        if self.switching == "conventional":
            return conventional(tree, histogram, bits=bits).total
        found = monotonic(tree, histogram, bits=bits)
        if found is None:
            raise ValueError("Tree must never need a capacitor back for monotonic switching")
        return found

    def check(self, trees: Iterable[SearchTree], *, bits: int, where: str) -> None:
        """Refuse monotonic switching for a search that needs a capacitor back."""
        if self.switching == "conventional":
            return
        for tree in trees:
            if monotonic(tree, [1] * (tree.bound + 1), bits=bits) is None:
                raise UserError(
                    f"{where}: must be 'conventional' for a search that needs a capacitor again "
                    "after giving it up, not 'monotonic'"
                )

    def parameters(self, bits: int) -> dict[str, object]:
        """Return what a step of capacitors and comparator takes."""
        return {
            "switching": self.switching,
            "unit_capacitor_ff": self.unit_ff,
            "reference_v": self.reference_v,
            "comparator_fj": self.comparator_fj,
            "array_ff": self.unit_ff * self.units(bits),
        }

    def units(self, bits: int) -> int:
        """Unit capacitors of one of the two arrays."""
        return 1 << (bits if self.switching == "conventional" else bits - 1)
