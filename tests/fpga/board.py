"""What tests of the boards share: small designs, their exercises, a listener at the pins."""

from collections.abc import Callable
from functools import cache

from hwgen.config import Design, load
from hwgen.fpga.board_test import BAUD, BoardTest
from hwgen.fpga.exercise import Exercise, exercise_of
from hwgen.fpga.shrink import shrink
from tests.emit.designs import design
from tests.support import simulate

__all__ = ["CLOCK_HZ", "exercised", "listen", "played", "tiny"]

BIT_CYCLES = 4
CLOCK_HZ = BIT_CYCLES * BAUD


def tiny(**keys) -> Design:
    """Return a design on which a layer of the network takes a chain of two tiles."""
    small = {"array": {"rows": 32, "columns": 14}, "readout": {"columns_per_lane": 14}}
    return load({"name": "tiny", "extends": "trq"} | small | keys)


@cache
def exercised(variant: str = "tiny") -> Exercise:
    """Return the exercise of `tiny`, or of a design of `tests.emit.designs`."""
    chosen = tiny() if variant == "tiny" else shrink(design(variant), rows=16, outputs=2)
    return exercise_of(chosen, vectors=1, columns=32)


def listen(tx, count: int, into: bytearray, *, bit_cycles: int = BIT_CYCLES) -> Callable:
    """Bench that takes `count` bytes from a serial line, sampling each bit in its middle."""

    async def bench(ctx):
        while len(into) < count:
            await ctx.tick().until(~tx)  # ends one cycle into the start bit
            await ctx.tick().repeat(bit_cycles // 2 - 1)
            bits = []
            for _ in range(9):
                bits += [ctx.get(tx)]
                await ctx.tick().repeat(bit_cycles)
            assert bits[0] == 0, "no start bit"
            assert ctx.get(tx) == 1, "no stop bit"
            into.append(sum(bit << k for k, bit in enumerate(bits[1:])))

    return bench


def played(test: BoardTest, *, limit: int = 50_000) -> tuple[str, str]:
    """Return the light that a board shows in the end, and the line that it sends."""
    lights = []
    characters = bytearray()

    async def look(ctx):
        assert ctx.get(test.running)
        while not lights:
            await ctx.tick().until(~test.running)
            lights.extend(name for name in ("passed", "failed") if ctx.get(getattr(test, name)))

    async def read(ctx):
        while not characters.endswith(b"\n"):
            await listen(test.tx, len(characters) + 1, characters)(ctx)

    simulate(test, look, read, limit=limit)
    assert len(lights) == 1
    return lights[0], characters.decode("ascii")
