"""``manifest.json``: what a delivered folder is, for tools."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from hwgen import __version__
from hwgen.config import Design, Table
from hwgen.emit import pins
from hwgen.emit.converter import derived
from hwgen.emit.hierarchy import CLOCK
from hwgen.emit.rtl import Rtl, reset_of
from hwgen.gateware.registers import Register, register_map

__all__ = ["as_json", "as_lists", "design_registers", "manifest"]


def manifest(design: Design, rtl: Rtl, *, layer: str | None) -> dict:
    """Return everything that a folder's manifest says, but for the hashes of its files.

    Parameters
    ----------
    design : Design
        What was emitted.
    rtl : Rtl
        What it turned into.
    layer : str or None
        Layer of the embedded network that the delivered vectors are of.
    """
    reset = reset_of(design)
    return {
        "hwgen": __version__,
        "name": design.name,
        "preset": design.preset,
        "top": rtl.top.module,
        "parameters": asdict(design.parameters),
        "derived": _derived(design) | {"hold_cycles": design.hold_cycles},
        "clock": CLOCK,
        "reset": {
            "name": reset.name,
            "kind": design.interface.reset.kind,
            "active": design.interface.reset.active,
        },
        "ports": [asdict(port) | {"about": pins.about(port.name, design)} for port in rtl.ports],
        "modules": rtl.modules,
        "registers": [_register(register) for register in design_registers(design)],
        "columns": _columns(design),
        "tables": {"layer": layer, "tables": as_lists(design.loaded(layer))},
        **_energy(design),
        **_device(design),
    }


def _derived(design: Design) -> dict[str, object]:
    """Return what follows from the parameters."""
    if design.is_converter:
        return derived(design.converter)
    names = (
        "planes",
        "lanes",
        "outputs",
        "beats",
        "destinations",
        "largest_active",
        "largest_count",
        "bound",
        "y_bits",
        "decision_cycles",
        "overhead_cycles",
        "most_decisions",
        "longest_conversion",
    )
    return {name: getattr(design.spec, name) for name in names}


def _columns(design: Design) -> list[list[int] | None]:
    """Return output, slice and polarity of every physical column."""
    if design.is_converter:
        return []
    spec = design.spec
    return [
        None if (column := spec.column_map.of(physical)) is None else list(column)
        for physical in range(spec.columns)
    ]


def _energy(design: Design) -> dict[str, dict]:
    """Return what a design says of its analog energies, if it is not what all do."""
    said = design.energy.model_dump(mode="json", exclude_defaults=True)
    return {"energy": said} if said else {}


def _device(design: Design) -> dict[str, dict]:
    """Return what energies have to know of a device that is not ideal."""
    if design.device.ideal:
        return {}
    return {"device": {"on_off_ratio": design.nonidealities.on_off_ratio}}


def design_registers(design: Design) -> tuple[Register, ...]:
    """Return the registers of a design's table port; a lane alone has none."""
    if design.top == "lane":
        return ()
    return register_map(**design.spec.table_port)


def as_lists(tables: Sequence[Table]) -> list[list[list[int]]]:
    """Return tables as JSON has them."""
    return [[list(one) for one in table] for table in tables]


def as_json(value: object) -> str:
    """Write plain values as readable JSON: short lists and objects on one line.

    >>> print(as_json({"a": [1, 2], "b": {}}), end="")
    {
      "a": [1, 2],
      "b": {}
    }
    """
    return _json(value, "") + "\n"


def _register(register: Register) -> dict:
    return asdict(register) | {"fields": [asdict(field) for field in register.fields]}


def _json(value: object, indent: str) -> str:
    text = json.dumps(value, ensure_ascii=True)
    if len(indent) + len(text) <= 90 and (indent or not isinstance(value, dict)):
        return text
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(str(key))}: {_json(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    if isinstance(value, list) and all(isinstance(item, list | None) for item in value):
        return _rows([json.dumps(item) for item in value], indent)
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + _json(item, inner) for item in value) + f"\n{indent}]"
    return text


def _rows(items: list[str], indent: str) -> str:
    """Write many small items, as many in a line as fit."""
    lines = [indent + "  "]
    for k, item in enumerate(items):
        piece = item + ("," if k < len(items) - 1 else "")
        if len(lines[-1]) + len(piece) > 96:
            lines[-1] = lines[-1].rstrip()
            lines.append(indent + "  ")
        lines[-1] += piece + " "
    return "[\n" + "\n".join(line.rstrip() for line in lines) + f"\n{indent}]"
