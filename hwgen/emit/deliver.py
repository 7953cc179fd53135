"""Puts everything that belongs to a design into a folder, all of it or nothing."""

from pathlib import Path

from hwgen import benches
from hwgen.config import Design
from hwgen.emit.converter import converter_datasheet
from hwgen.emit.datasheet import datasheet
from hwgen.emit.flowfiles import flow_files
from hwgen.emit.manifest import as_json, design_registers, manifest
from hwgen.emit.registers import register_files
from hwgen.emit.rtl import Rtl, emit_rtl
from hwgen.emit.tables import table_files
from hwgen.emit.testbench import testbench
from hwgen.emit.vectors import archive, vectors_of
from hwgen.output import check_folder, hashes, write_folder

__all__ = ["MANIFEST", "committed", "deliverables", "generate"]

MANIFEST = "manifest.json"


def generate(design: Design, out: Path, *, force: bool = False) -> dict:
    """Write the RTL of a design and what belongs to it.

    Everything is computed before the first file is written, and put in place at the end: whatever
    goes wrong, `out` is what it was. Its own earlier output is replaced, with all that lies in its
    folders.

    Parameters
    ----------
    design : Design
        What to emit.
    out : Path
        Folder to write: a new one, an empty one, or an earlier output that nobody has edited.
    force : bool
        Replace earlier output that was edited, and write beside files that are not hwgen's.

    Returns
    -------
    dict
        ``out``, ``top``, ``files`` (path to SHA-256) and ``ports``.

    Raises
    ------
    UserError
        When the folder cannot be used, or a layer has more tables than a tile can load.
    """
    out = Path(out)
    design.loaded()  # refused before anything is emitted
    check_folder(out, MANIFEST, force=force)
    contents, described = deliverables(design)
    write_folder(out, contents, MANIFEST)
    return {
        "out": str(out),
        "top": described["top"],
        "files": hashes(contents),
        "ports": described["ports"],
    }


def deliverables(design: Design) -> tuple[dict[str, bytes], dict]:
    """Return every file of a design, and its manifest as plain values.

    The manifest names all other files with their hashes, by which a folder is recognised.
    """
    rtl = emit_rtl(design)
    vectors = vectors_of(design)
    layer = vectors and vectors.layer
    described = manifest(design, rtl, layer=layer)
    texts = dict(rtl.files)
    bench = {f"tb/{name}": text for name, text in testbench(design, rtl, vectors).items()}
    texts |= bench
    texts |= flow_files(design, rtl, bench=bench)
    texts |= {f"docs/{name}": text for name, text in _documents(design, rtl, layer).items()}
    texts |= {f"tables/{name}": text for name, text in table_files(design).items()}
    contents = {path: text.encode() for path, text in texts.items()}
    contents |= {f"sim/{path.name}": path.read_bytes() for path in _bench_files(rtl)}
    if vectors is not None:
        contents["sim/vectors.npz"] = archive(design, vectors)
    described["files"] = hashes(contents)
    contents[MANIFEST] = as_json(described).encode()
    return contents, described


def committed(design: Design) -> dict[str, str]:
    """Return what ``rtl_out/`` keeps of a design: RTL, documents, manifest.

    Not the benches, which are copies of ``sim/``, nor vectors and what is computed from them, nor
    their hashes: a change of these must not look like a change of the RTL.
    """
    rtl = emit_rtl(design)
    vectors = vectors_of(design)
    layer = vectors and vectors.layer
    documents = _documents(design, rtl, layer)
    return (
        dict(rtl.files)
        | {f"docs/{name}": text for name, text in documents.items()}
        | {MANIFEST: as_json(manifest(design, rtl, layer=layer))}
    )


def _documents(design: Design, rtl: Rtl, layer: str | None) -> dict[str, str]:
    if design.is_converter:
        return {"datasheet.md": converter_datasheet(design, rtl)}
    documents = {"datasheet.md": datasheet(design, rtl, layer=layer)}
    described = design_registers(design)
    if described:
        documents |= register_files(rtl.top.module, described)
    return documents


def _bench_files(rtl: Rtl) -> list[Path]:
    """Return the benches of the blocks that there are, and what all benches share."""
    wanted = {f"tb_{block}" for block in rtl.modules}
    found = sorted(benches.folder().glob("*.py"))
    return [path for path in found if path.stem in wanted or not path.stem.startswith("tb_")]
