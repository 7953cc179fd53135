"""From a tile's Verilog to a shared library: Verilator, then the system's C++ compiler."""

import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hwgen.flow import tools
from hwgen.flow.compiled.cache import Cache
from hwgen.flow.folder import Delivered
from hwgen.flow.processes import Processes

__all__ = ["BuildFailed", "build"]

SOURCE = Path(__file__).parent / "tile.cc"
TIME_LIMIT_S = 900
VERILATOR = (
    "--cc", "--prefix", "Vtile", "--Mdir", "model", "-O3", "-Wno-fatal", "--quiet",
    "--x-assign", "unique", "--x-initial", "unique",  # what is unknown is anything, not zero
)  # fmt: skip
# Higher levels take longer to build and gain nothing: what runs is one long line of code.
COMPILER = (
    "-std=c++17", "-O1", "-fPIC", "-w", "-Imodel", "-I.",
    "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL",
)  # fmt: skip
RUNTIME = ("verilated.cpp", "verilated_threads.cpp")

HEADER = """\
constexpr int ROWS = {rows}, COLUMNS = {columns}, LANES = {lanes};
constexpr int COLUMNS_PER_LANE = {columns_per_lane}, CELL_BITS = {cell_bits}, DAC_BITS = {dac_bits};
constexpr int MOST_DECISIONS = {most_decisions}, X_WORDS = {x_words}, Y_BITS = {y_bits};
constexpr int SETTLE_ROW = {settle_row}, SETTLE_MUX = {settle_mux};
constexpr int ACQUIRE_CYCLES = {acquire_cycles}, SETTLE_DAC = {settle_dac};
constexpr int COMPARE_LATENCY = {compare_latency}, COMPARE_STAGES = {compare_stages};
constexpr uint64_t Y_MASK = (uint64_t{{1}} << Y_BITS) - 1;
#define Y_IN {y_in:d}
#define RESET {reset}
#define RESET_LEVEL {reset_level:d}
#define EACH_LANE(DO) {each_lane}
"""


class BuildFailed(Exception):  # noqa: N818  (reads as the state it reports)
    """The Verilog, or what Verilator makes of it, does not compile."""


def build(delivered: Delivered, processes: Processes, scratch: Path) -> Path:
    """Compile the tile that lies in a folder, with all that surrounds it, unless it is cached.

    Parameters
    ----------
    delivered : Delivered
        The folder.
    processes : Processes
        What runs the tools.
    scratch : Path
        Empty folder to work in.

    Returns
    -------
    Path
        The library, to be called by `hwgen.flow.compiled.library`.

    Raises
    ------
    ToolMissing
        Verilator or the compiler is not installed.
    BuildFailed
        The Verilog does not compile; the message says so.
    """
    environment = tools.compiler_environment()
    header, library, cache = _header(delivered), scratch / "tile.so", Cache()
    key = _key(delivered, header)
    if cache.get(key, library):
        return library
    (scratch / "tile.h").write_text(header)
    sources = [str(delivered.folder.resolve() / "rtl" / name) for name in delivered.rtl()]

    def run(name: str, *command: str) -> None:
        log = scratch / f"{name}.log"
        if processes.run(
            command, environment=environment, folder=scratch, log=log, limit_s=TIME_LIMIT_S
        ):
            raise BuildFailed(f"does not compile: {_first_error(log, delivered.folder)}")

    run(
        "verilator",
        *tools.verilator_command(),
        *VERILATOR,
        "--top-module",
        delivered.modules["tile"],
        *sources,
    )
    include = tools.verilator_include()
    compile_one = [*tools.cxx_command(), *COMPILER, f"-I{include}", f"-I{include / 'vltstd'}"]
    units = [SOURCE, *(include / name for name in RUNTIME)]
    units += sorted((scratch / "model").glob("*.cpp"))

    def compile_unit(unit: Path) -> str:
        run(unit.stem, *compile_one, "-c", str(unit), "-o", f"{unit.stem}.o")
        return f"{unit.stem}.o"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_unit, units))
    run("link", *tools.cxx_command(), "-shared", "-pthread", *objects, "-o", library.name)
    cache.put(key, library)
    return library


def _key(delivered: Delivered, header: str) -> str:
    """Hash everything that decides what a library does."""
    include, compiler = tools.verilator_include(), tools.cxx_command()
    told = subprocess.run([*compiler, "-v"], capture_output=True, text=True, check=False).stderr
    parts = [
        *(part for file in delivered.rtl().items() for part in file),
        delivered.modules["tile"],
        header,
        SOURCE.read_text(),
        *VERILATOR,
        *COMPILER,
        *((include / name).read_text() for name in (*RUNTIME, "verilated_config.h")),
        told,
    ]
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(f"{len(part)}\n{part}".encode())
    return sha256.hexdigest()


def _header(delivered: Delivered) -> str:
    """Write the design's numbers and pins for ``tile.cc``."""
    spec, reset = delivered.spec, delivered.manifest["reset"]
    return HEADER.format(
        rows=spec.rows,
        columns=spec.columns,
        lanes=spec.lanes,
        columns_per_lane=spec.columns_per_lane,
        cell_bits=spec.cell_bits,
        dac_bits=spec.dac_bits,
        most_decisions=spec.most_decisions,
        x_words=-(-spec.x_elements * spec.input_bits // 32),
        y_bits=spec.y_bits,
        settle_row=spec.settle_row,
        settle_mux=spec.settle_mux,
        acquire_cycles=spec.acquire_cycles,
        settle_dac=spec.settle_dac,
        compare_latency=spec.compare_latency,
        compare_stages=spec.compare_stages,
        y_in=spec.y_in,
        reset=reset["name"],
        reset_level=reset["active"] == "high",
        each_lane=" ".join(f"DO({lane})" for lane in range(spec.lanes)),
    )


def _first_error(log: Path, folder: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    errors = [line for line in lines if "error" in line.lower()]
    first = [*errors, *filter(None, lines), "no message"][0]
    return " ".join(first.replace(f"{folder.resolve()}{os.sep}", "").split())
