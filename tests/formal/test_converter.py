# amaranth: UnusedElaboratable=no
"""A converter follows its search whatever the comparator says, and forgives what is covered."""

from dataclasses import asdict, replace

import pytest
from amaranth import Array, Const, Module, Mux, Signal
from amaranth.hdl import Assume

from hwgen.gateware.converter import Converter
from hwgen_models.converter import ConverterSpec
from hwgen_models.redundant import SAR12
from tests.formal.around import Around
from tests.formal.support import anything, claim, inject, prove

pytestmark = pytest.mark.formal

FOUR = ConverterSpec(bits=4, start=8, steps=(3, 2, 1, 1), votes=7, voted=2)
SPECS = {
    "sar12": ConverterSpec(bits=12, start=2048, steps=SAR12.weights, votes=31, voted=5),
    "4 bits": FOUR,
    "no votes": replace(FOUR, votes=1, voted=0),
    "votes everywhere": replace(FOUR, votes=3, voted=5),
    "long times": replace(
        FOUR, votes=3, acquire_cycles=3, settle_dac=2, compare_latency=4, compare_stages=2
    ),
    "one bit": ConverterSpec(bits=1, start=1, steps=()),
}


class OfAConverter(Around):
    """A property of a converter whose ``averaging`` stays what it is.

    Parameters
    ----------
    spec : ConverterSpec
        Which one.
    most : int or None
        Largest ``averaging`` that the property speaks of; any by default.
    """

    def __init__(self, spec, most=None, **free):
        self.spec = spec
        self.most = spec.most_averaging if most is None else most
        super().__init__(Converter(**asdict(spec)), **free)

    def pairs(self, m):
        """Return what ``averaging`` is all the time."""
        if not self.spec.averaging_bits:
            return Const(0, 1)
        pairs = anything(m, self.spec.averaging_bits, "pairs")
        m.d.comb += [Assume(self.averaging == pairs), Assume(pairs <= self.most)]
        return pairs


class FollowsTheSearch(OfAConverter):
    """From any register values, a conversion that begins goes as `Redundant` says, to its end.

    The comparator answers anything. Pins, codes and result are those of a machine that counts yes
    and no as a person would.
    """

    @property
    def depth(self):
        return self.spec.conversion_cycles(self.most) + 2

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        spec, dut, pairs = self.spec, self.dut, self.pairs(m)
        cycle = Signal(range(self.depth + 1))
        m.d.sync += cycle.eq(cycle + 1)
        m.d.comb += Assume(registers["begin"] | (cycle != 0))

        decision = Signal(range(spec.decisions + 1))
        at, votes, yes = Signal(range(spec.decision_cycles + 1)), Signal(8), Signal(8)
        code, taken, answer = Signal(spec.bits, init=spec.start), Signal(), Signal()
        comparing, over, votes_over, majority = Signal(), Signal(), Signal(), Signal()
        wanted = Signal(8)
        capture = spec.decision_cycles - 1 - spec.compare_stages
        done = decision == spec.decisions
        m.d.comb += [
            comparing.eq((cycle > spec.acquire_cycles) & ~done),
            over.eq(comparing & (at == spec.decision_cycles - 1)),
            answer.eq(Mux(at == capture, self.compare, taken)),
            wanted.eq(Mux(decision >= spec.decisions - spec.voted, 2 * pairs + 1, 1)),
            votes_over.eq(over & (votes + 1 == wanted)),
            majority.eq(2 * (yes + answer) > wanted),
        ]
        up = Array([*spec.steps, 0, 0])[decision]
        down = Array([*spec.steps, 1, 0])[decision]
        with m.If(comparing):
            m.d.sync += [at.eq(Mux(over, 0, at + 1)), taken.eq(answer)]
        with m.If(over):
            m.d.sync += [votes.eq(votes + 1), yes.eq(yes + answer)]
        with m.If(votes_over):
            m.d.sync += [votes.eq(0), yes.eq(0), decision.eq(decision + 1)]
            m.d.sync += code.eq(Mux(majority, code + up, code - down))

        ended = Signal()
        resting = (cycle != 0) & done & ~ended
        m.d.sync += ended.eq(ended | resting)
        during = (cycle != 0) & ~ended
        claim(m, dut.busy & (dut.acquire == (cycle <= spec.acquire_cycles)), when=during)
        claim(m, dut.strobe == (comparing & (at == spec.settle_dac)), when=during)
        claim(m, (dut.dac == code) & (registers["resting"] == resting), when=during)
        just_ended = Signal()
        m.d.sync += just_ended.eq(resting)
        claim(m, dut.result_valid & (dut.result == code), when=just_ended)
        claim(m, ended, when=cycle == self.depth - 1)
        self.decision, self.code, self.just_ended = decision, code, just_ended
        return m


class ForgivesWhatIsCovered(FollowsTheSearch):
    """Any answers at all, as long as they are wrong only within the redundancy: the count is told.

    Single wrong decisions are among them, and so are wrong votes. `beyond`: counts by which an
    answer may be wrong beyond what is covered, for proofs that must fail.
    """

    def __init__(self, spec, most=None, beyond=0):
        self.beyond = beyond
        super().__init__(spec, most)

    def elaborate(self, platform):
        m = super().elaborate(platform)
        search = self.spec.search()
        held = anything(m, self.spec.bits, "held")
        m.d.comb += [Assume(held >= search.lowest), Assume(held <= search.largest)]
        covered = Array([*search.recoverable, 0, 0])[self.decision]
        distance = Mux(held >= self.code, held - self.code, self.code - 1 - held)
        right = self.compare == (held >= self.code)
        m.d.comb += Assume(right | (distance < covered + self.beyond))
        claim(m, self.dut.result == held, when=self.just_ended)
        return m


class Recovers(OfAConverter):
    """From any register values, it is idle or rests within a conversion and a comparison."""

    @property
    def depth(self):
        return self.spec.conversion_cycles(self.most) + self.spec.decision_cycles + 1

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        self.pairs(m)
        cycle, before = Signal(range(self.depth + 1)), Signal()
        recovered = registers["resting"] | (registers["phase_state"] == 0)
        m.d.sync += [cycle.eq(cycle + 1), before.eq(before | recovered)]
        claim(m, before | recovered, when=cycle == self.depth - 1)
        return m


def holds(proof, depth=None):
    return prove(proof, depth=depth or proof.depth, free=("dut",)).holds


@pytest.mark.parametrize("name", SPECS)
def test_follows_the_search(name):
    assert holds(FollowsTheSearch(SPECS[name], most=0 if name == "sar12" else None))


@pytest.mark.parametrize("name", SPECS)
def test_forgives_what_is_covered(name):
    assert holds(ForgivesWhatIsCovered(SPECS[name], most=0 if name == "sar12" else None))


@pytest.mark.parametrize("name", SPECS)
def test_recovers(name):
    assert holds(Recovers(SPECS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, 3])
def test_sar12_follows_the_search_with_votes(most):
    assert holds(FollowsTheSearch(SPECS["sar12"], most))


@pytest.mark.parametrize("name", ["sar12", "4 bits", "no votes"])
def test_one_count_beyond_the_redundancy_is_not_forgiven(name):
    assert not holds(ForgivesWhatIsCovered(SPECS[name], most=0, beyond=1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("with m.Elif(first_cycle):", "with m.Elif(first_cycle & ~answer):"),
        ("votes[k] | (votes[:k].all() & answer)", "votes[k]"),
        ("down.eq(up | (decided & last))", "down.eq(up)"),
        ("up.eq(Mux(decided, weight, 0))", "up.eq(weight)"),
        ("if_yes.eq(self.first_code), if_no.eq(self.first_code)", "if_yes.eq(self.first_code)"),
        ("m.d.sync += fresh.eq(acquiring | decided)", "m.d.sync += fresh.eq(decided)"),
        ("more.eq(Mux(step >= self.single - 1", "more.eq(Mux(step >= self.single"),
        ("m.d.sync += self.result.eq(self.dac)", "m.d.sync += self.result.eq(if_no)"),
        (
            "with m.If(acquiring):\n            m.d.sync += step.eq(0)",
            "with m.If(0):\n            pass",
        ),
        ("last.eq(step >= len(self.steps))", "last.eq(step >= len(self.steps) - 1)"),
        ("with m.If(over(self.acquire_cycles)):", "with m.If(over(self.acquire_cycles + 1)):"),
    ],
)
def test_a_bug_in_the_way_is_found(old, new, monkeypatch):
    inject(monkeypatch, Converter, old, new)

    spec = replace(FOUR, votes=3, acquire_cycles=2, settle_dac=1)
    assert not holds(FollowsTheSearch(spec))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return elapsed >= cycles - 1", "return elapsed == cycles - 1"),
        ("last.eq(step >= len(self.steps))", "last.eq(step == len(self.steps))"),
        ("(left == 0) | ~voted", "(left == 0)"),
    ],
)
def test_a_bug_that_only_an_upset_shows_is_found(old, new, monkeypatch):
    """From reset on all of these keep to the search."""
    inject(monkeypatch, Converter, old, new)
    spec = replace(FOUR, votes=31, voted=1, acquire_cycles=5)

    assert holds(FollowsTheSearch(spec))
    assert not holds(Recovers(spec))
