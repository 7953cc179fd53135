"""What `hwgen power` reports of a measured tile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.flow.estimate import Estimate, block_name, own_gates
from hwgen.flow.folder import Delivered
from hwgen.flow.stimulus import Stimulus
from hwgen.flow.targets import Target
from hwgen.gates.delays import delays
from hwgen.liberty.library import Library
from hwgen.power.analog.choose import Analog, Work
from hwgen.power.cells import CellPower, cell_power
from hwgen.power.clock_tree import FAN_OUT, clock_trees
from hwgen.power.opensta import uniform_power
from hwgen.power.operations import BLOCKS, CATEGORIES, OTHERS, Counts, Operations
from hwgen.power.processes import node_nm
from hwgen.power.propagate import propagated
from hwgen.workload.array.energy import Energy

__all__ = ["Measured", "report_of"]

INPUT_ACTIVITY = 0.1  # changes of inputs in a cycle; OpenSTA's default, too
ACTIVITY = 0.1  # of all nets, for a comparison with OpenSTA
NAMED = 10  # nets that a warning names
GLITCHES = "zero-delay: glitches are not counted"


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What there is to report of.

    Parameters
    ----------
    delivered : Delivered
        The folder.
    target : Target
        What its RTL was mapped to.
    library : Library
        The cells.
    sized_for_ns : float or None
        Clock period that they were sized for; None: the smallest.
    stimulus : Stimulus
        What was played.
    estimate : Estimate
        What that took.
    counts : Counts
        What the tile did.
    operations : Operations
        What each of that took.
    analog : Analog
        Models of converters and array.
    energy : Energy
        What these say.
    """

    delivered: Delivered
    target: Target
    library: Library
    sized_for_ns: float | None
    stimulus: Stimulus
    estimate: Estimate
    counts: Counts
    operations: Operations
    analog: Analog
    energy: Energy

    @property
    def work(self) -> Work:
        """What the models of converters and array were used for."""
        spec, counts = self.delivered.spec, self.counts
        cycles = None
        if counts.conversion:
            per_conversion = counts.decision / counts.conversion
            cycles = spec.overhead_cycles + per_conversion * spec.decision_cycles
        return Work(self.energy.reads, cycles)


def report_of(measured: Measured) -> dict:
    """Return the keys of ``hwgen power --json``, but for the files that are written."""
    delivered, estimate, counts = measured.delivered, measured.estimate, measured.counts
    library, operations = measured.library, measured.operations
    analog = measured.analog.as_json(measured.work)
    return {
        "design": delivered.manifest.get("name"),
        "target": measured.target.name,
        **_conditions(measured),
        **_work(measured.stimulus, estimate, counts),
        **_areas(delivered, library, estimate),
        **_totals(estimate),
        "clock_tree": _clock_tree(estimate),
        "groups": _groups(estimate, estimate.power),
        "blocks": _blocks(delivered, estimate),
        "vectorless": _vectorless(delivered, estimate),
        **_energies(operations, measured.energy, counts),
        "operations": operations.as_json(),
        "parameters": delivered.manifest["parameters"],
        "models": _models(analog, operations.model),
        "warnings": [*analog["warnings"], *_warnings(delivered, estimate)],
    }


def _conditions(measured: Measured) -> dict:
    library, gate = measured.library, measured.target.clock_gate
    conditions = library.conditions
    return {
        "library": {
            "file": library.path,
            "name": library.name,
            "node_nm": node_nm(library.name),
            "process": conditions.get("process"),
            "voltage_v": conditions.get("voltage"),
            "temperature_c": conditions.get("temperature"),
            "sized_for_ns": measured.sized_for_ns,
            "clock_gate": gate and gate.cell,
        },
        "clock_mhz": 1e3 / measured.estimate.clock_ns,
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
    nets = activity.netlist.used
    leakage = None if power_.leakage_w is None else float(power_.leakage_w.sum()) * 1e6
    return {
        "dynamic_uw": estimate.microwatts(float(power_.energy_j.sum())),
        "leakage_uw": leakage,
        "inputs_uw": estimate.microwatts(power_.inputs_j),
        "coverage": activity.coverage,
        "changing": float((activity.toggles[nets] > 0).mean()),
        "changes_per_cycle": float(activity.rate[nets].mean()),
        "glitches": GLITCHES,
    }


def _areas(delivered: Delivered, library: Library, estimate: Estimate) -> dict:
    """Add up the cells, without wires, and what they are there for."""
    netlist = estimate.power.netlist
    area = np.array([library.cells[gate.kind].area or 0.0 for gate in netlist.gates])
    parts = dict.fromkeys(CATEGORIES, 0.0)
    for block, gates in own_gates(delivered, netlist).items():
        parts[BLOCKS.get(block, OTHERS)[0]] += float(area[gates].sum())
    return {"area_um2": float(area.sum()), "area_parts_um2": parts}


def _clock_tree(estimate: Estimate) -> dict[str, object]:
    """Estimate what buffers of the clock would take besides all that is counted."""
    tree = clock_trees(
        estimate.power.netlist,
        estimate.cells,
        estimate.played.activity.rate,
        wire_ff=estimate.wire_ff,
    )
    return {
        "dynamic_uw": estimate.microwatts(tree.cycle_j),
        "pins": tree.pins,
        "buffers": tree.buffers,
        "buffer": tree.buffer,
        "model": f"not in dynamic_uw: a buffer for every {FAN_OUT} pins, up to one, or to a "
        f"clock gate, which drives {FAN_OUT} itself; no wires",
    }


def _vectorless(delivered: Delivered, estimate: Estimate) -> dict[str, object]:
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
    power_ = cell_power(netlist, cells, timing, signals, wire_ff=estimate.wire_ff)
    uniform = uniform_power(
        netlist,
        cells,
        delays(netlist, cells.arcs) if estimate.wire_ff else timing,
        clock_ns=estimate.clock_ns,
        activity=ACTIVITY,
    )
    leakage = None if power_.leakage_w is None else 1e6 * float(power_.leakage_w.sum())
    return {
        "model": f"inputs change {INPUT_ACTIVITY:g} times a cycle, one half of the time; reset at "
        "rest; densities propagated (Najm, 1993), glitches left out",
        "dynamic_uw": estimate.microwatts(float(power_.energy_j.sum())),
        "leakage_uw": leakage,
        "changes_per_cycle": float(signals.density[netlist.used].mean()),
        "groups": _groups(estimate, power_),
        "opensta": {
            "model": f"OpenSTA 2.0.17, set_power_activity -global -activity {ACTIVITY:g}; no wires",
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
        instances = [
            block.path for block in netlist.blocks if block_name(delivered, block.module) == name
        ]
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
    """Count the changes of what each gate drives, and those at its clock pins."""
    toggles, netlist = estimate.played.activity.toggles, estimate.power.netlist
    driven, at_clocks = np.zeros((2, len(netlist.gates)))
    for kind, same in netlist.kinds.items():
        clocks = estimate.cells.of(kind).clocks
        for pin, nets in same.pins.items():
            if same.directions[pin] != "input":
                driven[same.gates] += toggles[nets]
            elif pin in clocks:
                at_clocks[same.gates] += toggles[nets]
    return driven, at_clocks


def _within(path: str, instances: Sequence[str]) -> bool:
    return any(one in ("", path) or path.startswith(f"{one}.") for one in instances)


def _energies(operations: Operations, energy: Energy, counts: Counts) -> dict:
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


def _models(analog: Mapping[str, object], digital: Mapping[str, object]) -> dict[str, object]:
    return {
        "digital": digital,
        "adc": analog["adc"],
        "array": analog["array"],
        "warnings": analog["warnings"],
    }


def _warnings(delivered: Delivered, estimate: Estimate) -> list[str]:
    said = []
    path, netlist = estimate.timing.critical_path, estimate.power.netlist
    if "device" in delivered.manifest:
        said.append("the netlist was measured on an ideal array, not on the design's device")
    if unknown := own_gates(delivered, netlist).keys() - BLOCKS.keys():
        said.append(
            f"{', '.join(sorted(unknown))}: no blocks that hwgen knows: what they take is counted "
            "as scheduling, by vectors"
        )
    if path is not None and path.ns > estimate.clock_ns:
        said.append(
            f"the netlist takes {path.ns:.1f} ns from register to register, more than the clock's "
            f"{estimate.clock_ns:g} ns"
        )
    if floating := np.flatnonzero(netlist.used & ~netlist.driven).tolist():
        names = ", ".join(netlist.nets[net] for net in floating[:NAMED])
        said.append(f"nothing drives {len(floating)} nets, which count as 0: {names}")
    return [*said, *estimate.cells.warnings(sorted(netlist.kinds))]
