"""Place and route: a design between two shift registers, and reasons where it cannot be placed."""

import sys
from dataclasses import replace

import pytest

from hwgen.config import load
from hwgen.emit.rtl import emit_rtl
from hwgen.errors import ToolMissing
from hwgen.flow import place
from hwgen.flow.mapped import map_verilog
from hwgen.flow.place import DEVICES, harness, place_and_route, ports_of
from hwgen.flow.targets import TARGETS
from tests.emit.designs import SMALL

COUNTER = """\
module counter (input wire clk, input wire rst, input wire [7:0] step, output reg [7:0] count,
    output wire signed [3:0] low);
  always @(posedge clk or posedge rst) if (rst) count <= 0; else count <= count + step;
  assign low = count[3:0];
endmodule
"""
WITHOUT_CLOCK = """\
module adder (input wire [3:0] a, output wire [3:0] y);
  assign y = a + 4'd1;
endmodule
"""


@pytest.fixture(scope="module", params=sorted(DEVICES))
def counter(request):
    """A family, and a counter mapped to it."""
    mapped = map_verilog({"c.v": COUNTER}, top="counter", target=TARGETS[request.param])
    return request.param, mapped


def test_the_ports_are_those_of_the_netlist(counter):
    _, mapped = counter
    ports = [(port.name, port.direction, port.width) for port in ports_of(mapped)]

    assert ports == [
        ("clk", "input", 1),
        ("rst", "input", 1),
        ("step", "input", 8),
        ("count", "output", 8),
        ("low", "output", 4),
    ]


def test_every_pin_gets_a_flip_flop(counter):
    _, mapped = counter
    text, flip_flops = harness("counter", ports_of(mapped))

    assert flip_flops == 8 + 8 + 4
    assert ".clk(clk), .rst(rst), .step(driven[7:0])" in text
    assert ".count(pins[7:0]), .low(pins[11:8])" in text


def test_a_small_design_is_placed(counter):
    family, mapped = counter
    placed = place_and_route(mapped, family)

    assert placed["reason"] is None
    assert placed["device"] == DEVICES[family].name
    assert placed["harness_flip_flops"] == 20
    # An adder of eight bits, and for iCE40 every flip-flop of the harness.
    assert 8 <= placed["logic_cells"] <= placed["logic_cells_available"]
    assert placed["logic_cells_available"] == DEVICES[family].available
    assert placed["logic_cells"] <= 8 + 20 + 6
    assert 100 < placed["fmax_mhz"] < 1000


def test_the_netlist_is_placed_as_it_was_mapped(counter):
    """Only the harness is mapped, before the design is read."""
    family, _ = counter
    lines = place._script(DEVICES[family], "counter").splitlines()
    later = lines[lines.index("read_rtlil -nooverwrite mapped.il") + 1 :]

    assert [line.split()[0] for line in later] == [
        "hierarchy", "flatten", "opt_clean", "write_json"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "luts", "reason"),
    [
        ("ice40", 7661, "7661 LUTs and 20 flip-flops at the pins do not fit 7680 logic cells"),
        ("ecp5", 83621, "83621 LUTs and 20 flip-flops at the pins do not fit 83640 logic cells"),
        ("ecp5", 8001, "8001 LUTs are more than the 8000 that are placed in reasonable time"),
    ],
)
def test_a_large_design_is_not_tried(counter, family, luts, reason):
    _, mapped = counter
    large = replace(mapped.modules["counter"], luts=luts)
    placed = place_and_route(replace(mapped, modules={"counter": large}), family)

    assert placed["reason"] == reason
    assert placed["fmax_mhz"] is placed["logic_cells"] is None


def test_what_cannot_be_put_into_the_harness_has_a_reason():
    mapped = map_verilog({"a.v": WITHOUT_CLOCK}, top="adder", target=TARGETS["ice40"])

    assert "clk" in place_and_route(mapped, "ice40")["reason"]


def test_what_nextpnr_refuses_has_its_reason(counter):
    family, mapped = counter
    odd = replace(mapped, rtlil=mapped.rtlil.replace("\\SB_DFFR", "\\ODD_FF"))
    odd = replace(odd, rtlil=odd.rtlil.replace("\\TRELLIS_FF", "\\ODD_FF"))

    assert "ODD_FF" in place_and_route(odd, family)["reason"]


def test_without_nextpnr_there_is_one_line(counter, monkeypatch):
    family, mapped = counter
    monkeypatch.setattr("hwgen.flow.tools._script_folders", list)

    with pytest.raises(ToolMissing) as error:
        place_and_route(mapped, family)

    assert str(error.value) == (
        f"yowasp-nextpnr-{family} is missing: "
        f"run `{sys.executable} -m pip install yowasp-nextpnr-{family}`"
    )


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(DEVICES))
def test_a_small_tile_is_placed(family):
    emitted = emit_rtl(load(SMALL))
    files = {name.removeprefix("rtl/"): text for name, text in emitted.files.items()}
    mapped = map_verilog(files, top="small_tile", target=TARGETS[family])
    placed = place_and_route(mapped, family)

    assert placed["reason"] is None
    assert placed["fmax_mhz"] > 20
    pins = sum(port.width for port in emitted.ports if port.name not in {"clk", "rst"})
    assert placed["harness_flip_flops"] == pins
    assert placed["logic_cells"] >= mapped.modules["small_tile"].luts
