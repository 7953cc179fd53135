# amaranth: UnusedElaboratable=no
"""Emitted Verilog is what Amaranth's own back end says, block by block; faults are found out."""

from dataclasses import asdict, replace

import pytest
from amaranth import ClockDomain, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.config import load, presets
from hwgen.emit import hierarchy
from hwgen.emit.hierarchy import take_apart
from hwgen.emit.rtl import reset_of
from hwgen.gateware.converter import Converter
from hwgen.gateware.tile import Tile
from tests.emit.designs import VARIANTS, design
from tests.equivalence import claims, unproven

ODD = {name: design(name) for name in VARIANTS if "top" not in VARIANTS[name]} | {
    "straddling": design(
        array={"rows": 12, "columns": 36},
        weights={"bits": 4},
        readout={"bits": 4, "columns_per_lane": 9},
    ),
    "saturating": design(
        array={"rows": 24, "columns": 20, "cell_bits": 2, "column_order": "output_major"},
        weights={"bits": 6},
        inputs={"bits": 5, "dac_bits": 3},
        readout={"kind": "binary", "bits": 3, "saturate": True, "columns_per_lane": 10},
    ),
    "one_row": design(
        array={"rows": 1, "columns": 2},
        weights={"bits": 2},
        inputs={"bits": 1},
        readout={"kind": "binary", "bits": 1, "columns_per_lane": 2},
        interface={"x_elements": 1},
    ),
}


class Half(wiring.Component):
    """Half of a number, a cycle later."""

    def __init__(self):
        super().__init__({"whole": In(signed(6)), "other": In(signed(6)), "o": Out(signed(6))})

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq((self.whole >> 1) ^ self.other)
        return m


class Subject(wiring.Component):
    """Some of everything, and nothing that could be left out."""

    def __init__(self):
        super().__init__({
            "a": In(8),
            "b": In(8),
            "s": In(signed(6)),
            "index": In(3),
            "go": In(1),
            "total": Out(signed(10)),
            "bit": Out(1),
            "kind": Out(4),
            "chosen": Out(8),
            "right": Out(signed(6)),
            "half": Out(signed(6)),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.half = half = Half()
        m.d.comb += [half.whole.eq(self.s), half.other.eq(self.total), self.half.eq(half.o)]

        small, less = Signal(), Signal()
        m.d.comb += [
            small.eq(self.a < self.b),
            less.eq(self.s < self.total),
            self.bit.eq(self.a.bit_select(self.index, 1)),
            self.chosen.eq(Mux(small, self.a - self.b, ~self.b)),
            self.right.eq(self.s >> self.index),
        ]
        with m.Switch(self.index):
            with m.Case(0):
                m.d.comb += self.kind.eq(9)
            with m.Case(1, 2):
                m.d.comb += self.kind.eq(self.a[2:6])
            with m.Case("11-"):
                m.d.comb += self.kind[0].eq(self.go)
        with m.If(self.go & small):
            m.d.sync += self.total.eq(self.total + self.s)
        with m.Elif(less):
            m.d.sync += self.total.eq(self.b)
        with m.FSM(init="Rest"):
            with m.State("Rest"), m.If(self.go):
                m.next = "Run"
            with m.State("Run"):
                m.d.comb += self.busy.eq(1)
                with m.If(self.a == 3):
                    m.next = "Rest"
        return m


# What a writer may get wrong, as a change of the right text.
FAULTS = {
    "difference for sum": ("total + {", "total - {"),
    "sum for difference": ("a - b", "a + b"),
    "other operand": ("? a - b", "? a - a"),
    "less or equal": ("(a < b) ?", "(a <= b) ?"),
    "condition lost": ("if (go & (a < b))", "if (go)"),
    "or for and": ("go & ", "go | "),
    "zeros for sign": ("{{4{s[5]}}, s};", "{4'd0, s};"),
    "comparison without sign": (
        "$signed({{4{s[5]}}, s}) < $signed(total)",
        "{{4{s[5]}}, s} < $unsigned(total)",
    ),
    "shift without sign": ("$signed(s) >>> index", "s >> index"),
    "other vector": ("a[index]", "b[index]"),
    "bit beyond the vector": ("a[index]", "a[{1'b0, index} + 4'd1]"),
    "next slice": ("a[5:2]", "a[6:3]"),
    "other label": ("3'd1, 3'd2:", "3'd1, 3'd3:"),
    "other pattern": ("3'b11?", "3'b1?1"),
    "order of cases": ("3'd1, 3'd2:", "3'd1, 3'd2, 3'b?1?:"),
    "other constant": ("4'd9", "4'd8"),
    "latch": ("    kind = 4'd0;\n", ""),
    "branch lost": ("else if (less) total <= {2'd0, b};", ""),
    "branch always": ("else if (less) total", "else total"),
    "else lost": ("else if (less)", "if (less)"),
    "inversion lost": (": ~b", ": b"),
    "choices exchanged": ("? a - b : ~b", "? ~b : a - b"),
    "carry lost": ("total <= total + {{4{s[5]}}, s}", "total[8:0] <= total + {{4{s[5]}}, s}"),
    "other reset value": ("total <= 10'd0;", "total <= 10'd1;"),
    "reset of one register lost": ("      total <= 10'd0;\n", ""),
    "synchronous reset": (" or posedge rst", ""),
    "falling edge": ("posedge clk", "negedge clk"),
    "clock from data": ("posedge clk", "posedge go"),
    "other state": ("if (!fsm_state)", "if (fsm_state)"),
    "states alike": ("FSM_RUN = 1'b1", "FSM_RUN = 1'b0"),
    "pins exchanged": (
        ".whole(s),\n    .other(total[5:0])",
        ".whole(total[5:0]),\n    .other(s)",
    ),
}


def subject(k):
    return take_apart(Subject(), design=f"subject{k}", block="top")


def test_the_subject_is_right_before_anything_is_changed(folder):
    assert unproven(claims(subject(0)), folder) == {}


def test_every_fault_is_found(folder):
    changed = []
    for k, (old, new) in enumerate(FAULTS.values()):
        *_, claim = claims(subject(k))
        assert old in claim.text
        changed.append(replace(claim, text=claim.text.replace(old, new, 1)))

    found = unproven(changed, folder)

    assert [
        fault for fault, claim in zip(FAULTS, changed, strict=True) if claim.module not in found
    ] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  assign \\bit  = a[index];\n", ""),
        ("  assign \\bit  = a[index];\n", "  assign \\bit  = a[index];\n  assign \\bit  = go;\n"),
        ("if (rst)", "if (!rst)"),
    ],
    ids=["driver lost", "two drivers", "reset inverted"],
)
def test_what_no_compiler_should_take_is_refused_at_once(old, new, folder):
    *_, claim = claims(subject(0))
    assert old in claim.text

    with pytest.raises(RuntimeError):
        unproven([replace(claim, text=claim.text.replace(old, new, 1))], folder)


def distinct(found):
    """Leave out modules that differ in their name only."""
    return {(claim.block.text, claim.text.partition("(")[2]): claim for claim in found}.values()


def test_every_block_of_the_presets_is_what_amaranth_says(folder):
    found = []
    for name in presets():
        chosen = load(name)
        whole = Converter(**asdict(chosen.converter)) if chosen.is_converter else Tile(chosen.spec)
        found += claims(take_apart(whole, design=name, block="whole"))

    assert unproven(list(distinct(found)), folder) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_every_block_of_an_odd_design_is_what_amaranth_says(name, folder, monkeypatch):
    reset = reset_of(ODD[name])
    blocks = take_apart(Tile(ODD[name].spec), design="odd", block="tile")
    # Amaranth's own idea of a synchronous reset, instead of the one that the blocks come with.
    monkeypatch.setattr(
        hierarchy,
        "ClockDomain",
        lambda name, **_: ClockDomain(name, async_reset=reset.asynchronous),
    )
    expected = take_apart(Tile(ODD[name].spec), design="odd", block="tile")

    assert unproven(claims(blocks, reset=reset, expected=expected), folder) == {}
