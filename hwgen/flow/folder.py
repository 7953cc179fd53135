"""A delivered folder, as the tools that work on it read it."""

import json
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import UserError
from hwgen_models.spec import TileSpec

__all__ = ["Delivered"]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What `hwgen generate` wrote; its RTL may have been changed since."""

    folder: Path
    manifest: dict

    @classmethod
    def read(cls, folder: Path) -> "Delivered":
        """Read the manifest of a folder.

        Raises
        ------
        UserError
            When the folder is not a delivered one, or its manifest is broken.
        """
        folder = Path(folder)
        path = folder / "manifest.json"
        if not folder.is_dir():
            raise UserError(f"{folder}: must be a delivered folder, not a missing one")
        try:
            manifest = json.loads(path.read_text())
        except FileNotFoundError:
            raise UserError(
                f"{folder}: must be a delivered folder, not one without manifest.json"
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: must be JSON that `hwgen generate` wrote: {error}") from None
        if not isinstance(manifest, dict):
            raise UserError(f"{path}: must be a JSON object, not {type(manifest).__name__}")
        for key in ("modules", "parameters", "reset", "tables"):
            if not isinstance(manifest.get(key), dict):
                raise UserError(f"{path}: {key}: must be an object, not {manifest.get(key)!r}")
        return cls(folder=folder, manifest=manifest)

    @property
    def modules(self) -> dict[str, str]:
        """Verilog module of every block."""
        return self.manifest["modules"]

    @property
    def top(self) -> str:
        """Verilog module that the design begins with."""
        top = self.manifest.get("top")
        if top not in self.modules.values():
            names = " or ".join(self.modules.values())
            raise UserError(
                f"{self.folder / 'manifest.json'}: top: must be a module ({names}), not {top!r}"
            )
        return top

    @property
    def spec(self) -> TileSpec:
        """Shapes, widths and times of the tile."""
        try:
            return TileSpec(**self.manifest["parameters"])
        except (TypeError, ValueError) as error:
            raise UserError(f"{self.folder / 'manifest.json'}: parameters: {error}") from None

    def ranges(self, layer: str) -> tuple[tuple[int, int], ...]:
        """Return the search ranges of a network's layer, as (payload, truncation).

        Those that the folder's tables name for the layer, else those of the design itself.

        Raises
        ------
        UserError
            When the tables are broken, or the layer has more than the one table that a tile holds.
        """
        path = self.folder / "tables" / "ranges.json"
        if not path.exists():
            return self._pairs(self.folder / "manifest.json", self.manifest["tables"].get("ranges"))
        try:
            tables = json.loads(path.read_text())
            granularity, layers = tables["granularity"], tables["layers"]
            ranges = layers.get(layer, {"ranges": tables["others"]})["ranges"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{path}: must be tables that `hwgen generate` wrote: {error!r}"
            ) from None
        if granularity not in {"network", "layer"}:
            raise UserError(
                f"{path}: granularity: must be 'network' or 'layer' to be loaded into one tile, "
                f"not {granularity!r}"
            )
        return self._pairs(path, ranges)

    @staticmethod
    def _pairs(path: Path, ranges: object) -> tuple[tuple[int, int], ...]:
        """Check that ranges are (payload, truncation), or none at all."""
        try:
            return tuple((int(payload), int(truncation)) for payload, truncation in ranges)
        except (TypeError, ValueError):
            raise UserError(f"{path}: ranges: must be pairs of numbers, not {ranges!r}") from None

    def rtl(self) -> dict[str, str]:
        """Return the Verilog that lies in the folder, by file name."""
        folder = self.folder / "rtl"
        try:
            files = {file.name: file.read_text() for file in sorted(folder.glob("*.v"))}
        except OSError as error:
            raise UserError(
                f"{error.filename}: must be a readable file, not {error.strerror.lower()}"
            ) from None
        except UnicodeDecodeError as error:
            raise UserError(f"{folder}: must hold Verilog text: {error}") from None
        if not files:
            raise UserError(f"{folder}: must hold Verilog files, not none")
        return files
