"""External tools: what they are given, how they are run, what they said."""

__all__: list[str] = []
