r"""Integer networks: what the array and its periphery must reproduce bit for bit.

A network is a graph of layers on integer tensors, in the order in which they run. Every layer
computes exactly what its format defines (see the layers' modules); matrix products are separable
from the rest, so that an array can stand in for them.

A network file is a numpy archive (``.npz``, no pickles) with dense layers, one after the other:

====================  ==============  =====================================================
array                 type, shape     meaning
====================  ==============  =====================================================
``format``            str, ()         ``"hwgen-network 1"``
``layers``            str, (L,)       names in order; the keys below start with them
``NAME.weights``      int8, (I, O)    :math:`W`
``NAME.bias``         int32, (O,)     :math:`b`
``NAME.multiplier``   int32, (O,)     :math:`m`, 0 to 2^31 - 1
``NAME.shift``        uint8, (O,)     :math:`s`, 1 to 62
``NAME.limits``       int32, (2,)     low, high
====================  ==============  =====================================================

Layer *l* takes uint8 activations and computes :math:`a = x W + b`, then
:math:`y = \mathrm{clip}(\lfloor (a m + 2^{s-1}) / 2^s \rfloor, low, high)`: halves go up, and
limits (0, 255) give uint8 activations and the ReLU at once. Every accumulator must fit 32 bits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen_models.codes import Codes
from hwgen_models.layer import Layer, Shape
from hwgen_models.matrix import Dense, Matrix, Product, exact_product
from hwgen_models.requantise import Fixed

__all__ = ["FORMAT", "INPUT", "Input", "Network"]

FORMAT = "hwgen-network 1"
PARTS = {
    "weights": np.int8,
    "bias": np.int32,
    "multiplier": np.int32,
    "shift": np.uint8,
    "limits": np.int32,
}
INPUT = "input"  # what layers call the network's own input
BATCH_BYTES = 2**27  # memory that a batch may take
LARGEST_BYTES = 3 * 2**27  # and that a single image may


@dataclass(frozen=True, kw_only=True)
class Input:
    """What a network takes.

    Parameters
    ----------
    shape : tuple of int
        Of one image.
    codes : Codes
        What the integers mean; without a scale they are pixels.
    channels_first : bool
        Images are (channels, height, width) rather than (height, width, channels).
    real : bool
        The format's own input is real and quantised by the network's first step.
    halves_away : bool
        That step rounds halves away from zero rather than to even.
    """

    shape: Shape
    codes: Codes = Codes(low=0, high=255)  # noqa: RUF009  (frozen)
    channels_first: bool = False
    real: bool = False
    halves_away: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A graph of integer layers.

    Parameters
    ----------
    layers : tuple of Layer
        In the order in which they run; each takes results of earlier ones, or ``"input"``.
    input : Input
        What the first ones take.
    output : str
        Layer whose result is the network's; the last by default.
    """

    layers: tuple[Layer, ...]
    input: Input
    output: str = ""
    shapes: dict[str, Shape] = field(init=False)  # of every tensor of one image
    codes: dict[str, Codes] = field(init=False)  # of every tensor

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("network must have at least one layer, not 0")
        names = [layer.name for layer in self.layers]
        if len({INPUT, *names}) != len(names) + 1:
            raise ValueError(f"layer names must be different, not {names}")
        object.__setattr__(self, "output", self.output or names[-1])
        codes = {INPUT: self.input.codes}
        shapes = {INPUT: self.input.shape}
        for layer in self.layers:
            for source in layer.sources:
                if source not in shapes:
                    raise ValueError(
                        f"layer {layer.name}: sources must be earlier layers, not {source!r}"
                    )
                if isinstance(layer, Matrix) and not codes[source].eight_bits:
                    low, high = codes[source].low, codes[source].high
                    raise ValueError(
                        f"layer {source}: limits must be within 8 bits where {layer.name} "
                        f"multiplies, not {low}, {high}"
                    )
            taken = [shapes[source] for source in layer.sources]
            shapes[layer.name] = layer.shape(*taken)
            codes[layer.name] = layer.codes
            needed = layer.working_bytes(*taken)
            if needed > LARGEST_BYTES:
                raise ValueError(
                    f"layer {layer.name}: memory per image must be at most "
                    f"{LARGEST_BYTES >> 20} MiB, not {needed >> 20}"
                )
        if self.output not in codes:
            raise ValueError(f"output must be a layer, not {self.output!r}")
        object.__setattr__(self, "shapes", shapes)
        object.__setattr__(self, "codes", codes)

    @classmethod
    def chain(cls, layers: tuple[Dense, ...]) -> "Network":
        """Make a network of dense layers on uint8 pixels, each taking the one before."""
        if not layers:
            raise ValueError("network must have at least one layer, not 0")
        for before, after in pairwise(layers):
            if before.codes.low < 0 or before.codes.high > 255:
                raise ValueError(
                    f"layer {before.name}: limits must be within 0 and 255 where another layer "
                    f"follows, not {before.codes.low}, {before.codes.high}"
                )
            if after.sources != (before.name,):
                raise ValueError(
                    f"layer {after.name}: source must be {before.name}, not {after.sources}"
                )
        return cls(layers=layers, input=Input(shape=(layers[0].inputs,)))

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """Layers with a matrix product."""
        return tuple(layer for layer in self.layers if isinstance(layer, Matrix))

    @property
    def is_chain(self) -> bool:
        """Whether it is dense layers only, each taking the one before."""
        sources = [(INPUT,), *((layer.name,) for layer in self.layers)]
        return (
            len(self.input.shape) == 1
            and self.output == self.layers[-1].name
            and all(
                isinstance(layer, Dense) and layer.sources == source
                for layer, source in zip(self.layers, sources, strict=False)
            )
        )

    @property
    def output_codes(self) -> Codes:
        """What the integers of the result mean."""
        return self.codes[self.output]

    def shapes_into(self, layer: Layer) -> list[Shape]:
        """Shapes of what a layer takes."""
        return [self.shapes[source] for source in layer.sources]

    def products(self, layer: Matrix) -> int:
        """Multiplications of a layer per image."""
        return layer.products(*self.shapes_into(layer))

    @cached_property
    def batch(self) -> int:
        """Images that run at once: as many as the memory for a batch allows."""
        most = max(layer.working_bytes(*self.shapes_into(layer)) for layer in self.layers)
        held = sum(prod(shape) for shape in self.shapes.values())
        return max(1, min(1024, BATCH_BYTES // (most + held)))

    @cached_property
    def _last_use(self) -> dict[str, str]:
        """For every tensor the layer that takes it last."""
        return {source: layer.name for layer in self.layers for source in layer.sources}

    def steps(
        self, x: ArrayLike, product: Product = exact_product
    ) -> Iterator[tuple[Layer, tuple[NDArray, ...], NDArray]]:
        """Run one batch layer by layer: each layer, what it took, what it gave."""
        x = np.asarray(x)
        values = {INPUT: x.astype(self.input.codes.dtype).reshape(len(x), *self.input.shape)}
        for layer in self.layers:
            taken = tuple(values[source] for source in layer.sources)
            if isinstance(layer, Matrix):
                given = layer.run(taken[0], product)
            else:
                given = layer.apply(*taken)
            values[layer.name] = given
            yield layer, taken, given
            for source in layer.sources:
                if self._last_use[source] == layer.name and source in values:
                    del values[source]

    def run(self, x: ArrayLike, product: Product = exact_product) -> NDArray:
        """Results of a set of images, batch by batch.

        Parameters
        ----------
        x : array_like of int, shape (images, ...)
            Codes of the input.
        product : callable
            Gets a layer and its vectors (groups, vectors, inputs), gives their sums
            (groups, vectors, outputs); exact by default.
        """
        x = np.asarray(x)
        results = []
        for start in range(0, max(len(x), 1), self.batch):
            for layer, _, given in self.steps(x[start : start + self.batch], product):
                if layer.name == self.output:
                    results.append(given)
        return np.concatenate(results)

    def trace(self, x: ArrayLike) -> dict[str, NDArray]:
        """All tensors by name, the input among them, of images that fit one batch."""
        x = np.asarray(x)
        values = {INPUT: x.reshape(len(x), *self.input.shape)}
        for layer, _, given in self.steps(x):
            values[layer.name] = given
        return values

    def classify(self, x: ArrayLike) -> NDArray[np.int64]:
        """Number of the largest output, the first of equals."""
        results = self.run(x)
        return results.reshape(len(results), -1).argmax(axis=1)

    def to_arrays(self) -> dict[str, NDArray]:
        """The arrays of the network file."""
        arrays: dict[str, NDArray] = {
            "format": np.array(FORMAT),
            "layers": np.array([layer.name for layer in self.layers]),
        }
        for layer in self.layers:
            rounding = layer.requantise if self.is_chain else None
            if not isinstance(rounding, Fixed) or rounding.twice or rounding.zero_point:
                raise ValueError(
                    f"layer {layer.name}: must be dense and round once in a network file"
                )
            arrays[f"{layer.name}.weights"] = layer.weights
            arrays[f"{layer.name}.bias"] = layer.bias
            arrays[f"{layer.name}.multiplier"] = rounding.multiplier
            arrays[f"{layer.name}.shift"] = rounding.shift
            arrays[f"{layer.name}.limits"] = np.array([rounding.low, rounding.high], np.int32)
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
        layers: list[Dense] = []
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
            limits = parts["limits"]
            if limits.shape != (2,):
                raise ValueError(f"layer {name}: limits must be two numbers, not {limits.shape}")
            low, high = map(int, limits)
            try:
                requantise = Fixed(
                    multiplier=parts["multiplier"], shift=parts["shift"], low=low, high=high
                )
            except ValueError as problem:
                raise ValueError(f"layer {name}: {problem}") from None
            layers.append(
                Dense(
                    name=name,
                    sources=(layers[-1].name,) if layers else (INPUT,),
                    weights=parts["weights"],
                    bias=parts["bias"],
                    requantise=requantise,
                )
            )
        return cls.chain(tuple(layers))
