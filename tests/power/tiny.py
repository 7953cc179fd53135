"""A library small enough to work out energies by hand: NAND, clock gate's AND, buffer, flip-flop.

1 V, pF, ns and nW: an energy of 1 in a table is 1 pJ. Tables are ``base + per_slew x slew +
per_load x load``.
"""

import numpy as np

from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import Delays
from hwgen.gates.netlist import Hierarchy
from hwgen.liberty.library import Library
from hwgen.power.tables import PowerCells
from tests.gates.tiny import hierarchy

DIRECTIONS = {
    "NAND": {"A": "input", "B": "input", "Y": "output"},
    "BUF": {"A": "input", "Y": "output"},
    "DFF": {"C": "input", "D": "input", "Q": "output"},
    "XOR": {"A": "input", "B": "input", "Y": "output"},
}
NAND_A_RISE, NAND_A_FALL = (0.1, 0.02, 0.5), (0.06, 0.01, -0.3)
NAND_B = (0.3, 0.0, 0.0)
DELAYS = (
    'timing () { related_pin : "C"; timing_type : rising_edge; '
    + " ".join(
        f'{name} (scalar) {{ values ("0.1"); }}'
        for name in ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
    )
    + " }"
)


def energy(values, name, kind="rise_power"):
    """Write one table of internal energy."""
    base, per_slew, per_load = values
    rows = [[base + x * per_slew + y * per_load for y in (0, 0.1)] for x in (0, 1)]
    values = ", ".join(f'"{low:.6f}, {high:.6f}"' for low, high in rows)
    return f"{kind} ({name}) {{ values ({values}); }}"


def internal(*tables, **said):
    """Write a group of internal energy."""
    words = " ".join(f'{name} : "{value}";' for name, value in said.items())
    return f"internal_power () {{ {words} {' '.join(tables)} }}"


def edges(rise, fall=None):
    """Write tables of both edges."""
    return (
        energy(rise, "energies"),
        energy(rise if fall is None else fall, "energies", "fall_power"),
    )


def liberty(*, power=True, leakage=True, voltage=True):
    """Write the library."""
    nand = internal(*edges(NAND_A_RISE, NAND_A_FALL), related_pin="A")
    nand += internal(*edges(NAND_B), related_pin="B")
    clock = internal(*edges((0.4, 0, 0)), when="D & Q | !D & !Q")
    clock += internal(*edges((0.9, 0, 0)))
    buffer = internal(*edges((0.05, 0, 1.0)), related_pin="A")
    at_data = internal(*edges((0.02, 0, 0)), when="C") + internal(*edges((0.08, 0, 0)), when="!C")
    launch = internal(*edges((0.7, 0.1, 0)), related_pin="C")
    either = internal(*edges((0.2, 0.4, 0), (0.1, 0.8, 0)), related_pin="A B")
    if not power:
        nand = clock = buffer = at_data = launch = either = ""
    leak = (
        'leakage_power () { when : "A & B"; value : 8; }'
        'leakage_power () { when : "!Y & !A"; value : 100; }'
        'leakage_power () { when : "!A & !B"; value : 1; } cell_leakage_power : 3;'
    )
    plain = "cell_leakage_power : 5;"
    if not leakage:
        leak = plain = ""
    return f"""\
library (tiny) {{
  time_unit : "1ns";
  capacitive_load_unit (1, pf);
  voltage_unit : "1V";
  leakage_power_unit : "1nW";
  {"nom_voltage : 2;" if voltage else ""}
  power_lut_template (energies) {{
    variable_1 : input_transition_time;
    variable_2 : total_output_net_capacitance;
    index_1 ("0, 1");
    index_2 ("0, 0.1");
  }}
  cell (NAND) {{
    area : 1; {leak}
    pin (A) {{ direction : input; capacitance : 0.015; rise_capacitance : 0.01;
               fall_capacitance : 0.03; }}
    pin (B) {{ direction : input; capacitance : 0.02; }}
    pin (Y) {{ direction : output; function : "!(A & B)"; {nand} }}
  }}
  cell (XOR) {{
    area : 1; {plain}
    pin (A) {{ direction : input; capacitance : 0.01; }}
    pin (B) {{ direction : input; capacitance : 0.01; }}
    pin (Y) {{ direction : output; function : "A ^ B"; {either} }}
  }}
  cell (BUF) {{
    area : 1; {plain}
    pin (A) {{ direction : input; capacitance : 0.004; }}
    pin (Y) {{ direction : output; function : "A"; max_capacitance : 0.1; {buffer} }}
  }}
  cell (DFN) {{
    area : 4;
    ff (IQ, IQN) {{ next_state : "!D"; clocked_on : "C"; }}
    leakage_power () {{ when : "IQ"; value : 7; }}
    leakage_power () {{ when : "IQN & D"; value : 1; }}
    pin (C) {{ direction : input; clock : true; capacitance : 0.005; }}
    pin (D) {{ direction : input; capacitance : 0.01; }}
    pin (QN) {{ direction : output; function : "IQN"; }}
  }}
  cell (DFF) {{
    area : 4; {plain}
    ff (IQ, IQN) {{ next_state : "D"; clocked_on : "C"; }}
    pin (C) {{ direction : input; clock : true; capacitance : 0.005; {clock} }}
    pin (D) {{ direction : input; capacitance : 0.01; {at_data}
      timing () {{ related_pin : "C"; timing_type : setup_rising;
        rise_constraint (scalar) {{ values ("0.1"); }} }} }}
    pin (Q) {{ direction : output; function : "IQ"; {launch} {DELAYS} }}
  }}
}}
"""


def library(**options):
    """Read it."""
    return Library("tiny.lib", liberty(**options))


def power_cells(**options):
    """Read its power tables."""
    found = library(**options)
    return PowerCells(found, Arcs(found))


def netlist(cells, ports):
    """Make a netlist of such cells: type and the bit on every pin; ports: direction and bits."""
    return Hierarchy(hierarchy(cells, ports, directions=DIRECTIONS)).flat()


def timing(found, *, load=0.0, slews=(0.0, 0.0)):
    """Give every net the same load (pF) and slews (ns), as it rises and as it falls."""
    nets = len(found.nets)
    return Delays(
        netlist=found,
        loads=np.full((nets, 2), load),
        slews=np.tile(slews, (nets, 1)),
        critical_path=None,
        register_path=None,
        recovery_path=None,
    )


def nets(found, values, otherwise=0.0):
    """Give nets values by the names of their ports."""
    array = np.full(len(found.nets), otherwise)
    for name, value in values.items():
        array[list(found.ports[name].nets)] = value
    return array
