"""The register map: one description that builds the port and is printed in every datasheet."""

from dataclasses import dataclass

__all__ = ["ADDRESS_BITS", "IDENTITY", "Field", "Register", "register_map"]

ADDRESS_BITS = 8
IDENTITY = 0x4857_4731  # "HWG1"
BASES = {
    "zero": "0",
    "aligned": "a multiple of that, the last one up to the end of the range before",
    "any": "its base",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """Bits ``low`` to ``low + width - 1`` of a register."""

    name: str
    low: int
    width: int
    reset: int
    about: str


@dataclass(frozen=True, kw_only=True)
class Register:
    """One 32-bit word of the table port.

    ``access`` is ``"ro"``, ``"wo"``, ``"rw"`` or ``"shadow"``: a shadow register is read and
    written at once, but its value is used only from the vector boundary after an accepted commit.
    """

    name: str
    address: int
    access: str
    about: str
    fields: tuple[Field, ...] = ()


def register_map(
    *,
    bits: int,
    outputs: int,
    ranges: int,
    bases: str = "zero",
    tables: int = 1,
    density_bits: int = 0,
) -> tuple[Register, ...]:
    """Return the registers of a tile.

    Parameters
    ----------
    bits : int
        Readout width, N.
    outputs : int
        Outputs of the array.
    ranges : int
        Most ranges of a search table; 0 without one.
    bases : str
        Where ranges begin: ``"zero"``, ``"aligned"``, or ``"any"``, which takes a field.
    tables : int
        Search tables; more than one: of so many slices.
    density_bits : int
        Width of the density that takes the place of ranges; 0: there is none.
    """
    # One code more than the largest legal value, so that saturation keeps a bad value bad.
    payload_bits = (bits + 1).bit_length()
    output_bits = (outputs + 1).bit_length()
    registers = [
        Register(
            name="ID",
            address=0x00,
            access="ro",
            about="Identifies a hwgen tile.",
            fields=(Field(name="id", low=0, width=32, reset=IDENTITY, about="ASCII HWG1"),),
        ),
        Register(
            name="STATUS",
            address=0x04,
            access="ro",
            about="State of the table port and of the tile.",
            fields=(
                Field(name="pending", low=0, width=1, reset=0, about="a commit is under way"),
                Field(name="refused", low=1, width=1, reset=0, about="the last commit was illegal"),
                Field(name="idle", low=2, width=1, reset=1, about="nothing is in flight"),
            ),
        ),
        Register(
            name="COMMIT",
            address=0x08,
            access="wo",
            about="Any write checks the shadow registers and, when they are legal, makes them "
            "active at the next vector boundary. Shadow registers refuse writes until then.",
        ),
        Register(
            name="OUTPUTS",
            address=0x0C,
            access="shadow",
            about="Outputs that the loaded layer uses; columns of the others are not converted.",
            fields=(
                Field(
                    name="outputs", low=0, width=output_bits, reset=outputs, about=f"1 .. {outputs}"
                ),
            ),
        ),
    ]
    if tables > 1:
        registers.append(_slice(tables, "DENSITY" if density_bits else "RANGE_0 and the following"))
    if density_bits:
        return (*registers, _density(density_bits, tables=tables))
    registers += [
        _range(k, bits=bits, payload_bits=payload_bits, bases=bases, tables=tables)
        for k in range(ranges)
    ]
    return tuple(registers)


def _slice(tables: int, what: str) -> Register:
    """Return the register that says whose table the registers of a table are."""
    return Register(
        name="SLICE",
        address=0x10,
        access="rw",
        about=f"Slice whose table {what} read and write.",
        fields=(
            Field(
                name="slice",
                low=0,
                width=tables.bit_length(),
                reset=0,
                about=f"0 .. {tables - 1}, the least significant first; of others, these "
                "registers read as zero and take nothing",
            ),
        ),
    )


def _density(bits: int, *, tables: int) -> Register:
    """Return the register of the density; at reset it is a quarter."""
    return Register(
        name="DENSITY",
        address=0x20,
        access="shadow",
        about="Where searches begin" + (" in slice SLICE." if tables > 1 else "."),
        fields=(
            Field(
                name="density",
                low=0,
                width=bits,
                reset=1 << bits >> 2,
                about=f"expected count for every {1 << bits} that the active rows allow, 0 .. "
                f"{(1 << bits) - 2}",
            ),
        ),
    )


def _range(k: int, *, bits: int, payload_bits: int, bases: str, tables: int) -> Register:
    """Return the register of range `k`; at reset, one range that covers every count."""
    base = Field(name="base", low=16, width=bits + 1, reset=0, about="first count of the range")
    return Register(
        name=f"RANGE_{k}",
        address=0x20 + 4 * k,
        access="shadow",
        about=f"Range {k} of the search table" + (" of slice SLICE." if tables > 1 else "."),
        fields=(
            Field(
                name="payload",
                low=0,
                width=payload_bits,
                reset=bits,
                about=f"the range spans 2^payload counts from {BASES[bases]}",
            ),
            Field(
                name="truncation",
                low=8,
                width=payload_bits,
                reset=0,
                about="low bits that are not searched",
            ),
            *((base,) if bases == "any" else ()),
        ),
    )
