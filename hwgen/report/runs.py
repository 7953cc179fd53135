"""Reads back what ``hwgen run --json`` printed, as far as figures need it."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import NoReturn

from hwgen.errors import UserError
from hwgen.wording import KeyPath, dotted, shown
from hwgen_models.search import Range

__all__ = ["Part", "Run", "read_runs"]

COMMAND = "`hwgen run --json`"
RIVALS = ("static", "bounded_binary", "optimal_tree", "entropy")
LATER = ("entropy_slices",)  # rivals that earlier versions of hwgen did not print
MOST_BITS = 62  # of a payload: far above any readout, and an edge still fits an integer


@dataclass(frozen=True, kw_only=True)
class Part:
    """A layer on its crossbars, or all layers of a network."""

    histogram: tuple[int, ...]  # conversions that yielded count 0, 1, ...
    edges: Mapping[int, int]  # first count above a range -> tables (or layers) with that edge
    decisions: float | None  # per conversion; None without conversions
    rivals: Mapping[str, float]  # decisions per conversion of other readouts, by name

    @property
    def conversions(self) -> int:
        """Columns converted."""
        return sum(self.histogram)

    @property
    def largest(self) -> int:
        """Largest count that occurred."""
        return max((count for count, amount in enumerate(self.histogram) if amount), default=0)

    @property
    def rarest(self) -> float:
        """Smallest share of the conversions that any count has, of those that occurred."""
        return min(filter(None, self.histogram)) / self.conversions


@dataclass(frozen=True, kw_only=True)
class Run:
    """A network on the array of one design."""

    source: str  # file, for messages
    label: str  # the design; with the file where several runs are of the same one
    network: str
    data: str
    images: int
    top1: float | None  # None without labels
    top1_integer: float | None
    whole: Part
    layers: Mapping[str, Part]  # those with conversions on crossbars, in order


def read_runs(files: Sequence[Path]) -> list[Run]:
    """Read runs of one network on the same images.

    Parameters
    ----------
    files : sequence of Path
        Each holds what ``hwgen run --json`` printed.

    Raises
    ------
    UserError
        When a file cannot be read or is not such a result, or when the runs cannot be compared:
        another network, other data, another number of images, an integer network that differs.
    """
    runs = [_Reader(file).run() for file in files]
    for run in runs[1:]:
        _check_comparable(runs[0], run)
    designs = Counter(run.label for run in runs)
    return [
        replace(run, label=f"{run.label} ({Path(run.source).stem})")
        if designs[run.label] > 1
        else run
        for run in runs
    ]


def _check_comparable(first: Run, other: Run) -> None:
    """Refuse runs whose layers or accuracies mean different things side by side.

    A file is known by its name: the same one may have been given by another path.
    """
    for key in ("network", "data", "images", "top1_integer"):
        expected, found = getattr(first, key), getattr(other, key)
        if key in {"network", "data"}:
            expected, found = PurePath(expected).name, PurePath(found).name
        if found != expected:
            raise UserError(
                f"{other.source}: {key}: must be {shown(expected)} as in {first.source}, "
                f"not {shown(found)}"
            )
    if list(other.layers) != list(first.layers):
        raise UserError(f"{other.source}: layers: must be those of {first.source}, not others")


class _Reader:
    """One file; every value is checked where it is taken."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def run(self) -> Run:
        """Read the file."""
        result = self._result()
        layers = {
            name: self._layer(keys, ("layers", name))
            for name, keys in self._mapping(result["layers"], ("layers",)).items()
        }
        held = {name: layer for name, layer in layers.items() if layer is not None}
        if not held:
            self._refuse(("layers",), "a mapping with a layer on crossbars", result["layers"])
        every = Counter(edge for layer in held.values() for edge in layer.edges)
        return Run(
            source=str(self.file),
            label=self._text(result.get("design"), ("design",)),
            network=self._text(result.get("network"), ("network",)),
            data=self._text(result.get("data"), ("data",)),
            images=self._count(result.get("images"), ("images",)),
            top1=self._share(result, "top1"),
            top1_integer=self._share(result, "top1_integer"),
            whole=self._part(result, (), every),
            layers=held,
        )

    def _result(self) -> Mapping[str, object]:
        """Parse the file; tell whether it is a result of the right command."""
        wanted = f"must be what {COMMAND} printed"
        try:
            result = json.loads(self.file.read_bytes())
        except FileNotFoundError:
            raise UserError(f"{self.file}: {wanted}, not missing") from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"{self.file}: {wanted}, not unreadable: {reason}") from None
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise UserError(f"{self.file}: {wanted}, not text that is no JSON: {place}") from None
        except (ValueError, RecursionError):  # bytes that are no text, endless digits or brackets
            raise UserError(f"{self.file}: {wanted}, not a file that is no JSON") from None
        if not isinstance(result, dict):
            raise UserError(f"{self.file}: {wanted}, not {shown(result)}")
        for key in ("design", "layers", "histogram"):
            if key not in result:
                raise UserError(f"{self.file}: {wanted}, not an object without {key!r}")
        return result

    def _layer(self, value: object, path: KeyPath) -> Part | None:
        """Read a layer; None for one without a product, which no crossbar holds."""
        keys = self._mapping(value, path)
        if "histogram" in keys and keys["histogram"] is None:
            return None
        tables = Counter(edge for one in self._tables(keys, path) for edge in set(one))
        return self._part(keys, path, tables)

    def _tables(self, keys: Mapping[str, object], path: KeyPath) -> Iterator[list[int]]:
        """Yield the edges of the layer's table, or of all tables where slices have their own."""
        if keys.get("tables") is None:
            yield self._edges(keys.get("ranges"), (*path, "ranges"))
            return
        for s, planes in enumerate(self._list(keys["tables"], (*path, "tables"))):
            for t, ranges in enumerate(self._list(planes, (*path, "tables", s))):
                yield self._edges(ranges, (*path, "tables", s, t))

    def _edges(self, value: object, path: KeyPath) -> list[int]:
        """First counts above the ranges that are tested: all but the last. A density has none."""
        edges = []
        entries = self._list(value, path)
        if len(entries) == 1 and isinstance(entries[0], list) and len(entries[0]) == 1:
            entries = entries if not _is_count(entries[0][0]) else []
        for k, fields in enumerate(entries):
            ok = isinstance(fields, list) and len(fields) in {2, 3} and all(map(_is_count, fields))
            if not ok or max(fields[-2:]) > MOST_BITS:
                wanted = "[payload, truncation] or [base, payload, truncation], in bits"
                self._refuse((*path, k), wanted, fields)
            edges.append(Range(*[0, *fields][-3:]).edge)
        return edges[:-1]

    def _part(self, keys: Mapping[str, object], path: KeyPath, edges: Mapping[int, int]) -> Part:
        """Read what layers and the whole network have in common.

        An edge above the largest possible count is never asked for.
        """
        counts = self._list(keys.get("histogram"), (*path, "histogram"))
        if not counts or not all(map(_is_count, counts)):
            self._refuse((*path, "histogram"), "a list of numbers of conversions", counts)
        rivals = self._mapping(keys.get("rivals"), (*path, "rivals"))
        found = {
            name: self._decisions(rivals.get(name), (*path, "rivals", name))
            for name in (*RIVALS, *(later for later in LATER if later in rivals))
        }
        return Part(
            histogram=tuple(counts),
            edges={edge: edges[edge] for edge in sorted(edges) if edge < len(counts)},
            decisions=self._decisions(keys, path),
            rivals={name: value for name, value in found.items() if value is not None},
        )

    def _decisions(self, value: object, path: KeyPath) -> float | None:
        key = "decisions_per_conversion"
        number = self._mapping(value, path).get(key, "missing")
        if number is not None and not (_is_number(number) and number >= 0):
            self._refuse((*path, key), "a number from 0, or null", number)
        return number

    def _share(self, result: Mapping[str, object], key: str) -> float | None:
        number = result.get(key, "missing")
        if number is not None and not (_is_number(number) and 0 <= number <= 1):
            self._refuse((key,), "a number between 0 and 1, or null", number)
        return number

    def _mapping(self, value: object, path: KeyPath) -> Mapping[str, object]:
        return value if isinstance(value, dict) else self._refuse(path, "a mapping", value)

    def _list(self, value: object, path: KeyPath) -> list:
        return value if isinstance(value, list) else self._refuse(path, "a list", value)

    def _text(self, value: object, path: KeyPath) -> str:
        return value if isinstance(value, str) else self._refuse(path, "text", value)

    def _count(self, value: object, path: KeyPath) -> int:
        return value if _is_count(value) else self._refuse(path, "a number of images", value)

    def _refuse(self, path: KeyPath, constraint: str, value: object) -> NoReturn:
        raise UserError(f"{self.file}: {dotted(path)}: must be {constraint}, not {shown(value)}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    """Tell whether `value` is a finite number; `json` reads NaN and integers of any length."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
