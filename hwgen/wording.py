"""How messages write values, key paths and guesses: the same everywhere, and always on one line."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["KeyPath", "dotted", "hint", "shown"]

LONGEST_SHOWN = 60  # characters of a value in a message

KeyPath = tuple[str | int, ...]  # outermost key first


def shown(value: object) -> str:
    """Write a value as in YAML, on one line and no longer than a message can bear.

    >>> print(shown(True), shown("8"), shown([{"payload": 3}]), shown([0] * 99))
    true '8' [{payload: 3}] a list of 99
    """
    if isinstance(value, str) and len(value) > LONGEST_SHOWN:
        return f"{value[:LONGEST_SHOWN]!r}... ({len(value)} characters)"
    if isinstance(value, Mapping | list) and len(value) <= LONGEST_SHOWN:
        text = _flow(value)
        if len(text) <= LONGEST_SHOWN:
            return text
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {"None": "null", "True": "true", "False": "false"}.get(repr(value), repr(value))


def _flow(value: Mapping | list) -> str:
    """Write a collection in YAML's flow style."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    items = (f"{key if key.isidentifier() else repr(key)}: {shown(value[key])}" for key in value)
    return f"{{{', '.join(items)}}}"


def dotted(path: Iterable[str | int]) -> str:
    """Write a key path: ``readout.ranges[0].payload``, odd keys as ``layers['conv 1']``."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif re.fullmatch(r"[A-Za-z_][\w-]{0,60}", key, re.ASCII):
            text += f".{key}" if text else key
        else:
            text += f"[{shown(key)}]"
    return text


def hint(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` when `word` looks like a slip of the pen, else nothing."""
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
