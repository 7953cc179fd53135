"""Windows that slide over images: sizes, and what lies under each place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "from_channels_last", "padded", "to_channels_last"]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A kernel's rows and columns, and how it moves.

    Parameters
    ----------
    kernel, strides, dilations : (int, int)
        Down, across.
    pads : (int, int, int, int)
        Rows above, columns left, rows below, columns right.
    """

    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        for part, length, least in (
            ("kernel", 2, 1),
            ("strides", 2, 1),
            ("dilations", 2, 1),
            ("pads", 4, 0),
        ):
            values = getattr(self, part)
            if len(values) != length or min(values) < least or max(values) >= 2**16:
                raise ValueError(
                    f"{part} must be {length} integers between {least} and 65535, not {values}"
                )

    def output(self, height: int, width: int) -> tuple[int, int]:
        """Places of the window, down and across, on an image of this size.

        >>> Window(kernel=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1)).output(32, 32)
        (16, 16)
        """
        top, left, bottom, right = self.pads
        places = [
            (size + before + after - (kernel - 1) * dilation - 1) // stride + 1
            for size, before, after, kernel, dilation, stride in zip(
                (height, width),
                (top, left),
                (bottom, right),
                self.kernel,
                self.dilations,
                self.strides,
                strict=True,
            )
        ]
        if min(places) < 1:
            raise ValueError(f"kernel {self.kernel} must fit the image, not exceed {height, width}")
        return places[0], places[1]

    def taps(self, x: NDArray) -> Iterator[tuple[int, int, NDArray]]:
        """Go through the kernel: row, column, and what lies there under all places.

        Parameters
        ----------
        x : numpy.ndarray, shape (images, height, width, channels)
            Padded images.
        """
        height, width = x.shape[1:3]
        down, across = Window(
            kernel=self.kernel, strides=self.strides, dilations=self.dilations
        ).output(height, width)
        for row in range(self.kernel[0]):
            first = row * self.dilations[0]
            rows = slice(first, first + (down - 1) * self.strides[0] + 1, self.strides[0])
            for column in range(self.kernel[1]):
                first = column * self.dilations[1]
                columns = slice(first, first + (across - 1) * self.strides[1] + 1, self.strides[1])
                yield row, column, x[:, rows, columns]


def padded(x: NDArray, pads: tuple[int, int, int, int], value: int) -> NDArray:
    """Surround images (images, height, width, channels) with a value."""
    if not any(pads):
        return x
    top, left, bottom, right = pads
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=value)


def to_channels_last(x: NDArray, channels_first: bool) -> NDArray:
    """See images as (images, height, width, channels)."""
    return x.transpose(0, 2, 3, 1) if channels_first else x


def from_channels_last(x: NDArray, channels_first: bool) -> NDArray:
    """See (images, height, width, channels) in the network's own order."""
    return x.transpose(0, 3, 1, 2) if channels_first else x
