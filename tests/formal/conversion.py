"""One conversion of a lane: its pins, its decisions and its value, whatever happened before."""

from amaranth import Array, Module, Mux, Signal
from amaranth.hdl import Assume, ResetSignal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hwgen.gateware.range_table import RangeTable
from hwgen.gateware.tile import lane_of, range_table_parameters
from tests.formal.support import anything, claim
from tests.formal.tree import OutwardTree, RangesTree, Tree, legal

__all__ = [
    "ConversionFollowsTheRanges",
    "ConversionFollowsTheTree",
    "ConversionGoesOutward",
    "OpenRangeTable",
]

TABLE = ("payload_0", "truncation_0", "payload_1", "truncation_1")


class OpenRangeTable(RangeTable):
    """A `RangeTable` whose registers a property can name."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.held = {prefix: super(OpenRangeTable, self)._fields(prefix) for prefix in OPEN}

    def _fields(self, prefix):
        return self.held[prefix]

    def rows(self, prefix):
        """Return the fields of all ranges, table by table."""
        return self._rows(self.held[prefix])

    def table(self, prefix):
        """Return the fields of a table in the order of `TABLE`."""
        return [
            self.held[prefix][f"RANGE_{k}_{field}"]
            for k in range(2)
            for field in ("payload", "truncation")
        ]


OPEN = ("shadow", "active")


def open_range_table(spec):
    """Return the table port of a tile, open."""
    return OpenRangeTable(**range_table_parameters(spec))


class ConversionFollowsTheTree(wiring.Component):
    """A conversion that begins in any state is that of the tree, for any count and legal table.

    Cycle 0 is any moment at which the lane starts a conversion, with whatever its registers and
    those of the range table hold. From there on every pin is compared with the architecture, cycle
    by cycle, and the micro-operation at the end with the tree's value. The comparator answers in
    the one cycle in which it is captured; in all others it does what it likes.

    Parameters
    ----------
    spec : TileSpec
        The lane is that of this tile.
    """

    def __init__(self, spec):
        self.spec = spec
        self.lane = lane_of(spec)
        self.table, self.tree = self._parts()
        # Everything around the lane is free, but for what the property itself supplies.
        self.free = [
            name
            for name, member in self.lane.signature.members.items()
            if member.flow == In and name not in {"compare", "plan"}
        ]
        super().__init__(
            {name: self.lane.signature.members[name] for name in self.free} | {"noise": In(1)}
        )

    def _parts(self):
        """Return the table port, if there is one, and what conversions must yield."""
        spec, twin = self.spec, self.lane.has_plan
        tree = Tree(bits=spec.readout_bits, bound=spec.largest_count, twin=twin)
        return (open_range_table(spec) if twin else None), tree

    @property
    def depth(self):
        """Cycles from the start of the longest conversion to its micro-operation."""
        return self.spec.longest_conversion + 2

    def elaborate(self, platform):
        m = Module()
        spec = self.spec
        m.submodules.lane = lane = self.lane
        m.submodules.tree = tree = self.tree
        for name in self.free:
            m.d.comb += getattr(lane, name).eq(getattr(self, name))
        m.d.comb += Assume(~ResetSignal())
        self._choose(m)

        # cycle 0 of the proof: the lane starts
        first, running, over = Signal(init=1), Signal(), Signal()
        m.d.sync += [first.eq(0), running.eq(first | (running & ~over))]
        with m.If(first):
            m.d.comb += Assume(lane.sar.start)

        # where the conversion is
        period, overhead = spec.decision_cycles, spec.overhead_cycles
        cycle = Signal(range(spec.longest_conversion + 1))
        length = Signal(range(spec.longest_conversion + 1))
        phase = Signal(range(period))
        decision = Signal(range(spec.most_decisions + 1))
        deciding = Signal()
        m.d.comb += [
            length.eq(overhead + tree.decisions * period),
            deciding.eq(running & (cycle >= overhead)),
            over.eq(running & (cycle == length - 1)),
        ]
        with m.If(running):
            m.d.sync += cycle.eq(cycle + 1)
        with m.If(deciding):
            m.d.sync += phase.eq(phase + 1)
            with m.If(phase == period - 1):
                m.d.sync += [phase.eq(0), decision.eq(decision + 1)]

        # the comparator
        answers = phase == period - 2 - spec.compare_stages
        answer = self._answer(m, decision, running, deciding)
        m.d.comb += lane.compare.eq(Mux(deciding & answers, answer, self.noise))

        # the pins
        settled = cycle >= spec.settle_mux
        claim(m, lane.busy, when=running)
        claim(m, lane.acquire == (settled & ~deciding), when=running)
        claim(m, lane.strobe == (deciding & (phase == spec.settle_dac)), when=running)
        claim(m, lane.sar.finish == over, when=running)
        before = {name: Signal.like(getattr(lane, name)) for name in ("column", "bank", "dac")}
        m.d.sync += [then.eq(getattr(lane, name)) for name, then in before.items()]
        for name in ("column", "bank"):
            claim(m, getattr(lane, name) == before[name], when=running & (cycle != 0))
        claim(m, lane.dac != 0, when=deciding)
        claim(m, lane.dac == before["dac"], when=deciding & (phase != 0))

        # the value, in the cycle after
        ended = Signal()
        m.d.sync += ended.eq(over)
        operation = lane.shift_add.i
        claim(m, operation.valid, when=ended)
        claim(m, operation.payload.value == tree.value, when=ended)
        claim(m, decision == tree.decisions, when=ended)
        plane = Mux(before["bank"], lane.tag_1.plane, lane.tag_0.plane) * spec.dac_bits
        negate = Mux(before["bank"], lane.tag_1.negate, lane.tag_0.negate)
        if lane.identity:
            destination, shift = before["column"], plane
        else:
            meaning = lane.operations[before["column"]]
            destination = meaning.destination
            shift = plane + meaning.offset
            negate = negate ^ meaning.negate
        # A lane may have fewer columns than a power of two; no column beyond them is ever started.
        claim(m, before["column"] < lane.columns, when=ended)
        claim(m, operation.payload.destination == destination, when=ended)
        claim(m, operation.payload.shift == shift, when=ended)
        claim(m, operation.payload.negate == negate, when=ended)
        return m

    def _answer(self, m, decision, running, deciding):
        """Return what the comparator says in a decision."""
        tree = self.tree
        seen = Signal(unsigned(self.spec.readout_bits + 1))
        m.d.comb += seen.eq(Mux(tree.tests & (decision == 0), tree.tested, tree.count))
        return seen >= self.lane.dac

    def _choose(self, m):
        """Let the solver choose the counts and, with one, the table that the lane has."""
        tree = self.tree
        m.d.comb += [
            tree.tested.eq(anything(m, tree.tested.shape(), "tested")),
            tree.count.eq(anything(m, tree.count.shape(), "count")),
            Assume(tree.reachable),
        ]
        if self.table is None:
            return
        m.submodules.range_table = table = self.table
        active = zip(TABLE, table.table("active"), strict=True)
        m.d.comb += [
            self.lane.plan.eq(table.plan),
            table.boundary.eq(0),  # no table changes while a lane converts
            *(getattr(tree.table, name).eq(field) for name, field in active),
            Assume(legal(tree.table, bits=self.spec.readout_bits, bound=self.spec.largest_count)),
        ]


class ConversionFollowsTheRanges(ConversionFollowsTheTree):
    """The same with tables of ranges, whatever the bound of the read and the slice of the column.

    Parameters
    ----------
    spec : TileSpec
        The lane is that of this tile.
    """

    def _parts(self):
        spec = self.spec
        tree = RangesTree(
            bits=spec.readout_bits,
            bound=spec.largest_count,
            ranges=spec.range_count,
            aligned=spec.bases == "aligned",
            bounded=spec.bounded,
            scaled=spec.scaled,
        )
        return open_range_table(spec), tree

    def _answer(self, m, decision, running, deciding):
        lane, tree, spec = self.lane, self.tree, self.spec
        tests = deciding & (decision < tree.tests)
        claim(m, lane.dac == Array(tree.edges)[decision], when=tests)
        # What the lane is told stays while it converts.
        if spec.bounded:
            bound = Mux(lane.bank, lane.tag_1.bound, lane.tag_0.bound)
            m.d.comb += Assume(~running | (bound == tree.active))
        if spec.scaled:
            shift = Mux(lane.bank, lane.tag_1.shift, lane.tag_0.shift)
            m.d.comb += Assume(~running | (shift == tree.shift))
        if lane.tables > 1:
            number = Array(lane.table_of[k] for k in range(lane.columns))[lane.column]
            m.d.comb += Assume(~running | (number == self.number))
        return Mux(tests, decision < tree.range, tree.count >= lane.dac)

    def _choose(self, m):
        spec, tree, table = self.spec, self.tree, self.table
        m.submodules.range_table = table
        m.d.comb += [
            tree.range.eq(anything(m, tree.range.shape(), "range")),
            tree.count.eq(anything(m, tree.count.shape(), "count")),
            table.boundary.eq(0),  # no table changes while a lane converts
            Assume(tree.range < spec.range_count),
            Assume(tree.reachable & tree.legal),
        ]
        if spec.bounded:
            m.d.comb += tree.active.eq(anything(m, tree.active.shape(), "active"))
            m.d.comb += Assume(tree.active <= min(spec.largest_count, spec.largest_code))
        # The lane has some of the tables; the solver chooses one of them for the column.
        self.number = anything(m, range(max(self.lane.tables, 2)), "number")
        m.d.comb += Assume(self.number < self.lane.tables)
        rows = table.rows("active")
        lane = max(range(spec.lanes), key=lambda lane: len(set(spec.lane_slices(lane))))
        for t, s in enumerate(spec.lane_slices(lane)):
            target = self.lane.plan[t] if self.lane.tables > 1 else self.lane.plan
            m.d.comb += target.eq(table.plan[s] if spec.table_count > 1 else table.plan)
            with m.If(self.number == t):
                for k in range(spec.range_count):
                    row = rows[s * spec.range_count + k]
                    m.d.comb += [getattr(tree.table[k], name).eq(row[name]) for name in row]


class ConversionGoesOutward(ConversionFollowsTheTree):
    """The same outward, whatever the bound of the read and the centre that goes with its table.

    That centres are between 1 and the bound is what `Prediction` makes of any density.

    Parameters
    ----------
    spec : TileSpec
        The lane is that of this tile.
    """

    def _parts(self):
        return None, OutwardTree(bits=self.spec.readout_bits, patience=self.spec.patience)

    def _answer(self, m, decision, running, deciding):
        lane, tree = self.lane, self.tree
        seen = Mux(decision < tree.tests, tree.tested, tree.count)
        # No threshold outward is above the bound or below 1.
        outward = deciding & (decision < tree.tests)
        claim(m, (lane.dac >= 1) & (lane.dac <= tree.active), when=outward)
        # What the lane is told stays while it converts.
        number = 0
        if lane.tables > 1:
            number = Array(lane.table_of[k] for k in range(lane.columns))[lane.column]
        of_bank = [
            (tag.bound, Array(tag.centres[t] for t in range(lane.tables))[number])
            for tag in (lane.tag_0, lane.tag_1)
        ]
        for told, chosen in enumerate((tree.active, tree.centre)):
            now = Mux(lane.bank, of_bank[1][told], of_bank[0][told])
            m.d.comb += Assume(~running | (now == chosen))
        return seen >= lane.dac

    def _choose(self, m):
        spec, tree = self.spec, self.tree
        for name in ("active", "centre", "tested", "count"):
            m.d.comb += getattr(tree, name).eq(anything(m, spec.readout_bits, name))
        m.d.comb += [
            Assume(tree.reachable),
            Assume(tree.active <= spec.bound),
            Assume((tree.centre >= 1) & ((tree.centre <= tree.active) | (tree.active == 0))),
        ]
