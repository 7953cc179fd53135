"""Digital periphery for compute-in-memory crossbars: readout, accumulation and scheduling."""

__all__ = ["__version__"]

__version__ = "0.1.0"
