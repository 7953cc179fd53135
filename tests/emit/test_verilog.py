# amaranth: UnusedElaboratable=no
"""The text of a module: what it means, how it reads, what no text contains."""

import re
import subprocess

import pytest
from amaranth import Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import Out

from hwgen.emit.hierarchy import take_apart
from hwgen.emit.reset import Reset
from hwgen.emit.verilog import verilog
from hwgen.flow.tools import iverilog_command, simulator_environment, verilator_command
from tests.emit.parts import Counter, Enumerated, Lanes, Machine, Operators, Registers, Wide
from tests.equivalence import claims, unproven

PARTS = {
    "operators": Operators,
    "machine": Machine,
    "registers": Registers,
    "enumerated": Enumerated,
    "wide": Wide,
    "counter": Counter,
    "lanes": lambda: Lanes([1, 2, 1]),
}
RESETS = {
    "asynchronous": Reset(),
    "active_low": Reset(active_high=False),
    "synchronous": Reset(asynchronous=False),
    "synchronous_low": Reset(asynchronous=False, active_high=False),
}


def texts(component, **options):
    blocks = take_apart(component, design="d", block="top")
    known = {block.module: block for block in blocks}
    reset = options.pop("reset", RESETS["asynchronous"])
    return {b.module: verilog(b, known, reset=reset, **options) for b in blocks}


def top(component, **options):
    return texts(component, **options)["d_top"]


@pytest.mark.parametrize("part", PARTS)
def test_the_text_is_what_amaranth_wrote(part, folder):
    blocks = take_apart(PARTS[part](), design="d", block="top")

    assert unproven(claims(blocks), folder) == {}


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("part", ["registers", "counter", "lanes"])
def test_compilers_accept_every_reset_style(part, reset, folder):
    for name, text in texts(PARTS[part](), reset=RESETS[reset]).items():
        (folder / f"{name}.v").write_text(text)

    lint(folder)


@pytest.mark.parametrize("part", PARTS)
def test_text_is_clean_under_every_lint_rule(part, folder):
    for name, text in texts(PARTS[part]()).items():
        (folder / f"{name}.v").write_text(text)

    lint(folder)


@pytest.mark.parametrize("part", PARTS)
def test_text_has_nothing_that_tools_choke_on_and_no_long_lines(part):
    for text in texts(PARTS[part]()).values():
        assert text.isascii()
        assert "(*" not in text.replace("@(*", "")
        assert not re.search(r"\binitial\b|\breg\b[^;]*=", text)
        assert max(map(len, text.splitlines())) <= 100
        assert not re.search(r"[ \t]+$", text, re.MULTILINE)


def test_reset_styles_differ_in_what_registers_listen_to():
    events = {
        name: re.findall(r"always @\((posedge.*)\)", top(Counter(), reset=style))
        for name, style in RESETS.items()
    }

    assert events == {
        "asynchronous": ["posedge clk or posedge rst"],
        "active_low": ["posedge clk or negedge rst_n"],
        "synchronous": ["posedge clk"],
        "synchronous_low": ["posedge clk"],
    }
    assert "if (!rst_n) begin" in top(Counter(), reset=RESETS["active_low"])


def test_gateware_that_looks_at_its_reset_sees_it_active_high():
    assert "quiet = rst | (o == 4'd0);" in top(Counter())
    assert "quiet = ~rst_n | (o == 4'd0);" in top(Counter(), reset=RESETS["active_low"])


def test_registers_without_reset_have_a_block_of_their_own():
    text = top(Registers())

    assert "always @(posedge clk) begin\n    if (load) kept <= payload_low;\n" in text


def test_state_machines_read_like_their_source():
    text = top(Machine())

    assert "localparam [1:0] PHASE_WORK = 2'd1;" in text
    assert "phase_state <= PHASE_REST;" in text
    assert (
        """\
      case (phase_state)
        PHASE_REST: if (go) begin
          held <= i;
          phase_state <= PHASE_WORK;
        end
        PHASE_WORK: begin
          held <= held - 8'd1;
          if (held == 8'd0) phase_state <= PHASE_REST;
          else if (i[7]) phase_state <= PHASE_HALT;
        end
        PHASE_HALT: if (!go) phase_state <= PHASE_REST;
        default: ;
      endcase
"""
        in text
    )


def test_enumerations_keep_their_names():
    text = top(Enumerated())

    assert "localparam [1:0] MODE_FAST = 2'd2;" in text
    assert "assign o = mode == MODE_FAST;" in text


def test_a_port_keeps_its_name_even_if_it_is_a_keyword():
    text = top(Registers())

    assert "output reg  signed [5:0] \\output ," in text
    assert "input  wire              \\release ," in text


def test_ports_of_the_top_can_be_renamed():
    text = top(Lanes([1]), port_name=lambda name: name.replace("__", "_"))

    assert "i_payload," in text
    assert "i_ready = 1'b1;" in text


def test_instances_are_connected_by_name_in_the_order_of_their_ports():
    text = texts(Lanes([1]))["d_lane"]

    assert (
        """\
  d_first first (
    .clk(clk),
    .rst(rst),
    .i(i),
    .o(first_o)
  );
"""
        in text
    )


def test_what_is_not_needed_is_read_once_so_that_lint_need_not_be_silenced():
    assert (
        "// Not needed in this design.\n  wire unused_2 = &{1'b0, spare};"
        in (texts(Lanes([1]))["d_lane"])
    )


def test_a_header_becomes_a_comment_on_top():
    assert top(Counter(), header="one\n\ntwo").startswith("// one\n//\n// two\n\nmodule d_top (")


class Remembering(wiring.Component):
    """Has a memory."""

    o: Out(4)

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = held = memory.Memory(shape=4, depth=4, init=[])
        port = held.read_port(domain="comb")
        m.d.comb += self.o.eq(port.data)
        return m


def test_what_has_no_verilog_form_yet_is_refused_by_name():
    with pytest.raises(ValueError, match="no Verilog form here"):
        texts(Remembering())


def lint(folder):
    """Compile as Verilog-2005, and under every rule of Verilator; neither may say a word."""
    sources = sorted(path.name for path in folder.glob("*.v"))
    commands = {
        "icarus": [*iverilog_command(), "-g2005", "-Wall", "-t", "null"],
        "verilator": [*verilator_command(), "--lint-only", "-Wall", "--top-module", "d_top"],
    }
    for simulator, command in commands.items():
        said = subprocess.run(
            [*command, *sources],
            cwd=folder,
            env=simulator_environment(simulator),
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stderr
        assert said.stderr == ""
