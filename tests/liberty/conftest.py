"""Libraries to read: small ones written on the spot, and real ones where they are at hand."""

from pathlib import Path

import pytest

from hwgen.liberty.library import Library

FOLDER = Path(__file__).parents[2] / "../shared/data/liberty"
REAL = ("sg13g2_stdcell_typ_1p20V_25C", "sky130_fd_sc_hd__tt_025C_1v80")


@pytest.fixture
def library():
    """Make a library of the text between its braces."""

    def make(inside):
        return Library("a.lib", f"library (small) {{\n{inside}\n}}\n")

    return make


@pytest.fixture
def cell(library):
    """Make a cell of the text between its braces."""
    return lambda inside: library(f"cell (c) {{\n{inside}\n}}").cells["c"]


@pytest.fixture(scope="session", params=REAL)
def real_file(request):
    """A library of an open process, gzipped."""
    file = FOLDER / f"{request.param}.lib.gz"
    if not file.exists():
        pytest.skip(f"needs ../shared/data/liberty/{file.name}")
    return file


@pytest.fixture(scope="session")
def real(real_file):
    """What is read from it."""
    return Library.read(real_file)
