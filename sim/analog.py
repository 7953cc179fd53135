"""The analog side of a tile's pins: word lines, held counts, comparators; and a trace of it all.

The front end acts once per cycle, in its middle. It answers a strobe just in time for the one
flip-flop that captures the answer and shows the opposite before and after, so a design that
captures early or late cannot pass. What the lanes' pins did in every cycle is kept, and read
afterwards as a list of conversions by `read_lane`, which insists on the protocol of
``docs/architecture.md``, section 5, to the cycle.
"""

from dataclasses import dataclass, field

import numpy as np
from cocotb.triggers import FallingEdge

from bench import Bench
from hwgen_models.spec import TileSpec

__all__ = ["Conversion", "FrontEnd", "Read", "Trace", "check_banks", "check_rows", "read_lane"]

LANE_PINS = ("busy", "acquire", "strobe", "bank", "column", "dac")


@dataclass(frozen=True, kw_only=True)
class Read:
    """One plane of one vector as it should appear on the word lines, and the counts it yields."""

    vector: int
    plane: int
    drive: int  # all word lines as one number, row 0 lowest
    counts: list[float]  # held value of every column
    errors: list[list[float]]  # of the comparator, by column and decision


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One conversion as seen at the pins of a lane."""

    start: int  # cycle
    column: int
    bank: int
    thresholds: tuple[int, ...]  # code at each strobe

    @property
    def decisions(self) -> int:
        """Number of strobes."""
        return len(self.thresholds)


@dataclass
class Trace:
    """What the analog pins showed, from cycle `first` on, one entry per cycle."""

    first: int
    lanes: list[dict[str, list[int]]]
    sample: list[int] = field(default_factory=list)
    hold_clear: list[int] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)  # (cycle, new value)


class FrontEnd:
    """Plays word lines, array, sample-and-holds and comparators of a whole tile.

    Parameters
    ----------
    bench : Bench
        The tile.
    spec : TileSpec
        Its parameters.
    reads : list of Read
        Every read that is to come, in order.
    """

    def __init__(self, bench: Bench, spec: TileSpec, reads: list[Read]) -> None:
        self.bench = bench
        self.spec = spec
        self.reads = reads
        self.trace = Trace(first=0, lanes=[])
        self._next_read = 0
        self._banks: list[Read | None] = [None, None]
        dut = bench.dut
        self._handles = [
            [getattr(dut, f"lane{lane}_{pin}") for pin in LANE_PINS] for lane in range(spec.lanes)
        ]
        self._comparators = [
            _LaneComparator(self, lane, getattr(dut, f"lane{lane}_compare"))
            for lane in range(spec.lanes)
        ]

    async def run(self) -> None:
        """Serve the tile until cancelled."""
        dut, level = self.bench.dut, self.bench.level
        middle = FallingEdge(dut.clk)
        sample, hold_clear, idle, rows = dut.sample, dut.hold_clear, dut.idle, dut.row_drive
        before, driven = 0, -1
        trace = self.trace
        trace.first = self.bench.cycle + 1
        trace.lanes = [{pin: [] for pin in LANE_PINS} for _ in self._handles]
        logs = [[log[pin].append for pin in LANE_PINS] for log in trace.lanes]
        while True:
            await middle
            now = level(sample)
            trace.sample.append(now)
            trace.hold_clear.append(level(hold_clear))
            trace.idle.append(level(idle))
            word = level(rows)
            if word != driven:
                trace.rows.append((self.bench.cycle, word))
                driven = word
            if now != before:
                self._sampled(now & ~before, word)
                before = now
            for handles, log, comparator in zip(
                self._handles, logs, self._comparators, strict=True
            ):
                pins = [level(handle) for handle in handles]
                for append, value in zip(log, pins, strict=True):
                    append(value)
                comparator.cycle(*pins[1:])

    def held(self, bank: int) -> Read:
        """Return what a bank holds."""
        read = self._banks[bank]
        if read is None:
            raise AssertionError(
                f"cycle {self.bench.cycle}: expected a sampled bank, got bank {bank}, never sampled"
            )
        return read

    def _sampled(self, rising: int, word: int) -> None:
        for bank in range(2):
            if rising >> bank & 1:
                cycle = self.bench.cycle
                if self._next_read >= len(self.reads):
                    raise AssertionError(
                        f"cycle {cycle}: expected {len(self.reads)} samples, got one more"
                    )
                read = self.reads[self._next_read]
                self._next_read += 1
                if word != read.drive:
                    raise AssertionError(
                        f"vector {read.vector}, plane {read.plane}, sample in cycle {cycle}: "
                        f"expected row_drive {read.drive:#x}, got {word:#x}"
                    )
                self._banks[bank] = read


class _LaneComparator:
    """Answers the strobes of one lane in time, and not for longer."""

    def __init__(self, front_end: FrontEnd, lane: int, pin) -> None:
        spec = front_end.spec
        self.front_end = front_end
        self.first_column = lane * spec.columns_per_lane
        self.pin = pin
        # The pin is captured at the end of this cycle, counted from the strobe.
        self.delay = spec.compare_latency - 2 - spec.compare_stages
        self.decision = 0
        self.count = 0.0
        self.errors: list[float] = []
        self.answers: list[tuple[int, int]] = []  # (cycle, value of the pin)
        self.now = 0

    def cycle(self, acquire: int, strobe: int, bank: int, column: int, dac: int) -> None:
        """Take one cycle's pins, set the comparator's."""
        self.now += 1
        if acquire:
            read, place = self.front_end.held(bank), self.first_column + column
            self.count, self.errors, self.decision = read.counts[place], read.errors[place], 0
        if strobe:
            error = self.errors[self.decision] if self.decision < len(self.errors) else 0.0
            above = int(self.count + error >= dac - 0.5)
            self.decision += 1
            self.answers += [(self.now + self.delay, above), (self.now + self.delay + 1, 1 - above)]
        if self.answers and self.answers[0][0] == self.now:
            self.pin.value = self.answers.pop(0)[1]


def read_lane(trace: Trace, lane: int, spec: TileSpec) -> list[Conversion]:
    """Read a lane's pins as conversions, insisting on their timing in every cycle.

    Raises
    ------
    AssertionError
        Where a pin is not what the protocol asks for; the message names lane, cycle and pin.
    """
    return _LaneReader(trace, lane, spec).conversions()


class _LaneReader:
    def __init__(self, trace: Trace, lane: int, spec: TileSpec) -> None:
        self.first = trace.first
        self.lane = lane
        self.spec = spec
        self.pins = {pin: np.array(values) for pin, values in trace.lanes[lane].items()}
        self.length = len(trace.sample)

    def conversions(self) -> list[Conversion]:
        found = []
        at = 0
        for rise in np.flatnonzero(np.diff(self.pins["busy"], prepend=0) == 1):
            self.quiet(at, rise)
            at = int(rise)
            while at < self.length and self.pins["busy"][at]:
                conversion, at = self.conversion(at)
                found.append(conversion)
        self.quiet(at, self.length)
        return found

    def conversion(self, start: int) -> tuple[Conversion, int]:
        spec = self.spec
        acquiring = start + spec.settle_mux
        deciding = acquiring + spec.acquire_cycles
        self.holds("acquire", 0, start, acquiring)
        self.holds("acquire", 1, acquiring, deciding)
        self.holds("strobe", 0, start, deciding)
        thresholds = []
        at, period = deciding, spec.settle_dac + spec.compare_latency
        while self.decides(at):
            strobe = at + spec.settle_dac
            self.holds("strobe", 0, at, strobe)
            self.holds("strobe", 1, strobe, strobe + 1)
            self.holds("strobe", 0, strobe + 1, at + period)
            self.holds("acquire", 0, at, at + period)
            self.constant("dac", at, at + period)
            thresholds.append(int(self.pins["dac"][at]))
            at += period
        self.holds("busy", 1, start, at)
        self.constant("column", start, at)
        self.constant("bank", start, at)
        conversion = Conversion(
            start=self.first + start,
            column=int(self.pins["column"][start]),
            bank=int(self.pins["bank"][start]),
            thresholds=tuple(thresholds),
        )
        return conversion, at

    def decides(self, at: int) -> bool:
        """Tell whether a decision begins here, not another conversion or a rest."""
        if at >= self.length or not self.pins["busy"][at]:
            return False
        ahead = at + self.spec.settle_mux
        return not (ahead < self.length and self.pins["acquire"][ahead])

    def quiet(self, start: int, stop: int) -> None:
        self.holds("acquire", 0, start, stop)
        self.holds("strobe", 0, start, stop)

    def holds(self, pin: str, level: int, start: int, stop: int) -> None:
        wrong = np.flatnonzero(self.pins[pin][start:stop] != level)
        if len(wrong):
            self.fail(pin, start + wrong[0], level)
        if stop > self.length:
            raise AssertionError(f"lane {self.lane}: expected to be done at the end of the test")

    def constant(self, pin: str, start: int, stop: int) -> None:
        if stop > start:
            self.holds(pin, int(self.pins[pin][start]), start, stop)

    def fail(self, pin: str, index: int, expected: int) -> None:
        raise AssertionError(
            f"lane {self.lane}, cycle {self.first + index}: "
            f"expected {pin} {expected}, got {int(self.pins[pin][index])}"
        )


def check_rows(trace: Trace, spec: TileSpec) -> None:
    """Insist on the word lines' timing around every sample: settled, held, off when idle."""
    cycles = np.array([cycle for cycle, _ in trace.rows])
    words = [word for _, word in trace.rows]
    sample = np.array(trace.sample)
    rising = np.flatnonzero((sample != 0) & (np.roll(sample, 1) == 0)) + trace.first
    for rise in rising:
        last = int(np.flatnonzero(cycles <= rise)[-1])
        settled = int(rise - cycles[last])
        if settled < spec.settle_row:
            raise AssertionError(
                f"sample in cycle {rise}: expected rows stable for {spec.settle_row} cycles, "
                f"got {settled}"
            )
        until = rise + spec.sample_cycles
        if last + 1 < len(cycles) and cycles[last + 1] <= until:
            raise AssertionError(
                f"sample in cycle {rise}: expected rows stable through cycle {until}, "
                f"got a change in cycle {cycles[last + 1]}"
            )
    if words and (words[0] or words[-1]):
        raise AssertionError("row_drive: expected all rows off at reset and when idle")
    for cycle, level in enumerate(trace.idle, start=trace.first):
        if level and words[int(np.flatnonzero(cycles <= cycle)[-1])]:
            raise AssertionError(f"cycle {cycle}: expected rows off while idle, got rows driven")


def check_banks(trace: Trace, spec: TileSpec) -> None:
    """Insist that banks are sampled whole, cleared once, and never while a lane uses them."""
    users = np.zeros((2, len(trace.sample)), dtype=bool)
    for pins in trace.lanes:
        busy, bank = np.array(pins["busy"], dtype=bool), np.array(pins["bank"])
        users[0] |= busy & (bank == 0)
        users[1] |= busy & (bank == 1)
    for bank in range(2):
        sampled = np.array(trace.sample) >> bank & 1
        cleared = np.array(trace.hold_clear) >> bank & 1
        _check_bank(trace.first, bank, sampled, cleared, users[bank], spec)


def _check_bank(first, bank, sampled, cleared, used, spec) -> None:
    edges = np.diff(sampled, prepend=0, append=0)
    rises, falls = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    where = f"bank {bank}"
    for rise, fall in zip(rises, falls, strict=True):
        if fall - rise != spec.sample_cycles:
            raise AssertionError(
                f"{where}, sample in cycle {first + rise}: expected {spec.sample_cycles} cycles, "
                f"got {fall - rise}"
            )
        if used[rise:fall].any():
            raise AssertionError(
                f"{where}, sample in cycle {first + rise}: expected no lane to use the bank"
            )
    clears = np.flatnonzero(cleared)
    if len(clears) != len(rises):
        raise AssertionError(f"{where}: expected {len(rises)} hold_clear, got {len(clears)}")
    for fall, clear, following in zip(falls, clears, [*rises[1:], len(used)], strict=False):
        if not fall <= clear < following:
            raise AssertionError(
                f"{where}: expected hold_clear between cycles {first + fall} and "
                f"{first + following}, got cycle {first + clear}"
            )
        if used[clear:following].any():
            raise AssertionError(
                f"{where}, hold_clear in cycle {first + clear}: expected no lane to use the bank"
            )
