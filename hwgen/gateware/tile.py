"""The tile: everything between an input stream, the analog pins and an output stream."""

from amaranth import Const, Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, flipped

from hwgen.gateware.active_rows import ActiveRows
from hwgen.gateware.input_buffer import InputBuffer
from hwgen.gateware.lane import ColumnOperation, Lane
from hwgen.gateware.narrow import saturate
from hwgen.gateware.output_buffer import OutputBuffer
from hwgen.gateware.prediction import Prediction
from hwgen.gateware.range_table import RangeTable
from hwgen.gateware.row_drive import RowDrive
from hwgen.gateware.sequencer import Sequencer
from hwgen.gateware.splice import Share, Splice
from hwgen.gateware.streams import link
from hwgen_models.spec import TileSpec

__all__ = ["LANE_PINS", "TABLE_PINS", "Tile", "lane_of", "range_table_parameters"]

TABLE_PINS = ("paddr", "psel", "penable", "pwrite", "pwdata", "prdata", "pready", "pslverr")
LANE_PINS = ("column", "bank", "acquire", "dac", "strobe", "busy", "compare")


def lane_of(spec: TileSpec) -> Lane:
    """Return a lane of a tile; all of them are alike."""
    operations = [one for lane in range(spec.lanes) for one in _operations(spec, lane)]
    return Lane(
        search=spec.search,
        engine=spec.scheme.engine(spec),
        tables=spec.lane_tables,
        bits=spec.readout_bits,
        columns=spec.columns_per_lane,
        planes=spec.planes,
        plane_bits=spec.dac_bits,
        operations=ColumnOperation(
            destinations=spec.destinations,
            offsets=1 + max(one["offset"] for one in operations),
        ),
        identity=spec.column_map.trivial,
        signed=spec.signed_inputs or any(one["negate"] for one in operations),
        reach=spec.accumulator_range,
        timing={
            "settle_mux": spec.settle_mux,
            "acquire_cycles": spec.acquire_cycles,
            "settle_dac": spec.settle_dac,
            "compare_latency": spec.compare_latency,
            "compare_stages": spec.compare_stages,
        },
    )


def range_table_parameters(spec: TileSpec) -> dict[str, object]:
    """Return the parameters of a tile's table port."""
    return spec.table_port | {"bound": spec.covered}


def _operations(spec: TileSpec, lane: int) -> list[dict[str, int]]:
    """Return the operation of every column of a lane; unused ones do nothing in particular."""
    return [
        {
            "destination": column.destination,
            "offset": column.slice_offset * spec.cell_bits,
            "negate": int(column.negate),
        }
        if column
        else {"destination": 0, "offset": 0, "negate": 0}
        for column in spec.column_map.lane_columns(lane)
    ]


class Tile(wiring.Component):
    """One crossbar's digital periphery.

    The blocks, the column order and every cycle are described in ``docs/architecture.md``. Golden
    model: :class:`hwgen_models.tile.Tile`.

    Parameters
    ----------
    spec : TileSpec
        Shapes, widths and times.

    Members
    -------
    x : In(stream of x_elements inputs)
        Input vectors, ``rows / x_elements`` beats each.
    y : Out(stream of one output)
        Outputs in ascending order, as many a vector as ``OUTPUTS`` says.
    y_in : In(stream of one output)
        Added to ``y``: the partial sums of the row tile before, or constants in the first one.
    paddr ... pslverr
        APB table port, see :class:`~hwgen.gateware.range_table.RangeTable`.
    idle : Out(1)
        Nothing in flight.
    row_drive : Out(rows * dac_bits)
        Digit on every word line, row 0 lowest.
    sample, hold_clear : Out(2)
        Sample-and-hold of every column, one bit per bank.
    lane0_column, lane0_bank, ... : Out
        Held column that a lane looks at.
    lane0_acquire, lane0_strobe, lane0_busy : Out(1); lane0_dac : Out(N); lane0_compare : In(1)
        The lane's converter, see :class:`~hwgen.gateware.sar.Sar`.
    """

    def __init__(self, spec: TileSpec) -> None:
        self.spec = spec
        self.columns = spec.column_map
        self.input_buffer = InputBuffer(
            rows=spec.rows,
            bits=spec.input_bits,
            elements=spec.x_elements,
            digit_bits=spec.dac_bits,
        )
        self.row_drive_register = RowDrive(rows=spec.rows, digit_bits=spec.dac_bits)
        self.active_rows = ActiveRows(rows=spec.rows, digit_bits=spec.dac_bits)
        self.sequencer = Sequencer(
            planes=spec.planes,
            banks=spec.banks,
            outputs=spec.outputs,
            settle_row=spec.settle_row,
            sample_cycles=spec.sample_cycles,
            signed=spec.signed_inputs,
            active_max=spec.largest_active,
            bound_bits=spec.readout_bits if spec.bounded else 0,
            octaves=spec.octaves if spec.scaled else 0,
            centres=spec.table_count if spec.has_centres else 0,
        )
        if spec.has_centres:
            self.prediction = Prediction(
                bits=spec.readout_bits, density_bits=spec.density_bits, tables=spec.table_count
            )
        self.range_table = RangeTable(**range_table_parameters(spec))
        self.lanes = [lane_of(spec) for _ in range(spec.lanes)]
        self.splice = Splice(
            outputs=spec.outputs,
            lanes=[self._shares(lane) for lane in range(spec.lanes)],
            reach=spec.accumulator_range,
            total=spec.tile_range,
        )
        self.output_buffer = OutputBuffer(
            outputs=spec.outputs,
            sums=spec.tile_range,
            results=spec.y_range,
            chained=spec.y_in,
        )
        super().__init__(self._members())

    def _shares(self, lane: int) -> list[Share]:
        """Return what every accumulator of a lane contributes to."""
        served = {column.destination for column in self.columns.lane_columns(lane) if column}
        shares = []
        for destination in sorted(served):
            output, base_slice, negative = self.columns.base(lane, destination)
            shift = base_slice * self.spec.cell_bits
            shares.append(Share(output=output, shift=shift, negate=negative))
        return shares

    def _members(self) -> dict:
        members = {
            "x": In(self.input_buffer.i.signature.flip()),
            "y": Out(self.output_buffer.o.signature),
        }
        if self.spec.y_in:
            members["y_in"] = In(self.output_buffer.y_in.signature.flip())
        table = self.range_table.signature.members
        members |= {pin: table[pin] for pin in TABLE_PINS}
        members |= {
            "idle": Out(1),
            "row_drive": Out(self.spec.rows * self.spec.dac_bits),
            "sample": Out(2),
            "hold_clear": Out(2),
        }
        for k, lane in enumerate(self.lanes):
            members |= {f"lane{k}_{pin}": lane.signature.members[pin] for pin in LANE_PINS}
        return members

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.input_buffer = input_buffer = self.input_buffer
        # not `row_drive`: that is the name of the pins
        m.submodules.row_drive_0 = row_drive = self.row_drive_register
        m.submodules.active_rows = active_rows = self.active_rows
        m.submodules.sequencer = sequencer = self.sequencer
        m.submodules.range_table = range_table = self.range_table
        for k, lane in enumerate(self.lanes):
            m.submodules[f"lane_{k}"] = lane
        m.submodules.splice = splice = self.splice
        m.submodules.output_buffer = output_buffer = self.output_buffer

        # x -> input_buffer -> row_drive -> active_rows
        link(m, flipped(self.x), input_buffer.i)
        m.d.comb += [
            row_drive.digits.eq(input_buffer.digits),
            active_rows.drive.eq(row_drive.drive),
            self.row_drive.eq(row_drive.drive),
        ]

        # the schedule
        m.d.comb += [
            sequencer.full.eq(input_buffer.full),
            input_buffer.drop.eq(sequencer.drop),
            input_buffer.plane.eq(sequencer.plane),
            row_drive.load.eq(sequencer.load),
            row_drive.off.eq(sequencer.off),
            sequencer.active.eq(active_rows.total),
            self.sample.eq(sequencer.sample),
            self.hold_clear.eq(sequencer.hold_clear),
            sequencer.outputs_used.eq(range_table.outputs_used),
            sequencer.buffer_empty.eq(output_buffer.empty),
            self.idle.eq(
                sequencer.idle & ~input_buffer.started & output_buffer.empty & ~self.y.valid
            ),
        ]

        if self.spec.bounded:
            largest = active_rows.total * self.spec.largest_digit
            m.d.comb += sequencer.bound.eq(saturate(largest, sequencer.bound.shape()))

        if self.spec.has_centres:
            m.submodules.prediction = prediction = self.prediction
            m.d.comb += [
                prediction.bound.eq(sequencer.bound),
                prediction.plan.eq(range_table.plan),
                sequencer.centres.eq(prediction.centres),
            ]

        # tables
        for pin in TABLE_PINS:
            outer, inner = getattr(self, pin), getattr(range_table, pin)
            is_input = range_table.signature.members[pin].flow == In
            m.d.comb += inner.eq(outer) if is_input else outer.eq(inner)
        m.d.comb += [
            range_table.idle.eq(self.idle),
            range_table.boundary.eq(sequencer.boundary),
        ]

        # row reads -> lanes -> splice -> output_buffer -> y
        pending = Const(0, 2)
        for k, lane in enumerate(self.lanes):
            self._connect_lane(m, k, lane)
            pending = pending | lane.pending
        m.d.comb += [
            sequencer.pending.eq(pending),
            splice.output_index.eq(sequencer.output_index),
            output_buffer.write.eq(sequencer.drain),
            output_buffer.index.eq(sequencer.output_index),
            output_buffer.sum.eq(splice.total),
        ]
        if self.spec.y_in:
            link(m, flipped(self.y_in), output_buffer.y_in)
        link(m, output_buffer.o, flipped(self.y))
        return m

    def _connect_lane(self, m: Module, k: int, lane: Lane) -> None:
        sequencer, range_table, splice = self.sequencer, self.range_table, self.splice
        for pin in LANE_PINS:
            outer, inner = getattr(self, f"lane{k}_{pin}"), getattr(lane, pin)
            m.d.comb += inner.eq(outer) if pin == "compare" else outer.eq(inner)

        columns = self.columns.lane_columns(k)
        for place, column in enumerate(columns):
            if column:
                # outputs are used from 0 up
                m.d.comb += lane.used[place].eq(range_table.outputs_used > column.output)
        m.d.comb += [
            lane.load.eq(sequencer.loaded),
            lane.older.eq(sequencer.older),
            *self._tag(k, lane.tag_0, sequencer.tag_0),
            *self._tag(k, lane.tag_1, sequencer.tag_1),
            # between vectors too: what an upset makes a lane add then is of no vector
            lane.clear.eq(sequencer.clear | sequencer.boundary),
            lane.read_destination.eq(getattr(splice, f"destination_{k}")),
            getattr(splice, f"value_{k}").eq(lane.read_value),
        ]
        if self.spec.table_count > 1:
            self._connect_tables(m, k, lane)
        elif lane.has_plan:
            m.d.comb += lane.plan.eq(range_table.plan)
        if not lane.identity:
            layout = lane.operations.shape()
            constant = data.ArrayLayout(layout.elem_shape, layout.length).const(
                _operations(self.spec, k)
            )
            m.d.comb += lane.operations.eq(constant)

    def _tag(self, k: int, tag: data.View, held: data.View) -> list:
        """Tell a lane what a bank holds; of centres, those of its own slices."""
        if not self.spec.has_centres:
            return [tag.eq(held)]
        common = [name for name, _ in tag.shape() if name != "centres"]
        slices = self.spec.lane_slices(k)
        return [getattr(tag, name).eq(getattr(held, name)) for name in common] + [
            tag.centres[t].eq(held.centres[s]) for t, s in enumerate(slices)
        ]

    def _connect_tables(self, m: Module, k: int, lane: Lane) -> None:
        """Give a lane the tables of its slices, and say which column has which."""
        for t, s in enumerate(self.spec.lane_slices(k) if lane.has_plan else []):
            target = lane.plan[t] if lane.tables > 1 else lane.plan
            m.d.comb += target.eq(self.range_table.plan[s])
        if lane.tables > 1:
            m.d.comb += [
                lane.table_of[place].eq(t) for place, t in enumerate(self.spec.lane_table_of(k))
            ]
