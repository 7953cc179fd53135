"""Netlists with clock gates, turned into what they do on the clock itself.

A clock gate and the flip-flops behind it are flip-flops with an enable, *if the enable is settled
while the clock is low*: the latch in the gate then holds what the enable was before the rising
edge, as a flip-flop would have taken it. What is made of flip-flops of the rising edge, and of
inputs that change with it, is settled then, as long as nothing depends on the level of the clock.
So the clock must be nobody's data. That is looked up in every module: it may reach clock pins,
gates, and the clocks of other blocks, and gated clocks only clock pins. Whether enables settle in
time is what the gates' setup times are for.
"""

import re
from collections.abc import Iterator

from hwgen.flow.mapped import CLOCK
from hwgen.flow.targets import ClockGate

__all__ = ["clock_as_data", "ungated"]

FLIP_FLOP = re.compile(r"\$_\w*FF\w*_")
TAKES = re.compile(r"\$_DFF_\w+_")  # at every edge of its clock; set and clear do not need one

Bit = int | str


def ungated(module: dict, gate: ClockGate) -> tuple[dict, tuple[str, ...]]:
    """Put the flip-flops behind gates on the clock, each with a multiplexer that holds its value.

    Parameters
    ----------
    module : dict
        As Yosys' JSON has it, with Yosys' own gates and flip-flops and the cells of clock gates.
    gate : ClockGate
        Which cells these are.

    Returns
    -------
    dict
        The module without gates.
    tuple of str
        What forbids that.
    """
    clock, complaints = _clock(module), []
    enables: dict[Bit, Bit] = {}
    cells = {}
    for name, cell in module["cells"].items():
        if cell["type"] != gate.cell:
            cells[name] = cell
            continue
        pins = {pin: bits[0] for pin, bits in cell["connections"].items() if bits}
        if clock is None or pins.get(gate.clock) != clock:
            complaints.append(f"clock of the gate {name}")
        if gate.enable not in pins:
            complaints.append(f"enable of the gate {name}")
        complaints += [
            f"{name}.{pin}, which must be 0" for pin in gate.tied if pins.get(pin) != "0"
        ]
        enables[pins.get(gate.output, name)] = pins.get(gate.enable, "x")
    free = 1 + max([1, *_bits(module)])
    for name, cell in list(cells.items()):
        pins = cell["connections"]
        enable = enables.get(pins.get("C", [None])[0])
        if enable is not None and TAKES.fullmatch(cell["type"]):
            cells[name] = cell | {"connections": pins | {"C": [clock], "D": [free]}}
            cells[f"${name}$holds"] = _mux(pins["Q"], pins["D"], [enable], [free])
            free += 1
    found = module | {"cells": cells}
    stray = {reader for bit in enables for reader in _readers(found, bit)}
    return found, (*complaints, *(f"the gated clock at {reader}" for reader in sorted(stray)))


def clock_as_data(module: dict) -> Iterator[str]:
    """Yield where the clock of a module without gates goes besides clock pins and other blocks."""
    clock = _clock(module)
    cells = module["cells"]
    for reader in [] if clock is None else _readers(module, clock):
        name, _, pin = reader.rpartition(".")
        kind = cells[name]["type"] if name in cells else ""
        is_block = name in cells and not kind.startswith("$")
        if (pin, True) not in ((CLOCK, is_block), ("C", bool(FLIP_FLOP.fullmatch(kind)))):
            yield f"the clock as data at {reader}"


def _clock(module: dict) -> Bit | None:
    port = module["ports"].get(CLOCK)
    return port["bits"][0] if port else None


def _readers(module: dict, bit: Bit) -> Iterator[str]:
    """Yield the outputs of a module and the pins of its cells that a net is on."""
    for name, port in module["ports"].items():
        if port["direction"] != "input" and bit in port["bits"]:
            yield name
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            if bit in bits:
                yield f"{name}.{pin}"


def _bits(module: dict) -> Iterator[int]:
    """Yield the numbers of nets in use."""
    ports, nets = module["ports"].values(), module["netnames"].values()
    for one in (*ports, *nets):
        yield from (bit for bit in one["bits"] if isinstance(bit, int))
    for cell in module["cells"].values():
        for bits in cell["connections"].values():
            yield from (bit for bit in bits if isinstance(bit, int))


def _mux(low: list[Bit], high: list[Bit], select: list[Bit], output: list[Bit]) -> dict:
    return {
        "hide_name": 1,
        "type": "$_MUX_",
        "parameters": {},
        "attributes": {},
        "port_directions": {"A": "input", "B": "input", "S": "input", "Y": "output"},
        "connections": {"A": low, "B": high, "S": select, "Y": output},
    }
