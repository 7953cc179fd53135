"""What every bench shares: the delivered folder, the clock, single steps, one voice for mismatches.

A bench knows the folder's ``manifest.json`` and the golden models, and nothing of how the Verilog
came about. It runs under ``hwgen cosim`` or under any other cocotb flow:

* ``HWGEN_FOLDER``: the delivered folder; default: the one that this file lies in;
* ``HWGEN_VECTORS_FILE``: other vectors, in a file like ``sim/vectors.npz`` of the folder;
* ``HWGEN_VECTORS``: how many of the vectors to use; default: all;
* ``HWGEN_COUNTS``: a file to leave the counted cycles, conversions and decisions in.
"""

import functools
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.simtime import get_sim_time
from cocotb.triggers import FallingEdge, RisingEdge, SimTimeoutError, Timer, with_timeout

from hwgen_models.converter import ConverterSpec
from hwgen_models.spec import TileSpec

__all__ = [
    "Bench",
    "case",
    "converter_spec",
    "count",
    "expect",
    "manifest",
    "pack",
    "spec",
    "tables_delivered",
    "vectors",
]

PERIOD_PS = 10_000
RESET_CYCLES = 3
CONVERSIONS_LIMIT = 20_000  # a lane never comes near; one that does waits for what never comes
OTHER_CYCLES_LIMIT = 100_000

_counts: dict[str, int] = {}


def case(function: Callable[..., Awaitable[None]]) -> Callable:
    """Make a cocotb test of a coroutine: it must end, and leaves its counts behind."""

    @functools.wraps(function)
    async def run(dut) -> None:
        limit = _limit()
        try:
            await with_timeout(function(dut), limit * PERIOD_PS, "ps")
        except SimTimeoutError:
            raise AssertionError(f"expected an end within {limit} cycles, got none") from None
        finally:
            if target := os.environ.get("HWGEN_COUNTS"):
                Path(target).write_text(json.dumps(_counts))

    return cocotb.test()(run)


def _limit() -> int:
    """Return the cycles within which every case must end."""
    if "converter" in manifest()["modules"]:
        return OTHER_CYCLES_LIMIT + CONVERSIONS_LIMIT * converter_spec().longest_conversion
    design = spec()
    served = design.planes * design.columns_per_lane * int(os.environ.get("HWGEN_VECTORS") or 0)
    conversions = CONVERSIONS_LIMIT + 4 * served  # streams may hesitate
    return OTHER_CYCLES_LIMIT + conversions * design.longest_conversion


@functools.cache
def manifest() -> dict:
    """Return the manifest of the delivered folder."""
    folder = Path(os.environ.get("HWGEN_FOLDER") or Path(__file__).parent.parent)
    return json.loads((folder / "manifest.json").read_text()) | {"folder": str(folder)}


@functools.cache
def spec() -> TileSpec:
    """Return the parameters of the delivered tile, or of the tile that the lane is of."""
    return TileSpec(**manifest()["parameters"])


@functools.cache
def converter_spec() -> ConverterSpec:
    """Return the parameters of the delivered converter."""
    return ConverterSpec(**manifest()["parameters"])


def vectors() -> dict[str, np.ndarray]:
    """Return the vectors to use: ``x``, ``weights``, ``y_in`` and ``tables``."""
    delivered = Path(manifest()["folder"]) / "sim" / "vectors.npz"
    with np.load(os.environ.get("HWGEN_VECTORS_FILE") or delivered) as stored:
        loaded = dict(stored)
    limit = int(os.environ.get("HWGEN_VECTORS") or len(loaded["x"]))
    return loaded | {"x": loaded["x"][:limit], "y_in": loaded["y_in"][:limit]}


def tables_delivered() -> list[list[tuple[int, ...]]]:
    """Return the search tables that the vectors come with, as many as the tile holds."""
    return [list(map(tuple, table)) for table in vectors()["tables"].tolist()]


def expect(case: str, got: object, expected: object) -> None:
    """Fail with a line that names the case and both values, unless they are equal."""
    if isinstance(got, np.ndarray) or isinstance(expected, np.ndarray):
        _expect_array(case, np.asarray(got), np.asarray(expected))
    elif got != expected:
        raise AssertionError(f"{case}: expected {expected}, got {got}")


def _expect_array(case: str, got: np.ndarray, expected: np.ndarray) -> None:
    expect(f"{case}, shape", got.shape, expected.shape)
    wrong = np.argwhere(got != expected)
    if len(wrong):
        at = tuple(int(index) for index in wrong[0])
        place = ", ".join(str(index) for index in at)
        expect(f"{case} [{place}]", got[at].item(), expected[at].item())


def pack(*fields: tuple[int, int]) -> int:
    """Pack (value, width) fields into one word, the first one lowest.

    >>> pack((1, 1), (2, 3))
    5
    """
    word, low = 0, 0
    for value, width in fields:
        word |= int(value) << low
        low += width
    return word


def count(**amounts: int) -> None:
    """Add to what ``hwgen cosim`` reports: cycles, conversions, decisions."""
    for name, amount in amounts.items():
        _counts[name] = _counts.get(name, 0) + int(amount)


class Bench:
    """A module under a clock that starts with the first reset; there may be more of them.

    Cycle *c* lies between rising edges *c* and *c* + 1. A bench either calls `step`, which changes
    inputs just after a rising edge and returns in the middle of the cycle, where every output has
    settled, or runs coroutines of its own on ``dut.clk``; `cycle` tells either where they are.

    Parameters
    ----------
    dut
        The module, as cocotb hands it to a test.
    **inputs : int
        Inputs and what they are at reset. All of them: one that is not driven is unknown.
    """

    def __init__(self, dut, **inputs: int) -> None:
        self.dut = dut
        self.inputs = inputs
        self._clock: Clock | None = None
        self._start_ps = 0

    async def reset(self) -> None:
        """Apply the reset of the design, and return in the middle of a cycle."""
        dut, how = self.dut, manifest()["reset"]
        reset = getattr(dut, how["name"])
        active = int(how["active"] == "high")
        self.drive(**self.inputs)
        reset.value = active
        if self._clock is None:
            self._clock = Clock(dut.clk, PERIOD_PS, "ps", impl="gpi")
            self._clock.start()
            await RisingEdge(dut.clk)
            self._start_ps = get_sim_time("ps")
        for _ in range(RESET_CYCLES):
            await RisingEdge(dut.clk)
        reset.value = 1 - active
        await FallingEdge(dut.clk)

    @property
    def cycle(self) -> int:
        """Number of the present cycle; at a rising edge already the new one."""
        return int(get_sim_time("ps") - self._start_ps) // PERIOD_PS

    async def step(self, **inputs: int) -> None:
        """Begin a cycle with these inputs and return in the middle of it."""
        dut = self.dut
        await RisingEdge(dut.clk)
        self.drive(**inputs)
        count(cycles=1)
        await FallingEdge(dut.clk)

    async def settle(self, **inputs: int) -> None:
        """Apply inputs to a module without a clock, and wait until its outputs have settled."""
        self.drive(**inputs)
        await Timer(PERIOD_PS, "ps")

    def drive(self, **inputs: int) -> None:
        """Change inputs now; negative values are sent as two's complement."""
        for name, value in inputs.items():
            pin = getattr(self.dut, name)
            pin.value = value if value >= 0 else value + (1 << len(pin))

    def read(self, name: str) -> int:
        """Return an output as an unsigned integer."""
        return self.level(getattr(self.dut, name))

    def read_signed(self, name: str) -> int:
        """Return an output as a two's complement integer."""
        pin = getattr(self.dut, name)
        value = self.level(pin)
        return value - (value >> (len(pin) - 1) << len(pin))

    def level(self, pin) -> int:
        """Return what a pin carries as an unsigned integer; fail by its name when it is unknown."""
        try:
            return int(pin.value)
        except ValueError:
            where = f"cycle {self.cycle}, {pin._name}"
            raise AssertionError(f"{where}: expected known levels, got {pin.value}") from None
