"""Integer ResNet-20 on 500 images: seconds and memory, against a plain reference in the same run.

``python benchmarks/resnet20_integer.py`` needs ``../shared/data``. The reference does the same
convolutions on the same images as one would write them down: windows by
``numpy.lib.stride_tricks``, an integer ``einsum``, the same requantisation; it runs on a few images
and its time is scaled up.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen_models.matrix import Conv, Matrix
from hwgen_models.window import to_channels_last

__all__ = ["main", "plain_product"]

DATA = Path(__file__).parents[1] / "../shared/data"
NETWORK = DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"
IMAGES = DATA / "cifar10/cifar10_test_500_norm.npz"
PLAIN_IMAGES = 10
LONGEST_S = 30
LARGEST_GB = 3


def plain_product(layer: Matrix, x: np.ndarray) -> np.ndarray:
    """Sums of a layer: (groups, vectors, inputs) -> (groups, vectors, outputs), in integers."""
    return np.einsum("gvi,gio->gvo", x.astype(np.int32), layer.matrices.astype(np.int32))


def plain_windows(layer: Conv, x: np.ndarray) -> np.ndarray:
    """What lies under every place of the window, as ``Conv.vectors`` gives it."""
    top, left, bottom, right = layer.window.pads
    edges = ((0, 0), (top, bottom), (left, right), (0, 0))
    padded = np.pad(to_channels_last(x, layer.channels_first), edges, constant_values=layer.padding)
    views = np.lib.stride_tricks.sliding_window_view(padded, layer.window.kernel, axis=(1, 2))
    down, across = layer.window.strides
    rows = views[:, ::down, ::across].transpose(0, 1, 2, 4, 5, 3)
    return rows.reshape(1, -1, layer.inputs)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and fail where a bound does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=500)
    images = load_images(str(IMAGES), images=parser.parse_args(arguments).images)
    network = open_network(str(NETWORK)).network
    codes = codes_of(network, images)
    network.run(codes[:2])  # what is slow once is not measured

    start = time.perf_counter()
    result = network.run(codes)
    seconds = time.perf_counter() - start
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

    plain, plain_seconds = [], 0.0
    for layer, taken, given in network.steps(codes[:PLAIN_IMAGES]):
        if isinstance(layer, Conv):
            start = time.perf_counter()
            sums = plain_product(layer, plain_windows(layer, taken[0]))
            again = layer.finish(sums, len(taken[0]), network.shapes[layer.name])
            plain_seconds += (time.perf_counter() - start) / PLAIN_IMAGES * len(images)
            assert (again == given).all()
            plain.append(layer.name)

    print(f"images: {len(images)}, top-1 {100 * images.top1(result):.1f} %")  # noqa: T201
    print(f"seconds: {seconds:.1f} (bound {LONGEST_S}), {gigabytes:.2f} GB")  # noqa: T201
    print(  # noqa: T201
        f"plain reference, {len(plain)} convolutions: {plain_seconds:.1f} s, "
        f"ratio {plain_seconds / seconds:.1f}"
    )
    if seconds > LONGEST_S or gigabytes > LARGEST_GB:
        raise SystemExit("bound exceeded")


if __name__ == "__main__":
    main()
