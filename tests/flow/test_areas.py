"""What adaptive lanes and their tables may cost, in cells of sky130 (`make long`)."""

from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.synth import synth

SKY130 = Path("data/liberty/sky130_fd_sc_hd__tt_025C_1v80.lib.gz")
LIBRARY = Path(__file__).parents[3] / "shared" / SKY130
# of what a tile has; the read network is in lanes, or in the centres of the reads
BANK = ("lane", "range_table", "active_rows", "prediction")

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
@pytest.mark.parametrize(("preset", "most"), [("adaptive", 1.6), ("outward", 1.25)])
def test_a_lane_takes_little_more_than_a_binary_one(mapped, preset, most):
    assert 1 < mapped(preset, top="lane")["blocks"]["lane"]["versus_binary"] <= most


@pytest.mark.slow
@needs_library
@pytest.mark.parametrize("preset", ["adaptive", "outward"])
def test_a_bank_with_tables_by_slice_takes_at_most_1_5_binary_ones(mapped, preset):
    assert 1 < bank(mapped(preset)) / bank(mapped("baseline")) <= 1.5
