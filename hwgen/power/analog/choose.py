"""The models that a design, or a command's option, asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, get_args

from hwgen.config import Design
from hwgen.design_keys import AdcKeys, Energy, Section, bare
from hwgen.errors import UserError
from hwgen.power.analog import array, published, survey, user_table
from hwgen.power.analog.accounting import ANYWHERE, UNKNOWN, Digital, Scope, Wanted
from hwgen.power.analog.converters import AdcModel, PerDecision, PerSearch
from hwgen.wording import KeyPath, dotted, hint, shown
from hwgen_models.search import SearchTree

__all__ = ["ADC_MODELS", "Analog", "Work", "adc_keys", "choose", "models", "require_same"]

ADC_MODELS: tuple[str, ...] = get_args(bare(AdcKeys.model_fields["model"].annotation))

PER_DECISION_COVERS = (
    "the whole converter with its own control, spread evenly over its decisions; no reference, no "
    "input driver"
)
CDAC_SOURCE = (
    "charge drawn from the reference by conservation of charge (conventional: Ginsburg and "
    "Chandrakasan, JSSC 42(4), 2007; monotonic: Liu et al., JSSC 45(4), 2010); default unit "
    "capacitor and reference of Harpe et al., JSSC 46(7), 2011 (8 bits, 90 nm), default comparator "
    "of Schinkel et al., ISSCC 2007 (90 nm)"
)
CDAC_COVERS = (
    "capacitor DAC and comparator; no control, sampling of the input, reference buffer or leakage"
)
CDAC_SCOPE = Scope(node_nm=(90, 90))
CELLS_SOURCE = (
    "Joule's law in the cells, C V^2 on the word lines; default conductance measured (techC of "
    "docs/device.md), default sample of ISAAC (ISCA 2016), word lines and read voltage assumed"
)
CELLS_COVERS = "word lines, cells, samples; no amplifiers, no bit-line drivers, no decoder"


class Work(NamedTuple):
    """What models were used for.

    Parameters
    ----------
    reads : array.Reads
        What arrays did.
    conversion_cycles : float or None
        Cycles that a lane takes for a conversion, on average; None without conversions.
    """

    reads: array.Reads
    conversion_cycles: float | None


@dataclass(frozen=True, kw_only=True)
class Analog:
    """The models of one design: one of converters, one of the array.

    Parameters
    ----------
    adc : AdcModel
        Of converters.
    array : array.ArrayModel
        Of the array.
    bits : int
        Resolution of the converters.
    shape : array.Shape
        The array.
    where : str
        What messages name for the choice of `adc`: file and key, or the option.
    ideal : bool
        Comparators and array are those of an ideal device.
    digital : Digital
        What is known of the digital side.
    """

    adc: AdcModel
    array: array.ArrayModel
    bits: int
    shape: array.Shape
    where: str
    ideal: bool
    digital: Digital = UNKNOWN

    def check(self, trees: Iterable[SearchTree]) -> None:
        """Refuse searches that the chosen converter cannot make.

        Raises
        ------
        UserError
            When it cannot.
        """
        self.adc.check(trees, bits=self.bits, where=self.where)

    @property
    def warnings(self) -> list[str]:
        """In what the use lies outside what the figures come from."""
        said = [*self.adc.warnings(self.bits), *self.array.warnings(self.shape)]
        if not self.ideal and self.adc.charges == "search":
            said.append(
                f"{self.adc.name}: comparators that err walk other thresholds than those charged"
            )
        if not self.ideal and isinstance(self.array, array.Cells):
            said.append(
                f"array {self.array.name}: counts of a device that is not ideal, rounded, stand "
                "for its currents"
            )
        return said

    def lane_msps(self, work: Work) -> float | None:
        """Conversions per second of a lane, in millions; None where they are not known."""
        if work.conversion_cycles is None or self.digital.clock_ns is None:
            return None
        return 1e3 / (work.conversion_cycles * self.digital.clock_ns)

    def warnings_of(self, work: Work) -> list[str]:
        """In what the use lies outside, and in what figures are of another chip than the work."""
        node_nm, rate_msps = self.digital.node_nm, self.lane_msps(work)
        wanted = self.array.wanted
        return [
            *self.warnings,
            *self.adc.beside(node_nm=node_nm, rate_msps=rate_msps),
            *self.array.scope.beside(
                f"array {self.array.name}", wanted=wanted, node_nm=node_nm, rate_msps=None
            ),
            *self.array.time_warnings(work.reads),
        ]

    def as_json(self, work: Work | None = None) -> dict[str, object]:
        """What a report has to say of its energies, and of what was done."""
        if work is None:
            adc, cells = self.adc.as_json(self.bits), self.array.as_json()
            return {"adc": adc, "array": cells, "warnings": self.warnings}
        return {
            "adc": self.adc.as_json(self.bits) | {"lane_msps": self.lane_msps(work)},
            "array": self.array.as_json(work.reads),
            "warnings": self.warnings_of(work),
        }


def choose(design: Design, adc_model: str | None = None, *, digital: Digital = UNKNOWN) -> Analog:
    """Return the models of a design.

    Parameters
    ----------
    design : Design
        Its section `energy` says which, with which parameters.
    adc_model : str, optional
        What ``--adc-model`` was given: a name or a CSV file, in place of what the design says.
    digital : Digital
        What is known of the digital side.

    Raises
    ------
    UserError
        When the option or a table of the user's is not right.
    """
    return models(
        design.energy,
        bits=design.readout.bits,
        shape=array.Shape.of(design.spec),
        ideal=design.device.ideal,
        on_off_ratio=design.nonidealities.on_off_ratio,
        leaky_counts=design.nonidealities.on_off_ratio is not None,
        source=design.source,
        adc_model=adc_model,
        digital=digital,
    )


def models(
    energy: Energy,
    *,
    bits: int,
    shape: array.Shape,
    source: str,
    ideal: bool = True,
    on_off_ratio: float | None = None,
    leaky_counts: bool = False,
    adc_model: str | None = None,
    digital: Digital = UNKNOWN,
) -> Analog:
    """Return the models that a section `energy` asks for.

    Parameters
    ----------
    energy : Energy
        The section.
    bits : int
        Resolution of the converters.
    shape : array.Shape
        The array.
    source : str
        What messages call the file that the section is from.
    ideal : bool
        Comparators and array are those of an ideal device.
    on_off_ratio : float, optional
        That of the device, where it has one.
    leaky_counts : bool
        The counts are those of that device.
    adc_model, digital
        As of `choose`.

    Raises
    ------
    UserError
        When the option or a table of the user's is not right.
    """
    keys = energy.adc if adc_model is None else adc_keys(energy.adc, adc_model)
    wanted = Wanted(node_nm=energy.node_nm, rate_msps=energy.rate_msps)
    own = "file" if keys.file else "switching"
    return Analog(
        adc=_adc(keys, wanted, bits=bits),
        array=_array(
            energy, on_off_ratio, wanted, leaky_counts=leaky_counts, clock_ns=digital.clock_ns
        ),
        bits=bits,
        shape=shape,
        where=f"{source}: energy.adc.{own}",
        ideal=ideal,
        digital=digital,
    )


def adc_keys(keys: AdcKeys, option: str) -> AdcKeys:
    """Take the value of ``--adc-model`` into the keys of a design.

    Parameters
    ----------
    keys : AdcKeys
        What the design says; its parameters stay.
    option : str
        One of `ADC_MODELS`, or a file whose name ends in ``.csv``.

    Raises
    ------
    UserError
        When it is neither.
    """
    if option in ADC_MODELS:
        return keys.model_copy(update={"model": option, "file": None})
    if Path(option).suffix.lower() == ".csv":
        return keys.model_copy(update={"file": option})
    known = ", ".join(ADC_MODELS)
    raise UserError(
        f"--adc-model: must be {known} or a CSV file, not {shown(option)}{hint(option, ADC_MODELS)}"
    )


def _adc(keys: AdcKeys, wanted: Wanted, *, bits: int) -> AdcModel:
    if keys.file is not None:
        return user_table.read(keys.file, wanted)
    if keys.model == "isaac":
        return published.isaac(wanted)
    if keys.model == "survey":
        return survey.survey(wanted)
    if keys.model == "cdac":
        return PerSearch(
            name="cdac",
            source=CDAC_SOURCE,
            covers=CDAC_COVERS,
            scope=CDAC_SCOPE if _of_papers(keys) else ANYWHERE,
            wanted=wanted,
            switching=keys.switching,
            unit_ff=keys.unit_capacitor_ff,
            reference_v=keys.reference_v,
            comparator_fj=keys.comparator_fj,
        )
    return _per_decision(keys.reference, wanted, bits=bits)


def _of_papers(keys: AdcKeys) -> bool:
    """Tell whether the figures of the capacitor DAC and comparator are still the cited ones."""
    names = ("unit_capacitor_ff", "reference_v", "comparator_fj")
    return all(getattr(keys, name) == AdcKeys.model_fields[name].default for name in names)


def _per_decision(reference: str, wanted: Wanted, *, bits: int) -> PerDecision:
    """Spread a full conversion of the reference over its decisions."""
    if reference == "kull":
        source, of, whole_pj = published.KULL_SOURCE, published.KULL_BITS, published.KULL_PJ
        scope = published.KULL_SCOPE
    elif reference == "newton":
        source, of, whole_pj = published.NEWTON_SOURCE, published.NEWTON_BITS, published.KULL_PJ
        scope = published.KULL_SCOPE._replace(bits=(of, of))
    else:
        make = {"isaac": published.isaac, "survey": survey.survey}[reference]
        whole = make(wanted)
        source, of, scope = whole.source, bits, whole.scope
        wanted, whole_pj = whole.wanted, whole.conversion_pj(bits)
    return PerDecision(
        name="per-decision",
        source=f"1/{of} of a full {of}-bit conversion, {whole_pj:.4g} pJ: {source}",
        covers=PER_DECISION_COVERS,
        scope=scope,
        wanted=wanted,
        decision_pj=whole_pj / of,
    )


def _array(
    energy: Energy,
    ratio: float | None,
    wanted: Wanted,
    *,
    leaky_counts: bool,
    clock_ns: float | None,
) -> array.ArrayModel:
    keys = energy.array
    if keys.model == "isaac":
        return array.isaac(wanted, clock_ns=clock_ns)
    return array.Cells(
        name="cells",
        source=CELLS_SOURCE,
        covers=CELLS_COVERS,
        wanted=wanted,
        read_v=keys.read_v,
        read_ns=keys.read_ns,
        on_us=keys.on_conductance_us,
        on_off_ratio=ratio if keys.on_off_ratio is None else keys.on_off_ratio,
        word_line_ff=keys.word_line_ff,
        drive_v=keys.drive_v,
        sample_fj=keys.sample_fj,
        leaky_counts=leaky_counts,
        clock_ns=clock_ns,
    )


def require_same(designs: Sequence[Design]) -> None:
    """Refuse to compare designs whose energies are on different bills.

    Raises
    ------
    UserError
        With the first key of `energy` in which a design differs from the first one.
    """
    first = designs[0]
    wanted = _leaves(first.energy)
    for other in designs[1:]:
        for path, value in _leaves(other.energy).items():
            if value != wanted[path]:
                raise UserError(
                    f"{other.source}: {dotted(path)}: must be that of {first.source} in a "
                    f"comparison, {shown(wanted[path])}, not {shown(value)}"
                )


def _leaves(section: Section, path: KeyPath = ("energy",)) -> dict[KeyPath, object]:
    """Return every value of a section by its key path."""
    found: dict[KeyPath, object] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        inner = (*path, name)
        found |= _leaves(value, inner) if isinstance(value, Section) else {inner: value}
    return found
