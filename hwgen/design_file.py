"""Design files: YAML on disk, and what it extends, to one mapping that remembers its origins.

The YAML that is taken is the part that people write by hand: mappings, lists, numbers, true, false,
null and text, with the YAML 1.2 spelling of each (``010`` and ``yes`` are text). Aliases, tags,
repeated keys and several documents in one file are refused: each has been a way to say something
else than what was meant.
"""

import re
import stat
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from hwgen.errors import UserError
from hwgen.wording import KeyPath, dotted, hint, shown

__all__ = ["Merged", "merge", "preset_names"]

PRESETS = Path(__file__).parent / "presets"

LARGEST_BYTES = 2**18  # a network of a thousand layers needs a quarter of it
DEEPEST = 12  # the deepest key that exists lies at 6

OWN_KEYS = ("summary", "paper")  # of one file, not of those that extend it
WHOLE_KEYS = ("tables",)  # one value: replaced, never merged
# Relative to their own file.
FILE_KEYS: tuple[KeyPath, ...] = (("device", "measured", "file"), ("energy", "adc", "file"))

_EXPONENT = r"[eE][-+]?[0-9]{1,2}"
_PLAIN = [
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,17})"), int),
    (re.compile(rf"[-+]?[0-9]{{0,18}}\.[0-9]{{1,18}}({_EXPONENT})?"), float),
    (re.compile(rf"[-+]?[0-9]{{1,18}}\.?{_EXPONENT}"), float),
]


class Link(NamedTuple):
    """One file of a chain of extensions."""

    file: Path
    name: str  # for messages
    keys: dict[str, object]

    def gives(self, path: KeyPath) -> bool:
        """Whether the file gives a value at `path`, in it or above it."""
        value: object = self.keys
        for key in path:
            if not isinstance(value, dict):
                return True
            if key not in value:
                return False
            value = value[key]
        return True

    def located(self) -> dict[str, object]:
        """Give the keys with the files that they name as absolute paths."""
        keys = deepcopy(self.keys)
        for *outer, last in FILE_KEYS:
            holder: object = keys
            for key in outer:
                holder = holder.get(key) if isinstance(holder, dict) else None
            if isinstance(holder, dict) and isinstance(holder.get(last), str):
                holder[last] = str(self.file.parent.absolute() / holder[last])
        return keys


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A design file with everything that it extends.

    Parameters
    ----------
    keys : mapping
        The merged keys.
    chain : tuple of Link
        The files, each a difference from the one before; the last is the one asked for.
    """

    keys: dict[str, object]
    chain: tuple[Link, ...]

    @property
    def name(self) -> str:
        """What the user called it."""
        return self.chain[-1].name

    @property
    def preset(self) -> str | None:
        """The preset nearest to it."""
        folder = PRESETS.resolve()
        stems = [link.file.stem for link in self.chain if link.file.resolve().parent == folder]
        return stems[-1] if stems else None

    def file_of(self, *paths: KeyPath) -> str:
        """Name the last file that gives a value at one of the `paths`."""
        given = (link.name for link in reversed(self.chain) if any(map(link.gives, paths)))
        return next(given, self.name)


def preset_names() -> list[str]:
    """Names of the presets, sorted."""
    return sorted(file.stem for file in PRESETS.glob("*.yaml"))


def merge(source: str | Path | Mapping[str, object]) -> Merged:
    """Merge a preset (by name), a file or a mapping with what it extends.

    What a mapping extends is looked for in the current folder.

    Raises
    ------
    UserError
        A file cannot be read or is no mapping in YAML, or `extends` leads nowhere or in a circle.
    """
    if isinstance(source, Mapping):
        chain = [Link(Path("<design>"), "<design>", dict(source))]
    else:
        chain = [_located(source)]
    while (extends := chain[-1].keys.get("extends")) is not None:
        chain.append(_extended(extends, chain))
    return _merge(tuple(reversed(chain)))


def _located(source: str | Path) -> Link:
    """Read the preset or file that the user named."""
    name = str(source) or "''"
    if isinstance(source, str) and source in preset_names():
        return Link(_preset_file(source), name, _read(_preset_file(source), name))
    if not _exists(Path(source)):
        known = f"a preset ({', '.join(preset_names())}) or an existing design file"
        raise UserError(f"{name}: must be {known}, not missing{hint(name, preset_names())}")
    return Link(Path(source), name, _read(Path(source), name))


def _extended(extends: object, chain: list[Link]) -> Link:
    """Read what the last link of `chain` extends."""
    file, label = chain[-1].file, chain[-1].name
    known = f"a preset ({', '.join(preset_names())}) or an existing file"
    if not isinstance(extends, str):
        raise UserError(f"{label}: extends: must be {known}, not {shown(extends)}")
    if extends in preset_names():
        found, name = _preset_file(extends), extends
    else:
        found = file.parent / extends
        name = str(found)
    if not _exists(found):
        near = hint(extends, preset_names())
        raise UserError(f"{label}: extends: must be {known}, not {shown(extends)}{near}")
    if any(_exists(link.file) and found.samefile(link.file) for link in chain):
        circle = " -> ".join([link.name for link in chain] + [name])
        raise UserError(f"{label}: extends: must not lead in a circle, but does: {circle}")
    return Link(found, name, _read(found, name))


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _preset_file(name: str) -> Path:
    return PRESETS / f"{name}.yaml"


def _merge(chain: tuple[Link, ...]) -> Merged:
    """Merge the files of `chain`."""
    keys: dict[str, object] = {}
    for link in chain:
        inherited = {key: value for key, value in keys.items() if key not in OWN_KEYS}
        keys = _overlay(inherited, link.located())
    return Merged(keys=keys, chain=chain)


def _overlay(keys: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Merge mappings key by key; everything else is replaced."""
    merged = dict(keys)
    for key, value in changes.items():
        held = merged.get(key)
        both = isinstance(held, dict) and isinstance(value, dict)
        merged[key] = _overlay(held, value) if both and key not in WHOLE_KEYS else value
    return merged


def _read(file: Path, name: str) -> dict[str, object]:
    """Read one file as a mapping."""
    text = _text(file, name)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"{name}: {_at(error.problem_mark)}: {_problem(error)}") from None
    except (OverflowError, ValueError):  # from the escape of a character that does not exist
        raise UserError(f"{name}: must be valid YAML: found an unknown character code") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        character = f"U+{ord(text[error.position]):04X}"
        raise UserError(
            f"{name}: line {line}, column {column}: must be printable text, not {character}"
        ) from None
    if node is None:
        raise UserError(f"{name}: must be a mapping of keys to values, not empty")
    keys = _value(node, (), name)
    if not isinstance(keys, dict):
        raise UserError(f"{name}: must be a mapping of keys to values, not {shown(keys)}")
    return keys


def _text(file: Path, name: str) -> str:
    """Read a regular file of sane size as UTF-8."""
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"{name}: must be a design file, not a folder")
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{name}: must be a design file, not a device or pipe")
        if status.st_size > LARGEST_BYTES:
            size = f"{status.st_size} bytes"
            raise UserError(f"{name}: must be at most {LARGEST_BYTES} bytes long, not {size}")
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        raise UserError(f"{name}: must be UTF-8 text, not {what}") from None
    except OSError as error:
        raise UserError(f"{name}: must be readable, but is not: {error.strerror}") from None


class _Refused(yaml.MarkedYAMLError):
    """YAML that is legal and not wanted; the problem is the whole message."""


class _Loader(yaml.BaseLoader):
    """Composes nodes; refuses what a design file has no use for before it costs anything."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"must be a value, not the alias '*{event.anchor[:40]}'")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(event, f"must be a plain value, not one with the tag {shown(tag)}")
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(event, f"must be nested at most {DEEPEST} deep, not deeper")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refuse(self, event: yaml.Event, problem: str) -> None:
        raise _Refused(problem=problem, problem_mark=event.start_mark)


def _at(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"


def _problem(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, _Refused):
        return error.problem
    problem = " ".join(filter(None, [error.context, error.problem]))
    return f"must be valid YAML: {' '.join(problem.split())}"


def _value(node: yaml.Node, path: KeyPath, name: str) -> object:
    """Turn a composed node into plain Python, keys as text."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, k), name) for k, item in enumerate(node.value)]
    keys: dict[str, object] = {}
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{name}: {_at(key_node.start_mark)}: must be a key, not a collection")
        key = key_node.value
        if key in keys:
            where = dotted((*path, key))
            raise UserError(
                f"{name}: {where}: must be given once, not in line {first[key]} and line {line}"
            )
        keys[key], first[key] = _value(value_node, (*path, key), name), line
    return keys


def _scalar(node: yaml.ScalarNode) -> object:
    if node.style is None:  # neither quoted nor a block
        for pattern, convert in _PLAIN:
            if pattern.fullmatch(node.value):
                return convert(node.value)
    return node.value
