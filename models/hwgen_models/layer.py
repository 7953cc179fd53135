"""What every layer of an integer network has."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod

from numpy.typing import NDArray

from hwgen_models.codes import Codes

__all__ = ["Layer", "Shape"]

Shape = tuple[int, ...]  # of one image's tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer(ABC):
    """One node: takes the tensors called `sources`, gives the tensor called `name`.

    Parameters
    ----------
    name : str
        Of the layer and of its result.
    sources : tuple of str
        Layers whose results it takes, or ``"input"``.
    codes : Codes
        What the integers of the result mean.
    """

    name: str
    sources: tuple[str, ...]
    codes: Codes

    @abstractmethod
    def shape(self, *shapes: Shape) -> Shape:
        """Shape of one image's result; refuses what the layer cannot take."""

    @abstractmethod
    def apply(self, *values: NDArray) -> NDArray:
        """Results of a batch; the first axis counts images."""

    def working_bytes(self, *shapes: Shape) -> int:
        """Memory that one image needs at most while the layer runs."""
        return 32 * (prod(self.shape(*shapes)) + sum(map(prod, shapes)))

    def refuse(self, reason: str) -> ValueError:
        """Make the error that names the layer."""
        return ValueError(f"layer {self.name}: {reason}")
