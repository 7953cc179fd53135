r"""Layers with a matrix product: what crossbars can take over.

Both kinds compute, for every vector :math:`x` of activations (a row of a batch, or what lies under
a convolution's window) and every group of channels,

.. math:: a_o = \sum_i x_i W_{io} + b_o, \qquad y_o = \mathrm{requantise}(a_o)

with raw activation codes, int8 weights and int32 constants :math:`b`, into which the activations'
zero point is folded (:math:`b_o = bias_o - z \sum_i W_{io}`). Only the product is an array's work:
`Matrix.vectors` gives what goes in, `Matrix.finish` takes what comes out.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.codes import Codes
from hwgen_models.layer import Layer, Shape
from hwgen_models.requantise import Fixed, Scaled
from hwgen_models.window import Window, from_channels_last, padded, to_channels_last

__all__ = ["Conv", "Dense", "Matrix", "Product", "exact_product"]

LARGEST_INPUT = 255  # magnitude of an 8-bit code
EXACT_SINGLE = 2**24  # sums below are exact in single precision


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(Layer):
    """A layer with weights.

    Parameters
    ----------
    weights : numpy.ndarray of int8, shape (groups, inputs, outputs); Dense: (inputs, outputs)
        Of each group of channels.
    bias : numpy.ndarray of int32, shape (groups * outputs,)
        Constants with the zero point folded in.
    requantise : Fixed or Scaled
        Sums to activations.
    """

    codes: Codes = field(init=False)
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    requantise: Fixed | Scaled
    scale: float | None = None  # of the result

    def __post_init__(self) -> None:
        requantise = self.requantise
        object.__setattr__(
            self,
            "codes",
            Codes(
                low=requantise.low,
                high=requantise.high,
                scale=self.scale,
                zero_point=requantise.zero_point,
            ),
        )
        for part, kind in (("weights", np.int8), ("bias", np.int32)):
            found = np.asarray(getattr(self, part)).dtype
            if found != kind:
                raise self._wrong(TypeError, f"{part} must be {np.dtype(kind)}, not {found}")
        self._check_weights()
        if self.bias.shape != (self.outputs,):
            raise self.refuse(
                f"bias must have one number per output ({self.outputs}), not {self.bias.shape}"
            )
        if requantise.outputs != self.outputs:
            raise self.refuse(
                f"factors must be one per output ({self.outputs}), not {requantise.outputs}"
            )
        reach = LARGEST_INPUT * self.magnitude + np.abs(self.bias.astype(np.int64))
        if reach.max() >= 2**31:
            raise self.refuse(f"accumulator must fit 32 bits, not reach {reach.max()}")

    def _check_weights(self) -> None:
        if self.weights.ndim != 3 or 0 in self.weights.shape:
            raise self.refuse(
                f"weights must be matrices (groups, inputs, outputs), not {self.weights.shape}"
            )

    def _wrong(self, kind: type[Exception], reason: str) -> Exception:
        return kind(f"layer {self.name}: {reason}")

    @property
    def matrices(self) -> NDArray[np.int8]:
        """Weights as (groups, inputs, outputs)."""
        return self.weights

    @property
    def groups(self) -> int:
        """Number of separate products."""
        return self.matrices.shape[0]

    @property
    def inputs(self) -> int:
        """Length of a vector of one group."""
        return self.matrices.shape[1]

    @property
    def outputs(self) -> int:
        """Number of results per vector, all groups together."""
        return self.matrices.shape[0] * self.matrices.shape[2]

    @cached_property
    def magnitude(self) -> NDArray[np.int64]:
        """Sum of the weights' magnitudes, per output."""
        return np.abs(self.matrices.astype(np.int64)).sum(axis=1).reshape(-1)

    @abstractmethod
    def vectors(self, x: NDArray) -> NDArray:
        """What the product takes: activations as (groups, vectors, inputs)."""

    def finish(self, sums: NDArray, images: int, shape: Shape) -> NDArray:
        """Turn the product (groups, vectors, outputs) into activations of `shape`."""
        groups, vectors, outputs = sums.shape
        flat = sums.transpose(1, 0, 2).reshape(vectors, groups * outputs)
        codes = self.requantise(flat + self.bias).astype(self.codes.dtype)
        return self.placed(codes, images, shape)

    def placed(self, codes: NDArray, images: int, shape: Shape) -> NDArray:
        """Arrange activations (vectors, outputs) as the network has them."""
        return codes.reshape(images, *shape)

    def run(self, x: NDArray, product: "Product") -> NDArray:
        """Results of a batch, the products left to `product`."""
        sums = np.asarray(product(self, self.vectors(x)))
        return self.finish(sums, len(x), self.shape(x.shape[1:]))

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch by exact products."""
        return self.run(values[0], exact_product)

    def products(self, *shapes: Shape) -> int:
        """Multiplications per image."""
        return prod(self.shape(*shapes)) * self.inputs

    def working_bytes(self, *shapes: Shape) -> int:
        """Memory of one image: vectors as codes and as numbers, sums, activations."""
        results = prod(self.shape(*shapes))
        per_vector = self.groups * self.inputs
        vectors = results // self.outputs
        return 6 * vectors * per_vector + 32 * results + 2 * sum(map(prod, shapes))


Product = Callable[[Matrix, NDArray], NDArray]  # layer, (groups, vectors, inputs) -> its sums


def exact_product(layer: Matrix, x: NDArray) -> NDArray[np.int32]:
    """Multiply exactly: (groups, vectors, inputs) of codes -> (groups, vectors, outputs).

    In floating point, because linear algebra is fast there: in single precision where no partial
    sum reaches 2^24, else in double precision.
    """
    small = LARGEST_INPUT * int(layer.magnitude.max()) < EXACT_SINGLE
    kind = np.float32 if small else np.float64
    weights, x = layer.matrices.astype(kind), x.astype(kind)
    if weights.shape[2] == 1 and weights.shape[0] > 1:  # depthwise: no matrix to speak of
        sums = np.einsum("gvi,gi->gv", x, weights[:, :, 0])[..., np.newaxis]
    else:
        sums = x @ weights
    return sums.astype(np.int32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense(Matrix):
    """A fully connected layer: weights (inputs, outputs), over the last axis."""

    def _check_weights(self) -> None:
        if self.weights.ndim != 2 or 0 in self.weights.shape:
            raise self.refuse(
                f"weights must be a matrix (inputs, outputs), not {self.weights.shape}"
            )

    @property
    def matrices(self) -> NDArray[np.int8]:
        """Weights as one group."""
        return self.weights[np.newaxis]

    def shape(self, *shapes: Shape) -> Shape:
        """Replace the last axis by the outputs."""
        (shape,) = shapes
        if not shape or shape[-1] != self.inputs:
            found = shape[-1] if shape else 0
            raise self.refuse(
                f"inputs must be the {found} outputs of {self.sources[0]}, not {self.inputs}"
            )
        return (*shape[:-1], self.outputs)

    def vectors(self, x: NDArray) -> NDArray:
        """Flatten what is in front of the last axis."""
        return x.reshape(1, -1, self.inputs)

    def accumulate(self, x: ArrayLike) -> NDArray[np.int64]:
        """Exact sums with constants: (images, inputs) -> (images, outputs)."""
        sums = exact_product(self, np.asarray(x).reshape(1, -1, self.inputs))[0]
        return sums.astype(np.int64) + self.bias


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv(Matrix):
    """A convolution, also grouped or depthwise.

    Rows of a matrix go through the window row by row, within a place through the channels of the
    group. Group *g* takes the g-th share of the input channels and gives the g-th of the outputs.

    Parameters
    ----------
    window : Window
        Kernel and how it moves.
    padding : int
        Code around the image: the zero point.
    channels_first : bool
        Images are (channels, height, width) rather than (height, width, channels).
    """

    window: Window
    padding: int = 0
    channels_first: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inputs % prod(self.window.kernel):
            raise self.refuse(
                f"inputs must be a multiple of the kernel {self.window.kernel}, not {self.inputs}"
            )

    def _sizes(self, shape: Shape) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        if len(shape) != 3:
            raise self.refuse(f"images must have three axes, not {shape}")
        channels, height, width = shape if self.channels_first else (shape[2], *shape[:2])
        needed = self.groups * self.inputs // prod(self.window.kernel)
        if channels != needed:
            raise self.refuse(f"images must have {needed} channels, not {channels}")
        return height, width, channels

    def shape(self, *shapes: Shape) -> Shape:
        """Places of the window, and the outputs as channels."""
        height, width, _ = self._sizes(shapes[0])
        try:
            places = self.window.output(height, width)
        except ValueError as problem:
            raise self.refuse(str(problem)) from None
        return (self.outputs, *places) if self.channels_first else (*places, self.outputs)

    def vectors(self, x: NDArray) -> NDArray:
        """What lies under every place of the window (im2col), by group."""
        x = padded(to_channels_last(x, self.channels_first), self.window.pads, self.padding)
        channels = x.shape[3]
        columns = None
        for row, column, under in self.window.taps(x):
            if columns is None:
                columns = np.empty((*under.shape[:3], *self.window.kernel, channels), x.dtype)
            columns[:, :, :, row, column] = under
        by_group = columns.reshape(
            -1, prod(self.window.kernel), self.groups, channels // self.groups
        )
        vectors = by_group.transpose(2, 0, 1, 3)
        return vectors.reshape(self.groups, -1, self.inputs)

    def placed(self, codes: NDArray, images: int, shape: Shape) -> NDArray:
        """Arrange activations as images, in memory always with channels last."""
        places = shape[1:] if self.channels_first else shape[:2]
        return from_channels_last(codes.reshape(images, *places, self.outputs), self.channels_first)
