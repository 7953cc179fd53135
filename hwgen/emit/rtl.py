"""The Verilog of a design: one file per distinct block."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from hwgen import __version__
from hwgen.config import Design
from hwgen.emit.hierarchy import CLOCK, RESET, Block, take_apart
from hwgen.emit.reset import Reset
from hwgen.emit.verilog import verilog
from hwgen.gateware.converter import Converter
from hwgen.gateware.tile import Tile

__all__ = ["Rtl", "TopPort", "emit_rtl", "reset_of"]

COMMENT_COLUMNS = 97  # behind "// "
YOURS = "Output of hwgen: the text is yours. Use it under any terms you like, without notice."


@dataclass(frozen=True, kw_only=True)
class TopPort:
    """A port of the top module as the Verilog has it."""

    name: str
    direction: str  # "input" or "output"
    width: int
    signed: bool


@dataclass(frozen=True, kw_only=True)
class Rtl:
    """What a design turned into."""

    top: Block
    blocks: tuple[Block, ...]  # the top first, then whatever it uses, in order of appearance
    ports: tuple[TopPort, ...]
    files: dict[str, str]  # rtl/NAME.v -> text

    @property
    def modules(self) -> dict[str, str]:
        """Verilog module of every block; of blocks in several variants, the first."""
        modules: dict[str, str] = {}
        for block in self.blocks:
            modules.setdefault(block.name, block.module)
        return modules


def emit_rtl(design: Design) -> Rtl:
    """Return the Verilog of a design, byte for byte the same on every machine."""
    if design.is_converter:
        whole, name, top_name = Converter(**asdict(design.converter)), "converter", "converter"
    else:
        # A lane's ports follow from the tile around it: it is one of a tile that is not written.
        whole, name, top_name = Tile(design.spec), "tile", design.top
    known = {block.module: block for block in take_apart(whole, design=design.name, block=name)}
    top = next(block for block in known.values() if block.name == top_name)
    blocks = [known[module] for module in dict.fromkeys(_from(top, known))]
    reset = reset_of(design)
    files = {
        f"rtl/{block.module}.v": verilog(
            block,
            known,
            reset=reset,
            header=_header(design, block),
            port_name=_top_name if block is top else str,
        )
        for block in blocks
    }
    return Rtl(top=top, blocks=tuple(blocks), ports=tuple(_top_ports(top, reset)), files=files)


def reset_of(design: Design) -> Reset:
    """Return the reset style of a design."""
    style = design.interface.reset
    return Reset(asynchronous=style.kind == "asynchronous", active_high=style.active == "high")


def _from(block: Block, known: dict[str, Block]) -> Iterator[str]:
    yield block.module
    for child in block.children:
        yield from _from(known[child], known)


def _top_name(name: str) -> str:
    """Name a pin of the top: a stream's are joined by one underscore there."""
    return name.replace("__", "_")


def _top_ports(top: Block, reset: Reset) -> Iterator[TopPort]:
    pins = {CLOCK: CLOCK, RESET: reset.name}
    for port in top.ports:
        yield TopPort(
            name=pins.get(port.name) or _top_name(port.name),
            direction=port.direction,
            width=port.width,
            signed=port.signed,
        )


def _header(design: Design, block: Block) -> str:
    origin = f" (preset {design.preset})" if design.preset not in {None, design.name} else ""
    parameters = asdict(design.parameters)
    values = ", ".join(
        f"{name}={_plain(value)}" for name, value in parameters.items() if value != ()
    )
    parts = [
        f"{block.module}: {block.about}",
        "",
        f"Design {design.name}{origin}, written by hwgen {__version__}.",
        values,
        "",
        YOURS,
    ]
    return "\n".join(
        line
        for part in parts
        for line in textwrap.wrap(part, COMMENT_COLUMNS, break_on_hyphens=False) or [""]
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return ":".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else value
