r"""Decisions against error of one layer: what a choice of tables costs, and how far it is off.

A choice gives every context (the layer, a slice, a slice and plane) one of the candidates. Its
decisions follow from the histograms of all conversions. Its error power is that of a sample of
sums,

.. math:: P = \sum_{p} \Big( \sum_i w_i\, e_i \Big)^2 + \sum_c \max\Big(0,\;
          \frac{1}{r} \sum_{i \in c} w_i^2 e_i^2 - \sum_{p, i \in c} w_i^2 e_i^2\Big)

over pairs p of the sample, their conversions i with errors :math:`e_i` and weights :math:`w_i`.
The second term is for counts so rare that the sample misses them: what all conversions of a context
(one pair in r is in the sample) err by, each on its own, beyond those of the sample. It is nothing
where the sample is everything.

Choosing is a descent after Lagrange: with a price on error, each context in turn takes the table
for which decisions plus price x error are least, the others being as they are, until none changes.
Reconstruction: TRQ (arXiv:2402.06164) leaves the criterion open.
"""

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwgen.workload.array.readout import weights_of
from hwgen.workload.calibration.candidates import Candidates
from hwgen.workload.calibration.sampling import Sample

__all__ = ["GRANULARITIES", "Choice", "Tradeoff", "contexts_of"]

GRANULARITIES = ("network", "layer", "slice", "slice-plane")
SWEEPS = 8  # of a descent; most end sooner
SLACK = 1e-6  # of a context's decisions: tables that lie closer are equal, the first is taken

Cells = tuple[tuple[int, int], ...]  # slice, plane
Choice = NDArray[np.int64]  # of a candidate for every context


def contexts_of(granularity: str, *, slices: int, planes: int) -> tuple[Cells, ...]:
    """Slices and planes of a layer that share a table, context by context.

    >>> contexts_of("slice", slices=2, planes=2)
    (((0, 0), (0, 1)), ((1, 0), (1, 1)))
    """
    by_slice = tuple(tuple((s, t) for t in range(planes)) for s in range(slices))
    every = tuple(cell for of_slice in by_slice for cell in of_slice)
    return {
        "network": (every,),
        "layer": (every,),
        "slice": by_slice,
        "slice-plane": tuple((cell,) for cell in every),
    }[granularity]


class Tradeoff:
    """One layer.

    Parameters
    ----------
    candidates : Candidates
        What there is to choose from.
    contexts : sequence of cells
        As of `contexts_of`.
    by_active : numpy.ndarray of int64, shape (slices, planes, U + 1, counts)
        All conversions by slice, plane, sum of the driven digits and count, as far as they reach.
    sample : Sample, optional
        Counts behind some sums; without it nothing can be said of errors.
    in_codes : bool
        Measure errors in the codes that sums become, against the variance of these codes; otherwise
        in the sums, against their power about each output's mean.

    Attributes
    ----------
    histogram : numpy.ndarray of int64, shape (slices, planes, largest_count + 1)
        All conversions by slice, plane and count.
    decisions : numpy.ndarray of int64, shape (contexts, tables)
        Of all conversions of a context, under each table.
    """

    def __init__(
        self,
        candidates: Candidates,
        contexts: Sequence[Cells],
        by_active: NDArray[np.int64],
        sample: Sample | None = None,
        *,
        in_codes: bool = False,
    ) -> None:
        self.candidates, self.contexts = candidates, contexts
        missing = candidates.values.shape[1] - by_active.shape[3]
        self.histogram = np.pad(by_active.sum(axis=2), ((0, 0), (0, 0), (0, missing)))
        self.decisions = np.array([
            candidates.costs(sum(by_active[cell] for cell in cells)) for cells in contexts
        ])
        if sample is None:
            return
        self.sample = sample
        signal = sample.codes(sample.sums).var() * sample.pairs if in_codes else sample.signal
        self.signal = max(1.0, float(signal))
        self._gains = sample.gains() if in_codes else np.ones(sample.pairs)
        self._errors = candidates.errors.astype(np.float64)
        self._weights = weights_of(sample.mapped.spec).astype(np.float64)

    def cost(self, choice: Choice) -> int:
        """Decisions of all conversions."""
        return int(np.take_along_axis(self.decisions, choice[:, np.newaxis], axis=1).sum())

    def power(self, choice: Choice) -> float:
        """Error power, as a multiple of the signal's."""
        error = self._error(choice)
        return float(error @ error + self._rare[np.arange(len(choice)), choice].sum()) / self.signal

    def sqnr_db(self, choice: Choice) -> float:
        """Signal to error ratio; infinite without error."""
        power = self.power(choice)
        return -10 * math.log10(power) if power else math.inf

    def powers_of_one(self) -> NDArray[np.float64]:
        """Error power by table of a layer with a single context, as a multiple of the signal's."""
        (alone,) = self._alone
        return alone / self.signal

    def first(self, scores: NDArray[np.float64], context: int | None = None) -> NDArray[np.int64]:
        """Take the first, which is the most exact, of the tables with the least score.

        Tables that read all counts alike which occur score alike but for rounding; what they do to
        counts that never occurred decides.

        Parameters
        ----------
        scores : numpy.ndarray of float64, shape (contexts, tables), or (tables,) of `context`
            In decisions.
        """
        decisions = self.decisions if context is None else self.decisions[context]
        slack = SLACK * decisions.max(axis=-1, keepdims=True)
        return (scores <= scores.min(axis=-1, keepdims=True) + slack).argmax(axis=-1)

    def descend(self, price: float, start: Choice | None = None) -> Choice:
        """Find a choice for which decisions + price x error power is least, change by change.

        Parameters
        ----------
        price : float
            Decisions that an error as strong as the signal is worth.
        start : Choice, optional
            Where to start; without one, each context with its best as if it alone erred.
        """
        price /= self.signal
        choice = self.first(self.decisions + price * self._alone) if start is None else start.copy()
        error = self._error(choice)
        for _ in range(SWEEPS):
            before = choice.copy()
            for context, table in enumerate(before.tolist()):
                rest = error - self._error_of(context, table)
                cross = self._errors @ self._against(context, rest)
                power = 2 * cross + self._alone[context]
                best = int(self.first(self.decisions[context] + price * power, context))
                if best != table:
                    choice[context] = best
                    error = rest + self._error_of(context, best)
            if (choice == before).all():
                break
        return choice

    def trim(self, choice: Choice, limit: float) -> Choice:
        """Let single contexts take cheaper tables as long as the error power stays in a limit.

        Parameters
        ----------
        choice : Choice
            Where to start.
        limit : float
            Of the error power, as a multiple of the signal's.
        """
        choice = choice.copy()
        error = self._error(choice)
        for context in range(len(choice)):
            table = int(choice[context])
            rest = error - self._error_of(context, table)
            others = np.delete(self._rare[np.arange(len(choice)), choice], context).sum()
            power = rest @ rest + others + self._alone[context]
            power += 2 * (self._errors @ self._against(context, rest))
            fits = power <= limit * self.signal
            fits[table] = True
            costs = np.where(fits, self.decisions[context], np.iinfo(np.int64).max)
            best = int(costs.argmin())
            if costs[best] < costs[table]:
                choice[context] = best
                error = rest + self._error_of(context, best)
        return choice

    # On the sample

    @cached_property
    def _rare(self) -> NDArray[np.float64]:
        """Power of single conversions beyond those of the sample, (contexts, tables)."""
        return np.array([self._unseen(cells) for cells in self.contexts])

    @cached_property
    def _alone(self) -> NDArray[np.float64]:
        """Error power if no other context erred, (contexts, tables)."""
        return np.array([self._power_alone(cells) for cells in self.contexts]) + self._rare

    def _error(self, choice: Choice) -> NDArray[np.float64]:
        """Errors of the sample's sums."""
        error = np.zeros(self.sample.pairs)
        for context, table in enumerate(choice.tolist()):
            error += self._error_of(context, table)
        return error

    def _error_of(self, context: int, table: int) -> NDArray[np.float64]:
        """What one context adds to them."""
        error = np.zeros(self.sample.pairs)
        if not self._errors[table].any():
            return error
        for cell in self.contexts[context]:
            misread = self._errors[table][self.sample.counts[cell]]
            error += self._weights[cell] * (self.sample.signs @ misread)
        return self._gains * error

    def _against(self, context: int, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inner products of `sums` with what each count of a context adds to them."""
        signed = (self.sample.signs[:, np.newaxis] * (self._gains * sums)).ravel()
        found = np.zeros(self._errors.shape[1])
        for cell in self.contexts[context]:
            counts = self.sample.counts[cell].ravel()
            found += self._weights[cell] * np.bincount(counts, signed, minlength=len(found))
        return found

    def _power_alone(self, cells: Cells) -> NDArray[np.float64]:
        """Error power by table in the sample if no other context erred."""
        signs, pairs = self.sample.signs, np.arange(self.sample.pairs)
        most = 1 + max(int(self.sample.counts[cell].max()) for cell in cells)
        added = np.zeros(self.sample.pairs * most)  # by pair and count
        for cell in cells:
            places = pairs * most + self.sample.counts[cell]
            weights = np.broadcast_to(signs[:, np.newaxis] * self._weights[cell], places.shape)
            added += np.bincount(places.ravel(), weights.ravel(), minlength=len(added))
        added = added.reshape(-1, most) * self._gains[:, np.newaxis]
        return ((self._errors[:, :most] @ added.T) ** 2).sum(axis=1)

    def _unseen(self, cells: Cells) -> NDArray[np.float64]:
        """Power by table of single conversions beyond those of the sample."""
        part = self.sample.pairs / self.sample.all_pairs
        missing = np.zeros(self._errors.shape[1])
        for cell in cells:
            seen = np.bincount(self.sample.counts[cell].ravel(), minlength=len(missing))
            missing += self._weights[cell] ** 2 * (part * self.histogram[cell] - seen)
        return np.maximum(0.0, self._errors**2 @ missing) * (self._gains**2).mean()
