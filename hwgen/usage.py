"""Usage errors in the voice of all others: one line, what must be given and what was.

click's own messages take three lines and have as many styles.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import click

from hwgen.errors import UserError
from hwgen.wording import hint, shown

__all__ = ["Commands", "Nanoseconds", "Natural", "OneOf", "Positive", "usage_line"]


def usage_line(error: click.UsageError) -> str:
    """Say a usage error in one line."""
    command = error.ctx.command_path if error.ctx else "hwgen"
    advice = f"; see {command} --help"
    if isinstance(error, click.MissingParameter):
        return f"{_name(error.param)}: must be given{advice}"
    if isinstance(error, click.BadParameter):
        return f"{_name(error.param)}: {error.message}"
    if isinstance(error, click.NoSuchOption):
        params = error.ctx.command.get_params(error.ctx)
        known = [name for p in params if isinstance(p, click.Option) for name in p.opts]
        return f"{error.option_name}: {_one_of(known, error.option_name)}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: {_decapitalised(error.message)}{advice}"
    return f"{command}: {_decapitalised(error.format_message())}{advice}"


def _name(parameter: click.Parameter | None) -> str:
    """Name an option as one types it, an argument as the help does."""
    if parameter is None:
        return "hwgen"
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name


def _one_of(known: Sequence[str], word: str) -> str:
    return f"must be one of {', '.join(known)}, not {shown(word)}{hint(word, known)}"


def _decapitalised(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


class OneOf(click.Choice):
    """A choice that complains like everything else."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or say which ones there are."""
        if value not in self.choices:
            self.fail(_one_of(list(self.choices), str(value)), param, ctx)
        return value


class Natural(click.ParamType):
    """An integer from 0."""

    name = "number"
    least = 0

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the integer, or say what it must be."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"0*[0-9]{1,9}", value, re.ASCII) or int(value) < self.least:
            between = f"between {self.least} and 999999999"
            self.fail(f"must be an integer {between}, not {shown(value)}", param, ctx)
        return int(value)


class Positive(Natural):
    """An integer from 1."""

    name = "count"
    least = 1


class Nanoseconds(click.ParamType):
    """A time in ns, from a femtosecond to a second."""

    name = "ns"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the time, or say what it must be."""
        try:
            time = float(value)
        except ValueError:
            time = math.nan
        if not 1e-6 <= time <= 1e9:
            self.fail(f"must be a time in ns, such as 12.5, not {shown(str(value))}", param, ctx)
        return time


class Commands(click.Group):
    """Lists commands in the order of use, and says which ones there are."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the commands as they are defined."""
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that the first argument names."""
        word = args[0]
        if word not in self.commands and not word.startswith("-"):
            raise UserError(f"COMMAND: {_one_of(list(self.commands), word)}")
        return super().resolve_command(ctx, args)
