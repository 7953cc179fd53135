"""The register map of a tile: SystemRDL, and pages and a C header for those who do not read it.

The header and the HTML page are made of the SystemRDL by PeakRDL, two things being different from
what its commands write. Its HTML is a site of 9 MB that needs a web server; here it fills one page.
Its header packs the registers into a struct without alignment, which compilers for processors that
cannot load unaligned words (RISC-V, Cortex-M0) access byte by byte; the table port takes words.

PeakRDL's Markdown is rendered HTML in parts, and under the GPL; the Markdown page is our own.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from peakrdl_cheader.exporter import CHeaderExporter
from peakrdl_html import HTMLExporter
from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode

from hwgen.emit.text import paragraph, table
from hwgen.gateware.registers import ADDRESS_BITS, Field, Register

__all__ = ["c_header", "html", "markdown", "register_files", "system_rdl"]

ACCESS = {
    "ro": "read only",
    "wo": "write only",
    "rw": "read and write",
    "shadow": "read and write; used from the boundary after an accepted commit",
}
GENERAL = (
    "All registers are 32-bit words on the APB port; addresses are in bytes. Bits that belong to "
    "no field read as zero and must be written as zero: a value that does not fit its field is "
    "stored as the field's largest, which no commit accepts."
)
LOADING = (
    "To load a table, write the shadow registers, then anything to `COMMIT`; read `STATUS` until "
    "`pending` is zero. `refused` then says whether the table was illegal, in which case nothing "
    "has changed. While a commit is pending, shadow registers and `COMMIT` refuse writes "
    "(`pslverr`)."
)
PACKED = "__attribute__ ((__packed__)) "


def register_files(name: str, registers: Sequence[Register]) -> dict[str, str]:
    """Return the register map of a tile in all its forms, by file name.

    Parameters
    ----------
    name : str
        What the tile's Verilog module is called; the address map is called the same.
    registers : sequence of Register
        What its table port holds.
    """
    rdl = system_rdl(name, registers)
    return {
        "registers.rdl": rdl,
        "registers.md": markdown(name, registers),
        "registers.html": html(name, rdl),
        "registers.h": c_header(name, rdl),
    }


def system_rdl(name: str, registers: Sequence[Register]) -> str:
    """Return the register map in SystemRDL 2.0."""
    lines = [
        f"// Registers of {name} in SystemRDL 2.0. PeakRDL turns it into more than lies beside it:",
        "//   peakrdl uvm registers.rdl -o registers.sv",
        f"addrmap {name} {{",
        f'    name = "{name}";',
        f'    desc = "{_quoted(GENERAL)}',
        "",
        f'{_quoted(LOADING)}";',
        "    default regwidth = 32;",
        "    default accesswidth = 32;",
    ]
    for register in registers:
        lines += ["", "    reg {", f'        desc = "{_quoted(_described(register))}";']
        lines += [f"        {line}" for line in _rdl_fields(register)]
        lines += [f"    }} {register.name} @ {register.address:#04x};"]
    return "\n".join([*lines, "};"]) + "\n"


def markdown(name: str, registers: Sequence[Register]) -> str:
    """Return the register map as a Markdown page."""
    lines = [f"# Registers of `{name}`", "", *paragraph(GENERAL)]
    links = [
        (f"{r.address:#04x}", f"[`{r.name}`](#{r.name.lower()})", r.access, r.about)
        for r in registers
    ]
    lines += ["", *table(("address", "register", "access", "what for"), links)]
    for register in registers:
        where = f"Address {register.address:#04x}, {ACCESS[register.access]}."
        lines += ["", f"## {register.name}", "", *paragraph(f"{register.about} {where}")]
        if register.fields:
            fields = [
                (_bits(field), f"`{field.name}`", _number(field.reset), field.about)
                for field in register.fields
            ]
            lines += ["", *table(("bits", "field", "reset", "meaning"), fields)]
    lines += ["", "## Loading a table", "", *paragraph(LOADING)]
    return "\n".join(lines) + "\n"


def html(name: str, rdl: str) -> str:
    """Return the register map as one HTML page without scripts; `rdl` is its SystemRDL."""
    pages = files("hwgen.emit") / "templates" / "registers"
    with _compiled(rdl) as (top, folder), as_file(pages) as templates:
        exporter = HTMLExporter(
            user_template_dir=str(templates),
            user_context={"top": top, "span": _span},
            generate_source_links=False,
        )
        exporter.user_context["describe"] = exporter.get_node_html_desc
        exporter.export(top, str(folder), title=f"Registers of {name}")
        return (folder / "index.html").read_text(encoding="utf-8")


def c_header(name: str, rdl: str) -> str:
    """Return the register map as a C11 header: a struct of the registers, and their fields."""
    with _compiled(rdl) as (top, folder):
        header = folder / f"{name}_registers.h"  # the include guard follows from the file's name
        CHeaderExporter().export(top, str(header))
        # All members are aligned by themselves; the header asserts the size.
        return header.read_text(encoding="utf-8").replace(PACKED, "")


@contextmanager
def _compiled(rdl: str) -> Iterator[tuple[AddrmapNode, Path]]:
    """Compile SystemRDL; yield its address map, and a folder to write to."""
    with tempfile.TemporaryDirectory(prefix="hwgen-registers-") as scratch:
        folder = Path(scratch)
        (folder / "registers.rdl").write_text(rdl, encoding="utf-8")
        compiler = RDLCompiler()
        compiler.compile_file(str(folder / "registers.rdl"))
        yield compiler.elaborate().top, folder


def _rdl_fields(register: Register) -> Iterator[str]:
    access = {"ro": "sw = r; hw = w;", "wo": "sw = w; hw = r;", "rw": "sw = rw; hw = r;"}
    access["shadow"] = access["rw"]
    for field in register.fields:
        yield (
            f'field {{ {access[register.access]} desc = "{_quoted(field.about)}"; }} '
            f"{field.name}[{field.low + field.width - 1}:{field.low}] = {field.reset:#x};"
        )
    if not register.fields:
        yield f'field {{ {access[register.access]} desc = "any value"; }} write[31:0];'


def _described(register: Register) -> str:
    return f"{register.about} {ACCESS[register.access].capitalize()}."


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _bits(field: Field) -> str:
    return _span(field.low + field.width - 1, field.low)


def _span(high: int, low: int) -> str:
    return f"{high}:{low}" if high > low else str(low)


def _number(value: int) -> str:
    return str(value) if value < 1 << ADDRESS_BITS else f"{value:#x}"
