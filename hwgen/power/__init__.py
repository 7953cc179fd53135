"""Joules and watts: of the analog side by cited models, of the digital side by measurement."""

__all__: list[str] = []
