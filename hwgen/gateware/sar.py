"""The timing of one conversion: settle, acquire, then strobe after strobe until the search ends."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["Sar"]


class Sar(wiring.Component):
    r"""Run a search engine against a comparator.

    A conversion with *k* decisions takes

    .. math:: \text{settle\_mux} + \text{acquire\_cycles} +
              k\,(\text{settle\_dac} + \text{compare\_latency})

    cycles. Inside a decision ``strobe`` is high in cycle ``settle_dac``, counted from 0;
    ``compare`` is captured by its one flip-flop ``2 + compare_stages`` cycles before the
    decision's end, and the engine steps at that end. Golden model: :mod:`hwgen_models.sar`.

    From any register value the control is idle, or takes the next conversion, within one longest
    conversion: its four states are all the codes of its state register, and a phase ends as soon as
    its counter is not below its length.

    Timing: ``start`` is taken while idle or in the cycle of ``finish``; the conversion begins in
    the next cycle, so conversions follow each other without a gap. Reset drops the conversion.

    Parameters
    ----------
    settle_mux : int
        Cycles from a new column to ``acquire``; may be 0.
    acquire_cycles : int
        Length of ``acquire``.
    settle_dac : int
        Cycles from a new threshold to ``strobe``; may be 0.
    compare_latency : int
        Cycles from ``strobe`` to the end of its decision, at least ``2 + compare_stages``.
    compare_stages : int
        Flip-flops behind the one that ``compare`` enters.

    Members
    -------
    start : In(1)
        Convert.
    idle : Out(1)
        No conversion is under way.
    finish : Out(1)
        This is the last cycle of a conversion.
    acquire, strobe, busy : Out(1)
        Analog control pins, all flip-flops.
    compare : In(1)
        The comparator: held value above the threshold.
    search_start, search_step, search_answer : Out(1)
        To the engine: ``start``, ``step`` and ``answer``.
    search_none, search_last : In(1)
        From the engine: ``none`` and ``last``.
    """

    start: Signal
    idle: Signal
    finish: Signal
    acquire: Signal
    strobe: Signal
    busy: Signal
    compare: Signal
    search_start: Signal
    search_step: Signal
    search_answer: Signal
    search_none: Signal
    search_last: Signal

    def __init__(
        self,
        *,
        settle_mux: int,
        acquire_cycles: int,
        settle_dac: int,
        compare_latency: int,
        compare_stages: int,
    ) -> None:
        if settle_mux < 0 or settle_dac < 0 or compare_stages < 0:
            raise ValueError("Settling times and compare stages must not be negative")
        if compare_latency < 2 + compare_stages:
            raise ValueError(
                f"Compare latency must be at least 2 + compare stages = {2 + compare_stages}, "
                f"not {compare_latency!r}"
            )
        self.settle_mux = settle_mux
        self.acquire_cycles = positive_int("Acquire time", acquire_cycles)
        self.settle_dac = settle_dac
        self.compare_stages = compare_stages
        self.decision_cycles = settle_dac + compare_latency
        super().__init__({
            "start": In(1),
            "idle": Out(1),
            "finish": Out(1),
            "acquire": Out(1),
            "strobe": Out(1),
            "busy": Out(1),
            "compare": In(1),
            "search_start": Out(1),
            "search_step": Out(1),
            "search_answer": Out(1),
            "search_none": In(1),
            "search_last": In(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        captured = [Signal(name=f"captured_{k}") for k in range(1 + self.compare_stages)]
        for flip_flop, source in zip(captured, [self.compare, *captured], strict=False):
            m.d.sync += flip_flop.eq(source)
        m.d.comb += self.search_answer.eq(captured[-1])

        # Cycles already spent in the present phase or decision.
        elapsed = Signal(range(max(self.settle_mux, self.acquire_cycles, self.decision_cycles, 2)))
        m.d.sync += [elapsed.eq(elapsed + 1), self.strobe.eq(0)]

        def over(cycles):
            return elapsed >= cycles - 1

        def enter(state):
            m.d.sync += elapsed.eq(0)
            m.next = state

        def acquire():
            m.d.sync += self.acquire.eq(1)
            enter("Acquire")

        def convert():
            m.d.sync += self.busy.eq(1)
            if self.settle_mux:
                enter("Settle")
            else:
                acquire()

        def decide():
            if self.settle_dac == 0:
                m.d.sync += self.strobe.eq(1)
            enter("Decide")

        def end():
            m.d.comb += self.finish.eq(1)
            with m.If(self.start):
                convert()
            with m.Else():
                m.d.sync += self.busy.eq(0)
                enter("Idle")

        with m.FSM(name="phase"):
            with m.State("Idle"):
                m.d.comb += self.idle.eq(1)
                m.d.sync += [self.busy.eq(0), self.acquire.eq(0)]
                with m.If(self.start):
                    convert()

            with m.State("Settle"):
                m.d.sync += self.acquire.eq(0)
                with m.If(over(max(self.settle_mux, 1))):  # never entered without settling
                    acquire()

            with m.State("Acquire"), m.If(over(self.acquire_cycles)):
                m.d.comb += self.search_start.eq(1)
                m.d.sync += self.acquire.eq(0)
                with m.If(self.search_none):
                    end()
                with m.Else():
                    decide()

            with m.State("Decide"):
                m.d.sync += self.acquire.eq(0)
                if self.settle_dac:
                    m.d.sync += self.strobe.eq(elapsed == self.settle_dac - 1)
                with m.If(over(self.decision_cycles)):
                    m.d.comb += self.search_step.eq(1)
                    with m.If(self.search_last):
                        end()
                    with m.Else():
                        decide()
        return m
