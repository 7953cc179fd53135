"""What tests of compiled co-simulation share."""

import pytest


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """A folder for what is compiled, in place of the user's."""
    return tmp_path_factory.mktemp("cache")
