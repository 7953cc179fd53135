"""The library of the tests, and the same with energies."""

import re
from pathlib import Path

__all__ = ["CELLS", "powered"]

CELLS = Path(__file__).parents[1] / "emit" / "cells.lib"
ENERGY = (
    'internal_power () { rise_power (scalar) { values ("0.004"); } '
    'fall_power (scalar) { values ("0.002"); } }'
)


def powered(folder, name="powered.lib"):
    """Give the cells of the tests energies and leakage."""
    text = CELLS.read_text()
    text = re.sub(r"direction : output;", f"\\g<0> {ENERGY}", text)
    text = re.sub(r"clock : true;", f"\\g<0> {ENERGY}", text)
    text = text.replace("area :", "cell_leakage_power : 2; area :")
    text = text.replace("nom_voltage", 'leakage_power_unit : "1nW"; nom_voltage', 1)
    path = folder / name
    path.write_text(text)
    return path
