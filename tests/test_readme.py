"""What the README shows exists and works."""

import re
from pathlib import Path

from hwgen.cli import cli
from hwgen.config import load, presets

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_design_file_is_accepted(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "small.yaml"
    file.write_text(example)

    assert load(file).name == "small"


def test_every_preset_is_listed():
    listed = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)

    assert sorted(listed) == sorted(presets())


def test_every_command_shown_exists():
    shown = set(re.findall(r"^hwgen (\w+)", README, re.MULTILINE))

    assert shown
    assert shown <= set(cli.commands)


def test_every_make_target_shown_exists():
    shown = set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE))

    assert {"demo", "test"} <= shown
    for target in shown:
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
