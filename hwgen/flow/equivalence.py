"""Proof by Yosys that a mapped netlist is the RTL that it was mapped from, block by block.

Every module is compared by itself; instances of other modules in it are boxes, whose inputs have to
be equal and whose outputs then are. If all modules are proved, so is the design made of them.

``equiv_make`` pairs the registers of both sides by their names. Everything then reads the register
of the RTL's side, so that what is left is combinational: equal next values make equal registers,
one cycle after the other, from reset on. ABC merges what is equal on both sides by simulation and
SAT from the inputs up; that proves adder trees in seconds on which a SAT solver alone takes hours.
``equiv_induct`` has the last word on what was not merged: registers that a library without set
flip-flops holds inverted, and what reads the inverse, take a cycle or two of induction.
"""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hwgen.flow.mapped import Mapped
from hwgen.flow.targets import Target
from hwgen.flow.tools import run_yosys

__all__ = ["differences"]

CLOCK = "clk"
MODULE = re.compile(r"^module (\S+) ?\(.*?^endmodule\n", re.DOTALL | re.MULTILINE)
OUTSIDE = re.compile(r"^module .*?;\n|^ *(?:input|output) .*;\n", re.DOTALL | re.MULTILINE)
UNPROVEN = re.compile(
    r"^ *Unproven \$equiv \S+: (?:\\(\S+?)(?:_gold|_gate)?|\S+)( \[\d+\])?\b.*$", re.MULTILINE
)

GATE = """
{models}
read_verilog gate.v
hierarchy -check -top {module}
proc -norom
flatten
opt_expr
opt_clean
check -assert
rename {module} gate
"""

# What a proof with a single clock does not see: latches, the other edge, other clocks.
CLOCKING = """
select -set latches {side}/t:$*latch* {side}/t:$sr {side}/t:$aldff* {side}/t:$dffsr*
select -set falling {side}/t:$*dff* {side}/r:CLK_POLARITY=1'1 %d
select -set strange {side}/t:$*dff* {side}/w:{clock} %co1:+[CLK] %d
tee -q -a clocking.txt select -list @latches @falling @strange
"""

# Values after power-up are no part of the comparison: both sides leave them to the reset. Names of
# wires inside library cells would hide those of registers.
GATE_DONE = """
async2sync
setattr -unset init gate/w:*
rename -hide gate/w:*.* gate/x:* %d
opt_clean
design -stash gate
"""

# Only ports and registers are to be paired: other names may mean something else after mapping.
GOLD = """
{read}
hierarchy -check -top {module}
{boxes}
proc -norom
opt_clean
rename {module} gold
{clocking}
select -set registers gold/t:$*dff* %co1:+[Q] gold/t:$*dff* %d
rename -hide gold/w:* gold/x:* %d @registers %d
async2sync
opt_clean
design -copy-from gate gate
"""

PROVE = """
equiv_make gold gate equiv
delete gold gate
cd equiv
techmap -max_iter 1 -map observe.v
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
equiv_induct -seq 4 -ignore-unknown-cells equiv
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

    def compare(name: str) -> tuple[str, ...]:
        children = mapped.modules[name].children
        boxes = [_box(texts[child]) for child in children]
        found = _compare(name, rtl, "".join([*boxes, texts[name]]), list(children), target)
        if proved is not None:
            proved(name)
        return found

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(mapped.modules, pool.map(compare, mapped.modules), strict=True))


def _compare(
    module: str, rtl: Mapping[str, str], netlist: str, children: Sequence[str], target: Target
) -> tuple[str, ...]:
    """Compare one module with its netlist."""
    script = "".join([
        GATE.format(models="\n".join(target.models), module=module),
        CLOCKING.format(clock=CLOCK, side="gate"),
        GATE_DONE,
        GOLD.format(
            read="\n".join(f"read_verilog -noautowire {name}" for name in sorted(rtl)),
            module=module,
            boxes=f"blackbox {' '.join(children)}" if children else "",
            clocking=CLOCKING.format(clock=CLOCK, side="gold"),
        ),
        PROVE,
    ])
    with tempfile.TemporaryDirectory(prefix="hwgen-prove-") as scratch:
        folder = Path(scratch)
        texts = {**rtl, **target.files, "gate.v": netlist, "observe.v": OBSERVE}
        for name, text in texts.items():
            (folder / name).write_text(text)
        try:
            run_yosys(script, folder=folder)
        except RuntimeError as error:  # ports that differ, for one
            return (str(error),)
        clocking = (folder / "clocking.txt").read_text().split()
        status = (folder / "status.txt").read_text()
    unproven = [f"{name or '?'}{bit.strip()}" for name, bit in UNPROVEN.findall(status)]
    if not unproven and "Equivalence successfully proven!" not in status:
        return (f"no verdict from Yosys: {status.strip()}",)
    return (*(f"clock of {cell.partition('/')[2]}" for cell in clocking), *unproven)


def _box(text: str) -> str:
    """Return a module's ports without what is inside."""
    return f"(* blackbox *)\n{''.join(OUTSIDE.findall(text))}endmodule\n"
