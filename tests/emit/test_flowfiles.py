"""Every file for a tool is read by its tool, and says what the design says."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from hwgen.emit.deliver import deliverables
from hwgen.emit.flowfiles import PERIOD_NS, flow_files
from hwgen.flow.tools import (
    run_yosys,
    script_command,
    simulator_environment,
    verilator_command,
)
from tests.emit.designs import VARIANTS, design, emitted

CELLS = Path(__file__).with_name("cells.lib")
CONSTANT = re.compile(r"^  (prdata\[\d+\]|pready)$", re.MULTILINE)  # bits that no register has


def texts(variant, **keys):
    return flow_files(design(variant, **keys), emitted(variant), bench=["tb/tb.v", "tb/x.hex"])


def deliver(variant, folder):
    contents, _ = deliverables(design(variant))
    for path, content in contents.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.mark.parametrize("variant", VARIANTS)
def test_lines_are_short_and_say_what_reads_them(variant):
    for path, text in texts(variant).items():
        lines = text.splitlines()
        assert max(map(len, lines)) <= 100, path
        if path != "flow/files.f":
            comments = [line for line in lines[:4] if line.startswith(("#", "//"))]
            assert comments, path


# Constraints


def delays(text):
    """Delay variable and direction of every pin pattern."""
    found = {}
    pattern = r"^set_(input|output)_delay \$(\w+) -clock clk \[get_ports (?:\{([^}]*)\}|(\S+))\]$"
    for direction, delay, several, one in re.findall(pattern, text, re.MULTILINE):
        for pin in (several or one).split():
            assert pin not in found
            found[pin] = (direction, delay)
    return found


def matches(pattern, port):
    expression = re.escape(pattern).replace(r"lane\*", r"lane\d+").replace(r"\[\*\]", "")
    return re.fullmatch(expression, port.name) and pattern.endswith("[*]") == (port.width > 1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_pin_has_one_delay(variant):
    found = delays(texts(variant)["flow/small.sdc"])
    used = set()
    for port in emitted(variant).ports:
        hits = [pattern for pattern in found if matches(pattern, port)]
        assert len(hits) == (port.name != "clk"), port.name
        assert all(found[hit][0] == port.direction for hit in hits)
        used |= set(hits)

    assert used == set(found)


@pytest.mark.parametrize("variant", ["small", "lane"])
def test_analog_pins_leave_a_flip_flop_or_enter_one(variant):
    found = delays(texts(variant)["flow/small.sdc"])
    lane = "lane*_" if variant == "small" else ""
    analog = [f"{lane}{pin}" for pin in ("column[*]", "bank", "acquire", "dac[*]", "strobe")]
    analog += [f"{lane}busy", f"{lane}compare"]
    if variant == "small":
        analog += ["row_drive[*]", "sample[*]", "hold_clear[*]"]

    assert sorted(pin for pin, (_, delay) in found.items() if delay == "analog") == sorted(analog)


def test_constraints_say_what_is_left_to_the_analog_side():
    timing = {
        "settle_row": 3, "sample_cycles": 2, "settle_mux": 0, "acquire_cycles": 1,
        "settle_dac": 2, "compare_latency": 6,
    }  # fmt: skip
    text = texts("active_low", timing=timing)["flow/small.sdc"]
    left = dict(re.findall(r"^#   (.*?)  +([\d.]+)$", text, re.MULTILINE))

    # `compare_stages` is 2: the answer is captured three edges after the strobe's.
    assert left == {
        "row_drive to sample": "2.8",
        "sample high": "1.8",
        "acquire high": "0.8",
        "dac to strobe": "1.8",
        "strobe to compare": "2.6",
    }
    assert "set_false_path -hold -from [get_ports lane*_compare]" in text
    assert "set_false_path" not in texts("small")["flow/small.sdc"]


def test_only_an_asynchronous_reset_is_told_apart():
    assert "# rst_n acts at once" in texts("active_low")["flow/small.sdc"]
    assert "acts at once" not in texts("one_bank")["flow/small.sdc"]


# Verilator, Yosys, FuseSoC


@pytest.mark.parametrize("variant", ["small", "lane"])
def test_verilator_has_nothing_to_say(variant, folder):
    deliver(variant, folder)
    ended = subprocess.run(
        [*verilator_command(), "-f", "flow/verilator.f", "--lint-only"],
        env=simulator_environment("verilator"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_yosys_runs_the_generic_script(folder):
    deliver("small", folder)

    run_yosys((folder / "flow/synth.ys").read_text(), folder=folder)


@pytest.mark.parametrize("target", ["lint", "sim"])
def test_fusesoc_runs_the_core(target, folder):
    core = folder / "core"
    core.mkdir()
    deliver("small", core)
    fusesoc = [*script_command("fusesoc"), "--cores-root", str(core)]
    environment = simulator_environment("verilator") | {"XDG_CONFIG_HOME": str(folder)}
    ended = subprocess.run(
        [*fusesoc, "run", "--target", target, "hwgen:generated:small"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = ended.stdout + ended.stderr

    assert ended.returncode == 0, printed
    assert "WARNING" not in printed
    assert target == "lint" or re.search(r"^PASS: \d+ outputs", printed, re.MULTILINE)


# Mapping and timing


@pytest.fixture(scope="module", params=["active_low", "lane"])
def mapped(request, tmp_path_factory):
    """A delivered folder with a netlist of the library's cells."""
    folder = tmp_path_factory.mktemp("mapped")
    deliver(request.param, folder)
    shutil.copy(CELLS, folder / "cells.lib")
    run_yosys((folder / "flow/map.ys").read_text(), folder=folder)
    return folder


def test_yosys_maps_to_cells_and_keeps_blocks(mapped):
    text = (mapped / "netlist.v").read_text()
    modules = re.findall(r"^module (\w+)", text, re.MULTILINE)
    cells = set(re.findall(r"^  (\w+) \S+ \($", text, re.MULTILINE)) - set(modules)

    assert sorted(f"rtl/{name}.v" for name in modules) == sorted(
        path.relative_to(mapped).as_posix() for path in mapped.glob("rtl/*.v")
    )
    assert {"NAND2", "DFFR"} <= cells
    assert cells <= set(re.findall(r"cell \((\w+)\)", CELLS.read_text()))


def timing(folder, commands="", **environment):
    """Run the delivered script, and more of OpenSTA's commands; return what was printed."""
    (folder / "more.tcl").write_text(f"source flow/sta.tcl\n{commands}\n")
    ended = subprocess.run(
        ["sta", "-no_init", "-exit", "more.tcl"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout + ended.stderr


@pytest.fixture
def sta():
    if shutil.which("sta") is None:
        pytest.skip("needs OpenSTA: apt-get install opensta")


@pytest.mark.usefixtures("sta")
def test_opensta_runs_the_script(mapped):
    printed = CONSTANT.sub("", timing(mapped))
    warnings = re.findall(r"^(?:Warning|Error).*\n*(?:  \S+)?", printed, re.MULTILINE)

    # All that lacks a constraint is outputs that are constant.
    assert [line for line in warnings if not re.fullmatch(r".*unconstrained.*\n*", line)] == []
    assert re.search(r"^worst slack \d", printed, re.MULTILINE)
    assert "VIOLATED" not in printed


@pytest.mark.usefixtures("sta")
@pytest.mark.parametrize(("period", "arrival"), [(None, "16.00"), ("10", "8.00")])
def test_an_answer_goes_straight_into_a_flip_flop(mapped, period, arrival):
    lane = "" if "small_lane" in (mapped / "flow/verilator.f").read_text().split() else "lane0_"
    printed = timing(
        mapped,
        f"puts FROM_HERE\nreport_checks -from [get_ports {lane}compare]",
        **({} if period is None else {"CLOCK_PERIOD": period}),
    )
    path = printed.partition("FROM_HERE")[2]
    steps = re.findall(r"^ +([\d.]+) +([\d.]+) [v^] (\S+) \((\w+)\)$", path, re.MULTILINE)

    assert steps[0] == ("0.00", arrival, f"{lane}compare", "in")
    assert steps[1][2].endswith("/D")
    assert steps[1][3].startswith("DFF")


@pytest.mark.usefixtures("sta")
def test_settings_of_librelane_are_taken(mapped):
    """The variables that LibreLane's steps find in their environment, with sky130's values."""
    settings = {
        "SYNTH_DRIVING_CELL": "INV/Y", "OUTPUT_CAP_LOAD": "33.442",
        "MAX_FANOUT_CONSTRAINT": "10", "MAX_TRANSITION_CONSTRAINT": "0.75",
        "CLOCK_UNCERTAINTY_CONSTRAINT": "0.25", "CLOCK_TRANSITION_CONSTRAINT": "0.15",
        "TIME_DERATING_CONSTRAINT": "5",
    }  # fmt: skip
    propagated = timing(mapped, **settings)
    ideal = timing(mapped, OPENLANE_SDC_IDEAL_CLOCKS="1", **settings)

    for printed in (propagated, ideal):
        assert "Error" not in printed
        assert "-0.25" in printed
    assert "clock network delay (propagated)" in propagated
    assert "clock network delay (propagated)" not in ideal


# LibreLane


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("librelane") is None, reason="needs LibreLane: pip install librelane"
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
def test_librelane_loads_its_configuration(folder):
    from librelane.config import Config, InvalidConfig
    from librelane.flows import Flow

    deliver("small", folder)
    flow = Flow.factory.get("Classic")
    library = "STD_CELL_LIBRARY"
    variables = flow.get_all_config_variables(flow)
    known = [one for one in variables if not one.pdk or one.name == library]
    process = {"PDK": "none", library: "none", "meta": {"version": 3}}

    def load(**keys):
        # Its loader, but for the variables that a process design kit would bring.
        loaded, _ = Config.load(
            [process | keys, "flow/config.yaml"],
            known,
            pdk_root=str(folder),
            _load_pdk_configs=False,
        )
        return loaded

    loaded = load()
    assert loaded["DESIGN_NAME"] == "small_tile"
    assert sorted(map(os.path.realpath, loaded["VERILOG_FILES"])) == sorted(
        os.path.realpath(path) for path in folder.glob("rtl/*.v")
    )
    assert float(loaded["CLOCK_PERIOD"]) == PERIOD_NS
    for variable in ("PNR_SDC_FILE", "SIGNOFF_SDC_FILE"):
        assert Path(loaded[variable]).samefile(folder / "flow/small.sdc")
    with pytest.raises(InvalidConfig):
        load(CLOCK_PERIODS=10)


def test_librelane_is_told_how_to_take_a_netlist():
    """The lines that a user may put in place of the RTL are lines of the same configuration."""
    text = texts("small")["flow/config.yaml"]
    advice = "\n".join(re.findall(r"^#   ([A-Z_]+: .*)$", text, re.MULTILINE))

    assert yaml.safe_load(advice) == {
        "VERILOG_FILES": "dir::../netlist.v",
        "SYNTH_ELABORATE_ONLY": True,
    }
    assert yaml.safe_load(text)["VERILOG_FILES"][0] == "dir::../rtl/small_active_rows.v"
