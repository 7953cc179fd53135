# amaranth: UnusedElaboratable=no
"""IntervalDecode against the leaves of the search tree."""

import pytest

from hwgen.gateware.interval_decode import IntervalDecode
from hwgen_models.range_table import search_plan
from tests.gateware.test_search import legal_tables
from tests.support import simulate


@pytest.mark.parametrize(("bits", "bound"), [(3, 7), (5, 20)])
def test_gives_the_value_of_every_leaf(bits, bound):
    dut = IntervalDecode(bits=bits)
    checked = []

    async def bench(ctx):
        for table, tree in legal_tables(bits, bound):
            for name, value in search_plan(*table, bits=bits, bound=bound)._asdict().items():
                ctx.set(getattr(dut.plan, name), value)
            for found_in, level, value in zip(
                tree.leaf_range, tree.leaf_level, tree.leaf_value, strict=True
            ):
                ctx.set(dut.range, int(found_in))
                ctx.set(dut.level, int(level))
                assert ctx.get(dut.value) == value, (table, found_in, level)
                checked.append(table)

    simulate(dut, bench)

    assert len(checked) > 100
