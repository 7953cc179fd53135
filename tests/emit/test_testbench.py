"""The bench in plain Verilog passes on what is emitted, and fails on anything else."""

import re
import subprocess

import pytest

from hwgen.emit import testbench
from hwgen.emit.vectors import vectors_of
from hwgen.flow.tools import find_program, iverilog_command
from tests.emit.designs import VARIANTS, design, emitted

MUTANTS = {
    "sar": ("if (search_last) finish = 1'b1;", "if (search_none) finish = 1'b1;"),
    "search": ("detecting <= plan_detect;", "detecting <= ~plan_detect;"),
    "shift_add": ("<< i__payload_shift", "<< 2'd0"),
    "sequencer": ("sample <= mask;", "sample <= ~mask;"),
    "output_buffer": ("+ y_in__payload", "- y_in__payload"),
}


def deliver(variant, folder, **keys):
    chosen, rtl = design(variant, **keys), emitted(variant)
    for path, text in rtl.files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    (folder / "tb").mkdir()
    for name, text in testbench.testbench(chosen, rtl, vectors_of(chosen)).items():
        (folder / "tb" / name).write_text(text)


def simulate(folder):
    sources = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.v"))
    subprocess.run([*iverilog_command(), "-g2005", "-o", "bench", *sources], cwd=folder, check=True)
    ended = subprocess.run(
        [find_program("vvp", "iverilog"), "bench"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ended.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_emitted_passes(variant, folder):
    deliver(variant, folder)

    assert re.fullmatch(r"PASS: \d+ \w+, \d+ decisions, \d+ cycles\n", simulate(folder))


@pytest.mark.parametrize("block", MUTANTS)
def test_a_changed_line_fails(block, folder):
    deliver("small", folder)
    file = folder / "rtl" / f"small_{block}.v"
    right, wrong = MUTANTS[block]
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))

    assert simulate(folder).startswith("FAIL: ")


def test_a_lossy_table_is_loaded_and_expected(folder):
    ranges = [{"payload": 2, "truncation": 1}, {"payload": 5, "truncation": 2}]
    deliver("small", folder, readout={"bits": 5, "columns_per_lane": 4, "ranges": ranges})
    bench = (folder / "tb" / "tb_small.v").read_text()

    assert "access(8'h20, 1'b1, 32'h00000102);\n    access(8'h24, 1'b1, 32'h00000205);" in bench
    assert simulate(folder).startswith("PASS: ")


def test_a_tile_needs_no_data_for_a_port_that_it_does_not_have(folder):
    deliver("one_bank", folder)

    assert sorted(path.name for path in (folder / "tb").iterdir()) == [
        "cells.hex", "tb_small.v", "x.hex", "y.hex",
    ]  # fmt: skip
