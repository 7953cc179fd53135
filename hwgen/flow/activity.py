"""Activity of a mapped tile while it computes real vectors, checked against the golden model."""

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import Mismatch, UserError
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped
from hwgen.flow.stimulus import Golden, Stimulus
from hwgen.gates.netlist import Hierarchy
from hwgen.gates.tile import Played, Setup, Vectors, compile_tile, play_tile
from hwgen.liberty.library import Library

__all__ = ["require_tile", "tile_activity"]


def tile_activity(
    delivered: Delivered,
    mapped: Mapped,
    library: Library,
    stimulus: Stimulus,
    *,
    golden: Golden | None = None,
    trace_cycles: int = 0,
) -> Played:
    """Play vectors through a mapped tile and count what its nets do.

    Every word of ``y``, and every lane's strobes for all vectors of a stimulus, are compared with
    the golden model, those of the vectors before and behind the counted ones too.

    Parameters
    ----------
    delivered : Delivered
        The folder; its RTL may have been changed.
    mapped : Mapped
        Its RTL on the library's cells.
    library : Library
        The cells.
    stimulus : Stimulus
        Vectors, weights and table.
    golden : Golden, optional
        What the golden model says of the stimulus, where that is known already.
    trace_cycles : int
        Cycles of the first vectors to be recorded.

    Raises
    ------
    UserError
        When the design is not a tile, or its netlist or vectors do not fit.
    Mismatch
        When the netlist computes something else than the golden model.
    """
    require_tile(delivered)
    manifest, spec = delivered.manifest, delivered.spec
    tile, expected = golden or stimulus.golden(spec)
    program = compile_tile(Hierarchy(mapped.json).flat(), library, spec, clock=manifest["clock"])
    registers = {one["name"]: one["address"] for one in manifest["registers"]}
    setup = Setup(
        spec=spec,
        reset=manifest["reset"]["name"],
        reset_level=int(manifest["reset"]["active"] == "high"),
        writes=stimulus.writes(registers, spec, tile.outputs),
        status=registers["STATUS"],
    )
    vectors = Vectors(x=stimulus.x, y_in=stimulus.y_in, cells=tile.crossbar.cells)
    played = play_tile(program, setup, vectors, trace_cycles=trace_cycles)
    _compare(played, expected.y, expected.lane_decisions.sum(axis=1))
    return played


def require_tile(delivered: Delivered) -> None:
    """Refuse designs that play no vectors.

    Raises
    ------
    UserError
        When the design is a lane or a converter alone.
    """
    if delivered.top != delivered.modules.get("tile"):
        raise UserError(
            f"{delivered.folder}: must be a tile to play vectors, not a {delivered.top}"
        )


def _compare(played: Played, y: NDArray[np.int64], strobes: NDArray[np.int64]) -> None:
    """Compare with the golden model's outputs (vectors, outputs) and strobes (vectors, lanes)."""
    has = played.order >= 0
    for stimulus, step, output in np.argwhere((played.y != y[played.order]) & has[..., None])[:1]:
        vector = played.order[stimulus, step]
        raise Mismatch(
            f"vector {vector}, output {output}, y: expected {y[vector, output]}, "
            f"got {played.y[stimulus, step, output]}"
        )
    wanted = (strobes[played.order] * has[..., None]).sum(axis=1)
    for stimulus, lane in np.argwhere(played.strobes != wanted)[:1]:
        listed = ", ".join(map(str, played.order[stimulus][has[stimulus]]))
        raise Mismatch(
            f"vectors {listed}, lane {lane}, decisions: expected {wanted[stimulus, lane]}, "
            f"got {played.strobes[stimulus, lane]}"
        )
