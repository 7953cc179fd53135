"""Collects an input vector, beat by beat, and offers its planes."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["InputBuffer"]


class InputBuffer(wiring.Component):
    """Hold one input vector and show one plane of it.

    Element *e* of beat *i* belongs to row ``i * elements + e``. A vector is taken while the one
    before is still being read out: only ``drop`` (given when its last plane has been copied to
    the word lines) lets the next one in. Golden model: :mod:`hwgen_models.input_buffer`.

    Timing: one beat per cycle; ``full`` one cycle after the last beat; ``digits`` follows ``plane``
    combinationally. Reset forgets the vector, by its count of beats alone.

    Parameters
    ----------
    rows : int
        Elements of a vector.
    bits : int
        Width of an element.
    elements : int
        Elements per beat; divides ``rows``.
    digit_bits : int
        Width of a plane's digit.

    Members
    -------
    i : In(stream.Signature(ArrayLayout(bits, elements)))
        Beats.
    plane : In(range(planes))
        Plane to show.
    digits : Out(rows * digit_bits)
        Digit ``plane`` of every element, row 0 lowest.
    full : Out(1)
        A whole vector is held.
    started : Out(1)
        At least one beat of a vector is held.
    drop : In(1)
        Forget the vector.
    """

    i: stream.Interface
    plane: Signal
    digits: Signal
    full: Signal
    started: Signal
    drop: Signal

    def __init__(self, *, rows: int, bits: int, elements: int, digit_bits: int) -> None:
        self.rows = positive_int("Row count", rows)
        self.bits = positive_int("Input width", bits)
        self.elements = positive_int("Elements per beat", elements)
        self.digit_bits = positive_int("Digit width", digit_bits)
        if rows % elements:
            raise ValueError(f"Row count must be a multiple of {elements} elements, not {rows!r}")
        self.beats = rows // elements
        self.planes = -(-bits // digit_bits)
        super().__init__({
            "i": In(stream.Signature(data.ArrayLayout(self.bits, self.elements))),
            "plane": In(range(max(self.planes, 2))),
            "digits": Out(self.rows * self.digit_bits),
            "full": Out(1),
            "started": Out(1),
            "drop": In(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        words = [
            Signal(self.i.payload.shape(), name=f"beat_{k}", reset_less=True)
            for k in range(self.beats)
        ]
        filled = Signal(range(max(self.beats, 2)))
        take = Signal()
        m.d.comb += [
            self.i.ready.eq(~self.full),
            take.eq(self.i.valid & self.i.ready),
            self.started.eq(self.full | (filled != 0)),
        ]

        with m.If(take):
            for k, word in enumerate(words):
                with m.If(filled == k):
                    m.d.sync += word.eq(self.i.payload)
            m.d.sync += filled.eq(filled + 1)
            with m.If(filled >= self.beats - 1):
                m.d.sync += [filled.eq(0), self.full.eq(1)]
        with m.If(self.drop):
            m.d.sync += self.full.eq(0)

        elements = [word[e] for word in words for e in range(self.elements)]
        planes = [Cat(self._digit(element, t) for element in elements) for t in range(self.planes)]
        with m.Switch(self.plane):
            for t, digits in enumerate(planes):
                with m.Case(t):
                    m.d.comb += self.digits.eq(digits)
        return m

    def _digit(self, element, plane):
        low = plane * self.digit_bits
        digit = element[low : low + self.digit_bits]
        return Cat(digit, [0] * (self.digit_bits - len(digit)))
