"""The table port: every small plan against the tree that it must walk, and the port's rules."""

from itertools import product

import numpy as np
import pytest

from hwgen_models.range_table import (
    IDENTITY,
    RangeTable,
    SearchPlan,
    check_outputs,
    search_plan,
)
from hwgen_models.search import SearchTree, check_ranges, twin_ranges
from hwgen_models.spec import TileSpec

CASES = [(bits, bound) for bits in (1, 2, 3) for bound in range(1, 2**bits + 2)]
CASES += [(4, 9), (4, 15), (4, 16), (5, 12), (5, 16), (5, 31), (5, 40)]


def legal_tables(bits, bound):
    for fields in product(range(bits + 1), repeat=4):
        try:
            check_ranges(twin_ranges(*fields), bits=bits, bound=bound)
        except ValueError:
            continue
        yield fields


def engine(plan, answers):
    """The engine's registers as the architecture has them; `dac` is its only pointer."""
    answers = iter(answers)
    asked, in_range = [], 0
    dac, detecting = plan.start, plan.detect
    if plan.none:
        return asked, in_range, 0
    while True:
        asked.append(dac)
        trial = dac & -dac
        answer = next(answers)
        if detecting and answer:
            detecting, in_range, dac = False, 1, plan.high
            if plan.empty_1:
                return asked, in_range, 0
            continue
        if detecting or not answer:
            detecting = False
            dac -= trial
        if trial == (plan.stop_1 if in_range else plan.stop_0):
            return asked, in_range, dac
        dac |= trial >> 1


def leaves(tree):
    """Yield (leaf, thresholds, answers) of every leaf, those that no count reaches too."""
    todo = [(0 if len(tree.threshold) else ~0, [], [])]
    while todo:
        at, asked, answers = todo.pop()
        if at < 0:
            yield ~at, asked, answers
            continue
        asked = [*asked, int(tree.threshold[at])]
        todo.append((int(tree.low[at]), asked, [*answers, False]))
        todo.append((int(tree.high[at]), asked, [*answers, True]))


@pytest.mark.parametrize(("bits", "bound"), CASES)
def test_plan_leads_an_engine_through_its_tree_for_all_answers(bits, bound):
    tables = 0
    for fields in legal_tables(bits, bound):
        tables += 1
        plan = search_plan(*fields, bits=bits, bound=bound)
        tree = SearchTree.twin_range(*fields, bits=bits, bound=bound)
        for leaf, asked, answers in leaves(tree):
            assert engine(plan, answers) == (asked, tree.leaf_range[leaf], tree.leaf_level[leaf])
    assert tables


@pytest.mark.parametrize(("bits", "bound"), CASES)
def test_plan_decodes_every_leaf_to_the_value_of_its_tree(bits, bound):
    for fields in legal_tables(bits, bound):
        plan = search_plan(*fields, bits=bits, bound=bound)
        tree = SearchTree.twin_range(*fields, bits=bits, bound=bound)

        values = [
            plan.decode(int(index), int(level))
            for index, level in zip(tree.leaf_range, tree.leaf_level, strict=True)
        ]

        assert values == tree.leaf_value.tolist(), fields


def test_plans_by_hand():
    assert search_plan(3, 1, 8, 2, bits=8, bound=128) == SearchPlan(
        start=8,
        detect=True,
        none=False,
        high=128,
        stop_0=2,
        stop_1=4,
        empty_1=False,
        mid=2,
        straddle=0,
    )
    # The bin [0, 8) of range 1 is cut by W = 4: (4 + 8) / 2 = 4 | 2.
    straddling = search_plan(2, 0, 8, 3, bits=8, bound=128)
    assert (straddling.mid, straddling.straddle) == (4, 2)
    assert straddling.decode(1, 0) == 6
    assert straddling.decode(1, 8) == 12
    assert straddling.decode(0, 0) == 0
    # Reset: a plain binary search. 100 rows need only seven bits of it.
    assert search_plan(8, 0, 8, 0, bits=8, bound=128)[:3] == (128, False, False)
    assert search_plan(7, 0, 8, 0, bits=8, bound=100)[:3] == (64, False, False)
    assert search_plan(7, 0, 8, 0, bits=8, bound=128)[:3] == (128, True, False)
    # Everything truncated: no decision.
    assert search_plan(8, 8, 8, 0, bits=8, bound=128)[2] is True
    assert search_plan(3, 0, 8, 8, bits=8, bound=128)[4:8] == (1, 0, True, 128)


def test_saturating_readout_is_covered_by_all_its_codes():
    plan = search_plan(6, 0, 6, 0, bits=6, bound=128)

    assert (plan.start, plan.detect) == (32, False)
    assert search_plan(3, 0, 6, 0, bits=6, bound=128).detect
    saturating = TileSpec(search="twin-range", readout_bits=6, saturate=True)
    assert RangeTable(saturating).reason is None


@pytest.fixture
def port():
    return RangeTable(TileSpec(search="twin-range"))


def test_reset_is_a_plain_binary_search_of_all_outputs(port):
    assert port.read(0x00) == IDENTITY == int.from_bytes(b"HWG1")
    assert port.read(0x04) == 0b100
    assert port.read(0x04, idle=False) == 0
    assert port.read(0x0C) == 9
    assert port.read(0x20) == port.read(0x24) == 8
    counts = np.arange(256)
    np.testing.assert_array_equal(
        port.trees[0].walk(counts).thresholds, SearchTree.binary(8).walk(counts).thresholds
    )


def test_table_takes_effect_at_a_boundary_after_a_commit(port):
    assert port.write(0x20, 3 | 1 << 8)
    assert port.write(0x24, 8 | 2 << 8)
    assert port.write(0x0C, 4)
    assert port.read(0x20) == 3 | 1 << 8
    assert not port.boundary()
    assert port.active.outputs == 9

    assert port.write(0x08, 0)
    assert port.read(0x04) == 0b101
    assert port.active.outputs == 9
    assert port.boundary()

    assert port.read(0x04) == 0b100
    assert port.active.outputs == 4
    assert port.tables == [[(3, 1), (8, 2)]]
    plan = search_plan(3, 1, 8, 2, bits=8, bound=128)
    assert [value for value, _ in port.plan] == list(map(int, plan))
    np.testing.assert_array_equal(
        port.trees[0].values, SearchTree.twin_range(3, 1, 8, 2, bits=8, bound=128).values
    )


def test_nothing_is_written_while_a_commit_is_pending(port):
    port.write(0x20, 3)
    port.write(0x08, 1)

    assert not port.write(0x20, 4)
    assert not port.write(0x0C, 1)
    assert not port.write(0x08, 1)

    port.boundary()
    assert port.tables[0][0] == (3, 0)
    assert port.write(0x20, 4)


@pytest.mark.parametrize(
    ("address", "word"),
    [
        (0x0C, 0),
        (0x0C, 10),
        (0x0C, 1 << 31),
        (0x20, 9),
        (0x20, 3 | 4 << 8),
        (0x20, 3 | 1 << 16),  # above both fields: a truncation that does not fit
        (0x20, 3 | 1 << 4),  # between the fields: a payload that does not fit
        (0x24, 7 | 0 << 8),  # does not reach the bound
    ],
)
def test_illegal_table_is_refused_and_stays_refused_until_the_next_commit(port, address, word):
    if address == 0x24:
        port.write(0x20, 3)
    legal = port.read(address)
    assert port.write(address, word)

    assert port.write(0x08, 0)
    assert port.read(0x04) == 0b110
    assert not port.boundary()
    assert port.active.outputs == 9
    assert port.tables == [[(8, 0), (8, 0)]]

    assert port.write(address, legal)
    assert port.read(0x04) == 0b110
    assert port.write(0x08, 0)
    assert port.read(0x04) == 0b101


def test_port_answers_with_an_error_where_there_is_nothing(port):
    assert port.read(0x08) is None
    assert port.read(0x10) is None
    assert port.read(0x28) is None
    assert not port.write(0x00, 0)
    assert not port.write(0x04, 0)
    assert not port.write(0x28, 0)


def test_tile_without_ranges_has_no_range_registers():
    port = RangeTable(TileSpec())

    assert port.read(0x20) is None
    assert not port.write(0x24, 8)
    assert port.write(0x0C, 5)
    assert port.write(0x08, 0)
    assert port.boundary()
    assert port.active.outputs == 5
    assert port.trees[0].depths.tolist() == [8] * 129


def test_outputs_that_there_are_not():
    with pytest.raises(ValueError, match=r"^outputs must be between 1 and 9, not 10$"):
        check_outputs(10, outputs=9)
