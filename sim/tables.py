"""Search tables to try a design with, and the word that carries a decoded one."""

import numpy as np

from bench import pack, spec, tables_delivered
from hwgen_models.schemes import Entry
from hwgen_models.search import SearchTree
from hwgen_models.tile import search_tree

__all__ = ["Table", "every_leaf", "illegal_tables", "plan_word", "tables", "tree_of"]

Table = tuple[Entry, ...]  # empty for a binary search
RANDOM = 400  # tables to choose legal ones from


def tables(extra: int, *, seed: int) -> list[Table]:
    """Return legal tables: the delivered ones, the reset value, corner cases, `extra` others."""
    design = spec()
    scheme = design.scheme
    if not scheme.fields:
        return [()]
    if design.has_centres:
        rng = np.random.default_rng(seed)
        some = rng.integers(0, (1 << design.density_bits) - 1, size=extra).tolist()
        corners = [0, (1 << design.density_bits) - 2, *some]
        wanted = [*tables_delivered(), scheme.reset(design), *([(density,)] for density in corners)]
        return list(dict.fromkeys(map(tuple, wanted)))
    n = design.readout_bits
    corners = [
        ((n, 0), (n, 0)),
        ((n, n), (n, 0)),  # no decision at all
        ((0, 0), (n, 0)),
        ((0, 0), (n, n)),  # one decision for everything
        ((1, 1), (n, 2)),  # a bin that the edge cuts, where there may be one
    ]
    rng = np.random.default_rng(seed)
    some = [_some_table(rng) for _ in range(RANDOM)]
    chosen = list(dict.fromkeys(table for table in some if _is_legal(table)))[:extra]
    wanted = [
        *(tuple(table) for table in tables_delivered()),
        scheme.reset(design),
        *map(_based, corners),
        *chosen,
    ]
    return list(dict.fromkeys(table for table in wanted if _is_legal(table)))


def illegal_tables() -> list[Table]:
    """Return tables that the port must refuse."""
    design = spec()
    if not design.scheme.fields:
        return []
    if design.has_centres:
        return [(((1 << design.density_bits) - 1,),)]
    n = design.readout_bits
    short = ((0, 0),) * design.scheme.ranges(design)  # does not reach the largest count
    return [
        table
        for table in map(_based, (short, ((n + 1, 0), (n, 0)), ((0, 1), (n, 0))))
        if not _is_legal(table)
    ]


def tree_of(table: Table, active: int | None = None) -> SearchTree:
    """Return the tree that a table means, in a read with so large a bound."""
    return search_tree(spec(), table, active)


def plan_word(table: Table) -> int:
    """Return a table, decoded and packed as the port ``plan`` takes it."""
    return pack(*spec().scheme.plan(table, spec()))


def _based(table: Table) -> Table:
    """Give ranges of (payload, truncation) the bases that they have in this design, if any."""
    design = spec()
    table = table[: design.scheme.ranges(design)]
    if "base" not in design.scheme.fields:
        return table
    edge, found = 0, []
    for payload, truncation in table:
        base = edge >> payload << payload
        fits = min(base, 2 * design.largest_code + 1)  # what the register holds
        found.append((fits, payload, truncation))
        edge = base + (1 << payload)
    return tuple(found)


def _some_table(rng: np.random.Generator) -> Table:
    """Return a table that is often legal; with free bases, ranges overlap at random."""
    design = spec()
    n, count = design.readout_bits, design.scheme.ranges(design)
    payloads = rng.integers(0, n + 1, size=count)
    payloads[-1] = n
    cuts = rng.integers(0, payloads + 1) * rng.integers(0, 2, size=count)
    table = _based(tuple(zip(payloads.tolist(), cuts.tolist(), strict=True)))
    if design.bases != "any" or "base" not in design.scheme.fields:
        return table
    edge, found = 0, []
    for _, payload, truncation in table:
        base = int(rng.integers(max(0, edge + 1 - (1 << payload)), edge + 1))
        base = min(base, (1 << n) - (1 << payload))
        found.append((base, payload, truncation))
        edge = base + (1 << payload)
    return tuple(found)


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


def _is_legal(table: Table) -> bool:
    design = spec()
    try:
        design.scheme.check(table, design)
    except ValueError:
        return False
    return True
