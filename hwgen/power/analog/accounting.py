"""What converters did, what a model charges for it, and sums that cannot mix two accountings.

Published figures of converters are energies of a whole conversion at some resolution, of one
decision, or of the capacitors that a search really switches. These are three different bills for
the same work. An `AdcEnergy` knows the model that wrote it, and adds up with its like only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen_models.search import SearchTree

if TYPE_CHECKING:
    from hwgen.power.analog.converters import AdcModel

__all__ = [
    "ANYWHERE",
    "UNASKED",
    "UNKNOWN",
    "AdcEnergy",
    "Charge",
    "Conversions",
    "Digital",
    "Scope",
    "Searched",
    "Wanted",
    "among",
]

Charge = Literal["decision", "conversion", "search"]

Limits = tuple[float, float]

SAME = 0.1  # that nodes and rates may differ by without a word


class Wanted(NamedTuple):
    """What a user says of the converters to be estimated; None: whatever the model is of.

    Parameters
    ----------
    node_nm : float or None
        Process.
    rate_msps : float or None
        Conversions per second of one converter, in millions.
    """

    node_nm: float | None = None
    rate_msps: float | None = None


class Digital(NamedTuple):
    """What is known of the digital side that stands beside converters and array.

    Parameters
    ----------
    clock_ns : float or None
        Period of its clock.
    node_nm : float or None
        Process of its cells.
    """

    clock_ns: float | None = None
    node_nm: float | None = None


class Scope(NamedTuple):
    """Where a model's figures come from: smallest and largest value of each; None: any.

    Parameters
    ----------
    node_nm, rate_msps, bits : pair of float, or None
        Process, conversions per second in millions, resolution.
    follows : tuple of str
        Those of the three that the model has a law for, which also goes on beyond the limits. In
        the others its figures stay what they are.
    """

    node_nm: Limits | None = None
    rate_msps: Limits | None = None
    bits: Limits | None = None
    follows: tuple[str, ...] = ()

    def warnings(self, name: str, *, bits: int, wanted: Wanted) -> tuple[str, ...]:
        """Say in what a use lies outside.

        >>> Scope(node_nm=(32, 32)).warnings("isaac", bits=8, wanted=Wanted(node_nm=130))
        ('isaac: figures are of node 32 nm, not scaled to 130 nm',)
        """
        return tuple(
            f"{name}: figures are of {what} {_span(limits)} {unit}, "
            f"{'extrapolated' if follows else 'not scaled'} to {value:g} {unit}"
            for what, unit, limits, value, follows in self._asked(bits, wanted)
            if value is not None and not limits[0] <= value <= limits[1]
        )

    def beside(
        self, name: str, *, wanted: Wanted, node_nm: float | None, rate_msps: float | None
    ) -> tuple[str, ...]:
        """Say in what the figures are of others than the chip that the digital side makes.

        Parameters
        ----------
        name : str
            What messages call the model.
        wanted : Wanted
            What the user said, or a law was followed to.
        node_nm, rate_msps : float or None
            Process of the cells, conversions per second of a lane in millions; None: not known.

        >>> scope = Scope(node_nm=(32, 32), rate_msps=(1200, 1280))
        >>> scope.beside("isaac", wanted=Wanted(), node_nm=130, rate_msps=None)
        ('isaac: figures are of node 32 nm, beside cells of 130 nm',)
        """
        said = []
        for key, words, value in (
            ("node_nm", "node {} nm, beside cells of {:.4g} nm", node_nm),
            ("rate_msps", "rate {} MS/s, a lane makes {:.4g} MS/s at this clock", rate_msps),
        ):
            asked, limits = getattr(wanted, key), getattr(self, key)
            follows = key in self.follows
            span = (asked, asked) if follows and asked is not None else limits
            if value is None or span is None or among(value, span):
                continue
            if follows or asked is None or not among(value, (asked, asked)):  # else said already
                said.append(f"{name}: figures are of " + words.format(_span(span), value))
        return tuple(said)

    def conditions(self, *, bits: int, wanted: Wanted) -> str:
        """Say in one line what figures hold for; in brackets how far their law goes.

        >>> scope = Scope(node_nm=(32, 32), bits=(4, 10), follows=("bits",))
        >>> scope.conditions(bits=8, wanted=Wanted())
        'node 32 nm, resolution 8 bits (4 to 10)'
        """
        parts = [
            f"{what} {value:g} {unit} ({_span(limits)})"
            if follows and value is not None
            else f"{what} {_span(limits)} {unit}"
            for what, unit, limits, value, follows in self._asked(bits, wanted)
        ]
        return ", ".join(parts) or "as the parameters say"

    def _asked(
        self, bits: int, wanted: Wanted
    ) -> Iterator[tuple[str, str, Limits, float | None, bool]]:
        """Yield what is limited: word, unit, limits, wanted value, whether a law follows it."""
        asked = {
            "node_nm": ("node", "nm", wanted.node_nm),
            "rate_msps": ("rate", "MS/s", wanted.rate_msps),
            "bits": ("resolution", "bits", bits),
        }
        for key, (what, unit, value) in asked.items():
            limits: Limits | None = getattr(self, key)
            if limits is not None:
                yield what, unit, limits, value, key in self.follows

    def as_json(self) -> dict[str, list[float] | None]:
        """Limits by name, null for any."""
        limits = {key: getattr(self, key) for key in ("node_nm", "rate_msps", "bits")}
        return {key: value and list(value) for key, value in limits.items()}


def _span(limits: Limits) -> str:
    low, high = (f"{limit:g}" for limit in limits)
    return low if low == high else f"{low} to {high}"


def among(value: float, limits: Limits) -> bool:
    """Tell whether a value is one of a span, to within what makes no difference to a model."""
    return limits[0] * (1 - SAME) <= value <= limits[1] * (1 + SAME)


UNASKED = Wanted()
UNKNOWN = Digital()
ANYWHERE = Scope()


class Searched(NamedTuple):
    """Conversions by one search tree.

    Parameters
    ----------
    tree : SearchTree
        What they walked.
    histogram : numpy.ndarray of int64, shape (counts,)
        How many of them held every count from 0 up.
    """

    tree: SearchTree
    histogram: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Conversions:
    """What converters did.

    Parameters
    ----------
    bits : int
        Their resolution: width of a threshold code, N.
    conversions, decisions : int
        How many.
    searches : tuple of Searched
        The same conversions by search tree.
    """

    bits: int
    conversions: int
    decisions: int
    searches: tuple[Searched, ...]


@dataclass(frozen=True, kw_only=True)
class AdcEnergy:
    """Energy of converters on the bill of one model.

    Parameters
    ----------
    picojoules : float
        How much.
    model : AdcModel
        Whose bill.
    """

    picojoules: float
    model: "AdcModel"

    @classmethod
    def total(cls, parts: Iterable["AdcEnergy"]) -> "AdcEnergy":
        """Add up energies of one model; `parts` holds at least one.

        Raises
        ------
        TypeError
            When they are of different models: their sum would mean nothing.
        """
        first, *others = parts
        for other in others:
            if other.model != first.model:
                raise TypeError(
                    "Energies must be of one model, not of "
                    f"{first.model.name} (per {first.model.charges}) and "
                    f"{other.model.name} (per {other.model.charges})"
                )
        return cls(
            picojoules=first.picojoules + sum(other.picojoules for other in others),
            model=first.model,
        )
