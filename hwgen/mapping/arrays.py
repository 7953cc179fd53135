r"""How many crossbars a layer takes, from its shape alone: our layout beside that of others.

A layer multiplies, for each of its g groups of channels, vectors of k x c inputs (k places of the
window, c channels each) by k x c x o weights, each of which has S slices in P polarities. On arrays
of R rows and C columns there are two ways to place these S x P digits:

`together`
    side by side in one array, which then holds :math:`O = \lfloor C / SP \rfloor` outputs. This is
    what `hwgen.mapping.tiles.map_layer` does and what the gateware adds up.
`apart`
    each in an array of its own, which then holds C outputs; S x P arrays take the same inputs.

Both put groups that are small enough on one set of arrays as the blocks of a diagonal.
"""

from dataclasses import dataclass
from math import prod

from hwgen.checks import positive_int
from hwgen_models.matrix import Conv, Matrix
from hwgen_models.spec import TileSpec

__all__ = ["LayerShape", "apart", "together"]


@dataclass(frozen=True, kw_only=True)
class LayerShape:
    """Sizes of one group's matrix, and how many groups there are; dense layers have one place."""

    channels: int  # inputs of a group, per place
    outputs: int  # of a group
    places: int = 1  # of the window, k
    groups: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "outputs", "places", "groups"):
            positive_int(name.capitalize(), getattr(self, name))

    @classmethod
    def of(cls, layer: Matrix) -> "LayerShape":
        """Read the sizes of a network's layer."""
        places = prod(layer.window.kernel) if isinstance(layer, Conv) else 1
        groups, inputs, outputs = layer.matrices.shape
        return cls(channels=inputs // places, outputs=outputs, places=places, groups=groups)

    @property
    def inputs(self) -> int:
        """Rows that a group needs, if an array had them."""
        return self.places * self.channels


def together(layer: LayerShape, spec: TileSpec) -> int:
    r"""Return the crossbars of a layer with all digits of an output in one array.

    .. math:: \lceil g / b \rceil \, \lceil kc / R \rceil \, \lceil o / O \rceil, \qquad
              b = \max(1, \min(\lfloor R / kc \rfloor, \lfloor O / o \rfloor))

    Equal to ``map_layer(...).crossbars``, without the weights. Rows are cut anywhere, also within a
    window: every row tile adds to the partial sum of the one before it, whatever its rows mean.
    """
    row_tiles = _over(layer.inputs, spec.rows)
    return row_tiles * _chains(layer, rows=spec.rows, outputs=spec.outputs)


def apart(layer: LayerShape, spec: TileSpec, *, cut_windows: bool = False) -> int:
    r"""Return the crossbars of a layer with one array per slice and polarity.

    .. math::

        S P \lceil g / b \rceil \, \lceil c / \lfloor R / k \rfloor \rceil \, \lceil o / C \rceil,
        \qquad b = \max(1, \min(\lfloor R / kc \rfloor, \lfloor C / o \rfloor))

    After MNSIM 2.0 (github.com/thu-nics/MNSIM-2.0, ``Tile_connection_graph.py`` and
    ``quantize.py``), which cuts rows between channels, so that all places of a channel stay on one
    array. It counts processing elements, each an array per polarity with ``Group_Num`` 1, so its
    figures are this one divided by `TileSpec.polarities`. It knows no groups: sharing arrays among
    them is added here, in the same way as for `together`.

    Parameters
    ----------
    layer : LayerShape
        Sizes of the layer.
    spec : TileSpec
        Rows, columns, slices and polarities are what matters.
    cut_windows : bool
        Cut rows anywhere instead: the factor of c becomes :math:`\lceil kc / R \rceil`.

    Raises
    ------
    ValueError
        When the places of one channel need more rows than an array has.
    """
    if cut_windows:
        row_tiles = _over(layer.inputs, spec.rows)
    elif layer.places > spec.rows:
        raise ValueError(f"Places must be at most {spec.rows} rows, not {layer.places}")
    else:
        row_tiles = _over(layer.channels, spec.rows // layer.places)
    arrays = row_tiles * _chains(layer, rows=spec.rows, outputs=spec.columns)
    return spec.slices * spec.polarities * arrays


def _chains(layer: LayerShape, *, rows: int, outputs: int) -> int:
    """Sets of outputs that arrays of `rows` x `outputs` weights compute at a time."""
    sharing = max(1, min(rows // layer.inputs, outputs // layer.outputs))
    return _over(layer.groups, sharing) * _over(layer.outputs, outputs)


def _over(amount: int, size: int) -> int:
    """Portions of at most `size` that make up `amount`."""
    return -(-amount // size)
