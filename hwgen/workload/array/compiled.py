"""How inner loops are compiled."""

from collections.abc import Callable

from numba import njit

__all__ = ["compiled"]


def compiled(function: Callable) -> Callable:
    """Compile a function when it is first called; it runs without the interpreter's lock.

    The machine code is kept beside the source or in the user's cache, so that only the first
    process waits for it, some seconds. Where neither can be written, every process does.
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nowhere to keep it
        return njit(nogil=True)(function)
