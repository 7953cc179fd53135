"""The self-test: loads the table, sends what is to be multiplied, compares what comes back."""

from collections.abc import Sequence

from amaranth import Module, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out, flipped

from hwgen.fpga.array import BLOCK_RAM, population_count
from hwgen.fpga.exercise import Exercise
from hwgen.gateware.registers import register_map
from hwgen.gateware.streams import link
from hwgen.gateware.tile import TABLE_PINS

__all__ = ["Player", "SelfTest"]

PATIENCE = 4  # times that the slowest vector may take
STATUS = next(one for one in register_map(bits=1, outputs=1, ranges=0) if one.name == "STATUS")
PENDING, REFUSED = (
    next(field.low for field in STATUS.fields if field.name == name)
    for name in ("pending", "refused")
)


class Player(wiring.Component):
    """Offer the words of a block RAM, over and over.

    Timing: a word every two cycles. Reset goes back to the first one.

    Parameters
    ----------
    shape : shape-like
        Of a word.
    words : sequence of int
        What to play, as plain bits.

    Members
    -------
    o : Out(stream.Signature(shape))
        The words.
    """

    o: stream.Interface

    def __init__(self, shape: ShapeLike, words: Sequence[int]) -> None:
        self.words = words
        super().__init__({"o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        payload = Value.cast(self.o.payload)
        m.submodules.words = words = memory.Memory(
            shape=len(payload), depth=len(self.words), init=self.words, attrs=BLOCK_RAM
        )
        port = words.read_port()
        place = Signal(range(len(self.words)))
        m.d.comb += [port.addr.eq(place), payload.eq(port.data)]
        m.d.sync += self.o.valid.eq(1)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [self.o.valid.eq(0), place.eq(place + 1)]
            with m.If(place == len(self.words) - 1):
                m.d.sync += place.eq(0)
        return m


class SelfTest(wiring.Component):
    """Run an `Exercise` on a tile, once.

    First the table is written and committed. Then, page by page, the vectors are sent; every word
    of ``y`` is compared, and decisions are counted. The next page waits until the tile is idle. A
    refused table, a word that is wrong or one too many, another number of decisions, and a tile
    that gives nothing any more: each fails the test.

    Timing: starts after reset. ``running`` falls when the verdict is there.

    Parameters
    ----------
    exercise : Exercise
        What to do.
    tile : Signature
        That of the tile.

    Members
    -------
    x, y_in : Out(stream); y : In(stream)
        To and from the tile; ``y_in`` only where it has that port.
    paddr ... pslverr : Out, In
        To its table port.
    idle : In(1)
        Of the tile.
    strobes : In(lanes)
        Strobes of all lanes.
    page : Out(range(pages))
        Contents that the array is to have.
    running, passed : Out(1)
        The verdict is not there yet; it is good.
    vectors, decisions : Out
        Vectors that came back, right or wrong; strobes that were seen.
    """

    x: stream.Interface
    y: stream.Interface
    y_in: stream.Interface
    paddr: Signal
    psel: Signal
    penable: Signal
    pwrite: Signal
    pwdata: Signal
    prdata: Signal
    pready: Signal
    pslverr: Signal
    idle: Signal
    strobes: Signal
    page: Signal
    running: Signal
    passed: Signal
    vectors: Signal
    decisions: Signal

    def __init__(self, exercise: Exercise, tile: wiring.Signature) -> None:
        self.exercise = exercise
        words = {"x": exercise.x, "y": exercise.y}
        if exercise.spec.y_in:
            words["y_in"] = exercise.y_in
        self.players = {
            name: Player(tile.members[name].signature.members["payload"].shape, words[name])
            for name in words
        }
        super().__init__({
            **{name: tile.members[name].flip() for name in (*words, *TABLE_PINS, "idle")},
            "strobes": In(exercise.spec.lanes),
            "page": Out(range(len(exercise.pages))),
            "running": Out(1, init=1),
            "passed": Out(1),
            "vectors": Out(range(exercise.passes + 1)),
            "decisions": Out(range(exercise.most_decisions + 1)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        exercise = self.exercise
        for name, player in self.players.items():
            m.submodules[f"{name}_player"] = player

        sending, turning = Signal(), Signal()  # inputs may go; the next page begins
        sent = self._send(m, sending)
        complete, wrong = self._compare(m, turning)
        with m.If(self.running):
            m.d.sync += self.decisions.eq(self.decisions + population_count(self.strobes))

        step = self._table_access(m)
        reading = step == len(exercise.writes)

        def end(passed):
            m.d.sync += [self.running.eq(0), self.passed.eq(passed)]
            m.next = "End"

        with m.FSM(name="phase"):
            with m.State("Table setup"):
                m.d.comb += self.psel.eq(1)
                m.next = "Table access"

            with m.State("Table access"):
                m.d.comb += [self.psel.eq(1), self.penable.eq(1)]
                with m.If(self.pready):
                    m.next = "Table setup"
                    with m.If(~reading):
                        m.d.sync += step.eq(step + 1)
                    with m.Elif(~self.prdata[PENDING]):
                        m.next = "Send"
                    with m.If(self.pslverr | (reading & self.prdata[REFUSED])):
                        end(passed=0)

            with m.State("Send"):
                m.d.comb += sending.eq(1)
                with m.If(sent):
                    m.next = "Wait"

            with m.State("Wait"), m.If(complete & self.idle):
                m.d.comb += turning.eq(1)
                m.d.sync += self.page.eq(self.page + 1)
                m.next = "Send"
                with m.If(self.page == len(exercise.pages) - 1):
                    end(passed=~wrong & (self.decisions == exercise.decisions))

            with m.State("End"):
                pass

        with m.If(self._stuck(m)):
            m.d.sync += [self.running.eq(0), self.passed.eq(0)]
        return m

    def _table_access(self, m: Module) -> Signal:
        """Say what is accessed: the registers to write in turn, then the status."""
        writes = self.exercise.writes
        step = Signal(range(len(writes) + 1))
        m.d.comb += [self.paddr.eq(STATUS.address), self.pwrite.eq(step != len(writes))]
        with m.Switch(step):
            for k, (address, word) in enumerate(writes):
                with m.Case(k):
                    m.d.comb += [self.paddr.eq(address), self.pwdata.eq(word)]
        return step

    def _send(self, m: Module, sending: Signal) -> Signal:
        """Play the inputs of a page while `sending`; tell when the last one goes."""
        if self.exercise.spec.y_in:
            link(m, self.players["y_in"].o, flipped(self.y_in))
        player = self.players["x"].o
        beats = self.exercise.vectors * self.exercise.spec.beats
        beat = Signal(range(beats))
        sent = Signal()
        m.d.comb += [
            self.x.payload.eq(player.payload),
            self.x.valid.eq(player.valid & sending),
            player.ready.eq(self.x.ready & sending),
        ]
        with m.If(self.x.valid & self.x.ready):
            m.d.sync += beat.eq(beat + 1)
            with m.If(beat == beats - 1):
                m.d.comb += sent.eq(1)
                m.d.sync += beat.eq(0)
        return sent

    def _compare(self, m: Module, turning: Signal) -> tuple[Signal, Signal]:
        """Compare what comes back; tell when a page has, and whether anything was wrong."""
        player = self.players["y"].o
        output = Signal(range(self.exercise.outputs_used))
        vector = Signal(range(self.exercise.vectors + 1))
        complete, wrong = Signal(), Signal()
        m.d.comb += [
            complete.eq(vector == self.exercise.vectors),
            self.y.ready.eq(player.valid),
            player.ready.eq(self.y.valid),
        ]
        with m.If(self.y.valid & self.y.ready):
            m.d.sync += output.eq(output + 1)
            with m.If((self.y.payload != player.payload) | complete):
                m.d.sync += wrong.eq(1)
            with m.If(output == self.exercise.outputs_used - 1):
                m.d.sync += output.eq(0)
                with m.If(~complete):
                    m.d.sync += [vector.eq(vector + 1), self.vectors.eq(self.vectors + 1)]
        with m.If(turning):
            m.d.sync += vector.eq(0)
        return complete, wrong

    def _stuck(self, m: Module) -> Signal:
        """Tell that nothing has come back for longer than any vector takes."""
        spec = self.exercise.spec
        read = (
            spec.settle_row + spec.sample_cycles + spec.columns_per_lane * spec.longest_conversion
        )
        vector = spec.beats + (spec.planes + 1) * read + spec.outputs
        silence = Signal(range(PATIENCE * vector))
        stuck = Signal()
        m.d.comb += stuck.eq(silence == PATIENCE * vector - 1)
        m.d.sync += silence.eq(silence + 1)
        with m.If(stuck | (self.y.valid & self.y.ready)):
            m.d.sync += silence.eq(0)
        return stuck & self.running
