"""A converter's control with redundant weights: one comparison per cycle, if need be."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["Converter"]


class Converter(wiring.Component):
    r"""Convert one held value, adding or subtracting a weight after every answer.

    .. math:: c_{i+1} = c_i + w_i \text{ after a yes}, \quad c_i - w_i \text{ after a no}

    from :math:`c_0` = `start`; a last decision picks the code that is reached (yes) or the one
    below (no). The last `voted` decisions take 2 ``averaging`` + 1 comparisons each, whose majority
    is the answer. Golden model: :mod:`hwgen_models.converter`.

    **A code per cycle.** A comparison takes D = `settle_dac` + `compare_latency` cycles, of which
    there may be one. ``compare`` enters one flip-flop at the end of a comparison, and nothing else;
    meanwhile both codes that may follow have been computed, into two registers. In the next cycle
    the flip-flop selects between them: ``dac`` is one multiplexer behind flip-flops, and may pulse
    once after a clock edge. An answer that comes too late to be clear therefore delays ``dac``
    while the flip-flop makes up its mind, and turns out as either yes or no: never as a mixture of
    both codes. Further flip-flops (`compare_stages`) make even that delay improbable.

    **Votes** start from :math:`2^k - 1 - \text{averaging}` in a counter of k + 1 bits, so that its
    highest bit is the majority, whatever their number.

    Timing: ``start`` is taken while ``busy`` is low, or in the last cycle of a conversion; the
    conversion begins in the next cycle, so conversions follow each other without a gap. ``strobe``
    is high in cycle `settle_dac` of every comparison, counted from 0. ``result_valid`` is high in
    the cycle after a conversion, ``result`` stays until the next one. ``averaging`` must not change
    while ``busy`` is high. Reset drops the conversion.

    From any register value the control is idle, or takes the next conversion, within one longest
    conversion and a comparison: its four states are all the codes of its state register, a phase
    ends as soon as its counter is not below its length, steps behind the last one end a conversion,
    decisions without votes end whatever counts them, and every conversion sets the code when it
    begins.

    Parameters
    ----------
    bits : int
        Width of a code, N.
    start : int
        First code, which ``dac`` shows while the input is acquired.
    steps : sequence of int
        The weights.
    votes : int
        Most comparisons of a decision, :math:`2^{k+1} - 1`.
    voted : int
        How many decisions, the last ones, take votes.
    acquire_cycles, settle_dac, compare_latency, compare_stages : int
        As of :class:`hwgen_models.converter.ConverterSpec`; in cycles.

    Members
    -------
    start : In(1)
        Convert.
    averaging : In(k)
        Pairs of comparisons that a voted decision takes beyond the first; only with votes.
    compare : In(1)
        The comparator: held value above the threshold.
    acquire, strobe, busy : Out(1)
        Analog control pins, all flip-flops.
    dac : Out(N)
        The threshold code; after the last decision the result.
    result : Out(N)
        Result of the last conversion.
    result_valid : Out(1)
        A new result is there.
    """

    start: Signal
    averaging: Signal
    compare: Signal
    acquire: Signal
    strobe: Signal
    busy: Signal
    dac: Signal
    result: Signal
    result_valid: Signal

    def __init__(
        self,
        *,
        bits: int,
        start: int,
        steps: Sequence[int],
        votes: int = 1,
        voted: int = 0,
        acquire_cycles: int = 1,
        settle_dac: int = 0,
        compare_latency: int = 1,
        compare_stages: int = 0,
    ) -> None:
        self.bits = positive_int("Code width", bits)
        self.first_code = positive_int("First code", start)
        self.steps = [positive_int("Step", step) for step in steps]
        reach = sum(self.steps)
        if not 1 <= start - reach <= start + reach < 1 << bits:
            raise ValueError(
                f"First code and steps must keep codes between 1 and {(1 << bits) - 1}, "
                f"not between {start - reach} and {start + reach}"
            )
        if votes < 1 or votes & (votes + 1):
            raise ValueError(f"Votes must be 1, 3, 7, 15 or the like, not {votes!r}")
        if not (votes > 1) <= voted <= len(self.steps) + 1:
            raise ValueError(f"Voted decisions must be 1 to {len(self.steps) + 1}, not {voted!r}")
        if settle_dac < 0 or compare_stages < 0:
            raise ValueError("Settling time and compare stages must not be negative")
        if compare_latency < 1 + compare_stages:
            raise ValueError(
                f"Compare latency must be at least 1 + compare stages = {1 + compare_stages}, "
                f"not {compare_latency!r}"
            )
        self.averaging_bits = votes.bit_length() - 1
        self.single = len(self.steps) + 1 - voted
        self.acquire_cycles = positive_int("Acquire time", acquire_cycles)
        self.settle_dac = settle_dac
        self.compare_stages = compare_stages
        self.decision_cycles = settle_dac + compare_latency
        averaging = {"averaging": In(self.averaging_bits)} if votes > 1 else {}
        super().__init__(
            {"start": In(1)}
            | averaging
            | {
                "compare": In(1),
                "acquire": Out(1),
                "strobe": Out(1),
                "busy": Out(1),
                "dac": Out(self.bits, init=self.first_code),
                "result": Out(self.bits),
                "result_valid": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        captured = [Signal(name=f"captured_{k}") for k in range(1 + self.compare_stages)]
        for flip_flop, source in zip(captured, [self.compare, *captured], strict=False):
            m.d.sync += flip_flop.eq(source)
        answer = captured[-1]

        begin = Signal()  # the next cycle is the first one of a conversion
        acquiring = Signal()
        compared = Signal()  # this is the last cycle of a comparison
        decided = Signal()  # ... and that of a decision
        resting = Signal()  # this is the last cycle of a conversion
        step = Signal(range(max(len(self.steps) + 1, 2)))
        last = Signal()
        first_cycle = Signal()
        m.d.comb += last.eq(step >= len(self.steps))

        yes, ends = self._votes(m, answer, step, acquiring, compared, decided, first_cycle)
        m.d.comb += decided.eq(compared & ends)

        # Both codes that may follow; the same one twice while there is nothing to decide.
        weight = Signal(self.bits)
        up = Signal(self.bits)
        down = Signal(self.bits)
        if_yes = Signal(self.bits, init=self.first_code)
        if_no = Signal(self.bits, init=self.first_code)
        with m.Switch(step):
            for k, value in enumerate(self.steps):
                with m.Case(k):
                    m.d.comb += weight.eq(value)
        m.d.comb += [
            self.dac.eq(Mux(yes, if_yes, if_no)),
            up.eq(Mux(decided, weight, 0)),
            down.eq(up | (decided & last)),
        ]
        m.d.sync += [if_yes.eq(self.dac + up), if_no.eq(self.dac - down)]
        with m.If(begin):
            m.d.sync += [if_yes.eq(self.first_code), if_no.eq(self.first_code)]

        m.d.sync += self.result_valid.eq(resting)
        with m.If(resting):
            m.d.sync += self.result.eq(self.dac)
        with m.If(acquiring):
            m.d.sync += step.eq(0)
        with m.Elif(decided):
            m.d.sync += step.eq(step + 1)

        self._phases(m, begin, acquiring, compared, decided & last, resting, first_cycle)
        return m

    def _votes(self, m, answer, step, acquiring, compared, decided, first_cycle):
        """Return the answer of a decision, and whether the present comparison is its last one."""
        if not self.averaging_bits:
            return answer, Const(1)
        k = self.averaging_bits
        votes = Signal(k + 1)
        left = Signal(k + 1)  # comparisons of this decision after the present one
        fresh = Signal()  # no comparison of this decision has been answered yet
        yes = Signal()
        voted = Signal()
        m.d.comb += yes.eq(votes[k] | (votes[:k].all() & answer))
        m.d.comb += voted.eq(step >= self.single)
        m.d.sync += fresh.eq(acquiring | decided)

        with m.If(fresh):
            m.d.sync += votes.eq(Cat(~Mux(voted, self.averaging, 0), Const(0, 1)))
        with m.Elif(first_cycle):
            m.d.sync += votes.eq(votes + answer)

        more = Signal(k)
        m.d.comb += more.eq(Mux(step >= self.single - 1, self.averaging, 0))
        with m.If(acquiring):
            m.d.sync += left.eq(Cat(Const(0, 1), self.averaging) if self.single == 0 else 0)
        with m.Elif(decided):
            m.d.sync += left.eq(Cat(Const(0, 1), more))
        with m.Elif(compared):
            m.d.sync += left.eq(left - 1)
        # Only an upset leaves votes to a decision that takes none.
        return yes, (left == 0) | ~voted

    def _phases(self, m, begin, acquiring, compared, ends, resting, first_cycle):
        """Acquire, compare until the last decision, hold the result for a cycle."""
        longest = max(self.acquire_cycles, self.decision_cycles)
        # Cycles already spent in the present phase or comparison.
        elapsed = Signal(range(longest), name="elapsed") if longest > 1 else Const(0, 1)

        def over(cycles):
            return elapsed >= cycles - 1

        def restart():
            if longest > 1:
                m.d.sync += elapsed.eq(0)

        if longest > 1:
            m.d.sync += elapsed.eq(elapsed + 1)
        m.d.comb += first_cycle.eq(elapsed == 0)
        m.d.sync += [self.acquire.eq(0), self.strobe.eq(0), self.busy.eq(1)]

        def acquire():
            m.d.comb += begin.eq(1)
            m.d.sync += self.acquire.eq(1)
            restart()
            m.next = "Acquire"

        def compare():
            if self.settle_dac == 0:
                m.d.sync += self.strobe.eq(1)
            restart()
            m.next = "Compare"

        with m.FSM(name="phase"):
            with m.State("Idle"):
                m.d.sync += self.busy.eq(0)
                with m.If(self.start):
                    m.d.sync += self.busy.eq(1)
                    acquire()

            with m.State("Acquire"):
                m.d.comb += acquiring.eq(1)
                with m.If(over(self.acquire_cycles)):
                    compare()
                with m.Else():
                    m.d.sync += self.acquire.eq(1)

            with m.State("Compare"):
                if self.settle_dac:
                    m.d.sync += self.strobe.eq(elapsed == self.settle_dac - 1)
                with m.If(over(self.decision_cycles)):
                    m.d.comb += compared.eq(1)
                    with m.If(ends):
                        m.d.sync += self.strobe.eq(0)
                        m.next = "Rest"
                    with m.Else():
                        compare()

            with m.State("Rest"):
                m.d.comb += resting.eq(1)
                with m.If(self.start):
                    acquire()
                with m.Else():
                    m.d.sync += self.busy.eq(0)
                    m.next = "Idle"
