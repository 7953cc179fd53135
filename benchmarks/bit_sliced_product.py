"""One bit-sliced product, compiled, against plain numpy in the same run; one thread each.

``python benchmarks/bit_sliced_product.py`` multiplies 64 vectors of uint8 by 128 x 128 int8 weights
in seven slices and eight planes on cells of one bit, and asks both for the same sums. Plain numpy
does what one would write down: single-precision linear algebra for the counts of a plane and a
slice, a table for their values, shifts and additions. Neither is given anything prepared: splitting
weights and inputs into bits is part of the work.
"""
# ruff: noqa: E402  (numpy reads the number of threads when it is imported)

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hwgen.workload.array.product import bit_sliced_product
from hwgen_models.search import SearchTree

__all__ = ["main", "plain_product"]

VECTORS, ROWS, OUTPUTS = 64, 128, 128
SLICES, PLANES = 7, 8
CALLS = 10  # in a row, so that either has its data in the caches
REPEATS = 40
LEAST_RATIO = 12
TABLES = {
    "lossless": np.arange(ROWS + 1),
    "lossy": SearchTree.twin_range(3, 0, 8, 2, bits=8, bound=ROWS).values,
}


def plain_product(inputs: NDArray, weights: NDArray, readout: NDArray) -> NDArray[np.int64]:
    """Sums of (vectors, rows) inputs and (rows, outputs) weights, every count through a table."""
    sums = np.zeros((len(inputs), weights.shape[1]), dtype=np.int64)
    driven = [(inputs >> plane & 1).astype(np.float32) for plane in range(PLANES)]
    for sign in (1, -1):
        magnitudes = np.maximum(sign * weights, 0)
        for s in range(SLICES):
            cells = (magnitudes >> s & 1).astype(np.float32)
            for plane in range(PLANES):
                counts = (driven[plane] @ cells).astype(np.int64)
                sums += sign * (readout[counts] << (plane + s))
    return sums


def seconds(work: Callable[[], NDArray]) -> float:
    """Time of one call, several in a row."""
    start = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - start) / CALLS


def main(arguments: list[str] | None = None) -> None:
    """Measure alternately, print, and fail where the ratio falls short."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args(arguments).repeats
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (VECTORS, ROWS)).astype(np.uint8)
    weights = rng.integers(-127, 128, (ROWS, OUTPUTS))
    conversions = VECTORS * OUTPUTS * PLANES * SLICES * 2
    short = []
    for name, readout in TABLES.items():
        ways = [
            lambda way=way, readout=readout: way(inputs, weights, readout)
            for way in (plain_product, bit_sliced_product)
        ]
        np.testing.assert_array_equal(ways[0](), ways[1]())
        taken = np.array([[seconds(way) for way in ways] for _ in range(repeats)])
        plain, ours = taken.min(axis=0)
        print(  # noqa: T201
            f"{name}: {1e3 * ours:.3f} ms ({conversions / ours / 1e9:.2f} G conversions/s), "
            f"plain numpy {1e3 * plain:.2f} ms, ratio {plain / ours:.1f} "
            f"(median {np.median(taken[:, 0] / taken[:, 1]):.1f}, bound {LEAST_RATIO})"
        )
        if plain / ours < LEAST_RATIO:
            short.append(name)
    if short:
        raise SystemExit(f"bound not reached: {', '.join(short)}")


if __name__ == "__main__":
    main()
