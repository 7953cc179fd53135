"""Write `rtl_out/` anew: what of every preset's output is committed. Called by `make rtl`."""

import shutil
from pathlib import Path

from hwgen.config import load, presets
from hwgen.emit.deliver import committed

FOLDER = Path(__file__).parents[1] / "rtl_out"


def main() -> None:
    """Replace the folders of all presets, and remove those of presets that are gone."""
    outputs = {name: committed(load(name)) for name in presets()}
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, files in outputs.items():
        for path, text in files.items():
            file = FOLDER / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
