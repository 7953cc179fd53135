"""Mapping to the cells of a Liberty file, and libraries that cannot be mapped to."""

import json
import re
import shutil
from pathlib import Path

import pytest

from hwgen.errors import Mismatch, UserError
from hwgen.flow.cells import area_um2, cell_target
from hwgen.flow.mapped import map_verilog
from hwgen.flow.synth import synth
from hwgen.liberty.library import Library
from tests.flow.test_synth import COUNTER, PAIR, SMALL, delivered, written  # noqa: F401  (fixtures)

TINY = Path(__file__).parents[1] / "emit/cells.lib"
DATA = Path(__file__).parents[2] / "../shared/data/liberty"
SKY130 = DATA / "sky130_fd_sc_hd__tt_025C_1v80.lib.gz"


def tiny(**changes):
    """The library of the tests as text; without a cell, or with a text in another's place."""
    text = TINY.read_text()
    for was, becomes in changes.items():
        assert was in text
        text = text.replace(was, becomes)
    return Library("tiny.lib", text)


def without(*names):
    library = tiny()
    return Library("tiny.lib", library.without(names))


def test_area_is_that_of_the_cells():
    library = tiny()
    mapped = map_verilog({"a.v": COUNTER, "b.v": PAIR}, top="pair", target=cell_target(library))

    counter, pair = mapped.modules["counter"], mapped.modules["pair"]
    assert counter.flip_flops == counter.kinds["DFFR"] == 4
    by_hand = sum(library.cells[kind].group.number("area") * n for kind, n in counter.kinds.items())
    assert area_um2(library, counter) == by_hand > 4 * library.cells["DFFR"].area
    assert area_um2(library, pair) == 2 * by_hand


def test_cells_left_alone_are_not_used():
    library = tiny()
    used = map_verilog({"a.v": COUNTER}, top="counter", target=cell_target(library))
    spared = map_verilog(
        {"a.v": COUNTER}, top="counter", target=cell_target(library, dont_use=["NO?2"])
    )

    assert "NOR2" in used.modules["counter"].kinds
    assert "NOR2" not in spared.modules["counter"].kinds
    with pytest.raises(UserError, match=r"^--dont-use: must name a cell of tiny.lib, not 'XOR\*'$"):
        cell_target(library, dont_use=["XOR*"])


@pytest.mark.parametrize("missing", ["BUF", "INV", "NOR2", "NAND2", "DFFS"])
def test_a_library_may_lack_a_cell_that_others_stand_in_for(missing):
    library = without(missing)
    mapped = map_verilog({"a.v": COUNTER}, top="counter", target=cell_target(library))

    assert missing not in mapped.modules["counter"].kinds
    assert area_um2(library, mapped.modules["counter"]) > 0


def test_a_library_without_flip_flops_is_one_line():
    with pytest.raises(
        UserError,
        match=r"^tiny.lib: must have flip-flops that may be used, not only 4 other",
    ):
        cell_target(without("DFF", "DFFR", "DFFS"))


def test_a_library_without_the_flip_flops_that_are_needed_is_one_line(delivered):  # noqa: F811
    path = delivered / "poor.lib"
    path.write_text(tiny().without(["DFFR", "DFFS"]))

    with pytest.raises(UserError) as caught:
        synth(delivered, liberty=path)

    assert str(caught.value) == (
        f"{path}: must have flip-flops for every register of the design, not only DFF"
    )
    assert not (delivered / "synth").exists()


def test_a_cell_without_area_is_one_line():
    text = re.sub(r"(cell \(DFFR\) \{\n)    area : \d+;\n", r"\1", TINY.read_text())
    library = Library("tiny.lib", text)
    mapped = map_verilog({"a.v": COUNTER}, top="counter", target=cell_target(library))

    with pytest.raises(
        UserError, match=r"^tiny.lib: cell \(DFFR\): area: must be a number from 0, not missing$"
    ):
        area_um2(library, mapped.modules["counter"])


def test_a_library_without_gates_is_one_line(delivered):  # noqa: F811
    path = delivered / "poor.lib"
    path.write_text(tiny().without(["INV", "BUF", "NAND2", "NOR2"]))

    with pytest.raises(UserError) as caught:
        synth(delivered, liberty=path)

    assert str(caught.value) == (
        f"{path}: must have gates that make up any logic, which the 0 that may be used do not"
    )


@pytest.mark.parametrize(
    ("unit", "times"), [("1ns", 1), ("1ps", 1e-3), ("100ps", 0.1), ("10ps", 0.01)]
)
def test_times_come_in_ns_whatever_the_library_counts_in(delivered, unit, times):  # noqa: F811
    path = delivered / "tiny.lib"
    path.write_text(TINY.read_text().replace('time_unit : "1ns"', f'time_unit : "{unit}"'))

    result = synth(delivered, liberty=path)

    path.write_text(TINY.read_text())
    reference = synth(delivered, liberty=path)
    assert result["area_um2"] == reference["area_um2"]
    assert result["critical_path_ns"] == pytest.approx(
        times * reference["critical_path_ns"], rel=1e-3
    )
    assert reference["critical_path_ns"] > 1


def test_the_result_and_the_netlist_are_kept(delivered):  # noqa: F811
    path = delivered / "tiny.lib"
    shutil.copy(TINY, path)
    result = synth(delivered, liberty=path, dont_use=["NOR2"], prove=True)

    kept = delivered / "synth/tiny"
    assert result["netlist"] == str(kept / "netlist.v")
    assert "NAND2" in (kept / "netlist.v").read_text()
    assert json.loads((kept / "synth.json").read_text())["result"] == result
    assert result["proved"]
    assert result["library"]["dont_use"][-1] == "NOR2"
    assert result["library"]["voltage_v"] == 1.0
    blocks = result["blocks"]
    assert blocks["tile"]["area_um2"] == result["area_um2"]
    assert all(block["proved"] and not block["unproved"] for block in blocks.values())
    assert 1 < blocks["lane"]["versus_binary"] < blocks["search"]["versus_binary"]

    again = synth(delivered)
    assert again["netlist"] == str(delivered / "synth/generic/netlist.v")
    assert (kept / "netlist.v").exists()


def test_blocks_that_are_not_proved_end_in_a_mismatch(delivered, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        "hwgen.flow.synth.differences",
        lambda _, mapped, *__: dict.fromkeys(mapped.modules, ()) | {"small_sar": ("finish",)},
    )
    with pytest.raises(Mismatch) as caught:
        synth(delivered, prove=True)

    assert str(caught.value) == "sar: the netlist is not proved equal to the RTL in finish"
    assert caught.value.result["proved"] is False
    assert caught.value.result["blocks"]["sar"]["unproved"] == ["finish"]
    assert caught.value.result["blocks"]["lane"]["proved"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--dont-use X", "--dont-use: must be given with --liberty, not alone"),
        ("--clock 5", "--clock: must be given with --liberty, not alone"),
        ("--clock 0", "--clock: must be a time in ns, such as 12.5, not '0'"),
        ("--clock x", "--clock: must be a time in ns, such as 12.5, not 'x'"),
        (
            "--liberty a.lib --fpga ice40",
            "--liberty: must be given without --fpga, not with --fpga ice40",
        ),
        ("--liberty a.lib", "a.lib: must be a Liberty file, not a missing one"),
    ],
)
def test_bad_options_are_one_line(hwgen, folder, written, arguments, message):  # noqa: F811
    shutil.copytree(written, folder / "d")

    ended = hwgen("synth", "d", *arguments.split())

    assert (ended.code, ended.line) == (2, message)


def test_a_folder_that_cannot_keep_the_netlist_is_one_line(delivered):  # noqa: F811
    (delivered / "synth").write_text("mine")

    with pytest.raises(UserError, match=r"synth: must be a folder, not a file$"):
        synth(delivered)


@pytest.mark.skipif(not SKY130.exists(), reason=f"needs ../shared/data/liberty/{SKY130.name}")
def test_power_switches_and_probes_are_no_logic():
    target = cell_target(Library.read(SKY130))

    left = Library("left", target.files["library.lib"]).cells
    assert "sky130_fd_sc_hd__nand2_1" in left
    assert not [name for name in left if "lpflow" in name or "probe" in name]


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        (
            '"!A"',
            '"!A &"',
            r"line \d+: pin \(Y\): function: must be a boolean expression, not '!A &'",
        ),
        ('"!A"', '"!B"', r"line \d+: .*must name pins, not 'B'"),
        (
            'values ("0.05")',
            'values ("0.05, zz")',
            r"line \d+: .*must hold numbers, not '0.05, zz'",
        ),
        ("timing ()", "untimed ()", "must have timing groups of its gates, not areas alone"),
    ],
)
def test_what_yosys_would_stumble_over_is_found_before(was, becomes, message):
    with pytest.raises(UserError, match=rf"^tiny.lib: {message}$"):
        cell_target(tiny(**{was: becomes}))


def test_a_negative_area_is_one_line():
    library = Library("tiny.lib", re.sub(r"area : \d+", "area : -2", TINY.read_text()))
    mapped = map_verilog({"a.v": COUNTER}, top="counter", target=cell_target(library))

    with pytest.raises(UserError, match=r"area: must be a number from 0, not -2$"):
        area_um2(library, mapped.modules["counter"])


@pytest.mark.parametrize(
    ("name", "folder"),
    [("tiny_1.8V", "tiny_1_8V"), ('".."', "__"), ("", "library_"), ("generic", "library_generic")],
)
def test_a_library_is_kept_in_a_folder_of_its_own(name, folder):
    assert cell_target(tiny(**{"library (tiny)": f"library ({name})"})).name == folder


def test_a_binary_lane_has_the_reset_of_the_design(tmp_path):
    """So a block that is the same in both costs the same."""
    from hwgen.config import load
    from hwgen.emit.deliver import generate

    design = load(SMALL | {"interface": {"x_elements": 4, "reset": {"kind": "synchronous"}}})
    generate(design, tmp_path / "out")

    blocks = synth(tmp_path / "out", liberty=TINY)["blocks"]

    assert blocks["sar"]["versus_binary"] == 1.0


def test_rtl_that_cannot_be_read_is_one_line(delivered):  # noqa: F811
    (delivered / "rtl" / "extra.v").mkdir()

    with pytest.raises(UserError, match=r"extra\.v: must be a readable file, not is a directory$"):
        synth(delivered)
