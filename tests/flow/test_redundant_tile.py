"""A tile whose lanes search with redundant weights: from the design to the co-simulation."""

from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch
from hwgen.flow.cosim import cosim
from tests.flow.folders import change, only

TINY = {
    "name": "tiny",
    "extends": "baseline",
    "array": {"rows": 8, "columns": 16},
    "weights": {"bits": 3},
    "inputs": {"bits": 3},
    "readout": {"kind": "redundant", "bits": 5, "columns_per_lane": 4, "steps": [6, 4, 2, 1, 1]},
    "interface": {"x_elements": 4},
}


@pytest.fixture
def delivered(folder):
    generate(load(TINY), folder / "out")
    return Path("out")


@pytest.mark.cocotb
def test_every_block_and_the_tile_agree_with_their_models(delivered):
    result = cosim(delivered)

    assert (result["passed"], result["failed"]) == (12, 0)


@pytest.mark.cocotb
def test_the_compiled_tile_takes_six_decisions_for_every_count(delivered):
    result = cosim(delivered, fast=True)

    assert result["passed"] == 1
    assert result["decisions"] == 6 * result["conversions"]


@pytest.mark.cocotb
def test_a_changed_weight_is_noticed(delivered):
    only(delivered, "search")
    change(delivered, "search", "5'd4", "5'd5")

    with pytest.raises(Mismatch, match=r"^search: walks_exactly"):
        cosim(delivered)
