"""What adaptive lanes and their tables may cost, in cells of sky130 (`make long`)."""

from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.synth import synth

SKY130 = Path("data/liberty/sky130_fd_sc_hd__tt_025C_1v80.lib.gz")
LIBRARY = Path(__file__).parents[3] / "shared" / SKY130
BANK = ("lane", "range_table", "active_rows")  # of what a tile has; the read network is in lanes

needs_library = pytest.mark.skipif(not LIBRARY.exists(), reason=f"needs ../shared/{SKY130}")


@pytest.fixture
def mapped(folder):
    def area(preset, top="tile"):
        generate(load({"name": preset, "extends": preset, "top": top}), folder / preset)
        return synth(folder / preset, liberty=LIBRARY)

    return area


def bank(result):
    """Area of all lanes, their tables and what they are told of a read, in um2."""
    blocks = result["blocks"]
    held = [block for name, block in blocks.items() if name.startswith(BANK)]
    assert (
        sum(block["instances"] for name, block in blocks.items() if name.startswith("lane")) == 16
    )
    return sum(block["area_um2"] * block["instances"] for block in held)


@pytest.mark.slow
@needs_library
def test_a_lane_of_four_scaled_ranges_takes_at_most_1_6_binary_ones(mapped):
    assert 1 < mapped("adaptive", top="lane")["blocks"]["lane"]["versus_binary"] <= 1.6


@pytest.mark.slow
@needs_library
def test_a_bank_with_tables_by_slice_takes_at_most_1_5_binary_ones(mapped):
    assert 1 < bank(mapped("adaptive")) / bank(mapped("baseline")) <= 1.5
