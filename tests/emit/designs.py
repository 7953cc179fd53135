"""Designs that differ in everything that emission depends on, small enough to simulate."""

import functools

from hwgen.config import load
from hwgen.emit.rtl import emit_rtl

__all__ = ["VARIANTS", "design", "emitted"]

SMALL = {
    "extends": "trq",
    "name": "small",
    "array": {"rows": 16, "columns": 32},
    "weights": {"bits": 3},
    "inputs": {"bits": 4},
    "readout": {"bits": 5, "columns_per_lane": 4},
    "interface": {"x_elements": 4},
}

VARIANTS = {
    "small": {},
    "active_low": {
        "interface": {
            "x_elements": 4,
            "reset": {"kind": "asynchronous", "active": "low"},
            "compare_stages": 2,
        },
        "timing": {"compare_latency": 6, "settle_dac": 2, "settle_mux": 0, "sample_cycles": 3},
    },
    "signed": {
        "interface": {
            "x_elements": 4,
            "reset": {"kind": "synchronous", "active": "high"},
            "compare_stages": 1,
        },
        "inputs": {"bits": 4, "signed": True},
        "timing": {"compare_latency": 3},
    },
    "one_bank": {
        "array": {"rows": 16, "columns": 32, "cell_bits": 2, "column_order": "output_major"},
        "inputs": {"bits": 4, "dac_bits": 2},
        "readout": {
            "kind": "binary", "bits": 8, "columns_per_lane": 16, "sample_hold": "single"
        },
        "accumulate": {"y_in": False},
        "interface": {"x_elements": 4, "reset": {"kind": "synchronous", "active": "low"}},
    },
    "lane": {"top": "lane"},
    "lane_with_constants": {
        "top": "lane",
        "array": {"rows": 16, "columns": 32, "column_order": "output_major"},
        "readout": {"bits": 5, "columns_per_lane": 8},
        "inputs": {"bits": 4, "signed": True},
    },
    "converter": {
        "top": "lane",
        "readout": {
            "kind": "redundant", "bits": 6, "steps": [12, 8, 5, 3, 2, 1], "votes": 7, "voted": 3
        },
        "timing": {"settle_mux": 0, "acquire_cycles": 2, "settle_dac": 1},
    },
}  # fmt: skip


def design(variant="small", **keys):
    """Return a variant of the small design."""
    return load(SMALL | VARIANTS[variant] | keys)


@functools.cache
def emitted(name):
    """Return the RTL of a variant or a preset, which tests must not change."""
    return emit_rtl(design(name) if name in VARIANTS else load(name))
