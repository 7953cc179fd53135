"""A mapped tile that plays vectors, 64 at a time, in ideal surroundings, while it is counted.

Each stimulus is a tile of its own with its own vectors. A reset, then the table, then vectors
without a pause: a stimulus begins with the vector before its own and ends with the one behind them.
It is counted from the cycle after the last word of ``y`` of the first to that of the last of its
own, so that every cycle that counts has the next vector coming in and the one before going out, and
every vector is counted once.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import Mismatch, UserError
from hwgen.gates.activity import Activity
from hwgen.gates.netlist import ZERO, Netlist
from hwgen.gates.program import Program, compile_netlist
from hwgen.gates.simulator import LANES, Simulator, not_settled
from hwgen.gates.tile_kernels import RESTLESS, Job, Pins, Tally, play
from hwgen.liberty.library import Library
from hwgen_models.spec import TileSpec

__all__ = ["Played", "Setup", "Trace", "Vectors", "compile_tile", "play_tile"]

RESET_CYCLES = 3
MOST_CHECKS = 4096  # looks at STATUS, more than a check and a boundary take
MOST_WAIT_STATES = 64
ACCEPTED = 4  # STATUS: idle, nothing pending, nothing refused
PENDING = 1
MANY = 256  # vectors from which two words share them, so that two processors do
SEED = 1  # of what registers hold before the reset
SLACK = 2  # times the longest run of a vector
MOST_TRACED = 2048  # cycles; some 20 MB of waveforms of a 128 x 128 tile


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a tile is reset and what is loaded into its table.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    reset : str
        Its reset pin.
    reset_level : int
        The level that resets.
    writes : sequence of (int, int)
        Addresses and words, in order; the last one commits.
    status : int
        Address of ``STATUS``.
    """

    spec: TileSpec
    reset: str
    reset_level: int
    writes: Sequence[tuple[int, int]]
    status: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Vectors:
    """What is played.

    Parameters
    ----------
    x : numpy.ndarray of int64, shape (vectors, rows)
        Inputs.
    y_in : numpy.ndarray of int64, shape (vectors, outputs used)
        Summands; not used without that port.
    cells : numpy.ndarray of int64, shape (rows, columns)
        Digits that the array stores.
    """

    x: NDArray[np.int64]
    y_in: NDArray[np.int64]
    cells: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """What all slots of a program did in one stimulus.

    Parameters
    ----------
    program : Program
        The netlist.
    phases : numpy.ndarray of uint8, shape (2 * cycles, slots)
        Values at the end of every high and every low phase.
    """

    program: Program
    phases: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """What came of it.

    Parameters
    ----------
    activity : Activity
        Counts of the cycles that are counted, see the module.
    order : numpy.ndarray of int64, shape (stimuli, steps)
        Vectors that a stimulus played; -1 behind the last.
    y : numpy.ndarray of int64, shape (stimuli, steps, outputs)
        What it gave; only as far as there were vectors.
    strobes : numpy.ndarray of int64, shape (stimuli, lanes)
        Strobes of each comparator for all of these vectors.
    vectors, conversions, decisions : int
        What was counted: vectors, and the conversions and strobes in the cycles that are.
    trace : Trace or None
        One stimulus in detail, if wanted.
    """

    activity: Activity
    order: NDArray[np.int64]
    y: NDArray[np.int64]
    strobes: NDArray[np.int64]
    vectors: int
    conversions: int
    decisions: int
    trace: Trace | None

    @property
    def cycles_per_vector(self) -> float:
        """Cycles from one vector to the next, without a pause between them."""
        return self.activity.cycles / self.vectors


def compile_tile(netlist: Netlist, library: Library, spec: TileSpec, *, clock: str) -> Program:
    """Make a program of a mapped tile; comparators answer within a cycle.

    Raises
    ------
    UserError
        When a pin is missing, a cell cannot be simulated, or an analog pin depends on a comparator
        without a flip-flop in between.
    """
    late = [f"lane{k}_compare" for k in range(spec.lanes)]
    program = compile_netlist(netlist, library, clock=clock, late=late)
    pins = _pins(program, spec)
    for name in ("row_drive", "sample", "strobe", "acquire", "bank", "column", "dac"):
        if not program.late.isdisjoint(getattr(pins, name).ravel().tolist()):
            raise UserError(
                f"{netlist.top}: {name} must not depend on compare without a flip-flop in between"
            )
    return program


def play_tile(program: Program, setup: Setup, vectors: Vectors, *, trace_cycles: int = 0) -> Played:
    """Play vectors through a mapped tile.

    Parameters
    ----------
    program : Program
        What `compile_tile` made.
    setup : Setup
        The tile's reset and table.
    vectors : Vectors
        What to play.
    trace_cycles : int
        Cycles of stimulus 0 to record, from the first that is counted to the last at most.

    Raises
    ------
    Mismatch
        When the table is refused, or words of ``y`` do not come.
    UserError
        When gates do not come to rest, or too many cycles are to be recorded.
    """
    if not len(vectors.x):
        raise ValueError("Vectors must be one at least, not none")
    if not 0 <= trace_cycles <= MOST_TRACED:
        raise UserError(
            f"cycles of a waveform: must be between 0 and {MOST_TRACED}, not {trace_cycles}"
        )
    order, own = _order(len(vectors.x))
    words = [slice(first, first + LANES) for first in range(0, len(order), LANES)]
    simulator = Simulator(program, words=len(words), seed=SEED)
    _load(simulator, setup)
    spec, pins = setup.spec, _pins(program, setup.spec)
    outputs = vectors.y_in.shape[1]
    limit = SLACK * order.shape[1] * _longest(spec, outputs)
    phases = np.zeros((2 * trace_cycles, program.slots), dtype=np.uint8)
    tallies = [
        _tally(simulator, word, spec, order.shape[1] * outputs, phases[: 0 if word else None])
        for word in range(len(words))
    ]

    def play_word(word: int) -> int:
        job = _job(spec, vectors, order[words[word]], own[words[word]])
        return play(program.code, pins, job, simulator.work(word), tallies[word], limit)

    with ThreadPoolExecutor(len(words)) as pool:
        if RESTLESS in pool.map(play_word, range(len(words))):
            raise not_settled(program)
    simulator.cycles = sum(int(tally.cycles.sum()) for tally in tallies)
    _check_words(order, outputs, np.concatenate([tally.found for tally in tallies]))
    traced = 2 * min(trace_cycles, int(tallies[0].cycles[0]))
    return Played(
        activity=simulator.activity(),
        order=order,
        y=np.concatenate([tally.y for tally in tallies]).reshape(*order.shape, outputs),
        strobes=np.concatenate([tally.strobes for tally in tallies]),
        vectors=len(vectors.x),
        conversions=sum(int(t.acquires.sum()) for t in tallies) // spec.acquire_cycles,
        decisions=sum(int(tally.decisions.sum()) for tally in tallies),
        trace=Trace(program=program, phases=phases[:traced]) if trace_cycles else None,
    )


def _tally(
    simulator: Simulator, word: int, spec: TileSpec, y_words: int, trace: NDArray[np.uint8]
) -> Tally:
    """Return empty arrays to count in, but for those of the simulator."""
    return Tally(
        toggles=simulator.toggles[word],
        ones=simulator.ones[word],
        cycles=np.zeros(LANES, dtype=np.int64),
        decisions=np.zeros((LANES, spec.lanes), dtype=np.int64),
        acquires=np.zeros((LANES, spec.lanes), dtype=np.int64),
        strobes=np.zeros((LANES, spec.lanes), dtype=np.int64),
        y=np.zeros((LANES, y_words), dtype=np.int64),
        found=np.zeros(LANES, dtype=np.int64),
        trace=trace,
    )


def _check_words(order: NDArray[np.int64], outputs: int, found: NDArray[np.int64]) -> None:
    """Refuse too many words of ``y``, and too few."""
    wanted = outputs * (order >= 0).sum(axis=1)
    for stimulus in np.flatnonzero(found != wanted)[:1]:
        listed = ", ".join(str(vector) for vector in order[stimulus] if vector >= 0)
        raise Mismatch(
            f"vectors {listed or 'none'}, words of y: expected {wanted[stimulus]}, "
            f"got {found[stimulus]}"
        )


def _order(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Share vectors among stimuli: what each plays, and how many of these are its own.

    >>> order, own = _order(2)
    >>> order[:3].tolist(), own[:3].tolist()
    ([[1, 0, 1], [0, 1, 0], [-1, -1, -1]], [1, 1, 0])
    """
    stimuli = LANES * (1 + (count >= MANY))
    parts = np.array_split(np.arange(count), min(count, stimuli))
    own = np.zeros(stimuli, dtype=np.int64)
    order = np.full((stimuli, 2 + max(map(len, parts))), -1, dtype=np.int64)
    for stimulus, part in enumerate(parts):
        own[stimulus] = len(part)
        order[stimulus, : len(part) + 2] = np.arange(part[0] - 1, part[-1] + 2) % count
    return order, own


def _pins(program: Program, spec: TileSpec) -> Pins:
    """Find the pins of a tile."""
    ports = program.netlist.ports
    none = np.zeros(0, dtype=np.uint32)

    def pin(name: str) -> NDArray[np.uint32]:
        if name not in ports:
            raise UserError(f"{program.netlist.top}: must have a pin {name}, not none")
        return program.port(name)

    def lanes(name: str) -> NDArray[np.uint32]:
        return np.stack([pin(f"lane{k}_{name}") for k in range(spec.lanes)])

    return Pins(
        x_valid=int(pin("x_valid")[0]),
        x_ready=int(pin("x_ready")[0]),
        x_payload=pin("x_payload"),
        y_in_valid=int(pin("y_in_valid")[0]) if spec.y_in else ZERO,
        y_in_ready=int(pin("y_in_ready")[0]) if spec.y_in else ZERO,
        y_in_payload=pin("y_in_payload") if spec.y_in else none,
        y_valid=int(pin("y_valid")[0]),
        y_payload=pin("y_payload"),
        row_drive=pin("row_drive"),
        sample=pin("sample"),
        strobe=lanes("strobe")[:, 0],
        acquire=lanes("acquire")[:, 0],
        bank=lanes("bank")[:, 0],
        compare=lanes("compare")[:, 0],
        column=lanes("column"),
        dac=lanes("dac"),
    )


def _load(simulator: Simulator, setup: Setup) -> None:
    """Reset the tiles and load their tables."""
    for name, port in simulator.program.netlist.ports.items():
        if port.direction == "input":
            simulator.set(name, 0)
    simulator.set(setup.reset, setup.reset_level)
    simulator.set("y_ready", 1)
    for _ in range(RESET_CYCLES):
        simulator.cycle(counted=False)
    simulator.set(setup.reset, 1 - setup.reset_level)
    simulator.cycle(counted=False)
    for address, word in setup.writes:
        _transfer(simulator, address, word)
    for _ in range(MOST_CHECKS):
        status = _transfer(simulator, setup.status)
        if not (status & PENDING).any():
            break
    if (status != ACCEPTED).any():
        wrong = int(status[status != ACCEPTED][0])
        raise Mismatch(f"STATUS after a commit: expected {ACCEPTED}, got {wrong}")


def _transfer(simulator: Simulator, address: int, word: int | None = None) -> NDArray[np.int64]:
    """Make one access to the table port; a read without a word."""
    pins = {"psel": 1, "pwrite": int(word is not None), "paddr": address, "pwdata": word or 0}
    for name, value in pins.items():
        simulator.set(name, value)
    simulator.cycle(counted=False)
    simulator.set("penable", 1)
    for _ in range(MOST_WAIT_STATES):
        simulator.cycle(counted=False)
        if simulator.get("pready").all():
            break
    else:
        raise Mismatch(f"pready: expected within {MOST_WAIT_STATES} cycles")
    if simulator.get("pslverr").any():
        raise Mismatch(f"access to address {address:#x}: expected no error, got one")
    read = simulator.get("prdata")
    for name in ("psel", "penable", "pwrite"):
        simulator.set(name, 0)
    simulator.cycle(counted=False)
    return read


def _job(spec: TileSpec, vectors: Vectors, order: NDArray[np.int64], own: NDArray[np.int64]) -> Job:
    """Write out what the stimuli of a word play."""
    x = np.zeros((len(vectors.x), spec.rows), dtype=np.int64)
    x[:, : vectors.x.shape[1]] = vectors.x
    outputs = vectors.y_in.shape[1]
    y_in = vectors.y_in if spec.y_in else vectors.y_in[:0]
    return Job(
        order=order,
        first=outputs * np.minimum(own, 1),
        last=outputs * (own + np.minimum(own, 1)),
        x=_bits(x, spec.input_bits).reshape(len(x), spec.beats, -1),
        y_in=_bits(y_in, spec.y_bits),
        outputs=outputs,
        cells=_cells(spec, vectors.cells),
        capture=spec.compare_latency - 2 - spec.compare_stages,
        columns_per_lane=spec.columns_per_lane,
        traced=0,
    )


def _bits(values: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """Split numbers into bits, LSB first, in a new last axis."""
    return (values[..., np.newaxis] >> np.arange(bits) & 1).astype(np.uint8)


def _cells(spec: TileSpec, cells: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Put bit b of a cell where bit d of its digit is on ``row_drive``: (columns, b, d, words)."""
    bits = spec.rows * spec.dac_bits
    masks = np.zeros((spec.columns, spec.cell_bits, spec.dac_bits, -(-bits // 64) * 64), np.uint8)
    for b in range(spec.cell_bits):
        for d in range(spec.dac_bits):
            masks[:, b, d, d : bits : spec.dac_bits] = cells.T >> b & 1
    return np.packbits(masks, axis=-1, bitorder="little").view("<u8")


def _longest(spec: TileSpec, outputs: int) -> int:
    """Return more cycles than a vector can take."""
    read = spec.columns_per_lane * spec.longest_conversion + spec.settle_row + spec.sample_cycles
    return spec.planes * (read + 8) + spec.beats + 4 * outputs + 64
