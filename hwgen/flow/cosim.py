"""Co-simulation: whatever RTL lies in a folder against the golden models."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hwgen.errors import Mismatch, UserError
from hwgen.flow.compiled.check import Checked, check
from hwgen.flow.folder import Delivered
from hwgen.flow.processes import Processes
from hwgen.flow.session import COUNTS, BenchResult, Session
from hwgen.flow.stimulus import ORIGIN, LayerOf, Stimulus, steady_cycles

__all__ = ["SIMULATORS", "cosim"]

SIMULATORS = ("icarus", "verilator")
LAYER_CASES = (
    "delivered_vectors|vectors_follow|noisy_array"  # of the tile; others make up their own
)
SPEED = ("conversions_per_minute", "seconds_build", "seconds_simulate", "seconds_compare")

Progress = Callable[[int, int, str], None]


def cosim(
    folder: Path,
    *,
    simulator: str | None = None,
    vectors: int | None = None,
    layer: LayerOf | None = None,
    fast: bool = False,
    progress: Progress | None = None,
) -> dict:
    """Simulate a delivered folder against the golden models.

    Parameters
    ----------
    folder : Path
        What `hwgen generate` wrote; its RTL may have been changed since.
    simulator : str, optional
        One of `SIMULATORS`; Icarus by default, Verilator where it must be `fast`.
    vectors : int, optional
        How many of the delivered vectors to use; all by default.
    layer : LayerOf, optional
        Use vectors of a network's layer instead, on the tile only.
    fast : bool
        Compile the tile together with its analog side, and stream the vectors through it without
        Python in between.
    progress : callable, optional
        Called with (steps done, steps, name of one).

    Returns
    -------
    dict
        The keys of ``hwgen cosim --json``, see ``docs/commands.md``.

    Raises
    ------
    UserError
        The folder is not a delivered one, or vectors do not fit it.
    ToolMissing
        The simulator is not installed.
    Mismatch
        The RTL does not compile, or a bench failed; the message shows one case, and the exception
        carries what would have been returned.
    """
    delivered = Delivered.read(folder)
    delivered.rtl()
    benches = _benches(delivered)
    simulator = _simulator(simulator, fast=fast)
    if layer is not None or fast:
        benches = _tile_only(benches, delivered, "--fast" if layer is None else "--layer")
    stimulus = None
    if layer is not None:
        stimulus = Stimulus.of_layer(delivered, layer)
    elif "tile" in benches:
        stimulus = Stimulus.delivered(delivered, vectors)
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="hwgen-cosim-") as scratch:
        try:
            if fast:
                checked = check(delivered, stimulus, processes, Path(scratch), progress)
                return _compiled(checked, delivered, stimulus)
            session = _session(delivered, simulator, Path(scratch), processes, stimulus)
            return _simulated(session.run(benches, progress), delivered, simulator, stimulus)
        except BaseException:
            processes.end()
            raise


def _benches(delivered: Delivered) -> dict[str, str]:
    """Return the Verilog module of every block, the longest bench first."""
    modules = delivered.modules
    if not modules:
        raise UserError(
            f"{delivered.folder / 'manifest.json'}: modules: must name a block, not {{}}"
        )
    for block, module in modules.items():
        bench = delivered.folder / "sim" / f"tb_{block}.py"
        if not bench.is_file():
            raise UserError(f"{bench}: must be the bench of {module}, not a missing file")
    return dict(sorted(modules.items(), key=lambda item: (item[0] != "tile", item[0])))


def _simulator(chosen: str | None, *, fast: bool) -> str:
    """Return the simulator to use."""
    if chosen is not None and chosen not in SIMULATORS:
        raise UserError(f"--simulator: must be one of {', '.join(SIMULATORS)}, not {chosen!r}")
    if fast and chosen == "icarus":
        raise UserError("--simulator: must be verilator with --fast, not 'icarus'")
    return chosen or ("verilator" if fast else "icarus")


def _tile_only(benches: dict[str, str], delivered: Delivered, option: str) -> dict[str, str]:
    """Return the tile's bench alone."""
    if "tile" not in benches:
        raise UserError(f"{delivered.folder}: top: must be a tile for {option}, not a lane")
    return {"tile": benches["tile"]}


def _session(
    delivered: Delivered,
    simulator: str,
    scratch: Path,
    processes: Processes,
    stimulus: Stimulus | None,
) -> Session:
    """Prepare the benches, and the vectors where they are not the folder's."""
    folder = delivered.folder.resolve()
    vectors_file = None
    if stimulus is not None and stimulus.origin["layer"] is not None:
        vectors_file = scratch / "vectors.npz"
        stimulus.write(vectors_file, delivered.spec)
    return Session(
        folder,
        [str(folder / "rtl" / name) for name in delivered.rtl()],
        simulator,
        scratch,
        processes,
        vectors=None if stimulus is None else len(stimulus),
        vectors_file=vectors_file,
        cases=None if vectors_file is None else LAYER_CASES,
    )


def _simulated(
    results: list[BenchResult], delivered: Delivered, simulator: str, stimulus: Stimulus | None
) -> dict:
    """Compare the tile's steady stream with what the mapper predicts, and sum up."""
    steady = predicted = None
    if stimulus is not None:
        predicted = steady_cycles(delivered.spec, stimulus.golden(delivered.spec)[1])
        place, tile = next(
            (place, result) for place, result in enumerate(results) if result.bench == "tile"
        )
        steady = tile.counts.get("cycles_steady")
        if tile.passed and steady is None and stimulus.origin["layer"] is not None:
            bench = delivered.folder / "sim" / "bench.py"
            raise UserError(f"{bench}: must read other vectors for --layer: generate DIR again")
        if tile.passed and steady not in {None, predicted}:
            message = f"cycles from the first x to the last y: expected {predicted}, got {steady}"
            results = [*results[:place], tile.failed(message), *results[place + 1 :]]
    return _verdict(
        results,
        {"simulator": simulator, "fast": False},
        stimulus,
        {"cycles_steady": steady, "cycles_predicted": predicted, **dict.fromkeys(SPEED)},
    )


def _compiled(checked: Checked, delivered: Delivered, stimulus: Stimulus) -> dict:
    """Sum up a compiled co-simulation."""
    seconds = checked.seconds_build + checked.seconds_simulate + checked.seconds_compare
    result = BenchResult(
        bench="tile",
        module=delivered.modules["tile"],
        passed=checked.message is None,
        cases=checked.streams,
        message=checked.message,
        seconds=round(seconds, 2),
        seconds_simulate=round(checked.seconds_simulate, 2),
        counts={name: getattr(checked, name) for name in COUNTS},
    )
    return _verdict(
        [result],
        {"simulator": "verilator", "fast": True},
        stimulus,
        {name: getattr(checked, name) for name in ("cycles_steady", "cycles_predicted", *SPEED)},
    )


def _verdict(
    results: Sequence[BenchResult], how: dict, stimulus: Stimulus | None, figures: dict
) -> dict:
    """Return the result of the command; raise it where a bench failed."""
    failures = [result for result in results if not result.passed]
    origin = dict.fromkeys(ORIGIN) if stimulus is None else stimulus.origin
    summary = {
        **how,
        "passed": len(results) - len(failures),
        "failed": len(failures),
        **{name: sum(result.counts.get(name, 0) for result in results) for name in COUNTS},
        **origin,
        "vectors": None if stimulus is None else len(stimulus),
        **figures,
        "benches": [result.as_json() for result in results],
    }
    if failures:
        message = f"{failures[0].bench}: {failures[0].message}"
        if len(failures) > 1:
            message += f" (and {len(failures) - 1} more of {len(results)} benches failed)"
        raise Mismatch(message, summary)
    return summary
