# amaranth: UnusedElaboratable=no
"""RangeTable: software reads what it wrote, and lanes see legal tables only."""

import pytest
from amaranth import Module, Mux, Signal

from hwgen.gateware.range_table import RangeTable
from tests.formal.around import Around
from tests.formal.support import claim, inject, prove
from tests.formal.tree import RangesTree, Table, legal

pytestmark = pytest.mark.formal

ID, STATUS, COMMIT, OUTPUTS, SLICE = 0x00, 0x04, 0x08, 0x0C, 0x10
RANGE_0, RANGE_1 = 0x20, 0x24
RANGES = {
    "range_0_payload": (RANGE_0, 0, 8),
    "range_0_truncation": (RANGE_0, 8, 32),
    "range_1_payload": (RANGE_1, 0, 8),
    "range_1_truncation": (RANGE_1, 8, 32),
}


class OfATable(Around):
    """A property of a `RangeTable`."""

    def place(self, m):
        """Place the table; keep its registers, the fields by name: address, first and end bit."""
        self.registers = self.enter(m)
        self.pending, self.refused = self.registers["pending"], self.registers["refused"]
        self.checked = self.registers["checked"]  # and legal: waits for the boundary
        self.fields = {"outputs_outputs": (OUTPUTS, 0, 32)}
        if self.dut.density_bits:
            slices = (
                [f"slice_{t}_" for t in range(self.dut.tables)] if self.dut.tables > 1 else [""]
            )
            self.fields |= {f"{prefix}density_density": (RANGE_0, 0, 32) for prefix in slices}
        elif self.dut.ranges and self.dut.bases == "zero":
            self.fields |= RANGES
        elif self.dut.ranges:
            self.fields |= self._ranges()
        self.shadow = {name: self.registers[f"shadow_{name}"] for name in self.fields}
        self.active = {name: self.registers[f"active_{name}"] for name in self.fields}

    def _ranges(self):
        """Return the fields of all ranges, of slices under the names of their copies."""
        dut = self.dut
        ends = {"payload": (0, 8), "truncation": (8, 32)}
        if dut.bases == "any":
            ends |= {"truncation": (8, 16), "base": (16, 32)}
        slices = [f"slice_{t}_" for t in range(dut.tables)] if dut.tables > 1 else [""]
        return {
            f"{prefix}range_{k}_{name}": (RANGE_0 + 4 * k, *bits)
            for prefix in slices
            for k in range(dut.ranges)
            for name, bits in ends.items()
        }

    def chosen(self, name):
        """Return whether a field is the one that the bus sees at its address."""
        if not name.startswith("slice_"):
            return 1
        return self.registers["chosen"] == int(name.split("_")[1])

    def access(self):
        """Return whether the bus reads, and whether it writes."""
        access = self.psel & self.penable
        return access & ~self.pwrite, access & self.pwrite

    def legal(self, m, copy):
        """Return whether what a copy of the registers holds may be used."""
        dut, used = self.dut, copy["outputs_outputs"]
        good = (used >= 1) & (used <= dut.outputs)
        if dut.density_bits:
            for name in copy.keys() - {"outputs_outputs"}:
                good &= copy[name] != 2**dut.density_bits - 1
        elif dut.ranges and dut.bases == "zero":
            table = TableView(copy)
            good &= legal(table, bits=dut.bits, bound=dut.bound)
        elif dut.ranges:
            for t in range(dut.tables):
                good &= self._legal_ranges(m, copy, f"slice_{t}_" if dut.tables > 1 else "")
        return good

    def _legal_ranges(self, m, copy, prefix):
        """Return whether one of the tables of a copy may be used."""
        dut = self.dut
        tree = RangesTree(
            bits=dut.bits, bound=dut.bound, ranges=dut.ranges, aligned=dut.bases == "aligned"
        )
        m.submodules += tree
        for k, fields in enumerate(tree.table):
            for name in fields.shape().members:
                if (key := f"{prefix}range_{k}_{name}") in copy:
                    m.d.comb += getattr(fields, name).eq(copy[key])
        return tree.legal


class TableView:
    """The ranges of a copy of the registers, as `legal` wants them."""

    def __init__(self, copy):
        for field in Table(bits=1).members:
            name, index = field.split("_")
            setattr(self, field, copy[f"range_{index}_{name}"])


class UsesLegalTables(OfATable):
    """From reset: what lanes see is legal, and changes at a boundary only, to what was committed.

    A commit is checked within as many cycles as there are registers. Then it waits for the boundary
    or is refused, just as the shadow registers are legal or not.
    """

    @property
    def depth(self):
        """Of the induction: the check remembers the ranges before, so it is all of the check."""
        return max(5, self.dut.tables * self.dut.ranges + 3)

    def elaborate(self, platform):
        m = Module()
        self.place(m)
        dut, pending, refused = self.dut, self.pending, self.refused
        good = self.legal(m, self.shadow)
        _, writes = self.access()

        claim(m, self.legal(m, self.active))
        claim(m, pending & good & ~refused, when=self.checked)

        # from one cycle to the next
        old = {"after": Signal(name="after")}
        m.d.sync += old["after"].eq(1)
        for name, value in {
            "takes": self.checked & self.boundary,
            "waits": self.checked & ~self.boundary,
            "checks": pending & ~self.checked,
            "commits": writes & (self.paddr == COMMIT) & ~pending,
            "good": good,
            "refused": refused,
        }.items():
            old[name] = Signal(name=f"old_{name}")
            m.d.sync += old[name].eq(value)
        for name, field in self.active.items():
            before, committed = Signal.like(field), Signal.like(field)
            m.d.sync += [before.eq(field), committed.eq(self.shadow[name])]
            claim(m, field == Mux(old["takes"], committed, before), when=old["after"])
        claim(m, ~pending, when=old["takes"])
        claim(m, self.checked, when=old["waits"])
        claim(m, pending & ~refused, when=old["commits"])
        claim(m, (pending & ~refused) | (refused & ~old["good"]), when=old["checks"])
        quiet = old["after"] & ~old["checks"] & ~old["commits"]
        claim(m, refused == old["refused"], when=quiet)

        # it takes no longer than there are registers
        ranges = dut.tables * dut.ranges
        age = Signal(range(ranges + 2))
        m.d.sync += age.eq(Mux(pending & ~self.checked, age + 1, 0))
        claim(m, age <= ranges, when=pending & ~self.checked)
        claim(m, self.registers["step"] == age, when=pending & ~self.checked)
        return m


class AnswersTheBus(OfATable):
    """From any state: reads show registers, writes change the one they name; all else is an error.

    A value that does not fit is stored as the largest. Nothing but a write changes a shadow
    register, and nothing at all during a commit.
    """

    depth = 2

    def elaborate(self, platform):
        m = Module()
        self.place(m)
        dut, address, word = self.dut, self.paddr, self.pwdata
        reads, writes = self.access()
        shadows = {place for place, _, _ in self.fields.values()}
        several = {SLICE} if dut.tables > 1 else set()

        # errors
        readable = sum((address == a for a in {ID, STATUS} | shadows | several), start=0) != 0
        writable = sum((address == a for a in {COMMIT} | shadows | several), start=0) != 0
        fails = (reads & ~readable) | (writes & (~writable | self.pending))
        claim(m, dut.pslverr == fails)
        claim(m, dut.pready)

        # reads
        shown = dict.fromkeys(shadows, 0)
        for name, (place, low, _) in self.fields.items():
            shown[place] |= Mux(self.chosen(name), self.shadow[name] << low, 0)
        claim(m, dut.prdata == 0x4857_4731, when=reads & (address == ID))
        status = self.pending | self.refused << 1 | self.idle << 2
        claim(m, dut.prdata == status, when=reads & (address == STATUS))
        for place, expected in shown.items():
            claim(m, dut.prdata == expected, when=reads & (address == place))

        for place in several:
            claim(m, dut.prdata == self.registers["chosen"], when=reads & (address == place))

        # writes
        for name, (place, low, end) in self.fields.items():
            field = self.shadow[name]
            largest = 2 ** len(field) - 1
            expected, after = Signal.like(field), Signal()
            written = word[low:end]
            fitting = Mux(written > largest, largest, written)
            changes = writes & (address == place) & self.chosen(name) & ~self.pending
            m.d.sync += [after.eq(1), expected.eq(Mux(changes, fitting, field))]
            claim(m, field == expected, when=after)
        return m


class EndsEveryCommit(OfATable):
    """From any state: a commit under way has ended a few cycles later, given a boundary."""

    @property
    def depth(self):
        return self.dut.tables * self.dut.ranges + 4

    def elaborate(self, platform):
        m = Module()
        self.place(m)
        m.d.comb += self.dut.boundary.eq(1)
        cycle, before = Signal(range(self.depth)), Signal()
        m.d.sync += [cycle.eq(cycle + 1), before.eq(before | ~self.pending)]
        claim(m, before | ~self.pending, when=cycle == self.depth - 1)
        return m


TABLES = {
    "baseline": {"bits": 8, "outputs": 9, "bound": 128, "ranges": 0},
    "trq": {"bits": 8, "outputs": 9, "bound": 128, "ranges": 2},
    "6 bits": {"bits": 6, "outputs": 4, "bound": 63, "ranges": 2},
    "aligned": {"bits": 6, "outputs": 4, "bound": 63, "ranges": 3, "bases": "aligned"},
    "any bases": {"bits": 6, "outputs": 4, "bound": 40, "ranges": 3, "bases": "any"},
    "by slice": {"bits": 4, "outputs": 2, "bound": 9, "ranges": 2, "bases": "aligned", "tables": 3},
    "density": {"bits": 6, "outputs": 4, "bound": 63, "ranges": 1, "density_bits": 6},
    "densities": {"bits": 4, "outputs": 2, "bound": 9, "ranges": 1, "density_bits": 3, "tables": 3},
    "saturating": {"bits": 4, "outputs": 1, "bound": 100, "ranges": 2},
}


@pytest.mark.parametrize("name", TABLES)
def test_lanes_see_legal_tables_only(name):
    proof = UsesLegalTables(RangeTable(**TABLES[name]))

    assert prove(proof, mode="prove", depth=proof.depth).holds


@pytest.mark.parametrize("proof", [AnswersTheBus, EndsEveryCommit])
@pytest.mark.parametrize("name", TABLES)
def test_whatever_the_registers_hold(proof, name):
    proof = proof(RangeTable(**TABLES[name]))

    assert prove(proof, depth=proof.depth, free=("dut",)).holds


BUGS = [
    (UsesLegalTables, "(low[1] <= low[0]) &", ""),
    (UsesLegalTables, "& (high[0] >= cover)", ""),
    (UsesLegalTables, "low[0] >= cover)", "low[0] > cover)"),
    (UsesLegalTables, "(used != 0) & ", ""),
    (UsesLegalTables, "checked.eq(legal)", "checked.eq(1)"),
    (UsesLegalTables, "checked & self.boundary", "checked"),
    (UsesLegalTables, "copies, chosen, write & ~pending", "copies, chosen, write"),
    (AnswersTheBus, "copies, chosen, write & ~pending", "copies, chosen, write"),
    (AnswersTheBus, "Mux(too_large, -1, written)", "written"),
    (AnswersTheBus, "known.eq(~self.pwrite | ~pending)", "known.eq(1)"),
    (AnswersTheBus, "access & ~known", "self.psel & ~known"),
    (EndsEveryCommit, "step >= steps - 1", "step > steps"),
]


@pytest.mark.parametrize(("proof", "old", "new"), BUGS)
def test_a_bug_is_found(monkeypatch, proof, old, new):
    inject(monkeypatch, RangeTable, old, new)
    proof = proof(RangeTable(**TABLES["6 bits"]))
    anywhere = not isinstance(proof, UsesLegalTables)

    assert not prove(proof, depth=12, free=("dut",) if anywhere else ()).holds


RANGES_BUGS = [
    (
        "aligned",
        UsesLegalTables,
        "return before | inside, (before & cut) == 0",
        "return before | inside, 1",
    ),
    ("aligned", UsesLegalTables, "(holds | ~closes)", "1"),
    ("any bases", UsesLegalTables, "last >= largest", "last >= largest - 1"),
    ("aligned", UsesLegalTables, '(row["payload"] <= n)', "1"),
    ("aligned", UsesLegalTables, "edge.eq(last + 1)", "edge.eq(last)"),
    ("by slice", UsesLegalTables, "covered & ~opens", "covered"),
    ("by slice", UsesLegalTables, "Mux(opens, 0, edge)", "edge"),
    (
        "by slice",
        UsesLegalTables,
        "[copies[t] for t in range(self.tables)",
        "[copies[0] for t in range(self.tables)",
    ),
    ("by slice", AnswersTheBus, "chosen == t", "t == 0"),
    ("densities", UsesLegalTables, "legal.eq(density != ", "legal.eq(0 != "),
    (
        "densities",
        UsesLegalTables,
        "(step - 1)[: len(step)]]\n        m.d.comb += legal",
        "0]\n        m.d.comb += legal",
    ),
    ("any bases", UsesLegalTables, "(before <= last)", "1"),
    ("any bases", UsesLegalTables, "((offset & cut) == 0)", "1"),
    ("any bases", UsesLegalTables, '(row["base"] <= before)', "1"),
]


@pytest.mark.parametrize(("name", "proof", "old", "new"), RANGES_BUGS)
def test_a_bug_with_ranges_is_found(monkeypatch, name, proof, old, new):
    inject(monkeypatch, RangeTable, old, new)
    proof = proof(RangeTable(**TABLES[name]))
    anywhere = not isinstance(proof, UsesLegalTables)

    assert not prove(proof, depth=12, free=("dut",) if anywhere else ()).holds
