"""The text of Liberty files: groups, and the attributes in them.

The format of the *Liberty User Guide* (Synopsys, 2017.06), as far as libraries of standard cells
use it. One pass over the text finds where groups begin and end; what is inside a group is read when
somebody asks, so a file of 13 MB is open in half a second.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan

from hwgen.errors import UserError

__all__ = ["Group", "Text", "shown"]

STRUCTURE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\]++|\\.)*+"|[{}]', re.DOTALL)
SPACE = re.compile(r"[\s;\\]*")
NAME = re.compile(r"[\w.$-]+\s*")
SIMPLE = re.compile(r':[\s\\]*(?:"((?:[^"\\]++|\\.)*+)"|([^;{}"\n]*))', re.DOTALL)
COMPLEX = re.compile(r'\(((?:[^()"]++|"(?:[^"\\]++|\\.)*+")*+)\)\s*(\{)?', re.DOTALL)
ARGUMENT = re.compile(r'"((?:[^"\\]++|\\.)*+)"|([^\s,"\\]+)', re.DOTALL)
LINE_END = re.compile(r"\\[ \t]*\r?\n")
SHOWN = 40  # characters of a file that a message repeats


@dataclass(frozen=True, eq=False)
class Group:
    """A group: ``name (arguments) { attributes and groups }``.

    Parameters
    ----------
    text : Text
        The file that it stands in.
    name : str
        Kind of group, such as ``cell``.
    arguments : tuple of str
        What stands in its parentheses, without quotation marks.
    begin : int
        Where its name stands.
    start, end : int
        Where its braces enclose the text, without the braces.
    """

    text: "Text"
    name: str
    arguments: tuple[str, ...]
    begin: int
    start: int
    end: int

    @property
    def argument(self) -> str:
        """The first of its arguments; nothing where there is none."""
        return self.arguments[0] if self.arguments else ""

    @property
    def line(self) -> int:
        """Line of its opening brace, from 1."""
        return self.text.line(self.start)

    def get(self, attribute: str) -> str | None:
        """Return a simple attribute (``attribute : value ;``) or None; the last one holds."""
        return self._content[0].get(attribute)

    def values(self, attribute: str) -> tuple[str, ...]:
        """Return a complex attribute (``attribute (a, b, ...) ;``); the last one holds."""
        return self._content[1].get(attribute, ())

    def groups(self, *names: str) -> Iterator["Group"]:
        """Yield the groups directly inside that are called so; all of them without names."""
        return (group for group in self._content[2] if not names or group.name in names)

    def number(self, attribute: str) -> float | None:
        """Return a simple attribute as a number, or None.

        Raises
        ------
        UserError
            When it is none.
        """
        value = self.get(attribute)
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            number = nan
        if not isfinite(number):
            place = f"{self.name} ({self.argument}): {attribute}"
            raise self.text.wrong(self.start, f"{place}: must be a number", value)
        return number

    @cached_property
    def _content(self) -> tuple[dict[str, str], dict[str, tuple[str, ...]], list["Group"]]:
        simple: dict[str, str] = {}
        complex_: dict[str, tuple[str, ...]] = {}
        groups: list[Group] = []
        for statement in self.text.statements(self.start, self.end):
            match statement:
                case Group():
                    groups.append(statement)
                case name, str(value):
                    simple[name] = value
                case name, arguments:
                    complex_[name] = arguments
        return simple, complex_, groups


class Text:
    """A Liberty file's text, and where its braces are.

    Parameters
    ----------
    path : str
        What messages call the file.
    text : str
        Its content.

    Raises
    ------
    UserError
        When braces do not match.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.content = text
        self._closing, comments = self._structure()
        self._plain = _blanked(text, comments)

    def line(self, place: int) -> int:
        """Return the line of a place, from 1."""
        return self.content.count("\n", 0, place) + 1

    def wrong(self, place: int, constraint: str, value: str) -> UserError:
        """Return the complaint about a place."""
        return UserError(f"{self.path}: line {self.line(place)}: {constraint}, not {shown(value)}")

    def skip(self, place: int) -> int:
        """Return where the first thing after a place begins; what parts statements is nothing."""
        return SPACE.match(self._plain, place).end()

    def statements(self, start: int, end: int) -> Iterator[Group | tuple[str, object]]:
        """Yield what stands between two places: groups, and attributes with their values."""
        content = self._plain
        place = SPACE.match(content, start, end).end()
        while place < end:
            name = NAME.match(content, place, end)
            if name is None:
                raise self._no_statement(place, end)
            if simple := SIMPLE.match(content, name.end(), end):
                quoted, bare = simple.groups()
                yield name[0].rstrip(), bare.strip() if quoted is None else _joined(quoted)
                after = simple.end()
            elif complex_ := COMPLEX.match(content, name.end(), end):
                arguments = tuple(
                    _joined(quoted) if quoted or not bare else bare
                    for quoted, bare in ARGUMENT.findall(complex_[1])
                )
                after = complex_.end()
                if complex_[2]:
                    closing = self._closing[after - 1]
                    yield Group(self, name[0].rstrip(), arguments, place, after, closing)
                    after = closing + 1
                else:
                    yield name[0].rstrip(), arguments
            else:
                raise self._no_statement(place, end)
            place = SPACE.match(content, after, end).end()

    def _no_statement(self, place: int, end: int) -> UserError:
        found = self.content[place : min(end, place + 2 * SHOWN)]
        return self.wrong(place, "must be a Liberty statement", found)

    def _structure(self) -> tuple[dict[int, int], list[tuple[int, int]]]:
        """Return where every group that opens closes, and where comments begin and end."""
        content, opened, closing, comments = self.content, [], {}, []
        for found in STRUCTURE.finditer(content):
            place = found.start()
            match content[place]:
                case "{":
                    opened.append(place)
                case "/":
                    comments.append(found.span())
                case "}" if opened:
                    closing[opened.pop()] = place
                case "}":
                    raise UserError(
                        f"{self.path}: line {self.line(place)}: must be inside a group, not '}}'"
                    )
        if opened:
            place = opened[-1]
            head = content[content.rfind("\n", 0, place) + 1 : place].strip()
            raise UserError(
                f"{self.path}: must be a whole Liberty file, not one that ends inside "
                f"{shown(head)} of line {self.line(place)}"
            )
        return closing, comments


def _joined(text: str) -> str:
    """Take the line breaks out of a quoted text."""
    return LINE_END.sub("", text)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """Put spaces in the place of some parts of a text, whose lines stay what they are."""
    pieces, after = [], 0
    for begin, end in spans:
        pieces += [text[after:begin], re.sub(r"[^\n]", " ", text[begin:end])]
        after = end
    return "".join([*pieces, text[after:]])


def shown(text: str) -> str:
    """Return the beginning of a text, in one line."""
    text = " ".join(text.split())
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")
