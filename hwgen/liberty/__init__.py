"""Liberty files: what the cells of a library do, how large and how fast they are."""

__all__: list[str] = []
