"""Networks that people publish, against the runtimes that they run on."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.workload.images import codes_of
from hwgen.workload.inputs import load_images, open_network
from hwgen.workload.run import Product, readers_of, run

DATA = Path(__file__).parents[2] / "../shared/data"
RESNET_8 = DATA / "resnet8_cifar10/ic_resnet8_int8.tflite"
MOBILENET = DATA / "mobilenet_v2_imagenet/tf2_mobilenet_v2_1.0_224_ptq.tflite"
PHOTOS = DATA / "mobilenet_v2_imagenet/photos_224.npz"
RESNET_20 = DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"
RESNET_20_FLOAT = DATA / "resnet20_cifar10/resnet20_fp32.onnx"
CIFAR = DATA / "cifar10/cifar10_test_500.npz"
CIFAR_NORM = DATA / "cifar10/cifar10_test_500_norm.npz"
CIFAR_TRAIN = DATA / "cifar10/cifar10_train_1000_norm.npz"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


KERNELS = {"reference": "BUILTIN_REF", "xnnpack": "AUTO"}  # the latter is LiteRT's default


def litert(file, x, kernels):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    chosen = interpreter.OpResolverType[KERNELS[kernels]]
    runner = interpreter.Interpreter(str(file), experimental_op_resolver_type=chosen)
    runner.allocate_tensors()
    given = []
    for image in x:
        runner.set_tensor(runner.get_input_details()[0]["index"], image[np.newaxis])
        runner.invoke()
        given.append(runner.get_tensor(runner.get_output_details()[0]["index"])[0])
    return np.array(given)


def ours(network, data, kernels, images=None):
    """Codes that a network takes and gives."""
    model = open_network(str(network), kernels=kernels).network
    x = codes_of(model, load_images(str(data), images=images))
    return x, model.run(x)


@pytest.mark.parametrize("kernels", KERNELS)
def test_resnet_8_equals_litert_bit_for_bit(kernels):
    x, result = ours(RESNET_8, CIFAR, kernels, images=100)

    off = np.abs(result.astype(int) - litert(RESNET_8, x, kernels)).max(axis=1)

    assert (off == 0).sum() >= 98
    assert off.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("kernels", KERNELS)
def test_mobilenet_equals_litert_bit_for_bit(kernels):
    x, result = ours(MOBILENET, PHOTOS, kernels)
    expected = litert(MOBILENET, x, kernels)

    off = np.abs(result.astype(int) - expected).max(axis=1)

    assert (off == 0).all()
    np.testing.assert_array_equal(result.argmax(axis=1), expected.argmax(axis=1))
    with np.load(PHOTOS) as photos:
        np.testing.assert_array_equal(result.argmax(axis=1), photos["labels"])


@pytest.mark.slow
def test_resnet_20_equals_onnxruntime():
    runtime = pytest.importorskip("onnxruntime")
    found = open_network(str(RESNET_20))
    images = load_images(str(CIFAR_NORM))
    result = found.network.run(codes_of(found.network, images))
    pixels = images.pixels.astype(np.float32) / np.float32(255)
    real = ((pixels - images.mean) / images.std).transpose(0, 3, 1, 2)
    session = runtime.InferenceSession(RESNET_20, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"image": real})[0]

    codes = found.network.output_codes
    off = np.abs(codes.real(result) - expected) / codes.scale

    assert (off < 1.5).mean() >= 0.95
    assert images.top1(result) == pytest.approx(images.top1(expected), abs=0.005)
    assert images.top1(result) == pytest.approx(0.91, abs=0.005)


@pytest.mark.slow
def test_resnet_20_keeps_its_accuracy_in_our_quantisation():
    found = open_network(str(RESNET_20_FLOAT), calibration=str(CIFAR_TRAIN))
    images = load_images(str(CIFAR_NORM))

    assert found.calibration_images == 256
    assert images.top1(found.network.run(codes_of(found.network, images))) >= 0.90


@pytest.mark.parametrize(
    ("network", "weights", "products"), [(RESNET_8, 77_360, 12.5e6), (MOBILENET, 3.47e6, 300.8e6)]
)
def test_sizes_are_the_published_ones(network, weights, products):
    found = open_network(str(network)).network

    assert sum(layer.weights.size for layer in found.matrices) == pytest.approx(weights, rel=0.01)
    assert sum(map(found.products, found.matrices)) == pytest.approx(products, rel=0.01)


# Through the array


@pytest.mark.parametrize(
    ("network", "data", "images"),
    [
        pytest.param(RESNET_8, CIFAR, 3, id="resnet-8"),
        pytest.param(RESNET_8, CIFAR, 100, id="resnet-8, more", marks=pytest.mark.slow),
        pytest.param(RESNET_20, CIFAR_NORM, 1, id="resnet-20"),
        pytest.param(RESNET_20, CIFAR_NORM, 40, id="resnet-20, more", marks=pytest.mark.slow),
        pytest.param(MOBILENET, PHOTOS, 10, id="mobilenet", marks=pytest.mark.slow),
    ],
)
def test_the_array_equals_the_integer_network_bit_for_bit(network, data, images):
    """On either path, which count the same."""
    model = open_network(str(network)).network
    codes = codes_of(model, load_images(str(data), images=images))
    expected, counted = model.run(codes), []

    for path in ("bit-sliced", "short-cut"):
        readers = readers_of(load("trq"), model, where=str(network), path=path)
        found = model.run(codes, Product(readers, model, images))

        np.testing.assert_array_equal(found, expected)
        counted.append({name: reader.as_json() for name, reader in readers.items()})

    assert counted[0] == counted[1]
    assert not any(layer["largest_error"] for layer in counted[0].values())


def test_two_bits_in_cells_and_on_word_lines_change_nothing():
    design = load({
        "name": "wide",
        "extends": "baseline",
        "array": {"rows": 256, "cell_bits": 2},
        "inputs": {"dac_bits": 2},
        "readout": {"bits": 12},
    })

    found = run(design, str(RESNET_8), str(CIFAR), images=1, path="bit-sliced")

    assert found["lossless"]
    assert found["top1"] == found["top1_integer"]
    assert not any(layer["largest_error"] for layer in found["layers"].values())
    assert len(found["histogram"]) == 256 * 3 * 3 + 1
    assert sum(found["histogram"]) == found["conversions"] > 0


@pytest.mark.slow
def test_resnet_20_saves_what_is_known():
    """500 images: the accuracy of the integer network, and the savings of two lossless ranges."""
    found = run(load("trq"), str(RESNET_20), str(CIFAR_NORM))

    assert found["top1"] == found["top1_integer"] >= 0.90
    assert found["lossless"]
    assert found["saving"] > 1.6
    assert found["saving_with_skips"] > 2.0


def test_a_lossy_table_errs_in_every_layer():
    ranges = [{"payload": 2, "truncation": 0}, {"payload": 8, "truncation": 3}]
    design = load({"extends": "trq", "readout": {"ranges": ranges}})

    found = run(design, str(RESNET_8), str(CIFAR), images=2)

    assert not found["lossless"]
    for layer in found["layers"].values():
        assert layer["sqnr_db"] < 60
        assert layer["largest_error"] > 0
