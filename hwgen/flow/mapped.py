"""Mapping with Yosys: a netlist whose blocks can still be told from each other, and its counts."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hwgen.flow.targets import GENERIC, Target
from hwgen.flow.tools import run_yosys

__all__ = ["CLOCK", "Mapped", "Module", "map_verilog", "read_rtl"]

CLOCK = "clk"  # of every block

LATCHES = "t:$dlatch* t:$adlatch* t:$sr"
# Loops may lead through several blocks.
FLAT_CHECK = ("design -push-copy", "flatten", "check -assert", "design -pop")
# A register keeps its name even where a cell holds its inverse: proofs and activity go by names.
REGISTERS = "t:$*dff* %co1:+[Q] t:$*dff* %d"
# OpenSTA of 2019 takes no `signed`, which means nothing in a netlist.
SIGNED = re.compile(r"^(\s*(?:input|output|wire)) signed\b", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Module:
    """One distinct module of a mapped design, everything below it included."""

    cells: int
    flip_flops: int
    luts: int
    logic_depth: int  # cells on the longest path between flip-flops, pins and flip-flops
    instances: int  # in the whole design
    kinds: Mapping[str, int]  # its cells by type
    children: Mapping[str, int]  # modules that it instantiates itself, and how often
    gated: int = 0  # flip-flops behind clock gates


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A mapped design: its modules by name, `top` first."""

    top: str
    modules: Mapping[str, Module]
    netlist: str  # Verilog
    rtlil: str
    json: str  # the same as JSON, as Yosys writes it


def map_verilog(files: Mapping[str, str], *, top: str, target: Target = GENERIC) -> Mapped:
    """Map a design, each module once and none dissolved into another.

    Parameters
    ----------
    files : mapping of str to str
        Verilog by file name, without folders.
    top : str
        Module that the design begins with.
    target : Target
        What to map to.

    Raises
    ------
    RuntimeError
        When Yosys refuses the text, finds loops or undriven nets in it, or infers a latch.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-synth-") as scratch:
        folder = Path(scratch)
        for name, text in {**files, **target.files}.items():
            (folder / name).write_text(text)
        run_yosys(_script(files, top, target), folder=folder)
        latches = (folder / "latches.txt").read_text().split()
        if latches:
            raise RuntimeError(f"{latches[0].partition('/')[0]} has a latch")
        statistics = json.loads((folder / "statistics.json").read_text())["modules"]
        counted = {
            name.removeprefix("\\"): module["num_cells_by_type"]
            for name, module in statistics.items()
        }
        children = _children(counted)
        used = _used(top, children)
        above = [name for name in used if children[name]]
        if above:
            run_yosys(_flat_script(above, target), folder=folder)
        depths = _depths(folder.glob("depth*.txt"))
        netlist = SIGNED.sub(r"\1", (folder / "netlist.v").read_text())
        rtlil = (folder / "mapped.il").read_text()
        json_text = (folder / "mapped.json").read_text()
    instances = _instances(used, children)
    gated = _gated(json_text, target)
    modules = {
        name: _module(_kinds(name, counted, children), target, depths.get(name, 0))
        | {"instances": instances[name], "children": children[name]}
        | {"gated": _inside(name, gated, children)}
        for name in used
    }
    return Mapped(
        top=top,
        modules={name: Module(**found) for name, found in modules.items()},
        netlist=netlist,
        rtlil=rtlil,
        json=json_text,
    )


def read_rtl(files: Iterable[str]) -> list[str]:
    """Return the Yosys commands that read Verilog files."""
    return [f'read_verilog -noautowire "{name}"' for name in sorted(files)]


def _script(files: Iterable[str], top: str, target: Target) -> str:
    return "\n".join([
        *read_rtl(files),
        f"hierarchy -check -top {top}",
        "proc",
        "check -assert",
        *FLAT_CHECK,
        f"tee -q -o latches.txt select -list {LATCHES}",
        f"setattr -set keep 1 {REGISTERS}",
        *(command.format(top=top) for command in target.commands),
        "setattr -unset keep w:*",
        "rename -enumerate c:*",  # so that JSON and Verilog call a gate the same
        "tee -q -o statistics.json stat -json",
        f"write_verilog {target.written} netlist.v",
        "write_rtlil mapped.il",
        "write_json mapped.json",
        *_measured("depth.txt", target),
    ])


def _flat_script(modules: list[str], target: Target) -> str:
    """Measure the depth of modules with others in them, each flattened by itself."""
    lines = ["read_rtlil mapped.il", "design -save mapped"]
    for name in modules:
        lines += ["design -load mapped", f"hierarchy -top {name}", "flatten"]
        lines += _measured(f"depth_{name}.txt", target)
    return "\n".join(lines)


def _measured(file: str, target: Target) -> list[str]:
    ends = [f"t:{kind}" for kind in target.path_ends]
    return [*([f"delete {' '.join(ends)}"] if ends else []), f"tee -q -o {file} ltp -noff"]


def _children(counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return how often every module instantiates every other."""
    return {
        name: {kind: number for kind, number in kinds.items() if kind in counted}
        for name, kinds in counted.items()
    }


def _used(top: str, children: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the modules below `top`, each once, `top` first."""
    found = [top]
    for name in found:
        found += [child for child in children[name] if child not in found]
    return found


def _depths(files: Iterable[Path]) -> dict[str, int]:
    """Read the longest paths; the flattened figure of a module is the one that counts."""
    found: dict[str, int] = {}
    for file in sorted(files):
        for name, length in re.findall(
            r"Longest topological path in (\S+) \(length=(\d+)\)", file.read_text()
        ):
            found[name.removeprefix("\\")] = max(int(length), found.get(name, 0))
    return found


def _kinds(
    name: str,
    counted: Mapping[str, Mapping[str, int]],
    children: Mapping[str, Mapping[str, int]],
) -> dict[str, int]:
    """Count the cells of a module and of what is inside it, by type."""
    kinds = {kind: n for kind, n in counted[name].items() if kind not in children[name]}
    for child, number in children[name].items():
        for kind, inside in _kinds(child, counted, children).items():
            kinds[kind] = kinds.get(kind, 0) + number * inside
    return kinds


def _gated(json_text: str, target: Target) -> dict[str, int]:
    """Count the flip-flops behind the clock gates that stand in each module itself."""
    gate = target.clock_gate
    if gate is None:
        return {}
    found = {}
    for name, module in json.loads(json_text)["modules"].items():
        cells = module["cells"].values()
        clocks = {
            bit
            for cell in cells
            if cell["type"] == gate.cell
            for bit in cell["connections"][gate.output]
        }
        found[name] = sum(
            any(not clocks.isdisjoint(bits) for bits in cell["connections"].values())
            for cell in cells
            if target.flip_flops.fullmatch(cell["type"])
        )
    return found


def _inside(name: str, own: Mapping[str, int], children: Mapping[str, Mapping[str, int]]) -> int:
    """Add up what a module and all that it instantiates have of their own."""
    below = children[name].items()
    return own.get(name, 0) + sum(n * _inside(child, own, children) for child, n in below)


def _module(kinds: Mapping[str, int], target: Target, depth: int) -> dict:
    held = sum(n for kind, n in kinds.items() if target.flip_flops.fullmatch(kind))
    return {
        "cells": sum(kinds.values()),
        "flip_flops": held,
        "luts": sum(n * target.luts.get(kind, 0) for kind, n in kinds.items()),
        "logic_depth": depth,
        "kinds": dict(sorted(kinds.items())),
    }


def _instances(used: list[str], children: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Count every module in the whole design, which begins with the first."""
    found = dict.fromkeys(used, 0)
    found[used[0]] = 1
    waiting = [used[0]]
    while waiting:
        name = waiting.pop()
        for child, number in children[name].items():
            found[child] += number
            waiting += [child] * number
    return found
