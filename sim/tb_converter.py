"""The emitted converter in a loop with a comparator, against `hwgen_models.converter`.

The comparator looks at the pin ``dac``, errs as told, and is right in no cycle but the one in which
it is captured.
"""

from collections.abc import Callable, Sequence

import cocotb
import numpy as np
from cocotb.triggers import Timer
from cocotb.types import Logic

from bench import Bench, case, converter_spec, count, expect
from hwgen_models.converter import Conversion

NOISY = 300  # conversions
UNCLEAR = 400
REST = 0.2  # how often the converter rests between conversions
NOISE = 1.2  # counts, of a comparison
OFFSET = 3.3  # counts
HAIR = 1e-9  # counts
RESOLVED_PS = 500  # after the middle of a cycle; an answer that was unclear is known then

Decide = Callable[[int, int, float], int | None]


class Loop:
    """A converter whose comparator sees what it puts out."""

    def __init__(self, dut, rng: np.random.Generator) -> None:
        self.spec = converter_spec()
        self.rng = rng
        votes = {"averaging": 0} if self.spec.averaging_bits else {}
        self.bench = Bench(dut, start=0, compare=0, **votes)
        self.dut = dut
        self.shown = self.spec.start  # on `dac`
        self.result = 0
        self.fresh = 0
        self.running = False
        self.unclear = False  # the flip-flop behind `compare` has not made up its mind

    async def convert(
        self, held: float, decide: Decide, *, averaging: int = 0, rest: bool = False
    ) -> tuple[int, list[int]]:
        """Convert a held value; return the result and what ``dac`` was in every comparison.

        `decide` gets number, code and held value of a comparison and returns the answer, or None
        for one that is not clear when it is captured. `rest`: start from a rest.
        """
        spec, seen = self.spec, []
        votes = {"averaging": averaging} if spec.averaging_bits else {}
        if rest or not self.running:
            await self._step(start=0, **votes)
            self._expect("at rest", busy=0, acquire=0, strobe=0)
        self.dut.start.value = 1  # in this cycle still: at rest, or the last one of a conversion
        captures = self._schedule(averaging)
        cycles = spec.conversion_cycles(averaging)
        for cycle in range(cycles):
            await self._step(start=0, **votes)
            level = {"busy": 1, "acquire": int(cycle < spec.acquire_cycles)}
            self._expect(f"held {held}, cycle {cycle}", **level)
            if cycle in captures:
                seen.append(self.bench.read("dac"))
                self._answer(decide(len(seen) - 1, seen[-1], held))
        self.shown = self.bench.read("dac")
        self.running = True
        self.result, self.fresh = self.shown, 1
        count(conversions=1, decisions=len(seen))
        return self.shown, seen

    async def finish(self) -> None:
        """See the last result come out."""
        self.running = False
        await self._step(start=0)
        self._expect("after the last conversion", busy=0)

    def _schedule(self, averaging: int) -> dict[int, int]:
        codes = (0,) * sum(self.spec.comparisons(averaging))
        found = Conversion(spec=self.spec, value=0, codes=codes)
        return {cycle: k for k, cycle in enumerate(found.captures)}

    async def _step(self, **inputs: int) -> None:
        """Begin a cycle; what was unclear in the one before is resolved in its middle."""
        await self.bench.step(compare=int(self.rng.integers(2)), **inputs)
        if self.unclear:
            self.dut.captured_0.value = int(self.rng.integers(2))
            self.unclear = False
            await Timer(RESOLVED_PS, "ps")

    def _answer(self, answer: int | None) -> None:
        self.unclear = answer is None
        self.dut.compare.value = Logic("X") if answer is None else answer

    def _expect(self, where: str, **levels: int) -> None:
        levels |= {"result": self.result, "result_valid": self.fresh}
        self.fresh = 0
        for name, level in levels.items():
            expect(f"{where}, {name}", self.bench.read(name), level)


def erring(errors: Sequence[float]) -> Decide:
    """Return a comparator with an error in every comparison."""
    return lambda k, code, held: int(held + errors[k] >= code - 0.5)


def choices() -> list[int]:
    """Return numbers of pairs for ``averaging``: none, one, three, seven, and so on."""
    return [2**k - 1 for k in range(converter_spec().averaging_bits + 1)]


@case
async def every_value_is_told_exactly(dut):
    """Convert every value there is with an ideal comparator, without a gap."""
    loop = Loop(dut, np.random.default_rng(1))
    await loop.bench.reset()
    spec, search = loop.spec, loop.spec.search()
    values = np.arange(search.lowest, search.largest + 1)
    golden, codes = spec.convert(values)
    expect("the model", golden, values)
    for value, expected in zip(values.tolist(), codes.tolist(), strict=True):
        got, seen = await loop.convert(value, erring([0.0] * spec.decisions))
        expect(f"value {value}, codes", seen, expected)
        expect(f"value {value}", got, value)
    await loop.finish()


@case
async def noise_offset_and_votes_are_the_models(dut):
    """Convert values with a comparator that errs, with all numbers of comparisons."""
    rng = np.random.default_rng(2)
    loop = Loop(dut, rng)
    await loop.bench.reset()
    spec, search = loop.spec, loop.spec.search()
    for number in range(NOISY):
        averaging = choices()[number % len(choices())]
        held = float(rng.uniform(search.lowest, search.largest))
        offset = float(rng.choice([0.0, OFFSET, -OFFSET]))
        errors = rng.normal(offset, NOISE, sum(spec.comparisons(averaging)))
        values, codes = spec.convert(held, errors, averaging=averaging)
        predicted = search.worst_error(_largest_errors(errors, averaging))
        got, seen = await loop.convert(
            held, erring(errors.tolist()), averaging=averaging, rest=rng.random() < REST
        )
        expect(f"held {held}, averaging {averaging}, codes", seen, codes.tolist())
        expect(f"held {held}, averaging {averaging}", got, int(values))
        within = abs(got - held) <= predicted + HAIR
        expect(f"held {held}, {got} within {predicted:.2f}", within, True)
    await loop.finish()


def _largest_errors(errors: np.ndarray, averaging: int) -> list[float]:
    """Return the largest error of every decision, over its comparisons."""
    ends = np.cumsum(converter_spec().comparisons(averaging))[:-1]
    return [float(np.abs(of_one).max()) for of_one in np.split(errors, ends)]


@case
async def answers_that_are_not_clear_do_no_harm(dut):
    """Leave answers unknown wherever the redundancy allows a wrong one.

    The flip-flop that captures such an answer shows X for half a cycle, then either level. What
    lies just between two codes comes out as one of them, everything else exactly.
    """
    rng = np.random.default_rng(3)
    loop = Loop(dut, rng)
    await loop.bench.reset()
    search = loop.spec.search()
    margins = [covered + 0.49 for covered in (*search.recoverable, 0)]
    unknown = cocotb.SIM_NAME.lower().startswith("icarus")  # others have no X
    unclear = 0

    def decide(k: int, code: int, held: float) -> int | None:
        nonlocal unclear
        if abs(held - (code - 0.5)) > margins[k]:
            return int(held >= code - 0.5)
        unclear += 1
        return None if unknown else int(rng.integers(2))

    for _ in range(UNCLEAR):
        value = int(rng.integers(search.lowest, search.largest + 1))
        between = value > search.lowest and rng.random() < 0.5
        held = value - 0.5 if between else float(value)
        got, _ = await loop.convert(held, decide, rest=rng.random() < REST)
        expected = (value - 1, value) if between else (value,)
        if got not in expected:
            expect(f"held {held}", got, " or ".join(map(str, expected)))
    expect("some answers were not clear", unclear > UNCLEAR // 4, True)
    await loop.finish()
