"""The emitted search engine against the decision trees of `hwgen_models.search`."""

import numpy as np

from bench import Bench, case, expect, spec
from tables import Table, every_leaf, plan_word, tables, tree_of

LEAVES = 300  # per table; all of them where there are no more


@case
async def walks_exactly_the_tree_of_every_table(dut):
    """Give the answers that lead to each leaf, some of them late."""
    rng = np.random.default_rng(6)
    inputs = {"start": 0, "step": 0, "answer": 0}
    names = [name for name in ("plan", "bound", "shift", "centre") if hasattr(dut, name)]
    ranged = hasattr(dut, "range")
    bench = Bench(dut, **inputs | dict.fromkeys(names, 0))
    await bench.reset()
    for name in ("dac", "range") if ranged else ("dac",):
        expect(f"after reset, {name}", bench.read(name), 0)
    for table, active in _situations(rng):
        tree = tree_of(table, active)
        leaves = every_leaf(tree)
        known = {
            "plan": plan_word(table),
            "bound": min(active, spec().largest_code),
            "shift": spec().octave_shift(active),
            "centre": next(iter(spec().scheme.centres([table], spec(), active)), 0),
        }
        await bench.step(**{name: known[name] for name in names})
        # What `none` says is of a search that starts now; only engines with tables may say yes.
        if names:
            await bench.step(start=1)
            expect(
                f"table {table}, bound {active}, none", bench.read("none"), not len(tree.threshold)
            )
        for number in rng.permutation(len(leaves))[:LEAVES]:
            path, leaf = leaves[number]
            where = f"table {table}, bound {active}, leaf {leaf}"
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
            if ranged:
                expect(f"{where}, range", bench.read("range"), int(tree.leaf_range[leaf]))


def _situations(rng: np.random.Generator) -> list[tuple[Table, int]]:
    """Return tables with bounds of a read: the largest, and where they matter some others."""
    design = spec()
    top = design.largest_count
    bounds = [top, 0, *rng.integers(0, top + 1, size=3).tolist()] if design.bounded else [top]
    return [(table, bound) for table in tables(12, seed=6) for bound in bounds]
