"""Images of a data file as the codes that a network takes."""

from dataclasses import dataclass
from hashlib import sha256
from math import prod

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen_models.layer import Shape
from hwgen_models.network import Network

__all__ = ["Images", "codes_of", "fingerprints", "real_of", "require_other"]

CHUNK = 64  # images quantised at once
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@dataclass(frozen=True, kw_only=True, eq=False)
class Images:
    """One part of a data file, as the file has it.

    Parameters
    ----------
    name : str
        Of the file.
    pixels : numpy.ndarray, shape (images, ...)
        ``images`` (uint8, N x H x W x C), or ``inputs`` in the network's own layout and type.
    labels : numpy.ndarray of int64 or None
        One per image.
    own_layout : bool
        `pixels` are ``inputs``.
    mean, std : numpy.ndarray of float32 or None
        Per channel: the real input is (pixel / 255 - mean) / std.
    """

    name: str
    pixels: NDArray
    labels: NDArray[np.int64] | None
    own_layout: bool = False
    mean: NDArray[np.float32] | None = None
    std: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def top1(self, outputs: NDArray) -> float | None:
        """Share of images whose largest output is their label; None without labels."""
        if self.labels is None:
            return None
        largest = outputs.reshape(len(outputs), -1).argmax(axis=1)
        return float((largest == self.labels).mean())


def require_other(calibration: Images, reported: Images) -> None:
    """Refuse images that are reported and have calibrated: the result would flatter itself.

    Raises
    ------
    UserError
        When any image is among both.
    """
    known = {image.tobytes() for image in calibration.pixels}
    same = sum(image.tobytes() in known for image in reported.pixels)
    if same:
        raise UserError(
            f"--calibration: must hold other images than are run of {reported.name}, "
            f"not {same} of the same"
        )


def fingerprints(images: Images) -> list[str]:
    """Tell images apart by ten letters each: 40 bits of the SHA-256 of what the file holds.

    Letters only, so that no reader of a design file takes one for a number.
    """
    digests = (sha256(image.tobytes()).hexdigest()[:10] for image in images.pixels)
    return [digest.translate(LETTERS) for digest in digests]


def real_of(images: Images, shape: Shape, *, channels_first: bool) -> NDArray[np.float32]:
    """Real inputs of a network whose images have `shape`.

    Raises
    ------
    UserError
        When the images have another size.
    """
    return _normalised(images, _placed(images, shape, channels_first), channels_first)


def codes_of(network: Network, images: Images) -> NDArray:
    """Codes that a network takes: (images, ...).

    Raises
    ------
    UserError
        When an image has another size or type than the network takes, or a label has no output.
    """
    _check_labels(network, images)
    taken = network.input
    placed = _placed(images, taken.shape, taken.channels_first, network.layers[0].name)
    codes = taken.codes
    if codes.scale is None:
        if images.mean is not None or images.std is not None:
            raise UserError(
                f"{images.name}: mean, std must be absent for a network of uint8 pixels, not given"
            )
        if placed.dtype != np.uint8:
            raise UserError(
                f"{images.name}: inputs must be uint8 for a network of pixels, not {placed.dtype}"
            )
        return placed
    if images.own_layout and not taken.real and placed.dtype.kind in "iu":
        if placed.min() < codes.low or placed.max() > codes.high:
            raise UserError(
                f"{images.name}: inputs must be codes from {codes.low} to {codes.high}, "
                f"not {placed.min()} to {placed.max()}"
            )
        return placed.astype(codes.dtype)
    result = np.empty(placed.shape, codes.dtype)
    for start in range(0, len(placed), CHUNK):
        part = slice(start, start + CHUNK)
        real = _normalised(images, placed[part], taken.channels_first)
        result[part] = codes.quantise(real, halves_away=taken.halves_away)
    return result


def _check_labels(network: Network, images: Images) -> None:
    """Refuse labels that no output stands for."""
    if images.labels is None:
        return
    low, high = images.labels.min(), images.labels.max()
    outputs = prod(network.shapes[network.output])
    if low < 0 or high >= outputs:
        raise UserError(
            f"{images.name}: labels must be between 0 and {outputs - 1}, "
            f"not {low if low < 0 else high}"
        )


def _placed(
    images: Images, shape: Shape, channels_first: bool, first: str | None = None
) -> NDArray:
    """Arrange images as the network has them."""
    pixels, found = images.pixels, images.pixels.shape[1:]
    if len(shape) == 1 or images.own_layout:
        if prod(found) != prod(shape):
            takes = f"that layer {first} takes" if first else "that the network takes"
            raise UserError(
                f"{images.name}: images must have the {prod(shape)} values {takes}, "
                f"not {prod(found)}"
            )
        return pixels.reshape(len(pixels), *shape)
    wanted = (*shape[1:], shape[0]) if channels_first else shape
    if found != wanted:
        sizes = [" x ".join(map(str, size)) for size in (wanted, found)]
        raise UserError(
            f"{images.name}: images must be {sizes[0]} (H x W x C) for this network, not {sizes[1]}"
        )
    return pixels.transpose(0, 3, 1, 2) if channels_first else pixels


def _normalised(images: Images, placed: NDArray, channels_first: bool) -> NDArray[np.float32]:
    """Real numbers of arranged images: pixels as they are, or less their mean, by their spread."""
    real = placed.astype(np.float32)
    if images.mean is None or images.std is None:
        if not np.isfinite(real).all():
            raise UserError(f"{images.name}: inputs must be finite numbers, but are not")
        return real
    if real.ndim == 4 and channels_first:
        along = (-1, 1, 1)
        channels = real.shape[1]
    else:
        along = (-1,)
        channels = real.shape[-1]
    if len(images.mean) not in (1, channels):
        raise UserError(
            f"{images.name}: mean and std must be for {channels} channels, not {len(images.mean)}"
        )
    return (real / np.float32(255) - images.mean.reshape(along)) / images.std.reshape(along)
