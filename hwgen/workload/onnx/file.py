"""What an ONNX file says, in plain Python: nodes in order, constants computed.

Only the model file itself is read: weights in other files are refused. Nodes whose inputs are all
constant are computed here, as exporters leave many (shapes, pads), and so is the shape of a tensor
where shape inference knows it.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from hwgen.wording import shown
from hwgen.workload.assembly import Node, Refused

__all__ = ["OnnxGraph", "OnnxNode", "read"]

DOMAINS = ("", "ai.onnx")
QUANTISERS = ("QuantizeLinear", "DequantizeLinear")  # also in onnxruntime's own domain
OLDEST_OPSET = 7
LARGEST_CONSTANT = 2**24  # values of a computed one
INPUT_TYPES = {
    TensorProto.FLOAT: np.float32,
    TensorProto.UINT8: np.uint8,
    TensorProto.INT8: np.int8,
}


@dataclass(kw_only=True, eq=False)
class OnnxNode(Node):
    """One node; `name` is its own, or its operator and place."""

    name: str
    operator: str
    inputs: list[str]  # "": left out
    outputs: list[str]
    attributes: dict[str, object] = field(default_factory=dict)
    clip: tuple[float, float] = (-np.inf, np.inf)  # of a ReLU fused into it

    def taken(self, place: int) -> str:
        """Name of an input, empty where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


@dataclass(kw_only=True, eq=False)
class OnnxGraph:
    """Nodes in the order in which they run."""

    nodes: list[OnnxNode]
    constants: dict[str, NDArray]
    input: str
    input_shape: tuple[int, ...]  # of one image
    input_type: np.dtype
    output: str
    opset: int

    def consumers(self, tensor: str) -> list[OnnxNode]:
        """Nodes that take a tensor."""
        return [node for node in self.nodes if tensor in node.inputs]

    def constant(self, node: OnnxNode, place: int) -> NDArray | None:
        """Constant input of a node; None where it is left out."""
        name = node.taken(place)
        if not name:
            return None
        if name not in self.constants:
            raise node.refuse(f"input {shown(name)} must be a constant, but is not")
        return self.constants[name]


def read(content: bytes) -> OnnxGraph:
    """Read a model.

    Raises
    ------
    Refused
        Naming the node and what is unsupported about it.
    Exception
        Of other kinds when the file is damaged.
    """
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise Refused("must be an ONNX file, not something else or damaged") from None
    graph = model.graph
    if not graph.node:
        raise Refused("must hold an ONNX graph with nodes, not none")
    opset = max((one.version for one in model.opset_import if one.domain in DOMAINS), default=0)
    if opset < OLDEST_OPSET:
        raise Refused(f"opset must be at least {OLDEST_OPSET}, not {opset}")
    constants = {_text(one.name): _array(one) for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        found = f"{len(inputs)} and {len(graph.output)}"
        raise Refused(f"network must have one input and one output, not {found}")
    name, shape, kind = _input(inputs[0])
    known = _known_shapes(model)
    nodes = []
    for place, proto in enumerate(graph.node):
        node = _node(proto, place)
        if not _computed(node, constants, known):
            nodes.append(node)
    names = [node.name for node in nodes]
    for place, node in enumerate(nodes):
        if names.count(node.name) > 1 or node.name == "input":
            node.name = f"{node.name or node.operator}_{place}"
    return OnnxGraph(
        nodes=nodes,
        constants=constants,
        input=name,
        input_shape=shape,
        input_type=np.dtype(kind),
        output=graph.output[0].name,
        opset=opset,
    )


def _input(value: onnx.ValueInfoProto) -> tuple[str, tuple[int, ...], type]:
    """Name, shape of one image and type of the network's input."""
    tensor = value.type.tensor_type
    if tensor.elem_type not in INPUT_TYPES:
        raise Refused(
            f"input {shown(value.name)}: type must be float or 8 bits, not {tensor.elem_type}"
        )
    sizes = [one.dim_value if one.HasField("dim_value") else 0 for one in tensor.shape.dim]
    if len(sizes) < 2 or any(size < 1 for size in sizes[1:]):
        raise Refused(
            f"input {shown(value.name)}: sizes after the batch must be fixed, not {sizes[1:]}"
        )
    return _text(value.name), tuple(sizes[1:]), INPUT_TYPES[tensor.elem_type]


def _array(tensor: TensorProto) -> NDArray:
    """Values of a stored tensor."""
    if tensor.data_location == TensorProto.EXTERNAL:
        raise Refused(f"constant {shown(tensor.name)}: must be in the file, not in another one")
    return np.array(numpy_helper.to_array(tensor))


def _text(value: str | bytes) -> str:
    """Refuse text that is none: damaged strings come as bytes."""
    if not isinstance(value, str):
        raise Refused(f"names must be text, not {value[:20]!r}")
    return value


def _node(proto: onnx.NodeProto, place: int) -> OnnxNode:
    attributes = {}
    for one in proto.attribute:
        value = onnx.helper.get_attribute_value(one)
        if isinstance(value, TensorProto):
            value = _array(value)
        attributes[one.name] = value.decode(errors="replace") if isinstance(value, bytes) else value
    operator = _text(proto.op_type)
    if _text(proto.domain) not in DOMAINS and operator not in QUANTISERS:
        operator = f"{proto.domain}.{operator}"
    return OnnxNode(
        name=_text(proto.name) or f"{operator}_{place}",
        operator=operator,
        inputs=[_text(name) for name in proto.input],
        outputs=[_text(name) for name in proto.output],
        attributes=attributes,
    )


def _known_shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Shapes of tensors, 0 for the batch; only where some node asks for one."""
    if not any(node.op_type == "Shape" for node in model.graph.node):
        return {}
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {}
    for value in (*graph.input, *graph.value_info):
        sizes = [one.dim_value for one in value.type.tensor_type.shape.dim]
        if sizes and all(size > 0 for size in sizes[1:]):
            shapes[value.name] = [0, *sizes[1:]]  # 0: as it is, for a reshape
    return shapes


def _computed(node: OnnxNode, constants: dict[str, NDArray], known: dict[str, list[int]]) -> bool:
    """Compute a node from constants, if it is one of those that exporters leave; tell whether."""
    if node.operator == "Shape" and node.taken(0) in known and node.outputs:
        constants[node.outputs[0]] = np.array(known[node.taken(0)], np.int64)
        return True
    function = FOLDED.get(node.operator)
    taken = [name for name in node.inputs if name]
    if function is None or not node.outputs or not all(name in constants for name in taken):
        return False
    arrays = [constants[name] if name else None for name in node.inputs]
    with np.errstate(all="ignore"):
        result = np.asarray(function(node.attributes, *arrays))
    if result.size > LARGEST_CONSTANT:
        raise node.refuse(f"constant must be at most 2^24 values, not {result.size}")
    constants[node.outputs[0]] = result
    return True


def _constant_of_shape(attributes: dict, shape: NDArray) -> NDArray:
    if prod(map(int, shape)) > LARGEST_CONSTANT:
        raise Refused(f"constant must be at most 2^24 values, not of shape {shape.tolist()[:8]}")
    value = attributes.get("value", np.zeros(1, np.float32))
    return np.full([int(size) for size in shape], value.reshape(-1)[0])


def _constant(attributes: dict) -> NDArray:
    for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if key in attributes:
            return np.asarray(attributes[key])
    raise Refused("constant must be a tensor or numbers, but is not")


def _reshaped(_: dict, x: NDArray, shape: NDArray) -> NDArray:
    sizes = [x.shape[axis] if size == 0 else int(size) for axis, size in enumerate(shape)]
    return x.reshape(sizes)


def _sliced(
    attributes: dict,
    x: NDArray,
    starts: NDArray | None = None,
    ends: NDArray | None = None,
    axes: NDArray | None = None,
    steps: NDArray | None = None,
) -> NDArray:
    starts = attributes["starts"] if starts is None else starts
    ends = attributes["ends"] if ends is None else ends
    axes = attributes.get("axes", range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    cuts = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cuts[int(axis)] = slice(int(start), int(end), int(step))
    return x[tuple(cuts)]


def _axes(attributes: dict, axes: NDArray | None) -> tuple[int, ...]:
    found = attributes.get("axes") if axes is None else axes
    return tuple(int(axis) for axis in found)


def _cast(attributes: dict, x: NDArray) -> NDArray:
    return x.astype(onnx.helper.tensor_dtype_to_np_dtype(attributes["to"]))


FOLDED = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Identity": lambda _, x: x,
    "Cast": _cast,
    "Reshape": _reshaped,
    "Slice": _sliced,
    "Transpose": lambda attributes, x: x.transpose(attributes.get("perm")),
    "Concat": lambda attributes, *x: np.concatenate(x, attributes["axis"]),
    "Gather": lambda attributes, x, k: np.take(x, k, attributes.get("axis", 0)),
    "Squeeze": lambda attributes, x, axes=None: np.squeeze(x, _axes(attributes, axes)),
    "Unsqueeze": lambda attributes, x, axes=None: np.expand_dims(x, _axes(attributes, axes)),
    "Add": lambda _, a, b: a + b,
    "Sub": lambda _, a, b: a - b,
    "Mul": lambda _, a, b: a * b,
    "Div": lambda _, a, b: a // b if a.dtype.kind == "i" else a / b,
}
