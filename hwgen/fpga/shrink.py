"""A design cut down to what a board holds."""

from collections.abc import Iterator, Mapping

from hwgen.config import Design, load
from hwgen.design_keys import MOST_ROW_TILES

__all__ = ["changes", "shrink"]

OWN = {"extends"}  # of a file, not of the hardware
RAM_CYCLES = 2  # that block RAM in place of an array takes to look at a column


def shrink(design: Design, *, rows: int, outputs: int) -> Design:
    """Return the design with a smaller array and nothing else changed that need not be.

    Columns become as many as the outputs take, in whole lanes. Beats of ``x`` become narrower where
    one would hold more than all rows. A chain may have more tiles, to take as many inputs as
    before. A conversion that settles and acquires in one cycle gets a second one.

    Parameters
    ----------
    design : Design
        What it is to be.
    rows, outputs : int
        What the array may have at most.

    Raises
    ------
    UserError
        When the design contradicts itself at that size.
    """
    spec = design.spec
    elements = min(spec.x_elements, rows)
    fewer_rows = min(spec.rows, rows) // elements * elements
    needed = min(spec.outputs, outputs) * spec.slices * spec.polarities
    lanes = -(-needed // spec.columns_per_lane)
    keys = design.model_dump(exclude=OWN)
    keys["array"] |= {"rows": fewer_rows, "columns": lanes * spec.columns_per_lane}
    keys["interface"]["x_elements"] = elements
    keys["accumulate"]["row_tiles"] = min(
        MOST_ROW_TILES, spec.row_tiles * -(-spec.rows // fewer_rows)
    )
    if spec.overhead_cycles < RAM_CYCLES:
        keys["timing"]["acquire_cycles"] = RAM_CYCLES - spec.settle_mux
    return load(keys)


def changes(design: Design, smaller: Design) -> dict[str, list]:
    """Return what differs between two designs: the key, and both values."""
    before, after = (dict(_leaves(one.model_dump(exclude=OWN))) for one in (design, smaller))
    return {key: [before[key], after[key]] for key in before if before[key] != after[key]}


def _leaves(keys: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    for key, value in keys.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield path + key, value
