"""Calibrated search tables as the bus writes that load them."""

from collections.abc import Sequence

from hwgen.config import Design
from hwgen.emit.manifest import as_json, design_registers
from hwgen.gateware.registers import Register

__all__ = ["table_files", "table_writes"]


def table_files(design: Design) -> dict[str, str]:
    """Return what a design carries beside its RTL, by file name; nothing without tables.

    A lane alone has no table port. Layers that the tables do not name have those of ``others``.
    """
    if design.tables is None or design.top == "lane":
        return {}
    layers = {
        name: {
            "ranges": [list(one) for one in design.ranges(name)],
            "writes": [
                {"register": register.name, "address": register.address, "data": data}
                for register, data in table_writes(design, design.ranges(name))
            ],
        }
        for name in sorted(design.tables.layers)
    }
    content = {
        "granularity": design.tables.granularity,
        "layers": layers,
        "others": [list(one) for one in design.ranges()],
    }
    return {"ranges.json": as_json(content)}


def table_writes(
    design: Design, ranges: Sequence[tuple[int, int]], *, outputs: int | None = None
) -> list[tuple[Register, int]]:
    """Return the registers to write, and what, for a table to take effect.

    Parameters
    ----------
    design : Design
        Whose table port it is.
    ranges : sequence of (payload, truncation)
        The table; none for a binary search.
    outputs : int, optional
        How many outputs are in use; by default the register is left alone.
    """
    registers = {register.name: register for register in design_registers(design)}
    words = {} if outputs is None else {"OUTPUTS": (outputs,)}
    words |= {f"RANGE_{k}": one for k, one in enumerate(ranges)}
    writes = []
    for name, values in words.items():
        fields = zip(registers[name].fields, values, strict=True)
        writes.append((registers[name], sum(value << field.low for field, value in fields)))
    return [*writes, (registers["COMMIT"], 1)]
