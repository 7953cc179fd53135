"""A converter alone: co-simulated in a loop with its comparator, and mapped."""

from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch, UserError
from hwgen.flow.cosim import cosim
from hwgen.flow.synth import synth
from tests.flow.folders import change

SKY130 = Path("data/liberty/sky130_fd_sc_hd__tt_025C_1v80.lib.gz")
SMALL = {
    "name": "small",
    "extends": "sar12",
    "readout": {"bits": 6, "start": None, "steps": [12, 8, 5, 3, 2, 1], "votes": 7, "voted": 3},
    "timing": {"acquire_cycles": 2, "settle_dac": 1, "compare_latency": 2},
    "interface": {"compare_stages": 1, "reset": {"kind": "synchronous", "active": "low"}},
}


@pytest.fixture
def delivered(folder):
    generate(load(SMALL), folder / "out")
    return Path("out")


@pytest.fixture
def sar12(folder):
    generate(load("sar12"), folder / "out")
    return Path("out")


@pytest.mark.cocotb
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_a_small_converter_agrees_with_its_model(delivered, simulator):
    result = cosim(delivered, simulator=simulator)

    assert (result["passed"], result["failed"]) == (1, 0)
    assert result["conversions"] == 64 + 300 + 400


@pytest.mark.cocotb
def test_sar12_tells_all_4096_codes_and_minds_neither_noise_nor_unclear_answers(sar12):
    result = cosim(sar12)

    assert result["passed"] == 1
    assert result["benches"][0]["cases"] == 3
    assert result["conversions"] == 4096 + 300 + 400


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ("6'd5", "6'd4", "every_value_is_told_exactly"),
        ("votes[2] |", "1'b0 |", "noise_offset_and_votes_are_the_models"),
        ("if_no <= dac - down;", "if_no <= dac - up;", "every_value_is_told_exactly"),
        ("captured_1 <= captured_0;", "captured_1 <= compare;", "every_value_is_told_exactly"),
        ("result_valid <= resting;", "result_valid <= 1'b0;", "every_value_is_told_exactly"),
    ],
)
def test_a_changed_line_fails(delivered, old, new, case):
    change(delivered, "converter", old, new)

    with pytest.raises(Mismatch, match=rf"^converter: {case}: "):
        cosim(delivered)


def test_there_is_no_tile_to_send_a_layer_through(delivered):
    with pytest.raises(UserError, match=r"^out: top: must be a tile for --fast, not a lane$"):
        cosim(delivered, fast=True)


def test_sar12_on_an_fpga_is_smaller_than_one_drawn_by_hand(sar12):
    assert synth(sar12, fpga="ice40")["luts"] <= 149


def test_sar12_in_cells_is_smaller_and_faster_than_one_drawn_by_hand(sar12):
    library = Path(__file__).parents[3] / "shared" / SKY130
    if not library.exists():
        pytest.skip(f"needs ../shared/{SKY130}")

    result = synth(sar12, liberty=library, prove=True)

    assert result["proved"]
    assert result["area_um2"] <= 3200
    assert result["register_path_ns"] <= 5.1
    assert result["blocks"]["converter"]["versus_binary"] is None
