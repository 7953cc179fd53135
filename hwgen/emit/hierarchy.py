"""Takes a component apart: one block of RTLIL per component class and parameters.

Amaranth converts a whole hierarchy at once and then gives inner modules whatever ports their
neighbours happen to use. Here every component is converted by itself, its own components replaced
by instances, so an inner module has exactly the ports of its signature, whoever surrounds it, and
identical components turn into identical text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from amaranth.back import rtlil as amaranth_rtlil
from amaranth.hdl import (
    ClockDomain,
    ClockSignal,
    Elaboratable,
    Fragment,
    Instance,
    MemoryInstance,
    ResetSignal,
    Signal,
    Value,
    ValueCastable,
)
from amaranth.hdl._ir import PortDirection  # the only type that tells inputs from unused outputs
from amaranth.lib import wiring

from hwgen.emit import rtlil

__all__ = ["CLOCK", "PLACEHOLDER", "RESET", "Block", "Port", "take_apart"]

CLOCK, RESET = "clk", "rst"
PLACEHOLDER = "block"


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of a block, in the order of its signature; clock and reset come first."""

    name: str
    direction: str  # "input" or "output"
    width: int
    signed: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """One distinct component: its RTLIL and how it is called."""

    name: str  # "lane"
    module: str  # "trq_lane"
    about: str  # first sentence of its datasheet
    ports: tuple[Port, ...]
    children: tuple[str, ...]  # modules it instantiates, without repetition
    text: str  # what Amaranth wrote, the module being called `PLACEHOLDER`
    rtlil: rtlil.Module  # the same, parsed
    states: dict[str, dict[int, str]] = field(default_factory=dict)  # state register -> names


def take_apart(component: wiring.Component, *, design: str, block: str) -> list[Block]:
    """Return the distinct blocks of a component, each before the ones that use it.

    Parameters
    ----------
    component : wiring.Component
        What to take apart.
    design : str
        Prefix of module names.
    block : str
        What the component itself is called; submodules are called after their place in the one
        that holds them, ``lane_3`` being a ``lane``.
    """
    workshop = _Workshop(design)
    workshop.block(Fragment.get(component, platform=None), component, block)
    return workshop.blocks


class _Workshop:
    def __init__(self, design: str) -> None:
        self.design = design
        self.blocks: list[Block] = []
        self._known: dict[tuple[str, str], Block] = {}

    def block(self, fragment: Fragment, component: wiring.Component, name: str) -> Block:
        """Convert a component; return the block that it is an instance of."""
        children = self._replace_components(fragment)
        ports = list(_ports(component))
        text = amaranth_rtlil.convert(
            fragment,
            name=PLACEHOLDER,
            ports={port.name: (value, _direction(port.direction)) for port, value in ports},
            emit_src=False,  # source lines would carry the paths of this machine
            missing_domain=lambda domain: ClockDomain(domain, async_reset=True),
        )
        if (name, text) not in self._known:
            self._known[name, text] = self._new_block(
                name, component, fragment, [port for port, _ in ports], children, text
            )
        return self._known[name, text]

    def _new_block(self, name, component, fragment, ports, children, text) -> Block:
        variant = sum(block.name == name for block in self.blocks) + 1
        suffix = "" if variant == 1 else f"_{variant}"
        module, *others = rtlil.parse(text)
        if others:
            raise TypeError(
                f"Submodules of {type(component).__name__} must be components, "
                f"not {others[0].name!r}"
            )
        clocking = [
            Port(name=name, direction="input", width=1, signed=False)
            for name in (CLOCK, RESET)
            if (wire := module.wires.get(f"\\{name}")) and wire.port
        ]
        block = Block(
            name=name,
            module=f"{self.design}_{name}{suffix}",
            about=_first_sentence(component),
            ports=(*clocking, *ports),
            children=tuple(dict.fromkeys(child.module for child in children)),
            text=text,
            rtlil=module,
            states=_states(fragment),
        )
        self.blocks.append(block)
        return block

    def _replace_components(self, fragment: Fragment) -> list[Block]:
        """Put instances in the place of components; return their blocks."""
        children = []
        for k, (inner, name, src_loc) in enumerate(fragment.subfragments):
            component = _component(inner)
            if component is None or isinstance(inner, MemoryInstance):
                children += self._replace_components(inner)
                continue
            child = self.block(inner, component, re.sub(r"_\d+$", "", name or "block"))
            children.append(child)
            fragment.subfragments[k] = (_instance(child, component), name, src_loc)
        return children


def _component(fragment: Fragment) -> wiring.Component | None:
    """Return the component that a fragment was elaborated from."""
    for origin in fragment.origins or ():
        if isinstance(origin, wiring.Component):
            return origin
    return None


def _ports(component: wiring.Component) -> Iterator[tuple[Port, Value]]:
    """Yield the ports of a signature; constants (``ready`` of a sink that always is) are none."""
    for path, member, value in component.signature.flatten(component):
        value = value.as_value() if isinstance(value, ValueCastable) else value
        if isinstance(value, Signal):
            port = Port(
                name="__".join(map(str, path)),
                direction="input" if member.flow == wiring.In else "output",
                width=len(value),
                signed=value.shape().signed,
            )
            yield port, value


def _direction(direction: str) -> PortDirection:
    return PortDirection.Input if direction == "input" else PortDirection.Output


def _instance(block: Block, component: wiring.Component) -> Instance:
    """Connect the ports of a component to an instance of its module."""
    connections = [
        ("i" if port.direction == "input" else "o", port.name, value)
        for port, value in _ports(component)
    ]
    clocking = {CLOCK: ClockSignal(), RESET: ResetSignal(allow_reset_less=True)}
    has = {port.name for port in block.ports}
    connections = [("i", name, clocking[name]) for name in clocking if name in has] + connections
    return Instance(block.module, *connections)


def _states(fragment: Fragment) -> dict[str, dict[int, str]]:
    """Return the names of the states of every state machine, by its register."""
    return {
        f"\\{fsm.state.name}": {code: name for name, code in fsm.encoding.items()}
        for fsm in fragment.generated.values()
    }


def _first_sentence(component: Elaboratable) -> str:
    text = " ".join((type(component).__doc__ or "").partition("\n\n")[0].split())
    return text.replace("``", "").replace("`", "")
