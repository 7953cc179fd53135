"""Reading design files: what they extend, and what is said of files that are none."""

import os
import random
import re
import string
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from hwgen.config import load
from hwgen.errors import UserError
from tests.designs import complaint, write

PRESET_FILES = Path(__file__).parents[1] / "hwgen" / "presets"
PRESETS = "adaptive, baseline, outward, sar12, trq"


# Extending


def test_a_file_extends_a_preset_or_a_file_beside_it(folder):
    (folder / "deep").mkdir()
    write(folder, "extends: trq\nname: middle\ntiming: {settle_mux: 3}\n", "middle.yaml")
    top = write(folder, "extends: ../middle.yaml\ntiming: {settle_dac: 2}\n", "deep/top.yaml")
    design = load(top)

    assert (design.name, design.preset, design.source) == ("middle", "trq", top)
    assert (design.timing.settle_mux, design.timing.settle_dac) == (3, 2)
    assert design.readout.kind == "twin-range"


def test_a_path_and_a_string_name_the_same_file(folder):
    name = write(folder, "name: mine\n")

    assert load(Path(name)) == load(name)
    assert load(name).preset is None


def test_summary_and_paper_belong_to_one_file(folder):
    design = load(write(folder, "extends: trq\nname: mine\n"))

    assert (design.summary, design.paper) == ("", "")


def test_tables_are_inherited_as_a_whole():
    def tables(*names):
        ranges = {"ranges": [{"payload": 2}, {"payload": 8}]}
        return {"layers": dict.fromkeys(names, ranges)}

    first = load({"extends": "trq", "tables": tables("fc1", "fc2")})
    again = load(first.model_dump(mode="json") | {"tables": tables("fc3")})

    assert list(again.tables.layers) == ["fc3"]


def test_what_a_design_dumps_is_a_design_file_again(folder):
    design = load({"extends": "trq", "name": "mine", "array": {"rows": 64}})
    name = write(folder, yaml.safe_dump(design.model_dump(mode="json", exclude={"extends"})))

    assert load(name).model_dump(exclude={"extends"}) == design.model_dump(exclude={"extends"})


# Who is to blame


def test_the_file_that_sets_the_value_is_named(folder):
    write(folder, "extends: baseline\ntiming: {settle_row: 1}\n", "base.yaml")
    top = write(folder, "extends: base.yaml\nname: top\n", "top.yaml")

    assert complaint(top).startswith("base.yaml: timing.settle_row: must be")


def test_of_a_conflict_the_last_file_that_takes_part_is_named(folder):
    write(folder, "extends: baseline\narray: {rows: 512}\n", "base.yaml")
    top = write(folder, "extends: base.yaml\nname: top\ntiming: {settle_mux: 2}\n", "top.yaml")

    assert complaint(top).startswith("base.yaml: readout.bits: must be at least 10")


def test_a_preset_is_never_to_blame_for_what_a_user_combines_with_it(folder):
    name = write(folder, "extends: baseline\narray: {rows: 512}\n")

    assert complaint(name).startswith("design.yaml: readout.bits: must be at least 10")


# Bad files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping of keys to values, not empty"),
        ("# nothing\n", "must be a mapping of keys to values, not empty"),
        ("8", "must be a mapping of keys to values, not 8"),
        ("just words", "must be a mapping of keys to values, not 'just words'"),
        ("- name: a\n", "must be a mapping of keys to values, not [{name: 'a'}]"),
        ("null", "must be a mapping of keys to values, not null"),
        (b"\xff\xfen\x00", "must be UTF-8 text, not byte 0xff at offset 0"),
        (b"name: \x80\n", "must be UTF-8 text, not byte 0x80 at offset 6"),
        (b"\x7fELF\x00\x01", "line 1, column 1: must be printable text, not U+007F"),
        (b"name: a\nsummary: \x00\n", "line 2, column 10: must be printable text, not U+0000"),
        ("name: [a", ("line 1, column 9: must be valid YAML: while parsing a flow sequence "
         "expected ',' or ']', but got '<stream end>'")),
        ("name: a: b", "line 1, column 8: must be valid YAML: mapping values are not allowed here"),
        ("name: 'a\n", ("line 2, column 1: must be valid YAML: while scanning a quoted scalar "
         "found unexpected end of stream")),
        ("\tname: a", ("line 1, column 1: must be valid YAML: while scanning for the next token "
         "found character '\\t' that cannot start any token")),
        ("name: a\n---\nname: b\n", ("line 2, column 1: must be valid YAML: expected a single "
         "document in the stream but found another document")),
        ("name: a\ntop: tile\nname: b\n", "name: must be given once, not in line 1 and line 3"),
        ("name: a\narray:\n  rows: 8\n  rows: 16\n",
         "array.rows: must be given once, not in line 3 and line 4"),
        ("name: &a x\nsummary: *a\n", "line 2, column 10: must be a value, not the alias '*a'"),
        ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
         "line 2, column 8: must be a value, not the alias '*a'"),
        ("a: &a {b: *a}\n", "line 1, column 11: must be a value, not the alias '*a'"),
        ("name: !!python/object/apply:os.system [x]\n", ("line 1, column 7: must be a plain value, "
         "not one with the tag '!!python/object/apply:os.system'")),
        ("name: !!str 8\n",
         "line 1, column 7: must be a plain value, not one with the tag '!!str'"),
        ("name: !mine 8\n",
         "line 1, column 7: must be a plain value, not one with the tag '!mine'"),
        ('name: "\\UFFFFFFFF"', "must be valid YAML: found an unknown character code"),
        ("? [a]\n: 8\n", "line 1, column 3: must be a key, not a collection"),
        ("name: " + "[" * 50000, "line 1, column 18: must be nested at most 12 deep, not deeper"),
        ("name: " + "{a: " * 5000, "line 1, column 48: must be nested at most 12 deep, not deeper"),
        ("x: a" * 100000, "must be at most 262144 bytes long, not 400000 bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_design_file_is_refused_in_one_line(folder, text, message):
    assert complaint(write(folder, text)) == f"design.yaml: {message}"


@pytest.mark.usefixtures("folder")
def test_a_missing_file_may_be_a_misspelt_preset():
    known = f"must be a preset ({PRESETS}) or an existing design file, not missing"

    assert complaint("nope.yaml") == f"nope.yaml: {known}"
    assert complaint("trk") == f"trk: {known} (did you mean 'trq'?)"
    assert complaint("a" * 5000) == f"{'a' * 5000}: {known}"


def test_what_is_no_regular_file_is_refused(folder):
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")

    assert complaint("sub") == "sub: must be a design file, not a folder"
    assert complaint("") == "'': must be a design file, not a folder"
    assert complaint("pipe") == "pipe: must be a design file, not a device or pipe"
    assert complaint(os.devnull) == f"{os.devnull}: must be a design file, not a device or pipe"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(folder):
    name = write(folder, "name: a\n")
    (folder / name).chmod(0)

    assert complaint(name) == "design.yaml: must be readable, but is not: Permission denied"


@pytest.mark.parametrize(
    ("extends", "value"),
    [
        ("nope", "'nope'"),
        ("trqq", "'trqq' (did you mean 'trq'?)"),
        ("8", "8"),
        ("[baseline]", "['baseline']"),
        ('"a\\0b"', "'a\\x00b'"),
        ("true", "true"),
    ],
)
def test_extends_leads_to_a_preset_or_a_file(folder, extends, value):
    name = write(folder, f"name: a\nextends: {extends}\n")

    assert complaint(name) == (
        f"design.yaml: extends: must be a preset ({PRESETS}) or an existing file, not {value}"
    )


def test_what_is_wrong_with_an_extended_file_is_said_of_that_file(folder):
    write(folder, "rows: [", "base.yaml")
    (folder / "sub").mkdir()

    assert complaint(write(folder, "extends: base.yaml\n")).startswith("base.yaml: line 1, column")
    assert complaint(write(folder, "extends: sub\n")) == "sub: must be a design file, not a folder"


def test_extends_in_a_circle_is_refused(folder):
    write(folder, "extends: b.yaml\n", "a.yaml")
    write(folder, "extends: ./c.yaml\n", "b.yaml")
    write(folder, "extends: a.yaml\n", "c.yaml")

    assert complaint("a.yaml") == (
        "c.yaml: extends: must not lead in a circle, but does: a.yaml -> b.yaml -> c.yaml -> a.yaml"
    )
    assert complaint(write(folder, "extends: self.yaml\n", "self.yaml")) == (
        "self.yaml: extends: must not lead in a circle, but does: self.yaml -> self.yaml"
    )


def test_a_long_chain_is_followed_to_its_end(folder):
    for k in range(1, 300):
        write(folder, f"extends: {k - 1}.yaml\n", f"{k}.yaml")
    write(folder, "name: root\n", "0.yaml")

    assert load("299.yaml").name == "root"


def test_no_text_is_answered_with_anything_but_one_line(folder):
    """Mutations of good files: each loads or is refused; nothing else comes out."""
    rng = random.Random(1)
    good = (PRESET_FILES / "baseline.yaml").read_text()
    tokens = re.findall(r"\w+|\W", good) + list(string.printable) + ["é", "\u2028", "0x1f", "1e9"]
    for _ in range(300):
        words = re.findall(r"\w+|\W", good)
        for _ in range(rng.randint(1, 4)):
            k = rng.randrange(len(words))
            words[k] = rng.choice(["", rng.choice(tokens), words[k] * 2])
        name = write(folder, "".join(words))
        with suppress(UserError):
            load(name)
            continue
        assert complaint(name).startswith("design.yaml: ")
