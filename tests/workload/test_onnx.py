"""Every ONNX operator against onnxruntime: quantised by its own tool, and float by ours."""

import re
import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hwgen.errors import UserError
from hwgen.workload.images import Images
from hwgen.workload.imported import from_onnx

IMAGES = 24
RNG = np.random.default_rng(1)


def normal(*shape, scale=1.0, seed=2):
    return (np.random.default_rng(seed).normal(0, scale, shape)).astype(np.float32)


def node(kind, *inputs, output="", **attributes):
    result = output or f"{kind}_{len(inputs)}"
    name = f"{kind}_{output}".lower() if output else kind.lower()
    return helper.make_node(kind, inputs, [result], name=name, **attributes)


def model(nodes, constants=(), shape=(4, 9, 8), opset=17, kind=TensorProto.FLOAT):
    """Write a model from `x` to the last node's output."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", kind, ["n", *shape])],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return made.SerializeToString()


def conv(weights=(6, 4, 3, 3), **attributes):
    return (
        [node("Conv", "x", "w", "b", **attributes)],
        [("w", normal(*weights, scale=0.3)), ("b", normal(weights[0], seed=3))],
    )


def then(kind, *constants, before=None, **attributes):
    """Follow a convolution by another node."""
    nodes, values = before or conv(pads=(1, 1, 1, 1))
    names = [f"{kind}_{k}" for k in range(len(constants))]
    last = node(kind, nodes[-1].output[0], *names, output="last", **attributes)
    return [*nodes, last], [*values, *zip(names, constants, strict=True)]


def both(kind, **attributes):
    """Join a convolution and its input."""
    nodes, values = conv((4, 4, 3, 3), pads=(1, 1, 1, 1))
    return [*nodes, node(kind, nodes[-1].output[0], "x", output="last", **attributes)], values


def classifier():
    nodes, values = conv(strides=(2, 2))
    nodes += [
        node("Relu", nodes[-1].output[0], output="r"),
        node("GlobalAveragePool", "r", output="g"),
        node("Flatten", "g", output="f"),
        node("Gemm", "f", "w2", "b2", output="logits", transB=1),
        node("Softmax", "logits", output="shares"),
    ]
    return nodes, [*values, ("w2", normal(5, 6)), ("b2", normal(5))]


def averaged():
    """onnxruntime's tool leaves a mean alone whose result nobody multiplies."""
    nodes, values = then("ReduceMean", axes=(2, 3), keepdims=0)
    gemm = node("Gemm", "last", "w2", "b2", output="logits", transB=1)
    return [*nodes, gemm], [*values, ("w2", normal(5, 6)), ("b2", normal(5))]


CASES = {
    "convolution": (conv(), 0),
    "strided": (conv(strides=(2, 1), pads=(1, 0, 1, 2)), 0),
    "dilated": (conv(dilations=(2, 2), pads=(2, 2, 2, 2)), 0),
    "same": (conv(auto_pad="SAME_UPPER", strides=(2, 2)), 0),
    "grouped": (conv((6, 2, 3, 3), group=2), 0),
    "depthwise": (conv((8, 1, 3, 3), group=4, pads=(1, 1, 1, 1)), 0),
    "relu": (then("Relu"), 0),
    "relu6": (then("Clip", np.float32(0), np.float32(6)), 0),
    "add": (both("Add"), 0),
    "concat": (both("Concat", axis=1), 0),
    "max pool": (then("MaxPool", kernel_shape=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1)), 0),
    "average pool": (then("AveragePool", kernel_shape=(3, 3), pads=(1, 1, 1, 1)), 1),
    "padding counts": (
        then("AveragePool", kernel_shape=(2, 2), pads=(1, 1, 1, 1), count_include_pad=1),
        1,
    ),
    "global average": (then("GlobalAveragePool"), 0),
    "global maximum": (then("GlobalMaxPool"), 0),
    "mean": (averaged(), 1),
    "flatten": (then("Flatten"), 0),
    "reshape": (then("Reshape", np.int64([0, 6, -1])), 0),
    "transpose": (then("Transpose", perm=(0, 2, 3, 1)), 0),
    "slice": (then("Slice", *np.int64([[1, -2], [9, -9], [2, 3], [2, -1]])), 0),
    "pad": (then("Pad", np.int64([0, 1, 0, 2, 0, 0, 1, 0])), 0),
    "pad with a value": (then("Pad", np.int64([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(1.5)), 0),
    "softmax": (then("Softmax", axis=1), 1),
    "classifier": (classifier(), 1),
}  # fmt: skip


def run(content, x):
    runtime = pytest.importorskip("onnxruntime")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        return session.run(None, {session.get_inputs()[0].name: x})[0]


def quantised(content, x, tmp_path, **options):
    """Let onnxruntime quantise a float model on the images it is compared on."""
    tools = pytest.importorskip("onnxruntime.quantization")

    class Reader(tools.CalibrationDataReader):
        left = iter([{"x": x}])

        def get_next(self):
            return next(self.left, None)

    (tmp_path / "float.onnx").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tools.quantize_static(
            tmp_path / "float.onnx",
            tmp_path / "qdq.onnx",
            Reader(),
            quant_format=tools.QuantFormat.QDQ,
            **{"per_channel": True, "activation_type": tools.QuantType.QUInt8} | options,
        )
    return (tmp_path / "qdq.onnx").read_bytes()


def images(x):
    return Images(name="data.npz", pixels=x, labels=None, own_layout=True)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_what_onnxruntime_quantised(name, signed, tmp_path):
    (nodes, constants), steps = CASES[name]
    x = normal(IMAGES, 4, 9, 8, seed=4)
    tools = pytest.importorskip("onnxruntime.quantization")
    kind = tools.QuantType.QInt8 if signed else tools.QuantType.QUInt8
    content = quantised(model(nodes, constants), x, tmp_path, activation_type=kind)
    network = from_onnx("net.onnx", content).network

    result = network.run(network.input.codes.quantise(x))

    codes = network.output_codes
    off = np.rint((codes.real(result) - run(content, x)) / codes.scale)
    assert np.abs(off).max() <= steps
    assert (off == 0).mean() >= 0.95
    assert len(np.unique(result)) > 4


@pytest.mark.parametrize("name", CASES)
def test_what_we_quantise(name):
    """Near the real result, within a share of its range."""
    (nodes, constants), _ = CASES[name]
    content = model(nodes, constants)
    x = normal(IMAGES, 4, 9, 8, seed=4)
    network = from_onnx("net.onnx", content, lambda: images(x)).network

    result = network.output_codes.real(network.run(network.input.codes.quantise(x)))

    expected = run(content, x)
    assert result.shape == expected.shape
    assert np.abs(result - expected).max() <= 0.05 * np.ptp(expected)
    for layer in network.matrices:
        assert layer.weights.min() >= -127


@pytest.mark.parametrize("kept", [True, False])
def test_batch_norm_goes_into_the_convolution_or_becomes_one(kept):
    nodes, constants = conv()
    gain, shift, mean = (normal(6, seed=seed) for seed in (5, 6, 7))
    before = nodes[-1].output[0]
    norm = node("BatchNormalization", before, "gain", "shift", "mean", "variance", output="normed")
    nodes += [norm, node("Relu", "normed", output="r")]
    if kept:  # somebody else sees what the convolution gives
        nodes.append(node("Add", "r", before, output="last"))
    values = [*constants, ("gain", gain), ("shift", shift), ("mean", mean)]
    content = model(nodes, [*values, ("variance", np.abs(normal(6, seed=8)))])
    x = normal(IMAGES, 4, 9, 8, seed=4)

    network = from_onnx("net.onnx", content, lambda: images(x)).network

    result = network.output_codes.real(network.run(network.input.codes.quantise(x)))
    expected = run(content, x)
    assert len(network.matrices) == (2 if kept else 1)
    assert np.abs(result - expected).max() <= 0.05 * np.ptp(expected)


def test_a_product_takes_in_its_bias_and_an_exporters_shapes():
    nodes = [
        node("Shape", "x", output="s"),
        node("Constant", output="zero", value=numpy_helper.from_array(np.int64(0))),
        node("Gather", "s", "zero", output="batch"),
        node("Constant", output="axes", value=numpy_helper.from_array(np.int64([0]))),
        node("Unsqueeze", "batch", "axes", output="first"),
        node("Constant", output="rest", value=numpy_helper.from_array(np.int64([-1]))),
        node("Concat", "first", "rest", output="to", axis=0),
        node("Reshape", "x", "to", output="flat"),
        node("MatMul", "flat", "w", output="product"),
        node("Add", "product", "b", output="last"),
    ]
    content = model(nodes, [("w", normal(60, 7)), ("b", normal(7, scale=9))], shape=(3, 5, 4))
    x = normal(IMAGES, 3, 5, 4, seed=4)

    network = from_onnx("net.onnx", content, lambda: images(x)).network

    result = network.output_codes.real(network.run(network.input.codes.quantise(x)))
    expected = run(content, x)
    assert [type(layer).__name__ for layer in network.layers] == ["Reshape", "Dense"]
    assert np.abs(result - expected).max() <= 0.02 * np.ptp(expected)


def test_limits_between_convolution_and_quantiser_are_fused():
    """As other tools write it: the ReLU is not quantised twice."""
    _, constants = conv()
    scales = [("s0", np.float32(0.03)), ("z0", np.uint8(120)), ("s1", np.float32(0.05))]
    weights = np.clip(np.rint(constants[0][1] / 0.01), -127, 127).astype(np.int8)
    content = model(
        [
            node("QuantizeLinear", "x", "s0", "z0", output="xq"),
            node("DequantizeLinear", "xq", "s0", "z0", output="xd"),
            node("DequantizeLinear", "wq", "sw", output="w"),
            node("Conv", "xd", "w", "b", output="c"),
            node("Clip", "c", "low", "high", output="r"),
            node("QuantizeLinear", "r", "s1", "z1", output="rq"),
            node("DequantizeLinear", "rq", "s1", "z1", output="rd"),
        ],
        [*scales, ("z1", np.uint8(20)), ("wq", weights), ("sw", np.float32(0.01)),
         ("b", constants[1][1]), ("low", np.float32(-0.5)), ("high", np.float32(6))],
    )  # fmt: skip
    x = normal(IMAGES, 4, 9, 8, seed=4)
    network = from_onnx("net.onnx", content).network

    result = network.run(network.input.codes.quantise(x))

    off = np.rint((network.output_codes.real(result) - run(content, x)) / 0.05)
    assert [type(layer).__name__ for layer in network.layers] == ["Conv"]
    assert (result.min(), result.max()) == (10, 140)
    assert np.abs(off).max() <= 1
    assert (off == 0).mean() >= 0.95


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Tanh", "x")], "node 'tanh' (Tanh): operator must be a supported one, but is not"),
        (
            [node("Softmax", "x", axis=0)],
            "node 'softmax' (Softmax): axis must be between 1 and 3, not 0",
        ),
        (
            [node("Conv", "x", "y")],
            "node 'conv' (Conv): input 'y' must be a constant, but is not",
        ),
        (
            [node("MaxPool", "x", kernel_shape=(3, 3), ceil_mode=1)],
            "node 'maxpool' (MaxPool): ceil_mode must be 0, not 1",
        ),
    ],
)
def test_refuses_in_one_line(nodes, message):
    with pytest.raises(UserError, match=rf"^net\.onnx: {re.escape(message)}$"):
        from_onnx("net.onnx", model(nodes))


def test_refuses_open_sizes_and_missing_quantisers():
    nodes, constants = conv()
    open_size = model(nodes, constants, shape=(4, "h", 8))
    with pytest.raises(UserError, match=r"^net.onnx: input 'x': sizes after the batch must be"):
        from_onnx("net.onnx", open_size)

    quantise = [
        node("QuantizeLinear", "x", "s", "z", output="xq"),
        node("DequantizeLinear", "xq", "s", "z", output="xd"),
        node("Relu", "xd", output="r"),
        node("GlobalAveragePool", "r", output="g"),
    ]
    content = model(quantise, [("s", np.float32(1)), ("z", np.uint8(3))])
    with pytest.raises(
        UserError, match=r"^net.onnx: node 'globalaveragepool_g' .* has no QuantizeLinear$"
    ):
        from_onnx("net.onnx", content)


def test_refuses_weights_in_another_file():
    nodes, constants = conv()
    made = onnx.load_model_from_string(model(nodes, constants))
    onnx.external_data_helper.convert_model_to_external_data(made, size_threshold=0)

    with pytest.raises(UserError, match=r"^net.onnx: constant 'w': must be in the file, not in"):
        from_onnx("net.onnx", made.SerializeToString())
