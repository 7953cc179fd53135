"""The emitted lane against `hwgen_models.lane`: pins in every cycle, sums of every vector."""

import cocotb
import numpy as np
from cocotb.triggers import Timer
from cocotb.types import Logic

from bench import Bench, case, count, expect, pack, spec
from hwgen_models.lane import HeldRead, Lane
from hwgen_models.sar import Sar
from tables import Table, tables, tree_of

VECTORS = 2
PINS = ("busy", "acquire", "strobe", "bank", "column", "dac", "pending")
RESTING_PINS = ("busy", "acquire", "strobe", "dac", "pending")
NOISE = 1.5  # counts, of the comparator
HAIR = 0.01  # counts; whatever lies closer to a threshold than this gets no clear answer
RESOLVED_PS = 500  # after the middle of a cycle; an answer that was unclear is known then


class Script:
    """Inputs and expected pins of a lane in every cycle, written down read by read.

    `on_edges`: held values lie just between two counts, so that one answer of most conversions is
    not clear; else the comparator is noisy.
    """

    def __init__(
        self,
        lane: int,
        outputs: int,
        tables: list[Table],
        rng: np.random.Generator,
        *,
        on_edges: bool = False,
    ) -> None:
        design = spec()
        self.rng = rng
        self.on_edges = on_edges
        self.tables = tables
        self.unclear: dict[int, int] = {}  # cycle of the capture -> what comes of it
        self.operations = design.column_map.lane_columns(lane)
        self.model = Lane(
            operations=self.operations,
            outputs=outputs,
            cell_bits=design.cell_bits,
            dac_bits=design.dac_bits,
            sar=Sar.of(design),
            tree=lambda k, bound: tree_of(tables[design.lane_table_of(lane)[k]], bound),
        )
        self.inputs: dict[int, dict[str, int]] = {}
        self.changes: dict[int, dict[str, int]] = {}  # of pins
        self.sums: dict[int, tuple[int, int]] = {}  # cycle -> (accumulator, what it holds)
        self.bank_free = [4, 4]
        self.bank = 0
        self.end = 4

    def set(self, cycle: int, **inputs: int) -> None:
        """Change inputs from a cycle on."""
        self.inputs.setdefault(cycle, {}).update(inputs)

    def show(self, cycle: int, **pins: int) -> None:
        """Expect pins to change in a cycle."""
        self.changes.setdefault(cycle, {}).update(pins)

    def read(self, plane: int, not_before: int) -> int:
        """Sample a read as soon as its bank is free, or a little later; return its last cycle."""
        design, rng, bank = spec(), self.rng, self.bank
        q = max(not_before, self.bank_free[bank]) + int(rng.integers(0, 4))
        bound = int(rng.integers(0, design.largest_count + 1))
        top = min(bound, design.largest_code)
        counts = rng.integers(0, top + 1, size=len(self.operations))
        errors = self._errors(len(counts))
        held = HeldRead(
            counts=counts.tolist(),
            plane=plane,
            last_sample=q,
            bank=bank,
            negate=design.signed_inputs and plane == design.planes - 1,
            bound=bound,
            centres=design.scheme.centres(self.tables, design, bound),
            errors=list(errors),
        )
        served = self.model.read(held)
        for converted in served.conversions:
            self._conversion(converted, counts[converted.column] + errors[converted.column])
            if self.on_edges:
                self._check_value(converted, int(counts[converted.column]), bound)
        for end in [served.finish] if served.conversions else []:
            self.show(end, busy=0)
        self.set(q, load=1 << bank)
        self.set(q + 1, load=0, older=(bank + 1) % design.banks)
        self.set(q + 1, **{f"tag_{bank}": pack(*held.tag(design))})
        self.show(q + 1, **{f"pending_{bank}": 1})
        self.show(served.finish, **{f"pending_{bank}": 0})
        self.bank_free[bank] = served.finish + 2
        self.bank = (bank + 1) % design.banks
        self.end = max(self.end, served.finish)
        return q

    def drain(self) -> None:
        """Look at every accumulator once the last value has been added, then clear them."""
        at = self.end + 1
        for destination, held in enumerate(self.model.accumulators.accumulators):
            self.set(at, read_destination=destination)
            self.sums[at] = (destination, held)
            at += 1
        self.set(at, clear=1)
        self.set(at + 1, clear=0)
        self.model.accumulators.clear()
        self.end = at + 1

    def _errors(self, columns: int) -> np.ndarray:
        """Return the comparator's error in every decision of every column."""
        size = (columns, spec().most_decisions)
        if self.on_edges:
            return -0.5 + self.rng.choice([-HAIR / 2, HAIR / 2], size=size)
        return self.rng.normal(0, NOISE, size=size)

    def _check_value(self, converted, count: int, bound: int) -> None:
        """Expect the value of either count that a held value lies between."""
        values = self.model.tree(converted.column, bound).values
        allowed = sorted({int(values[max(count - 1, 0)]), int(values[count])})
        value = converted.conversion.value
        expect(f"between {count - 1} and {count}, {value} in {allowed}", value in allowed, True)

    def _conversion(self, converted, held: np.ndarray) -> None:
        """Write down one conversion; `held` is what the comparator sees at each decision."""
        conversion, start = converted.conversion, converted.start
        pins = self.model.sar.pins(conversion)
        self.show(start, busy=1, column=converted.column, bank=converted.bank)
        for cycle in range(conversion.cycles):
            self.show(start + cycle, acquire=pins.acquire[cycle], strobe=pins.strobe[cycle])
        for k, threshold in enumerate(conversion.thresholds):
            self.show(start + conversion.decided[k], dac=threshold)
            # Right in the one cycle that counts, wrong before and after.
            answer = int(held[k] >= threshold - 0.5)
            self.set(start + conversion.decided[k], compare=1 - answer)
            self.set(start + conversion.captures[k], compare=answer)
            self.set(start + conversion.captures[k] + 1, compare=1 - answer)
            if self.on_edges and abs(held[k] - (threshold - 0.5)) < HAIR:
                self.unclear[start + conversion.captures[k]] = answer
        self.show(start + conversion.cycles, strobe=0, acquire=0, dac=conversion.level)
        count(conversions=1, decisions=conversion.decisions)


@case
async def pins_and_sums_are_the_models_in_every_cycle(dut):
    """Convert reads from both banks with errors of the comparator, in several lanes' places."""
    rng = np.random.default_rng(12)
    design = spec()
    bench = Bench(dut)
    lanes = list(dict.fromkeys([0, design.lanes // 2, design.lanes - 1]))
    choices = tables(3, seed=12)
    plays = [
        (
            lanes[k % len(lanes)],
            _some_outputs(k, rng),
            [choices[(k + i) % len(choices)] for i in range(design.lane_tables)],
        )
        for k in range(max(len(lanes), len(choices)))
    ]
    # A lane may have nothing to convert when few outputs are in use.
    served = [
        [c.output for c in design.column_map.lane_columns(k) if c] for k in range(design.lanes)
    ]
    idle = [k for k in range(design.lanes) if 0 not in served[k]][:1]
    plays += [(k, 1, choices[:1] * design.lane_tables) for k in idle]
    for lane, outputs, held in plays:
        script = Script(lane, outputs, held, rng)
        for _ in range(VECTORS):
            q = script.end
            for plane in rng.permutation(design.planes)[: rng.integers(1, design.planes + 1)]:
                q = script.read(int(plane), q + 2)
            script.drain()
        where = f"lane {lane}, {outputs} outputs, tables {held}"
        await _play(bench, script, _constants(script, lane, held), where)


@case
async def answers_that_are_not_clear_take_either_side_and_nothing_longer(dut):
    """Hold values just between two counts: the flip-flop behind ``compare`` shows X for a while.

    It resolves to either level within its cycle. The lane then goes on as after any answer, every
    pin in its cycle, and yields the value of one of the two counts.
    """
    rng = np.random.default_rng(13)
    design = spec()
    bench = Bench(dut)
    choices = tables(2, seed=13)
    unclear = 0
    for number in range(2 * len(choices)):
        held = [choices[(number + i) % len(choices)] for i in range(design.lane_tables)]
        script = Script(0, design.outputs, held, rng, on_edges=True)
        q = script.end
        for plane in range(design.planes):
            q = script.read(plane, q + 2)
        script.drain()
        unclear += len(script.unclear)
        await _play(bench, script, _constants(script, 0, held), f"tables {held}")
    expect("some answers were not clear", unclear > 0, True)


def _first_flip_flop(dut):
    """Return what ``compare`` enters, where a simulator knows X and the block can be found."""
    sar = getattr(dut, "sar", None)
    if sar is None or not cocotb.SIM_NAME.lower().startswith("icarus"):
        return None
    return getattr(sar, "captured_0" if spec().compare_stages else "search_answer", None)


def _some_outputs(k: int, rng: np.random.Generator) -> int:
    """Use all outputs at first, then any number."""
    outputs = spec().outputs
    return outputs if k < 2 else int(rng.integers(1, outputs + 1))


def _constants(script: Script, lane: int, held: list[Table]) -> dict[str, int]:
    """Return what the lane is told of its columns and its tables, where it has ports for that."""
    design = spec()
    words = {"used": sum(1 << k for k in script.model.used)}
    if not design.column_map.trivial:
        words["operations"] = _operations_word(script)
    if design.scheme.fields and not design.has_centres:
        plans = [field for table in held for field in design.scheme.plan(table, design)]
        words["plan"] = pack(*plans)
    if design.lane_tables > 1:
        width = (design.lane_tables - 1).bit_length()
        words["table_of"] = pack(*((t, width) for t in design.lane_table_of(lane)))
    return words


async def _play(bench: Bench, script: Script, constants: dict[str, int], where: str) -> None:
    """Run a script from reset and compare every pin in every cycle."""
    design = spec()
    state = {"pending_0": 0, "pending_1": 0}
    state |= dict.fromkeys(PINS, 0)
    inputs = dict.fromkeys(
        ("load", "older", "tag_0", "tag_1", "compare", "read_destination", "clear"), 0
    )
    bench.inputs = inputs | constants
    await bench.reset()
    signed = design.accumulator_range.start < 0
    flip_flop = _first_flip_flop(bench.dut)
    for cycle in range(script.end + 3):
        await bench.step(**script.inputs.get(cycle, {}))
        if flip_flop is not None and cycle - 1 in script.unclear:
            flip_flop.value = script.unclear[cycle - 1]
            await Timer(RESOLVED_PS, "ps")
        if flip_flop is not None and cycle in script.unclear:
            bench.dut.compare.value = Logic("X")
        state |= script.changes.get(cycle, {})
        state["pending"] = state["pending_0"] | state["pending_1"] << 1
        # Where a lane looks matters while it converts.
        for pin in PINS if state["busy"] else RESTING_PINS:
            expect(f"{where}, cycle {cycle}, {pin}", bench.read(pin), state[pin])
        if cycle in script.sums:
            destination, held = script.sums[cycle]
            got = bench.read_signed("read_value") if signed else bench.read("read_value")
            expect(f"{where}, cycle {cycle}, accumulator {destination}", got, held)


def _operations_word(script: Script) -> int:
    """Pack what the lane's columns mean, as the port ``operations`` takes it."""
    design = spec()
    every = [
        column
        for lane in range(design.lanes)
        for column in design.column_map.lane_columns(lane)
        if column
    ]
    widths = (
        max(design.destinations - 1, 1).bit_length(),
        max(*(column.slice_offset * design.cell_bits for column in every), 1).bit_length(),
        1,
    )
    fields = []
    for column in script.operations:
        values = (
            (column.destination, column.slice_offset * design.cell_bits, column.negate)
            if column
            else (0, 0, 0)
        )
        fields += zip(values, widths, strict=True)
    return pack(*fields)
