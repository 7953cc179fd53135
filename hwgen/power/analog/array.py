"""Models of the array: word lines, cells, sample-and-holds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from hwgen.power.analog.accounting import ANYWHERE, UNASKED, Scope, Wanted, among
from hwgen_models.spec import TileSpec

__all__ = [
    "ArrayEnergy",
    "ArrayModel",
    "Cells",
    "OnTime",
    "Published",
    "Reads",
    "Shape",
    "isaac",
]

FEMTO_TO_PICO = 1e-3
READ_NS = 100.0  # where neither the design nor a clock says (ISAAC, ISCA 2016)


class Shape(NamedTuple):
    """The array of a design.

    Parameters
    ----------
    rows, columns : int
        Word lines and bit lines.
    cell_bits, dac_bits : int
        Bits of a cell, and of what a word line carries.
    """

    rows: int
    columns: int
    cell_bits: int
    dac_bits: int

    @classmethod
    def of(cls, spec: TileSpec) -> "Shape":
        """Return the array of a tile."""
        return cls(spec.rows, spec.columns, spec.cell_bits, spec.dac_bits)


class OnTime(NamedTuple):
    """How long word lines are driven, in cycles: in a read from d to q + 1.

    Letters of ``docs/architecture.md``, section 5: from the cycle in which the plane is on the word
    lines to the one after the sample. Waiting for a free bank is part of it.

    Parameters
    ----------
    cycles : int
        Of all reads.
    rows : int
        The same, each read's times its driven digits U.
    counts : int
        The same, each read's times the sum of the counts of all columns.
    """

    cycles: int = 0
    rows: int = 0
    counts: int = 0

    def plus(self, other: "OnTime") -> "OnTime":
        """Add those of other reads."""
        return OnTime(*(one + two for one, two in zip(self, other, strict=True)))

    def minus(self, other: "OnTime") -> "OnTime":
        """Leave out those of some of the reads."""
        return OnTime(*(one - two for one, two in zip(self, other, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What some reads of arrays of one shape did, all added up.

    Parameters
    ----------
    shape : Shape
        The arrays.
    reads : int
        Planes that were driven; those without active rows are no reads.
    driven : int
        Sum of U, the driven digits of a read, over the reads.
    charged : int
        Word lines that were taken from zero to a digit above it.
    counts : int
        Sum of all counts of the reads.
    on_time : OnTime
        How long their word lines were driven.
    """

    shape: Shape
    reads: int
    driven: int
    charged: int
    counts: int
    on_time: OnTime

    def plus(self, other: "Reads") -> "Reads":
        """Add reads of arrays of the same shape."""
        return Reads(
            shape=self.shape,
            reads=self.reads + other.reads,
            driven=self.driven + other.driven,
            charged=self.charged + other.charged,
            counts=self.counts + other.counts,
            on_time=self.on_time.plus(other.on_time),
        )


class ArrayEnergy(NamedTuple):
    """Energy of arrays in pJ, by what takes it."""

    row_drive: float
    cells: float
    sample_hold: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)

    def plus(self, other: "ArrayEnergy") -> "ArrayEnergy":
        """Add the energy of other reads on the bill of the same model."""
        return ArrayEnergy(*(one + two for one, two in zip(self, other, strict=True)))


@dataclass(frozen=True, kw_only=True)
class ArrayModel(ABC):
    """A model of an array.

    Parameters
    ----------
    name : str
        As ``energy.array.model`` takes it.
    source : str
        Who says so.
    covers : str
        What its figures hold, and what they leave out.
    scope : Scope
        Where the figures come from.
    wanted : Wanted
        What the user says of the process.
    clock_ns : float or None
        Period of the clock that the schedule runs at; None: not known.
    """

    name: str
    source: str
    covers: str
    scope: Scope = ANYWHERE
    wanted: Wanted = UNASKED
    clock_ns: float | None = None

    @property
    @abstractmethod
    def time_from(self) -> str:
        """Where the time of a read is from: ``design``, ``model`` or ``schedule``."""

    @property
    @abstractmethod
    def fixed_ns(self) -> float | None:
        """Time of a read that all reads are charged for; None: what the schedule takes."""

    @abstractmethod
    def energy(self, done: Reads) -> ArrayEnergy:
        """Charge what reads did."""

    @abstractmethod
    def parameters(self) -> dict[str, object]:
        """Return the figures that the bill rests on, by name with unit."""

    def warnings(self, shape: Shape) -> tuple[str, ...]:
        """Say in what the use lies outside what the figures come from."""
        # A rate is one of converters, the resolution too.
        at = Wanted(node_nm=self.wanted.node_nm)
        return self.scope.warnings(f"array {self.name}", bits=shape.cell_bits, wanted=at)

    def read_time(self, done: Reads) -> dict[str, object]:
        """Return how long reads are charged for, and how long they drive word lines, on average."""
        cycles = done.on_time.cycles / done.reads if done.reads else None
        driven_ns = None if cycles is None or self.clock_ns is None else cycles * self.clock_ns
        return {
            "from": self.time_from,
            "read_ns": driven_ns if self.fixed_ns is None else self.fixed_ns,
            "driven_cycles": cycles,
            "driven_ns": driven_ns,
        }

    def time_warnings(self, done: Reads) -> tuple[str, ...]:
        """Say where reads are charged for another time than word lines are driven."""
        time = self.read_time(done)
        if self.fixed_ns is None or time["driven_cycles"] is None:
            return ()
        if time["driven_ns"] is not None and among(time["driven_ns"], (self.fixed_ns,) * 2):
            return ()
        driven = (
            f"{time['driven_cycles']:.4g} cycles, of a clock that is not given,"
            if time["driven_ns"] is None
            else f"{time['driven_ns']:.4g} ns"
        )
        said = (
            f"array {self.name}: reads are charged for the {self.fixed_ns:.4g} ns of the "
            f"{self.time_from}; they drive word lines for {driven} on average"
        )
        return (said,)

    def as_json(self, done: Reads | None = None) -> dict[str, object]:
        """What a report has to say of the model, and of the time of some reads."""
        at = self.scope.conditions(bits=0, wanted=self.wanted)  # no array model has limits of bits
        return {
            "name": self.name,
            "source": self.source,
            "covers": self.covers,
            "conditions": at,
            "scope": self.scope.as_json(),
            "parameters": self.parameters(),
            **({} if done is None else {"read_time": self.read_time(done)}),
        }


@dataclass(frozen=True, kw_only=True)
class Cells(ArrayModel):
    r"""Resistive cells between word lines that are driven and bit lines that are held at ground.

    A word line that carries digit x holds :math:`V_r` for the share :math:`x/X` of the time
    :math:`t` of its read, X being the largest digit (for one-bit digits: on or off). A cell that
    stores digit d of D conducts :math:`g_0 + (g_1 - g_0)\,d/D`. So all cells of a read take

    .. math:: E &= V_r^2 t \sum_{ij} \frac{x_i}{X}
                   \left(g_0 + (g_1 - g_0) \frac{d_{ij}}{D}\right) \\
                &= \frac{V_r^2 t}{X} \left(g_0\, M\, U + \frac{g_1 - g_0}{D} \sum_j c_j\right)

    M is the number of columns, :math:`U = \sum_i x_i`, :math:`c_j = \sum_i x_i d_{ij}` the count
    of a column: exact, without any knowledge of single cells. Columns that are not converted store
    zeros, whose counts are zero. The time is that for which the schedule drives the plane, a number
    of cycles of its own for each read, where the clock is known and the design does not say
    another.

    A word line that goes from zero to a digit above it takes :math:`M\, C_w V_w^2`, :math:`C_w` per
    cell on it. A sample takes a fixed energy; every read samples all M columns.

    Parameters
    ----------
    read_v : float
        Read voltage across a driven cell, V_r, in V.
    read_ns : float or None
        Time that a word line with the largest digit is driven in a read, t, in ns, as the design
        says; None: what the schedule takes, and `READ_NS` without a clock.
    on_us : float
        Conductance of a cell that stores the largest digit, g_1, in uS.
    on_off_ratio : float or None
        g_1 / g_0; None: a stored zero does not conduct.
    word_line_ff : float
        Capacitance of a word line for every cell on it, C_w, in fF.
    drive_v : float
        Swing of a word line, V_w, in V.
    sample_fj : float
        Energy of one sample, in fJ.
    leaky_counts : bool
        The counts hold the leakage of stored zeros already, as those of a device with an on/off
        ratio do: the part of g_0 is not added again.
    """

    read_v: float
    read_ns: float | None
    on_us: float
    on_off_ratio: float | None
    word_line_ff: float
    drive_v: float
    sample_fj: float
    leaky_counts: bool = False

    @property
    def time_from(self) -> str:
        """Where the time of a read is from."""
        if self.read_ns is not None:
            return "design"
        return "model" if self.clock_ns is None else "schedule"

    @property
    def fixed_ns(self) -> float | None:
        """Time of a read that all reads are charged for; None: what the schedule takes."""
        return {"design": self.read_ns, "model": READ_NS, "schedule": None}[self.time_from]

    def energy(self, done: Reads) -> ArrayEnergy:
        """Charge what reads did."""
        shape = done.shape
        if self.fixed_ns is None:
            rows_ns, counts_ns = (
                self.clock_ns * cycles for cycles in (done.on_time.rows, done.on_time.counts)
            )
        else:
            rows_ns, counts_ns = (self.fixed_ns * one for one in (done.driven, done.counts))
        largest_x, largest_d = 2**shape.dac_bits - 1, 2**shape.cell_bits - 1
        off_us = 0.0 if self.on_off_ratio is None else self.on_us / self.on_off_ratio
        by_count = (self.on_us - off_us) / largest_d * counts_ns
        off_always = 0.0 if self.leaky_counts else off_us * shape.columns * rows_ns
        # V^2 x uS x ns = fJ
        cells_fj = self.read_v**2 / largest_x * (by_count + off_always)
        line_fj = shape.columns * self.word_line_ff * self.drive_v**2
        return ArrayEnergy(
            row_drive=FEMTO_TO_PICO * line_fj * done.charged,
            cells=FEMTO_TO_PICO * cells_fj,
            sample_hold=FEMTO_TO_PICO * self.sample_fj * shape.columns * done.reads,
        )

    def parameters(self) -> dict[str, object]:
        """Return the figures of cells, word lines and samples."""
        return {
            "read_v": self.read_v,
            "read_ns": self.fixed_ns,
            "on_conductance_us": self.on_us,
            "on_off_ratio": self.on_off_ratio,
            "word_line_ff": self.word_line_ff,
            "drive_v": self.drive_v,
            "sample_fj": self.sample_fj,
        }

    def warnings(self, shape: Shape) -> tuple[str, ...]:
        """Say in what the use lies outside what the figures come from."""
        said = list(super().warnings(shape))
        if shape.dac_bits > 1:
            said.append(
                f"array {self.name}: digits of {shape.dac_bits} bits are taken for lengths of "
                "pulses; as voltages they take less"
            )
        return tuple(said)


@dataclass(frozen=True, kw_only=True)
class Published(ArrayModel):
    r"""An array that takes the same for every read, whatever it stores and whatever is driven.

    .. math:: E = R\,(e_{cell} K M + e_{row} K + e_{sample} M)

    for R reads of K rows and M columns.

    Parameters
    ----------
    cell_fj, row_fj, sample_fj : float
        Energy of a read for every cell, word line and column, in fJ.
    read_ns : float
        Time of that read, in ns.
    rows, columns, cell_bits : int
        The array that the figures are of.
    """

    cell_fj: float
    row_fj: float
    sample_fj: float
    read_ns: float
    rows: int
    columns: int
    cell_bits: int

    @property
    def time_from(self) -> str:
        """Where the time of a read is from."""
        return "model"

    @property
    def fixed_ns(self) -> float:
        """Time of a read that all reads are charged for."""
        return self.read_ns

    def energy(self, done: Reads) -> ArrayEnergy:
        """Charge what reads did."""
        rows, columns = done.shape.rows, done.shape.columns
        scale = FEMTO_TO_PICO * done.reads
        return ArrayEnergy(
            row_drive=scale * self.row_fj * rows,
            cells=scale * self.cell_fj * rows * columns,
            sample_hold=scale * self.sample_fj * columns,
        )

    def parameters(self) -> dict[str, object]:
        """Return the figures of a read."""
        return {"cell_fj": self.cell_fj, "row_fj": self.row_fj, "sample_fj": self.sample_fj}

    def warnings(self, shape: Shape) -> tuple[str, ...]:
        """Say in what the use lies outside what the figures come from."""
        said = list(super().warnings(shape))
        if (shape.rows, shape.columns) != (self.rows, self.columns):
            said.append(
                f"array {self.name}: figures are of {self.rows} x {self.columns} cells, "
                f"scaled to {shape.rows} x {shape.columns}"
            )
        if shape.cell_bits != self.cell_bits:
            said.append(
                f"array {self.name}: figures are of {self.cell_bits}-bit cells, "
                f"not scaled to {shape.cell_bits} bits"
            )
        if shape.dac_bits > 1:
            said.append(
                f"array {self.name}: figures are of 1-bit word lines, "
                f"not scaled to {shape.dac_bits} bits"
            )
        return tuple(said)


ISAAC_SOURCE = (
    "Shafiee et al., ISAAC, ISCA 2016 (doi:10.1109/ISCA.2016.12), table of components: 8 arrays of "
    "128 x 128 2-bit cells 2.4 mW, 8 x 128 one-bit DACs 4 mW, 8 x 128 sample-and-holds 10 uW, a "
    "read every 100 ns"
)
ISAAC_READ_NS = 100
ISAAC_ARRAYS, ISAAC_ROWS, ISAAC_COLUMNS = 8, 128, 128
ISAAC_CELLS_MW, ISAAC_DACS_MW, ISAAC_SAMPLES_MW = 2.4, 4.0, 0.010


def isaac(wanted: Wanted, *, clock_ns: float | None = None) -> Published:
    """ISAAC's array: its components' powers times the 100 ns of a read.

    >>> shape = Shape(rows=128, columns=128, cell_bits=2, dac_bits=1)
    >>> read = Reads(shape=shape, reads=1, driven=0, charged=0, counts=0, on_time=OnTime())
    >>> [round(part, 3) for part in isaac(Wanted()).energy(read)]
    [50.0, 30.0, 0.125]
    """
    fj_of_mw = 1e3 * ISAAC_READ_NS / ISAAC_ARRAYS  # mW x ns = pJ, of one of the arrays
    return Published(
        name="isaac",
        source=ISAAC_SOURCE,
        covers="word-line DACs, cells, sample-and-holds; an average over what it read",
        scope=Scope(node_nm=(32, 32)),
        wanted=wanted,
        cell_fj=ISAAC_CELLS_MW * fj_of_mw / (ISAAC_ROWS * ISAAC_COLUMNS),
        row_fj=ISAAC_DACS_MW * fj_of_mw / ISAAC_ROWS,
        sample_fj=ISAAC_SAMPLES_MW * fj_of_mw / ISAAC_COLUMNS,
        read_ns=ISAAC_READ_NS,
        clock_ns=clock_ns,
        rows=ISAAC_ROWS,
        columns=ISAAC_COLUMNS,
        cell_bits=2,
    )
