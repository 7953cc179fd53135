"""Arrays: the closed form against every single cell, and published figures."""

import numpy as np
import pytest

from hwgen.power.analog.accounting import Wanted
from hwgen.power.analog.array import ArrayEnergy, Cells, OnTime, Reads, Shape, isaac


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


def reads_of(shape, digits, stored, cycles=None):
    """Sums over reads of `digits` (reads, rows) of the cells `stored` (rows, columns)."""
    cycles = np.zeros(len(digits), dtype=int) if cycles is None else cycles
    counts = (digits @ stored).sum(axis=1)
    return Reads(
        shape=shape,
        reads=len(digits),
        driven=int(digits.sum()),
        charged=int(np.count_nonzero(digits)),
        counts=int(counts.sum()),
        on_time=OnTime(
            cycles=int(cycles.sum()),
            rows=int(cycles @ digits.sum(axis=1)),
            counts=int(cycles @ counts),
        ),
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


def test_with_a_clock_every_read_takes_its_own_time():
    rng = np.random.default_rng(6)
    shape = Shape(rows=7, columns=5, cell_bits=2, dac_bits=2)
    digits, stored = rng.integers(0, 4, (11, 7)), rng.integers(0, 4, (7, 5))
    cycles = rng.integers(5, 200, 11)
    model = cells(read_ns=None, clock_ns=2.5)
    done = reads_of(shape, digits, stored, cycles)

    found = model.energy(done)

    joules = sum(
        0.3**2 * (5e-6 + 45e-6 * d / 3) * time * 2.5e-9 * x / 3
        for read, time in zip(digits, cycles, strict=True)
        for x, row in zip(read, stored, strict=True)
        for d in row
    )
    assert found.cells == pytest.approx(joules * 1e12)
    assert model.read_time(done) == pytest.approx({
        "from": "schedule",
        "read_ns": 2.5 * cycles.mean(),
        "driven_cycles": cycles.mean(),
        "driven_ns": 2.5 * cycles.mean(),
    })
    assert model.time_warnings(done) == ()


def test_a_time_that_a_design_gives_holds_beside_any_clock():
    shape = Shape(rows=2, columns=1, cell_bits=1, dac_bits=1)
    done = reads_of(shape, np.array([[1, 1]]), np.array([[1], [0]]), np.array([50]))
    given = cells(read_ns=20.0, clock_ns=2.0)

    assert given.energy(done) == cells(read_ns=20.0).energy(done)
    assert given.read_time(done)["from"] == "design"
    (said,) = given.time_warnings(done)
    assert said == (
        "array cells: reads are charged for the 20 ns of the design; they drive word lines for "
        "100 ns on average"
    )
    assert cells(read_ns=100.0, clock_ns=2.0).time_warnings(done) == ()  # it is the same


def test_without_a_clock_a_read_takes_the_time_of_the_model_and_says_so():
    shape = Shape(rows=2, columns=1, cell_bits=1, dac_bits=1)
    done = reads_of(shape, np.array([[1, 1]]), np.array([[1], [0]]), np.array([50]))
    unknown = cells(read_ns=None)

    assert unknown.energy(done) == cells(read_ns=100.0).energy(done)
    assert unknown.read_time(done) == {
        "from": "model",
        "read_ns": 100.0,
        "driven_cycles": 50,
        "driven_ns": None,
    }
    (said,) = unknown.time_warnings(done)
    assert said == (
        "array cells: reads are charged for the 100 ns of the model; they drive word lines for 50 "
        "cycles, of a clock that is not given, on average"
    )
    assert unknown.time_warnings(reads_of(shape, np.zeros((0, 2), int), np.ones((2, 1)))) == ()


def test_isaacs_reads_are_not_those_of_another_schedule():
    shape = Shape(rows=128, columns=128, cell_bits=2, dac_bits=1)
    done = reads_of(shape, np.eye(128, dtype=int), np.eye(128, dtype=int), np.full(128, 102))

    (said,) = isaac(Wanted(), clock_ns=20.0).time_warnings(done)
    assert said == (
        "array isaac: reads are charged for the 100 ns of the model; they drive word lines for "
        "2040 ns on average"
    )


def test_one_cell_by_hand():
    """0.2 V across 39.3 uS for 100 ns: 0.1572 pJ."""
    shape = Shape(rows=1, columns=1, cell_bits=1, dac_bits=1)
    model = cells(read_v=0.2, on_us=39.3, read_ns=100.0, on_off_ratio=None)

    found = model.energy(
        Reads(shape=shape, reads=1, driven=1, charged=1, counts=1, on_time=OnTime())
    )

    assert found.cells == pytest.approx(0.1572)


def test_leakage_that_counts_hold_is_not_added_again():
    shape = Shape(rows=4, columns=3, cell_bits=1, dac_bits=1)
    done = Reads(shape=shape, reads=2, driven=5, charged=5, counts=7, on_time=OnTime())

    with_it, without = (cells(leaky_counts=held).energy(done).cells for held in (False, True))

    # 0.3^2 x 20 x 5 uS of each cell on a driven word line, in fJ.
    assert with_it - without == pytest.approx(0.09 * 20 * 5 * 3 * 5 / 1000)


def test_isaac_is_its_table_of_components():
    """2.4 mW and 4 mW of 8 arrays for 100 ns; the DAC within the utilisation that others add."""
    shape = Shape(rows=128, columns=128, cell_bits=2, dac_bits=1)
    model = isaac(Wanted())

    found = model.energy(
        Reads(shape=shape, reads=3, driven=9, charged=9, counts=1, on_time=OnTime())
    )

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
