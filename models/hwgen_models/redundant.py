"""Successive approximation with redundant weights: early decisions may err and are made good."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwgen_models.trees import Leaf, Split

__all__ = ["SAR12", "Redundant"]


@dataclass(frozen=True, kw_only=True)
class Redundant:
    r"""A search that adds or subtracts a weight after every answer, and its redundancy.

    The code starts at :math:`c_0`. Step i asks "count >= :math:`c_i`?" and goes on with

    .. math:: c_{i+1} = c_i + w_i \text{ after a yes}, \quad c_i - w_i \text{ after a no}

    A last decision at :math:`c_n` picks that code (yes) or the one below it (no). From :math:`c_i`
    on, counts :math:`c_i - 1 - R_i` to :math:`c_i + R_i` can be reached, with
    :math:`R_i = \sum_{j \ge i} w_j`. A wrong answer of step i is made good by the later ones when
    the count is no farther than

    .. math:: q_i = R_{i+1} + 1 - w_i

    counts on the wrong side of the threshold, that is for every comparator error smaller than
    :math:`q_i + 1/2` counts. Binary weights have no redundancy, all :math:`q_i` are 0.

    Weights smaller than half of what is left were used by Kuttner (ISSCC 2002) and analysed by
    Ogawa et al. (IEICE Trans. Fundamentals E93-A, 2010); which is covered by which step is worked
    out here.

    Parameters
    ----------
    bits : int
        Width of a code, N.
    start : int
        Code of the first decision, :math:`c_0`: what ``dac`` shows after reset.
    weights : tuple of int
        :math:`w_0, w_1, \ldots`, in codes.
    votes : tuple of int
        Comparisons of every decision, the last one included, whose majority is the answer; odd.
        Empty for one each.

    Raises
    ------
    ValueError
        When a code lies outside 1 .. 2^N - 1, when a weight is too large for what follows, so that
        some count cannot be told, or when votes do not fit.

    Examples
    --------
    >>> Redundant(bits=3, start=4, weights=(2, 1)).recoverable
    (0, 0)
    >>> Redundant(bits=4, start=8, weights=(3, 2, 1, 1)).recoverable
    (2, 1, 1, 0)
    >>> SAR12.recoverable[:4]
    (436, 270, 166, 101)
    """

    bits: int
    start: int
    weights: tuple[int, ...]
    votes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if any(weight < 1 for weight in self.weights):
            raise ValueError(f"weights must be at least 1, not {min(self.weights)!r}")
        reach = sum(self.weights)
        if not 1 <= self.start - reach <= self.start + reach < 1 << self.bits:
            raise ValueError(
                f"start and weights must keep codes between 1 and {(1 << self.bits) - 1}, "
                f"not between {self.start - reach} and {self.start + reach}"
            )
        for step, (weight, covered) in enumerate(zip(self.weights, self.recoverable, strict=True)):
            if covered < 0:
                raise ValueError(
                    f"weight {step} must be at most {weight + covered} (what follows and one), "
                    f"not {weight}"
                )
        if self.votes and len(self.votes) != len(self.weights) + 1:
            raise ValueError(
                f"votes must be {len(self.weights) + 1} numbers, not {len(self.votes)}"
            )
        for vote in self.votes:
            if vote < 1 or vote % 2 == 0:
                raise ValueError(f"votes must be odd numbers, not {vote!r}")

    @property
    def recoverable(self) -> tuple[int, ...]:
        """Counts by which every step may be wrong, :math:`q_i`; the last decision may not."""
        after = [sum(self.weights[step + 1 :]) for step in range(len(self.weights))]
        return tuple(rest + 1 - weight for weight, rest in zip(self.weights, after, strict=True))

    def worst_error(self, errors: Sequence[float]) -> float:
        r"""Return how far a result may be from the held value, with comparator errors up to these.

        A decision can only be wrong while the held value is within its error :math:`e_i` of the
        threshold; of that distance :math:`q_i` is made good, with 0 for the last decision, and what
        is left stays. With no more than :math:`x_i` left so far the distance is at most
        :math:`R_i + 1 + x_i`, hence

        .. math:: x_{i+1} = \max(x_i, \min(e_i, R_i + 1 + x_i) - q_i), \qquad x_0 = 0, \qquad
                  |held - result| \le \tfrac12 + x

        Parameters
        ----------
        errors : sequence of float
            Largest error of every decision, the last one included, in counts.

        Examples
        --------
        >>> SAR12.worst_error([100.0] * 4 + [8.0] * 5 + [0.25] * 6)
        0.75
        """
        beyond, rest = 0.0, sum(self.weights)
        steps = zip(errors, (*self.weights, 0), (*self.recoverable, 0), strict=True)
        for error, weight, covered in steps:
            beyond = max(beyond, min(error, rest + 1 + beyond) - covered)
            rest -= weight
        return 0.5 + float(beyond)

    @property
    def lowest(self) -> int:
        """Smallest count that is told."""
        return self.start - 1 - sum(self.weights)

    @property
    def largest(self) -> int:
        """Largest count that is told."""
        return self.start + sum(self.weights)

    @property
    def root(self) -> Split | Leaf:
        """The decisions, written out: 2^(steps + 1) leaves, several of the same value."""
        votes = self.votes or (1,) * (len(self.weights) + 1)

        def leaf(value: int) -> Leaf:
            return Leaf(value, 0, value)

        def after(step: int, code: int) -> Split:
            if step == len(self.weights):
                return Split(code, leaf(code - 1), leaf(code), votes[step])
            weight = self.weights[step]
            return Split(
                code, after(step + 1, code - weight), after(step + 1, code + weight), votes[step]
            )

        return after(0, self.start)


# Weights of an open 12-bit converter with a non-binary controller; 14 steps and a last decision.
SAR12 = Redundant(
    bits=12,
    start=2048,
    weights=(806, 486, 295, 180, 110, 67, 41, 25, 15, 9, 6, 4, 2, 1),
)
