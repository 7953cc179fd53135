"""Arrays: the closed form against every single cell, and published figures."""

import numpy as np
import pytest

from hwgen.power.analog.accounting import Wanted
from hwgen.power.analog.array import ArrayEnergy, Cells, Reads, Shape, isaac


def cells(**changes):
    given = {
        "name": "cells",
        "source": "a test",
        "covers": "",
        "read_v": 0.3,
        "read_ns": 20.0,
        "on_us": 50.0,
        "on_off_ratio": 10.0,
        "word_line_ff": 0.4,
        "drive_v": 0.9,
        "sample_fj": 1.5,
    }
    return Cells(**given | changes)


def reads_of(shape, digits, stored):
    """Sums over reads of `digits` (reads, rows) of the cells `stored` (rows, columns)."""
    return Reads(
        shape=shape,
        reads=len(digits),
        driven=int(digits.sum()),
        charged=int(np.count_nonzero(digits)),
        counts=int((digits @ stored).sum()),
    )


@pytest.mark.parametrize(("cell_bits", "dac_bits"), [(1, 1), (2, 1), (2, 3)])
@pytest.mark.parametrize("ratio", [10.0, None])
def test_sums_of_digits_and_counts_stand_for_all_cells(cell_bits, dac_bits, ratio):
    rng = np.random.default_rng(5)
    shape = Shape(rows=7, columns=5, cell_bits=cell_bits, dac_bits=dac_bits)
    digits = rng.integers(0, 2**dac_bits, (11, shape.rows))
    stored = rng.integers(0, 2**cell_bits, (shape.rows, shape.columns))
    model = cells(on_off_ratio=ratio)

    found = model.energy(reads_of(shape, digits, stored))

    # Every cell of every read: V^2 G t, in V, S and s; t in parts of the longest pulse.
    largest_x, largest_d = 2**dac_bits - 1, 2**cell_bits - 1
    off = 50e-6 / ratio if ratio else 0.0
    joules = sum(
        0.3**2 * (off + (50e-6 - off) * d / largest_d) * 20e-9 * x / largest_x
        for read in digits
        for x, row in zip(read, stored, strict=True)
        for d in row
    )
    assert found.cells == pytest.approx(joules * 1e12)
    lines = np.count_nonzero(digits) * 5 * 0.4e-15 * 0.9**2
    assert found.row_drive == pytest.approx(lines * 1e12)
    assert found.sample_hold == pytest.approx(11 * 5 * 1.5e-3)
    assert found.total == pytest.approx(sum(found))


def test_one_cell_by_hand():
    """0.2 V across 39.3 uS for 100 ns: 0.1572 pJ."""
    shape = Shape(rows=1, columns=1, cell_bits=1, dac_bits=1)
    model = cells(read_v=0.2, on_us=39.3, read_ns=100.0, on_off_ratio=None)

    found = model.energy(Reads(shape=shape, reads=1, driven=1, charged=1, counts=1))

    assert found.cells == pytest.approx(0.1572)


def test_leakage_that_counts_hold_is_not_added_again():
    shape = Shape(rows=4, columns=3, cell_bits=1, dac_bits=1)
    done = Reads(shape=shape, reads=2, driven=5, charged=5, counts=7)

    with_it, without = (cells(leaky_counts=held).energy(done).cells for held in (False, True))

    # 0.3^2 x 20 x 5 uS of each cell on a driven word line, in fJ.
    assert with_it - without == pytest.approx(0.09 * 20 * 5 * 3 * 5 / 1000)


def test_isaac_is_its_table_of_components():
    """2.4 mW and 4 mW of 8 arrays for 100 ns; the DAC within the utilisation that others add."""
    shape = Shape(rows=128, columns=128, cell_bits=2, dac_bits=1)
    model = isaac(Wanted())

    found = model.energy(Reads(shape=shape, reads=3, driven=9, charged=9, counts=1))

    assert found == pytest.approx(ArrayEnergy(row_drive=150, cells=90, sample_hold=0.375))
    assert model.warnings(shape) == ()
    assert model.parameters()["row_fj"] == pytest.approx(390.6, rel=1e-3)


def test_isaac_says_where_the_array_is_another():
    model = isaac(Wanted(node_nm=130))

    assert model.warnings(Shape(rows=64, columns=32, cell_bits=1, dac_bits=2)) == (
        "array isaac: figures are of node 32 nm, not scaled to 130 nm",
        "array isaac: figures are of 128 x 128 cells, scaled to 64 x 32",
        "array isaac: figures are of 2-bit cells, not scaled to 1 bits",
        "array isaac: figures are of 1-bit word lines, not scaled to 2 bits",
    )


def test_cells_say_what_they_take_for_granted():
    shape = Shape(rows=4, columns=4, cell_bits=1, dac_bits=2)

    assert cells().warnings(shape) == (
        "array cells: digits of 2 bits are taken for lengths of pulses; as voltages they take less",
    )
    assert cells().warnings(shape._replace(dac_bits=1)) == ()


def test_energies_add_part_by_part():
    assert ArrayEnergy(1, 2, 3).plus(ArrayEnergy(10, 20, 30)) == ArrayEnergy(11, 22, 33)
