"""What the attributes of ONNX nodes say about windows, axes and shapes, checked.

Shapes and axes are those of one image; a node that touches the batch is refused.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from hwgen.workload.onnx.file import OnnxGraph, OnnxNode
from hwgen_models.layer import Shape
from hwgen_models.window import Window

__all__ = [
    "axis_of",
    "cuts_of",
    "kernel_of",
    "mean_of",
    "order_of",
    "pads_of",
    "reshaped",
    "window_of",
]

LARGEST_AXES = 8


def window_of(node: OnnxNode, kernel: Sequence[int], shape: Shape) -> Window:
    """Window of a convolution or pool on (channels, height, width)."""
    kernel = tuple(int(size) for size in kernel)
    if len(shape) != 3 or len(kernel) != 2:
        raise node.refuse(f"image and kernel must have two axes, not {shape}, {kernel}")
    attributes = node.attributes
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
    if attributes.get("ceil_mode", 0):
        raise node.refuse("ceil_mode must be 0, not 1")
    automatic = attributes.get("auto_pad", "NOTSET")
    if automatic == "VALID":
        pads = (0, 0, 0, 0)
    elif automatic in {"SAME_UPPER", "SAME_LOWER"}:
        if len(strides) != 2 or len(dilations) != 2 or min(*strides, *dilations) < 1:
            raise node.refuse(f"strides must be two positive integers, not {strides}")
        before, after = [], []
        for size, reach, stride, spread in zip(shape[1:], kernel, strides, dilations, strict=True):
            total = max((-(-size // stride) - 1) * stride + (reach - 1) * spread + 1 - size, 0)
            less, more = total // 2, total - total // 2
            upper = automatic == "SAME_UPPER"
            before.append(less if upper else more)
            after.append(more if upper else less)
        pads = (*before, *after)
    elif automatic != "NOTSET":
        raise node.refuse(f"auto_pad must be NOTSET, VALID or SAME, not {automatic!r}")
    try:
        return Window(kernel=kernel, strides=strides, dilations=dilations, pads=pads)
    except ValueError as problem:
        raise node.refuse(str(problem)) from None


def kernel_of(node: OnnxNode, shape: Shape) -> tuple[int, ...]:
    """Kernel of a pool; the whole image of a global one."""
    if node.operator.startswith("Global"):
        return shape[1:]
    return tuple(node.attributes.get("kernel_shape", ()))


def axis_of(node: OnnxNode, axis: int, count: int) -> int:
    """Axis of one image with `count` axes, from one of the batch's `count` + 1."""
    counted = int(axis) + count + 1 if axis < 0 else int(axis)
    if not 1 <= counted <= count:
        raise node.refuse(f"axis must be between 1 and {count}, not {axis}")
    return counted - 1


def mean_of(graph: OnnxGraph, node: OnnxNode, count: int) -> tuple[tuple[int, ...], bool]:
    """Axes of a mean, and whether they stay."""
    axes = node.attributes.get("axes")
    if axes is None:
        axes = graph.constant(node, 1)
    if axes is None:
        raise node.refuse("axes must be given, or the batch is averaged too")
    found = {axis_of(node, axis, count) for axis in np.asarray(axes).reshape(-1).tolist()}
    return tuple(sorted(found)), bool(node.attributes.get("keepdims", 1))


def order_of(node: OnnxNode, count: int) -> tuple[int, ...]:
    """Order of axes of a transpose."""
    order = list(node.attributes.get("perm", range(count, -1, -1)))
    if sorted(order) != list(range(count + 1)) or order[0] != 0:
        raise node.refuse(f"order must leave the batch first, not be {order}")
    return tuple(axis - 1 for axis in order[1:])


def pads_of(graph: OnnxGraph, node: OnnxNode, count: int) -> tuple[tuple, float]:
    """Amounts before and after every axis, and the real value."""
    if node.attributes.get("mode", "constant") != "constant":
        raise node.refuse(f"mode must be constant, not {node.attributes['mode']!r}")
    if "pads" in node.attributes:
        amounts, value = node.attributes["pads"], node.attributes.get("value", 0.0)
    else:
        amounts, value = graph.constant(node, 1), graph.constant(node, 2)
        value = 0.0 if value is None else np.asarray(value).reshape(-1)[0]
    if node.taken(3):
        raise node.refuse("axes must be left out, but are given")
    amounts = [] if amounts is None else [int(one) for one in np.asarray(amounts).reshape(-1)]
    if len(amounts) != 2 * count + 2 or amounts[0] or amounts[count + 1]:
        raise node.refuse(f"pads must be for {count} axes and leave the batch, not {amounts}")
    if max(map(abs, amounts)) >= 2**20:
        raise node.refuse(f"pads must be below 2^20, not {max(map(abs, amounts))}")
    pairs = tuple(zip(amounts[1 : count + 1], amounts[count + 2 :], strict=True))
    return pairs, float(value)


def cuts_of(graph: OnnxGraph, node: OnnxNode, count: int) -> tuple[slice, ...]:
    """Slices of every axis."""
    if "starts" in node.attributes:
        found = [node.attributes.get(key) for key in ("starts", "ends", "axes")] + [None]
    else:
        found = [graph.constant(node, place) for place in (1, 2, 3, 4)]
    if found[0] is None or found[1] is None:
        raise node.refuse("starts and ends must be given, but are not")
    starts, ends = ([int(one) for one in np.asarray(part).reshape(-1)] for part in found[:2])
    axes = range(len(starts)) if found[2] is None else np.asarray(found[2]).reshape(-1).tolist()
    steps = [1] * len(starts) if found[3] is None else np.asarray(found[3]).reshape(-1).tolist()
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise node.refuse("starts, ends, axes and steps must match, but do not")
    cuts = [slice(None)] * count
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cuts[axis_of(node, axis, count)] = slice(start, end, int(step))
    return tuple(cuts)


def reshaped(graph: OnnxGraph, node: OnnxNode, shape: Shape) -> Shape:
    """Shape of one image after a reshape, flatten, squeeze or unsqueeze."""
    if node.operator == "Flatten":
        if node.attributes.get("axis", 1) not in (1, -len(shape)):
            raise node.refuse(f"axis must be 1, not {node.attributes['axis']}")
        return (prod(shape),)
    if node.operator in {"Squeeze", "Unsqueeze"}:
        return _squeezed(graph, node, shape)
    target = graph.constant(node, 1)
    if target is None or target.ndim != 1 or not 1 <= len(target) <= LARGEST_AXES:
        raise node.refuse("shape must be a list of a few sizes, but is not")
    batch, *sizes = (int(size) for size in target)
    if node.attributes.get("allowzero", 0) and 0 in (batch, *sizes):
        raise node.refuse("allowzero must be 0 where a size is 0")
    if batch not in (-1, 0, 1):
        raise node.refuse(f"shape must leave the batch alone, not begin with {batch}")
    sizes = [
        shape[axis] if size == 0 and axis < len(shape) else size for axis, size in enumerate(sizes)
    ]
    if sizes.count(-1) == 1:
        rest = prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = prod(shape) // rest if rest > 0 else 0
    if min(sizes, default=1) < 1 or prod(sizes) != prod(shape):
        raise node.refuse(f"shape must hold the values of {shape}, not be {target.tolist()}")
    return tuple(sizes)


def _squeezed(graph: OnnxGraph, node: OnnxNode, shape: Shape) -> Shape:
    axes = node.attributes.get("axes")
    if axes is None:
        axes = graph.constant(node, 1)
    if axes is None:
        raise node.refuse("axes must be given, but are not")
    axes = [int(axis) for axis in np.asarray(axes).reshape(-1)]
    if node.operator == "Squeeze":
        dropped = {axis_of(node, axis, len(shape)) for axis in axes}
        if any(shape[axis] != 1 for axis in dropped):
            raise node.refuse(f"axes must be one long, not {shape}")
        return tuple(size for axis, size in enumerate(shape) if axis not in dropped)
    added = {axis_of(node, axis, len(shape) + len(axes)) for axis in axes}
    rest = iter(shape)
    return tuple(1 if k in added else next(rest) for k in range(len(shape) + len(added)))
