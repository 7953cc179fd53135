"""A compiled tile as a function of arrays, called in a process of its own.

Run as ``python -m hwgen.flow.compiled.library LIBRARY JOB.npz RESULT.npz``: whatever the Verilog
does to the process that simulates it, the one that asks for it goes on.
"""

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen.flow.processes import end_with_parent

__all__ = ["INPUTS", "RESULTS", "pack", "run"]

MESSAGE_SIZE = 256

# Arrays that go in, and what their items are.
INPUTS: dict[str, type] = {
    "writes": np.uint32,
    "x": np.uint32,
    "y_in": np.int64,
    "cells": np.uint64,
    "tree": np.int16,
    "thresholds": np.int16,
    "first": np.int64,
}
# Arrays that come out: what their items are, and how many there may be.
RESULTS: dict[str, tuple[type, str]] = {
    "y": (np.int64, "y_count"),
    "x_cycle": (np.int64, "x_count"),
    "y_in_cycle": (np.int64, "y_count"),
    "y_cycle": (np.int64, "y_count"),
    "rows": (np.uint64, "read_limit"),
    "sample": (np.int64, "read_limit"),
    "last_sample": (np.int64, "read_limit"),
    "hold_clear": (np.int64, "read_limit"),
    "start": (np.int64, "conversions"),
    "place": (np.uint16, "conversions"),
    "decisions": (np.uint8, "conversions"),
    "found": (np.int64, "lanes"),
    "message": (np.uint8, "message"),
}
FOUND = ("x_found", "y_in_found", "y_found", "read_found", "clear_found")


class _Job(ctypes.Structure):
    """``struct Job`` of ``tile.cc``."""

    _fields_ = (
        ("writes", ctypes.c_void_p),
        ("write_count", ctypes.c_int64),
        ("status", ctypes.c_int64),
        ("seed", ctypes.c_int64),
        ("x", ctypes.c_void_p),
        ("x_count", ctypes.c_int64),
        ("y_in", ctypes.c_void_p),
        ("y_count", ctypes.c_int64),
        ("cells", ctypes.c_void_p),
        ("tree", ctypes.c_void_p),
        ("thresholds", ctypes.c_void_p),
        ("cycles", ctypes.c_int64),
        ("read_limit", ctypes.c_int64),
        ("first", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in ("y", "x_cycle", "y_in_cycle", "y_cycle", "rows")),
        *((name, ctypes.c_void_p) for name in ("sample", "last_sample", "hold_clear")),
        *((name, ctypes.c_void_p) for name in ("start", "place", "decisions")),
        *((name, ctypes.c_int64) for name in FOUND),
        ("found", ctypes.c_void_p),
        ("failed_lane", ctypes.c_int64),
        ("message", ctypes.c_void_p),
    )


def pack(values: NDArray, *, bits: int, word: type) -> NDArray:
    """Pack rows of small integers into words, the first value lowest.

    Parameters
    ----------
    values : numpy.ndarray of int, shape (n, fields)
        Negative ones become two's complement.
    bits : int
        Width of a field.
    word : type
        ``numpy.uint32`` or ``numpy.uint64``.

    Returns
    -------
    numpy.ndarray, shape (n, ceil(fields * bits / width of a word))

    Examples
    --------
    >>> pack(np.array([[1, -1, 2]]), bits=4, word=np.uint32).tolist()
    [[753]]
    """
    spread = ((values[..., np.newaxis] >> np.arange(bits)) & 1).astype(np.uint8)
    flat = spread.reshape(len(values), values.shape[1] * bits)
    octets = np.packbits(flat, axis=1, bitorder="little")
    size = np.dtype(word).itemsize
    padded = np.pad(octets, ((0, 0), (0, -octets.shape[1] % size)))
    return np.ascontiguousarray(padded).view(np.dtype(word).newbyteorder("<"))


def run(library: Path, arrays: Mapping[str, NDArray], numbers: Mapping[str, int]) -> dict:
    """Call a compiled tile.

    Parameters
    ----------
    library : Path
        What `build` made.
    arrays : mapping
        `INPUTS`.
    numbers : mapping
        ``status``, ``seed``, ``cycles``, ``x_count`` (beats), ``y_count`` (words), ``read_limit``
        and ``row_words``.

    Returns
    -------
    dict
        `RESULTS` as far as there were any, the `FOUND` numbers, ``failed_lane``, and ``message``:
        what broke the protocol, or None.
    """
    given = {name: np.ascontiguousarray(arrays[name], kind) for name, kind in INPUTS.items()}
    sizes = dict(numbers) | {
        "conversions": int(given["first"][-1]),
        "lanes": len(given["first"]) - 1,
        "message": MESSAGE_SIZE,
    }
    results = {name: np.zeros(sizes[size], kind) for name, (kind, size) in RESULTS.items()}
    results["rows"] = np.zeros((sizes["read_limit"], sizes["row_words"]), np.uint64)
    job = _Job(
        write_count=len(given["writes"]),
        **{name: numbers[name] for name in ("status", "seed", "cycles", "x_count", "y_count")},
        read_limit=numbers["read_limit"],
        failed_lane=-1,
        **{name: array.ctypes.data for name, array in (given | results).items()},
    )
    failed = ctypes.CDLL(str(library)).run(ctypes.byref(job))
    message = results.pop("message").tobytes().split(b"\0")[0].decode(errors="replace")
    found = {name: getattr(job, name) for name in (*FOUND, "failed_lane")}
    return results | found | {"message": message if failed else None}


def main(library: str, job: str, result: str) -> None:
    """Read a job from a file, leave its result in another."""
    end_with_parent()
    with np.load(job) as stored:
        arrays = {name: stored[name] for name in INPUTS}
        numbers = {name: int(stored[name]) for name in stored.files if name not in INPUTS}
    found = run(Path(library), arrays, numbers)
    np.savez(result, **found | {"message": np.array(found["message"] or "")})


if __name__ == "__main__":
    main(*sys.argv[1:])
