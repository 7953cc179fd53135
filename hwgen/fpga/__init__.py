"""A tile on an FPGA board: digital stand-ins for its analog side, and a self-test around both."""

__all__: list[str] = []
