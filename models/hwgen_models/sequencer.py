"""Golden model of the schedule: the cycle of every event of a tile, for given stalls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.lane import read_times

__all__ = ["NEVER", "Schedule", "Sequencer", "Willing", "always"]

NEVER = -1  # the cycle of what does not happen
PATIENCE = 1_000_000  # cycles without a willing one after which a pattern counts as dead

Willing = Callable[[int], bool]


def always(cycle: int) -> bool:  # noqa: ARG001
    """Be willing in every cycle."""
    return True


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The cycle of every event, in the letters of ``docs/architecture.md``, section 5.

    V vectors, T planes, L lanes, n outputs in use. Plane axes hold `NEVER` where a read was
    skipped. A cycle is the one in which the event is visible: "high in", "on the rows since".

    Parameters
    ----------
    x : numpy.ndarray of int64, shape (V, beats)
        a: beats of ``x`` accepted.
    rows : shape (V, T)
        d: plane on the word lines; skipped planes too.
    sample : shape (V, T)
        s: ``sample`` rises.
    last_sample : shape (V, T)
        q: last cycle of ``sample``; banks are pending from the next.
    bank : shape (V, T)
        b: bank that holds the read.
    lane_idle, lane_finish : shape (V, T, L)
        i, f: as of `hwgen_models.lane.read_times`.
    served : shape (V, T)
        F: first cycle in which no lane has the read pending.
    end : shape (V,)
        First cycle of the sequencer's end state; the rows are off from here on.
    ending : shape (V,)
        e: first cycle with ``ending`` high, and first idle one of the sequencer.
    drain : shape (V,)
        g: output 0 is read from the accumulators, output o in g + o.
    move : shape (V, n)
        m: output moves to the register of ``y``; beat of ``y_in`` accepted.
    y : shape (V, n)
        Beats of ``y`` accepted.
    """

    x: NDArray[np.int64]
    rows: NDArray[np.int64]
    sample: NDArray[np.int64]
    last_sample: NDArray[np.int64]
    bank: NDArray[np.int64]
    lane_idle: NDArray[np.int64]
    lane_finish: NDArray[np.int64]
    served: NDArray[np.int64]
    end: NDArray[np.int64]
    ending: NDArray[np.int64]
    drain: NDArray[np.int64]
    move: NDArray[np.int64]
    y: NDArray[np.int64]

    @property
    def hold_clear(self) -> NDArray[np.int64]:
        """Cycles in which ``hold_clear`` of the read's bank is high, F + 1; shape (V, T)."""
        return np.where(self.served == NEVER, NEVER, self.served + 1)

    @property
    def x_ready(self) -> NDArray[np.int64]:
        """Cycles from which ``x_ready`` is high again: the last plane is on the rows; (V,)."""
        return self.rows[:, -1]

    @property
    def y_in(self) -> NDArray[np.int64]:
        """Cycles in which beats of ``y_in`` are accepted; shape (V, n)."""
        return self.move

    @property
    def finish(self) -> int:
        """First cycle with nothing left in flight: ``idle`` is high from here on."""
        return int(self.y[-1, -1]) + 1 if len(self.y) else 0


@dataclass(frozen=True, kw_only=True)
class Sequencer:
    r"""The event recurrences of a tile.

    For plane t of a vector, with n outputs in use; primes mark what came before:

    .. math::
        d_0 &= \max(a_{last} + 1, e') + 1 \\
        d_{t+1} &= d_t + 2 \text{ when empty, else } q_t + 2 \\
        s &= \max(d + \text{settle\_row},\ F_{bank} + 2,\ g' + n + 1) \\
        q &= s + \text{sample\_cycles} - 1 \\
        i &= \max(q + 1, f'), \qquad f = i + 1 + \sum T_k, \qquad F = \max_{lanes} f \\
        e &= \max(d_{last} + 2 \text{ or } q_{last} + 2,\ g' + n) + 1 \\
        g &= \max(e,\ F_{last} + 1,\ m'_{n-1} + 1) \\
        m_o &= \text{first cycle} \ge \max(g + o + 1,\ m_{o-1} + 1) \text{ with } y^{in}
               \text{ offered and } y \text{ free}

    The architecture is this project's own (``docs/architecture.md``, section 5). Commits of tables
    are not part of it: no sample may wait for one.

    Parameters
    ----------
    beats : int
        Beats of ``x`` in a vector.
    outputs : int
        Outputs in use, n.
    banks : int
        Sample-and-holds of a column, 1 or 2.
    settle_row, sample_cycles : int
        As of `TileSpec`; in cycles.
    """

    beats: int
    outputs: int
    banks: int
    settle_row: int
    sample_cycles: int

    def __post_init__(self) -> None:
        if self.banks not in {1, 2}:
            raise ValueError(f"banks must be 1 or 2, not {self.banks!r}")
        for name, least in (
            ("beats", 1),
            ("outputs", 1),
            ("settle_row", 2),
            ("sample_cycles", 1),
        ):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value!r}")

    def schedule(
        self,
        active: ArrayLike,
        lane_cycles: ArrayLike,
        *,
        x: Willing = always,
        y: Willing = always,
        y_in: Willing = always,
        start: int = 0,
        bank: int = 0,
    ) -> Schedule:
        """Return when everything happens.

        Stalls are functions of the cycle. A source offers a word from the first willing cycle
        after the transfer of the word before, and then until it is taken; a sink is ready just in
        willing cycles. For every word a source is asked about the cycle after the transfer before,
        then cycle by cycle until it is willing, and not again.

        Parameters
        ----------
        active : array_like of int, shape (V, T)
            U of every plane; only whether it is zero matters.
        lane_cycles : array_like of int, shape (V, T, L)
            Cycles of all conversions that a lane makes in a read; not looked at where U is zero.
        x, y, y_in : callable, cycle -> bool
            When the endpoints of the streams are willing. Without the port ``y_in``: always.
        start : int
            First cycle in which a beat may be offered, the tile being idle.
        bank : int
            Bank of the first sample: 0 after reset.
        """
        is_read = np.asarray(active).astype(np.bool_)
        cycles = np.asarray(lane_cycles, dtype=np.int64)
        if is_read.ndim != 2 or cycles.ndim != 3 or cycles.shape[:2] != is_read.shape:
            raise ValueError(
                "Lane cycles must have shape (vectors, planes, lanes) and active rows the first "
                f"two of it, not {cycles.shape} and {is_read.shape}"
            )
        vectors, planes, lanes = cycles.shape
        per_read = np.full((vectors, planes), NEVER, dtype=np.int64)
        per_lane = np.full((vectors, planes, lanes), NEVER, dtype=np.int64)
        per_vector = np.full(vectors, NEVER, dtype=np.int64)
        per_output = np.full((vectors, self.outputs), NEVER, dtype=np.int64)
        result = Schedule(
            x=np.full((vectors, self.beats), NEVER, dtype=np.int64),
            rows=per_read.copy(),
            sample=per_read.copy(),
            last_sample=per_read.copy(),
            bank=per_read.copy(),
            lane_idle=per_lane.copy(),
            lane_finish=per_lane.copy(),
            served=per_read.copy(),
            end=per_vector.copy(),
            ending=per_vector.copy(),
            drain=per_vector.copy(),
            move=per_output.copy(),
            y=per_output.copy(),
        )

        offered = ready = idle = start  # word of x; input buffer; sequencer
        bank_free = [start, start]  # a sample may rise
        lane_free = [start] * lanes
        drained = start - 1  # g + n: `ending` is low
        moved = taken = start  # last word left the output buffer; and the register of y
        for v in range(vectors):
            for beat in range(self.beats):
                accepted = max(_first(x, offered), ready)
                result.x[v, beat] = accepted
                offered = accepted + 1

            last_served = start - 1
            rows = max(int(result.x[v, -1]) + 1, idle) + 1
            for t in range(planes):
                result.rows[v, t] = rows
                if t == planes - 1:
                    ready = rows
                if not is_read[v, t]:
                    rows += 2
                    continue
                sample = max(rows + self.settle_row, bank_free[bank], drained + 1)
                last = sample + self.sample_cycles - 1
                result.sample[v, t], result.last_sample[v, t] = sample, last
                result.bank[v, t] = bank
                for lane in range(lanes):
                    times = read_times(
                        last_sample=last,
                        free=lane_free[lane],
                        cycles=int(cycles[v, t, lane]),
                    )
                    result.lane_idle[v, t, lane] = times.idle
                    result.lane_finish[v, t, lane] = lane_free[lane] = times.finish
                last_served = max(lane_free)
                result.served[v, t] = last_served
                bank_free[bank] = last_served + 2
                bank = (bank + 1) % self.banks
                rows = last + 2

            result.end[v] = rows
            result.ending[v] = idle = max(rows, drained) + 1
            drain = max(idle, last_served + 1, moved)
            result.drain[v] = drain
            drained = drain + self.outputs
            for output in range(self.outputs):
                move = max(drain + output + 1, _first(y_in, moved), taken)
                result.move[v, output] = move
                moved = move + 1
                taken = _first(y, move + 1)
                result.y[v, output] = taken
        return result


def _first(willing: Willing, cycle: int) -> int:
    """Return the first willing cycle from `cycle` on."""
    for at in range(cycle, cycle + PATIENCE):
        if willing(at):
            return at
    raise ValueError(f"A stall must end: not willing from cycle {cycle} to {cycle + PATIENCE}")
