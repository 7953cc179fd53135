"""The Verilog of whole designs: proved, linted, the same everywhere, and the one in `rtl_out`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hwgen.config import load, presets
from hwgen.emit.deliver import committed
from hwgen.flow.tools import (
    iverilog_command,
    run_yosys,
    simulator_environment,
    verilator_command,
)
from tests.emit.designs import VARIANTS, emitted
from tests.equivalence import claims, unproven

ROOT = Path(__file__).parents[2]
DESIGNS = [*presets(), *VARIANTS]

YOSYS = """
read_verilog {sources}
hierarchy -check -top {top}
proc
select -assert-none t:$*latch* t:$sr t:$dffsr* t:$aldff*
flatten
check -assert
"""

EMIT = """
from hwgen.config import load
from hwgen.emit.deliver import deliverables
from hwgen.emit.manifest import as_json
print(as_json(deliverables(load("trq"))[1]["files"]))
"""


def write(rtl, folder):
    for path, text in rtl.files.items():
        (folder / Path(path).name).write_text(text)
    return sorted(Path(path).name for path in rtl.files)


@pytest.mark.parametrize("name", ["small", "one_bank"])
def test_every_block_is_what_amaranth_wrote(name, folder):
    """Under the reset style that Amaranth was asked for; the others differ in event lists only."""
    assert unproven(claims(list(emitted(name).blocks)), folder) == {}


@pytest.mark.parametrize("name", DESIGNS)
def test_verilator_is_silent_under_every_rule(name, folder):
    sources = write(emitted(name), folder)
    command = [*verilator_command(), "--lint-only", "-Wall", "--top-module"]
    said = subprocess.run(
        [*command, emitted(name).top.module, *sources],
        env=simulator_environment("verilator"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stderr == ""
    assert said.returncode == 0


@pytest.mark.parametrize("name", DESIGNS)
def test_icarus_takes_it_as_verilog_2005(name, folder):
    command = [*iverilog_command(), "-g2005", "-Wall", "-t", "null", *write(emitted(name), folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.stderr == ""
    assert said.returncode == 0


@pytest.mark.parametrize("name", DESIGNS)
def test_yosys_finds_no_latch_and_nothing_undriven(name, folder):
    sources = write(emitted(name), folder)

    run_yosys(YOSYS.format(sources=" ".join(sources), top=emitted(name).top.module), folder=folder)


@pytest.mark.parametrize("name", DESIGNS)
def test_files_are_plain_and_hold_one_module_of_their_own_name(name):
    for path, text in emitted(name).files.items():
        assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [Path(path).stem]
        assert text.isascii()
        assert not re.search(r"\binitial\b|\(\*(?!\))|yosys|amaranth|/\w+/", text, re.IGNORECASE)
        assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", [name for name in presets() if load(name).top == "tile"])
def test_identical_lanes_are_one_module(name):
    rtl = emitted(name)
    tile = rtl.files[f"rtl/{name}_tile.v"]

    assert tile.count(f"  {name}_lane lane_") == load(name).spec.lanes
    assert len(rtl.files) == len(rtl.modules)


def test_pins_have_the_names_of_the_contract():
    names = {port.name for port in emitted("trq").ports}

    assert {"clk", "rst", "x_valid", "x_ready", "x_payload", "y_in_payload", "y_payload"} <= names
    assert {"row_drive", "sample", "hold_clear", "idle", "paddr", "lane15_compare"} <= names
    assert not [name for name in names if "__" in name]
    assert "output wire signed [29:0] y_payload," in emitted("trq").files["rtl/trq_tile.v"]


@pytest.mark.parametrize(
    ("name", "pin", "event"),
    [
        ("small", "rst", "posedge clk or posedge rst"),
        ("active_low", "rst_n", "posedge clk or negedge rst_n"),
        ("signed", "rst", "posedge clk"),
        ("one_bank", "rst_n", "posedge clk"),
    ],
)
def test_the_reset_is_of_one_kind_in_the_whole_design(name, pin, event):
    """But for registers without any, which wait for the clock alone."""
    texts = emitted(name).files.values()

    assert pin in {port.name for port in emitted(name).ports}
    events = set(re.findall(r"always @\((pos.*)\)", "".join(texts)))
    assert events == {event, "posedge clk"}


def test_a_lane_alone_is_the_lane_of_the_tile():
    tile, lane = emitted("small").files, emitted("lane").files

    assert set(lane) < set(tile)
    assert all(tile[path] == text for path, text in lane.items())
    assert emitted("lane").top.module == "small_lane"


def test_headers_say_what_made_the_file_and_whose_it_is():
    text = emitted("trq").files["rtl/trq_sar.v"]
    comment = " ".join(
        line.removeprefix("// ") for line in text.partition("\nmodule")[0].split("\n")
    )

    assert comment.startswith("trq_sar: Run a search engine against a comparator.")
    assert "Design trq, written by hwgen 0.1.0." in comment
    assert "rows=128, columns=128," in comment
    assert "the text is yours" in comment


def test_a_header_names_the_preset_that_a_design_extends():
    assert "Design small (preset trq), written" in emitted("small").files["rtl/small_sar.v"]


def test_the_same_bytes_under_any_hash_seed_in_any_folder(tmp_path):
    said = set()
    for seed in ("0", "1"):
        place = tmp_path / seed
        place.mkdir()
        ended = subprocess.run(
            [sys.executable, "-c", EMIT],
            cwd=place,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(ended.stdout)

    assert len(said) == 1
    assert "rtl/trq_tile.v" in said.pop()


@pytest.mark.parametrize("name", presets())
def test_committed_rtl_is_current(name):
    expected = committed(load(name))
    folder = ROOT / "rtl_out" / name
    found = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

    assert found.keys() == expected.keys(), f"rtl_out/{name} is stale: run `make rtl`"
    for path, text in expected.items():
        assert found[path] == text, f"rtl_out/{name}/{path} is stale: run `make rtl`"
