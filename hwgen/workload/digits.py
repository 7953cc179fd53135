"""The embedded workload: scikit-learn's handwritten digits and a network that reads them.

Both lie beside this module, as `IMAGES` (a data file) and `NETWORK` (a network file), so nothing is
downloaded and scikit-learn is not needed. `hwgen.workload.train_digits` made them.

Images: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998 (doi:10.24432/C50P49), the test set as scikit-learn distributes it; CC BY 4.0.
Changed here: pixels 0..16 became round(pixel * 255 / 16), and each image belongs to one part.
"""

from pathlib import Path

__all__ = ["IMAGES", "NAME", "NETWORK"]

NAME = "digits"
IMAGES = Path(__file__).parent / "data" / "digits.npz"
NETWORK = Path(__file__).parent / "data" / "digits_network.npz"
