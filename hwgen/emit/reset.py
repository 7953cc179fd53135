"""How the registers of a design are reset."""

from dataclasses import dataclass

from hwgen.emit.hierarchy import RESET

__all__ = ["Reset"]


@dataclass(frozen=True, kw_only=True)
class Reset:
    """How registers are reset, the same in the whole design."""

    asynchronous: bool = True
    active_high: bool = True

    @property
    def name(self) -> str:
        """Name of the pin."""
        return RESET if self.active_high else f"{RESET}_n"

    @property
    def asserted(self) -> str:
        """Condition under which registers are reset."""
        return self.name if self.active_high else f"!{self.name}"

    def event(self, clock: str) -> str:
        """Event list of a register with reset."""
        if not self.asynchronous:
            return f"posedge {clock}"
        return f"posedge {clock} or {'posedge' if self.active_high else 'negedge'} {self.name}"
