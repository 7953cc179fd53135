"""Which networks the mapper can put on crossbars."""

from hwgen.errors import UserError
from hwgen.wording import shown
from hwgen_models.matrix import Dense
from hwgen_models.network import INPUT, Network

__all__ = ["obstacle", "require_mappable"]


def obstacle(network: Network) -> str | None:
    """What keeps a network from crossbars: a layer and what it must be; None for nothing.

    Chains of dense layers on unsigned activations can be mapped.
    """
    before = INPUT
    for layer in network.layers:
        where = f"layer {shown(layer.name)}"
        if not isinstance(layer, Dense) or layer.sources != (before,):
            kind = type(layer).__name__
            return f"{where}: must be dense and take the layer before to be mapped, not {kind}"
        low = network.codes[before].low
        if low < 0:
            return f"{where}: activations must be unsigned to be mapped, not {low} up"
        before = layer.name
    if len(network.input.shape) != 1:
        return f"input: must be one row of values to be mapped, not {network.input.shape}"
    return None


def require_mappable(network: Network, where: str) -> None:
    """Refuse a network that crossbars cannot take.

    Raises
    ------
    UserError
        Naming the file `where`, the layer and the reason.
    """
    reason = obstacle(network)
    if reason:
        raise UserError(f"{where}: {reason}")
