"""Progress of long work: one bar on a terminal, nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Report", "progress"]

Report = Callable[[int, int, str], None]  # steps done, steps in all, what is being done


@contextmanager
def progress(title: str) -> Iterator[Report | None]:
    """Show a bar on standard error while the block runs, if that is a terminal.

    Parameters
    ----------
    title : str
        What the work as a whole is called.

    Yields
    ------
    callable or None
        To be called with steps done, steps in all (0: unknown) and the step's name, from any
        thread. None when there is no terminal, so that nobody works out what nobody sees.
    """
    if not sys.stderr.isatty():
        yield None
        return

    from rich.console import Console
    from rich.progress import Progress

    from hwgen.report.bar import columns

    bar = Progress(
        *columns(),
        console=Console(file=sys.stderr),
        transient=True,  # the result follows, the way to it is of no more interest
    )
    with bar:
        task = bar.add_task(title, total=None, step="")

        def report(done: int, total: int, step: str) -> None:
            bar.update(task, completed=done, total=total or None, step=step)

        yield report
