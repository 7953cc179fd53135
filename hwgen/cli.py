"""The command line: parses, calls one function, prints what it returns.

A contract that tests and users script against: every command prints a table, or with ``--json`` one
JSON object and nothing else on standard output. Exit codes: 0 well, 1 mismatch, 2 bad input, 3 a
tool is missing, each of the last three with one line on standard error. Besides: 130 interrupted,
141 the reader of the output went away, 70 a fault of this program, with a traceback.

Commands import what they call when they run, so that ``--help`` is quick and one part that cannot
be imported breaks no other.
"""

import errno
import io
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from hwgen import __version__
from hwgen.errors import Mismatch, ToolMissing, UserError
from hwgen.papers import PAPERS
from hwgen.usage import Commands, Femtofarads, Nanoseconds, Natural, OneOf, Positive, usage_line

__all__ = ["cli", "main"]

BAD_INPUT = 2
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
FAULT = 70
INTERRUPTED = 128 + signal.SIGINT
NO_READER = 128 + signal.SIGPIPE


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.
    """
    _prepare_streams()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _terminate)
    sys.exit(_run(list(sys.argv[1:] if argv is None else argv)))


def _run(arguments: list[str]) -> int:
    """Run one command and turn the way it ended into an exit code."""
    try:
        with cli.make_context("hwgen", arguments) as context:
            cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:  # --help, --version
        return end.exit_code
    except click.UsageError as error:
        return _complain(usage_line(error), BAD_INPUT)
    except (UserError, ToolMissing, Mismatch) as error:
        return _complain(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        warnings.simplefilter("ignore")  # Amaranth's, about every block that was not finished
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _discard_stdout()
        return NO_READER
    except OSError as error:
        if error.filename is None and error.errno not in DISK_ERRORS:
            return _fault()
        if error.filename is None:
            _discard_stdout()
        place = "output" if error.filename is None else os.fsdecode(error.filename)
        return _complain(f"{place}: must be usable, but is not: {error.strerror}", BAD_INPUT)
    except Exception:
        return _fault()
    return 0


def _complain(message: str, code: int) -> int:
    """Print one line, whatever is in the message."""
    click.echo(re.sub(r"[\x00-\x1f\x7f]+", " ", message), err=True)
    return code


def _fault() -> int:
    """Show what went wrong in this program, with another exit code than a mismatch."""
    traceback.print_exc()
    return _complain(f"hwgen {__version__}: a fault of hwgen itself; please report it", FAULT)


def _prepare_streams() -> None:
    """Have two streams that take any character, even where the shell closed them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  (open to the end)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_stdout() -> None:
    """Drop what is still buffered, so that the interpreter does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(signal_number: int, _: object) -> NoReturn:
    """Leave through the `finally` clauses that remove half-written output."""
    raise SystemExit(128 + signal_number)


# What every command shares


def command(function: Callable[..., dict]) -> click.Command:
    """Make a command of a function: its result is printed, as a table or as JSON."""
    name = function.__name__

    @wraps(function)
    def call(*, as_json: bool, **arguments: Any) -> None:
        with _stdout_kept():
            try:
                result = function(**arguments)
            except Mismatch as mismatch:
                result, failure = mismatch.result, mismatch
            else:
                failure = None
        if result is not None:
            _print(name, result, as_json=as_json)
        if failure:
            raise failure

    made = cli.command(name)(call)
    about = "Print one JSON object and nothing else."
    made.params.append(click.Option(["--json", "as_json"], is_flag=True, help=about))
    return made


def _print(name: str, result: dict, *, as_json: bool) -> None:
    from hwgen.report import tables

    click.echo(tables.as_json(result) if as_json else tables.as_text(name, result))


@contextmanager
def _stdout_kept() -> Iterator[None]:
    """Send what tools and libraries print meanwhile to standard error: stdout is the result's."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of the two is closed, nothing can be printed by mistake
        kept = None
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


design_argument = click.argument("design", metavar="DESIGN")
folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
network_option = click.option(
    "--network", required=True, metavar="FILE", help="'digits' or a .tflite, .onnx or .npz network."
)
data_option = click.option(
    "--data", required=True, metavar="FILE", help="'digits' or images in the .npz format."
)
images_option = click.option("--images", type=Positive(), help="Take only the first so many.")
calibration_option = click.option(
    "--calibration",
    metavar="FILE",
    help="Images that a float network is quantised with: 'digits' or the .npz format.",
)
kernels_option = click.option(
    "--kernels",
    type=OneOf(["reference", "xnnpack"]),
    default="reference",
    show_default=True,
    help="Kernels of LiteRT that a .tflite network is rounded as.",
)
gate_clocks_option = click.option(
    "--gate-clocks", is_flag=True,
    help="Stop the clock of registers that hold, by clock gates of the library; one that it marks "
    "dont_use is taken where there is no other.",
)  # fmt: skip
adc_model_option = click.option(
    "--adc-model",
    metavar="NAME|FILE.csv",
    help="What converters cost: per-decision, isaac, survey, cdac or a table of your own, in place "
    "of what the design says.",
)
cells_option = click.option(
    "--liberty", required=True, metavar="FILE", type=click.Path(path_type=Path),
    help="Map to the cells of a Liberty file, gzipped or not.",
)  # fmt: skip
wire_option = click.option(
    "--wire", type=Femtofarads(), default=0.0, metavar="FF", show_default=True,
    help="Capacitance of wire for every input that a net drives, in fF.",
)  # fmt: skip
force_option = click.option(
    "--force", is_flag=True, help="Write even into a folder that holds something else."
)


def _layer_options(**options: str | None) -> dict[str, str]:
    """Return what names a layer: all options or none."""
    given = {name: value for name, value in options.items() if value is not None}
    missing = [f"--{name}" for name in options if name not in given]
    if given and missing:
        raise UserError(f"{missing[0]}: must be given with {' and '.join(f'--{n}' for n in given)}")
    return given


@click.group(
    cls=Commands,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well, 1 mismatch, 2 bad input, 3 a tool is missing.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Generate, verify and measure the digital periphery of compute-in-memory crossbars.

    DESIGN is the name of a preset or a YAML file, DIR a folder that `hwgen generate` wrote.
    """


@command
def presets() -> dict:
    """List the designs that come with hwgen."""
    from hwgen.config import load, presets

    designs = [load(name) for name in presets()]
    return {
        "presets": [
            {"name": design.name, "summary": design.summary, "paper": design.paper or None}
            for design in designs
        ]
    }


@command
def schema() -> dict:
    """Print the JSON Schema of design files, for editors."""
    from hwgen.config import json_schema

    return json_schema()


@command
@design_argument
@click.option(
    "-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path),
    help="Folder to write: new, empty, or an earlier result.",
)  # fmt: skip
@force_option
def generate(design: str, out: Path, force: bool) -> dict:
    """Write the RTL of a design and what belongs to it.

    Writes Verilog-2005 (`rtl/`), cocotb benches with their vectors (`sim/`), a Verilog bench
    (`tb/`), files for tools (`flow/`), documents (`docs/`) and `manifest.json`. The same design
    gives the same bytes on every machine.
    """
    from hwgen.config import load

    loaded = load(design)  # what is wrong with it is known before the large imports
    from hwgen.emit.deliver import generate

    return generate(loaded, out, force=force)


@command
@folder_argument
@click.option(
    "--simulator",
    type=OneOf(["icarus", "verilator"]),
    show_default="icarus",
    help="Icarus starts at once; Verilator compiles first and then runs faster.",
)
@click.option(
    "--fast",
    is_flag=True,
    help="Compile the tile and its analog side, and compare without Python in every cycle.",
)
@click.option("--network", metavar="FILE", help="Take the vectors of a network: as of `hwgen run`.")
@click.option("--data", metavar="FILE", help="Images that the network runs on.")
@click.option("--layer", metavar="NAME", help="Which layer; `hwgen inspect` lists them.")
@click.option(
    "--crossbar",
    type=Natural(),
    show_default="0",
    help="Which of the layer's crossbars, row tiles of the first outputs first.",
)
@click.option(
    "--vectors",
    type=Positive(),
    help="How many of the layer's vectors (default: 16), or of the delivered ones (default: all).",
)
@calibration_option
@kernels_option
def cosim(
    folder: Path,
    simulator: str | None,
    fast: bool,
    network: str | None,
    data: str | None,
    layer: str | None,
    crossbar: int | None,
    vectors: int | None,
    calibration: str | None,
    kernels: str,
) -> dict:
    """Check the RTL in a folder against the golden model.

    Runs the delivered benches on whatever RTL lies there and compares every output, every count of
    decisions and every cycle. Ends with exit code 1 and a case that shows it when they differ. With
    a layer of a network, the tile alone gets that layer's activations, weights and tables.
    """
    wanted = _layer_options(network=network, data=data, layer=layer)
    others = {"--crossbar": crossbar, "--calibration": calibration}
    for option, value in others.items():
        if value is not None and not wanted:
            raise UserError(
                f"{option}: must be given with --network, --data and --layer, not alone"
            )
    from hwgen.flow.cosim import cosim
    from hwgen.report.progress import progress

    of_layer = None
    if wanted:
        from hwgen.flow.stimulus import LayerOf

        of_layer = LayerOf(
            **wanted,
            vectors=vectors,
            crossbar=crossbar or 0,
            calibration=calibration,
            kernels=kernels,
        )
    with progress("co-simulation") as report:
        return cosim(
            folder,
            simulator=simulator,
            vectors=vectors,
            layer=of_layer,
            fast=fast,
            progress=report,
        )


@command
@folder_argument
@click.option(
    "--liberty", metavar="FILE", type=click.Path(path_type=Path),
    help="Map to the cells of a Liberty file, gzipped or not.",
)  # fmt: skip
@click.option(
    "--dont-use", multiple=True, metavar="PATTERN",
    help="Cells to leave alone, such as 'sky130_fd_sc_hd__*_1'; may be repeated. Cells that the "
    "library forbids, and those named *lpflow* and *probe*, are never used.",
)  # fmt: skip
@click.option(
    "--clock", type=Nanoseconds(), metavar="NS",
    help="Size cells for this clock period; without it, area alone counts.",
)  # fmt: skip
@gate_clocks_option
@click.option("--fpga", type=OneOf(["ice40", "ecp5"]), help="Map to an FPGA's LUTs.")
@click.option("--prove", is_flag=True, help="Prove every block of the netlist equal to its RTL.")
def synth(
    folder: Path,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    clock: float | None,
    gate_clocks: bool,
    fpga: str | None,
    prove: bool,
) -> dict:
    """Measure area, cells and timing per block, and keep the netlist.

    Without a Liberty file or an FPGA the RTL is mapped to generic gates. For an FPGA, a small
    design is also placed and routed, for the clock that it reaches.
    """
    from hwgen.flow.synth import synth
    from hwgen.report.progress import progress

    with progress("synthesis") as report:
        return synth(
            folder,
            fpga=fpga,
            liberty=liberty,
            dont_use=dont_use,
            clock_ns=clock,
            gate_clocks=gate_clocks,
            prove=prove,
            progress=report,
        )


@command
@folder_argument
@cells_option
@click.option("--network", metavar="FILE", help="Take the vectors of a network: as of `hwgen run`.")
@click.option("--data", metavar="FILE", help="Images that the network runs on.")
@click.option("--layer", metavar="NAME", help="Which layer; `hwgen inspect` lists them.")
@click.option(
    "--vectors",
    type=Positive(),
    help="How many of the layer's vectors (default: 16), or of the delivered ones (default: all).",
)
@click.option(
    "--clock", type=Nanoseconds(), metavar="NS", show_default="20, cells as small as can be",
    help="Clock period, for which cells are sized.",
)  # fmt: skip
@gate_clocks_option
@wire_option
@adc_model_option
@click.option(
    "--saif", metavar="FILE", type=click.Path(path_type=Path), help="Write the activity as SAIF."
)
@click.option(
    "--vcd", metavar="FILE", type=click.Path(path_type=Path),
    help="Write the waveform of the first 512 cycles.",
)  # fmt: skip
@calibration_option
@kernels_option
def power(
    folder: Path,
    liberty: Path,
    network: str | None,
    data: str | None,
    layer: str | None,
    vectors: int | None,
    clock: float | None,
    gate_clocks: bool,
    wire: float,
    adc_model: str | None,
    saif: Path | None,
    vcd: Path | None,
    calibration: str | None,
    kernels: str,
) -> dict:
    """Measure the power of a tile while it computes.

    The RTL is mapped to the library's cells, and the netlist plays the delivered vectors or those
    of a layer of a network while every change of its nets is counted; its outputs are checked
    against the golden model. Converters and array are added from named models.
    """
    wanted = _layer_options(network=network, data=data, layer=layer)
    if calibration is not None and not wanted:
        raise UserError(
            "--calibration: must be given with --network, --data and --layer, not alone"
        )
    from hwgen.flow.power import power
    from hwgen.report.progress import progress

    of_layer = None
    if wanted:
        from hwgen.flow.stimulus import LayerOf

        of_layer = LayerOf(**wanted, vectors=vectors, calibration=calibration, kernels=kernels)
    with progress("power") as report:
        return power(
            folder,
            liberty=liberty,
            layer=of_layer,
            vectors=vectors,
            clock_ns=clock,
            gate_clocks=gate_clocks,
            wire_ff=wire,
            adc_model=adc_model,
            saif_file=saif,
            vcd_file=vcd,
            progress=report,
        )


@command
@design_argument
@click.option(
    "--board", required=True, type=OneOf(["icebreaker", "ulx3s"]), help="Board to build for."
)
@click.option(
    "-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path),
    help="Folder to write: new, empty, or an earlier result.",
)  # fmt: skip
@click.option(
    "--seed", type=Positive(), default=1, show_default=True, help="Seed of place and route."
)
@force_option
def fpga(design: str, board: str, out: Path, seed: int, force: bool) -> dict:
    """Build a bitstream that tests a small tile on a board.

    The tile's array is cut down to what the board holds, with cells in block RAM and digital
    comparators. The self-test multiplies a layer of the embedded digits network; its result is on
    the LEDs and, as a line of text, on the serial port.
    """
    from hwgen.config import load

    loaded = load(design)  # what is wrong with it is known before the large imports
    from hwgen.flow.bitstream import fpga
    from hwgen.report.progress import progress

    with progress("fpga") as report:
        return fpga(loaded, board, out, seed=seed, force=force, progress=report)


@command
@click.argument("network", metavar="FILE")
@calibration_option
def inspect(network: str, calibration: str | None) -> dict:
    """Say what a network file holds.

    Layers, shapes, ranges, scales, zero points, and what crossbars can take over. FILE is 'digits'
    or a .tflite, .onnx or .npz network.
    """
    from hwgen.workload.inspect import inspect

    return inspect(network, calibration=calibration)


@command
@design_argument
@network_option
@data_option
@images_option
@calibration_option
@kernels_option
@click.option(
    "--path",
    type=OneOf(["auto", "bit-sliced", "short-cut"]),
    default="auto",
    show_default=True,
    help="How sums are worked out: read count by count, or, where tables are lossless and arrays "
    "ideal, by the integer product, which is the same and faster.",
)
@click.option(
    "--histograms", metavar="FILE.npz", type=click.Path(path_type=Path),
    help="Write every layer's counts by slice, plane, active rows and bound.",
)  # fmt: skip
@adc_model_option
@click.option(
    "--power", metavar="FILE", type=click.Path(path_type=Path),
    help="Report of `hwgen power` on a tile of this design, for the energy of the periphery.",
)  # fmt: skip
def run(
    design: str,
    network: str,
    data: str,
    images: int | None,
    calibration: str | None,
    kernels: str,
    path: str,
    histograms: Path | None,
    adc_model: str | None,
    power: Path | None,
) -> dict:
    """Run a whole network through the crossbars of a design.

    Reports the accuracy beside that of the integer network, and for every layer crossbars, reads,
    conversions, decisions, cycles and how often every count occurred. Every conversion is counted,
    on either path.
    """
    from hwgen.config import load

    loaded = load(design)
    from hwgen.report.progress import progress
    from hwgen.workload.run import run

    with progress("run") as report:
        return run(
            loaded,
            network,
            data,
            images=images,
            calibration=calibration,
            kernels=kernels,
            path=path,
            histograms=histograms,
            adc_model=adc_model,
            power=power,
            progress=report,
        )


@command
@click.argument("designs", metavar="DESIGN...", nargs=-1, required=True)
@network_option
@data_option
@cells_option
@click.option(
    "--layer", metavar="NAME", show_default="the one with most products",
    help="Layer whose vectors are played on the mapped tiles.",
)  # fmt: skip
@click.option("--vectors", type=Positive(), default=64, show_default=True, help="How many.")
@images_option
@click.option(
    "--clock", type=Nanoseconds(), metavar="NS", show_default="20, cells as small as can be",
    help="Clock period of all designs, for which cells are sized.",
)  # fmt: skip
@gate_clocks_option
@wire_option
@adc_model_option
@calibration_option
@kernels_option
@click.option(
    "-o", "--out", metavar="DIR", type=click.Path(path_type=Path),
    help="Folder for a figure and the result: new, empty, or an earlier one.",
)  # fmt: skip
@force_option
def compare(
    designs: tuple[str, ...],
    network: str,
    data: str,
    liberty: Path,
    layer: str | None,
    vectors: int,
    images: int | None,
    clock: float | None,
    gate_clocks: bool,
    wire: float,
    adc_model: str | None,
    calibration: str | None,
    kernels: str,
    out: Path | None,
    force: bool,
) -> dict:
    """Compare area, time and energy of designs on a network.

    Every design is generated, mapped to the library's cells and measured on vectors of one layer;
    the whole network is priced by that. Clock, vectors, rule of skipping and models of converters
    and array are the same for all.
    """
    from hwgen.config import load

    loaded = [load(design) for design in designs]
    from hwgen.flow.compare import compare
    from hwgen.report.comparison import check_comparison, draw_comparison
    from hwgen.report.progress import progress

    if out is not None:
        check_comparison(out, force=force)
    with progress("compare") as report:
        result = compare(
            loaded,
            network,
            data,
            liberty=liberty,
            layer=layer,
            vectors=vectors,
            images=images,
            clock_ns=clock,
            gate_clocks=gate_clocks,
            wire_ff=wire,
            adc_model=adc_model,
            calibration=calibration,
            kernels=kernels,
            progress=report,
        )
    files = {} if out is None else draw_comparison(result, out)
    return result | {"out": out and str(out), "files": files}


@command
@design_argument
@network_option
@data_option
@click.option(
    "--granularity",
    type=OneOf(["network", "layer", "slice", "slice-plane"]),
    default="layer",
    show_default=True,
    help="One table for the network, or for each layer, each slice of it, each slice and plane.",
)
@click.option(
    "--budget",
    default="lossless",
    show_default=True,
    metavar="lossless|sqnr:DB|drop:POINTS",
    help="How much may be lost: nothing, a signal to error ratio per layer, points of accuracy.",
)
@click.option(
    "-o", "--out", required=True, metavar="FILE", type=click.Path(path_type=Path),
    help="Design file to write; it extends DESIGN.",
)  # fmt: skip
@images_option
@calibration_option
@kernels_option
def calibrate(
    design: str,
    network: str,
    data: str,
    granularity: str,
    budget: str,
    out: Path,
    images: int | None,
    calibration: str | None,
    kernels: str,
) -> dict:
    """Find the cheapest search ranges for a network.

    Counts what calibration images cause in every layer and takes the best tables that the hardware
    accepts. What it writes is a design file again: `run` takes it like any other, and so does
    `generate` where the design's RTL holds as many tables.
    """
    from hwgen.config import load

    loaded = load(design)
    from hwgen.report.progress import progress
    from hwgen.workload.calibration.calibrate import calibrate

    with progress("calibration") as report:
        return calibrate(
            loaded,
            network,
            data,
            granularity=granularity,
            budget=budget,
            out=out,
            images=images,
            calibration=calibration,
            kernels=kernels,
            progress=report,
        )


@command
@click.argument(
    "runs", metavar="RUN.json...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path),
    help="Folder to write: new, empty, or earlier figures.",
)  # fmt: skip
@click.option("--layer", metavar="NAME", help="Draw the counts of this layer alone.")
@force_option
def plot(runs: tuple[Path, ...], out: Path, layer: str | None, force: bool) -> dict:
    """Draw what runs found, as SVG and PNG.

    RUN.json holds what `hwgen run --json` printed. Writes the histogram of the counts with the
    edges of the search ranges (`counts`), decisions per conversion by layer beside other readouts
    (`decisions`) and, of images with labels, accuracy against decisions, a point per run
    (`accuracy`). Several runs must be of one network on the same images.
    """
    from hwgen.report.runs import read_runs

    found = read_runs(runs)  # what is wrong with them is known before the large imports
    from hwgen.report.plots import plot

    return plot(found, out, layer=layer, force=force)


@command
@click.option("--only", type=OneOf(PAPERS), help="Claims of one paper.")
@click.option(
    "--network", default="digits", show_default=True, metavar="FILE",
    help="'digits' or a .tflite, .onnx or .npz network.",
)  # fmt: skip
@click.option(
    "--data", default="digits", show_default=True, metavar="FILE",
    help="'digits' or images in the .npz format, to measure on.",
)  # fmt: skip
@click.option(
    "--tables-on", metavar="FILE",
    help="Images that tables are chosen on (default: the calibration part of --data).",
)  # fmt: skip
@images_option
@click.option(
    "--power", metavar="FILE", type=click.Path(path_type=Path),
    help="Report of `hwgen power` on a tile of `baseline`, for shares of energy.",
)  # fmt: skip
def papers(
    only: str | None,
    network: str,
    data: str,
    tables_on: str | None,
    images: int | None,
    power: Path | None,
) -> dict:
    """Put what papers claim beside what this tool measures.

    Every figure is measured when asked for, on a network of your choice: tables are calibrated,
    the network runs, lanes are synthesised.
    """
    from hwgen.papers.papers import papers
    from hwgen.report.progress import progress

    with progress("papers") as report:
        return papers(
            only=only,
            network=network,
            data=data,
            tables_on=tables_on,
            images=images,
            power=power,
            progress=report,
        )


@command
@click.option(
    "-o", "--out", default="hwgen-demo", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path), help="Folder to write.",
)  # fmt: skip
@force_option
def demo(out: Path, force: bool) -> dict:
    """Run the whole chain on handwritten digits.

    Calibrates, generates, co-simulates and synthesises, and compares `trq` with `baseline`:
    accuracy, decisions per conversion, cells, cycles.
    """
    from hwgen.demo import demo
    from hwgen.report.progress import progress

    with progress("demo") as report:
        try:
            return demo(out, force=force, progress=report)
        except Mismatch as mismatch:  # its result is that of a co-simulation
            raise Mismatch(str(mismatch)) from None


if __name__ == "__main__":
    main()
