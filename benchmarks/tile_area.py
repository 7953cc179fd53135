"""Areas and longest paths of the 128 x 128 presets on two libraries, as tables.

``python benchmarks/tile_area.py`` needs ``../shared/data`` and some five minutes of processor time.
With ``--page docs/synthesis.md --page docs/adaptive.md`` it prints the figures of those pages anew.
Every figure is one that ``hwgen synth DIR --liberty FILE`` shows, or a sum of such.
"""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pages import LIBRARIES, print_tables, remembered, table

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.flow import synth as flow_synth

__all__ = ["TABLES", "Areas", "main"]

TILES = ("baseline", "trq", "adaptive", "outward")
ROWS = {"name": "rows", "extends": "adaptive", "readout": {"bound": "rows"}}
DESIGNS = {name: name for name in (*TILES, "sar12")} | {"adaptive_rows": ROWS}
BANK = ("lane", "range_table", "active_rows")  # first words of the blocks of a bank
GATED = [*(("sky130", name) for name in TILES), ("sg13g2", "trq")]
LANE_GATED = [("sky130", "trq"), ("sg13g2", "trq")]


class Areas:
    """What is mapped, once each, in a folder that passes away.

    Parameters
    ----------
    scratch : Path
        The folder.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.synth = cache(self._synth)

    def _synth(self, name: str, library: str, *, gate_clocks: bool = False) -> Mapping:
        """Map a design to a library, or to ``ice40``."""
        folder = self.scratch / name
        if not folder.exists():
            generate(load(DESIGNS[name]), folder)
        if library == "ice40":
            return flow_synth.synth(folder, fpga="ice40")
        return flow_synth.synth(folder, liberty=LIBRARIES[library], gate_clocks=gate_clocks)

    def tiles(self) -> str:
        """Area, cells, flip-flops, longest path and lane of every preset."""
        rows = []
        for name in TILES:
            found = [self.synth(name, library) for library in LIBRARIES]
            rows += [
                [f"`{name}`: area, cells, flip-flops", *map(_sizes, found)],
                ["longest path", *map(_path, found)],
            ]
            if name != "baseline":
                lanes = [one["blocks"]["lane"] for one in found]
                rows.append(["lane against the binary one", *(_times(one) for one in lanes)])
        return table(["", *_heads(LIBRARIES)], rows)

    def converter(self) -> str:
        """The control of a 12-bit converter, `sar12`."""
        found = [self.synth("sar12", library) for library in (*LIBRARIES, "ice40")]
        placed = found[-1]["place_and_route"]
        rows = [
            ["area, cells, flip-flops", *map(_sizes, found[:-1]), _luts(found[-1])],
            [
                "longest path",
                *map(_path, found[:-1]),
                f"{1e3 / placed['fmax_mhz']:.1f} ns, placed and routed",
            ],
        ]
        return table(["", *_heads(LIBRARIES), "iCE40"], rows)

    def gates(self) -> str:
        """Tiles and a lane's accumulators without and with clock gates."""
        rows = []
        for block, designs in ((None, GATED), ("shift_add", LANE_GATED)):
            for library, name in designs:
                plain, gated = (
                    _block(self.synth(name, library, gate_clocks=wanted), block)
                    for wanted in (False, True)
                )
                less = 1 - gated["area_um2"] / plain["area_um2"]
                rows.append([
                    f"{'`shift_add` of ' if block else ''}`{name}`, {library}",
                    f"{plain['area_um2']:,.0f}, {gated['area_um2']:,.0f}",
                    f"- {100 * less:.1f} %",
                    f"{plain['critical_path_ns']:.2f}, {gated['critical_path_ns']:.2f}",
                    f"{gated['clock_gates']}, {_behind(gated)}",
                ])
        heads = ["", "area, um2: without, with", "", "longest path, ns"]
        return table([*heads, "gates, flip-flops behind them, of all"], rows)

    def ranges(self) -> str:
        """Lanes of four ranges under a bound, on sky130."""
        binary = self.synth("baseline", "sky130")["blocks"]
        rows = [["binary, no bound", *_lane(binary), "", _area(binary["sequencer"])]]
        for bound, name in (("rows", "adaptive_rows"), ("scaled", "adaptive")):
            blocks = self.synth(name, "sky130")["blocks"]
            rows.append([
                f"`bound: {bound}`",
                *_lane(blocks),
                _against(_bank(blocks), _lanes(binary)),
                _area(blocks["sequencer"]),
            ])
        bank = "16 lanes, table port and active rows, against 16 binary lanes, um2"
        return table(["", "lane, um2", "path in it, ns", bank, "sequencer, um2"], rows)

    def outward(self) -> str:
        """What an outward search takes, on sky130."""
        result = self.synth("outward", "sky130")
        blocks, binary = result["blocks"], self.synth("baseline", "sky130")["blocks"]
        centres = blocks["prediction"]
        more = blocks["sequencer"]["area_um2"] - binary["sequencer"]["area_um2"]
        flip_flops = blocks["sequencer"]["flip_flops"] - binary["sequencer"]["flip_flops"]
        bank = _bank(blocks)
        whole = bank + centres["area_um2"] + more
        search = blocks["search"]
        rows = [
            ["lane", *_lane(blocks)],
            [
                f"of it the search ({_area(binary['search'])} of a binary lane)",
                _area(search),
                f"{search['critical_path_ns']:.1f}",
            ],
            ["16 lanes, table port and active rows", _against(bank, _lanes(binary)), ""],
            ["multipliers", _area(centres), f"{centres['critical_path_ns']:.1f}"],
            [
                f"sequencer, more than with a binary search ({flip_flops} flip-flops more)",
                f"{more:,.0f}",
                "",
            ],
            ["all of that", _against(whole, _lanes(binary)), ""],
            ["tile", _area(result), f"{result['critical_path_ns']:.1f}"],
        ]
        return table(["", "um2", "path, ns"], rows)


def _heads(libraries: Mapping[str, Path]) -> list[str]:
    names = {
        "sky130": "sky130 `hd`, typical 1.8 V",
        "sg13g2": "IHP sg13g2, typical 1.2 V",
    }
    return [names[one] for one in libraries]


def _block(result: Mapping, name: str | None) -> Mapping:
    return result["blocks"][name] if name else result


def _sizes(one: Mapping) -> str:
    return f"{one['area_um2']:,.0f} um2, {one['cells']:,}, {one['flip_flops']:,}"


def _behind(one: Mapping) -> str:
    return f"{one['gated_flip_flops']:,} of {one['flip_flops']:,}"


def _luts(one: Mapping) -> str:
    return f"{one['luts']:,} LUT4, {one['cells']:,}, {one['flip_flops']:,}"


def _path(one: Mapping) -> str:
    return f"{one['critical_path_ns']:.1f} ns"


def _area(one: Mapping) -> str:
    return f"{one['area_um2']:,.0f}"


def _times(lane: Mapping) -> str:
    return f"{lane['versus_binary']:.2f}x"


def _lane(blocks: Mapping) -> list[str]:
    """Area and path of a lane; against a binary one where it is none."""
    lane = blocks["lane"]
    ratio = f" ({_times(lane)})" if lane["versus_binary"] else ""
    return [f"{_area(lane)}{ratio}", f"{lane['critical_path_ns']:.1f}"]


def _lanes(blocks: Mapping) -> float:
    return _total(blocks, ("lane",))


def _bank(blocks: Mapping) -> float:
    return _total(blocks, BANK)


def _total(blocks: Mapping, names: tuple[str, ...]) -> float:
    """Area of all instances of blocks."""
    held = [block for name, block in blocks.items() if name in names]
    return sum(block["area_um2"] * block["instances"] for block in held)


def _against(area: float, reference: float) -> str:
    return f"{area / 1e3:,.1f} k ({area / reference:.2f}x)"


TABLES = ("tiles", "converter", "gates", "ranges", "outward")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    flow_synth.map_verilog = remembered()
    with tempfile.TemporaryDirectory() as scratch:
        areas = Areas(Path(scratch))
        print_tables({name: getattr(areas, name) for name in TABLES}, arguments, main.__doc__)


if __name__ == "__main__":
    main()
