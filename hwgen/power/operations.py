r"""What an operation of a tile's periphery takes, so that whole networks can be priced.

Each block's energy that is not the clock's is divided by how often it did what it is for; the clock
and its pins take the same in every cycle; leakage goes by time:

.. math:: E = \sum_k e_k n_k + e_{clk} \, cycles \cdot tiles + P_{leak} \, t \cdot tiles

The sum over the operations and cycles that were measured is the energy that was measured, to the
last digit. What is assumed is that a decision, conversion, read, output or vector of the network
takes what one of the measured ones took on average: measure a layer that stands for it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import UserError
from hwgen.power.analog.accounting import Digital

__all__ = ["BLOCKS", "CATEGORIES", "OPERATIONS", "OTHERS", "Counts", "DigitalEnergy", "Operations"]

MODEL_KEYS = ("name", "source", "covers", "netlist", "wires")
PRICED = (
    "energies per operation times counts; clock of a layer's tiles in all of its cycles, of other "
    "tiles stopped; all tiles leak"
)
LANE, ACCUMULATION, SCHEDULING, TABLES = (
    "lane_control",
    "accumulation",
    "scheduling",
    "tables",
)
CATEGORIES = (LANE, ACCUMULATION, SCHEDULING, TABLES)
OPERATIONS = ("decision", "conversion", "read", "output", "vector")

# What every block is for: its share of the split, and what its energy goes by.
BLOCKS: Mapping[str, tuple[str, str]] = {
    "search": (LANE, "decision"),
    "sar": (LANE, "decision"),
    "lane": (LANE, "conversion"),
    "interval_decode": (LANE, "conversion"),
    "shift_add": (ACCUMULATION, "conversion"),
    "splice": (ACCUMULATION, "output"),
    "output_buffer": (ACCUMULATION, "output"),
    "row_drive": (SCHEDULING, "read"),
    "active_rows": (SCHEDULING, "read"),
    "prediction": (SCHEDULING, "read"),
    "sequencer": (SCHEDULING, "read"),
    "tile": (SCHEDULING, "read"),
    "input_buffer": (SCHEDULING, "vector"),
    "range_table": (TABLES, "vector"),
}
OTHERS = (SCHEDULING, "vector")  # blocks that are none of these
SLOWEST_MHZ = 1e-9  # a clock of a report that is none


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often a tile, or all of them, did what.

    Parameters
    ----------
    decision, conversion, read, output, vector : int
        Strobes of comparators, columns converted, planes with active rows, words of ``y``, vectors.
    cycles : int
        Cycles of the clock, of all tiles that had it, added up.
    tile_cycles : int
        Cycles that passed for all tiles that have power, added up: for leakage.
    """

    decision: int
    conversion: int
    read: int
    output: int
    vector: int
    cycles: int
    tile_cycles: int

    def of(self, operation: str) -> int:
        """Return how many there were of an operation."""
        return getattr(self, operation)


@dataclass(frozen=True, kw_only=True)
class DigitalEnergy:
    """Energy of the periphery, pJ, by what it goes into.

    Parameters
    ----------
    by_category : mapping of str to float
        Of `CATEGORIES`: what their gates take, clock included.
    leakage : float
        All gates' leakage over the time.
    """

    by_category: Mapping[str, float]
    leakage: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.by_category.values()) + self.leakage

    def plus(self, other: "DigitalEnergy") -> "DigitalEnergy":
        """Add what another layer took."""
        return DigitalEnergy(
            by_category={
                name: value + other.by_category[name] for name, value in self.by_category.items()
            },
            leakage=self.leakage + other.leakage,
        )

    def as_json(self, *, per: int = 1) -> dict[str, float]:
        """Return the parts, divided by `per`."""
        parts = {**self.by_category, "leakage": self.leakage}
        return {name: value / per for name, value in parts.items()}


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Energies per operation, measured on one tile.

    Parameters
    ----------
    operation_pj : mapping of str to mapping of str to float
        By category, what one of each operation takes, pJ.
    cycle_pj : mapping of str to float
        By category, what the clock takes in a cycle, pJ.
    leakage_uw : float or None
        Of the tile; None where the library gives none.
    clock_ns : float
        Period of the clock.
    source : str
        What messages call the file or the measurement.
    parameters : mapping of str to object
        The tile's, by which it is recognised.
    library : str
        Name of the cells' library.
    node_nm : float or None
        Process of the cells; None where it is not known.
    model : mapping of str to object
        What a report says of these figures: ``name``, ``source``, ``covers``, ``netlist``,
        ``wires``.
    """

    operation_pj: Mapping[str, Mapping[str, float]]
    cycle_pj: Mapping[str, float]
    leakage_uw: float | None
    clock_ns: float
    source: str
    parameters: Mapping[str, object]
    library: str
    node_nm: float | None
    model: Mapping[str, object]

    @classmethod
    def measured(
        cls,
        data_pj: Mapping[str, float],
        clock_pj: Mapping[str, float],
        counts: Counts,
        *,
        leakage_uw: float | None,
        clock_ns: float,
        source: str,
        parameters: Mapping[str, object],
        library: str,
        node_nm: float | None,
        model: Mapping[str, object],
    ) -> "Operations":
        """Divide what was measured by what was done.

        Parameters
        ----------
        data_pj, clock_pj : mapping of str to float
            By block, what its own gates took in all of the cycles, and of that for the clock.
        counts : Counts
            What the tile did meanwhile.
        leakage_uw, clock_ns, source, parameters, library, node_nm, model
            As of the class.
        """
        operation_pj = {name: dict.fromkeys(OPERATIONS, 0.0) for name in CATEGORIES}
        cycle_pj = dict.fromkeys(CATEGORIES, 0.0)
        for block, energy in data_pj.items():
            category, operation = BLOCKS.get(block, OTHERS)
            done = counts.of(operation)
            if done:
                operation_pj[category][operation] += energy / done
            else:  # none was made: what the block takes goes by time
                cycle_pj[category] += energy / counts.cycles
            cycle_pj[category] += clock_pj[block] / counts.cycles
        return cls(
            operation_pj=operation_pj,
            cycle_pj=cycle_pj,
            leakage_uw=leakage_uw,
            clock_ns=clock_ns,
            source=source,
            parameters=parameters,
            library=library,
            node_nm=node_nm,
            model=model,
        )

    @property
    def digital(self) -> Digital:
        """What is known of the tile by models of what stands beside it."""
        return Digital(clock_ns=self.clock_ns, node_nm=self.node_nm)

    @classmethod
    def read(cls, path: Path) -> "Operations":
        """Read what `hwgen power` wrote: ``power.json``, or what its ``--json`` printed.

        Raises
        ------
        UserError
            When it is something else.
        """
        try:
            found = json.loads(Path(path).read_text())
            found = found.get("result", found)
            operations, leakage = found["operations"], found["leakage_uw"]
            node_nm = found["library"]["node_nm"]
            return cls(
                operation_pj={
                    name: {one: _finite(operations[name][one]) for one in OPERATIONS}
                    for name in CATEGORIES
                },
                cycle_pj={name: _finite(operations[name]["cycle"]) for name in CATEGORIES},
                leakage_uw=None if leakage is None else _finite(leakage, least=0.0),
                clock_ns=1e3 / _finite(found["clock_mhz"], least=SLOWEST_MHZ),
                source=str(path),
                parameters=dict(found["parameters"]),
                library=str(found["library"]["name"]),
                node_nm=None if node_nm is None else _finite(node_nm, least=1.0),
                model={key: str(found["models"]["digital"][key]) for key in MODEL_KEYS},
            )
        except FileNotFoundError:
            raise UserError(
                f"{path}: must be a report of `hwgen power`, not a missing file"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: must be a readable file: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
            raise UserError(
                f"{path}: must be a report of `hwgen power --json`, not something else"
            ) from None

    def check(self, parameters: Mapping[str, object], design: str) -> None:
        """Refuse a measurement of another tile.

        Raises
        ------
        UserError
            With the first parameter that differs.
        """
        for name, value in json.loads(json.dumps(dict(parameters))).items():  # lists for tuples
            if self.parameters.get(name) != value:
                raise UserError(
                    f"{self.source}: parameters.{name}: must be that of {design}, {value!r}, not "
                    f"{self.parameters.get(name)!r}"
                )

    def energy(self, counts: Counts) -> DigitalEnergy:
        """Price what was done."""
        by_category = {
            name: self.cycle_pj[name] * counts.cycles
            + sum(pj * counts.of(operation) for operation, pj in self.operation_pj[name].items())
            for name in CATEGORIES
        }
        # uW x ns = 1e-3 pJ
        leakage = 1e-3 * (self.leakage_uw or 0.0) * self.clock_ns * counts.tile_cycles
        return DigitalEnergy(by_category=by_category, leakage=leakage)

    def described(self) -> dict[str, object]:
        """Return what a report has to say of where the figures are from."""
        return {
            **self.model,
            "report": self.source,
            "library": self.library,
            "clock_mhz": 1e3 / self.clock_ns,
            "priced": PRICED,
        }

    def as_json(self) -> dict[str, dict[str, float]]:
        """Return pJ per operation and per cycle, by category."""
        return {
            name: {**self.operation_pj[name], "cycle": self.cycle_pj[name]} for name in CATEGORIES
        }


def _finite(value: object, *, least: float = -math.inf) -> float:
    """Return a number of a report; JSON of Python's knows NaN and infinities, too."""
    number = float(value)
    if not math.isfinite(number) or number < least:
        raise ValueError(value)
    return number
