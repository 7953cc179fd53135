"""In which states the gates of one library cell are, and how often.

A state is a value for every input and for every register inside. Static probabilities of the nets
are measured; how they go together is not, so that inputs are taken to be independent of each other
and of what registers hold. Where the cell itself says more, that counts:

* a register that its inputs force, because its latch is open or it is set or reset, is never
  anything else;
* what a register holds where nothing forces it is such that an output which shows it is one as
  often as was measured. That of a clock gate shows it while the clock is high;
* what a flip-flop holds and what it is about to take differ at an edge of its clock exactly as
  often as its output changes, which is measured. In cycles without an edge, nothing is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.liberty.functions import Behaviour, Expression, FlipFlop, Latch, Register
from hwgen.liberty.library import Cell

__all__ = ["States"]

MOST_VARIABLES = 12  # 4096 states
EDGES = 2.0  # of a clock in a cycle
TINY = 1e-9  # share of the time in which nothing can be seen


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

    def follows(self, output: str, pin: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell in which states an output rises with a pin, and in which it falls as that rises.

        Both are its boolean difference. Outputs that show what a register holds follow no pin.
        """
        does = self.behaviour.outputs.get(output)
        if does is None:
            return ~self._ones, ~self._ones
        high, low = (
            self._evaluated(does.function, {**self.values, pin: level})
            for level in (self._ones, ~self._ones)
        )
        return high & ~low, low & ~high

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """In which states the cell can be: those in which registers are what inputs force."""
        found = self._ones.copy()
        for register in self.behaviour.registers:
            low, high = self._forced[register.variables[0]]
            held = self.values[register.variables[0]]
            found &= ~(low & held) & ~(high & ~held)
        return found

    def probabilities(
        self,
        of: Mapping[str, NDArray[np.float64]],
        changes: Mapping[str, NDArray[np.float64]],
        *,
        at_edges: bool = False,
    ) -> NDArray[np.float64]:
        """Return how often each gate is in each state, as an array (gates, states).

        Parameters
        ----------
        of : mapping of str to ndarray, one value per gate
            Probability of a one at every pin.
        changes : mapping of str to ndarray
            Changes in a cycle at every pin.
        at_edges : bool
            Of all edges of the clock instead of all time.
        """
        found = self.independent(of)
        for register in self.behaviour.registers:
            shown = self._shown(register)
            if isinstance(register, FlipFlop) and shown is not None:
                clocks = [changes[pin] for pin in register.clocked_on.inputs if pin in changes]
                clocked = np.clip(sum(clocks) / EDGES, 0.0, 1.0)
                found = self._flip_flop(register, found, changes[shown], clocked, at_edges)
        return found

    def independent(self, of: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the same if what a flip-flop holds and takes were independent, too."""
        (count,) = {len(value) for value in of.values()}
        registers = {one.variables[0]: one for one in self.behaviour.registers}
        found = np.ones((count, 1))
        for name in self.variables:  # the first varies fastest
            one = (
                self._held(registers[name], found, of)
                if name in registers
                else of[name][:, np.newaxis]
            )
            found = np.concatenate([found * (1 - one), found * one], axis=1)
        return found

    def comes(self, output: str) -> NDArray[np.bool_]:
        """Tell in which states an output is one after what registers are about to take."""
        values = dict(self.values)
        for register in self.behaviour.registers:
            following = register.next_state if isinstance(register, FlipFlop) else register.data_in
            low, high = self._controlled(register)
            held = values[register.variables[0]]
            taken = held if following is None else self._evaluated(following, self.values)
            taken = taken & ~low | high
            values |= zip(register.variables, (taken, ~taken), strict=False)
        return self._evaluated(self.behaviour.outputs[output].function, values)

    def _held(
        self,
        register: Register,
        before: NDArray[np.float64],
        of: Mapping[str, NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Return how often a register is one, in all states of the variables before it.

        Where nothing forces it that is a share h, the same in all of them. An output is one with
        probability a + b h, in which a and b follow from its function.
        """
        name, count = register.variables[0], before.shape[1]
        low, high = (forced[:count] for forced in self._forced[name])
        free = ~low & ~high
        share = np.full(len(before), 0.5)  # where no output shows it
        pin = self._shown(register, of)
        if pin is not None:
            shows = self.values[pin].astype(float)
            zero, one = shows[:count], shows[count : 2 * count]
            always = before @ np.where(high, one, zero)
            more = before @ np.where(free, one - zero, 0.0)
            seen = np.abs(more) > TINY
            share = np.where(seen, (of[pin] - always) / np.where(seen, more, 1.0), share)
        return np.where(free, np.clip(share, 0.0, 1.0)[:, np.newaxis], high.astype(float))

    def _flip_flop(
        self,
        register: FlipFlop,
        found: NDArray[np.float64],
        changes: NDArray[np.float64],
        clocked: NDArray[np.float64],
        at_edges: bool,
    ) -> NDArray[np.float64]:
        """Weight states so that what comes differs from what is held once per change."""
        low, high = self._forced[register.variables[0]]
        held = self.values[register.variables[0]]
        differ = self._evaluated(register.next_state, self.values) ^ held
        differ &= ~low & ~high
        given = found[:, differ].sum(axis=1)
        moving = clocked > 0
        each = np.minimum(changes / np.where(moving, clocked, 1.0), 1.0)  # of all edges
        share = moving if at_edges else clocked
        wanted = share * each + (1 - share) * given
        possible = (given > 0) & (given < 1)
        weights = np.ones_like(found)
        ratio = np.where(possible, wanted / np.where(possible, given, 1.0), 1.0)
        rest = np.where(possible, (1 - wanted) / np.where(possible, 1 - given, 1.0), 1.0)
        weights[:, differ] = ratio[:, np.newaxis]
        weights[:, ~differ] = rest[:, np.newaxis]
        return found * weights

    @cached_property
    def _forced(self) -> Mapping[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """In which states inputs and earlier registers force each register to be 0, and 1."""
        found, known = {}, {*self.inputs}
        for register in self.behaviour.registers:
            never = ~self._ones
            low, high = never, never
            if known.issuperset(_read_by(register)):
                low, high = self._controlled(register)
                if isinstance(register, Latch) and register.enable is not None:
                    is_open = self._evaluated(register.enable, self.values) & ~low & ~high
                    data = self._evaluated(register.data_in, self.values)
                    low, high = low | is_open & ~data, high | is_open & data
            found[register.variables[0]] = (low, high)
            known |= {*register.variables}
        return found

    def _controlled(self, register: Register) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell in which states a register is cleared, and in which it is preset."""
        clear, preset = (
            ~self._ones if one is None else self._evaluated(one, self.values)
            for one in (register.clear, register.preset)
        )
        both = {"L": (True, False), "H": (False, True)}.get(
            register.clear_preset_var1, (False, False)
        )
        return (
            clear & ~preset | both[0] & clear & preset,
            preset & ~clear | both[1] & clear & preset,
        )

    def _shown(
        self, register: Register, of: Mapping[str, NDArray[np.float64]] | None = None
    ) -> str | None:
        """Return an output that shows a register by itself; given probabilities, or with inputs."""
        own = {*register.variables}
        known = own if of is None else {*self.inputs, *own}
        candidates = [
            pin
            for pin, output in self.behaviour.outputs.items()
            if own & {*output.function.inputs} and known.issuperset(output.function.inputs)
            if of is None or pin in of
        ]
        plain = [p for p in candidates if len(self.behaviour.outputs[p].function.inputs) == 1]
        return next(iter([*plain, *candidates]), None)

    @cached_property
    def _ones(self) -> NDArray[np.bool_]:
        return np.ones(2 ** len(self.variables), dtype=bool)

    def _evaluated(
        self, condition: Expression, values: Mapping[str, NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        for name in condition.inputs:
            if name not in values:
                place = f"cell ({self.cell.name}): its conditions"
                raise self.cell.group.text.wrong(
                    self.cell.group.start, f"{place}: must name pins", name
                )
        return np.broadcast_to(condition.evaluate(values, self._ones), self._ones.shape)


def _read_by(register: Register) -> set[str]:
    """Return what forces a register."""
    given = [register.clear, register.preset]
    if isinstance(register, Latch):
        given += [register.enable, register.data_in]
    return {name for one in given if one is not None for name in one.inputs}
