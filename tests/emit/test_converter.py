"""What is delivered of a converter alone."""

import json
import re

import pytest

from hwgen.config import load
from hwgen.emit.deliver import deliverables
from hwgen_models.converter import ConverterSpec
from tests.emit.designs import design, emitted
from tests.emit.test_testbench import deliver, simulate

MUTANTS = [
    ("votes <= votes + {2'd0, captured_0};", "votes <= votes;"),
    ("if_yes <= dac + up;", "if_yes <= dac;"),
    ("result <= dac;", "result <= if_no;"),
    ("elapsed >= 2'd2", "elapsed >= 2'd1"),
]


@pytest.fixture(scope="module")
def delivered():
    return deliverables(load("sar12"))


def test_the_top_has_the_pins_of_a_converter():
    rtl = emitted("sar12")

    assert rtl.top.module == "sar12_converter"
    assert [(port.name, port.width) for port in rtl.ports] == [
        ("clk", 1), ("rst", 1), ("start", 1), ("averaging", 4), ("compare", 1), ("acquire", 1),
        ("strobe", 1), ("busy", 1), ("dac", 12), ("result", 12), ("result_valid", 1),
    ]  # fmt: skip
    assert list(rtl.files) == ["rtl/sar12_converter.v"]


def test_a_converter_without_votes_has_no_pin_for_them():
    plain = deliverables(design("converter", readout={
        "kind": "redundant", "bits": 6, "steps": [12, 8, 5, 3, 2, 1],
    }))[1]  # fmt: skip

    assert "averaging" not in [port["name"] for port in plain["ports"]]


def test_compare_enters_one_flip_flop_and_nothing_else():
    (text,) = emitted("sar12").files.values()

    used = [line.strip() for line in text.splitlines() if re.search(r"^[^/]*\bcompare\b", line)]
    assert [line.split() for line in used] == [
        ["input", "wire", "compare,"],
        ["captured_0", "<=", "compare;"],
    ]


def test_the_manifest_says_what_follows_from_the_weights(delivered):
    _, described = delivered

    assert ConverterSpec(**json.loads(json.dumps(described["parameters"]))) == (
        load("sar12").converter
    )
    assert described["derived"]["conversion_cycles"] == 17
    assert described["derived"]["longest_conversion"] == 167
    assert described["derived"]["recoverable"][:3] == [436, 270, 166]
    assert described["registers"] == described["columns"] == []


def test_files_are_those_of_a_converter(delivered):
    files = delivered[0]

    assert {"sim/tb_converter.py", "tb/tb_sar12.v", "flow/sar12.sdc"} <= set(files)
    assert not {"sim/vectors.npz", "sim/tb_lane.py", "docs/registers.md"} & set(files)


def test_the_datasheet_tells_cycles_and_redundancy(delivered):
    text = delivered[0]["docs/datasheet.md"].decode()

    assert "| 0 | 806 | 2048 to 2048 | 436 |" in text
    assert "| 15 | 31 | 167 |" in text
    assert "dac       =s012345678901234r" in text
    assert "acquire   _#________________" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 100


def test_constraints_say_what_is_left_to_the_analog_side(delivered):
    text = delivered[0]["flow/sar12.sdc"].decode()

    assert "#   strobe to compare           0.6\n" in text
    assert "#   dac to compare              0.6\n" in text
    assert "dac to strobe" not in text


@pytest.mark.parametrize(("right", "wrong"), MUTANTS)
def test_a_changed_line_fails(right, wrong, folder):
    deliver("converter", folder)
    (file,) = (folder / "rtl").glob("*.v")
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))

    assert simulate(folder).startswith("FAIL: ")
