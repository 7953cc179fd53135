"""What a conversion must yield, said a third time: as arithmetic on the count and the table."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Table", "Tree", "legal"]


class Table(data.StructLayout):
    """A twin-range table, every field wide enough for the first illegal value."""

    def __init__(self, *, bits: int) -> None:
        names = ("payload_0", "truncation_0", "payload_1", "truncation_1")
        super().__init__(dict.fromkeys(names, range(bits + 2)))


def legal(table: data.View, *, bits: int, bound: int) -> Value:
    """Tell whether a table is legal: exactly when `hwgen_models.search.check_ranges` takes it."""
    largest = min(bound, 2**bits - 1)
    range_0 = (table.truncation_0 <= table.payload_0) & (table.payload_0 <= bits)
    range_1 = (table.truncation_1 <= table.payload_1) & (table.payload_1 <= bits)
    follows = (table.payload_1 > table.payload_0) & ((1 << table.payload_1) > largest)
    return range_0 & (((1 << table.payload_0) > largest) | (range_1 & follows))


class Tree(wiring.Component):
    """Value and decisions of any conversion, without a search.

    The range test and the decisions after it may see different counts: any answers that a
    comparator can give, right or wrong, are those of some such pair, so a proof over all pairs is
    a proof over all walks of the tree, not just over those of ideal comparators.

    Parameters
    ----------
    bits, bound : int
        Width of a threshold code; largest count.
    twin : bool
        Search with a table of two ranges; without, the binary search.

    Members
    -------
    table : In(Table(bits))
        A legal table; only with `twin`.
    tested, count : In(N + 1)
        Count that the range test sees, and that every other decision sees.
    tests : Out(1)
        The first decision tests for range 0.
    high : Out(1)
        The search goes on in range 1.
    value : Out(N), decisions : Out(range(N + 2))
        What the conversion yields, and after how many decisions.
    reachable : Out(1)
        `count` lies below the end of its range: no leaf has two counts that stand for it.
    """

    def __init__(self, *, bits: int, bound: int, twin: bool) -> None:
        self.bits = bits
        self.bound = bound
        self.twin = twin
        super().__init__(
            ({"table": In(Table(bits=bits))} if twin else {})
            | {
                "tested": In(bits + 1),
                "count": In(bits + 1),
                "tests": Out(1),
                "high": Out(1),
                "value": Out(bits),
                "decisions": Out(range(bits + 2)),
                "reachable": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        largest = 2**self.bits - 1
        held = Signal(self.bits)  # no threshold tells a larger count from the largest code
        m.d.comb += held.eq(Mux(self.count > largest, largest, self.count))
        if not self.twin:
            m.d.comb += [self.value.eq(held), self.decisions.eq(self.bits), self.reachable.eq(1)]
            return m

        table = self.table
        edge = Signal(range(2 ** (self.bits + 1)))  # end of range 0
        payload, truncation = Signal.like(table.payload_0), Signal.like(table.payload_0)
        level = Signal(self.bits)
        m.d.comb += [
            edge.eq(1 << table.payload_0),
            self.tests.eq(edge <= min(self.bound, largest)),
            self.high.eq(self.tests & (self.tested >= edge)),
            payload.eq(Mux(self.high, table.payload_1, table.payload_0)),
            truncation.eq(Mux(self.high, table.truncation_1, table.truncation_0)),
            self.reachable.eq(held < (1 << payload)),
            self.decisions.eq(self.tests + payload - truncation),
            level.eq((held >> truncation) << truncation),
        ]

        end = Signal(range(2 ** (self.bits + 1)))  # of the bin that the search ended in
        m.d.comb += end.eq(level + (1 << truncation))
        with m.If(~self.high):
            m.d.comb += self.value.eq(level)
        with m.Elif((level < edge) & (edge < end)):
            m.d.comb += self.value.eq((edge + end) >> 1)
        with m.Else():
            m.d.comb += self.value.eq(level + ((1 << truncation) >> 1))
        return m
