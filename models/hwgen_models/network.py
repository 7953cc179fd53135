r"""Integer networks of dense layers: what the array and its periphery must reproduce bit for bit.

Everything is an integer. Layer *l* takes activations :math:`x` (one row per image) and computes

.. math::

    a_o = \sum_i x_i W_{io} + b_o, \qquad
    y_o = \mathrm{clip}\!\left(\left\lfloor \frac{a_o m_o + 2^{s_o - 1}}{2^{s_o}}
          \right\rfloor,\ \mathrm{low},\ \mathrm{high}\right)

with int8 weights :math:`W`, int32 bias :math:`b`, and per output channel an integer multiplier
:math:`m` and a shift :math:`s`: :math:`m 2^{-s}` is the ratio of the scales, and halves round
towards plus infinity. :math:`y` is the next layer's :math:`x`. Limits (0, 255) give uint8
activations and the ReLU at once. Nothing overflows: every accumulator must fit 32 bits, so that
every product fits 64; a network where it would not is refused.

A network file is a numpy archive (``.npz``, no pickles) with

====================  ==============  =====================================================
array                 type, shape     meaning
====================  ==============  =====================================================
``format``            str, ()         ``"hwgen-network 1"``
``layers``            str, (L,)       names in order; the keys below start with them
``NAME.weights``      int8, (I, O)    :math:`W`
``NAME.bias``         int32, (O,)     :math:`b`
``NAME.multiplier``   int32, (O,)     :math:`m`, 1 to 2^31 - 1
``NAME.shift``        uint8, (O,)     :math:`s`, 1 to 62
``NAME.limits``       int32, (2,)     low, high
====================  ==============  =====================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["FORMAT", "Dense", "Network"]

FORMAT = "hwgen-network 1"
PARTS = {
    "weights": np.int8,
    "bias": np.int32,
    "multiplier": np.int32,
    "shift": np.uint8,
    "limits": np.int32,
}
LARGEST_INPUT = 255  # activations of a network file are uint8


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense:
    """One fully connected layer with its requantisation, per output channel."""

    name: str
    weights: NDArray[np.int8]  # (inputs, outputs)
    bias: NDArray[np.int32]  # (outputs,)
    multiplier: NDArray[np.int32]  # (outputs,)
    shift: NDArray[np.uint8]  # (outputs,)
    low: int  # smallest and largest output
    high: int

    def __post_init__(self) -> None:
        where = f"layer {self.name}"
        for part in ("weights", "bias", "multiplier", "shift"):
            kind = np.asarray(getattr(self, part)).dtype
            if kind != PARTS[part]:
                raise TypeError(f"{where}: {part} must be {np.dtype(PARTS[part])}, not {kind}")
        if self.weights.ndim != 2 or 0 in self.weights.shape:
            raise ValueError(
                f"{where}: weights must be a matrix (inputs, outputs), not {self.weights.shape}"
            )
        for part in ("bias", "multiplier", "shift"):
            shape = getattr(self, part).shape
            if shape != (self.outputs,):
                raise ValueError(
                    f"{where}: {part} must have one number per output ({self.outputs}), not {shape}"
                )
        if self.multiplier.min() < 1:
            raise ValueError(f"{where}: multiplier must be positive, not {self.multiplier.min()}")
        if self.shift.min() < 1 or self.shift.max() > 62:
            raise ValueError(
                f"{where}: shift must be between 1 and 62, "
                f"not {self.shift.min()} to {self.shift.max()}"
            )
        if not self.low < self.high:
            raise ValueError(f"{where}: limits must be increasing, not {self.low}, {self.high}")
        reach = LARGEST_INPUT * np.abs(self.weights.astype(np.int64)).sum(axis=0)
        largest = int((reach + np.abs(self.bias.astype(np.int64))).max())
        if largest >= 2**31:
            raise ValueError(f"{where}: accumulator must fit 32 bits, not reach {largest}")

    @property
    def inputs(self) -> int:
        """Number of activations that the layer takes."""
        return self.weights.shape[0]

    @property
    def outputs(self) -> int:
        """Number of activations that it gives."""
        return self.weights.shape[1]

    def accumulate(self, x: ArrayLike) -> NDArray[np.int64]:
        """Exact sums with bias: (images, inputs) of uint8 -> (images, outputs)."""
        # Products of 8-bit numbers, summed below 2^31, are exact in double precision.
        product = np.asarray(x, dtype=np.float64) @ self.weights.astype(np.float64)
        return product.astype(np.int64) + self.bias

    def requantise(self, sums: ArrayLike) -> NDArray[np.int64]:
        """Scale, round (halves up) and clip accumulators into activations.

        >>> layer = Dense(name="a", weights=np.int8([[1]]), bias=np.int32([0]),
        ...               multiplier=np.int32([3]), shift=np.uint8([1]), low=0, high=255)
        >>> layer.requantise([[-1], [0], [1], [2], [200]]).ravel()
        array([  0,   0,   2,   3, 255])
        """
        shift = self.shift.astype(np.int64)
        scaled = np.asarray(sums, dtype=np.int64) * self.multiplier.astype(np.int64)
        rounded = (scaled + (np.int64(1) << (shift - 1))) >> shift
        return np.clip(rounded, self.low, self.high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Dense layers, one after the other."""

    layers: tuple[Dense, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("network must have at least one layer, not 0")
        names = [layer.name for layer in self.layers]
        if len(set(names)) != len(names):
            raise ValueError(f"layer names must be different, not {names}")
        for before, after in pairwise(self.layers):
            if after.inputs != before.outputs:
                raise ValueError(
                    f"layer {after.name}: inputs must be the {before.outputs} outputs of "
                    f"{before.name}, not {after.inputs}"
                )
            if before.low < 0 or before.high > LARGEST_INPUT:
                raise ValueError(
                    f"layer {before.name}: limits must be within 0 and {LARGEST_INPUT} where "
                    f"another layer follows, not {before.low}, {before.high}"
                )

    def trace(self, x: ArrayLike) -> list[NDArray[np.int64]]:
        """Activations in front of every layer, then the network's outputs."""
        activations = [np.asarray(x, dtype=np.int64)]
        for layer in self.layers:
            activations.append(layer.requantise(layer.accumulate(activations[-1])))
        return activations

    def run(self, x: ArrayLike) -> NDArray[np.int64]:
        """Outputs of the last layer: (images, inputs) -> (images, outputs)."""
        return self.trace(x)[-1]

    def classify(self, x: ArrayLike) -> NDArray[np.int64]:
        """Number of the largest output, the first of equals."""
        return self.run(x).argmax(axis=1)

    def to_arrays(self) -> dict[str, NDArray]:
        """The arrays of the network file."""
        arrays: dict[str, NDArray] = {
            "format": np.array(FORMAT),
            "layers": np.array([layer.name for layer in self.layers]),
        }
        for layer in self.layers:
            for part in ("weights", "bias", "multiplier", "shift"):
                arrays[f"{layer.name}.{part}"] = getattr(layer, part)
            arrays[f"{layer.name}.limits"] = np.array([layer.low, layer.high], dtype=np.int32)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> "Network":
        """Read the arrays of a network file.

        Raises
        ------
        ValueError, TypeError
            With the layer, the constraint and the value found, in one line.
        """
        found = str(arrays["format"]) if "format" in arrays else "no `format`"
        if found != FORMAT:
            raise ValueError(f"format must be {FORMAT!r}, not {found!r}")
        if "layers" not in arrays or arrays["layers"].ndim != 1:
            raise ValueError("layers must be a list of names, not missing")
        layers = []
        for name in map(str, arrays["layers"]):
            parts = {}
            for part, kind in PARTS.items():
                key = f"{name}.{part}"
                if key not in arrays:
                    raise ValueError(f"layer {name}: {part} must be in the file, not missing")
                parts[part] = arrays[key]
                if parts[part].dtype != kind:
                    raise TypeError(
                        f"layer {name}: {part} must be {np.dtype(kind)}, not {parts[part].dtype}"
                    )
            limits = parts.pop("limits")
            if limits.shape != (2,):
                raise ValueError(f"layer {name}: limits must be two numbers, not {limits.shape}")
            low, high = map(int, limits)
            layers.append(Dense(name=name, low=low, high=high, **parts))
        return cls(layers=tuple(layers))
