"""Mapped netlists: their gates and nets, how fast they are and what they do."""

__all__: list[str] = []
