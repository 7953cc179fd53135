"""What a TFLite file says, in plain Python: tensors and operators of its first subgraph.

The flatbuffer is read by the schema's own accessors (package ``tflite``). They trust every offset
and length in the file, so lengths are checked against the file's size before anything is read.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import tflite
from numpy.typing import NDArray

from hwgen.wording import shown
from hwgen.workload.assembly import Node, Refused

__all__ = ["Graph", "Operator", "Tensor", "read"]

IDENTIFIER = b"TFL3"
TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.UINT8: np.uint8,
    tflite.TensorType.INT64: np.int64,
    tflite.TensorType.INT16: np.int16,
    tflite.TensorType.INT8: np.int8,
}
OPERATORS = {
    number: name
    for name, number in vars(tflite.BuiltinOperator).items()
    if isinstance(number, int) and not name.startswith("_")
}
OPTIONS = {  # fields of an operator's options that mean something here
    "CONV_2D": "Padding StrideH StrideW DilationHFactor DilationWFactor FusedActivationFunction",
    "DEPTHWISE_CONV_2D": "Padding StrideH StrideW DilationHFactor DilationWFactor "
    "FusedActivationFunction DepthMultiplier",
    "FULLY_CONNECTED": "FusedActivationFunction WeightsFormat KeepNumDims",
    "ADD": "FusedActivationFunction",
    "AVERAGE_POOL_2D": "Padding StrideH StrideW FilterHeight FilterWidth FusedActivationFunction",
    "MAX_POOL_2D": "Padding StrideH StrideW FilterHeight FilterWidth FusedActivationFunction",
    "SOFTMAX": "Beta",
    "CONCATENATION": "Axis FusedActivationFunction",
    "MEAN": "KeepDims",
    "STRIDED_SLICE": "BeginMask EndMask EllipsisMask NewAxisMask ShrinkAxisMask",
}
TABLES = {
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "FULLY_CONNECTED": tflite.FullyConnectedOptions,
    "ADD": tflite.AddOptions,
    "AVERAGE_POOL_2D": tflite.Pool2DOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "SOFTMAX": tflite.SoftmaxOptions,
    "CONCATENATION": tflite.ConcatenationOptions,
    "MEAN": tflite.ReducerOptions,
    "STRIDED_SLICE": tflite.StridedSliceOptions,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Tensor:
    """One tensor."""

    name: str
    shape: tuple[int, ...]
    batched: bool  # the first size of its signature is open
    dtype: np.dtype
    data: NDArray | None  # of a constant
    scales: NDArray[np.float32]  # empty without quantisation
    zero_points: NDArray[np.int64]
    axis: int  # that several scales belong to


@dataclass(frozen=True, kw_only=True, eq=False)
class Operator(Node):
    """One operator; `name` is its kind and its place in the file."""

    name: str
    operator: str
    inputs: tuple[int, ...]  # -1: left out
    outputs: tuple[int, ...]
    options: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """The first subgraph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(content: bytes) -> Graph:
    """Read a file's first subgraph.

    Raises
    ------
    Refused
        When it holds something that no network may.
    Exception
        Of any kind when the file is damaged: the accessors trust it.
    """
    if content[4:8] != IDENTIFIER:
        raise Refused(f"must be a TFLite file ({IDENTIFIER.decode()}), not something else")
    model = tflite.Model.GetRootAsModel(content, 0)
    if not model.SubgraphsLength():
        raise Refused("must hold a subgraph, not none")
    graph = model.Subgraphs(0)
    largest = len(content) // 4  # every element takes at least an offset
    for count in (graph.TensorsLength(), graph.OperatorsLength(), model.BuffersLength()):
        if not 0 <= count <= largest:
            raise Refused(f"must have as many parts as fit the file, not {count}")
    tensors = tuple(_tensor(model, graph.Tensors(k)) for k in range(graph.TensorsLength()))
    operators = tuple(
        _operator(model, graph.Operators(k), k) for k in range(graph.OperatorsLength())
    )
    inputs, outputs = _numbers(graph.InputsAsNumpy()), _numbers(graph.OutputsAsNumpy())
    used = [*inputs, *outputs, *(t for op in operators for t in (*op.inputs, *op.outputs))]
    if any(not -1 <= number < len(tensors) for number in used):
        raise Refused(f"tensors must be numbered 0 to {len(tensors) - 1}, not {max(used)}")
    return Graph(tensors=tensors, operators=operators, inputs=inputs, outputs=outputs)


def _numbers(vector: object) -> tuple[int, ...]:
    """Turn an integer vector into a tuple; absent ones read as 0."""
    return tuple(int(number) for number in vector) if isinstance(vector, np.ndarray) else ()


def _tensor(model: tflite.Model, tensor: tflite.Tensor) -> Tensor:
    name = (tensor.Name() or b"").decode(errors="replace")
    if tensor.Type() not in TYPES:
        raise Refused(f"tensor {shown(name)}: type must be a number's, not {tensor.Type()}")
    dtype = np.dtype(TYPES[tensor.Type()])
    shape = _numbers(tensor.ShapeAsNumpy())
    signature = _numbers(tensor.ShapeSignatureAsNumpy()) or shape
    if any(size < 1 for size in (*shape, *signature[1:])):
        raise Refused(f"tensor {shown(name)}: sizes after the batch must be fixed, not {signature}")
    content = model.Buffers(tensor.Buffer()).DataAsNumpy() if tensor.Buffer() else 0
    data = None
    if isinstance(content, np.ndarray) and content.size:
        data = content.view(dtype).reshape(shape)
    quantisation = tensor.Quantization()
    scales, zero_points, axis = np.empty(0, np.float32), np.empty(0, np.int64), 0
    if quantisation is not None and isinstance(quantisation.ScaleAsNumpy(), np.ndarray):
        scales, axis = quantisation.ScaleAsNumpy(), quantisation.QuantizedDimension()
        zero_points = quantisation.ZeroPointAsNumpy()
        if not isinstance(zero_points, np.ndarray):
            zero_points = np.zeros(len(scales), np.int64)
        if len(zero_points) != len(scales) or not (np.isfinite(scales) & (scales > 0)).all():
            raise Refused(f"tensor {shown(name)}: scales must be positive, each with a zero point")
    return Tensor(
        name=name,
        shape=shape,
        batched=bool(signature) and signature[0] < 0,
        dtype=dtype,
        data=data,
        scales=scales,
        zero_points=zero_points,
        axis=axis,
    )


def _operator(model: tflite.Model, operator: tflite.Operator, place: int) -> Operator:
    code = model.OperatorCodes(operator.OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    kind = OPERATORS.get(number, f"operator {number}")
    if kind == "CUSTOM":
        kind = re.sub(r"\W", "", (code.CustomCode() or b"custom").decode(errors="replace"))
    options = {}
    table = operator.BuiltinOptions()
    if kind in TABLES and table is not None:
        view = TABLES[kind]()
        view.Init(table.Bytes, table.Pos)
        options = {name: getattr(view, name)() for name in OPTIONS[kind].split()}
    return Operator(
        name=f"{kind.lower()}_{place}",
        operator=kind,
        inputs=_numbers(operator.InputsAsNumpy()),
        outputs=_numbers(operator.OutputsAsNumpy()),
        options=options,
    )
