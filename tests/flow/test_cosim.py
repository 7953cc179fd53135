"""Co-simulation of delivered folders: what passes, what is found, what is refused."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch, ToolMissing, UserError
from hwgen.flow import session, tools
from hwgen.flow.cosim import cosim
from tests.flow.folders import TINY, change, only

WITHOUT_ENVIRONMENT = """
from pathlib import Path
from hwgen.flow.cosim import cosim
print(cosim(Path("out"))["passed"])
"""


@pytest.fixture
def delivered(folder):  # noqa: ARG001  (the current folder)
    """A delivered folder that may be changed."""
    generate(load(TINY), Path("out"))
    return Path("out")


def message_of(error, delivered, **options):
    """Return the one line that a co-simulation ends with."""
    with pytest.raises(error) as caught:
        cosim(delivered, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.cocotb
def test_every_block_and_the_tile_agree_with_their_models(delivered):
    before = {path: path.read_bytes() for path in delivered.rglob("*") if path.is_file()}
    steps = []

    result = cosim(delivered, progress=lambda *step: steps.append(step))

    modules = json.loads(before[delivered / "manifest.json"])["modules"]
    assert {bench["bench"]: bench["module"] for bench in result["benches"]} == modules
    assert all(bench["passed"] and bench["cases"] for bench in result["benches"])
    assert (result["passed"], result["failed"]) == (len(modules), 0)
    assert result["simulator"] == "icarus"
    for key in ("cycles", "conversions", "decisions"):
        assert result[key] == sum(bench[key] for bench in result["benches"]) > 0
    assert [step[:2] for step in steps] == [(k + 1, len(modules)) for k in range(len(modules))]
    assert before == {path: path.read_bytes() for path in delivered.rglob("*") if path.is_file()}


def test_the_steady_stream_is_the_tile_s_wherever_its_result_stands(delivered, monkeypatch):
    def run(_, benches, progress):  # noqa: ARG001  (as of Session)
        results = [
            session.BenchResult(
                bench=block,
                module=module,
                passed=True,
                cases=1,
                message=None,
                seconds=1.0,
                seconds_simulate=1.0,
                counts={"cycles_steady": 1},
            )
            for block, module in benches.items()
        ]
        return results[::-1]

    monkeypatch.setattr(session.Session, "run", run)

    assert re.fullmatch(
        r"tile: cycles from the first x to the last y: expected \d+, got 1",
        message_of(Mismatch, delivered),
    )


@pytest.mark.cocotb
def test_fewer_vectors_take_fewer_conversions(delivered):
    only(delivered, "tile")

    conversions = [cosim(delivered, vectors=k)["conversions"] for k in (1, 3)]

    assert 0 < conversions[0] < conversions[1]


@pytest.mark.cocotb
def test_verilator_agrees(delivered):
    only(delivered, "search")

    result = cosim(delivered, simulator="verilator")

    assert (result["passed"], result["simulator"]) == (1, "verilator")


@pytest.mark.cocotb
@pytest.mark.slow
def test_verilator_and_icarus_count_alike(delivered):
    results = [cosim(delivered, simulator=simulator) for simulator in ("icarus", "verilator")]

    for key in ("passed", "failed", "cycles", "conversions", "decisions"):
        assert results[0][key] == results[1][key]


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("block", "old", "new", "bench"),
    [
        ("active_rows", " + ", " - ", "active_rows"),
        ("shift_add", "<<", ">>", "shift_add"),
        ("shift_add", "<<", ">>", "tile"),
        ("sequencer", "sample <= mask", "sample <= ~mask", "sequencer"),
        ("sequencer", "sample <= mask", "sample <= ~mask", "tile"),
        ("sar", "strobe <= 1'b1", "strobe <= 1'b0", "lane"),
    ],
)
def test_a_changed_line_is_found_and_shown(delivered, block, old, new, bench):
    change(delivered, block, old, new)
    only(delivered, bench)

    with pytest.raises(Mismatch, match=rf"^{bench}: \w+: .*expected .*, got ") as caught:
        cosim(delivered)

    assert (caught.value.result["passed"], caught.value.result["failed"]) == (0, 1)
    assert f"{bench}: {caught.value.result['benches'][0]['message']}" == str(caught.value)


@pytest.mark.cocotb
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_verilog_that_does_not_compile_is_a_mismatch(delivered, simulator):
    change(delivered, "search", "assign ", "assign assign ")
    only(delivered, "search")

    message = message_of(Mismatch, delivered, simulator=simulator)

    assert message.startswith("search: does not compile: ")
    assert "rtl/tiny_search.v:" in message
    assert str(delivered.resolve()) not in message


@pytest.mark.cocotb
def test_a_simulation_that_breaks_off_is_a_mismatch(delivered):
    change(delivered, "search", "endmodule", "initial $finish;\nendmodule")
    only(delivered, "search")

    assert message_of(Mismatch, delivered).startswith("search: ")


@pytest.mark.cocotb
def test_a_simulation_that_never_ends_is_a_mismatch(delivered, monkeypatch):
    monkeypatch.setattr(session, "TIME_LIMIT_S", 4)
    loop = "reg z = 0;\n  always @(posedge clk) while (1) z = ~z;\nendmodule"
    change(delivered, "search", "endmodule", loop)
    only(delivered, "search")

    assert message_of(Mismatch, delivered) == "search: expected an end within 4 s, got none"


@pytest.mark.cocotb
def test_every_failure_is_counted(delivered):
    change(delivered, "search", "assign ", "assign assign ")
    only(delivered, "search", "row_drive")

    assert message_of(Mismatch, delivered).endswith("(and 1 more of 2 benches failed)")


@pytest.mark.cocotb
def test_neither_path_nor_an_active_environment_is_needed(delivered):
    only(delivered, "row_drive")

    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_ENVIRONMENT],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == ("1\n", "")


@pytest.mark.cocotb
def test_settings_of_another_project_do_not_matter(delivered, monkeypatch):
    monkeypatch.setenv("COCOTB_TEST_FILTER", "nothing")
    monkeypatch.setenv("GPI_USERS", "nowhere.so")
    only(delivered, "row_drive")

    assert cosim(delivered)["benches"][0]["cases"] == 1


@pytest.mark.parametrize("missing", ["iverilog", "vvp"])
def test_a_missing_simulator_is_said_with_what_installs_it(delivered, monkeypatch, missing):
    found = tools.shutil.which
    monkeypatch.setattr(
        tools.shutil,
        "which",
        lambda name, path: None if name == missing else found(name, path=path),
    )

    message = message_of(ToolMissing, delivered)

    assert message == f"{missing} is missing: run `sudo apt-get install iverilog`"


def test_an_unknown_simulator_is_refused(delivered):
    message = message_of(UserError, delivered, simulator="vcs")

    assert message == "--simulator: must be one of icarus, verilator, not 'vcs'"


@pytest.mark.parametrize("vectors", [0, 7])
def test_vectors_that_do_not_exist_are_refused(delivered, vectors):
    message = message_of(UserError, delivered, vectors=vectors)

    assert message == f"--vectors: must be between 1 and 6, not {vectors}"


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def broken(:", "SyntaxError: invalid syntax (tb_search.py, line 1)"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_bench_that_cannot_be_imported_is_a_broken_folder(delivered, text, told):
    (delivered / "sim" / "tb_search.py").write_text(text + "\n")
    only(delivered, "search")

    message = message_of(UserError, delivered)

    assert message.endswith(f"out/sim/tb_search.py: must be importable, but is not: {told}")


@pytest.mark.cocotb
@pytest.mark.parametrize("pin", ["x_ready", "y_payload"])
def test_a_pin_that_nothing_drives_is_named(delivered, pin):
    port = {"x_ready": "i__ready", "y_payload": "o__payload"}[pin]
    change(delivered, "tile", f".{port}({pin})", f".{port}()")
    only(delivered, "tile")

    message = message_of(Mismatch, delivered)

    assert re.search(rf"cycle \d+, {pin}: expected known levels, got Z", message)


@pytest.mark.cocotb
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_simulation_ends_with_the_command(delivered, tmp_path, end):
    loop = "reg z = 0;\n  always @(posedge clk) while (1) z = ~z;\nendmodule"
    change(delivered, "search", "endmodule", loop)
    only(delivered, "search")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = subprocess.Popen(
        [sys.executable, "-m", "hwgen.cli", "cosim", "out"],
        env=os.environ | {"TMPDIR": str(scratch)},
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: "vvp" in programs_at(scratch))

    command.send_signal(end)

    assert command.wait() == (-end if end == signal.SIGKILL else 128 + end)
    wait_until(lambda: not programs_at(scratch))
    assert end == signal.SIGKILL or not any(scratch.iterdir())


def programs_at(folder):
    """Name the programs that run with a file of a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            arguments = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(str(folder) in argument for argument in arguments):
                found.append(Path(arguments[0]).name)
    return found


def wait_until(done):
    """Wait for a minute at most."""
    for _ in range(600):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("expected within a minute")


def test_a_folder_without_verilog_is_refused(delivered):
    for path in (delivered / "rtl").iterdir():
        path.unlink()

    assert message_of(UserError, delivered) == "out/rtl: must hold Verilog files, not none"


def test_a_folder_without_a_bench_is_refused(delivered):
    (delivered / "sim" / "tb_lane.py").unlink()

    message = message_of(UserError, delivered)

    assert message == "out/sim/tb_lane.py: must be the bench of tiny_lane, not a missing file"


def test_a_manifest_without_blocks_is_refused(delivered):
    only(delivered)

    assert (
        message_of(UserError, delivered) == "out/manifest.json: modules: must name a block, not {}"
    )


def test_a_manifest_of_another_tool_is_refused(delivered):
    (delivered / "manifest.json").write_text("[]")

    assert message_of(UserError, delivered) == "out/manifest.json: must be a JSON object, not list"


def test_vectors_of_another_shape_are_refused(delivered):
    path = delivered / "sim" / "vectors.npz"
    stored = dict(np.load(path))
    np.savez(path, **stored | {"x": stored["x"][:, :-1]})

    message = message_of(UserError, delivered)

    assert message == (
        "out/sim/vectors.npz: must fit 8 rows and 4 outputs, "
        "not hold x (6, 7), weights (8, 4), y_in (6, 4)"
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_vectors_that_cannot_be_read_are_refused(delivered, content):
    (delivered / "sim" / "vectors.npz").write_bytes(content)

    message = message_of(UserError, delivered)

    assert message.startswith("out/sim/vectors.npz: must hold the delivered vectors: ")


def test_missing_vectors_are_refused(delivered):
    (delivered / "sim" / "vectors.npz").unlink()

    message = message_of(UserError, delivered)

    assert message.startswith("out/sim/vectors.npz: must hold the delivered vectors: ")
