"""Designs cut to a board: smaller, otherwise the same, and always consistent."""

import pytest

from hwgen.config import load, presets
from hwgen.fpga.boards import BOARDS
from hwgen.fpga.shrink import changes, shrink
from tests.emit.designs import VARIANTS, design

SHAPES = sorted({shape for board in BOARDS.values() for shape in board.shapes})


@pytest.mark.parametrize("preset", [name for name in presets() if load(name).top == "tile"])
@pytest.mark.parametrize(("rows", "outputs"), SHAPES)
def test_presets_have_that_size(preset, rows, outputs):
    whole = load(preset)
    spec = shrink(whole, rows=rows, outputs=outputs).spec

    assert spec.rows == rows
    assert outputs <= spec.outputs <= outputs + spec.columns_per_lane
    assert spec.rows * spec.row_tiles == whole.spec.rows * whole.spec.row_tiles
    assert spec.columns_per_lane == whole.spec.columns_per_lane


@pytest.mark.parametrize("variant", sorted(set(VARIANTS) - {"converter"}))
@pytest.mark.parametrize(("rows", "outputs"), SHAPES)
def test_every_design_can_be_cut(variant, rows, outputs):
    spec = shrink(design(variant), rows=rows, outputs=outputs).spec

    assert spec.rows <= rows
    assert spec.overhead_cycles >= 2


def test_a_small_design_stays_as_it_is():
    small = design()

    assert not changes(small, shrink(small, rows=64, outputs=16))


def test_what_changes_is_said():
    fast = load({"extends": "trq", "timing": {"settle_mux": 0}, "interface": {"x_elements": 64}})

    assert changes(fast, shrink(fast, rows=32, outputs=2)) == {
        "array.rows": [128, 32],
        "array.columns": [128, 32],
        "accumulate.row_tiles": [64, 256],
        "interface.x_elements": [64, 32],
        "timing.acquire_cycles": [1, 2],
    }
