"""Energy of the analog side: converters, array, drivers, each by a model that names its source."""

__all__: list[str] = []
