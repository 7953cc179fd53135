"""The delivered benches of a folder, each simulated by cocotb in a process of its own."""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from hwgen.errors import UserError
from hwgen.flow import tools
from hwgen.flow.processes import Processes, import_environment
from hwgen.flow.simulate import BENCH_BROKEN, COMPILE_FAILED

__all__ = ["COUNTS", "BenchResult", "Session"]

AT_ONCE = 2
TIME_LIMIT_S = 900  # for one bench; Verilog with a combinational loop never ends by itself
TIME_PER_VECTOR_S = 20  # more than Icarus takes on a loaded machine
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
    seconds: float  # wall time, the build included
    seconds_simulate: float  # of that, its cases
    counts: dict[str, int] = field(default_factory=dict)

    def failed(self, message: str) -> "BenchResult":
        """Fail after all."""
        return replace(self, passed=False, message=message)

    def as_json(self) -> dict:
        """Return plain values with the counts on the same level."""
        values = asdict(self)
        counts = values.pop("counts")
        return values | {name: counts.get(name, 0) for name in COUNTS}


class Session:
    """The benches of one co-simulation.

    Parameters
    ----------
    folder : Path
        Delivered folder, resolved.
    sources : list of str
        Its Verilog.
    simulator : str
        ``"icarus"`` or ``"verilator"``.
    scratch : Path
        Empty folder to work in.
    processes : Processes
        What runs them.
    vectors : int, optional
        How many vectors the tile's bench uses; all by default.
    vectors_file : Path, optional
        Where they are; those of the folder by default.
    cases : str, optional
        Pattern of the names of cases to run; all by default.
    """

    def __init__(
        self,
        folder: Path,
        sources: list[str],
        simulator: str,
        scratch: Path,
        processes: Processes,
        *,
        vectors: int | None = None,
        vectors_file: Path | None = None,
        cases: str | None = None,
    ) -> None:
        self.folder = folder
        self.sources = sources
        self.simulator = simulator
        self.scratch = scratch
        self.processes = processes
        self.cases = cases
        self.time_limit_s = TIME_LIMIT_S + TIME_PER_VECTOR_S * (vectors or 0)
        # The folder's own benches come first, then whatever this process can import.
        environment = _without_settings(tools.simulator_environment(simulator))
        self.environment = (
            environment
            | import_environment(folder / "sim")
            | {
                "HWGEN_FOLDER": str(folder),
                "HWGEN_VECTORS": "" if vectors is None else str(vectors),
                "HWGEN_VECTORS_FILE": "" if vectors_file is None else str(vectors_file),
                "COCOTB_RANDOM_SEED": "1",
                "COCOTB_ANSI_OUTPUT": "0",
            }
        )
        if simulator == "verilator":
            self.environment["OBJCACHE"] = str(self._object_cache())

    def run(
        self, benches: dict[str, str], progress: Callable[[int, int, str], None] | None
    ) -> list[BenchResult]:
        """Run all benches, a few at a time; return their results in the order given.

        Raises
        ------
        UserError
            A bench cannot be imported.
        """
        results = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = {pool.submit(self.bench, *item): item[0] for item in benches.items()}
            try:
                for done, job in enumerate(as_completed(jobs), start=1):
                    results[jobs[job]] = job.result()
                    if progress is not None:
                        progress(done, len(jobs), jobs[job])
            except BaseException:
                for job in jobs:
                    job.cancel()
                self.processes.end()
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
            "cases": self.cases,
            "scratch": str(scratch),
        }
        started = time.perf_counter()
        ended = self.processes.run(
            [sys.executable, "-m", "hwgen.flow.simulate", json.dumps(arguments)],
            environment=self.environment | {"HWGEN_COUNTS": str(counts_file)},
            folder=scratch,
            log=scratch / "process.log",
            limit_s=self.time_limit_s,
        )
        if ended == BENCH_BROKEN:
            bench = self.folder / "sim" / f"tb_{block}.py"
            raise UserError(f"{bench}: must be importable, but is not: {self._last_line(scratch)}")
        cases = _results(scratch / "results.xml")
        message = self._judge(ended, cases, scratch)
        return BenchResult(
            bench=block,
            module=module,
            passed=message is None,
            cases=len(cases),
            message=message,
            seconds=round(time.perf_counter() - started, 2),
            seconds_simulate=round(sum(case.seconds for case in cases), 2),
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

    def _judge(self, ended: int | None, cases: list["_Case"], scratch: Path) -> str | None:
        """Return what the first failure says, if there is one."""
        if ended is None:
            return f"expected an end within {self.time_limit_s} s, got none"
        if ended == COMPILE_FAILED:
            return self._first_error(scratch / "build.log")
        if not cases:
            return f"the simulation broke off: {self._last_line(scratch)}"
        failures = (f"{case.name}: {case.message}" for case in cases if case.message is not None)
        first = next(failures, None)
        return None if first is None else self._local(first)

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


class _Case(NamedTuple):
    """One case of a bench, as a results file has it."""

    name: str
    message: str | None  # None: passed
    seconds: float


def _results(path: Path) -> list[_Case]:
    """Read a results file; nothing where there is none."""
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
        cases.append(_Case(case.get("name", ""), message, float(case.get("time") or 0)))
    return cases
