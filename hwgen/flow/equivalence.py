"""Proof by Yosys that a mapped netlist is the RTL that it was mapped from, block by block.

Every module is compared by itself; instances of other modules in it are boxes, whose inputs have to
be equal and whose outputs then are. If all modules are proved, so is the design made of them.

Each register of the netlist has to be one of the RTL by name, or its inverse where a library has no
flip-flop that can be set; then every state of the netlist has its state of the RTL. Both sides read
the RTL's register, so that what is left is combinational: equal outputs and equal next states, for
all inputs and states. ABC merges what is equal on both sides by simulation and SAT from the
inputs up; that proves adder trees in seconds on which a SAT solver alone takes hours.
``equiv_induct`` has the last word on what was not merged.

A clock gate and the flip-flops behind it are compared as flip-flops with an enable, where that is
what they are: see `hwgen.flow.ungated`.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hwgen.flow.mapped import CLOCK, Mapped, read_rtl
from hwgen.flow.targets import ClockGate, Target
from hwgen.flow.tools import run_yosys
from hwgen.flow.ungated import clock_as_data, ungated

__all__ = ["differences"]

MODULE = re.compile(r"^module \\?(\S+) ?\(.*?^endmodule\n", re.DOTALL | re.MULTILINE)
OUTSIDE = re.compile(r"^module .*?;\n|^ *(?:input|output) .*;\n", re.DOTALL | re.MULTILINE)
UNPROVED = re.compile(
    r"^ *Unproven \$equiv \S+: (?:\\(\S+?)(?:_gold|_gate)?|\S+)(?: \[(\d+)\])?(?= |$)", re.MULTILINE
)
REGISTER = re.compile(r"\$_\w*(?:DFF|LATCH|SR|FF)\w*_")
PLAIN = re.compile(r"\$_(?:DFF|DFFE|SDFF|SDFFE|SDFFCE)_P\w*_")  # set or reset, but one clock edge
INVERTERS = ("$_NOT_", "$not")
LOOSE = "nets without a driver, with several, or in a loop"
KEPT = {"keep": f"{1:032b}"}
INVERSE = "hwgen_inverse_"  # begins names of registers that are held inverted

ELABORATE = """
{read}
hierarchy -check -top {top}
proc -norom
write_rtlil rtl.il
"""
BOTH = """
{models}
read_verilog hwgen_gate.v
hierarchy -check -top {module}
proc -norom
check -assert
write_json netlist.json
setattr -set keep 1 {module}/w:*
flatten -noscopeinfo
opt_clean
{finish}
rename {module} gate
write_json gate.json
design -reset
read_rtlil rtl.il
hierarchy -check -top {module}
{boxes}
{finish}
rename {module} gold
write_json gold.json
"""
# Values after power-up are no part of the comparison: both sides leave them to the reset.
FINISH = """setattr -unset init w:*
setattr -unset keep w:*
simplemap t:$*dff* t:$*latch* t:$sr t:$ff"""
PROVE = """
read_json both.json
async2sync
opt_clean
equiv_make gold gate equiv
delete gold gate
cd equiv
techmap -max_iter 1 -map hwgen_observe.v
techmap
simplemap
opt_clean
select t:$_*DFF* t:$equiv t:$scopeinfo %u %u %n
abc -g AND -script +strash;&get,-n;&fraig,-x;&put;map
select -clear
cd equiv
opt_expr
opt_merge
opt_merge
opt_clean
cd ..
equiv_induct -seq 1 -ignore-unknown-cells equiv
tee -q -o status.txt equiv_status equiv
"""

# A pair is compared, but nothing reads the comparison's output.
OBSERVE = """\
(* techmap_celltype = "$equiv" *)
module observe (input A, input B, output Y);
  wire nothing;
  assign Y = A;
  (* keep *) \\$equiv pair (.A(A), .B(B), .Y(nothing));
endmodule
"""

Bit = int | str  # of Yosys' JSON: the number of a net, or a constant
Name = tuple[str, int]  # of a wire, and which bit of it


def differences(
    rtl: Mapping[str, str],
    mapped: Mapped,
    target: Target,
    *,
    proved: Callable[[str], None] | None = None,
) -> dict[str, tuple[str, ...]]:
    """Return what could not be proved equal, by module; nothing for modules that are equal.

    Parameters
    ----------
    rtl : mapping of str to str
        Verilog by file name.
    mapped : Mapped
        What it was mapped to; its netlist is read, as it is kept.
    target : Target
        What it was mapped to, with the cells' functions.
    proved : callable, optional
        Called with the name of every module that is through, in whatever order.

    Returns
    -------
    dict of str to tuple of str
        For every module of the design the signals, or why there is no proof at all.
    """
    texts = {found[1]: found[0] for found in MODULE.finditer(mapped.netlist)}
    with tempfile.TemporaryDirectory(prefix="hwgen-prove-") as scratch:
        folder = Path(scratch)
        try:
            elaborated = _elaborated(rtl, mapped.top, folder)
        except RuntimeError as error:
            return dict.fromkeys(mapped.modules, (str(error),))

    def compare(name: str) -> tuple[str, ...]:
        missing = [one for one in (name, *mapped.modules[name].children) if one not in texts]
        if missing:
            return (f"the netlist has no module {missing[0]}",)
        children = list(mapped.modules[name].children)
        boxes = [_box(texts[child]) for child in children]
        netlist = "".join([*boxes, texts[name]])
        found = _compare(name, elaborated, netlist, children, target)
        if proved is not None:
            proved(name)
        return found

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(mapped.modules, pool.map(compare, mapped.modules), strict=True))


def _elaborated(rtl: Mapping[str, str], top: str, folder: Path) -> str:
    """Return the RTL of all modules as RTLIL."""
    for name, text in rtl.items():
        (folder / name).write_text(text)
    run_yosys(ELABORATE.format(read="\n".join(read_rtl(rtl)), top=top), folder=folder)
    return (folder / "rtl.il").read_text()


def _compare(
    module: str, elaborated: str, netlist: str, children: Sequence[str], target: Target
) -> tuple[str, ...]:
    """Compare one module with its netlist."""
    script = BOTH.format(
        models="\n".join(target.models),
        module=module,
        boxes=f"blackbox {' '.join(children)}" if children else "",
        finish=FINISH,
    )
    with tempfile.TemporaryDirectory(prefix="hwgen-prove-") as scratch:
        folder = Path(scratch)
        texts = {"rtl.il": elaborated, "hwgen_gate.v": netlist, "hwgen_observe.v": OBSERVE}
        for name, text in {**target.files, **texts}.items():
            (folder / name).write_text(text)
        try:
            run_yosys(script, folder=folder)
            gold, gate = (_side(folder, name, name) for name in ("gold", "gate"))
            objections = []
            if target.clock_gate:
                gate, objections = _on_the_clock(gold, gate, target.clock_gate)
            pairs = _pairs(gold, gate)
            objections += [*gold.clocking(), *gate.clocking(), *pairs.strangers]
            objections += _side(folder, "netlist", module).unknowns()
            modules = {"gold": gold.compared(pairs), "gate": gate.compared(pairs)} | gold.others
            (folder / "both.json").write_text(json.dumps({"modules": modules}))
            run_yosys(PROVE, folder=folder)
        except RuntimeError as error:  # ports that differ, for one
            message = str(error).strip()
            return (LOOSE if "check -assert" in message else message,)
        status = (folder / "status.txt").read_text()
    unproved = [pairs.shown(name, bit) for name, bit in UNPROVED.findall(status)]
    if not unproved and "Equivalence successfully proven!" not in status:
        return (f"no verdict from Yosys: {status.strip()}",)
    return tuple(dict.fromkeys([*objections, *unproved]))


@dataclass(frozen=True, kw_only=True)
class _Register:
    """A flip-flop or latch: what it is, and the nets of its clock and output."""

    kind: str
    clock: Bit | None
    output: Bit


class _Side:
    """One of the two modules, as Yosys' JSON has it."""

    def __init__(self, name: str, modules: Mapping[str, dict]) -> None:
        self.module = modules[name]
        self.others = {other: modules[other] for other in modules if other != name}
        self.names: dict[Bit, list[Name]] = {}
        for wire, net in self.module["netnames"].items():
            if not net["hide_name"]:
                for place, bit in enumerate(net["bits"]):
                    self.names.setdefault(bit, []).append((wire, place))
        self.registers = list(self._registers())

    def _registers(self) -> Iterator[_Register]:
        for cell in self.module["cells"].values():
            if REGISTER.fullmatch(cell["type"]):
                pins = cell["connections"]
                (output,) = pins["Q"]
                yield _Register(kind=cell["type"], clock=pins.get("C", [None])[0], output=output)

    def unknowns(self) -> Iterator[str]:
        """Yield what is connected to x or z, which Yosys takes for whatever suits it."""
        for name, port in self.module["ports"].items():
            if {"x", "z"} & set(port["bits"]):
                yield f"{name}, which the netlist leaves undefined"
        for name, cell in self.module["cells"].items():
            for pin, bits in cell["connections"].items():
                if {"x", "z"} & set(bits):
                    yield f"{name}.{pin}, which the netlist leaves undefined"

    def clocking(self) -> Iterator[str]:
        """Yield what a proof with a single clock does not see: latches, other edges and clocks."""
        port = self.module["ports"].get(CLOCK)
        clock = port["bits"][0] if port else None
        for register in self.registers:
            if not PLAIN.fullmatch(register.kind) or register.clock != clock:
                yield f"clock of {self.label(register.output)}"

    def label(self, bit: Bit) -> str:
        """Name a net."""
        names = self.names.get(bit)
        if not names:
            return "a register without a name"
        # The designer's name rather than a pin's inside a cell, or a net's that Yosys numbered.
        wire, place = min(names, key=lambda name: ("." in name[0], name[0].startswith("_"), name))
        return _labelled(wire, place, len(self.module["netnames"][wire]["bits"]))

    def inverse_names(self) -> dict[Bit, list[Name]]:
        """Return the names of what inverters give, by what they take."""
        found: dict[Bit, list[Name]] = {}
        for cell in self.module["cells"].values():
            if cell["type"] in INVERTERS and len(cell["connections"]["Y"]) == 1:
                taken, given = cell["connections"]["A"][0], cell["connections"]["Y"][0]
                found.setdefault(taken, []).extend(self.names.get(given, []))
        return found

    def compared(self, pairs: "_Pairs") -> dict:
        """Return the module with names for what is to be compared, and no others."""
        ports = self.module["ports"]
        nets, cells = {}, dict(self.module["cells"])
        for wire, net in self.module["netnames"].items():
            seen = wire in ports or wire in pairs.wires
            nets[wire if seen or net["hide_name"] else f"$hidden${wire}"] = net
        for number, (name, output) in enumerate(pairs.inverted.items()):
            bit = output
            if self is pairs.gold:
                bit = pairs.free + number
                (held,) = (bit for bit, names in self.names.items() if name in names)
                cells[f"${INVERSE}{number}"] = {
                    "hide_name": 1,
                    "type": "$_NOT_",
                    "parameters": {},
                    "attributes": {},
                    "port_directions": {"A": "input", "Y": "output"},
                    "connections": {"A": [held], "Y": [bit]},
                }
            nets[f"{INVERSE}{number}"] = {"hide_name": 0, "bits": [bit], "attributes": KEPT}
        return self.module | {"netnames": nets, "cells": cells}


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """Which registers of the netlist are which of the RTL.

    Parameters
    ----------
    gold : _Side
        The RTL.
    wires : set of str
        Wires of registers that both have.
    inverted : mapping of Name to Bit
        Registers that the netlist holds inverted, and the net there.
    strangers : tuple of str
        What to say of registers that the RTL does not have.
    """

    gold: _Side
    wires: set[str]
    inverted: Mapping[Name, Bit]
    strangers: tuple[str, ...]

    @property
    def free(self) -> int:
        """A number that no net of the RTL has."""
        nets = self.gold.module["netnames"].values()
        bits = [bit for net in nets for bit in net["bits"] if isinstance(bit, int)]
        return 1 + max([1, *bits])

    def shown(self, name: str, bit: str) -> str:
        """Name a signal for people."""
        if name.startswith(INVERSE):
            wire, place = list(self.inverted)[int(name.removeprefix(INVERSE))]
        else:
            wire, place = name or "a signal without a name", int(bit or 0)
        net = self.gold.module["netnames"].get(wire)
        return _labelled(wire, place, len(net["bits"]) if net else 1)


def _on_the_clock(gold: _Side, gate: _Side, cell: ClockGate) -> tuple[_Side, list[str]]:
    """Return the netlist without clock gates, and what forbids to take it for the same."""
    module, objections = ungated(gate.module, cell)
    sides = (gold.module, module)
    found = [*objections, *(reason for side in sides for reason in clock_as_data(side))]
    return _Side("gate", gate.others | {"gate": module}), found


def _pairs(gold: _Side, gate: _Side) -> _Pairs:
    """Pair the registers by name."""
    known = {name for register in gold.registers for name in gold.names.get(register.output, [])}
    inverse_names = gate.inverse_names()
    wires, inverted, strangers = set(), {}, []
    for register in gate.registers:
        same = known.intersection(gate.names.get(register.output, []))
        other = known.intersection(inverse_names.get(register.output, []))
        wires |= {wire for wire, _ in same | other}
        if not same and other:
            inverted[min(other)] = register.output
        elif not same:
            strangers.append(f"{gate.label(register.output)}, which the RTL does not have")
    return _Pairs(gold=gold, wires=wires, inverted=inverted, strangers=tuple(strangers))


def _side(folder: Path, file: str, module: str) -> _Side:
    return _Side(module, json.loads((folder / f"{file}.json").read_text())["modules"])


def _labelled(wire: str, place: int, width: int) -> str:
    return f"{wire}[{place}]" if width > 1 else wire


def _box(text: str) -> str:
    """Return a module's ports without what is inside."""
    return f"(* blackbox *)\n{''.join(OUTSIDE.findall(text))}endmodule\n"
