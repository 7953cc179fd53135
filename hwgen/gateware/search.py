"""Search engines: the next threshold of a conversion, one comparator answer at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = [
    "ENGINES",
    "BinarySearch",
    "OutwardSearch",
    "RangeFields",
    "RangeSearch",
    "RedundantSearch",
    "SearchPlan",
    "TwinRangeSearch",
]


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


class RangeFields(data.StructLayout):
    """One range of a table as the lanes get it.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.
    based : bool
        The range has a base of its own; else that follows from the ranges before it.

    Members
    -------
    base : N
        First count of the range; only where it has one.
    payload, truncation : range(N + 2)
        Size of the range and of its bins, as binary logarithms.
    """

    def __init__(self, *, bits: int, based: bool = False) -> None:
        self.bits = bits
        self.based = based
        base = {"base": bits} if based else {}
        super().__init__(base | {"payload": range(bits + 2), "truncation": range(bits + 2)})


class RangeSearch(wiring.Component):
    r"""Search in up to K ranges: tests from the lowest edge up, then bits of one range.

    Range *s* spans :math:`2^{payload_s}` counts. It is tested ("count >= its end?") unless it is
    the last one or reaches the bound, and searched over the bits from payload down to truncation
    that the bound leaves. Golden model: :meth:`hwgen_models.search.SearchTree.ranges`, tables in
    ascending order.

    Every step is the same: where the search stands now, and the next trial bit, the highest of some
    candidates. With no candidate left but truncated bits the search is over, and that same rule
    leaves the trial bit in the middle of the bin: ``dac`` ends at the value, decoded. Range 0
    stands for the floor of its bins, so that zero reads as exactly zero, and gets no such bit.

    With aligned bases, a base is the end of the range before, rounded down to a multiple of the
    range's size. Then ``dac`` itself says where the search stands, its lowest one being the trial
    bit, and a trial bit is put there without an adder; the only one is for the end of a range, a
    mask of ones plus one. With any bases the trial bit has a register of its own, and an adder puts
    it on a base or moves ``dac`` by half of it.

    With `octaves`, tables without truncation scale: in a search whose bound is s bits shorter than
    the longest, every payload is less by s, or zero, and bases follow. Golden model:
    :mod:`hwgen_models.scaled`.

    From any register value whatever, and with any table, at most K - 1 + N answers end the search:
    every test moves to the next range, every other answer to a lower trial bit.

    Timing: as :class:`BinarySearch`. ``plan``, ``bound`` and ``shift`` may only change between
    searches.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.
    ranges : int
        Most ranges of a table, K.
    bases : str
        ``"aligned"`` or ``"any"``.
    largest : int or None
        Largest count, where nothing else bounds a search; None: the port ``bound`` does.
    octaves : int
        Lengths in bits that a bound can have, where tables scale with it; 0: they do not.

    Members
    -------
    plan : In(ArrayLayout(RangeFields(bits=N, based=bases == "any"), K))
        The table.
    bound : In(N)
        No count is larger, or at least none that a threshold code tells; without `largest` only.
    shift : In(range(octaves))
        By how many bits payloads are shorter in this search; only with `octaves`.
    start, step, answer : In(1)
        As in :class:`BinarySearch`.
    none, last : Out(1)
        As in :class:`BinarySearch`; ``none`` in the cycle of ``start``.
    dac : Out(N)
        The threshold; after the last answer, the value that was found.
    """

    plan: data.View
    bound: Signal
    start: Signal
    step: Signal
    answer: Signal
    none: Signal
    last: Signal
    dac: Signal

    def __init__(
        self,
        *,
        bits: int,
        ranges: int,
        largest: int | None,
        bases: str = "aligned",
        octaves: int = 0,
    ) -> None:
        self.bits = positive_int("Readout width", bits)
        self.ranges = positive_int("Range count", ranges)
        self.largest = largest
        if bases not in {"aligned", "any"}:
            raise ValueError(f"Bases must be aligned or any, not {bases!r}")
        self.bases = bases
        if octaves and (largest is not None or bases != "aligned"):
            raise ValueError(
                f"Octaves must be 0 without a bound or with any bases, not {octaves!r}"
            )
        self.octaves = octaves
        fields = RangeFields(bits=self.bits, based=bases == "any")
        members = {"plan": In(data.ArrayLayout(fields, ranges))}
        if largest is None:
            members["bound"] = In(self.bits)
        if octaves:
            members["shift"] = In(range(octaves))
        members |= {
            "start": In(1),
            "step": In(1),
            "answer": In(1),
            "none": Out(1),
            "last": Out(1),
            "dac": Out(self.bits),
        }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        n, final = self.bits, self.ranges - 1
        at = Signal(range(max(self.ranges, 2)))  # the range that is tested or searched
        detecting = Signal()

        # the range that this step leads to
        testing = Signal()
        passes = Signal()
        enters = Signal()
        may_test = Signal()
        following = Signal.like(at)
        m.d.comb += [
            testing.eq(detecting & (at < final)),
            passes.eq(testing & self.answer),
            enters.eq(self.start | passes),
            following.eq(Mux(self.start, 0, at + passes)),
            may_test.eq(enters & (following < final)),
        ]
        fields = Signal(self.plan.shape().elem_shape)
        size = self._size(m, fields.payload)
        inside = Signal(n)
        cut = Signal(n)
        middle = Signal(n)
        m.d.comb += [
            fields.eq(Array(self.plan[k] for k in range(self.ranges))[following]),
            # bits of the range, those that are not searched, and where a trial bit may rest
            inside.eq(Cat(size > k for k in range(n))),
            cut.eq(Cat(fields.truncation > k for k in range(n))),
            middle.eq(cut & (following != 0).replicate(n)),
        ]

        walk = _Walk(
            enters=enters, testing=testing, may_test=may_test, inside=inside, cut=cut, middle=middle
        )
        if self.bases == "aligned":
            tests, candidates = self._aligned(m, walk)
        else:
            tests, candidates = self._based(m, walk, fields.base)
        ends = Signal()
        m.d.comb += [
            ends.eq(~tests & ~(candidates & ~cut).any()),
            self.none.eq(ends),
            self.last.eq(ends),
        ]
        with m.If(self.start | self.step):
            m.d.sync += [detecting.eq(tests), at.eq(following)]
        return m

    def _size(self, m: Module, payload: Value) -> Value:
        """Return the payload of a range in this search; below zero is as good as zero."""
        if not self.octaves:
            return payload
        exact = Signal()
        size = Signal(range(-self.octaves + 1, self.bits + 2))
        m.d.comb += [
            exact.eq(~Cat(one.truncation for one in self.plan).any()),
            size.eq(payload - (self.shift & exact.replicate(len(self.shift)))),
        ]
        return size

    def _aligned(self, m: Module, walk: "_Walk") -> tuple[Signal, Signal]:
        """Let ``dac`` alone say where the search stands."""
        n, inside = self.bits, walk.inside
        trial = _lowest_one(m, self.dac)
        below = Signal(n)  # the bits under the trial bit; none where there is no trial bit
        m.d.comb += below.eq(_below(trial))
        limit, reach = self._limits()

        # In front of a range that is entered from below, `dac` is the end of the one before.
        first = Signal(n)
        end = Signal(n)
        edge = Signal(n)
        tests = Signal()
        back = Signal(n)  # from the end of a range that is tested to its base
        m.d.comb += [
            first.eq(Mux(self.start, 0, self.dac)),
            tests.eq(walk.may_test & (end < limit)),
        ]
        if self.ranges > 2:
            m.d.comb += [end.eq(first | inside), edge.eq(end + 1)]
            m.d.comb += back.eq(((self.dac & ~trial) | below) & ~inside)
        else:  # only range 0 is tested, which begins at zero
            m.d.comb += [end.eq(inside), edge.eq(Cat(Const(1, 1), inside) & ~inside), back.eq(0)]

        kept = Signal(n)
        candidates = Signal(n)
        with m.If(walk.enters):
            m.d.comb += [kept.eq(first & ~inside), candidates.eq(walk.bits_of(reach))]
        with m.Elif(walk.testing):
            m.d.comb += [kept.eq(back), candidates.eq(walk.bits_of(inside))]
        with m.Else():
            m.d.comb += kept.eq(_decided(self.dac, trial, self.answer))
            m.d.comb += candidates.eq(walk.lower(below))
        with m.If(self.start | self.step):
            m.d.sync += self.dac.eq(Mux(tests, edge, kept | _highest_one(candidates)))
        return tests, candidates

    def _based(self, m: Module, walk: "_Walk", base: Signal) -> tuple[Signal, Signal]:
        """Let an adder put the trial bit on a base, or move ``dac`` by it."""
        n, inside = self.bits, walk.inside
        trial = Signal(n)
        limit, _ = self._limits()
        reach = Signal(n)  # counts of the range that the bound leaves, less one
        edge = Signal(n)  # its size: what a test adds to its base
        tests = Signal()
        candidates = Signal(n)
        following = Signal(n)
        m.d.comb += [
            reach.eq(limit - base),
            edge.eq(Cat(Const(1, 1), inside) & ~inside),
            tests.eq(walk.may_test & (reach & ~inside).any()),
            following.eq(_highest_one(candidates)),
        ]
        start = Signal(n)
        moved = Signal(n)
        down = Signal()
        with m.If(walk.enters | walk.testing):
            clipped = walk.enters & (self.largest is None)
            bits = Mux(clipped, reach, inside)
            m.d.comb += [start.eq(base), candidates.eq(walk.bits_of(bits))]
            m.d.comb += moved.eq(Mux(tests, edge, following))
        with m.Else():
            m.d.comb += [start.eq(self.dac), candidates.eq(walk.lower(_below(trial)))]
            # a bit that is taken back leaves the next one: half of it, or nothing
            m.d.comb += down.eq(~self.answer)
            m.d.comb += moved.eq(Mux(self.answer | following.any(), following, trial))
        with m.If(self.start | self.step):
            m.d.sync += trial.eq(following)
            m.d.sync += self.dac.eq(start + (moved ^ down.replicate(n)) + down)
        return tests, candidates

    def _limits(self) -> tuple[Value, Value]:
        """Return the count at which tests end, and the one whose bits a search can need."""
        if self.largest is None:
            return self.bound, self.bound
        codes = (1 << self.bits) - 1
        return Const(min(self.largest, codes), self.bits), Const(codes, self.bits)


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """Where a step of `RangeSearch` leads.

    ``enters``: into a range from below; ``testing``: or, else, into the one that was tested; or,
    with neither, on inside a range. ``may_test``: there is a range behind it. ``inside``, ``cut``
    and ``middle``: bits of the range, those that are not searched, and of these those that a trial
    bit may rest on.
    """

    enters: Signal
    testing: Signal
    may_test: Signal
    inside: Signal
    cut: Signal
    middle: Signal

    def bits_of(self, reach: Value) -> Value:
        """Return where the first trial bit may be, of a range that goes as far as `reach`."""
        return (reach & self.inside & ~self.cut) | self.middle

    def lower(self, below: Value) -> Value:
        """Return where the next trial bit may be, under the present one."""
        return below & (~self.cut | self.middle)


class OutwardSearch(wiring.Component):
    r"""Search from the expected count outward, one count at a time.

    The first threshold is ``centre``. After a yes the threshold goes up by one until a no or the
    bound, after a no down by one until a yes or 1. So ``dac`` alone says what is known: after an
    answer that ends it, the count is the threshold (yes) or the one below (no), and every no moves
    ``dac`` down by one, whether the search goes on or not. When `patience` steps did not find the
    count, all bits of the bound are searched from zero, as :class:`BinarySearch` does. No
    threshold outward is above the bound or below 1. Golden model:
    :meth:`hwgen_models.search.SearchTree.outward`.

    From any register value whatever at most 1 + `patience` + N answers end the search: each counts
    as a step outward, or moves the trial bit down.

    Timing: as :class:`BinarySearch`. ``bound`` and ``centre`` may only change between searches.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.
    patience : int
        Most steps outward.

    Members
    -------
    bound : In(N)
        No count is larger, or at least none that a threshold code tells.
    centre : In(N)
        First threshold, 1 to the bound; any where the bound is 0.
    start, step, answer : In(1)
        As in :class:`BinarySearch`.
    none, last : Out(1)
        As in :class:`BinarySearch`; ``none`` in the cycle of ``start``.
    dac : Out(N)
        The threshold; after the last answer, the count.
    """

    bound: Signal
    centre: Signal
    start: Signal
    step: Signal
    answer: Signal
    none: Signal
    last: Signal
    dac: Signal

    def __init__(self, *, bits: int, patience: int) -> None:
        self.bits = positive_int("Readout width", bits)
        self.patience = positive_int("Patience", patience)
        super().__init__({
            "bound": In(self.bits),
            "centre": In(self.bits),
            "start": In(1),
            "step": In(1),
            "answer": In(1),
            "none": Out(1),
            "last": Out(1),
            "dac": Out(self.bits),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        n = self.bits
        taken = Signal(range(self.patience + 2))  # decisions outward; too many: bit by bit
        down = Signal()  # the last answer outward was a no
        bitwise = Signal()
        gives_up = Signal()
        m.d.comb += [bitwise.eq(taken > self.patience), gives_up.eq(taken == self.patience)]

        # outward: an answer that turns round, and a threshold at either end, leave one count
        ends = Signal()
        m.d.comb += ends.eq(
            Mux(
                self.answer,
                down | (self.dac == self.bound),
                (~down & (taken != 0)) | (self.dac == 1),
            )
        )
        moved = Signal(n)
        stays = Signal()
        m.d.comb += [
            stays.eq(self.answer & ends),
            moved.eq(self.dac + Cat(~stays, (~self.answer).replicate(n - 1))),
        ]

        # bit by bit, `dac` being as in a binary search
        trial = _lowest_one(m, self.dac)
        decided = Signal(n)
        m.d.comb += [
            decided.eq(_decided(self.dac, trial, self.answer)),
            self.none.eq(self.bound == 0),
            self.last.eq(Mux(bitwise, trial[0] | (self.dac == 0), ends)),
        ]

        with m.If(self.start):
            m.d.sync += [self.dac.eq(Mux(self.none, 0, self.centre)), taken.eq(0), down.eq(0)]
        with m.Elif(self.step):
            m.d.sync += down.eq(~self.answer)
            with m.If(bitwise):
                m.d.sync += self.dac.eq(decided | trial[1:])
            with m.Else():
                m.d.sync += taken.eq(taken + 1)
                m.d.sync += self.dac.eq(moved)
                with m.If(gives_up & ~ends):
                    m.d.sync += self.dac.eq(_highest_one(self.bound))
        return m


class RedundantSearch(wiring.Component):
    r"""Search with redundant weights: every answer moves the code up or down by the next one.

    .. math:: c_{i+1} = c_i + w_i \text{ after a yes}, \quad c_i - w_i \text{ after a no}

    from :math:`c_0 = 1 + \sum w_i`; a last decision keeps the code (yes) or takes the one below.
    Wrong answers are made good by later ones as far as the weights overlap. Golden model:
    :meth:`hwgen_models.search.SearchTree.redundant`. Where a code has to follow every cycle, and no
    tile is around it, there is :class:`~hwgen.gateware.converter.Converter`.

    From any register value whatever, as many answers as there are decisions end the search.

    Timing: as :class:`BinarySearch`.

    Parameters
    ----------
    bits : int
        Width of a threshold code, N.
    steps : sequence of int
        The weights, w; codes must stay below 2^N.

    Members
    -------
    start, step, answer : In(1)
        As in :class:`BinarySearch`.
    none, last : Out(1)
        As in :class:`BinarySearch`.
    dac : Out(N)
        The threshold; after the last answer, the value that was found.
    """

    start: Signal
    step: Signal
    answer: Signal
    none: Signal
    last: Signal
    dac: Signal

    def __init__(self, *, bits: int, steps: Sequence[int]) -> None:
        self.bits = positive_int("Readout width", bits)
        self.steps = [positive_int("Step", step) for step in steps]
        if 2 * sum(self.steps) + 1 >= 1 << bits:
            raise ValueError(
                f"Steps must add up to at most {(1 << bits) // 2 - 1}, not {sum(self.steps)}"
            )
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

        at = Signal(range(max(len(self.steps) + 1, 2)))  # the weight that comes next
        weight = Signal(self.bits)
        moved = Signal(self.bits)
        down = Signal()
        with m.Switch(at):
            for k, value in enumerate(self.steps):
                with m.Case(k):
                    m.d.comb += weight.eq(value)
        m.d.comb += [
            self.last.eq(at >= len(self.steps)),
            down.eq(~self.answer),
            # The last decision moves by nothing, or down by one.
            moved.eq(weight | (self.last & down)),
        ]
        with m.If(self.start):
            m.d.sync += [self.dac.eq(sum(self.steps) + 1), at.eq(0)]
        with m.Elif(self.step):
            m.d.sync += self.dac.eq(self.dac + (moved ^ down.replicate(self.bits)) + down)
            m.d.sync += at.eq(at + 1)
        return m


ENGINES = {
    "binary": BinarySearch,
    "twin-range": TwinRangeSearch,
    "ranges": RangeSearch,
    "outward": OutwardSearch,
    "redundant": RedundantSearch,
}


def _below(trial: Value) -> Value:
    """Return the bits under a trial bit; none where there is no trial bit."""
    return Cat(trial[k + 1 :].any() for k in range(len(trial)))


def _highest_one(word: Value) -> Value:
    """Keep only the highest set bit of `word`."""
    return Cat(word[k] & ~word[k + 1 :].any() for k in range(len(word)))


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
