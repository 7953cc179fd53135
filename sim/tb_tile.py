"""The emitted tile against `hwgen_models.tile`: every output, every decision, every cycle.

The bench plays word lines, array, sample-and-holds and comparators at the analog pins, loads the
range table over APB, and streams vectors in and out with stalls. What the analog pins did is read
as a list of conversions, and compared with the golden model's to the cycle.
"""

import itertools

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles

from analog import Conversion, FrontEnd, Read, check_banks, check_rows, read_lane
from apb import Apb
from bench import Bench, case, count, expect, manifest, spec, tables_delivered, vectors
from hwgen_models.crossbar import Comparator, Nonidealities
from hwgen_models.input_buffer import beats_of
from hwgen_models.output_buffer import y_words
from hwgen_models.range_table import load_writes
from hwgen_models.row_drive import drive_word, input_range, planes_of
from hwgen_models.sequencer import NEVER, Schedule, always
from hwgen_models.tile import Result, Tile, by_slice, crossbar_of
from streams import Sink, Source, Stalls
from tables import illegal_tables

FEW = 2  # vectors, where not all of them are needed
SLACK = 4  # cycles after the last event
PENDING, REFUSED, IDLE = 1, 2, 4  # STATUS
COMMIT_CYCLES = 8  # of a commit, beside its check


@case
async def delivered_vectors_under_stalls(dut):
    """Load the delivered table after several illegal ones, hesitate on all streams."""
    run = Run(dut, vectors())
    await run.reset()
    await run.refuse_illegal_tables()
    await run.load(run.tables, run.outputs)
    await run.stream(seed=31, busy=0.5)
    run.compare()


@case
async def vectors_follow_each_other_without_stalls(dut):
    """Send and take as fast as the tile allows: a vector takes what the mapper predicts."""
    run = Run(dut, vectors())
    await run.reset()
    await run.load(run.tables, run.outputs)
    await run.stream(seed=32, busy=1.0)
    run.compare()
    count(cycles_steady=run.sink.taken[-1] - run.source.taken[0] + 1)


@case
async def decisions_of_a_noisy_array_are_predicted(dut):
    """Spoil cells, wires, reads and comparators; the model knows every wrong answer beforehand."""
    run = Run(dut, _first(vectors(), FEW), noise=True)
    await run.reset()
    await run.load(run.tables, run.outputs)
    await run.stream(seed=33, busy=0.8)
    run.compare()


@case
async def counts_of_all_sizes_let_every_lane_be_the_last(dut):
    """Drive and store numbers of all magnitudes, and use every column."""
    run = Run(dut, _made_up(seed=34, reads=24))
    await run.reset()
    await run.load(run.tables, run.outputs)
    await run.stream(seed=34, busy=0.9)
    run.compare()


@case
async def reset_values_search_all_bits_of_all_outputs(dut):
    """Load nothing."""
    run = Run(dut, _made_up(seed=35, reads=1), tables=None)
    await run.reset()
    await run.stream(seed=35, busy=0.9)
    run.compare()


@case
async def a_commit_takes_effect_between_two_vectors(dut):
    """Commit another table and fewer outputs while a vector is converted."""
    delivered = _first(vectors(), FEW)
    if len(delivered["x"]) < FEW:
        return
    run = Run(dut, delivered)
    fewer = max(1, run.outputs - 1)
    await run.reset()
    await run.stream_across_commit(fewer)


class Run:
    """One tile from reset on: what goes in, what comes out, and what the golden model says.

    Parameters
    ----------
    dut
        The tile.
    delivered : dict of numpy.ndarray
        ``x``, ``weights``, ``y_in``.
    tables : list of Table or None
        Search tables, as many as the tile holds; None: the reset value. Default: what the design
        was delivered with.
    noise : bool
        Spoil the array and the comparators.
    """

    def __init__(self, dut, delivered: dict, *, tables="delivered", noise: bool = False) -> None:
        self.design = spec()
        self.x, self.weights = delivered["x"], delivered["weights"]
        self.y_in = delivered["y_in"] if self.design.y_in else None
        self.tables = tables_delivered() if tables == "delivered" else tables
        self.crossbar = self.comparator = None
        if noise:
            flaws = Nonidealities(
                spread=0.05,
                on_off_ratio=100.0,
                stuck_off=0.01,
                read_noise=0.4,
                wire_resistance=1e-5,
            )
            self.crossbar = crossbar_of(self.design, self.weights, nonidealities=flaws, seed=5)
            self.comparator = Comparator(
                columns_per_lane=self.design.columns_per_lane, offset=0.5, noise=0.5, seed=6
            )
        self.tile = self._golden(self.weights, self.tables)

        pins = ["x_valid", "x_payload", "y_ready", "psel", "penable", "paddr", "pwrite", "pwdata"]
        if self.design.y_in:
            pins += ["y_in_valid", "y_in_payload"]
        pins += [f"lane{lane}_compare" for lane in range(self.design.lanes)]
        self.bench = Bench(dut, **dict.fromkeys(pins, 0))
        self.apb = Apb(self.bench, manifest()["registers"])

    @property
    def outputs(self) -> int:
        """Outputs in use."""
        return self.weights.shape[1]

    def _golden(self, weights: np.ndarray, tables) -> Tile:
        return Tile(
            self.design,
            weights,
            crossbar=self.crossbar,
            comparator=self.comparator,
            tables=by_slice(self.design, [None] if tables is None else tables),
        )

    # Before the vectors

    async def reset(self) -> None:
        """Reset, and insist that nothing is driven."""
        await self.bench.reset()
        expect("idle after reset", self.bench.read("idle"), 1)
        expect("row_drive after reset", self.bench.read("row_drive"), 0)
        for lane, pin in itertools.product(range(self.design.lanes), ("busy", "acquire", "strobe")):
            expect(f"lane {lane} after reset, {pin}", self.bench.read(f"lane{lane}_{pin}"), 0)

    async def load(self, tables, outputs: int) -> None:
        """Load tables that are legal, and see them accepted."""
        await self._write(tables, outputs)
        await self._commit()
        expect("STATUS after a commit", await self.apb.read("STATUS"), IDLE)

    async def refuse_illegal_tables(self) -> None:
        """Offer tables that must be refused, and see what is loaded stay as it is."""
        illegal = [(self.tables, 0), (self.tables, self.design.outputs + 1)]
        # The last of several tables must be checked like the first.
        illegal += [([*self.tables[:-1], table], self.outputs) for table in illegal_tables()]
        for table, outputs in illegal:
            await self._write(table, outputs)
            await self._commit()
            status = await self.apb.read("STATUS")
            expect(f"STATUS after table {table}, {outputs} outputs", status, REFUSED | IDLE)

    async def _write(self, tables, outputs: int) -> None:
        for name, word in load_writes(self.design, tables, outputs):
            if name != "COMMIT":
                await self.apb.write(name, word)
                expect(name, await self.apb.read(name), word)

    async def _commit(self) -> None:
        await self.apb.write("COMMIT", 1)
        for _ in range(self._commit_cycles):
            await self.bench.step()

    @property
    def _commit_cycles(self) -> int:
        """More cycles than a check and a boundary take."""
        return COMMIT_CYCLES + self.design.table_count * self.design.scheme.ranges(self.design)

    # The vectors

    async def stream(self, *, seed: int, busy: float) -> None:
        """Send all vectors, and run for exactly as long as the golden model says it takes."""
        bench = self.bench
        self.result = self.tile.run(self.x, self.y_in, keep="counts")
        limit = 64 * (self.result.y.size + self.x.size) + int(self.result.lane_cycles.sum())
        willing = [Stalls(seed + k, busy, bench.cycle + limit) for k in range(3)]
        start = bench.cycle + 1
        self.schedule = self.tile.schedule(self.result, *willing, start=start)
        tasks = self._start(self.result, *willing, reads=self._reads(self.result))
        await ClockCycles(bench.dut.clk, self.schedule.finish + SLACK - bench.cycle)
        for task in tasks:
            task.cancel()
        count(
            cycles=self.schedule.finish - start,
            conversions=self.result.conversions,
            decisions=self.result.total_decisions,
        )

    def _start(self, result: Result, x, y, y_in, *, reads: list[Read], words=None) -> list:
        design, bench = self.design, self.bench
        beats = beats_of(
            self.x, rows=design.rows, x_elements=design.x_elements, input_bits=design.input_bits
        )
        self.source = Source(bench, "x", list(itertools.chain(*beats)), x)
        self.sink = Sink(bench, "y", y)
        self.front_end = FrontEnd(bench, design, reads)
        runs = [self.front_end.run(), self.source.run()]
        runs.append(self.sink.run(result.y.size if words is None else words))
        if design.y_in:
            chained = self.y_in if words is None else self.y_in.ravel()[:words]
            self.chained = Source(bench, "y_in", y_words(chained, y_bits=design.y_bits), y_in)
            runs.append(self.chained.run())
        return [cocotb.start_soon(run) for run in runs]

    def _reads(self, result: Result, first: int = 0) -> list[Read]:
        """Return the reads of a run in order, `first` being the number of its first vector."""
        design = self.design
        digits = planes_of(
            self.x[first : first + len(result.y)],
            input_bits=design.input_bits,
            dac_bits=design.dac_bits,
            signed=design.signed_inputs,
        )
        return [
            Read(
                vector=first + int(v),
                plane=int(t),
                drive=drive_word(digits[v, t], dac_bits=design.dac_bits),
                counts=result.counts[v, t].tolist(),
                errors=self._errors(first + v, t),
            )
            for v, t in np.argwhere(~result.skipped)
        ]

    def _errors(self, vector: int, plane: int) -> list[list[float]]:
        design = self.design
        if self.comparator is None:
            return [[]] * design.columns
        column, decision = np.ogrid[: design.columns, : design.most_decisions]
        return self.comparator.error(vector, plane, column, decision).tolist()

    async def stream_across_commit(self, fewer: int) -> None:
        """Commit while the first vector is converted: the second one has the new table."""
        after = [self.design.scheme.reset(self.design)] * self.design.table_count
        second = self._golden(self.weights[:, :fewer], after)
        y_in = [None, None]
        if self.y_in is not None:
            # One stream of words: those of the second vector follow those of the first.
            words = self.y_in.ravel()
            y_in = [words[: self.outputs][None], words[self.outputs :][:fewer][None]]
        before = self.tile.run(self.x[:1], y_in[0], keep="counts")
        behind = second.run(self.x[1:FEW], y_in[1], first_vector=1, keep="counts")
        total = self.outputs + fewer

        await self.load(self.tables, self.outputs)
        await self._write(after, fewer)
        reads = self._reads(before) + self._reads(behind, first=1)
        tasks = self._start(before, always, always, always, reads=reads, words=total)
        while not self.bench.read("sample"):
            await self.bench.step()
        await self.apb.write("COMMIT", 1)
        await self.bench.step()
        expect("STATUS while a commit waits", await self.apb.read("STATUS") & PENDING, PENDING)
        alone = self.tile.schedule(before).finish + second.schedule(behind).finish
        for _ in range(alone + self._commit_cycles):
            if len(self.sink.words) == total and self.bench.read("idle"):
                break
            await self.bench.step()
        for task in tasks:
            task.cancel()
        expected = [before.y.ravel(), behind.y.ravel()]
        self._compare_words(np.concatenate(expected))
        found = [read_lane(self.front_end.trace, k, self.design) for k in range(self.design.lanes)]
        decisions = sum(conversion.decisions for lane in found for conversion in lane)
        expect("decisions", decisions, before.total_decisions + behind.total_decisions)
        expect("STATUS at the end", await self.apb.read("STATUS"), IDLE)

    # What came of it

    def compare(self) -> None:
        """Compare all that happened with the golden model, the results first."""
        self._compare_words(self.result.y.ravel())
        found = [read_lane(self.front_end.trace, k, self.design) for k in range(self.design.lanes)]
        for lane, conversions in enumerate(found):
            self._compare_lane(lane, conversions)
        self._compare_cycles()
        check_rows(self.front_end.trace, self.design)
        check_banks(self.front_end.trace, self.design)

    def _compare_words(self, y: np.ndarray) -> None:
        expected = y_words(y, y_bits=self.design.y_bits)
        half, full = 1 << (self.design.y_bits - 1), 1 << self.design.y_bits
        for k, (got, word) in enumerate(zip(self.sink.words, expected, strict=False)):
            values = [(value + half) % full - half for value in (got, word)]
            expect(f"vector {k // self.outputs}, output {k % self.outputs}, y", *values)
        expect("words of y", len(self.sink.words), len(expected))

    def _compare_lane(self, lane: int, found: list[Conversion]) -> None:
        result, design = self.result, self.design
        starts = self.tile.conversion_starts(result, self.schedule)[:, :, lane]
        expected = []
        for v, t, k in np.argwhere(result.decisions[:, :, lane] >= 0):
            physical = lane * design.columns_per_lane + k
            error = None
            if self.comparator is not None:
                error = self.comparator.error(v, t, physical, np.arange(design.most_decisions))
            number = self.tile.tree_numbers([t], [result.active_rows[v, t]])[0, physical]
            tree = self.tile.trees[number]
            walk = tree.walk(result.counts[v, t, physical], error)
            conversion = Conversion(
                start=int(starts[v, t, k]),
                column=int(k),
                bank=int(self.schedule.bank[v, t]),
                thresholds=tuple(walk.thresholds[: result.decisions[v, t, lane, k]].tolist()),
            )
            expected.append((f"vector {v}, plane {t}, lane {lane}, column {k}", conversion))
        for got, (where, conversion) in zip(found, expected, strict=False):
            expect(f"{where}, decisions", got.decisions, conversion.decisions)
            expect(where, got, conversion)
        expect(f"lane {lane}, conversions", len(found), len(expected))

    def _compare_cycles(self) -> None:
        schedule, trace = self.schedule, self.front_end.trace
        expect("cycle of a beat of x", np.array(self.source.taken), schedule.x.ravel())
        expect("cycle of a beat of y", np.array(self.sink.taken), schedule.y.ravel())
        if self.design.y_in:
            expect("cycle of a beat of y_in", np.array(self.chained.taken), schedule.y_in.ravel())
        length = len(trace.sample)
        for name, first, last in (
            ("sample", schedule.sample, schedule.last_sample),
            ("hold_clear", schedule.hold_clear, schedule.hold_clear),
        ):
            levels = np.zeros(length, dtype=int)
            for v, t in np.argwhere(first != NEVER):
                bank = 1 << schedule.bank[v, t]
                levels[first[v, t] - trace.first : last[v, t] + 1 - trace.first] |= bank
            self._expect_levels(name, np.array(getattr(trace, name)), levels)
        self._expect_levels("idle", np.array(trace.idle), _idle(schedule, trace.first, length))

    def _expect_levels(self, name: str, got: np.ndarray, expected: np.ndarray) -> None:
        for cycle in np.flatnonzero(got != expected)[:1]:
            where = f"cycle {self.front_end.trace.first + cycle}, {name}"
            expect(where, got[cycle].item(), expected[cycle].item())


def _idle(schedule: Schedule, first: int, length: int) -> np.ndarray:
    """Return where nothing is in flight, cycle by cycle from `first` on."""
    idle = np.ones(length, dtype=int)

    def busy(start: int, stop: int) -> None:
        idle[start - first : stop - first] = 0

    for v in range(len(schedule.x)):
        busy(schedule.x[v, 0] + 1, schedule.x_ready[v])  # held in the input buffer
        busy(schedule.rows[v, 0], schedule.ending[v])  # on the rows
        for q, served in zip(schedule.last_sample[v], schedule.served[v], strict=True):
            if q != NEVER:
                busy(q + 1, served + 1)  # in a bank
        busy(schedule.ending[v], schedule.y[v, -1] + 1)  # in accumulators and output buffer
    return idle


def _made_up(*, seed: int, reads: int) -> dict[str, np.ndarray]:
    """Return inputs and weights of all magnitudes, enough for so many reads."""
    design = spec()
    rng = np.random.default_rng(seed)
    count = max(1, reads // design.planes)
    legal = input_range(input_bits=design.input_bits, signed=design.signed_inputs)
    x = rng.integers(legal[0], legal[-1] + 1, size=(count, design.rows))
    x >>= rng.integers(0, design.input_bits, size=(count, 1))
    limit = 2 ** (design.slices * design.cell_bits) - 1
    weights = rng.integers(-limit, limit + 1, size=(design.rows, design.outputs))
    weights >>= rng.integers(0, limit.bit_length() + 1, size=(1, design.outputs))
    own, reach = design.tile_range, design.y_range
    y_in = rng.integers(reach[0] - own[0], reach[-1] - own[-1] + 1, size=(count, design.outputs))
    return {"x": x, "weights": weights, "y_in": y_in}


def _first(delivered: dict[str, np.ndarray], amount: int) -> dict[str, np.ndarray]:
    return delivered | {key: delivered[key][:amount] for key in ("x", "y_in")}
