"""The house rules that a machine can check (docs/architecture.md, section 2)."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE_ROOTS = ["hwgen", "models", "sim"]
MODULES = sorted(
    file.relative_to(ROOT).as_posix()
    for root in SOURCE_ROOTS
    for file in (ROOT / root).rglob("*.py")
)

# One name, four files. The helpers are no blocks: nothing of them is a module of the Verilog.
HELPERS = {"__init__", "narrow", "registers", "streams", "tags"}
BLOCK = "hwgen/gateware/{}.py"
TWINS = ["models/hwgen_models/{}.py", "sim/tb_{}.py", "tests/gateware/test_{}.py"]
BLOCKS = sorted({Path(module).stem for module in MODULES if Path(module).match(BLOCK.format("*"))})

# A bench imports its neighbours by their bare names, as it does in a delivered folder.
BENCHES = [Path(module).stem for module in MODULES if module.startswith("sim/")]

# What a folder or file may import besides the standard library; the longest name that fits holds.
GATEWARE = ["amaranth", "hwgen.checks", "hwgen.gateware"]
MAY_IMPORT = {
    "hwgen/checks.py": [],
    "hwgen/errors.py": [],
    "hwgen/benches.py": [],
    "hwgen/gateware/": GATEWARE,
    "hwgen/gateware/tile.py": [*GATEWARE, "hwgen_models.spec", "hwgen_models.columns"],
    "models/": ["numpy", "hwgen_models"],
    "sim/": ["cocotb", "numpy", "hwgen_models", *BENCHES],
}

# The generator, lowest floor first: a module imports from its own floor and those below it.
FLOORS = [
    ["__init__", "__version__"],
    [
        "archive",
        "benches",
        "checks",
        "compiled",
        "csv_file",
        "errors",
        "liberty",
        "output",
        "wording",
    ],
    ["gates"],
    ["measured", "design_keys", "design_file", "config"],
    ["gateware"],
    ["mapping"],
    ["power"],
    ["workload"],
    ["emit"],
    ["fpga"],
    ["flow"],
    ["report"],
    ["demo", "papers"],
    ["usage", "cli"],
]
FLOOR = {unit: height for height, units in enumerate(FLOORS) for unit in units}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block not in HELPERS])
def test_every_block_has_a_model_a_bench_and_a_test(block):
    missing = [twin.format(block) for twin in TWINS if not (ROOT / twin.format(block)).exists()]

    assert not missing, f"{BLOCK.format(block)} has no {', '.join(missing)}"


@pytest.mark.parametrize("bench", [bench for bench in BENCHES if bench.startswith("tb_")])
def test_every_bench_has_its_block(bench):
    assert bench.removeprefix("tb_") in BLOCKS


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(tuple(MAY_IMPORT))])
def test_lower_layers_import_little(module):
    closest = max((name for name in MAY_IMPORT if module.startswith(name)), key=len)
    foreign = [name for name in imported(module) if not within(name, MAY_IMPORT[closest])]

    assert not foreign, f"{module} must not import {', '.join(foreign)}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("hwgen/")])
def test_the_generator_imports_one_way(module):
    unit = Path(module).with_suffix("").parts[1]
    assert unit in FLOOR, f"{module} must have its place in FLOORS"

    above = [
        name
        for name in imported(module)
        if name.startswith("hwgen.") and FLOOR[name.split(".")[1]] > FLOOR[unit]
    ]
    assert not above, f"{module} must not import {', '.join(above)}"
    if unit not in {"gateware", "emit", "fpga"}:
        assert not [name for name in imported(module) if within(name, ["amaranth"], stdlib=False)]


@pytest.mark.parametrize("module", [name for name in MODULES if "/tb_" not in name])
def test_every_module_says_what_it_offers(module):
    """Ruff keeps `__all__` sorted (RUF022) and free of names that do not exist (F822).

    Benches offer tests, which cocotb finds by itself.
    """
    body = ast.parse((ROOT / module).read_text()).body
    assigned = [
        ast.unparse(target)
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]

    assert assigned.count("__all__") == 1, f"{module} must have one __all__"


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs a git checkout"
)
def test_no_committed_file_names_this_machine():
    own = re.escape(os.fspath(ROOT))
    place = re.compile(rf"{own}\b|(?<![\w.~-])/(?:root|home|work|farm|tmp)/[\w.]")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for name in filter(None, listing.stdout.split("\0")):
        file = ROOT / name
        content = file.read_bytes() if file.is_file() else b""  # deleted, but not yet in git
        if b"\0" in content:
            continue
        lines = content.decode().splitlines()
        found += [f"{name}:{k}: {line}" for k, line in enumerate(lines, 1) if place.search(line)]

    assert not found, "\n".join(found)


def imported(module):
    """Yield the dotted name of everything that `module` imports."""
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names
            )


def within(name, allowed, *, stdlib=True):
    """Tell whether `name` lies in one of the packages `allowed`, or in the standard library."""
    if stdlib and name.partition(".")[0] in sys.stdlib_module_names:
        return True
    return any(f"{name}.".startswith(f"{package}.") for package in allowed)
