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
    octaves : int
        Lengths that a bound can have, in bits; 0 where nobody asks for it.
    centres : int
        Expected counts, one for each search table; 0 where nobody asks for them.

    Members
    -------
    plane : range(planes)
        The plane that was driven.
    negate : 1
        It counts negative.
    bound : bound_bits
        Largest count that its active rows allow, where a search can tell it.
    shift : range(octaves)
        Bits that the bound is shorter than the longest.
    centres : ArrayLayout(bound_bits, centres)
        Counts to expect.
    """

    def __init__(
        self, *, planes: int, bound_bits: int = 0, octaves: int = 0, centres: int = 0
    ) -> None:
        self.planes = positive_int("Plane count", planes)
        self.bound_bits = bound_bits
        self.octaves = octaves
        self.centres = centres
        members = {"plane": range(max(planes, 2)), "negate": 1}
        members |= {"bound": bound_bits} if bound_bits else {}
        members |= {"shift": range(octaves)} if octaves else {}
        counts = data.ArrayLayout(bound_bits, centres)
        super().__init__(members | ({"centres": counts} if centres else {}))
