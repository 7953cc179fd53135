"""A network on calibration images: what its crossbars count, and tables chosen for that."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hwgen.config import Design
from hwgen.errors import UserError
from hwgen.mapping.tiles import MappedLayer
from hwgen.workload.array.costs import full_search_bits
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.array.readout import Readout, weights_of
from hwgen.workload.array.statistics import Extent, check_size
from hwgen.workload.calibration import budgets
from hwgen.workload.calibration.budgets import Budget, Choices
from hwgen.workload.calibration.candidates import Candidates, Observations
from hwgen.workload.calibration.sampling import Sample
from hwgen.workload.calibration.tradeoff import Choice, Tradeoff, contexts_of
from hwgen.workload.calibration.trials import Trials
from hwgen.workload.shapes import shapes_of
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network

__all__ = ["Calibration", "Work"]

PROBE = 2.0  # exponent of the price of the tables that show what a layer's error does
PROBE_PRODUCTS = 2**35  # multiplications that finding out may take
LEAST_STAKE = 0.1  # of the average: no layer's error counts for nothing

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """One layer on the calibration images, read exactly."""

    by_active: NDArray[np.int64]  # conversions by slice, plane, U and count
    skipped: int  # conversions of planes without active rows
    sample: Sample | None  # counts behind some sums; None where no table may err

    @property
    def conversions(self) -> int:
        """Of planes with active rows."""
        return int(self.by_active.sum())


class Work:
    """How far a calibration is, in conversions read or what takes about as long.

    Parameters
    ----------
    budget : Budget
        What it has to keep.
    progress : callable, optional
        Called with work done, work in all, and what is being done.
    """

    def __init__(self, budget: Budget, progress: Progress | None = None) -> None:
        self._trials = {"lossless": 0, "sqnr": 1, "drop": budgets.STEPS + 1}[budget.kind]
        self._progress, self._done = progress, 0

    def begin(self, conversions: int) -> None:
        """Say how many conversions will be read."""
        self.trial = conversions // 4 if self._trials else 0  # nothing is counted then
        self.searches = conversions // 2 if self._trials else 0
        self._all = conversions + self.searches + self._trials * self.trial

    def advance(self, work: int, what: str) -> None:
        """Say what was done."""
        self._done = min(self._done + work, self._all)
        if self._progress is not None:
            self._progress(self._done, self._all, what)


class Calibration:
    """One network, its calibration images and the contexts that have a table of their own.

    Parameters
    ----------
    design : Design
        Array and readout; its device is taken for ideal.
    network : Network
        The network.
    layers : mapping of str to MappedLayer
        Every layer with a matrix product on its crossbars.
    codes : numpy.ndarray, shape (images, ...)
        What the network takes.
    labels : numpy.ndarray of int64, shape (images,), or None
        Right answers.
    granularity : str
        One of `hwgen.workload.calibration.tradeoff.GRANULARITIES`.
    budget : Budget
        How much the tables may err.
    progress : callable, optional
        As of `Work`.
    """

    def __init__(
        self,
        design: Design,
        network: Network,
        layers: Mapping[str, MappedLayer],
        codes: NDArray,
        labels: NDArray[np.int64] | None,
        *,
        granularity: str,
        budget: Budget,
        progress: Progress | None = None,
    ) -> None:
        self.design, self.spec = design, design.spec
        self.network, self.layers, self.codes, self.labels = network, layers, codes, labels
        self.granularity, self.budget = granularity, budget
        check_size(design, map(Extent.of, layers.values()))  # before tables of all counts are made
        self.contexts = contexts_of(granularity, slices=self.spec.slices, planes=self.spec.planes)
        self._shared = granularity == "network"
        self._work = Work(budget, progress)
        self._trials = Trials(network, layers, codes, labels)
        self._lost: dict[bytes, float] = {}
        self.observed = self._observe()
        self.candidates = self._candidates()

    def _observe(self) -> dict[str, Observed]:
        """Run the network exactly, and count."""
        readers, samples = {}, {}
        conversions = 0
        for name, mapped in self.layers.items():
            readers[name] = LayerReader(mapped, Readout.perfect(self.spec), short_cut=True)
            vectors = len(self.codes) * shapes_of(self.network, mapped.layer)["vectors"]
            conversions += vectors * readers[name].conversions_per_vector
            if self.budget.kind != "lossless":
                samples[name] = Sample(mapped, vectors)
        self._work.begin(conversions)

        def product(layer: Matrix, vectors: NDArray) -> NDArray[np.int64]:
            def step(conversions: int) -> None:
                self._work.advance(conversions, f"counting in {layer.name}")

            exact = readers[layer.name].product(vectors, step)
            if samples:
                samples[layer.name].take(vectors, exact)
            return exact

        self.network.run(self.codes, product)
        observed = {}
        for name, reader in readers.items():
            statistics = reader.statistics
            observed[name] = Observed(
                by_active=statistics.by_active,
                skipped=statistics.conversions_skipped,
                sample=samples.get(name),
            )
        return observed

    def _candidates(self) -> dict[str, Candidates]:
        """Tables to choose from, by layer: one list for all where they share a table."""
        lossy = self.budget.kind != "lossless"
        fitted_to = self.contexts
        if lossy and self.granularity == "slice-plane":  # planes choose from those of their slice
            fitted_to = contexts_of("slice", slices=self.spec.slices, planes=self.spec.planes)
        seen = {}
        for name, one in self.observed.items():
            by_active, weights = self._padded(one.by_active), weights_of(self.spec)
            seen[name] = [Observations.of(by_active, cells, weights) for cells in fitted_to]
        if self._shared:
            every = reduce(add, (one for (one,) in seen.values()))
            return dict.fromkeys(seen, Candidates.suited(self.spec, [every], lossy=lossy))
        found = {}
        for name, contexts in seen.items():
            found[name] = Candidates.suited(self.spec, contexts, lossy=lossy)
        return found

    def _padded(self, by_active: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add zeros for what a layer cannot reach, to have all layers alike."""
        active, counts = by_active.shape[2:]
        missing = self.spec.largest_active + 1 - active, self.spec.largest_count + 1 - counts
        return np.pad(by_active, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])))

    # Choosing

    def choose(self) -> Choices:
        """Take the cheapest tables within the budget.

        Raises
        ------
        UserError
            When there are none.
        """
        search = {"lossless": self._lossless, "sqnr": self._sqnr, "drop": self._drop}
        return search[self.budget.kind]()

    def _tradeoffs(self, *, in_codes: bool = False) -> dict[str, Tradeoff]:
        return {
            name: Tradeoff(
                self.candidates[name], self.contexts, one.by_active, one.sample, in_codes=in_codes
            )
            for name, one in self.observed.items()
        }

    def _lossless(self) -> Choices:
        found = budgets.lossless(self._tradeoffs(), shared=self._shared)
        if found is None:
            needed = self.spec.largest_count.bit_length()
            raise UserError(
                f"{self.design.source}: readout.bits: must be at least {needed} for budget "
                f"lossless, not {self.spec.readout_bits}"
            )
        return found

    def _sqnr(self) -> Choices:
        tradeoffs = self._tradeoffs()
        groups = [tradeoffs] if self._shared else [{name: tradeoffs[name]} for name in tradeoffs]
        found: Choices = {}
        for group in groups:
            found |= budgets.within_sqnr(group, self.budget.limit, shared=self._shared)
            self._work.advance(self._work.searches // len(groups), "choosing tables")
        return found

    def _drop(self) -> Choices:
        tradeoffs = self._tradeoffs(in_codes=True)
        found = budgets.within_drop(
            tradeoffs,
            self._stakes(tradeoffs),
            lambda choices: self.points_lost(choices) <= self.budget.limit,
            shared=self._shared,
        )
        if found is None:
            raise UserError(
                f"--budget: must be above drop:{self.budget.limit:g} for any table of this design"
            )
        return found

    def _stakes(self, tradeoffs: Mapping[str, Tradeoff]) -> dict[str, float]:
        """How much of a layer's error power arrives at the network's results."""
        products = len(tradeoffs) * sum(map(self.network.products, self.network.matrices))
        images = min(len(self.codes), max(4, PROBE_PRODUCTS // products))
        found = {}
        for name, one in tradeoffs.items():
            choice = budgets.at_price({name: one}, PROBE, {name: 1.0}, shared=self._shared)[name]
            power = one.power(choice)
            moved = (
                self._trials.disturbance(name, self.readout(name, choice), images) if power else 0.0
            )
            found[name] = moved / power if power else 1.0
            self._work.advance(self._work.searches // len(tradeoffs), f"probing {name}")
        least = LEAST_STAKE * sum(found.values()) / len(found)
        return {name: max(stake, least) for name, stake in found.items()}

    # What is chosen

    def readout(self, name: str, choice: Choice) -> Readout:
        """Read a layer with the tables chosen."""
        numbers = np.empty((self.spec.slices, self.spec.planes), dtype=np.int64)
        for cells, number in zip(self.contexts, choice.tolist(), strict=True):
            numbers[tuple(np.transpose(cells))] = number
        return self.candidates[name].readout(numbers)

    def points_lost(self, choices: Choices) -> float:
        """Top-1 that tables cost, in percentage points; infinite where that is out of budget."""
        if self._lossless_are(choices):
            return 0.0
        key = b"".join(choice.tobytes() for choice in choices.values())
        if key not in self._lost:
            readouts = {name: self.readout(name, choice) for name, choice in choices.items()}
            most = self.budget.limit if self.budget.kind == "drop" else math.inf
            self._lost[key] = self._trials.points_lost(readouts, most=most)
            self._work.advance(self._work.trial, "trying tables")
        return self._lost[key]

    def ranges(self, name: str, choice: Choice) -> dict[str, list]:
        """Tables of a layer as a design file has them, ranges as lists."""
        tables = [[list(one) for one in self.candidates[name].tables[n]] for n in choice]
        if self.granularity == "slice":
            return {"slices": tables}
        if self.granularity == "slice-plane":
            planes = self.spec.planes
            return {"planes": [tables[s : s + planes] for s in range(0, len(tables), planes)]}
        return {"ranges": tables[0]}

    def summary(self, choices: Choices) -> dict[str, object]:
        """Keys of the result: costs as on the calibration images, activations exact."""
        tradeoffs = self._tradeoffs()
        tables = {
            name: dict.fromkeys(("ranges", "slices", "planes"))
            | self.ranges(name, choice)
            | self._summary_of(tradeoffs[name], self.observed[name], choice)
            for name, choice in choices.items()
        }
        every = self.observed.values()
        decisions = sum(tradeoffs[name].cost(choice) for name, choice in choices.items())
        conversions, skipped = (
            sum(one.conversions for one in every),
            sum(one.skipped for one in every),
        )
        return {
            "lossless": self._lossless_are(choices),
            "drop_points": None if self.labels is None else self.points_lost(choices),
            **self._savings(decisions, conversions, skipped),
            "tables": tables,
        }

    def _summary_of(self, tradeoff: Tradeoff, one: Observed, choice: Choice) -> dict[str, object]:
        """Keys of one layer."""
        ratio = math.inf if one.sample is None else tradeoff.sqnr_db(choice)
        return {
            "lossless": bool(tradeoff.candidates.lossless[choice].all()),
            "sqnr_db": ratio if math.isfinite(ratio) else None,
            "sqnr_sums": None if one.sample is None else one.sample.pairs,
            **self._savings(tradeoff.cost(choice), one.conversions, one.skipped),
        }

    def _lossless_are(self, choices: Choices) -> bool:
        return all(self.candidates[name].lossless[choice].all() for name, choice in choices.items())

    def _savings(self, decisions: int, conversions: int, skipped: int) -> dict[str, float | None]:
        """What tables need, and what a full search would."""
        full = full_search_bits(
            readout_bits=self.spec.readout_bits, largest_count=self.spec.largest_count
        )
        return {
            "decisions_per_conversion": decisions / conversions if conversions else None,
            "saving": full * conversions / decisions if decisions else None,
            "saving_with_skips": full * (conversions + skipped) / decisions if decisions else None,
        }
