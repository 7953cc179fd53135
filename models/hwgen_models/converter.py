"""Golden model of a converter with redundant weights: codes, votes, and pins cycle by cycle."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.redundant import Redundant
from hwgen_models.sar import Pins

__all__ = ["Conversion", "ConverterSpec"]

COMPARISONS = (1, 3, 7, 15, 31)


@dataclass(frozen=True, kw_only=True)
class ConverterSpec:
    r"""The numbers that define a converter: plain values, the ``parameters`` of a manifest.

    A conversion goes as `Redundant` says. The last `voted` decisions are taken by the majority of

    .. math:: n = 2\,\text{averaging} + 1

    comparisons, where ``averaging`` is a pin; all others of one. In cycles, a conversion takes

    .. math:: T = \text{acquire\_cycles} + D\,(\text{decisions} + 2\,\text{averaging}\,
              \text{voted}) + 1, \qquad D = \text{settle\_dac} + \text{compare\_latency}

    whose last cycle holds the result on ``dac``; ``result`` follows one cycle later. Cycles count
    from the first one after ``start``.

    Parameters
    ----------
    bits : int
        Width of a code, N.
    start : int
        Code of the first decision; also what ``dac`` shows while the input is acquired.
    steps : tuple of int
        What every step adds or subtracts, in codes. A list will do.
    votes : int
        Most comparisons of a voted decision: 1, 3, 7, 15 or 31. With 1 there is no ``averaging``.
    voted : int
        How many decisions, the last ones, may take more than one comparison.
    acquire_cycles : int
        Length of ``acquire``, at least 1.
    settle_dac : int
        Cycles from a new code to ``strobe``.
    compare_latency : int
        Cycles from ``strobe`` to the next code, at least 1 + `compare_stages`.
    compare_stages : int
        Flip-flops behind the one that ``compare`` enters, 0 to 2.

    Raises
    ------
    ValueError
        When a value or a combination is impossible; one line that names it.

    Examples
    --------
    >>> spec = ConverterSpec(bits=4, start=8, steps=(3, 2, 1, 1), votes=3, voted=2)
    >>> spec.convert(9)[0].item(), spec.conversion_cycles(), spec.conversion_cycles(1)
    (9, 7, 11)
    """

    bits: int
    start: int
    steps: tuple[int, ...]
    votes: int = 1
    voted: int = 0
    acquire_cycles: int = 1
    settle_dac: int = 0
    compare_latency: int = 1
    compare_stages: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))  # JSON has lists
        numbers = {one.name: getattr(self, one.name) for one in fields(self)}
        numbers |= {f"steps[{k}]": step for k, step in enumerate(numbers.pop("steps"))}
        for name, value in numbers.items():
            if type(value) is not int:
                raise TypeError(f"{name} must be an integer, not {value!r}")
        for name, allowed in (("votes", COMPARISONS), ("compare_stages", (0, 1, 2))):
            if numbers[name] not in allowed:
                *first, last = map(str, allowed)
                raise ValueError(
                    f"{name} must be {', '.join(first)} or {last}, not {numbers[name]!r}"
                )
        for name, least in (
            ("bits", 1),
            ("acquire_cycles", 1),
            ("settle_dac", 0),
            ("compare_latency", 1 + self.compare_stages),
        ):
            if numbers[name] < least:
                raise ValueError(f"{name} must be at least {least}, not {numbers[name]!r}")
        least, most = (1, self.decisions) if self.votes > 1 else (0, 0)
        if not least <= self.voted <= most:
            raise ValueError(
                f"voted must be {least} to {most} for votes {self.votes}, not {self.voted!r}"
            )
        _ = self.search()  # checks the weights

    @property
    def decisions(self) -> int:
        """Decisions of a conversion: the steps and the last one."""
        return len(self.steps) + 1

    @property
    def most_averaging(self) -> int:
        """Largest value of ``averaging``."""
        return self.votes // 2

    @property
    def averaging_bits(self) -> int:
        """Width of the pin ``averaging``; 0 without it."""
        return self.most_averaging.bit_length()

    @property
    def decision_cycles(self) -> int:
        """Cycles of one comparison, D."""
        return self.settle_dac + self.compare_latency

    @property
    def longest_conversion(self) -> int:
        """Cycles of a conversion with the most comparisons."""
        return self.conversion_cycles(self.most_averaging)

    def comparisons(self, averaging: int = 0) -> tuple[int, ...]:
        """Return how many comparisons every decision takes."""
        if not 0 <= averaging <= self.most_averaging:
            raise ValueError(f"averaging must be 0 to {self.most_averaging}, not {averaging!r}")
        single = self.decisions - self.voted
        return (1,) * single + (2 * averaging + 1,) * self.voted

    def search(self, averaging: int = 0) -> Redundant:
        """Return the search that a conversion goes by."""
        votes = self.comparisons(averaging)
        return Redundant(bits=self.bits, start=self.start, weights=self.steps, votes=votes)

    def conversion_cycles(self, averaging: int = 0) -> int:
        """Return the cycles of a conversion, T."""
        return self.acquire_cycles + self.decision_cycles * sum(self.comparisons(averaging)) + 1

    def convert(
        self, counts: ArrayLike, errors: ArrayLike = 0.0, *, averaging: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Convert held values.

        Parameters
        ----------
        counts : array_like of float
            Held values, in counts.
        errors : array_like of float, shape (..., comparisons)
            What every comparison adds to the held value, in counts.
        averaging : int
            The pin.

        Returns
        -------
        values : numpy.ndarray of int64, shape (...)
            Results.
        codes : numpy.ndarray of int64, shape (..., comparisons)
            What ``dac`` shows in every comparison.
        """
        votes = self.comparisons(averaging)
        counts = np.asarray(counts, dtype=np.float64)
        errors = np.asarray(errors, dtype=np.float64)
        shape = np.broadcast_shapes((*counts.shape, sum(votes)), errors.shape)
        held = np.broadcast_to(counts[..., np.newaxis] + errors, shape)
        code = np.full(shape[:-1], self.start, dtype=np.int64)
        codes, first = [], 0
        # The last decision stays where it is, or goes one code down.
        moves = [(step, step) for step in self.steps] + [(0, 1)]
        for (up, down), comparisons in zip(moves, votes, strict=True):
            above = held[..., first : first + comparisons] >= code[..., np.newaxis] - 0.5
            codes += [code] * comparisons
            first += comparisons
            code = np.where(2 * above.sum(axis=-1) > comparisons, code + up, code - down)
        return code, np.stack(codes, axis=-1)

    def conversion(
        self, count: float, errors: ArrayLike = 0.0, *, averaging: int = 0
    ) -> "Conversion":
        """Convert one held value; `errors` as in `convert`."""
        values, codes = self.convert(count, errors, averaging=averaging)
        return Conversion(spec=self, value=int(values), codes=tuple(codes.tolist()))


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One conversion. Cycles count from its first one, 0.

    Parameters
    ----------
    spec : ConverterSpec
        The converter.
    value : int
        Its result.
    codes : tuple of int
        What ``dac`` shows in every comparison.
    """

    spec: ConverterSpec
    value: int
    codes: tuple[int, ...]

    @property
    def cycles(self) -> int:
        """Length; ``result`` shows the value in this cycle, the next conversion may begin in it."""
        return self.spec.acquire_cycles + self.spec.decision_cycles * len(self.codes) + 1

    @property
    def strobes(self) -> tuple[int, ...]:
        """Cycles in which ``strobe`` is high."""
        return tuple(start + self.spec.settle_dac for start in self._starts)

    @property
    def captures(self) -> tuple[int, ...]:
        """Cycles at whose end the pin ``compare`` is captured."""
        last = self.spec.decision_cycles - 1 - self.spec.compare_stages
        return tuple(start + last for start in self._starts)

    def pins(self) -> Pins:
        """Return the pins during the conversion, cycle by cycle; ``dac`` keeps the value after."""
        spec = self.spec
        codes = [code for code in self.codes for _ in range(spec.decision_cycles)]
        return Pins(
            busy=(1,) * self.cycles,
            acquire=_levels(range(spec.acquire_cycles), self.cycles),
            strobe=_levels(self.strobes, self.cycles),
            dac=(*[spec.start] * spec.acquire_cycles, *codes, self.value),
        )

    @property
    def _starts(self) -> range:
        first = self.spec.acquire_cycles
        return range(first, self.cycles - 1, self.spec.decision_cycles)


def _levels(high: Sequence[int], cycles: int) -> tuple[int, ...]:
    return tuple(int(cycle in high) for cycle in range(cycles))
