"""What a network file holds: layers, shapes, ranges, and what crossbars can take over."""

from pathlib import Path

from hwgen.workload.inputs import open_network
from hwgen.workload.shapes import shapes_of
from hwgen_models.codes import Codes
from hwgen_models.layer import Layer
from hwgen_models.matrix import Matrix

__all__ = ["inspect"]


def inspect(network: str, *, calibration: str | None = None) -> dict:
    """Describe a network.

    Parameters
    ----------
    network : str
        ``digits`` or a file.
    calibration : str, optional
        Images that a float network is quantised with; without them its ranges are null.

    Returns
    -------
    dict
        The keys of ``hwgen inspect --json``, see ``docs/workload.md``.

    Raises
    ------
    UserError
        When the file does not hold a network that is supported.
    """
    found = open_network(network, calibration=calibration)
    model, known = found.network, not found.needs_calibration
    layers = {
        layer.name: shapes_of(model, layer)
        | _meaning(layer.codes, known)
        | {"crossbars": isinstance(layer, Matrix), **_weights(layer)}
        for layer in model.layers
    }
    return {
        "network": network,
        "name": Path(network).stem,
        "format": found.format,
        "calibration": found.calibration,
        "calibration_images": found.calibration_images,
        "input": {
            "shape": list(model.input.shape),
            "channels": "first" if model.input.channels_first else "last",
            "real": model.input.real,
            **_meaning(model.input.codes, known),
        },
        "output": model.output,
        "weights": sum(layer["weights"] or 0 for layer in layers.values()),
        "products": sum(layer["products"] or 0 for layer in layers.values()),
        "layers": layers,
    }


def _meaning(codes: Codes, known: bool) -> dict:
    """Range and meaning of codes; null where calibration has yet to tell."""
    meaning = {
        "type": codes.dtype.name,
        "low": codes.low,
        "high": codes.high,
        "scale": codes.scale,
        "zero_point": codes.zero_point,
    }
    return meaning if known else meaning | dict.fromkeys(meaning)


def _weights(layer: Layer) -> dict:
    """Smallest and largest weight."""
    if not isinstance(layer, Matrix):
        return {"smallest_weight": None, "largest_weight": None}
    return {
        "smallest_weight": int(layer.weights.min()),
        "largest_weight": int(layer.weights.max()),
    }
