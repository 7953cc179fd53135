r"""Power of a mapped netlist: internal, switching and leakage, gate by gate.

Per cycle of the clock, with D(n) the changes of a net in a cycle:

* *switching* of a gate: :math:`\sum_o \tfrac12 C_o V^2 D(o)` over its outputs, C being the pins on
  the net and, as a stated model, wire. Nets that the top's inputs drive are charged from outside
  and stand apart; the clock's net is the tile's own;
* *internal* at an input i: :math:`D(i) \sum_e P(w_e) \tfrac12 (E_e^{rise} + E_e^{fall})` over the
  entries of the library, each in the states w that its condition names;
* *internal* at an output o: :math:`D(o) \sum_e s_e \tfrac12 (E_e^{rise} + E_e^{fall})`, where the
  share of an entry is :math:`s_e \propto D(r_e) P(w_e)`: how often its related pin r changes in
  states in which the output follows. Shares add up to one for each supply;
* *leakage*: :math:`\sum_e P(w_e) L_e`.

An entry without a condition holds in the states that no other names. Energies are looked up at the
slew of the edge that is the cause (a fall's for the rise of an inverter, both for an exclusive or)
and at the very load that switching charges, one for both edges: a table may book the load's energy
at one of them. Rises and falls alternate, so their mean counts. Probabilities of states: see
`hwgen.power.states`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.gates.activity import Activity
from hwgen.gates.arcs import FALL, RISE
from hwgen.gates.delays import Delays
from hwgen.gates.netlist import Kind, Netlist
from hwgen.power.tables import Entry, PowerCell, PowerCells

__all__ = ["CellPower", "KindPower", "Signals", "cell_power"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Signals:
    """What nets do.

    Parameters
    ----------
    density : numpy.ndarray, shape (nets,)
        Changes in a cycle.
    probability : numpy.ndarray, shape (nets,)
        Share of the time that a net is one.
    """

    density: NDArray[np.float64]
    probability: NDArray[np.float64]

    @classmethod
    def measured(cls, activity: Activity) -> "Signals":
        """Take what a simulation has counted."""
        return cls(density=activity.rate, probability=activity.probability)


@dataclass(frozen=True, kw_only=True, eq=False)
class CellPower:
    """Energies in a cycle of every gate, J, and its leakage, W; arrays have a value per gate.

    Parameters
    ----------
    netlist : Netlist
        The gates.
    internal_j : ndarray
        Inside, but for clock pins.
    switching_j : ndarray
        Given to the nets that it drives.
    clock_internal_j : ndarray
        Inside, by its clock pins.
    clock_net_j : ndarray
        What its clock pins take from the net of the clock.
    leakage_w : ndarray or None
        While nothing moves; None where the library gives none for any cell in use.
    sequential, on_clock : ndarray of bool
        Gates that keep a state; gates that drive clock pins: clock gates and buffers.
    inputs_j : float
        What the nets take, in all, that the top's inputs drive, but for the clock.
    """

    netlist: Netlist
    internal_j: NDArray[np.float64]
    switching_j: NDArray[np.float64]
    clock_internal_j: NDArray[np.float64]
    clock_net_j: NDArray[np.float64]
    leakage_w: NDArray[np.float64] | None
    sequential: NDArray[np.bool_]
    on_clock: NDArray[np.bool_]
    inputs_j: float

    @property
    def data_j(self) -> NDArray[np.float64]:
        """All but what the clock takes."""
        return np.where(self.on_clock, 0.0, self.internal_j + self.switching_j)

    @property
    def clock_j(self) -> NDArray[np.float64]:
        """What the clock takes: its pins, its net, and the gates on it."""
        gates = np.where(self.on_clock, self.internal_j + self.switching_j, 0.0)
        return self.clock_internal_j + self.clock_net_j + gates

    @property
    def energy_j(self) -> NDArray[np.float64]:
        """All that moves."""
        return self.data_j + self.clock_j

    def groups(self) -> dict[str, tuple[float, float, float]]:
        """Add up internal, switching (J) and leakage (W) of each group of gates."""
        leakage = np.zeros(len(self.internal_j)) if self.leakage_w is None else self.leakage_w
        chosen = {
            "combinational": ~self.sequential & ~self.on_clock,
            "sequential": self.sequential & ~self.on_clock,
            "clock": self.on_clock,
        }
        found = {
            name: (
                float(self.internal_j[gates].sum()),
                float(self.switching_j[gates].sum()),
                float(leakage[gates].sum()),
            )
            for name, gates in chosen.items()
        }
        internal, switching, leaks = found["clock"]
        found["clock"] = (
            internal + float(self.clock_internal_j.sum()),
            switching + float(self.clock_net_j.sum()),
            leaks,
        )
        return found


def cell_power(
    netlist: Netlist, cells: PowerCells, timing: Delays, signals: Signals, *, wire_ff: float = 0.0
) -> CellPower:
    """Estimate the power of every gate.

    Parameters
    ----------
    netlist : Netlist
        Gates of the library.
    cells : PowerCells
        Their power tables.
    timing : Delays
        Their slews. Its loads are those of the longest paths, not the nominal ones that count here.
    signals : Signals
        What their nets do.
    wire_ff : float
        Capacitance of wire for every input that a net drives; the same as in `timing`.

    Raises
    ------
    UserError
        When the library lacks a cell or says nothing about power.
    """
    cells.check(sorted(netlist.kinds))
    nets = _Nets(netlist, cells, wire_ff * 1e-15)
    half_v2 = cells.voltage_v**2 / 2
    energies = half_v2 * nets.loads_f * signals.density
    gates = len(netlist.gates)
    internal, switching, clock_internal, clock_net, leakage = np.zeros((5, gates))
    sequential, on_clock = np.zeros((2, gates), dtype=bool)
    leaks = cells.leaking(list(netlist.kinds))
    slews_s = timing.slews * cells.library.units.time_s
    for kind, same in netlist.kinds.items():
        cell, at = cells.of(kind), same.gates
        of_kind = KindPower(
            cells, cell, same, slews_s=slews_s, loads_f=nets.loads_f, signals=signals
        )
        internal[at] = of_kind.internal(clocks=False)
        clock_internal[at] = of_kind.internal(clocks=True)
        sequential[at] = cell.sequential
        if cell.leakage_w is not None:
            leakage[at] = of_kind.states @ cell.leakage_w
        for pin, on in same.pins.items():
            if same.directions[pin] != "input":
                switching[at] += energies[on]
                on_clock[at] |= nets.clocks[on]
            else:
                own = half_v2 * (cell.capacitance_f[pin] + wire_ff * 1e-15) * signals.density[on]
                clock_net[at] += np.where(nets.clocks[on] & ~nets.driven[on], own, 0.0)
    return CellPower(
        netlist=netlist,
        internal_j=internal,
        switching_j=switching,
        clock_internal_j=clock_internal,
        clock_net_j=clock_net,
        leakage_w=leakage if leaks else None,
        sequential=sequential,
        on_clock=on_clock,
        inputs_j=float(energies[~nets.driven & ~nets.clocks].sum()),
    )


class _Nets:
    """What hangs on every net: its capacitance, F; whether gates drive it, whether it is a clock.

    Nets of the clock are those with clock pins, and those behind which there are only buffers or
    inverters before such a net.
    """

    def __init__(self, netlist: Netlist, cells: PowerCells, wire_f: float) -> None:
        self.loads_f = np.zeros(len(netlist.nets))
        self.driven, self.clocks = np.zeros((2, len(netlist.nets)), dtype=bool)
        passing = []
        for kind, same in netlist.kinds.items():
            cell = cells.of(kind)
            inputs = [on for pin, on in same.pins.items() if same.directions[pin] == "input"]
            for pin, on in same.pins.items():
                if pin in cell.capacitance_f:
                    np.add.at(self.loads_f, on, cell.capacitance_f[pin] + wire_f)
                if same.directions[pin] != "input":
                    self.driven[on] = True
                    passing += [(inputs[0], on)] if len(inputs) == 1 else []
                self.clocks[on] |= pin in cell.clocks
        before = -1
        while before != (before := int(self.clocks.sum())):
            for source, target in passing:
                self.clocks[source] |= self.clocks[target]


class KindPower:
    """The gates of one cell.

    Parameters
    ----------
    cells, cell : PowerCells, PowerCell
        The library, and the cell.
    same : Kind
        The gates.
    slews_s : ndarray, nets x 2
        Transition of every net as it rises and as it falls, s.
    loads_f : ndarray, nets
        Capacitance of every net, F.
    signals : Signals
        What they do.

    Attributes
    ----------
    states : ndarray, gates x states
        Share of the time that each gate is in each state.
    """

    def __init__(
        self,
        cells: PowerCells,
        cell: PowerCell,
        same: Kind,
        *,
        slews_s: NDArray[np.float64],
        loads_f: NDArray[np.float64],
        signals: Signals,
    ) -> None:
        self._cells, self._cell, self._same = cells, cell, same
        pins = same.pins.items()
        self.density = {pin: signals.density[nets] for pin, nets in pins}
        self.slews_s = {pin: slews_s[nets] for pin, nets in pins}
        self._loads_f = {
            pin: loads_f[nets] if same.directions[pin] != "input" else np.zeros(len(nets))
            for pin, nets in pins
        }
        self._ones = {pin: signals.probability[nets] for pin, nets in pins}
        self.states = cell.states.probabilities(self._ones, self.density)

    def internal(self, *, clocks: bool) -> NDArray[np.float64]:
        """Return the energy inside each gate in a cycle, by its clock pins or by all others."""
        found = np.zeros(len(self._same.gates))
        if clocks and not self._cell.clocks:
            return found
        states = self.states
        if clocks:
            states = self._cell.states.probabilities(self._ones, self.density, at_edges=True)
        for pin, entries in self._cell.entries.items():
            if pin not in self.density or (pin in self._cell.clocks) != clocks:
                continue
            for entry, share in self._shares(entries, states):
                energy = self.mean(pin, entry, self._causing(pin, entry))
                found += share * self.density[pin] * energy
        return found

    def mean(self, pin: str, entry: Entry, slews_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean energy (J) of a rise and a fall of a pin, by an entry.

        Parameters
        ----------
        pin : str
            The pin.
        entry : Entry
            One of its entries.
        slews_s : ndarray, gates x 2
            Transition at which its rise is looked up, and its fall.
        """
        found = np.zeros(len(self._same.gates))
        for edge in (RISE, FALL):
            table = entry.tables[edge]
            if table is not None:
                tables = np.full(len(found), table)
                at = slews_s[:, edge], self._loads_f[pin]
                found += self._cells.surfaces.at(tables, *at) / 2
        return found

    def _causing(self, pin: str, entry: Entry) -> NDArray[np.float64]:
        """Return the transitions that cause a rise and a fall of a pin, the mean of both edges'."""
        weights = self.states[:, entry.states]
        total = weights.sum(axis=1)
        slews = self.slews_s[entry.related or pin]
        found = np.empty_like(slews)
        for edge in (RISE, FALL):
            of_states = entry.by_rise[edge, entry.states]
            even = np.full(len(total), of_states.mean() if of_states.size else 0.0)
            by_rise = np.divide(weights @ of_states, total, out=even, where=total > 0)
            found[:, edge] = by_rise * slews[:, RISE] + (1 - by_rise) * slews[:, FALL]
        return found

    def _shares(
        self, entries: Sequence[Entry], states: NDArray[np.float64]
    ) -> Iterator[tuple[Entry, NDArray[np.float64]]]:
        """Yield every entry with the share of the pin's changes that it counts for."""
        for entry in (one for one in entries if one.related is None):
            yield entry, states[:, entry.states].sum(axis=1)
        caused = [entry for entry in entries if entry.related in self.density]
        for supply in {entry.supply for entry in caused}:
            mine = [entry for entry in caused if entry.supply == supply]
            weights = np.array([
                self.density[entry.related] * states[:, entry.states].sum(axis=1) for entry in mine
            ])
            total = weights.sum(axis=0)
            even = np.full_like(weights, 1 / len(mine))
            shares = np.divide(weights, total, out=even, where=total > 0)
            yield from zip(mine, shares, strict=True)
