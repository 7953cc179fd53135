"""The bar of long work: what it says of few steps and of many, and that only terminals see it."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from hwgen.report.bar import columns
from hwgen.report.progress import progress


@pytest.fixture
def bar():
    """A bar whose clock is ours."""
    clock = [0.0]
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    bar = Progress(*columns(), console=console, get_time=lambda: clock[0], auto_refresh=False)
    return bar, clock


def shown(bar):
    with bar.console.capture() as captured:
        bar.console.print(bar.get_renderable())
    return " ".join(captured.get().replace("━", "").split())


def test_of_few_steps_it_shows_how_many(bar):
    bar, clock = bar
    task = bar.add_task("co-simulation", total=13, step="tile")

    clock[0] = 20.0
    bar.update(task, completed=2, step="lane")

    assert shown(bar) == "co-simulation 2/13 0:00:20 lane"


def test_of_many_it_shows_their_share_and_the_time_left(bar):
    bar, clock = bar
    task = bar.add_task("run", total=2_000_000_000, step="conv1")

    for second in range(1, 11):
        clock[0] = second
        bar.update(task, completed=50_000_000 * second, step="conv2")

    assert shown(bar) == "run 25 % 0:00:10 0:00:30 left conv2"


def test_work_of_unknown_size_has_no_share(bar):
    bar, _ = bar
    bar.add_task("demo", total=None, step="generate")

    assert shown(bar) == "demo 0/? 0:00:00 generate"


def test_nobody_works_out_what_nobody_sees(capsys):
    with progress("run") as report:
        assert report is None

    assert capsys.readouterr() == ("", "")
