"""Networks and data in, statistics and tables out: what a design does to a real workload."""

__all__: list[str] = []
