"""Delivered folders for tests of tools, and what may happen to them."""

import json

__all__ = ["TINY", "change", "only"]

# A design that every simulator is done with in a moment.
TINY = {
    "name": "tiny",
    "extends": "trq",
    "array": {"rows": 8, "columns": 16},
    "weights": {"bits": 3},
    "inputs": {"bits": 3},
    "readout": {
        "bits": 4,
        "columns_per_lane": 4,
        "ranges": [{"payload": 1, "truncation": 0}, {"payload": 4, "truncation": 1}],
    },
    "interface": {"x_elements": 4},
}


def only(delivered, *blocks):
    """Make a folder one of these blocks, so that fewer benches run."""
    path = delivered / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["modules"] = {block: manifest["modules"][block] for block in blocks}
    path.write_text(json.dumps(manifest))


def change(delivered, block, old, new):
    """Replace the first occurrence of a text in the Verilog of a block."""
    (path,) = (delivered / "rtl").glob(f"*_{block}.v")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
