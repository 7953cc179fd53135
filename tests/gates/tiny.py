"""A library small enough to work out delays by hand, and netlists of its cells.

Every table is ``base + per_slew x slew + per_load x load``, given at slews of 0 and 1 and loads of
0 and 0.1; so are the constraints, over the slew of the data pin and that of the clock.
"""

import json

DELAYS = {  # base, per slew, per load
    "NOT": {
        "cell_rise": (0.1, 0.2, 1.0),
        "cell_fall": (0.2, 0.1, 2.0),
        "rise_transition": (0.05, 0.1, 4.0),
        "fall_transition": (0.04, 0.2, 3.0),
    },
    "DFF": {
        "cell_rise": (0.3, 0.7, 1.0),
        "cell_fall": (0.35, 0.7, 1.0),
        "rise_transition": (0.05, 0.7, 4.0),
        "fall_transition": (0.04, 0.7, 3.0),
    },
}
SETUP = {"rise_constraint": (0.05, 0.5, 7.0), "fall_constraint": (0.06, 0.25, 7.0)}
RECOVERY = {"rise_constraint": (0.02, 0.5, 7.0)}
DIRECTIONS = {
    "NOT": {"A": "input", "Y": "output"},
    "DFF": {"C": "input", "D": "input", "R": "input", "Q": "output"},
}


def tables(kind, columns):
    """Write the tables of one arc."""
    lines = []
    for name, (base, per_x, per_y) in columns.items():
        rows = [[base + x * per_x + y * per_y for y in (0, 0.1)] for x in (0, 1)]
        values = ", ".join(f'"{low:.6f}, {high:.6f}"' for low, high in rows)
        lines.append(f"{name} ({kind}) {{ values ({values}); }}")
    return "\n".join(lines)


def arc(kind, columns, **attributes):
    """Write a timing group."""
    said = " ".join(f"{name} : {value};" for name, value in attributes.items())
    return f"timing () {{ {said}\n{tables(kind, columns)} }}"


def liberty(*, time_unit="1ns", sense="negative_unate", edge="rising", timed=True):
    """Write the library: an inverter and a flip-flop with an active-low reset."""
    not_arc = arc("delay", DELAYS["NOT"], related_pin='"A"', timing_sense=sense)
    launch = arc("delay", DELAYS["DFF"], related_pin='"C"', timing_type=f"{edge}_edge")
    clear = arc("delay", DELAYS["DFF"], related_pin='"R"', timing_type="clear")
    setup = arc("check", SETUP, related_pin='"C"', timing_type=f"setup_{edge}")
    recovery = arc("check", RECOVERY, related_pin='"C"', timing_type=f"recovery_{edge}")
    if not timed:
        not_arc = launch = clear = setup = recovery = ""
    return f"""\
library (tiny) {{
  time_unit : "{time_unit}";
  capacitive_load_unit (1, pf);
  voltage_unit : "1V";
  current_unit : "1mA";
  leakage_power_unit : "1nW";
  pulling_resistance_unit : "1kohm";
  delay_model : table_lookup;
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  nom_process : 1;
  nom_voltage : 1;
  nom_temperature : 25;
  lu_table_template (delay) {{
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("0, 1");
    index_2 ("0, 0.1");
  }}
  lu_table_template (check) {{
    variable_1 : constrained_pin_transition;
    variable_2 : related_pin_transition;
    index_1 ("0, 1");
    index_2 ("0, 0.1");
  }}
  wire_load (long) {{
    capacitance : 1; resistance : 1; slope : 1; fanout_length (1, 1);
  }}
  default_wire_load : long;
  cell (NOT) {{
    area : 1;
    pin (A) {{
      direction : input;
      capacitance : 0.015;
      rise_capacitance : 0.01;
      fall_capacitance : 0.018;
      fall_capacitance_range (0.016, 0.02);
    }}
    pin (Y) {{ direction : output; function : "!A"; {not_arc} }}
  }}
  cell (DFF) {{
    area : 4;
    ff (IQ, IQN) {{ next_state : "D"; clocked_on : "C"; clear : "!R"; }}
    pin (C) {{ direction : input; clock : true; capacitance : 0.01; }}
    pin (D) {{ direction : input; capacitance : 0.03; {setup} }}
    pin (R) {{ direction : input; capacitance : 0.05; {recovery} }}
    pin (Q) {{ direction : output; function : "IQ"; {launch} {clear} }}
  }}
}}
"""


def hierarchy(cells, ports, *, directions=DIRECTIONS, nets=None):
    """Write the JSON of a top of such cells, whose bits are numbers.

    `cells` has by name the type and the bit on every pin; `ports` the direction and the bits;
    `directions` those of pins, by type; `nets` the bits of nets that have names, ports where it is
    not given.
    """
    named = nets or {name: bits for name, (_, bits) in ports.items()}
    top = {
        "attributes": {"top": "1"},
        "ports": {name: {"direction": way, "bits": bits} for name, (way, bits) in ports.items()},
        "cells": {
            name: {
                "type": kind,
                "port_directions": directions.get(kind, {}),
                "connections": {pin: [bit] for pin, bit in pins.items()},
            }
            for name, (kind, pins) in cells.items()
        },
        "netnames": {name: {"hide_name": 0, "bits": bits} for name, bits in named.items()},
    }
    return json.dumps({"modules": {"top": top}})
