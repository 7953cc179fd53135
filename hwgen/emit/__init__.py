"""From a design to everything that is delivered: text in, text out, and one module that writes it.

`hierarchy` takes the gateware apart into distinct blocks, `rtlil`, `netlist` and `verilog` turn
each into a page of Verilog-2005 that a person can read, and the other modules write what belongs to
it: the manifest, the documents, benches, tool files. Nothing here looks at a clock, a path or a
tool, so a design gives the same bytes everywhere. `deliver` puts them into a folder.
"""

__all__: list[str] = []
