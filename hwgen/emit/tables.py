"""Calibrated search tables as the bus writes that load them."""

from collections.abc import Sequence

from hwgen.config import Design, Table
from hwgen.emit.manifest import as_json, as_lists, design_registers
from hwgen.gateware.registers import Register
from hwgen_models.range_table import load_writes

__all__ = ["table_files", "table_writes"]


def table_files(design: Design) -> dict[str, str]:
    """Return what a design carries beside its RTL, by file name; nothing without tables.

    A lane alone has no table port. Layers that the tables do not name have those of ``others``.
    """
    if design.tables is None or design.top == "lane":
        return {}
    layers = {
        name: {
            "tables": as_lists(design.loaded(name)),
            "writes": [
                {"register": register.name, "address": register.address, "data": data}
                for register, data in table_writes(design, design.loaded(name))
            ],
        }
        for name in sorted(design.tables.layers)
    }
    content = {
        "granularity": design.tables.granularity,
        "layers": layers,
        "others": as_lists(design.loaded()),
    }
    return {"ranges.json": as_json(content)}


def table_writes(
    design: Design, tables: Sequence[Table], *, outputs: int | None = None
) -> list[tuple[Register, int]]:
    """Return the registers to write, and what, for tables to take effect.

    Parameters
    ----------
    design : Design
        Whose table port it is.
    tables : sequence of Table
        As many as the tile holds; empty ones for a binary search.
    outputs : int, optional
        How many outputs are in use; by default the register is left alone.
    """
    registers = {register.name: register for register in design_registers(design)}
    return [(registers[name], word) for name, word in load_writes(design.spec, tables, outputs)]
