"""Networks and images by name or file; whatever is wrong with a file is said in one line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.workload import digits
from hwgen.workload.parts import CALIBRATION, TEST, TRAIN
from hwgen_models.network import Network

__all__ = ["Images", "check_fit", "load_images", "load_network"]

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True, eq=False)
class Images:
    """One part of a data file, flattened for a dense network."""

    name: str
    pixels: NDArray[np.uint8]  # (images, inputs)
    labels: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.pixels)

    def top1(self, outputs: NDArray) -> float | None:
        """Share of images whose largest output is their label; None without labels."""
        if self.labels is None:
            return None
        return float((outputs.argmax(axis=1) == self.labels).mean())


def load_network(source: str) -> Network:
    """Read a network: ``digits`` or a network file (see `hwgen_models.network`).

    Raises
    ------
    UserError
        When it is neither, or the file does not hold a network.
    """
    return _read("--network", source, digits.NETWORK, Network.from_arrays)


def load_images(
    source: str, *, part: int = TEST, images: int | None = None, most: int | None = None
) -> Images:
    """Read images: ``digits`` or a data file.

    A data file is a numpy archive with ``inputs`` (N x inputs) or ``images`` (N x H x W x C), both
    uint8, and optionally ``labels`` (N). A file with ``split`` (uint8, N: 0 train, 1 calibration,
    2 test) gives only the images of `part`; a file without it gives all.

    Parameters
    ----------
    source : str
        Name or path.
    part : int
        Which images are wanted: `CALIBRATION` or `TEST` of `hwgen.workload.parts`.
    images : int or None
        Take only the first so many, which must be there.
    most : int or None
        Take at most the first so many where `images` does not say; None takes all.

    Raises
    ------
    UserError
        When the file cannot be read or holds something else, or has fewer images.
    """

    def parse(arrays: dict[str, NDArray]) -> Images:
        if "mean" in arrays or "std" in arrays:
            raise ValueError("mean, std must be absent for a network of uint8 pixels, not given")
        key = "inputs" if "inputs" in arrays else "images"
        if key not in arrays:
            raise ValueError("inputs or images must be in the file, not missing")
        pixels = arrays[key]
        if pixels.dtype != np.uint8 or pixels.ndim < 2 or 0 in pixels.shape:
            raise ValueError(
                f"{key} must be uint8 with one row per image, not {pixels.dtype} {pixels.shape}"
            )
        labels, split = arrays.get("labels"), arrays.get("split")
        for name, array in (("labels", labels), ("split", split)):
            if array is None:
                continue
            if array.shape != (len(pixels),) or array.dtype.kind not in "iu":
                raise ValueError(
                    f"{name} must be {len(pixels)} integers, not {array.dtype} {array.shape}"
                )
        if split is None:
            split = np.full(len(pixels), part)
        elif not np.isin(split, (TRAIN, CALIBRATION, TEST)).all():
            raise ValueError(f"split must be 0, 1 or 2, not {split.min()} to {split.max()}")
        chosen = np.flatnonzero(split == part)
        if not len(chosen):
            raise ValueError(f"split must mark images with {part}, not none")
        if images is not None and not 1 <= images <= len(chosen):
            raise UserError(f"--images: must be between 1 and {len(chosen)}, not {images}")
        chosen = chosen[: most if images is None else images]
        return Images(
            name=source,
            pixels=pixels.reshape(len(pixels), -1)[chosen],
            labels=None if labels is None else labels[chosen].astype(np.int64),
        )

    return _read("--data", source, digits.IMAGES, parse)


def check_fit(network: Network, images: Images) -> None:
    """Refuse images that the network cannot take.

    Raises
    ------
    UserError
        When an image has another size than the first layer, or a label has no output.
    """
    first, last = network.layers[0], network.layers[-1]
    if images.pixels.shape[1] != first.inputs:
        raise UserError(
            f"{images.name}: images must have the {first.inputs} values that layer {first.name} "
            f"takes, not {images.pixels.shape[1]}"
        )
    if images.labels is not None:
        low, high = images.labels.min(), images.labels.max()
        if low < 0 or high >= last.outputs:
            raise UserError(
                f"{images.name}: labels must be between 0 and {last.outputs - 1}, "
                f"not {low if low < 0 else high}"
            )


def _read(
    option: str, source: str, embedded: Path, parse: Callable[[dict[str, NDArray]], Read]
) -> Read:
    """Give `parse` the arrays of a name or file, and every complaint its file."""
    path = embedded if source == digits.NAME else Path(source)
    if path.suffix != ".npz":
        raise UserError(f"{option}: must be `{digits.NAME}` or an .npz file, not {source!r}")
    if not path.is_file():
        raise UserError(f"{source}: must be a file, not missing")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except Exception as problem:  # damaged archives raise a dozen kinds
        reason = " ".join(str(problem).split())[:80] or type(problem).__name__
        message = f"{source}: must be a readable .npz archive, not damaged ({reason})"
        raise UserError(message) from None
    try:
        return parse(arrays)
    except (ValueError, TypeError) as problem:
        raise UserError(f"{source}: {problem}") from None
