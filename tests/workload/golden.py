"""Layers on golden tiles: slow, and right by definition."""

import math

import numpy as np

from hwgen_models.tile import Tile

__all__ = ["golden", "ratio_db"]


def golden(mapped, x, *, table=None, tables=None):
    """Sums (vectors, outputs) and decisions of a layer with one group on ideal tiles."""
    drive = mapped.drive(np.asarray(x)[np.newaxis])
    sums, decisions = np.tile(mapped.constants, (len(drive), 1)), 0
    for place in mapped.tiles:
        found = Tile(mapped.spec, place.weights, table=table, tables=tables).run(
            drive[:, place.inputs]
        )
        sums[:, place.outputs] += found.y
        decisions += int(found.lane_decisions.sum())
    return sums, decisions


def ratio_db(exact, found):
    """Ratio of what varies in the sums (vectors, outputs) to the error; infinite without error."""
    error = ((found - exact).astype(float) ** 2).sum()
    signal = exact.var(axis=0).sum() * len(exact)
    return 10 * math.log10(signal / error) if error else math.inf
