"""Every claim of the papers beside what this tool measures, with conditions and what is missing."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hwgen.papers import trq
from hwgen.papers.claims import Claim, Evidence

__all__ = ["TABLES", "papers"]

TABLES: dict[str, tuple[Claim, ...]] = {"trq": trq.CLAIMS}

Progress = Callable[[int, int, str], None]


def papers(
    *,
    only: str | None = None,
    network: str = "digits",
    data: str = "digits",
    tables_on: str | None = None,
    images: int | None = None,
    power: Path | None = None,
    progress: Progress | None = None,
) -> dict:
    """Measure what the papers claim.

    Parameters
    ----------
    only : str, optional
        One of `hwgen.papers.PAPERS`; all of them by default.
    network, data, tables_on, images, power
        As of `Evidence`.
    progress : callable, optional
        Called with claims done, claims in all, and what is being measured.

    Returns
    -------
    dict
        ``claims``, one after another.

    Raises
    ------
    UserError
        When files do not fit.
    """
    chosen = [claim for name in ([only] if only else TABLES) for claim in TABLES[name]]
    with tempfile.TemporaryDirectory(prefix="hwgen-papers-") as folder:
        evidence = Evidence(
            network, data, tables_on=tables_on, images=images, folder=Path(folder), power=power
        )
        claims = []
        for number, claim in enumerate(chosen):
            if progress is not None:
                progress(number, len(chosen), f"{claim.paper}: {claim.claim}")
            claims.append(claim.as_json(evidence))
    return {
        "network": network,
        "data": data,
        "power": None if power is None else str(power),
        "claims": claims,
    }
