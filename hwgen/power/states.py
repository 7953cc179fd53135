"""In which states the gates of one library cell are, and how often.

A state is a value for every input and for every register inside. Static probabilities of the nets
are measured; how they go together is not, so that inputs are taken to be independent of each other.
One pair is not: what a flip-flop holds, and what it is about to take. At the edges of its clock
these differ exactly as often as its output changes, which is measured, and the states are weighted
so. A clock behind a gate has as many edges as its net, which is measured, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.liberty.functions import Behaviour, Expression, FlipFlop, Variable
from hwgen.liberty.library import Cell

__all__ = ["States"]

MOST_VARIABLES = 12  # 4096 states


@dataclass(frozen=True, eq=False)
class States:
    """All states of a cell.

    Parameters
    ----------
    cell : Cell
        The cell.
    behaviour : Behaviour
        What it does.

    Raises
    ------
    UserError
        When there are more than 4096.
    """

    cell: Cell
    behaviour: Behaviour

    def __post_init__(self) -> None:
        if len(self.variables) > MOST_VARIABLES:
            raise UserError(
                f"cell ({self.cell.name}): must have at most {MOST_VARIABLES} inputs and registers "
                f"to be estimated, not {len(self.variables)}"
            )

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Its inputs."""
        pins = self.cell.pins.values()
        return tuple(pin.name for pin in pins if pin.direction in {"input", "inout"})

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """What may have any value: inputs, then registers, then outputs of unknown function."""
        unknown = [
            pin.name
            for pin in self.cell.pins.values()
            if pin.direction == "output" and pin.name not in self.behaviour.outputs
        ]
        registers = [register.variables[0] for register in self.behaviour.registers]
        return (*self.inputs, *registers, *unknown)

    @cached_property
    def values(self) -> Mapping[str, NDArray[np.bool_]]:
        """The value in every state of all that a condition may name."""
        places = np.arange(2 ** len(self.variables))
        found = {name: (places >> bit & 1).astype(bool) for bit, name in enumerate(self.variables)}
        for register in self.behaviour.registers:
            for inverse in register.variables[1:]:
                found[inverse] = ~found[register.variables[0]]
        for name, output in self.behaviour.outputs.items():
            if name not in found:
                found[name] = self._evaluated(output.function, found)
        return found

    def holds(self, condition: Expression) -> NDArray[np.bool_]:
        """Tell in which states a condition is true.

        Raises
        ------
        UserError
            When it names what the cell does not have.
        """
        return self._evaluated(condition, self.values)

    def sensitive(self, output: str, pin: str) -> NDArray[np.bool_]:
        """Tell in which states an output follows a pin: its boolean difference.

        Outputs that show what a register holds follow whatever makes it change, in all states.
        """
        values = self.values
        function = self.behaviour.outputs.get(output)
        if function is None or pin not in function.function.inputs:
            return np.ones(2 ** len(self.variables), dtype=bool)
        ones = np.ones(2 ** len(self.variables), dtype=bool)
        high = self._evaluated(function.function, {**values, pin: ones})
        low = self._evaluated(function.function, {**values, pin: ~ones})
        return high ^ low

    def probabilities(
        self, of: Mapping[str, NDArray[np.float64]], changes: Mapping[str, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return how often each gate is in each state, as an array (gates, states).

        Parameters
        ----------
        of : mapping of str to ndarray, one value per gate
            Probability of a one at every pin.
        changes : mapping of str to ndarray
            Changes in a cycle at every pin.
        """
        found = self.independent(of)
        for register in self.behaviour.registers:
            shown = self._shown(register.variables[0])
            if isinstance(register, FlipFlop) and shown is not None:
                found = self._flip_flop(register, found, self._per_edge(register, shown, changes))
        return found

    def independent(self, of: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the same if what a flip-flop holds and takes were independent, too."""
        (count,) = {len(value) for value in of.values()}
        found = np.ones((count, 1))
        for name in self.variables:  # the first varies fastest
            one = self._probability(name, of)[:, np.newaxis]
            found = np.concatenate([found * (1 - one), found * one], axis=1)
        return found

    def comes(self, output: str) -> NDArray[np.bool_]:
        """Tell in which states an output is one after what registers are about to take."""
        values = dict(self.values)
        for register in self.behaviour.registers:
            following = register.next_state if isinstance(register, FlipFlop) else register.data_in
            if following is not None:
                taken = self._evaluated(following, self.values)
                values |= zip(register.variables, (taken, ~taken), strict=False)
        return self._evaluated(self.behaviour.outputs[output].function, values)

    def _per_edge(
        self,
        register: FlipFlop,
        shown: tuple[str, bool],
        changes: Mapping[str, NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Return how often a flip-flop changes at an edge of its clock that it looks at.

        One edge is taken for a cycle where the library does not name the clock by one pin.
        """
        pins = register.clocked_on.inputs
        if len(pins) != 1 or pins[0] not in changes:
            return changes[shown[0]]
        edges = changes[pins[0]] / 2
        return np.divide(changes[shown[0]], edges, out=np.zeros(len(edges)), where=edges > 0)

    def _flip_flop(
        self, register: FlipFlop, found: NDArray[np.float64], changes: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Weight states so that what comes differs from what is held once per change."""
        values = self.values
        differ = self._evaluated(register.next_state, values) ^ values[register.variables[0]]
        wanted = np.minimum(changes, 1.0)
        given = found[:, differ].sum(axis=1)
        possible = (given > 0) & (given < 1)
        weights = np.ones_like(found)
        ratio = np.where(possible, wanted / np.where(possible, given, 1.0), 1.0)
        rest = np.where(possible, (1 - wanted) / np.where(possible, 1 - given, 1.0), 1.0)
        weights[:, differ] = ratio[:, np.newaxis]
        weights[:, ~differ] = rest[:, np.newaxis]
        return found * weights

    def _probability(self, name: str, of: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        if name in of:
            return of[name]
        shown = self._shown(name)
        if shown is None:  # a register that no output shows by itself
            return np.full(len(next(iter(of.values()))), 0.5)
        pin, inverted = shown
        return 1 - of[pin] if inverted else of[pin]

    def _shown(self, variable: str) -> tuple[str, bool] | None:
        """Return an output that shows a register, and whether it shows the inverse."""
        names = next(
            register.variables
            for register in self.behaviour.registers
            if register.variables[0] == variable
        )
        for pin, output in self.behaviour.outputs.items():
            if isinstance(output.function, Variable) and output.function.name in names:
                return pin, output.function.name != variable
            inputs = output.function.inputs
            if len(inputs) == 1 and inputs[0] in names:  # an inverter behind it
                return pin, inputs[0] == variable
        return None

    def _evaluated(
        self, condition: Expression, values: Mapping[str, NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        for name in condition.inputs:
            if name not in values:
                place = f"cell ({self.cell.name}): its conditions"
                raise self.cell.group.text.wrong(
                    self.cell.group.start, f"{place}: must name pins", name
                )
        ones = np.ones(2 ** len(self.variables), dtype=bool)
        return np.broadcast_to(condition.evaluate(values, ones), ones.shape)
