"""The table port: shadow registers, legality check, and the active table decoded for the lanes."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.checks import positive_int
from hwgen.gateware.registers import ADDRESS_BITS, IDENTITY, register_map
from hwgen.gateware.search import SearchPlan

__all__ = ["RangeTable"]


class RangeTable(wiring.Component):
    r"""APB slave for what depends on the network: outputs in use, search ranges.

    Writes go to shadow registers. A write to ``COMMIT`` checks them one register per cycle; legal
    ones become active at the next vector boundary, illegal ones are refused and leave a flag. A
    value that does not fit its field is stored as the field's largest, which is never legal.

    Legal: ``1 <= outputs <= O``; for range 0 ``truncation <= payload <= N``; and, unless
    ``2**payload_0`` exceeds the bound, for range 1 as well, with ``payload_1 > payload_0`` and
    ``2**payload_1`` above the bound. Golden model: :mod:`hwgen_models.range_table`.

    Timing: no wait states. An access to an address that does not exist, a write to a read-only
    register, a read of a write-only one, or any write during a commit answers ``pslverr`` and
    changes nothing. The check takes one cycle per shadow register; until the new values are active,
    ``STATUS`` says pending.

    Parameters
    ----------
    bits : int
        Readout width, N.
    outputs : int
        Outputs of the array, O.
    bound : int
        Largest count.
    ranges : int
        0 (no search table) or 2.

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
    plan : Out(SearchPlan(bits=N))
        Active ranges, decoded; only with ranges.
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

    def __init__(self, *, bits: int, outputs: int, bound: int, ranges: int) -> None:
        if ranges not in {0, 2}:
            raise ValueError(f"Range count must be 0 or 2, not {ranges!r}")
        self.bits = positive_int("Readout width", bits)
        self.outputs = positive_int("Output count", outputs)
        self.bound = positive_int("Largest count", bound)
        self.ranges = ranges
        self.registers = register_map(bits=bits, outputs=outputs, ranges=ranges)
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
            members["plan"] = Out(SearchPlan(bits=self.bits))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        pending = Signal()
        refused = Signal()
        checked = Signal()  # the commit is legal and waits for the boundary
        shadow = self._fields("shadow")
        active = self._fields("active")
        commit = self._port(m, shadow, pending, refused)
        legal = self._check(m, shadow)

        step = Signal(range(max(len(legal), 2)))
        m.d.sync += step.eq(0)
        with m.If(commit):
            m.d.sync += [pending.eq(1), refused.eq(0)]
        with m.If(pending & ~checked):
            m.d.sync += step.eq(step + 1)
            with m.Switch(step):
                for k, condition in enumerate(legal):
                    with m.Case(k), m.If(~condition):
                        m.d.sync += [pending.eq(0), refused.eq(1)]
            with m.If(step >= len(legal) - 1):
                m.d.sync += checked.eq(legal[-1])
        with m.If(pending & checked & self.boundary):
            m.d.sync += [active[name].eq(shadow[name]) for name in shadow]
            m.d.sync += [pending.eq(0), checked.eq(0)]

        m.d.comb += self.outputs_used.eq(active["OUTPUTS_outputs"])
        if self.ranges:
            self._decode(m, active)
        return m

    @property
    def _cover(self) -> int:
        """Smallest payload of a range from 0 that holds every count, or every code."""
        return min(self.bound.bit_length(), self.bits)

    def _fields(self, prefix: str) -> dict[str, Signal]:
        """Return a register for every field of the shadow registers."""
        return {
            f"{register.name}_{field.name}": Signal(
                field.width, init=field.reset, name=f"{prefix}_{register.name}_{field.name}".lower()
            )
            for register in self.registers
            if register.access == "shadow"
            for field in register.fields
        }

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
                        self._shadow_register(m, register, shadow, write & ~pending)
        return commit

    def _shadow_register(self, m: Module, register, shadow: dict, write) -> None:
        """Connect the fields of one shadow register to the bus, saturating what is written."""
        ends = [field.low for field in register.fields[1:]] + [32]
        for field, end in zip(register.fields, ends, strict=True):
            held = shadow[f"{register.name}_{field.name}"]
            m.d.comb += self.prdata[field.low : field.low + field.width].eq(held)
            written = self.pwdata[field.low : end]
            too_large = written[field.width :].any()
            with m.If(write):
                m.d.sync += held.eq(Mux(too_large, -1, written))

    def _check(self, m: Module, shadow: dict) -> list[Signal]:
        """Return the conditions that a commit checks, one per cycle."""
        outputs = Signal(name="legal_outputs")
        used = shadow["OUTPUTS_outputs"]
        m.d.comb += outputs.eq((used != 0) & (used <= self.outputs))
        conditions = [outputs]
        if self.ranges:
            low, high = (
                (shadow[f"RANGE_{k}_payload"], shadow[f"RANGE_{k}_truncation"]) for k in range(2)
            )
            cover = self._cover
            legal_0 = Signal()
            legal_1 = Signal()
            m.d.comb += legal_0.eq((low[1] <= low[0]) & (low[0] <= self.bits))
            m.d.comb += legal_1.eq(
                (low[0] >= cover)
                | (
                    (high[1] <= high[0])
                    & (high[0] <= self.bits)
                    & (high[0] >= cover)
                    & (high[0] > low[0])
                )
            )
            conditions += [legal_0, legal_1]
        return conditions

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
