"""The whole chain on one real data set: calibrate, generate, co-simulate, run, synthesise."""

from collections.abc import Callable
from pathlib import Path

from hwgen.config import Design, load
from hwgen.emit.deliver import generate
from hwgen.errors import UserError
from hwgen.flow.cosim import cosim
from hwgen.flow.synth import synth
from hwgen.workload.calibration.calibrate import calibrate
from hwgen.workload.run import run

__all__ = ["demo"]

Progress = Callable[[int, int, str], None]

NETWORK = DATA = "digits"
MARK = "demo.txt"  # tells a folder that an earlier demo wrote
COMPARED = ("top1", "top1_integer", "decisions_per_conversion", "saving", "saving_with_skips")
SIZES = ("cells", "flip_flops")


def demo(out: Path, *, force: bool = False, progress: Progress | None = None) -> dict:
    """Take handwritten digits from a trained network to checked, synthesised RTL, twice.

    The second design is calibrated on images that neither training nor the accuracy reported here
    has seen. Both are generated, co-simulated on real activations, run on all test images and
    synthesised.

    Parameters
    ----------
    out : Path
        Folder to write: the calibrated design, and a folder for each of both designs.
    force : bool
        Write even into a folder that holds something else.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done.

    Returns
    -------
    dict
        ``out`` and ``designs``: for each what `run`, `cosim` and `synth` found.

    Raises
    ------
    UserError
        When the folder cannot be used.
    Mismatch
        When RTL and golden model differ.
    """
    out = Path(out)
    steps = ["calibrate trq"]
    for name in ("baseline", "trq"):
        steps += [f"{step} {name}" for step in ("generate", "co-simulate", "run", "synthesise")]
    done = 0

    def step() -> None:
        nonlocal done
        if progress is not None:
            progress(done, len(steps), steps[min(done, len(steps) - 1)])
        done += 1

    _prepare(out, force=force)
    step()
    tables = out / "trq_digits.yaml"
    calibrate(load("trq"), NETWORK, DATA, granularity="layer", budget="lossless", out=tables)
    designs = [_measure(load(source), out, step, force=force) for source in ("baseline", tables)]
    step()
    return {"out": str(out), "network": NETWORK, "data": DATA, "designs": designs}


def _prepare(out: Path, *, force: bool) -> None:
    """Make a folder, or take one that an earlier demo made; what is in it stays for now."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: must be a folder, not a file")
    foreign = out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file()
    if foreign and not force:
        raise UserError(f"{out}: must be empty or an earlier demo's folder (--force overrides)")
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_text("written by `hwgen demo`; a later demo may write here again\n")


def _measure(design: Design, out: Path, step: Callable[[], None], *, force: bool) -> dict:
    """Take one design through the chain."""
    step()
    folder = out / design.preset
    generate(design, folder, force=force)
    step()
    simulated = cosim(folder)
    step()
    ran = run(design, NETWORK, DATA)
    step()
    mapped = synth(folder)
    return (
        {"name": design.preset, "design": design.name, "cycles": ran["cycles"]}
        | {key: ran[key] for key in COMPARED}
        | {key: mapped[key] for key in SIZES}
        | {"run": ran, "cosim": simulated, "synth": mapped}
    )
