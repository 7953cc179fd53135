"""Power of a delivered tile while it computes real vectors, and energy of its analog side."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from hwgen import __version__
from hwgen.design_keys import Device, Energy
from hwgen.emit.text import filled, template
from hwgen.errors import UserError
from hwgen.flow.activity import require_tile, tile_activity
from hwgen.flow.cells import cell_target
from hwgen.flow.estimate import Estimate, digital_model, estimate_of, operations_of
from hwgen.flow.folder import Delivered
from hwgen.flow.mapped import Mapped, map_verilog
from hwgen.flow.power_report import Measured, report_of
from hwgen.flow.stimulus import LayerOf, Stimulus
from hwgen.flow.synth import place
from hwgen.gates.saif import saif
from hwgen.gates.vcd import write_vcd
from hwgen.liberty.library import Library
from hwgen.output import check_file, hashes, write_file, write_folder
from hwgen.power.analog.accounting import Digital
from hwgen.power.analog.array import Shape
from hwgen.power.analog.choose import Analog, models
from hwgen.power.operations import Counts
from hwgen.power.processes import node_nm
from hwgen.power.tables import check_library
from hwgen.workload.array.energy import energy_of_result

__all__ = ["CLOCK_NS", "power"]

RECORD = "power.json"
NETLIST = "power.v"
SCRIPT = "power.tcl"  # a template of `hwgen.emit`, too
SAIF_MARK, VCD_MARK = b"(SAIFILE", b"$timescale"  # what earlier files begin with
TRACED = 512  # cycles of a waveform
CLOCK_NS = 20.0

Progress = Callable[[int, int, str], None]


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
    digital = Digital(clock_ns=clock_ns or CLOCK_NS, node_nm=node_nm(library.name))
    analog = _analog(delivered, adc_model, digital)
    stimulus = (
        Stimulus.of_layer(delivered, layer) if layer else Stimulus.delivered(delivered, vectors)
    )
    golden = stimulus.golden(spec, keep="counts")
    analog.check(golden.tile.trees)
    report(0, 3, "mapping")
    mapped = map_verilog(delivered.rtl(), top=delivered.top, target=target)
    report(1, 3, "activity")
    traced = TRACED if vcd_file else 0
    played = tile_activity(delivered, mapped, library, stimulus, golden=golden, trace_cycles=traced)
    report(2, 3, "power")
    estimate = estimate_of(mapped, played, library, clock_ns=digital.clock_ns, wire_ff=wire_ff)
    result = golden.result
    energy = energy_of_result(analog, golden.tile, result, stimulus.x)
    counts = Counts(
        decision=played.decisions,
        conversion=played.conversions,
        read=result.reads,
        output=result.y.size,
        vector=played.vectors,
        cycles=played.activity.cycles,
        tile_cycles=played.activity.cycles,
    )
    model = digital_model(wire_ff=wire_ff, sized_for_ns=clock_ns, clock_gate=target.clock_gate)
    measured = Measured(
        delivered=delivered,
        target=target,
        library=library,
        sized_for_ns=clock_ns,
        stimulus=stimulus,
        estimate=estimate,
        counts=counts,
        operations=operations_of(delivered, library, estimate, counts, model=model),
        analog=analog,
        energy=energy,
    )
    found = report_of(measured)
    _export(estimate, saif_file, vcd_file)
    found |= {"saif": saif_file and str(saif_file), "vcd": vcd_file and str(vcd_file)}
    found["report"] = str(kept / RECORD)
    _keep(kept, mapped, found)
    report(3, 3, "power")
    return found


def _analog(delivered: Delivered, adc_model: str | None, digital: Digital) -> Analog:
    """Return the analog models that the folder's design asks for.

    The netlist meets an ideal array: its counts hold no leakage of stored zeros.
    """
    path, manifest = delivered.folder / "manifest.json", delivered.manifest
    said = {}
    for key, section in (("energy", Energy), ("device", Device)):
        try:
            said[key] = section.model_validate(manifest.get(key, {}))
        except ValidationError as error:
            wanted = "must be what `hwgen generate` wrote"
            raise UserError(f"{path}: {key}: {wanted}: {error}") from None
    spec = delivered.spec
    return models(
        said["energy"],
        bits=spec.readout_bits,
        shape=Shape.of(spec),
        on_off_ratio=said["device"].on_off_ratio,
        source=str(path),
        adc_model=adc_model,
        digital=digital,
    )


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
    values = {
        "TOP": mapped.top,
        "LIBERTY": Path(result["library"]["file"]).resolve(),
        "PERIOD": f"{1e3 / result['clock_mhz']:g}",
        "ACTIVITY": f"{result['vectorless']['opensta']['activity']:g}",
        "NETLIST": NETLIST,
    }
    script = filled(template(SCRIPT), values)
    contents = {NETLIST: mapped.netlist.encode(), SCRIPT: script.encode()}
    record = {"hwgen": __version__, "files": hashes(contents), "result": result}
    contents[RECORD] = (json.dumps(record, indent=2) + "\n").encode()
    write_folder(kept, contents, RECORD)
