"""Results of commands against the keys that ``docs/commands.md`` promises."""

from collections.abc import Iterator

from hwgen.report.keys import KEYS

__all__ = ["COSIM", "missing_keys", "undocumented_keys"]

# A result as `hwgen cosim` prints it.
COSIM = {
    "simulator": "verilator",
    "passed": 1,
    "failed": 0,
    "cycles": 1234,
    "conversions": 56,
    "decisions": 78,
    "fast": True,
    "network": "network.onnx",
    "data": "images.npz",
    "layer": "conv[1]",
    "crossbar": 3,
    "images": 16,
    "vectors": 20,
    "cycles_steady": 1200,
    "cycles_predicted": 1200,
    "conversions_per_minute": 12.3e6,
    "seconds_build": 5.0,
    "seconds_simulate": 1.25,
    "seconds_compare": 0.5,
    "benches": [
        {
            "bench": "sar",
            "module": "trq_sar",
            "passed": True,
            "cases": 3,
            "message": None,
            "seconds": 0.5,
            "seconds_simulate": 0.1,
            "cycles": 1234,
            "conversions": 56,
            "decisions": 78,
        }
    ],
}
ITEM = "[]"
Path = tuple[str, ...]


def undocumented_keys(command: str, result: dict) -> list[str]:
    """Return the paths in a result that its documentation does not know."""
    documented = _documented(command)
    return sorted({
        ".".join(path)
        for path in _paths(result)
        if not any(_covers(promise, path, documented) for promise in documented)
    })


def missing_keys(command: str, result: dict) -> list[str]:
    """Return the documented keys of the whole result that it does not hold."""
    return [path[0] for path in _documented(command) if len(path) == 1 and path[0] not in result]


def _documented(command: str) -> list[Path]:
    """Return the documented paths, ``*`` written out."""
    paths = [tuple(key.replace(ITEM, f".{ITEM}").split(".")) for key in KEYS[command]]
    plain = [path for path in paths if path[-1] != "*"]
    shared = [path[:-1] for path in paths if path[-1] == "*"]
    return plain + [(*path, *other) for path in shared for other in plain if other[0] != path[0]]


def _covers(promise: Path, path: Path, documented: list[Path]) -> bool:
    """Tell whether `path` is `promise`, leads to it, or lies below one that says no more."""
    agrees = all(
        there == here or there.isupper() for there, here in zip(promise, path, strict=False)
    )
    says_more = any(other[: len(promise)] == promise != other for other in documented)
    return agrees and (len(path) <= len(promise) or not says_more)


def _paths(value: object, above: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a result."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*above, key)
            yield from _paths(item, (*above, key))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, (*above, ITEM))
