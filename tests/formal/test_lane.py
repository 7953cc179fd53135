# amaranth: UnusedElaboratable=no
"""A lane recovers from whatever its registers hold, and serves its columns in their order."""

import pytest
from amaranth import Module, Mux, Signal
from amaranth.hdl import Assume, Value

from hwgen.gateware.lane import Lane
from hwgen.gateware.sar import Sar
from hwgen.gateware.search import BinarySearch, OutwardSearch, RangeSearch, TwinRangeSearch
from hwgen.gateware.tile import lane_of
from hwgen_models.spec import TileSpec
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove

pytestmark = pytest.mark.formal

SIX = {"readout_bits": 6, "rows": 63, "x_elements": 1}
SMALL = {"readout_bits": 3, "rows": 7, "x_elements": 1, "columns": 14, "columns_per_lane": 2}
LANES = {
    "baseline": {},
    "trq": {"search": "twin-range"},
    "6 bits": SIX,
    "6 bits, two ranges": SIX | {"search": "twin-range"},
    "6 bits, four ranges": SIX | {"search": "ranges"},
    "6 bits, four ranges, bounded": SIX | {"search": "ranges", "bounded": True},
    "6 bits, four ranges, scaled": SIX | {"search": "ranges", "bounded": True, "scaled": True},
    "6 bits, any bases": SIX | {"search": "ranges", "bounded": True, "bases": "any"},
    "one range, bounded": {"search": "ranges", "bounded": True, "range_count": 1},
    "three ranges by slices": {"search": "ranges", "range_count": 3, "contexts": "slice"},
    "6 bits, redundant": SIX | {"search": "redundant", "steps": (12, 8, 5, 3, 2, 1)},
    "outward": {"search": "outward", "bounded": True, "contexts": "slice"},
    "6 bits, outward": SIX | {"search": "outward", "bounded": True, "patience": 3},
    "long times": {
        "readout_bits": 4,
        "rows": 15,
        "x_elements": 1,
        "search": "twin-range",
        "settle_mux": 5,
        "acquire_cycles": 3,
        "settle_dac": 2,
        "compare_latency": 5,
        "compare_stages": 2,
    },
}
ODD = {"columns": 90, "columns_per_lane": 5, "column_order": "output_major"}


class OfALane(Around):
    """A property of the lane of a tile. Tables are free, and may even change all the time."""

    def __init__(self, spec):
        self.spec = spec
        super().__init__(lane_of(spec))


class IsIdleWithinOneConversion(OfALane):
    """From any moment on, the lane is idle or ends a conversion within one longest conversion.

    What begins then is a conversion that begins, and that is right whatever the registers hold
    (`ConversionFollowsTheTree`, `ServesInOrder`).
    """

    @property
    def depth(self):
        return self.spec.longest_conversion

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        cycle, before = Signal(range(self.depth)), Signal()
        recovered = self.dut.sar.idle | self.dut.sar.finish
        m.d.sync += [cycle.eq(cycle + 1), before.eq(before | recovered)]
        claim(m, before | recovered, when=cycle == self.depth - 1)
        return m


class ServesInOrder(OfALane):
    """From any state, the next conversion is that of the next used column of the right bank."""

    depth = 2

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        lane = self.dut
        idle, finish = lane.sar.idle, lane.sar.finish

        # what there is to do in cycle 0
        taken, left = Signal(2), Signal(self.spec.columns_per_lane)  # banks, columns
        turn = Signal()
        with m.If(lane.pending.any()):
            m.d.comb += turn.eq(Mux(lane.pending.all(), self.older, lane.pending[1]))
        with m.If(idle):
            m.d.comb += [taken.eq(lane.pending & (1 << turn)), left.eq(self.used)]
        with m.Elif(finish):
            done = (2 << lane.column) - 1
            m.d.comb += [taken.eq(1 << lane.bank), left.eq(self.used & ~done)]
        starts, ends = Signal(), Signal()
        m.d.comb += [
            starts.eq((idle | finish) & taken.any() & left.any()),
            ends.eq(taken.any() & ~left.any()),
        ]
        claim(m, lane.sar.start == starts)

        # what came of it in cycle 1
        then = {}
        for name, value in {
            "idle": idle,
            "starts": starts,
            "ends": ends,
            "taken": taken,
            "left": left,
            "load": self.load,
            "turn": turn,
            "column": lane.column,
            "bank": lane.bank,
            "pending": lane.pending,
            "after": Value.cast(1),
        }.items():
            then[name] = Signal(value.shape(), name=f"then_{name}")
            m.d.sync += then[name].eq(value)
        lower = (1 << lane.column) - 1
        served = Mux(then["ends"], then["taken"], 0)
        claim(m, lane.pending == (then["pending"] & ~served | then["load"]), when=then["after"])
        with m.If(then["starts"]):
            claim(m, then["left"].bit_select(lane.column, 1))
            claim(m, (then["left"] & lower) == 0)
            claim(m, lane.bank == Mux(then["idle"], then["turn"], then["bank"]))
            claim(m, ~lane.sar.idle & lane.busy)
        with m.Elif(then["after"] & ~then["idle"]):
            claim(m, lane.column == then["column"])
            claim(m, lane.bank == then["bank"])
        return m


class HoldsWhatItConverts(OfALane):
    """From reset: a lane that converts has the bank pending, so nobody frees it meanwhile.

    A bank is loaded only while it is free (`tests/formal/test_sequencer.py`).
    """

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        lane = self.dut
        m.d.comb += Assume((self.load & lane.pending) == 0)
        claim(m, lane.pending.bit_select(lane.bank, 1), when=~lane.sar.idle)
        return m


class ServesAllItHolds(OfALane):
    """From any state, a lane that gets no further reads has soon served both banks and is idle."""

    @property
    def depth(self):
        spec = self.spec
        rest = spec.columns_per_lane * spec.longest_conversion  # of a read under way, at most
        return 3 * rest + 3

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        cycle = Signal(range(self.depth))
        m.d.sync += cycle.eq(cycle + 1)
        m.d.comb += self.dut.load.eq(0)
        claim(m, self.dut.sar.idle & (self.dut.pending == 0), when=cycle == self.depth - 1)
        return m


def holds(proof):
    return prove(proof, depth=proof.depth, free=("dut",)).holds


@pytest.mark.parametrize("lane", LANES)
def test_is_idle_or_converting_anew_within_one_longest_conversion(lane):
    assert holds(IsIdleWithinOneConversion(TileSpec(**LANES[lane])))


@pytest.mark.parametrize("search", ["binary", "twin-range"])
@pytest.mark.parametrize("columns", [{}, ODD])
def test_serves_the_used_columns_of_either_bank_in_order(search, columns):
    assert holds(ServesInOrder(TileSpec(search=search, **columns)))


@pytest.mark.parametrize("search", ["binary", "twin-range", "ranges", "outward"])
def test_holds_the_bank_that_it_converts(search):
    spec = TileSpec(search=search, bounded=search == "outward")

    assert prove(HoldsWhatItConverts(spec), mode="prove", depth=2).holds


@pytest.mark.parametrize("search", ["binary", "twin-range", "ranges", "outward"])
def test_serves_all_it_holds(search):
    bounded = {"bounded": True, "patience": 3} if search == "outward" else {}

    assert holds(ServesAllItHolds(TileSpec(search=search, slices=1, **SMALL | bounded)))


BUGS = [
    (IsIdleWithinOneConversion, BinarySearch, "eq(trial[0] | (self.dac == 0))", "eq(trial[0])"),
    (IsIdleWithinOneConversion, BinarySearch, "| (trial >> 1))", "| trial)"),
    (
        IsIdleWithinOneConversion,
        TwinRangeSearch,
        "() | trial[0] | (self.dac == 0)",
        "() | trial[0]",
    ),
    (IsIdleWithinOneConversion, TwinRangeSearch, "detecting.eq(0)", "detecting.eq(detecting)"),
    (IsIdleWithinOneConversion, RangeSearch, "detecting & (at < final)", "detecting"),
    (IsIdleWithinOneConversion, RangeSearch, "walk.lower(below)", "walk.lower(below | trial)"),
    (IsIdleWithinOneConversion, OutwardSearch, "taken.eq(taken + 1)", "taken.eq(taken)"),
    (IsIdleWithinOneConversion, OutwardSearch, "trial[0] | (self.dac == 0), ends", "0, ends"),
    (IsIdleWithinOneConversion, Sar, "elapsed >= cycles - 1", "elapsed == cycles - 1"),
    (ServesInOrder, Lane, "2**self.columns - 2", "2**self.columns - 1"),
    (ServesInOrder, Lane, "reversed(range(self.columns))", "range(self.columns)"),
    (ServesInOrder, Lane, "self.older, self.pending[1]", "~self.older, self.pending[1]"),
    (ServesInOrder, Lane, "self.pending.bit_select(self.bank, 1)", "self.pending"),
    (ServesAllItHolds, Lane, "Mux(sar.idle, self.used, self.used & above)", "self.used"),
]


@pytest.mark.parametrize(("proof", "component", "old", "new"), BUGS)
def test_a_bug_is_found(monkeypatch, proof, component, old, new):
    inject(monkeypatch, component, old, new)
    searches = {TwinRangeSearch: "twin-range", RangeSearch: "ranges", OutwardSearch: "outward"}
    search = searches.get(component, "binary")
    parameters = SMALL | {"slices": 1, "settle_dac": 1, "compare_latency": 4}
    parameters |= {"bounded": search == "outward"}

    assert not holds(proof(TileSpec(search=search, **parameters)))
