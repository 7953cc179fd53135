"""Search tables to try a design with, and the word that carries a decoded one."""

import itertools

import numpy as np

from bench import pack, ranges, spec
from hwgen_models.range_table import SearchPlan, search_plan
from hwgen_models.search import SearchTree, check_ranges, twin_ranges

__all__ = ["Table", "every_leaf", "plan_fields", "plan_word", "tables", "tree_of"]

Table = tuple[int, int, int, int] | None  # payload and truncation of both ranges; None: binary


def tables(extra: int, *, seed: int) -> list[Table]:
    """Return legal tables: the delivered one, the reset value, the corner cases, `extra` others."""
    design = spec()
    if design.search == "binary":
        return [None]
    n = design.readout_bits
    legal = [table for table in itertools.product(range(n + 1), repeat=4) if _is_legal(table)]
    corners = [
        (n, 0, n, 0),
        (n, n, n, 0),  # no decision at all
        (0, 0, n, 0),
        (0, 0, n, n),  # one decision for everything
        (1, 1, n, 2),  # a bin that the edge cuts
    ]
    rng = np.random.default_rng(seed)
    chosen = [legal[k] for k in rng.choice(len(legal), min(extra, len(legal)), replace=False)]
    delivered = tuple(value for pair in ranges() for value in pair)
    wanted = [delivered, *corners, *chosen]
    return list(dict.fromkeys(table for table in wanted if _is_legal(table)))


def tree_of(table: Table) -> SearchTree:
    """Return the tree that a table means."""
    design = spec()
    if table is None:
        return SearchTree.binary(design.readout_bits, design.largest_count)
    return SearchTree.twin_range(*table, bits=design.readout_bits, bound=design.largest_count)


def plan_word(table: Table) -> int:
    """Return a table, decoded and packed as the port ``plan`` takes it."""
    design = spec()
    plan = search_plan(*table, bits=design.readout_bits, bound=design.largest_count)
    return pack(*zip(plan, _plan_widths(), strict=True))


def plan_fields(word: int) -> list[int]:
    """Unpack the port ``plan`` into the fields of `SearchPlan`."""
    fields = []
    for width in _plan_widths():
        fields.append(word & ((1 << width) - 1))
        word >>= width
    return fields


def _plan_widths() -> list[int]:
    n = spec().readout_bits
    flags = {"detect", "none", "empty_1"}
    return [1 if name in flags else n for name in SearchPlan._fields]


def every_leaf(tree: SearchTree) -> list[tuple[list[tuple[int, int]], int]]:
    """Return all leaves: the (threshold, answer) pairs on the way, and the number of the leaf."""
    found = []
    todo: list[tuple[int, list[tuple[int, int]]]] = [(0 if len(tree.threshold) else ~0, [])]
    while todo:
        at, path = todo.pop()
        if at < 0:
            found.append((path, ~at))
            continue
        threshold = int(tree.threshold[at])
        todo.append((int(tree.low[at]), [*path, (threshold, 0)]))
        todo.append((int(tree.high[at]), [*path, (threshold, 1)]))
    return found


def _is_legal(table: tuple[int, ...]) -> bool:
    design = spec()
    if len(table) != 4:
        return False
    try:
        check_ranges(twin_ranges(*table), bits=design.readout_bits, bound=design.largest_count)
    except ValueError:
        return False
    return True
