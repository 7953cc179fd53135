r"""Activity of nets without vectors: probabilities and densities propagated from the inputs.

With independent inputs, the probability of a gate's output is the sum over its states, and its
density follows from the boolean differences (Najm, *Transition density*, IEEE TCAD 12(2), 1993):

.. math::

    P(y) &= \sum_{s: y(s)} P(s) \\
    D(y) &= \min\Big(\sum_i P(\partial y / \partial x_i)\, D(x_i),\; 2 \min(P(y), 1 - P(y))\Big)

The bound is that of signals that settle once in a cycle: glitches are left out, as in the
simulation; that of clocks, which settle twice, is as large again. A flip-flop passes on probability
and density of its next state, which may depend on what it holds. Loops through flip-flops are
iterated until no value changes by 1/1000 in a round; what creeps on below that is not waited for.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hwgen.gates.netlist import ONE, ZERO, Kind, Netlist
from hwgen.power.cells import Signals
from hwgen.power.tables import PowerCell, PowerCells

__all__ = ["propagated"]

MOST_ROUNDS = 500
SETTLED = 1e-3  # largest change of a value that still counts
STEP = 0.5  # of a register towards its next state in a round, so that rounds do not swing
CLOCK_DENSITY = 2.0
SETTLES_ONCE = 2.0  # changes in a cycle at most, times the rarer of the two values


def propagated(
    netlist: Netlist,
    cells: PowerCells,
    *,
    clock: int,
    constants: Mapping[int, int],
    density: float,
    probability: float,
) -> Signals:
    """Estimate what nets do.

    Parameters
    ----------
    netlist : Netlist
        Gates of the library.
    cells : PowerCells
        What they do.
    clock : int
        Net of the clock.
    constants : mapping of int to int
        Inputs that stay at a level, such as the reset.
    density, probability : float
        Changes in a cycle, and probability of a one, of all other inputs.
    """
    nets = len(netlist.nets)
    values = Signals(density=np.zeros(nets), probability=np.full(nets, 0.5))
    inputs = netlist.port_nets("input")
    values.density[inputs], values.probability[inputs] = density, probability
    values.density[clock], values.probability[clock] = CLOCK_DENSITY, 0.5
    for net, level in {ZERO: 0, ONE: 1, **constants}.items():
        values.density[net], values.probability[net] = 0.0, level
    rules = [
        _Rule(cells.of(kind), same, pin)
        for kind, same in netlist.kinds.items()
        for pin in cells.of(kind).states.behaviour.outputs
        if same.directions.get(pin) == "output"
    ]
    clocks = np.zeros(nets, dtype=bool)
    clocks[clock] = True
    while any(rule.passes_clock(clocks) for rule in rules):
        pass
    for _ in range(MOST_ROUNDS):
        if max((rule.apply(values) for rule in rules), default=0.0) < SETTLED:
            break
    return values


class _Rule:
    """How an output of all gates of one cell follows their inputs."""

    def __init__(self, cell: PowerCell, same: Kind, pin: str) -> None:
        self._states, self._same = cell.states, same
        self._nets = same.pins[pin]
        self._one = cell.states.comes(pin).astype(float)
        self._follows: dict[str, NDArray[np.float64]] = {}
        for bit, name in enumerate(cell.states.variables):
            differs = self._one != self._one[np.arange(len(self._one)) ^ 1 << bit]
            if name in cell.states.inputs and differs.any():
                self._follows[name] = differs.astype(float)
        self._most = np.full(len(self._nets), SETTLES_ONCE)
        self._step = STEP if cell.sequential else 1.0

    def passes_clock(self, clocks: NDArray[np.bool_]) -> bool:
        """Mark the outputs that follow a clock, and tell whether there are more than before."""
        on_clock = np.zeros(len(self._nets), dtype=bool)
        for pin in self._follows:
            on_clock |= clocks[self._same.pins[pin]]
        more = bool((on_clock & ~clocks[self._nets]).any())
        clocks[self._nets[on_clock]] = True
        self._most[on_clock] = 2 * SETTLES_ONCE
        return more

    def apply(self, values: Signals) -> float:
        """Update the output, and return the largest change."""
        pins = self._same.pins.items()
        states = self._states.independent({pin: values.probability[nets] for pin, nets in pins})
        one = np.clip(states @ self._one, 0.0, 1.0)
        changes = np.zeros(len(one))
        for pin, follows in self._follows.items():
            changes += values.density[self._same.pins[pin]] * (states @ follows)
        changes = np.minimum(changes, self._most * np.minimum(one, 1 - one))
        largest = 0.0
        for array, found in ((values.probability, one), (values.density, changes)):
            change = self._step * (found - array[self._nets])
            array[self._nets] += change
            largest = max(largest, float(np.abs(change).max(initial=0.0)))
        return largest
