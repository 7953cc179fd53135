"""The compiled tile: equal to the golden model for every kind of design, and suspicious."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import load
from hwgen.emit.deliver import generate
from hwgen.errors import Mismatch, ToolMissing, UserError
from hwgen.flow import tools
from hwgen.flow.compiled import build, library
from hwgen.flow.compiled.cache import Cache
from hwgen.flow.cosim import cosim
from hwgen.flow.folder import Delivered
from hwgen_models.row_drive import input_range
from tests.flow.folders import TINY, change, only

SLOW = {
    "settle_row": 7,
    "sample_cycles": 3,
    "settle_mux": 3,
    "acquire_cycles": 2,
    "settle_dac": 2,
    "compare_latency": 6,
}
DESIGNS = {
    "tiny": {},
    "slow to settle, synchronised": {"timing": SLOW, "interface": {"compare_stages": 2}},
    "one hold, a column per lane, no decision": {
        "readout": {
            "columns_per_lane": 1,
            "sample_hold": "single",
            "ranges": [{"payload": 4, "truncation": 4}, {"payload": 4, "truncation": 0}],
        },
        "timing": {"settle_mux": 0},
    },
    "several bits per cell and DAC": {
        "array": {"cell_bits": 2, "rows": 12},
        "weights": {"bits": 5},
        "inputs": {"bits": 6, "dac_bits": 2},
        "readout": {"kind": "binary", "bits": 7, "ranges": None},
    },
    "signed, wide beats, slices side by side": {
        "array": {"column_order": "output_major", "columns": 24, "rows": 70},
        "inputs": {"bits": 4, "signed": True},
        "readout": {"kind": "binary", "columns_per_lane": 6, "bits": 8, "ranges": None},
        "interface": {"x_elements": 70},
    },
    "saturating, no y_in, reset low": {
        "readout": {"kind": "binary", "bits": 2, "saturate": True, "ranges": None},
        "accumulate": {"y_in": False},
        "interface": {"reset": {"kind": "synchronous", "active": "low"}},
    },
}


@pytest.fixture
def delivered(folder, kept, monkeypatch):  # noqa: ARG001  (the current folder)
    """A function that delivers a variant of the tiny design."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept))

    def deliver(**changes):
        keys = TINY | {
            name: TINY[name] | value if isinstance(TINY.get(name), dict) else value
            for name, value in changes.items()
        }
        generate(load(keys), Path("out"))
        return Path("out")

    return deliver


def write_vectors(delivered, *, vectors, seed=3):
    """Put random vectors in place of the delivered ones; the second is zero."""
    spec = Delivered.read(delivered).spec
    path = delivered / "sim" / "vectors.npz"
    stored = dict(np.load(path))
    rng = np.random.default_rng(seed)
    legal = input_range(input_bits=spec.input_bits, signed=spec.signed_inputs)
    x = rng.integers(legal[0], legal[-1] + 1, (vectors, spec.rows))
    x >>= rng.integers(0, spec.input_bits, (vectors, 1))
    x[1:2] = 0
    most = 2 ** (spec.slices * spec.cell_bits) - 1
    weights = rng.integers(-most, most + 1, (spec.rows, max(1, spec.outputs - 1)))
    y_in = rng.integers(-50, 50, (vectors, weights.shape[1]))
    np.savez(path, **stored | {"x": x, "weights": weights, "y_in": y_in})


def message_of(error, delivered, **options):
    with pytest.raises(error) as caught:
        cosim(delivered, fast=True, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.cocotb
@pytest.mark.parametrize("name", DESIGNS)
def test_any_design_agrees_with_its_model(delivered, name):
    out = delivered(**DESIGNS[name])
    write_vectors(out, vectors=100)

    result = cosim(out, fast=True)

    assert (result["passed"], result["failed"], result["vectors"]) == (1, 0, 100)
    assert result["cycles_steady"] == result["cycles_predicted"] > 0
    assert result["conversions"] > 100
    assert (result["decisions"] == 0) == ("no decision" in name)


@pytest.mark.cocotb
def test_many_vectors_take_several_streams(delivered, monkeypatch):
    monkeypatch.setattr("hwgen.flow.compiled.check.CONVERSIONS", 3 * 16 * 40)
    out = delivered()
    write_vectors(out, vectors=100)
    steps = []

    result = cosim(out, fast=True, progress=lambda *step: steps.append(step))

    assert result["benches"][0]["cases"] == 3
    assert result["cycles_steady"] == result["cycles_predicted"]
    assert [step[0] for step in steps] == [0, 0, 40, 80]
    write_vectors(out, vectors=40)
    assert cosim(out, fast=True)["conversions"] < result["conversions"]


@pytest.mark.cocotb
def test_vectors_of_zeros_convert_nothing(delivered):
    out = delivered()
    path = out / "sim" / "vectors.npz"
    stored = dict(np.load(path))
    np.savez(path, **stored | {"x": 0 * stored["x"]})

    assert cosim(out, fast=True)["conversions"] == 0


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("block", "old", "new", "told"),
    [
        ("shift_add", "<<", ">>", r"vector 0, output 0, y: expected -?\d+, got -?\d+"),
        (
            "sar",
            "search_answer <= compare;",
            "search_answer <= late;\n      late <= compare;",  # captured a cycle too soon
            r"vector \d+, plane \d+, lane \d+, cycle \d+, dac: expected \d+, got \d+",
        ),
        (
            "sequencer",
            "sample <= mask",
            "sample <= ~mask",
            r"vector 0, plane 0, lane 0, cycle \d+, bank 0: expected a held sample, got none",
        ),
        (
            "tile",
            "endmodule",
            "always @(posedge clk) $finish;\nendmodule",
            r".*broke off: \$finish",
        ),
        ("search", "assign ", "assign assign ", r"does not compile: .*rtl/tiny_search.v:.*"),
        ("tile", "lane0_strobe", "lane0_stroke", r"does not compile: .*lane0_strobe.*"),
    ],
)
def test_a_changed_line_is_found_and_shown(delivered, block, old, new, told):
    out = delivered()
    change(out, block, old, new)
    if "late" in new:
        change(out, block, "reg [1:0] phase_state;", "reg [1:0] phase_state;\n  reg late;")

    assert re.fullmatch(f"tile: {told}", message_of(Mismatch, out))


@pytest.mark.cocotb
def test_a_simulation_that_never_ends_is_a_mismatch(delivered, monkeypatch):
    monkeypatch.setattr("hwgen.flow.compiled.check.TIME_LIMIT_S", 3)
    out = delivered()
    loop = (
        'reg z = 0;\n  always @(posedge clk) while (idle) begin z = ~z; $write(""); end\nendmodule'
    )
    change(out, "tile", "endmodule", loop)

    assert message_of(Mismatch, out) == "tile: expected an end within 3 s, got none"


@pytest.mark.cocotb
def test_nothing_is_compiled_twice(delivered, monkeypatch):
    out = delivered()
    first = cosim(out, fast=True)
    monkeypatch.setattr(build._Workshop, "run", None)  # whoever compiles fails

    assert cosim(out, fast=True)["decisions"] == first["decisions"]

    change(out, "tile", "endmodule", "// changed\nendmodule")
    with pytest.raises(TypeError):
        cosim(out, fast=True)


def test_a_library_is_kept_where_only_its_user_can_write(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made, cache, target = tmp_path / "made.so", Cache(), tmp_path / "got.so"
    made.write_bytes(b"library")

    assert not cache.get("key", target)
    cache.put("key", made)
    assert cache.get("key", target)
    assert target.read_bytes() == b"library"

    kept = cache.folder / "key.kept"
    kept.chmod(0o620)
    assert not cache.get("key", target)
    kept.chmod(0o600)
    cache.folder.chmod(0o777)
    assert not cache.get("key", target)
    cache.put("other", made)
    assert not (cache.folder / "other.kept").exists()
    cache.folder.chmod(0o700)
    kept.unlink()
    kept.symlink_to(made)
    assert not cache.get("key", target)


def test_the_oldest_libraries_go(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("hwgen.flow.compiled.cache.MOST", 2)
    made, cache = tmp_path / "made.so", Cache()
    made.write_bytes(b"library")
    for key in ("a", "b", "c"):
        cache.put(key, made)

    assert len(list(cache.folder.iterdir())) == 2
    assert (cache.folder / "c.kept").exists()


@pytest.mark.parametrize("home", ["relative", ""])
def test_a_folder_that_cannot_be_made_is_done_without(tmp_path, monkeypatch, home):
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    made = tmp_path / "made.so"
    made.write_bytes(b"library")

    Cache().put("key", made)

    assert not Cache().get("key", tmp_path / "got.so")


def test_both_sides_agree_on_what_is_passed():
    text = (Path(library.__file__).parent / "tile.cc").read_text()
    struct = re.sub(r"//.*", "", re.search(r"struct Job \{(.*?)\n\};", text, re.DOTALL)[1])
    fields = []
    for declaration in filter(None, map(str.strip, struct.split(";"))):
        words = re.sub(r"^(const )?\w+", "", declaration)
        fields += [(name.strip(" *"), "*" in name) for name in words.split(",")]

    assert fields == [
        (name, kind is not library.ctypes.c_int64) for name, kind in library._Job._fields_
    ]


def test_a_missing_compiler_is_said_with_what_installs_it(delivered, monkeypatch):
    found = shutil.which
    monkeypatch.setattr(
        tools.shutil, "which", lambda name, path: None if name == "g++" else found(name, path=path)
    )

    message = message_of(ToolMissing, delivered())

    assert message == "g++ is missing: run `sudo apt-get install g++`"


@pytest.mark.cocotb
@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("-include none.h", r".*fatal error: none\.h: No such file or directory.*"),
        ("--none", r"g\+\+: error: unrecognized command-line option .*--none.*"),
    ],
)
def test_a_compiler_that_fails_does_not_blame_the_verilog(delivered, broken, told, monkeypatch):
    monkeypatch.setattr(build, "COMPILER", (*build.COMPILER, *broken.split()))

    message = message_of(UserError, delivered())

    assert re.fullmatch(rf"--fast: the C\+\+ compiler must succeed, not end with: {told}", message)


@pytest.mark.cocotb
def test_other_pins_are_a_fault_of_the_verilog(delivered):
    out = delivered()
    tile = out / "rtl" / "tiny_tile.v"
    tile.write_text(re.sub(r"\blane0_strobe\b", "lane0_stroke", tile.read_text()))

    assert re.fullmatch(
        r"tile: does not compile: .*tile\.cc:.*lane0_strobe.*", message_of(Mismatch, out)
    )


@pytest.mark.cocotb
def test_a_tool_that_is_ended_does_not_blame_the_verilog(delivered, monkeypatch):
    out = delivered()
    change(out, "tile", "endmodule", "// not built before\nendmodule")
    monkeypatch.setattr("hwgen.flow.processes.Processes.run", lambda *_, **__: -9)

    assert message_of(UserError, out).endswith("must run to its end, not get signal 9")


def test_a_lane_alone_is_refused(delivered):
    out = delivered()
    only(out, "lane")

    assert message_of(UserError, out) == "out: top: must be a tile for --fast, not a lane"


def test_icarus_compiles_nothing(delivered):
    message = message_of(UserError, delivered(), simulator="icarus")

    assert message == "--simulator: must be verilator with --fast, not 'icarus'"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("x", 9, "Inputs must be between 0 and 7, not 9"),
        ("weights", 4, "weight 4 at row 0, output 0 needs 3 magnitude slices, not 2"),
        ("tables", 9, "must"),
    ],
)
def test_vectors_that_the_design_cannot_take_are_refused(delivered, key, value, told):
    out = delivered()
    path = out / "sim" / "vectors.npz"
    stored = dict(np.load(path))
    np.savez(path, **stored | {key: np.full_like(stored[key], value)})

    message = message_of(UserError, out)

    assert message.startswith("out/sim/vectors.npz: ")
    assert told in message
