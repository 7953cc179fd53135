"""What every proof needs: properties around a component, a solver, and bugs to tell it about."""

import inspect
import sys

from amaranth.back import rtlil
from amaranth.hdl import Assert, Signal, Value
from amaranth.lib import wiring

from hwgen.flow.formal import Verdict, check

__all__ = ["anything", "claim", "inject", "prove"]

TOP = "top"
ANYTHING = "anything"


def prove(
    component: wiring.Component, *, depth: int, mode: str = "bmc", free: tuple[str, ...] = ()
) -> Verdict:
    """Check the assertions of a component; its ports are free variables.

    `free` names submodules whose registers, and those of everything inside, begin with any value
    whatever: a bounded check then speaks of the `depth` cycles after any moment, reachable or not.
    """
    text = rtlil.convert(component, name=TOP)
    selections = [f"a:{ANYTHING}"]
    for name in free:
        module = f"{TOP}.{name}"
        assert f"module \\{module}\n" in text, f"no submodule {name!r}"
        selections += [f"{module}/*", f"{module}.*/*"]
    return check(text, top=TOP, mode=mode, depth=depth, free=selections)


def anything(m, shape, name: str) -> Signal:
    """Return a constant of the solver's choice."""
    constant = Signal(shape, name=name, attrs={ANYTHING: 1})
    m.d.sync += constant.eq(constant)
    return constant


def claim(m, condition: Value, *, when: Value | int = 1) -> None:
    """Assert `condition` in all cycles with `when`."""
    with m.If(when):
        m.d.comb += Assert(condition, src_loc_at=1)


def inject(monkeypatch, component: type, old: str, new: str) -> None:
    """Put a bug into a component: its module with `old`, which occurs once, replaced by `new`."""
    module = sys.modules[component.__module__]
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times in {module.__name__}"
    namespace = {"__name__": module.__name__}
    exec(compile(source.replace(old, new), str(module.__file__), "exec"), namespace)
    for name, member in vars(namespace[component.__name__]).items():
        if inspect.isfunction(member) and name != "__init__":
            monkeypatch.setattr(component, name, member)
