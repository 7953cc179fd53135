"""The boards: what they hold, which pins are used, and how their bitstreams are built."""

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth import Elaboratable, Module
from amaranth.build import Platform
from amaranth.lib import io
from amaranth_boards.icebreaker import ICEBreakerPlatform
from amaranth_boards.ulx3s import ULX3S_85F_Platform

from hwgen.fpga.board_test import BoardTest
from hwgen.fpga.exercise import Exercise

__all__ = ["BOARDS", "Board", "Plan", "plan"]

AS_WRITTEN = 'setattr -set fsm_encoding "none" w:*'  # state machines keep their way back
USED = (".sh", ".il", ".ys", ".pcf", ".lpf")  # files of a plan; others are for other tools


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board, and what a test on it is made of."""

    platform: type[Platform]
    family: str  # of its FPGA, as nextpnr calls it
    device: str
    clock_hz: int
    leds: Mapping[str, tuple[str, int]]  # resource that shows it, by output of the test
    ending: str  # of a bitstream's file
    shapes: tuple[tuple[int, int], ...]  # rows and outputs to try, the largest first
    vectors: int  # images of the network
    columns: int  # that the memory of a lane holds


BOARDS = {
    "icebreaker": Board(
        platform=ICEBreakerPlatform,
        family="ice40",
        device="iCE40UP5K-SG48",
        clock_hz=12_000_000,
        leds={"passed": ("led_g", 0), "failed": ("led_r", 0)},
        ending="bin",
        shapes=((32, 2), (16, 2), (16, 1), (8, 1)),
        vectors=8,
        columns=256,  # depth of a block RAM of 16 bits
    ),
    "ulx3s": Board(
        platform=ULX3S_85F_Platform,
        family="ecp5",
        device="LFE5U-85F-6BG381",
        clock_hz=25_000_000,
        leds={"passed": ("led", 0), "failed": ("led", 1), "running": ("led", 2)},
        ending="bit",
        shapes=((32, 5), (32, 2), (16, 2), (16, 1)),
        vectors=16,
        columns=512,  # depth of a block RAM of 36 bits
    ),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a bitstream is built: a shell script and what it reads."""

    files: Mapping[str, str]  # text, by name
    script: str
    bitstream: str
    log: str  # of place and route
    cells: str  # Yosys' count of what was mapped, JSON
    report: str  # nextpnr's, JSON


class _OnBoard(Elaboratable):
    """The test with the pins of a board."""

    def __init__(self, test: BoardTest, board: Board) -> None:
        self.test = test
        self.board = board

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        m.submodules.test = test = self.test
        pins = {"tx": platform.request("uart", 0, dir="-").tx}
        for output, (resource, number) in self.board.leds.items():
            pins[output] = platform.request(resource, number, dir="-")
        for output, pin in pins.items():
            m.submodules[f"{output}_pin"] = buffer = io.Buffer("o", pin)
            m.d.comb += buffer.o.eq(getattr(test, output))
        return m


def plan(board: Board, name: str, exercise: Exercise, *, seed: int) -> Plan:
    """Return how the bitstream of a test is built; text only, the same on every machine.

    Parameters
    ----------
    board : Board
        For which board.
    name : str
        Of the design.
    exercise : Exercise
        What the test does.
    seed : int
        Of place and route.
    """
    platform = board.platform()
    test = BoardTest(name, exercise, clock_hz=board.clock_hz)
    module = f"{name}_test"
    cells, report = f"{module}.cells.json", f"{module}.report.json"
    built = platform.prepare(
        _OnBoard(test, board),
        module,
        emit_src=False,  # it would name files of this machine
        script_after_read=AS_WRITTEN,
        script_after_synth=f"tee -q -o {cells} stat -json",
        nextpnr_opts=f"--seed {seed} --report {report}",
    )
    return Plan(
        files={name: built.files[name] for name in built.files if name.endswith(USED)},
        script=f"{built.script}.sh",
        bitstream=f"{module}.{board.ending}",
        log=f"{module}.tim",
        cells=cells,
        report=report,
    )
