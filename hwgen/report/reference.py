"""Reference pages that are printed from the code, so that the two cannot part.

``docs/*.md`` hold marked places, ``<!-- printed: NAME -->`` to ``<!-- end -->``. Run
``python -m hwgen.report.reference`` in a checkout to print them anew; a test sees to it that this
was done.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hwgen.config import Design, load
from hwgen.design_keys import LayerTable, RangeKeys, bare, constraint
from hwgen.measured import BUILT_IN
from hwgen.power.analog.choose import ADC_MODELS, choose
from hwgen.power.analog.published import isaac_area_um2, isaac_pj
from hwgen.power.analog.survey import survey_area_um2, survey_pj
from hwgen.report.keys import KEYS
from hwgen.wording import shown
from hwgen.workload.run import run

__all__ = [
    "command_keys",
    "design_keys",
    "energy_by_bits",
    "energy_models",
    "energy_of_digits",
    "measured_cells",
    "refreshed",
    "time_of_reads",
]

PLACE = re.compile(r"(<!-- printed: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
DOCS = Path(__file__).parents[2] / "docs"


def refreshed(text: str) -> str:
    """Print every marked place of a page anew."""
    return PLACE.sub(lambda place: f"{place[1]}{PRINTED[place[2]]().strip()}\n{place[3]}", text)


def design_keys() -> str:
    """Every key of a design file, section by section, as Markdown."""
    parts = ["### Top level\n", _section(Design)]
    for path, section in _sections("", Design):
        parts += [f"### `{path}`\n", f"{section.__doc__.strip()}\n", _section(section)]
    return "\n".join(parts)


def command_keys() -> str:
    """Every key of every JSON result, command by command, as Markdown."""
    parts = []
    for command, keys in KEYS.items():
        rows = ([f"`{key}`", about] for key, about in keys.items())
        parts += [f"### `hwgen {command}`\n", _table(["key", "what it holds"], rows)]
    return "\n".join(parts)


def measured_cells() -> str:
    """Built-in figures of measured cells as Markdown, in percent of their window."""
    places = ("0", "1/3", "2/3", "1")
    heads = [*(f"shift {place}" for place in places), *(f"sigma {place}" for place in places)]
    rows = (
        [f"`{name}`", f"{seconds:g}", f"{curve.ratio:.1f}"]
        + [f"{100 * part:.3f}" for part in (*curve.shifts, *curve.sigmas)]
        for name, times in BUILT_IN.items()
        for seconds, curve in times.items()
    )
    return _table(["`technology`", "`seconds`", "on / off", *heads], rows)


def energy_models() -> str:
    """Every model of converters on an 8-bit design as it is, with its source, as Markdown."""
    design = load("baseline")
    rows = []
    for name in ADC_MODELS:
        said = choose(design, name).adc.as_json(design.readout.bits)
        figures = ", ".join(f"{key} {_figure(value)}" for key, value in said["parameters"].items())
        about = (said["conditions"], said["covers"], said["source"])
        rows.append([f"`{name}`", f"a {said['charges']}", figures, *about])
    heads = ["`model`", "charges", "figures at 8 bits", "of", "covers", "source"]
    return _table(heads, rows)


def energy_by_bits() -> str:
    """Energy of a conversion and area of a converter by resolution, as Markdown."""
    at = {"node_nm": 32, "rate_msps": 1280}
    rows = (
        [
            str(bits),
            f"{isaac_pj(bits):.3f}",
            f"{isaac_area_um2(bits):,.0f}",
            f"{survey_pj(bits, **at):.3f}",
            f"{survey_area_um2(bits, **at):,.0f}",
        ]
        for bits in range(4, 13)
    )
    heads = ["bits", "`isaac`, pJ", "um^2", "`survey` at 32 nm, 1280 MS/s, pJ", "um^2"]
    return _table(heads, rows)


def energy_of_digits() -> str:
    """Energies of an image of the digits network under every model of converters, as Markdown."""
    rows = []
    for name in ADC_MODELS:
        found = [
            run(load(preset), "digits", "digits", adc_model=name)["energy_per_image_pj"]["adc"]
            for preset in ("baseline", "trq")
        ]
        nj = [f"{energy / 1000:.1f}" for energy in found]
        rows.append([f"`{name}`", *nj, f"{found[0] / found[1]:.2f}"])
    return _table(["`model`", "`baseline`, nJ", "`trq`, nJ", "saving"], rows)


def time_of_reads() -> str:
    """How long reads of the digits network drive word lines, as Markdown."""
    rows = []
    for preset in ("baseline", "trq"):
        for bank in ("double", "single"):
            design = load({"name": preset, "extends": preset, "readout": {"sample_hold": bank}})
            found = run(design, "digits", "digits")["energy_model"]["array"]["read_time"]
            least = design.spec.settle_row + design.spec.sample_cycles + 1
            cycles = f"{found['driven_cycles']:.1f}"
            rows.append([f"`{preset}`", bank, cycles, str(least)])
    heads = ["design", "`sample_hold`", "cycles of a read on the word lines", "with no waiting"]
    return _table(heads, rows)


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


PRINTED: dict[str, Callable[[], str]] = {
    "design-keys": design_keys,
    "command-keys": command_keys,
    "measured-cells": measured_cells,
    "energy-models": energy_models,
    "energy-by-bits": energy_by_bits,
    "energy-of-digits": energy_of_digits,
    "time-of-reads": time_of_reads,
}


def _sections(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every section in a model with its key path."""
    for name, field in model.model_fields.items():
        inner = f"{path}{name}"
        kind = _section_of(field)
        if kind is not None:
            yield inner, kind
            yield from _sections(f"{inner}.", kind)
        if name == "layers":
            yield f"{inner}.NAME", LayerTable
        if name == "ranges" and model is not LayerTable:
            yield f"{inner}[]", RangeKeys


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the section that a key holds, if it holds one."""
    kind = bare(field.annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _section(model: type[BaseModel]) -> str:
    """Print the keys of a section that are values."""
    rows = [
        [
            f"`{name}`",
            constraint(field),
            (field.json_schema_extra or {}).get("unit", ""),
            _default(field),
            field.description,
        ]
        for name, field in model.model_fields.items()
        if _section_of(field) is None or not field.default_factory
    ]
    return _table(["key", "must be", "unit", "default", "what it says"], rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    computed = (field.json_schema_extra or {}).get("default_text")
    return f"`{computed or shown(field.default)}`"


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _main() -> None:
    for page in sorted(DOCS.glob("*.md")):
        page.write_text(refreshed(page.read_text()))


if __name__ == "__main__":
    _main()
