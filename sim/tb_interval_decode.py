"""The emitted interval decoder against `hwgen_models.interval_decode`."""

import numpy as np

from bench import Bench, case, expect
from hwgen_models.interval_decode import interval_decode
from hwgen_models.search import twin_ranges
from tables import plan_word, tables, tree_of

LEAVES = 300  # per table; all of them where there are no more


@case
async def every_leaf_has_its_value(dut):
    """Decode every end of the search, with many tables."""
    rng = np.random.default_rng(7)
    bench = Bench(dut)
    for table in tables(30, seed=7):
        tree = tree_of(table)
        values = interval_decode(
            tree.leaf_range, tree.leaf_level, twin_ranges(*table[0], *table[1])
        )
        await bench.settle(plan=plan_word(table))
        for leaf in rng.permutation(len(values))[:LEAVES]:
            where, level = int(tree.leaf_range[leaf]), int(tree.leaf_level[leaf])
            await bench.settle(range=where, level=level)
            found = f"table {table}, range {where}, level {level}"
            expect(found, bench.read("value"), values[leaf].item())
