"""Yosys as the judge of emitted Verilog: is it what Amaranth's own back end says?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hwgen.emit.hierarchy import RESET, Block, Port
from hwgen.emit.names import Names
from hwgen.emit.netlist import simplify
from hwgen.emit.reset import Reset
from hwgen.emit.verilog import verilog
from hwgen.flow.tools import run_yosys

__all__ = ["Claim", "claims", "unproven"]

GROUP = 20_000  # characters of RTLIL that are compared at once; Yosys is slow with many and much

# Values after power-up are no part of the comparison: the text leaves them to the reset.
PREPARE = """
read_rtlil gold.il
read_verilog gate.v
proc -norom
flatten gold_* gate_*
opt_clean gold_* gate_*
check -assert gate_*
setattr -unset init gold_*/w:*
"""

# What the proof is blind to, which knows one clock only: latches, wrong edges, other clocks.
CLOCKING = """
select -set latches gate_*/t:$*latch* gate_*/t:$sr gate_*/t:$aldff* gate_*/t:$dffsr*
select -set falling gate_*/t:$*dff* gate_*/r:CLK_POLARITY=1'1 %d
select -set strange gate_*/t:$*dff* gate_*/w:*:clk %co1:+[CLK] %d
tee -q -o clocking.txt select -list @latches @falling @strange
async2sync
"""

# `-undef`: what is defined by Amaranth must be defined in the text.
PROVE = """
delete gold_* gate_*
equiv_simple -undef -ignore-unknown-cells equiv_*
equiv_induct -undef -seq 1 -ignore-unknown-cells equiv_*
tee -q -o status.txt equiv_status equiv_*
"""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A module of emitted text, said to be what Amaranth wrote."""

    block: Block
    text: str
    hints: dict[str, tuple[str, int]]  # RTLIL wire -> Verilog name and width: where to look first
    instances: dict[str, str]  # the same of instances
    reset: Reset
    expected: str  # RTLIL
    children: tuple[Block, ...]

    @property
    def module(self) -> str:
        """Name of the module in the text."""
        return self.block.module


def claims(
    blocks: list[Block],
    *,
    reset: Reset | None = None,
    expected: Iterable[Block] = (),
) -> list[Claim]:
    """Emit blocks; `expected` are those whose RTLIL is the truth, by default the same."""
    reset = reset or Reset()
    interfaces = {block.module: block for block in blocks}
    directions = {
        name: {port.name: port.direction for port in block.ports}
        for name, block in interfaces.items()
    }
    found = []
    for block, truth in zip(blocks, expected or blocks, strict=True):
        netlist = simplify(block.rtlil, directions)
        names = Names(block, netlist, reset, str)
        found.append(
            Claim(
                block=block,
                text=verilog(block, interfaces, reset=reset),
                hints={
                    wire: (name, netlist.wires[wire].width) for wire, name in names.wires.items()
                },
                instances=names.instances,
                reset=reset,
                expected=truth.text,
                children=tuple(interfaces[name] for name in block.children),
            )
        )
    return found


def unproven(claims: list[Claim], folder: Path) -> dict[str, list[str]]:
    """Return what Yosys could not prove: signals, by module.

    Every module is compared by itself. Instances of other modules are boxes, with inputs to be
    proved equal and outputs that follow from that. Registers are assumed equal in one cycle to be
    proved equal in the next, which holds from reset on, reset being part of what is proved.
    """
    boxes = {child.module: _box(child, claim.reset) for claim in claims for child in claim.children}
    written = [part for claim in claims for part in (_written(claim), _around(claim))]
    groups = _groups(claims)
    tops = [
        _top(kind, number, group) for number, group in groups.items() for kind in ("gold", "gate")
    ]
    (folder / "gold.il").write_text("\n".join(map(_gold, claims)))
    (folder / "gate.v").write_text("\n".join([*boxes.values(), *written, *tops]))
    make = "\n".join(f"equiv_make gold_{k} gate_{k} equiv_{k}" for k in groups)
    run_yosys(PREPARE + CLOCKING + make + PROVE, folder=folder)
    status = (folder / "status.txt").read_text()
    assert status.count(" $equiv cells in equiv_") == len(groups)

    complaints = re.findall(r"Unproven \$equiv \S+: (.*)", status)
    complaints += (folder / "clocking.txt").read_text().splitlines()
    found: dict[str, list[str]] = {}
    for complaint in complaints:
        # names begin with an instance of a top, which is called after its module
        module = next((claim.module for claim in claims if _speaks_of(claim, complaint)), "?")
        found.setdefault(module, []).append(complaint)
    return found


def _speaks_of(claim: Claim, complaint: str) -> bool:
    return re.search(rf"\\{claim.module}[.:]", complaint) is not None


def _gold(claim: Claim) -> str:
    """Return the truth, with boxes for instances and second names to compare by."""
    text = re.sub(
        r"^module \\\S+$", rf"module \\{claim.module}_gold", claim.expected, flags=re.MULTILINE
    )
    text = re.sub(
        r"cell \\(\S+) \\(\S+)",
        lambda cell: rf"cell \{cell[1]}_box \written.{claim.instances[cell[2]]}.inside",
        text,
    )
    known = set(re.findall(r"^ *wire width .* (\S+)$", text, flags=re.MULTILINE))
    ports = {f"\\{port.name}" for port in claim.block.ports}
    hints = [
        f"  wire width {width} \\written.{name}\n"
        f"  connect \\written.{name} {wire} [{width - 1}:0]\n"
        for wire, (name, width) in claim.hints.items()
        if wire in known - ports
    ]
    body, end, _ = text.rpartition("end")
    return body + "".join(hints) + f"{end}\n"


def _written(claim: Claim) -> str:
    head = f"module {claim.module} ("
    assert claim.text.count(head) == 1
    return claim.text.replace(head, f"module {claim.module}_written (")


def _around(claim: Claim) -> str:
    """Return a module with the ports of Amaranth's around what was written."""
    names = [port.name for port in claim.block.ports]
    pins = [(name, name) for name in names if name != RESET]
    if RESET in names:
        pins.append((claim.reset.name, RESET))
    inner = f"{claim.module}_written written ({_connected(pins, claim.reset)});"
    return _module(f"{claim.module}_gate", _ports(claim.block), inner)


def _box(block: Block, reset: Reset) -> str:
    """Return what an instance is: the ports as written around a box with those of Amaranth's."""
    pins = [(port.name, reset.name if port.name == RESET else port.name) for port in block.ports]
    ports = [f"input {reset.name}" if port.name == RESET else _port(port) for port in block.ports]
    box = _module(f"{block.module}_box", _ports(block))
    inner = f"{block.module}_box inside ({_connected(pins, reset)});"
    return f"(* blackbox *) {box}{_module(block.module, ports, inner)}"


def _groups(claims: list[Claim]) -> dict[int, list[Claim]]:
    groups: dict[int, list[Claim]] = {}
    size = 0
    for claim in claims:
        size += len(claim.expected)
        groups.setdefault(size // GROUP, []).append(claim)
    return groups


def _top(kind: str, number: int, claims: list[Claim]) -> str:
    """Return a module that holds all modules of a kind, so that they are compared at once."""
    ports, instances = [], []
    for claim in claims:
        name = claim.module
        ports += [_port(port, prefix=f"{name}:") for port in claim.block.ports]
        pins = [(port.name, f"{name}:{port.name}") for port in claim.block.ports]
        instances.append(f"{name}_{kind} {name} ({_connected(pins)});")
    return _module(f"{kind}_{number}", ports, "\n".join(instances))


def _port(port: Port, prefix: str = "") -> str:
    return f"{port.direction} [{port.width - 1}:0] \\{prefix}{port.name} "


def _ports(block: Block) -> list[str]:
    return [_port(port) for port in block.ports]


def _connected(pins: list[tuple[str, str]], reset: Reset | None = None) -> str:
    """Connect pins, the reset of what was written being the inverse if its level is low."""
    active_low = reset is not None and not reset.active_high
    return ", ".join(
        f".\\{pin} ({'~' if active_low and RESET in {pin, wire} else ''}\\{wire} )"
        for pin, wire in pins
    )


def _module(name: str, ports: list[str], body: str = "") -> str:
    return f"module {name} ({', '.join(ports)});\n{body}\nendmodule\n"
