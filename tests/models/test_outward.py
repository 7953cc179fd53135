"""The outward search against plain python that walks it, and by hand."""

import numpy as np
import pytest

from hwgen_models.outward import outward_decisions
from hwgen_models.search import SearchTree


def plain_search(count, centre, limit, patience, step_bits):
    """Thresholds of one conversion."""
    step, asked = 2**step_bits, []

    def at_least(threshold):
        asked.append(threshold)
        return count >= threshold

    def bit_by_bit(low, bits):
        for bit in reversed(range(bits)):
            if at_least(low + 2**bit):
                low += 2**bit
        return low

    if limit == 0:
        return 0, asked
    here = min(max(centre, 1), limit)
    upward = at_least(here)
    for _ in range(patience):
        if upward and here + step <= limit:
            if not at_least(here + step):
                return bit_by_bit(here, step_bits), asked
            here += step
        elif not upward and here - step >= 1:
            if at_least(here - step):
                return bit_by_bit(here - step, step_bits), asked
            here -= step
        else:
            break
    left = (limit - here if upward else here - 1) < step
    low = here if upward else 0
    high = limit if upward else here - 1
    if left:
        # Thresholds beyond `high` are not asked, whatever was answered before.
        return clipped(low, high, at_least), asked
    return bit_by_bit(0, limit.bit_length()), asked


def clipped(low, high, at_least):
    """Successive approximation of low .. high with powers of two."""
    while low < high:
        middle = low + 2 ** ((high - low).bit_length() - 1)
        if at_least(middle):
            low = middle
        else:
            high = middle - 1
    return low


@pytest.mark.parametrize("step_bits", [0, 1, 2])
def test_every_count_under_every_bound_from_every_centre(step_bits):
    for limit in (0, 1, 2, 3, 6, 7, 13, 20):
        for centre in range(limit + 3):
            for patience in (0, 1, 2, 5):
                tree = SearchTree.outward(
                    centre, bits=5, bound=limit, patience=patience, step_bits=step_bits
                )
                walk = tree.walk(np.arange(limit + 1))

                assert tree.lossless
                for count in range(limit + 1):
                    value, asked = plain_search(count, centre, limit, patience, step_bits)
                    decisions = int(walk.decisions[count])
                    assert value == count
                    assert walk.thresholds[count][:decisions].tolist() == asked


@pytest.mark.parametrize("step_bits", [0, 1, 2, 3])
def test_decisions_without_a_tree_are_those_of_the_tree(step_bits):
    for limit in (0, 1, 2, 5, 8, 13, 20, 31):
        counts, centres = np.arange(limit + 1), np.arange(limit + 4)
        for patience in (0, 1, 3, 8):
            keys = {"patience": patience, "step_bits": step_bits}
            decisions = outward_decisions(
                counts, centre=centres[:, np.newaxis], limit=limit, **keys
            )
            for centre in centres:
                tree = SearchTree.outward(int(centre), bits=5, bound=limit, **keys)
                np.testing.assert_array_equal(decisions[centre], tree.depths)


@pytest.mark.parametrize("truncation", [1, 2, 3])
def test_truncation_is_a_search_among_bins(truncation):
    """Decisions are those of the shifted search; values are floor of the first bin, else middle."""
    size = 2**truncation
    for bound in (0, 3, 8, 21):
        for centre in (0, 5, 16):
            keys = {"patience": 3, "step_bits": 1}
            tree = SearchTree.outward(centre, bits=5, bound=bound, truncation=truncation, **keys)
            bins = SearchTree.outward(centre // size, bits=5, bound=bound // size, **keys)
            counts = np.arange(bound + 1)

            assert tree.depths.tolist() == [bins.depths[count // size] for count in counts]
            assert tree.values.tolist() == [
                0 if count < size else count // size * size + size // 2 for count in counts
            ]
            np.testing.assert_array_equal(
                outward_decisions(
                    counts, centre=centre, limit=bound, truncation=truncation, **keys
                ),
                tree.depths,
            )


def test_a_count_costs_its_distance_from_the_centre():
    """Centre 5: 5 and 4 end after a test on either side, every step away costs one more."""
    tree = SearchTree.outward(5, bits=8, bound=128, patience=8)

    assert tree.depths[:14].tolist() == [5, 5, 4, 3, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9 + 8]


def test_zero_and_the_bound_need_no_test_on_their_far_side():
    tree = SearchTree.outward(1, bits=4, bound=3, patience=8)

    assert tree.depths.tolist() == [1, 2, 3, 3]


@pytest.mark.parametrize("patience", [0, 3, 8])
def test_no_conversion_is_longer_than_promised_and_no_threshold_beyond_the_bits(patience):
    for bound in (1, 5, 100, 128, 200, 255):
        for centre in (0, 1, 7, 60, bound):
            tree = SearchTree.outward(centre, bits=8, bound=bound, patience=patience)

            assert tree.depth <= 1 + patience + bound.bit_length()
            assert tree.threshold.max() <= 255
            assert tree.lossless


def test_steps_of_four_end_in_two_more_decisions():
    tree = SearchTree.outward(16, bits=7, bound=64, patience=8, step_bits=2)

    assert tree.walk(18).thresholds[:4].tolist() == [16, 20, 18, 19]
    assert tree.walk(9).thresholds[:5].tolist() == [16, 12, 8, 10, 9]


def test_a_readout_with_too_few_bits_saturates():
    tree = SearchTree.outward(3, bits=3, bound=12, patience=8)

    np.testing.assert_array_equal(tree.values, np.minimum(np.arange(13), 7))


def test_a_search_that_lost_its_way_is_put_right_by_the_binary_search():
    """The first answers err; having used up its steps, the search trusts none of them."""
    tree = SearchTree.outward(3, bits=6, bound=40, patience=2)

    assert int(tree.walk(2, [9.0, 9.0, 9.0] + [0.0] * 9).values) == 2


def registers(count, centre, limit, patience):
    """What a lane needs for steps of one: a threshold that goes up or down by one, a counter of
    steps, two flags, and the search for bits that it has anyhow. Level and thresholds.
    """
    if limit == 0:
        return 0, []
    dac, left, first, upward, asked = min(max(centre, 1), limit), patience, True, False, []
    while True:
        asked.append(dac)
        answer = count >= dac
        goes_on = (first or upward == answer) and dac != (limit if answer else 1)
        if not goes_on:
            return dac - (not answer), asked
        if not left:
            break
        dac, left, first, upward = dac + (1 if answer else -1), left - 1, False, answer
    dac = trial = 1 << (limit.bit_length() - 1)
    while trial:
        asked.append(dac)
        dac = (dac if count >= dac else dac & ~trial) | trial >> 1
        trial >>= 1
    return dac, asked


def test_a_threshold_that_counts_up_and_down_walks_the_tree():
    for limit in (0, 1, 2, 7, 12, 19):
        for centre in range(limit + 2):
            for patience in (0, 1, 3, 8):
                tree = SearchTree.outward(centre, bits=5, bound=limit, patience=patience)
                walk = tree.walk(np.arange(limit + 1))
                for count in range(limit + 1):
                    level, asked = registers(count, centre, limit, patience)
                    decisions = int(walk.decisions[count])
                    assert level == walk.levels[count] == count
                    assert walk.thresholds[count][:decisions].tolist() == asked
