"""Layers of a network -> weights of crossbar tiles."""

__all__: list[str] = []
