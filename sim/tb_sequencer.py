"""The emitted schedule against the event recurrences of `hwgen_models.sequencer`."""

from dataclasses import dataclass, field

import numpy as np

from bench import Bench, case, expect, pack, spec
from hwgen_models.lane import HeldRead, read_times
from hwgen_models.sequencer import NEVER, Schedule, Sequencer, Willing
from streams import Stalls

VECTORS = 10
LANES = 3
LATEST = 100_000  # cycles for which stalls are drawn
OFF = -1  # no plane on the rows, no output being read


@dataclass
class Surroundings:
    """What the sequencer talks to: input buffer, rows, lanes and output buffer, cycle by cycle."""

    active: np.ndarray  # U by vector and plane
    lane_cycles: np.ndarray
    x: Willing
    y: Willing
    offered: bool = False
    full: bool = False
    vector: int = 0  # on the rows, or next
    accepted: int = 0
    reads: int = 0
    rows: int = OFF
    counted: int = 0  # U of the cycle before
    lane_free: list[int] = field(default_factory=lambda: [0] * LANES)
    pending: list[list[tuple[int, int]]] = field(default_factory=lambda: [[], []])
    words: int = 0
    y_valid: bool = False

    def inputs(self, cycle: int) -> dict[str, int]:
        """Return the inputs of a cycle."""
        busy = [any(q < cycle < f for q, f in self.pending[b]) for b in range(2)]
        design = spec()
        bound = min(self.counted * design.largest_digit, design.largest_code)
        centres = pack(*((centre, design.readout_bits) for centre in _centres(self.counted)))
        return ({"bound": bound} if design.bounded else {}) | {
            **({"centres": centres} if design.has_centres else {}),
            "full": int(self.full),
            "active": self.counted,
            "pending": busy[0] | busy[1] << 1,
            "buffer_empty": int(self.words == 0),
        }

    def advance(self, cycle: int, bench: Bench) -> None:
        """Take the outputs of a cycle."""
        self._rows(bench)
        self._input(cycle, bench)
        self._lanes(cycle, bench)
        self._output(cycle, bench)

    def _rows(self, bench: Bench) -> None:
        self.counted = 0 if self.rows == OFF else int(self.active[self.vector, self.rows])
        if bench.read("load"):
            plane = bench.read("plane")
            self.vector += int(plane == 0 and self.reads > 0)
            self.reads += 1
            self.rows = plane
        elif bench.read("off"):
            self.rows = OFF

    def _input(self, cycle: int, bench: Bench) -> None:
        if not self.offered and self.accepted < len(self.active):
            self.offered = self.x(cycle)
        if self.offered and not self.full:
            self.offered, self.full = False, True
            self.accepted += 1
        elif bench.read("drop"):
            self.full = False

    def _lanes(self, cycle: int, bench: Bench) -> None:
        loaded = bench.read("loaded")
        for b in range(2):
            if loaded >> b & 1:
                ends = []
                for lane in range(LANES):
                    taken = int(self.lane_cycles[self.vector, self.rows, lane])
                    times = read_times(last_sample=cycle, free=self.lane_free[lane], cycles=taken)
                    self.lane_free[lane] = times.finish
                    ends.append(times.finish)
                self.pending[b].append((cycle, max(ends)))

    def _output(self, cycle: int, bench: Bench) -> None:
        taken = self.y_valid and self.y(cycle)
        moves = self.words > 0 and (not self.y_valid or taken)
        self.y_valid = moves or (self.y_valid and not taken)
        self.words += bench.read("drain") - int(moves)


@case
async def every_event_is_on_time_without_stalls(dut):
    """Let inputs wait and take every output at once."""
    await _run(dut, seed=20, busy=1.0)


@case
async def every_event_is_on_time_under_stalls(dut):
    """Hesitate on both sides."""
    await _run(dut, seed=21, busy=0.3)


@case
async def every_event_is_on_time_behind_a_slow_consumer(dut):
    """Take outputs so slowly that vectors wait for the output buffer."""
    await _run(dut, seed=22, busy=0.02)


def _inputs(outputs: int) -> dict[str, int]:
    names = ["full", "active", "pending"]
    names += ["bound"] * spec().bounded + ["centres"] * spec().has_centres
    return dict.fromkeys(names, 0) | {"outputs_used": outputs, "buffer_empty": 1}


def _centres(active: int) -> list[int]:
    """Return counts to expect, other ones for other active rows and tables."""
    design = spec()
    if not design.has_centres:
        return []
    return [(active + 3 * t + 1) & design.largest_code for t in range(design.table_count)]


async def _run(dut, *, seed: int, busy: float) -> None:
    design = spec()
    rng = np.random.default_rng(seed)
    shape = (VECTORS, design.planes)
    active = rng.integers(1, design.rows + 1, size=shape) * (rng.random(shape) < 0.7)
    active[1], active[2] = 0, 1
    lane_cycles = rng.integers(0, 60, size=(*shape, LANES))
    outputs = int(rng.integers(1, design.outputs + 1))
    x, y = (Stalls(seed + k, busy, LATEST) for k in range(2))

    bench = Bench(dut, **_inputs(outputs))
    await bench.reset()
    surroundings = Surroundings(active, lane_cycles, x, y)
    golden = Sequencer(
        beats=1,
        outputs=outputs,
        banks=design.banks,
        settle_row=design.settle_row,
        sample_cycles=design.sample_cycles,
    ).schedule(active, lane_cycles, x=x, y=y)
    expected = _expected(golden)
    for cycle in range(golden.finish + 3):
        await bench.step(**surroundings.inputs(cycle))
        got = {
            "rows": surroundings.rows,
            "sample": bench.read("sample"),
            "hold_clear": bench.read("hold_clear"),
            "output": bench.read("output_index") if bench.read("drain") else OFF,
            "clear": bench.read("clear"),
            "boundary": bench.read("boundary"),
        }
        for name, values in expected.items():
            expect(f"cycle {cycle}, {name}", got[name], values[cycle].item())
        _check_banks(bench, cycle, golden, active)
        surroundings.advance(cycle, bench)
    expect("idle at the end", bench.read("idle"), 1)


def _expected(golden: Schedule) -> dict[str, np.ndarray]:
    """Return what must be seen in every cycle."""
    length = golden.finish + 4
    expected = {
        name: np.zeros(length, dtype=int) for name in ("sample", "hold_clear", "clear", "boundary")
    }
    expected["rows"] = np.full(length, OFF)
    expected["output"] = np.full(length, OFF)
    expected["boundary"][:] = 1
    for v, drain in enumerate(golden.drain):
        planes = golden.rows.shape[1]
        for t in range(planes):
            until = golden.rows[v, t + 1] if t + 1 < planes else golden.end[v]
            expected["rows"][golden.rows[v, t] : until] = t
            if golden.sample[v, t] != NEVER:
                bank = 1 << golden.bank[v, t]
                expected["sample"][golden.sample[v, t] : golden.last_sample[v, t] + 1] |= bank
                expected["hold_clear"][golden.hold_clear[v, t]] |= bank
        outputs = golden.move.shape[1]
        expected["output"][drain : drain + outputs] = np.arange(outputs)
        expected["clear"][drain + outputs - 1] = 1
        sampled = golden.last_sample[v][golden.last_sample[v] != NEVER]
        begin = min([golden.ending[v], *(sampled + (0 if spec().has_centres else 1))])
        expected["boundary"][begin : drain + outputs] = 0
    return expected


def _check_banks(bench: Bench, cycle: int, golden: Schedule, active: np.ndarray) -> None:
    """Compare what the banks are said to hold, from the cycle after a sample on."""
    design = spec()
    for v, t in np.argwhere((golden.last_sample == cycle - 1) & (golden.sample != NEVER)):
        bank = int(golden.bank[v, t])
        held = HeldRead(
            counts=(),
            plane=int(t),
            last_sample=cycle - 1,
            bank=bank,
            negate=design.signed_inputs and t == design.planes - 1,
            bound=int(active[v, t]) * design.largest_digit,
            centres=_centres(int(active[v, t])),
        )
        where = f"cycle {cycle}, bank {bank}"
        expect(f"{where}, tag", bench.read(f"tag_{bank}"), pack(*held.tag(design)))
        expect(f"{where}, older", bench.read("older"), (bank + 1) % design.banks)
