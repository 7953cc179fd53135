"""Synthesis of delivered folders: counts per block, and one line for RTL that Yosys refuses."""

import json
import re
import shutil

import pytest

from hwgen.config import load
from hwgen.emit.hierarchy import take_apart
from hwgen.emit.manifest import as_json, manifest
from hwgen.emit.reset import Reset
from hwgen.emit.rtl import emit_rtl
from hwgen.emit.verilog import verilog
from hwgen.errors import UserError
from hwgen.flow.mapped import map_verilog
from hwgen.flow.synth import synth
from hwgen.gateware.tile import lane_of

SMALL = {
    "name": "small",
    "extends": "trq",
    "array": {"rows": 16, "columns": 32},
    "weights": {"bits": 4},
    "inputs": {"bits": 4},
    "readout": {
        "bits": 5,
        "columns_per_lane": 4,
        "ranges": [{"payload": 2, "truncation": 0}, {"payload": 5, "truncation": 0}],
    },
    "interface": {"x_elements": 4},
}

COUNTER = """\
module counter (input wire clk, input wire rst, output reg [3:0] count);
  always @(posedge clk or posedge rst) if (rst) count <= 4'd0; else count <= count + 4'd1;
endmodule
"""
PAIR = """\
module pair (input wire clk, input wire rst, output wire [3:0] a, output wire [3:0] b);
  counter one (.clk(clk), .rst(rst), .count(a));
  counter two (.clk(clk), .rst(rst), .count(b));
endmodule
"""
LATCH = """\
module keeps (input wire open, input wire d, output reg q);
  always @* if (open) q = d;
endmodule
"""
LOOP = """\
module loop (input wire a, output wire y);
  wire n = ~(a & y);
  assign y = ~(a & n) & n;
endmodule
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A delivered folder of a small design; not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    design = load(SMALL)
    rtl = emit_rtl(design)
    (folder / "rtl").mkdir()
    for name, text in rtl.files.items():
        (folder / name).write_text(text)
    (folder / "manifest.json").write_text(as_json(manifest(design, rtl, layer=None)))
    return folder


@pytest.fixture
def delivered(written, tmp_path):
    """A copy of it that may be changed."""
    return shutil.copytree(written, tmp_path / "out")


def test_cells_of_a_block_include_what_it_instantiates():
    mapped = map_verilog({"a.v": COUNTER, "b.v": PAIR}, top="pair")

    counter, pair = mapped.modules["counter"], mapped.modules["pair"]
    assert (counter.flip_flops, counter.instances) == (4, 2)
    assert (pair.flip_flops, pair.instances) == (8, 1)
    assert pair.cells == 2 * counter.cells


@pytest.mark.parametrize("fpga", [None, "ice40", "ecp5"])
def test_a_design_adds_up_to_its_blocks(written, fpga, monkeypatch):
    # Placing it takes half a minute: tests/flow/test_place.py.
    monkeypatch.setattr("hwgen.flow.synth.place_and_route", lambda *_: {})
    result = synth(written, fpga=fpga)

    blocks = result["blocks"]
    spec = load(SMALL).spec
    inside = [block for name, block in blocks.items() if name not in {"tile", "lane"}]
    alone = [
        name
        for name in blocks
        if name not in {"tile", "sar", "search", "shift_add", "interval_decode"}
    ]
    assert result["target"] == (fpga or "generic")
    assert blocks["tile"]["cells"] == result["cells"]
    assert blocks["lane"]["instances"] == blocks["sar"]["instances"] == spec.lanes
    assert result["flip_flops"] == sum(
        blocks[name]["flip_flops"] * blocks[name]["instances"] for name in alone
    )
    assert sum(one["cells"] * one["instances"] for one in inside) <= result["cells"]
    assert all(one["logic_depth"] > 0 for one in blocks.values())
    assert ("luts" in result) == (fpga is not None)


def test_an_adaptive_lane_is_held_against_a_binary_one(written):
    blocks = synth(written)["blocks"]

    assert blocks["sar"]["versus_binary"] == pytest.approx(1, abs=0.1)
    assert 1 < blocks["lane"]["versus_binary"] < blocks["search"]["versus_binary"]
    assert blocks["tile"]["versus_binary"] is None


def test_compare_enters_one_flip_flop(written):
    """Metastability cannot be resolved in two ways when only one register looks at the pin."""
    from hwgen.flow.tools import run_yosys

    design = load(SMALL)
    module = f"{design.name}_sar"
    text = (written / "rtl" / f"{module}.v").read_text()
    scratch = written.parent / "netlist"
    scratch.mkdir(exist_ok=True)
    (scratch / "sar.v").write_text(text)
    run_yosys(
        f"read_verilog sar.v\nsynth -nofsm -top {module}\nwrite_json sar.json", folder=scratch
    )

    netlist = json.loads((scratch / "sar.json").read_text())["modules"][module]
    (compare,) = netlist["ports"]["compare"]["bits"]
    readers = [
        (cell["type"], port)
        for cell in netlist["cells"].values()
        for port, bits in cell["connections"].items()
        if compare in bits
    ]
    assert len(readers) == 1
    assert re.fullmatch(r"\$_\w*DFF\w*_", readers[0][0])
    assert readers[0][1] == "D"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module small_sar (input wire a;\nendmodule\n", "syntax error"),
        ("module small_sar ();\nendmodule\n", "does not have a port"),
        ("", "small_sar"),
    ],
)
def test_verilog_that_yosys_refuses_is_one_line(delivered, text, message):
    (delivered / "rtl" / "small_sar.v").write_text(text)

    with pytest.raises(UserError) as caught:
        synth(delivered)

    assert str(caught.value).startswith(f"{delivered / 'rtl'}: must be synthesisable: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "top"), [(LATCH, "keeps"), (LOOP, "loop")])
def test_latches_and_loops_are_refused(text, top):
    with pytest.raises(RuntimeError):
        map_verilog({"a.v": text}, top=top)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: shutil.rmtree(folder), r"must be a delivered folder, not a missing one"),
        (
            lambda folder: (folder / "manifest.json").unlink(),
            r"must be a delivered folder, not one without manifest\.json",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text("{"),
            r"manifest\.json: must be JSON that `hwgen generate` wrote: .*",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text("[]"),
            r"manifest\.json: must be a JSON object, not list",
        ),
        (lambda folder: change(folder, "modules", 3), r"manifest\.json: modules: must be an .*"),
        (lambda folder: change(folder, "top", "x"), r"manifest\.json: top: must be a module .*"),
        (
            lambda folder: change(folder, "parameters", {"rows": 3}),
            r"manifest\.json: parameters: .*",
        ),
        (lambda folder: shutil.rmtree(folder / "rtl"), r"rtl: must hold Verilog files, not none"),
    ],
)
def test_a_folder_that_is_none_is_one_line(delivered, spoil, message):
    spoil(delivered)

    with pytest.raises(UserError, match=rf"^{re.escape(str(delivered))}.*{message}$"):
        synth(delivered)


def change(folder, key, value):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


@pytest.mark.parametrize(("preset", "most"), [("trq", 1.35), ("adaptive", 1.6)])
def test_adaptive_lanes_stay_close_to_a_binary_one(preset, most):
    """In generic cells, all of one weight; in area of sky130 the ratios are 1.08 and 1.25."""
    spec = load(preset).spec
    cells = []
    for one in (spec, spec.binary):
        blocks = {b.module: b for b in take_apart(lane_of(one), design="d", block="lane")}
        files = {f"{name}.v": verilog(b, blocks, reset=Reset()) for name, b in blocks.items()}
        cells.append(map_verilog(files, top="d_lane").modules["d_lane"].cells)

    assert cells[0] < most * cells[1]
