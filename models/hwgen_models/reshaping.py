"""Layers that move codes and compute nothing: pad, slice, concatenate, reshape, transpose.

Axes count within one image: 0 is the first after the images'.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen_models.layer import Layer, Shape

__all__ = ["Concat", "Pad", "Reshape", "Slice", "Transpose"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Layer):
    """Surround with one code; negative amounts cut.

    Parameters
    ----------
    amounts : tuple of (int, int)
        Before and after, for every axis.
    value : int
        The code.
    """

    amounts: tuple[tuple[int, int], ...]
    value: int

    def shape(self, *shapes: Shape) -> Shape:
        """Sizes with the amounts added."""
        (shape,) = shapes
        if len(self.amounts) != len(shape):
            raise self.refuse(f"pads must be for {len(shape)} axes, not {len(self.amounts)}")
        sizes = tuple(
            size + before + after for size, (before, after) in zip(shape, self.amounts, strict=True)
        )
        if min(sizes) < 1 or any(
            size + min(before, 0) + min(after, 0) < 1
            for size, (before, after) in zip(shape, self.amounts, strict=True)
        ):
            raise self.refuse(f"pads must leave something of {shape}, not {self.amounts}")
        return sizes

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        cut = [
            slice(max(-before, 0), size - max(-after, 0))
            for size, (before, after) in zip(values[0].shape[1:], self.amounts, strict=True)
        ]
        added = [(max(before, 0), max(after, 0)) for before, after in self.amounts]
        return np.pad(values[0][(slice(None), *cut)], [(0, 0), *added], constant_values=self.value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slice(Layer):
    """Every so many codes of some axes.

    Parameters
    ----------
    slices : tuple of slice
        For every axis.
    drop : tuple of int
        Axes that vanish, each one long.
    """

    slices: tuple[slice, ...]
    drop: tuple[int, ...] = ()

    def shape(self, *shapes: Shape) -> Shape:
        """Sizes of what is left."""
        (shape,) = shapes
        if len(self.slices) != len(shape):
            raise self.refuse(f"slices must be for {len(shape)} axes, not {len(self.slices)}")
        sizes = [
            len(range(*cut.indices(size))) for size, cut in zip(shape, self.slices, strict=True)
        ]
        if 0 in sizes:
            raise self.refuse(f"slices must leave something of {shape}, not {sizes}")
        if any(sizes[axis] != 1 for axis in self.drop):
            raise self.refuse(f"axes that vanish must be one long, not {sizes}")
        return tuple(size for axis, size in enumerate(sizes) if axis not in self.drop)

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        cut = values[0][(slice(None), *self.slices)]
        return cut.squeeze(tuple(axis + 1 for axis in self.drop)) if self.drop else cut


@dataclass(frozen=True, kw_only=True, eq=False)
class Concat(Layer):
    """Tensors one after the other along an axis."""

    axis: int

    def shape(self, *shapes: Shape) -> Shape:
        """Sizes added along the axis."""
        axis, first = self.axis, shapes[0]
        if not 0 <= axis < len(first):
            raise self.refuse(f"axis must be one of {len(first)}, not {axis}")
        rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len(rest) != 1:
            raise self.refuse(f"tensors must differ along axis {axis} only, not {shapes}")
        return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        return np.concatenate(values, axis=self.axis + 1).astype(self.codes.dtype)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reshape(Layer):
    """The same codes in another shape."""

    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        """The new one."""
        if prod(self.to) != prod(shapes[0]) or min(self.to, default=1) < 1:
            raise self.refuse(f"shape must hold the codes of {shapes[0]}, not be {self.to}")
        return self.to

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        return values[0].reshape(len(values[0]), *self.to)


@dataclass(frozen=True, kw_only=True, eq=False)
class Transpose(Layer):
    """The same codes with axes in another order."""

    order: tuple[int, ...]

    def shape(self, *shapes: Shape) -> Shape:
        """Sizes in the new order."""
        (shape,) = shapes
        if sorted(self.order) != list(range(len(shape))):
            raise self.refuse(f"order must be one of {len(shape)} axes, not {self.order}")
        return tuple(shape[axis] for axis in self.order)

    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch."""
        return values[0].transpose(0, *(axis + 1 for axis in self.order))
