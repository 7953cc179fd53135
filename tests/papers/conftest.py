"""The network of the workload tests, once for all tests here."""

import pytest

from tests.workload.conftest import made


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return made(tmp_path_factory.mktemp("small"))
