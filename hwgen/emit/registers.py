"""The register map of a tile as a page, as a C header and as SystemRDL."""

from collections.abc import Iterator, Sequence

from hwgen.emit.text import paragraph, table
from hwgen.gateware.registers import ADDRESS_BITS, Field, Register

__all__ = ["c_header", "markdown", "system_rdl"]

ACCESS = {
    "ro": "read only",
    "wo": "write only",
    "shadow": "read and write; used from the boundary after an accepted commit",
}


def markdown(name: str, registers: Sequence[Register]) -> str:
    """Return the register map as a Markdown page."""
    lines = [f"# Registers of `{name}`", ""]
    lines += paragraph(
        "All registers are 32-bit words on the APB port; addresses are in bytes. Bits that belong "
        "to no field read as zero and must be written as zero: a value that does not fit its "
        "field is stored as the field's largest, which no commit accepts."
    )
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
    lines += ["", "## Loading a table", ""]
    lines += paragraph(
        "Write the shadow registers, then anything to `COMMIT`; read `STATUS` until `pending` is "
        "zero. `refused` then says whether the table was illegal, in which case nothing has "
        "changed. While a commit is pending, shadow registers and `COMMIT` refuse writes "
        "(`pslverr`)."
    )
    return "\n".join(lines) + "\n"


def c_header(name: str, registers: Sequence[Register]) -> str:
    """Return addresses, field positions and reset values as a C header."""
    prefix = name.upper()
    guard = f"{prefix}_REGISTERS_H"
    lines = [f"/* Registers of {name}: byte addresses, field positions, reset values. */", ""]
    lines += [f"#ifndef {guard}", f"#define {guard}"]
    for register in registers:
        lines += ["", f"#define {prefix}_{register.name} {register.address:#04x}u"]
        for field in register.fields:
            stem = f"{prefix}_{register.name}_{field.name.upper()}"
            lines += [
                f"#define {stem}_SHIFT {field.low}u",
                f"#define {stem}_MASK {(1 << field.width) - 1 << field.low:#x}u",
                f"#define {stem}_RESET {field.reset:#x}u",
            ]
    return "\n".join([*lines, "", f"#endif /* {guard} */"]) + "\n"


def system_rdl(name: str, registers: Sequence[Register]) -> str:
    """Return the register map in SystemRDL 2.0."""
    lines = [
        f"addrmap {name} {{",
        '    name = "hwgen tile";',
        "    default regwidth = 32;",
        "    default accesswidth = 32;",
    ]
    for register in registers:
        lines += ["", "    reg {", f'        desc = "{_quoted(register.about)}";']
        lines += [f"        {line}" for line in _rdl_fields(register)]
        lines += [f"    }} {register.name} @ {register.address:#04x};"]
    return "\n".join([*lines, "};"]) + "\n"


def _rdl_fields(register: Register) -> Iterator[str]:
    access = {"ro": ("r", "w"), "wo": ("w", "r"), "shadow": ("rw", "r")}[register.access]
    anything = Field(name="write", low=0, width=32, reset=0, about="any value")
    for field in register.fields or (anything,):
        yield (
            f'field {{ sw = {access[0]}; hw = {access[1]}; desc = "{_quoted(field.about)}"; }} '
            f"{field.name}[{field.low + field.width - 1}:{field.low}] = {field.reset:#x};"
        )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _bits(field: Field) -> str:
    last = field.low + field.width - 1
    return f"{last}:{field.low}" if field.width > 1 else str(field.low)


def _number(value: int) -> str:
    return str(value) if value < 1 << ADDRESS_BITS else f"{value:#x}"
