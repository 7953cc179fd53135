"""Co-simulation without Python per cycle: the RTL, its clock and its analog side in one library.

`build` turns the Verilog of a tile and `tile.cc`, which plays everything around it, into a shared
library. `library` runs one stream of vectors through it, numpy arrays in and out, in a process of
its own. `compare` checks what came out against the golden model. `check` puts them together.
"""

__all__: list[str] = []
