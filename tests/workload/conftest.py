"""A network and images small enough for every test, as files."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hwgen.workload.parts import CALIBRATION, TEST
from hwgen_models.matrix import Dense
from hwgen_models.network import INPUT, Network
from hwgen_models.requantise import Fixed


@dataclass(frozen=True)
class Small:
    network: Network
    network_file: str
    data_file: str
    folder: Path


@pytest.fixture
def small(tmp_path):
    """Three layers in files."""
    return made(tmp_path)


def made(folder: Path) -> Small:
    """Write three layers, 12 -> 20 -> 5 -> 3: with 16 rows the second needs two row tiles."""
    rng = np.random.default_rng(11)
    widths = (12, 20, 5, 3)
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        last = number == len(widths) - 2
        layers.append(
            Dense(
                name=f"fc{number}",
                weights=np.clip(rng.normal(0, 40, (inputs, outputs)), -127, 127).astype(np.int8),
                bias=rng.integers(-2000, 2000, outputs).astype(np.int32),
                sources=(f"fc{number - 1}",) if number else (INPUT,),
                requantise=Fixed(
                    multiplier=rng.integers(16000, 32000, outputs).astype(np.int32),
                    shift=np.full(outputs, 22, dtype=np.uint8),
                    low=-1000 if last else 0,
                    high=1000 if last else 255,
                ),
            )
        )
    network = Network.chain(tuple(layers))
    np.savez(folder / "network.npz", **network.to_arrays())

    images = rng.integers(0, 256, (40, 2, 6, 1), dtype=np.uint8)
    images[0], images[1, :1] = 0, 0  # empty planes
    np.savez(
        folder / "data.npz",
        images=images,
        labels=network.classify(images.reshape(40, -1)) * (np.arange(40) % 8 > 0),
        split=np.where(np.arange(40) < 30, TEST, CALIBRATION),
    )
    return Small(network, str(folder / "network.npz"), str(folder / "data.npz"), folder)


@pytest.fixture
def small_design():
    """Design files' keys for an array of 16 rows and two outputs."""
    return {
        "name": "small",
        "array": {"rows": 16, "columns": 30},
        "readout": {"kind": "twin-range", "bits": 5, "columns_per_lane": 10},
    }
