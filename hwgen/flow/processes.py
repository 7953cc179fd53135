"""Processes that never outlive the one that started them, however that ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["Processes", "end_with_parent", "import_environment"]


class Processes:
    """The processes of one job, each in a session of its own.

    `run` may be called from several threads. Once `end` has been called, nothing is started any
    more.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._ended = False
        self._lock = threading.Lock()

    def run(
        self,
        command: Sequence[str],
        *,
        environment: dict[str, str],
        folder: Path,
        log: Path,
        limit_s: float,
    ) -> int | None:
        """Run a command to its end and return its exit code; None when it took too long.

        Parameters
        ----------
        command : sequence of str
            Program and arguments. Its standard input stays open for as long as this process
            lives, see `end_with_parent`.
        environment : dict
            All of it.
        folder : Path
            Where it runs.
        log : Path
            Where it prints.
        limit_s : float
            When it is ended, in seconds.
        """
        with self._lock, log.open("w") as output:
            if self._ended:
                raise RuntimeError("these processes have been ended")
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with self._lock:
                self._running.discard(process)
                _kill(process)
                process.stdin.close()

    def end(self) -> None:
        """End all of them at once, with everything that they have started."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _kill(process)


def import_environment(*first: Path) -> dict[str, str]:
    """Return what makes Python import from these folders, then from where this process does."""
    path = [*map(str, first), *(entry or str(Path.cwd()) for entry in sys.path)]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}


def _kill(process: subprocess.Popen) -> None:
    """End a process and everything it has started, unless it has ended by itself."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_with_parent() -> None:
    """End this process and all that it starts when the `Processes` that run it are no more.

    They hold the other end of its standard input, so a read returns just then: also when they were
    killed and could end nothing themselves. What this process starts gets an empty input instead.
    A process that was started in any other way is left alone.
    """
    if os.getpgrp() != os.getpid():
        return
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        os.read(parent, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="end with parent").start()
