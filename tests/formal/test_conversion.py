# amaranth: UnusedElaboratable=no
"""For every count and every legal table a lane's conversion is that of the tree."""

import pytest

from hwgen.gateware.interval_decode import IntervalDecode
from hwgen.gateware.lane import Lane
from hwgen.gateware.range_table import RangeTable
from hwgen.gateware.sar import Sar
from hwgen.gateware.search import BinarySearch, OutwardSearch, RangeSearch, TwinRangeSearch
from hwgen_models.spec import TileSpec
from tests.formal.conversion import (
    ConversionFollowsTheRanges,
    ConversionFollowsTheTree,
    ConversionGoesOutward,
)
from tests.formal.support import inject, prove

pytestmark = pytest.mark.formal

# 6 bits resolve 63 rows; 8 bits are the presets. Saturating: more counts than codes.
WIDTHS = {
    "6 bits": {"readout_bits": 6, "rows": 63, "x_elements": 1},
    "6 bits, saturating": {"readout_bits": 6, "rows": 100, "x_elements": 1, "saturate": True},
    "8 bits": {"readout_bits": 8, "rows": 128},
    "8 bits, all codes": {"readout_bits": 8, "rows": 255, "x_elements": 1},
}
TIMINGS = {
    "no settling": {"settle_mux": 0},
    "long": {
        "settle_mux": 3,
        "acquire_cycles": 2,
        "settle_dac": 2,
        "compare_latency": 5,
        "compare_stages": 2,
    },
    "late": {"settle_dac": 1, "compare_latency": 3, "compare_stages": 1},
}
MAPPINGS = {
    "signed inputs": {"signed_inputs": True},
    "two bits a digit": {"dac_bits": 2, "rows": 32, "columns": 64, "columns_per_lane": 4},
    "slices in a lane": {"column_order": "output_major"},
}


def conversion(**parameters):
    proof = ConversionFollowsTheTree(TileSpec(**parameters))
    free = ("lane",) if proof.table is None else ("lane", "range_table")
    return prove(proof, depth=proof.depth, free=free)


@pytest.mark.parametrize("search", ["binary", "twin-range"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_count_takes_the_decisions_of_the_tree_to_its_value(search, width):
    assert conversion(search=search, **WIDTHS[width]).holds


@pytest.mark.parametrize("search", ["binary", "twin-range"])
@pytest.mark.parametrize("timing", TIMINGS)
def test_whatever_the_times(search, timing):
    assert conversion(search=search, readout_bits=4, rows=12, x_elements=1, **TIMINGS[timing]).holds


@pytest.mark.parametrize("search", ["binary", "twin-range"])
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_whatever_the_columns_mean(search, mapping):
    parameters = {"readout_bits": 7, "rows": 64} | MAPPINGS[mapping]

    assert conversion(search=search, **parameters).holds


# Of 6 bits unless said otherwise; bounded by slices is the preset `adaptive`.
RANGES = {
    "four": {},
    "four, bounded": {"bounded": True},
    "four, bounded, any bases": {"bounded": True, "bases": "any"},
    "four, any bases": {"bases": "any"},
    "one, bounded": {"bounded": True, "range_count": 1},
    "two": {"range_count": 2},
    "three, bounded by slices": {"bounded": True, "range_count": 3, "contexts": "slice"},
    "four, scaled": {"bounded": True, "scaled": True},
    "three, scaled, by slices": {
        "bounded": True,
        "scaled": True,
        "range_count": 3,
        "contexts": "slice",
        "rows": 40,
    },
    "three, scaled, saturating": {
        "bounded": True,
        "scaled": True,
        "range_count": 3,
        "rows": 100,
        "saturate": True,
    },
    "three, saturating": {"bounded": True, "range_count": 3, "rows": 100, "saturate": True},
}
LONG = {
    "four, 8 bits": {"readout_bits": 8, "rows": 255},
    "adaptive": {"readout_bits": 8, "rows": 128, "bounded": True, "contexts": "slice"},
    "adaptive, scaled": {
        "readout_bits": 8,
        "rows": 128,
        "bounded": True,
        "scaled": True,
        "contexts": "slice",
    },
    "adaptive, any bases": {
        "readout_bits": 8,
        "rows": 128,
        "bounded": True,
        "bases": "any",
        "contexts": "slice",
    },
}


def ranged(**parameters):
    spec = TileSpec(**WIDTHS["6 bits"] | {"search": "ranges"} | parameters)
    proof = ConversionFollowsTheRanges(spec)
    return prove(proof, depth=proof.depth, free=("lane", "range_table"))


@pytest.mark.parametrize("name", RANGES)
def test_every_count_takes_the_decisions_of_its_ranges(name):
    assert ranged(**RANGES[name]).holds


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_every_count_of_8_bits_takes_the_decisions_of_its_ranges(name):
    assert ranged(**LONG[name]).holds


BUGS = [
    ("binary", BinarySearch, "trial, self.answer) | (trial >> 1)", "trial, 1) | (trial >> 1)"),
    ("binary", BinarySearch, "1 << (self.bits - 1)", "1 << (self.bits - 2)"),
    ("twin-range", TwinRangeSearch, "plan.high, trial >> 1", "plan.high, trial >> 2"),
    ("twin-range", TwinRangeSearch, "self.answer & ~detecting", "self.answer"),
    ("twin-range", TwinRangeSearch, "plan.stop_1, plan.stop_0", "plan.stop_0, plan.stop_1"),
    ("twin-range", TwinRangeSearch, "plan.empty_1, ends", "0, ends"),
    ("twin-range", TwinRangeSearch, "self.range.eq(0)]", "self.range.eq(self.range)]"),
    ("twin-range", IntervalDecode, "self.level == 0", "self.level == 1"),
    ("twin-range", IntervalDecode, "self.level | self.plan.mid", "self.level"),
    ("twin-range", RangeTable, "Mux(truncation_1 > payload_0, edge >> 1, 0)", "0"),
    ("twin-range", RangeTable, "single & (payload_0 == truncation_0)", "0"),
    ("twin-range", RangeTable, "Mux(single, edge >> 1, edge)", "edge"),
    ("binary", Sar, "elapsed >= cycles - 1", "elapsed >= cycles"),
    ("binary", Sar, "self.search_answer.eq(captured[-1])", "self.search_answer.eq(self.compare)"),
    ("binary", Sar, 'enter("Decide")', 'm.next = "Decide"'),
    ("binary", Lane, "column_done.eq(self.column)", "column_done.eq(0)"),
    ("binary", Lane, "bank_done.eq(self.bank)", "bank_done.eq(~self.bank)"),
]


@pytest.mark.parametrize(("search", "component", "old", "new"), BUGS)
def test_a_bug_is_found(monkeypatch, search, component, old, new):
    inject(monkeypatch, component, old, new)

    assert not conversion(search=search, readout_bits=6, rows=63, x_elements=1).holds


BOUNDED = {"bounded": True, "range_count": 3}
RANGES_BUGS = [
    ({}, RangeSearch, "end < limit", "end <= limit"),
    ({}, RangeSearch, "edge.eq(end + 1)", "edge.eq(end)"),
    ({}, RangeSearch, "kept.eq(back)", "kept.eq(first)"),
    ({}, RangeSearch, "first & ~inside", "first"),
    ({}, RangeSearch, "walk.bits_of(reach)", "walk.bits_of(inside)"),
    ({}, RangeSearch, "below & (~self.cut | self.middle)", "below"),
    ({}, RangeSearch, "(following != 0).replicate(n)", "-1"),
    ({}, RangeSearch, "Mux(self.start, 0, self.dac)", "self.dac"),
    ({}, RangeSearch, "~tests & ~(candidates & ~cut).any()", "~(candidates & ~cut).any()"),
    ({}, Lane, "self.tag_1.bound, self.tag_0.bound", "self.tag_0.bound, self.tag_1.bound"),
    ({"range_count": 2}, RangeSearch, "Cat(Const(1, 1), inside) & ~inside), back", "inside), back"),
    ({"contexts": "slice"}, Lane, "for k in range(self.columns))[self.column]", "for k in [0])[0]"),
    ({"scaled": True}, RangeSearch, "for one in self.plan).any()", "for one in self.plan).all()"),
    ({"scaled": True}, RangeSearch, "return size", "return payload"),
    ({"scaled": True}, Lane, "self.tag_1.shift, self.tag_0.shift", "self.tag_1.shift, 0"),
    ({"bases": "any"}, RangeSearch, "limit - base", "limit"),
    ({"bases": "any"}, RangeSearch, "following.any(), following, trial", "0, following, trial"),
    ({"bases": "any"}, RangeSearch, "comb += down.eq(~self.answer)", "comb += down.eq(0)"),
    ({"bases": "any"}, RangeSearch, "trial.eq(following)", "trial.eq(following | 1)"),
    ({"bases": "any"}, RangeSearch, "Mux(clipped, reach, inside)", "inside"),
]


@pytest.mark.parametrize(("changes", "component", "old", "new"), RANGES_BUGS)
def test_a_bug_in_a_search_by_ranges_is_found(monkeypatch, changes, component, old, new):
    inject(monkeypatch, component, old, new)

    assert not ranged(readout_bits=4, rows=15, **BOUNDED | changes).holds


OUTWARD = {
    "by slices": {"contexts": "slice"},
    "slices in a lane": {"contexts": "slice", "column_order": "output_major", "patience": 4},
    "little patience": {"patience": 1},
    "more patience than counts": {"readout_bits": 4, "rows": 15, "patience": 20},
    "40 rows": {"rows": 40},
    "saturating": {"rows": 100, "saturate": True},
    "long times": TIMINGS["long"] | {"readout_bits": 4, "rows": 12, "patience": 3},
}
OUTWARD_LONG = {
    "preset": {"readout_bits": 8, "rows": 128, "contexts": "slice"},
    "all codes": {"readout_bits": 8, "rows": 255, "patience": 7},
}


def outward(**parameters):
    keys = WIDTHS["6 bits"] | {"search": "outward", "bounded": True}
    proof = ConversionGoesOutward(TileSpec(**keys | parameters))
    return prove(proof, depth=proof.depth, free=("lane",))


@pytest.mark.parametrize("name", OUTWARD)
def test_every_count_is_found_outward_of_every_centre(name):
    assert outward(**OUTWARD[name]).holds


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTWARD_LONG)
def test_every_count_of_8_bits_is_found_outward_of_every_centre(name):
    assert outward(**OUTWARD_LONG[name]).holds


OUTWARD_BUGS = [
    (OutwardSearch, "down | (self.dac == self.bound)", "down"),
    (OutwardSearch, "(~down & (taken != 0)) | (self.dac == 1)", "~down & (taken != 0)"),
    (OutwardSearch, "(~down & (taken != 0)) | (self.dac == 1)", "~down | (self.dac == 1)"),
    (OutwardSearch, "stays.eq(self.answer & ends)", "stays.eq(0)"),
    (OutwardSearch, "m.d.sync += down.eq(~self.answer)", "m.d.sync += down.eq(down)"),
    (OutwardSearch, "taken > self.patience", "taken >= self.patience"),
    (OutwardSearch, "gives_up & ~ends", "gives_up"),
    (OutwardSearch, "_highest_one(self.bound)", "self.bound"),
    (OutwardSearch, "self.none.eq(self.bound == 0)", "self.none.eq(0)"),
    (OutwardSearch, "taken.eq(0), down.eq(0)]", "taken.eq(0)]"),
    (Lane, "of_banks[1], of_banks[0]", "of_banks[0], of_banks[0]"),
    (Lane, "tag.centres[t] for t in range(self.tables))[number]", "tag.centres)[0]"),
]


@pytest.mark.parametrize(("component", "old", "new"), OUTWARD_BUGS)
def test_a_bug_in_a_search_outward_is_found(monkeypatch, component, old, new):
    inject(monkeypatch, component, old, new)

    small = {"readout_bits": 4, "rows": 15, "patience": 3, "contexts": "slice"}
    assert not outward(**small).holds
