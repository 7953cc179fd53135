"""The emitted conversion control against the pins of `hwgen_models.sar`, cycle by cycle."""

import numpy as np

from bench import Bench, case, count, expect, spec
from hwgen_models.sar import Sar
from tables import tables, tree_of

CONVERSIONS = 30  # per table
OUTPUTS = ("busy", "acquire", "strobe", "idle", "finish", "search_start", "search_step")


class Script:
    """What goes in and what must come out in every cycle, written down conversion by conversion."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.sar = Sar.of(spec())
        self.inputs: list[dict[str, int]] = []
        self.outputs: list[dict[str, int]] = []
        self.answers: dict[int, int] = {}  # cycle -> answer that the engine must get

    def rest(self, cycles: int) -> None:
        """Stay idle, starting nothing."""
        for _ in range(cycles):
            self.inputs.append(self._noise() | {"start": 0})
            self.outputs.append(dict.fromkeys(OUTPUTS, 0) | {"idle": 1})

    def convert(self, tree, held: float) -> None:
        """Start a conversion in the last cycle so far, and go through it."""
        conversion = self.sar.conversion(tree, held)
        pins = self.sar.pins(conversion)
        answers = [int(held >= threshold - 0.5) for threshold in conversion.thresholds]
        self.inputs[-1]["start"] = 1
        first = len(self.inputs)
        for cycle in range(conversion.cycles):
            self.inputs.append(self._noise())
            self.outputs.append({
                "busy": pins.busy[cycle],
                "acquire": pins.acquire[cycle],
                "strobe": pins.strobe[cycle],
                "idle": 0,
                "finish": int(cycle == conversion.cycles - 1),
                "search_start": int(cycle == self.sar.overhead_cycles - 1),
                "search_step": int(cycle in conversion.acts),
            })
        self.inputs[first + self.sar.overhead_cycles - 1]["search_none"] = int(not answers)
        for k, answer in enumerate(answers):
            # Right in the one cycle that counts, wrong before and after.
            captured = first + conversion.captures[k]
            for cycle in range(first + conversion.decided[k], first + conversion.acts[k] + 1):
                self.inputs[cycle]["compare"] = answer if cycle == captured else 1 - answer
            acted = first + conversion.acts[k]
            self.inputs[acted]["search_last"] = int(k == len(answers) - 1)
            self.answers[acted] = answer
        self.inputs[-1]["start"] = 0
        count(conversions=1, decisions=len(answers))

    def _noise(self) -> dict[str, int]:
        """Inputs that must not matter in this cycle."""
        names = ("start", "compare", "search_none", "search_last")
        return {name: int(self.rng.integers(2)) for name in names}


@case
async def every_cycle_of_every_conversion_is_as_specified(dut):
    """Convert with and without rests, noise on every input that must not matter."""
    rng = np.random.default_rng(8)
    design = spec()
    script = Script(rng)
    script.rest(3)
    for table in tables(6, seed=8):
        tree = tree_of(table)
        top = 2**design.readout_bits - 1
        for held in [0, top, *rng.integers(0, top + 1, size=CONVERSIONS).tolist()]:
            script.convert(tree, held)
            if rng.random() < 0.4:
                script.rest(int(rng.integers(1, 4)))
    script.rest(3)

    bench = Bench(dut, start=0, compare=0, search_none=0, search_last=0)
    await bench.reset()
    for cycle, inputs in enumerate(script.inputs):
        await bench.step(**inputs)
        for name, level in script.outputs[cycle].items():
            expect(f"cycle {cycle}, {name}", bench.read(name), level)
        if cycle in script.answers:
            answer = bench.read("search_answer")
            expect(f"cycle {cycle}, search_answer", answer, script.answers[cycle])
