"""An integer network while a file is being read: layers so far, their shapes and codes."""

from collections.abc import Sequence
from math import prod

import numpy as np

from hwgen.wording import shown
from hwgen_models.codes import Codes
from hwgen_models.layer import Layer, Shape
from hwgen_models.network import INPUT, Input, Network
from hwgen_models.pointwise import Lookup
from hwgen_models.reshaping import Reshape

__all__ = ["Assembly", "Node", "Refused", "same_codes"]

LARGEST_RESULT = 2**25  # codes of one image's tensor


class Refused(ValueError):  # noqa: N818  (reads as the state it reports)
    """What a file holds is not supported; the message names the node."""


class Node:
    """A node of a file, as errors name it.

    Parameters
    ----------
    name : str
        Its name, or what stands in for it; that of its layer.
    operator : str
        As the format calls it.
    """

    name: str
    operator: str

    def refuse(self, reason: str) -> Refused:
        """Make the error that names the node."""
        return Refused(f"node {shown(self.name)} ({self.operator}): {reason}")


def same_codes(a: Codes, b: Codes) -> bool:
    """Whether codes mean the same numbers."""
    return (a.scale, a.zero_point, a.low < 0) == (b.scale, b.zero_point, b.low < 0)


class Assembly:
    """Collects layers; tensors go by the names of the layers that give them."""

    def __init__(self, taken: Input) -> None:
        self.input = taken
        self.layers: list[Layer] = []
        self.shapes: dict[str, Shape] = {INPUT: taken.shape}
        self.codes: dict[str, Codes] = {INPUT: taken.codes}
        self._check_size(INPUT, taken.shape)

    def _check_size(self, name: str, shape: Shape) -> None:
        if prod(shape) > LARGEST_RESULT:
            raise Refused(f"layer {shown(name)}: results must be at most 2^25, not {prod(shape)}")

    def add(self, layer: Layer) -> str:
        """Append a layer; its name."""
        shape = layer.shape(*(self.shapes[source] for source in layer.sources))
        self._check_size(layer.name, shape)
        self.layers.append(layer)
        self.shapes[layer.name], self.codes[layer.name] = shape, layer.codes
        return layer.name

    def free(self, name: str) -> str:
        """Give a layer name that nobody has: `name`, or with a number behind."""
        wanted, number = name, 2
        while wanted in self.shapes:
            wanted, number = f"{name}.{number}", number + 1
        return wanted

    def reshape(self, name: str, source: str, to: Sequence[int]) -> str:
        """Append a reshape, unless the shape is the same already."""
        to = tuple(int(size) for size in to)
        if to == self.shapes[source]:
            return source
        return self.add(
            Reshape(name=self.free(name), sources=(source,), codes=self.codes[source], to=to)
        )

    def lookup(self, name: str, source: str, codes: Codes, table: np.ndarray) -> str:
        """Append a table from the codes of `source` to `codes`."""
        return self.add(
            Lookup(
                name=self.free(name),
                sources=(source,),
                codes=codes,
                table=np.clip(table, codes.low, codes.high).astype(np.int32),
                first=first_code(self.codes[source]),
            )
        )

    def every_code(self, source: str) -> np.ndarray:
        """All 256 codes that `source` may have."""
        if not self.codes[source].eight_bits:
            raise Refused(f"layer {shown(source)}: codes must be of 8 bits for a table")
        first = first_code(self.codes[source])
        return np.arange(first, first + 256)

    def network(self, output: str) -> Network:
        """Finish: layers that nothing leads to the output from are left out."""
        needed, kept = {output}, []
        for layer in reversed(self.layers):
            if layer.name in needed:
                needed |= set(layer.sources)
                kept.append(layer)
        return Network(layers=tuple(reversed(kept)), input=self.input, output=output)


def first_code(codes: Codes) -> int:
    """Smallest code of the type, not of the range."""
    return -128 if codes.low < 0 else 0
