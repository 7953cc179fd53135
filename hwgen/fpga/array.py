"""What the analog pins of a tile lead to, in digital: array, sample-and-holds, comparators.

Synthesisable, and as unforgiving as the times of the pins allow: rows that have not settled, a
sample that ends early and a column that was not waited for give wrong counts, and a comparator is
right in no cycle but the one in which its answer is due.
"""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.tile import LANE_PINS
from hwgen_models.spec import TileSpec

__all__ = ["Comparator", "DigitalArray", "HeldRows", "LaneColumns", "population_count"]

BLOCK_RAM = {"ram_style": "block", "rom_style": "block"}


def population_count(bits: Value) -> Value:
    """Return how many of `bits` are set, as a tree of adders."""
    sums: list[Value] = list(bits)
    while len(sums) > 1:
        pairs = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)]
        sums = pairs + sums[len(pairs) * 2 :]
    return sums[0]


class HeldRows(wiring.Component):
    """Sample-and-holds: the word lines as they were at the end of a sample, for each bank.

    A count is a function of the driven digits and of a stored column, so holding the digits holds
    the counts of all columns at once.

    Timing: a sample takes effect at the end of its `sample_cycles`-th cycle. Rows that had not
    been steady for `settle_row` cycles when it began are held as zeros, and ``hold_clear`` leaves
    zeros.

    Parameters
    ----------
    spec : TileSpec
        The tile.

    Members
    -------
    row_drive : In(rows * dac_bits); sample, hold_clear : In(2)
        Pins of the tile.
    held_0, held_1 : Out(rows * dac_bits)
        What each bank holds.
    """

    row_drive: Signal
    sample: Signal
    hold_clear: Signal
    held_0: Signal
    held_1: Signal

    def __init__(self, spec: TileSpec) -> None:
        self.spec = spec
        width = spec.rows * spec.dac_bits
        super().__init__({
            "row_drive": In(width),
            "sample": In(2),
            "hold_clear": In(2),
            "held_0": Out(width),
            "held_1": Out(width),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # Cycles since the rows changed, up to what the last one of a sample needs.
        enough = self.spec.settle_row + self.spec.sample_cycles - 1
        before = Signal.like(self.row_drive)
        steady = Signal(range(enough + 1))
        changed = Signal()
        m.d.sync += before.eq(self.row_drive)
        m.d.comb += changed.eq(before != self.row_drive)
        with m.If(changed):
            m.d.sync += steady.eq(1)
        with m.Elif(steady < enough):
            m.d.sync += steady.eq(steady + 1)

        settled = Signal()
        sampled = Signal(range(self.spec.sample_cycles))  # cycles of this sample before this one
        m.d.comb += settled.eq(~changed & (steady == enough))
        with m.If(self.sample.any()):
            m.d.sync += sampled.eq(sampled + 1)
        with m.Else():
            m.d.sync += sampled.eq(0)
        for bank, held in enumerate((self.held_0, self.held_1)):
            with m.If(self.sample[bank] & (sampled == self.spec.sample_cycles - 1)):
                m.d.sync += held.eq(Mux(settled, self.row_drive, 0))
            with m.If(self.hold_clear[bank]):
                m.d.sync += held.eq(0)
        return m


class LaneColumns(wiring.Component):
    r"""The columns of one lane, in block RAM: the count of the one that is looked at.

    .. math:: \text{count} = \sum_r d_r\, c_{r} =
              \sum_{i, j} 2^{i + j}\, \mathrm{popcount}(d^{(i)} \wedge c^{(j)})

    with the bits i of the held digits and j of the cells.

    Timing: with ``acquire``, ``count`` becomes that of the ``column`` from `settle_mux` +
    `acquire_cycles` - 1 cycles before: the right one in the last cycle that a conversion acquires.

    Parameters
    ----------
    spec : TileSpec
        The tile; `settle_mux` + `acquire_cycles` must be at least 2, one of them the RAM's.
    pages : sequence of sequence of int
        Contents of the array, one after another: for each the columns of the lane, with the digit
        of row 0 lowest.

    Members
    -------
    page : In(range(pages))
        Contents that count.
    column : In(range(columns_per_lane)); bank, acquire : In(1)
        Pins of the lane.
    held_0, held_1 : In(rows * dac_bits)
        What the banks hold.
    count : Out(range(largest_count + 1))
        Count that was acquired.
    """

    page: Signal
    column: Signal
    bank: Signal
    acquire: Signal
    held_0: Signal
    held_1: Signal
    count: Signal

    def __init__(self, spec: TileSpec, pages: Sequence[Sequence[int]]) -> None:
        self.spec = spec
        self.delay = spec.settle_mux + spec.acquire_cycles - 2
        if self.delay < 0:
            raise ValueError("Settling and acquiring must take at least 2 cycles, not 1")
        self.pages = pages
        width = spec.rows * spec.dac_bits
        super().__init__({
            "page": In(range(len(pages))),
            "column": In(range(spec.columns_per_lane)),
            "bank": In(1),
            "acquire": In(1),
            "held_0": In(width),
            "held_1": In(width),
            "count": Out(range(spec.largest_count + 1)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        spec = self.spec

        places = 1 << len(self.column)
        words = [word for page in self.pages for word in [*page, *[0] * (places - len(page))]]
        m.submodules.columns = columns = memory.Memory(
            shape=spec.rows * spec.cell_bits, depth=len(words), init=words, attrs=BLOCK_RAM
        )
        port = columns.read_port()
        address: Value = Cat(self.column, self.page)
        for k in range(self.delay):
            settling = Signal(len(address), name=f"settling_{k}")
            m.d.sync += settling.eq(address)
            address = settling
        m.d.comb += port.addr.eq(address)

        held = Signal.like(self.held_0)
        m.d.comb += held.eq(Mux(self.bank, self.held_1, self.held_0))
        count = Signal.like(self.count)
        m.d.comb += count.eq(
            sum(
                population_count(held[i :: spec.dac_bits] & port.data[j :: spec.cell_bits])
                << (i + j)
                for i in range(spec.dac_bits)
                for j in range(spec.cell_bits)
            )
        )
        with m.If(self.acquire):
            m.d.sync += self.count.eq(count)
        return m


class Comparator(wiring.Component):
    """Tell whether a count reaches a threshold, at the one moment at which that is asked.

    Timing: the threshold takes `settle_dac` cycles; the answer to a ``strobe`` is at ``compare``
    in the cycle in which the lane's flip-flop captures it, `compare_latency` - 2 -
    `compare_stages` cycles later. In every other cycle ``compare`` is wrong.

    Parameters
    ----------
    spec : TileSpec
        The tile.

    Members
    -------
    count : In(range(largest_count + 1))
        The held value.
    dac : In(readout_bits); strobe : In(1); compare : Out(1)
        Pins of the lane.
    """

    count: Signal
    dac: Signal
    strobe: Signal
    compare: Signal

    def __init__(self, spec: TileSpec) -> None:
        self.settle_dac = spec.settle_dac
        self.delay = spec.compare_latency - 2 - spec.compare_stages
        super().__init__({
            "count": In(range(spec.largest_count + 1)),
            "dac": In(spec.readout_bits),
            "strobe": In(1),
            "compare": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()

        threshold = self.dac
        for k in range(self.settle_dac):
            settling = Signal.like(self.dac, name=f"settling_{k}")
            m.d.sync += settling.eq(threshold)
            threshold = settling

        asked, above = self.strobe, Signal()
        m.d.comb += above.eq(self.count >= threshold)
        answer = above
        for k in range(self.delay):
            asked_later, answer_later = Signal(name=f"asked_{k}"), Signal(name=f"answer_{k}")
            m.d.sync += [asked_later.eq(asked), answer_later.eq(answer)]
            asked, answer = asked_later, answer_later
        m.d.comb += self.compare.eq(~(asked ^ answer))
        return m


class DigitalArray(wiring.Component):
    """Array, sample-and-holds and comparators of a tile.

    Parameters
    ----------
    spec : TileSpec
        The tile.
    pages : sequence of array_like of int, shape (rows, columns)
        What the cells store (`hwgen_models.crossbar.cells_of`), one page after another.

    Members
    -------
    page : In(range(pages))
        Contents that count. May change while no conversion is under way.
    row_drive, sample, hold_clear, lane0_column, ... : In; lane0_compare, ... : Out
        The analog pins of `hwgen.gateware.tile.Tile`, from the other side.
    """

    def __init__(self, spec: TileSpec, pages: Sequence) -> None:
        self.spec = spec
        self.held_rows = HeldRows(spec)
        self.lanes = [
            LaneColumns(spec, [_columns_of(spec, lane, cells) for cells in pages])
            for lane in range(spec.lanes)
        ]
        self.comparators = [Comparator(spec) for _ in range(spec.lanes)]
        held = self.held_rows.signature.members
        members = {name: held[name] for name in ("row_drive", "sample", "hold_clear")}
        members["page"] = In(range(len(pages)))
        for k, (lane, comparator) in enumerate(zip(self.lanes, self.comparators, strict=True)):
            known = dict(lane.signature.members) | dict(comparator.signature.members)
            members |= {f"lane{k}_{pin}": known.get(pin, In(1)) for pin in LANE_PINS}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.held_rows = held_rows = self.held_rows
        for k, (lane, comparator) in enumerate(zip(self.lanes, self.comparators, strict=True)):
            m.submodules[f"lane_{k}"] = lane
            m.submodules[f"comparator_{k}"] = comparator
            pins = {pin: getattr(self, f"lane{k}_{pin}") for pin in LANE_PINS}
            m.d.comb += [
                lane.page.eq(self.page),
                lane.held_0.eq(held_rows.held_0),
                lane.held_1.eq(held_rows.held_1),
                comparator.count.eq(lane.count),
                pins["compare"].eq(comparator.compare),
            ]
            m.d.comb += [getattr(lane, pin).eq(pins[pin]) for pin in ("column", "bank", "acquire")]
            m.d.comb += [getattr(comparator, pin).eq(pins[pin]) for pin in ("dac", "strobe")]
        m.d.comb += [
            held_rows.row_drive.eq(self.row_drive),
            held_rows.sample.eq(self.sample),
            held_rows.hold_clear.eq(self.hold_clear),
        ]
        return m


def _columns_of(spec: TileSpec, lane: int, cells: Sequence) -> list[int]:
    """Pack the columns that a lane serves, row 0 lowest."""
    first = lane * spec.columns_per_lane
    return [
        sum(int(row[column]) << (k * spec.cell_bits) for k, row in enumerate(cells))
        for column in range(first, first + spec.columns_per_lane)
    ]
