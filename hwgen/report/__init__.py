"""What people see: tables, progress, reference pages."""

__all__: list[str] = []
