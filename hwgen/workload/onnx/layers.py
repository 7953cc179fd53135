"""ONNX operators as integer layers, with onnxruntime's arithmetic.

onnxruntime runs a quantised operator on its codes: sums are exact integers, ratios of scales are
single-precision numbers, results are rounded once, halves to even. That holds for convolutions,
products, sums and global averages to the last bit on x86; averages over windows, means and softmax
run there in real numbers, whose order of summation is not defined: their last bit may differ.
"""

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen.wording import shown
from hwgen.workload.assembly import Assembly, same_codes
from hwgen.workload.onnx.file import OnnxNode
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
from hwgen.workload.onnx.graph import Noted, Stored, clip_of
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv, Dense
from hwgen_models.network import INPUT, Input, Network
from hwgen_models.pointwise import Add, RatioSum
from hwgen_models.pooling import AveragePool, MaxPool, Mean, Ratio
from hwgen_models.requantise import Scaled
from hwgen_models.reshaping import Concat, Pad, Slice, Transpose
from hwgen_models.softmax import RealSoftmax, Softmax

__all__ = ["OPERATORS", "network_of"]

OPERATORS = {  # and the method that makes its layer
    "Conv": "conv",
    "Gemm": "gemm",
    "MatMul": "gemm",
    "Add": "add",
    "AveragePool": "average_pool",
    "GlobalAveragePool": "average_pool",
    "MaxPool": "max_pool",
    "GlobalMaxPool": "max_pool",
    "ReduceMean": "mean",
    "Relu": "clip",
    "Clip": "clip",
    "Requantise": "same",
    "Identity": "same",
    "Dropout": "same",
    "Softmax": "softmax",
    "Reshape": "reshape",
    "Flatten": "reshape",
    "Squeeze": "reshape",
    "Unsqueeze": "reshape",
    "Transpose": "transpose",
    "Concat": "concat",
    "Slice": "slice",
    "Pad": "pad",
}


def network_of(noted: Noted) -> Network:
    """Turn a graph with notes into an integer network.

    Raises
    ------
    Refused, ValueError
        Naming the node and what is unsupported about it.
    """
    return _Lowering(noted).network()


class _Lowering:
    """Goes through the nodes; `names` maps tensors to layers that give them."""

    def __init__(self, noted: Noted) -> None:
        graph = noted.graph
        self.noted, self.graph = noted, graph
        codes = noted.codes.get(graph.input)
        if codes is None:
            raise ValueError(f"input {shown(graph.input)}: must be quantised, but is not")
        self.assembly = Assembly(
            Input(
                shape=graph.input_shape,
                codes=codes,
                channels_first=len(graph.input_shape) == 3,
                real=graph.input_type == np.float32,
            )
        )
        self.names = {graph.input: INPUT}

    def network(self) -> Network:
        """Make every node's layer."""
        for node in self.graph.nodes:
            method: Callable | None = getattr(self, OPERATORS.get(node.operator, ""), None)
            if method is None:
                raise node.refuse("operator must be a supported one, but is not")
            if not node.outputs:
                raise node.refuse("must have an output, but has none")
            self.names[node.outputs[0]] = method(node)
        if self.graph.output not in self.names:
            raise ValueError("output must follow from the input, but does not")
        return self.assembly.network(self.names[self.graph.output])

    # What a node takes and gives

    def source(self, node: OnnxNode, place: int = 0) -> str:
        """Layer that gives an input."""
        name = node.taken(place)
        if name not in self.names:
            raise node.refuse(f"input {shown(name)} must be computed earlier, but is not")
        return self.names[name]

    def shape(self, node: OnnxNode) -> tuple[int, ...]:
        """Shape of its first input."""
        return self.assembly.shapes[self.source(node)]

    def taken(self, node: OnnxNode, place: int = 0) -> Codes:
        """Codes of an input."""
        return self.assembly.codes[self.source(node, place)]

    def given(self, node: OnnxNode) -> Codes:
        """Codes of the result, limited by a fused ReLU."""
        name = node.outputs[0]
        if name not in self.noted.codes:
            raise node.refuse(f"result {shown(name)} must be quantised, but has no QuantizeLinear")
        codes = self.noted.codes[name]
        low, high = (
            int(code)
            for code in codes.quantise([max(node.clip[0], -1e30), min(node.clip[1], 1e30)])
        )
        if not low < high:
            raise node.refuse(f"limits must leave several codes, not {low} to {high}")
        return Codes(low=low, high=high, scale=codes.scale, zero_point=codes.zero_point)

    def moved(self, node: OnnxNode, name: str) -> str:
        """Go to the codes noted for the result of a node that only moves codes."""
        codes = self.noted.codes.get(node.outputs[0])
        if codes is None or same_codes(codes, self.assembly.codes[name]):
            return name
        return self.requantised(f"{node.name}.requantise", name, codes)

    def requantised(
        self, name: str, source: str, codes: Codes, low: float = -np.inf, high: float = np.inf
    ) -> str:
        """Append a table: dequantise, clip, quantise."""
        real = self.assembly.codes[source].real(self.assembly.every_code(source))
        clipped = np.clip(real, np.float32(low), np.float32(high))
        return self.assembly.lookup(name, source, codes, codes.quantise(clipped))

    # Layers with weights

    def weights(self, node: OnnxNode, axes: int, axis: int) -> Stored:
        """Integer weights with one scale, or one for every place along `axis`."""
        stored = self.noted.stored.get(node.taken(1))
        if stored is None:
            raise node.refuse("weights must be quantised constants, but are not")
        if stored.values.ndim != axes or 0 in stored.values.shape:
            raise node.refuse(f"weights must have {axes} axes, not {stored.values.shape}")
        if len(stored.scales) > 1 and stored.axis != axis:
            raise node.refuse(f"scales must be along axis {axis}, not {stored.axis}")
        if stored.values.min() < -128 or stored.values.max() > 127:
            raise node.refuse("weights less their zero point must fit int8, but do not")
        return stored

    def parts(self, node: OnnxNode, matrices: NDArray, stored: Stored, place: int) -> dict:
        """Weights, constants and requantisation, the bias being input `place`."""
        codes, taken = self.given(node), self.taken(node)
        outputs = matrices.shape[0] * matrices.shape[2]
        scales = np.float32(taken.scale) * np.broadcast_to(stored.scales, outputs)
        name = node.taken(place)
        constants = np.zeros(outputs, np.int64)
        if name in self.noted.stored:
            constants = self.noted.stored[name].values.reshape(-1)
        elif name:
            bias = self.graph.constant(node, place).reshape(-1).astype(np.float64)
            constants = np.clip(np.rint(bias / scales), -(2.0**40), 2.0**40).astype(np.int64)
        if constants.shape != (outputs,):
            raise node.refuse(f"bias must be {outputs} numbers, not {constants.shape}")
        constants = constants - taken.zero_point * matrices.sum(axis=1, dtype=np.int64).reshape(-1)
        if np.abs(constants).max() >= 2**31:
            raise node.refuse("bias must fit 32 bits with the zero point folded in, but does not")
        return {
            "weights": np.ascontiguousarray(matrices).astype(np.int8),
            "bias": constants.astype(np.int32),
            "scale": codes.scale,
            "requantise": Scaled(
                factor=scales / np.float32(codes.scale),
                low=codes.low,
                high=codes.high,
                zero_point=codes.zero_point,
            ),
        }

    def conv(self, node: OnnxNode) -> str:
        """Make a convolution: rows of its matrices go row, column, channel."""
        stored, shape = self.weights(node, 4, 0), self.shape(node)
        groups = int(node.attributes.get("group", 1))
        outputs, share, rows, columns = stored.values.shape
        if groups < 1 or outputs % groups:
            raise node.refuse(f"groups must divide {outputs} outputs, not be {groups}")
        matrices = stored.values.reshape(groups, outputs // groups, share, rows * columns)
        matrices = matrices.transpose(0, 3, 2, 1).reshape(groups, -1, outputs // groups)
        return self.assembly.add(
            Conv(
                name=node.name,
                sources=(self.source(node),),
                window=window_of(node, (rows, columns), shape),
                padding=self.taken(node).zero_point,
                channels_first=True,
                **self.parts(node, matrices, stored, 2),
            )
        )

    def gemm(self, node: OnnxNode) -> str:
        """Make a fully connected layer."""
        attributes = node.attributes
        if (
            attributes.get("transA", 0)
            or attributes.get("alpha", 1.0) != 1
            or attributes.get("beta", 1.0) != 1
        ):
            raise node.refuse("alpha and beta must be 1 and transA 0, but are not")
        turned = bool(attributes.get("transB", 0))
        stored = self.weights(node, 2, 0 if turned else 1)
        weights = stored.values.T if turned else stored.values
        parts = self.parts(node, weights[np.newaxis], stored, 2)
        parts["weights"] = parts["weights"][0]
        return self.assembly.add(Dense(name=node.name, sources=(self.source(node),), **parts))

    # Sums and tables

    def add(self, node: OnnxNode) -> str:
        """Make a sum, of two tensors or with a constant."""
        codes, sources, constant = self.given(node), [], None
        terms = []
        for place in range(2):
            stored = self.noted.stored.get(node.taken(place))
            if stored is None or constant is not None:
                sources.append(self.source(node, place))
                terms.append(self.taken(node, place))
                continue
            if stored.codes is None:
                raise node.refuse("constant must have one scale and 8 bits, but has not")
            term, constant = stored.codes, stored.values + stored.codes.zero_point
        if constant is not None:
            terms.append(term)
            spare = constant.ndim - len(self.assembly.shapes[sources[0]])
            if spare > 0 and constant.shape[0] == 1:
                constant = constant[0]
        ratios = [np.float32(one.scale) / np.float32(codes.scale) for one in terms]
        zeros = [
            ratio * np.float32(one.zero_point) for ratio, one in zip(ratios, terms, strict=True)
        ]
        fixed = np.float32(codes.zero_point) - (zeros[0] + zeros[1])
        return self.assembly.add(
            Add(
                name=node.name,
                sources=tuple(sources),
                codes=codes,
                constant=constant,
                arithmetic=RatioSum(
                    ratios=(float(ratios[0]), float(ratios[1])),
                    fixed=float(fixed),
                    low=codes.low,
                    high=codes.high,
                ),
            )
        )

    def clip(self, node: OnnxNode) -> str:
        """Make a table of a ReLU or Clip that nothing could take in."""
        codes = self.noted.codes.get(node.outputs[0], self.taken(node))
        return self.requantised(node.name, self.source(node), codes, *clip_of(self.graph, node))

    def same(self, node: OnnxNode) -> str:
        """Pass on, at most to other codes."""
        return self.moved(node, self.source(node))

    def softmax(self, node: OnnxNode) -> str:
        """Make a softmax."""
        codes, taken = self.given(node), self.taken(node)
        count = len(self.shape(node))
        axis = axis_of(node, node.attributes.get("axis", 1 if self.graph.opset < 13 else -1), count)
        if self.graph.opset < 13 and axis != count - 1:
            raise node.refuse("axis must be the last one before opset 13, but is not")
        arithmetic = RealSoftmax(
            scale_in=taken.scale,
            scale_out=codes.scale,
            zero_point=codes.zero_point,
            low=codes.low,
            high=codes.high,
        )
        sources = (self.source(node),)
        return self.assembly.add(
            Softmax(name=node.name, sources=sources, codes=codes, arithmetic=arithmetic, axis=axis)
        )

    # Pooling and means

    def average(self, node: OnnxNode) -> dict:
        """What averages have in common."""
        codes, taken = self.given(node), self.taken(node)
        return {
            "name": node.name,
            "sources": (self.source(node),),
            "codes": codes,
            "zero_point": taken.zero_point,
            "arithmetic": Ratio(
                scale_in=taken.scale,
                scale_out=codes.scale,
                zero_point=codes.zero_point,
                low=codes.low,
                high=codes.high,
            ),
        }

    def average_pool(self, node: OnnxNode) -> str:
        """Make an average over windows or whole images."""
        shape = self.shape(node)
        return self.assembly.add(
            AveragePool(
                window=window_of(node, kernel_of(node, shape), shape),
                channels_first=True,
                count_padding=bool(node.attributes.get("count_include_pad", 0)),
                **self.average(node),
            )
        )

    def mean(self, node: OnnxNode) -> str:
        """Make a mean over axes."""
        axes, keep = mean_of(self.graph, node, len(self.shape(node)))
        return self.assembly.add(Mean(axes=axes, keep=keep, **self.average(node)))

    def max_pool(self, node: OnnxNode) -> str:
        """Make a maximum over windows or whole images."""
        if len([name for name in node.outputs if name]) > 1:
            raise node.refuse("indices must be left out, but are given")
        shape, source = self.shape(node), self.source(node)
        name = self.assembly.add(
            MaxPool(
                name=node.name,
                sources=(source,),
                codes=self.taken(node),
                window=window_of(node, kernel_of(node, shape), shape),
                channels_first=True,
            )
        )
        return self.moved(node, name)

    # Moving codes

    def reshape(self, node: OnnxNode) -> str:
        """Make a reshape."""
        to = reshaped(self.graph, node, self.shape(node))
        return self.moved(node, self.assembly.reshape(node.name, self.source(node), to))

    def transpose(self, node: OnnxNode) -> str:
        """Make a transpose."""
        name = self.assembly.add(
            Transpose(
                name=node.name,
                sources=(self.source(node),),
                codes=self.taken(node),
                order=order_of(node, len(self.shape(node))),
            )
        )
        return self.moved(node, name)

    def slice(self, node: OnnxNode) -> str:
        """Make a slice."""
        name = self.assembly.add(
            Slice(
                name=node.name,
                sources=(self.source(node),),
                codes=self.taken(node),
                slices=cuts_of(self.graph, node, len(self.shape(node))),
            )
        )
        return self.moved(node, name)

    def pad(self, node: OnnxNode) -> str:
        """Make a pad, with the code that the real value has in the result."""
        amounts, value = pads_of(self.graph, node, len(self.shape(node)))
        source = self.moved(node, self.source(node))
        codes = self.assembly.codes[source]
        code = int(codes.quantise(np.clip(value, -1e30, 1e30)))
        return self.assembly.add(
            Pad(
                name=self.assembly.free(node.name),
                sources=(source,),
                codes=codes,
                amounts=amounts,
                value=code,
            )
        )

    def concat(self, node: OnnxNode) -> str:
        """Make a concatenation, every tensor taken to the codes of the result first."""
        places = range(len(node.inputs))
        codes = self.noted.codes.get(node.outputs[0], self.taken(node))
        sources = []
        for place in places:
            source = self.source(node, place)
            if not same_codes(codes, self.assembly.codes[source]):
                source = self.requantised(f"{node.name}.requantise", source, codes)
            sources.append(source)
        count = len(self.shape(node))
        axis = axis_of(node, node.attributes.get("axis", 0), count)
        if prod(self.shape(node)) < 1:
            raise node.refuse("tensors must hold something, but do not")
        return self.assembly.add(
            Concat(name=node.name, sources=tuple(sources), codes=codes, axis=axis)
        )
