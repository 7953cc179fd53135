"""The emitted search engine against the decision trees of `hwgen_models.search`."""

import numpy as np

from bench import Bench, case, expect, spec
from tables import every_leaf, plan_word, tables, tree_of

LEAVES = 300  # per table; all of them where there are no more


@case
async def walks_exactly_the_tree_of_every_table(dut):
    """Give the answers that lead to each leaf, some of them late."""
    rng = np.random.default_rng(6)
    inputs = {"start": 0, "step": 0, "answer": 0}
    twin = spec().search == "twin-range"
    if twin:
        inputs["plan"] = 0
    bench = Bench(dut, **inputs)
    await bench.reset()
    for name in ("dac", "range") if twin else ("dac",):
        expect(f"after reset, {name}", bench.read(name), 0)
    for table in tables(12, seed=6):
        tree = tree_of(table)
        leaves = every_leaf(tree)
        if twin:
            await bench.step(plan=plan_word(table))
            expect(f"table {table}, none", bench.read("none"), int(not len(tree.threshold)))
        for number in rng.permutation(len(leaves))[:LEAVES]:
            path, leaf = leaves[number]
            where = f"table {table}, leaf {leaf}"
            await bench.step(start=1, step=int(rng.integers(2)), answer=int(rng.integers(2)))
            await bench.step(start=0, step=0)
            for i, (threshold, answer) in enumerate(path):
                while rng.random() < 0.1:
                    await bench.step(step=0, answer=int(rng.integers(2)))
                await bench.step(step=1, answer=answer)
                expect(f"{where}, decision {i}, dac", bench.read("dac"), threshold)
                is_last = int(i == len(path) - 1)
                expect(f"{where}, decision {i}, last", bench.read("last"), is_last)
            await bench.step(step=0)
            expect(f"{where}, level", bench.read("dac"), int(tree.leaf_level[leaf]))
            if twin:
                expect(f"{where}, range", bench.read("range"), int(tree.leaf_range[leaf]))
