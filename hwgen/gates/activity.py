"""What nets did: how often they changed, and how long they were one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.gates.netlist import Netlist

__all__ = ["Activity"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """Changes and ones of every net, over all cycles that were counted.

    Counts are those of settled values: two changes of a clock in every cycle, at most one of any
    other net in each phase of the clock. Glitches, which depend on delays, are not counted.

    Parameters
    ----------
    netlist : Netlist
        The gates.
    cycles : int
        Clock cycles, those of all stimuli added up.
    toggles : numpy.ndarray of int64, shape (nets,)
        Changes.
    half_cycles_high : numpy.ndarray of int64, shape (nets,)
        Phases of the clock at whose ends the net is one; out of twice as many as `cycles`.
    """

    netlist: Netlist
    cycles: int
    toggles: NDArray[np.int64]
    half_cycles_high: NDArray[np.int64]

    @property
    def rate(self) -> NDArray[np.float64]:
        """Changes in a cycle."""
        return self.toggles / max(self.cycles, 1)

    @property
    def probability(self) -> NDArray[np.float64]:
        """Share of the time that a net is one."""
        return self.half_cycles_high / max(2 * self.cycles, 1)

    @cached_property
    def block_of(self) -> NDArray[np.int64]:
        """Place in the netlist's blocks of what drives each net; -1 for inputs and constants."""
        found = np.full(len(self.netlist.nets), -1, dtype=np.int64)
        for kind in self.netlist.kinds.values():
            for pin, nets in kind.pins.items():
                if kind.directions[pin] != "input":
                    found[nets] = self.netlist.block_of[kind.gates]
        return found

    @property
    def coverage(self) -> float:
        """Share of the nets in use whose changes were counted; not those that nothing drives."""
        used = self.netlist.used
        return float((used & self.netlist.driven).sum() / max(used.sum(), 1))

    def by_block(self) -> Mapping[str, int]:
        """Add up the changes of the nets that each block's own gates drive, by path."""
        inside = self.block_of >= 0
        sums = np.bincount(
            self.block_of[inside],
            weights=self.toggles[inside].astype(np.float64),
            minlength=len(self.netlist.blocks),
        )
        return {
            block.path: int(total) for block, total in zip(self.netlist.blocks, sums, strict=True)
        }
