"""Flat netlists of gates, read from the JSON that Yosys writes of a mapped hierarchy.

``write_json`` lists modules with their ports, cells and net names; bits are numbered module by
module, and the strings ``"0"``, ``"1"``, ``"x"`` and ``"z"`` are constants. Here every instance of
a module gets nets of its own, and what an instance joins becomes one net: the bits on both sides of
a port, a port that hands on another, and ports that are constant inside.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["ONE", "ZERO", "Block", "Gate", "Hierarchy", "Kind", "Netlist", "Port"]

ZERO, ONE = 0, 1  # the nets of constants
CONSTANTS = {"0": ZERO, "1": ONE, "x": ZERO, "z": ZERO}  # undefined bits read as 0
LEAF = ("blackbox", "whitebox")
OWN, HIDDEN, UNNAMED = range(3)  # names of nets, the best first


@dataclass(frozen=True)
class Block:
    """An instance of a module: its path from the top, whose own path is empty, and the module."""

    path: str
    module: str


@dataclass(frozen=True)
class Gate:
    """A library cell: its path, its type, the net on every pin, and the block that it stands in."""

    path: str
    kind: str
    pins: Mapping[str, int]
    block: Block


@dataclass(frozen=True, eq=False)
class Kind:
    """All gates of one library cell.

    Parameters
    ----------
    gates : ndarray of int
        Their places in `Netlist.gates`, rising.
    pins : mapping of str to ndarray of int
        For every pin the net of each of these gates.
    directions : mapping of str to str
        ``input``, ``output`` or ``inout``, by pin.
    """

    gates: np.ndarray
    pins: Mapping[str, np.ndarray]
    directions: Mapping[str, str]


@dataclass(frozen=True)
class Port:
    """A port of the top: ``input``, ``output`` or ``inout``, and its nets, LSB first."""

    direction: str
    nets: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Netlist:
    """Gates and the nets between them, without hierarchy.

    Nets are numbered from 0 without gaps; nets `ZERO` and `ONE` are the constants, used or not.
    Every pin has a net: one that the design leaves open has a net to itself. The same text gives
    the same numbers.

    Parameters
    ----------
    top : str
        Module that was flattened.
    nets : tuple of str
        Name of every net: the user's name nearest to the top, such as ``lane_3.sar.state[1]``, else
        the one that Yosys made, else ``gate.pin``.
    gates : tuple of Gate
        In the order of the file, depth first.
    ports : mapping of str to Port
        Those of the top.
    blocks : tuple of Block
        Every instance of a module, the top first; each before what it instantiates.
    directions : mapping of str to mapping of str to str
        By type of cell and pin.
    names : mapping of str to int
        The net of every name in the hierarchy that the user gave.
    """

    top: str
    nets: tuple[str, ...]
    gates: tuple[Gate, ...]
    ports: Mapping[str, Port]
    blocks: tuple[Block, ...]
    directions: Mapping[str, Mapping[str, str]]
    names: Mapping[str, int]

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The gates by type of cell, as arrays."""
        places: dict[str, list[int]] = {}
        for place, gate in enumerate(self.gates):
            places.setdefault(gate.kind, []).append(place)
        return {
            kind: Kind(
                gates=np.array(found),
                pins={
                    pin: np.array([self.gates[place].pins[pin] for place in found])
                    for pin in self.directions[kind]
                },
                directions=self.directions[kind],
            )
            for kind, found in sorted(places.items())
        }

    @cached_property
    def block_of(self) -> np.ndarray:
        """The place in `blocks` of every gate's block."""
        places = {block: place for place, block in enumerate(self.blocks)}
        return np.array([places[gate.block] for gate in self.gates], dtype=int)

    @cached_property
    def used(self) -> np.ndarray:
        """Which nets some pin of a gate or of the top is on, but for the constants."""
        found = np.zeros(len(self.nets), dtype=bool)
        for same in self.kinds.values():
            for nets in same.pins.values():
                found[nets] = True
        for port in self.ports.values():
            found[list(port.nets)] = True
        found[[ZERO, ONE]] = False
        return found

    @cached_property
    def driven(self) -> np.ndarray:
        """Which nets an output of a gate or an input of the top drives; not the constants."""
        found = np.zeros(len(self.nets), dtype=bool)
        for same in self.kinds.values():
            for pin, nets in same.pins.items():
                if same.directions[pin] != "input":
                    found[nets] = True
        found[self.port_nets("input")] = True
        return found

    def port_nets(self, direction: str) -> np.ndarray:
        """Return the nets of the top's ports of a direction, in the order of the ports."""
        found = [port.nets for port in self.ports.values() if port.direction == direction]
        return np.array([net for nets in found for net in nets], dtype=int)


class Hierarchy:
    """A mapped design, as ``write_json`` has it.

    Parameters
    ----------
    text : str
        The JSON.

    Raises
    ------
    ValueError
        When no module of it is the top.
    """

    def __init__(self, text: str) -> None:
        self.modules: Mapping[str, dict] = json.loads(text)["modules"]
        tops = [name for name, module in self.modules.items() if _says(module, "top")]
        if len(tops) != 1:
            raise ValueError(f"The design must have one top module, not {len(tops)}")
        (self.top,) = tops

    def flat(self, module: str | None = None) -> Netlist:
        """Return the gates of the design, or of one of its modules with what is inside.

        Cells of modules that the design has are taken apart; those of black boxes, which library
        cells are, and of unknown types become gates.

        Raises
        ------
        ValueError
            When there is no such module, or it shorts the constants.
        """
        module = module or self.top
        if module not in self.modules:
            raise ValueError(f"The design must have a module {module!r}, not none")
        return _Flattening(self.modules).netlist(module)


class _Flattening:
    """Nets of instances, joined where ports make them one."""

    def __init__(self, modules: Mapping[str, dict]) -> None:
        self._modules = modules
        self._leader = [ZERO, ONE]
        self._named: list[tuple[int, tuple[int, int, int, str]]] = []
        self._gates: list[tuple[str, str, dict[str, int], Block]] = []
        self._blocks: list[Block] = []
        self._directions: dict[str, dict[str, str]] = {}

    def netlist(self, top: str) -> Netlist:
        ports = {
            name: (port["direction"], self._fresh(len(port["bits"])))
            for name, port in self._modules[top]["ports"].items()
        }
        self._place(Block("", top), 0, {name: nets for name, (_, nets) in ports.items()})
        leaders = [self._find(net) for net in range(len(self._leader))]
        dense = {leader: number for number, leader in enumerate(sorted(set(leaders)))}
        number = [dense[leader] for leader in leaders]
        return Netlist(
            top=top,
            nets=self._best_names(number, len(dense)),
            gates=tuple(
                Gate(path, kind, {pin: number[net] for pin, net in pins.items()}, block)
                for path, kind, pins, block in self._gates
            ),
            ports={
                name: Port(direction, tuple(number[net] for net in nets))
                for name, (direction, nets) in ports.items()
            },
            blocks=tuple(self._blocks),
            directions=self._directions,
            names={name: number[net] for net, (rank, _, _, name) in self._named if rank == OWN},
        )

    def _place(self, block: Block, depth: int, given: Mapping[str, Sequence[int]]) -> None:
        """Add an instance of a module whose ports have the given nets."""
        self._blocks.append(block)
        module = self._modules[block.module]
        prefix = f"{block.path}." if block.path else ""
        local: dict[int | str, int] = dict(CONSTANTS)
        for name, port in module["ports"].items():
            for bit, net in zip(port["bits"], given[name], strict=True):
                self._join(local.setdefault(bit, net), net)
        for name, bits, rank in _net_names(module):
            for bit, text in zip(bits, name, strict=True):
                net = self._net(local, bit)
                self._named.append((net, (rank, depth, len(text), prefix + text)))
        for name, cell in module["cells"].items():
            kind = cell["type"]
            inside = self._modules.get(kind)
            nets = {
                pin: self._pin(local, bits, f"{prefix}{name}.{pin}")
                for pin, bits in _connections(cell, inside)
            }
            if inside is None or any(_says(inside, leaf) for leaf in LEAF):
                self._add_gate(prefix + name, cell, inside, nets, block)
            else:
                self._place(Block(prefix + name, kind), depth + 1, nets)

    def _add_gate(
        self,
        path: str,
        cell: dict,
        inside: dict | None,
        nets: Mapping[str, Sequence[int]],
        block: Block,
    ) -> None:
        pins = dict(_single(nets))
        if cell["type"] not in self._directions:
            told = dict(cell.get("port_directions", {}))
            told |= {
                pin: port["direction"] for pin, port in (inside or {"ports": {}})["ports"].items()
            }
            by_bit = {pin: [told[pin]] * len(found) for pin, found in nets.items()}
            self._directions[cell["type"]] = dict(_single(by_bit))
        self._gates.append((path, cell["type"], pins, block))

    def _pin(self, local: dict, bits: Sequence[int | str | None], path: str) -> list[int]:
        """Return the nets of a pin; where a bit has no name anywhere, the pin gives it one."""
        found = []
        for place, bit in enumerate(bits):
            if bit is None or bit not in local:
                net = self._fresh(1)[0]
                text = path if len(bits) == 1 else f"{path}[{place}]"
                self._named.append((net, (UNNAMED, 0, 0, text)))
                if bit is not None:
                    local[bit] = net
                found.append(net)
            else:
                found.append(local[bit])
        return found

    def _net(self, local: dict, bit: int | str) -> int:
        if bit not in local:
            local[bit] = self._fresh(1)[0]
        return local[bit]

    def _fresh(self, count: int) -> list[int]:
        first = len(self._leader)
        self._leader += range(first, first + count)
        return list(range(first, first + count))

    def _find(self, net: int) -> int:
        leader = self._leader
        while leader[net] != net:
            leader[net] = leader[leader[net]]
            net = leader[net]
        return net

    def _join(self, one: int, other: int) -> None:
        """Make two nets one; it has the lower number, so that constants stay what they are."""
        low, high = sorted((self._find(one), self._find(other)))
        if (low, high) == (ZERO, ONE):
            raise ValueError("A net must have one constant, not both")
        self._leader[high] = low

    def _best_names(self, number: Sequence[int], count: int) -> tuple[str, ...]:
        best: dict[int, tuple[int, int, int, str]] = {}
        for net, name in self._named:
            at = number[net]
            if at not in best or name < best[at]:
                best[at] = name
        best |= {ZERO: (OWN, 0, 1, "0"), ONE: (OWN, 0, 1, "1")}
        return tuple(best[net][-1] for net in range(count))


def _says(module: dict, attribute: str) -> bool:
    """Tell whether a module has an attribute that is not zero."""
    return "1" in str(module.get("attributes", {}).get(attribute, "0"))


def _net_names(module: dict) -> Iterator[tuple[list[str], Sequence[int | str], int]]:
    """Yield the names of the bits of every wire, LSB first, with the bits and the names' rank."""
    for name, wire in module["netnames"].items():
        bits, width = wire["bits"], len(wire["bits"])
        places: Iterable[int] = range(width)
        if wire.get("upto"):
            places = reversed(range(width))
        offset = wire.get("offset", 0)
        scalar = width == 1 and not offset
        names = [name] if scalar else [f"{name}[{place + offset}]" for place in places]
        yield names, bits, HIDDEN if wire["hide_name"] else OWN


def _connections(
    cell: dict, inside: dict | None
) -> Iterator[tuple[str, Sequence[int | str | None]]]:
    """Yield the bits at every pin of a cell; None where it is open."""
    widths = {pin: len(port["bits"]) for pin, port in inside["ports"].items()} if inside else {}
    connected = cell["connections"]
    for pin in {**widths, **connected}:
        bits = connected.get(pin) or []
        yield pin, [*bits, *[None] * (widths.get(pin, 1) - len(bits))]


def _single(pins: Mapping[str, Sequence]) -> Iterator[tuple[str, object]]:
    """Name every bit of the pins: ``A``, or ``A[0]`` and so on where there are several."""
    for pin, values in pins.items():
        if len(values) == 1:
            yield pin, values[0]
        else:
            for place, value in enumerate(values):
                yield f"{pin}[{place}]", value
