"""What a conversion must yield, said a third time: as arithmetic on the count and the table."""

from amaranth import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["OutwardTree", "RangesTable", "RangesTree", "Table", "Tree", "legal"]


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


class RangesTable(data.StructLayout):
    """One range of a table as its registers hold it, every field wide enough to be illegal."""

    def __init__(self, *, bits: int) -> None:
        super().__init__({
            "base": bits + 1,
            "payload": range(bits + 2),
            "truncation": range(bits + 2),
        })


class RangesTree(wiring.Component):
    """Value and decisions of any conversion that ends in a given range, without a search.

    Answers that a comparator can give, right or wrong, are told by the range that they lead to and
    by a count of that range: tests of lower edges say yes, its own says no, all other decisions see
    the count.

    Parameters
    ----------
    bits, bound : int
        Width of a threshold code; largest count of the array.
    ranges : int
        Ranges of the table.
    aligned : bool
        Bases follow from the ranges before, those of the table are not looked at.
    bounded : bool
        Reads have a bound of their own.
    scaled : bool
        In a read with a shorter bound, ranges of a table without truncation are as much smaller.

    Members
    -------
    table : In(ArrayLayout(RangesTable(bits), ranges))
        The table.
    active : In(N)
        Bound of the read; only if `bounded`.
    shift : Out(range(octaves))
        Bits that it is shorter than the longest; only if `scaled`.
    range : In(range(K)), count : In(N)
        Where the conversion ends.
    legal : Out(1)
        The table is: exactly when `Ranges.check` of `hwgen_models.schemes` takes it.
    reachable : Out(1)
        Some answers end there.
    tests : Out(range(K)), decisions : Out(range(N + K + 1))
        Tests and all decisions of the conversion.
    edges : Out(ArrayLayout(N, ranges))
        Thresholds of the tests.
    value : Out(N)
        What it yields.
    """

    def __init__(
        self,
        *,
        bits: int,
        bound: int,
        ranges: int,
        aligned: bool = True,
        bounded: bool = False,
        scaled: bool = False,
    ) -> None:
        self.bits = bits
        self.bound = bound
        self.ranges = ranges
        self.aligned = aligned
        self.bounded = bounded
        self.octaves = min(bound, 2**bits - 1).bit_length() if scaled else 0
        index = range(max(ranges, 2))
        super().__init__(
            {"table": In(data.ArrayLayout(RangesTable(bits=bits), ranges))}
            | ({"active": In(bits)} if bounded else {})
            | ({"shift": Out(range(self.octaves))} if scaled else {})
            | {
                "range": In(index),
                "count": In(bits),
                "legal": Out(1),
                "reachable": Out(1),
                "tests": Out(index),
                "decisions": Out(range(bits + ranges + 1)),
                "edges": Out(data.ArrayLayout(bits, ranges)),
                "value": Out(bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        n, largest = self.bits, min(self.bound, 2**self.bits - 1)

        # the ranges, one after the other
        if self.octaves:
            largest = 2**self.octaves - 1  # all copies have to hold theirs
        good, before, covered = 1, 0, 0
        bases, edges = self._laid_out(m, [fields.payload for fields in self.table], "own")
        for fields, base, edge in zip(self.table, bases, edges, strict=True):
            bin_size = 1 << fields.truncation
            fits = (
                (fields.payload <= n)
                & (fields.truncation <= fields.payload)
                & (base <= before)
                & (before < edge)
                & (edge <= 2**n)
                & (((before - base) & (bin_size - 1)) == 0)
            )
            good = good & (covered | fits)
            covered = covered | (edge > largest)
            before = edge
        m.d.comb += self.legal.eq(good & covered)

        # those of this read
        payloads = [fields.payload for fields in self.table]
        if self.octaves:
            payloads = self._halved(m, payloads)
            bases, edges = self._laid_out(m, payloads, "halved")
        m.d.comb += [self.edges[k].eq(edge) for k, edge in enumerate(edges)]

        # the last one that the bound reaches, and how many of its bits
        limit = self.active if self.bounded else Signal(n, init=largest)
        last = Signal(range(max(self.ranges, 2)))
        for k in reversed(range(self.ranges)):
            with m.If(edges[k] > limit):
                m.d.comb += last.eq(k)
        fields = Signal(RangesTable(bits=n))
        base, own, payload = Signal(n), Signal.like(fields.payload), Signal.like(fields.payload)
        m.d.comb += [
            fields.eq(Array(self.table)[self.range]),
            base.eq(Array(bases)[self.range]),
            own.eq(Array(payloads)[self.range]),
            payload.eq(own),
        ]
        if self.bounded:
            left = Signal(n)
            m.d.comb += left.eq(limit - base)
            for bits in range(n):
                fitting = (self.range == last) & (bits < own) & (left < 2**bits)
                with m.If(fitting & (left >= (2**bits >> 1))):
                    m.d.comb += payload.eq(bits)

        offset, half = Signal(n), Signal(n)
        m.d.comb += [
            offset.eq(self.count - base),
            half.eq((1 << fields.truncation) >> 1),
            self.reachable.eq(
                (self.range <= last) & (self.count >= base) & (offset < (1 << payload))
            ),
            self.tests.eq(Mux(self.range == last, self.range, self.range + 1)),
            self.decisions.eq(
                self.tests + Mux(payload > fields.truncation, payload - fields.truncation, 0)
            ),
            self.value.eq(
                base
                + ((offset >> fields.truncation) << fields.truncation)
                + Mux(self.range == 0, 0, half)
            ),
        ]
        return m

    def _laid_out(self, m, payloads, name):
        """Return bases and edges of ranges with these payloads."""
        wide = range(2 ** (self.bits + 2))
        bases, edges, before = [], [], 0
        for k, payload in enumerate(payloads):
            base = Signal(wide, name=f"base_{name}_{k}")
            edge = Signal(wide, name=f"edge_{name}_{k}")
            size = 1 << payload
            m.d.comb += base.eq(before & ~(size - 1) if self.aligned else self.table[k].base)
            m.d.comb += edge.eq(base + size)
            bases.append(base)
            edges.append(edge)
            before = edge
        return bases, edges

    def _halved(self, m, payloads):
        """Return payloads less the bits that the bound is shorter, where nothing is truncated."""
        for length in range(1, self.octaves):
            with m.If(self.active < 2 ** (self.octaves - length)):
                m.d.comb += self.shift.eq(length)
        scales = Signal()
        m.d.comb += scales.eq(~Cat(fields.truncation for fields in self.table).any())
        found = []
        for k, payload in enumerate(payloads):
            halved = Signal.like(payload, name=f"halved_{k}")
            less = payload - self.shift
            m.d.comb += halved.eq(Mux(scales, Mux(less > 0, less, 0), payload))
            found.append(halved)
        return found


class OutwardTree(wiring.Component):
    """Value and decisions of any conversion outward from a centre, without a search.

    Decisions outward and those after them may see different counts: any answers that a comparator
    can give, right or wrong, are those of some such pair.

    Parameters
    ----------
    bits, patience : int
        Width of a threshold code; most steps outward.

    Members
    -------
    active, centre : In(N)
        Bound of the read, and a centre from 1 to it.
    tested, count : In(N)
        Count that decisions outward see, and that every other decision sees.
    reachable : Out(1)
        No leaf has two pairs that stand for it, but for `count` where nothing sees it.
    tests, decisions : Out(range(P + N + 2))
        Decisions outward, and all of them.
    value : Out(N)
        What the conversion yields.
    """

    def __init__(self, *, bits: int, patience: int) -> None:
        self.bits = bits
        self.patience = patience
        most = range(patience + bits + 2)
        super().__init__({
            "active": In(bits),
            "centre": In(bits),
            "tested": In(bits),
            "count": In(bits),
            "reachable": Out(1),
            "tests": Out(most),
            "decisions": Out(most),
            "value": Out(bits),
        })

    def elaborate(self, platform):
        m = Module()
        # counts from the first threshold to the one that is held, and to the last one
        above, away, room = Signal(), Signal(self.bits), Signal(self.bits)
        m.d.comb += above.eq(self.tested >= self.centre)
        with m.If(above):
            m.d.comb += [away.eq(self.tested - self.centre), room.eq(self.active - self.centre)]
        with m.Else():
            m.d.comb += [away.eq(self.centre - 1 - self.tested), room.eq(self.centre - 1)]

        steps, fails = Signal(range(self.patience + 1)), Signal()
        length, reach = Signal(range(self.bits + 1)), Signal(range(2**self.bits + 1))
        with m.If((away < room) & (away < self.patience)):
            m.d.comb += steps.eq(away + 1)
        with m.Elif(room <= self.patience):
            m.d.comb += steps.eq(room)
        with m.Else():
            m.d.comb += [steps.eq(self.patience), fails.eq(1)]
        for bits in range(1, self.bits + 1):
            with m.If(self.active >= 2 ** (bits - 1)):
                m.d.comb += [length.eq(bits), reach.eq(2**bits)]
        m.d.comb += [
            self.reachable.eq((self.tested <= self.active) & (self.count < reach)),
            self.tests.eq(1 + steps),
            self.decisions.eq(1 + steps + Mux(fails, length, 0)),
            self.value.eq(Mux(fails, self.count, self.tested)),
        ]
        with m.If(self.active == 0):
            m.d.comb += [self.reachable.eq(self.count == 0), self.decisions.eq(0), self.value.eq(0)]
        return m
