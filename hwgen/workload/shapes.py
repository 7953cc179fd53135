"""What every layer of a network multiplies."""

from hwgen_models.layer import Layer
from hwgen_models.matrix import Matrix
from hwgen_models.network import Network

__all__ = ["shapes_of"]


def shapes_of(network: Network, layer: Layer) -> dict:
    """Kind and shapes of a layer; of its product, where it has one, the size and the work."""
    shape = network.shapes[layer.name]
    found = {
        "kind": type(layer).__name__.lower(),
        "sources": list(layer.sources),
        "input_shapes": [list(one) for one in network.shapes_into(layer)],
        "shape": list(shape),
    }
    product = dict.fromkeys(("groups", "inputs", "outputs", "vectors", "weights", "products"))
    if isinstance(layer, Matrix):
        products = network.products(layer)
        product = {
            "groups": layer.groups,
            "inputs": layer.inputs,
            "outputs": layer.outputs // layer.groups,
            "vectors": products // layer.weights.size,
            "weights": int(layer.weights.size),
            "products": products,
        }
    return found | product
