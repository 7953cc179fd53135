"""The command line: what it prints where, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import click
import numpy as np
import pytest

from hwgen import __version__
from hwgen.cli import cli
from hwgen.config import json_schema
from hwgen.errors import Mismatch, ToolMissing, UserError
from tests.documented import COSIM

COMMANDS = [
    "presets", "schema", "generate", "cosim", "synth", "power", "fpga", "inspect", "run",
    "compare", "calibrate", "plot", "papers", "demo",
]  # fmt: skip

PRESETS = ["adaptive", "baseline", "outward", "sar12", "trq"]
KNOWN = f"must be a preset ({', '.join(PRESETS)}) or an existing design file, not missing"


@pytest.fixture
def replace(monkeypatch):
    """Put a function in the place of one that a command calls."""

    def put(name, function):
        module = types.ModuleType(name)
        setattr(module, name.rpartition(".")[2], function)
        monkeypatch.setitem(sys.modules, name, module)

    return put


def start(*arguments, **options):
    """Start the command as a shell does, in a process of its own."""
    command = [sys.executable, "-m", "hwgen.cli", *arguments]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, **options)


# Help


def test_help_lists_the_commands_in_the_order_of_use(hwgen):
    ended = hwgen("--help")

    assert ended.code == 0
    assert re.findall(r"^  (\w+)  ", ended.out, re.MULTILINE) == COMMANDS
    assert "..." not in ended.out.partition("Commands:")[2]
    assert not ended.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(hwgen, name):
    ended = hwgen(name, "--help")

    assert ended.code == 0
    assert ended.out.startswith(f"Usage: hwgen {name}")
    assert "--json" in ended.out
    options = [p for p in cli.commands[name].params if isinstance(p, click.Option)]
    assert all(option.help for option in options)


def test_version(hwgen):
    assert hwgen("--version").out == f"hwgen {__version__}\n"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['hwgen', '--help']\n"
        "from hwgen.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pydantic', 'rich', 'yaml', 'amaranth', 'cocotb', 'matplotlib'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


# Output


def test_presets_as_json_and_as_a_table(hwgen):
    ended = hwgen("presets", "--json")
    result = json.loads(ended.out)

    assert ended.code == 0
    assert [preset["name"] for preset in result["presets"]] == PRESETS
    assert result["presets"][1]["paper"] is None
    assert "2402.06164" in result["presets"][4]["paper"]
    assert not ended.err

    table = hwgen("presets").out
    for preset in result["presets"]:
        assert preset["name"] in table
    assert not re.search(r"[ \t]$|\x1b", table, re.MULTILINE)


def test_schema_is_json_with_and_without_the_flag(hwgen):
    assert json.loads(hwgen("schema").out) == json_schema()
    assert json.loads(hwgen("schema", "--json").out) == json_schema()


def test_what_tools_print_stays_off_standard_output(hwgen, replace):
    def noisy(*_, **__):
        sys.stdout.write("from Python\n")
        os.write(1, b"from a library\n")
        subprocess.run(["echo", "from a tool"], check=True)
        return COSIM

    replace("hwgen.flow.cosim", noisy)
    ended = hwgen("cosim", "d", "--json")

    assert json.loads(ended.out) == COSIM
    for line in ("from Python", "from a library", "from a tool"):
        assert line in ended.err


def test_json_has_no_numpy_no_nan_and_only_ascii(hwgen, replace):
    result = {"a": np.int64(3), "b": np.array([1.5, np.nan]), "c": float("inf"), "d": Path("größe")}
    replace("hwgen.flow.synth", lambda *_, **__: result)
    ended = hwgen("synth", "d", "--json")

    assert json.loads(ended.out) == {"a": 3, "b": [1.5, None], "c": None, "d": "größe"}
    assert ended.out.isascii()


def test_no_progress_is_shown_in_a_pipe(hwgen, replace):
    seen = []
    replace("hwgen.flow.cosim", lambda _, **options: seen.append(options) or COSIM)
    ended = hwgen("cosim", "d", "--vectors", "3")

    (call,) = seen
    assert (call["vectors"], call["layer"], call["fast"], call["progress"]) == (
        3,
        None,
        False,
        None,
    )
    assert not ended.err


def test_a_bar_is_shown_on_a_terminal():
    """A pseudo-terminal for standard error; the result still goes to standard output alone."""
    code = (
        "import sys, types\n"
        "def cosim(folder, *, progress, **options):\n"
        "    progress(1, 2, 'bench of sar'); progress(2, 2, 'bench of tile')\n"
        f"    return {COSIM!r}\n"
        "sys.modules['hwgen.flow.cosim'] = module = types.ModuleType('cosim')\n"
        "module.cosim = cosim\n"
        "from hwgen.cli import main\n"
        "main(['cosim', 'd', '--json'])\n"
    )
    terminal, end = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=end, text=True, check=False,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)

    assert json.loads(done.stdout) == COSIM
    assert "co-simulation" in shown
    assert "bench of tile" in shown


# Usage errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "hwgen: missing command; see hwgen --help"),
        ("genrate", (f"COMMAND: must be one of {', '.join(COMMANDS)}, not 'genrate' (did you mean "
         "'generate'?)")),
        ("--jsn", "--jsn: must be one of --version, -h, --help, not '--jsn'"),
        ("generate", "DESIGN: must be given; see hwgen generate --help"),
        ("generate trq", "--out: must be given; see hwgen generate --help"),
        ("generate trq -o", "-o: option '-o' requires an argument; see hwgen --help"),
        ("generate trq -o d --forse", ("--forse: must be one of -o, --out, --force, --json, -h, "
         "--help, not '--forse' (did you mean '--force'?)")),
        ("generate trq more -o d",
         "hwgen generate: got unexpected extra argument (more); see hwgen generate --help"),
        ("presets --json=3",
         "--json: option '--json' does not take a value; see hwgen --help"),
        ("cosim", "DIR: must be given; see hwgen cosim --help"),
        ("cosim d --simulator vcs",
         "--simulator: must be one of icarus, verilator, not 'vcs'"),
        ("cosim d --vectors 0",
         "--vectors: must be an integer between 1 and 999999999, not '0'"),
        ("cosim d --vectors 1e3",
         "--vectors: must be an integer between 1 and 999999999, not '1e3'"),
        ("cosim d --vectors -2",
         "--vectors: must be an integer between 1 and 999999999, not '-2'"),
        ("synth d --fpga xilinx", "--fpga: must be one of ice40, ecp5, not 'xilinx'"),
        ("fpga trq -o d", "--board: must be given; see hwgen fpga --help"),
        ("fpga trq -o d --board arty",
         "--board: must be one of icebreaker, ulx3s, not 'arty'"),
        ("fpga trk -o d --board ulx3s",
         f"trk: {KNOWN} (did you mean 'trq'?)"),
        ("run trq --data digits", "--network: must be given; see hwgen run --help"),
        ("run trq --network digits", "--data: must be given; see hwgen run --help"),
        ("run trq --network digits --data digits --images ten",
         "--images: must be an integer between 1 and 999999999, not 'ten'"),
        ("calibrate trq --network digits --data digits -o f --granularity lane",
         ("--granularity: must be one of network, layer, slice, slice-plane, not 'lane' (did you "
         "mean 'layer'?)")),
        ("generate trk -o d", f"trk: {KNOWN} (did you mean 'trq'?)"),
        ("run nope.yaml --network digits --data digits",
         f"nope.yaml: {KNOWN}"),
    ],
)  # fmt: skip
def test_a_usage_error_is_one_line(hwgen, arguments, message):
    ended = hwgen(*arguments.split())

    assert ended.line == message
    assert ended.code == 2


def test_a_bad_design_is_one_line_in_every_command_that_takes_one(hwgen, folder):
    (folder / "bad.yaml").write_text("extends: trq\narray: {rows: 0}\n")
    line = "bad.yaml: array.rows: must be an integer between 1 and 1024, not 0"
    data = ["--network", "digits", "--data", "digits"]

    for arguments in (
        ["generate", "bad.yaml", "-o", "d"],
        ["generate", "bad.yaml", "-o", "d", "--json"],
        ["run", "bad.yaml", *data],
        ["calibrate", "bad.yaml", *data, "-o", "f.yaml"],
    ):
        ended = hwgen(*arguments)
        assert (ended.line, ended.code) == (line, 2)
    assert [file.name for file in folder.iterdir()] == ["bad.yaml"]


# Bad ends


def raising(error):
    """Return a function that raises, whatever it is called with."""

    def function(*_, **__):
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UserError("d: must be this, not that"), "d: must be this, not that", 2),
        (ToolMissing("iverilog is missing: apt install iverilog"),
         "iverilog is missing: apt install iverilog", 3),
        (Mismatch("sar: case 3: expected 4, got 5"), "sar: case 3: expected 4, got 5", 1),
        (UserError("a\nb\x1b[31m: must be\r c"), "a b [31m: must be  c", 2),
        (KeyboardInterrupt(), "interrupted", 130),
        (PermissionError(13, "Permission denied", "d"),
         "d: must be usable, but is not: Permission denied", 2),
        (OSError(28, "No space left on device"),
         "output: must be usable, but is not: No space left on device", 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_every_bad_end_has_one_line_and_its_own_code(hwgen, replace, error, line, code, flags):
    replace("hwgen.flow.cosim", raising(error))
    ended = hwgen("cosim", "d", *flags)

    assert (ended.line, ended.code) == (line, code)


def test_a_mismatch_still_prints_what_was_found(hwgen, replace):
    found = COSIM | {"passed": 0, "failed": 1}
    replace("hwgen.flow.cosim", raising(Mismatch("sar: expected 4, got 5", found)))

    as_json = hwgen("cosim", "d", "--json")
    assert (json.loads(as_json.out), as_json.code) == (found, 1)
    assert as_json.err == "sar: expected 4, got 5\n"

    table = hwgen("cosim", "d")
    assert "trq_sar" in table.out
    assert table.code == 1


def test_a_mismatch_within_the_demo_is_one_line(hwgen, replace):
    replace("hwgen.demo", raising(Mismatch("sar: expected 4, got 5", COSIM)))
    ended = hwgen("demo")

    assert (ended.line, ended.code) == ("sar: expected 4, got 5", 1)


def test_a_fault_of_the_program_is_no_mismatch(hwgen, replace):
    replace("hwgen.flow.cosim", raising(ZeroDivisionError("oops")))
    ended = hwgen("cosim", "d")

    assert ended.code == 70
    assert "ZeroDivisionError: oops" in ended.err
    assert ended.err.endswith(f"hwgen {__version__}: a fault of hwgen itself; please report it\n")


def test_a_reader_that_goes_away_is_no_fault():
    process = start("schema")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(30) == 141
    assert not err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_line():
    with Path("/dev/full").open("w") as full:
        process = start("presets", stdout=full)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 2
    assert err == "output: must be usable, but is not: No space left on device\n"


@pytest.mark.parametrize(
    ("number", "code", "err"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "")]
)
def test_a_signal_ends_it_after_cleaning_up(tmp_path, number, code, err):
    ready, cleaned = tmp_path / "ready", tmp_path / "cleaned"
    script = (
        "import pathlib, signal, sys, time, types\n"
        # Whoever starts the tests in the background of a shell has SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def cosim(folder, **options):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
        "    try: time.sleep(60)\n"
        f"    finally: pathlib.Path({str(cleaned)!r}).touch()\n"
        "sys.modules['hwgen.flow.cosim'] = module = types.ModuleType('cosim')\n"
        "module.cosim = cosim\n"
        "from hwgen.cli import main\n"
        "main(['cosim', 'd'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    limit = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(number)
    printed = process.communicate(timeout=30)

    assert (process.returncode, *printed) == (code, "", err)
    assert cleaned.exists()


def test_an_interruption_leaves_blocks_that_were_not_finished_unsaid():
    script = (
        "import atexit, gc, sys, types\n"
        "atexit.register(gc.collect)\n"  # blocks refer to themselves
        "from amaranth.hdl import Elaboratable, Fragment, Module\n"
        "class Block(Elaboratable): pass\n"
        "def cosim(folder, **options):\n"
        "    Fragment.get(Module(), None)\n"  # Amaranth warns from then on
        "    block = Block()\n"
        "    raise KeyboardInterrupt\n"
        "sys.modules['hwgen.flow.cosim'] = module = types.ModuleType('cosim')\n"
        "module.cosim = cosim\n"
        "from hwgen.cli import main\n"
        "main(['cosim', 'd'])\n"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


def test_the_streams_may_be_closed():
    closed = "exec 1>&-; exec 2>&-; exec " + " ".join([sys.executable, "-m", "hwgen.cli"])

    assert subprocess.run(["sh", "-c", f"{closed} presets"], check=False).returncode == 0
    assert subprocess.run(["sh", "-c", f"{closed} frob"], check=False).returncode == 2


def test_a_plain_terminal_gets_plain_characters():
    process = start("presets", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=30)

    assert process.returncode == 0
    assert out.isascii()
    assert not err
