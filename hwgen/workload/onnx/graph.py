"""ONNX graphs made plain: QuantizeLinear and DequantizeLinear become notes on tensors.

What is left computes on real numbers; every tensor that is quantised has its codes noted, every
constant that is stored in integers has them. Float graphs lose what an inference does not need.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hwgen.wording import shown
from hwgen.workload.onnx.file import OnnxGraph, OnnxNode
from hwgen_models.codes import Codes

__all__ = ["Noted", "Stored", "clip_of", "fuse_clips", "note"]

LIMITS = {np.dtype(np.int8): (-128, 127), np.dtype(np.uint8): (0, 255)}
FUSE = {
    "Conv",
    "Gemm",
    "MatMul",
    "Add",
    "AveragePool",
    "GlobalAveragePool",
    "ReduceMean",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Stored:
    """A constant in integers."""

    values: NDArray  # less their zero points
    scales: NDArray[np.float32]  # one, or one per place along `axis`
    axis: int
    codes: Codes | None  # of an 8-bit one with a single scale


@dataclass(kw_only=True, eq=False)
class Noted:
    """A graph without quantisers, and what they said."""

    graph: OnnxGraph
    codes: dict[str, Codes] = field(default_factory=dict)
    stored: dict[str, Stored] = field(default_factory=dict)


def note(graph: OnnxGraph) -> Noted:
    """Take the quantisers out of a graph."""
    noted = Noted(graph=graph)
    stands_for: dict[str, str] = {}  # a tensor of reals or codes -> what it is called from now on
    nodes: list[OnnxNode] = []
    bare: dict[str, OnnxNode] = {}  # real tensors that a node takes unquantised
    for node in graph.nodes:
        if node.operator not in {"QuantizeLinear", "DequantizeLinear"}:
            bare |= {name: node for name in node.inputs if name not in stands_for}
            node.inputs = [stands_for.get(name, name) for name in node.inputs]
            nodes.append(node)
            continue
        if not node.taken(0) or not node.outputs:
            raise node.refuse("must have an input and an output, but has not")
        source, result = node.taken(0), node.outputs[0]
        if node.operator == "DequantizeLinear" and source in graph.constants:
            noted.stored[result] = stored = _stored(graph, node)
            if stored.codes is not None:
                graph.constants[result] = stored.codes.real(stored.values + stored.codes.zero_point)
            continue
        codes = _codes(graph, node)
        source = stands_for.get(source, source)
        if source in noted.codes and noted.codes[source] != codes:
            if node.operator == "DequantizeLinear" or node.taken(0) not in stands_for:
                raise node.refuse("a tensor must have one scale and zero point, but has two")
            nodes.append(
                OnnxNode(name=node.name, operator="Requantise", inputs=[source], outputs=[result])
            )
            noted.codes[result] = codes
            continue
        coded = source in noted.codes or source == graph.input
        if node.operator == "DequantizeLinear" and not coded:
            raise node.refuse("input must be quantised codes, but is not")
        noted.codes[source] = codes
        stands_for[result] = source
    for name, node in bare.items():
        if name in noted.codes:
            raise node.refuse(f"input {shown(name)} must be taken dequantised, not as it is")
    graph.nodes = nodes
    graph.output = stands_for.get(graph.output, graph.output)
    return noted


def _parameters(graph: OnnxGraph, node: OnnxNode) -> tuple[NDArray, NDArray]:
    """Scales and zero points, of the same shape."""
    scales, zero_points = graph.constant(node, 1), graph.constant(node, 2)
    if scales is None or scales.dtype != np.float32 or not scales.size or scales.ndim > 1:
        raise node.refuse("scale must be float32, one or one per channel, but is not")
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        raise node.refuse("scale must be positive, but is not")
    if zero_points is None:
        kind = graph.constants.get(node.taken(0), np.zeros(0, np.uint8)).dtype
        zero_points = np.zeros(scales.shape, kind)
    if zero_points.shape != scales.shape:
        raise node.refuse(f"zero points must be {scales.shape}, not {zero_points.shape}")
    return scales, zero_points


def _codes(graph: OnnxGraph, node: OnnxNode) -> Codes:
    """Codes of an activation."""
    scales, zero_points = _parameters(graph, node)
    if scales.size != 1 or zero_points.dtype not in LIMITS:
        raise node.refuse(
            f"activations must have one scale and 8 bits, not {scales.size}, {zero_points.dtype}"
        )
    low, high = LIMITS[zero_points.dtype]
    return Codes(
        low=low,
        high=high,
        scale=float(scales.reshape(-1)[0]),
        zero_point=int(zero_points.reshape(-1)[0]),
    )


def _stored(graph: OnnxGraph, node: OnnxNode) -> Stored:
    """A dequantised constant."""
    raw = graph.constants[node.taken(0)]
    scales, zero_points = _parameters(graph, node)
    if raw.dtype.kind not in "iu":
        raise node.refuse(f"constant must be integers, not {raw.dtype}")
    axis = int(node.attributes.get("axis", 1)) if scales.size > 1 else 0
    along = [1] * raw.ndim
    if scales.size > 1:
        if not -raw.ndim <= axis < raw.ndim or raw.shape[axis] != scales.size:
            raise node.refuse(f"scales must be one per place along axis {axis}, not {scales.size}")
        axis %= raw.ndim
        along[axis] = scales.size
    values = raw.astype(np.int64) - zero_points.astype(np.int64).reshape(along)
    single = scales.size == 1 and raw.dtype in LIMITS and zero_points.dtype == raw.dtype
    return Stored(
        values=values,
        scales=scales.reshape(-1),
        axis=axis,
        codes=_codes(graph, node) if single else None,
    )


def fuse_clips(noted: Noted) -> None:
    """Make ReLU and Clip a limit of the node in front, where nobody else sees its result."""
    graph = noted.graph
    for clip in list(graph.nodes):
        if clip.operator not in {"Relu", "Clip"}:
            continue
        source = clip.taken(0)
        before = next((node for node in graph.nodes if source in node.outputs), None)
        if (
            before is None
            or before.operator not in FUSE
            or source in noted.codes
            or source == graph.output
            or len(graph.consumers(source)) != 1
        ):
            continue
        low, high = clip_of(graph, clip)
        before.clip = max(before.clip[0], low), min(before.clip[1], high)
        before.outputs = list(clip.outputs)
        graph.nodes.remove(clip)


def clip_of(graph: OnnxGraph, node: OnnxNode) -> tuple[float, float]:
    """Real limits of a ReLU or Clip."""
    if node.operator == "Relu":
        return 0.0, np.inf
    limits = []
    for place, (key, default) in enumerate((("min", -np.inf), ("max", np.inf)), start=1):
        value = graph.constant(node, place)
        found = node.attributes.get(key, default) if value is None else value.reshape(-1)[0]
        limits.append(float(found))
    if not limits[0] < limits[1]:
        raise node.refuse(f"limits must be increasing, not {shown(limits)}")
    return limits[0], limits[1]
