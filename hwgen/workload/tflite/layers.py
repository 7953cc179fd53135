"""TFLite operators as integer layers.

Activations and weights are int8, weights per tensor or per channel with zero points 0. How results
are rounded is a matter of `hwgen.workload.tflite.kernels`.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from hwgen.workload.assembly import Assembly, same_codes
from hwgen.workload.tflite.codes import ACTIVATIONS, axes_of, codes_of, limited
from hwgen.workload.tflite.file import Graph, Operator, Tensor
from hwgen.workload.tflite.kernels import KERNELS, Kernels
from hwgen_models.codes import Codes
from hwgen_models.matrix import Conv, Dense
from hwgen_models.network import INPUT, Input, Network
from hwgen_models.pointwise import Add
from hwgen_models.pooling import AveragePool, Divided, MaxPool, Mean
from hwgen_models.reshaping import Concat, Pad, Slice, Transpose
from hwgen_models.softmax import Softmax
from hwgen_models.window import Window

__all__ = ["network_of"]

SAME = 0  # of the two paddings


def network_of(graph: Graph, kernels: Kernels = KERNELS["reference"]) -> Network:
    """Turn a file's graph into an integer network that rounds as `kernels` do.

    Raises
    ------
    Refused, ValueError
        Naming the node and what is unsupported about it.
    """
    return _Reader(graph, kernels).network()


class _Reader:
    """Goes through the operators; `names` maps tensors to layers that give them."""

    def __init__(self, graph: Graph, kernels: Kernels) -> None:
        self.graph, self.kernels = graph, kernels
        self.names: dict[int, str] = {}
        self.real_input: int | None = None  # float input, waiting for its QUANTIZE
        self.assembly: Assembly | None = None

    def network(self) -> Network:
        graph = self.graph
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            found = f"{len(graph.inputs)} and {len(graph.outputs)}"
            raise ValueError(f"network must have one input and one output, not {found}")
        (number,) = graph.inputs
        tensor = graph.tensors[number]
        if tensor.dtype == np.float32:
            self.real_input = number
        else:
            self._begin(number, tensor, real=False)
        for op in graph.operators:
            self._convert(op)
        (last,) = graph.outputs
        if last not in self.names:
            raise ValueError("output must follow from the input, but does not")
        return self.assembly.network(self.names[last])

    def _begin(self, number: int, tensor: Tensor, *, real: bool) -> None:
        """Know the input's codes."""
        codes = codes_of(tensor)
        if codes is None:
            raise ValueError(f"input {tensor.name!r}: must be quantised to 8 bits, but is not")
        shape = self.graph.tensors[self.graph.inputs[0]].shape[1:]
        self.assembly = Assembly(Input(shape=shape, codes=codes, real=real, halves_away=True))
        self.names[number] = INPUT

    def _convert(self, op: Operator) -> None:
        graph = self.graph
        if op.operator == "QUANTIZE" and op.inputs and op.inputs[0] == self.real_input:
            self._begin(op.outputs[0], graph.tensors[op.outputs[0]], real=True)
            return
        method: Callable | None = getattr(self, f"_{op.operator.lower()}", None)
        if method is None:
            raise op.refuse("operator must be a supported one, but is not")
        if not op.inputs or not op.outputs or op.inputs[0] < 0:
            raise op.refuse("must have inputs and outputs, but has not")
        if self.assembly is None:
            self._source(op)  # refuses: nothing is quantised yet
        self.names[op.outputs[0]] = method(op, graph.tensors[op.outputs[0]])

    # What an operator takes

    def _source(self, op: Operator, place: int = 0) -> str:
        """Layer that gives an input."""
        number = op.inputs[place] if place < len(op.inputs) else -1
        if number in self.names:
            return self.names[number]
        if number == self.real_input and number is not None:
            raise op.refuse("float input must be quantised first, but is not")
        raise op.refuse(f"input {place} must be computed earlier, but is not")

    def _constant(self, op: Operator, place: int, *, optional: bool = False) -> Tensor | None:
        """Constant input."""
        number = op.inputs[place] if place < len(op.inputs) else -1
        if number < 0 and optional:
            return None
        if number < 0 or self.graph.tensors[number].data is None:
            raise op.refuse(f"input {place} must be a constant, but is not")
        return self.graph.tensors[number]

    def _integers(self, op: Operator, place: int) -> list[int]:
        return [int(number) for number in self._constant(op, place).data.reshape(-1)]

    def _result(self, op: Operator, out: Tensor) -> Codes:
        """Codes of the output, its fused activation applied."""
        codes = codes_of(out)
        if codes is None:
            raise op.refuse(f"output {out.name[:60]!r} must be quantised to 8 bits, but is not")
        activation = op.options.get("FusedActivationFunction", 0)
        if activation not in ACTIVATIONS:
            raise op.refuse(f"activation must be a ReLU, not number {activation}")
        return limited(codes, *ACTIVATIONS[activation])

    def _kept(self, op: Operator, out: Tensor, place: int = 0) -> Codes:
        """Codes of an output that must mean the same as the input's."""
        codes, source = self._result(op, out), self.assembly.codes[self._source(op, place)]
        if not same_codes(codes, source):
            raise op.refuse("output must have the scale and zero point of the input, but has not")
        return codes

    # Layers with weights

    def _conv_2d(self, op: Operator, out: Tensor) -> str:
        weights = self._weights(op, 4)
        outputs, rows, columns, share = weights.shape
        channels = self.assembly.shapes[self._source(op)][-1]
        groups = channels // share if share else 0
        if groups < 1 or groups * share != channels or outputs % groups:
            raise op.refuse(f"filter of {share} channels must divide {channels} channels")
        matrices = weights.data.reshape(groups, outputs // groups, rows * columns * share)
        return self._convolution(op, out, weights, matrices.transpose(0, 2, 1), (rows, columns))

    def _depthwise_conv_2d(self, op: Operator, out: Tensor) -> str:
        weights = self._weights(op, 4)
        _, rows, columns, outputs = weights.shape
        channels = self.assembly.shapes[self._source(op)][-1]
        if weights.shape[0] != 1 or outputs % channels:
            raise op.refuse(f"filter {weights.shape} must be a multiple of {channels} channels")
        matrices = weights.data.reshape(rows * columns, channels, outputs // channels)
        return self._convolution(op, out, weights, matrices.transpose(1, 0, 2), (rows, columns))

    def _convolution(
        self,
        op: Operator,
        out: Tensor,
        weights: Tensor,
        matrices: np.ndarray,
        kernel: tuple[int, int],
    ) -> str:
        source = self._source(op)
        parts = self._matrix_parts(op, out, weights, matrices)
        return self.assembly.add(
            Conv(
                name=op.name,
                sources=(source,),
                window=self._window(op, source, kernel),
                padding=self.assembly.codes[source].zero_point,
                **parts,
            )
        )

    def _fully_connected(self, op: Operator, out: Tensor) -> str:
        weights = self._weights(op, 2)
        if op.options.get("WeightsFormat", 0):
            raise op.refuse("weights must be in the default format, but are not")
        source, name = self._source(op), op.name
        parts = self._matrix_parts(op, out, weights, weights.data.T[np.newaxis])
        shape, inputs = self.assembly.shapes[source], weights.shape[1]
        if not op.options.get("KeepNumDims") or not shape or shape[-1] != inputs:
            if prod(shape) != inputs:
                raise op.refuse(f"input must have {inputs} values per image, not {prod(shape)}")
            source = self.assembly.reshape(f"{name}.flat", source, (inputs,))
        parts["weights"] = parts["weights"][0]
        return self.assembly.add(Dense(name=name, sources=(source,), **parts))

    def _weights(self, op: Operator, axes: int) -> Tensor:
        weights = self._constant(op, 1)
        if weights.dtype != np.int8 or len(weights.shape) != axes:
            raise op.refuse(
                f"weights must be int8 with {axes} axes, not {weights.dtype} {weights.shape}"
            )
        if not len(weights.scales) or weights.zero_points.any():
            raise op.refuse("weights must have scales and zero points 0, but have not")
        return weights

    def _matrix_parts(
        self, op: Operator, out: Tensor, weights: Tensor, matrices: np.ndarray
    ) -> dict:
        """Weights, constants and requantisation."""
        codes, taken = self._result(op, out), self.assembly.codes[self._source(op)]
        outputs = matrices.shape[0] * matrices.shape[2]
        if len(weights.scales) not in (1, outputs):
            raise op.refuse(f"scales must be 1 or {outputs}, not {len(weights.scales)}")
        bias = self._constant(op, 2, optional=True)
        constants = np.zeros(outputs, np.int64)
        if bias is not None:
            if bias.dtype != np.int32 or bias.data.size != outputs:
                raise op.refuse(f"bias must be {outputs} int32, not {bias.dtype} {bias.shape}")
            constants = bias.data.reshape(-1).astype(np.int64)
        sums = matrices.astype(np.int64).sum(axis=1).reshape(-1)
        constants = constants - taken.zero_point * sums
        if np.abs(constants).max() >= 2**31:
            raise op.refuse("bias must fit 32 bits with the zero point folded in, but does not")
        return {
            "weights": np.ascontiguousarray(matrices),
            "bias": constants.astype(np.int32),
            "scale": codes.scale,
            "requantise": self._arithmetic(
                op,
                self.kernels.requantise,
                taken,
                np.broadcast_to(weights.scales, outputs),
                codes,
                dense=op.operator == "FULLY_CONNECTED",
            ),
        }

    def _arithmetic(self, op: Operator, make: Callable, *given: object, **more: object) -> Any:
        """Ask the kernels for an operator's arithmetic."""
        try:
            return make(*given, **more)
        except ValueError as problem:
            raise op.refuse(str(problem)) from None

    def _window(self, op: Operator, source: str, kernel: tuple[int, int]) -> Window:
        options = op.options
        strides = int(options.get("StrideH", 1)), int(options.get("StrideW", 1))
        dilations = int(options.get("DilationHFactor", 1)), int(options.get("DilationWFactor", 1))
        shape = self.assembly.shapes[source]
        if len(shape) != 3:
            raise op.refuse(f"image must have three axes, not {shape}")
        if min(*strides, *dilations) < 1:
            raise op.refuse(f"strides and dilations must be positive, not {strides}, {dilations}")
        pads = [0, 0, 0, 0]
        if options.get("Padding", SAME) == SAME:
            for axis in range(2):
                reach = (kernel[axis] - 1) * dilations[axis] + 1
                places = -(-shape[axis] // strides[axis])
                total = max((places - 1) * strides[axis] + reach - shape[axis], 0)
                pads[axis], pads[axis + 2] = total // 2, total - total // 2
        return Window(kernel=kernel, strides=strides, dilations=dilations, pads=tuple(pads))

    # Pooling and means

    def _average_pool_2d(self, op: Operator, out: Tensor) -> str:
        codes = self._kept(op, out)
        return self._pool(
            AveragePool,
            op,
            codes,
            zero_point=0,
            arithmetic=Divided(low=codes.low, high=codes.high),
        )

    def _max_pool_2d(self, op: Operator, out: Tensor) -> str:
        return self._pool(MaxPool, op, self._kept(op, out))

    def _pool(self, kind: type, op: Operator, codes: Codes, **parts: object) -> str:
        source = self._source(op)
        kernel = int(op.options.get("FilterHeight", 0)), int(op.options.get("FilterWidth", 0))
        window = self._window(op, source, kernel)
        return self.assembly.add(
            kind(name=op.name, sources=(source,), codes=codes, window=window, **parts)
        )

    def _mean(self, op: Operator, out: Tensor) -> str:
        source, codes = self._source(op), self._result(op, out)
        taken, shape = self.assembly.codes[source], self.assembly.shapes[source]
        axes = axes_of(op, self._integers(op, 1), len(shape))
        terms = prod(shape[axis] for axis in axes)
        return self.assembly.add(
            Mean(
                name=op.name,
                sources=(source,),
                codes=codes,
                axes=axes,
                keep=bool(op.options.get("KeepDims")),
                zero_point=taken.zero_point,
                arithmetic=self._arithmetic(op, self.kernels.mean, taken, codes, terms),
            )
        )

    # Sums and tables

    def _add(self, op: Operator, out: Tensor) -> str:
        codes, sources, constant = self._result(op, out), [self._source(op)], None
        if len(op.inputs) > 1 and op.inputs[1] not in self.names:
            tensor = self._constant(op, 1)
            other = codes_of(tensor)
            if other is None:
                raise op.refuse("constant must be quantised to 8 bits, but is not")
            constant = tensor.data.astype(other.dtype)
            constant = constant[0] if constant.ndim and constant.shape[0] == 1 else constant
        else:
            sources.append(self._source(op, 1))
            other = self.assembly.codes[sources[1]]
        taken = self.assembly.codes[sources[0]]
        arithmetic = self._arithmetic(op, self.kernels.sum, taken, other, codes)
        return self.assembly.add(
            Add(
                name=op.name,
                sources=tuple(sources),
                codes=codes,
                arithmetic=arithmetic,
                constant=constant,
            )
        )

    def _rescaled(self, op: Operator, out: Tensor, low: float, high: float) -> str:
        """Go to another scale and clip, by a table."""
        source = self._source(op)
        taken, codes = self.assembly.codes[source], limited(self._result(op, out), low, high)
        table = self.kernels.rescale(taken, codes, self.assembly.every_code(source))
        return self.assembly.lookup(op.name, source, codes, table)

    def _quantize(self, op: Operator, out: Tensor) -> str:
        return self._rescaled(op, out, -np.inf, np.inf)

    def _relu(self, op: Operator, out: Tensor) -> str:
        return self._rescaled(op, out, 0, np.inf)

    def _relu6(self, op: Operator, out: Tensor) -> str:
        return self._rescaled(op, out, 0, 6)

    def _dequantize(self, op: Operator, out: Tensor) -> str:
        if op.outputs[0] not in self.graph.outputs or out.dtype != np.float32:
            raise op.refuse("must give the network's output, but does not")
        return self._source(op)

    def _softmax(self, op: Operator, out: Tensor) -> str:
        source, codes = self._source(op), self._result(op, out)
        if codes.scale != 2.0**-8 or codes.zero_point != codes.low:
            raise op.refuse(f"output must have scale 1/256, not {codes.scale}")
        beta = float(np.float32(op.options.get("Beta", 1)))
        taken = self.assembly.codes[source]
        arithmetic = self._arithmetic(op, self.kernels.softmax, taken, codes, beta)
        axis = len(self.assembly.shapes[source]) - 1
        return self.assembly.add(
            Softmax(name=op.name, sources=(source,), codes=codes, arithmetic=arithmetic, axis=axis)
        )

    # Moving codes

    def _reshape(self, op: Operator, out: Tensor) -> str:
        self._kept(op, out)
        return self.assembly.reshape(op.name, self._source(op), out.shape[1:])

    _squeeze = _expand_dims = _reshape

    def _pad(self, op: Operator, out: Tensor) -> str:
        codes, source = self._kept(op, out), self._source(op)
        amounts = self._integers(op, 1)
        pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
        if not pairs or pairs[0] != (0, 0):
            raise op.refuse(f"pads must leave the batch alone, not be {pairs[:1]}")
        value = codes.zero_point
        if op.operator == "PADV2":
            (value,) = self._integers(op, 2)
        return self.assembly.add(
            Pad(name=op.name, sources=(source,), codes=codes, amounts=tuple(pairs[1:]), value=value)
        )

    _padv2 = _pad

    def _transpose(self, op: Operator, out: Tensor) -> str:
        codes, order = self._kept(op, out), self._integers(op, 1)
        if not order or order[0] != 0:
            raise op.refuse(f"order must leave the batch first, not be {order}")
        return self.assembly.add(
            Transpose(
                name=op.name,
                sources=(self._source(op),),
                codes=codes,
                order=tuple(axis - 1 for axis in order[1:]),
            )
        )

    def _concatenation(self, op: Operator, out: Tensor) -> str:
        for place in range(len(op.inputs)):
            codes = self._kept(op, out, place)
        axes = len(out.shape)
        axis = int(op.options.get("Axis", 0))
        return self.assembly.add(
            Concat(
                name=op.name,
                sources=tuple(self._source(op, place) for place in range(len(op.inputs))),
                codes=codes,
                axis=axis - 1 if axis > 0 else axis + axes - 1,
            )
        )

    def _slice(self, op: Operator, out: Tensor) -> str:
        begins, sizes = self._integers(op, 1), self._integers(op, 2)
        cuts = [
            slice(begin, None if size == -1 else begin + size)
            for begin, size in zip(begins, sizes, strict=True)
        ]
        return self._cut(op, out, cuts, ())

    def _strided_slice(self, op: Operator, out: Tensor) -> str:
        options = {key: int(value) for key, value in op.options.items()}
        if options.get("EllipsisMask") or options.get("NewAxisMask"):
            raise op.refuse("masks must be of begin, end and shrink, but are not")
        bounds = [self._integers(op, place) for place in (1, 2, 3)]
        cuts, drop = [], []
        for axis, (begin, end, stride) in enumerate(zip(*bounds, strict=True)):
            bit = 1 << axis
            if options.get("ShrinkAxisMask", 0) & bit:
                cuts.append(slice(begin, begin + 1 or None))
                drop.append(axis)
                continue
            first = None if options.get("BeginMask", 0) & bit else begin
            last = None if options.get("EndMask", 0) & bit else end
            cuts.append(slice(first, last, stride or 1))
        return self._cut(op, out, cuts, tuple(drop))

    def _cut(self, op: Operator, out: Tensor, cuts: list[slice], drop: tuple[int, ...]) -> str:
        codes, source = self._kept(op, out), self._source(op)
        whole = cuts and range(*cuts[0].indices(1)) == range(1) and (cuts[0].step or 1) == 1
        if not whole or 0 in drop:
            raise op.refuse("slice must leave the batch alone, but does not")
        rest = len(self.assembly.shapes[source]) - len(cuts) + 1
        return self.assembly.add(
            Slice(
                name=op.name,
                sources=(source,),
                codes=codes,
                slices=(*cuts[1:], *[slice(None)] * rest),
                drop=tuple(axis - 1 for axis in drop),
            )
        )
