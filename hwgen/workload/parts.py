"""Who may look at which image: the values of ``split`` in a data file."""

__all__ = ["CALIBRATION", "TEST", "TRAIN"]

TRAIN = 0  # fitted the weights
CALIBRATION = 1  # chooses scales and tables
TEST = 2  # held back: the only images whose accuracy and costs are reported
