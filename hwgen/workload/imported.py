"""Networks from other tools' files; one line for whatever cannot be imported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hwgen.errors import UserError
from hwgen.wording import shown
from hwgen.workload.images import Images, real_of
from hwgen_models.network import Network

__all__ = ["Imported", "from_onnx", "from_tflite"]

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True, eq=False)
class Imported:
    """A network and where it comes from.

    Parameters
    ----------
    network : Network
        Its integer layers.
    format : str
        ``hwgen``, ``tflite``, ``onnx`` (quantised) or ``onnx-float``.
    calibration : str or None
        File that a float network was quantised with.
    calibration_images : int or None
        How many images of it.
    """

    network: Network
    format: str
    calibration: str | None = None
    calibration_images: int | None = None

    @property
    def needs_calibration(self) -> bool:
        """Whether only shapes and weights of the network mean something."""
        return self.format == "onnx-float" and self.calibration is None


def from_tflite(source: str, content: bytes, kernels: str = "reference") -> Imported:
    """Import an int8 TFLite file, rounding as one of LiteRT's sets of kernels does.

    Raises
    ------
    UserError
        Naming the file, the node and the reason.
    """
    from hwgen.workload.tflite import file as tflite_file
    from hwgen.workload.tflite import kernels as tflite_kernels
    from hwgen.workload.tflite import layers as tflite_layers

    chosen = tflite_kernels.KERNELS[kernels]
    graph = _guarded(source, "TFLite", lambda: tflite_file.read(content))
    network = _guarded(source, "TFLite", lambda: tflite_layers.network_of(graph, chosen))
    return Imported(network=network, format="tflite")


def from_onnx(source: str, content: bytes, images: Callable[[], Images] | None = None) -> Imported:
    """Import an ONNX file: quantised (QDQ) as it is, float by quantising it with `images`.

    Raises
    ------
    UserError
        Naming the file, the node and the reason.
    """
    from hwgen.workload.onnx import file as onnx_file
    from hwgen.workload.onnx import graph as onnx_graph
    from hwgen.workload.onnx import layers as onnx_layers
    from hwgen.workload.onnx import quantise as onnx_quantise

    graph = _guarded(source, "ONNX", lambda: onnx_file.read(content))
    if not onnx_quantise.is_float(graph):

        def quantised() -> Network:
            noted = onnx_graph.note(graph)
            onnx_graph.fuse_clips(noted)
            return onnx_layers.network_of(noted)

        return Imported(network=_guarded(source, "ONNX", quantised), format="onnx")

    noted = _guarded(source, "ONNX", lambda: onnx_quantise.prepare(graph))
    chosen = None if images is None else images()
    real = None
    if chosen is not None:
        first = len(graph.input_shape) == 3
        real = real_of(chosen, graph.input_shape, channels_first=first)

    def calibrated() -> Network:
        return onnx_layers.network_of(onnx_quantise.quantise(noted, real))

    return Imported(
        network=_guarded(source, "ONNX", calibrated),
        format="onnx-float",
        calibration=None if chosen is None else chosen.name,
        calibration_images=None if chosen is None else len(chosen),
    )


def _guarded(source: str, kind: str, read: Callable[[], Read]) -> Read:
    """Run a step of an import; every complaint gets its file, and damage is no fault of ours."""
    try:
        with np.errstate(all="ignore"):
            return read()
    except UserError:
        raise
    except ValueError as problem:
        reason = " ".join(str(problem).split())
        raise UserError(f"{source}: {reason[:300]}") from None
    except Exception as problem:  # damaged files make readers raise a dozen kinds
        reason = shown(" ".join(str(problem).split())) if str(problem) else type(problem).__name__
        message = f"{source}: must be a readable {kind} file, not damaged ({reason})"
        raise UserError(message) from None
