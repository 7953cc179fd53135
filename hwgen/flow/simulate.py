"""One bench in a process of its own: cocotb's runner, configured by one JSON argument.

Run as ``python -m hwgen.flow.simulate '{...}'`` by `hwgen.flow.cosim`, which prepares the
environment and reads what is left behind: ``build.log``, ``test.log``, ``results.xml``. Ends with 0
when the simulation ran, whatever it found, with `COMPILE_FAILED` when the Verilog did not compile,
and with `BENCH_BROKEN` when the bench itself cannot be imported: the last line that it printed says
why.
"""

import importlib
import json
import sys
from contextlib import suppress
from pathlib import Path

from hwgen.flow.processes import end_with_parent

__all__ = ["BENCH_BROKEN", "COMPILE_FAILED", "main"]

COMPILE_FAILED = 3
BENCH_BROKEN = 4

BUILD_ARGUMENTS = {
    "icarus": [],
    # Warnings are the business of lint. Python in every cycle takes most of a run anyway, so the
    # C++ is not optimised: g++ would take a minute for a tile with -Os, and many with -O1.
    "verilator": ["-Wno-fatal", "-O3", "-CFLAGS", "-O0"],
}


def main(arguments: dict) -> int:
    """Build and run one bench.

    Parameters
    ----------
    arguments : dict
        ``simulator``, ``sources`` (list of paths), ``toplevel`` (Verilog module), ``bench`` (Python
        module), ``cases`` (pattern of names of its cases, or None: all) and ``scratch`` (folder to
        work in).
    """
    from cocotb_tools.runner import get_runner  # not needed to import this module

    end_with_parent()
    try:
        importlib.import_module(arguments["bench"])
    except Exception as error:  # whatever somebody has written there
        sys.stdout.write(f"{type(error).__name__}: {' '.join(str(error).split())}\n")
        return BENCH_BROKEN
    scratch = Path(arguments["scratch"])
    runner = get_runner(arguments["simulator"])
    try:
        runner.build(
            sources=arguments["sources"],
            hdl_toplevel=arguments["toplevel"],
            build_dir=scratch,
            build_args=BUILD_ARGUMENTS[arguments["simulator"]],
            timescale=("1ns", "1ps"),
            always=True,
            log_file=scratch / "build.log",
        )
    except RuntimeError:
        return COMPILE_FAILED
    with suppress(RuntimeError, SystemExit):  # the results file says more than an exit code
        runner.test(
            hdl_toplevel=arguments["toplevel"],
            hdl_toplevel_lang="verilog",
            test_module=arguments["bench"],
            test_filter=arguments["cases"],
            build_dir=scratch,
            test_dir=scratch,
            results_xml=str(scratch / "results.xml"),
            log_file=scratch / "test.log",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
