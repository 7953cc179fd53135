"""Holds a finished vector, adds the partial sums of the row tile before, streams the result."""

from amaranth import Array, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["OutputBuffer"]


class OutputBuffer(wiring.Component):
    r"""Double-buffer ``y``: the next vector is converted while this one waits to be taken.

    .. math:: y_o = s_o + y^{in}_o

    Words leave in ascending order of their output. Every word has its own full bit, so there are no
    counters to disagree: the next word is always the lowest full one. Golden model:
    :mod:`hwgen_models.output_buffer`.

    Timing: a word can be offered on ``o`` two cycles after it was written. Reset drops all words.

    Parameters
    ----------
    outputs : int
        Words of a vector.
    sums : range
        Values that a written word can take.
    results : range
        Values of ``y`` and ``y_in``.
    chained : bool
        Whether there is a ``y_in``.

    Members
    -------
    write : In(1), index : In(range(outputs)), sum : In(sums)
        Store the sum of one output.
    empty : Out(1)
        No word is held; ``o`` may still offer one.
    y_in : In(stream.Signature(results))
        Partial sums to add, one per word; only when chained.
    o : Out(stream.Signature(results))
        Results.
    """

    write: Signal
    index: Signal
    sum: Signal
    empty: Signal
    y_in: stream.Interface
    o: stream.Interface

    def __init__(self, *, outputs: int, sums: range, results: range, chained: bool) -> None:
        self.outputs = positive_int("Output count", outputs)
        self.chained = chained
        self.sums = sums
        members = {
            "write": In(1),
            "index": In(range(max(outputs, 2))),
            "sum": In(sums),
            "empty": Out(1),
        }
        if chained:
            members["y_in"] = In(stream.Signature(results))
        super().__init__(members | {"o": Out(stream.Signature(results))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        words = [Signal(self.sums, name=f"word_{k}", reset_less=True) for k in range(self.outputs)]
        full = Signal(self.outputs)
        lowest = Signal(range(max(self.outputs, 2)))
        for k in reversed(range(self.outputs)):
            with m.If(full[k]):
                m.d.comb += lowest.eq(k)
        m.d.comb += self.empty.eq(full == 0)

        # word (+ y_in) -> o
        move = Signal()
        word = Signal(self.sums)
        can_move = ~self.empty & (~self.o.valid | self.o.ready)
        m.d.comb += word.eq(Array(words)[lowest])
        if self.chained:
            m.d.comb += [move.eq(can_move & self.y_in.valid), self.y_in.ready.eq(can_move)]
            result = word + self.y_in.payload
        else:
            m.d.comb += move.eq(can_move)
            result = word

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(move):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(result)]
            m.d.sync += full.bit_select(lowest, 1).eq(0)
        with m.If(self.write):
            for k, held in enumerate(words):
                with m.If(self.index == k):
                    m.d.sync += [held.eq(self.sum), full[k].eq(1)]
        return m
