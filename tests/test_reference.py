"""Reference pages and schema say what the code does."""

import re
from pathlib import Path

import pytest

from hwgen.config import load
from hwgen.report.reference import refreshed
from tests.designs import write

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["design-file.md", "commands.md", "device.md", "energy.md"])
def test_the_reference_pages_are_current(page):
    """Run `python -m hwgen.report.reference` when this fails."""
    text = (ROOT / "docs" / page).read_text()

    assert "<!-- printed: " in text
    assert text == refreshed(text)


@pytest.mark.parametrize("name", ["design-file.md", "device.md"])
def test_the_examples_of_the_page_load(folder, name):
    page = (ROOT / "docs" / name).read_text()
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    assert examples
    for example in examples:
        load(write(folder, example))


@pytest.mark.parametrize(
    "page",
    sorted(page.name for page in (ROOT / "docs").glob("*.md") if "```python" in page.read_text()),
)
def test_the_python_of_the_page_runs(folder, page):
    """Design files that the page shows lie there by their names."""
    text = (ROOT / "docs" / page).read_text()
    for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        for name in re.findall(r"^name: (\w+)", example, re.MULTILINE):
            write(folder, example, f"{name}.yaml")
    names = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(example, page, "exec"), names)
