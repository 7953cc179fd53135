"""What tables call their axes (*Liberty Reference Manual*, table templates)."""

__all__ = ["CLOCK_SLEW", "DATA_SLEW", "LOAD", "SLEW"]

SLEW = ("input_net_transition", "input_transition_time")  # in tables of delays; of energies
LOAD = (
    "total_output_net_capacitance",
    "total_output2_net_capacitance",
    "equal_or_opposite_output_net_capacitance",
)
DATA_SLEW = ("constrained_pin_transition",)
CLOCK_SLEW = ("related_pin_transition",)
