"""Co-simulation: run the delivered benches on whatever RTL lies in a folder."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile

import numpy as np

from hwgen.errors import Mismatch, UserError
from hwgen.flow import tools
from hwgen.flow.folder import Delivered
from hwgen.flow.simulate import COMPILE_FAILED

__all__ = ["SIMULATORS", "BenchResult", "cosim"]

SIMULATORS = ("icarus", "verilator")
PROCESSES = 2
TIME_LIMIT_S = 900  # for one bench; Verilog with a combinational loop never ends by itself
COUNTS = ("cycles", "conversions", "decisions")

# Most of the time to build a small bench goes into Verilator's run-time library, which is the same
# for every bench. Two processes that need an object at the same time both make it: no harm done.
COMPILE_ONCE = """\
#!/bin/sh
for source; do :; done
name=$(basename "$source" .cpp)
case $name in verilated*) ;; *) exec "$@" ;; esac
kept=$(dirname "$0")/$name.o
if [ ! -f "$kept" ]; then
    "$@" && cp "$name.o" "$kept.$$" && mv "$kept.$$" "$kept" || exit 1
fi
cp "$kept" "$name.o"
"""


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """What one bench found."""

    bench: str  # block that it drives
    module: str  # Verilog module of that block
    passed: bool
    cases: int
    message: str | None  # case that shows the mismatch, with the expected value and the one got
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict:
        """Return plain values with the counts on the same level."""
        values = asdict(self)
        counts = values.pop("counts")
        return values | {name: counts.get(name, 0) for name in COUNTS}


def cosim(
    folder: Path,
    *,
    simulator: str = "icarus",
    vectors: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict:
    """Simulate a delivered folder against the golden models.

    Parameters
    ----------
    folder : Path
        What `hwgen generate` wrote; its RTL may have been changed since.
    simulator : str
        One of `SIMULATORS`.
    vectors : int, optional
        How many of the delivered vectors to use; all by default.
    progress : callable, optional
        Called with (benches done, benches, name of the last one).

    Returns
    -------
    dict
        ``passed`` and ``failed`` (benches), ``cycles``, ``conversions``, ``decisions``,
        ``simulator``, ``benches`` (a dict for every bench).

    Raises
    ------
    UserError
        The folder is not a delivered one.
    ToolMissing
        The simulator is not installed.
    Mismatch
        The RTL does not compile, or a bench failed; the message shows one case, and the exception
        carries what would have been returned.
    """
    delivered = Delivered.read(folder)
    sources = [str(delivered.folder.resolve() / "rtl" / name) for name in delivered.rtl()]
    benches = _benches(delivered)
    if simulator not in SIMULATORS:
        raise UserError(f"--simulator: must be one of {', '.join(SIMULATORS)}, not {simulator!r}")
    if "tile" in benches:
        _check_vectors(delivered, vectors)

    with tempfile.TemporaryDirectory(prefix="hwgen-cosim-") as scratch:
        session = _Session(delivered.folder.resolve(), sources, simulator, vectors, Path(scratch))
        results = session.run(benches, progress)
    return _verdict(results, simulator)


def _verdict(results: list[BenchResult], simulator: str) -> dict:
    failures = [result for result in results if not result.passed]
    summary = {
        "simulator": simulator,
        "passed": len(results) - len(failures),
        "failed": len(failures),
        **{name: sum(r.counts.get(name, 0) for r in results) for name in COUNTS},
        "benches": [result.as_json() for result in results],
    }
    if failures:
        message = f"{failures[0].bench}: {failures[0].message}"
        if len(failures) > 1:
            message += f" (and {len(failures) - 1} more of {len(results)} benches failed)"
        raise Mismatch(message, summary)
    return summary


def _benches(delivered: Delivered) -> dict[str, str]:
    """Return the Verilog module of every block, the longest bench first."""
    modules = delivered.modules
    if not modules:
        raise UserError(
            f"{delivered.folder / 'manifest.json'}: modules: must name a block, not {{}}"
        )
    for block, module in modules.items():
        bench = delivered.folder / "sim" / f"tb_{block}.py"
        if not bench.is_file():
            raise UserError(f"{bench}: must be the bench of {module}, not a missing file")
    return dict(sorted(modules.items(), key=lambda item: (item[0] != "tile", item[0])))


def _check_vectors(delivered: Delivered, vectors: int | None) -> None:
    """Refuse vectors that do not fit the design, or more than there are."""
    path = delivered.folder / "sim" / "vectors.npz"
    spec = delivered.spec
    try:
        with path.open("rb") as file, np.load(file) as stored:
            shapes = {key: stored[key].shape for key in ("x", "weights", "y_in")}
        (count, rows), (stored_rows, outputs) = shapes["x"], shapes["weights"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UserError(f"{path}: must hold the delivered vectors: {error}") from None
    fits = rows == stored_rows <= spec.rows and 1 <= outputs <= spec.outputs
    if not (count and fits and shapes["y_in"] == (count, outputs)):
        shown = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        raise UserError(
            f"{path}: must fit {spec.rows} rows and {spec.outputs} outputs, not hold {shown}"
        )
    if vectors is not None and not 1 <= vectors <= count:
        raise UserError(f"--vectors: must be between 1 and {count}, not {vectors}")


class _Session:
    """The processes of one co-simulation."""

    def __init__(
        self,
        folder: Path,
        sources: list[str],
        simulator: str,
        vectors: int | None,
        scratch: Path,
    ) -> None:
        self.folder = folder
        self.simulator = simulator
        self.scratch = scratch
        self.sources = sources
        self.running: set[subprocess.Popen] = set()
        # The folder's own benches come first, then whatever this process can import.
        path = [str(folder / "sim"), *(entry or str(Path.cwd()) for entry in sys.path)]
        self.environment = _without_settings(tools.simulator_environment(simulator)) | {
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HWGEN_FOLDER": str(folder),
            "HWGEN_VECTORS": "" if vectors is None else str(vectors),
            "COCOTB_RANDOM_SEED": "1",
            "COCOTB_ANSI_OUTPUT": "0",
        }
        if simulator == "verilator":
            self.environment["OBJCACHE"] = str(self._object_cache())

    def run(
        self, benches: dict[str, str], progress: Callable[[int, int, str], None] | None
    ) -> list[BenchResult]:
        """Run all benches, a few at a time; return their results in the order given."""
        results = {}
        with ThreadPoolExecutor(PROCESSES) as pool:
            jobs = {pool.submit(self.bench, *item): item[0] for item in benches.items()}
            try:
                for done, job in enumerate(as_completed(jobs), start=1):
                    results[jobs[job]] = job.result()
                    if progress is not None:
                        progress(done, len(jobs), jobs[job])
            except BaseException:
                for job in jobs:
                    job.cancel()
                for process in tuple(self.running):
                    _kill(process)
                raise
        return [results[block] for block in benches]

    def bench(self, block: str, module: str) -> BenchResult:
        """Build and run the bench of one block."""
        scratch = self.scratch / block
        scratch.mkdir()
        counts_file = scratch / "counts.json"
        arguments = {
            "simulator": self.simulator,
            "sources": self.sources,
            "toplevel": module,
            "bench": f"tb_{block}",
            "scratch": str(scratch),
        }
        started = time.perf_counter()
        ended = self._process(
            [sys.executable, "-m", "hwgen.flow.simulate", json.dumps(arguments)],
            self.environment | {"HWGEN_COUNTS": str(counts_file)},
            scratch / "process.log",
        )
        cases, message = self._judge(ended, scratch)
        return BenchResult(
            bench=block,
            module=module,
            passed=message is None,
            cases=cases,
            message=message,
            seconds=round(time.perf_counter() - started, 2),
            counts=json.loads(counts_file.read_text()) if counts_file.exists() else {},
        )

    def _object_cache(self) -> Path:
        """Write the script that Verilator's makefiles put before every compilation."""
        kept = self.scratch / "objects"
        kept.mkdir()
        script = kept / "compile"
        script.write_text(COMPILE_ONCE)
        script.chmod(0o755)
        return script

    def _process(self, command: list[str], environment: dict[str, str], log: Path) -> int | None:
        """Run a command to its end and return its exit code; None when it took too long."""
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.add(process)
        try:
            return process.wait(TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            _kill(process)
            return None
        finally:
            self.running.discard(process)

    def _judge(self, ended: int | None, scratch: Path) -> tuple[int, str | None]:
        """Return the number of cases that ran, and what the first failure says, if any."""
        if ended is None:
            return 0, f"expected an end within {TIME_LIMIT_S} s, got none"
        if ended == COMPILE_FAILED:
            return 0, self._first_error(scratch / "build.log")
        cases = _results(scratch / "results.xml")
        if not cases:
            return 0, f"the simulation broke off: {self._last_line(scratch)}"
        failures = [f"{name}: {message}" for name, message in cases if message is not None]
        return len(cases), self._local(failures[0]) if failures else None

    def _first_error(self, log: Path) -> str:
        lines = log.read_text(errors="replace").splitlines()
        errors = [line for line in lines if re.search("error", line, re.IGNORECASE)]
        first = [*errors, *lines, "no message"][0]
        return f"does not compile: {self._local(first.strip())}"

    def _last_line(self, scratch: Path) -> str:
        for name in ("test.log", "process.log"):
            log = scratch / name
            lines = log.read_text(errors="replace").split("\n") if log.exists() else []
            told = [line.strip() for line in lines if line.strip()]
            if told:
                return self._local(told[-1])
        return "no message"

    def _local(self, message: str) -> str:
        """Name files as the user knows them, on one line."""
        return " ".join(message.replace(f"{self.folder}{os.sep}", "").split())


def _without_settings(environment: dict[str, str]) -> dict[str, str]:
    """Drop what would change how cocotb behaves, such as a test filter of another project."""
    prefixes = ("COCOTB_", "GPI_", "PYGPI_", "PYTEST_", "SIM_CMD_")
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(prefixes) and name not in {"GUI", "WAVES"}
    }


def _kill(process: subprocess.Popen) -> None:
    """End a process and everything it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _results(path: Path) -> list[tuple[str, str | None]]:
    """Return name and failure message (None: passed) of every case in a results file."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return []
    cases = []
    for case in root.iter("testcase"):
        failure = case.find("failure")
        failure = case.find("error") if failure is None else failure
        message = None
        if failure is not None:
            kind = failure.get("type", "")
            message = failure.get("message") or "failed"
            message = message if kind in {"", "AssertionError"} else f"{kind}: {message}"
        cases.append((case.get("name", ""), message))
    return cases
