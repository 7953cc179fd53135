"""What TFLite's tensors and activations mean as codes."""

import numpy as np

from hwgen.workload.tflite.file import Operator, Tensor
from hwgen_models.codes import Codes

__all__ = ["ACTIVATIONS", "axes_of", "codes_of", "limited"]

ACTIVATIONS = {0: (-np.inf, np.inf), 1: (0, np.inf), 2: (-1, 1), 3: (0, 6)}
LIMITS = {np.dtype(np.int8): (-128, 127), np.dtype(np.uint8): (0, 255)}


def codes_of(tensor: Tensor) -> Codes | None:
    """What an 8-bit tensor's integers mean; None where it is something else."""
    if tensor.dtype not in LIMITS or len(tensor.scales) != 1:
        return None
    low, high = LIMITS[tensor.dtype]
    zero_point = int(tensor.zero_points[0])
    if not low <= zero_point <= high:
        raise ValueError(f"tensor {tensor.name[:60]!r}: zero point must fit, not {zero_point}")
    return Codes(low=low, high=high, scale=float(tensor.scales[0]), zero_point=zero_point)


def limited(codes: Codes, low: float, high: float) -> Codes:
    """Codes between two real numbers, rounded as the kernels do."""

    def code(real: float) -> int:
        ratio = np.float32(real) / np.float32(codes.scale)
        if not np.isfinite(ratio) or abs(ratio) > 2**20:
            return codes.high if real > 0 else codes.low
        return int(np.copysign(np.floor(abs(ratio) + np.float32(0.5)), ratio)) + codes.zero_point

    lowest = max(codes.low, code(low)) if low != -np.inf else codes.low
    highest = min(codes.high, code(high)) if high != np.inf else codes.high
    return Codes(low=lowest, high=highest, scale=codes.scale, zero_point=codes.zero_point)


def axes_of(op: Operator, axes: list[int], count: int) -> tuple[int, ...]:
    """Axes of one image, from those of a batch."""
    counted = {axis + count + 1 if axis < 0 else axis for axis in axes}
    if 0 in counted:
        raise op.refuse("axes must leave the batch alone, but do not")
    return tuple(sorted(axis - 1 for axis in counted))
