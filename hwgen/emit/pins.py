"""What every pin of a top module is for: one sentence each, in manifest and datasheet."""

import re

from hwgen.config import Design

__all__ = ["about"]

_TILE = {
    "clk": "Clock; everything happens at its rising edge.",
    "x_payload": "Inputs {first} to {last} of a beat, the first in the lowest bits.",
    "x_valid": "A beat of inputs is offered.",
    "x_ready": "The beat is taken at the end of this cycle, if it is offered.",
    "y_payload": "One output, two's complement.",
    "y_valid": "An output is offered.",
    "y_ready": "The output is taken at the end of this cycle, if it is offered.",
    "y_in_payload": "What is added to one output, two's complement.",
    "y_in_valid": "A summand is offered.",
    "y_in_ready": "The summand is taken at the end of this cycle, if it is offered.",
    "paddr": "Table port (APB): byte address.",
    "psel": "Table port (APB): select.",
    "penable": "Table port (APB): second and later cycles of an access.",
    "pwrite": "Table port (APB): write, not read.",
    "pwdata": "Table port (APB): word to write.",
    "prdata": "Table port (APB): word that was read.",
    "pready": "Table port (APB): always high, there are no wait states.",
    "pslverr": "Table port (APB): the access was refused and changed nothing.",
    "idle": "Nothing is in flight.",
    "row_drive": "Digit on every word line, row 0 in the lowest bits; all off between vectors.",
    "sample": "Sample every column into the hold of this bank.",
    "hold_clear": "Clear the holds of this bank: every lane is done with them.",
}

_LANE = {
    "column": "Column of the lane whose hold is connected to its converter.",
    "bank": "Bank of that hold.",
    "acquire": "The converter takes the held value.",
    "dac": "Threshold code k: ask whether the count is at least k.",
    "strobe": "Compare now.",
    "busy": "A conversion is under way; else comparator and reference may sleep.",
    "compare": "The held value is above the threshold; captured {capture}.",
}

_LANE_ALONE = {
    "load": "A read was sampled into this bank.",
    "older": "The bank that was sampled first, when both are pending.",
    "tag_0": "What bank 0 holds, from bit 0: its plane ({plane} bits), whether that counts negative"
    "{bound}.",
    "tag_1": "What bank 1 holds, as `tag_0`.",
    "used": "Columns to convert.",
    "operations": "Accumulator, shift and sign of every column; constant.",
    "plan": "The search tables, as the table port hands them on.",
    "table_of": "Which of the tables every column has; constant.",
    "pending": "Reads of this bank that are still to be served.",
    "read_destination": "Accumulator to look at.",
    "read_value": "What it holds.",
    "clear": "Mark all accumulators empty.",
}

_CONVERTER = {
    "start": "Convert: taken while `busy` is low, or in the last cycle of a conversion.",
    "averaging": "Comparisons of a voted decision are 2 `averaging` + 1; stable while `busy`.",
    "compare": "The held value is above the threshold; captured {capture}.",
    "acquire": "The converter takes the held value.",
    "strobe": "Compare now.",
    "busy": "A conversion is under way; else comparator and reference may sleep.",
    "dac": "Threshold code k: ask whether the held value is at least k - 1/2.",
    "result": "Result of the last conversion.",
    "result_valid": "A new result is there, for one cycle.",
}


def about(name: str, design: Design) -> str:
    """Say what a pin of the top module does.

    Raises
    ------
    KeyError
        The pin is new and has no sentence yet.
    """
    lane = re.match(r"lane\d+_(\w+)$", name)
    if name in {"rst", "rst_n"}:
        kind = design.interface.reset.kind
        return f"Reset, {kind}, active {design.interface.reset.active}."
    if design.is_converter:
        sentence = (_CONVERTER | {"clk": _TILE["clk"]})[name]
        spec = design.converter
        return sentence.format(capture=_capture(spec.compare_latency - 1 - spec.compare_stages))
    if lane:
        sentence = _LANE[lane[1]]
    else:
        pins = _TILE if design.top == "tile" else {"clk": _TILE["clk"]} | _LANE | _LANE_ALONE
        sentence = pins[name]
    spec = design.spec
    bound = f", the largest count that its active rows allow ({spec.readout_bits} bits)"
    if spec.scaled:
        width = (spec.octaves - 1).bit_length()
        bound += f", by how many bits that is shorter than the longest ({width} bits)"
    if spec.has_centres:
        each = " with each table" if spec.lane_tables > 1 else ""
        bound += f", what to expect{each} ({spec.readout_bits} bits)"
    return sentence.format(
        capture=_capture(spec.compare_latency - 2 - spec.compare_stages),
        first=0,
        last=spec.x_elements - 1,
        plane=max(1, (spec.planes - 1).bit_length()),
        bound=bound if spec.bounded else "",
    )


def _capture(cycles: int) -> str:
    late = f"cycle `strobe` + {cycles}" if cycles else "the cycle of `strobe`"
    return f"at the end of {late}"
