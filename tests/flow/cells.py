"""The library of the tests, and the same with energies."""

import re
from pathlib import Path

__all__ = ["CELLS", "GATE", "gated", "powered"]

CELLS = Path(__file__).parents[1] / "emit" / "cells.lib"
ENERGY = (
    'internal_power () { rise_power (scalar) { values ("0.004"); } '
    'fall_power (scalar) { values ("0.002"); } }'
)

# A clock gate with a pin for tests, as real libraries describe theirs.
GATE = """\
  cell (GATE) {
    area : 4;
    clock_gating_integrated_cell : "latch_posedge_precontrol";
    statetable ("CK E T", "held") {
      table : "L L L : - : L, L H - : - : H, L - H : - : H, H - - : - : N";
    }
    pin (held) { direction : internal; internal_node : "held"; }
    pin (CK) {
      direction : input;
      capacitance : 0.002;
      clock : true;
      clock_gate_clock_pin : true;
    }
    pin (E) {
      direction : input;
      capacitance : 0.001;
      clock_gate_enable_pin : true;
      timing () {
        related_pin : "CK";
        timing_type : setup_rising;
        rise_constraint (scalar) { values ("0.30"); }
        fall_constraint (scalar) { values ("0.30"); }
      }
    }
    pin (T) { direction : input; capacitance : 0.001; clock_gate_test_pin : true; }
    pin (G) {
      direction : output;
      state_function : "CK * held";
      clock_gate_out_pin : true;
      timing () {
        related_pin : "CK";
        timing_sense : positive_unate;
        cell_rise (scalar) { values ("0.15"); }
        cell_fall (scalar) { values ("0.15"); }
        rise_transition (scalar) { values ("0.02"); }
        fall_transition (scalar) { values ("0.02"); }
      }
    }
  }
"""


def gated(text=None, gate=GATE):
    """Add a clock gate to the cells of the tests."""
    text = CELLS.read_text() if text is None else text
    begin = text.index("  cell (INV)")
    return text[:begin] + gate + text[begin:]


def powered(folder, name="powered.lib", gate=""):
    """Give the cells of the tests energies and leakage."""
    text = gated(gate=gate)
    text = re.sub(r"direction : output;", f"\\g<0> {ENERGY}", text)
    text = re.sub(r"clock : true;", f"\\g<0> {ENERGY}", text)
    text = text.replace("area :", "cell_leakage_power : 2; area :")
    text = text.replace("nom_voltage", 'leakage_power_unit : "1nW"; nom_voltage', 1)
    path = folder / name
    path.write_text(text)
    return path
