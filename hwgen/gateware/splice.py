"""Adds the lanes' accumulators of one output, each at the height of its slice."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["Share", "Splice"]


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one accumulator of a lane contributes: ``(-1)**negate * (accumulator << shift)``."""

    output: int
    shift: int
    negate: bool


class Splice(wiring.Component):
    r"""Combine slices, polarities and lanes.

    .. math:: y_o = \sum_l \pm a_{l, d(l, o)}\, 2^{s(l, o)}

    A lane has at most one accumulator per output; which one, how far up and with which sign is
    fixed by the column order. Golden model: :mod:`hwgen_models.splice`.

    Timing: combinational.

    Parameters
    ----------
    outputs : int
        Outputs of the array.
    lanes : sequence of sequences of Share
        For every lane, what each of its accumulators contributes to.
    reach : range
        Values that an accumulator can take.
    total : range
        Values that the sum can take.

    Members
    -------
    output_index : In(range(outputs))
        Output to form.
    destination_0, destination_1, ... : Out(range(destinations))
        Accumulator that the lane must show.
    value_0, value_1, ... : In(reach)
        What the lane shows.
    total : Out(total)
        The output.
    """

    output_index: Signal
    total: Signal

    def __init__(
        self, *, outputs: int, lanes: Sequence[Sequence[Share]], reach: range, total: range
    ) -> None:
        self.outputs = positive_int("Output count", outputs)
        self.lanes = lanes
        self.reach = reach
        self.sum_range = total
        destinations = max(2, *(len(shares) for shares in lanes))
        super().__init__(
            {"output_index": In(range(max(outputs, 2)))}
            | {f"destination_{k}": Out(range(destinations)) for k in range(len(lanes))}
            | {f"value_{k}": In(reach) for k in range(len(lanes))}
            | {"total": Out(total)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        terms = []
        for k, shares in enumerate(self.lanes):
            if not shares:  # a lane without used columns
                continue
            destination = getattr(self, f"destination_{k}")
            value = getattr(self, f"value_{k}")
            highest = max(share.shift for share in shares)
            widened = range(self.reach.start << highest, (self.reach.stop - 1 << highest) + 1)
            reach = _with_negatives(widened) if any(s.negate for s in shares) else widened
            term = Signal(reach, name=f"term_{k}")

            # One arm per (shift, sign), not per output: the mux stays as small as it can be.
            with m.Switch(self.output_index):
                for d, share in enumerate(shares):
                    with m.Case(share.output):
                        m.d.comb += destination.eq(d)
            ways = sorted({(share.shift, share.negate) for share in shares})
            for shift, negate in ways:
                outputs = [s.output for s in shares if (s.shift, s.negate) == (shift, negate)]
                with m.Switch(self.output_index), m.Case(*outputs):
                    raised = value << shift
                    m.d.comb += term.eq(-raised if negate else raised)
            terms.append(term)

        while len(terms) > 1:
            pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[len(pairs) * 2 :]
        m.d.comb += self.total.eq(Mux(self.output_index < self.outputs, terms[0], 0))
        return m


def _with_negatives(reach: range) -> range:
    """Return the smallest range that holds `reach` and its mirror image."""
    largest = max(abs(reach.start), abs(reach.stop - 1))
    return range(-largest, largest + 1)
