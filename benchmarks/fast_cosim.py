"""Conversions a minute of ``hwgen cosim --fast``, against cocotb with Verilator in the same run.

``python benchmarks/fast_cosim.py`` needs ``../shared/data``: one convolution of ResNet-20 on the
128 x 128 tile of ``trq``, its real activations, weights and tables. Builds are left out on both
sides. The compiled run compares values, decisions and cycles with the golden model, and that time
counts; so does cocotb's bench, which has Python in every cycle.
"""

import argparse
import tempfile
from pathlib import Path

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow.cosim import cosim
from hwgen.flow.stimulus import LayerOf

__all__ = ["main"]

DATA = Path(__file__).parents[1] / "../shared/data"
NETWORK = DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"
IMAGES = DATA / "cifar10/cifar10_test_500_norm.npz"
LAYER = "/layer1/layer1.1/conv1/Conv"
LEAST = 10e6  # conversions a minute


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and fail where the bound does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--vectors", type=int, default=20_000)
    parser.add_argument("--cocotb-vectors", type=int, default=16)
    options = parser.parse_args(arguments)

    def layer(vectors: int) -> LayerOf:
        return LayerOf(network=str(NETWORK), data=str(IMAGES), layer=LAYER, vectors=vectors)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "trq"
        generate(load("trq"), out)
        fast = cosim(out, layer=layer(options.vectors), fast=True)
        slow = cosim(out, layer=layer(options.cocotb_vectors), simulator="verilator")
    (bench,) = slow["benches"]
    reference = 60 * bench["conversions"] / bench["seconds_simulate"]
    speed = fast["conversions_per_minute"]

    print(  # noqa: T201
        f"compiled: {fast['conversions']:,} conversions, {fast['cycles']:,} cycles; "
        f"build {fast['seconds_build']:.1f} s, simulation {fast['seconds_simulate']:.1f} s, "
        f"comparison {fast['seconds_compare']:.1f} s"
    )
    print(f"compiled: {speed / 1e6:.1f} million a minute (bound {LEAST / 1e6:.0f})")  # noqa: T201
    print(  # noqa: T201
        f"cocotb, Verilator: {bench['conversions']:,} conversions in "
        f"{bench['seconds_simulate']:.1f} s, {reference / 1e6:.2f} million a minute; "
        f"ratio {speed / reference:.0f}"
    )
    if speed < LEAST:
        raise SystemExit("bound missed")


if __name__ == "__main__":
    main()
