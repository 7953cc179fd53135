"""Conversions per second of a layer on arrays that are not ideal, flaw by flaw.

``python benchmarks/nonideal_layer.py`` reads a convolution's worth of vectors (288 inputs, 32
outputs, codes of a rectified layer) through the golden tiles and prints conversions per second of
processor time, all threads together.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from hwgen.config import Design, load
from hwgen.mapping.tiles import MappedLayer, map_layer
from hwgen.workload.array.nonideal import NonidealReader
from hwgen.workload.array.readout import Readout
from hwgen_models.codes import Codes
from hwgen_models.matrix import Dense
from hwgen_models.requantise import Fixed

__all__ = ["main"]

INPUTS, OUTPUTS = 288, 32
REPEATS = 3
NOISY = {"comparator_offset": 0.3, "comparator_noise": 0.3}
CELLS = {"spread": 0.1, "on_off_ratio": 50.0, "stuck_on": 0.001, "stuck_off": 0.001}
DEVICES: dict[str, dict[str, float]] = {
    "ideal": {},
    "cells": CELLS,
    "wires": {"wire_resistance": 1e-5},
    "read noise": {"read_noise": 0.3},
    "comparators": NOISY,
    "all": CELLS | NOISY | {"wire_resistance": 1e-5, "read_noise": 0.3},
}


def layer() -> Dense:
    """Weights as a trained layer has them, with the largest of each output at 127."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 1, (INPUTS, OUTPUTS))
    weights = np.rint(127 * weights / np.abs(weights).max(axis=0)).astype(np.int8)
    return Dense(
        name="layer",
        sources=("input",),
        weights=weights,
        bias=np.zeros(OUTPUTS, dtype=np.int32),
        requantise=Fixed(
            multiplier=np.ones(OUTPUTS, dtype=np.int32),
            shift=np.ones(OUTPUTS, dtype=np.uint8),
            low=0,
            high=255,
        ),
    )


def design_with(device: dict[str, float]) -> Design:
    """Give ``trq`` a device."""
    return load({"extends": "trq", "device": device})


def mapped_to(design: Design) -> MappedLayer:
    """Cut the layer to the design's array."""
    return map_layer(layer(), design.spec, codes=Codes(low=0, high=255))


def fastest(work: Callable[[], object]) -> float:
    """Seconds of processor time, the least of some."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--vectors", type=int, default=512)
    vectors = parser.parse_args(arguments).vectors
    rng = np.random.default_rng(1)
    codes = np.clip(np.rint(rng.normal(0, 40, (1, vectors, INPUTS))), 0, 255).astype(np.uint8)
    for name, device in DEVICES.items():
        design = design_with(device)
        reader = NonidealReader(mapped_to(design), Readout.of(design, "layer"), design)
        seconds = fastest(lambda reader=reader: reader.product(codes))
        rate = reader.statistics.conversions / REPEATS / seconds
        print(f"{name:12} {rate / 1e6:6.2f} million conversions a second")  # noqa: T201


if __name__ == "__main__":
    main()
