"""What a held read carries with it from the sequencer to the lanes."""

from amaranth.lib import data

from hwgen.checks import positive_int

__all__ = ["ReadTag"]


class ReadTag(data.StructLayout):
    """What one bank holds.

    Parameters
    ----------
    planes : int
        Planes of a vector.
    bound_bits : int
        Width of a count; 0 where nobody asks for the bound.

    Members
    -------
    plane : range(planes)
        The plane that was driven.
    negate : 1
        It counts negative.
    bound : bound_bits
        Largest count that its active rows allow, where a search can tell it.
    """

    def __init__(self, *, planes: int, bound_bits: int = 0) -> None:
        self.planes = positive_int("Plane count", planes)
        self.bound_bits = bound_bits
        members = {"plane": range(max(planes, 2)), "negate": 1}
        super().__init__(members | ({"bound": bound_bits} if bound_bits else {}))
