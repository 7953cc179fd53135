"""TFLite files: int8 networks, with the arithmetic of LiteRT."""

__all__: list[str] = []
