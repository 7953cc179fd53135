"""Golden model of the table port: registers, legality of a commit, and the decoded search plan."""

from dataclasses import dataclass
from typing import NamedTuple

from hwgen_models.search import Range, SearchTree, check_ranges, twin_ranges

__all__ = ["IDENTITY", "RangeTable", "SearchPlan", "Table", "check_outputs", "search_plan"]

IDENTITY = 0x4857_4731  # "HWG1"
ID, STATUS, COMMIT, OUTPUTS, RANGE_0, RANGE_1 = 0x00, 0x04, 0x08, 0x0C, 0x20, 0x24
TRUNCATION_SHIFT = 8  # where the field starts


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


def check_outputs(used: int, *, outputs: int) -> int:
    """Return a legal number of used outputs, 1 to O.

    Raises
    ------
    ValueError
        With the reason.
    """
    if not 1 <= used <= outputs:
        raise ValueError(f"outputs must be between 1 and {outputs}, not {used!r}")
    return used


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the registers hold: outputs in use and, with ranges, a twin-range table."""

    outputs: int
    payload_0: int = 0
    truncation_0: int = 0
    payload_1: int = 0
    truncation_1: int = 0

    @property
    def ranges(self) -> list[Range]:
        """The search ranges."""
        return twin_ranges(self.payload_0, self.truncation_0, self.payload_1, self.truncation_1)


class RangeTable:
    r"""Registers behind the APB port, without its timing.

    Writes go to a shadow copy. A write to ``COMMIT`` checks it: a legal table waits as `pending`
    for a vector boundary and then becomes active; an illegal one sets `refused` until the next
    write to ``COMMIT``. While a commit is pending, nothing can be written.

    ====  ========  ======================================================================
    0x00  ID        read only, ``IDENTITY``
    0x04  STATUS    read only: bit 0 pending, bit 1 refused, bit 2 idle
    0x08  COMMIT    write only, any value
    0x0C  OUTPUTS   outputs in use, 1 .. O; reset O
    0x20  RANGE_0   payload from bit 0, truncation from bit 8; reset N and 0 (with ranges)
    0x24  RANGE_1   the same
    ====  ========  ======================================================================

    A field is wide enough for its largest legal value plus one. A larger one is stored as all ones,
    which is never legal. Bits between and above the fields belong to the field below them.

    Parameters
    ----------
    bits : int
        Readout width, N.
    outputs : int
        Outputs of the array, O.
    bound : int
        Largest count; where it exceeds 2^N - 1 the readout saturates there.
    ranges : int
        0 or 2.

    Attributes
    ----------
    shadow, active : Table
        What was written, and what the lanes use.
    pending, refused : bool
        As in ``STATUS``.

    Examples
    --------
    >>> port = RangeTable(bits=8, outputs=9, bound=128, ranges=2)
    >>> port.write(0x20, 3), port.write(0x08, 0), port.boundary()
    (True, True, True)
    >>> port.plan.start
    8
    """

    def __init__(self, *, bits: int, outputs: int, bound: int, ranges: int) -> None:
        if ranges not in {0, 2}:
            raise ValueError(f"Range count must be 0 or 2, not {ranges!r}")
        self.bits = bits
        self.outputs = outputs
        self.bound = bound
        self.has_ranges = ranges == 2
        reset = {"payload_0": bits, "payload_1": bits} if ranges else {}
        self.shadow = Table(outputs=outputs, **reset)
        self.active = self.shadow
        self.pending = False
        self.refused = False

    def read(self, address: int, *, idle: bool = True) -> int | None:
        """Return a register, or None where the port answers with an error."""
        shadow = self.shadow
        words = {
            ID: IDENTITY,
            STATUS: self.pending | self.refused << 1 | idle << 2,
            OUTPUTS: shadow.outputs,
        }
        if self.has_ranges:
            words[RANGE_0] = shadow.payload_0 | shadow.truncation_0 << TRUNCATION_SHIFT
            words[RANGE_1] = shadow.payload_1 | shadow.truncation_1 << TRUNCATION_SHIFT
        return words.get(address)

    def write(self, address: int, word: int) -> bool:
        """Write a register; False where the port answers with an error and nothing changes."""
        writable = {COMMIT, OUTPUTS} | ({RANGE_0, RANGE_1} if self.has_ranges else set())
        if address not in writable or self.pending:
            return False
        if address == COMMIT:
            self.refused = self.reason is not None
            self.pending = not self.refused
        elif address == OUTPUTS:
            self._set(outputs=_field(word, self.outputs))
        else:
            payload = _field(word & ((1 << TRUNCATION_SHIFT) - 1), self.bits)
            truncation = _field(word >> TRUNCATION_SHIFT, self.bits)
            index = 0 if address == RANGE_0 else 1
            self._set(**{f"payload_{index}": payload, f"truncation_{index}": truncation})
        return True

    @property
    def reason(self) -> str | None:
        """Why the shadow copy is illegal; None when it is legal."""
        try:
            check_outputs(self.shadow.outputs, outputs=self.outputs)
            if self.has_ranges:
                check_ranges(self.shadow.ranges, bits=self.bits, bound=self.bound)
        except ValueError as error:
            return str(error)
        return None

    def boundary(self) -> bool:
        """Pass a vector boundary; return whether a pending commit took effect."""
        took_effect, self.pending = self.pending, False
        if took_effect:
            self.active = self.shadow
        return took_effect

    @property
    def plan(self) -> SearchPlan:
        """The active table, decoded."""
        table = self.active
        return search_plan(
            table.payload_0,
            table.truncation_0,
            table.payload_1,
            table.truncation_1,
            bits=self.bits,
            bound=self.bound,
        )

    @property
    def tree(self) -> SearchTree:
        """The tree that the active table means; without ranges a binary search."""
        if not self.has_ranges:
            return SearchTree.binary(self.bits, self.bound)
        return SearchTree.ranges(self.active.ranges, bits=self.bits, bound=self.bound)

    def _set(self, **values: int) -> None:
        self.shadow = Table(**(vars(self.shadow) | values))


def _field(word: int, largest: int) -> int:
    """Store a word in a field for values up to `largest` and one more: saturate."""
    width = (largest + 1).bit_length()
    return min(word, (1 << width) - 1)
