"""Power of a delivered tile while it computes real vectors, and energy of its analog side."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from hwgen import __version__
from hwgen.design_keys import Energy
from hwgen.errors import UserError
from hwgen.flow.activity import require_tile, tile_activity
from hwgen.flow.cells import cell_target
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped, map_verilog
from hwgen.flow.stimulus import LayerOf, Stimulus
from hwgen.flow.synth import place
from hwgen.flow.targets import Target
from hwgen.gates.arcs import Arcs
from hwgen.gates.delays import Delays, delays
from hwgen.gates.netlist import ONE, ZERO, Netlist
from hwgen.gates.saif import saif
from hwgen.gates.tile import Played
from hwgen.gates.vcd import write_vcd
from hwgen.liberty.library import Library
from hwgen.output import check_file, hashes, write_file, write_folder
from hwgen.power.analog.array import Shape
from hwgen.power.analog.choose import Analog, models
from hwgen.power.cells import CellPower, Signals, cell_power
from hwgen.power.clock_tree import FAN_OUT, clock_trees
from hwgen.power.opensta import uniform_power
from hwgen.power.operations import BLOCKS, CATEGORIES, OTHERS, Counts, Operations
from hwgen.power.propagate import propagated
from hwgen.power.tables import PowerCells, check_library
from hwgen.workload.array.energy import energy_of_result

__all__ = ["CLOCK_NS", "Estimate", "power"]

RECORD = "power.json"
NETLIST = "power.v"
SCRIPT = "power.tcl"
INPUT_ACTIVITY = 0.1  # changes of inputs in a cycle; OpenSTA's default, too
ACTIVITY = 0.1  # of all nets, for a comparison with OpenSTA
SAIF_MARK, VCD_MARK = b"(SAIFILE", b"$timescale"  # what earlier files begin with
TRACED = 512  # cycles of a waveform
CLOCK_NS = 20.0
GLITCHES = "zero-delay: glitches are not counted"
DIGITAL = {
    "name": "liberty",
    "source": "internal_power and leakage_power tables of the library, looked up at slews and "
    "loads of the mapped netlist; changes counted in a zero-delay simulation of its gates",
    "covers": "all gates of the tile and the pins that they drive; no glitches, no clock tree",
}
WIRES = "none: nets have the capacitance of the pins on them"
WIRES_GIVEN = "{:g} fF for every input that a net drives"

# What OpenSTA can repeat: it reads no activity, and has one for all nets.
OPENSTA = """\
# Power at one activity of all nets with OpenSTA 2.0.17, from this folder:
#   sta -exit power.tcl
# What it prints is vectorless.opensta in power.json; LIBERTY, CLOCK_PERIOD (ns) and ACTIVITY in the
# environment take the place of what hwgen power was given.

proc given {{name default}} {{
  if {{[info exists ::env($name)]}} {{ return $::env($name) }}
  return $default
}}

# Nets have no wires here: neither the library's default ones.
set file [given LIBERTY {{{liberty}}}]
set library [open $file rb]
if {{[string match *.gz $file]}} {{ zlib push gunzip $library }}
set copy [file tempfile path .lib]
set wires {{^[ \t]*default_wire_load(_selection)?[ \t]*:.*$}}
puts $copy [regsub -all -line $wires [read $library] ""]
close $library
close $copy
read_liberty $path
file delete $path

read_verilog {netlist}
link_design {top}
set_cmd_units -time ns
set inputs {{}}
foreach port [all_inputs] {{
  if {{[get_property $port full_name] ne "clk"}} {{ lappend inputs $port }}
}}
create_clock -name clk -period [given CLOCK_PERIOD {period:g}] [get_ports clk]
set_input_delay 0 -clock clk $inputs
set_input_transition 0 $inputs
set_power_activity -global -activity [given ACTIVITY {activity:g}]
report_power -digits 6
"""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What a tile's gates take while it computes.

    Parameters
    ----------
    mapped : Mapped
        The netlist.
    played : Played
        What it did.
    timing : Delays
        Its loads and slews.
    cells : PowerCells
        Its cells.
    power : CellPower
        Energies in a cycle.
    clock_ns : float
        Period of the clock.
    """

    mapped: Mapped
    played: Played
    timing: Delays
    cells: PowerCells
    power: CellPower
    clock_ns: float

    def microwatts(self, joules_in_a_cycle: float) -> float:
        """Turn energy in a cycle into power."""
        return joules_in_a_cycle / (self.clock_ns * 1e-9) * 1e6


def power(
    folder: Path,
    *,
    liberty: Path,
    layer: LayerOf | None = None,
    vectors: int | None = None,
    clock_ns: float | None = None,
    gate_clocks: bool = False,
    wire_ff: float = 0.0,
    adc_model: str | None = None,
    saif_file: Path | None = None,
    vcd_file: Path | None = None,
    progress: Progress | None = None,
) -> dict:
    """Measure the power of a delivered tile.

    Its RTL is mapped to the library's cells, the netlist computes the vectors and is checked
    against the golden model, and what its nets did is priced by the library's tables. The result is
    kept as ``synth/TARGET/power.json`` in the folder.

    Parameters
    ----------
    folder : Path
        What `hwgen generate` wrote.
    liberty : Path
        The cells.
    layer : LayerOf, optional
        Layer of a network whose vectors are played; without it, the delivered ones.
    vectors : int, optional
        Only the first of the delivered ones.
    clock_ns : float, optional
        Period of the clock, for which cells are sized; without it, `CLOCK_NS` and the smallest
        cells.
    gate_clocks : bool
        Whether registers with a common enable share a clock gate.
    wire_ff : float
        Capacitance of wire for every input that a net drives.
    adc_model : str, optional
        As of `hwgen.power.analog.choose.choose`.
    saif_file, vcd_file : Path, optional
        Files for the activity, and for a waveform of a few cycles.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        The keys of ``hwgen power --json``.

    Raises
    ------
    UserError
        When the folder, the library or the vectors do not fit.
    Mismatch
        When the netlist computes something else than the golden model.
    ToolMissing
        When Yosys is not installed.
    """
    report = progress or (lambda *_: None)
    delivered = Delivered.read(folder)
    require_tile(delivered)
    library = Library.read(liberty)
    check_library(library)
    if saif_file is not None and saif_file == vcd_file:
        raise UserError(f"--vcd: must be another file than --saif, not {vcd_file}")
    for file, mark in ((saif_file, SAIF_MARK), (vcd_file, VCD_MARK)):
        if file is not None:
            check_file(file, lambda path, mark=mark: _begins_with(path, mark))
    target = cell_target(library, clock_ns=clock_ns, gate_clocks=gate_clocks)
    kept = place(delivered.folder, target, RECORD)
    spec = delivered.spec
    analog = _analog(delivered, adc_model)
    stimulus = (
        Stimulus.of_layer(delivered, layer) if layer else Stimulus.delivered(delivered, vectors)
    )
    golden, result = stimulus.golden(spec)
    analog.check(golden.trees)
    report(0, 3, "mapping")
    mapped = map_verilog(delivered.rtl(), top=delivered.top, target=target)
    report(1, 3, "activity")
    traced = TRACED if vcd_file else 0
    played = tile_activity(delivered, mapped, library, stimulus, trace_cycles=traced)
    report(2, 3, "power")
    estimate = estimate_of(mapped, played, library, clock_ns=clock_ns or CLOCK_NS, wire_ff=wire_ff)
    energy = energy_of_result(analog, golden, result, stimulus.x)
    counts = Counts(
        decision=played.decisions,
        conversion=played.conversions,
        read=result.reads,
        output=result.y.size,
        vector=played.vectors,
        cycles=played.activity.cycles,
        tile_cycles=played.activity.cycles,
    )
    operations = operations_of(delivered, estimate, counts)
    found = {
        "design": delivered.manifest.get("name"),
        "target": target.name,
        **_conditions(library, estimate, clock_ns, target),
        **_work(stimulus, estimate, counts),
        **_areas(delivered, library, estimate),
        **_totals(estimate),
        "clock_tree": _clock_tree(estimate, wire_ff),
        "groups": _groups(estimate, estimate.power),
        "blocks": _blocks(delivered, estimate),
        "vectorless": _vectorless(delivered, estimate, wire_ff),
        **_energies(operations, energy, counts),
        "operations": operations.as_json(),
        "parameters": delivered.manifest["parameters"],
        "models": _models(analog, wire_ff),
        "warnings": [*analog.warnings, *_warnings(estimate, library)],
    }
    _export(estimate, saif_file, vcd_file)
    found |= {"saif": saif_file and str(saif_file), "vcd": vcd_file and str(vcd_file)}
    found["report"] = str(kept / RECORD)
    _keep(kept, mapped, found)
    report(3, 3, "power")
    return found


def estimate_of(
    mapped: Mapped, played: Played, library: Library, *, clock_ns: float, wire_ff: float = 0.0
) -> Estimate:
    """Estimate the power of a netlist from what it did.

    Raises
    ------
    UserError
        When the library says nothing about power.
    """
    netlist, arcs = played.activity.netlist, Arcs(library)
    cells = PowerCells(library, arcs)
    cells.check(sorted(netlist.kinds))
    timing = delays(netlist, arcs, wire_ff=wire_ff)
    signals = Signals.measured(played.activity)
    return Estimate(
        mapped=mapped,
        played=played,
        timing=timing,
        cells=cells,
        power=cell_power(netlist, cells, timing, signals, wire_ff=wire_ff),
        clock_ns=clock_ns,
    )


def operations_of(delivered: Delivered, estimate: Estimate, counts: Counts) -> Operations:
    """Divide what each block took by what it did."""
    power_, cycles = estimate.power, counts.cycles
    # A clock behind gates moves when the block works, not in every cycle.
    clock, data = (
        {
            name: 1e12 * cycles * float(joules[gates].sum())
            for name, gates in own_gates(delivered, power_.netlist).items()
        }
        for joules in (power_.clock_j - power_.gated_j, power_.data_j + power_.gated_j)
    )
    leakage = None if power_.leakage_w is None else 1e6 * float(power_.leakage_w.sum())
    return Operations.measured(
        data,
        clock,
        counts,
        leakage_uw=leakage,
        clock_ns=estimate.clock_ns,
        source=str(delivered.folder),
        parameters=delivered.manifest["parameters"],
    )


def own_gates(delivered: Delivered, netlist: Netlist) -> dict[str, np.ndarray]:
    """Return the gates that stand in each block itself, in no block inside it."""
    block_of = {module: block for block, module in delivered.modules.items()}
    found: dict[str, list[int]] = {}
    for place_, block in enumerate(netlist.blocks):
        found.setdefault(block_of.get(block.module, block.module), []).append(place_)
    return {name: np.isin(netlist.block_of, places) for name, places in found.items()}


def _analog(delivered: Delivered, adc_model: str | None) -> Analog:
    """Return the analog models that the folder's design asks for."""
    path = delivered.folder / "manifest.json"
    try:
        energy = Energy.model_validate(delivered.manifest.get("energy", {}))
    except ValidationError as error:
        raise UserError(f"{path}: energy: must be what `hwgen generate` wrote: {error}") from None
    spec = delivered.spec
    return models(
        energy,
        bits=spec.readout_bits,
        shape=Shape.of(spec),
        source=str(path),
        adc_model=adc_model,
    )


def _conditions(
    library: Library, estimate: Estimate, clock_ns: float | None, target: Target
) -> dict:
    conditions = library.conditions
    return {
        "library": {
            "file": library.path,
            "name": library.name,
            "process": conditions.get("process"),
            "voltage_v": conditions.get("voltage"),
            "temperature_c": conditions.get("temperature"),
            "sized_for_ns": clock_ns,
            "clock_gate": target.clock_gate and target.clock_gate.cell,
        },
        "clock_mhz": 1e3 / estimate.clock_ns,
    }


def _work(stimulus: Stimulus, estimate: Estimate, counts: Counts) -> dict:
    return {
        **stimulus.origin,
        "vectors": counts.vector,
        "reads": counts.read,
        "conversions": counts.conversion,
        "decisions": counts.decision,
        "decisions_per_conversion": counts.decision / counts.conversion
        if counts.conversion
        else None,
        "cycles": counts.cycles,
        "cycles_per_vector": estimate.played.cycles_per_vector,
    }


def _totals(estimate: Estimate) -> dict:
    power_, activity = estimate.power, estimate.played.activity
    nets = used_nets(activity.netlist)
    leakage = None if power_.leakage_w is None else float(power_.leakage_w.sum()) * 1e6
    return {
        "dynamic_uw": estimate.microwatts(float(power_.energy_j.sum())),
        "leakage_uw": leakage,
        "inputs_uw": estimate.microwatts(power_.inputs_j),
        "coverage": float(measured_nets(estimate)[nets].mean()),
        "changing": float((activity.toggles[nets] > 0).mean()),
        "changes_per_cycle": float(activity.rate[nets].mean()),
        "glitches": GLITCHES,
    }


def used_nets(netlist: Netlist) -> np.ndarray:
    """Tell which nets some pin of a gate or of the top is on, but for the constants."""
    found = np.zeros(len(netlist.nets), dtype=bool)
    for same in netlist.kinds.values():
        for nets in same.pins.values():
            found[nets] = True
    for direction in ("input", "output", "inout"):
        found[netlist.port_nets(direction)] = True
    found[[ZERO, ONE]] = False
    return found


def measured_nets(estimate: Estimate) -> np.ndarray:
    """Tell which nets the simulation drives: outputs of gates, and inputs of the top."""
    found = estimate.played.activity.block_of >= 0
    found[estimate.played.activity.netlist.port_nets("input")] = True
    return found


def _areas(delivered: Delivered, library: Library, estimate: Estimate) -> dict:
    """Add up the cells, without wires, and what they are there for."""
    netlist = estimate.power.netlist
    area = np.array([library.cells[gate.kind].area or 0.0 for gate in netlist.gates])
    parts = dict.fromkeys(CATEGORIES, 0.0)
    for block, gates in own_gates(delivered, netlist).items():
        parts[BLOCKS.get(block, OTHERS)[0]] += float(area[gates].sum())
    return {"area_um2": float(area.sum()), "area_parts_um2": parts}


def _clock_tree(estimate: Estimate, wire_ff: float) -> dict[str, object]:
    """Estimate what buffers of the clock would take besides all that is counted."""
    density = estimate.played.activity.rate
    tree = clock_trees(estimate.power.netlist, estimate.cells, density, wire_ff=wire_ff)
    return {
        "dynamic_uw": estimate.microwatts(tree.cycle_j),
        "pins": tree.pins,
        "buffers": tree.buffers,
        "buffer": tree.buffer,
        "model": f"not in dynamic_uw: a buffer for every {FAN_OUT} pins, up to one, or to a "
        f"clock gate, which drives {FAN_OUT} itself; no wires",
    }


def _vectorless(delivered: Delivered, estimate: Estimate, wire_ff: float) -> dict[str, object]:
    """Estimate the same without vectors: by propagated activity, and as OpenSTA does."""
    netlist, cells, timing = estimate.power.netlist, estimate.cells, estimate.timing
    reset = delivered.manifest["reset"]
    level = int(reset["active"] != "high")
    signals = propagated(
        netlist,
        cells,
        clock=netlist.ports[delivered.manifest["clock"]].nets[0],
        constants={netlist.ports[reset["name"]].nets[0]: level},
        density=INPUT_ACTIVITY,
        probability=0.5,
    )
    power_ = cell_power(netlist, cells, timing, signals, wire_ff=wire_ff)
    uniform = uniform_power(netlist, cells, timing, clock_ns=estimate.clock_ns, activity=ACTIVITY)
    leakage = None if power_.leakage_w is None else 1e6 * float(power_.leakage_w.sum())
    return {
        "model": f"inputs change {INPUT_ACTIVITY:g} times a cycle, one half of the time; reset at "
        "rest; densities propagated (Najm, 1993), glitches left out",
        "dynamic_uw": estimate.microwatts(float(power_.energy_j.sum())),
        "leakage_uw": leakage,
        "changes_per_cycle": float(signals.density[used_nets(netlist)].mean()),
        "groups": _groups(estimate, power_),
        "opensta": {
            "model": f"OpenSTA 2.0.17, set_power_activity -global -activity {ACTIVITY:g}",
            "activity": ACTIVITY,
            "groups": {
                name: {
                    "internal_uw": 1e6 * group.internal_w,
                    "switching_uw": 1e6 * group.switching_w,
                    "leakage_uw": 1e6 * group.leakage_w,
                }
                for name, group in uniform.items()
            },
        },
    }


def _groups(estimate: Estimate, power_: CellPower) -> dict[str, dict[str, float]]:
    return {
        name: {
            "internal_uw": estimate.microwatts(internal),
            "switching_uw": estimate.microwatts(switching),
            "leakage_uw": 1e6 * leakage,
        }
        for name, (internal, switching, leakage) in power_.groups().items()
    }


def _blocks(delivered: Delivered, estimate: Estimate) -> dict[str, dict]:
    """Add up every block with what is inside it, all its instances together."""
    power_, netlist = estimate.power, estimate.power.netlist
    changes, at_clocks = _changes(estimate)
    conversions = estimate.played.conversions
    found = {}
    for name, module in delivered.modules.items():
        instances = [block.path for block in netlist.blocks if block.module == module]
        inside = np.array([_within(block.path, instances) for block in netlist.blocks])
        gates = inside[netlist.block_of]
        leakage = power_.leakage_w
        found[name] = {
            "module": module,
            "instances": len(instances),
            "dynamic_uw": estimate.microwatts(float(power_.energy_j[gates].sum())),
            "clock_uw": estimate.microwatts(float(power_.clock_j[gates].sum())),
            "leakage_uw": None if leakage is None else 1e6 * float(leakage[gates].sum()),
            "changes_per_conversion": float(changes[gates].sum()) / conversions
            if conversions
            else None,
            "clock_changes_per_conversion": float(at_clocks[gates].sum()) / conversions
            if conversions
            else None,
        }
    return found


def _changes(estimate: Estimate) -> tuple[np.ndarray, np.ndarray]:
    """Count the changes of what each gate drives, clocks aside, and those at its clock pins."""
    toggles, netlist = estimate.played.activity.toggles, estimate.power.netlist
    on_clock = estimate.power.on_clock
    driven, at_clocks = np.zeros((2, len(netlist.gates)))
    for kind, same in netlist.kinds.items():
        clocks = estimate.cells.of(kind).clocks
        for pin, nets in same.pins.items():
            if same.directions[pin] != "input":
                driven[same.gates] += np.where(on_clock[same.gates], 0, toggles[nets])
            elif pin in clocks:
                at_clocks[same.gates] += toggles[nets]
    return driven, at_clocks


def _within(path: str, instances: Sequence[str]) -> bool:
    return any(one in ("", path) or path.startswith(f"{one}.") for one in instances)


def _energies(operations: Operations, energy, counts: Counts) -> dict:
    """Return energies of a conversion, and what the digital one goes into."""
    digital = operations.energy(counts)
    conversions = max(counts.conversion, 1)
    return {
        "energy_per_conversion_pj": {
            "digital": digital.total / conversions,
            "adc": energy.adc.picojoules / conversions,
            "array": energy.array.total / conversions,
        },
        "digital_per_conversion_pj": digital.as_json(per=conversions),
    }


def _models(analog: Analog, wire_ff: float) -> dict[str, object]:
    said = analog.as_json()
    return {
        "digital": DIGITAL | {"wires": WIRES_GIVEN.format(wire_ff) if wire_ff else WIRES},
        "adc": said["adc"],
        "array": said["array"],
    }


def _warnings(estimate: Estimate, library: Library) -> list[str]:
    said = []
    path = estimate.timing.critical_path
    if path is not None and path.ns > estimate.clock_ns:
        said.append(
            f"the netlist takes {path.ns:.1f} ns from register to register, more than the clock's "
            f"{estimate.clock_ns:g} ns"
        )
    kinds = sorted(estimate.power.netlist.kinds)
    without = estimate.cells.without_tables(kinds)
    if without:
        said.append(f"{library.path} has no internal_power for {', '.join(without)}")
    leaking = estimate.cells.leaking(kinds)
    if silent := sorted(set(kinds) - set(leaking)) if leaking else []:
        said.append(f"{library.path} has no leakage_power for {', '.join(silent)}")
    if estimate.power.leakage_w is None:
        said.append(f"{library.path} has no leakage_power")
    return said


def _export(estimate: Estimate, saif_file: Path | None, vcd_file: Path | None) -> None:
    if saif_file is not None:
        text = saif(estimate.played.activity, clock_ns=estimate.clock_ns)
        write_file(saif_file, lambda path: path.write_text(text))
    if vcd_file is not None:
        trace = estimate.played.trace

        def write(path: Path) -> None:
            with path.open("w") as file:
                write_vcd(file, trace, clock_ns=estimate.clock_ns)

        write_file(vcd_file, write)


def _begins_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _keep(kept: Path, mapped: Mapped, result: Mapping[str, object]) -> None:
    kept.parent.mkdir(exist_ok=True)
    script = OPENSTA.format(
        top=mapped.top,
        liberty=Path(result["library"]["file"]).resolve(),
        period=1e3 / result["clock_mhz"],
        activity=ACTIVITY,
        netlist=NETLIST,
    )
    contents = {NETLIST: mapped.netlist.encode(), SCRIPT: script.encode()}
    record = {"hwgen": __version__, "files": hashes(contents), "result": result}
    contents[RECORD] = (json.dumps(record, indent=2) + "\n").encode()
    write_folder(kept, contents, RECORD)
