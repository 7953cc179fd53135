"""Search plans: a table as the hardware uses it, decoded once for all lanes."""

from typing import NamedTuple

__all__ = ["SearchPlan", "search_plan"]


class SearchPlan(NamedTuple):
    r"""A twin-range table as the hardware uses it: one-hot thresholds, decoded once for all lanes.

    With W = 2^payload_0 and "single" when W exceeds the bound (a plain binary search):

    Parameters
    ----------
    start : int
        First threshold: W, or W / 2 when single.
    detect : bool
        The first decision tests for range 0: not single.
    none : bool
        A conversion needs no decision: single, and payload_0 equals truncation_0.
    high : int
        First threshold inside range 1, 2^(payload_1 - 1); 0 when payload_1 is 0.
    stop_0, stop_1 : int
        Last trial bit of either range, 2^truncation; 0 when the truncation is N.
    empty_1 : bool
        Range 1 is not searched: payload_1 equals truncation_1.
    mid : int
        Half a bin of range 1: 2^(truncation_1 - 1), or 0.
    straddle : int
        Added where W cuts the first bin of range 1: W / 2 when truncation_1 exceeds payload_0.
    """

    start: int
    detect: bool
    none: bool
    high: int
    stop_0: int
    stop_1: int
    empty_1: bool
    mid: int
    straddle: int

    def decode(self, range_index: int, level: int) -> int:
        """Return the value of a level; every sum is an OR, for truncated bits are zero."""
        if range_index == 0:
            return level
        return level | self.mid | (self.straddle if level == 0 else 0)


def search_plan(
    payload_0: int, truncation_0: int, payload_1: int, truncation_1: int, *, bits: int, bound: int
) -> SearchPlan:
    """Decode a twin-range table.

    Parameters
    ----------
    payload_0, truncation_0, payload_1, truncation_1 : int
        The table; only what it uses need be legal (`check_ranges`).
    bits : int
        Width of a threshold code, N.
    bound : int
        Largest count; where it exceeds 2^N - 1 the readout saturates there.

    Examples
    --------
    >>> search_plan(3, 0, 8, 2, bits=8, bound=128)._asdict()["start"]
    8
    >>> search_plan(8, 0, 8, 0, bits=8, bound=128).start        # a plain binary search
    128
    """
    codes = (1 << bits) - 1
    edge = 1 << payload_0
    single = edge > min(bound, codes)
    return SearchPlan(
        start=edge >> 1 if single else edge,
        detect=not single,
        none=single and payload_0 == truncation_0,
        high=(1 << payload_1 >> 1) & codes,
        stop_0=(1 << truncation_0) & codes,
        stop_1=(1 << truncation_1) & codes,
        empty_1=payload_1 == truncation_1,
        mid=(1 << truncation_1 >> 1) & codes,
        straddle=edge >> 1 if truncation_1 > payload_0 else 0,
    )
