"""Search engines: the next threshold of a conversion, one comparator answer at a time."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["BinarySearch", "SearchPlan", "TwinRangeSearch"]


class SearchPlan(data.StructLayout):
    """A twin-range table decoded once for all lanes, so that no lane needs a decoder.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.

    Members
    -------
    start : N
        First threshold: the edge of range 0, or the top trial bit when range 0 covers the bound.
    detect : 1
        The first decision tests for range 0.
    none : 1
        The conversion needs no decision at all.
    high : N
        First threshold inside range 1.
    stop_0, stop_1 : N
        Last trial bit of either range; zero when nothing of the range is searched.
    empty_1 : 1
        Range 1 is not searched.
    mid, straddle : N
        What :class:`~hwgen.gateware.interval_decode.IntervalDecode` adds to a level of range 1.
    """

    def __init__(self, *, bits: int) -> None:
        self.bits = bits
        super().__init__({
            "start": bits,
            "detect": 1,
            "none": 1,
            "high": bits,
            "stop_0": bits,
            "stop_1": bits,
            "empty_1": 1,
            "mid": bits,
            "straddle": bits,
        })


class BinarySearch(wiring.Component):
    """Binary search over N-bit codes: the balanced tree of successive approximation.

    ``dac`` holds the decided bits, a one at the trial bit and zeros below it. The trial bit is
    therefore the lowest set bit, and no pointer exists that could fall out of step with it: from
    any value whatever at most N answers end the search. Golden model:
    :meth:`hwgen_models.search.SearchTree.binary`.

    Timing: ``dac`` changes one cycle after ``start`` or ``step``. Reset clears it.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.

    Members
    -------
    start : In(1)
        Begin a search; wins over ``step``.
    step : In(1)
        Take ``answer`` to the threshold on ``dac``.
    answer : In(1)
        The count is at least the threshold.
    none : Out(1)
        A search that starts now needs no decision.
    last : Out(1)
        The present decision is the last one.
    dac : Out(N)
        The threshold; after the last answer, the level that was found.
    """

    start: Signal
    step: Signal
    answer: Signal
    none: Signal
    last: Signal
    dac: Signal

    def __init__(self, *, bits: int) -> None:
        self.bits = positive_int("Readout width", bits)
        super().__init__({
            "start": In(1),
            "step": In(1),
            "answer": In(1),
            "none": Out(1),
            "last": Out(1),
            "dac": Out(self.bits),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        trial = _lowest_one(m, self.dac)
        # An empty register has no trial bit: only an upset leads there, and it ends the search.
        m.d.comb += self.last.eq(trial[0] | (self.dac == 0))

        with m.If(self.start):
            m.d.sync += self.dac.eq(1 << (self.bits - 1))
        with m.Elif(self.step):
            m.d.sync += self.dac.eq(_decided(self.dac, trial, self.answer) | (trial >> 1))
        return m


class TwinRangeSearch(wiring.Component):
    """Twin-range search: one test for the short range, then a binary search inside either.

    A count below ``2**payload_0`` is searched in range 0, any other in range 1; either search stops
    early at the range's truncation. A table whose range 0 covers the bound skips the test and is a
    plain binary search. Golden model: :meth:`hwgen_models.search.SearchTree.twin_range`.

    From any register value whatever, and with any plan, at most N + 1 answers end the search.

    After TRQ (DATE 2024, arXiv 2402.06164): early stop and redundant-bit skipping are the paper's,
    the order of decisions is a reconstruction.

    Timing: as :class:`BinarySearch`. ``plan`` may only change between searches.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.

    Members
    -------
    plan : In(SearchPlan(bits=N))
        The range table, decoded.
    start, step, answer : In(1)
        As in :class:`BinarySearch`.
    none, last : Out(1)
        As in :class:`BinarySearch`.
    dac : Out(N)
        As in :class:`BinarySearch`.
    range : Out(1)
        The range that the level on ``dac`` belongs to.
    """

    plan: data.View
    start: Signal
    step: Signal
    answer: Signal
    none: Signal
    last: Signal
    dac: Signal
    range: Signal

    def __init__(self, *, bits: int) -> None:
        self.bits = positive_int("Readout width", bits)
        super().__init__({
            "plan": In(SearchPlan(bits=self.bits)),
            "start": In(1),
            "step": In(1),
            "answer": In(1),
            "none": Out(1),
            "last": Out(1),
            "dac": Out(self.bits),
            "range": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        plan = self.plan
        detecting = Signal()
        trial = _lowest_one(m, self.dac)

        stop = Signal(self.bits)
        ends = Signal()
        m.d.comb += stop.eq(Mux(self.range, plan.stop_1, plan.stop_0))
        # The trial bit has reached the truncation, or there is nothing below it.
        m.d.comb += ends.eq((trial & stop).any() | trial[0] | (self.dac == 0))

        # While detecting `range` is 0, so `ends` says that range 0 has no bit below its edge.
        enters_high = Signal()
        m.d.comb += enters_high.eq(detecting & self.answer)
        m.d.comb += self.none.eq(plan.none)
        m.d.comb += self.last.eq(Mux(enters_high, plan.empty_1, ends))

        decided = Signal(self.bits)
        following = Signal(self.bits)
        m.d.comb += decided.eq(_decided(self.dac, trial, self.answer & ~detecting))
        m.d.comb += following.eq(Mux(enters_high, plan.high, trial >> 1))

        with m.If(self.start):
            m.d.sync += self.dac.eq(Mux(plan.none, 0, plan.start))
            m.d.sync += [detecting.eq(plan.detect), self.range.eq(0)]
        with m.Elif(self.step):
            m.d.sync += self.dac.eq(decided | Mux(self.last, 0, following))
            m.d.sync += detecting.eq(0)
            with m.If(detecting):
                m.d.sync += self.range.eq(self.answer)
        return m


def _lowest_one(m: Module, word: Signal) -> Signal:
    """Return a signal that keeps only the lowest set bit of `word`."""
    trial = Signal(len(word), name="trial")
    below = Const(0, 1)
    bits = []
    for k in range(len(word)):
        bits.append(word[k] & ~below)
        below = word[k] | below
    m.d.comb += trial.eq(Cat(bits))
    return trial


def _decided(dac, trial, keep):
    """Keep the trial bit, or take it back."""
    return dac & ~Mux(keep, 0, trial)
