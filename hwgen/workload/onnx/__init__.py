"""ONNX files: quantised (QDQ) and float networks, with the arithmetic of onnxruntime."""

__all__: list[str] = []
