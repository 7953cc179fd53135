"""The papers that this project builds on: what each claims, beside what this tool measures."""

__all__ = ["PAPERS"]

PAPERS = ("trq",)  # one module each
