# amaranth: UnusedElaboratable=no
"""Sequencer: every plane once and in order, rows and banks untouched while they are sampled."""

import pytest
from amaranth import Module, Mux, Signal
from amaranth.hdl import Assume, Value

from hwgen.gateware.sequencer import Sequencer
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove

pytestmark = pytest.mark.formal

IDLE, SETTLE, SAMPLE, HOLD, END = range(5)  # codes of the state register; 5 to 7 are unused


class KeepsTheSchedule(Around):
    """Vectors that begin in an idle sequencer, one after the other.

    A plane comes onto the rows only after the one before, is sampled just once if any of its rows
    is driven and never if none is, and is released with the last. Rows have settled when ``sample``
    rises and keep until one cycle after it fell. A bank is sampled while nobody looks at it.

    Begins in any state whatever: what it says starts with the first vector after an idle cycle.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        dut, state, elapsed = self.dut, registers["state"], registers["elapsed"]
        last = dut.planes - 1

        # a vector is under way; its plane on the rows, for how long, and what became of it
        follows, plane = Signal(), Signal.like(dut.plane)
        age = Signal(range(dut.settle_row + 1))
        sampled, sampling = Signal(), Signal(range(dut.sample_cycles + 1))
        begins = dut.load & ((state == IDLE) | (state > END))
        m.d.sync += age.eq(Mux(dut.load, 0, Mux(age == dut.settle_row, age, age + 1)))
        with m.If(dut.load):
            m.d.sync += [plane.eq(dut.plane), sampled.eq(0)]
        with m.If(begins):
            m.d.sync += follows.eq(1)
        with m.Elif(dut.off):
            m.d.sync += follows.eq(0)

        # the number of driven rows stands one cycle after the plane
        driven = Signal()
        with m.If(age == 1):
            m.d.sync += driven.eq(dut.active != 0)
        m.d.comb += Assume((age < 2) | sampled | (driven == (dut.active != 0)))

        # planes
        claim(m, dut.plane == 0, when=begins)
        claim(m, dut.plane == plane + 1, when=follows & dut.load)
        claim(m, plane == last, when=follows & dut.off)
        claim(m, dut.drop == (dut.plane == last), when=dut.load & (begins | follows))
        leaves = follows & (dut.load | dut.off)
        claim(m, sampled | ((age >= 1) & (dut.active == 0)), when=leaves)
        claim(m, ~dut.load | ~dut.off, when=follows)

        # samples
        rises, falls = Signal(), Signal()
        before = Signal(2)
        m.d.sync += before.eq(Mux(begins, 0, dut.sample))
        m.d.comb += [
            rises.eq(dut.sample.any() & ~before.any()),
            falls.eq(dut.loaded.any()),
        ]
        with m.If(follows):
            claim(m, (dut.sample == 0) | (dut.sample == 1) | (dut.sample == 2))
            claim(m, (age == dut.settle_row) & ~sampled & driven, when=rises)
            claim(m, ~dut.load & ~dut.off, when=dut.sample.any())
            claim(m, (dut.sample & registers["in_use"]) == 0)
            claim(m, dut.sample == before, when=dut.sample.any() & before.any())
            claim(m, falls == (dut.sample.any() & (sampling == dut.sample_cycles - 1)))
            claim(m, dut.loaded == dut.sample, when=falls)
        with m.If(~follows | falls | ~dut.sample.any()):
            m.d.sync += sampling.eq(0)
        with m.Else():
            m.d.sync += sampling.eq(sampling + 1)
        with m.If(follows & falls):
            m.d.sync += sampled.eq(1)

        # what a bank holds
        ended, held = Signal(2), Signal.like(plane)
        m.d.sync += [ended.eq(Mux(follows, dut.loaded, 0)), held.eq(plane)]
        bound = Signal(dut.bound_bits)
        if dut.bound_bits:
            m.d.sync += bound.eq(dut.bound)
        if dut.centre_count:
            centres = Signal.like(Value.cast(dut.centres))
            m.d.sync += centres.eq(dut.centres)
        shorter = sum(bound < 2**length for length in range(1, dut.octaves))
        for b, tag in enumerate((dut.tag_0, dut.tag_1)):
            claim(m, tag.plane == held, when=ended[b])
            claim(m, tag.negate == (dut.signed & (held == last)), when=ended[b])
            if dut.bound_bits:
                claim(m, tag.bound == bound, when=ended[b])
            if dut.octaves:
                claim(m, tag.shift == shorter, when=ended[b])
            if dut.centre_count:
                claim(m, Value.cast(tag.centres) == centres, when=ended[b])

        # what carries the claims from one cycle to the next
        with m.If(follows):
            claim(m, (state == SETTLE) | (state == SAMPLE) | (state == HOLD))
            claim(m, (registers["driven"] == plane) & (plane <= last))
            claim(m, sampled == (state == HOLD))
            claim(m, (state == SAMPLE) == dut.sample.any())
            claim(m, (elapsed == Mux(age == dut.settle_row, age - 1, age)), when=state == SETTLE)
            claim(m, (elapsed == sampling), when=state == SAMPLE)
            claim(m, (age == dut.settle_row) & driven, when=state != SETTLE)
            claim(m, (age < 2) | driven, when=state == SETTLE)
            claim(m, dut.sample == registers["mask"], when=state == SAMPLE)
            claim(m, before.any() == (sampling != 0), when=state == SAMPLE)
            claim(m, before == dut.sample, when=(state == SAMPLE) & (sampling != 0))
            claim(m, sampling == 0, when=state != SAMPLE)
        return m


class DrainsEveryVector(Around):
    """From reset: every vector that ended is drained once, output by output, from a finished read.

    The input buffer is released while it holds a vector.
    Nothing is sampled while a vector waits to be drained, nor into a bank that some lane has still
    to serve, nor in the cycle after one in which a commit waits.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        dut, state = self.dut, registers["state"]
        ending, in_use = registers["ending"], registers["in_use"]
        samples, drains = dut.sample.any(), dut.drain

        # tables change between vectors only
        between, used = Signal(init=1), Signal.like(dut.outputs_used)
        m.d.sync += [between.eq(dut.boundary), used.eq(dut.outputs_used)]
        m.d.comb += Assume((dut.outputs_used >= 1) & (dut.outputs_used <= dut.outputs))
        m.d.comb += Assume(between | (dut.outputs_used == used))

        # the vector in the input buffer stays until it is released
        kept = Signal()
        m.d.sync += kept.eq(dut.full & ~dut.drop)
        m.d.comb += Assume(~kept | dut.full)
        claim(m, dut.full, when=dut.drop)

        # vectors that ended and are not drained, and how far the older one is
        owed, output, last = Signal(range(3)), Signal(range(dut.outputs + 1)), Signal()
        ends = dut.off & (state != IDLE)
        m.d.comb += last.eq(output == dut.outputs_used - 1)
        m.d.sync += owed.eq(owed + ends - dut.clear)
        with m.If(drains):
            m.d.sync += output.eq(Mux(last, 0, output + 1))
        claim(m, dut.output_index == output, when=drains)
        claim(m, dut.clear == (drains & last))
        claim(m, dut.buffer_empty | (output != 0), when=drains)
        claim(m, drains, when=output != 0)  # without a gap, once begun
        claim(m, owed != 0, when=drains)

        # a bank is looked at from its sample until the last lane has served it, and then cleared
        looked_at = Signal(2)
        m.d.sync += looked_at.eq(looked_at & ~dut.hold_clear | dut.loaded)
        claim(m, (dut.sample & looked_at) == 0)
        claim(m, (looked_at & ~dut.hold_clear) == 0, when=drains)
        rises, sampled = Signal(), Signal()
        m.d.sync += sampled.eq(samples)
        m.d.comb += rises.eq(samples & ~sampled)
        claim(m, ~ending, when=rises)

        # between two vectors: nothing of either is in an accumulator
        under_way = Signal()
        m.d.sync += under_way.eq((under_way | dut.loaded.any()) & ~dut.clear)
        starts = dut.loaded.any() if dut.centre_count else 0  # centres are those of the tables
        claim(m, dut.boundary == (~under_way & ~ending & ~starts))

        # what carries the claims from one cycle to the next
        driving = (state == SETTLE) | (state == SAMPLE) | (state == HOLD)
        claim(m, kept, when=driving & (registers["driven"] != dut.planes - 1))
        claim(m, registers["driven"] < dut.planes)
        claim(m, owed == (state == END) + ending)
        claim(m, looked_at == in_use | dut.hold_clear)
        claim(m, (in_use & dut.hold_clear) == 0)
        claim(m, (state == SAMPLE) == samples)
        claim(m, dut.sample == registers["mask"], when=samples)
        claim(m, (state <= END) & (output < dut.outputs_used))
        claim(m, registers["index"] == output)
        claim(m, ending & (in_use == 0), when=output != 0)
        claim(m, ~ending, when=samples)
        claim(m, registers["started"] == under_way)
        return m


class ReturnsToIdle(Around):
    """From any state, unused codes included, the sequencer is soon ready for a vector.

    Soon: the lanes serve what they hold at once, the consumer of ``y`` takes everything,
    and then it lasts as long as one vector and one drain.
    """

    @property
    def depth(self):
        dut = self.dut
        vector = dut.planes * (dut.settle_row + dut.sample_cycles + 1)
        return vector + dut.outputs + 2

    def elaborate(self, platform):
        m = Module()
        state = self.enter(m)["state"]
        m.d.comb += [
            Assume(self.pending == 0),
            Assume(self.buffer_empty),
            Assume(self.outputs_used <= self.dut.outputs),
        ]
        cycle, before, ready = Signal(range(self.depth)), Signal(), Signal()
        m.d.comb += ready.eq((state == IDLE) | ((state > END) & self.dut.load))
        m.d.sync += [cycle.eq(cycle + 1), before.eq(before | ready)]
        claim(m, before | ready, when=cycle == self.depth - 1)
        return m


SMALL = {
    "planes": 3,
    "banks": 2,
    "outputs": 3,
    "settle_row": 3,
    "sample_cycles": 2,
    "signed": True,
    "active_max": 4,
}
SEQUENCERS = {
    "small": SMALL,
    "one bank": SMALL | {"banks": 1},
    "bounded": SMALL | {"bound_bits": 2},
    "scaled": SMALL | {"bound_bits": 3, "octaves": 3},
    "centres": SMALL | {"bound_bits": 2, "centres": 2},
    "one plane": SMALL | {"planes": 1, "outputs": 1, "settle_row": 2, "sample_cycles": 1},
    "baseline": SMALL
    | {"planes": 8, "outputs": 9, "settle_row": 4, "sample_cycles": 1, "signed": False},
}


@pytest.mark.parametrize("name", SEQUENCERS)
def test_keeps_the_schedule_after_any_state(name):
    proof = KeepsTheSchedule(Sequencer(**SEQUENCERS[name]))

    assert prove(proof, mode="prove", depth=2, free=("dut",)).holds


@pytest.mark.parametrize("name", SEQUENCERS)
def test_drains_every_vector(name):
    proof = DrainsEveryVector(Sequencer(**SEQUENCERS[name]))

    assert prove(proof, mode="prove", depth=2).holds


@pytest.mark.parametrize("name", ["small", "one bank", "one plane"])
def test_returns_to_idle_from_any_state(name):
    proof = ReturnsToIdle(Sequencer(**SEQUENCERS[name]))

    assert prove(proof, depth=proof.depth, free=("dut",)).holds


@pytest.mark.parametrize(
    ("proof", "old", "new"),
    [
        (KeepsTheSchedule, "elapsed >= self.settle_row - 1", "elapsed >= self.settle_row - 2"),
        (KeepsTheSchedule, "elapsed >= self.sample_cycles - 1", "elapsed >= self.sample_cycles"),
        (KeepsTheSchedule, "drive(driven + 1)", "drive(driven + 2)"),
        (KeepsTheSchedule, "is_last.eq(driven >=", "is_last.eq(driven >"),
        (KeepsTheSchedule, "self.signed & is_last", "self.signed & ~is_last"),
        (KeepsTheSchedule, "self.drop.eq(plane >= self.planes - 1)", "self.drop.eq(0)"),
        (KeepsTheSchedule, "known & (self.active == 0)", "self.active == 0"),
        (DrainsEveryVector, "~(in_use & mask).any() & ~strays.any() & ~ending", "~ending"),
        (
            DrainsEveryVector,
            "~(in_use & mask).any() & ~strays.any() & ~ending",
            "~(in_use & mask).any()",
        ),
        (DrainsEveryVector, "ending & ~in_use.any() &", "ending &"),
        (DrainsEveryVector, "index + 1 >= self.outputs_used", "index >= self.outputs_used"),
        (DrainsEveryVector, "(self.buffer_empty | (index != 0))", "self.buffer_empty"),
        (DrainsEveryVector, "between = ~started & ~ending", "between = ~started"),
        (ReturnsToIdle, "with m.Default():", "with m.Case(_State.IDLE):"),
        (ReturnsToIdle, "elapsed >= self.sample_cycles - 1", "elapsed > 3"),
    ],
)
def test_a_bug_is_found(proof, old, new, monkeypatch):
    inject(monkeypatch, Sequencer, old, new)
    free = () if proof is DrainsEveryVector else ("dut",)
    depth = ReturnsToIdle(Sequencer(**SMALL)).depth

    assert not prove(proof(Sequencer(**SMALL)), depth=depth, free=free).holds


@pytest.mark.parametrize(
    ("proof", "old", "new"),
    [
        (KeepsTheSchedule, "tag.centres.eq(self.centres)", "tag.centres.eq(0)"),
        (DrainsEveryVector, "between & ~self.loaded.any()", "between"),
    ],
)
def test_a_bug_with_centres_is_found(proof, old, new, monkeypatch):
    inject(monkeypatch, Sequencer, old, new)
    free = () if proof is DrainsEveryVector else ("dut",)

    assert not prove(proof(Sequencer(**SEQUENCERS["centres"])), depth=20, free=free).holds
