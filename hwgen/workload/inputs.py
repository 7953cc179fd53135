"""Networks and images by name or file; whatever is wrong with a file is said in one line."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import UserError
from hwgen.workload import digits
from hwgen.workload.images import Images
from hwgen.workload.imported import Imported, from_onnx, from_tflite
from hwgen.workload.parts import CALIBRATION, TEST, TRAIN
from hwgen_models.network import Network

__all__ = ["calibration_images", "load_images", "load_network", "open_network"]

Read = TypeVar("Read")

CALIBRATION_IMAGES = 256  # that a float network is quantised with at most
ENDINGS = (".tflite", ".onnx")
LARGEST_FILE = 2**30


def open_network(
    source: str, *, calibration: str | None = None, kernels: str = "reference"
) -> Imported:
    """Read a network: ``digits``, or a TFLite, ONNX or network file.

    Parameters
    ----------
    source : str
        Name or path; the ending says which format.
    calibration : str, optional
        Name or path of the images that a float network is quantised with: those of the calibration
        part, at most the first 256. Without it only shapes and weights of a float network are
        known.
    kernels : str
        Kernels of LiteRT that a TFLite file is rounded as: ``reference`` or ``xnnpack``.

    Raises
    ------
    UserError
        When it is neither, or the file does not hold a network that is supported.
    """
    path = Path(source)
    if path.suffix not in ENDINGS:
        endings = ".tflite, .onnx or .npz"
        network = _read("--network", source, digits.NETWORK, Network.from_arrays, endings)
        return Imported(network=network, format="hwgen")
    if not path.is_file():
        raise UserError(f"{source}: must be a file, not missing")
    if path.stat().st_size > LARGEST_FILE:
        raise UserError(f"{source}: must be at most 1 GiB, not {path.stat().st_size} bytes")
    if path.suffix == ".tflite":
        return from_tflite(source, path.read_bytes(), kernels)
    images = None
    if calibration is not None:
        images = partial(calibration_images, calibration)

    return from_onnx(source, path.read_bytes(), images)


def calibration_images(source: str) -> Images:
    """Images that a float network is quantised with: at most 256 of the calibration part."""
    return load_images(source, part=CALIBRATION, most=CALIBRATION_IMAGES, option="--calibration")


def load_network(source: str) -> Network:
    """Read a network that needs no calibration.

    Raises
    ------
    UserError
        When the file does not hold such a network.
    """
    found = open_network(source)
    if found.needs_calibration:
        raise UserError(f"{source}: float network must be calibrated with images, but is not")
    return found.network


def load_images(
    source: str,
    *,
    part: int = TEST,
    images: int | None = None,
    most: int | None = None,
    option: str = "--data",
) -> Images:
    """Read images: ``digits`` or a data file.

    A data file is a numpy archive with ``images`` (uint8, N x H x W x C) or ``inputs`` (N x ..., in
    the network's own layout and type), and optionally ``labels`` (N), ``mean`` and ``std`` (per
    channel, for ``images``). A file with ``split`` (uint8, N: 0 train, 1 calibration, 2 test) gives
    only the images of `part`; a file without it gives all.

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
    option : str
        What complaints call the source.

    Raises
    ------
    UserError
        When the file cannot be read or holds something else, or has fewer images.
    """

    def parse(arrays: dict[str, NDArray]) -> Images:
        key = "inputs" if "inputs" in arrays else "images"
        if key not in arrays:
            raise ValueError("inputs or images must be in the file, not missing")
        pixels = arrays[key]
        kinds = "iuf" if key == "inputs" else "u"
        if (
            pixels.dtype.kind not in kinds
            or (key == "images" and pixels.dtype != np.uint8)
            or pixels.ndim < 2
            or 0 in pixels.shape
        ):
            wanted = "numbers" if key == "inputs" else "uint8"
            raise ValueError(
                f"{key} must be {wanted} with one row per image, not {pixels.dtype} {pixels.shape}"
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
        mean, std = _normalisation(arrays, key)
        return Images(
            name=source,
            pixels=pixels[chosen],
            labels=None if labels is None else labels[chosen].astype(np.int64),
            own_layout=key == "inputs",
            mean=mean,
            std=std,
        )

    return _read(option, source, digits.IMAGES, parse, "an .npz file")


def _normalisation(
    arrays: dict[str, NDArray], key: str
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Mean and spread of the pixels, both or neither."""
    if "mean" not in arrays and "std" not in arrays:
        return None, None
    if key == "inputs":
        raise ValueError("mean, std must be absent beside inputs, not given")
    found = []
    for name in ("mean", "std"):
        array = np.atleast_1d(arrays.get(name, np.empty(0)))
        if array.dtype.kind not in "iuf" or array.ndim != 1 or not array.size:
            raise ValueError(f"{name} must be one number per channel beside the other, but is not")
        found.append(array.astype(np.float32))
    mean, std = found
    if len(mean) != len(std) or not np.isfinite(mean).all() or not (std > 0).all():
        raise ValueError("mean and std must be finite, std positive, one each per channel")
    return mean, std


def _read(
    option: str,
    source: str,
    embedded: Path,
    parse: Callable[[dict[str, NDArray]], Read],
    endings: str,
) -> Read:
    """Give `parse` the arrays of a name or file, and every complaint its file."""
    path = embedded if source == digits.NAME else Path(source)
    if path.suffix != ".npz":
        raise UserError(f"{option}: must be `{digits.NAME}` or {endings}, not {source!r}")
    if not path.is_file():
        raise UserError(f"{source}: must be a file, not missing")
    if not is_zipfile(path):  # numpy takes anything else for a pickle, and advises to load it
        raise UserError(f"{source}: must be a readable .npz archive, not damaged or something else")
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
