"""Activity as a SAIF file (Switching Activity Interchange Format 2.0, backward)."""

import re
from collections.abc import Iterator

import numpy as np

from hwgen import __version__
from hwgen.gates.activity import Activity
from hwgen.gates.scopes import Scope, scopes

__all__ = ["saif"]

PLAIN = re.compile(r"[A-Za-z0-9_]")
INDENT = "  "
HALF_PS = 500  # picoseconds in half of a nanosecond


def saif(activity: Activity, *, clock_ns: float) -> str:
    """Write how long every net was 0 and 1 and how often it changed; the same text every time.

    Stimuli count one after the other: the duration is that of all cycles. A net stands in every
    instance of a module that has a name for it, and at the output of the gate that drives it, which
    is where OpenSTA (``read_saif``) looks for it. The format is annex I of IEEE 1801-2015; names
    have a backslash before all but letters, digits and underscores. Values are never unknown, and
    glitches are not counted: TX and IG are zero.

    Parameters
    ----------
    activity : Activity
        The counts.
    clock_ns : float
        Period of the clock. Durations are rounded to picoseconds, all in all and not cycle by
        cycle; the two of a net add up to that of all.
    """
    lines = [
        "(SAIFILE",
        '(SAIFVERSION "2.0")',
        '(DIRECTION "backward")',
        f'(DESIGN "{activity.netlist.top}")',
        '(VENDOR "hwgen")',
        '(PROGRAM_NAME "hwgen")',
        f'(VERSION "{__version__}")',
        "(DIVIDER / )",
        "(TIMESCALE 1 ps)",
        f"(DURATION {round(2 * activity.cycles * clock_ns * HALF_PS)})",
        *_instance(scopes(activity.netlist), _States(activity, clock_ns), ""),
        ")",
    ]
    return "\n".join(lines) + "\n"


class _States:
    """What is said about each net."""

    def __init__(self, activity: Activity, clock_ns: float) -> None:
        high = np.rint(activity.half_cycles_high * clock_ns * HALF_PS).astype(np.int64)
        low = round(2 * activity.cycles * clock_ns * HALF_PS) - high
        self._of_net = [
            f"(T0 {t0}) (T1 {t1}) (TX 0) (TC {tc}) (IG 0)"
            for t0, t1, tc in zip(
                low.tolist(), high.tolist(), activity.toggles.tolist(), strict=True
            )
        ]

    def net(self, name: str, net: int) -> str:
        return f"({_escaped(name)} {self._of_net[net]})"


def _instance(scope: Scope, states: _States, indent: str) -> Iterator[str]:
    inner = indent + INDENT
    yield f"{indent}(INSTANCE {_escaped(scope.name)}"
    if scope.nets:
        yield f"{inner}(NET"
        for name, net in scope.nets.items():
            yield f"{inner}{INDENT}{states.net(name, net)}"
        yield f"{inner})"
    for name, outputs in scope.gates.items():
        if outputs:
            pins = " ".join(states.net(pin, net) for pin, net in outputs.items())
            yield f"{inner}(INSTANCE {_escaped(name)} (NET {pins}))"
    for child in scope.children:
        yield from _instance(child, states, inner)
    yield f"{indent})"


def _escaped(name: str) -> str:
    return "".join(one if PLAIN.match(one) else f"\\{one}" for one in name)
