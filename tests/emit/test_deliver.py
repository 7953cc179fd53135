"""Folders are written whole or not at all, and never over what somebody else put there."""

import hashlib
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from hwgen import output
from hwgen.config import load
from hwgen.emit import deliver
from hwgen.emit.deliver import committed, deliverables, generate
from hwgen.emit.vectors import archive, expected, vectors_of
from hwgen.errors import UserError
from tests.emit.designs import design

KNOWN = {}
FOLDERS = ["docs", "flow", "manifest.json", "rtl", "sim", "small.core", "tb"]


@pytest.fixture(scope="module")
def small():
    return design()


@pytest.fixture(autouse=True)
def compute_once(monkeypatch):
    """What a design turns into is the same in every test; the folder is what they are about."""

    def remembered(chosen):
        key = chosen.model_dump_json()
        if key not in KNOWN:
            KNOWN[key] = deliverables(chosen)
        return KNOWN[key]

    monkeypatch.setattr(deliver, "deliverables", remembered)


def refusal(chosen, out, **options):
    with pytest.raises(UserError) as caught:
        generate(chosen, out, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def raising(error):
    def fail(*_args, **_options):
        raise error

    return fail


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# What is written


def test_result_and_manifest_say_what_is_in_the_folder(small, folder):
    result = generate(small, folder / "out")
    described = json.loads((folder / "out" / "manifest.json").read_text())
    found = content(folder / "out")

    assert names(folder / "out") == FOLDERS
    assert result["out"] == str(folder / "out")
    assert result["top"] == described["top"] == "small_tile"
    assert result["ports"] == described["ports"]
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in found.items()}
    assert result["files"] == hashes
    assert described["files"] == {p: h for p, h in hashes.items() if p != "manifest.json"}


def test_a_folder_has_the_benches_of_its_blocks_only(folder):
    generate(design("one_bank"), folder / "out")
    found = names(folder / "out" / "sim")

    assert {"tb_tile.py", "bench.py", "vectors.npz"} <= set(found)
    assert "tb_interval_decode.py" not in found


def test_tables_are_delivered_where_a_design_carries_them(small, folder):
    ranges = [{"payload": 2, "truncation": 0}, {"payload": 5, "truncation": 0}]
    tables = {"granularity": "layer", "layers": {"one": {"ranges": ranges}}}
    generate(design(tables=tables), folder / "out")
    plain, _ = deliver.deliverables(small)

    assert (folder / "out" / "tables" / "ranges.json").is_file()
    written = content(folder / "out")
    assert all(written[path] == data for path, data in plain.items() if path.startswith("rtl/"))


def test_tables_that_a_tile_cannot_load_are_refused_at_once(folder):
    bad = design(tables={"granularity": "slice"})

    with pytest.raises(
        UserError, match=r"tables\.granularity: must be network or layer for the RTL"
    ):
        generate(bad, folder / "out")
    assert not (folder / "out").exists()


def test_committed_output_leaves_out_what_is_not_the_design(small):
    kept = committed(small)

    assert {path.partition("/")[0] for path in kept} == {"rtl", "docs", "manifest.json"}
    assert "files" not in json.loads(kept["manifest.json"])
    assert kept["rtl/small_tile.v"].encode() == deliver.deliverables(small)[0]["rtl/small_tile.v"]


# The vectors


def test_presets_are_delivered_with_real_activations():
    vectors = vectors_of(load("trq"))

    assert vectors.layer is not None
    assert vectors.x.shape == (6, 128)
    assert not vectors.x[-2].any()
    assert (vectors.x[-1] == 255).all()
    assert vectors.tables == (((3, 0), (8, 0)),)


@pytest.mark.parametrize("variant", ["small", "signed", "one_bank"])
def test_every_design_gets_vectors_that_it_can_take(variant):
    chosen = design(variant)
    vectors = vectors_of(chosen)
    result = expected(chosen, vectors)

    assert vectors.layer is None
    assert not result.error.any()
    assert len(np.unique(vectors.x)) > 8
    assert vectors.y_in.any() == chosen.spec.y_in


def test_the_archive_is_read_by_numpy_and_knows_no_time_of_day(small):
    vectors = vectors_of(small)
    data = archive(small, vectors)

    with np.load(io.BytesIO(data)) as stored:
        np.testing.assert_array_equal(stored["x"], vectors.x)
        np.testing.assert_array_equal(stored["weights"], vectors.weights)
        np.testing.assert_array_equal(stored["y_in"], vectors.y_in)
        np.testing.assert_array_equal(stored["tables"], vectors.tables)
    assert hashlib.sha256(data).hexdigest() == ARCHIVE


# Another value means that the same design has other vectors on this machine, or than it used to.
ARCHIVE = "d2e4c603810e283812e9ee26a63a88cc5b2cff4c3650e23be9843bec83fe7630"


# What is refused


def test_its_own_earlier_output_is_replaced(small, folder):
    generate(design(name="former"), folder / "out")
    generate(small, folder / "out")

    assert content(folder / "out").keys() == deliver.deliverables(small)[0].keys()
    assert names(folder) == ["out"]


def test_an_empty_folder_is_used_as_it_is(small, folder):
    (folder / "out").mkdir()
    before = (folder / "out").stat().st_ino
    generate(small, folder / "out")

    assert (folder / "out").stat().st_ino == before
    assert names(folder / "out") == FOLDERS


def test_files_of_others_are_kept_and_named(small, folder):
    (folder / "out").mkdir()
    (folder / "out" / "thesis.tex").write_text("years of work")

    assert refusal(small, folder / "out") == (
        f"{folder / 'out'}: must be new, empty or an earlier output of hwgen, "
        "not hold thesis.tex (--force overrides)"
    )
    generate(small, folder / "out", force=True)
    assert (folder / "out" / "thesis.tex").read_text() == "years of work"


def test_a_file_added_to_earlier_output_is_noticed(small, folder):
    generate(small, folder / "out")
    (folder / "out" / "rtl" / "mine.v").write_text("module mine; endmodule\n")

    assert "not hold rtl/mine.v" in refusal(small, folder / "out")
    generate(small, folder / "out", force=True)
    assert (folder / "out" / "rtl" / "mine.v").exists()


def test_an_edited_file_is_noticed_and_named(small, folder):
    generate(small, folder / "out")
    edited = folder / "out" / "rtl" / "small_sar.v"
    edited.write_text(edited.read_text() + "// better\n")
    before = content(folder / "out")

    assert refusal(small, folder / "out") == (
        f"{edited}: must be as hwgen wrote it, not edited (--force overrides)"
    )
    assert content(folder / "out") == before
    generate(small, folder / "out", force=True)
    assert "better" not in edited.read_text()


def test_what_running_the_benches_leaves_behind_is_no_obstacle(small, folder):
    generate(small, folder / "out")
    (folder / "out" / "sim" / "__pycache__").mkdir()
    (folder / "out" / "sim" / "__pycache__" / "bench.pyc").write_bytes(b"")

    generate(small, folder / "out")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"hwgen": "0", "files": [1]}', '{"files": {}}'])
def test_a_manifest_of_somebody_else_proves_nothing(text, small, folder):
    (folder / "out").mkdir()
    (folder / "out" / "manifest.json").write_text(text)

    assert "not hold manifest.json" in refusal(small, folder / "out")


def test_a_manifest_cannot_point_outside_its_folder(small, folder):
    (folder / "precious").write_text("keep me")
    (folder / "out").mkdir()
    files = {"../precious": hashlib.sha256(b"keep me").hexdigest(), str(folder / "precious"): ""}
    (folder / "out" / "manifest.json").write_text(json.dumps({"hwgen": "0.1.0", "files": files}))
    generate(small, folder / "out", force=True)

    assert (folder / "precious").read_text() == "keep me"


def test_a_file_is_no_folder(small, folder):
    (folder / "out").write_text("")

    assert refusal(small, folder / "out") == f"{folder / 'out'}: must be a folder, not a file"


def test_the_parent_must_exist(small, folder):
    out = folder / "missing" / "out"

    assert refusal(small, out) == f"{out}: must be in an existing folder, not in {out.parent}"


def test_what_the_system_refuses_is_said_in_one_line(small, folder, monkeypatch):
    refused = PermissionError(13, "Permission denied", "somewhere")
    monkeypatch.setattr(output.tempfile, "mkdtemp", raising(refused))

    assert refusal(small, folder / "out") == (
        f"{folder / 'out'}: must be a folder that can be written, not permission denied (somewhere)"
    )


# Whole or not at all


@pytest.mark.parametrize("present", [False, True], ids=["new", "replaced"])
def test_an_interruption_leaves_everything_as_it_was(present, small, folder, monkeypatch):
    if present:
        generate(design(name="former"), folder / "out")
    before = content(folder)
    rename = output.Path.rename
    moves = []

    def interrupted(source, target):
        moves.append(source)
        if len(moves) == (40 if present else 1):
            raise KeyboardInterrupt
        return rename(source, target)

    monkeypatch.setattr(output.Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate(small, folder / "out")

    assert content(folder) == before
    assert names(folder) == (["out"] if present else [])


def test_a_failure_while_writing_leaves_nothing(small, folder, monkeypatch):
    write = output._write

    def full(place, contents):
        write(place, dict(list(contents.items())[:3]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_write", full)

    assert "no space left on device" in refusal(small, folder / "out")
    assert names(folder) == []


def test_nothing_is_written_before_everything_is_known(small, folder, monkeypatch):
    monkeypatch.setattr(deliver, "deliverables", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        generate(small, folder / "out")

    assert names(folder) == []


@pytest.mark.parametrize("preset", ["baseline", "sar12", "trq"])
def test_a_preset_is_generated_in_a_few_seconds(preset, tmp_path):
    """The limit is 20 s of an otherwise idle machine; processor time does not mind its load."""
    script = (
        "import resource; from pathlib import Path; from hwgen.config import load;"
        "from hwgen.emit.deliver import generate;"
        f"generate(load({preset!r}), Path('out'));"
        "used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(ended.stdout) < 20
