"""Names of nets by the instance that they belong to, for files that have a hierarchy."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hwgen.gates.netlist import ONE, ZERO, Netlist

__all__ = ["Scope", "scopes"]


@dataclass(frozen=True)
class Scope:
    """An instance of a module: its own name, the nets in it, and what it instantiates.

    Parameters
    ----------
    name : str
        Name of the instance; the module's of the top.
    nets : mapping of str to int
        Names of its nets, without those of scopes inside, in alphabetical order.
    children : sequence of Scope
        Instances of modules inside.
    gates : mapping of str to mapping of str to int
        Its gates by name: the nets of their outputs, by pin.
    """

    name: str
    nets: dict[str, int] = field(default_factory=dict)
    children: list["Scope"] = field(default_factory=list)
    gates: dict[str, Mapping[str, int]] = field(default_factory=dict)


def scopes(netlist: Netlist) -> Scope:
    """Return the top with everything inside.

    A net stands in every scope where the user has named it, and at least in one; constants in none.
    """
    found = {"": Scope(netlist.top)}
    for block in netlist.blocks[1:]:
        above, name = _split(block.path, found)
        found[block.path] = Scope(name)
        found[above].children.append(found[block.path])
    for name, net in sorted(_named(netlist)):
        above, own = _split(name, found)
        found[above].nets[own] = net
    for gate in netlist.gates:
        outputs = {
            pin: net
            for pin, net in gate.pins.items()
            if netlist.directions[gate.kind][pin] == "output"
        }
        prefix = f"{gate.block.path}." if gate.block.path else ""
        found[gate.block.path].gates[gate.path.removeprefix(prefix)] = outputs
    return found[""]


def _named(netlist: Netlist) -> Iterator[tuple[str, int]]:
    """Yield every name with its net."""
    names = defaultdict(set)
    for name, net in netlist.names.items():
        names[net].add(name)
    for net, best in enumerate(netlist.nets):
        if net not in (ZERO, ONE):
            yield from ((name, net) for name in names[net] | {best})


def _split(path: str, known: Mapping[str, object]) -> tuple[str, str]:
    """Split a path into the innermost known instance and the rest."""
    at = path.rfind(".")
    while at > 0 and path[:at] not in known:
        at = path.rfind(".", 0, at)
    return (path[:at], path[at + 1 :]) if at > 0 else ("", path)
