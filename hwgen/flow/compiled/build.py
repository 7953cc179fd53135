"""From a tile's Verilog to a shared library: Verilator, then the system's C++ compiler."""

import hashlib
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hwgen.errors import UserError
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
# `SOURCE` compiles against the pins of every design: where it does not, the tile has other ones.
# A fatal error is of the system: a header or the disk's last byte is missing.
OTHER_PINS = re.compile(r"\btile\.(cc|h):\d+:\d+: error: ")

HEADER = """\
constexpr int ROWS = {rows}, COLUMNS = {columns}, LANES = {lanes};
constexpr int COLUMNS_PER_LANE = {columns_per_lane}, CELL_BITS = {cell_bits}, DAC_BITS = {dac_bits};
constexpr int LARGEST_COUNT = {largest_count};
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
    """The Verilog does not compile, or has other pins than it was delivered with."""


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
    UserError
        The system's compiler, disk or memory fails, which is no fault of the Verilog.
    """
    workshop = _Workshop(delivered.folder, processes, scratch)
    header, library = _header(delivered), scratch / "tile.so"
    key = _key(delivered, header)
    if workshop.cache.get(key, library):
        return library
    (scratch / "tile.h").write_text(header)
    model = workshop.translate(delivered)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runtime = [pool.submit(workshop.compile_runtime, name) for name in RUNTIME]
        objects = [workshop.compile(model), *(job.result() for job in runtime)]
    workshop.run_compiler("link", "-shared", "-pthread", *objects, "-o", library.name)
    workshop.cache.put(key, library)
    return library


class _Workshop:
    """A folder where a tile is built, and the tools for it."""

    def __init__(self, folder: Path, processes: Processes, scratch: Path) -> None:
        self.folder = folder.resolve()
        self.processes = processes
        self.scratch = scratch
        self.cache = Cache()
        self.environment = tools.compiler_environment()
        self.include = tools.verilator_include()

    def run(self, name: str, *command: str) -> str | None:
        """Run a tool; return what it complains about, None where it does its work."""
        log = self.scratch / f"{name}.log"
        code = self.processes.run(
            command,
            environment=self.environment,
            folder=self.scratch,
            log=log,
            limit_s=TIME_LIMIT_S,
        )
        if code is None:
            return f"no end within {TIME_LIMIT_S} s"
        if code < 0:
            raise UserError(f"--fast: {command[0]} must run to its end, not get signal {-code}")
        return self._first_error(log) if code else None

    def run_compiler(self, name: str, *arguments: str) -> None:
        """Run the C++ compiler, whose complaints are not about the Verilog but for its pins."""
        complaint = self.run(name, *tools.cxx_command(), *arguments)
        if complaint is None:
            return
        if OTHER_PINS.search(complaint):
            raise BuildFailed(f"does not compile: {complaint}")
        raise UserError(f"--fast: the C++ compiler must succeed, not end with: {complaint}")

    def translate(self, delivered: Delivered) -> Path:
        """Let Verilator turn the tile into C++, and put all of it into one file with `SOURCE`."""
        top = ["--top-module", delivered.modules["tile"]]
        rtl = [str(self.folder / "rtl" / name) for name in delivered.rtl()]
        complaint = self.run("verilator", *tools.verilator_command(), *VERILATOR, *top, *rtl)
        if complaint is not None:
            raise BuildFailed(f"does not compile: {complaint}")
        parts = sorted(path.name for path in (self.scratch / "model").glob("*.cpp"))
        unit = self.scratch / "all.cc"
        unit.write_text("".join(f'#include "{part}"\n' for part in [*parts, SOURCE]))
        return unit

    def compile(self, unit: Path) -> str:
        """Compile one file; return the name of the object."""
        include = (f"-I{self.include}", f"-I{self.include / 'vltstd'}")
        made = f"{unit.stem}.o"
        self.run_compiler(unit.stem, *COMPILER, *include, "-c", str(unit), "-o", made)
        return made

    def compile_runtime(self, name: str) -> str:
        """Compile a file of Verilator's own, which is the same for every design."""
        unit = self.include / name
        made, key = self.scratch / f"{unit.stem}.o", _hash(_compiler(), unit.read_text())
        if not self.cache.get(key, made):
            self.compile(unit)
            self.cache.put(key, made)
        return made.name

    def _first_error(self, log: Path) -> str:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
        errors = [line for line in lines if "error" in line.lower()]
        first = [*errors, *filter(None, lines), "no message"][0]
        return " ".join(first.replace(f"{self.folder}{os.sep}", "").split())


def _compiler() -> str:
    """Say what compiles, and with which headers."""
    told = subprocess.run(
        [*tools.cxx_command(), "-v"], capture_output=True, text=True, check=False
    ).stderr
    config = tools.verilator_include() / "verilated_config.h"
    return "\n".join([told, config.read_text(), *COMPILER])


def _hash(*parts: str) -> str:
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(f"{len(part)}\n{part}".encode())
    return sha256.hexdigest()


def _key(delivered: Delivered, header: str) -> str:
    """Hash everything that decides what a library does."""
    files = (part for file in delivered.rtl().items() for part in file)
    tile = delivered.modules["tile"]
    return _hash(_compiler(), *VERILATOR, SOURCE.read_text(), header, tile, *files)


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
        largest_count=spec.largest_count,
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
