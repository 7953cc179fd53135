"""Mapped tiles that compute real vectors while their nets are counted."""

import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from vcd.reader import TokenKind, tokenize

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch, UserError
from hwgen.flow.activity import tile_activity
from hwgen.flow.cells import cell_target
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import map_verilog
from hwgen.flow.stimulus import Stimulus
from hwgen.gates.netlist import ONE, ZERO
from hwgen.gates.saif import saif
from hwgen.gates.vcd import write_vcd
from hwgen.liberty.library import Library
from tests.flow.folders import TINY, change
from tests.flow.test_compiled import DESIGNS, write_vectors

CELLS = Path(__file__).parents[1] / "emit" / "cells.lib"
REAL = Path(__file__).parents[2] / "../shared/data/liberty"


@cache
def library():
    return Library.read(CELLS)


def deliver(folder, vectors=10, **changes):
    """Deliver a variant of the tiny design, with random vectors."""
    keys = TINY | {
        name: TINY[name] | value if isinstance(TINY.get(name), dict) else value
        for name, value in changes.items()
    }
    generate(load(keys), folder / "out")
    write_vectors(folder / "out", vectors=vectors)
    return Delivered.read(folder / "out")


def mapped_of(delivered):
    return map_verilog(delivered.rtl(), top=delivered.top, target=cell_target(library()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The tiny design; not to be changed."""
    return deliver(tmp_path_factory.mktemp("tiny"), vectors=90)


@pytest.fixture(scope="module")
def mapped(tiny):
    return mapped_of(tiny)


@pytest.fixture(scope="module")
def played(tiny, mapped):
    """90 vectors of it: 26 stimuli have two of their own, the others one."""
    return tile_activity(tiny, mapped, library(), Stimulus.delivered(tiny))


@pytest.fixture(scope="module")
def traced(tiny, mapped):
    """One vector, recorded for longer than it takes."""
    stimulus = Stimulus.delivered(tiny).part(slice(0, 1))
    return tile_activity(tiny, mapped, library(), stimulus, trace_cycles=400)


def nets_of(activity, port):
    return list(activity.netlist.ports[port].nets)


@pytest.mark.parametrize("name", [name for name in DESIGNS if name != "tiny"])
def test_any_design_agrees_with_its_model(tmp_path, name):
    delivered = deliver(tmp_path, **DESIGNS[name])
    stimulus = Stimulus.delivered(delivered)

    played = tile_activity(delivered, mapped_of(delivered), library(), stimulus)

    _, golden = stimulus.golden(delivered.spec)
    assert played.vectors == 10
    assert (played.conversions, played.decisions) == (golden.conversions, golden.total_decisions)
    assert played.strobes.sum() == 3 * golden.total_decisions


@pytest.mark.parametrize("name", ["sky130_fd_sc_hd__tt_025C_1v80", "sg13g2_stdcell_typ_1p20V_25C"])
def test_cells_of_open_processes_compute_the_same(tiny, name):
    file = REAL / f"{name}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    cells, stimulus = Library.read(file), Stimulus.delivered(tiny)
    mapped = map_verilog(tiny.rtl(), top=tiny.top, target=cell_target(cells))

    played = tile_activity(tiny, mapped, cells, stimulus)

    assert played.decisions == stimulus.golden(tiny.spec)[1].total_decisions


def test_comparators_answer_in_the_cycle_of_capture(tmp_path):
    delivered = deliver(tmp_path, vectors=1, **DESIGNS["slow to settle, synchronised"])
    spec, stimulus = delivered.spec, Stimulus.delivered(delivered)
    played = tile_activity(delivered, mapped_of(delivered), library(), stimulus, trace_cycles=2000)

    program, high = played.trace.program, played.trace.phases[: 2 * played.activity.cycles : 2]
    late = spec.compare_latency - 2 - spec.compare_stages
    assert late == 2
    for lane in range(spec.lanes):
        strobe, compare = (
            high[:, program.port(f"lane{lane}_{pin}")[0]] for pin in ("strobe", "compare")
        )
        changes = 1 + np.flatnonzero(compare[1:] != compare[:-1])
        changes = changes[changes >= late]
        assert len(changes)
        assert strobe[changes - late].all()


def test_every_vector_is_counted_once(tiny, played):
    _, golden = Stimulus.delivered(tiny).golden(tiny.spec)

    counted = np.concatenate([
        order[1 : 1 + (order >= 0).sum() - 2] for order in played.order if (order >= 0).any()
    ])
    np.testing.assert_array_equal(np.sort(counted), np.arange(90))
    assert (played.conversions, played.decisions) == (golden.conversions, golden.total_decisions)
    assert played.cycles_per_vector == played.activity.cycles / 90


def test_nets_do_what_they_must(tiny, played):
    activity = played.activity
    clock, reset = nets_of(activity, "clk"), nets_of(activity, "rst")
    strobes = [net for k in range(tiny.spec.lanes) for net in nets_of(activity, f"lane{k}_strobe")]

    assert activity.toggles[clock] == [2 * activity.cycles]
    assert activity.probability[clock] == [0.5]
    assert activity.toggles[reset] == activity.half_cycles_high[reset] == [0]
    assert activity.half_cycles_high[strobes].sum() == 2 * played.decisions
    assert activity.toggles[strobes].sum() == pytest.approx(2 * played.decisions, abs=90)
    assert activity.toggles[[ZERO, ONE]].tolist() == [0, 0]
    assert activity.half_cycles_high[[ZERO, ONE]].tolist() == [0, 2 * activity.cycles]
    others = np.delete(activity.toggles, clock)
    assert (others <= activity.cycles).all()
    assert np.count_nonzero(others) > 0.6 * len(others)  # sums are small, tables at rest


def test_blocks_add_up(played):
    activity = played.activity
    by_block = activity.by_block()

    driven = activity.block_of >= 0
    assert sum(by_block.values()) == activity.toggles[driven].sum()
    assert by_block["lane_0.sar"] > 0
    assert activity.block_of[nets_of(activity, "clk")] == [-1]


def test_counts_are_the_same_every_time(tiny, mapped, played):
    again = tile_activity(tiny, mapped, library(), Stimulus.delivered(tiny))

    np.testing.assert_array_equal(again.activity.toggles, played.activity.toggles)
    np.testing.assert_array_equal(again.activity.half_cycles_high, played.activity.half_cycles_high)


def test_many_vectors_share_two_words(tiny, mapped):
    stimulus = Stimulus.delivered(tiny)
    many = replace(stimulus, x=np.tile(stimulus.x, (3, 1)), y_in=np.tile(stimulus.y_in, (3, 1)))

    played = tile_activity(tiny, mapped, library(), many)

    assert played.order.shape == (128, 5)
    assert played.vectors == 270


@pytest.mark.parametrize(
    ("block", "old", "new", "message"),
    [
        ("shift_add", " + ", " - ", r"vector \d+, output \d+, y: expected -?\d+, got -?\d+"),
        (
            "output_buffer",
            "o__valid <= 1'b1",
            "o__valid <= 1'b0",
            r"words of y: expected \d+, got 0",
        ),
    ],
)
def test_a_netlist_that_computes_something_else_is_found(tmp_path, block, old, new, message):
    delivered = deliver(tmp_path)
    change(delivered.folder, block, old, new)

    with pytest.raises(Mismatch, match=message):
        tile_activity(delivered, mapped_of(delivered), library(), Stimulus.delivered(delivered))


def test_a_decision_too_many_is_found(tiny, mapped, monkeypatch):
    golden = Stimulus.golden

    def one_more(stimulus, spec):
        tile, result = golden(stimulus, spec)
        result.lane_decisions[4, 0, 1] += 1
        return tile, result

    monkeypatch.setattr(Stimulus, "golden", one_more)
    with pytest.raises(Mismatch, match=r"vectors 1, 2, 3, 4, lane 1, decisions: expected"):
        tile_activity(tiny, mapped, library(), Stimulus.delivered(tiny))


def test_an_analog_pin_that_follows_a_comparator_at_once_is_refused(tmp_path):
    """What glitches would reach the analog side."""
    delivered = deliver(tmp_path)
    change(delivered.folder, "lane", ".strobe(strobe)", ".strobe(early)")
    change(delivered.folder, "lane", "\nendmodule", "\nassign strobe = early & compare;\nendmodule")
    change(delivered.folder, "lane", ");\n", ");\n  wire early;\n")

    with pytest.raises(UserError, match=r"strobe must not depend on compare without a flip-flop"):
        tile_activity(delivered, mapped_of(delivered), library(), Stimulus.delivered(delivered))


def test_a_lane_alone_is_refused(tmp_path):
    delivered = deliver(tmp_path)
    delivered.manifest["top"] = delivered.modules["lane"]

    with pytest.raises(UserError, match=r"out: must be a tile to play vectors, not a tiny_lane$"):
        tile_activity(delivered, None, library(), Stimulus.delivered(delivered))


# Files


def test_a_trace_is_what_was_counted(traced):
    activity, phases = traced.activity, traced.trace.phases
    assert len(phases) == 2 * activity.cycles < 2 * 400
    of_net = phases[:, traced.trace.program.slot_of].astype(int)

    np.testing.assert_array_equal(of_net.sum(axis=0), activity.half_cycles_high)
    changes = np.abs(np.diff(of_net, axis=0)).sum(axis=0)
    assert ((activity.toggles - changes) // 2 == 0).all()  # but for that into the first phase


def test_a_vcd_file_shows_the_trace(traced):
    file = io.StringIO()
    write_vcd(file, traced.trace, clock_ns=4)

    again = io.StringIO()
    write_vcd(again, traced.trace, clock_ns=4)
    assert file.getvalue() == again.getvalue()
    assert len(file.getvalue()) < 2e6
    scope, names, changes, time = [], {}, {}, 0
    for token in tokenize(io.BytesIO(file.getvalue().encode())):
        if token.kind is TokenKind.SCOPE:
            scope.append(token.scope.ident)
        elif token.kind is TokenKind.UPSCOPE:
            scope.pop()
        elif token.kind is TokenKind.VAR:
            names[".".join([*scope, token.var.reference])] = token.var.id_code
        elif token.kind is TokenKind.CHANGE_TIME:
            time = token.time_change
        elif token.kind is TokenKind.CHANGE_SCALAR:
            changes.setdefault(token.scalar_change.id_code, []).append((
                time,
                token.scalar_change.value,
            ))
    of_slot = traced.trace.phases[:, traced.trace.program.port("lane1_strobe")[0]]
    for name in ("tiny_tile.lane1_strobe", "tiny_tile.lane_1.sar.strobe"):
        told = changes[names[name]]
        expected = [
            (2000 * k, str(of_slot[k]))
            for k in range(len(of_slot))
            if k == 0 or of_slot[k] != of_slot[k - 1]
        ]
        assert told == expected
    assert changes[names["tiny_tile.clk"]][:3] == [(0, "1"), (2000, "0"), (4000, "1")]


@pytest.mark.parametrize("cycles", [-1, 2049])
def test_waveforms_do_not_grow_without_bounds(tiny, mapped, cycles):
    with pytest.raises(UserError, match=rf"must be between 0 and 2048, not {cycles}$"):
        tile_activity(tiny, mapped, library(), Stimulus.delivered(tiny), trace_cycles=cycles)


def test_a_saif_file_holds_every_net(played):
    activity = played.activity
    text = saif(activity, clock_ns=2.5)

    assert text == saif(activity, clock_ns=2.5)
    assert re.search(rf"^\(DURATION {2500 * activity.cycles}\)$", text, re.MULTILINE)
    found = dict(read_saif(text))
    for net, name in enumerate(activity.netlist.nets):
        if net in (ZERO, ONE):
            continue
        low, high, changed = found[f"tiny_tile.{name}"]
        assert low + high == 2500 * activity.cycles
        assert high == 1250 * activity.half_cycles_high[net]
        assert changed == activity.toggles[net]
    for gate in activity.netlist.gates[::50]:
        for pin in ("Q", "Y"):
            if pin in gate.pins:
                place = f"tiny_tile.{gate.path}.{pin}"
                assert found[place][2] == activity.toggles[gate.pins[pin]]


def read_saif(text):
    """Yield name, T0, T1 and TC of every net of a SAIF file."""
    tokens = re.findall(r'"[^"]*"|[()]|[^\s()"]+', text)
    scope, depth, opened = [], 0, []
    for place, token in enumerate(tokens):
        if token == "(":
            depth += 1
            if tokens[place + 1] == "INSTANCE":
                scope.append(plain(tokens[place + 2]))
                opened.append(depth)
            elif tokens[place + 2 : place + 4] == ["(", "T0"]:
                numbers = [int(tokens[place + offset]) for offset in (4, 8, 16)]
                yield ".".join([*scope, plain(tokens[place + 1])]), numbers
        elif token == ")":
            if opened and opened[-1] == depth:
                opened.pop()
                scope.pop()
            depth -= 1
    assert depth == 0


def plain(name):
    assert re.fullmatch(r"(\w|\\.)+", name)
    return re.sub(r"\\(.)", r"\1", name)
