"""The register map says in all its forms what the gateware holds."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from systemrdl import RDLCompiler
from systemrdl.messages import MessagePrinter

from hwgen.emit import registers
from hwgen.emit.manifest import design_registers
from tests.emit.designs import design

TILES = ["small", "one_bank"]  # with ranges and without
NAME = "small_tile"
ACCESS = {"ro": "r", "wo": "w", "shadow": "rw"}


@pytest.fixture(scope="module", params=TILES)
def described(request):
    return design_registers(design(request.param))


@pytest.fixture(scope="module")
def delivered(described):
    return registers.register_files(NAME, described)


def fields_of(register):
    """Fields as documents list them; a register that takes any write has one without reset."""
    if register.fields:
        return [(one.name, one.low, one.width, one.reset) for one in register.fields]
    return [("write", 0, 32, None)]


# SystemRDL


class Silent(MessagePrinter):
    """Fails at the first message."""

    def print_message(self, severity, text, src_ref):
        raise AssertionError(f"{severity}: {text}")


def compiled(text, folder):
    (folder / "registers.rdl").write_text(text)
    compiler = RDLCompiler(message_printer=Silent())
    compiler.compile_file("registers.rdl")
    return compiler.elaborate().top


def test_system_rdl_compiles_without_a_message_to_the_gateware_s_table(described, folder):
    top = compiled(registers.system_rdl(NAME, described), folder)
    found = [
        (
            register.inst_name,
            register.absolute_address,
            [
                (f.inst_name, f.low, f.width, f.get_property("reset"), f.get_property("sw").name)
                for f in register.fields()
            ],
        )
        for register in top.registers()
    ]

    assert top.inst_name == NAME
    assert found == [
        (one.name, one.address, [(*field, ACCESS[one.access]) for field in fields_of(one)])
        for one in described
    ]


def test_system_rdl_carries_the_texts(described, folder):
    top = compiled(registers.system_rdl(NAME, described), folder)

    assert "refuse writes" in top.get_property("desc")
    for register, one in zip(top.registers(), described, strict=True):
        assert register.get_property("desc").startswith(one.about)
        for field, about in zip(register.fields(), one.fields, strict=False):
            assert field.get_property("desc") == about.about


# HTML


class Tables(HTMLParser):
    """Collects the cells of every table, and the headings in between."""

    def __init__(self):
        super().__init__()
        self.headings, self.tables, self.inside = [], [], None

    def handle_starttag(self, tag, attrs):
        assert tag not in {"script", "link", "img"}, "the page must need nothing else"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag == "td":
            self.tables[-1][-1].append("")
        if tag in {"td", "h2"}:
            self.inside = tag
        if tag == "h2":
            self.headings.append("")

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, data):
        if self.inside == "td":
            self.tables[-1][-1][-1] += data
        elif self.inside == "h2":
            self.headings[-1] += data


def place(bits):
    """Lowest bit and width of a span such as 11:8."""
    high, *low = map(int, bits.split(":"))
    return (low[0], high - low[0] + 1) if low else (high, 1)


def test_html_lists_what_the_gateware_holds(described, delivered):
    page = Tables()
    page.feed(delivered["registers.html"])
    overview, *tables = page.tables

    assert [row[:2] for row in overview[1:]] == [
        [f"{one.address:#04x}", one.name] for one in described
    ]
    assert page.headings == [one.name for one in described]
    for one, (_, *rows) in zip(described, tables, strict=True):
        listed = [(name, *place(bits), reset) for bits, name, _, reset, _ in rows if name]
        assert listed == [
            (name, low, width, "" if reset is None else f"{reset:#x}")
            for name, low, width, reset in reversed(fields_of(one))
        ]
        assert {access for _, name, access, *_ in rows if name} == {ACCESS[one.access]}
        places = [place(bits) for bits, *_ in rows]
        assert [bit for low, width in reversed(places) for bit in range(low, low + width)] == (
            list(range(32))
        )


def test_html_has_the_texts(described, delivered):
    text = " ".join(re.sub(r"<[^>]+>", "", delivered["registers.html"]).split())

    for one in described:
        assert one.about in text
        for field in one.fields:
            assert field.about in text


# C


def checks(described):
    """C statements that hold where a header says what the gateware does."""
    for one in described:
        yield f"offsetof({NAME}_t, {one.name}) == {one.address}"
        yield f"sizeof((({NAME}_t *)0)->{one.name}) == 4"
        for name, low, width, reset in fields_of(one):
            stem = f"{NAME}__{one.name}__{name}".upper()
            yield f"{stem}_bp == {low}"
            yield f"{stem}_bw == {width}"
            yield f"{stem}_bm == {((1 << width) - 1) << low:#x}"
            if reset is not None:
                yield f"{stem}_reset == {reset:#x}"


@pytest.mark.parametrize(("compiler", "standard"), [("cc", "c11"), ("c++", "c++11")])
def test_header_compiles_to_what_the_gateware_holds(
    compiler, standard, described, delivered, folder
):
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    (folder / "registers.h").write_text(delivered["registers.h"])
    lines = ['#include "registers.h"', '#include "registers.h"', "#include <stddef.h>"]
    lines += [f'static_assert({one}, "{one}");' for one in checks(described)]
    source = "main.c" if compiler == "cc" else "main.cpp"
    (folder / source).write_text("\n".join([*lines, "int main(void) { return 0; }"]) + "\n")

    subprocess.run(
        [compiler, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-c", source], check=True
    )


def test_header_leaves_words_to_the_compiler_whole(delivered):
    assert "packed" not in delivered["registers.h"]
    assert f"#ifndef {NAME.upper()}_REGISTERS_H" in delivered["registers.h"]


# Markdown


def test_page_lists_addresses_and_resets(described, delivered):
    text = delivered["registers.md"]

    for one in described:
        link = f"[`{one.name}`](#{one.name.lower()})"
        assert f"| {one.address:#04x} | {link} | {one.access} | {one.about} |" in text
    for field in (field for one in described for field in one.fields):
        last = field.low + field.width - 1
        bits = f"{last}:{field.low}" if field.width > 1 else f"{field.low}"
        reset = field.reset if field.reset < 256 else f"{field.reset:#x}"
        assert f"| {bits} | `{field.name}` | {reset} | {field.about} |" in text
    lines = [line for line in text.splitlines() if not line.startswith("|")]
    assert max(map(len, lines)) <= 100


# All


PRINT = """
from hwgen.emit.manifest import design_registers
from hwgen.emit.registers import register_files
from tests.emit.designs import design

for name, text in register_files("small_tile", design_registers(design())).items():
    print(name, text)
"""


def test_same_bytes_in_another_place_and_without_git(folder):
    """PeakRDL's HTML looks for a Git repository around its input unless told not to."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    environment = {"PATH": "", "TMPDIR": str(elsewhere), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    ended = subprocess.run(
        [sys.executable, "-c", PRINT],
        capture_output=True,
        text=True,
        check=True,
        cwd=elsewhere,
        env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    here = registers.register_files(NAME, design_registers(design()))

    assert ended.stdout == "".join(f"{name} {text}\n" for name, text in here.items())
    assert not list(elsewhere.iterdir())
