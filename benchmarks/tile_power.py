"""Power of the 128 x 128 tiles of four presets on two libraries, as tables.

``python benchmarks/tile_power.py`` needs ``../shared/data``, for one table OpenSTA, and some ten
minutes of processor time. With ``--page docs/power.md --page docs/synthesis.md`` it prints the
figures of these pages anew.
Tables of the adaptive presets are the lossless ones of the first images of the training set.
"""

import re
import resource
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from pages import DATA, LIBRARIES, print_tables, remembered, table

from hwgen.config import Design, load
from hwgen.emit.deliver import generate
from hwgen.flow import power as flow_power
from hwgen.flow.cells import cell_target
from hwgen.flow.clock_gates import FEWEST
from hwgen.flow.compare import compare
from hwgen.flow.mapped import map_verilog
from hwgen.flow.power import power
from hwgen.flow.stimulus import LayerOf
from hwgen.flow.targets import Target
from hwgen.flow.tools import sta_command
from hwgen.workload.calibration.calibrate import calibrate

__all__ = ["TABLES", "Figures", "main"]

RESNET = (
    str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"),
    str(DATA / "cifar10/cifar10_test_500_norm.npz"),
)
TRAINING = str(DATA / "cifar10/cifar10_train_1000_norm.npz")
DIGITS = ("digits", "digits")
SHOWN = "/layer2/layer2.1/conv1/Conv"
LAYERS = {
    "/conv1/Conv": ("ResNet-20", RESNET),
    SHOWN: ("ResNet-20", RESNET),
    "/layer3/layer3.1/conv2/Conv": ("ResNet-20", RESNET),
    "dense_1": ("digits", DIGITS),
}
PRESETS = ("baseline", "trq")
DESIGNS = {"baseline": None, "trq": "layer", "adaptive": "slice", "outward": "slice"}  # tables by
VECTORS, IMAGES, CALIBRATED = 64, 20, 100
FEWEST_GATED = (None, 1, 2, 3, 4, 8, 16)
ROW = re.compile(r"^(Sequential|Combinational) +(\S+) +(\S+) +(\S+) +", re.MULTILINE)


class Figures:
    """What is measured, once each, in a folder that passes away.

    Parameters
    ----------
    scratch : Path
        The folder.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._of_layer = cache(self.measure)
        self._calibrated = cache(self._calibrate)
        self._delivered = cache(self._deliver)

    def _calibrate(self, preset: str) -> Design:
        """Find the tables of a preset."""
        if not DESIGNS[preset]:
            return load(preset)
        file, network = self.scratch / f"{preset}.yaml", RESNET[0]
        keys = {"granularity": DESIGNS[preset], "images": CALIBRATED}
        calibrate(load(preset), network, TRAINING, out=file, **keys)
        return load(file)

    def _deliver(self, preset: str) -> Path:
        generate(self._calibrated(preset), self.scratch / preset)
        return self.scratch / preset

    def measure(
        self, preset: str, library: str, layer: str, *, gate_clocks: bool = False
    ) -> Mapping:
        """Measure a preset on vectors of a layer."""
        network, data = LAYERS[layer][1]
        wanted = LayerOf(network=network, data=data, layer=layer, vectors=VECTORS)
        return power(
            self._delivered(preset),
            liberty=LIBRARIES[library],
            layer=wanted,
            gate_clocks=gate_clocks,
        )

    def opensta(self) -> str:
        """Power at one activity: what OpenSTA prints, and what hwgen makes of its rules."""
        rows = []
        for library in LIBRARIES:
            found = power(self._delivered("trq"), liberty=LIBRARIES[library])
            ours = found["vectorless"]["opensta"]["groups"]
            printed = _opensta(Path(found["report"]).parent)
            for group, (internal, switching, leakage) in printed.items():
                mine = ours[group]
                rows.append([
                    f"{library}, {group}",
                    f"{1e6 * internal:,.1f} / {mine['internal_uw']:,.1f}",
                    f"{1e6 * switching:,.2f} / {mine['switching_uw']:,.2f}",
                    f"{1e6 * leakage:.4g} / {mine['leakage_uw']:.4g}",
                ])
        heads = ["128 x 128 `trq`, activity 0.1, 50 MHz, uW: OpenSTA / hwgen", "internal"]
        return table([*heads, "switching", "leakage"], rows)

    def vectorless(self) -> str:
        """Changes of a net in a cycle: as propagated, and as measured."""
        rows = []
        for library in LIBRARIES:
            found = self._of_layer("trq", library, SHOWN)
            without = found["vectorless"]
            rows.append([
                library,
                f"{without['changes_per_cycle']:.3f}",
                f"{found['changes_per_cycle']:.3f}",
                f"{without['dynamic_uw']:,.0f}",
                f"{found['dynamic_uw']:,.0f}",
                f"{found['clock_tree']['dynamic_uw']:,.0f}",
            ])
        heads = [f"`trq`, 64 vectors of `{SHOWN}`", "changes a cycle, propagated"]
        heads += ["measured", "dynamic, uW, propagated", "measured", "clock tree, not in it"]
        return table(heads, rows)

    def lanes(self) -> str:
        """Changes in a lane per conversion on the same counts, layer by layer."""
        rows = []
        for layer, (network, _) in LAYERS.items():
            for library in LIBRARIES:
                found = [self._of_layer(preset, library, layer) for preset in PRESETS]
                lanes = [one["blocks"]["lane"] for one in found]
                nets = [lane["changes_per_conversion"] for lane in lanes]
                pins = [lane["clock_changes_per_conversion"] for lane in lanes]
                rows.append([
                    f"{network}, `{layer}`",
                    library,
                    f"{found[1]['decisions_per_conversion']:.2f}",
                    *(f"{one:,.0f}" for one in nets),
                    *(f"{one:,.0f}" for one in pins),
                    f"{(nets[0] + pins[0]) / (nets[1] + pins[1]):.2f}",
                ])
        heads = ["64 vectors of", "cells", "decisions of `trq`", "nets: `baseline`", "`trq`"]
        return table([*heads, "clock pins: `baseline`", "`trq`", "all, times less"], rows)

    def break_even(self) -> str:
        """Decisions at which the nets of both lanes change as often, by a line through the layers.

        Those of ``trq`` change a + b k times in a conversion of k decisions, those of ``baseline``
        about as often in every layer.
        """
        rows = []
        for library in LIBRARIES:
            plain, twin = (
                [self._of_layer(preset, library, layer) for layer in LAYERS] for preset in PRESETS
            )
            nets, of_plain = (
                [one["blocks"]["lane"]["changes_per_conversion"] for one in found]
                for found in (twin, plain)
            )
            decisions = [one["decisions_per_conversion"] for one in twin]
            slope, offset = np.polyfit(decisions, nets, 1)
            rows.append([library, f"{slope:.0f}", f"{(np.mean(of_plain) - offset) / slope:.1f}"])
        heads = ["cells", "changes in a lane of `trq` with each decision"]
        return table([*heads, "decisions at which its nets change as often as `baseline`'s"], rows)

    def designs(self) -> str:
        """ResNet-20 on all presets."""
        return self._compared()

    def gated(self) -> str:
        """The same with clock gates."""
        return self._compared(gate_clocks=True)

    def _compared(self, *, gate_clocks: bool = False) -> str:
        designs = [self._calibrated(preset) for preset in DESIGNS]
        keys = {"layer": SHOWN, "vectors": VECTORS, "images": IMAGES, "gate_clocks": gate_clocks}
        found = [compare(designs, *RESNET, liberty=file, **keys) for file in LIBRARIES.values()]
        columns = [one for result in found for one in result["designs"]]
        rows = [[name, *map(show, columns)] for name, show in COMPARED.items()]
        names = [f"{library} `{preset}`" for library in LIBRARIES for preset in DESIGNS]
        return table(["", *names], rows)

    def left(self) -> str:
        """What clock gates leave of the power of ``trq``."""
        found = [self._of_layer("trq", one, SHOWN, gate_clocks=True) for one in LIBRARIES]
        rows = [["dynamic, uW", *(f"{one['dynamic_uw']:,.0f}" for one in found)]]
        shares = {"of it the clock, %": _clock_uw, "lanes, %": _of("lane")}
        for block in ("shift_add", "sar", "search"):
            shares[f"in them `{block}`, %"] = _of(block)
        for name, part in shares.items():
            rows.append([name, *(f"{100 * part(one) / one['dynamic_uw']:.0f}" for one in found)])
        return table([f"`trq` with clock gates, 64 vectors of `{SHOWN}`", *LIBRARIES], rows)

    def fewest(self) -> str:
        """How many registers with a common enable should get a clock gate, on sky130."""
        rows = []
        for number in FEWEST_GATED:
            found = self._gated_from(number)
            what = "no gates" if number is None else f"{number}"
            what = f"**{what}**" if number == FEWEST else what
            rows.append([what, f"{found['area_um2']:,.0f}", f"{found['dynamic_uw']:,.0f}"])
        return table(["fewest", "area, um2", "dynamic power, uW"], rows)

    def _gated_from(self, number: int | None) -> Mapping:
        """Measure ``trq`` on the delivered vectors, with gates for so many registers or more."""

        def target(*arguments: object, **keys: object) -> Target:
            made = cell_target(*arguments, **keys)
            said = (f"-min_net_size {FEWEST}", f"-min_net_size {number}")
            return replace(made, commands=tuple(one.replace(*said) for one in made.commands))

        flow_power.cell_target = target
        try:
            return power(
                self._delivered("trq"),
                liberty=LIBRARIES["sky130"],
                gate_clocks=number is not None,
            )
        finally:
            flow_power.cell_target = cell_target

    def seconds(self) -> str:
        """Processor time of a report, mapping and other processes included, and memory."""
        known, flow_power.map_verilog = flow_power.map_verilog, map_verilog
        rows = []
        for preset in PRESETS:
            self._delivered(preset)
            start = _processor_s()
            self.measure(preset, "sky130", SHOWN)
            rows.append([f"`{preset}`", f"{_processor_s() - start:.0f}", f"{_largest_gb():.1f}"])
        flow_power.map_verilog = known
        heads = ["128 x 128, 64 vectors, sky130", "seconds of one processor", "largest process, GB"]
        return table(heads, rows)


def _used() -> tuple[resource.struct_rusage, resource.struct_rusage]:
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)


def _processor_s() -> float:
    return sum(one.ru_utime + one.ru_stime for one in _used())


def _largest_gb() -> float:
    return max(one.ru_maxrss for one in _used()) / 1e6  # Linux counts in kB


def _clock_uw(one: Mapping) -> float:
    clock = one["groups"]["clock"]
    return clock["internal_uw"] + clock["switching_uw"]


def _of(block: str) -> Callable[[Mapping], float]:
    return lambda one: one["blocks"][block]["dynamic_uw"]


def _energy(part: str) -> Callable[[Mapping], str]:
    return lambda one: f"{one['energy_per_image_pj'][part] / 1e6:,.4g}"


def _reads(one: Mapping) -> str:
    return f"{one['models']['array']['read_time']['read_ns']:,.0f}"


def _changes(one: Mapping, kind: str) -> str:
    return f"{one[f'lane_{kind}changes_per_conversion']:,.0f}"


COMPARED: Mapping[str, Callable[[Mapping], str]] = {
    "area of a tile, um^2": lambda one: f"{one['area_um2']:,.0f}",
    "decisions per conversion": lambda one: f"{one['decisions_per_conversion']:.2f}",
    "time of an image, ms": lambda one: f"{one['time_us'] / 1e3:,.1f}",
    "time that a read drives word lines, ns": _reads,
    "lane control, uJ per image": _energy("lane_control"),
    "accumulation": _energy("accumulation"),
    "scheduling": _energy("scheduling"),
    "tables": _energy("tables"),
    "leakage": _energy("leakage"),
    "ADC (per decision, 32 nm)": _energy("adc"),
    "array": _energy("array"),
    "all": _energy("total"),
    "pJ per conversion": lambda one: f"{one['energy_per_conversion_pj']:,.4g}",
    "pJ per output": lambda one: f"{one['energy_per_output_pj']:,.0f}",
    "changes in a lane per conversion: nets": lambda one: _changes(one, ""),
    "at clock pins": lambda one: _changes(one, "clock_"),
}


def _opensta(folder: Path) -> dict[str, tuple[float, ...]]:
    """Run the script beside a report: internal, switching, leakage in W of every group."""
    command = [*sta_command(), "-no_init", "-no_splash", "-exit", flow_power.SCRIPT]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {
        row[1].lower(): tuple(float(one) for one in row.groups()[1:])
        for row in ROW.finditer(said.stdout)
    }


TABLES = (
    "opensta",
    "vectorless",
    "lanes",
    "break_even",
    "designs",
    "gated",
    "left",
    "fewest",
    "seconds",
)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    flow_power.map_verilog = remembered()
    with tempfile.TemporaryDirectory() as scratch:
        figures = Figures(Path(scratch))
        print_tables({name: getattr(figures, name) for name in TABLES}, arguments, main.__doc__)


if __name__ == "__main__":
    main()
