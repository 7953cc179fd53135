"""Small TFLite files, one operator each, written with the schema's own builders."""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
import tflite

__all__ = ["Made", "Tensor", "write"]

TYPES = {"int8": 9, "uint8": 3, "int32": 2, "float32": 0}
OPTIONS = {  # an operator's table of options, if it has one that tests fill
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "SOFTMAX": "SoftmaxOptions",
    "CONCATENATION": "ConcatenationOptions",
    "MEAN": "ReducerOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "RESHAPE": "ReshapeOptions",
    "PAD": "PadOptions",
    "TRANSPOSE": "TransposeOptions",
    "SLICE": "SliceOptions",
    "QUANTIZE": "QuantizeOptions",
}


@dataclass
class Tensor:
    """A tensor of a file; with `data` a constant."""

    shape: tuple
    type: str = "int8"
    scales: tuple = ()
    zero_points: tuple = ()
    axis: int = 0
    data: np.ndarray | None = None


@dataclass
class Made:
    """A file with operators (kind, inputs, outputs, options) on numbered tensors."""

    tensors: list
    operators: list = field(default_factory=list)
    inputs: tuple = (0,)
    outputs: tuple = ()


def write(made: Made) -> bytes:
    """Write a file; the last operator's result is the output unless `outputs` says."""
    b = flatbuffers.Builder(1024)
    buffers = [b""] + [t.data.tobytes() for t in made.tensors if t.data is not None]
    kinds = sorted({operator[0] for operator in made.operators})
    placed = [_buffer(b, content) for content in buffers]
    codes = [_code(b, kind) for kind in kinds]
    number, tensors = 1, []
    for k, one in enumerate(made.tensors):
        tensors.append(_tensor(b, k, one, number if one.data is not None else 0))
        number += one.data is not None
    operators = [
        _operator(b, kinds.index(kind), kind, inputs, outputs, options)
        for kind, inputs, outputs, options in made.operators
    ]
    outputs = made.outputs or made.operators[-1][2]
    parts = {
        "Tensors": _offsets(b, tensors),
        "Inputs": b.CreateNumpyVector(np.int32(made.inputs)),
        "Outputs": b.CreateNumpyVector(np.int32(outputs)),
        "Operators": _offsets(b, operators),
    }
    graph = _table(b, "SubGraph", parts)
    model = _table(
        b,
        "Model",
        {
            "Version": 3,
            "OperatorCodes": _offsets(b, codes),
            "Subgraphs": _offsets(b, [graph]),
            "Buffers": _offsets(b, placed),
        },
    )
    b.Finish(model, file_identifier=b"TFL3")
    return bytes(b.Output())


def _table(b, kind, parts):
    getattr(tflite, f"{kind}Start")(b)
    for name, value in parts.items():
        getattr(tflite, f"{kind}Add{name}")(b, value)
    return getattr(tflite, f"{kind}End")(b)


def _offsets(b, offsets):
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _buffer(b, content):
    if not content:
        return _table(b, "Buffer", {})
    b.StartVector(1, len(content), 16)
    b.head -= len(content)
    b.Bytes[b.head : b.head + len(content)] = content
    return _table(b, "Buffer", {"Data": b.EndVector()})


def _code(b, kind):
    number = getattr(tflite.BuiltinOperator, kind)
    parts = {"DeprecatedBuiltinCode": min(number, 127), "BuiltinCode": number, "Version": 2}
    if kind in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
        parts["Version"] = 3
    if kind == "FULLY_CONNECTED":
        parts["Version"] = 4
    if kind == "RESHAPE":
        parts["Version"] = 1
    return _table(b, "OperatorCode", parts)


def _tensor(b, number, one, buffer):
    name = b.CreateString(f"t{number}")
    shape = b.CreateNumpyVector(np.int32(one.shape))
    parts = {"Shape": shape, "Type": TYPES[one.type], "Buffer": buffer, "Name": name}
    if one.scales:
        parts["Quantization"] = _table(
            b,
            "QuantizationParameters",
            {
                "Scale": b.CreateNumpyVector(np.float32(one.scales)),
                "ZeroPoint": b.CreateNumpyVector(
                    np.int64(one.zero_points or [0] * len(one.scales))
                ),
                "QuantizedDimension": one.axis,
            },
        )
    return _table(b, "Tensor", parts)


def _operator(b, code, kind, inputs, outputs, options):
    parts = {
        "OpcodeIndex": code,
        "Inputs": b.CreateNumpyVector(np.int32(inputs)),
        "Outputs": b.CreateNumpyVector(np.int32(outputs)),
    }
    table = OPTIONS.get(kind)
    if table is not None:
        parts["BuiltinOptions"] = _table(b, table, options)
        parts["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, table)
    return _table(b, "Operator", parts)
