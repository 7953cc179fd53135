"""SymbiYosys is asked, and its answers are told apart."""

import pytest
from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hwgen.errors import ToolMissing
from hwgen.flow import formal
from hwgen.flow.formal import check

pytestmark = pytest.mark.formal


class Counts(wiring.Component):
    """A counter from 0 to 5 and round again, with one statement about it."""

    def __init__(self, statement):
        self.statement = statement
        super().__init__({"up": In(1)})

    def elaborate(self, platform):
        m = Module()
        count = Signal(4)
        with m.If(self.up):
            m.d.sync += count.eq(count + 1)
            with m.If(count == 5):
                m.d.sync += count.eq(0)
        m.d.comb += self.statement(count)
        return m


def verdict(statement, **options):
    return check(rtlil.convert(Counts(statement), name="top"), top="top", **options)


def test_what_holds_for_ever_is_proved():
    found = verdict(lambda count: Assert(count < 6), mode="prove", depth=1)

    assert found.holds
    assert found.failures == ()


def test_what_fails_is_told_with_its_line():
    found = verdict(lambda count: Assert(count < 5), depth=10)

    assert not found.holds
    assert len(found.failures) == 1
    assert "test_formal.py" in found.failures[0]


def test_a_bounded_check_looks_no_further():
    assert verdict(lambda count: Assert(count < 5), depth=5).holds


def test_induction_does_not_jump_to_conclusions():
    """15 is not reached, but nothing says so: the counter wraps from 15 to 0 as well."""
    assert not verdict(lambda count: Assert(count != 15), mode="prove", depth=2).holds


def test_free_registers_begin_anywhere():
    assert not verdict(lambda count: Assert(count < 6), depth=1, free=["top/w:count"]).holds


@pytest.mark.parametrize(("depth", "reached"), [(5, False), (6, True)])
def test_cover_statements_are_reached_or_named(depth, reached):
    found = verdict(lambda count: Cover(count == 5), mode="cover", depth=depth)

    assert found.holds == reached
    assert len(found.failures) == (not reached)


def test_assumptions_that_cannot_be_met_are_no_proof():
    with pytest.raises(RuntimeError, match="no verdict from SymbiYosys"):
        verdict(lambda count: [Assume(count == 1), Assert(0)], depth=3)


def test_a_design_that_yosys_refuses_is_no_proof():
    with pytest.raises(RuntimeError, match="no verdict from SymbiYosys"):
        check("no RTLIL", top="top", depth=1)


def test_a_missing_solver_is_named(monkeypatch):
    def absent(name):
        raise ToolMissing(f"{name} is missing")

    monkeypatch.setattr(formal, "script_command", absent)

    with pytest.raises(ToolMissing, match=r"^yices-smt2 is missing$"):
        verdict(lambda count: Assert(count < 6), depth=1)
