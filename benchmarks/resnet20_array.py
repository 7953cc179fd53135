"""ResNet-20 on 500 images through the crossbars of ``trq``: seconds, memory, conversions a second.

``python benchmarks/resnet20_array.py`` needs ``../shared/data``. Both paths run: bit by bit, and by
the short cut for lossless tables. The reference is the golden tile model, which does the same in
plain numpy: it reads the first vectors of the first image in every crossbar of every layer, must
find the same sums and counts, and is compared by conversions per second.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from hwgen.config import Design, load
from hwgen.workload.array.reading import LayerReader
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.run import readers_of, run
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network
from hwgen_models.tile import Tile

__all__ = ["main", "plain_rate"]

DATA = Path(__file__).parents[1] / "../shared/data"
NETWORK = DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"
IMAGES = DATA / "cifar10/cifar10_test_500_norm.npz"
PLAIN_VECTORS = 32  # of a layer
LONGEST_S = {"bit-sliced": 480, "short-cut": 60}
LARGEST_GB = 4


def plain_rate(design: Design, network: Network, codes: np.ndarray) -> tuple[int, float]:
    """Conversions and seconds of the golden tiles; the readers must agree with them."""
    readers = readers_of(design, network, where=str(NETWORK), path="bit-sliced")
    conversions, seconds = 0, 0.0
    for layer, taken, _ in network.steps(codes):
        if not isinstance(layer, Matrix):
            continue
        reader = readers[layer.name]
        vectors = layer.vectors(taken[0])[:, :PLAIN_VECTORS]
        start = time.perf_counter()
        sums, histogram = plain_product(reader, vectors)
        seconds += time.perf_counter() - start
        np.testing.assert_array_equal(reader.product(vectors), sums)
        np.testing.assert_array_equal(reader.statistics.histogram, histogram)
        conversions += int(histogram.sum())
    return conversions, seconds


def plain_product(reader: LayerReader, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of a layer and conversions by count, tile by tile."""
    mapped = reader.mapped
    drive = mapped.drive(vectors)
    sums, histogram = np.tile(mapped.constants, (len(drive), 1)), 0
    for tile in mapped.tiles:
        golden = Tile(mapped.spec, tile.weights, tables=reader.readout.tables)
        result = golden.run(drive[:, tile.inputs], sums[:, tile.outputs], keep="sums")
        sums[:, tile.outputs] = result.y
        histogram = histogram + result.histogram
    return mapped.product(sums), histogram


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and fail where a bound does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=500)
    number = parser.parse_args(arguments).images
    if not DATA.is_dir():
        raise SystemExit(f"{NETWORK.name} and {IMAGES.name} must be in {DATA}, but are not there")
    design = load("trq")
    network = open_network(str(NETWORK)).network
    codes = codes_of(network, load_images(str(IMAGES), images=1))
    conversions, seconds = plain_rate(design, network, codes)  # also compiles the kernels
    plain = conversions / seconds
    print(  # noqa: T201
        f"golden tiles: {conversions:,} conversions, {plain / 1e6:.1f} M conversions/s"
    )

    exceeded = []
    for path, longest in LONGEST_S.items():
        start, busy = time.perf_counter(), time.process_time()
        found = run(design, str(NETWORK), str(IMAGES), images=number, path=path)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        rate = found["conversions"] / seconds
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(  # noqa: T201
            f"{path}: {number} images, top-1 {100 * found['top1']:.1f} %, "
            f"{seconds:.1f} s (bound {longest}; {busy:.0f} s of processors), "
            f"{gigabytes:.2f} GB (bound {LARGEST_GB}), "
            f"{found['conversions']:,} conversions, {rate / 1e6:.0f} M conversions/s, "
            f"ratio {rate / plain:.0f}"
        )
        if seconds > longest or gigabytes > LARGEST_GB:
            exceeded.append(path)
    if exceeded:
        raise SystemExit(f"bound exceeded: {', '.join(exceeded)}")


if __name__ == "__main__":
    main()
