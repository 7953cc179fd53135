"""What Yosys can map to: generic gates, FPGAs, the cells of a Liberty file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["GENERIC", "TARGETS", "Target"]


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
    """

    name: str
    commands: tuple[str, ...]
    flip_flops: re.Pattern[str]
    path_ends: tuple[str, ...] = ()
    luts: Mapping[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    written: str = "-noattr -noexpr -simple-lhs"
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fpga(self) -> bool:
        """Whether logic becomes look-up tables."""
        return bool(self.luts)


# State machines stay as they are written: their spare codes lead back to the schedule, and recoding
# would drop them. Only `synth` has an option for that.
AS_WRITTEN = 'setattr -set fsm_encoding "none" w:*'

GENERIC = Target(
    name="generic",
    commands=("synth -nofsm -top {top}",),
    flip_flops=re.compile(r"\$_\w*DFF\w*_"),
    written="-noattr",  # expressions and clocked blocks: any tool reads them
)
TARGETS = {
    "ice40": Target(
        name="ice40",
        commands=(AS_WRITTEN, "synth_ice40 -noflatten -top {top}"),
        flip_flops=re.compile(r"SB_DFF\w*"),
        path_ends=("SB_DFF*",),
        luts={"SB_LUT4": 1},
        models=("read_verilog -D ICE40_HX +/ice40/cells_sim.v",),
    ),
    "ecp5": Target(
        name="ecp5",
        commands=(AS_WRITTEN, "synth_ecp5 -noflatten -top {top}"),
        flip_flops=re.compile(r"TRELLIS_FF"),
        path_ends=("TRELLIS_FF",),
        luts={"LUT4": 1, "CCU2C": 2},  # a pair of carries takes both tables of its slice
        models=("read_verilog +/ecp5/cells_sim.v",),
    ),
}
