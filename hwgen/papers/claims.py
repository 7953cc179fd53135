"""What a claim is, and what it takes to put a measurement beside it.

The words and figures of papers are typed; whatever stands beside them is computed when it is asked
for. Each paper is a module with a table of claims.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import UserError
from hwgen.flow.synth import synth
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.run import run

__all__ = ["Claim", "Evidence", "Finding"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What this tool says to a claim.

    Parameters
    ----------
    measured : float or None
        The figure; None where it cannot be measured.
    unit : str
        What it is a number of.
    on : str
        Workload, design and tables that it was measured on.
    comparable : str
        ``"yes"``, ``"no"``, or in which respect it is.
    missing : str
        What a fair comparison lacks.
    """

    measured: float | None
    unit: str
    on: str
    comparable: str
    missing: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of a paper.

    Parameters
    ----------
    paper : str
        Its short name.
    claim : str
        What it says.
    value : str or None
        Its figure, in its own words; None where it gives none, or none is known here.
    conditions : str
        What it holds under, as far as that is known.
    measure : callable
        What this tool says to it.
    """

    paper: str
    claim: str
    value: str | None
    conditions: str
    measure: "Callable[[Evidence], Finding]"

    def as_json(self, evidence: "Evidence") -> dict[str, object]:
        """Measure; return the keys of ``hwgen papers --json``."""
        found = self.measure(evidence)
        return {
            "paper": self.paper,
            "claim": self.claim,
            "value": self.value,
            "conditions": self.conditions,
            "measured": found.measured,
            "unit": found.unit,
            "on": found.on,
            "comparable": found.comparable,
            "missing": found.missing,
        }


class Evidence:
    """Measurements on one network, each made once and only when it is asked for.

    Parameters
    ----------
    network, data : str
        ``digits`` or files, as of ``hwgen run``.
    tables_on : str, optional
        Images that tables are chosen on; the calibration part of `data` by default.
    images : int, optional
        Take the first so many of either.
    folder : Path
        Where files may be put.
    power : Path, optional
        Report of ``hwgen power`` on the tile of `baseline`: what its periphery takes.
    """

    def __init__(
        self,
        network: str,
        data: str,
        *,
        tables_on: str | None = None,
        images: int | None = None,
        folder: Path,
        power: Path | None = None,
    ) -> None:
        self.network, self.data, self.folder, self.power = network, data, folder, power
        self.tables_on, self.images = tables_on or data, images
        self._runs: dict[tuple[str, str, str], dict] = {}

    def run(self, preset: str, *, granularity: str = "layer", budget: str = "lossless") -> dict:
        """Calibrate a preset on calibration images and run it on test images: as ``hwgen run``."""
        key = preset, granularity, budget
        if key not in self._runs:
            out = self.folder / f"{len(self._runs)}.yaml"
            calibrate(
                load(preset),
                self.network,
                self.tables_on,
                granularity=granularity,
                budget=budget,
                out=out,
                images=self.images,
            )
            self._runs[key] = run(load(str(out)), self.network, self.data, images=self.images)
        return self._runs[key]

    @cached_property
    def powered(self) -> dict:
        """Run `baseline`, its periphery priced by `power`."""
        return run(load("baseline"), self.network, self.data, images=self.images, power=self.power)

    @cached_property
    def labelled(self) -> bool:
        """Whether the images have labels, without which accuracy means nothing."""
        return self.run("trq")["top1"] is not None

    def on(self, preset: str, *, granularity: str = "layer", budget: str = "lossless") -> str:
        """Say what `run` ran on."""
        result = self.run(preset, granularity=granularity, budget=budget)
        images = f"calibration images of {Path(self.tables_on).name}"
        return f"{self._on(preset, result)}, a table per {granularity} from {images}, {budget}"

    def on_baseline(self) -> str:
        """Say what `powered` ran on, and whose figures it was priced by."""
        models = self.powered["energy_model"]
        digital = models["digital"]
        return (
            f"{self._on('baseline', self.powered)}; converters: {models['adc']['name']} "
            f"({models['adc']['conditions']}); array: {models['array']['name']}; periphery: "
            f"{digital['library']} ({digital['report']}), {digital['clock_mhz']:g} MHz"
        )

    def _on(self, preset: str, result: dict) -> str:
        array = load(preset).array
        return (
            f"{Path(self.network).name}, {result['images']} test images, preset {preset} "
            f"({array.rows} x {array.columns}, {array.cell_bits}-bit cells)"
        )

    def lane(self, preset: str) -> float:
        """Generic cells of a preset's lane, as a multiple of the binary lane's.

        Raises
        ------
        UserError
            When the lane cannot be generated.
        """
        folder = self.folder / f"lane_{preset}"
        if not folder.exists():
            generate(load({"name": f"lane_{preset}", "extends": preset, "top": "lane"}), folder)
        ratio = synth(folder)["blocks"]["lane"]["versus_binary"]
        if ratio is None:
            raise UserError(f"{preset}: must have a lane that is like the binary one, not another")
        return ratio
