"""Switching energy against published closed forms and a plain solution for charges."""

import numpy as np
import pytest

from hwgen_models.search import Leaf, Redundant, SearchTree, Split
from hwgen_models.switching import conventional, conventional_step, monotonic


@pytest.mark.parametrize("bits", range(2, 13))
def test_binary_search_takes_the_published_average(bits):
    """Liu et al., JSSC 45(4), 2010; 1363.3 and 255.5 for ten bits."""
    tree, uniform = SearchTree.binary(bits), np.ones(2**bits, dtype=int)

    published = sum(2.0 ** (bits + 1 - 2 * i) * (2**i - 1) for i in range(1, bits + 1))
    published_monotonic = sum(2.0 ** (bits - 2 - i) for i in range(1, bits))

    assert conventional(tree, uniform, bits=bits).decide == pytest.approx(published, rel=1e-12)
    assert monotonic(tree, uniform, bits=bits) == pytest.approx(published_monotonic, rel=1e-12)


def charge_drawn(before, after, capacitors):
    """Charge from a reference of 1 V, solved for the floating top plate, in plain python.

    `before` and `after` say which capacitors are at the reference.
    """
    total = sum(capacitors)
    top_before = 0.0
    held = sum(c * (top_before - at) for c, at in zip(capacitors, before, strict=True))
    top_after = (held + sum(c * at for c, at in zip(capacitors, after, strict=True))) / total
    return sum(
        c * ((1 - top_after) - (was - top_before))
        for c, was, now in zip(capacitors, before, after, strict=True)
        if now
    )


def test_a_step_draws_the_charge_that_the_capacitors_take():
    bits, capacitors = 4, [8, 4, 2, 1, 1]

    def arrays(code):
        ones = [code >> b & 1 for b in (3, 2, 1, 0)]
        return [*ones, 0], [*(1 - one for one in ones), 1]

    grounded = [0] * 5, [0] * 5
    for before in range(-1, 16):
        for after in range(16):
            pairs = zip(arrays(before) if before >= 0 else grounded, arrays(after), strict=True)
            drawn = sum(charge_drawn(was, now, capacitors) for was, now in pairs)

            assert conventional_step(before, after, bits=bits) == pytest.approx(drawn, abs=1e-12)


def test_two_bits_by_hand():
    """0 to 2 takes 2; then up takes 1/2, down 5/2; the level differs after a no only."""
    tree = SearchTree.binary(2)

    one = conventional(tree, [0, 0, 0, 1], bits=2)
    assert (one.decide, one.settle, one.reset) == (2.5, 0.0, 0.0)
    # 2, 1, then 0: the bit goes back, and the other array takes its share.
    zero = conventional(tree, [1], bits=2)
    assert zero.decide == 4.5
    assert zero.settle == conventional_step(1, 0, bits=2) == 0 + (1 - 4 * 1 / 4)
    assert zero.total == 4.5


def test_range_tests_put_back_what_they_raised():
    """Edge 4, then bits from 2: the path 4, 2, 3 of count 3."""
    tree = SearchTree.twin_range(2, 0, 4, 0, bits=4, bound=15)
    steps = [(-1, 4), (4, 2), (2, 3)]

    expected = sum(float(conventional_step(*step, bits=4)) for step in steps)

    assert conventional(tree, [0, 0, 0, 1], bits=4).decide == pytest.approx(expected)


def test_resting_at_a_code_costs_the_way_back_to_it():
    search = Redundant(bits=3, start=4, weights=(2, 1))
    energy = conventional(SearchTree.redundant(search), [0, 1], bits=3, rest=4)

    # Count 1 asks 4, 2 and 1, and settles at 1; back to 4, bit 2 rises on one side, bit 0 on the
    # other.
    assert energy.reset == 5
    assert energy.decide == pytest.approx(
        float(conventional_step(4, 2, bits=3) + conventional_step(2, 1, bits=3))
    )


def test_votes_ask_again_without_switching():
    once, thrice = (
        SearchTree.redundant(Redundant(bits=3, start=4, weights=(2, 1), votes=votes))
        for votes in ((1, 1, 1), (3, 3, 3))
    )
    uniform = [1] * 8

    assert conventional(once, uniform, bits=3) == conventional(thrice, uniform, bits=3)
    assert monotonic(thrice, uniform, bits=3) == monotonic(once, uniform, bits=3)


def test_searches_near_zero_move_little_charge():
    """What is to be saved beyond decisions: no large capacitor moves up and back."""
    histogram = 0.6 ** np.arange(129)
    full = conventional(SearchTree.binary(8, 128), histogram, bits=8)
    ranges = conventional(SearchTree.twin_range(3, 0, 8, 0, bits=8, bound=128), histogram, bits=8)

    assert ranges.total < full.total / 3


def test_trees_that_need_a_capacitor_back_are_not_monotonic():
    leaf = Leaf(0, 0, 0)
    # 8, up by 4, up by 4 again: the array has only one capacitor of 4.
    again = SearchTree(Split(8, leaf, Split(12, leaf, Split(16, leaf, leaf))), bound=16)
    # 8, up by 4, down by 4: that is the other array's.
    other = SearchTree(Split(8, leaf, Split(12, Split(8, leaf, leaf), leaf)), bound=16)

    assert monotonic(again, [1] * 17, bits=4) is None
    assert monotonic(other, [1] * 17, bits=4) is not None


def test_a_flash_has_no_capacitors_to_switch():
    tree = SearchTree.flash([2, 4], bound=6)

    with pytest.raises(ValueError, match=r"^Tree must be walked in sequence"):
        conventional(tree, [1], bits=3)
    with pytest.raises(ValueError, match=r"^Tree must be walked in sequence"):
        monotonic(tree, [1], bits=3)


def test_histogram_must_fit_the_tree():
    with pytest.raises(ValueError, match=r"^Histogram must have at most 8 counts, not 9$"):
        conventional(SearchTree.binary(3), [1] * 9, bits=3)
