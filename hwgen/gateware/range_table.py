"""The table port: shadow registers, legality check, and the active table decoded for the lanes."""

from amaranth import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int
from hwgen.gateware.registers import ADDRESS_BITS, IDENTITY, Field, Register, register_map
from hwgen.gateware.search import RangeFields, SearchPlan

__all__ = ["RangeTable"]


class RangeTable(wiring.Component):
    r"""APB slave for what depends on the network: outputs in use, search tables.

    Writes go to shadow registers. A write to ``COMMIT`` checks them one register per cycle; legal
    ones become active at the next vector boundary, all at once, illegal ones are refused and leave
    a flag. A value that does not fit its field is stored as the field's largest, which is never
    legal. With several tables, the register ``SLICE`` says whose ranges are read and written.

    Legal: ``1 <= outputs <= O``; of every range ``truncation <= payload <= N`` and, as long as no
    range of the table has held the bound yet, what `hwgen_models.ranges.check_ranges` and
    `check_whole_bins` say; ranges behind that one are not looked at, but there must be one. With
    bases ``"zero"`` the second range must exceed the first, and bins may be cut. Golden model:
    :mod:`hwgen_models.range_table`.

    Timing: no wait states. An access to an address that does not exist, a write to a read-only
    register, a read of a write-only one, or any write during a commit answers ``pslverr`` and
    changes nothing. The check takes one cycle for the outputs and one for every range; until the
    new values are active, ``STATUS`` says pending.

    Parameters
    ----------
    bits : int
        Readout width, N.
    outputs : int
        Outputs of the array, O.
    bound : int
        Largest count.
    ranges : int
        Most ranges of a table; 0: no tables.
    bases : str
        Where ranges begin: ``"zero"``, for two of them; ``"aligned"``; or ``"any"``.
    tables : int
        Search tables; more than one: of so many slices.
    density_bits : int
        Width of the density that a table consists of in place of ranges; 0: it does not. Legal are
        all but the largest.

    Members
    -------
    paddr, psel, penable, pwrite, pwdata : In; prdata, pready, pslverr : Out
        APB (AMBA 3).
    idle : In(1)
        Shown in ``STATUS``.
    boundary : In(1)
        Between two vectors.
    outputs_used : Out(range(outputs + 1))
        Active ``OUTPUTS``.
    plan : Out
        What lanes get of the active tables, only with ranges: a decoded ``SearchPlan`` for bases
        ``"zero"``, else the fields of all ranges, table by table. Of densities, what the centres of
        reads are made of, table by table.
    """

    paddr: Signal
    psel: Signal
    penable: Signal
    pwrite: Signal
    pwdata: Signal
    prdata: Signal
    pready: Signal
    pslverr: Signal
    idle: Signal
    boundary: Signal
    outputs_used: Signal
    plan: data.View

    def __init__(
        self,
        *,
        bits: int,
        outputs: int,
        bound: int,
        ranges: int,
        bases: str = "zero",
        tables: int = 1,
        density_bits: int = 0,
    ) -> None:
        if bases == "zero" and not density_bits and (ranges not in {0, 2} or tables != 1):
            raise ValueError(
                f"Ranges from zero must be 0 or 2 of one table, not {ranges!r} of {tables!r}"
            )
        self.bits = positive_int("Readout width", bits)
        self.outputs = positive_int("Output count", outputs)
        self.bound = positive_int("Largest count", bound)
        self.ranges = ranges
        self.bases = bases
        self.tables = positive_int("Table count", tables)
        self.density_bits = density_bits
        self.registers = register_map(
            bits=bits,
            outputs=outputs,
            ranges=ranges,
            bases=bases,
            tables=tables,
            density_bits=density_bits,
        )
        members = {
            "paddr": In(ADDRESS_BITS),
            "psel": In(1),
            "penable": In(1),
            "pwrite": In(1),
            "pwdata": In(32),
            "prdata": Out(32),
            "pready": Out(1),
            "pslverr": Out(1),
            "idle": In(1),
            "boundary": In(1),
            "outputs_used": Out(range(self.outputs + 1)),
        }
        if ranges:
            members["plan"] = Out(self.plan_shape)
        super().__init__(members)

    @property
    def plan_shape(self) -> data.Layout:
        """What ``plan`` carries."""
        if self.density_bits:
            return data.ArrayLayout(self.density_bits, self.tables)
        if self.bases == "zero":
            return SearchPlan(bits=self.bits)
        fields = RangeFields(bits=self.bits, based=self.bases == "any")
        table = data.ArrayLayout(fields, self.ranges)
        return table if self.tables == 1 else data.ArrayLayout(table, self.tables)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        pending = Signal()
        refused = Signal()
        checked = Signal()  # the commit is legal and waits for the boundary
        shadow = self._fields("shadow")
        active = self._fields("active")
        commit = self._port(m, shadow, pending, refused)

        steps = 1 + self.tables * self.ranges
        step = Signal(range(max(steps, 2)))
        legal = Signal()
        self._check(m, shadow, step, legal)
        m.d.sync += step.eq(0)
        with m.If(commit):
            m.d.sync += [pending.eq(1), refused.eq(0)]
        with m.If(pending & ~checked):
            m.d.sync += step.eq(step + 1)
            with m.If(~legal):
                m.d.sync += [pending.eq(0), refused.eq(1)]
            with m.If(step >= steps - 1):
                m.d.sync += checked.eq(legal)
        with m.If(pending & checked & self.boundary):
            m.d.sync += [active[name].eq(shadow[name]) for name in shadow]
            m.d.sync += [pending.eq(0), checked.eq(0)]

        m.d.comb += self.outputs_used.eq(active["OUTPUTS_outputs"])
        if self.density_bits:
            densities = self._densities(active)
            m.d.comb += [self.plan[t].eq(density) for t, density in enumerate(densities)]
        elif self.ranges and self.bases == "zero":
            self._decode(m, active)
        elif self.ranges:
            self._hand_over(m, active)
        return m

    @property
    def _cover(self) -> int:
        """Smallest payload of a range from 0 that holds every count, or every code."""
        return min(self.bound.bit_length(), self.bits)

    def _fields(self, prefix: str) -> dict[str, Signal]:
        """Return a register for every field of the shadow registers, of ranges one per table."""
        return {
            name: Signal(field.width, init=field.reset, name=f"{prefix}_{name}".lower())
            for register in self.registers
            if register.access == "shadow"
            for field in register.fields
            for name in self._names(register, field)
        }

    def _names(self, register: Register, field: Field) -> list[str]:
        """Name the copies of a field: one, or one per table."""
        own = f"{register.name}_{field.name}"
        if self.tables == 1 or not register.name.startswith(("RANGE_", "DENSITY")):
            return [own]
        return [f"SLICE_{t}_{own}" for t in range(self.tables)]

    def _port(self, m: Module, shadow: dict, pending: Signal, refused: Signal) -> Signal:
        """Answer the bus; return the signal that starts a commit."""
        access = Signal()
        write = Signal()
        commit = Signal()
        known = Signal()
        m.d.comb += [
            access.eq(self.psel & self.penable),
            write.eq(access & self.pwrite),
            self.pready.eq(1),
            self.pslverr.eq(access & ~known),
        ]
        status = {"id": IDENTITY, "pending": pending, "refused": refused, "idle": self.idle}
        chosen = Signal(range(self.tables + 1))  # what SLICE holds
        with m.Switch(self.paddr):
            for register in self.registers:
                with m.Case(register.address):
                    if register.access == "wo":
                        m.d.comb += [known.eq(self.pwrite & ~pending), commit.eq(write & ~pending)]
                    elif register.access == "ro":
                        m.d.comb += known.eq(~self.pwrite)
                        for field in register.fields:
                            word = self.prdata[field.low : field.low + field.width]
                            m.d.comb += word.eq(status[field.name])
                    else:
                        m.d.comb += known.eq(~self.pwrite | ~pending)
                        copies = [{"slice": chosen}]
                        if register.access == "shadow":
                            copies = self._copies(register, shadow)
                        self._held(m, register, copies, chosen, write & ~pending)
        return commit

    def _copies(self, register: Register, held: dict[str, Signal]) -> list[dict[str, Signal]]:
        """Return the fields of a register by name, of every table where there is one of each."""
        names = [self._names(register, field) for field in register.fields]
        return [
            {field.name: held[name] for field, name in zip(register.fields, copy, strict=True)}
            for copy in zip(*names, strict=True)
        ]

    def _held(self, m: Module, register: Register, copies: list, chosen, write) -> None:
        """Connect one of the copies of a register to the bus, saturating what is written."""
        ends = [field.low for field in register.fields[1:]] + [32]
        for field, end in zip(register.fields, ends, strict=True):
            written = self.pwdata[field.low : end]
            too_large = written[field.width :].any()
            for t, copy in enumerate(copies):
                held = copy[field.name]
                with m.If(1 if len(copies) == 1 else chosen == t):
                    m.d.comb += self.prdata[field.low : field.low + field.width].eq(held)
                    with m.If(write):
                        m.d.sync += held.eq(Mux(too_large, -1, written))

    def _check(self, m: Module, shadow: dict, step: Signal, legal: Signal) -> None:
        """Say whether what is looked at in a step of the check is legal."""
        used = shadow["OUTPUTS_outputs"]
        with m.If(step == 0):
            m.d.comb += legal.eq((used != 0) & (used <= self.outputs))
        if self.density_bits:
            with m.Else():
                self._check_density(m, shadow, step, legal)
        elif self.ranges and self.bases == "zero":
            self._check_twins(m, shadow, step, legal)
        elif self.ranges:
            with m.Else():
                self._check_range(m, shadow, step, legal)

    def _check_twins(self, m: Module, shadow: dict, step: Signal, legal: Signal) -> None:
        low, high = (
            (shadow[f"RANGE_{k}_payload"], shadow[f"RANGE_{k}_truncation"]) for k in range(2)
        )
        cover = self._cover
        with m.Elif(step == 1):
            m.d.comb += legal.eq((low[1] <= low[0]) & (low[0] <= self.bits))
        with m.Else():
            m.d.comb += legal.eq(
                (low[0] >= cover)
                | (
                    (high[1] <= high[0])
                    & (high[0] <= self.bits)
                    & (high[0] >= cover)
                    & (high[0] > low[0])
                )
            )

    def _densities(self, held: dict[str, Signal]) -> list[Signal]:
        """Return the densities of all tables."""
        (register,) = (one for one in self.registers if one.name == "DENSITY")
        return [held[name] for name in self._names(register, register.fields[0])]

    def _check_density(self, m: Module, shadow: dict, step: Signal, legal: Signal) -> None:
        """Refuse what did not fit, one table after the other."""
        density = Array(self._densities(shadow))[(step - 1)[: len(step)]]
        m.d.comb += legal.eq(density != (1 << self.density_bits) - 1)

    def _check_range(self, m: Module, shadow: dict, step: Signal, legal: Signal) -> None:
        """Check one range after the other, `edge` being the end of the one before."""
        n, largest = self.bits, min(self.bound, (1 << self.bits) - 1)
        fields = self._rows(shadow)
        row = {name: Signal.like(fields[0][name], name=f"checked_{name}") for name in fields[0]}
        for name, value in row.items():
            m.d.comb += value.eq(Array(one[name] for one in fields)[(step - 1)[: len(step)]])
        opens = Signal()  # the first range of a table
        closes = Signal()  # the last one
        m.d.comb += [
            opens.eq(Cat(step == 1 + t * self.ranges for t in range(self.tables)).any()),
            closes.eq(Cat(step == (1 + t) * self.ranges for t in range(self.tables)).any()),
        ]

        edge = Signal(n)
        covered = Signal()
        before = Signal(n)
        done = Signal()
        m.d.comb += [before.eq(Mux(opens, 0, edge)), done.eq(covered & ~opens)]
        inside = Signal(n)
        cut = Signal(n)
        m.d.comb += [
            inside.eq(Cat(row["payload"] > k for k in range(n))),
            cut.eq(Cat(row["truncation"] > k for k in range(n))),
        ]
        last, fits = self._last_of(m, row, before, inside, cut)
        holds = Signal()  # this range, or one before it, holds the bound
        m.d.comb += [
            holds.eq(done | (last >= largest)),
            legal.eq(
                done
                | (fits & (row["truncation"] <= row["payload"]) & (row["payload"] <= n))
                & (holds | ~closes)
            ),
        ]
        m.d.sync += [edge.eq(last + 1), covered.eq(holds)]

    def _last_of(self, m: Module, row: dict, before, inside, cut) -> tuple[Value, Value]:
        """Return the last count of a range, and whether it follows the one before properly."""
        if self.bases == "aligned":
            return before | inside, (before & cut) == 0
        last = Signal(self.bits + 2)
        offset = Signal(self.bits + 2)
        m.d.comb += [last.eq(row["base"] + inside), offset.eq(before - row["base"])]
        follows = (row["base"] <= before) & (before <= last) & (last < 1 << self.bits)
        return last, follows & ((offset & cut) == 0)

    def _rows(self, held: dict[str, Signal]) -> list[dict[str, Signal]]:
        """Return the fields of all ranges, table by table."""
        of_ranges = [
            self._copies(register, held)
            for register in self.registers
            if register.name.startswith("RANGE_")
        ]
        return [copies[t] for t in range(self.tables) for copies in of_ranges]

    def _hand_over(self, m: Module, active: dict) -> None:
        """Give the lanes the fields of all ranges."""
        for number, row in enumerate(self._rows(active)):
            t, k = divmod(number, self.ranges)
            fields = self.plan[t][k] if self.tables > 1 else self.plan[k]
            m.d.comb += [getattr(fields, name).eq(value) for name, value in row.items()]

    def _decode(self, m: Module, active: dict) -> None:
        """Decode the active ranges into one-hot thresholds, once for all lanes."""
        n = self.bits
        payload_0, truncation_0 = active["RANGE_0_payload"], active["RANGE_0_truncation"]
        payload_1, truncation_1 = active["RANGE_1_payload"], active["RANGE_1_truncation"]

        single = Signal()
        edge = Signal(n + 1)
        low = Signal(n + 1)
        high = Signal(n + 1)
        m.d.comb += [
            single.eq(payload_0 >= self._cover),
            edge.eq(1 << payload_0),
            low.eq(1 << truncation_0),
            high.eq(1 << truncation_1),
        ]
        plan = self.plan
        m.d.comb += [
            plan.start.eq(Mux(single, edge >> 1, edge)),
            plan.detect.eq(~single),
            plan.none.eq(single & (payload_0 == truncation_0)),
            plan.high.eq((1 << payload_1) >> 1),
            plan.stop_0.eq(low),
            plan.stop_1.eq(high),
            plan.empty_1.eq(payload_1 == truncation_1),
            plan.mid.eq(high >> 1),
            plan.straddle.eq(Mux(truncation_1 > payload_0, edge >> 1, 0)),
        ]
