"""Cells as netlists of Yosys's own gates, evaluated for every combination of their inputs."""

import numpy as np

from hwgen.liberty.functions import parse

FUNCTIONS = {
    "$_NOT_": parse("!A"),
    "$_AND_": parse("A & B"),
    "$_ANDNOT_": parse("A & !B"),
    "$_OR_": parse("A | B"),
    "$_XOR_": parse("A ^ B"),
    "$tribuf": parse("A"),
}
# All of them take and keep what they do on ones; R and S are clear and preset.
FLIP_FLOPS = {"$_DFF_P_", "$_DFF_PP0_", "$_DFF_PP1_", "$_DFFSR_PPP_"}
LATCHES = {"$_DLATCH_P_", "$_DLATCH_PP0_", "$_DLATCH_PP1_", "$_DLATCHSR_PPP_"}
KEPT = "kept"  # the variable that stands for what registers keep


class Netlist:
    """A module of Yosys's JSON, over its inputs and, as the last variable, the value it keeps."""

    def __init__(self, module):
        self.ports, self.cells = module["ports"], list(module["cells"].values())
        self.inputs = [name for name, one in self.ports.items() if one["direction"] == "input"]
        self.outputs = [name for name in self.ports if name not in self.inputs]
        self.names = (*self.inputs, KEPT)
        self.ones = np.ones(2 ** len(self.names), dtype=bool)
        self.nets = {"0": ~self.ones, "1": self.ones}
        self.nets |= {self.net(name): self.table(parse(name)) for name in self.inputs}
        self.drivers = {}
        for cell in self.cells:
            if "Q" in cell["connections"]:
                self.nets[cell["connections"]["Q"][0]] = self.table(parse(KEPT))
            else:
                self.drivers[cell["connections"]["Y"][0]] = cell

    def net(self, port):
        (net,) = self.ports[port]["bits"]
        return net

    def table(self, function, kept=(KEPT,)):
        """Evaluate an expression that calls the kept value, and its inverse, by other names."""
        entries = np.arange(len(self.ones))
        values = {name: (entries >> bit & 1).astype(bool) for bit, name in enumerate(self.names)}
        values |= dict(zip(kept, (values[KEPT], ~values[KEPT]), strict=False))
        return function.evaluate(values, np.bool_(True)) & self.ones

    def value(self, net):
        if net not in self.nets:
            cell = self.drivers[net]
            values = {
                pin: self.value(bits[0]) for pin, bits in cell["connections"].items() if pin != "Y"
            }
            self.nets[net] = FUNCTIONS[cell["type"]].evaluate(values, np.bool_(True))
        return self.nets[net]

    def output(self, port):
        return self.value(self.net(port))

    def let_go(self, port):
        """When a port lets go of its net."""
        driver = self.drivers.get(self.net(port))
        if driver is None or driver["type"] != "$tribuf":
            return ~self.ones
        return ~self.value(driver["connections"]["EN"][0])

    def registers(self):
        """Yield the kind of every register, and what its pins are."""
        for cell in self.cells:
            if "Q" in cell["connections"]:
                pins = {pin: self.value(net) for pin, (net,) in cell["connections"].items()}
                if cell["type"].endswith(("PP0_", "PP1_")):
                    yield (
                        cell["type"],
                        {
                            **pins,
                            "RS"[int(cell["type"][-2])]: pins["R"],
                            "SR"[int(cell["type"][-2])]: ~self.ones,
                        },
                    )
                else:
                    yield cell["type"], {"R": ~self.ones, "S": ~self.ones, **pins}
