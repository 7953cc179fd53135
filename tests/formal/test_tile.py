# amaranth: UnusedElaboratable=no
"""A whole tile: its streams keep their contract, and what comes out is the matrix product."""

import pytest
from amaranth import Array, Cat, Module, Mux, Shape, Signal
from amaranth.hdl import Assume, Cover

from hwgen.gateware.lane import Lane
from hwgen.gateware.output_buffer import OutputBuffer
from hwgen.gateware.row_drive import RowDrive
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.splice import Splice
from hwgen.gateware.tile import Tile
from hwgen_models.spec import TileSpec
from tests.formal.around import Around
from tests.formal.support import anything, claim, inject, prove
from tests.formal.tree import Table, legal

pytestmark = pytest.mark.formal

SMALL = {
    "rows": 2,
    "columns": 4,
    "slices": 1,
    "columns_per_lane": 2,
    "input_bits": 2,
    "readout_bits": 2,
    "x_elements": 2,
    "row_tiles": 1,
    "settle_row": 2,
    "settle_mux": 0,
}


class KeepsTheStreamContract(Around):
    """An untaken word on ``y`` is neither withdrawn nor changed, and is offered unasked.

    From any state, and whatever the rest of the tile and of the world does.
    """

    depth = 2

    def elaborate(self, platform):
        m = Module()
        self.enter(m)
        y, y_in, words = self.dut.y, self.dut.y_in, self.dut.output_buffer
        waiting, word = Signal(), Signal.like(y.payload)
        m.d.sync += [waiting.eq(y.valid & ~y.ready), word.eq(y.payload)]
        claim(m, y.valid & (y.payload == word), when=waiting)

        # nobody waits for `ready` before offering, nor takes a partial sum that has no word
        offers, taken = Signal(), Signal()
        m.d.sync += offers.eq(~words.empty & ~y.valid & y_in.valid)
        m.d.sync += taken.eq(y_in.valid & y_in.ready)
        claim(m, y.valid, when=offers | taken)
        claim(m, ~y_in.ready, when=words.empty)
        return m


class MultipliesVectors(Around):
    """From reset, for all weights and inputs and under all stalls: ``y`` is the matrix product.

    The property plays the analog part, with cells of the solver's choice and ideal sample-and-holds
    and comparators. Two ranges are any lossless ones; tables by ranges are those after reset.
    """

    def elaborate(self, platform):
        m = Module()
        registers = self.enter(m)
        tile, spec = self.dut, self.dut.spec
        m.d.comb += tile.psel.eq(0)
        if spec.search == "twin-range":
            self._lossless(m, registers)
        cells = [anything(m, spec.rows, f"cells_{p}") for p in range(spec.columns)]
        self._play_the_array(m, cells)

        # the first vector that went in; more may follow
        shape = Shape(spec.input_bits, signed=spec.signed_inputs)
        vector = [Signal(shape, name=f"x_{r}") for r in range(spec.rows)]
        beat = Signal(range(spec.beats + 1))
        with m.If(tile.x.valid & tile.x.ready & (beat < spec.beats)):
            m.d.sync += beat.eq(beat + 1)
            for r, element in enumerate(vector):
                with m.If(beat == r // spec.x_elements):
                    m.d.sync += element.eq(tile.x.payload[r % spec.x_elements])

        # what is added to it
        partial = Signal.like(tile.y_in.payload)
        m.d.comb += Assume(tile.y_in.payload >= spec.tile_range.start)
        m.d.comb += Assume(tile.y_in.payload < spec.tile_range.stop)
        with m.If(tile.y_in.valid & tile.y_in.ready):
            m.d.sync += partial.eq(tile.y_in.payload)

        # its outputs
        output = Signal(range(spec.outputs + 1))
        with m.If(tile.y.valid & tile.y.ready & (output < spec.outputs)):
            m.d.sync += output.eq(output + 1)
        claim(m, beat == spec.beats, when=tile.y.valid)
        for o in range(spec.outputs):
            positive, negative = cells[o], cells[spec.outputs + o]
            product = sum(x * positive[r] - x * negative[r] for r, x in enumerate(vector))
            claim(m, tile.y.payload == product + partial, when=tile.y.valid & (output == o))

        # There is time for all of it: a vector without an empty plane comes out to its last word.
        m.d.comb += Cover((output == spec.outputs) & Cat(vector).all())
        return m

    def _lossless(self, m, registers):
        """Let the table be any that loses nothing, and stay."""
        spec = self.dut.spec
        held = {name: registers[f"range_table.{name}"] for name in ("pending", "checked")}
        m.d.comb += [Assume(~flag) for flag in held.values()]
        used = registers["range_table.active_outputs_outputs"]
        m.d.comb += Assume(used == spec.outputs)
        bits, bound = spec.readout_bits, spec.largest_count
        table = Signal(Table(bits=bits))
        for field in table.shape().members:
            name, index = field.split("_")
            register = registers[f"range_table.active_range_{index}_{name}"]
            m.d.comb += getattr(table, field).eq(register)
        m.d.comb += [
            Assume(legal(table, bits=bits, bound=bound)),
            Assume((table.truncation_0 == 0) & (table.truncation_1 == 0)),
        ]

    def _play_the_array(self, m, cells):
        """Count what is driven, hold it when it is sampled, and compare."""
        tile, spec = self.dut, self.dut.spec
        held = [[Signal(range(spec.rows + 1)) for _ in cells] for _ in range(spec.banks)]
        for b, counts in enumerate(held):
            with m.If(tile.sample[b]):
                m.d.sync += [
                    count.eq(sum((tile.row_drive & column)[r] for r in range(spec.rows)))
                    for count, column in zip(counts, cells, strict=True)
                ]
        for k in range(spec.lanes):
            bank, column, dac, compare = (
                getattr(tile, f"lane{k}_{pin}") for pin in ("bank", "column", "dac", "compare")
            )
            first = k * spec.columns_per_lane
            seen = [Array(counts[first : first + spec.columns_per_lane])[column] for counts in held]
            m.d.comb += compare.eq(Mux(bank, seen[-1], seen[0]) >= dac)


def tile(**parameters):
    return Tile(TileSpec(**SMALL | parameters))


@pytest.mark.parametrize("search", ["binary", "twin-range"])
def test_keeps_the_stream_contract_from_any_state(search):
    proof = KeepsTheStreamContract(tile(search=search))

    assert prove(proof, depth=proof.depth, free=("dut",)).holds


@pytest.mark.slow
@pytest.mark.parametrize("search", ["binary", "twin-range"])
def test_the_presets_keep_the_stream_contract_from_any_state(search):
    proof = KeepsTheStreamContract(Tile(TileSpec(search=search)))

    assert prove(proof, depth=proof.depth, free=("dut",)).holds


# Cycles to the last word of a vector that nobody stalls, and one to spare.
PRODUCTS = {
    "binary": (24, {"columns_per_lane": 1}),
    "signed inputs": (24, {"columns_per_lane": 1, "signed_inputs": True}),
    "one bank": (27, {"columns_per_lane": 1, "banks": 1}),
    "two ranges": (28, {"columns_per_lane": 1, "search": "twin-range"}),
    "bounded ranges": (
        28,
        {"columns_per_lane": 1, "search": "ranges", "range_count": 2, "bounded": True},
    ),
    "scaled ranges": (
        28,
        {
            "columns_per_lane": 1,
            "search": "ranges",
            "range_count": 2,
            "bounded": True,
            "scaled": True,
        },
    ),
    "outward": (
        30,
        {"columns_per_lane": 1, "search": "outward", "bounded": True, "patience": 1},
    ),
    "two columns a lane": (34, {}),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "binary" else pytest.mark.slow) for name in PRODUCTS],
)
def test_multiplies_a_vector_by_any_matrix(name):
    depth, parameters = PRODUCTS[name]
    free = ("dut.range_table",) if name == "two ranges" else ()

    for mode in ("cover", "bmc"):
        proof = MultipliesVectors(tile(**parameters))
        assert prove(proof, mode=mode, depth=depth, free=free).holds


@pytest.mark.parametrize(
    ("component", "old", "new"),
    [
        (OutputBuffer, "with m.If(self.o.ready):", "with m.If(1):"),
        (OutputBuffer, "self.o.valid.eq(1)", "self.o.valid.eq(self.o.ready)"),
    ],
)
def test_a_bug_is_found(monkeypatch, component, old, new):
    inject(monkeypatch, component, old, new)
    proof = KeepsTheStreamContract(tile())

    assert not prove(proof, depth=proof.depth, free=("dut",)).holds


@pytest.mark.parametrize(
    ("component", "old", "new"),
    [
        (Splice, "-raised if negate else raised", "raised"),
        (Lane, "self.tag_1.plane, self.tag_0.plane", "self.tag_0.plane, self.tag_1.plane"),
        (Sequencer, "ending & ~in_use.any() &", "ending &"),
        (RowDrive, "self.drive.eq(self.digits)", "self.drive.eq(self.drive | self.digits)"),
    ],
)
def test_a_bug_in_any_block_spoils_a_product(monkeypatch, component, old, new):
    inject(monkeypatch, component, old, new)
    depth, parameters = PRODUCTS["binary"]

    assert not prove(MultipliesVectors(tile(**parameters)), depth=depth).holds
