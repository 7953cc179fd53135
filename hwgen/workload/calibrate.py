"""Choose the search ranges of every layer from what calibration images do to the counts.

All tables that the hardware accepts are tried; what each costs and errs is computed exactly from
the counts of `hwgen.workload.counts`, so the result depends on nothing but the inputs. Images that
calibrate are never those that ``hwgen run`` reports.

After TRQ (DATE 2024, arXiv:2402.06164), whose text leaves the criterion open; the budgets here are
a reconstruction: no error, a bound on every layer's signal to error ratio, or a bound on the loss
of accuracy.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from hwgen.config import Design, presets
from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.workload.costs import full_search_bits
from hwgen.workload.counts import Counts, count
from hwgen.workload.images import Images, codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.mappable import require_mappable
from hwgen.workload.parts import CALIBRATION
from hwgen_models.matrix import Dense
from hwgen_models.network import Network
from hwgen_models.search import SearchTree
from hwgen_models.spec import TileSpec

__all__ = ["GRANULARITIES", "Budget", "Table", "calibrate", "tables_of"]

MARK = "# Written by `hwgen calibrate`.\n"  # tells the result from other files
GRANULARITIES = ("network", "layer")
MOST_IMAGES = 512  # that a calibration takes unless told otherwise
LONGEST_EXTENDS = 200  # characters that a design file may give to a path

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much a table may err: not at all, or down to a ratio, or up to a loss of accuracy."""

    kind: str  # "lossless", "sqnr" or "drop"
    limit: float = 0.0  # dB, or percentage points

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read ``lossless``, ``sqnr:DB`` or ``drop:POINTS``.

        >>> Budget.parse("sqnr:30")
        Budget(kind='sqnr', limit=30.0)

        Raises
        ------
        UserError
            For anything else.
        """
        kind, colon, number = text.partition(":")
        try:
            limit = float(number) if colon else 0.0
        except ValueError:
            limit = math.nan
        takes_number = kind in {"sqnr", "drop"}
        if (
            (kind != "lossless" and not takes_number)
            or takes_number != bool(colon)
            or not math.isfinite(limit)
            or limit < 0
        ):
            raise UserError(f"--budget: must be lossless, sqnr:DB or drop:POINTS, not {text!r}")
        return cls(kind=kind, limit=limit)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One twin-range table that the hardware accepts."""

    ranges: tuple[tuple[int, int], tuple[int, int]]  # (payload, truncation)
    values: NDArray[np.int64]  # what every count from 0 to the largest reads as
    decisions: NDArray[np.int64]  # and how many decisions that takes

    @property
    def lossless(self) -> bool:
        """Every count reads as itself."""
        return bool((self.values == np.arange(len(self.values))).all())

    def cost(self, histogram: NDArray[np.int64]) -> int:
        """Decisions of all conversions."""
        return int(histogram @ self.decisions)


def tables_of(spec: TileSpec) -> list[Table]:
    """List every table that the hardware accepts, plain binary search first.

    Range 1 is "the rest" up to the bound of the array, so its payload is fixed.
    """
    bits, counts = spec.readout_bits, np.arange(spec.largest_count + 1)
    payload_1 = spec.bound.bit_length()
    found = []
    for payload_0 in range(bits, -1, -1):
        whole = 2**payload_0 > spec.bound  # range 0 is all: range 1 is never reached
        for truncation_0 in range(payload_0 + 1):
            for truncation_1 in range(1 if whole else payload_1 + 1):
                ranges = ((payload_0, truncation_0), (bits if whole else payload_1, truncation_1))
                try:
                    tree = SearchTree.twin_range(
                        *ranges[0], *ranges[1], bits=bits, bound=spec.bound
                    )
                except ValueError:  # not legal
                    continue
                walk = tree.walk(counts)
                found.append(
                    Table(
                        ranges=ranges,
                        values=walk.values.astype(np.int64),
                        decisions=walk.decisions.astype(np.int64),
                    )
                )
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A table on one layer's counts, the activations in front of the layer being exact."""

    table: Table
    decisions: int
    sqnr_db: float  # infinite without error

    @property
    def rank(self) -> tuple:
        """Cheapest first, then most exact, then smallest numbers."""
        return (self.decisions, -self.sqnr_db, self.table.ranges)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One layer on the calibration images."""

    dense: Dense
    mapped: MappedLayer
    counts: Counts
    exact: NDArray[np.int64]  # its sums

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Inner products of the contributions: the power of any error is a quadratic form."""
        flat = self.counts.contributions.reshape(len(self.counts.contributions), -1)
        return flat @ flat.T

    def candidate(self, table: Table) -> Candidate:
        """Cost and error of a table."""
        error = (table.values - np.arange(len(table.values)))[: len(self.gram)].astype(np.float64)
        power = float(error @ self.gram @ error)
        signal = float((self.exact.astype(np.float64) ** 2).sum())
        ratio = math.inf
        if power:
            ratio = 10 * math.log10(signal / power) if signal else -math.inf
        return Candidate(table=table, decisions=table.cost(self.counts.histogram), sqnr_db=ratio)

    def activations(self, table: Table, x: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """Outputs under a table, for other activations than the exact ones unless `x` is None."""
        counts = self.counts if x is None else count(self.mapped, x)
        return self.dense.requantise(counts.sums(table.values) + self.dense.bias)


def calibrate(
    design: Design,
    network: str,
    data: str,
    *,
    granularity: str = "layer",
    budget: str = "lossless",
    out: Path,
    images: int | None = None,
    progress: Progress | None = None,
) -> dict:
    """Find twin-range tables on calibration images and write a design that carries them.

    Parameters
    ----------
    design : Design
        A design with a twin-range readout.
    network, data : str
        ``digits`` or files, as `hwgen.workload.inputs` reads them. Only calibration images are
        used; a data file without ``split`` gives all its images, so run another file.
    granularity : str
        ``network``: one table for all layers; ``layer``: one for each.
    budget : str
        ``lossless``: cheapest tables that tell every possible count exactly. ``sqnr:DB``: cheapest
        with at least this ratio of signal to error in every layer's sums, activations in front of
        it being exact. ``drop:POINTS``: at most this loss of top-1 on the calibration images, in
        percentage points; the cheapest table for a network, and for layers a descent from there,
        layer by layer, through the tables that no other beats in both cost and error.
    out : Path
        The design file to write; it extends `design`.
    images : int, optional
        Take the first so many calibration images; without it, at most 512.
    progress : callable, optional
        Called with steps done, steps in all (as far as known), and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen calibrate --json``.

    Raises
    ------
    UserError
        When the design has no ranges, an option is wrong, files do not fit or no table is in
        budget.
    """
    if granularity not in GRANULARITIES:
        raise UserError(f"--granularity: must be network or layer, not {granularity!r}")
    allowed = Budget.parse(budget)
    if design.readout.kind != "twin-range":
        raise UserError(
            f"{design.source}: readout.kind: must be 'twin-range' to be calibrated, "
            f"not {design.readout.kind!r}"
        )
    out = Path(out)
    check_out(design, out)
    model = open_network(network, calibration=data).network
    require_mappable(model, network)
    chosen = load_images(data, part=CALIBRATION, images=images, most=MOST_IMAGES)
    codes = codes_of(model, chosen)
    if allowed.kind == "drop" and chosen.labels is None:
        raise UserError(f"{data}: labels must be in the file for budget drop, not missing")

    layers = observe(design, model, codes, network, progress)
    candidates = [[layer.candidate(table) for table in tables_of(design.spec)] for layer in layers]
    if allowed.kind == "drop":
        picked = within_drop(layers, candidates, chosen, allowed.limit, granularity, progress)
    else:
        picked = within_error(layers, candidates, allowed, granularity, design)

    write(
        design,
        out,
        granularity,
        {layer.dense.name: one.table.ranges for layer, one in zip(layers, picked, strict=True)},
    )
    return summary(design, out, granularity, budget, network, data, chosen, layers, picked)


def check_out(design: Design, out: Path) -> None:
    """Refuse a place where the result cannot or must not be written."""
    if out.is_dir():
        raise UserError(f"{out}: must be a file to write, not a folder")
    if not out.parent.is_dir():
        raise UserError(f"{out}: must be in a folder that exists, not {str(out.parent)!r}")
    if out.exists() and Path(design.source).is_file() and out.samefile(design.source):
        raise UserError(f"{out}: must be another file than the design that it extends")
    if out.exists() and not out.read_bytes().startswith(MARK.encode()):
        raise UserError(f"{out}: must be new or what `hwgen calibrate` wrote, not another file")


def observe(
    design: Design, model: Network, codes: NDArray, where: str, progress: Progress | None
) -> list[Layer]:
    """Count what the integer network's activations cause in every layer."""
    layers = []
    activations = model.trace(codes)
    for number, dense in enumerate(model.layers):
        mapped = map_layer(dense, design.spec, codes=model.codes[dense.sources[0]], where=where)
        x = activations[dense.sources[0]].astype(np.int64)
        layers.append(
            Layer(dense=dense, mapped=mapped, counts=count(mapped, x), exact=dense.accumulate(x))
        )
        if progress is not None:
            progress(number + 1, len(model.layers), f"counting in {dense.name}")
    return layers


def joint(candidates: Sequence[Sequence[Candidate]]) -> Iterator[tuple[Candidate, ...]]:
    """Give every table to all layers, cheapest in all first."""
    together = zip(*candidates, strict=True)
    return iter(
        sorted(
            together,
            key=lambda one: (sum(c.decisions for c in one), tuple(c.rank for c in one)),
        )
    )


def within_error(
    layers: Sequence[Layer],
    candidates: Sequence[Sequence[Candidate]],
    budget: Budget,
    granularity: str,
    design: Design,
) -> list[Candidate]:
    """Pick the cheapest tables that are lossless, or exact enough in every layer."""

    def fits(one: Candidate) -> bool:
        if budget.kind == "lossless":
            return one.table.lossless
        return one.sqnr_db >= budget.limit

    for layer, of_layer in zip(layers, candidates, strict=True):
        if any(map(fits, of_layer)):
            continue
        if budget.kind == "lossless":
            needed = design.spec.largest_count.bit_length()
            raise UserError(
                f"{design.source}: readout.bits: must be at least {needed} for budget lossless, "
                f"not {design.spec.readout_bits}"
            )
        best = max(one.sqnr_db for one in of_layer)
        raise UserError(
            f"--budget: must be at most sqnr:{math.floor(best * 10) / 10:g} for layer "
            f"{layer.dense.name}, not sqnr:{budget.limit:g}"
        )
    if granularity == "network":
        return list(next(one for one in joint(candidates) if all(map(fits, one))))
    return [min(filter(fits, of_layer), key=lambda one: one.rank) for of_layer in candidates]


def within_drop(
    layers: Sequence[Layer],
    candidates: Sequence[Sequence[Candidate]],
    images: Images,
    points: float,
    granularity: str,
    progress: Progress | None,
) -> list[Candidate]:
    """Pick cheap tables under which the calibration images lose at most `points` of top-1."""
    tried = 0

    def fits(picked: Sequence[Candidate]) -> bool:
        nonlocal tried
        tried += 1
        if progress is not None:
            progress(tried, tried + 1, "trying tables")
        return points_lost(layers, picked, images) <= points

    shared = next((one for one in joint(candidates) if fits(one)), None)
    if shared is None:
        raise UserError(f"--budget: must be above drop:{points:g} for any table of this design")
    if granularity == "network":
        return list(shared)

    picked = list(shared)
    for number, of_layer in enumerate(candidates):
        for one in unbeaten(of_layer):
            if one.decisions >= picked[number].decisions:
                break
            if fits([*picked[:number], one, *picked[number + 1 :]]):
                picked[number] = one
                break
    return picked


def points_lost(layers: Sequence[Layer], picked: Sequence[Candidate], images: Images) -> float:
    """Top-1 that the tables cost, in percentage points, errors passed on from layer to layer."""
    x, exact_input = None, True
    for layer, one in zip(layers, picked, strict=True):
        x = layer.activations(one.table, None if exact_input else x)
        exact_input &= one.sqnr_db == math.inf
    exact = layers[-1].dense.requantise(layers[-1].exact)
    right_before, right_after = (
        int((outputs.argmax(axis=1) == images.labels).sum()) for outputs in (exact, x)
    )
    return 100 * (right_before - right_after) / len(images)


def unbeaten(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out tables that cost no less than a more exact one; cheapest first."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: one.rank):
        if not kept or one.sqnr_db > kept[-1].sqnr_db:
            kept.append(one)
    return kept


def write(
    design: Design,
    out: Path,
    granularity: str,
    tables: dict[str, tuple[tuple[int, int], ...]],
) -> None:
    """Write the design file: whole or not at all."""
    keys = extends(design, out) | {
        "tables": {
            "granularity": granularity,
            "layers": {
                name: {
                    "ranges": [
                        {"payload": payload, "truncation": truncation}
                        for payload, truncation in ranges
                    ]
                }
                for name, ranges in tables.items()
            },
        }
    }
    text = MARK + yaml.safe_dump(keys, sort_keys=False)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(out)
    except OSError as problem:
        raise UserError(f"{out}: must be writable, not closed ({problem.strerror})") from None
    finally:
        temporary.unlink(missing_ok=True)


def extends(design: Design, out: Path) -> dict[str, object]:
    """Refer to the design, or where no short path leads to it repeat its keys."""
    if design.source in presets():
        return {"extends": design.source}
    if Path(design.source).is_file():
        path = os.path.relpath(design.source, out.parent)
        path = f"./{path}" if path in presets() else path
        if len(path) <= LONGEST_EXTENDS:
            return {"extends": path}
    return design.model_dump(mode="json", exclude={"extends", "tables"})


def summary(
    design: Design,
    out: Path,
    granularity: str,
    budget: str,
    network: str,
    data: str,
    images: Images,
    layers: Sequence[Layer],
    picked: Sequence[Candidate],
) -> dict:
    """Keys of ``hwgen calibrate --json``; costs as on the calibration images."""
    spec = design.spec
    full = full_search_bits(readout_bits=spec.readout_bits, largest_count=spec.largest_count)

    def costs(decisions: int, conversions: int, skipped: int) -> dict[str, float | None]:
        return {
            "decisions_per_conversion": decisions / conversions if conversions else None,
            "saving": full * conversions / decisions if decisions else None,
            "saving_with_skips": full * (conversions + skipped) / decisions if decisions else None,
        }

    tables = {}
    for layer, one in zip(layers, picked, strict=True):
        tables[layer.dense.name] = {
            "ranges": [list(pair) for pair in one.table.ranges],
            "lossless": one.table.lossless,
            "sqnr_db": one.sqnr_db if math.isfinite(one.sqnr_db) else None,
            **costs(one.decisions, layer.counts.conversions, layer.counts.skipped),
        }
    lost = None if images.labels is None else points_lost(layers, picked, images)
    return {
        "out": str(out),
        "design": design.name,
        "network": network,
        "data": data,
        "images": len(images),
        "granularity": granularity,
        "budget": budget,
        "lossless": all(one.table.lossless for one in picked),
        "drop_points": lost,
        **costs(
            sum(one.decisions for one in picked),
            sum(layer.counts.conversions for layer in layers),
            sum(layer.counts.skipped for layer in layers),
        ),
        "tables": tables,
    }
