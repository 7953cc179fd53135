"""The line of text that says how the self-test went."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int

__all__ = ["Report", "line_of"]

VECTORS, DECISIONS = 0x80, 0x81  # where the numbers go; not ASCII, so not in any text
DIGIT_BITS = 4


def line_of(name: str, *, passed: bool, vectors: int | str, decisions: int | str) -> str:
    """Return the line of text, its end not included.

    >>> line_of("trq", passed=True, vectors=80, decisions=12345)
    'hwgen trq PASS 80 vectors, 12345 decisions'
    """
    verdict = "PASS" if passed else "FAIL"
    return f"hwgen {name} {verdict} {vectors} vectors, {decisions} decisions"


class Report(wiring.Component):
    """Send the line again and again, with the numbers in decimal.

    Timing: while ``go`` is high a line is sent, then nothing for `pause` cycles, then the line
    again. Numbers are read when their turn comes.

    Parameters
    ----------
    name : str
        Of the design, ASCII.
    vectors, decisions : shape-like
        Shapes of the numbers, unsigned.
    pause : int
        Cycles between two lines.

    Members
    -------
    go : In(1)
        The result is there.
    passed : In(1); vectors, decisions : In
        The result.
    o : Out(stream.Signature(8))
        Characters.
    """

    go: Signal
    passed: Signal
    vectors: Signal
    decisions: Signal
    o: stream.Interface

    def __init__(self, name: str, *, vectors: ShapeLike, decisions: ShapeLike, pause: int) -> None:
        self.name = name
        self.pause = positive_int("Pause", pause)
        super().__init__({
            "go": In(1),
            "passed": In(1),
            "vectors": In(vectors),
            "decisions": In(decisions),
            "o": Out(stream.Signature(8)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.text = text = memory.Memory(shape=8, depth=2 * self._places, init=self._text())
        port = text.read_port()
        place = Signal(range(self._places))
        m.d.comb += port.addr.eq(Cat(place, self.passed))
        character = port.data

        # A number to decimal: bit by bit from the top, all digits doubled, those from 5 on plus 3.
        bits = max(len(self.vectors), len(self.decisions))
        count = len(str(2**bits - 1))
        value, left = Signal(bits), Signal(range(bits))
        digits = [Signal(DIGIT_BITS, name=f"digit_{k}") for k in range(count)]  # 0 is the lowest
        adjusted = Cat(Mux(digit >= 5, digit + 3, digit)[:DIGIT_BITS] for digit in digits)
        remaining = Signal(range(count))
        shown = Signal()  # a digit that is not a leading zero came before

        pause = Signal(range(self.pause))

        def following():
            m.d.sync += place.eq(place + 1)
            m.next = "Fetch"

        with m.FSM(name="phase"):
            with m.State("Idle"):
                m.d.sync += [place.eq(0), pause.eq(0)]
                with m.If(self.go):
                    m.next = "Fetch"

            with m.State("Fetch"):
                m.next = "Character"

            with m.State("Character"):
                with m.If(character == VECTORS):
                    m.d.sync += value.eq(self.vectors)
                    m.next = "Number"
                with m.Elif(character == DECISIONS):
                    m.d.sync += value.eq(self.decisions)
                    m.next = "Number"
                with m.Else():
                    m.d.comb += [self.o.payload.eq(character), self.o.valid.eq(1)]
                    with m.If(self.o.ready):
                        following()
                        with m.If(character == ord("\n")):
                            m.next = "Pause"

            with m.State("Number"):
                m.d.sync += [digit.eq(0) for digit in digits]
                m.d.sync += [left.eq(bits - 1), remaining.eq(count - 1), shown.eq(0)]
                m.next = "Convert"

            with m.State("Convert"):
                m.d.sync += [
                    Cat(digits).eq(Cat(value[-1], adjusted)),
                    value.eq(value << 1),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.next = "Digit"

            with m.State("Digit"):
                wanted = Signal()
                m.d.comb += [
                    wanted.eq(shown | (digits[-1] != 0) | (remaining == 0)),
                    self.o.payload.eq(digits[-1] + ord("0")),
                    self.o.valid.eq(wanted),
                ]
                with m.If(self.o.ready | ~wanted):
                    m.d.sync += [
                        Cat(digits).eq(Cat(digits) << DIGIT_BITS),
                        remaining.eq(remaining - 1),
                        shown.eq(wanted),
                    ]
                    with m.If(remaining == 0):
                        following()

            with m.State("Pause"):
                m.d.sync += pause.eq(pause + 1)
                with m.If(pause == self.pause - 1):
                    m.next = "Idle"
        return m

    def _lines(self) -> list[list[int]]:
        """Return what is sent after a failure, and after a success."""
        lines = (
            line_of(self.name, passed=passed, vectors=chr(VECTORS), decisions=chr(DECISIONS))
            for passed in (False, True)
        )
        return [[ord(character) for character in f"{line}\r\n"] for line in lines]

    @property
    def _places(self) -> int:
        """Characters that a line has room for: a power of two."""
        return 1 << (max(map(len, self._lines())) - 1).bit_length()

    def _text(self) -> list[int]:
        return [code for line in self._lines() for code in line + [0] * (self._places - len(line))]
