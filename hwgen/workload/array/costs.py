"""What it costs to read a workload out: reads, conversions, decisions, and what rivals would pay.

Costs of tiles add up to those of a layer, costs of layers to those of a network. The same keys
describe both in JSON; ``docs/workload.md`` defines each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.workload.array import phase
from hwgen.workload.array.phase import Phases
from hwgen_models.spec import TileSpec

__all__ = ["Costs", "full_search_bits"]


def full_search_bits(*, readout_bits: int, largest_count: int) -> int:
    """Decisions of the full search that savings refer to.

    The width of the readout, or where that saturates the width that would not.

    >>> full_search_bits(readout_bits=8, largest_count=128)
    8
    >>> full_search_bits(readout_bits=6, largest_count=128)
    8
    """
    return max(readout_bits, largest_count.bit_length())


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Totals over some images; `static_bits` is a maximum.

    Arrays that are not ideal yield counts above the bounds that `static_bits` and some rivals rest
    on: there these are None.
    """

    full_bits: int  # decisions of a full search
    crossbars: int
    reads: int  # planes with active rows, of every crossbar
    reads_skipped: int  # planes without
    conversions: int  # of `reads`
    conversions_skipped: int  # that `reads_skipped` would have added
    decisions: int
    cycles: int  # layers one after another, crossbars of a layer side by side
    phases: Phases  # where they go; all crossbars one after another
    counts_above_bound: int  # conversions above what active rows and the column's digits allow
    static_bits: int | None  # smallest width that the ones of every column allow
    rivals: Mapping[str, float | None]  # decisions of others, see `hwgen.workload.array.rivals`

    @classmethod
    def total(cls, parts: list["Costs"]) -> "Costs":
        """Add up layers."""

        def added(name: str) -> int | float:
            return sum(getattr(part, name) for part in parts)

        def together(values: list[float | None]) -> float | None:
            return None if None in values else sum(values)

        bounded = all(part.static_bits is not None for part in parts)
        return cls(
            full_bits=parts[0].full_bits,
            crossbars=added("crossbars"),
            reads=added("reads"),
            reads_skipped=added("reads_skipped"),
            conversions=added("conversions"),
            conversions_skipped=added("conversions_skipped"),
            decisions=added("decisions"),
            cycles=added("cycles"),
            phases=phase.added([part.phases for part in parts]),
            counts_above_bound=added("counts_above_bound"),
            static_bits=max(part.static_bits for part in parts) if bounded else None,
            rivals={
                name: together([part.rivals[name] for part in parts]) for name in parts[0].rivals
            },
        )

    def per_conversion(self, decisions: float | None) -> float | None:
        """Average over conversions; None without any."""
        return decisions / self.conversions if self.conversions and decisions is not None else None

    def conversion_cycles(self, spec: TileSpec) -> float | None:
        """Cycles that a lane takes for a conversion, on average; None without any."""
        decisions = self.per_conversion(self.decisions)
        return decisions and spec.overhead_cycles + decisions * spec.decision_cycles

    def savings(self, decisions: float | None) -> dict[str, float | None]:
        """``saving`` and ``saving_with_skips`` of a readout that needs so many decisions."""
        every = self.conversions + self.conversions_skipped
        return {
            "saving": self.full_bits * self.conversions / decisions if decisions else None,
            "saving_with_skips": self.full_bits * every / decisions if decisions else None,
        }

    def as_json(self) -> dict[str, object]:
        """Keys of ``run --json``, for a network and for a layer."""
        static = None if self.static_bits is None else self.conversions * self.static_bits
        rivals = {"static": static, **self.rivals}
        return {
            "crossbars": self.crossbars,
            "reads": self.reads,
            "reads_skipped": self.reads_skipped,
            "conversions": self.conversions,
            "decisions": self.decisions,
            "decisions_per_conversion": self.per_conversion(self.decisions),
            **self.savings(self.decisions),
            "full_search_bits": self.full_bits,
            "entropy_bits": self.per_conversion(self.rivals["entropy"]),
            "static_bits": self.static_bits,
            "counts_above_bound": self.counts_above_bound,
            "cycles": self.cycles,
            "conversion_phase": phase.as_json(self.phases),
            "rivals": {
                name: {
                    "decisions_per_conversion": self.per_conversion(decisions),
                    **self.savings(decisions),
                }
                for name, decisions in rivals.items()
            },
        }
