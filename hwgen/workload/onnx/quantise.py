"""Post-training quantisation of float ONNX graphs.

Batch norm goes into the convolution in front of it, or becomes a 1 x 1 depthwise one; the bias
that follows a product goes into it. Weights become int8 in [-127, 127], one scale per output;
activations become uint8, their ranges those that calibration images cause, zero included; a ReLU
is the limit of its layer's codes. What only moves numbers, and maxima, keep the codes they take.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen.wording import shown
from hwgen.workload.onnx.file import OnnxGraph, OnnxNode
from hwgen.workload.onnx.graph import Noted, Stored, fuse_clips
from hwgen.workload.onnx.reals import tensors
from hwgen_models.codes import Codes

__all__ = ["is_float", "prepare", "quantise"]

KEEP = {  # operators that move codes
    "Identity",
    "Dropout",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Slice",
    "Pad",
    "MaxPool",
    "GlobalMaxPool",
}
BATCH = 16  # images at once
LARGEST_BIAS = 2.0**30
PLACEHOLDER = Codes(low=0, high=255, scale=1.0)


def is_float(graph: OnnxGraph) -> bool:
    """Whether nothing in a graph is quantised."""
    starts = ("QLinear", "Quantize", "Dequantize", "ConvInteger")
    return not any(node.operator.startswith(starts) for node in graph.nodes)


def prepare(graph: OnnxGraph) -> Noted:
    """Fold what can be folded; the graph still computes the same real numbers."""
    _fold_batch_norm(graph)
    _fold_bias(graph)
    noted = Noted(graph=graph)
    fuse_clips(noted)
    return noted


def quantise(noted: Noted, images: NDArray[np.float32] | None) -> Noted:
    """Give every tensor its codes and every weight its integers.

    Parameters
    ----------
    noted : Noted
        A prepared graph; notes are added to it.
    images : numpy.ndarray of float32, shape (images, ...), or None
        Real inputs to calibrate with. None: ranges are not known, codes mean nothing, and only
        shapes and weights of the result can be used.
    """
    graph = noted.graph
    ranges = {} if images is None else _ranges(graph, images)
    kept = {node.outputs[0] for node in graph.nodes if node.operator in KEEP and node.outputs}
    shares = {node.outputs[0] for node in graph.nodes if node.operator == "Softmax"}
    for name in [graph.input, *(node.outputs[0] for node in graph.nodes if node.outputs)]:
        if name in shares:
            noted.codes[name] = Codes(low=0, high=255, scale=2.0**-8)
        elif name not in kept:
            noted.codes[name] = PLACEHOLDER if images is None else _codes(*ranges[name])
    for node in graph.nodes:
        if node.operator in {"Conv", "Gemm", "MatMul"}:
            _store_weights(noted, node)
        elif node.operator == "Add":
            for name in node.inputs:
                if name in graph.constants:
                    _store_constant(noted, node, name)
    return noted


def _ranges(graph: OnnxGraph, images: NDArray[np.float32]) -> dict[str, tuple[float, float]]:
    """Smallest and largest value of every tensor over all images."""
    found: dict[str, tuple[float, float]] = {}
    for start in range(0, len(images), BATCH):
        for name, values in tensors(graph, images[start : start + BATCH]):
            low, high = found.get(name, (0.0, 0.0))
            found[name] = min(low, float(values.min())), max(high, float(values.max()))
    return found


def _codes(low: float, high: float) -> Codes:
    """uint8 codes for a range that holds zero."""
    scale = float(np.float32((high - low) / 255)) or 1.0
    zero_point = int(np.clip(np.rint(-low / scale), 0, 255))
    return Codes(low=0, high=255, scale=scale, zero_point=zero_point)


def _store_weights(noted: Noted, node: OnnxNode) -> None:
    """Quantise a weight per output; no bias may need more than 30 bits."""
    graph = noted.graph
    weights = graph.constant(node, 1)
    if weights is None or weights.dtype != np.float32 or weights.ndim < 2 or not weights.size:
        raise node.refuse("weights must be float32 matrices, but are not")
    axis = 0 if node.operator == "Conv" or node.attributes.get("transB", 0) else weights.ndim - 1
    others = tuple(one for one in range(weights.ndim) if one != axis)
    scales = np.abs(weights).max(axis=others).astype(np.float64) / 127
    bias = graph.constant(node, 2)
    taken = noted.codes.get(node.taken(0), PLACEHOLDER)
    if bias is not None and bias.shape == scales.shape:
        scales = np.maximum(scales, np.abs(bias) / (LARGEST_BIAS * taken.scale))
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    scales = np.maximum(scales, np.finfo(np.float32).tiny)
    if not (np.isfinite(weights).all() and np.isfinite(scales).all()):
        raise node.refuse("weights must be finite, but are not")
    along = [1] * weights.ndim
    along[axis] = -1
    values = np.clip(np.rint(weights / scales.reshape(along)), -127, 127).astype(np.int64)
    name = node.taken(1)
    if name in noted.stored:  # shared by two nodes: each has its own scales
        name = f"{name}.{node.name}"
        node.inputs[1] = name
    noted.stored[name] = Stored(values=values, scales=scales, axis=axis, codes=None)


def _store_constant(noted: Noted, node: OnnxNode, name: str) -> None:
    """Quantise a constant that is added."""
    values = noted.graph.constants[name]
    if values.dtype != np.float32 or not values.size or not np.isfinite(values).all():
        raise node.refuse(f"constant {shown(name)} must be finite float32, but is not")
    codes = _codes(min(0.0, float(values.min())), max(0.0, float(values.max())))
    noted.stored[name] = Stored(
        values=codes.quantise(values).astype(np.int64) - codes.zero_point,
        scales=np.array([codes.scale], np.float32),
        axis=0,
        codes=codes,
    )


def _fold_batch_norm(graph: OnnxGraph) -> None:
    """Turn batch norms into weights and bias of convolutions."""
    for node in list(graph.nodes):
        if node.operator != "BatchNormalization":
            continue
        gain, shift, mean, variance = (graph.constant(node, place) for place in (1, 2, 3, 4))
        if any(part is None or part.ndim != 1 for part in (gain, shift, mean, variance)):
            raise node.refuse("parameters must be constants, one per channel, but are not")
        if not len(gain) == len(shift) == len(mean) == len(variance) or variance.min() < 0:
            raise node.refuse("parameters must be one per channel, but are not")
        factor = gain / np.sqrt(variance.astype(np.float64) + node.attributes.get("epsilon", 1e-5))
        offset = shift - mean * factor
        source = node.taken(0)
        before = next((one for one in graph.nodes if source in one.outputs), None)
        if (
            before is not None
            and before.operator == "Conv"
            and before.clip == (-np.inf, np.inf)
            and len(graph.consumers(source)) == 1
            and source != graph.output
        ):
            weights, bias = graph.constant(before, 1), graph.constant(before, 2)
            if weights is None or weights.ndim != 4 or len(weights) != len(factor):
                raise node.refuse(f"channels must be {len(factor)}, but are not")
            weights = weights * factor.reshape(-1, 1, 1, 1)
            bias = (0 if bias is None else bias) * factor + offset
            before.outputs = list(node.outputs)
            graph.nodes.remove(node)
        else:
            weights, bias, before = factor.reshape(-1, 1, 1, 1), offset, node
            node.operator, node.attributes = "Conv", {"group": len(factor)}
        names = [f"{before.name}.weights", f"{before.name}.bias"]
        graph.constants[names[0]] = weights.astype(np.float32)
        graph.constants[names[1]] = bias.astype(np.float32)
        before.inputs = [before.taken(0), *names]


def _fold_bias(graph: OnnxGraph) -> None:
    """Turn a product and the constant added to it into one node."""
    for node in list(graph.nodes):
        if node.operator != "MatMul" or len(graph.consumers(node.outputs[0])) != 1:
            continue
        (after,) = graph.consumers(node.outputs[0])
        others = [name for name in after.inputs if name != node.outputs[0]]
        if after.operator != "Add" or len(others) != 1 or others[0] not in graph.constants:
            continue
        weights, bias = graph.constant(node, 1), graph.constants[others[0]]
        if weights is not None and weights.ndim == 2 and bias.size == weights.shape[1]:
            node.inputs = [*node.inputs[:2], others[0]]
            graph.constants[others[0]] = bias.reshape(-1)
            node.outputs = list(after.outputs)
            graph.nodes.remove(after)
