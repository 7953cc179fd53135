"""Fixtures of more than one test file."""

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, so that messages hold bare file names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
