"""The frame of a property: a component inside a component that has its ports, and more."""

from amaranth import Module, Signal
from amaranth.hdl import Assume, Fragment, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

__all__ = ["Around"]


class Around(wiring.Component):
    """A component whose ports are the inputs of `dut`, and further free inputs.

    Parameters
    ----------
    dut : Component
        What the property is about.
    **free : ShapeLike
        Further inputs, by name.
    """

    def __init__(self, dut: wiring.Component, **free) -> None:
        self.dut = dut
        self._inputs = {
            "__".join(map(str, path)): (member, value)
            for path, member, value in dut.signature.flatten(dut)
            if member.flow == In
        }
        ports = {name: In(member.shape) for name, (member, _) in self._inputs.items()}
        super().__init__(ports | {name: In(shape) for name, shape in free.items()})

    def enter(self, m: Module, *, reset: bool = False) -> dict[str, Signal]:
        """Place the component as submodule `dut`; return its signals by name.

        Signals of its submodules have theirs in front: ``sar.elapsed``. Unless `reset`, nobody
        resets the component after the first cycle.
        """
        if not reset:
            m.d.comb += Assume(~ResetSignal())
        m.submodules.dut = fragment = Fragment.get(self.dut, None)
        m.d.comb += [inner.eq(getattr(self, name)) for name, (_, inner) in self._inputs.items()]
        return dict(_signals(fragment))


def _signals(fragment: Fragment, prefix: str = ""):
    for statements in fragment.statements.values():
        for signal in statements._lhs_signals():
            yield prefix + signal.name, signal
    for inner, name, _ in fragment.subfragments:
        yield from _signals(Fragment.get(inner, None), f"{prefix}{name}.")
