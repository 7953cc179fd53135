"""Every TFLite operator against LiteRT's kernels, bit for bit, on files made here."""

import re

import numpy as np
import pytest

from hwgen.errors import UserError
from hwgen.workload.imported import from_tflite
from tests.workload.tflite_models import Made, Tensor, write

SAME, VALID = 0, 1
RELU, RELU6 = 1, 3
IMAGES = 8


KERNELS = {"reference": "BUILTIN_REF", "xnnpack": "AUTO"}


def litert(content, x, kernels="reference"):
    """Run LiteRT, image by image."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    runner = interpreter.Interpreter(
        model_content=content,
        experimental_op_resolver_type=interpreter.OpResolverType[KERNELS[kernels]],
    )
    runner.allocate_tensors()
    given = []
    for image in x:
        runner.set_tensor(runner.get_input_details()[0]["index"], image[np.newaxis])
        runner.invoke()
        given.append(runner.get_tensor(runner.get_output_details()[0]["index"])[0])
    return np.array(given)


def network_of(content, kernels="reference"):
    return from_tflite("net.tflite", content, kernels).network


def codes(rng, *shape):
    return rng.integers(-128, 128, shape, dtype=np.int8)


def agrees(made, seed=1):
    """Compare on random codes, among them the extreme ones."""
    content = write(made)
    rng = np.random.default_rng(seed)
    x = codes(rng, IMAGES, *made.tensors[0].shape[1:])
    x[0], x[1] = -128, 127
    for kernels in KERNELS:
        network = network_of(content, kernels)
        result, expected = network.run(x), litert(content, x, kernels)
        assert len(np.unique(expected)) > 4
        np.testing.assert_array_equal(result.reshape(expected.shape), expected, kernels)
    return network


def activation(*shape, scale=0.05, zero_point=-3, kind="int8"):
    return Tensor((1, *shape), kind, (scale,), (zero_point,))


def constant(values, kind="int32", **quantisation):
    values = np.array(values, dtype=kind)
    return Tensor(values.shape, kind, data=values, **quantisation)


def convolution(rng, kind, weights, given, options, per_channel=True, taken=(9, 8, 4)):
    """One convolution with bias: weights' shape, result's shape."""
    axis = 3 if kind == "DEPTHWISE_CONV_2D" else 0
    outputs = weights[axis]
    scales = tuple(rng.uniform(0.002, 0.02, outputs if per_channel else 1))
    return Made(
        [
            activation(*taken, scale=0.03, zero_point=-7),
            constant(rng.integers(-127, 128, weights), "int8", scales=scales, axis=axis),
            constant(
                rng.integers(-5000, 5000, outputs),
                scales=tuple(0.03 * np.float32(scales)),
                axis=0,
            ),
            activation(*given, scale=0.11, zero_point=11),
        ],
        [(kind, (0, 1, 2), (3,), options)],
    )


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({"Padding": SAME, "StrideH": 1, "StrideW": 1}, (9, 8, 6)),
        ({"Padding": SAME, "StrideH": 2, "StrideW": 2}, (5, 4, 6)),
        ({"Padding": VALID, "StrideH": 2, "StrideW": 1}, (4, 6, 6)),
        (
            {
                "Padding": SAME,
                "StrideH": 1,
                "StrideW": 1,
                "DilationHFactor": 2,
                "DilationWFactor": 2,
            },
            (9, 8, 6),
        ),
        ({"Padding": SAME, "StrideH": 1, "StrideW": 1, "FusedActivationFunction": RELU}, (9, 8, 6)),
        (
            {"Padding": SAME, "StrideH": 1, "StrideW": 1, "FusedActivationFunction": RELU6},
            (9, 8, 6),
        ),
    ],
)
def test_convolutions(options, given, per_channel):
    options = {"DilationHFactor": 1, "DilationWFactor": 1} | options
    rng = np.random.default_rng(3)

    agrees(convolution(rng, "CONV_2D", (6, 3, 3, 4), given, options, per_channel))


def test_grouped_convolution():
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    rng = np.random.default_rng(4)

    network = agrees(convolution(rng, "CONV_2D", (6, 3, 3, 2), (9, 8, 6), options))

    assert network.matrices[0].groups == 2


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convolutions(multiplier, stride):
    options = {
        "StrideH": stride,
        "StrideW": stride,
        "DepthMultiplier": multiplier,
        "DilationHFactor": 1,
        "DilationWFactor": 1,
    }
    given = (9, 8, 4 * multiplier) if stride == 1 else (5, 4, 4 * multiplier)
    rng = np.random.default_rng(5)

    agrees(convolution(rng, "DEPTHWISE_CONV_2D", (1, 3, 3, 4 * multiplier), given, options))


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("fused", [0, RELU])
def test_fully_connected(per_channel, fused):
    rng = np.random.default_rng(6)
    made = convolution(rng, "CONV_2D", (7, 20), (7,), {}, per_channel, taken=(20,))
    made.operators = [("FULLY_CONNECTED", (0, 1, 2), (3,), {"FusedActivationFunction": fused})]

    agrees(made)


@pytest.mark.parametrize("shape", [(5, 4, 3), (1, 1, 3)])
@pytest.mark.parametrize("fused", [0, RELU])
def test_adds(shape, fused):
    """Two tensors, the second a table of the first; then a constant."""
    rng = np.random.default_rng(7)
    for scale in (0.05, 0.21):
        made = Made(
            [
                activation(5, 4, 3),
                activation(5, 4, 3, scale=scale, zero_point=9),
                activation(5, 4, 3, scale=0.17, zero_point=-20),
                constant(codes(rng, 1, *shape), "int8", scales=(0.09,), zero_points=(5,)),
                activation(5, 4, 3, scale=0.2, zero_point=3),
            ],
            [
                ("QUANTIZE", (0,), (1,), {}),
                ("ADD", (0, 1), (2,), {"FusedActivationFunction": fused}),
                ("ADD", (2, 3), (4,), {}),
            ],
        )
        agrees(made)


@pytest.mark.parametrize("kind", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@pytest.mark.parametrize(
    ("padding", "stride", "size", "given"),
    [(SAME, 2, 3, (4, 4, 3)), (VALID, 1, 3, (5, 6, 3)), (VALID, 1, 7, (1, 2, 3))],
)
def test_pools(kind, padding, stride, size, given):
    options = {
        "Padding": padding,
        "StrideH": stride,
        "StrideW": stride,
        "FilterHeight": size,
        "FilterWidth": size,
    }

    agrees(Made([activation(7, 8, 3), activation(*given)], [(kind, (0,), (1,), options)]))


@pytest.mark.parametrize("axes", [(1, 2), (3,), (-1,)])
@pytest.mark.parametrize("keep", [True, False])
def test_means(axes, keep):
    shape = [6, 7, 3]
    for axis in axes:
        shape[axis - 1 if axis > 0 else axis] = 1
    given = shape if keep else [size for size in shape if size != 1]

    agrees(
        Made(
            [
                activation(6, 7, 3),
                constant(axes),
                activation(*given, scale=0.013, zero_point=8),
            ],
            [("MEAN", (0, 1), (2,), {"KeepDims": keep})],
        )
    )


@pytest.mark.parametrize("kind", ["QUANTIZE", "RELU", "RELU6"])
def test_tables(kind):
    agrees(
        Made([activation(40), activation(40, scale=0.04, zero_point=-50)], [(kind, (0,), (1,), {})])
    )


def test_output_in_another_type():
    content = write(
        Made(
            [activation(40), activation(40, zero_point=125, kind="uint8")],
            [("QUANTIZE", (0,), (1,), {})],
        )
    )
    x = codes(np.random.default_rng(8), IMAGES, 40)

    result = network_of(content).run(x)

    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, litert(content, x))


@pytest.mark.parametrize(("classes", "scale"), [(10, 0.01), (10, 0.1), (10, 0.9), (1000, 0.9)])
def test_softmax(classes, scale):
    """LiteRT's kernel aborts where 512 classes or more are about equal."""
    made = Made(
        [activation(classes, scale=scale), activation(classes, scale=2.0**-8, zero_point=-128)],
        [("SOFTMAX", (0,), (1,), {"Beta": 1.0})],
    )
    content = write(made)
    rng = np.random.default_rng(9)
    x = np.clip(rng.normal(-60, 40, (40, classes)), -128, 127).astype(np.int8)
    x[0, :10] = 100

    for kernels in KERNELS:
        result = network_of(content, kernels).run(x)
        np.testing.assert_array_equal(result, litert(content, x, kernels))


@pytest.mark.parametrize(
    ("kind", "constants", "options", "given"),
    [
        ("RESHAPE", [[1, 60]], {}, (60,)),
        ("PAD", [[[0, 0], [1, 2], [0, 1], [2, 0]]], {}, (8, 5, 5)),
        ("TRANSPOSE", [[0, 3, 1, 2]], {}, (3, 5, 4)),
        ("SLICE", [[0, 1, 0, 1], [1, 3, -1, 2]], {}, (3, 4, 2)),
        ("STRIDED_SLICE", [[0, 0, 1, 0], [1, 5, 4, 3], [1, 2, 2, 1]], {}, (3, 2, 3)),
        (
            "STRIDED_SLICE",
            [[0, -1, 3, 0], [0, 0, 0, 0], [1, 1, -2, 1]],
            {"BeginMask": 9, "EndMask": 13, "ShrinkAxisMask": 2},
            (2, 3),
        ),
    ],
)
def test_what_only_moves_codes(kind, constants, options, given):
    tensors = [activation(5, 4, 3), *map(constant, constants), activation(*given)]
    last = len(tensors) - 1

    agrees(Made(tensors, [(kind, tuple(range(last)), (last,), options)]))


def test_concatenation():
    agrees(
        Made(
            [activation(5, 4, 3), activation(5, 4, 3), activation(5, 4, 6)],
            [("RELU", (0,), (1,), {}), ("CONCATENATION", (0, 1), (2,), {"Axis": -1})],
        )
    )


def test_float_ends_are_quantised():
    """A float input is quantised first, a float output is the last codes."""
    tensors = [
        Tensor((1, 12), "float32"),
        activation(12, scale=0.1),
        activation(12, scale=0.07),
        Tensor((1, 12), "float32"),
    ]
    operators = [
        ("QUANTIZE", (0,), (1,), {}),
        ("RELU", (1,), (2,), {}),
        ("DEQUANTIZE", (2,), (3,), {}),
    ]
    content = write(Made(tensors, operators))
    x = np.random.default_rng(10).normal(0, 5, (IMAGES, 12)).astype(np.float32)
    network = network_of(content)

    result = network.run(network.input.codes.quantise(x, halves_away=True))

    assert network.input.real
    np.testing.assert_array_equal(network.output_codes.real(result), litert(content, x))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda made: made.operators.append(("TANH", (3,), (3,), {})),
            "node 'tanh_1' (TANH): operator must be a supported one, but is not",
        ),
        (
            lambda made: setattr(made.tensors[3], "scales", ()),
            "node 'conv_2d_0' (CONV_2D): output 't3' must be quantised to 8 bits, but is not",
        ),
        (
            lambda made: setattr(made.tensors[1], "scales", ()),
            "node 'conv_2d_0' (CONV_2D): weights must have scales and zero points 0, but have not",
        ),
        (
            lambda made: setattr(made.tensors[0], "type", "float32"),
            "node 'conv_2d_0' (CONV_2D): float input must be quantised first, but is not",
        ),
        (
            lambda made: setattr(made.tensors[0], "shape", (1, 9, 8, 5)),
            "node 'conv_2d_0' (CONV_2D): filter of 4 channels must divide 5 channels",
        ),
        (
            lambda made: setattr(made.tensors[1], "data", None),
            "node 'conv_2d_0' (CONV_2D): input 1 must be a constant, but is not",
        ),
    ],
)
def test_refuses_in_one_line(change, message):
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    made = convolution(np.random.default_rng(3), "CONV_2D", (6, 3, 3, 4), (9, 8, 6), options)
    change(made)

    with pytest.raises(UserError, match=rf"^net\.tflite: {re.escape(message)}$"):
        network_of(write(made))
