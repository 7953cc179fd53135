"""Weights to cells, cells to counts, and the comparator."""

import re

import numpy as np
import pytest

from hwgen_models.columns import ColumnMap
from hwgen_models.crossbar import (
    Comparator,
    Crossbar,
    Level,
    Nonidealities,
    cells_of,
    magnitude_slices,
)
from hwgen_models.noise import FARTHEST, GRID, Draw, normal, on_grid
from hwgen_models.search import SearchTree


def column_map(columns=16, slices=3, columns_per_lane=4, column_order="slice_major"):
    return ColumnMap(
        columns=columns,
        slices=slices,
        polarities=2,
        columns_per_lane=columns_per_lane,
        column_order=column_order,
    )


@pytest.mark.parametrize(("slices", "cell_bits"), [(7, 1), (8, 1), (4, 2), (3, 3), (1, 8)])
def test_slices_weigh_back_to_every_weight(slices, cell_bits):
    largest = min(2 ** (slices * cell_bits) - 1, 300)
    weights = np.arange(-largest, largest + 1)[:, None]

    digits = magnitude_slices(weights, slices=slices, cell_bits=cell_bits)

    values = 2 ** (cell_bits * np.arange(slices)) @ digits
    np.testing.assert_array_equal(values[..., 0] - values[..., 1], weights)
    assert digits.max() <= 2**cell_bits - 1
    assert (values.min(axis=-1) == 0).all()


@pytest.mark.parametrize(
    ("weight", "slices", "cell_bits", "needed"),
    [(-128, 7, 1, 8), (128, 7, 1, 8), (-128, 3, 2, 4), (1000, 4, 2, 5), (-1, 0, 1, 1)],
)
def test_refuses_by_name_a_weight_that_does_not_fit(weight, slices, cell_bits, needed):
    weights = np.zeros((4, 5), dtype=int)
    weights[2, 3] = weights[3, 0] = weight

    message = f"weight {weight} at row 2, output 3 needs {needed} magnitude slices, not {slices}"
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        magnitude_slices(weights, slices=slices, cell_bits=cell_bits)


def test_most_negative_weight_takes_eight_slices():
    digits = magnitude_slices([[-128]], slices=8, cell_bits=1)

    assert digits[0, 0, :, 1].tolist() == [0] * 7 + [1]
    assert not digits[0, 0, :, 0].any()


@pytest.mark.parametrize("column_order", ["slice_major", "output_major"])
def test_cells_lie_where_the_architecture_says(column_order):
    rng = np.random.default_rng(2)
    weights = rng.integers(-7, 8, size=(5, 2))

    cells = cells_of(weights, rows=6, column_map=column_map(column_order=column_order), cell_bits=1)

    expected = np.zeros((6, 16), dtype=int)
    for output in range(2):
        for slice_index in range(3):
            for polarity, sign in enumerate((1, -1)):
                if column_order == "slice_major":
                    p = (slice_index * 2 + polarity) * 2 + output
                else:
                    p = (output * 3 + slice_index) * 2 + polarity
                magnitude = np.maximum(sign * weights[:, output], 0)
                expected[:5, p] = magnitude >> slice_index & 1
    np.testing.assert_array_equal(cells, expected)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((7, 2), "Weights must have at most 6 rows, not 7"),
        ((6, 3), "Weights must have at most 2 outputs, not 3"),
        ((6,), "Weights must have two axes, rows and outputs, not 1"),
    ],
)
def test_refuses_matrices_larger_than_the_array(shape, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        cells_of(np.zeros(shape, dtype=int), rows=6, column_map=column_map(), cell_bits=1)


def test_refuses_fractional_weights():
    with pytest.raises(TypeError, match=r"^Weights must be integers, not float64$"):
        magnitude_slices([[0.5]], slices=7, cell_bits=1)


def test_refuses_digits_that_no_cell_holds():
    with pytest.raises(ValueError, match=r"^Cells must be between 0 and 3, not 0 to 4$"):
        Crossbar([[0, 4]], cell_bits=2)


def test_ideal_counts_are_the_integer_product():
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 4, size=(20, 9))
    drive = rng.integers(0, 2, size=(6, 5, 20))
    crossbar = Crossbar(cells, cell_bits=2)

    counts = crossbar.counts(drive, vector=np.arange(6)[:, None], plane=np.arange(5))

    assert crossbar.ideal
    np.testing.assert_array_equal(counts, drive @ cells)


@pytest.mark.parametrize(
    "nonidealities",
    [
        Nonidealities(spread=0.2),
        Nonidealities(read_noise=0.7),
        Nonidealities(spread=0.1, on_off_ratio=20, stuck_on=0.1, stuck_off=0.1, read_noise=0.5),
        Nonidealities(levels=(Level(0.01, 0.02), Level(-0.1, 0.3)), wire_resistance=1e-3),
    ],
)
def test_one_read_at_a_time_equals_all_at_once_in_any_order(nonidealities):
    rng = np.random.default_rng(4)
    cells = rng.integers(0, 2, size=(64, 10))
    drive = rng.integers(0, 2, size=(6, 5, 64))
    together = Crossbar(cells, cell_bits=1, nonidealities=nonidealities, seed=9).counts(
        drive, vector=np.arange(6)[:, None], plane=np.arange(5)
    )

    crossbar = Crossbar(cells, cell_bits=1, nonidealities=nonidealities, seed=9)
    for index in rng.permutation(30):
        v, t = divmod(int(index), 5)
        np.testing.assert_array_equal(
            crossbar.counts(drive[v, t], vector=v, plane=t), together[v, t]
        )
    assert (together / GRID == np.rint(together / GRID)).all()


def test_another_seed_is_another_array():
    cells = np.ones((8, 8), dtype=int)
    first, second = (
        Crossbar(cells, cell_bits=1, nonidealities=Nonidealities(spread=0.2), seed=seed)
        for seed in (0, 1)
    )

    assert (first.conductances != second.conductances).all()


def test_conductance_spread_is_lognormal_with_median_one():
    cells = np.full((200, 200), 3)
    crossbar = Crossbar(cells, cell_bits=2, nonidealities=Nonidealities(spread=0.25), seed=1)

    logarithms = np.log(crossbar.conductances / 3)

    assert abs(logarithms.mean()) < 4 * 0.25 / 200
    assert abs(logarithms.std() - 0.25) < 0.005
    assert crossbar.conductances.mean() == pytest.approx(3 * np.exp(0.25**2 / 2), rel=0.01)


def test_stored_zero_draws_nothing_without_a_ratio():
    spread = Nonidealities(spread=0.25)
    crossbar = Crossbar(np.zeros((4, 4), dtype=int), cell_bits=1, nonidealities=spread)

    assert not crossbar.conductances.any()


def test_finite_ratio_adds_the_same_leakage_to_every_column():
    cells = np.array([[0, 1], [0, 3]])
    crossbar = Crossbar(cells, cell_bits=2, nonidealities=Nonidealities(on_off_ratio=16))

    counts = crossbar.counts([1, 1], vector=0, plane=0)

    np.testing.assert_allclose(counts, [2 * 3 / 15, 4 + 2 * 3 / 15], atol=1e-6)
    assert crossbar.conductances[1, 1] / crossbar.conductances[1, 0] == pytest.approx(16, rel=1e-4)


def test_stuck_cells_appear_as_often_as_asked():
    rng = np.random.default_rng(6)
    cells = rng.integers(0, 2, size=(300, 300))
    stuck = Nonidealities(stuck_on=0.02, stuck_off=0.1)

    acting = Crossbar(cells, cell_bits=1, nonidealities=stuck, seed=2).cells

    assert (acting[cells == 0] == 1).mean() == pytest.approx(0.02, abs=0.004)
    assert (acting[cells == 1] == 0).mean() == pytest.approx(0.1, abs=0.008)


@pytest.mark.parametrize(("stuck", "digit"), [({"stuck_on": 1.0}, 3), ({"stuck_off": 1.0}, 0)])
def test_every_cell_stuck(stuck, digit):
    cells = np.arange(16).reshape(4, 4) % 4

    crossbar = Crossbar(cells, cell_bits=2, nonidealities=Nonidealities(**stuck))

    assert (crossbar.cells == digit).all()


def test_measured_levels_shift_and_spread_by_digit():
    cells = np.arange(4).repeat(10000).reshape(4, -1)
    levels = (Level(0.3, 0.02), Level(-0.1, 0.2), Level(0.0, 0.05), Level(0.05, 0.0))
    measured = Nonidealities(levels=levels, on_off_ratio=31)

    conductances = Crossbar(cells, cell_bits=2, nonidealities=measured, seed=4).conductances

    leakage = 3 / 30
    for digit, (shift, sigma) in enumerate(levels):
        assert conductances[digit].mean() == pytest.approx(digit + leakage + shift, abs=0.01)
        assert conductances[digit].std() == pytest.approx(sigma, rel=0.03, abs=1e-5)


def test_no_cell_conducts_backwards():
    levels = (Level(0.0, 0.5), Level(0.0, 0.5))
    cells = np.zeros((50, 50), dtype=int)

    crossbar = Crossbar(cells, cell_bits=1, nonidealities=Nonidealities(levels=levels))

    assert crossbar.conductances.min() == 0
    assert (crossbar.conductances == 0).mean() == pytest.approx(0.5, abs=0.05)


def test_every_digit_needs_its_level():
    levels = (Level(0.0, 0.0), Level(0.0, 0.1))
    with pytest.raises(ValueError, match=r"^levels must be 4, not 2$"):
        Crossbar([[3]], cell_bits=2, nonidealities=Nonidealities(levels=levels))


# The resistance of the bit line


def sense_current(digits, conductances, segment):
    """Solve one bit line as a network of resistors, all nodes at once."""
    rows = len(digits)
    nodal, injected = np.zeros((rows, rows)), np.zeros(rows)
    for row in range(rows):
        nodal[row, row] += 1 / segment
        if row:
            nodal[row, row - 1] = nodal[row - 1, row] = -1 / segment
            nodal[row - 1, row - 1] += 1 / segment
        if digits[row]:
            nodal[row, row] += conductances[row]
            injected[row] = conductances[row] * digits[row]
    return np.linalg.solve(nodal, injected)[0] / segment


@pytest.mark.parametrize("largest_digit", [1, 3])
@pytest.mark.parametrize("resistance", [1e-6, 1e-4, 1e-2])
def test_bit_lines_are_solved_exactly(resistance, largest_digit):
    rng = np.random.default_rng(8)
    cells = rng.integers(0, 4, size=(40, 6))
    drive = rng.integers(0, largest_digit + 1, size=(7, 40)) * rng.integers(0, 2, size=(7, 40))
    drive[3] = 0
    flaws = Nonidealities(wire_resistance=resistance, on_off_ratio=25, spread=0.2)
    crossbar = Crossbar(cells, cell_bits=2, nonidealities=flaws, seed=1)

    counts = crossbar.counts(drive, vector=np.arange(7), plane=0)

    segment = resistance / (3 * 25 / 24)  # the ratio is to a cell that stores 3
    expected = [
        [sense_current(digits, crossbar.conductances[:, column], segment) for column in range(6)]
        for digits in drive
    ]
    np.testing.assert_allclose(counts, expected, rtol=0, atol=GRID)
    assert not counts[3].any()


@pytest.mark.parametrize("largest_digit", [1, 3])
def test_small_wire_resistance_takes_what_the_first_order_says(largest_digit):
    rng = np.random.default_rng(9)
    cells = rng.integers(0, 2, size=(64, 5))
    drive = rng.integers(0, largest_digit + 1, size=(4, 64))
    resistance = 1e-5

    wired = Crossbar(cells, cell_bits=1, nonidealities=Nonidealities(wire_resistance=resistance))
    lost = drive @ cells - wired.counts(drive, vector=np.arange(4), plane=0)

    def beyond(per_row):
        return np.cumsum(per_row[:, ::-1], axis=1)[:, ::-1]

    currents = beyond(drive[:, :, None] * cells)
    loads = beyond((drive > 0)[:, :, None] * cells)
    first_order = resistance * (currents * loads).sum(axis=1)
    assert first_order.min() > 0.01
    np.testing.assert_allclose(lost, first_order, rtol=0.03)


def test_a_cell_alone_is_in_series_with_the_wire_to_the_sense_end():
    crossbar = Crossbar(
        np.ones((5, 1), dtype=int), cell_bits=1, nonidealities=Nonidealities(wire_resistance=0.01)
    )

    counts = crossbar.counts(np.eye(5, dtype=int), vector=np.arange(5), plane=0)

    np.testing.assert_allclose(counts[:, 0], 1 / (1 + 0.01 * np.arange(1, 6)), atol=GRID)


def test_columns_may_be_chosen_and_idle_rows_left_out():
    rng = np.random.default_rng(10)
    flaws = Nonidealities(spread=0.1, on_off_ratio=50, read_noise=0.2, wire_resistance=1e-4)
    crossbar = Crossbar(rng.integers(0, 2, (30, 12)), cell_bits=1, nonidealities=flaws)
    drive = rng.integers(0, 2, (8, 30))
    drive[:, 20:] = 0
    at = {"vector": np.arange(8), "plane": np.arange(8) % 3}

    every = crossbar.counts(drive, **at)
    some = crossbar.counts(drive[:, :20], **at, columns=[2, 3, 11])

    np.testing.assert_array_equal(some, every[:, [2, 3, 11]])


def test_read_noise_has_its_deviation_and_is_fresh_in_every_read():
    crossbar = Crossbar(
        np.ones((2, 50), dtype=int), cell_bits=1, nonidealities=Nonidealities(read_noise=0.4)
    )
    drive = np.ones((40, 10, 2), dtype=int)

    noise = crossbar.counts(drive, vector=np.arange(40)[:, None], plane=np.arange(10)) - 2
    again = crossbar.counts(drive[0], vector=0, plane=np.arange(10), repeat=1) - 2

    assert abs(noise.mean()) < 4 * 0.4 / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(0.4, rel=0.03)
    assert len(np.unique(noise)) > 0.99 * noise.size
    assert (again != noise[0]).mean() > 0.99


def test_noise_has_the_coordinates_that_the_design_names():
    # (seed, purpose, vector, plane, row group, column, decision, repeat)
    noisy = Nonidealities(read_noise=0.5)
    crossbar = Crossbar(np.ones((2, 9), dtype=int), cell_bits=1, nonidealities=noisy, seed=3)
    comparator = Comparator(columns_per_lane=9, noise=0.5, seed=3)

    held = crossbar.counts([1, 1], vector=4, plane=5, row_group=6, repeat=8)[7]
    error = comparator.error(4, 5, 7, 2, row_group=6, repeat=8)

    assert held - 2 == on_grid(0.5 * normal(3, Draw.READ_NOISE, 4, 5, 6, 7, 0, 8))
    assert error == on_grid(0.5 * normal(3, Draw.COMPARATOR_NOISE, 4, 5, 6, 7, 2, 8))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"spread": -0.1}, "spread must be zero or more, not -0.1"),
        ({"read_noise": float("nan")}, "read_noise must be zero or more, not nan"),
        ({"stuck_on": 1.5}, "stuck_on must be a probability, not 1.5"),
        ({"stuck_on": 0.75, "stuck_off": 0.5}, "stuck_on + stuck_off must be at most 1, not 1.25"),
        ({"on_off_ratio": 1}, "on_off_ratio must be above 1, not 1"),
        ({"wire_resistance": -1e-3}, "wire_resistance must be zero or more, not -0.001"),
        (
            {"levels": (Level(0.0, 0.0), Level(0.0, -1.0))},
            "levels must be finite with a sigma of zero or more, not Level(shift=0.0, sigma=-1.0)",
        ),
        (
            {"levels": (Level(0.0, 0.0), Level(0.0, 0.0)), "spread": 0.1},
            "spread must be 0 beside levels, not 0.1",
        ),
    ],
)
def test_refuses_impossible_nonidealities(bad, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Nonidealities(**bad)


def test_ideal_comparator_never_errs():
    comparator = Comparator(columns_per_lane=8)

    error = comparator.error(np.arange(3)[:, None], 0, np.arange(16), 0)

    assert comparator.ideal
    np.testing.assert_array_equal(error, np.zeros((3, 16)))


def test_offset_belongs_to_the_lane():
    comparator = Comparator(columns_per_lane=4, offset=0.3, seed=5)

    error = comparator.error(np.arange(10)[:, None], 2, np.arange(12), 1)

    assert error.shape == (10, 12)
    assert (error == error[0]).all()
    lanes = error[0].reshape(3, 4)
    assert (lanes == lanes[:, :1]).all()
    assert len(np.unique(lanes)) == 3
    spread = comparator.offsets(np.arange(5000)).std()
    assert spread == pytest.approx(0.3, rel=0.05)


def test_noise_is_fresh_in_every_decision_and_found_again():
    comparator = Comparator(columns_per_lane=4, noise=0.2, seed=5)
    at = np.ogrid[:6, :5, :8, :7]

    error = comparator.error(*at)

    assert error.std() == pytest.approx(0.2, rel=0.06)
    assert len(np.unique(error)) > 0.99 * error.size
    assert float(comparator.error(3, 2, 7, 6)) == error[3, 2, 7, 6]
    assert float(comparator.error(3, 2, 7, 6, repeat=1)) != error[3, 2, 7, 6]
    assert (
        float(Comparator(columns_per_lane=4, noise=0.2, seed=6).error(0, 0, 0, 0)) != error.flat[0]
    )


def test_refuses_impossible_comparators():
    with pytest.raises(ValueError, match=r"^Comparator noise must be zero or more, not -1$"):
        Comparator(columns_per_lane=4, noise=-1)


@pytest.mark.parametrize("noise", [0.02, 0.5, 40.0])
@pytest.mark.parametrize("offset", [0.0, 0.4])
@pytest.mark.parametrize(
    "tree",
    [
        SearchTree.binary(5, 31),
        SearchTree.twin_range(2, 0, 5, 1, bits=5, bound=31),
        SearchTree.alphabetic([1] * 3),
        SearchTree.alphabetic([1]),
    ],
)
def test_noise_that_cannot_turn_a_decision_is_not_missed(tree, offset, noise):
    rng = np.random.default_rng(7)
    comparator = Comparator(columns_per_lane=4, offset=offset, noise=noise, seed=2)
    held = on_grid(rng.uniform(-1, 34, size=(40, 16)))
    vector, plane, column = np.arange(40)[:, None], np.arange(40)[:, None] % 8, np.arange(16)

    walk = comparator.walk(tree, held, vector=vector, plane=plane, column=column)

    errors = [comparator.error(vector, plane, column, k) for k in range(tree.depth)]
    expected = tree.walk(held, lambda decision: errors[decision])
    np.testing.assert_array_equal(walk.leaf, expected.leaf)


def test_no_draw_is_farther_than_it_may_be():
    draws = normal(0, 0, np.arange(200_000))
    smallest_hash = np.sqrt(-2 * np.log(2.0**-53))

    assert np.abs(draws).max() < FARTHEST
    assert smallest_hash < FARTHEST
