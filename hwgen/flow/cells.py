"""Mapping to the cells of a Liberty file."""

import re
from collections.abc import Mapping, Sequence

from hwgen.errors import UserError
from hwgen.flow.mapped import Module
from hwgen.flow.targets import GENERIC, TARGETS, Target
from hwgen.gates.arcs import Arcs
from hwgen.liberty.functions import behaviour
from hwgen.liberty.library import Cell, Library

__all__ = ["DONT_USE", "LIBRARY", "area_um2", "cell_target", "refused"]

# Of sky130: cells for several supplies, and pads for probes.
DONT_USE = ("*lpflow*", "*probe*")
LIBRARY = "library.lib"
DRIVE = "drive.txt"
FAN_OUT = 16  # inputs that a cell drives before buffers share them
LOAD_BUFFERS = 4  # a pin of a module drives as much as so many buffers' inputs

# Area first: structural choices, then exact area flow over them (`amap -m`). ABC's own script for
# Liberty files, built on `&nf`, is 2 % larger and 30 % slower on the tile of `trq`.
COVER = ("strash", "&get -n", "&fraig -x", "&put", "scorr", "dch", "amap -m", "topo")
BUFFER = (f"buffer -N {FAN_OUT}", "topo")
SHRINK = ("dnsize",)
SIZE = ("upsize -D {picoseconds}", "dnsize -D {picoseconds}")


def cell_target(
    library: Library, *, dont_use: Sequence[str] = (), clock_ns: float | None = None
) -> Target:
    """Return how Yosys maps to a library.

    Parameters
    ----------
    library : Library
        The cells.
    dont_use : sequence of str
        Patterns of cells to leave alone, besides `DONT_USE` and what the library itself forbids.
    clock_ns : float, optional
        Period that cells are sized for; without, area alone counts.

    Raises
    ------
    UserError
        When a pattern names no cell, or no flip-flop is left.
    """
    for pattern in dont_use:
        if not library.matching((pattern,)):
            raise UserError(f"--dont-use: must name a cell of {library.path}, not {pattern!r}")
    unused = _unused(library, dont_use)
    usable = [cell for name, cell in library.cells.items() if name not in unused]
    flip_flops = [cell.name for cell in usable if cell.is_flip_flop]
    if not flip_flops:
        raise UserError(
            f"{library.path}: must have flip-flops that may be used, not only {len(usable)} other "
            "cells"
        )
    _check(library, usable)
    files = {LIBRARY: library.without(unused)}
    script, options = COVER, ""
    if buffer := _buffer(usable):
        files[DRIVE] = _drive(library, buffer)
        script += BUFFER + (SHRINK if clock_ns is None else SIZE)
        options = f" -constr {DRIVE}"
    steps = ";".join(script).format(picoseconds=round((clock_ns or 0) * 1000))
    return Target(
        name=_folder_name(library.name),
        commands=(
            "synth -nofsm -noalumacc -top {top}",  # adders stay as they are written
            f"dfflibmap -liberty {LIBRARY}",
            # One inverter for all resets: ABC would give each its own buffer.
            "opt_merge",
            "opt_clean",
            f"abc -liberty {LIBRARY}{options} -script +{steps.replace(' ', ',')}",
            "opt_clean",
            f"read_liberty -lib -ignore_miss_func {LIBRARY}",
        ),
        flip_flops=re.compile("|".join(map(re.escape, flip_flops))),
        path_ends=tuple(flip_flops),
        models=(f"read_liberty -ignore_miss_func {LIBRARY}",),
        files=files,
    )


def refused(library: Library, dont_use: Sequence[str], error: RuntimeError) -> UserError | None:
    """Return what the library lacks when Yosys could not map to it; None for another reason."""
    message = str(error)
    unused = _unused(library, dont_use)
    left = [cell for name, cell in library.cells.items() if name not in unused]
    flip_flops = [cell.name for cell in left if cell.is_flip_flop]
    if "cannot be legalized" in message:
        return UserError(
            f"{library.path}: must have flip-flops for every register of the design, not only "
            f"{', '.join(flip_flops)}"
        )
    if "ABC output file" in message:
        gates = len(left) - len(flip_flops)
        return UserError(
            f"{library.path}: must have gates that make up any logic, which the {gates} that may "
            "be used do not"
        )
    return None


def _unused(library: Library, dont_use: Sequence[str]) -> set[str]:
    return library.unusable() | library.matching((*DONT_USE, *dont_use))


def _check(library: Library, usable: Sequence[Cell]) -> None:
    """Read what Yosys and ABC will read, for they do not say where a file is wrong."""
    arcs = Arcs(library)
    gates = [cell.name for cell in usable if behaviour(cell).outputs and not cell.is_flip_flop]
    if gates and arcs.untimed(gates) == gates:
        raise UserError(f"{library.path}: must have timing groups of its gates, not areas alone")


def _folder_name(library: str) -> str:
    """Turn a library's name into that of a folder, no other target's."""
    name = re.sub(r"[^\w-]", "_", library)
    return name if name and name not in {GENERIC.name, *TARGETS} else f"library_{name}"


def area_um2(library: Library, module: Module) -> float:
    """Add up the area of a module's cells, without wires.

    Raises
    ------
    UserError
        When the library does not say how large a cell is.
    """
    return round(sum(n * area for area, n in _areas(library, module.kinds)), 3)


def _areas(library: Library, kinds: Mapping[str, int]) -> list[tuple[float, int]]:
    found = []
    for kind, number in kinds.items():
        cell = library.cells.get(kind)
        if cell is None:
            raise UserError(
                f"{library.path}: must have a cell for {kind}, which the design needs, not none"
            )
        if cell.area is None or cell.area < 0:
            shown = "missing" if cell.area is None else f"{cell.area:g}"
            raise UserError(
                f"{library.path}: cell ({kind}): area: must be a number from 0, not {shown}"
            )
        found.append((cell.area, number))
    return found


def _buffer(cells: Sequence[Cell]) -> Cell | None:
    """Return the smallest buffer; None where there is none."""
    found = [cell for cell in cells if cell.area is not None and _repeats(cell)]
    return min(found, key=lambda cell: (cell.area, cell.name), default=None)


def _repeats(cell: Cell) -> bool:
    """Tell whether a cell gives its only input to its only output."""
    inputs = [pin for pin in cell.pins.values() if pin.direction == "input"]
    outputs = [pin for pin in cell.pins.values() if pin.direction == "output"]
    if len(inputs) != 1 or len(outputs) != 1 or outputs[0].is_three_state:
        return False
    return (outputs[0].function or "").strip(" ()") == inputs[0].name


def _drive(library: Library, buffer: Cell) -> str:
    """Return what ABC takes to drive every pin of a module and to load it, in fF."""
    (pin,) = (pin for pin in buffer.pins.values() if pin.direction == "input")
    own_ff = pin.capacitance * library.capacitance_unit_f * 1e15 if pin.capacitance else 0.0
    load = LOAD_BUFFERS * own_ff
    return f"set_driving_cell {buffer.name}\nset_load {load:.4g}\n"
