"""What a progress bar shows; imported where there is a terminal."""

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

__all__ = ["columns"]

MANY = 1000  # steps: so fine a measure of the work that the time it takes can be told


class Done(MofNCompleteColumn):
    """Steps done of all, or of many their share."""

    def render(self, task: Task) -> Text:
        """Write one task's."""
        if _many(task):
            return Text(f"{int(task.percentage):3d} %", style="progress.percentage")
        return super().render(task)


class Remaining(TimeRemainingColumn):
    """Time that the rest takes at the pace of the last half minute; of few steps nobody knows."""

    def render(self, task: Task) -> Text:
        """Write one task's."""
        return Text.assemble(super().render(task), " left") if _many(task) else Text()


def columns() -> list[ProgressColumn]:
    """From left to right."""
    return [
        TextColumn("{task.description}"),
        BarColumn(),
        Done(),
        TimeElapsedColumn(),
        Remaining(),
        TextColumn("{task.fields[step]}"),
    ]


def _many(task: Task) -> bool:
    return (task.total or 0) >= MANY
