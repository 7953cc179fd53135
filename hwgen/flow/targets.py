"""What Yosys can map to: generic gates, FPGAs, the cells of a Liberty file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["GENERIC", "TARGETS", "ClockGate", "Target"]


@dataclass(frozen=True, kw_only=True)
class ClockGate:
    """A cell that lets a rising edge of the clock through if its enable was one before it.

    Parameters
    ----------
    cell : str
        Its type.
    enable, clock, output : str
        Its pins.
    tied : tuple of str
        Pins for tests, which are 0.
    """

    cell: str
    enable: str
    clock: str
    output: str
    tied: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """How Yosys maps, and what the mapped cells are called.

    Parameters
    ----------
    name : str
        What reports call it; also the folder below ``synth/`` that keeps the netlist.
    commands : tuple of str
        Yosys commands that map what ``hierarchy`` and ``proc`` left, module by module; ``{top}`` is
        the first.
    flip_flops : pattern
        Types of cells that hold a bit.
    path_ends : tuple of str
        Types of flip-flops that Yosys does not know as such: combinational paths end there.
    luts : mapping of str to int
        How many look-up tables a cell takes, by its type.
    models : tuple of str
        Yosys commands that read what the cells do.
    written : str
        Options of ``write_verilog`` for the netlist.
    files : mapping of str to str
        Texts that the commands read, by file name.
    clock_gate : ClockGate or None
        What stops the clock of registers that hold; None where nothing does.
    """

    name: str
    commands: tuple[str, ...]
    flip_flops: re.Pattern[str]
    path_ends: tuple[str, ...] = ()
    luts: Mapping[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    written: str = "-noattr -noexpr -simple-lhs"
    files: Mapping[str, str] = field(default_factory=dict)
    clock_gate: ClockGate | None = None

    @property
    def is_fpga(self) -> bool:
        """Whether logic becomes look-up tables."""
        return bool(self.luts)


# Adders one by one, as they are written: merged into trees of carry-save adders, as Yosys does by
# itself, a sum of many terms is larger on an FPGA, and hardly to be proved equal afterwards.
ADDERS = """\
(* techmap_celltype = "$add $sub" *)
module adder (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  localparam SUBTRACT = _TECHMAP_CELLTYPE_ == "$sub";
  input [A_WIDTH - 1:0] A;
  input [B_WIDTH - 1:0] B;
  output [Y_WIDTH - 1:0] Y;
  wire [Y_WIDTH - 1:0] propagate, carry;
  \\$alu #(
    .A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED),
    .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)
  ) alu (.A(A), .B(B), .BI(SUBTRACT), .CI(SUBTRACT), .X(propagate), .Y(Y), .CO(carry));
endmodule
"""
ONE_BY_ONE = ("techmap -map adders.v", "opt_expr", "opt_clean")

# State machines stay as they are written: their spare codes lead back to the schedule, and recoding
# would drop them. Only `synth` has an option for that.
AS_WRITTEN = 'setattr -set fsm_encoding "none" w:*'

GENERIC = Target(
    name="generic",
    commands=("synth -nofsm -noalumacc -top {top}",),
    flip_flops=re.compile(r"\$_\w*DFF\w*_"),
    written="-noattr",  # expressions and clocked blocks: any tool reads them
)
TARGETS = {
    "ice40": Target(
        name="ice40",
        commands=(AS_WRITTEN, *ONE_BY_ONE, "synth_ice40 -noflatten -top {top}"),
        files={"adders.v": ADDERS},
        flip_flops=re.compile(r"SB_DFF\w*"),
        path_ends=("SB_DFF*",),
        luts={"SB_LUT4": 1},
        models=("read_verilog -defer -D ICE40_HX +/ice40/cells_sim.v",),
    ),
    "ecp5": Target(
        name="ecp5",
        commands=(AS_WRITTEN, *ONE_BY_ONE, "synth_ecp5 -noflatten -top {top}"),
        files={"adders.v": ADDERS},
        flip_flops=re.compile(r"TRELLIS_FF"),
        path_ends=("TRELLIS_FF",),
        luts={"LUT4": 1, "CCU2C": 2},  # a pair of carries takes both tables of its slice
        models=("read_verilog -defer -D NO_INCLUDES +/lattice/cells_sim_ecp5.v",),
    ),
}
