"""Float ONNX graphs in single precision, image batch by image batch: what calibration looks at."""

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen.workload.assembly import Refused
from hwgen.workload.onnx.file import OnnxGraph, OnnxNode
from hwgen.workload.onnx.geometry import (
    axis_of,
    cuts_of,
    kernel_of,
    mean_of,
    order_of,
    pads_of,
    reshaped,
    window_of,
)
from hwgen.workload.onnx.graph import clip_of
from hwgen_models.window import padded

__all__ = ["tensors"]

LARGEST_TENSOR = 2**24  # values of one image, a window's view of them included

Array = NDArray[np.float32]


def tensors(graph: OnnxGraph, x: Array) -> Iterator[tuple[str, Array]]:
    """Compute every tensor of a batch: its name and values, the input's first.

    Raises
    ------
    Refused
        When a node is not supported, or a tensor too large.
    """
    values = {graph.input: np.asarray(x, dtype=np.float32)}
    last = {name: node for node in graph.nodes for name in node.inputs}
    yield graph.input, values[graph.input]
    for node in graph.nodes:
        function = FUNCTIONS.get(node.operator)
        if function is None or not node.outputs:
            raise node.refuse("operator must be a supported one, but is not")
        taken = []
        for name in node.inputs:
            if name not in values and name not in graph.constants and name:
                raise node.refuse(f"input {name[:60]!r} must be computed earlier, but is not")
            taken.append(values.get(name, graph.constants.get(name)))
        if not taken or taken[0] is None:
            raise node.refuse("must have an input, but has none")
        try:
            with np.errstate(all="ignore"):
                result = np.clip(function(graph, node, *taken), *node.clip).astype(np.float32)
        except Refused:
            raise
        except (ValueError, IndexError, TypeError) as problem:
            raise node.refuse(f"inputs must match, but do not ({problem})") from None
        if not np.isfinite(result).all():
            raise node.refuse("result must be finite numbers, but is not")
        values[node.outputs[0]] = result
        yield node.outputs[0], result
        for name in node.inputs:
            if last[name] is node:
                values.pop(name, None)


def _limited(node: OnnxNode, *sizes: int) -> None:
    if prod(sizes) > LARGEST_TENSOR:
        raise node.refuse(f"result must be at most 2^24 values per image, not {prod(sizes)}")


def _under(node: OnnxNode, x: Array, kernel: tuple[int, ...], edge: float) -> Array:
    """What lies under every place: (images, down, across, kernel rows * columns, channels)."""
    window = window_of(node, kernel, x.shape[1:])
    _limited(node, *window.output(*x.shape[2:]), *kernel, x.shape[1])
    last = padded(x.transpose(0, 2, 3, 1), window.pads, edge)
    return np.stack([under for _, _, under in window.taps(last)], axis=3)


def _conv(_: OnnxGraph, node: OnnxNode, x: Array, w: Array, bias: Array | None = None) -> Array:
    groups = int(node.attributes.get("group", 1))
    outputs, share = w.shape[:2]
    if x.ndim != 4 or w.ndim != 4 or groups * share != x.shape[1] or outputs % groups:
        raise node.refuse(f"weights {w.shape} must fit images {x.shape[1:]}")
    under = _under(node, x, w.shape[2:], 0)
    images, down, across, taps, _ = under.shape
    vectors = under.reshape(-1, taps, groups, share).transpose(2, 0, 1, 3)
    matrices = w.reshape(groups, outputs // groups, share, taps).transpose(0, 3, 2, 1)
    sums = vectors.reshape(groups, -1, taps * share) @ matrices.reshape(groups, taps * share, -1)
    result = sums.transpose(1, 0, 2).reshape(images, down, across, outputs)
    return (result if bias is None else result + bias).transpose(0, 3, 1, 2)


def _gemm(_: OnnxGraph, node: OnnxNode, x: Array, w: Array, bias: Array | None = None) -> Array:
    product = x @ (w.T if node.attributes.get("transB", 0) else w)
    return product if bias is None else product + bias


def _average(_: OnnxGraph, node: OnnxNode, x: Array) -> Array:
    kernel = kernel_of(node, x.shape[1:])
    terms = prod(kernel)
    if not node.attributes.get("count_include_pad", 0):
        terms = _under(node, np.ones((1, 1, *x.shape[2:]), np.float32), kernel, 0).sum(axis=3)
    return (_under(node, x, kernel, 0).sum(axis=3) / terms).transpose(0, 3, 1, 2)


def _largest(_: OnnxGraph, node: OnnxNode, x: Array) -> Array:
    under = _under(node, x, kernel_of(node, x.shape[1:]), -np.inf)
    return under.max(axis=3).transpose(0, 3, 1, 2)


def _mean(graph: OnnxGraph, node: OnnxNode, x: Array, *_: Array) -> Array:
    axes, keep = mean_of(graph, node, x.ndim - 1)
    return x.mean(axis=tuple(axis + 1 for axis in axes), keepdims=keep)


def _softmax(graph: OnnxGraph, node: OnnxNode, x: Array) -> Array:
    axis = node.attributes.get("axis", 1 if graph.opset < 13 else -1)
    place = axis_of(node, axis, x.ndim - 1) + 1
    shares = np.exp(x - x.max(axis=place, keepdims=True))
    return shares / shares.sum(axis=place, keepdims=True)


def _pad(graph: OnnxGraph, node: OnnxNode, x: Array, *_: Array | None) -> Array:
    amounts, value = pads_of(graph, node, x.ndim - 1)
    sizes = zip(x.shape[1:], amounts, strict=True)
    _limited(node, *(size + max(pair[0], 0) + max(pair[1], 0) for size, pair in sizes))
    added = [(max(before, 0), max(after, 0)) for before, after in amounts]
    kept = [
        slice(max(-before, 0), size - max(-after, 0))
        for size, (before, after) in zip(x.shape[1:], amounts, strict=True)
    ]
    return np.pad(x[(slice(None), *kept)], [(0, 0), *added], constant_values=value)


def _slice(graph: OnnxGraph, node: OnnxNode, x: Array, *_: Array | None) -> Array:
    return x[(slice(None), *cuts_of(graph, node, x.ndim - 1))]


def _reshape(graph: OnnxGraph, node: OnnxNode, x: Array, *_: Array | None) -> Array:
    return x.reshape(len(x), *reshaped(graph, node, x.shape[1:]))


def _transpose(_: OnnxGraph, node: OnnxNode, x: Array) -> Array:
    return x.transpose(0, *(axis + 1 for axis in order_of(node, x.ndim - 1)))


def _concat(_: OnnxGraph, node: OnnxNode, *x: Array) -> Array:
    axis = axis_of(node, node.attributes.get("axis", 0), x[0].ndim - 1)
    return np.concatenate(x, axis=axis + 1)


def _clip(graph: OnnxGraph, node: OnnxNode, x: Array, *_: Array | None) -> Array:
    return np.clip(x, *clip_of(graph, node))


FUNCTIONS = {
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _gemm,
    "Add": lambda _, __, a, b: a + b,
    "AveragePool": _average,
    "GlobalAveragePool": _average,
    "MaxPool": _largest,
    "GlobalMaxPool": _largest,
    "ReduceMean": _mean,
    "Relu": _clip,
    "Clip": _clip,
    "Identity": lambda _, __, x, *___: x,
    "Dropout": lambda _, __, x, *___: x,
    "Softmax": _softmax,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Squeeze": _reshape,
    "Unsqueeze": _reshape,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Pad": _pad,
}
