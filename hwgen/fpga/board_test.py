"""A tile with its digital array, the self-test around both, and how it went on two lines."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from hwgen.fpga.array import DigitalArray
from hwgen.fpga.exercise import Exercise
from hwgen.fpga.report import Report
from hwgen.fpga.self_test import SelfTest
from hwgen.fpga.uart import UartTransmitter
from hwgen.gateware.streams import link
from hwgen.gateware.tile import LANE_PINS, TABLE_PINS, Tile

__all__ = ["BAUD", "BoardTest"]

BAUD = 115_200
PAUSE_S = 1  # between two lines of text


class BoardTest(wiring.Component):
    """Everything that goes onto a board, but for its pins.

    Timing: the self-test starts after reset; when it ends, ``running`` falls, one of ``passed`` and
    ``failed`` rises, and the line of text is sent, again every `PAUSE_S` seconds.

    Parameters
    ----------
    name : str
        Of the design, for the text.
    exercise : Exercise
        What to do.
    clock_hz : int
        Frequency of the clock.

    Members
    -------
    tx : Out(1)
        Serial line, `BAUD` baud, eight data bits, no parity, one stop bit.
    running, passed, failed : Out(1)
        One of them is high.
    """

    tx: Signal
    running: Signal
    passed: Signal
    failed: Signal

    def __init__(self, name: str, exercise: Exercise, *, clock_hz: int) -> None:
        self.tile = Tile(exercise.spec)
        self.array = DigitalArray(exercise.spec, exercise.pages)
        self.self_test = SelfTest(exercise, self.tile.signature)
        self.report = Report(
            name,
            vectors=self.self_test.vectors.shape(),
            decisions=self.self_test.decisions.shape(),
            pause=round(PAUSE_S * clock_hz),
        )
        self.uart = UartTransmitter(divisor=round(clock_hz / BAUD))
        super().__init__({
            "tx": Out(1, init=1),
            "running": Out(1),
            "passed": Out(1),
            "failed": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tile = tile = self.tile
        m.submodules.array = array = self.array
        m.submodules.self_test = self_test = self.self_test
        m.submodules.report = report = self.report
        m.submodules.uart = uart = self.uart

        # self_test <-> tile
        link(m, self_test.x, tile.x)
        link(m, tile.y, self_test.y)
        if tile.spec.y_in:
            link(m, self_test.y_in, tile.y_in)
        for pin in (*TABLE_PINS, "idle"):
            _join(m, getattr(tile, pin), getattr(self_test, pin), tile.signature.members[pin].flow)

        # tile <-> array
        lane_pins = [f"lane{k}_{pin}" for k in range(tile.spec.lanes) for pin in LANE_PINS]
        for pin in ("row_drive", "sample", "hold_clear", *lane_pins):
            _join(m, getattr(tile, pin), getattr(array, pin), tile.signature.members[pin].flow)
        strobes = [getattr(tile, f"lane{k}_strobe") for k in range(tile.spec.lanes)]
        m.d.comb += [array.page.eq(self_test.page), self_test.strobes.eq(Cat(strobes))]

        # self_test -> report -> uart
        m.d.comb += [
            self.running.eq(self_test.running),
            self.passed.eq(~self_test.running & self_test.passed),
            self.failed.eq(~self_test.running & ~self_test.passed),
            report.go.eq(~self_test.running),
            report.passed.eq(self_test.passed),
            report.vectors.eq(self_test.vectors),
            report.decisions.eq(self_test.decisions),
            self.tx.eq(uart.tx),
        ]
        link(m, report.o, uart.i)
        return m


def _join(m: Module, tile: Signal, other: Signal, flow: wiring.Flow) -> None:
    """Connect a pin of the tile, which knows the direction, to the pin of the same name."""
    m.d.comb += other.eq(tile) if flow == Out else tile.eq(other)
