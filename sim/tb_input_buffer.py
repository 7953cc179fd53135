"""The emitted input buffer against `hwgen_models.input_buffer` and the planes of `row_drive`."""

import numpy as np

from bench import Bench, case, expect, spec
from hwgen_models.input_buffer import beats_of
from hwgen_models.row_drive import drive_word, input_range, planes_of

VECTORS = 6


@case
async def planes_of_every_vector_appear_under_stalls(dut):
    """Fill the buffer with gaps, look at its planes in any order, release it."""
    rng = np.random.default_rng(1)
    design = spec()
    legal = input_range(input_bits=design.input_bits, signed=design.signed_inputs)
    x = rng.integers(legal[0], legal[-1] + 1, size=(VECTORS, design.rows))
    x[0], x[1] = legal[0], legal[-1]
    beats = beats_of(
        x, rows=design.rows, x_elements=design.x_elements, input_bits=design.input_bits
    )
    planes = planes_of(
        x,
        input_bits=design.input_bits,
        dac_bits=design.dac_bits,
        signed=design.signed_inputs,
    )

    bench = Bench(dut, i__valid=0, i__payload=0, plane=0, drop=0)
    await bench.reset()
    for v in range(VECTORS):
        for i, beat in enumerate(beats[v]):
            while rng.random() < 0.3:
                await bench.step(i__valid=0)
            expect(f"vector {v}, beat {i}, full", bench.read("full"), 0)
            await bench.step(i__valid=1, i__payload=beat)
            expect(f"vector {v}, beat {i}, ready", bench.read("i__ready"), 1)
            expect(f"vector {v}, beat {i}, started", bench.read("started"), int(i > 0))
        # A beat of the next vector is offered all the while, and must not enter.
        await bench.step(i__payload=beats[v][0] ^ beats[v][-1])
        for name, level in (("full", 1), ("started", 1), ("i__ready", 0)):
            expect(f"vector {v}, full vector, {name}", bench.read(name), level)
        for t in rng.permutation(design.planes):
            await bench.step(plane=int(t), drop=0)
            digits = drive_word(planes[v, t], dac_bits=design.dac_bits)
            expect(f"vector {v}, plane {t}", hex(bench.read("digits")), hex(digits))
        await bench.step(drop=1)
        await bench.step(drop=0, i__valid=0)
        expect(f"vector {v}, after release, full", bench.read("full"), 0)
