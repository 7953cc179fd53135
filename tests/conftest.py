"""Fixtures of more than one test file."""

import signal

import pytest

from hwgen.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, so that messages hold bare file names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Ended:
    """How a command ended, and what it printed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def line(self):
        """The one line on standard error; nothing may be on standard output."""
        assert not self.out
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        return self.err[:-1]


@pytest.fixture
def hwgen(capfd, folder):  # noqa: ARG001  (the folder is where it runs)
    """Run a command in this process, in an empty folder."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        return Ended(end.value.code, *capfd.readouterr())

    yield run
    signal.signal(signal.SIGTERM, before)
