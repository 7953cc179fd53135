"""The keys of every command's JSON result: a contract that scripts rely on.

Said here once; ``docs/commands.md`` prints it. In a path, ``[]`` is every item of a list and a word
in capitals every key of an object with free names.
"""

__all__ = ["KEYS"]

KEYS: dict[str, dict[str, str]] = {
    "presets": {
        "presets": "the designs that come with hwgen, by name",
        "presets[].name": "what `DESIGN` takes",
        "presets[].summary": "one line on it",
        "presets[].paper": "where the idea was published; null for none",
    },
}
