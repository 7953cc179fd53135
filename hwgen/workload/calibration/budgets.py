"""Which tables to take when they may err: not at all, down to a ratio, or up to a loss of accuracy.

A choice is made for all layers at once; with granularity ``network`` (`shared` below) they share
one table. Everything is deterministic: searches take a fixed number of steps.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hwgen.errors import UserError
from hwgen.workload.calibration.tradeoff import Choice, Tradeoff

__all__ = ["Budget", "at_price", "lossless", "within_drop", "within_sqnr"]

Choices = dict[str, Choice]  # by layer
Tradeoffs = Mapping[str, Tradeoff]

# Prices are decisions per conversion of an average layer that error as strong as its signal is
# worth, as powers of ten: from hardly any decisions to hardly any error, and to none to speak of.
LOWEST, HIGHEST, CERTAIN = -1.0, 7.0, 12.0
STEPS = 8  # of a search for a price


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much a table may err."""

    kind: str  # "lossless", "sqnr" or "drop"
    limit: float = 0.0  # dB, or percentage points

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read ``lossless``, ``sqnr:DB`` or ``drop:POINTS``.

        >>> Budget.parse("sqnr:30")
        Budget(kind='sqnr', limit=30.0)

        Raises
        ------
        UserError
            For anything else.
        """
        kind, colon, number = text.partition(":")
        try:
            limit = float(number) if colon else 0.0
        except ValueError:
            limit = math.nan
        takes_number = kind in {"sqnr", "drop"}
        if (
            (kind != "lossless" and not takes_number)
            or takes_number != bool(colon)
            or not math.isfinite(limit)
            or limit < 0
        ):
            raise UserError(f"--budget: must be lossless, sqnr:DB or drop:POINTS, not {text!r}")
        if kind == "drop" and limit > 100:
            raise UserError(f"--budget: drop must be at most 100 points, not {text!r}")
        return cls(kind=kind, limit=limit)


def lossless(tradeoffs: Tradeoffs, *, shared: bool) -> Choices | None:
    """Take the cheapest tables that read every possible count as itself; None if there are none."""
    costs = {}
    for name, one in tradeoffs.items():
        exact = one.candidates.lossless
        if not exact.any():
            return None
        costs[name] = np.where(exact, one.decisions, np.iinfo(np.int64).max // (len(tradeoffs) + 1))
    return _cheapest(costs, shared=shared)


def at_price(
    tradeoffs: Tradeoffs, exponent: float, stakes: Mapping[str, float], *, shared: bool
) -> Choices:
    """Take the tables for which decisions + price x error are least.

    Parameters
    ----------
    exponent : float
        Of the price, a power of ten.
    stakes : mapping of str to float
        What the error of a layer counts in comparison.
    """
    conversions = sum(int(one.histogram.sum()) for one in tradeoffs.values())
    price = 10**exponent * conversions / len(tradeoffs)
    if not shared:
        return {name: one.descend(price * stakes[name]) for name, one in tradeoffs.items()}
    scores = sum(
        one.decisions + price * stakes[name] * one.powers_of_one()
        for name, one in tradeoffs.items()
    )
    shared_by_all = next(iter(tradeoffs.values())).first(scores)
    return dict.fromkeys(tradeoffs, shared_by_all)


def within_sqnr(tradeoffs: Tradeoffs, ratio_db: float, *, shared: bool) -> Choices:
    """Take the cheapest tables with at least this ratio of signal to error in every layer.

    Parameters
    ----------
    tradeoffs : mapping of str to Tradeoff
        In sums, not in codes.

    Raises
    ------
    UserError
        When some layer has no such tables.
    """
    limit = 10 ** (-ratio_db / 10)
    most = np.iinfo(np.int64).max // (len(tradeoffs) + 1)
    if len(next(iter(tradeoffs.values())).contexts) > 1:
        return {name: _descended(name, one, ratio_db) for name, one in tradeoffs.items()}
    costs = {}
    for name, one in tradeoffs.items():
        fits = one.powers_of_one() <= limit
        if not fits.any():
            _refuse(name, -10 * math.log10(one.powers_of_one().min()), ratio_db)
        costs[name] = np.where(fits, one.decisions, most)
    found = _cheapest(costs, shared=shared)
    for name, one in tradeoffs.items():  # each can, but perhaps not all with the same table
        if one.power(found[name]) > limit:
            _refuse(name, one.sqnr_db(found[name]), ratio_db)
    return found


def _descended(name: str, tradeoff: Tradeoff, ratio_db: float) -> Choice:
    """Search the price at which one layer keeps a ratio."""
    limit = 10 ** (-ratio_db / 10)
    only, whole = {name: tradeoff}, {name: 1.0}
    exact = lossless(only, shared=False) or at_price(only, CERTAIN, whole, shared=False)
    best = exact[name]
    if tradeoff.power(best) > limit:
        _refuse(name, tradeoff.sqnr_db(best), ratio_db)
    low, high = LOWEST, HIGHEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        found = at_price(only, middle, whole, shared=False)[name]
        if tradeoff.power(found) <= limit:
            high, best = middle, min(best, found, key=tradeoff.cost)
        else:
            low = middle
    return tradeoff.trim(best, limit)


def within_drop(
    tradeoffs: Tradeoffs,
    stakes: Mapping[str, float],
    fits: Callable[[Choices], bool],
    *,
    shared: bool,
) -> Choices | None:
    """Take the cheapest tables that a trial finds good enough.

    A search for the price of error: tables get cheaper and worse as it falls.

    Parameters
    ----------
    tradeoffs : mapping of str to Tradeoff
        In codes.
    stakes : mapping of str to float
        What the error of a layer counts in comparison.
    fits : callable
        The trial. Lossless tables are not tried.

    Returns
    -------
    mapping of str to Choice, or None
        None when nothing fits.
    """
    best = lossless(tradeoffs, shared=shared)
    if best is None:
        best = at_price(tradeoffs, CERTAIN, stakes, shared=shared)
        if not fits(best):
            return None

    def cost(choices: Choices) -> int:
        return sum(tradeoffs[name].cost(choice) for name, choice in choices.items())

    low, high = LOWEST, HIGHEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        found = at_price(tradeoffs, middle, stakes, shared=shared)
        if cost(found) >= cost(best):
            high = middle
        elif fits(found):
            high, best = middle, found
        else:
            low = middle
    return best


def _cheapest(costs: Mapping[str, np.ndarray], *, shared: bool) -> Choices:
    """Take the table that costs least, the first of equals: of each context, or of all at once."""
    if shared:
        costs = dict.fromkeys(costs, sum(costs.values()))
    return {name: one.argmin(axis=1) for name, one in costs.items()}


def _refuse(name: str, best_db: float, ratio_db: float) -> None:
    raise UserError(
        f"--budget: must be at most sqnr:{math.floor(best_db * 10) / 10:g} for layer {name}, "
        f"not sqnr:{ratio_db:g}"
    )
