"""Layers read out by their crossbars: counts, sums, statistics and costs."""

__all__: list[str] = []
