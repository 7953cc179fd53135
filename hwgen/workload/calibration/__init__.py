"""Search tables for a network: which there are, what each costs and errs, which to take."""

__all__: list[str] = []
