"""Any layer of a network on the emitted tile: in a simulator, and compiled."""

import json
from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch, UserError
from hwgen.flow.cosim import cosim
from hwgen.flow.folder import Delivered
from hwgen.flow.stimulus import LayerOf, Stimulus
from hwgen.workload.inputs import open_network
from tests.documented import missing_keys, undocumented_keys
from tests.flow.folders import change, only

SMALL = {
    "name": "small",
    "extends": "trq",
    "array": {"rows": 16, "columns": 28},
    "readout": {"bits": 5, "columns_per_lane": 7},
}
ROUGH = [{"payload": 2, "truncation": 1}, {"payload": 5, "truncation": 2}]
DIGITS = {"network": "digits", "data": "digits"}

DATA = Path(__file__).parents[2] / "../shared/data"
RESNET_20 = {
    "network": str(DATA / "resnet20_cifar10/resnet20_int8_qdq.onnx"),
    "data": str(DATA / "cifar10/cifar10_test_500_norm.npz"),
}
CONVOLUTION = "/layer2/layer2.1/conv1/Conv"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


@pytest.fixture
def delivered(folder, kept, monkeypatch):  # noqa: ARG001  (the current folder)
    """A delivered folder that may be changed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept))
    generate(load(SMALL), Path("out"))
    return Path("out")


@pytest.fixture
def trq(delivered):
    """A delivered folder of 128 rows and columns."""
    generate(load("trq"), Path("trq"))
    return delivered.with_name("trq")


def message_of(error, delivered, **options):
    with pytest.raises(error) as caught:
        cosim(delivered, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.cocotb
def test_a_layer_agrees_in_a_simulator_and_compiled(delivered):
    layer = LayerOf(**DIGITS, layer="dense_2", crossbar=3, vectors=3)

    simulated = cosim(delivered, layer=layer)
    compiled = cosim(delivered, layer=layer, fast=True)

    for result, simulator in ((simulated, "icarus"), (compiled, "verilator")):
        assert (result["simulator"], result["passed"], result["failed"]) == (simulator, 1, 0)
        assert [bench["bench"] for bench in result["benches"]] == ["tile"]
        assert {key: result[key] for key in ("network", "data", "layer", "crossbar")} == {
            **DIGITS,
            "layer": "dense_2",
            "crossbar": 3,
        }
        assert (result["vectors"], result["images"]) == (3, 3)
        assert result["cycles_steady"] == result["cycles_predicted"] > 0
        assert not undocumented_keys("cosim", result)
        assert not missing_keys("cosim", result)
    assert compiled["cycles_steady"] == simulated["cycles_steady"]
    assert simulated["conversions"] > compiled["conversions"] > 0  # three cases
    assert compiled["conversions_per_minute"] > 0


@pytest.mark.cocotb
@pytest.mark.parametrize("fast", [False, True])
def test_all_of_a_chain_agree_one_by_one(delivered, fast):
    """The second crossbar adds to the sums of the first: the tile carries them through `y_in`."""
    for crossbar in (0, 1):
        layer = LayerOf(**DIGITS, layer="dense_1", crossbar=crossbar, vectors=2)
        assert cosim(delivered, layer=layer, fast=fast)["passed"] == 1


@pytest.mark.cocotb
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("block", "old", "new"),
    [("shift_add", "<<", ">>"), ("sar", "search_answer <= compare", "search_answer <= ~compare")],
)
def test_a_changed_line_is_found_by_both(delivered, block, old, new, fast):
    change(delivered, block, old, new)
    layer = LayerOf(**DIGITS, layer="dense_2", vectors=2)

    assert "expected" in message_of(Mismatch, delivered, layer=layer, fast=fast)


@pytest.mark.cocotb
def test_cycles_that_nobody_predicted_are_a_mismatch(delivered, monkeypatch):
    monkeypatch.setattr("hwgen.flow.cosim.steady_cycles", lambda *_: 99)
    layer = LayerOf(**DIGITS, layer="dense_2", vectors=1)

    message = message_of(Mismatch, delivered, layer=layer)

    assert message.startswith("tile: cycles from the first x to the last y: expected 99, got ")


@pytest.mark.cocotb
def test_the_tables_of_the_layer_are_loaded(delivered):
    layers = {"dense_2": {"ranges": ROUGH}}
    generate(load(SMALL | {"tables": {"granularity": "layer", "layers": layers}}), Path("tables"))
    layer = LayerOf(**DIGITS, layer="dense_2", vectors=2)

    plain, rough = (cosim(out, layer=layer, fast=True) for out in (delivered, Path("tables")))

    assert rough["conversions"] == plain["conversions"]
    assert rough["decisions"] < plain["decisions"]


def test_a_layer_without_tables_has_those_of_the_design(folder):
    layers = {"dense_2": {"ranges": ROUGH}}
    generate(load(SMALL | {"tables": {"granularity": "layer", "layers": layers}}), folder / "a")
    generate(load(SMALL | {"tables": {"granularity": "network", "layers": layers}}), folder / "b")
    generate(load(SMALL | {"readout": SMALL["readout"] | {"kind": "binary"}}), folder / "c")
    rough = (((2, 1), (5, 2)),)

    by_layer, by_network, binary = (Delivered.read(folder / name) for name in "abc")

    assert by_layer.tables("dense_2") == rough
    assert by_layer.tables("dense_3") == (((3, 0), (5, 0)),)
    assert by_network.tables("dense_2") == by_network.tables("conv 7") == rough
    assert binary.tables("dense_2") == ((),)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("{", "must be tables that `hwgen generate` wrote: "),
        ("[]", "must be tables that `hwgen generate` wrote: "),
        (
            '{"granularity": "layer", "layers": {"a": {"tables": [1]}}, "others": []}',
            "tables: must be lists of numbers, not [1]",
        ),
        (
            '{"granularity": "layer", "layers": {"a": {"tables": []}}, "others": []}',
            "tables: must be 1, not 0",
        ),
        (
            '{"granularity": "layer", "layers": {"a": {"tables": [[[3]]]}}, "others": []}',
            "tables: must be ranges of payload, truncation, not [[[3]]]",
        ),
        (
            '{"granularity": "slice", "layers": {}, "others": []}',
            "granularity: must be 'network' or 'layer' to be loaded into one tile, not 'slice'",
        ),
    ],
)
def test_tables_that_cannot_be_loaded_are_refused(delivered, tables, told):
    path = delivered / "tables" / "ranges.json"
    path.parent.mkdir()
    path.write_text(tables)

    with pytest.raises(UserError) as caught:
        Delivered.read(delivered).tables("a")

    assert str(caught.value).startswith(f"{path}: {told}")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--layer a", "--network: must be given with --layer"),
        ("--network digits --data digits", "--layer: must be given with --network and --data"),
        (
            "--crossbar 0",
            "--crossbar: must be given with --network, --data and --layer, not alone",
        ),
        (
            "--network digits --data digits --layer dense_2 --crossbar 320",
            "--crossbar: must be between 0 and 319 for layer 'dense_2', not 320",
        ),
        (
            "--network digits --data digits --layer dense_2 --vectors 501",
            "--vectors: must be between 1 and 500 (500 images x 1 vectors), not 501",
        ),
        (
            "--network digits --data digits --layer dense2",
            (
                "--layer: must be a layer with a matrix product ('dense_1', 'dense_2', 'dense_3'), "
                "not 'dense2' (did you mean 'dense_2'?)"
            ),
        ),
        (
            "--network none.onnx --data digits --layer dense_2 --fast",
            "none.onnx: must be a file, not missing",
        ),
        (
            "--network digits --data none.npz --layer dense_2 --fast",
            "none.npz: must be a file, not missing",
        ),
        ("--crossbar -1", "--crossbar: must be an integer between 0 and 999999999, not '-1'"),
        (
            "--fast --simulator icarus",
            "--simulator: must be verilator with --fast, not 'icarus'",
        ),
    ],
)
def test_what_does_not_exist_is_refused_in_one_line(hwgen, delivered, options, told):
    ended = hwgen("cosim", delivered, *options.split())

    assert (ended.code, ended.line) == (2, told)


def test_a_lane_alone_has_no_layer(delivered):
    only(delivered, "lane")
    layer = LayerOf(**DIGITS, layer="dense_2")

    message = message_of(UserError, delivered, layer=layer)

    assert message == "out: top: must be a tile for --layer, not a lane"


@pytest.mark.cocotb
def test_benches_that_read_no_other_vectors_are_told_from_a_mismatch(delivered):
    bench = delivered / "sim" / "tb_tile.py"
    text = bench.read_text()
    assert "    count(cycles_steady=" in text
    bench.write_text(text.replace("    count(cycles_steady=", "    dict(cycles_steady="))
    layer = LayerOf(**DIGITS, layer="dense_2", vectors=1)

    message = message_of(UserError, delivered, layer=layer)

    assert message == ("out/sim/bench.py: must read other vectors for --layer: generate DIR again")


@pytest.mark.cocotb
@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_a_convolution_of_resnet_20_agrees_in_both_simulators(trq, simulator):
    layer = LayerOf(**RESNET_20, layer=CONVOLUTION, crossbar=1, vectors=4)

    result = cosim(trq, simulator=simulator, layer=layer)

    assert (result["passed"], result["images"], result["layer"]) == (1, 4, CONVOLUTION)
    assert result["cycles_steady"] == result["cycles_predicted"]


@pytest.mark.cocotb
@pytest.mark.slow
@needs_data
def test_every_layer_of_resnet_20_agrees_compiled(trq):
    names = [layer.name for layer in open_network(RESNET_20["network"]).network.matrices]
    assert CONVOLUTION in names

    for name in names:
        layer = LayerOf(**RESNET_20, layer=name, vectors=400)
        result = cosim(trq, layer=layer, fast=True)
        assert result["cycles_steady"] == result["cycles_predicted"], name


@needs_data
def test_a_long_name_and_several_vectors_an_image_are_taken_as_they_are(trq):
    layer = LayerOf(**RESNET_20, layer=CONVOLUTION, crossbar=2, vectors=700)

    stimulus = Stimulus.of_layer(Delivered.read(trq), layer)

    assert (len(stimulus), stimulus.origin["images"]) == (700, 16)
    assert stimulus.x.shape == (700, 288 - 2 * 128)
    assert json.loads(json.dumps(stimulus.origin)) == stimulus.origin
