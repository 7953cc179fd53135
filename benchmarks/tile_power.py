"""Power of the 128 x 128 tiles of ``baseline`` and ``trq`` on two libraries, as tables.

``python benchmarks/tile_power.py`` needs ``../shared/data``, for one table OpenSTA, and some ten
minutes of processor time. With ``--page docs/power.md`` it prints the figures of that page anew,
each table between ``<!-- measured: NAME -->`` and ``<!-- end -->``.
"""

import argparse
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import ToolMissing
from hwgen.flow import power as flow_power
from hwgen.flow.compare import compare
from hwgen.flow.mapped import Mapped, map_verilog
from hwgen.flow.power import power
from hwgen.flow.stimulus import LayerOf
from hwgen.flow.tools import sta_command

__all__ = ["Figures", "filled", "main"]

DATA = Path(__file__).parents[1] / "../shared/data"
LIBRARIES = {
    "sky130": DATA / "liberty/sky130_fd_sc_hd__tt_025C_1v80.lib.gz",
    "sg13g2": DATA / "liberty/sg13g2_stdcell_typ_1p20V_25C.lib.gz",
}
RESNET = (
    str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"),
    str(DATA / "cifar10/cifar10_test_500_norm.npz"),
)
DIGITS = ("digits", "digits")
SHOWN = "/layer2/layer2.1/conv1/Conv"
LAYERS = {
    "/conv1/Conv": ("ResNet-20", RESNET),
    SHOWN: ("ResNet-20", RESNET),
    "/layer3/layer3.1/conv2/Conv": ("ResNet-20", RESNET),
    "dense_1": ("digits", DIGITS),
}
PRESETS = ("baseline", "trq")
VECTORS, IMAGES = 64, 20
PLACE = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ROW = re.compile(r"^(Sequential|Combinational) +(\S+) +(\S+) +(\S+) +", re.MULTILINE)

Row = Iterable[str]


class Figures:
    """What is measured, once each, in a folder that passes away.

    Parameters
    ----------
    scratch : Path
        The folder.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._folders: dict[str, Path] = {}
        self._of_layer: dict[tuple[str, str, str], Mapping] = {}

    def folder(self, preset: str) -> Path:
        """Deliver a preset."""
        if preset not in self._folders:
            self._folders[preset] = self.scratch / preset
            generate(load(preset), self._folders[preset])
        return self._folders[preset]

    def of_layer(self, preset: str, library: str, layer: str) -> Mapping:
        """Measure a preset on vectors of a layer."""
        key = preset, library, layer
        if key not in self._of_layer:
            network, data = LAYERS[layer][1]
            wanted = LayerOf(network=network, data=data, layer=layer, vectors=VECTORS)
            folder, liberty = self.folder(preset), LIBRARIES[library]
            self._of_layer[key] = power(folder, liberty=liberty, layer=wanted)
        return self._of_layer[key]

    @cached_property
    def compared(self) -> Mapping[str, Mapping]:
        """Compare the presets on ResNet-20, on each library."""
        designs = [load(preset) for preset in PRESETS]
        return {
            name: compare(designs, *RESNET, liberty=file, vectors=VECTORS, images=IMAGES)
            for name, file in LIBRARIES.items()
        }

    def opensta(self) -> str:
        """Power at one activity: what OpenSTA prints, and what hwgen makes of its rules."""
        rows = []
        for library in LIBRARIES:
            found = power(self.folder("trq"), liberty=LIBRARIES[library])
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
        return _table([*heads, "switching", "leakage"], rows)

    def vectorless(self) -> str:
        """Changes of a net in a cycle: as propagated, and as measured."""
        rows = []
        for library in LIBRARIES:
            found = self.of_layer("trq", library, SHOWN)
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
        return _table(heads, rows)

    def lanes(self) -> str:
        """Changes in a lane per conversion on the same counts, layer by layer."""
        rows = []
        for layer, (network, _) in LAYERS.items():
            for library in LIBRARIES:
                found = [self.of_layer(preset, library, layer) for preset in PRESETS]
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
        return _table([*heads, "clock pins: `baseline`", "`trq`", "all, times less"], rows)

    def break_even(self) -> str:
        """Decisions at which the nets of both lanes change as often, by a line through the layers.

        Those of ``trq`` change a + b k times in a conversion of k decisions, those of ``baseline``
        about as often in every layer.
        """
        rows = []
        for library in LIBRARIES:
            plain, twin = (
                [self.of_layer(preset, library, layer) for layer in LAYERS] for preset in PRESETS
            )
            nets, of_plain = (
                [one["blocks"]["lane"]["changes_per_conversion"] for one in found]
                for found in (twin, plain)
            )
            decisions = [one["decisions_per_conversion"] for one in twin]
            slope, offset = np.polyfit(decisions, nets, 1)
            rows.append([library, f"{slope:.0f}", f"{(np.mean(of_plain) - offset) / slope:.1f}"])
        heads = ["cells", "changes in a lane of `trq` with each decision"]
        return _table([*heads, "decisions at which its nets change as often as `baseline`'s"], rows)

    def designs(self) -> str:
        """ResNet-20 on both presets."""
        columns = [one for found in self.compared.values() for one in found["designs"]]
        rows = [[name, *map(show, columns)] for name, show in COMPARED.items()]
        names = [f"{library} `{preset}`" for library in LIBRARIES for preset in PRESETS]
        return _table(["", *names], rows)

    def seconds(self) -> str:
        """Processor time of a report, mapping and other processes included, and memory."""
        flow_power.map_verilog = map_verilog
        self._of_layer.clear()
        rows = []
        for preset in PRESETS:
            start = _processor_s()
            self.of_layer(preset, "sky130", SHOWN)
            rows.append([f"`{preset}`", f"{_processor_s() - start:.0f}", f"{_largest_gb():.1f}"])
        heads = ["128 x 128, 64 vectors, sky130", "seconds of one processor", "largest process, GB"]
        return _table(heads, rows)


def _used() -> tuple[resource.struct_rusage, resource.struct_rusage]:
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)


def _processor_s() -> float:
    return sum(one.ru_utime + one.ru_stime for one in _used())


def _largest_gb() -> float:
    return max(one.ru_maxrss for one in _used()) / 1e6  # Linux counts in kB


def _energy(part: str) -> Callable[[Mapping], str]:
    return lambda one: f"{one['energy_per_image_pj'][part] / 1e6:,.4g}"


def _reads(one: Mapping) -> str:
    return f"{one['models']['array']['read_time']['read_ns']:,.0f}"


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
}


def _opensta(folder: Path) -> dict[str, tuple[float, ...]]:
    """Run the script beside a report: internal, switching, leakage in W of every group."""
    command = [*sta_command(), "-no_init", "-no_splash", "-exit", flow_power.SCRIPT]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {
        row[1].lower(): tuple(float(one) for one in row.groups()[1:])
        for row in ROW.finditer(said.stdout)
    }


def _table(heads: Row, rows: Iterable[Row]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _remembered() -> Callable[..., Mapped]:
    """Map the same text to the same cells once."""
    known: dict[object, Mapped] = {}

    def mapped(files: Mapping[str, str], *, top: str, target: object) -> Mapped:
        key = (tuple(sorted(files.items())), top, target.commands, tuple(target.files.items()))
        if key not in known:
            known[key] = map_verilog(files, top=top, target=target)
        return known[key]

    return mapped


TABLES = ("opensta", "vectorless", "lanes", "break_even", "designs", "seconds")


def tables(figures: Figures, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Measure tables, and yield each with its name."""
    for name in wanted:
        try:
            yield name, getattr(figures, name)()
        except ToolMissing as missing:
            print(f"{name}: {missing}")  # noqa: T201


def filled(page: str, found: Mapping[str, str]) -> str:
    """Put tables into their places; places of tables that were not measured stay."""
    return PLACE.sub(lambda at: f"{at[1]}{found[at[2]]}{at[3]}" if at[2] in found else at[0], page)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--page", type=Path)
    options = parser.parse_args(arguments)
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"tables: must be {', '.join(TABLES)}, not {', '.join(sorted(unknown))}")

    flow_power.map_verilog = _remembered()
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in tables(Figures(Path(scratch)), options.tables or TABLES):
            print(f"{name}\n\n{text}", flush=True)  # noqa: T201
            if options.page:
                options.page.write_text(filled(options.page.read_text(), {name: text}))


if __name__ == "__main__":
    main()
