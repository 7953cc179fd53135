"""The three ways in which a command ends badly, each with its exit code.

Whoever finds the fault writes the whole message: one line, in the words ``<file or option>:
<key path or layer>: must be <constraint>, not <value>``. The command line prints it as it is.
"""

from collections.abc import Mapping

__all__ = ["Mismatch", "ToolMissing", "UserError"]


class UserError(Exception):
    """Bad input of any kind. The message is one line for the user; exit code 2."""

    exit_code = 2


class ToolMissing(Exception):  # noqa: N818  (reads as the state it reports)
    """An external tool is absent. The message names the command that installs it; exit code 3."""

    exit_code = 3


class Mismatch(Exception):  # noqa: N818  (reads as the state it reports)
    """Hardware and golden model disagree. The message names a case that shows it; exit code 1.

    Parameters
    ----------
    message : str
        One line.
    result : mapping, optional
        What the command found out all the same; printed as if it had succeeded.
    """

    exit_code = 1

    def __init__(self, message: str, result: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.result = result
