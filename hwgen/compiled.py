"""How inner loops are compiled, and what they count with."""

from collections.abc import Callable

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["compiled", "popcount"]


def compiled(function: Callable) -> Callable:
    """Compile a function when it is first called; it runs without the interpreter's lock.

    The machine code is kept beside the source or in the user's cache, so that only the first
    process waits for it, some seconds. Where neither can be written, every process does.

    numba sees when the file of the function has changed, not when that of another compiled function
    has which it calls: after such a change, touch the file of the caller too.
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nowhere to keep it
        return njit(nogil=True)(function)


@intrinsic
def popcount(_, word):  # noqa: ARG001  (numba looks at names and number)
    """Ones of a 64-bit word: one instruction."""

    def generate(_, builder: ir.IRBuilder, __, arguments):
        counts = builder.module.declare_intrinsic("llvm.ctpop", [arguments[0].type])
        return builder.call(counts, arguments)

    return types.uint64(types.uint64), generate
