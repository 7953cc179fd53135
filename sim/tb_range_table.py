"""The emitted table port against the registers of `hwgen_models.range_table`."""

import numpy as np

from apb import Apb, SlaveError
from bench import Bench, case, expect, manifest, pack, spec
from hwgen_models.range_table import RangeTable

ROUNDS = 60
COMMIT, SLICE, RANGE_0 = 0x08, 0x10, 0x20


class Port:
    """Hardware and model side by side: every access goes to both, and both must answer alike."""

    def __init__(self, dut) -> None:
        design = spec()
        self.model = RangeTable(design)
        # a cycle for the outputs, one for each range
        self.checks = 1 + design.table_count * design.scheme.ranges(design)
        pins = ("paddr", "psel", "penable", "pwrite", "pwdata", "idle", "boundary")
        self.bench = Bench(dut, **dict.fromkeys(pins, 0))
        self.apb = Apb(self.bench, manifest()["registers"])

    async def read(self, address: int, idle: int) -> None:
        """Read one register."""
        self.bench.drive(idle=idle)
        try:
            got = await self.apb.read(address)
        except SlaveError:
            got = None
        expected = self.model.read(address, idle=bool(idle))
        expect(f"read of {address:#04x}", got, expected)

    async def write(self, address: int, word: int) -> bool:
        """Write one register; tell whether it was accepted."""
        try:
            await self.apb.write(address, word)
            accepted = True
        except SlaveError:
            accepted = False
        expected = self.model.write(address, word)
        expect(f"write of {word:#x} to {address:#04x}, accepted", accepted, expected)
        return accepted

    def active(self, where: str) -> None:
        """Compare what the tile would work with."""
        used = self.model.active.outputs
        expect(f"{where}, outputs_used", self.bench.read("outputs_used"), used)
        if plan := self.model.plan:
            expect(f"{where}, plan", self.bench.read("plan"), pack(*plan))


@case
async def a_commit_takes_effect_as_soon_as_it_is_checked(dut):
    """Commit another number of outputs between two vectors, and count the cycles."""
    port = Port(dut)
    bench, model = port.bench, port.model
    await bench.reset()
    await bench.step(boundary=1)
    await port.write(0x0C, 1)
    await port.write(COMMIT, 1)
    # The bus has spent one cycle of the check; one register is checked in each.
    for _ in range(port.checks):
        port.active("during the check")
        await bench.step()
    port.active("in the cycle after the check")
    await bench.step()
    model.boundary()
    port.active("two cycles after the check")


@case
async def answers_and_commits_like_the_model(dut):
    """Read, write and commit at random, legal and illegal."""
    rng = np.random.default_rng(9)
    port = Port(dut)
    bench, model = port.bench, port.model
    await bench.reset()
    port.active("after reset")
    for number in range(ROUNDS):
        for _ in range(rng.integers(1, 6)):
            await port.write(*_some_write(rng))
            await port.read(_some_address(rng), int(rng.integers(2)))
        await port.write(COMMIT, int(rng.integers(2**32)))
        for _ in range(port.checks):
            await bench.step()
        port.active(f"commit {number}, before the boundary")
        # While a commit waits, the port refuses to be written.
        await port.write(*_some_write(rng))
        await port.write(COMMIT, 0) if model.pending else None
        await port.read(0x04, 1)
        await bench.step(boundary=1)
        await bench.step(boundary=0)
        model.boundary()
        port.active(f"commit {number}, after the boundary")
        await port.read(0x04, 0)


def _some_address(rng: np.random.Generator) -> int:
    known = [register["address"] for register in manifest()["registers"]]
    return int(rng.choice([*known, 0x14, 0x5C, 0xFC]))


def _some_write(rng: np.random.Generator) -> tuple[int, int]:
    """Choose a write that is often legal, sometimes just outside, sometimes absurd."""
    design = spec()
    n = design.readout_bits
    address = _some_address(rng)
    while address == COMMIT:
        address = _some_address(rng)
    if rng.random() < 0.1:
        return address, int(rng.integers(2**32))
    if address == SLICE:
        return address, int(rng.integers(0, design.slices + 1))
    if address < RANGE_0:
        return address, int(rng.integers(0, design.outputs + 2))
    if design.has_centres:
        return address, int(rng.integers(0, (1 << design.density_bits) + 1))
    last = RANGE_0 + 4 * (design.scheme.ranges(design) - 1)
    payload = n if address == last and rng.random() < 0.6 else rng.integers(0, n + 2)
    truncation = rng.integers(0, payload + 2) if rng.random() < 0.5 else 0
    base = rng.integers(0, 2 ** (n - 2)) if design.bases == "any" else 0
    return address, int(payload) | int(truncation) << 8 | int(base) << 16
